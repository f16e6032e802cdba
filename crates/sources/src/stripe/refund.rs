//! Refunds. Stripe does not say what was returned, so they are not itemised.

use super::account::{Account, PROCESSOR, money, refund_key};
use super::wire;
use crate::kit::fault::{About, unknown};
use crate::kit::{Located, Outcome, Parsed, Reference, Text};
use kernel::{FactBody, Payment, Refund, Timestamp};

/// What is known around a refund.
#[derive(Default)]
pub struct Of<'c> {
    /// The charge that holds it; its metadata names the order when the refund's does not.
    pub charge: Option<&'c wire::Charge<'c>>,
    /// Mode of the event; a refund has none of its own.
    pub livemode: Option<bool>,
}

/// A refund on its own.
pub fn read(
    account: &Account<'_>,
    refund: &wire::Refund<'_>,
    livemode: Option<bool>,
    out: &mut Outcome,
) -> Parsed<()> {
    of(account, refund, &Of { charge: None, livemode }, out)
}

/// A refund with what is known around it. It counts once it succeeded; it may fail even then,
/// and the money comes back (sources-and-cases.md #72).
pub fn of(
    account: &Account<'_>,
    refund: &wire::Refund<'_>,
    known: &Of<'_>,
    out: &mut Outcome,
) -> Parsed<()> {
    let id = refund.id.as_str();
    let charge = refund.charge.as_ref().or(refund.payment_intent.as_ref()).map(Reference::as_str);
    let charge = known.charge.map(|c| c.id.as_str()).or(charge).at("charge")?;
    let own = refund.metadata.as_ref().filter(|m| m.order_id.is_some() || m.order_key.is_some());
    let metadata = own.or_else(|| known.charge?.metadata.as_ref());
    let subject = account.payment_subject(metadata, charge);
    let amount = money(refund.amount, refund.currency.as_str(), "amount").about(&subject)?;
    // Refunds of old API versions have no state: they were done at once.
    let body: fn(Refund) -> FactBody =
        match refund.status.as_ref().map_or("succeeded", Text::as_str) {
            "succeeded" => FactBody::RefundIssued,
            "failed" => FactBody::RefundFailed,
            "pending" | "requires_action" => {
                out.ignore("a refund not finished: its end is told again");
                return Ok(());
            }
            "canceled" => {
                out.ignore("a refund cancelled before it was made: no money moved");
                return Ok(());
            }
            other => {
                let detail = format!("a refund in state `{other}` has no rule here");
                return Err(unknown("status", detail, Some(amount))).about(&subject);
            }
        };
    let at = Timestamp::from_seconds(refund.created);
    let business_date = at.date_in(&account.settings.zone);
    let test = account.is_test(known.livemode);
    let given_back = Refund {
        refund_id: id.to_owned(),
        currency: amount.currency,
        business_date,
        lines: Vec::new(),
        taxes: Vec::new(),
        payments: vec![Payment {
            processor: PROCESSOR.to_owned(),
            payment_id: charge.to_owned(),
            amount_minor: amount.minor,
            currency: amount.currency,
            business_date,
            test,
        }],
        total_minor: amount.minor,
        test,
    };
    out.fact(account.fact(&subject, refund_key(id), 0, at, body(given_back)));
    Ok(())
}
