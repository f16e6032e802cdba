//! Shopify's REST objects, as far as money needs them. Everything else stays in the raw delivery.
//!
//! Amounts come as decimal strings, sometimes as JSON numbers, with a `*_set` beside them that
//! holds shop and presentment money (sources-and-cases.md A1).

use crate::kit::{Reference, Scalar, Text};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

/// An amount in shop and presentment currency. Only shop money reaches the books: it is the
/// currency the shop settles in.
#[derive(Debug, Deserialize)]
pub struct Set<'a> {
    #[serde(borrow)]
    pub shop_money: Option<Side<'a>>,
}

/// One side of a [`Set`]. `total_unsettled_set` writes `currency` instead of `currency_code`.
#[derive(Debug, Deserialize)]
pub struct Side<'a> {
    #[serde(borrow)]
    pub amount: Scalar<'a>,
    #[serde(borrow, alias = "currency")]
    pub currency_code: Option<Text<'a>>,
}

/// An order.
#[derive(Debug, Deserialize)]
pub struct Order<'a> {
    #[serde(borrow)]
    pub id: Scalar<'a>,
    #[serde(borrow)]
    pub name: Option<Text<'a>>,
    #[serde(borrow)]
    pub order_number: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub created_at: Option<Text<'a>>,
    #[serde(borrow)]
    pub processed_at: Option<Text<'a>>,
    #[serde(borrow)]
    pub updated_at: Option<Text<'a>>,
    #[serde(borrow)]
    pub cancelled_at: Option<Text<'a>>,
    #[serde(borrow)]
    pub cancel_reason: Option<Text<'a>>,
    #[serde(borrow)]
    pub currency: Option<Text<'a>>,
    #[serde(borrow)]
    pub source_name: Option<Text<'a>>,
    pub test: Option<bool>,
    pub taxes_included: Option<bool>,
    pub duties_included: Option<bool>,
    pub payment_terms: Option<IgnoredAny>,
    #[serde(borrow)]
    pub total_price: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub total_price_set: Option<Set<'a>>,
    #[serde(borrow)]
    pub total_tax: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub total_discounts: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub total_tip_received: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub total_cash_rounding_payment_adjustment_set: Option<Set<'a>>,
    #[serde(borrow)]
    pub original_total_duties_set: Option<Set<'a>>,
    #[serde(borrow)]
    pub original_total_additional_fees_set: Option<Set<'a>>,
    #[serde(borrow)]
    pub total_shipping_price_set: Option<Set<'a>>,
    #[serde(borrow)]
    pub customer: Option<Customer<'a>>,
    #[serde(borrow)]
    pub billing_address: Option<Address<'a>>,
    #[serde(borrow)]
    pub line_items: Option<Vec<LineItem<'a>>>,
    #[serde(borrow)]
    pub shipping_lines: Option<Vec<ShippingLine<'a>>>,
    #[serde(borrow)]
    pub tax_lines: Option<Vec<TaxLine<'a>>>,
    #[serde(borrow)]
    pub refunds: Option<Vec<Refund<'a>>>,
    #[serde(borrow)]
    pub fulfillment_status: Option<Text<'a>>,
    #[serde(borrow)]
    pub fulfillments: Option<Vec<Fulfilment<'a>>>,
    #[serde(borrow)]
    pub transactions: Option<Vec<Transaction<'a>>>,
}

/// A parcel of an order.
#[derive(Debug, Deserialize)]
pub struct Fulfilment<'a> {
    #[serde(borrow)]
    pub id: Option<Scalar<'a>>,
    /// `success`, `cancelled`, `pending`, `open`, `error`, `failure`.
    #[serde(borrow)]
    pub status: Option<Text<'a>>,
    #[serde(borrow)]
    pub created_at: Option<Text<'a>>,
    #[serde(borrow)]
    pub line_items: Option<Vec<Packed<'a>>>,
}

/// How many pieces of an order's line left with a parcel.
#[derive(Debug, Deserialize)]
pub struct Packed<'a> {
    #[serde(borrow)]
    pub id: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub quantity: Option<Scalar<'a>>,
}

/// A buyer.
#[derive(Debug, Deserialize)]
pub struct Customer<'a> {
    #[serde(borrow)]
    pub id: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub first_name: Option<Text<'a>>,
    #[serde(borrow)]
    pub last_name: Option<Text<'a>>,
}

/// The name on an address.
#[derive(Debug, Deserialize)]
pub struct Address<'a> {
    #[serde(borrow)]
    pub name: Option<Text<'a>>,
    #[serde(borrow)]
    pub company: Option<Text<'a>>,
}

/// An order line.
#[derive(Debug, Deserialize)]
pub struct LineItem<'a> {
    #[serde(borrow)]
    pub id: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub sku: Option<Text<'a>>,
    #[serde(borrow)]
    pub title: Option<Text<'a>>,
    #[serde(borrow)]
    pub name: Option<Text<'a>>,
    #[serde(borrow)]
    pub quantity: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub price: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub price_set: Option<Set<'a>>,
    pub gift_card: Option<bool>,
    pub tip: Option<IgnoredAny>,
    #[serde(borrow)]
    pub total_discount: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub discount_allocations: Option<Vec<Allocation<'a>>>,
    #[serde(borrow)]
    pub tax_lines: Option<Vec<TaxLine<'a>>>,
    #[serde(borrow)]
    pub duties: Option<Vec<Duty<'a>>>,
}

/// A part of a discount that falls on one line.
#[derive(Debug, Deserialize)]
pub struct Allocation<'a> {
    #[serde(borrow)]
    pub amount: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub amount_set: Option<Set<'a>>,
}

/// Tax of one jurisdiction on one line.
#[derive(Debug, Deserialize)]
pub struct TaxLine<'a> {
    #[serde(borrow)]
    pub title: Option<Text<'a>>,
    #[serde(borrow)]
    pub rate: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub price: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub price_set: Option<Set<'a>>,
    pub channel_liable: Option<bool>,
}

/// Import duty on a line (or the part of it that a refund gives back).
#[derive(Debug, Deserialize)]
pub struct Duty<'a> {
    #[serde(borrow)]
    pub shop_money: Option<Side<'a>>,
    #[serde(borrow)]
    pub amount_set: Option<Set<'a>>,
    #[serde(borrow)]
    pub price_set: Option<Set<'a>>,
    #[serde(borrow)]
    pub tax_lines: Option<Vec<TaxLine<'a>>>,
}

/// Shipping of an order.
#[derive(Debug, Deserialize)]
pub struct ShippingLine<'a> {
    #[serde(borrow)]
    pub id: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub title: Option<Text<'a>>,
    #[serde(borrow)]
    pub price: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub price_set: Option<Set<'a>>,
    #[serde(borrow)]
    pub discounted_price: Option<Scalar<'a>>,
    pub is_removed: Option<bool>,
    #[serde(borrow)]
    pub discount_allocations: Option<Vec<Allocation<'a>>>,
    #[serde(borrow)]
    pub tax_lines: Option<Vec<TaxLine<'a>>>,
}

/// A payment transaction of an order.
#[derive(Debug, Deserialize)]
pub struct Transaction<'a> {
    #[serde(borrow)]
    pub id: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub order_id: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub parent_id: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub kind: Option<Text<'a>>,
    #[serde(borrow)]
    pub status: Option<Text<'a>>,
    #[serde(borrow)]
    pub gateway: Option<Text<'a>>,
    pub manual_payment_gateway: Option<bool>,
    #[serde(borrow)]
    pub amount: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub amount_rounding: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub currency: Option<Text<'a>>,
    #[serde(borrow)]
    pub authorization: Option<Text<'a>>,
    #[serde(borrow)]
    pub created_at: Option<Text<'a>>,
    #[serde(borrow)]
    pub processed_at: Option<Text<'a>>,
    pub test: Option<bool>,
    #[serde(borrow)]
    pub receipt: Option<&'a RawValue>,
}

/// What a gateway answered: free in form, so it is read apart and may be anything.
#[derive(Debug, Default, Deserialize)]
pub struct Receipt<'a> {
    #[serde(borrow)]
    pub id: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub latest_charge: Option<Reference<'a>>,
    #[serde(borrow)]
    pub charge: Option<Reference<'a>>,
    #[serde(borrow)]
    pub charges: Option<Charges<'a>>,
    #[serde(borrow)]
    pub gift_card_id: Option<Scalar<'a>>,
}

/// Charges of a payment intent inside a receipt.
#[derive(Debug, Deserialize)]
pub struct Charges<'a> {
    #[serde(borrow)]
    pub data: Vec<Reference<'a>>,
}

/// A refund.
#[derive(Debug, Deserialize)]
pub struct Refund<'a> {
    #[serde(borrow)]
    pub id: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub order_id: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub currency: Option<Text<'a>>,
    #[serde(borrow)]
    pub created_at: Option<Text<'a>>,
    #[serde(borrow)]
    pub processed_at: Option<Text<'a>>,
    #[serde(borrow)]
    pub refund_line_items: Option<Vec<RefundLine<'a>>>,
    #[serde(borrow)]
    pub refund_shipping_lines: Option<Vec<RefundShipping<'a>>>,
    #[serde(borrow)]
    pub order_adjustments: Option<Vec<OrderAdjustment<'a>>>,
    #[serde(borrow)]
    pub duties: Option<Vec<Duty<'a>>>,
    #[serde(borrow)]
    pub additional_fees: Option<Vec<Duty<'a>>>,
    #[serde(borrow)]
    pub total_duties_set: Option<Set<'a>>,
    #[serde(borrow)]
    pub transactions: Option<Vec<Transaction<'a>>>,
}

/// A returned line. `subtotal` and `total_tax` are JSON numbers.
#[derive(Debug, Deserialize)]
pub struct RefundLine<'a> {
    #[serde(borrow)]
    pub id: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub line_item_id: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub quantity: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub subtotal: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub subtotal_set: Option<Set<'a>>,
    #[serde(borrow)]
    pub total_tax: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub total_tax_set: Option<Set<'a>>,
    #[serde(borrow)]
    pub line_item: Option<LineItem<'a>>,
}

/// Shipping given back, as newer API versions write it.
#[derive(Debug, Deserialize)]
pub struct RefundShipping<'a> {
    #[serde(borrow)]
    pub id: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub subtotal_amount_set: Option<Set<'a>>,
    #[serde(borrow)]
    pub shipping_line: Option<ShippingLine<'a>>,
}

/// Shipping given back and discrepancies; amounts are negative when the buyer gets money.
#[derive(Debug, Deserialize)]
pub struct OrderAdjustment<'a> {
    #[serde(borrow)]
    pub id: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub amount: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub amount_set: Option<Set<'a>>,
    #[serde(borrow)]
    pub tax_amount: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub tax_amount_set: Option<Set<'a>>,
    #[serde(borrow)]
    pub kind: Option<Text<'a>>,
    #[serde(borrow)]
    pub reason: Option<Text<'a>>,
}

/// A dispute of Shopify Payments.
#[derive(Debug, Deserialize)]
pub struct Dispute<'a> {
    #[serde(borrow)]
    pub id: Scalar<'a>,
    #[serde(borrow, rename = "type")]
    pub dispute_type: Option<Text<'a>>,
    #[serde(borrow)]
    pub amount: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub currency: Option<Text<'a>>,
    #[serde(borrow)]
    pub reason: Option<Text<'a>>,
    #[serde(borrow)]
    pub status: Option<Text<'a>>,
    #[serde(borrow)]
    pub initiated_at: Option<Text<'a>>,
    #[serde(borrow)]
    pub evidence_sent_on: Option<Text<'a>>,
    #[serde(borrow)]
    pub finalized_on: Option<Text<'a>>,
}

/// An answer of the API with payouts and nothing else.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Payouts<'a> {
    #[serde(borrow)]
    pub payouts: Vec<Payout<'a>>,
}

/// A payout of Shopify Payments. `date` is the day of arrival.
#[derive(Debug, Deserialize)]
pub struct Payout<'a> {
    #[serde(borrow)]
    pub id: Scalar<'a>,
    #[serde(borrow)]
    pub status: Option<Text<'a>>,
    #[serde(borrow)]
    pub date: Option<Text<'a>>,
    #[serde(borrow)]
    pub currency: Option<Text<'a>>,
    #[serde(borrow)]
    pub amount: Option<Scalar<'a>>,
}

/// A movement on the balance of Shopify Payments.
#[derive(Debug, Deserialize)]
pub struct BalanceTransaction<'a> {
    #[serde(borrow)]
    pub id: Scalar<'a>,
    #[serde(borrow, rename = "type")]
    pub movement_type: Option<Text<'a>>,
    pub test: Option<bool>,
    #[serde(borrow)]
    pub payout_id: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub currency: Option<Text<'a>>,
    #[serde(borrow)]
    pub amount: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub net: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub source_order_transaction_id: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub processed_at: Option<Text<'a>>,
}
