//! WooCommerce's REST objects (`wc/v1` to `wc/v3`), as far as money needs them. Everything else
//! stays in the raw delivery.
//!
//! Amounts are decimal strings; an empty one means none (sources-and-cases.md A3).

use crate::kit::scalar::filled;
use crate::kit::{Scalar, Text};
use serde::Deserialize;
use serde_json::value::RawValue;

/// An order.
#[derive(Debug, Deserialize)]
pub struct Order<'a> {
    #[serde(borrow)]
    pub id: Scalar<'a>,
    #[serde(borrow)]
    pub number: Option<Scalar<'a>>,
    /// What only orders have.
    #[serde(borrow)]
    pub order_key: Option<Text<'a>>,
    #[serde(borrow)]
    pub status: Option<Text<'a>>,
    #[serde(borrow)]
    pub currency: Option<Text<'a>>,
    #[serde(borrow)]
    pub created_via: Option<Text<'a>>,
    #[serde(borrow)]
    pub date_created: Option<Text<'a>>,
    #[serde(borrow)]
    pub date_created_gmt: Option<Text<'a>>,
    #[serde(borrow)]
    pub date_modified: Option<Text<'a>>,
    #[serde(borrow)]
    pub date_modified_gmt: Option<Text<'a>>,
    #[serde(borrow)]
    pub date_completed: Option<Text<'a>>,
    #[serde(borrow)]
    pub date_completed_gmt: Option<Text<'a>>,
    #[serde(borrow)]
    pub date_paid: Option<Text<'a>>,
    #[serde(borrow)]
    pub date_paid_gmt: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "filled")]
    pub total: Option<Scalar<'a>>,
    #[serde(borrow, default, deserialize_with = "filled")]
    pub total_tax: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub customer_id: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub billing: Option<Address<'a>>,
    #[serde(borrow)]
    pub payment_method: Option<Text<'a>>,
    #[serde(borrow)]
    pub transaction_id: Option<Text<'a>>,
    #[serde(borrow)]
    pub line_items: Option<Vec<Line<'a>>>,
    #[serde(borrow)]
    pub shipping_lines: Option<Vec<Line<'a>>>,
    #[serde(borrow)]
    pub fee_lines: Option<Vec<Line<'a>>>,
    #[serde(borrow)]
    pub tax_lines: Option<Vec<TaxLine<'a>>>,
    #[serde(borrow)]
    pub refunds: Option<Vec<Refund<'a>>>,
    #[serde(borrow)]
    pub gift_cards: Option<Vec<GiftCard<'a>>>,
    #[serde(borrow)]
    pub meta_data: Option<&'a RawValue>,
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

/// A line of goods, shipping or a fee. Amounts are without tax, whatever `prices_include_tax`
/// says: that tells only how prices were typed in.
#[derive(Debug, Deserialize)]
pub struct Line<'a> {
    #[serde(borrow)]
    pub id: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub name: Option<Text<'a>>,
    #[serde(borrow)]
    pub method_title: Option<Text<'a>>,
    #[serde(borrow)]
    pub sku: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "filled")]
    pub quantity: Option<Scalar<'a>>,
    /// Before coupons.
    #[serde(borrow, default, deserialize_with = "filled")]
    pub subtotal: Option<Scalar<'a>>,
    /// After coupons.
    #[serde(borrow, default, deserialize_with = "filled")]
    pub total: Option<Scalar<'a>>,
    #[serde(borrow, default, deserialize_with = "filled")]
    pub total_tax: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub taxes: Option<Vec<LineTax<'a>>>,
    #[serde(borrow)]
    pub meta_data: Option<&'a RawValue>,
}

/// Tax of one rate on one line; often finer than a cent. Empty: the rate does not apply.
#[derive(Debug, Deserialize)]
pub struct LineTax<'a> {
    #[serde(borrow)]
    pub id: Option<Scalar<'a>>,
    #[serde(borrow, default, deserialize_with = "filled")]
    pub total: Option<Scalar<'a>>,
}

/// Tax of one rate on the whole order.
#[derive(Debug, Deserialize)]
pub struct TaxLine<'a> {
    #[serde(borrow)]
    pub rate_id: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub rate_code: Option<Text<'a>>,
    #[serde(borrow)]
    pub label: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "filled")]
    pub rate_percent: Option<Scalar<'a>>,
    pub compound: Option<bool>,
    #[serde(borrow, default, deserialize_with = "filled")]
    pub tax_total: Option<Scalar<'a>>,
    #[serde(borrow, default, deserialize_with = "filled")]
    pub shipping_tax_total: Option<Scalar<'a>>,
}

/// A refund: inside an order `id` and `total`, from its own address everything. Lines are
/// negative.
#[derive(Debug, Deserialize)]
pub struct Refund<'a> {
    #[serde(borrow)]
    pub id: Scalar<'a>,
    #[serde(borrow)]
    pub parent_id: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub date_created: Option<Text<'a>>,
    #[serde(borrow)]
    pub date_created_gmt: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "filled")]
    pub amount: Option<Scalar<'a>>,
    #[serde(borrow, default, deserialize_with = "filled")]
    pub total: Option<Scalar<'a>>,
    /// WooCommerce itself had the money sent back; only the fetched refund says it.
    pub refunded_payment: Option<bool>,
    #[serde(borrow)]
    pub line_items: Option<Vec<Line<'a>>>,
    #[serde(borrow)]
    pub shipping_lines: Option<Vec<Line<'a>>>,
    #[serde(borrow)]
    pub fee_lines: Option<Vec<Line<'a>>>,
    #[serde(borrow)]
    pub tax_lines: Option<Vec<TaxLine<'a>>>,
}

/// A gift card that paid (plugin WooCommerce Gift Cards).
#[derive(Debug, Deserialize)]
pub struct GiftCard<'a> {
    #[serde(borrow)]
    pub id: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub code: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub amount: Option<Scalar<'a>>,
}

/// A custom field; its value may be anything.
#[derive(Debug, Deserialize)]
pub struct Meta<'a> {
    #[serde(borrow)]
    pub key: Option<Text<'a>>,
    #[serde(borrow)]
    pub value: Option<&'a RawValue>,
}

/// An order with its refunds, as a poller hands both over.
#[derive(Debug, Deserialize)]
pub struct WithRefunds<'a> {
    #[serde(borrow)]
    pub order: Order<'a>,
    #[serde(borrow)]
    pub refunds: Vec<Refund<'a>>,
}

/// The text of custom field `key`.
pub fn meta<'a>(list: Option<&'a RawValue>, key: &str) -> Option<Text<'a>> {
    let text: Text<'a> = serde_json::from_str(field(list, key)?.get()).ok()?;
    (!text.as_str().is_empty()).then_some(text)
}

/// The texts of custom field `key` that holds a list of them.
pub fn metas<'a>(list: Option<&'a RawValue>, key: &str) -> Vec<Text<'a>> {
    let texts = field(list, key).and_then(|value| serde_json::from_str(value.get()).ok());
    texts.unwrap_or_default()
}

fn field<'a>(list: Option<&'a RawValue>, key: &str) -> Option<&'a RawValue> {
    let list: Vec<Meta<'a>> = serde_json::from_str(list?.get()).ok()?;
    list.into_iter().find(|m| m.key.as_ref().is_some_and(|k| k.as_str() == key))?.value
}

/// Whether there is a custom field `key`, whatever its value.
pub fn has_meta(list: Option<&RawValue>, key: &str) -> bool {
    let list = list.and_then(|l| serde_json::from_str::<Vec<Meta<'_>>>(l.get()).ok());
    list.into_iter().flatten().any(|m| m.key.is_some_and(|k| k.as_str() == key))
}
