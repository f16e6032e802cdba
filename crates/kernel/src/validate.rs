//! Invariants every fact must keep before it may become a document.

use crate::currency::Currency;
use crate::fact::{Fact, FactBody, Order, OrderLine, Refund, SERVICE_MONTHS_MAX, TaxLine};
use crate::money::Money;
use crate::reason::ReasonCode;
use crate::time::Timestamp;
use rust_decimal::Decimal;

/// A broken invariant: the fact is held, never posted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {detail}")]
pub struct Violation {
    /// The reason code.
    pub code: ReasonCode,
    /// What is wrong, with both numbers.
    pub detail: String,
    /// The amount at stake.
    pub amount: Money,
}

/// Largest number of lines in one order or refund. QuickBooks allows 10,000 (quickbooks.md §6).
pub const LINES_MAX: usize = 10_000;

/// How far before the present an event may lie: records older than this are implausible.
pub const EVENT_AGE_YEARS_MAX: i64 = 30;

/// How far after the present an event may lie, days.
pub const EVENT_AHEAD_DAYS_MAX: i64 = 2;

/// Checks that the order foots: lines − discounts + tax + rounding = total; that tax keeps within
/// its boundary; that amounts fit.
pub fn order(order: &Order) -> Vec<Violation> {
    let mut found = Vec::new();
    let amount = Money::new(order.total_minor, order.currency);
    let fail = |code, detail| Violation { code, detail, amount };
    if order.lines.len() > LINES_MAX {
        let detail = format!("{} lines; at most {LINES_MAX} fit one document", order.lines.len());
        found.push(fail(ReasonCode::BatchLimit, detail));
    }
    let lines = sum(order.lines.iter().map(OrderLine::net_minor));
    let taxes = sum(order.taxes.iter().filter(|t| !t.marketplace).map(|t| t.amount_minor));
    let expected = match (lines, taxes) {
        (Some(l), Some(_)) if order.tax_included => l.checked_add(order.rounding_minor),
        (Some(l), Some(t)) => l.checked_add(t).and_then(|s| s.checked_add(order.rounding_minor)),
        _ => None,
    };
    match expected {
        None => found.push(fail(ReasonCode::ValueInvalid, "amounts overflow 64 bits".to_owned())),
        Some(e) if e != order.total_minor => found.push(fail(
            ReasonCode::SourceNotFooting,
            format!(
                "lines − discounts + tax + rounding = {}, but the source says the total is {}",
                Money::new(e, order.currency),
                amount
            ),
        )),
        Some(_) => {}
    }
    found.extend(taxes_within_boundary(&order.taxes, order.currency, amount));
    found
}

/// Checks that an itemised refund foots and that its payments add up to it.
pub fn refund(refund: &Refund) -> Vec<Violation> {
    let mut found = Vec::new();
    let amount = Money::new(refund.total_minor, refund.currency);
    let mut differs = |what: &str, got: Option<i64>| match got {
        Some(v) if v == refund.total_minor => {}
        Some(v) => found.push(Violation {
            code: ReasonCode::SourceNotFooting,
            detail: format!(
                "{what} {}, but the refund is {amount}",
                Money::new(v, refund.currency)
            ),
            amount,
        }),
        None => found.push(Violation {
            code: ReasonCode::ValueInvalid,
            detail: "amounts overflow 64 bits".to_owned(),
            amount,
        }),
    };
    if !refund.lines.is_empty() || !refund.taxes.is_empty() {
        let lines = refund.lines.iter().map(OrderLine::net_minor);
        differs(
            "returned lines and tax add up to",
            sum(lines.chain(refund.taxes.iter().map(|t| t.amount_minor))),
        );
    }
    if !refund.payments.is_empty() {
        differs("money given back adds up to", sum(refund.payments.iter().map(|p| p.amount_minor)));
    }
    if let Some(other) = refund.payments.iter().find(|p| p.currency != refund.currency) {
        found.push(Violation {
            code: ReasonCode::CurrencyMismatch,
            detail: format!("refund in {}, payment in {}", refund.currency, other.currency),
            amount,
        });
    }
    found.extend(taxes_within_boundary(&refund.taxes, refund.currency, amount));
    found
}

/// No tax beyond its boundary: |tax − rate × base| ≤ one half minor unit per separately rounded
/// part, plus one.
fn taxes_within_boundary(taxes: &[TaxLine], currency: Currency, amount: Money) -> Vec<Violation> {
    let unit = Decimal::new(1, 0);
    taxes
        .iter()
        .filter_map(|tax| {
            let (rate, base) = (tax.rate?, tax.base_minor?);
            let expected = rate.checked_mul(Decimal::from(base))?;
            let off = (Decimal::from(tax.amount_minor) - expected).abs();
            let allowed = Decimal::from(tax.parts.max(1)) / Decimal::TWO + unit;
            (off > allowed).then(|| Violation {
                code: ReasonCode::TaxBeyondBoundary,
                detail: format!(
                    "{}: tax {} is outside {rate} × {} ± {} minor units",
                    tax.jurisdiction,
                    Money::new(tax.amount_minor, currency),
                    Money::new(base, currency),
                    allowed.normalize()
                ),
                amount,
            })
        })
        .collect()
}

/// All invariants of one fact, given the present moment.
pub fn fact(fact: &Fact, now: Timestamp) -> Vec<Violation> {
    let mut found = match &fact.body {
        FactBody::OrderCreated(o) | FactBody::OrderUpdated(o) => order(o),
        FactBody::RefundIssued(r) | FactBody::RefundFailed(r) => refund(r),
        FactBody::OrderEdited(e) => order(&e.order),
        FactBody::OrderFulfilled(f) => {
            let amount = Money::new(f.worth_minor().unwrap_or_default(), f.currency);
            let mut found = taxes_within_boundary(&f.taxes, f.currency, amount);
            let is_rest = f.lines.is_empty() && f.taxes.is_empty();
            if !is_rest && f.worth_minor().is_none_or(|worth| worth < 0) {
                found.push(invalid(format!("fulfilment {} has no worth", f.fulfilment_id), amount));
            }
            found
        }
        FactBody::ServiceScheduled(s) if !(1..=SERVICE_MONTHS_MAX).contains(&s.months) => {
            let detail =
                format!("a service of {} months; 1 to {SERVICE_MONTHS_MAX} are known", s.months);
            vec![invalid(detail, Money::zero(Currency::USD))]
        }
        FactBody::PaymentCaptured(p) | FactBody::PaymentAuthorised(p) if p.processor.is_empty() => {
            let detail = format!("payment {} does not say by what it came", p.payment_id);
            vec![invalid(detail, Money::new(p.amount_minor, p.currency))]
        }
        body => negative(body),
    };
    let at = fact.occurred_at.0;
    let day = 86_400;
    if at < now.plus_seconds(-EVENT_AGE_YEARS_MAX * 366 * day)
        || at > now.plus_seconds(EVENT_AHEAD_DAYS_MAX * day)
    {
        found.push(Violation {
            code: ReasonCode::ClockImplausible,
            detail: format!("the source dates this {at}, it is {now}; check the source's clock"),
            amount: fact.amount().unwrap_or(Money::zero(Currency::USD)),
        });
    }
    found
}

fn invalid(detail: String, amount: Money) -> Violation {
    Violation { code: ReasonCode::ValueInvalid, detail, amount }
}

/// Amounts that have only one sign.
fn negative(body: &FactBody) -> Vec<Violation> {
    let (what, minor, currency) = match body {
        FactBody::PaymentCaptured(p) | FactBody::PaymentAuthorised(p) => {
            (format!("payment {}", p.payment_id), p.amount_minor, p.currency)
        }
        FactBody::PaymentReturned(r) => (
            format!("the return of payment {}", r.payment_id),
            r.amount_minor.min(r.fee_minor),
            r.currency,
        ),
        FactBody::PaymentSettled(s) => {
            (format!("the settlement of {}", s.of), s.settled_minor, s.currency)
        }
        FactBody::BalanceConverted(c) => {
            let least = c.from_minor.min(c.to_minor).min(c.carried_minor.unwrap_or_default());
            (format!("conversion {}", c.conversion_id), least, c.currency)
        }
        FactBody::ReceivableWrittenOff(w) => {
            (format!("write-off {}", w.write_off_id), w.amount_minor, w.currency)
        }
        _ => return Vec::new(),
    };
    if minor >= 0 {
        return Vec::new();
    }
    vec![invalid(format!("{what} is negative"), Money::new(minor, currency))]
}

fn sum(amounts: impl Iterator<Item = i64>) -> Option<i64> {
    let mut total = 0_i64;
    for amount in amounts {
        total = total.checked_add(amount)?;
    }
    Some(total)
}

impl Fact {
    /// The amount this fact is about, as the source states it; `None` for facts without one.
    pub fn amount(&self) -> Option<Money> {
        let (minor, currency) = match &self.body {
            FactBody::OrderCreated(o) | FactBody::OrderUpdated(o) => (o.total_minor, o.currency),
            FactBody::OrderCancelled(_) | FactBody::ServiceScheduled(_) => return None,
            FactBody::PaymentAuthorised(p)
            | FactBody::PaymentCaptured(p)
            | FactBody::PaymentFailed(p)
            | FactBody::PaymentVoided(p) => (p.amount_minor, p.currency),
            FactBody::RefundIssued(r) | FactBody::RefundFailed(r) => (r.total_minor, r.currency),
            FactBody::FeeCharged(f) => (f.amount_minor, f.currency),
            FactBody::PayoutPaid(p) | FactBody::PayoutFailed(p) => (p.amount_minor, p.currency),
            FactBody::PayoutItemised(i) => {
                (sum(i.entries.iter().map(crate::PayoutEntry::net_minor))?, i.currency)
            }
            FactBody::DisputeOpened(d) | FactBody::DisputeWon(d) | FactBody::DisputeLost(d) => {
                (d.amount_minor, d.currency)
            }
            FactBody::AdjustmentRecorded(a) => (a.amount_minor, a.currency),
            FactBody::GiftCardSold(g) | FactBody::GiftCardRedeemed(g) => {
                (g.amount_minor, g.currency)
            }
            FactBody::OrderEdited(e) => (e.order.total_minor, e.order.currency),
            FactBody::OrderFulfilled(f) => (f.worth_minor()?, f.currency),
            FactBody::PaymentReturned(r) => (r.amount_minor, r.currency),
            FactBody::PaymentSettled(s) => (s.settled_minor, s.currency),
            FactBody::BalanceConverted(c) => (c.to_minor, c.currency),
            FactBody::CreditGranted(g) => (g.amount_minor, g.currency),
            FactBody::SellerPaid(s) => (s.amount_minor, s.currency),
            FactBody::ReceivableWrittenOff(w) => (w.amount_minor, w.currency),
        };
        Some(Money::new(minor, currency))
    }
}
