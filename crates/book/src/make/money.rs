//! Money without an order: late or foreign payments, gift cards, fees, adjustments.

use super::sale::order_is_late;
use super::{Desk, refund};
use crate::compose::{self, Part, Stop};
use crate::desired::{ClaimClass, ClaimOutcome};
use crate::role::Role;
use crate::rules::{EntrySubject, FeeTax, FeesMode, Mapped, Rules};
use crate::state::Slot;
use kernel::{
    Document, DocumentKind, Fact, FactBody, Fee, GiftCard, Money, ReasonCode, Refund, SubjectKind,
    validate,
};

use std::collections::BTreeSet;

/// The first broken invariant of a fact as a hold.
pub(crate) fn sound(desk: &Desk<'_>, fact: &Fact) -> Result<(), Stop> {
    match validate::fact(fact, desk.cx.now).into_iter().next() {
        None => fact.amount().map_or(Ok(()), compose::fits),
        Some(v) => Err(Stop::Hold { code: v.code, detail: v.detail, amount: v.amount }),
    }
}

/// Payments and refunds while their order is unknown.
pub(crate) fn without_order(desk: &mut Desk<'_>) {
    let state = desk.state;
    for fact in state.of(Slot::Payment) {
        let (id, minor, currency, date, test, moved) = match &fact.body {
            FactBody::PaymentCaptured(p) => {
                (&fact.key.0, p.amount_minor, p.currency, p.business_date, p.test, true)
            }
            FactBody::PaymentAuthorised(p) => {
                (&fact.key.0, p.amount_minor, p.currency, p.business_date, p.test, false)
            }
            FactBody::GiftCardRedeemed(g) => {
                (&fact.key.0, g.amount_minor, g.currency, g.business_date, false, true)
            }
            // Nothing moved.
            _ => continue,
        };
        let amount = Money::new(minor, currency);
        let key = format!("payment/{id}");
        let outcome = if test {
            ClaimOutcome::Excluded(ReasonCode::TestOrder)
        } else if desk.cx.posted_elsewhere {
            ClaimOutcome::Excluded(ReasonCode::DuplicateOfOtherSource)
        } else if order_is_late(desk) {
            ClaimOutcome::Pending(ReasonCode::OutOfOrder)
        } else if moved {
            let detail =
                format!("{amount} was captured ({}), but no order is known for it", fact.key);
            let code = ReasonCode::PaymentWithoutOrder;
            desk.stop(Stop::Hold { code, detail, amount }, &key)
        } else {
            ClaimOutcome::Pending(ReasonCode::AuthorisedNotCaptured)
        };
        desk.claim(key, ClaimClass::Payment, date, amount, outcome);
    }
    after_sale(desk);
    for (fact, refund) in state.refunds(Slot::Refund) {
        unlinked_refund(desk, fact, refund);
    }
    let issued = state.refunds(Slot::Refund);
    for (_, refund) in state.refunds(Slot::RefundFailed) {
        let outcome = if desk.cx.posted_elsewhere {
            ClaimOutcome::Excluded(ReasonCode::DuplicateOfOtherSource)
        } else if !issued.iter().any(|(_, r)| r.refund_id == refund.refund_id) {
            refund::NEVER_ISSUED
        } else {
            ClaimOutcome::Pending(ReasonCode::OutOfOrder)
        };
        for (tender, minor) in refund::tenders(refund) {
            let key = format!("{}/failed", refund::claim_key(refund, tender));
            let amount = Money::new(minor, refund.currency);
            desk.claim(key, ClaimClass::Refund, refund.business_date, amount, outcome.clone());
        }
    }
}

/// What else belongs to a sale: money taken back, shares of sellers, amounts given up.
fn after_sale(desk: &mut Desk<'_>) {
    let state = desk.state;
    for fact in state.facts() {
        let (claim, class, date) = match &fact.body {
            FactBody::PaymentReturned(r) => ("returned", ClaimClass::Payment, r.business_date),
            FactBody::SellerPaid(s) => ("seller", ClaimClass::Adjustment, s.business_date),
            FactBody::ReceivableWrittenOff(w) => {
                ("write-off", ClaimClass::Adjustment, w.business_date)
            }
            _ => continue,
        };
        let Some(amount) = fact.amount() else { continue };
        let amount = Money::new(amount.minor.saturating_neg(), amount.currency);
        let key = format!("{claim}/{}", fact.key);
        let outcome = if desk.cx.posted_elsewhere {
            ClaimOutcome::Excluded(ReasonCode::DuplicateOfOtherSource)
        } else if order_is_late(desk) {
            ClaimOutcome::Pending(ReasonCode::OutOfOrder)
        } else {
            let detail = format!("{amount} is told ({}), but no order is known for it", fact.key);
            let code = ReasonCode::PaymentWithoutOrder;
            desk.stop(Stop::Hold { code, detail, amount }, &key)
        };
        if let FactBody::PaymentReturned(r) = &fact.body
            && r.fee_minor != 0
        {
            let fee = Money::new(r.fee_minor.saturating_neg(), r.currency);
            desk.claim(format!("{key}/fee"), ClaimClass::Fee, date, fee, outcome.clone());
        }
        desk.claim(key, class, date, amount, outcome);
    }
}

fn unlinked_refund(desk: &mut Desk<'_>, fact: &Fact, refund: &Refund) {
    for (index, (tender, minor)) in refund::tenders(refund).into_iter().enumerate() {
        let key = refund::claim_key(refund, tender);
        let amount = Money::new(minor.saturating_neg(), refund.currency);
        let outcome = if refund.test {
            ClaimOutcome::Excluded(ReasonCode::TestOrder)
        } else if desk.cx.posted_elsewhere {
            ClaimOutcome::Excluded(ReasonCode::DuplicateOfOtherSource)
        } else if order_is_late(desk) {
            // Case 70: parked until the order is known.
            ClaimOutcome::Pending(ReasonCode::OutOfOrder)
        } else if desk.rules.unlinked_to_suspense && !tender.is_empty() {
            let made =
                sound(desk, fact).and_then(|()| suspense(desk, refund, tender, minor, index));
            match made {
                Ok(document) => {
                    let detail = format!(
                        "refund {} of {amount} has no known sale; it stands on suspense",
                        refund.refund_id
                    );
                    desk.hold(ReasonCode::RefundExceedsCaptured, detail, amount, &key);
                    desk.post(document)
                }
                Err(stop) => desk.stop(stop, &key),
            }
        } else {
            let detail =
                format!("{amount} was refunded ({}), but no order is known for it", fact.key);
            let code = ReasonCode::PaymentWithoutOrder;
            desk.stop(Stop::Hold { code, detail, amount }, &key)
        };
        desk.claim(key, ClaimClass::Refund, refund.business_date, amount, outcome);
    }
}

/// Case 87.
fn suspense(
    desk: &Desk<'_>,
    refund: &Refund,
    tender: &str,
    minor: i64,
    index: usize,
) -> Result<Document, Stop> {
    let (date, currency) = (refund.business_date, refund.currency);
    let suffix = format!("refund/{}/{tender}", refund.refund_id);
    let mut document = desk.document(&suffix, DocumentKind::RefundReceipt, date, currency);
    document.account = desk.clearing(tender, Money::new(minor, currency))?.to_owned();
    let id = if index == 0 {
        refund.refund_id.clone()
    } else {
        format!("{}-{}", refund.refund_id, index + 1)
    };
    document.number = Some(desk.number(&desk.rules.numbers.refund, "", &id));
    document.customer = Some(desk.customer());
    document.memo = format!("Refund {} without a known sale", refund.refund_id);
    let account = desk.rules.role(Role::Suspense);
    Desk::fill(&mut document, vec![Part::plain(account, "Refund without a known sale", minor)]);
    Ok(document)
}

/// Gift cards sold outside an order line (case 54).
pub(crate) fn gift_cards_sold(desk: &mut Desk<'_>) {
    let state = desk.state;
    for fact in state.of(Slot::GiftCardSold) {
        let FactBody::GiftCardSold(card) = &fact.body else { continue };
        let key = format!("gift-card/{}", fact.key);
        let made = sound(desk, fact).and_then(|()| gift_card(desk, card, &key));
        let outcome = match made {
            Ok(document) => desk.post(document),
            Err(stop) => desk.stop(stop, &key),
        };
        let amount = Money::new(card.amount_minor, card.currency);
        desk.claim(key, ClaimClass::GiftCard, card.business_date, amount, outcome);
    }
}

fn gift_card(desk: &Desk<'_>, card: &GiftCard, suffix: &str) -> Result<Document, Stop> {
    let amount = Money::new(card.amount_minor, card.currency);
    if amount.minor <= 0 {
        return Err(Stop::Exclude(ReasonCode::ZeroValue));
    }
    let kind = DocumentKind::SalesReceipt;
    let mut document = desk.document(suffix, kind, card.business_date, card.currency);
    document.account = desk.clearing(&card.processor, amount)?.to_owned();
    document.number = Some(desk.number("G{id}", "", &card.card_id));
    document.customer = Some(desk.customer());
    document.memo = format!("Gift card {}", card.card_id);
    let account = desk.rules.role(Role::GiftCards);
    Desk::fill(&mut document, vec![Part::plain(account, "Gift card sold", amount.minor)]);
    Ok(document)
}

/// Fees told one by one. Where a processor's fees come with its payouts, those told with a payment
/// are the same money and stay out.
pub(crate) fn fees(desk: &mut Desk<'_>) {
    let state = desk.state;
    let own = state.subject().kind == SubjectKind::Fee;
    for fact in state.of(Slot::Fee) {
        let FactBody::FeeCharged(fee) = &fact.body else { continue };
        let key = format!("fee/{}", fact.key);
        let with_payout = !own && desk.rules.fees(&fee.processor) == FeesMode::PerPayout;
        let made = if with_payout || (own && desk.cx.posted_elsewhere) {
            Err(Stop::Exclude(ReasonCode::DuplicateOfOtherSource))
        } else {
            sound(desk, fact).and_then(|()| self::fee(desk, fee, &key))
        };
        let outcome = match made {
            Ok(document) => desk.post(document),
            Err(stop) => desk.stop(stop, &key),
        };
        let amount = Money::new(fee.amount_minor.saturating_neg(), fee.currency);
        desk.claim(key, ClaimClass::Fee, fee.business_date, amount, outcome);
    }
}

fn fee(desk: &Desk<'_>, fee: &Fee, suffix: &str) -> Result<Document, Stop> {
    let amount = Money::new(fee.amount_minor, fee.currency);
    let account = match desk.rules.fee_rules.map(&EntrySubject(&fee.reason)) {
        Mapped::Unmapped => desk.rules.account(Role::ProcessorFees),
        Mapped::Account(account) => &account.name,
        Mapped::Exclude(code) => return Err(Stop::Exclude(code)),
        Mapped::Hold(code, detail) => return Err(Stop::Hold { code, detail, amount }),
    };
    let clearing = desk.clearing(&fee.processor, amount)?;
    let memo = format!("Fee of {}: {}", fee.processor, fee.reason);
    let (net, tax) = without_tax(desk.rules, fee.amount_minor, fee.tax_minor);
    let of = |minor| Money::new(minor, fee.currency);
    let mut fees = vec![(account, of(net))];
    if tax != 0 {
        fees.push((desk.rules.account(Role::InputTax), of(tax)));
    }
    expense(desk, suffix, fee.business_date, clearing, &fees, memo)
}

/// A fee and the tax in it, where the authorities give it back (case 102).
pub(crate) fn without_tax(rules: &Rules, fee: i64, tax: i64) -> (i64, i64) {
    match rules.policy.fee_tax {
        FeeTax::Cost => (fee, 0),
        FeeTax::Recoverable => (fee.saturating_sub(tax), tax),
    }
}

/// An expense paid from a clearing account; a journal entry when the fee comes back (case 77).
pub(crate) fn expense(
    desk: &Desk<'_>,
    suffix: &str,
    date: kernel::BusinessDate,
    clearing: &str,
    fees: &[(&str, Money)],
    memo: String,
) -> Result<Document, Stop> {
    let nothing = Stop::Exclude(ReasonCode::ZeroValue);
    let Some((_, first)) = fees.first() else { return Err(nothing) };
    let total: i64 = fees.iter().map(|(_, amount)| amount.minor).sum();
    if total <= 0 {
        let mut lines: Vec<(&str, &str, i64)> =
            fees.iter().map(|(account, amount)| (*account, "Fees", amount.minor)).collect();
        lines.push((clearing, "Fees", -total));
        let suffix = format!("journal/{suffix}");
        return desk.journal(&suffix, date, first.currency, &lines, memo).ok_or(nothing);
    }
    let mut document = desk.document(suffix, DocumentKind::Expense, date, first.currency);
    document.account = clearing.to_owned();
    document.number = Some(desk.number(&desk.rules.numbers.fees, "", &document.key.marker()));
    let lines = fees.iter().filter(|(_, amount)| amount.minor != 0);
    document.lines =
        lines.map(|(account, amount)| desk.journal_line(account, "Fees", amount.minor)).collect();
    document.total_minor = total;
    document.memo = memo;
    Ok(document)
}

/// Corrections a source declares: against receivables, by rule only.
pub(crate) fn adjustments(desk: &mut Desk<'_>) {
    let state = desk.state;
    let mut seen = BTreeSet::new();
    for fact in state.of(Slot::Adjustment) {
        let FactBody::AdjustmentRecorded(adjustment) = &fact.body else { continue };
        let id = adjustment.adjustment_id.as_str();
        // Two movements under one id: the second goes by its key.
        let id = if seen.insert(id) { id } else { fact.key.as_str() };
        let key = format!("adjustment/{id}");
        let amount = Money::new(adjustment.amount_minor, adjustment.currency);
        let mapped = desk.rules.adjustment_rules.map(&EntrySubject(&adjustment.reason));
        let account = match mapped {
            Mapped::Account(account) => Ok(account.name.as_str()),
            Mapped::Exclude(code) => Err(Stop::Exclude(code)),
            Mapped::Hold(code, detail) => Err(Stop::Hold { code, detail, amount }),
            Mapped::Unmapped => Err(Stop::Hold {
                code: ReasonCode::AccountUnmapped,
                detail: format!(
                    "no rule for adjustment \"{}\"; add one on adjustment.reason",
                    adjustment.reason
                ),
                amount,
            }),
        };
        let made = sound(desk, fact).and(account).and_then(|account| {
            let receivables = desk.rules.account(Role::Receivables);
            let text = adjustment.reason.as_str();
            let lines =
                [(receivables, text, amount.minor), (account, text, amount.minor.saturating_neg())];
            let memo = format!("Adjustment {}: {text}", adjustment.adjustment_id);
            let suffix = format!("journal/{key}");
            let (date, currency) = (adjustment.business_date, adjustment.currency);
            let mut document = desk
                .journal(&suffix, date, currency, &lines, memo)
                .ok_or(Stop::Exclude(ReasonCode::ZeroValue))?;
            let customer = desk.rules.channel_customer(&adjustment.channel);
            for line in document.lines.iter_mut().filter(|l| l.customer.is_some()) {
                line.customer = Some(customer.clone());
            }
            Ok(document)
        });
        let outcome = match made {
            Ok(document) => desk.post(document),
            Err(stop) => desk.stop(stop, &key),
        };
        desk.claim(key, ClaimClass::Adjustment, adjustment.business_date, amount, outcome);
    }
}
