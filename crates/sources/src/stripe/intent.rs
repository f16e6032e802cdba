//! Payment intents: they tell of the same money as their charge, under the charge's key.

use super::account::{Account, PROCESSOR, capture_key, money};
use super::event::Told;
use super::wire;
use crate::kit::fault::{About, unknown};
use crate::kit::{Outcome, Parsed, Reference, Text};
use kernel::{FactBody, Payment, Timestamp};

/// A payment intent as an event or the API shows it.
pub fn read(
    account: &Account<'_>,
    intent: &wire::PaymentIntent<'_>,
    told: Told<'_>,
    out: &mut Outcome,
) -> Parsed<()> {
    let charge = intent.latest_charge.as_ref();
    let charge = charge.or_else(|| intent.charges.as_ref()?.data.first());
    let id = charge.map_or(intent.id.as_str(), Reference::as_str);
    let subject = account.payment_subject(intent.metadata.as_ref(), id);
    let at = told.at.unwrap_or(Timestamp::from_seconds(intent.created));
    let status = intent.status.as_ref().map_or("", Text::as_str);
    let (body, amount): (fn(Payment) -> FactBody, i64) = match (told.event_type, status) {
        ("payment_intent.succeeded", _) | ("", "succeeded") => {
            (FactBody::PaymentCaptured, intent.amount_received.unwrap_or(intent.amount))
        }
        ("payment_intent.payment_failed", _) => (FactBody::PaymentFailed, intent.amount),
        ("payment_intent.canceled", _) | ("", "canceled") => {
            (FactBody::PaymentVoided, intent.amount)
        }
        ("payment_intent.amount_capturable_updated", _) | ("", "requires_capture") => {
            (FactBody::PaymentAuthorised, intent.amount_capturable.unwrap_or(intent.amount))
        }
        (
            "payment_intent.created"
            | "payment_intent.processing"
            | "payment_intent.requires_action"
            | "payment_intent.partially_funded",
            _,
        )
        | (
            "",
            "requires_payment_method" | "requires_confirmation" | "requires_action" | "processing",
        ) => {
            out.ignore("a payment not finished: its end is told again");
            return Ok(());
        }
        (kind, other) => {
            let amount = money(intent.amount, intent.currency.as_str(), "amount").ok();
            let detail = format!("`{kind}` of a payment in state `{other}` has no rule here");
            return Err(unknown("type", detail, amount)).about(&subject);
        }
    };
    let amount = money(amount, intent.currency.as_str(), "amount").about(&subject)?;
    let payment = Payment {
        processor: PROCESSOR.to_owned(),
        payment_id: id.to_owned(),
        amount_minor: amount.minor,
        currency: amount.currency,
        business_date: at.date_in(&account.settings.zone),
        test: account.is_test(intent.livemode.or(told.livemode)),
    };
    out.fact(account.fact(&subject, capture_key(id), 0, at, body(payment)));
    Ok(())
}
