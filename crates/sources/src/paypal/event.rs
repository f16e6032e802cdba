//! What a delivery is: an event, a list of events, an object, or a page of Transaction Search.

use super::account::{Account, money};
use super::payment::Told;
use super::{dispute, payment, refund, search, wire};
use crate::kit::fault::{About, unknown};
use crate::kit::{Fields, Located, Outcome, Parsed, Text, body};
use kernel::{Money, SubjectKind};
use ports::RawDelivery;
use serde_json::value::RawValue;

/// Event types, by what they begin with, that move no money of their own.
const SILENT: &[(&str, &str)] = &[
    ("BILLING.", "a subscription or plan: money follows as payments"),
    ("CATALOG.", "a catalogue change: no money"),
    ("CHECKOUT.CHECKOUT.", "an approval: nothing moved yet"),
    ("CHECKOUT.ORDER.", "an order: its payments are told by themselves"),
    ("CHECKOUT.PAYMENT-APPROVAL.", "an approval: nothing moved"),
    ("CUSTOMER.MANAGED-ACCOUNT.", "an account's own record: no money"),
    ("CUSTOMER.MERCHANT-", "an account's own record: no money"),
    ("IDENTITY.", "a right to an account: no money"),
    ("INVOICING.", "a billing document: money follows as payments"),
    ("MERCHANT.", "an account's own record: no money"),
    ("PAYMENT-NETWORKS.", "a setting: no money"),
    ("PAYMENT.ORDER.", "an order: its payments are told by themselves"),
    ("PAYMENT.PAYOUTSBATCH.", "a batch of payments sent: its items are told one by one"),
    ("PAYMENTS.PAYMENT.", "an approval: nothing moved yet"),
    ("VAULT.", "a stored payment method: no money"),
];

/// Fields by which an object without an event is known to say nothing about money.
const SILENT_OBJECTS: &[(&[&str], &str)] = &[
    (&["billing_cycles"], "a plan: no money"),
    (&["pricing_schemes"], "a price: no money"),
    (&["plan_id"], "a subscription: money follows as payments"),
    (&["detail", "invoicer"], "a billing document: money follows as payments"),
    (&["template_info"], "a template: no money"),
    (&["transmission_sig"], "a question about a signature: no money"),
    (&["sender_batch_header", "items"], "a request to send payments: their events follow"),
    (&["payment_source"], "a request: nothing moved yet"),
    (&["note_to_payer"], "a request: nothing moved yet"),
    (&["op", "path"], "a request to change an order: nothing moved"),
];

/// The outermost fields, if the body is an object at all.
pub fn top(delivery: &RawDelivery) -> Option<wire::Top<'_>> {
    serde_json::from_slice(&delivery.body).ok()
}

/// Reads a whole delivery.
pub fn read(account: &Account<'_>, text: &str, out: &mut Outcome) -> Parsed<()> {
    if text.trim_ascii_start().starts_with('[') {
        let list: Vec<&RawValue> = body::json(text, "body")?;
        each(account, &list, "", out);
        return Ok(());
    }
    let fields: Fields<'_> = body::json(text, "body")?;
    if let Some(events) = fields.get("events").filter(|_| !fields.has("event_type")) {
        let list: Vec<&RawValue> = body::json(events.get(), "events")?;
        each(account, &list, "events", out);
        return Ok(());
    }
    one(account, &fields, text, out)
}

fn each(account: &Account<'_>, list: &[&RawValue], name: &str, out: &mut Outcome) {
    if list.is_empty() {
        out.ignore("an empty list");
    }
    for (n, raw) in list.iter().enumerate() {
        out.within(format_args!("{name}[{n}]"), |out| {
            let fields: Fields<'_> = body::json(raw.get(), "item")?;
            one(account, &fields, raw.get(), out)
        });
    }
}

fn one(account: &Account<'_>, fields: &Fields<'_>, text: &str, out: &mut Outcome) -> Parsed<()> {
    if fields.has("event_type") {
        return event(account, fields, out);
    }
    let told = Told::default();
    if fields.has("transaction_details") {
        search::read(account, &body::json(text, "transactions")?, out);
    } else if fields.has("dispute_id") {
        dispute::read(account, &body::json(text, "dispute")?, false, out)?;
    } else if fields.has("purchase_units") {
        payment::order(account, &body::json(text, "order")?, false, out);
    } else if fields.has("seller_payable_breakdown") {
        refund::read(account, &body::json(text, "refund")?, told, false, out)?;
    } else if fields.has("id") && (fields.has("final_capture") || fields.has("transaction_fee")) {
        payment::capture(account, &body::json(text, "capture")?, told, out)?;
    } else if fields.has("id") && fields.has("expiration_time") {
        payment::authorisation(account, &body::json(text, "authorization")?, told, out)?;
    } else {
        let fits = |names: &[&str]| names.iter().all(|n| fields.has(n));
        let Some((_, reason)) = SILENT_OBJECTS.iter().find(|(names, _)| fits(names)) else {
            let detail = format!("no kind of PayPal object has the fields {}", fields.shown());
            return Err(unknown("body", detail, worth(text)));
        };
        out.ignore(*reason);
    }
    Ok(())
}

fn event(account: &Account<'_>, fields: &Fields<'_>, out: &mut Outcome) -> Parsed<()> {
    let of = |name: &str| fields.get(name).map(RawValue::get);
    let name: Text<'_> = body::json(of("event_type").at("event_type")?, "event_type")?;
    let links: Option<Vec<wire::Link<'_>>> =
        of("links").map_or(Ok(None), |links| body::json(links, "links"))?;
    let test = account.is_test(links.as_ref());
    let raw = of("resource").at("resource")?;
    out.within("resource", |out| {
        resource(account, name.as_str(), raw, test, out).map_err(|fault| fault.worth(worth(raw)))
    });
    Ok(())
}

fn resource(
    account: &Account<'_>,
    name: &str,
    raw: &str,
    test: bool,
    out: &mut Outcome,
) -> Parsed<()> {
    let told = Told { custom: None, test };
    match name {
        "CHECKOUT.ORDER.COMPLETED" => {
            payment::order(account, &body::json(raw, "order")?, test, out);
            Ok(())
        }
        "PAYMENT.CAPTURE.REFUNDED"
        | "PAYMENT.SALE.REFUNDED"
        | "PAYMENT.REFUND.PENDING"
        | "PAYMENT.REFUND.COMPLETED" => {
            refund::read(account, &body::json(raw, "refund")?, told, false, out)
        }
        "PAYMENT.REFUND.FAILED" => {
            refund::read(account, &body::json(raw, "refund")?, told, true, out)
        }
        "PAYMENT.CAPTURE.REVERSED" | "PAYMENT.SALE.REVERSED" => {
            payment::reversed(account, &body::json(raw, "capture")?, test, out)
        }
        _ if begins(name, &["PAYMENT.CAPTURE.", "PAYMENT.SALE."]) => {
            payment::capture(account, &body::json(raw, "capture")?, told, out)
        }
        _ if begins(name, &["PAYMENT.AUTHORIZATION."]) => {
            payment::authorisation(account, &body::json(raw, "authorization")?, told, out)
        }
        _ if begins(name, &["CUSTOMER.DISPUTE.", "RISK.DISPUTE."]) => {
            dispute::read(account, &body::json(raw, "dispute")?, test, out)
        }
        _ if begins(name, &["PAYMENT.PAYOUTS-ITEM."]) => {
            payout_item(account, name, &body::json(raw, "payout_item")?, test, out)
        }
        _ => silent(name, out),
    }
}

fn begins(name: &str, families: &[&str]) -> bool {
    families.iter().any(|family| name.starts_with(family))
}

fn silent(name: &str, out: &mut Outcome) -> Parsed<()> {
    let Some((_, reason)) = SILENT.iter().find(|(family, _)| name.starts_with(family)) else {
        let shown: String = name.chars().take(100).collect();
        let detail = format!("`{shown}` has no rule here; find out what it moves and add one");
        return Err(unknown("event_type", detail, None));
    };
    out.ignore(format!("{name}: {reason}"));
    Ok(())
}

/// Money that we send to others.
fn payout_item(
    account: &Account<'_>,
    name: &str,
    item: &wire::PayoutItem<'_>,
    test: bool,
    out: &mut Outcome,
) -> Parsed<()> {
    let state = name.rsplit('.').next().unwrap_or_default();
    if test || matches!(state, "BLOCKED" | "DENIED" | "FAILED" | "HELD" | "CANCELED") {
        out.ignore(format!("{name}: a payment that was not sent"));
        return Ok(());
    }
    let stated = item.payout_item.as_ref().and_then(|i| i.amount.as_ref());
    let amount = super::account::required(stated, "payout_item.amount")?;
    let fault = match state {
        "SUCCEEDED" | "UNCLAIMED" | "REFUNDED" | "RETURNED" => search::sent("payout_item", amount),
        _ => {
            let detail = format!("`{state}` of a payment sent has no rule here");
            unknown("transaction_status", detail, Some(amount))
        }
    };
    Err(match &item.payout_item_id {
        Some(id) => fault.about(&account.subject(SubjectKind::Payment, id.as_str())),
        None => fault,
    })
}

/// The amount that an object states about itself, when it can be read.
fn worth(text: &str) -> Option<Money> {
    let fields: Fields<'_> = serde_json::from_str(text).ok()?;
    let raw = fields.get("amount").or_else(|| fields.get("dispute_amount"))?;
    let amount: wire::Amount<'_> = serde_json::from_str(raw.get()).ok()?;
    money(&amount, "amount").ok()
}
