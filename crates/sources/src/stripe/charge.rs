//! Charges.

use super::account::{Account, PROCESSOR, capture_key, money};
use super::event::Told;
use super::{refund, wire};
use crate::kit::fault::{About, unknown};
use crate::kit::{Outcome, Parsed, Text};
use kernel::{FactBody, Money, Payment, Timestamp};

/// A charge as an event or the API shows it.
pub fn read(
    account: &Account<'_>,
    charge: &wire::Charge<'_>,
    told: Told<'_>,
    out: &mut Outcome,
) -> Parsed<()> {
    let id = charge.id.as_str();
    let subject = account.payment_subject(charge.metadata.as_ref(), id);
    let amount = money(charge.amount, charge.currency.as_str(), "amount").about(&subject)?;
    let captured = match charge.amount_captured.filter(|_| charge.captured == Some(true)) {
        Some(part) => money(part, charge.currency.as_str(), "amount_captured").about(&subject)?,
        None => amount,
    };
    let made = Timestamp::from_seconds(charge.created);
    let livemode = charge.livemode.or(told.livemode);
    let mut say = |body: fn(Payment) -> FactBody, amount: Money, at: Timestamp, version: i64| {
        let payment = Payment {
            processor: PROCESSOR.to_owned(),
            payment_id: id.to_owned(),
            amount_minor: amount.minor,
            currency: amount.currency,
            business_date: at.date_in(&account.settings.zone),
            test: account.is_test(livemode),
        };
        out.fact(account.fact(&subject, capture_key(id), version, at, body(payment)));
    };
    match (told.event_type, charge.status.as_ref().map_or("", Text::as_str)) {
        ("charge.refunded", _) => {
            refunds(account, charge, livemode, out);
            Ok(())
        }
        ("charge.expired", _) => {
            say(FactBody::PaymentVoided, amount, told.at.unwrap_or(made), 0);
            Ok(())
        }
        ("charge.updated", _) => {
            out.ignore("charge.updated: details of a charge; its money was told before");
            Ok(())
        }
        ("charge.failed", _) | (_, "failed") => {
            say(FactBody::PaymentFailed, amount, made, 0);
            Ok(())
        }
        ("charge.pending", _) | (_, "pending") => {
            out.ignore("a charge still pending: its end is told again");
            Ok(())
        }
        (kind, "succeeded") if charge.captured == Some(true) => {
            let at = if kind == "charge.captured" { told.at.unwrap_or(made) } else { made };
            say(FactBody::PaymentCaptured, captured, at, version(charge, captured));
            Ok(())
        }
        (_, "succeeded") => {
            say(FactBody::PaymentAuthorised, amount, made, 0);
            Ok(())
        }
        (_, other) => {
            let detail = format!("a charge in state `{other}` has no rule here");
            Err(unknown("status", detail, Some(amount))).about(&subject)
        }
    }
}

/// Where a charge may be captured in steps, each step states the sum so far, and the larger sum
/// is the later word (sources-and-cases.md A2).
fn version(charge: &wire::Charge<'_>, captured: Money) -> i64 {
    let card = charge.payment_method_details.as_ref().and_then(|d| d.card.as_ref());
    let status = card.and_then(|c| c.multicapture.as_ref()?.status.as_ref());
    if status.is_some_and(|s| s.as_str() == "available") { captured.minor } else { 0 }
}

/// `charge.refunded` holds the refunds in old API versions; newer ones send `refund.created`.
fn refunds(
    account: &Account<'_>,
    charge: &wire::Charge<'_>,
    livemode: Option<bool>,
    out: &mut Outcome,
) {
    let list = charge.refunds.as_ref();
    let refunds = list.map(|l| l.data.as_slice()).unwrap_or_default();
    for (n, refund) in refunds.iter().enumerate() {
        let of = refund::Of { charge: Some(charge), livemode };
        out.within(format_args!("refunds.data[{n}]"), |out| refund::of(account, refund, &of, out));
    }
    if refunds.is_empty() || list.is_some_and(|l| l.has_more == Some(true)) {
        out.ignore("charge.refunded: each refund is told by refund.created");
    }
}
