//! Disputes. An inquiry moves no money; from a chargeback on PayPal holds the amount
//! (sources-and-cases.md A4, #129). Fees come with Transaction Search only.

use super::account::{Account, PROCESSOR, key, moment, required};
use super::wire;
use crate::kit::fault::{About, unknown};
use crate::kit::{Located, Outcome, Parsed, Text, owned};
use kernel::{Dispute, FactBody, Money, SubjectKind, Timestamp};

/// A dispute as it stands. One that is decided was opened before, so both are told.
pub fn read(
    account: &Account<'_>,
    wire: &wire::Dispute<'_>,
    test: bool,
    out: &mut Outcome,
) -> Parsed<()> {
    let id = wire.dispute_id.as_str();
    let subject = account.subject(SubjectKind::Dispute, id);
    if test || account.is_test(wire.links.as_ref()) {
        out.ignore("a dispute in the sandbox: no money moved");
        return Ok(());
    }
    let disputed = required(wire.dispute_amount.as_ref(), "dispute_amount").about(&subject)?;
    let stated = |at: &'static str, moments: &[&Option<Text<'_>>]| {
        moment(moments, at).about(&subject).worth(Some(disputed))
    };
    let opened = stated("create_time", &[&wire.create_time])?;
    let decided = stated("update_time", &[&wire.update_time, &wire.create_time])?;
    let stage = wire.dispute_life_cycle_stage.as_ref().map_or("", Text::as_str);
    let is_inquiry = stage.eq_ignore_ascii_case("INQUIRY");
    let taken = match moved(wire, "DEBIT", disputed).about(&subject)? {
        Some(taken) => taken,
        None if is_inquiry => Money::zero(disputed.currency),
        None => disputed,
    };
    let mut disputed_payments = wire.disputed_transactions.iter().flatten();
    let of = disputed_payments.find_map(|t| t.seller_transaction_id.as_ref());
    let mut say = |verb: &str, amount: Money, at: Timestamp, body: fn(Dispute) -> FactBody| {
        let dispute = Dispute {
            processor: PROCESSOR.to_owned(),
            dispute_id: id.to_owned(),
            of: of.map(|id| key(id.as_str(), "capture")),
            amount_minor: amount.minor,
            fee_minor: 0,
            currency: amount.currency,
            business_date: at.date_in(&account.settings.zone),
            reason: owned(&wire.reason),
        };
        // Each stage is a later word on what was taken.
        let mut fact = account.fact(&subject, key(id, verb), at, body(dispute));
        fact.version = decided.0;
        out.fact(fact);
    };
    let status = wire.status.as_ref().map_or("", Text::as_str).to_ascii_uppercase();
    let outcome = wire.dispute_outcome.as_ref().and_then(|o| o.outcome_code.as_ref());
    let outcome = outcome.map_or("", Text::as_str).to_ascii_uppercase();
    say("opened", taken, opened, FactBody::DisputeOpened);
    if status != "RESOLVED" && outcome.is_empty() {
        return Ok(());
    }
    match outcome.as_str() {
        // Nothing was taken: a refund that ended it is told as a refund.
        _ if taken.minor == 0 => {}
        "RESOLVED_SELLER_FAVOUR" | "RESOLVED_WITH_PAYOUT" | "CANCELED_BY_BUYER" | "DENIED" => {
            let back = moved(wire, "CREDIT", disputed).about(&subject)?.unwrap_or(taken);
            say("won", back, decided, FactBody::DisputeWon);
        }
        "RESOLVED_BUYER_FAVOUR" | "ACCEPTED" => say("lost", taken, decided, FactBody::DisputeLost),
        other => {
            let detail = format!("a dispute that ended as `{other}` has no rule here");
            return Err(unknown("dispute_outcome", detail, Some(disputed))).about(&subject);
        }
    }
    Ok(())
}

/// What the dispute moved for us in one direction, if it says so.
fn moved(wire: &wire::Dispute<'_>, direction: &str, like: Money) -> Parsed<Option<Money>> {
    let mut sum: Option<Money> = None;
    for (n, movement) in wire.money_movements.iter().flatten().enumerate() {
        let is = |text: &Option<Text<'_>>, wanted: &str| {
            text.as_ref().is_some_and(|t| t.as_str().eq_ignore_ascii_case(wanted))
        };
        if is(&movement.affected_party, "SELLER") && is(&movement.direction, direction) {
            let at = format!("money_movements[{n}].amount");
            let amount = required(movement.amount.as_ref(), &at)?;
            sum = Some(sum.unwrap_or(Money::zero(like.currency)).checked_add(amount).at(&at)?);
        }
    }
    Ok(sum)
}
