//! Webhooks of the balance platform, signed over the whole body. A transfer out to a bank is a
//! payout once it is booked; any other transfer that is booked needs a rule (sources-and-cases.md
//! A6).

use super::account::{Account, PROCESSOR, key, money};
use super::wire::{Platform, Transfer};
use crate::kit::fault::{About, unknown};
use crate::kit::{Located, Outcome, Parsed, Text, body, malformed};
use kernel::{FactBody, Payout, SubjectKind, Timestamp};

/// Types, up to the end or to a dot, that move no money of their own.
const SILENT: &[(&str, &str)] = &[
    ("balancePlatform.accountHolder", "an account's own record: no money"),
    ("balancePlatform.authentication", "a login of a card holder: no money"),
    ("balancePlatform.balanceAccount", "an account's own record: no money"),
    ("balancePlatform.cardOrder", "cards ordered: no money"),
    ("balancePlatform.paymentInstrument", "a card's own record: no money"),
    ("balancePlatform.report", "a report to fetch: hand over the report itself"),
    ("balancePlatform.transaction", "an entry of a transfer: the transfer is told itself"),
    ("ACCOUNT_CLOSED", "an account's own record: no money"),
    ("ACCOUNT_HOLDER_UPDATED", "an account's own record: no money"),
    ("ACCOUNT_FUNDS_BELOW_THRESHOLD", "a low balance: its movements are told by themselves"),
];

/// One webhook of the platform.
pub fn read(account: &Account<'_>, text: &str, out: &mut Outcome) -> Parsed<()> {
    let notice: Platform<'_> = body::json(text, "body")?;
    let kind = notice.kind.as_ref().or(notice.event_type.as_ref()).map_or("", Text::as_str);
    if kind.is_empty() {
        return Err(malformed("type", "no webhook of Adyen and no report; send what Adyen sent"));
    }
    let family = |wanted: &str| {
        kind.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    if let Some((_, why)) = SILENT.iter().find(|(known, _)| family(known)) {
        out.ignore(format!("{kind}: {why}"));
        return Ok(());
    }
    let environment = notice.environment.as_ref().map_or("", Text::as_str);
    let is_test = environment == "test" || notice.live == Some(false);
    if is_test && !account.settings.test_is_real {
        let shown: String = kind.chars().take(100).collect();
        out.ignore(format!("{shown} of a test: no money moved"));
        return Ok(());
    }
    let transfer = notice.data.as_ref().filter(|_| family("balancePlatform.transfer"));
    let Some(transfer) = transfer else {
        let amount = notice.data.as_ref().and_then(|d| d.amount.as_ref());
        let amount = amount.and_then(|a| money(a, "data.amount").ok());
        let shown: String = kind.chars().take(100).collect();
        let detail = format!("`{shown}` has no rule here; find out what it moves and add one");
        return Err(unknown("type", detail, amount));
    };
    let told = notice.timestamp.as_ref().or(transfer.creation_date.as_ref());
    let told = Timestamp::parse(told.at("timestamp")?.as_str()).at("timestamp")?;
    moved(account, transfer, told, out)
}

fn moved(
    account: &Account<'_>,
    transfer: &Transfer<'_>,
    told: Timestamp,
    out: &mut Outcome,
) -> Parsed<()> {
    let id = transfer.id.as_ref().at("data.id")?.as_str();
    let subject = account.subject(SubjectKind::Payout, id);
    let amount = money(transfer.amount.as_ref().at("data.amount")?, "data.amount");
    let amount = amount.about(&subject)?;
    let text = |t: &Option<Text<'_>>| t.as_ref().map_or("", Text::as_str).to_owned();
    let (category, direction) = (text(&transfer.category), text(&transfer.direction));
    let is_payout = category == "bank" && direction == "outgoing";
    let body: fn(Payout) -> FactBody = match transfer.status.as_ref().map_or("", Text::as_str) {
        "booked" if is_payout => FactBody::PayoutPaid,
        "failed" | "returned" if is_payout => FactBody::PayoutFailed,
        "booked" | "captured" | "failed" | "returned" | "refunded" => {
            let detail = format!(
                "a transfer `{category}` `{direction}` that moved money has no rule here; only one \
                 out to a bank is a payout"
            );
            return Err(unknown("data.category", detail, Some(amount)));
        }
        _ => {
            out.ignore("a transfer that moved nothing yet, or nothing at all: its end is told");
            return Ok(());
        }
    };
    let steps = transfer.events.as_deref().unwrap_or_default();
    let booked =
        steps.iter().rev().find(|e| e.status.as_ref().is_some_and(|s| s.as_str() == "booked"));
    let day = booked.and_then(|e| e.value_date.as_ref().or(e.booking_date.as_ref()));
    let at = match day {
        Some(day) => Timestamp::parse(day.as_str()).at("data.events").about(&subject)?,
        None => told,
    };
    let verb = if matches!(transfer.status.as_ref().map(Text::as_str), Some("booked")) {
        "paid"
    } else {
        "failed"
    };
    let to = transfer.counterparty.as_ref().and_then(|c| c.transfer_instrument_id.as_ref());
    let payout = Payout {
        processor: PROCESSOR.to_owned(),
        payout_id: id.to_owned(),
        amount_minor: amount.minor,
        currency: amount.currency,
        business_date: at.date_in(&account.settings.zone),
        itemised: false,
        destination: to.map_or("", Text::as_str).to_owned(),
    };
    out.fact(account.fact(&subject, key(id, verb), 0, at, body(payout)));
    Ok(())
}
