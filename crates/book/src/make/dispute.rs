//! Disputes: money taken, given back, lost (cases 124 to 131).

use super::Desk;
use super::money::sound;
use super::receivable::loss;
use crate::compose::{self, Stop};
use crate::desired::{ClaimClass, ClaimOutcome};
use crate::role::Role;
use crate::state::{Slot, State};
use kernel::{Dispute, Document, FactBody, Money, ReasonCode};

/// One journal entry per movement. A dispute won may still be lost later: what is then no longer
/// in the receivable is taken from the clearing account again (case 131).
pub(crate) fn make(desk: &mut Desk<'_>) {
    let state = desk.state;
    let sum = |slot| -> i64 {
        state.disputes(slot).fold(0, |sum, (_, d)| sum.saturating_add(d.amount_minor))
    };
    let (opened, won) = (sum(Slot::DisputeOpened), sum(Slot::DisputeWon));
    let known = state.disputes(Slot::DisputeOpened).next().is_some();
    let mut receivable = opened.saturating_sub(won).max(0);
    for slot in [Slot::DisputeOpened, Slot::DisputeWon, Slot::DisputeLost] {
        let facts: Vec<_> = state.of(slot).collect();
        for (i, fact) in facts.into_iter().enumerate() {
            let (FactBody::DisputeOpened(dispute)
            | FactBody::DisputeWon(dispute)
            | FactBody::DisputeLost(dispute)) = &fact.body
            else {
                continue;
            };
            let name = name(slot);
            let claim = if i == 0 { name.to_owned() } else { format!("{name}/{}", fact.key) };
            let outcome = if desk.cx.posted_elsewhere {
                ClaimOutcome::Excluded(ReasonCode::DuplicateOfOtherSource)
            } else if slot != Slot::DisputeOpened && !known && won == 0 {
                // The opening is still to come.
                ClaimOutcome::Pending(ReasonCode::OutOfOrder)
            } else {
                if slot == Slot::DisputeOpened {
                    double_loss(desk, dispute, opened.saturating_sub(won), &claim);
                }
                let made = sound(desk, fact).and_then(|()| one_currency(desk, dispute));
                let made = made.and_then(|()| entry(desk, slot, dispute, &claim, &mut receivable));
                match made {
                    Ok(document) => desk.post(document),
                    Err(stop) => desk.stop(stop, &claim),
                }
            };
            let amount = Money::new(moved(slot, dispute), dispute.currency);
            desk.claim(claim, ClaimClass::Dispute, dispute.business_date, amount, outcome);
        }
    }
}

/// Case 130: what was given back before is taken away once more.
fn double_loss(desk: &mut Desk<'_>, dispute: &Dispute, open: i64, claim: &str) {
    let Some(sale) = desk.cx.disputed.filter(|_| open > 0) else { return };
    let sum = |slot| {
        let amounts = sale.of(slot).map(|f| match &f.body {
            FactBody::PaymentCaptured(p) if p.currency == dispute.currency => p.amount_minor,
            FactBody::RefundIssued(r) | FactBody::RefundFailed(r)
                if r.currency == dispute.currency =>
            {
                r.payments.iter().fold(0_i64, |sum, p| sum.saturating_add(p.amount_minor))
            }
            _ => 0,
        });
        amounts.fold(0_i64, i64::saturating_add)
    };
    let captured = sum(Slot::Payment);
    let refunded = sum(Slot::Refund).saturating_sub(sum(Slot::RefundFailed));
    let lost = refunded.saturating_add(open);
    if refunded > 0 && lost > captured {
        let money = |minor| Money::new(minor, dispute.currency);
        let detail = format!(
            "of {} captured, {} was refunded and {} is disputed: show the refund to the processor \
             as evidence before the dispute is due",
            money(captured),
            money(refunded),
            money(open)
        );
        desk.hold(
            ReasonCode::RefundedAndDisputed,
            detail,
            money(lost.saturating_sub(captured)),
            claim,
        );
    }
}

const fn name(slot: Slot) -> &'static str {
    match slot {
        Slot::DisputeWon => "won",
        Slot::DisputeLost => "lost",
        _ => "opened",
    }
}

/// What the source says moved at the processor.
const fn moved(slot: Slot, dispute: &Dispute) -> i64 {
    let amount = match slot {
        Slot::DisputeWon => dispute.amount_minor,
        Slot::DisputeLost => 0,
        _ => dispute.amount_minor.saturating_neg(),
    };
    amount.saturating_sub(dispute.fee_minor)
}

fn one_currency(desk: &Desk<'_>, dispute: &Dispute) -> Result<(), Stop> {
    let mut disputes = desk
        .state
        .disputes(Slot::DisputeOpened)
        .chain(desk.state.disputes(Slot::DisputeWon))
        .chain(desk.state.disputes(Slot::DisputeLost));
    match disputes.find(|(_, d)| d.currency != dispute.currency) {
        None => Ok(()),
        Some((_, other)) => Err(Stop::Hold {
            code: ReasonCode::CurrencyMismatch,
            detail: format!(
                "dispute {} is told in {} and in {}",
                dispute.dispute_id, dispute.currency, other.currency
            ),
            amount: Money::new(dispute.amount_minor, dispute.currency),
        }),
    }
}

fn entry(
    desk: &Desk<'_>,
    slot: Slot,
    dispute: &Dispute,
    claim: &str,
    receivable: &mut i64,
) -> Result<Document, Stop> {
    let (amount, fee) = (dispute.amount_minor, dispute.fee_minor);
    let money = Money::new(amount, dispute.currency);
    compose::fits(Money::new(fee, dispute.currency))?;
    let clearing = desk.clearing(&dispute.processor, money)?;
    let account = |role| desk.rules.account(role);
    let mut lines = vec![(account(Role::DisputeFees), "Dispute fee", fee)];
    match slot {
        Slot::DisputeOpened => lines.extend([
            (account(Role::DisputesReceivable), "Disputed amount", amount),
            (clearing, "Taken by the processor", -amount - fee),
        ]),
        Slot::DisputeWon => lines.extend([
            (account(Role::DisputesReceivable), "Dispute won", -amount),
            (clearing, "Given back by the processor", amount - fee),
        ]),
        _ => {
            let held = amount.min(*receivable);
            *receivable -= held;
            let order = desk.cx.disputed.and_then(State::order);
            let order = order.filter(|o| o.currency == dispute.currency);
            let text = "Dispute lost";
            match order {
                Some(order) => {
                    let loss = loss(desk, order, amount, Role::DisputeLosses, text);
                    lines.extend(loss.iter().map(|p| (p.account.name.as_str(), text, p.amount)));
                }
                None => lines.push((account(Role::DisputeLosses), text, amount)),
            }
            lines.extend([
                (account(Role::DisputesReceivable), text, -held),
                (clearing, "Taken by the processor", held - amount - fee),
            ]);
        }
    }
    let memo = format!("Dispute {} {}: {}", dispute.dispute_id, name(slot), dispute.reason);
    let suffix = format!("journal/{claim}");
    let (date, currency) = (dispute.business_date, dispute.currency);
    let journal = desk.journal(&suffix, date, currency, &lines, memo);
    // Case 129: an inquiry moves nothing.
    journal.ok_or(Stop::Exclude(ReasonCode::ZeroValue))
}
