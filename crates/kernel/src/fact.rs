//! Canonical events: strict, typed facts about orders and money.
//!
//! A fact is immutable and says one thing. Several facts may tell of one movement; the economic
//! key makes them one. Folding does not depend on the order in which facts arrive.

mod after_sale;

use crate::currency::Currency;
use crate::key::{EconomicKey, SourceName, Subject};
use crate::time::{BusinessDate, EventTime, Timestamp};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use after_sale::{
    Conversion, Edit, Fulfilment, Grant, PaymentReturn, SERVICE_MONTHS_MAX, SellerShare, Service,
    Settlement, WriteOff,
};

/// One canonical event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// Who told us.
    pub source: SourceName,
    /// What it is about.
    pub subject: Subject,
    /// Which movement or object it describes; equal for every event about the same.
    pub key: EconomicKey,
    /// Watermark within the key: a later version replaces an earlier one. Microseconds of the
    /// source's `updated_at`, or 0 for facts that are never revised.
    pub version: i64,
    /// When it happened by the source's clock.
    pub occurred_at: EventTime,
    /// What happened.
    pub body: FactBody,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum FactBody {
    /// An order was placed.
    OrderCreated(Order),
    /// An order stands now as described (a whole new version, never a patch).
    OrderUpdated(Order),
    /// An order was cancelled.
    OrderCancelled(Cancellation),
    /// A payment was authorised: funds are reserved, nothing has moved.
    PaymentAuthorised(Payment),
    /// Money was captured.
    PaymentCaptured(Payment),
    /// A payment attempt failed; nothing moved.
    PaymentFailed(Payment),
    /// An authorisation was voided or expired.
    PaymentVoided(Payment),
    /// Money was given back, or a return was credited.
    RefundIssued(Refund),
    /// A refund that had been issued failed; the money came back.
    RefundFailed(Refund),
    /// A processor charged (positive) or returned (negative) a fee.
    FeeCharged(Fee),
    /// A processor sent money to the bank (negative: took money from it).
    PayoutPaid(Payout),
    /// A payout failed; the money is back at the processor.
    PayoutFailed(Payout),
    /// The exact set of balance movements that a payout consists of.
    PayoutItemised(PayoutItems),
    /// A dispute took money away.
    DisputeOpened(Dispute),
    /// A dispute was decided for the merchant; money came back.
    DisputeWon(Dispute),
    /// A dispute was decided against the merchant.
    DisputeLost(Dispute),
    /// The source declares a correction that is no order and no payment.
    AdjustmentRecorded(Adjustment),
    /// A gift card was sold or loaded outside an order line.
    GiftCardSold(GiftCard),
    /// A gift card was used to pay (part of) an order.
    GiftCardRedeemed(GiftCard),
    /// A paid order was changed.
    OrderEdited(Edit),
    /// Goods of an order left, or a service was rendered.
    OrderFulfilled(Fulfilment),
    /// Lines of an order are a service over time.
    ServiceScheduled(Service),
    /// The buyer's bank took captured money back, without a dispute.
    PaymentReturned(PaymentReturn),
    /// A payment or refund came to so much in the currency of the processor's balance.
    PaymentSettled(Settlement),
    /// A processor exchanged one of our balances for another.
    BalanceConverted(Conversion),
    /// A buyer was given something to pay with, without buying it.
    CreditGranted(Grant),
    /// A platform handed a seller's share of an order on.
    SellerPaid(SellerShare),
    /// What a buyer owes was given up.
    ReceivableWrittenOff(WriteOff),
}

impl FactBody {
    /// The name of the variant, e.g. `PaymentCaptured`: stored, shown, and the last part of the
    /// CloudEvents type.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::OrderCreated(_) => "OrderCreated",
            Self::OrderUpdated(_) => "OrderUpdated",
            Self::OrderCancelled(_) => "OrderCancelled",
            Self::PaymentAuthorised(_) => "PaymentAuthorised",
            Self::PaymentCaptured(_) => "PaymentCaptured",
            Self::PaymentFailed(_) => "PaymentFailed",
            Self::PaymentVoided(_) => "PaymentVoided",
            Self::RefundIssued(_) => "RefundIssued",
            Self::RefundFailed(_) => "RefundFailed",
            Self::FeeCharged(_) => "FeeCharged",
            Self::PayoutPaid(_) => "PayoutPaid",
            Self::PayoutFailed(_) => "PayoutFailed",
            Self::PayoutItemised(_) => "PayoutItemised",
            Self::DisputeOpened(_) => "DisputeOpened",
            Self::DisputeWon(_) => "DisputeWon",
            Self::DisputeLost(_) => "DisputeLost",
            Self::AdjustmentRecorded(_) => "AdjustmentRecorded",
            Self::GiftCardSold(_) => "GiftCardSold",
            Self::GiftCardRedeemed(_) => "GiftCardRedeemed",
            Self::OrderEdited(_) => "OrderEdited",
            Self::OrderFulfilled(_) => "OrderFulfilled",
            Self::ServiceScheduled(_) => "ServiceScheduled",
            Self::PaymentReturned(_) => "PaymentReturned",
            Self::PaymentSettled(_) => "PaymentSettled",
            Self::BalanceConverted(_) => "BalanceConverted",
            Self::CreditGranted(_) => "CreditGranted",
            Self::SellerPaid(_) => "SellerPaid",
            Self::ReceivableWrittenOff(_) => "ReceivableWrittenOff",
        }
    }
}

/// A whole order as it stands in one version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// The number people use, e.g. `1001`.
    pub number: String,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// The date it was placed on in the shop's time zone: the posting date of the sale.
    pub business_date: BusinessDate,
    /// The one currency of the order.
    pub currency: Currency,
    /// Sales channel or location, for rules and summaries; `default` when the source has none.
    pub channel: String,
    /// The buyer, when known.
    pub customer: Option<Customer>,
    /// Goods, shipping, tips, gift cards, fees: everything with a price, before tax.
    pub lines: Vec<OrderLine>,
    /// Tax per jurisdiction and rate.
    pub taxes: Vec<TaxLine>,
    /// True when line amounts contain the tax (`taxes_included`).
    pub tax_included: bool,
    /// Rounding of the total to a cash unit; may be negative. Minor units.
    pub rounding_minor: i64,
    /// What the source says the order costs, minor units. Must equal
    /// lines − discounts + tax (unless included) + rounding.
    pub total_minor: i64,
    /// Whether the order is to be paid (false: on account, an invoice).
    pub paid_at_checkout: bool,
    /// A test order: never posted.
    pub test: bool,
    /// A draft: nothing was sold yet.
    pub draft: bool,
    /// True when this "order" is a credit note: its lines are returns and its total is negative.
    pub credit: bool,
    /// Of a later version: the date of the change in the shop's zone. Books that keep the documents
    /// of a paid order date what it costs more or less by it; without it they cannot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_on: Option<BusinessDate>,
}

/// A buyer. Only what the ledger needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Customer {
    /// The source's id.
    pub id: String,
    /// Display name.
    pub name: String,
}

/// One line of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderLine {
    /// The source's line id; unique within the order.
    pub id: String,
    /// What is being charged for.
    pub kind: LineKind,
    /// Stock code, may be empty.
    pub sku: String,
    /// Text for people.
    pub title: String,
    /// Quantity; negative on credits.
    #[serde(with = "crate::decimal::text")]
    #[schemars(with = "String")]
    pub quantity: Decimal,
    /// Price per unit in major units.
    #[serde(with = "crate::decimal::text")]
    #[schemars(with = "String")]
    pub unit_price: Decimal,
    /// quantity × unit price as the source rounds it, before discount, minor units.
    pub gross_minor: i64,
    /// Discount allocated to this line, positive reduces. Minor units.
    pub discount_minor: i64,
}

impl OrderLine {
    /// Gross less discount, minor units.
    pub const fn net_minor(&self) -> i64 {
        self.gross_minor.saturating_sub(self.discount_minor)
    }
}

/// What an order line charges for.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum LineKind {
    /// Goods or services.
    Goods,
    /// Shipping and handling.
    Shipping,
    /// A gift card sold: a liability, never revenue.
    GiftCard,
    /// A tip for staff.
    Tip,
    /// Duties and import charges collected.
    Duty,
    /// A surcharge or fee charged to the buyer.
    Fee,
    /// A discount that belongs to no line (negative amount).
    Discount,
    /// Goods sold together at one price; the components follow it.
    Bundle,
    /// One thing in the bundle before it: amount 0, `unit_price` is what it costs alone.
    Component,
    /// On refunds: a reduction of the price of goods that the buyer keeps.
    Allowance,
    /// Anything else; needs a rule.
    Other,
}

impl LineKind {
    /// All kinds.
    pub const ALL: [Self; 11] = [
        Self::Goods,
        Self::Shipping,
        Self::GiftCard,
        Self::Tip,
        Self::Duty,
        Self::Fee,
        Self::Discount,
        Self::Bundle,
        Self::Component,
        Self::Allowance,
        Self::Other,
    ];

    /// The name in rules, e.g. `goods`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Goods => "goods",
            Self::Shipping => "shipping",
            Self::GiftCard => "gift_card",
            Self::Tip => "tip",
            Self::Duty => "duty",
            Self::Fee => "fee",
            Self::Discount => "discount",
            Self::Bundle => "bundle",
            Self::Component => "component",
            Self::Allowance => "allowance",
            Self::Other => "other",
        }
    }
}

/// Tax of one jurisdiction at one rate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TaxLine {
    /// Name of the tax or jurisdiction, e.g. `State tax`.
    pub jurisdiction: String,
    /// Rate as a fraction, e.g. `0.0825`; absent when the source does not say.
    #[serde(with = "crate::decimal::text_option")]
    #[schemars(with = "Option<String>")]
    pub rate: Option<Decimal>,
    /// Taxable base, minor units; absent when the source does not say.
    pub base_minor: Option<i64>,
    /// Tax, minor units.
    pub amount_minor: i64,
    /// How many separately rounded amounts this sums (lines), for the rounding boundary; at
    /// least 1.
    pub parts: u32,
    /// A marketplace collects and remits it: not part of what we are paid.
    pub marketplace: bool,
}

/// An order was cancelled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cancellation {
    /// The date of the cancellation in the shop's zone.
    pub business_date: BusinessDate,
    /// The source's reason.
    pub reason: String,
}

/// A payment event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Payment {
    /// Processor or tender: `stripe`, `paypal`, `cash`, `gift_card`, `manual`, …; decides the
    /// clearing account. Only in a refund it may be empty: by what the payment of this id came, or
    /// the gift card.
    pub processor: String,
    /// The processor's id of the payment.
    pub payment_id: String,
    /// Amount, minor units, positive.
    pub amount_minor: i64,
    /// Currency.
    pub currency: Currency,
    /// Date in the shop's zone.
    pub business_date: BusinessDate,
    /// Not real money.
    pub test: bool,
}

/// Money given back or a return credited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Refund {
    /// The source's id of the refund.
    pub refund_id: String,
    /// Currency.
    pub currency: Currency,
    /// Date in the shop's zone.
    pub business_date: BusinessDate,
    /// What is returned; amounts positive. Empty when the source does not itemise.
    pub lines: Vec<OrderLine>,
    /// Tax returned; amounts positive.
    pub taxes: Vec<TaxLine>,
    /// Money given back per tender. Empty: a credit without money (store credit, on account).
    pub payments: Vec<Payment>,
    /// What the refund is worth to the buyer, minor units, positive. Must equal lines + taxes
    /// when itemised, and the sum of `payments` when there are any.
    pub total_minor: i64,
    /// Not real money.
    pub test: bool,
}

/// A fee of a processor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fee {
    /// The processor.
    pub processor: String,
    /// What the fee is for, in the processor's words.
    pub reason: String,
    /// Fee, minor units; negative when given back.
    pub amount_minor: i64,
    /// The part of it that is tax on the fee, minor units, with its sign.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub tax_minor: i64,
    /// Currency.
    pub currency: Currency,
    /// Date in the shop's zone.
    pub business_date: BusinessDate,
    /// Economic key of the payment it belongs to, when known.
    pub of: Option<EconomicKey>,
}

/// A transfer between processor and bank.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Payout {
    /// The processor.
    pub processor: String,
    /// The processor's id.
    pub payout_id: String,
    /// Net amount, minor units; negative when the processor debits the bank.
    pub amount_minor: i64,
    /// Currency.
    pub currency: Currency,
    /// Date of arrival at the bank.
    pub business_date: BusinessDate,
    /// Whether the processor will itemise this payout (automatic payouts, sources-and-cases.md A2).
    pub itemised: bool,
    /// Destination account at the processor, for the bank mapping; may be empty.
    pub destination: String,
}

/// The movements a payout consists of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PayoutItems {
    /// The processor.
    pub processor: String,
    /// The processor's id of the payout.
    pub payout_id: String,
    /// Currency.
    pub currency: Currency,
    /// Every movement except the payout itself.
    pub entries: Vec<PayoutEntry>,
}

/// One movement on a processor's balance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PayoutEntry {
    /// The processor's id of the movement.
    pub id: String,
    /// The processor's category: `charge`, `refund`, `dispute`, `fee`, `adjustment`, …
    pub category: String,
    /// Gross, minor units, signed.
    pub gross_minor: i64,
    /// Fee taken, minor units, positive reduces.
    pub fee_minor: i64,
    /// The part of the fee that is tax on it, minor units, with its sign.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub fee_tax_minor: i64,
    /// Economic key of the payment or refund it settles, when known.
    pub of: Option<EconomicKey>,
}

impl PayoutEntry {
    /// Gross less fee, minor units.
    pub const fn net_minor(&self) -> i64 {
        self.gross_minor - self.fee_minor
    }
}

/// A dispute event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Dispute {
    /// The processor.
    pub processor: String,
    /// The processor's id.
    pub dispute_id: String,
    /// Economic key of the disputed payment, when known.
    pub of: Option<EconomicKey>,
    /// Disputed amount moved, minor units, positive; 0 for an inquiry.
    pub amount_minor: i64,
    /// Dispute fee moved with it, minor units, positive; negative when given back.
    pub fee_minor: i64,
    /// Currency.
    pub currency: Currency,
    /// Date in the shop's zone.
    pub business_date: BusinessDate,
    /// The processor's reason.
    pub reason: String,
}

/// A correction declared by a source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Adjustment {
    /// The source's id.
    pub adjustment_id: String,
    /// The source's reason; rules map it to an account.
    pub reason: String,
    /// Sales channel, for rules and summaries.
    pub channel: String,
    /// Amount, minor units, signed: positive increases what is owed to us.
    pub amount_minor: i64,
    /// Currency.
    pub currency: Currency,
    /// Date.
    pub business_date: BusinessDate,
}

/// A gift-card movement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GiftCard {
    /// The source's id of the card.
    pub card_id: String,
    /// Amount, minor units, positive.
    pub amount_minor: i64,
    /// Currency.
    pub currency: Currency,
    /// Date.
    pub business_date: BusinessDate,
    /// Who processed the money when a card was sold outside an order.
    pub processor: String,
}

/// Facts that say nothing about tax on fees keep the text they had before it could be told.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
const fn is_zero(minor: &i64) -> bool {
    *minor == 0
}
