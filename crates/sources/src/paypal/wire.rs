//! PayPal's objects, as far as money needs them: REST v1 (sales) and v2 (captures), disputes,
//! items of payouts, rows of Transaction Search. Everything else stays in the raw delivery.

use crate::kit::{Scalar, Text};
use serde::Deserialize;

/// The outermost fields of an event.
#[derive(Debug, Deserialize)]
pub struct Top<'a> {
    #[serde(borrow)]
    pub id: Option<Text<'a>>,
    #[serde(borrow)]
    pub event_type: Option<Text<'a>>,
}

/// The address of a related object.
#[derive(Debug, Deserialize)]
pub struct Link<'a> {
    #[serde(borrow)]
    pub href: Option<Text<'a>>,
    #[serde(borrow)]
    pub rel: Option<Text<'a>>,
}

/// An exact amount: `currency_code` and `value`, in v1 `currency` and `total` (or `value`).
#[derive(Debug, Deserialize)]
pub struct Amount<'a> {
    #[serde(borrow, alias = "currency")]
    pub currency_code: Text<'a>,
    #[serde(borrow, alias = "total")]
    pub value: Scalar<'a>,
}

/// A capture, a sale, an authorisation or a refund: they share their form.
#[derive(Debug, Deserialize)]
pub struct Payment<'a> {
    #[serde(borrow)]
    pub id: Scalar<'a>,
    #[serde(borrow, alias = "state")]
    pub status: Option<Text<'a>>,
    #[serde(borrow)]
    pub amount: Option<Amount<'a>>,
    #[serde(borrow, alias = "custom")]
    pub custom_id: Option<Text<'a>>,
    #[serde(borrow)]
    pub create_time: Option<Text<'a>>,
    #[serde(borrow)]
    pub seller_receivable_breakdown: Option<Breakdown<'a>>,
    #[serde(borrow)]
    pub seller_payable_breakdown: Option<Breakdown<'a>>,
    #[serde(borrow)]
    pub transaction_fee: Option<Amount<'a>>,
    #[serde(borrow)]
    pub sale_id: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub capture_id: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub links: Option<Vec<Link<'a>>>,
}

/// What of an amount reaches the seller, or leaves it.
#[derive(Debug, Deserialize)]
pub struct Breakdown<'a> {
    #[serde(borrow)]
    pub paypal_fee: Option<Amount<'a>>,
    #[serde(borrow)]
    pub platform_fees: Option<Vec<PlatformFee<'a>>>,
}

/// A fee that goes to a platform.
#[derive(Debug, Deserialize)]
pub struct PlatformFee<'a> {
    #[serde(borrow)]
    pub amount: Option<Amount<'a>>,
}

/// A checkout order with the payments that it led to.
#[derive(Debug, Deserialize)]
pub struct Order<'a> {
    #[serde(borrow)]
    pub purchase_units: Vec<Unit<'a>>,
    #[serde(borrow)]
    pub links: Option<Vec<Link<'a>>>,
}

/// One purchase of a checkout order.
#[derive(Debug, Deserialize)]
pub struct Unit<'a> {
    #[serde(borrow)]
    pub custom_id: Option<Text<'a>>,
    #[serde(borrow)]
    pub payments: Option<Payments<'a>>,
}

/// The payments of one purchase.
#[derive(Debug, Deserialize)]
pub struct Payments<'a> {
    #[serde(borrow)]
    pub captures: Option<Vec<Payment<'a>>>,
    #[serde(borrow)]
    pub authorizations: Option<Vec<Payment<'a>>>,
    #[serde(borrow)]
    pub refunds: Option<Vec<Payment<'a>>>,
}

/// A dispute.
#[derive(Debug, Deserialize)]
pub struct Dispute<'a> {
    #[serde(borrow)]
    pub dispute_id: Scalar<'a>,
    #[serde(borrow)]
    pub create_time: Option<Text<'a>>,
    #[serde(borrow)]
    pub update_time: Option<Text<'a>>,
    #[serde(borrow)]
    pub reason: Option<Text<'a>>,
    #[serde(borrow)]
    pub status: Option<Text<'a>>,
    #[serde(borrow)]
    pub dispute_life_cycle_stage: Option<Text<'a>>,
    #[serde(borrow)]
    pub dispute_amount: Option<Amount<'a>>,
    #[serde(borrow)]
    pub dispute_outcome: Option<DisputeOutcome<'a>>,
    #[serde(borrow)]
    pub disputed_transactions: Option<Vec<Disputed<'a>>>,
    #[serde(borrow)]
    pub money_movements: Option<Vec<Movement<'a>>>,
    #[serde(borrow)]
    pub links: Option<Vec<Link<'a>>>,
}

/// How a dispute ended.
#[derive(Debug, Deserialize)]
pub struct DisputeOutcome<'a> {
    #[serde(borrow)]
    pub outcome_code: Option<Text<'a>>,
}

/// The payment that is disputed.
#[derive(Debug, Deserialize)]
pub struct Disputed<'a> {
    #[serde(borrow)]
    pub seller_transaction_id: Option<Scalar<'a>>,
}

/// Money moved by a dispute.
#[derive(Debug, Deserialize)]
pub struct Movement<'a> {
    #[serde(borrow)]
    pub affected_party: Option<Text<'a>>,
    #[serde(borrow)]
    pub amount: Option<Amount<'a>>,
    #[serde(borrow, rename = "type")]
    pub direction: Option<Text<'a>>,
}

/// A payment that we send.
#[derive(Debug, Deserialize)]
pub struct PayoutItem<'a> {
    #[serde(borrow)]
    pub payout_item_id: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub payout_item: Option<PayoutItemText<'a>>,
}

/// What the payment was to be.
#[derive(Debug, Deserialize)]
pub struct PayoutItemText<'a> {
    #[serde(borrow)]
    pub amount: Option<Amount<'a>>,
}

/// A page of Transaction Search.
#[derive(Debug, Deserialize)]
pub struct Search<'a> {
    #[serde(borrow)]
    pub transaction_details: Vec<Detail<'a>>,
}

/// One row.
#[derive(Debug, Deserialize)]
pub struct Detail<'a> {
    #[serde(borrow)]
    pub transaction_info: Row<'a>,
}

/// A movement on the balance; amounts are signed.
#[derive(Debug, Deserialize)]
pub struct Row<'a> {
    #[serde(borrow)]
    pub transaction_id: Scalar<'a>,
    #[serde(borrow)]
    pub paypal_reference_id: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub transaction_event_code: Option<Text<'a>>,
    #[serde(borrow)]
    pub transaction_initiation_date: Option<Text<'a>>,
    #[serde(borrow)]
    pub transaction_amount: Option<Amount<'a>>,
    #[serde(borrow)]
    pub fee_amount: Option<Amount<'a>>,
    #[serde(borrow)]
    pub transaction_status: Option<Text<'a>>,
    #[serde(borrow)]
    pub custom_field: Option<Text<'a>>,
}
