//! Refunds: per tender, failed ones, credits without money.

use super::money::sound;
use super::sale::{Standing, Tenders};
use super::{Desk, is_gift_card};
use crate::compose::{self, Part, Stop};
use crate::desired::{ClaimClass, ClaimOutcome};
use crate::role::Role;
use crate::state::Slot;
use kernel::{Document, DocumentKind, Fact, Money, Order, ReasonCode, Refund, validate};
use std::collections::BTreeMap;

/// Money given back by one tender; an empty name is a credit without money.
pub(crate) type Tender<'a> = (&'a str, i64);

/// The tenders of a refund, by name; a refund without payments is one credit.
pub(crate) fn tenders(refund: &Refund) -> Vec<Tender<'_>> {
    let mut by_name = BTreeMap::new();
    for payment in &refund.payments {
        let sum: &mut i64 = by_name.entry(payment.processor.as_str()).or_default();
        *sum = sum.saturating_add(payment.amount_minor);
    }
    if by_name.is_empty() {
        by_name.insert("", refund.total_minor);
    }
    by_name.into_iter().collect()
}

/// What becomes of a refund that failed and was never told as issued: processors tell of refunds
/// once they are done, so no money left that could come back. Told later, both are booked.
pub(crate) const NEVER_ISSUED: ClaimOutcome = ClaimOutcome::Excluded(ReasonCode::RefundNeverIssued);

/// Key of the claim of one tender.
pub(crate) fn claim_key(refund: &Refund, tender: &str) -> String {
    if tender.is_empty() {
        format!("refund/{}", refund.refund_id)
    } else {
        format!("refund/{}/{tender}", refund.refund_id)
    }
}

/// Refunds of a known order, then the failed ones.
pub(crate) fn make(desk: &mut Desk<'_>, order: &Order, paid: &Tenders<'_>, standing: Standing) {
    let state = desk.state;
    let failed = state.refunds(Slot::RefundFailed);
    let captured = paid.money_minor().saturating_add(paid.gift_minor());
    let mut spent = 0_i64;
    let mut outcomes: BTreeMap<&str, ClaimOutcome> = BTreeMap::new();
    for (fact, refund) in state.refunds(Slot::Refund) {
        let has_failed = failed.iter().any(|(_, f)| f.refund_id == refund.refund_id);
        let payments = refund.payments.iter().map(|p| p.amount_minor);
        let money = payments.fold(0, i64::saturating_add);
        let after = if has_failed { spent } else { spent.saturating_add(money) };
        let made = check(desk, fact, refund, order, standing)
            .and_then(|()| covered(refund, money, spent, captured))
            .map_err(|stop| (claim_key(refund, tenders(refund)[0].0), stop));
        let outcome = match made {
            Ok(()) => {
                spent = after;
                issue(desk, order, refund)
            }
            Err((claim, Blocked::Stop(stop))) => Some(desk.stop(stop, &claim)),
            Err((_, Blocked::Pending(code))) => Some(ClaimOutcome::Pending(code)),
        };
        if let Some(outcome) = outcome {
            for (tender, amount) in tenders(refund) {
                let key = claim_key(refund, tender);
                let amount = Money::new(amount.saturating_neg(), refund.currency);
                let (class, date) = (ClaimClass::Refund, refund.business_date);
                desk.claim(key, class, date, amount, outcome.clone());
            }
            outcomes.insert(&refund.refund_id, outcome);
        } else {
            let claims = desk.out.claims.last();
            let made =
                claims.map_or(ClaimOutcome::Pending(ReasonCode::OutOfOrder), |c| c.outcome.clone());
            outcomes.insert(&refund.refund_id, made);
        }
    }
    for (fact, refund) in failed {
        let issued = outcomes.get(refund.refund_id.as_str()).cloned();
        let issued = issued.unwrap_or(NEVER_ISSUED);
        came_back(desk, order, (fact, refund), &issued);
    }
}

enum Blocked {
    Stop(Stop),
    Pending(ReasonCode),
}

/// Whether the refund may be posted at all.
fn check(
    desk: &mut Desk<'_>,
    fact: &Fact,
    refund: &Refund,
    order: &Order,
    standing: Standing,
) -> Result<(), Blocked> {
    match standing {
        Standing::Posted => {}
        Standing::Pending(_) => return Err(Blocked::Pending(ReasonCode::OutOfOrder)),
        Standing::Held(code) => return Err(Blocked::Pending(code)),
        Standing::Excluded(code) => return Err(Blocked::Stop(Stop::Exclude(code))),
    }
    if refund.test {
        return Err(Blocked::Stop(Stop::Exclude(ReasonCode::TestOrder)));
    }
    let amount = Money::new(refund.total_minor, refund.currency);
    let stop = |code, detail, amount| Blocked::Stop(Stop::Hold { code, detail, amount });
    if refund.currency != order.currency {
        let detail = format!(
            "order {} is in {}, its refund is {amount}; one sale has one currency",
            order.number, order.currency
        );
        return Err(stop(ReasonCode::CurrencyMismatch, detail, amount));
    }
    compose::fits(amount).map_err(Blocked::Stop)?;
    let mut broken = validate::fact(fact, desk.cx.now).into_iter();
    if let Some(first) = broken.next() {
        for more in broken {
            let claim = claim_key(refund, tenders(refund)[0].0);
            desk.hold(more.code, more.detail, more.amount, &claim);
        }
        return Err(stop(first.code, first.detail, first.amount));
    }
    never_negative(refund).map_err(Blocked::Stop)?;
    if refund.total_minor == 0 && refund.lines.iter().all(|l| l.net_minor() == 0) {
        return Err(Blocked::Stop(Stop::Exclude(ReasonCode::ZeroValue)));
    }
    Ok(())
}

fn never_negative(refund: &Refund) -> Result<(), Stop> {
    if refund.total_minor >= 0 && refund.payments.iter().all(|p| p.amount_minor >= 0) {
        return Ok(());
    }
    Err(Stop::Hold {
        code: ReasonCode::ValueInvalid,
        detail: format!("refund {} has a negative amount; correct the source", refund.refund_id),
        amount: Money::new(refund.total_minor, refund.currency),
    })
}

/// Case 71: never more back than came in.
fn covered(refund: &Refund, money: i64, spent: i64, captured: i64) -> Result<(), Blocked> {
    if spent.saturating_add(money) <= captured {
        return Ok(());
    }
    let of = |minor| Money::new(minor, refund.currency);
    let amount = of(spent.saturating_add(money) - captured);
    let detail = format!(
        "refund {} gives back {}; captured {}, refunded before {}: {amount} too much",
        refund.refund_id,
        of(money),
        of(captured),
        of(spent)
    );
    Err(Blocked::Stop(Stop::Hold { code: ReasonCode::RefundExceedsCaptured, detail, amount }))
}

/// Makes the documents of a sound refund, one per tender. Returns an outcome when nothing could
/// be made.
fn issue(desk: &mut Desk<'_>, order: &Order, refund: &Refund) -> Option<ClaimOutcome> {
    let given = tenders(refund);
    let claim = claim_key(refund, given[0].0);
    let parts = match parts(desk, order, refund) {
        Ok(parts) => parts,
        Err(stop) => return Some(desk.stop(stop, &claim)),
    };
    let amounts: Vec<i64> = given.iter().map(|(_, amount)| *amount).collect();
    let shares = compose::spread(&parts, &amounts);
    for (i, ((tender, amount), share)) in given.into_iter().zip(shares).enumerate() {
        let claim = claim_key(refund, tender);
        let outcome = match document(desk, order, refund, tender, i, share) {
            Ok(document) => desk.post(document),
            Err(stop) => desk.stop(stop, &claim),
        };
        let amount = Money::new(amount.saturating_neg(), refund.currency);
        desk.claim(claim, ClaimClass::Refund, refund.business_date, amount, outcome);
    }
    None
}

/// What comes back. A refund without lines is known exactly only when it is the whole order.
fn parts<'r>(desk: &Desk<'r>, order: &Order, refund: &Refund) -> Result<Vec<Part<'r>>, Stop> {
    if !refund.lines.is_empty() || !refund.taxes.is_empty() {
        return compose::refund(desk.rules, order, refund);
    }
    if refund.total_minor == order.total_minor {
        return compose::whole_return(desk.rules, order, 1);
    }
    if desk.rules.unitemised_to_returns {
        let text = format!("Refund of order {}", order.number);
        let returns = desk.rules.role(Role::Returns);
        return Ok(vec![Part::plain(returns, text, refund.total_minor)]);
    }
    let amount = Money::new(refund.total_minor, refund.currency);
    Err(Stop::Hold {
        code: ReasonCode::AllocationMismatch,
        detail: format!(
            "refund {} of {amount} does not say what came back; itemise it in the source, or set \
             posting.refund_unitemised = \"returns\"",
            refund.refund_id
        ),
        amount,
    })
}

fn document(
    desk: &Desk<'_>,
    order: &Order,
    refund: &Refund,
    tender: &str,
    index: usize,
    share: Vec<Part<'_>>,
) -> Result<Document, Stop> {
    if share.iter().all(|p| p.amount == 0) {
        return Err(Stop::Exclude(ReasonCode::ZeroValue));
    }
    let id = &refund.refund_id;
    let total = Money::new(share.iter().map(|p| p.amount).sum(), refund.currency);
    let memo = format!("Refund {id} of order {}", order.number);
    let (date, currency) = (refund.business_date, refund.currency);
    if is_gift_card(tender) {
        let mut lines: Vec<(&str, &str, i64)> = share
            .iter()
            .map(|p| (p.account.name.as_str(), p.description.as_str(), p.amount))
            .collect();
        let liability = desk.rules.account(Role::GiftCards);
        lines.push((liability, "Given back to gift card", -total.minor));
        let suffix = format!("refund/{id}/{tender}");
        let journal = desk.journal(&suffix, date, currency, &lines, memo);
        return journal.ok_or(Stop::Exclude(ReasonCode::ZeroValue));
    }
    let (suffix, kind, account) = if tender.is_empty() {
        let receivables = desk.rules.account(Role::Receivables);
        (format!("refund/{id}/credit"), DocumentKind::CreditMemo, receivables)
    } else {
        let clearing = desk.clearing(tender, total)?;
        (format!("refund/{id}/{tender}"), DocumentKind::RefundReceipt, clearing)
    };
    let mut document = desk.document(&suffix, kind, date, currency);
    document.account = account.to_owned();
    let numbered = if index == 0 { id.clone() } else { format!("{id}-{}", index + 1) };
    document.number = Some(desk.number(&desk.rules.numbers.refund, &order.number, &numbered));
    document.customer = Some(desk.customer());
    document.memo = memo;
    Desk::fill(&mut document, share);
    Ok(document)
}

/// Case 72: the refund stands, the money is back, the customer is still owed.
fn came_back(
    desk: &mut Desk<'_>,
    order: &Order,
    (fact, refund): (&Fact, &Refund),
    issued: &ClaimOutcome,
) {
    let sound = sound(desk, fact).and_then(|()| never_negative(refund));
    for (tender, amount) in tenders(refund) {
        let claim = format!("{}/failed", claim_key(refund, tender));
        let amount = Money::new(amount, refund.currency);
        let outcome = match issued {
            ClaimOutcome::Document(_) => {
                match sound.clone().and_then(|()| back(desk, order, refund, tender, amount)) {
                    Ok(document) => {
                        let detail = format!(
                            "refund {} of order {} failed; the customer is still owed {amount}",
                            refund.refund_id, order.number
                        );
                        desk.hold(ReasonCode::RefundFailed, detail, amount, &claim);
                        desk.post(document)
                    }
                    Err(stop) => desk.stop(stop, &claim),
                }
            }
            ClaimOutcome::Held(code) => ClaimOutcome::Pending(*code),
            other => other.clone(),
        };
        desk.claim(claim, ClaimClass::Refund, refund.business_date, amount, outcome);
    }
}

fn back(
    desk: &Desk<'_>,
    order: &Order,
    refund: &Refund,
    tender: &str,
    amount: Money,
) -> Result<Document, Stop> {
    if tender.is_empty() {
        // A credit without money cannot come back.
        return Err(Stop::Exclude(ReasonCode::ZeroValue));
    }
    let account = if is_gift_card(tender) {
        desk.rules.account(Role::GiftCards)
    } else {
        desk.clearing(tender, amount)?
    };
    let lines = [
        (account, "Refund came back", amount.minor),
        (desk.rules.account(Role::RefundsPayable), "Still owed to the customer", -amount.minor),
    ];
    let suffix = format!("journal/refund-failed/{}/{tender}", refund.refund_id);
    let memo = format!("Failed refund {} of order {}", refund.refund_id, order.number);
    let (date, currency) = (refund.business_date, refund.currency);
    desk.journal(&suffix, date, currency, &lines, memo).ok_or(Stop::Exclude(ReasonCode::ZeroValue))
}
