//! What a delivery is: an event, an object or a list of objects, and who reads it.

use super::account::{Account, money};
use super::wire::{Data, Top};
use super::{balance, charge, dispute, intent, payout, refund};
use crate::kit::fault::unknown;
use crate::kit::{Located, Outcome, Parsed, Scalar, Text, body, malformed};
use kernel::{Money, Timestamp};
use ports::RawDelivery;
use serde_json::value::RawValue;

/// How an object came to us.
#[derive(Clone, Copy, Default)]
pub struct Told<'t> {
    /// The event's type; empty for an object read from the API.
    pub event_type: &'t str,
    /// When the event was made.
    pub at: Option<Timestamp>,
    /// The event's mode, where the object has none.
    pub livemode: Option<bool>,
}

/// Event types, up to the end or to a dot, that are known and move no money of their own.
const SILENT: &[(&str, &str)] = &[
    ("account", "the account's own record: no money"),
    ("balance", "a balance: its movements are told one by one"),
    ("billing", "usage and credits of billing: money follows as charges"),
    ("billing_portal", "a portal: no money"),
    ("capability", "the account's own record: no money"),
    ("cash_balance", "a customer's balance: the payments from it are charges"),
    ("checkout.session", "the same money as its payment intent"),
    ("coupon", "a discount rule: no money"),
    ("credit_note", "a billing document: money follows as a refund"),
    ("customer", "a customer or subscription record: money follows as charges"),
    ("discount", "a discount rule: no money"),
    ("entitlements", "a right of a customer: no money"),
    ("exchange_rate", "an exchange rate: no money"),
    ("file", "a file: no money"),
    ("financial_connections", "a bank link: no money"),
    ("identity", "an identity check: no money"),
    ("invoice", "a billing document: money follows as charges"),
    ("invoice_payment", "a billing document: money follows as charges"),
    ("invoiceitem", "a billing document: money follows as charges"),
    ("item", "a billing document: money follows as charges"),
    ("line_item", "a billing document: money follows as charges"),
    ("credit_note_line_item", "a billing document: money follows as a refund"),
    ("customer_balance_transaction", "a customer's credit: it shows on the invoices using it"),
    ("mandate", "a permission to collect: no money"),
    ("payment_attempt_record", "a payment made elsewhere, noted at Stripe"),
    ("payment_link", "a link: no money"),
    ("payment_method", "a stored payment method: no money"),
    ("payment_record", "a payment made elsewhere, noted at Stripe"),
    ("person", "the account's own record: no money"),
    ("plan", "a price: no money"),
    ("price", "a price: no money"),
    ("product", "a catalogue change: no money"),
    ("promotion_code", "a discount rule: no money"),
    ("quote", "an offer: no money"),
    ("radar", "a risk rating: no money"),
    ("reporting", "a report: no money"),
    ("reserve.plan", "a plan for reserves: the holds themselves move money"),
    ("review", "a risk rating: no money"),
    ("setup_intent", "a stored payment method: no money"),
    ("shipping_rate", "a price: no money"),
    ("sigma", "a report: no money"),
    ("sku", "a catalogue change: no money"),
    ("source", "a payment source: the charge made from it moves the money"),
    ("subscription", "a subscription: money follows as charges"),
    ("subscription_item", "a subscription: money follows as charges"),
    ("subscription_schedule", "a subscription: money follows as charges"),
    ("tax", "a tax calculation: the charge carries the money"),
    ("tax_rate", "a tax rate: no money"),
    ("terminal", "a card reader: no money"),
    ("test_helpers", "a test clock: no money"),
];

/// The outermost fields, if the body is an object at all.
pub fn top(delivery: &RawDelivery) -> Option<Top<'_>> {
    serde_json::from_slice(&delivery.body).ok()
}

/// Reads a whole delivery. `payout`: whose movements a list holds.
pub fn read(
    account: &Account<'_>,
    text: &str,
    payout: Option<&str>,
    out: &mut Outcome,
) -> Parsed<()> {
    let top: Top<'_> = body::json(text, "body")?;
    let name = top.object.as_ref().map_or("", Text::as_str);
    match (name, &top.data) {
        ("list", Some(Data::List(items))) => list(account, &top, items, payout, out),
        ("list", Some(_)) => Err(malformed("data", "a list without objects; send it again")),
        ("event", _) => event(account, &top, out),
        // Recorded events of old API versions lack `object`.
        ("", Some(Data::Object(_) | Data::Neither)) if top.event_type.is_some() => {
            event(account, &top, out)
        }
        ("v2.core.event", _) => {
            let detail = "a thin event names an object and does not hold it; subscribe to \
                          snapshot events, or fetch the object and hand it over";
            Err(unknown("object", detail, None))
        }
        _ => object(account, name, text, Told { livemode: top.livemode, ..Told::default() }, out),
    }
}

fn list(
    account: &Account<'_>,
    top: &Top<'_>,
    items: &[&RawValue],
    payout: Option<&str>,
    out: &mut Outcome,
) -> Parsed<()> {
    let asked = top.url.as_ref().and_then(|url| query_payout(url.as_str()));
    if let Some(id) = payout.or(asked)
        && let Some(movements) = balance::movements(items)
    {
        return balance::payout_items(account, id, top.has_more, movements, out);
    }
    if items.is_empty() {
        out.ignore("an empty list");
    }
    for (n, raw) in items.iter().enumerate() {
        out.within(format_args!("data[{n}]"), |out| {
            let top: Top<'_> = body::json(raw.get(), "object")?;
            match top.object.as_ref().map_or("", Text::as_str) {
                "event" => event(account, &top, out),
                name => object(account, name, raw.get(), Told::default(), out),
            }
        });
    }
    Ok(())
}

/// `po_1` of `/v1/balance_transactions?payout=po_1`.
fn query_payout(url: &str) -> Option<&str> {
    let (_, query) = url.split_once('?')?;
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.into_iter().find(|(name, id)| *name == "payout" && !id.is_empty()).map(|(_, id)| id)
}

fn event(account: &Account<'_>, top: &Top<'_>, out: &mut Outcome) -> Parsed<()> {
    let name = top.event_type.as_ref().map(Scalar::as_str).at("type")?;
    let Some(Data::Object(held)) = &top.data else {
        return Err(malformed("data.object", "an event without its object; fetch it and send it"));
    };
    let made: Option<i64> = top.created.map_or(Ok(None), |raw| body::json(raw.get(), "created"))?;
    let told =
        Told { event_type: name, at: made.map(Timestamp::from_seconds), livemode: top.livemode };
    let at = "data.object";
    let mut result = Ok(());
    out.within(at, |out| {
        result = object(account, name, held.get(), told, out);
        Ok(())
    });
    result.map_err(|mut fault| {
        fault.at = format!("{at}.{}", fault.at);
        fault.amount = fault.amount.or_else(|| worth(held.get()));
        fault
    })
}

/// Reads one object, by the type of its event or its own name.
fn object(
    account: &Account<'_>,
    name: &str,
    text: &str,
    told: Told<'_>,
    out: &mut Outcome,
) -> Parsed<()> {
    let family = |wanted: &str| {
        name.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    if family("charge.dispute") || family("dispute") {
        dispute::read(account, &body::json(text, "dispute")?, told, out)
    } else if family("charge.refund") || family("refund") {
        refund::read(account, &body::json(text, "refund")?, told.livemode, out)
    } else if family("charge") {
        charge::read(account, &body::json(text, "charge")?, told, out)
    } else if family("payment_intent") {
        intent::read(account, &body::json(text, "payment_intent")?, told, out)
    } else if family("payout") {
        payout::read(account, &body::json(text, "payout")?, told, out)
    } else if family("balance_transaction") {
        balance::single(account, &body::json(text, "balance_transaction")?, out)
    } else if let Some((_, reason)) = SILENT.iter().find(|(known, _)| family(known)) {
        out.ignore(format!("{name}: {reason}"));
        Ok(())
    } else if name.is_empty() {
        Err(malformed("object", "no event, and no object with a name; send what Stripe sent"))
    } else {
        let shown: String = name.chars().take(100).collect();
        let detail = format!("`{shown}` has no rule here; find out what it moves and add one");
        Err(unknown("type", detail, worth(text)))
    }
}

/// The amount that an object states about itself, when it can be read.
fn worth(text: &str) -> Option<Money> {
    let top: Top<'_> = serde_json::from_str(text).ok()?;
    let currency: Text<'_> = serde_json::from_str(top.currency?.get()).ok()?;
    let amount: i64 = serde_json::from_str(top.amount.or(top.amount_total)?.get()).ok()?;
    money(amount, currency.as_str(), "amount").ok()
}
