//! What a payload is: a webhook, an order that was fetched, or another answer of the API. Its
//! fields tell.

use super::{event, order, payment, refund, wire};
use crate::kit::fault::{About, malformed, unknown};
use crate::kit::shop::Shop;
use crate::kit::{Fields, Outcome, Parsed, Scalar, body};
use serde::Deserialize;
use serde_json::value::RawValue;

/// Kinds of object this source tells apart.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Event,
    Whole,
    Order,
    Deleted,
    /// Answers of V3 wrap what they hold.
    Data,
    Transaction,
    Refund,
    /// A part of an order that means nothing without it.
    Part,
    Silent(&'static str),
}

/// Fields by which an object is known; all must be there, the first fit wins.
const KNOWN: &[(&[&str], Shape, &str)] = &[
    (&["scope", "hash", "data"], Shape::Event, "webhook"),
    (&["order", "products"], Shape::Whole, "order"),
    (&["deleted_order"], Shape::Deleted, "order"),
    (&["date_modified", "total_inc_tax"], Shape::Order, "order"),
    (&["data", "meta"], Shape::Data, "answer"),
    (&["event", "gateway", "amount"], Shape::Transaction, "transaction"),
    (
        &["total_refund_amount", "refund_methods"],
        Shape::Silent("a calculated refund: nothing was refunded"),
        "refund quote",
    ),
    (&["total_amount", "items", "payments"], Shape::Refund, "refund"),
    (&["order_id", "price_ex_tax"], Shape::Part, "order product"),
    (&["order_id", "tax_rate_id"], Shape::Part, "order tax"),
    (&["order_id", "tracking_number"], Shape::Silent(SHIPMENT), "shipment"),
    (&["order_id", "shipping_method", "street_1"], Shape::Silent(SHIPMENT), "shipping address"),
    (&["shipping_provider_quote"], Shape::Silent(SHIPMENT), "shipping quote"),
    (
        &["system_label", "system_description"],
        Shape::Silent("the name of a state: no money"),
        "order status",
    ),
];

const SHIPMENT: &str = "a shipment: what it costs the buyer stands in the order";

fn known(fields: &Fields<'_>) -> Option<(Shape, &'static str)> {
    let fits = |names: &[&str]| names.iter().all(|n| fields.has(n));
    KNOWN.iter().find(|(names, ..)| fits(names)).map(|(_, shape, name)| (*shape, *name))
}

/// A name for the payload: the scope of a webhook, else what it looks like.
pub fn name(text: &str) -> String {
    if text.trim_ascii_start().starts_with('[') {
        return "list".to_owned();
    }
    let Ok(fields) = serde_json::from_str::<Fields<'_>>(text) else {
        return "unreadable".to_owned();
    };
    match known(&fields) {
        Some((Shape::Event, name)) => {
            let scope = fields.get("scope").and_then(|s| serde_json::from_str(s.get()).ok());
            let scope = scope.filter(|s: &String| !s.is_empty());
            scope.map_or_else(|| name.to_owned(), |s| s.chars().take(100).collect())
        }
        Some((_, name)) => name.to_owned(),
        None => "unknown".to_owned(),
    }
}

/// Reads a payload.
pub fn read(shop: &Shop<'_>, text: &str, out: &mut Outcome) -> Parsed<()> {
    if text.trim_ascii_start().starts_with('[') {
        let list: Vec<&RawValue> = body::json(text, "body")?;
        many(shop, &list, "", out);
        return Ok(());
    }
    one(shop, text, out)
}

fn one(shop: &Shop<'_>, text: &str, out: &mut Outcome) -> Parsed<()> {
    let fields: Fields<'_> = body::json(text, "body")?;
    let Some((shape, name)) = known(&fields) else {
        let detail = format!("no kind of BigCommerce object has the fields {}", fields.shown());
        return Err(unknown("body", detail, None));
    };
    match shape {
        Shape::Event => event::read(text, out),
        Shape::Whole => {
            let whole: wire::Whole<'_> =
                body::json(text, "order").map_err(|fault| fault.worth(stated(&fields)))?;
            order::read(shop, &whole, out)
        }
        Shape::Order => order::alone(shop, &body::json(text, "order")?),
        Shape::Deleted => {
            #[derive(Deserialize)]
            struct Gone<'a> {
                #[serde(borrow)]
                deleted_order: Scalar<'a>,
            }
            let gone: Gone<'_> = body::json(text, "body")?;
            order::deleted(shop, &gone.deleted_order)
        }
        Shape::Data => data(shop, &fields, out),
        Shape::Transaction => {
            payment::all(shop, &[body::json(text, "transaction")?], None, out);
            Ok(())
        }
        Shape::Refund => refund::alone(shop, &body::json(text, "refund")?),
        Shape::Part => part(shop, &fields, name),
        Shape::Silent(reason) => {
            out.ignore(reason);
            Ok(())
        }
    }
}

/// An answer of V3: one object or many. Transactions are read as one list, because some speak of
/// others.
fn data(shop: &Shop<'_>, fields: &Fields<'_>, out: &mut Outcome) -> Parsed<()> {
    let data = fields.get("data").map_or("", RawValue::get);
    if !data.starts_with('[') {
        out.within("data", |out| one(shop, data, out));
        return Ok(());
    }
    let list: Vec<&RawValue> = body::json(data, "data")?;
    let is_transaction = |raw: &&RawValue| {
        let fields = serde_json::from_str::<Fields<'_>>(raw.get()).ok();
        fields.and_then(|f| known(&f)).is_some_and(|(shape, _)| shape == Shape::Transaction)
    };
    if !list.is_empty() && list.iter().all(is_transaction) {
        let list: Vec<wire::Transaction<'_>> = body::json(data, "data")?;
        payment::all(shop, &list, None, out);
        return Ok(());
    }
    many(shop, &list, "data", out);
    Ok(())
}

fn many(shop: &Shop<'_>, list: &[&RawValue], at: &str, out: &mut Outcome) {
    if list.is_empty() {
        out.ignore("an empty list");
    }
    for (n, raw) in list.iter().enumerate() {
        out.within(format_args!("{at}[{n}]"), |out| one(shop, raw.get(), out));
    }
}

fn part(shop: &Shop<'_>, fields: &Fields<'_>, name: &str) -> Parsed<()> {
    let detail = format!("an {name} without its order; hand it over with it, as the poller does");
    let fault = malformed("order", detail);
    let order = fields.get("order_id").and_then(|id| serde_json::from_str(id.get()).ok());
    Err(match order {
        Some(id) => fault.about(&shop.sale(&id)),
        None => fault,
    })
}

/// The amount that a fetched order states, when it can be read although the rest cannot.
fn stated(fields: &Fields<'_>) -> Option<kernel::Money> {
    let order: wire::Order<'_> = serde_json::from_str(fields.get("order")?.get()).ok()?;
    order::worth(&order)
}
