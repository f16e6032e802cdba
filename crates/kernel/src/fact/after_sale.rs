//! What may happen to an order and its money after it was placed.

use super::{Order, OrderLine, TaxLine};
use crate::currency::Currency;
use crate::key::EconomicKey;
use crate::time::BusinessDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A paid order was changed. Its subject's plain versions tell how it stood before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Edit {
    /// The source's id of the change; unique within the order.
    pub edit_id: String,
    /// The date of the change in the shop's zone.
    pub business_date: BusinessDate,
    /// The whole order as it stands after the change.
    pub order: Order,
}

/// Goods of an order left, or a service was rendered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fulfilment {
    /// The source's id; unique within the order.
    pub fulfilment_id: String,
    /// Currency of the order.
    pub currency: Currency,
    /// The date in the shop's zone.
    pub business_date: BusinessDate,
    /// What left, at what it costs in the order; amounts positive. Empty together with `taxes`:
    /// all that had not left before.
    pub lines: Vec<OrderLine>,
    /// Tax on these lines.
    pub taxes: Vec<TaxLine>,
}

impl Fulfilment {
    /// What left is worth, minor units; `None` when it is the rest of the order or overflows.
    pub fn worth_minor(&self) -> Option<i64> {
        if self.lines.is_empty() && self.taxes.is_empty() {
            return None;
        }
        let lines = self.lines.iter().map(OrderLine::net_minor);
        let mut all = lines.chain(self.taxes.iter().map(|t| t.amount_minor));
        all.try_fold(0_i64, i64::checked_add)
    }
}

/// Lines of an order are a service over time: their revenue is earned month by month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// Ids of the order's lines; empty for all goods of the order.
    pub lines: Vec<String>,
    /// First day of the service.
    pub from: BusinessDate,
    /// How many months it lasts, 1 to 120.
    pub months: u16,
}

/// Longest service, months.
pub const SERVICE_MONTHS_MAX: u16 = 120;

/// Money that had been captured was taken back by the buyer's bank, without a dispute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PaymentReturn {
    /// The processor.
    pub processor: String,
    /// The processor's id of the payment.
    pub payment_id: String,
    /// What was taken back, minor units, positive.
    pub amount_minor: i64,
    /// What the processor charges for it, minor units, positive.
    pub fee_minor: i64,
    /// Currency.
    pub currency: Currency,
    /// Date in the shop's zone.
    pub business_date: BusinessDate,
    /// The bank's reason.
    pub reason: String,
}

/// What a payment or refund came to in the currency of the processor's balance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settlement {
    /// The processor.
    pub processor: String,
    /// Economic key of the capture or refund.
    pub of: EconomicKey,
    /// What arrived or left there before fees, minor units, positive.
    pub settled_minor: i64,
    /// Currency of the balance.
    pub currency: Currency,
    /// Date in the shop's zone.
    pub business_date: BusinessDate,
}

/// A processor exchanged one of our balances for another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Conversion {
    /// The processor.
    pub processor: String,
    /// The processor's id.
    pub conversion_id: String,
    /// What left, minor units of `from_currency`, positive.
    pub from_minor: i64,
    /// Currency that left.
    pub from_currency: Currency,
    /// What arrived, minor units of `currency`, positive.
    pub to_minor: i64,
    /// Currency that arrived.
    pub currency: Currency,
    /// What the books carried the leaving amount at, minor units of `currency`, when the source
    /// knows; the difference is an exchange gain or loss.
    pub carried_minor: Option<i64>,
    /// Date in the shop's zone.
    pub business_date: BusinessDate,
}

/// A buyer was given something to pay with, without buying it: store credit as goodwill, a free
/// gift card, loyalty points. Negative when it lapsed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// The source's id.
    pub grant_id: String,
    /// As which tender it will pay: `store_credit`, `promotional_card`, `loyalty`, …
    pub tender: String,
    /// What it is worth, minor units.
    pub amount_minor: i64,
    /// Currency.
    pub currency: Currency,
    /// Date in the shop's zone.
    pub business_date: BusinessDate,
    /// The source's reason; rules may map it to an account.
    pub reason: String,
}

/// A platform handed a seller's share of an order on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SellerShare {
    /// The processor that moved it.
    pub processor: String,
    /// The processor's id of the transfer.
    pub share_id: String,
    /// The seller, for people.
    pub seller: String,
    /// The share, minor units; negative when it came back.
    pub amount_minor: i64,
    /// Currency.
    pub currency: Currency,
    /// Date in the shop's zone.
    pub business_date: BusinessDate,
}

/// What a buyer owes was given up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WriteOff {
    /// The source's id.
    pub write_off_id: String,
    /// What was given up, minor units, positive.
    pub amount_minor: i64,
    /// Currency.
    pub currency: Currency,
    /// Date in the shop's zone.
    pub business_date: BusinessDate,
    /// The source's reason.
    pub reason: String,
}
