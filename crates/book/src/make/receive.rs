//! Money received against invoices.

use super::Desk;
use super::refund;
use super::sale::{Capture, Tenders};
use crate::compose::{Part, Stop};
use crate::desired::{ClaimClass, ClaimOutcome};
use crate::role::Role;
use kernel::{BusinessKey, Document, DocumentKind, DocumentLink, Money, Order, ReasonCode};

/// Invoices with what is open on each, minor units, in the order in which they are paid.
pub(crate) type Open = Vec<(BusinessKey, i64)>;

/// One payment per capture beginning with the one at `from`, applied in order of date; what is too
/// much stays unapplied (case 11).
pub(crate) fn payments(
    desk: &mut Desk<'_>,
    order: &Order,
    tenders: &Tenders<'_>,
    from: usize,
    mut open: Open,
) {
    let payable = open.iter().fold(0_i64, |sum, (_, minor)| sum.saturating_add(*minor));
    let money = tenders.money[from..].iter().map(|c| c.amount.minor);
    let gone = tenders.returned.saturating_add(refund::surplus_minor(desk, order, tenders));
    let kept = money.fold(0_i64, i64::saturating_add).saturating_sub(gone);
    let short = payable.saturating_sub(kept);
    let written_off = small_difference(desk, order, tenders, short);
    let last = tenders.money.len().saturating_sub(1);
    for (i, capture) in tenders.money.iter().enumerate().skip(from) {
        let claim = format!("payment/{}", payment_suffix(tenders, i));
        let memo = written_off.as_ref().filter(|_| i == last);
        let outcome = receive(desk, order, tenders, i, &mut open, memo);
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(stop) => desk.stop(stop, &claim),
        };
        desk.claim(&claim, ClaimClass::Payment, capture.date, capture.amount, outcome);
        // Case 7: a checkout never takes more than the order costs. On account it may (case 11).
        if i == last && short < 0 && order.paid_at_checkout {
            let over = Money::new(-short, order.currency);
            let detail = format!(
                "captured {over} more than order {} costs; the surplus stays unapplied",
                order.number
            );
            desk.hold(ReasonCode::OverOrUnderPayment, detail, over, &claim);
        }
    }
    desk.open = open;
}

/// Posts the payment of one capture and applies it to what is open.
pub(crate) fn receive(
    desk: &mut Desk<'_>,
    order: &Order,
    tenders: &Tenders<'_>,
    index: usize,
    open: &mut Open,
    written_off: Option<&(BusinessKey, i64)>,
) -> Result<ClaimOutcome, Stop> {
    let capture = &tenders.money[index];
    let id = payment_suffix(tenders, index);
    let off = desk.state.exchange(capture.key, capture.processor);
    let total = capture.amount.minor.saturating_add(off);
    let more = written_off.map_or(0, |(_, amount)| *amount);
    let mut links = apply(open, capture.amount.minor.saturating_add(more));
    let settled = links.iter().fold(0_i64, |sum, link| sum.saturating_add(link.amount_minor));
    if let Some((memo, amount)) = written_off {
        links.push(DocumentLink { to: memo.clone(), amount_minor: *amount });
    }
    // What came in less than the buyer paid is settled by the entry for the difference (case 117).
    // Entries that charge a customer cannot be linked (quickbooks.md §8, matrix): what came in more
    // stays unapplied beside its entry.
    let lost = settled.saturating_sub(more).saturating_sub(total).min(off.saturating_neg());
    if lost > 0 {
        let to = desk.key(&difference_suffix(&id));
        links.push(DocumentLink { to, amount_minor: lost });
    }
    let document = payment(desk, order, capture, total, &id, links)?;
    if off != 0 {
        difference(desk, order, capture, &id, off);
    }
    Ok(desk.post(document))
}

/// Takes `amount` off what is open.
fn apply(open: &mut Open, mut amount: i64) -> Vec<DocumentLink> {
    let mut links = Vec::new();
    for (key, left) in open.iter_mut() {
        let applied = amount.min(*left);
        if applied > 0 {
            *left -= applied;
            amount -= applied;
            links.push(DocumentLink { to: key.clone(), amount_minor: applied });
        }
    }
    links
}

/// What the payment came to beyond what the buyer owed in the books.
fn difference(desk: &mut Desk<'_>, order: &Order, capture: &Capture<'_>, id: &str, off: i64) {
    let account = |role| desk.rules.account(role);
    let lines = [
        (account(Role::Receivables), "Exchange difference", off),
        (account(Role::Exchange), "Exchange difference", -off),
    ];
    let suffix = difference_suffix(id);
    let memo = format!("Exchange difference of order {}", order.number);
    let currency = capture.amount.currency;
    if let Some(document) = desk.journal(&suffix, capture.date, currency, &lines, memo) {
        let outcome = desk.post(document);
        let nothing = Money::zero(currency);
        let claim = format!("exchange/{id}");
        desk.claim(claim, ClaimClass::Payment, capture.date, nothing, outcome);
    }
}

fn difference_suffix(id: &str) -> String {
    format!("journal/exchange/{id}")
}

/// A payment of nothing that settles what is open with a credit memo (quickbooks.md §8).
pub(crate) fn use_up(desk: &mut Desk<'_>, memo: &Document, suffix: &str) {
    let mut links = apply(&mut desk.open, memo.total_minor);
    let used = links.iter().fold(0_i64, |sum, link| sum.saturating_add(link.amount_minor));
    if used == 0 {
        return;
    }
    links.push(DocumentLink { to: memo.key.clone(), amount_minor: used });
    let suffix = format!("{suffix}/applied");
    let mut document = desk.document(&suffix, DocumentKind::Payment, memo.date, memo.currency);
    document.counter_account = Some(memo.account.clone());
    document.number.clone_from(&memo.number);
    document.customer.clone_from(&memo.customer);
    document.memo.clone_from(&memo.memo);
    document.links = links;
    desk.post(document);
}

fn payment(
    desk: &Desk<'_>,
    order: &Order,
    capture: &Capture<'_>,
    total: i64,
    id: &str,
    links: Vec<DocumentLink>,
) -> Result<Document, Stop> {
    if total <= 0 {
        return Err(Stop::Exclude(ReasonCode::ZeroValue));
    }
    let suffix = format!("payment/{id}");
    let currency = capture.amount.currency;
    let mut document = desk.document(&suffix, DocumentKind::Payment, capture.date, currency);
    document.account = desk.clearing(capture.processor, capture.amount)?.to_owned();
    document.counter_account = Some(desk.rules.account(Role::Receivables).to_owned());
    document.number = Some(desk.number(&desk.rules.numbers.payment, &order.number, id));
    document.customer = Some(desk.customer());
    document.memo = format!("Payment of order {}", order.number);
    document.total_minor = total;
    document.links = links;
    Ok(document)
}

/// The payment id; where one payment has several captures (case 8) the later keys are added, so
/// that a further capture renames nothing.
pub(crate) fn payment_suffix(tenders: &Tenders<'_>, index: usize) -> String {
    let capture = &tenders.money[index];
    let same = tenders.money.iter().filter(|c| c.id == capture.id);
    if same.map(|c| c.key).min() == Some(capture.key) {
        capture.id.to_owned()
    } else {
        format!("{}/{}", capture.id, capture.key)
    }
}

/// Case 12: a credit memo for a small rest, when the rules allow it.
fn small_difference(
    desk: &mut Desk<'_>,
    order: &Order,
    tenders: &Tenders<'_>,
    short: i64,
) -> Option<(BusinessKey, i64)> {
    let last = tenders.money.last()?;
    if short <= 0 || short > desk.rules.small_difference_minor {
        return None;
    }
    let kind = DocumentKind::CreditMemo;
    let mut document = desk.document("small-difference", kind, last.date, order.currency);
    document.account = desk.rules.account(Role::Receivables).to_owned();
    document.number = Some(desk.number("{number}-D", &order.number, &order.number));
    document.customer = Some(desk.customer());
    document.memo = format!("Small difference of order {}", order.number);
    let account = desk.rules.role(Role::Rounding);
    Desk::fill(&mut document, vec![Part::plain(account, "Small difference", short)]);
    let key = document.key.clone();
    desk.post(document);
    Some((key, short))
}
