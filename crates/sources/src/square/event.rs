//! What a delivery is: an event, or an answer of the API with one object or a list of them, and who
//! reads it. Both hold the object under its name.

use super::account::{Account, money};
use super::wire::{Data, Event, NamedOrder, Top, Worth};
use super::{dispute, gift_card, order, payment, payout, poll, refund};
use crate::kit::fault::{About, fault, unknown};
use crate::kit::{Fields, Located, Outcome, Parsed, Scalar, Text, body, malformed};
use kernel::{Money, ReasonCode};
use ports::RawDelivery;
use serde_json::value::RawValue;

/// Kinds of object that this source tells apart.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Order,
    Payment,
    Refund,
    Dispute,
    Payout,
    PayoutEntry,
    GiftCardActivity,
    /// An event inside the answer of the Events API.
    Event,
    /// An order's name in place of the order.
    NamedOrder,
    /// An order that a webhook named and Square does not have.
    MissingOrder,
    Silent(&'static str),
}

/// Names of objects, one and many.
const NAMES: &[(&str, &str, Kind)] = &[
    ("payment", "payments", Kind::Payment),
    ("refund", "refunds", Kind::Refund),
    ("order", "orders", Kind::Order),
    ("dispute", "disputes", Kind::Dispute),
    ("payout", "payouts", Kind::Payout),
    ("payout_entry", "payout_entries", Kind::PayoutEntry),
    ("gift_card_activity", "gift_card_activities", Kind::GiftCardActivity),
    ("event", "events", Kind::Event),
    ("order_created", "", Kind::NamedOrder),
    ("order_updated", "", Kind::NamedOrder),
    ("order_fulfillment_updated", "", Kind::NamedOrder),
    (poll::MISSING_ORDER, "", Kind::MissingOrder),
    ("invoice", "invoices", Kind::Silent(INVOICE)),
    (
        "gift_card",
        "gift_cards",
        Kind::Silent("a gift card itself: its movements are told one by one"),
    ),
    ("subscription", "subscriptions", Kind::Silent("a subscription: money follows as payments")),
    (
        "subscription_event",
        "subscription_events",
        Kind::Silent("a subscription: money follows as payments"),
    ),
    (
        "checkout",
        "checkouts",
        Kind::Silent("a request to a terminal: the payment it leads to is told"),
    ),
    ("payment_link", "payment_links", Kind::Silent("a link: the payment it leads to is told")),
    ("cash_drawer_shift", "cash_drawer_shifts", Kind::Silent(DRAWER)),
    ("cash_drawer_shift_event", "cash_drawer_shift_events", Kind::Silent(DRAWER)),
];

const THIN: &str = "an order's name and not the order: fetch it and hand it over";
const NAMED: &str = "a webhook names the order only: what it says is fetched";
const INVOICE: &str = "an invoice: its order and its payments tell the money";
const DRAWER: &str = "a cash drawer: its payments are told one by one; a shortage is for a person";

/// Event types, up to the end or to a dot, that move no money of their own, whatever they hold.
const SILENT: &[(&str, &str)] = &[
    ("bank_account", "a bank link: no money"),
    ("booking", "an appointment: no money"),
    ("card", "a stored card: no money"),
    ("catalog", "a catalogue change: no money"),
    ("customer", "a customer record: no money"),
    ("device", "a device: no money"),
    ("gift_card.customer_linked", "a gift card's owner: no money"),
    ("gift_card.customer_unlinked", "a gift card's owner: no money"),
    ("inventory", "stock: no money"),
    ("invoice", INVOICE),
    ("labor", "working hours: no money"),
    ("location", "a location: no money"),
    ("loyalty", "loyalty points: a reward shows as a discount on the order that uses it"),
    ("merchant", "the account's own record: no money"),
    ("oauth", "an access right: no money"),
    ("online_checkout", "settings of the checkout: no money"),
    ("subscription", "a subscription: money follows as payments"),
    ("team_member", "a person's record: no money"),
    ("terminal", "a request to a terminal: the payment or refund it leads to is told"),
    ("vendor", "a supplier's record: no money"),
    ("webhooks", "a test of the webhook: no money"),
];

fn head(delivery: &RawDelivery) -> Option<Top<'_>> {
    serde_json::from_slice(&delivery.body).ok()
}

/// The event's id, of sane length.
pub fn id(delivery: &RawDelivery) -> Option<String> {
    let id = head(delivery)?.event_id?;
    (!id.as_str().is_empty() && id.as_str().len() <= 100).then(|| id.to_string())
}

/// The event's type, else the name of what an answer holds.
pub fn topic(delivery: &RawDelivery) -> String {
    let named = head(delivery).filter(|e| e.event_id.is_some()).and_then(|e| e.event_type);
    if let Some(name) = named.filter(|n| !n.as_str().is_empty()) {
        return name.as_str().chars().take(100).collect();
    }
    let Ok(fields) = serde_json::from_slice::<Fields<'_>>(&delivery.body) else {
        return "unreadable".to_owned();
    };
    let name = fields.iter().find_map(|(name, _)| known(name).map(|_| name));
    name.unwrap_or("unknown").to_owned()
}

fn known(name: &str) -> Option<Kind> {
    NAMES.iter().find(|(one, many, _)| name == *one || name == *many).map(|(.., kind)| *kind)
}

/// Reads a whole delivery.
pub fn read(account: &Account<'_>, text: &str, out: &mut Outcome) -> Parsed<()> {
    // An event read at once; what is none, or is damaged, is taken apart.
    if text.contains("\"event_id\"")
        && let Ok(Event { event_id: Some(_), event_type, data }) = serde_json::from_str(text)
    {
        return told(account, event_type.as_ref(), || Ok(data), out);
    }
    let fields: Fields<'_> = body::json(text, "body")?;
    if fields.has("event_id") {
        event(account, &fields, out)
    } else {
        answer(account, &fields, out)
    }
}

fn event(account: &Account<'_>, fields: &Fields<'_>, out: &mut Outcome) -> Parsed<()> {
    let name: Option<Text<'_>> =
        fields.get("type").map_or(Ok(None), |raw| body::json(raw.get(), "type"))?;
    let data = || fields.get("data").map_or(Ok(None), |raw| body::json(raw.get(), "data"));
    told(account, name.as_ref(), data, out)
}

fn told<'t>(
    account: &Account<'_>,
    name: Option<&Text<'_>>,
    data: impl FnOnce() -> Parsed<Option<Data<'t>>>,
    out: &mut Outcome,
) -> Parsed<()> {
    let name = name.map_or("", Text::as_str);
    let shown: String = name.chars().take(100).collect();
    let family = |wanted: &str| {
        name.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    if let Some((_, reason)) = SILENT.iter().find(|(known, _)| family(known)) {
        out.ignore(format!("{shown}: {reason}"));
        return Ok(());
    }
    let Some(held) = data()?.and_then(|d| d.object) else {
        return Err(malformed("data.object", format!("`{shown}` holds no object; fetch it")));
    };
    let mut found = false;
    for (name, value) in held.iter() {
        if let Some(kind) = known(name) {
            found = true;
            out.within(format_args!("data.object.{name}"), |out| one(account, kind, value, out));
        }
    }
    if !found {
        let amount = held.iter().find_map(|(_, value)| worth(value));
        let detail = format!("`{shown}` has no rule here; find out what it moves and add one");
        return Err(unknown("type", detail, amount));
    }
    Ok(())
}

/// An answer of the API: objects under their names, beside a cursor when others follow.
fn answer(account: &Account<'_>, fields: &Fields<'_>, out: &mut Outcome) -> Parsed<()> {
    if let Some(errors) = fields.get("errors").filter(|e| e.get() != "[]") {
        let shown: String = errors.get().chars().take(200).collect();
        return Err(malformed("errors", format!("Square answered with errors: {shown}")));
    }
    let mut found = false;
    for (name, value) in fields.iter() {
        let Some(kind) = known(name) else { continue };
        found = true;
        match value.get().as_bytes().first() {
            Some(b'[') => list(account, fields, (name, kind), value, out),
            _ => out.within(name, |out| one(account, kind, value, out)),
        }
    }
    if !found && fields.iter().all(|(name, _)| name == "cursor") {
        out.ignore("an empty answer: nothing of the kind asked for");
        return Ok(());
    }
    if !found {
        let detail = format!("no kind of Square object stands under {}", fields.shown());
        return Err(unknown("body", detail, None));
    }
    Ok(())
}

fn list(
    account: &Account<'_>,
    fields: &Fields<'_>,
    (name, kind): (&str, Kind),
    value: &RawValue,
    out: &mut Outcome,
) {
    out.attempt(|out| {
        if kind == Kind::PayoutEntry {
            let entries: Vec<super::wire::PayoutEntry<'_>> = body::json(value.get(), name)?;
            let cursor = fields.get("cursor").map_or("", RawValue::get);
            payout::entries(account, &entries, cursor.len() > "\"\"".len(), out);
            if entries.is_empty() {
                out.ignore("an empty list of payout entries");
            }
            return Ok(());
        }
        let items: Vec<&RawValue> = body::json(value.get(), name)?;
        if items.is_empty() {
            out.ignore(format!("an empty list of {name}"));
        }
        for (n, item) in items.into_iter().enumerate() {
            out.within(format_args!("{name}[{n}]"), |out| one(account, kind, item, out));
        }
        Ok(())
    });
}

fn one(account: &Account<'_>, kind: Kind, value: &RawValue, out: &mut Outcome) -> Parsed<()> {
    let text = value.get();
    let read = match kind {
        Kind::Silent(reason) => {
            out.ignore(reason);
            Ok(())
        }
        Kind::NamedOrder => named_order(account, text, out),
        Kind::MissingOrder => body::json(text, "order").and_then(|id| missing_order(account, &id)),
        Kind::Order => body::json(text, "order").and_then(|o| order::read(account, &o, out)),
        Kind::Payment => body::json(text, "payment").and_then(|p| payment::read(account, &p, out)),
        Kind::Refund => body::json(text, "refund").and_then(|r| refund::read(account, &r, out)),
        Kind::Dispute => body::json(text, "dispute").and_then(|d| dispute::read(account, &d, out)),
        Kind::Payout => body::json(text, "payout").and_then(|p| payout::read(account, &p, out)),
        Kind::GiftCardActivity => {
            body::json(text, "activity").and_then(|a| gift_card::read(account, &a, out))
        }
        Kind::Event => body::json(text, "event").and_then(|e| event(account, &e, out)),
        Kind::PayoutEntry => {
            let detail = "one movement is not a payout; hand over all movements of it as one list";
            Err(malformed("payout_entry", detail))
        }
    };
    read.map_err(|fault| fault.worth(worth(value)))
}

/// Takes the name of an order, where Square's orders are the sales and somebody reads them.
fn named_order(account: &Account<'_>, text: &str, out: &mut Outcome) -> Parsed<()> {
    let named: NamedOrder<'_> = body::json(text, "order")?;
    if account.settings.order_source.is_none() && account.settings.follows_orders {
        let id = named.order_id.as_ref().at("order_id")?;
        out.wanted(poll::order_name(id.as_str()).at("order_id")?);
        out.ignore(NAMED);
    } else {
        out.ignore(THIN);
    }
    Ok(())
}

fn missing_order(account: &Account<'_>, id: &Scalar<'_>) -> Parsed<()> {
    let detail = "Square has no order of this id, though a webhook named it; if it is in the books, \
                  find out what became of it";
    let code = ReasonCode::SourceEditedAfterPosting;
    Err(fault(code, "order_id", detail)).about(&account.sale(id.as_str()))
}

/// The amount that an object states about itself, when it can be read.
fn worth(value: &RawValue) -> Option<Money> {
    let stated: Worth<'_> = serde_json::from_str(value.get()).ok()?;
    money(stated.total_money.or(stated.amount_money).as_ref(), "amount").ok()
}
