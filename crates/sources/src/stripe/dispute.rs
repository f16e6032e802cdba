//! Disputes. Amounts and fees are those of the balance transactions: the disputed amount may
//! differ from the charge, and whether the fee comes back is Stripe's policy of the day
//! (sources-and-cases.md A2, #126).

use super::account::{Account, PROCESSOR, capture_key, money};
use super::event::Told;
use super::wire;
use crate::kit::fault::{About, fault, unknown};
use crate::kit::{Located, Outcome, Parsed, Text};
use kernel::{Dispute, EconomicKey, FactBody, Money, ReasonCode, SubjectKind, Timestamp};

/// What the balance shows of one side of a dispute.
struct Side {
    amount: Money,
    fee_minor: i64,
    at: Timestamp,
    /// Movements seen: more of them are a later word.
    count: i64,
}

/// A dispute as an event or the API shows it.
pub fn read(
    account: &Account<'_>,
    dispute: &wire::Dispute<'_>,
    told: Told<'_>,
    out: &mut Outcome,
) -> Parsed<()> {
    let id = dispute.id.as_str();
    let subject = account.subject(SubjectKind::Dispute, id);
    if account.is_test(dispute.livemode.or(told.livemode)) {
        out.ignore("a dispute in test mode: no money moved");
        return Ok(());
    }
    let disputed = money(dispute.amount, dispute.currency.as_str(), "amount").about(&subject)?;
    let status = dispute.status.as_ref().map_or("", Text::as_str);
    if status == "warning_closed" || status == "prevented" {
        out.ignore("an inquiry that ended: no money moved");
        return Ok(());
    }
    let is_inquiry = status.starts_with("warning_");
    let opened_at = Timestamp::from_seconds(dispute.created);
    let taken = side(dispute, false).about(&subject)?;
    let given = side(dispute, true).about(&subject)?;
    let mut say = |verb: &str, side: &Side, body: fn(Dispute) -> FactBody| {
        let facts = Dispute {
            processor: PROCESSOR.to_owned(),
            dispute_id: id.to_owned(),
            of: dispute.charge.as_ref().map(|c| capture_key(c.as_str())),
            amount_minor: side.amount.minor,
            fee_minor: side.fee_minor,
            currency: side.amount.currency,
            business_date: side.at.date_in(&account.settings.zone),
            reason: dispute.reason.as_ref().map_or("", Text::as_str).to_owned(),
        };
        let key = EconomicKey([PROCESSOR, id, verb].join("/"));
        out.fact(account.fact(&subject, key, side.count, side.at, body(facts)));
    };
    let stated = if is_inquiry { Money::zero(disputed.currency) } else { disputed };
    let taken = taken.unwrap_or(Side { amount: stated, fee_minor: 0, at: opened_at, count: 0 });
    let decided_at = told.at.unwrap_or(taken.at);
    let end = Side { amount: taken.amount, fee_minor: 0, at: decided_at, count: 0 };
    match status {
        "needs_response" | "under_review" | "won" | "lost" => {}
        _ if is_inquiry => {}
        other => {
            let detail = format!("a dispute in state `{other}` has no rule here");
            return Err(unknown("status", detail, Some(disputed))).about(&subject);
        }
    }
    say("opened", &taken, FactBody::DisputeOpened);
    match (given, status) {
        (Some(back), _) => say("won", &back, FactBody::DisputeWon),
        (None, "won") => say("won", &end, FactBody::DisputeWon),
        (None, "lost") => say("lost", &end, FactBody::DisputeLost),
        (None, _) if told.event_type == "charge.dispute.funds_reinstated" => {
            say("won", &end, FactBody::DisputeWon);
        }
        _ => {}
    }
    Ok(())
}

/// The movements that took the money (or gave it back), added up.
fn side(dispute: &wire::Dispute<'_>, is_given_back: bool) -> Parsed<Option<Side>> {
    let mut found: Option<Side> = None;
    let movements = dispute.balance_transactions.iter().flatten();
    for movement in movements.filter(|m| (m.amount > 0) == is_given_back) {
        let at = "balance_transactions";
        let amount = money(movement.amount, movement.currency.as_str(), at)?;
        let amount = if is_given_back { amount } else { amount.checked_neg().at(at)? };
        let fee = money(movement.fee.unwrap_or(0), movement.currency.as_str(), at)?.minor;
        found = Some(match found {
            None => Side {
                amount,
                fee_minor: fee,
                at: Timestamp::from_seconds(movement.created),
                count: 1,
            },
            Some(side) if side.amount.currency == amount.currency => Side {
                amount: side.amount.checked_add(amount).at(at)?,
                fee_minor: side.fee_minor.checked_add(fee).at(at)?,
                at: side.at,
                count: side.count.saturating_add(1),
            },
            Some(_) => {
                let detail = "movements of one dispute in two currencies";
                return Err(fault(ReasonCode::CurrencyMismatch, at, detail));
            }
        });
    }
    Ok(found)
}
