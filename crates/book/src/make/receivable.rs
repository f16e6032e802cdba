//! What a buyer owes again, and what is given up (cases 16 and 164).

use super::Desk;
use super::money::sound;
use super::receive;
use super::sale::{Standing, follow};
use crate::compose::{self, Part, Stop};
use crate::desired::ClaimClass;
use crate::role::Role;
use crate::rules::LossTax;
use crate::state::{Slot, State};
use kernel::{Document, DocumentKind, FactBody, Money, Order, PaymentReturn, ReasonCode, WriteOff};
use std::collections::BTreeSet;

/// All that buyers' banks took back, minor units.
pub(crate) fn returned_minor(state: &State) -> i64 {
    let returns = state.of(Slot::Returned).map(|f| match &f.body {
        FactBody::PaymentReturned(r) => r.amount_minor,
        _ => 0,
    });
    returns.fold(0, i64::saturating_add)
}

/// The buyer owes again what the bank took back.
pub(crate) fn returned(desk: &mut Desk<'_>, standing: Standing) {
    let state = desk.state;
    for fact in state.of(Slot::Returned) {
        let FactBody::PaymentReturned(back) = &fact.body else { continue };
        let claim = format!("returned/{}", fact.key);
        let amount = Money::new(back.amount_minor, back.currency);
        let outcome = match follow(standing) {
            Err(outcome) => outcome,
            Ok(()) => {
                let made = sound(desk, fact).and_then(|()| journal(desk, back, &claim));
                match made {
                    Ok(document) => {
                        let detail = format!(
                            "the bank took back {amount} of payment {} ({}); the buyer owes it again",
                            back.payment_id, back.reason
                        );
                        desk.hold(ReasonCode::SettlementFailed, detail, amount, &claim);
                        desk.post(document)
                    }
                    Err(stop) => desk.stop(stop, &claim),
                }
            }
        };
        let date = back.business_date;
        let less = |minor: i64| Money::new(minor.saturating_neg(), back.currency);
        if back.fee_minor != 0 {
            let fee = format!("{claim}/fee");
            desk.claim(fee, ClaimClass::Fee, date, less(back.fee_minor), outcome.clone());
        }
        desk.claim(claim, ClaimClass::Payment, date, less(back.amount_minor), outcome);
    }
}

fn journal(desk: &Desk<'_>, back: &PaymentReturn, claim: &str) -> Result<Document, Stop> {
    let amount = Money::new(back.amount_minor, back.currency);
    compose::fits(Money::new(back.fee_minor, back.currency))?;
    let clearing = desk.clearing(&back.processor, amount)?;
    let account = |role| desk.rules.account(role);
    let lines = [
        (account(Role::Receivables), "Payment taken back", back.amount_minor),
        (account(Role::ProcessorFees), "Fee for it", back.fee_minor),
        (clearing, "Payment taken back", -(back.amount_minor + back.fee_minor)),
    ];
    let memo = format!("Payment {} taken back by the bank", back.payment_id);
    let (date, currency) = (back.business_date, back.currency);
    let journal = desk.journal(&format!("journal/{claim}"), date, currency, &lines, memo);
    journal.ok_or(Stop::Exclude(ReasonCode::ZeroValue))
}

/// What will never be paid.
pub(crate) fn written_off(desk: &mut Desk<'_>, order: &Order, standing: Standing) {
    let state = desk.state;
    let mut seen = BTreeSet::new();
    for fact in state.of(Slot::WrittenOff) {
        let FactBody::ReceivableWrittenOff(given_up) = &fact.body else { continue };
        let id = given_up.write_off_id.as_str();
        // Two movements under one id: the second goes by its key.
        let id = if seen.insert(id) { id } else { fact.key.as_str() };
        let claim = format!("write-off/{id}");
        let outcome = match follow(standing) {
            Err(outcome) => outcome,
            Ok(()) => {
                let made = sound(desk, fact).and_then(|()| memo(desk, order, given_up, &claim));
                match made {
                    Ok(document) => {
                        let outcome = desk.post(document.clone());
                        receive::use_up(desk, &document, &claim);
                        outcome
                    }
                    Err(stop) => desk.stop(stop, &claim),
                }
            }
        };
        let amount = Money::new(given_up.amount_minor.saturating_neg(), given_up.currency);
        desk.claim(claim, ClaimClass::Adjustment, given_up.business_date, amount, outcome);
    }
}

fn memo(
    desk: &Desk<'_>,
    order: &Order,
    given_up: &WriteOff,
    suffix: &str,
) -> Result<Document, Stop> {
    let amount = Money::new(given_up.amount_minor, given_up.currency);
    if amount.minor == 0 {
        return Err(Stop::Exclude(ReasonCode::ZeroValue));
    }
    if amount.currency != order.currency || amount.minor > order.total_minor {
        let total = Money::new(order.total_minor, order.currency);
        let detail = format!("{amount} is given up of order {}, which is {total}", order.number);
        return Err(Stop::Hold { code: ReasonCode::OverOrUnderPayment, detail, amount });
    }
    let kind = DocumentKind::CreditMemo;
    let mut document = desk.document(suffix, kind, given_up.business_date, given_up.currency);
    document.account = desk.rules.account(Role::Receivables).to_owned();
    document.number = Some(desk.number("{number}-W", &order.number, &order.number));
    document.customer = Some(desk.customer());
    document.memo = format!("Order {} given up: {}", order.number, given_up.reason);
    Desk::fill(&mut document, loss(desk, order, amount.minor, Role::BadDebt, "Given up"));
    Ok(document)
}

/// A loss of `minor` on what was sold, without the tax inside where the authorities give it back.
pub(crate) fn loss<'r>(
    desk: &Desk<'r>,
    order: &Order,
    minor: i64,
    role: Role,
    text: &str,
) -> Vec<Part<'r>> {
    let account = desk.rules.role(role);
    let taxes: Vec<_> = order.taxes.iter().filter(|t| !t.marketplace).collect();
    let tax = taxes.iter().fold(0_i64, |sum, t| sum.saturating_add(t.amount_minor));
    let net = order.total_minor.saturating_sub(tax);
    if desk.rules.policy.loss_tax == LossTax::Keep || tax <= 0 || net < 0 {
        return vec![Part::plain(account, text, minor)];
    }
    let mut weights = vec![net];
    weights.extend(taxes.iter().map(|t| t.amount_minor));
    let shares = Money::new(minor, order.currency).allocate(&weights);
    let accounts = taxes.iter().map(|t| (desk.rules.tax(&t.jurisdiction), t.jurisdiction.as_str()));
    let named = std::iter::once((account, text)).chain(accounts).zip(shares);
    let parts = named.map(|((account, text), share)| Part::plain(account, text, share.minor));
    parts.filter(|p| p.amount != 0).collect()
}
