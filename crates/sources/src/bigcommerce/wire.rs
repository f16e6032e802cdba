//! BigCommerce's objects, as far as money needs them. Everything else stays in the raw delivery.
//!
//! V2 writes amounts as strings with four decimals, V3 as JSON numbers; its own examples mix both,
//! so either is read everywhere. Nothing is written as `null`, `""` or `{}`.

use crate::kit::scalar::{filled, loose};
use crate::kit::{Scalar, Text};
use serde::Deserialize;
use serde_json::value::RawValue;

/// An order with its parts, as the poller hands them over.
#[derive(Debug, Deserialize)]
pub struct Whole<'a> {
    #[serde(borrow)]
    pub order: Order<'a>,
    #[serde(borrow)]
    pub products: Vec<Product<'a>>,
    #[serde(borrow)]
    pub taxes: Vec<Tax<'a>>,
    #[serde(borrow, default)]
    pub coupons: Vec<Coupon<'a>>,
    #[serde(borrow)]
    pub transactions: Vec<Transaction<'a>>,
    #[serde(borrow)]
    pub refunds: Vec<Refund<'a>>,
    #[serde(borrow, default)]
    pub shipments: Vec<Shipment<'a>>,
}

/// An order (V2).
#[derive(Debug, Deserialize)]
pub struct Order<'a> {
    #[serde(borrow)]
    pub id: Scalar<'a>,
    #[serde(borrow)]
    pub customer_id: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub date_created: Option<Text<'a>>,
    #[serde(borrow)]
    pub date_modified: Option<Text<'a>>,
    /// When the last of it left; empty before.
    #[serde(borrow)]
    pub date_shipped: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "filled")]
    pub status_id: Option<Scalar<'a>>,
    #[serde(borrow, default, deserialize_with = "filled")]
    pub subtotal_ex_tax: Option<Scalar<'a>>,
    #[serde(borrow, default, deserialize_with = "filled")]
    pub subtotal_inc_tax: Option<Scalar<'a>>,
    #[serde(borrow, default, deserialize_with = "filled")]
    pub shipping_cost_ex_tax: Option<Scalar<'a>>,
    #[serde(borrow, default, deserialize_with = "filled")]
    pub shipping_cost_inc_tax: Option<Scalar<'a>>,
    #[serde(borrow, default, deserialize_with = "filled")]
    pub handling_cost_ex_tax: Option<Scalar<'a>>,
    #[serde(borrow, default, deserialize_with = "filled")]
    pub handling_cost_inc_tax: Option<Scalar<'a>>,
    #[serde(borrow, default, deserialize_with = "filled")]
    pub wrapping_cost_ex_tax: Option<Scalar<'a>>,
    #[serde(borrow, default, deserialize_with = "filled")]
    pub wrapping_cost_inc_tax: Option<Scalar<'a>>,
    #[serde(borrow, default, deserialize_with = "filled")]
    pub total_inc_tax: Option<Scalar<'a>>,
    #[serde(borrow, default, deserialize_with = "filled")]
    pub total_tax: Option<Scalar<'a>>,
    /// Discounts of the whole order, by promotion or by hand.
    #[serde(borrow, default, deserialize_with = "filled")]
    pub discount_amount: Option<Scalar<'a>>,
    #[serde(borrow, default, deserialize_with = "filled")]
    pub coupon_discount: Option<Scalar<'a>>,
    #[serde(borrow, default, deserialize_with = "filled")]
    pub store_credit_amount: Option<Scalar<'a>>,
    #[serde(borrow, default, deserialize_with = "filled")]
    pub gift_certificate_amount: Option<Scalar<'a>>,
    /// What the buyer pays in; `currency_code` is what prices were shown in.
    #[serde(borrow)]
    pub default_currency_code: Option<Text<'a>>,
    #[serde(borrow)]
    pub payment_method: Option<Text<'a>>,
    #[serde(borrow)]
    pub payment_status: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "loose")]
    pub channel_id: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub billing_address: Option<Address<'a>>,
    /// A list where it was asked for (`include=fees`), else a link or nothing.
    #[serde(borrow)]
    pub fees: Option<&'a RawValue>,
}

/// The buyer.
#[derive(Debug, Deserialize)]
pub struct Address<'a> {
    #[serde(borrow)]
    pub first_name: Option<Text<'a>>,
    #[serde(borrow)]
    pub last_name: Option<Text<'a>>,
    #[serde(borrow)]
    pub company: Option<Text<'a>>,
}

/// A surcharge of an order.
#[derive(Debug, Deserialize)]
pub struct Fee<'a> {
    #[serde(borrow, default, deserialize_with = "loose")]
    pub id: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub display_name_customer: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "filled")]
    pub cost_ex_tax: Option<Scalar<'a>>,
    #[serde(borrow, default, deserialize_with = "filled")]
    pub cost_inc_tax: Option<Scalar<'a>>,
}

/// A parcel of an order (V2).
#[derive(Debug, Deserialize)]
pub struct Shipment<'a> {
    #[serde(borrow)]
    pub id: Scalar<'a>,
    #[serde(borrow)]
    pub date_created: Option<Text<'a>>,
    #[serde(borrow)]
    pub items: Option<Vec<Packed<'a>>>,
}

/// How many pieces of a product left with a parcel.
#[derive(Debug, Deserialize)]
pub struct Packed<'a> {
    #[serde(borrow, default, deserialize_with = "loose")]
    pub order_product_id: Option<Scalar<'a>>,
    #[serde(borrow, default, deserialize_with = "loose")]
    pub quantity: Option<Scalar<'a>>,
}

/// A line of goods. `total_ex_tax` is before the discounts that `applied_discounts` names.
#[derive(Debug, Deserialize)]
pub struct Product<'a> {
    #[serde(borrow)]
    pub id: Scalar<'a>,
    #[serde(borrow)]
    pub name: Option<Text<'a>>,
    #[serde(borrow)]
    pub sku: Option<Text<'a>>,
    /// `physical`, `digital`, `giftcertificate`.
    #[serde(borrow, rename = "type")]
    pub kind: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "filled")]
    pub quantity: Option<Scalar<'a>>,
    #[serde(borrow, default, deserialize_with = "filled")]
    pub total_ex_tax: Option<Scalar<'a>>,
    #[serde(borrow, default, deserialize_with = "filled")]
    pub wrapping_cost_ex_tax: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub applied_discounts: Option<Vec<Applied<'a>>>,
}

/// What a discount of the order takes off one product.
#[derive(Debug, Deserialize)]
pub struct Applied<'a> {
    #[serde(borrow, default, deserialize_with = "filled")]
    pub amount: Option<Scalar<'a>>,
}

/// A coupon of an order.
#[derive(Debug, Deserialize)]
pub struct Coupon<'a> {
    #[serde(borrow)]
    pub code: Option<Text<'a>>,
}

/// Tax of one rate on one part of an order. `rate` is in percent.
#[derive(Debug, Deserialize)]
pub struct Tax<'a> {
    #[serde(borrow)]
    pub name: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "filled")]
    pub rate: Option<Scalar<'a>>,
    #[serde(borrow, default, deserialize_with = "filled")]
    pub line_amount: Option<Scalar<'a>>,
    #[serde(borrow, default, deserialize_with = "loose")]
    pub order_product_id: Option<Scalar<'a>>,
    /// `item`, `shipping`, `handling`, …
    #[serde(borrow)]
    pub line_item_type: Option<Text<'a>>,
}

/// A movement at a payment provider (V3).
#[derive(Debug, Deserialize)]
pub struct Transaction<'a> {
    #[serde(borrow)]
    pub id: Scalar<'a>,
    #[serde(borrow)]
    pub order_id: Option<Scalar<'a>>,
    /// `purchase`, `authorization`, `capture`, `refund`, `void`, `pending`, `settled`.
    #[serde(borrow)]
    pub event: Option<Text<'a>>,
    #[serde(borrow)]
    pub method: Option<Text<'a>>,
    #[serde(borrow)]
    pub amount: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub currency: Option<Text<'a>>,
    #[serde(borrow)]
    pub gateway: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "loose")]
    pub gateway_transaction_id: Option<Scalar<'a>>,
    #[serde(borrow, default, deserialize_with = "loose")]
    pub reference_transaction_id: Option<Scalar<'a>>,
    /// `ok` or `error`.
    #[serde(borrow)]
    pub status: Option<Text<'a>>,
    pub test: Option<bool>,
    #[serde(borrow)]
    pub date_created: Option<Text<'a>>,
}

/// A refund (V3).
#[derive(Debug, Deserialize)]
pub struct Refund<'a> {
    #[serde(borrow)]
    pub id: Scalar<'a>,
    #[serde(borrow)]
    pub order_id: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub created: Option<Text<'a>>,
    #[serde(borrow)]
    pub total_amount: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub total_tax: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub items: Option<Vec<RefundItem<'a>>>,
    #[serde(borrow)]
    pub payments: Option<Vec<RefundPayment<'a>>>,
}

/// What is given back for.
#[derive(Debug, Deserialize)]
pub struct RefundItem<'a> {
    /// `PRODUCT`, `SHIPPING`, `HANDLING`, `GIFT_WRAPPING`, `ORDER`, `FEE`.
    #[serde(borrow)]
    pub item_type: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "loose")]
    pub item_id: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub reason: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "loose")]
    pub quantity: Option<Scalar<'a>>,
    #[serde(borrow, default, deserialize_with = "loose")]
    pub requested_amount: Option<Scalar<'a>>,
}

/// By which tender it is given back.
#[derive(Debug, Deserialize)]
pub struct RefundPayment<'a> {
    #[serde(borrow)]
    pub provider_id: Option<Text<'a>>,
    #[serde(borrow)]
    pub amount: Option<Scalar<'a>>,
    pub offline: Option<bool>,
    pub is_declined: Option<bool>,
}
