//! What a payload without a topic is, told by its shape: files, pollers, replays.
//!
//! The REST API wraps what it answers (`{"orders": [ … ]}`); webhooks send the bare object.

use super::order::Telling;
use super::payment::Captures;
use super::shop::{Shop, currency};
use super::{dispute, order, payment, payout, refund, wire};
use crate::kit::fault::unknown;
use crate::kit::{Fields, Outcome, Parsed, Scalar, Text, body, malformed};
use kernel::Money;
use serde_json::value::RawValue;

/// Kinds of object this source tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Order,
    Refund,
    /// A payment transaction or a balance transaction: both are wrapped as `transactions`.
    Transaction,
    Dispute,
    Payout,
    Silent(&'static str),
}

/// Names under which the API wraps objects, singular; a list has an `s` (or `ies`) more.
const WRAPPERS: &[(&str, Shape)] = &[
    ("order", Shape::Order),
    ("refund", Shape::Refund),
    ("transaction", Shape::Transaction),
    ("dispute", Shape::Dispute),
    ("payout", Shape::Payout),
    ("adjustment", Shape::Silent("a gift card's balance set by hand: no money moved")),
    ("application_charge", Shape::Silent("a charge of an app, on Shopify's bill to the shop")),
    ("checkout", Shape::Silent("a checkout: nothing is sold until the order is made")),
    ("collection", Shape::Silent("a catalogue change: no money")),
    ("currency", Shape::Silent("the shop's currencies: no money")),
    ("currencie", Shape::Silent("the shop's currencies: no money")),
    ("customer", Shape::Silent("a customer record: no money")),
    ("discount_code", Shape::Silent("a discount rule: it shows on the orders that use it")),
    (
        "discount_code_creation",
        Shape::Silent("a discount rule: it shows on the orders that use it"),
    ),
    ("draft_order", Shape::Silent("a draft order: nothing is sold until the order is made")),
    ("draft_order_invoice", Shape::Silent("a message about a draft order: nothing is sold yet")),
    ("fulfillment", Shape::Silent("a shipment: money follows orders and payments")),
    ("gift_card", Shape::Silent(GIFT_CARD)),
    ("inventory_level", Shape::Silent("stock: no money")),
    ("location", Shape::Silent("a location: no money")),
    ("price_rule", Shape::Silent("a discount rule: it shows on the orders that use it")),
    ("product", Shape::Silent("a catalogue change: no money")),
    ("shop", Shape::Silent("the shop's own record: no money")),
    ("tender_transaction", Shape::Silent(TENDER)),
    ("usage_charge", Shape::Silent("a charge of an app, on Shopify's bill to the shop")),
];

const GIFT_CARD: &str =
    "a gift card itself: its sale is a line of an order, its use is a transaction";
const TENDER: &str = "the same money as order transactions, told a second time";

/// Fields by which a bare object is known; all must be there, the first fit wins.
const BARE: &[(&[&str], Shape, &str)] = &[
    (&["refund_line_items"], Shape::Refund, "refund"),
    (
        &["line_items", "invoice_sent_at"],
        Shape::Silent("a draft order: nothing is sold until the order is made"),
        "draft_order",
    ),
    (
        &["line_items", "abandoned_checkout_url"],
        Shape::Silent("a checkout: nothing is sold until the order is made"),
        "checkout",
    ),
    (&["line_items", "total_price"], Shape::Order, "order"),
    (&["kind", "gateway"], Shape::Transaction, "transaction"),
    (&["payout_id", "net"], Shape::Transaction, "balance_transaction"),
    (&["evidence_due_by"], Shape::Dispute, "dispute"),
    (&["status", "date", "amount", "currency"], Shape::Payout, "payout"),
    (&["payment_method", "remote_reference"], Shape::Silent(TENDER), "tender_transaction"),
    (&["initial_value", "balance"], Shape::Silent(GIFT_CARD), "gift_card"),
];

/// The wrapped value with its name, when the object is a wrapper.
fn wrapped<'f, 'a>(fields: &'f Fields<'a>) -> Option<(Shape, &'f str, &'a RawValue)> {
    let is_bare = fields.has("id") || fields.has("refund_line_items");
    fields.iter().filter(|_| !is_bare).find_map(|(name, value)| {
        let shape = wrapper(name)?;
        matches!(value.get().as_bytes()[0], b'{' | b'[').then_some((shape, name, value))
    })
}

fn known(fields: &Fields<'_>) -> Option<(Shape, &'static str)> {
    let fits = |names: &[&str]| names.iter().all(|n| fields.has(n));
    BARE.iter().find(|(names, ..)| fits(names)).map(|(_, shape, name)| (*shape, *name))
}

fn wrapper(name: &str) -> Option<Shape> {
    let singular = name.strip_suffix('s').filter(|s| !s.is_empty());
    let of = |wanted: &str| WRAPPERS.iter().find(|(n, _)| *n == wanted).map(|(_, s)| *s);
    of(name).or_else(|| singular.and_then(of))
}

/// Whether the first field is one under which the API wraps objects.
pub fn is_wrapped(text: &str) -> bool {
    first_field(text).is_some_and(|name| wrapper(name).is_some())
}

/// The name of the first field, if an object or a list stands in it.
fn first_field(text: &str) -> Option<&str> {
    // Only the head is looked at: this stands before every parse of a webhook.
    let head = &text[..text.floor_char_boundary(80)];
    let (name, rest) = after(after(head, '{')?, '"')?.split_once('"')?;
    after(rest, ':')?.starts_with(['{', '[']).then_some(name)
}

/// What follows `mark`, with blanks before and after it left out.
fn after(text: &str, mark: char) -> Option<&str> {
    text.trim_ascii_start().strip_prefix(mark).map(str::trim_ascii_start)
}

/// A name for the payload: what it wraps or what it looks like.
pub fn name(text: &str) -> &'static str {
    let Ok(fields) = serde_json::from_str::<Fields<'_>>(text) else { return "unreadable" };
    match wrapped(&fields) {
        Some((_, name, _)) => {
            let singular = name.strip_suffix('s').unwrap_or(name);
            let known = WRAPPERS.iter().find(|(n, _)| *n == name || *n == singular);
            known.map_or("unknown", |(n, _)| n)
        }
        None => known(&fields).map_or("unknown", |(_, name)| name),
    }
}

/// The amount that an object states about itself, when it can be read.
pub fn worth(text: &str) -> Option<Money> {
    let fields: Fields<'_> = serde_json::from_str(text).ok()?;
    let read = |raw: &RawValue| -> Option<Money> {
        let code = serde_json::from_str::<Text<'_>>(fields.get("currency")?.get()).ok();
        let code = currency(&code, "currency").ok()?;
        serde_json::from_str::<Scalar<'_>>(raw.get()).ok()?.money(code).ok()
    };
    ["total_price", "amount", "price"].iter().find_map(|name| read(fields.get(name)?))
}

/// Reads a payload by its shape. `next_page`: the answer is one page of several.
pub fn read(shop: &Shop<'_>, text: &str, next_page: bool, out: &mut Outcome) -> Parsed<()> {
    let mut seen = Captures::default();
    if text.trim_ascii_start().starts_with('[') {
        let list: Vec<&RawValue> = body::json(text, "body")?;
        if list.is_empty() {
            out.ignore("an empty list");
        }
        for (n, raw) in list.into_iter().enumerate() {
            out.within(format_args!("[{n}]"), |out| {
                let fields: Fields<'_> = body::json(raw.get(), "body")?;
                bare(shop, &fields, raw.get(), &mut seen, out)
            });
        }
        return Ok(());
    }
    if first_field(text) == Some("payouts") && payouts(shop, text, out) {
        return Ok(());
    }
    let fields: Fields<'_> = body::json(text, "body")?;
    let Some((shape, name, value)) = wrapped(&fields) else {
        return bare(shop, &fields, text, &mut seen, out);
    };
    if let Shape::Silent(reason) = shape {
        out.ignore(reason);
        return Ok(());
    }
    if value.get().starts_with('{') {
        out.within(name, |out| one(shop, shape, value.get(), &mut seen, out));
        return Ok(());
    }
    if shape == Shape::Transaction && first(value).is_some_and(|raw| is_balance(raw.get())) {
        let entries: Vec<wire::BalanceTransaction<'_>> = body::json(value.get(), name)?;
        payout::items(shop, &entries, next_page, out);
        return Ok(());
    }
    let list: Vec<&RawValue> = body::json(value.get(), name)?;
    if list.is_empty() {
        out.ignore(format!("an empty list of {name}"));
    }
    for (n, raw) in list.into_iter().enumerate() {
        out.within(format_args!("{name}[{n}]"), |out| one(shop, shape, raw.get(), &mut seen, out));
    }
    Ok(())
}

/// The first object of a list.
fn first(list: &RawValue) -> Option<&RawValue> {
    let objects = list.get().strip_prefix('[')?;
    serde_json::Deserializer::from_str(objects).into_iter().next()?.ok()
}

/// Reads a list of payouts in one go; whether it was one. Of a list in which anything is unusual every
/// object is read by itself.
fn payouts(shop: &Shop<'_>, text: &str, out: &mut Outcome) -> bool {
    let Ok(wire::Payouts { payouts }) = serde_json::from_str(text) else { return false };
    for (n, wire) in payouts.iter().enumerate() {
        out.within(format_args!("payouts[{n}]"), |out| payout::read(shop, wire, out));
    }
    !payouts.is_empty()
}

fn is_balance(text: &str) -> bool {
    let fields = serde_json::from_str::<Fields<'_>>(text);
    fields.is_ok_and(|f| f.has("payout_id") && f.has("net"))
}

fn bare(
    shop: &Shop<'_>,
    fields: &Fields<'_>,
    text: &str,
    seen: &mut Captures,
    out: &mut Outcome,
) -> Parsed<()> {
    match known(fields) {
        Some((shape, _)) => one(shop, shape, text, seen, out),
        None => {
            let names = fields.shown();
            let detail = format!("no kind of Shopify object has the fields {names}");
            Err(unknown("body", detail, worth(text)))
        }
    }
}

fn one(
    shop: &Shop<'_>,
    shape: Shape,
    text: &str,
    seen: &mut Captures,
    out: &mut Outcome,
) -> Parsed<()> {
    match shape {
        Shape::Silent(reason) => out.ignore(reason),
        Shape::Order => {
            let wire: wire::Order<'_> = body::json(text, "order")?;
            order::read(shop, &wire, Telling::ByDates, out);
        }
        Shape::Refund => {
            let wire: wire::Refund<'_> = body::json(text, "refund")?;
            refund::read(shop, &wire, &refund::Known::default(), out)?;
        }
        Shape::Transaction => {
            let wire: Parsed<wire::Transaction<'_>> = body::json(text, "transaction");
            let is_payment = wire.as_ref().is_ok_and(|tx| tx.kind.is_some());
            if !is_payment && is_balance(text) {
                let detail =
                    "one movement is not a payout; hand over all movements of it as one list";
                return Err(malformed("transaction", detail));
            }
            payment::read(shop, &wire?, seen, out)?;
        }
        Shape::Dispute => dispute::read(shop, &body::json(text, "dispute")?, out)?,
        Shape::Payout => payout::read(shop, &body::json(text, "payout")?, out)?,
    }
    Ok(())
}
