//! What a payload is: by its topic, else by its fields.

use super::order::Telling;
use super::{order, refund, wire};
use crate::kit::fault::{About, unknown};
use crate::kit::shop::Shop;
use crate::kit::{Fields, Outcome, Parsed, Scalar, body};
use kernel::{Currency, Money};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

/// Topics, up to the dot, that say nothing about money, and why.
const SILENT: &[(&str, &str)] = &[
    ("action", "a hook of the shop's own: orders are told by their own topics"),
    ("coupon", "a discount rule: it shows on the orders that use it"),
    ("customer", "a customer record: no money"),
    ("product", "a catalogue change: no money"),
    ("subscription", "a subscription: the orders made from it follow"),
];

/// Kinds of object this source tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Order,
    WithRefunds,
    Refund,
    Silent(&'static str),
}

/// Fields by which an object is known; all must be there, the first fit wins.
const BARE: &[(&[&str], Shape, &str)] = &[
    (&["order", "refunds"], Shape::WithRefunds, "order"),
    (&["order_key", "status"], Shape::Order, "order"),
    (&["line_items", "date_modified", "total"], Shape::Order, "order"),
    (&["refunded_by", "amount"], Shape::Refund, "refund"),
    (&["line_items", "reason", "amount"], Shape::Refund, "refund"),
    (
        &["code", "discount_type"],
        Shape::Silent("a discount rule: it shows on the orders that use it"),
        "coupon",
    ),
    (&["username", "is_paying_customer"], Shape::Silent("a customer record: no money"), "customer"),
    (&["permalink", "regular_price"], Shape::Silent("a catalogue change: no money"), "product"),
    (&["rate", "compound"], Shape::Silent("a tax rate: it shows on the orders taxed"), "tax"),
    (&["delivery_url", "topic"], Shape::Silent("a webhook's own record: no money"), "webhook"),
    (&["id", "title", "order", "enabled"], Shape::Silent("a setting: no money"), "gateway"),
    (&["total_sales", "net_sales"], Shape::Silent(REPORT), "report"),
    (&["title", "product_id", "quantity"], Shape::Silent(REPORT), "report"),
    (&["slug", "description"], Shape::Silent(REPORT), "report"),
    (&["slug", "total"], Shape::Silent(REPORT), "report"),
];

const REPORT: &str = "a report: the orders in it are told one by one";

fn known(fields: &Fields<'_>) -> Option<(Shape, &'static str)> {
    let fits = |names: &[&str]| names.iter().all(|n| fields.has(n));
    BARE.iter().find(|(names, ..)| fits(names)).map(|(_, shape, name)| (*shape, *name))
}

/// A name for the payload: what it looks like.
pub fn name(text: &str) -> &'static str {
    if text.trim_ascii_start().starts_with('[') {
        return "list";
    }
    let Ok(fields) = serde_json::from_str::<Fields<'_>>(text) else { return "unreadable" };
    known(&fields).map_or("unknown", |(_, name)| name)
}

/// Reads a payload. `topic` is empty for what a poller fetched.
pub fn read(shop: &Shop<'_>, topic: &str, text: &str, out: &mut Outcome) -> Parsed<()> {
    let topic = topic.to_ascii_lowercase();
    let family = topic.split('.').next().unwrap_or_default();
    if let Some((_, reason)) = SILENT.iter().find(|(name, _)| *name == family) {
        body::json::<IgnoredAny>(text, "body")?;
        out.ignore(format!("{family}: {reason}"));
        return Ok(());
    }
    match topic.as_str() {
        "" => whole(shop, text, out),
        "order.deleted" => deleted(shop, text),
        "order.created" => one(shop, Shape::Order, text, Telling::Created, out),
        "order.updated" | "order.restored" => one(shop, Shape::Order, text, Telling::Updated, out),
        _ => {
            body::json::<IgnoredAny>(text, "body")?;
            let shown: String = topic.chars().take(100).collect();
            let detail = format!("the topic `{shown}` has no rule here; delete that webhook");
            Err(unknown("x-wc-webhook-topic", detail, worth(text)))
        }
    }
}

/// What the REST API answers: an object, a list, or the three lists of a batch.
fn whole(shop: &Shop<'_>, text: &str, out: &mut Outcome) -> Parsed<()> {
    if text.trim_ascii_start().starts_with('[') {
        return list(shop, text, "", out);
    }
    let fields: Fields<'_> = body::json(text, "body")?;
    let is_batch = fields.iter().all(|(n, _)| BATCH.contains(&n));
    if !is_batch || fields.iter().next().is_none() {
        return bare(shop, &fields, text, out);
    }
    for (name, value) in fields.iter() {
        list(shop, value.get(), name, out)?;
    }
    Ok(())
}

/// What was made, changed and deleted in one call.
const BATCH: [&str; 3] = ["create", "update", "delete"];

fn list(shop: &Shop<'_>, text: &str, name: &str, out: &mut Outcome) -> Parsed<()> {
    if name != "delete" && orders(shop, text, name, out) {
        return Ok(());
    }
    let list: Vec<&RawValue> = body::json(text, if name.is_empty() { "body" } else { name })?;
    if list.is_empty() {
        out.ignore("an empty list");
    }
    for (n, raw) in list.into_iter().enumerate() {
        out.within(format_args!("{name}[{n}]"), |out| {
            let fields: Fields<'_> = body::json(raw.get(), "item")?;
            let is_order = known(&fields).is_some_and(|(shape, _)| shape == Shape::Order);
            if name == "delete" && is_order {
                return deleted(shop, raw.get());
            }
            bare(shop, &fields, raw.get(), out)
        });
    }
    Ok(())
}

/// Reads a list of orders in one go; whether it was one. Of a list in which anything else stands, or
/// something that is no order as WooCommerce writes it, every object is read by itself.
fn orders(shop: &Shop<'_>, text: &str, name: &str, out: &mut Outcome) -> bool {
    let orders: Vec<wire::Order<'_>> = serde_json::from_str(text).unwrap_or_default();
    let is_order = |wire: &wire::Order<'_>| wire.order_key.is_some() && wire.status.is_some();
    if orders.is_empty() || !orders.iter().all(is_order) {
        return false;
    }
    for (n, wire) in orders.iter().enumerate() {
        out.within(format_args!("{name}[{n}]"), |out| {
            order::read(shop, wire, None, Telling::Updated, out)
        });
    }
    true
}

/// One object, whose fields tell what it is.
fn bare(shop: &Shop<'_>, fields: &Fields<'_>, text: &str, out: &mut Outcome) -> Parsed<()> {
    match known(fields) {
        Some((shape, _)) => one(shop, shape, text, Telling::Updated, out),
        None => {
            let detail = format!("no kind of WooCommerce object has the fields {}", fields.shown());
            Err(unknown("body", detail, worth(text)))
        }
    }
}

fn one(
    shop: &Shop<'_>,
    shape: Shape,
    text: &str,
    telling: Telling,
    out: &mut Outcome,
) -> Parsed<()> {
    match shape {
        Shape::Silent(reason) => {
            out.ignore(reason);
            Ok(())
        }
        Shape::Order => {
            let wire: wire::Order<'_> =
                body::json(text, "order").map_err(|fault| fault.worth(worth(text)))?;
            order::read(shop, &wire, None, telling, out)
        }
        Shape::WithRefunds => {
            let both: wire::WithRefunds<'_> = body::json(text, "order")?;
            order::read(shop, &both.order, Some(&both.refunds), telling, out)
        }
        Shape::Refund => refund::alone(shop, &body::json(text, "refund")?),
    }
}

fn deleted(shop: &Shop<'_>, text: &str) -> Parsed<()> {
    #[derive(Deserialize)]
    struct Deleted<'a> {
        #[serde(borrow)]
        id: Scalar<'a>,
    }
    let gone: Deleted<'_> = body::json(text, "body")?;
    order::deleted(shop, &gone.id, worth(text))
}

/// The amount that a payload states about itself, when it can be read.
fn worth(text: &str) -> Option<Money> {
    let fields: Fields<'_> = serde_json::from_str(text).ok()?;
    let currency: Scalar<'_> = serde_json::from_str(fields.get("currency")?.get()).ok()?;
    let total: Scalar<'_> = serde_json::from_str(fields.get("total")?.get()).ok()?;
    total.money(currency.as_str().parse::<Currency>().ok()?).ok()
}
