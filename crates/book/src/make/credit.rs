//! Credits: orders whose total is negative.

use super::Desk;
use super::sale::{ORDER, Tenders};
use crate::compose::{self, Elsewhere, Part, Stop, Way};
use crate::desired::{ClaimClass, ClaimOutcome, CreditMatch};
use crate::role::Role;
use kernel::{Decimal, DocumentKind, Money, Order, OrderLine, ReasonCode};
use rust_decimal::prelude::ToPrimitive;

/// A part of a credit and whether it belongs to an earlier sale.
type Credited<'r> = (Part<'r>, bool);

/// Credit memo (on account) or refund receipt (money given back at once). A credit order is split
/// into what belongs to earlier sales and what does not; a sale with more returns than goods
/// (case 144) is one document.
pub(crate) fn make(
    desk: &mut Desk<'_>,
    order: &Order,
    tenders: &Tenders<'_>,
) -> Result<(), ClaimOutcome> {
    let total = Money::new(order.total_minor, order.currency);
    let hold = |code, detail| Stop::Hold { code, detail, amount: total };
    let paid = tenders.money_minor().saturating_add(tenders.gift_minor());
    let stop = if order.total_minor > 0 {
        Some(hold(
            ReasonCode::ValueInvalid,
            format!("credit {} has a positive total", order.number),
        ))
    } else if paid != 0 {
        let paid = Money::new(paid, order.currency);
        let detail = format!("credit {} was paid {paid}; correct the source", order.number);
        Some(hold(ReasonCode::OverOrUnderPayment, detail))
    } else {
        None
    };
    if let Some(stop) = stop {
        return Err(desk.stop(stop, ORDER));
    }
    let parts = if order.credit {
        credited(desk, order)
    } else {
        let parts = compose::whole_return(desk.rules, order, -1, &desk.sellers_goods());
        parts.map(|all| all.into_iter().map(|p| (p, true)).collect())
    };
    let parts: Vec<Credited<'_>> = parts.map_err(|stop| desk.stop(stop, ORDER))?;
    if parts.iter().all(|(p, _)| p.amount == 0) {
        return Err(ClaimOutcome::Excluded(ReasonCode::ZeroValue));
    }
    let claims = claims(order, &parts);
    let document = document(desk, order, parts, total).map_err(|stop| desk.stop(stop, ORDER))?;
    let outcome = desk.post(document);
    for (key, class, amount) in claims {
        let amount = Money::new(amount, order.currency);
        desk.claim(key, class, order.business_date, amount, outcome.clone());
    }
    Ok(())
}

fn document(
    desk: &Desk<'_>,
    order: &Order,
    parts: Vec<Credited<'_>>,
    total: Money,
) -> Result<kernel::Document, Stop> {
    let (suffix, kind, account) = if order.paid_at_checkout {
        ("credit-refund", DocumentKind::RefundReceipt, desk.clearing("default", total)?)
    } else {
        ("credit", DocumentKind::CreditMemo, desk.rules.account(Role::Receivables))
    };
    let mut document = desk.document(suffix, kind, order.business_date, order.currency);
    document.account = account.to_owned();
    document.number = Some(desk.number(&desk.rules.numbers.credit, &order.number, &order.number));
    document.customer = Some(desk.customer());
    let mut sales: Vec<&str> = matches(desk).iter().map(|m| m.sale_number.as_str()).collect();
    sales.sort_unstable();
    sales.dedup();
    document.memo = match sales.as_slice() {
        [] => format!("Credit {}", order.number),
        [..] if sales.len() > SALES_NAMED_MAX => {
            format!("Credit {} for {} sales, see the lines", order.number, sales.len())
        }
        [..] => format!("Credit {} for sale {}", order.number, sales.join(", ")),
    };
    Desk::fill(&mut document, parts.into_iter().map(|(p, _)| p).collect());
    Ok(document)
}

/// How many sales a memo names; the lines name all of them.
const SALES_NAMED_MAX: usize = 20;

fn matches<'a>(desk: &Desk<'a>) -> &'a [CreditMatch] {
    desk.cx.credit_matches
}

/// The parts of a credit order: per line what belongs to each earlier sale, then the rest.
fn credited<'r>(desk: &Desk<'r>, order: &Order) -> Result<Vec<Credited<'r>>, Stop> {
    let accounts = compose::accounts(desk.rules, order, &order.lines, Way::Sale)?;
    // Taxes and rounding come after the lines in the whole return; their share of each class
    // follows the lines.
    let whole = compose::whole_return(desk.rules, order, -1, &Elsewhere::default())?;
    let mut parts: Vec<Credited<'r>> = Vec::with_capacity(whole.len() + 1);
    for ((line, account), part) in order.lines.iter().zip(accounts).zip(&whole) {
        let unmatched = if account == desk.rules.role(Role::Returns) {
            desk.rules.role(Role::ReturnsUnmatched)
        } else {
            account
        };
        let part = Part { account, ..part.clone() };
        split(matches(desk), line, part, unmatched, order.currency.exponent(), &mut parts);
    }
    let any = |wanted| parts.iter().any(|(p, matched)| *matched == wanted && p.amount > 0);
    let (matched, unmatched) = (any(true), any(false));
    let weight = |wanted| -> i64 {
        parts.iter().filter(|(p, m)| *m == wanted && p.amount > 0).map(|(p, _)| p.amount).sum()
    };
    let weights = [weight(true), weight(false)];
    for part in &whole[order.lines.len()..] {
        if matched && unmatched {
            let shares = Money::new(part.amount, order.currency).allocate(&weights);
            for (share, is_matched) in shares.into_iter().zip([true, false]) {
                let share = Part { amount: share.minor, ..part.clone() };
                parts.push((share, is_matched));
            }
        } else {
            parts.push((part.clone(), matched));
        }
    }
    parts.retain(|(p, _)| p.amount != 0 || p.quantity.is_some());
    Ok(parts)
}

/// Splits one line by the quantities that belong to earlier sales.
fn split<'r>(
    matches: &[CreditMatch],
    line: &OrderLine,
    part: Part<'r>,
    unmatched: &'r crate::rules::Account,
    exponent: u32,
    parts: &mut Vec<Credited<'r>>,
) {
    let mut left = line.quantity.abs();
    let mut pieces: Vec<(Decimal, Option<&str>)> = Vec::new();
    for found in matches.iter().filter(|m| m.line_id == line.id) {
        let quantity = found.quantity.abs().min(left);
        if !quantity.is_zero() {
            left -= quantity;
            pieces.push((quantity, Some(&found.sale_number)));
        }
    }
    if pieces.is_empty() {
        parts.push((Part { account: unmatched, ..part }, false));
        return;
    }
    if !left.is_zero() {
        pieces.push((left, None));
    }
    let scale = pieces.iter().map(|(q, _)| q.scale()).max().unwrap_or_default();
    let unit = Decimal::from(10_u64.pow(scale.min(18)));
    let weight = |q: &Decimal| q.checked_mul(unit).and_then(|w| w.to_i64()).unwrap_or_default();
    let weights: Vec<i64> = pieces.iter().map(|(q, _)| weight(q)).collect();
    let shares = Money::new(part.amount, kernel::Currency::USD).allocate(&weights);
    for ((quantity, sale), share) in pieces.into_iter().zip(shares) {
        let exact =
            quantity.checked_mul(line.unit_price) == Some(Decimal::new(share.minor, exponent));
        let piece = Part {
            account: if sale.is_some() { part.account } else { unmatched },
            description: match sale {
                Some(number) => format!("{} (sale {number})", part.description),
                None => part.description.clone(),
            },
            quantity: exact.then_some(quantity),
            unit_price: exact.then_some(line.unit_price),
            amount: share.minor,
            class: part.class,
        };
        parts.push((piece, sale.is_some()));
    }
}

/// The claims of the order; they add up to its total.
fn claims(order: &Order, parts: &[Credited<'_>]) -> Vec<(&'static str, ClaimClass, i64)> {
    let sum = |wanted| -> i64 {
        parts.iter().filter(|(_, m)| *m == wanted).map(|(p, _)| -p.amount).sum()
    };
    if !order.credit {
        return vec![(ORDER, ClaimClass::Sale, order.total_minor)];
    }
    let (matched, unmatched) = (sum(true), sum(false));
    let has = |wanted| parts.iter().any(|(_, m)| *m == wanted);
    let mut claims = Vec::with_capacity(2);
    if has(true) {
        claims.push((ORDER, ClaimClass::Credit, matched));
    }
    if has(false) {
        claims.push(("order/unmatched", ClaimClass::CreditUnmatched, unmatched));
    }
    claims
}
