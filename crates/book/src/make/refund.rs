//! Refunds: per tender, failed ones, credits without money.

use super::Desk;
use super::fulfil;
use super::money::sound;
use super::sale::{self, Standing, Tenders};
use super::schedule::{self, Schedule};
use super::seller;
use crate::compose::{self, Part, Stop};
use crate::desired::{ClaimClass, ClaimOutcome};
use crate::role::Role;
use crate::rules::RefundDate;
use crate::state::Slot;
use kernel::{
    BusinessDate, Document, DocumentKind, EconomicKey, Fact, Money, Order, ReasonCode, Refund,
    validate,
};
use std::collections::{BTreeMap, BTreeSet};

/// Money given back by one tender; an empty name is a credit without money, or a tender not known yet.
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

/// Whether it says only an amount.
const fn is_unsaid(refund: &Refund) -> bool {
    refund.lines.is_empty() && refund.taxes.is_empty()
}

/// Refunds, those that say what came back first: what says only an amount may be one of them once more.
fn ranked<'a>(desk: &Desk<'a>) -> Vec<(&'a Fact, &'a Refund)> {
    let mut all = desk.state.refunds(Slot::Refund);
    all.sort_by_key(|(_, refund)| is_unsaid(refund));
    all
}

/// Refunds that say only an amount and would be booked, though another source tells one of as much by
/// the same tender under an id of its own: most likely the same movement. Each with that other one;
/// of several equal ones the first of one source is the first of the other.
fn twins<'a>(desk: &Desk<'a>) -> BTreeMap<&'a str, (&'a Fact, &'a Refund)> {
    let mut found = BTreeMap::new();
    if !desk.rules.unitemised_to_returns {
        return found;
    }
    let all = ranked(desk);
    let failed = desk.state.refunds(Slot::RefundFailed);
    let mut alike: BTreeMap<_, BTreeMap<_, Vec<(&Fact, &Refund)>>> = BTreeMap::new();
    for (fact, refund) in all {
        let has_failed = failed.iter().any(|(_, f)| f.refund_id == refund.refund_id);
        for tender in tenders(refund) {
            if !refund.test && !has_failed {
                let told = alike.entry((tender, refund.currency)).or_default();
                told.entry(fact.source.as_str()).or_default().push((fact, refund));
            }
        }
    }
    for (((tender, _), _), told) in alike {
        // What bears the processor's own id is told by the processor under the same.
        let is_named = |key: &str| key.strip_prefix(tender).is_some_and(|id| id.starts_with('/'));
        let is_unnamed = |(fact, _): &&(&Fact, &Refund)| !is_named(fact.key.as_str());
        let knows_most = |(_, all): &(&&str, &Vec<(&Fact, &Refund)>)| {
            let said = all.iter().filter(|(_, refund)| !is_unsaid(refund)).count();
            (said, all.iter().filter(is_unnamed).count())
        };
        let Some((leading, own)) = told.iter().max_by_key(knows_most) else { continue };
        let unnamed: Vec<_> = own.iter().filter(is_unnamed).collect();
        for others in told.iter().filter(|(source, _)| *source != leading).map(|(_, all)| all) {
            let unsaid = others.iter().filter(|(_, refund)| is_unsaid(refund));
            for (one, (_, twin)) in unnamed.iter().zip(unsaid) {
                found.insert(twin.refund_id.as_str(), **one);
            }
        }
    }
    found
}

/// Whether no other source tells it too.
fn alone(refund: &Refund, twins: &BTreeMap<&str, (&Fact, &Refund)>) -> Result<(), Stop> {
    let Some((fact, told)) = twins.get(refund.refund_id.as_str()) else { return Ok(()) };
    let amount = Money::new(refund.total_minor, refund.currency);
    let detail = format!(
        "refund {} of {amount} does not say what came back, and {} tells one of as much, {}: most \
         likely the same; let only one of the two sources tell refunds, or book this one by hand",
        refund.refund_id, fact.source, told.refund_id
    );
    Err(Stop::Hold { code: ReasonCode::AllocationMismatch, detail, amount })
}

/// Key of the claim of one tender.
pub(crate) fn claim_key(refund: &Refund, tender: &str) -> String {
    if tender.is_empty() {
        format!("refund/{}", refund.refund_id)
    } else {
        format!("refund/{}/{tender}", refund.refund_id)
    }
}

/// What came in and was not taken back, minor units.
fn kept(paid: &Tenders<'_>) -> i64 {
    paid.money_minor().saturating_add(paid.gift_minor()).saturating_sub(paid.returned)
}

/// Refunds that only give back what was paid beyond the order: they do not say what came back, and
/// no more than the surplus is left.
fn surplus<'a>(desk: &Desk<'a>, order: &Order, paid: &Tenders<'_>) -> BTreeMap<&'a str, i64> {
    let mut left = kept(paid).saturating_sub(order.total_minor);
    let mut found = BTreeMap::new();
    if left <= 0 {
        return found;
    }
    let twins = twins(desk);
    for (_, refund) in desk.state.refunds(Slot::Refund) {
        let unsaid = is_unsaid(refund) && !twins.contains_key(refund.refund_id.as_str());
        let whole = refund.total_minor == order.total_minor;
        let money = !refund.payments.is_empty() && !refund.test && refund.total_minor > 0;
        if unsaid && money && !whole && refund.total_minor <= left {
            left -= refund.total_minor;
            found.insert(refund.refund_id.as_str(), refund.total_minor);
        }
    }
    found
}

/// All that refunds give back of what was paid beyond the order, minor units.
pub(crate) fn surplus_minor(desk: &Desk<'_>, order: &Order, paid: &Tenders<'_>) -> i64 {
    surplus(desk, order, paid).values().fold(0, |sum, minor| sum.saturating_add(*minor))
}

/// Refunds of a known order, then the failed ones.
pub(crate) fn make(
    desk: &mut Desk<'_>,
    order: &Order,
    paid: &Tenders<'_>,
    standing: Standing,
    services: &mut [Schedule<'_>],
) {
    let state = desk.state;
    let failed = state.refunds(Slot::RefundFailed);
    // Amounts converted one by one may be a minor unit off.
    let captured = kept(paid).saturating_add(state.exchange_slack());
    let surplus: BTreeSet<&str> = surplus(desk, order, paid).into_keys().collect();
    let twins = twins(desk);
    let mut spent = 0_i64;
    let mut outcomes: BTreeMap<&str, ClaimOutcome> = BTreeMap::new();
    for (fact, refund) in ranked(desk) {
        let has_failed = failed.iter().any(|(_, f)| f.refund_id == refund.refund_id);
        let payments = refund.payments.iter().map(|p| p.amount_minor);
        let money = payments.fold(0, i64::saturating_add);
        let after = if has_failed { spent } else { spent.saturating_add(money) };
        let made = check(desk, fact, refund, order, standing)
            .and_then(|()| alone(refund, &twins).map_err(Blocked::Stop))
            .and_then(|()| covered(refund, money, spent, captured))
            .and_then(|()| named(refund).map_err(Blocked::Stop))
            .map_err(|stop| (claim_key(refund, tenders(refund)[0].0), stop));
        let outcome = match made {
            Ok(()) => {
                spent = after;
                let extra = surplus.contains(refund.refund_id.as_str());
                issue(desk, order, (&fact.key, refund), extra, services)
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

/// An order was cancelled and its money kept: what became of the buyer's money is for a person to
/// find out. The sale stays as it is; a refund answers.
pub(crate) fn owed(desk: &mut Desk<'_>, order: &Order, paid: &Tenders<'_>) {
    let state = desk.state;
    if !state.cancelled() {
        return;
    }
    // One that failed is told as that (REF-002).
    let twins = twins(desk);
    let refunds = state.refunds(Slot::Refund).into_iter().map(|(_, refund)| refund);
    let given = refunds.filter(|r| !r.test && !twins.contains_key(r.refund_id.as_str()));
    let given = given.map(|r| r.total_minor);
    let left = given.fold(kept(paid), i64::saturating_sub);
    if left <= state.exchange_slack() {
        return;
    }
    let amount = Money::new(left, order.currency);
    let detail = format!(
        "order {} was cancelled, and {amount} of what was paid for it was not given back; refund \
         the buyer in the source, or find out why the money is kept",
        order.number
    );
    desk.hold(ReasonCode::CancelledNotRefunded, detail, amount, sale::ORDER);
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

/// Where money went back to has to be known: by the refund, or by the payment that it gives back.
fn named(refund: &Refund) -> Result<(), Stop> {
    let Some(payment) = refund.payments.iter().find(|p| p.processor.is_empty()) else {
        return Ok(());
    };
    let amount = Money::new(refund.total_minor, refund.currency);
    let detail = format!(
        "refund {} gives back payment {}, and by what that came is not known; {amount} wait for it",
        refund.refund_id, payment.payment_id
    );
    Err(Stop::Hold { code: ReasonCode::RefundExceedsCaptured, detail, amount })
}

/// Makes the documents of a sound refund, one per tender. Returns an outcome when nothing could
/// be made.
fn issue(
    desk: &mut Desk<'_>,
    order: &Order,
    (key, refund): (&EconomicKey, &Refund),
    surplus: bool,
    services: &mut [Schedule<'_>],
) -> Option<ClaimOutcome> {
    let given = tenders(refund);
    let claim = claim_key(refund, given[0].0);
    let parts = if surplus {
        let text = format!("Paid too much for order {}", order.number);
        Ok(vec![Part::plain(desk.rules.role(Role::Receivables), text, refund.total_minor)])
    } else {
        parts(desk, order, refund, services)
    };
    let parts = match parts {
        Ok(parts) => parts,
        Err(stop) => return Some(desk.stop(stop, &claim)),
    };
    let amounts: Vec<i64> = given.iter().map(|(_, amount)| *amount).collect();
    let shares = compose::spread(&parts, &amounts);
    for (i, ((tender, amount), share)) in given.into_iter().zip(shares).enumerate() {
        let claim = claim_key(refund, tender);
        let off = desk.state.exchange(key, tender);
        let outcome = match document(desk, order, refund, (tender, i), share, off) {
            Ok(document) => desk.post(document),
            Err(stop) => desk.stop(stop, &claim),
        };
        let amount = Money::new(amount.saturating_neg(), refund.currency);
        desk.claim(claim, ClaimClass::Refund, refund.business_date, amount, outcome);
    }
    None
}

/// What comes back. A refund without lines is known exactly only when it is the whole order.
fn parts<'r>(
    desk: &mut Desk<'r>,
    order: &Order,
    refund: &Refund,
    services: &mut [Schedule<'_>],
) -> Result<Vec<Part<'r>>, Stop> {
    let itemised = !is_unsaid(refund);
    let waiting = desk.deposits >= refund.total_minor && refund.total_minor > 0;
    if waiting && !fulfil::is_delivered(desk.state, refund) {
        // Nothing was delivered for it: the deposit goes back.
        desk.deposits -= refund.total_minor;
        let text = format!("Deposit on order {} given back", order.number);
        return Ok(vec![Part::plain(
            desk.rules.role(Role::CustomerDeposits),
            text,
            refund.total_minor,
        )]);
    }
    let goods = desk.sellers_goods();
    let (lines, mut parts) = if itemised {
        (&refund.lines, compose::refund(desk.rules, order, refund, &goods)?)
    } else if refund.total_minor == order.total_minor {
        (&order.lines, compose::whole_return(desk.rules, order, 1, &goods)?)
    } else {
        return unsaid(desk, order, refund).map(|part| vec![part]);
    };
    schedule::give_back(desk, services, refund.business_date, lines, &mut parts);
    if goods.account.is_some()
        && let Ok(sold) = sale::parts(desk, order)
    {
        seller::fee_back(desk, &sold, &mut parts);
    }
    Ok(parts)
}

/// A part of the order, and nobody says which.
fn unsaid<'r>(desk: &Desk<'r>, order: &Order, refund: &Refund) -> Result<Part<'r>, Stop> {
    if desk.rules.unitemised_to_returns {
        let text = format!("Refund of order {}", order.number);
        return Ok(Part::plain(desk.rules.role(Role::Returns), text, refund.total_minor));
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

/// The date of a refund's documents, as the rules want it.
fn date_of(desk: &Desk<'_>, order: &Order, refund: &Refund) -> BusinessDate {
    match desk.rules.policy.refund_date {
        RefundDate::Refund => refund.business_date,
        RefundDate::Sale => order.business_date,
    }
}

fn document<'a>(
    desk: &Desk<'a>,
    order: &Order,
    refund: &Refund,
    (tender, index): (&str, usize),
    mut share: Vec<Part<'a>>,
    off: i64,
) -> Result<Document, Stop> {
    if share.iter().all(|p| p.amount == 0) {
        return Err(Stop::Exclude(ReasonCode::ZeroValue));
    }
    let receivables = desk.rules.role(Role::Receivables);
    let owed = share.iter().any(|p| p.account == receivables);
    if off != 0 {
        share.push(sale::exchanged(desk, off));
    }
    let id = &refund.refund_id;
    let total = Money::new(share.iter().map(|p| p.amount).sum(), refund.currency);
    let memo = format!("Refund {id} of order {}", order.number);
    let (date, currency) = (date_of(desk, order, refund), refund.currency);
    let held = desk.rules.tender(tender);
    if held.is_some() || owed {
        // What is given back on a card, or was never owed, is no refund of a sale.
        let mut lines: Vec<(&str, &str, i64)> = share
            .iter()
            .map(|p| (p.account.name.as_str(), p.description.as_str(), p.amount))
            .collect();
        let (account, text) = match held {
            Some(account) if tender == "gift_card" => {
                (account.name.as_str(), "Given back to gift card".to_owned())
            }
            Some(account) => {
                (account.name.as_str(), format!("Given back as {}", tender.replace('_', " ")))
            }
            None => (desk.clearing(tender, total)?, "Given back".to_owned()),
        };
        lines.push((account, &text, -total.minor));
        let suffix = format!("refund/{id}/{tender}");
        let journal = desk.journal(&suffix, date, currency, &lines, memo);
        return journal.ok_or(Stop::Exclude(ReasonCode::ZeroValue));
    }
    let (suffix, kind, account) = if tender.is_empty() {
        (format!("refund/{id}/credit"), DocumentKind::CreditMemo, receivables.name.as_str())
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
    let sound =
        sound(desk, fact).and_then(|()| never_negative(refund)).and_then(|()| named(refund));
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
    let account = match desk.rules.tender(tender) {
        Some(account) => account.name.as_str(),
        None => desk.clearing(tender, amount)?,
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
