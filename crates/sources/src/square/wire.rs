//! Square's objects, as far as money needs them (sources-and-cases.md A5). Amounts are integers in
//! the smallest unit; a float in their place is refused.

use crate::kit::{Fields, Scalar, Text};
use serde::Deserialize;

/// The outermost fields of an event.
#[derive(Debug, Deserialize)]
pub struct Top<'a> {
    #[serde(borrow)]
    pub event_id: Option<Text<'a>>,
    #[serde(borrow, rename = "type")]
    pub event_type: Option<Text<'a>>,
}

/// An event with what it is about.
#[derive(Debug, Deserialize)]
pub struct Event<'a> {
    #[serde(borrow)]
    pub event_id: Option<Text<'a>>,
    #[serde(borrow, rename = "type")]
    pub event_type: Option<Text<'a>>,
    #[serde(borrow)]
    pub data: Option<Data<'a>>,
}

/// What an event is about: an object under its name.
#[derive(Debug, Deserialize)]
pub struct Data<'a> {
    #[serde(borrow)]
    pub object: Option<Fields<'a>>,
}

/// What webhooks say of an order.
#[derive(Debug, Deserialize)]
pub struct NamedOrder<'a> {
    #[serde(borrow)]
    pub order_id: Option<Scalar<'a>>,
}

/// Money. Payouts write `currency_code` in some versions of the API.
#[derive(Debug, Clone, Deserialize)]
pub struct Amount<'a> {
    pub amount: i64,
    #[serde(borrow)]
    pub currency: Option<Text<'a>>,
    #[serde(borrow)]
    pub currency_code: Option<Text<'a>>,
}

/// What any object may state about itself.
#[derive(Debug, Deserialize)]
pub struct Worth<'a> {
    #[serde(borrow)]
    pub total_money: Option<Amount<'a>>,
    #[serde(borrow)]
    pub amount_money: Option<Amount<'a>>,
}

/// A fee of Square, positive when charged.
#[derive(Debug, Deserialize)]
pub struct ProcessingFee<'a> {
    #[serde(borrow)]
    pub amount_money: Option<Amount<'a>>,
    #[serde(borrow)]
    pub effective_at: Option<Text<'a>>,
    #[serde(borrow, rename = "type")]
    pub fee_type: Option<Text<'a>>,
}

/// A payment. `total_money` = `amount_money` + tip.
#[derive(Debug, Deserialize)]
pub struct Payment<'a> {
    #[serde(borrow)]
    pub id: Scalar<'a>,
    #[serde(borrow)]
    pub status: Option<Text<'a>>,
    #[serde(borrow)]
    pub source_type: Option<Text<'a>>,
    #[serde(borrow)]
    pub total_money: Option<Amount<'a>>,
    #[serde(borrow)]
    pub amount_money: Option<Amount<'a>>,
    #[serde(borrow)]
    pub order_id: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub reference_id: Option<Text<'a>>,
    #[serde(borrow)]
    pub created_at: Option<Text<'a>>,
    #[serde(borrow)]
    pub updated_at: Option<Text<'a>>,
    #[serde(borrow)]
    pub processing_fee: Option<Vec<ProcessingFee<'a>>>,
    #[serde(borrow)]
    pub card_details: Option<CardDetails<'a>>,
    #[serde(borrow)]
    pub external_details: Option<ExternalDetails<'a>>,
}

/// A payment by card; Square's own gift cards are cards too.
#[derive(Debug, Deserialize)]
pub struct CardDetails<'a> {
    #[serde(borrow)]
    pub card: Option<Card<'a>>,
    #[serde(borrow)]
    pub card_payment_timeline: Option<Timeline<'a>>,
}

/// A card.
#[derive(Debug, Deserialize)]
pub struct Card<'a> {
    #[serde(borrow)]
    pub card_brand: Option<Text<'a>>,
}

/// When a card payment took its steps.
#[derive(Debug, Deserialize)]
pub struct Timeline<'a> {
    #[serde(borrow)]
    pub captured_at: Option<Text<'a>>,
}

/// A payment outside Square that was noted there.
#[derive(Debug, Deserialize)]
pub struct ExternalDetails<'a> {
    #[serde(borrow, rename = "type")]
    pub external_type: Option<Text<'a>>,
}

/// A refund of a payment, or of none (`unlinked`).
#[derive(Debug, Deserialize)]
pub struct Refund<'a> {
    #[serde(borrow)]
    pub id: Scalar<'a>,
    #[serde(borrow)]
    pub status: Option<Text<'a>>,
    #[serde(borrow)]
    pub amount_money: Option<Amount<'a>>,
    #[serde(borrow)]
    pub payment_id: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub created_at: Option<Text<'a>>,
    #[serde(borrow)]
    pub updated_at: Option<Text<'a>>,
    #[serde(borrow)]
    pub processing_fee: Option<Vec<ProcessingFee<'a>>>,
    #[serde(borrow)]
    pub destination_type: Option<Text<'a>>,
    #[serde(borrow)]
    pub destination_details: Option<Destination<'a>>,
    /// Only refunds of the Terminal API have a device.
    #[serde(borrow)]
    pub device_id: Option<Text<'a>>,
}

/// Where a refund goes.
#[derive(Debug, Deserialize)]
pub struct Destination<'a> {
    #[serde(borrow)]
    pub card_details: Option<CardDetails<'a>>,
    #[serde(borrow)]
    pub external_details: Option<ExternalDetails<'a>>,
}

/// A dispute. Old events name it `dispute_id`.
#[derive(Debug, Deserialize)]
pub struct Dispute<'a> {
    #[serde(borrow)]
    pub id: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub dispute_id: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub amount_money: Option<Amount<'a>>,
    #[serde(borrow)]
    pub state: Option<Text<'a>>,
    #[serde(borrow)]
    pub reason: Option<Text<'a>>,
    #[serde(borrow)]
    pub created_at: Option<Text<'a>>,
    #[serde(borrow)]
    pub updated_at: Option<Text<'a>>,
    #[serde(borrow)]
    pub disputed_payment: Option<Disputed<'a>>,
}

/// The payment that is disputed.
#[derive(Debug, Deserialize)]
pub struct Disputed<'a> {
    #[serde(borrow)]
    pub payment_id: Option<Scalar<'a>>,
}

/// A payout.
#[derive(Debug, Deserialize)]
pub struct Payout<'a> {
    #[serde(borrow)]
    pub id: Scalar<'a>,
    #[serde(borrow)]
    pub status: Option<Text<'a>>,
    #[serde(borrow)]
    pub amount_money: Option<Amount<'a>>,
    #[serde(borrow)]
    pub created_at: Option<Text<'a>>,
    #[serde(borrow)]
    pub arrival_date: Option<Text<'a>>,
    #[serde(borrow)]
    pub destination: Option<PayoutDestination<'a>>,
}

/// The bank account or card a payout goes to.
#[derive(Debug, Deserialize)]
pub struct PayoutDestination<'a> {
    #[serde(borrow)]
    pub id: Option<Text<'a>>,
}

/// A movement in a payout. `net` = `gross` − `fee`.
#[derive(Debug, Deserialize)]
pub struct PayoutEntry<'a> {
    #[serde(borrow)]
    pub id: Scalar<'a>,
    #[serde(borrow)]
    pub payout_id: Scalar<'a>,
    #[serde(borrow)]
    pub effective_at: Option<Text<'a>>,
    #[serde(borrow, rename = "type")]
    pub entry_type: Option<Text<'a>>,
    #[serde(borrow)]
    pub gross_amount_money: Option<Amount<'a>>,
    #[serde(borrow)]
    pub fee_amount_money: Option<Amount<'a>>,
    #[serde(borrow)]
    pub net_amount_money: Option<Amount<'a>>,
    #[serde(borrow)]
    pub type_charge_details: Option<EntryOf<'a>>,
    #[serde(borrow)]
    pub type_refund_details: Option<EntryOf<'a>>,
    #[serde(borrow)]
    pub type_dispute_details: Option<EntryOf<'a>>,
    #[serde(borrow)]
    pub type_open_dispute_details: Option<EntryOf<'a>>,
}

/// What a movement in a payout belongs to.
#[derive(Debug, Deserialize)]
pub struct EntryOf<'a> {
    #[serde(borrow)]
    pub payment_id: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub refund_id: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub dispute_id: Option<Scalar<'a>>,
}

/// A movement on a gift card, with details under a name of its type.
#[derive(Debug, Deserialize)]
pub struct GiftCardActivity<'a> {
    #[serde(borrow)]
    pub id: Scalar<'a>,
    #[serde(borrow, rename = "type")]
    pub activity_type: Option<Text<'a>>,
    #[serde(borrow)]
    pub status: Option<Text<'a>>,
    #[serde(borrow)]
    pub created_at: Option<Text<'a>>,
    #[serde(borrow)]
    pub gift_card_id: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub activate_activity_details: Option<ActivityDetails<'a>>,
    #[serde(borrow)]
    pub load_activity_details: Option<ActivityDetails<'a>>,
    #[serde(borrow)]
    pub redeem_activity_details: Option<ActivityDetails<'a>>,
    #[serde(borrow)]
    pub clear_balance_activity_details: Option<ActivityDetails<'a>>,
    #[serde(borrow)]
    pub adjust_increment_activity_details: Option<ActivityDetails<'a>>,
    #[serde(borrow)]
    pub adjust_decrement_activity_details: Option<ActivityDetails<'a>>,
    #[serde(borrow)]
    pub unlinked_activity_refund_activity_details: Option<ActivityDetails<'a>>,
    #[serde(borrow)]
    pub import_activity_details: Option<ActivityDetails<'a>>,
    #[serde(borrow)]
    pub import_reversal_activity_details: Option<ActivityDetails<'a>>,
    #[serde(borrow)]
    pub payment_id: Option<Scalar<'a>>,
}

/// How much, and whose movement it is.
#[derive(Debug, Deserialize)]
pub struct ActivityDetails<'a> {
    #[serde(borrow)]
    pub amount_money: Option<Amount<'a>>,
    #[serde(borrow)]
    pub order_id: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub payment_id: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub reason: Option<Text<'a>>,
}

/// An order. One that only takes goods back has `returns` and no `line_items`.
#[derive(Debug, Deserialize)]
pub struct Order<'a> {
    #[serde(borrow)]
    pub id: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub state: Option<Text<'a>>,
    #[serde(borrow)]
    pub location_id: Option<Text<'a>>,
    #[serde(borrow)]
    pub customer_id: Option<Text<'a>>,
    #[serde(borrow)]
    pub created_at: Option<Text<'a>>,
    #[serde(borrow)]
    pub updated_at: Option<Text<'a>>,
    #[serde(borrow)]
    pub closed_at: Option<Text<'a>>,
    #[serde(borrow)]
    pub line_items: Option<Vec<LineItem<'a>>>,
    #[serde(borrow)]
    pub taxes: Option<Vec<Tax<'a>>>,
    #[serde(borrow)]
    pub service_charges: Option<Vec<ServiceCharge<'a>>>,
    #[serde(borrow)]
    pub total_money: Option<Amount<'a>>,
    #[serde(borrow)]
    pub total_tax_money: Option<Amount<'a>>,
    #[serde(borrow)]
    pub total_tip_money: Option<Amount<'a>>,
    #[serde(borrow)]
    pub net_amounts: Option<NetAmounts<'a>>,
    #[serde(borrow)]
    pub rounding_adjustment: Option<Rounding<'a>>,
    #[serde(borrow)]
    pub returns: Option<Vec<Return<'a>>>,
    #[serde(borrow)]
    pub refunds: Option<Vec<OrderRefund<'a>>>,
    #[serde(borrow)]
    pub fulfillments: Option<Vec<Fulfilment<'a>>>,
}

/// How goods of an order reach the buyer.
#[derive(Debug, Deserialize)]
pub struct Fulfilment<'a> {
    #[serde(borrow)]
    pub uid: Option<Scalar<'a>>,
    /// `PROPOSED`, `RESERVED`, `PREPARED`, `COMPLETED`, `CANCELED`, `FAILED`.
    #[serde(borrow)]
    pub state: Option<Text<'a>>,
    /// `ENTRY_LIST` where it holds some of the order only.
    #[serde(borrow)]
    pub line_item_application: Option<Text<'a>>,
    #[serde(borrow)]
    pub entries: Option<Vec<Packed<'a>>>,
    #[serde(borrow)]
    pub shipment_details: Option<Handed<'a>>,
    #[serde(borrow)]
    pub pickup_details: Option<Handed<'a>>,
    #[serde(borrow)]
    pub delivery_details: Option<Handed<'a>>,
}

/// When goods were handed over, by way of shipment, pickup or delivery.
#[derive(Debug, Deserialize)]
pub struct Handed<'a> {
    #[serde(borrow)]
    pub shipped_at: Option<Text<'a>>,
    #[serde(borrow)]
    pub picked_up_at: Option<Text<'a>>,
    #[serde(borrow)]
    pub delivered_at: Option<Text<'a>>,
}

/// How many pieces of a line belong to a fulfilment.
#[derive(Debug, Deserialize)]
pub struct Packed<'a> {
    #[serde(borrow)]
    pub line_item_uid: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub quantity: Option<Scalar<'a>>,
}

/// What an order comes to after its returns.
#[derive(Debug, Deserialize)]
pub struct NetAmounts<'a> {
    #[serde(borrow)]
    pub total_money: Option<Amount<'a>>,
}

/// Rounding to what can be paid in cash.
#[derive(Debug, Deserialize)]
pub struct Rounding<'a> {
    #[serde(borrow)]
    pub amount_money: Option<Amount<'a>>,
}

/// A line of an order or of a return.
#[derive(Debug, Deserialize)]
pub struct LineItem<'a> {
    #[serde(borrow)]
    pub uid: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub name: Option<Text<'a>>,
    #[serde(borrow)]
    pub variation_name: Option<Text<'a>>,
    #[serde(borrow)]
    pub catalog_object_id: Option<Text<'a>>,
    #[serde(borrow)]
    pub item_type: Option<Text<'a>>,
    #[serde(borrow)]
    pub quantity: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub base_price_money: Option<Amount<'a>>,
    #[serde(borrow)]
    pub gross_sales_money: Option<Amount<'a>>,
    #[serde(borrow)]
    pub gross_return_money: Option<Amount<'a>>,
    #[serde(borrow)]
    pub total_tax_money: Option<Amount<'a>>,
    #[serde(borrow)]
    pub total_discount_money: Option<Amount<'a>>,
    #[serde(borrow)]
    pub total_service_charge_money: Option<Amount<'a>>,
    #[serde(borrow)]
    pub total_money: Option<Amount<'a>>,
    #[serde(borrow)]
    pub applied_taxes: Option<Vec<AppliedTax<'a>>>,
}

/// That a tax applies to a line.
#[derive(Debug, Deserialize)]
pub struct AppliedTax<'a> {
    #[serde(borrow)]
    pub tax_uid: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub applied_money: Option<Amount<'a>>,
}

/// A tax of an order or of a return: added to the prices or inside them.
#[derive(Debug, Deserialize)]
pub struct Tax<'a> {
    #[serde(borrow)]
    pub uid: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub name: Option<Text<'a>>,
    #[serde(borrow)]
    pub percentage: Option<Scalar<'a>>,
    #[serde(borrow, rename = "type")]
    pub tax_type: Option<Text<'a>>,
    #[serde(borrow)]
    pub calculation_phase: Option<Text<'a>>,
    #[serde(borrow)]
    pub applied_money: Option<Amount<'a>>,
}

/// A surcharge on an order or a return.
#[derive(Debug, Deserialize)]
pub struct ServiceCharge<'a> {
    #[serde(borrow)]
    pub uid: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub name: Option<Text<'a>>,
    #[serde(borrow, rename = "type")]
    pub charge_type: Option<Text<'a>>,
    #[serde(borrow)]
    pub applied_money: Option<Amount<'a>>,
    #[serde(borrow)]
    pub total_money: Option<Amount<'a>>,
    #[serde(borrow)]
    pub total_tax_money: Option<Amount<'a>>,
    #[serde(borrow)]
    pub applied_taxes: Option<Vec<AppliedTax<'a>>>,
}

/// Goods taken back, from one earlier order.
#[derive(Debug, Deserialize)]
pub struct Return<'a> {
    #[serde(borrow)]
    pub source_order_id: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub return_line_items: Option<Vec<LineItem<'a>>>,
    #[serde(borrow)]
    pub return_service_charges: Option<Vec<ServiceCharge<'a>>>,
    #[serde(borrow)]
    pub return_taxes: Option<Vec<Tax<'a>>>,
    #[serde(borrow)]
    pub return_tips: Option<Vec<ReturnTip<'a>>>,
    #[serde(borrow)]
    pub rounding_adjustment: Option<Rounding<'a>>,
}

/// A tip given back.
#[derive(Debug, Deserialize)]
pub struct ReturnTip<'a> {
    #[serde(borrow)]
    pub uid: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub applied_money: Option<Amount<'a>>,
}

/// The refund that a returning order was settled by.
#[derive(Debug, Deserialize)]
pub struct OrderRefund<'a> {
    #[serde(borrow)]
    pub id: Scalar<'a>,
    #[serde(borrow)]
    pub tender_id: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub status: Option<Text<'a>>,
    #[serde(borrow)]
    pub amount_money: Option<Amount<'a>>,
    #[serde(borrow)]
    pub created_at: Option<Text<'a>>,
}
