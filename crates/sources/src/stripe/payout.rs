//! Payouts. They count when they are paid, on the day they arrive (sources-and-cases.md #107);
//! a paid one may still fail later.

use super::account::{Account, PROCESSOR, money};
use super::event::Told;
use super::wire;
use crate::kit::fault::{About, unknown};
use crate::kit::{Outcome, Parsed, Reference, Text};
use kernel::time::Zone;
use kernel::{EconomicKey, FactBody, Payout, SubjectKind, Timestamp};

/// A payout as an event or the API shows it.
pub fn read(
    account: &Account<'_>,
    payout: &wire::Payout<'_>,
    told: Told<'_>,
    out: &mut Outcome,
) -> Parsed<()> {
    let id = payout.id.as_str();
    let subject = account.subject(SubjectKind::Payout, id);
    let amount = money(payout.amount, payout.currency.as_str(), "amount").about(&subject)?;
    if account.is_test(payout.livemode.or(told.livemode)) {
        out.ignore("a payout in test mode: no money moved");
        return Ok(());
    }
    let status = payout.status.as_ref().map_or("", Text::as_str);
    let (verb, body): (_, fn(Payout) -> FactBody) = match status {
        "paid" => ("paid", FactBody::PayoutPaid),
        "failed" | "canceled" => ("failed", FactBody::PayoutFailed),
        "pending" | "in_transit" => {
            out.ignore("a payout on its way: it counts when it is paid");
            return Ok(());
        }
        other => {
            let detail = format!("a payout in state `{other}` has no rule here");
            return Err(unknown("status", detail, Some(amount))).about(&subject);
        }
    };
    let arrival = Timestamp::from_seconds(payout.arrival_date.unwrap_or(payout.created));
    let facts = Payout {
        processor: PROCESSOR.to_owned(),
        payout_id: id.to_owned(),
        amount_minor: amount.minor,
        currency: amount.currency,
        // `arrival_date` is a calendar day, written as its midnight in UTC.
        business_date: arrival.date_in(&Zone::UTC),
        itemised: payout.automatic.unwrap_or(false),
        destination: payout.destination.as_ref().map_or("", Reference::as_str).to_owned(),
    };
    let key = EconomicKey([PROCESSOR, id, verb].join("/"));
    let at = told.at.unwrap_or(arrival);
    out.fact(account.fact(&subject, key, 0, at, body(facts)));
    Ok(())
}
