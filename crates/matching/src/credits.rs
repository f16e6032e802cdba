//! Which sale a credit gives back.
//!
//! Files often do not say it: a credit note names a customer and an item, never the invoice. First
//! in, first out gives the same answer for every order of the input, and takes nothing twice.

use kernel::{Currency, Decimal, ReasonCode, Timestamp};
use rust_decimal::RoundingStrategy;
use serde::Serialize;
use std::cmp::Ordering;

/// Name and version of the rule, written into every certificate.
pub const RULE: &str = "credit-fifo-customer-item/1";

/// A line of a document, by the numbers people use.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct LineRef {
    /// Number of the document.
    pub number: String,
    /// Line within it.
    pub line: String,
}

impl LineRef {
    /// Line `line` of document `number`.
    pub fn new(number: impl Into<String>, line: impl Into<String>) -> Self {
        Self { number: number.into(), line: line.into() }
    }
}

/// Documents by number, then lines; a shorter text comes first, so that line 9 precedes line 10.
impl Ord for LineRef {
    fn cmp(&self, other: &Self) -> Ordering {
        let by = |a: &str, b: &str| a.len().cmp(&b.len()).then_with(|| a.cmp(b));
        by(&self.number, &other.number).then_with(|| by(&self.line, &other.line))
    }
}

impl PartialOrd for LineRef {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A line that sold something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaleLine {
    /// Where it stands.
    pub at: LineRef,
    /// When it was sold.
    pub sold_at: Timestamp,
    /// The buyer; a line without one matches no credit.
    pub customer: Option<String>,
    /// Stock code.
    pub sku: String,
    /// Currency.
    pub currency: Currency,
    /// Quantity sold; lines that are not positive are no sales and are passed over.
    pub quantity: Decimal,
}

/// A line that credits something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreditLine {
    /// Where it stands.
    pub at: LineRef,
    /// When it was credited.
    pub credited_at: Timestamp,
    /// The buyer.
    pub customer: Option<String>,
    /// Stock code.
    pub sku: String,
    /// Currency.
    pub currency: Currency,
    /// Quantity credited, positive.
    pub quantity: Decimal,
    /// What the line is worth, minor units, any sign; it is split over the allocations.
    pub amount_minor: i64,
}

/// A part of a credit line: the sale it gives back, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CreditAllocation {
    /// The credit line.
    pub credit: LineRef,
    /// How much of it.
    #[serde(with = "kernel::decimal::text")]
    pub quantity: Decimal,
    /// Its share of the line's amount, minor units. The shares of a line add up to its amount.
    pub amount_minor: i64,
    /// Currency.
    pub currency: Currency,
    /// What it was matched to.
    pub outcome: Outcome,
}

/// Whether a part of a credit was matched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It gives back this sale.
    Matched(Certificate),
    /// No sale that it could give back is left.
    Unmatched(Unmatched),
}

/// Why a match was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Certificate {
    /// The rule and its version: [`RULE`].
    pub rule: &'static str,
    /// The sale line it gives back: the earliest one with something left.
    pub sale: LineRef,
    /// When that was sold; never after the credit.
    pub sold_at: Timestamp,
    /// Quantity taken from it.
    #[serde(with = "kernel::decimal::text")]
    pub quantity: Decimal,
    /// What is left of the sale line afterwards.
    #[serde(with = "kernel::decimal::text")]
    pub remaining: Decimal,
    /// Sale lines that could have been taken, this one included. 1: there was no choice.
    pub candidates: usize,
}

/// Why a part of a credit has no sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Unmatched {
    /// The rule and its version: [`RULE`].
    pub rule: &'static str,
    /// The reason.
    pub class: UnmatchedClass,
}

impl Unmatched {
    /// The reason code under which it is reported.
    pub const fn code(self) -> ReasonCode {
        match self.class {
            UnmatchedClass::NoCustomer => ReasonCode::CustomerUnresolved,
            UnmatchedClass::NotPositive => ReasonCode::ValueInvalid,
            UnmatchedClass::NeverSold | UnmatchedClass::SoldLater | UnmatchedClass::Exhausted => {
                ReasonCode::CreditWithoutSale
            }
        }
    }
}

/// Kinds of credits without a sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UnmatchedClass {
    /// The credit names no customer; unknown is not equal to unknown.
    NoCustomer,
    /// The customer never bought this item in this currency.
    NeverSold,
    /// The customer bought it only after the credit.
    SoldLater,
    /// Everything sold before was given back already.
    Exhausted,
    /// The credited quantity is zero or negative: the line is no credit.
    NotPositive,
}

/// Allocates credits to sales: same customer, item and currency, earliest sale first, never a sale
/// after the credit, never more than was sold. Credits are served by date, then number, then line.
///
/// Every credit line is accounted for in full: its allocations add up to its quantity and to its
/// amount. The answer does not depend on the order of the input and is sorted by credit line.
pub fn credits(sales: &[SaleLine], credits: &[CreditLine]) -> Vec<CreditAllocation> {
    let mut supply: Vec<&SaleLine> =
        sales.iter().filter(|s| s.customer.is_some() && s.quantity > Decimal::ZERO).collect();
    supply.sort_unstable_by(|a, b| {
        sale_key(a)
            .cmp(&sale_key(b))
            .then_with(|| a.sold_at.cmp(&b.sold_at))
            .then_with(|| (&a.at, a.quantity).cmp(&(&b.at, b.quantity)))
    });
    let mut demand: Vec<&CreditLine> = credits.iter().collect();
    demand.sort_unstable_by(|a, b| {
        credit_key(a).cmp(&credit_key(b)).then_with(|| a.credited_at.cmp(&b.credited_at)).then_with(
            || (&a.at, a.quantity, a.amount_minor).cmp(&(&b.at, b.quantity, b.amount_minor)),
        )
    });
    let mut found = Vec::with_capacity(credits.len());
    let mut rest = supply.as_slice();
    for group in demand.chunk_by(|a, b| credit_key(a) == credit_key(b)) {
        let key = credit_key(group[0]);
        let from = rest.partition_point(|s| sale_key(s) < key);
        let to = from + rest[from..].partition_point(|s| sale_key(s) == key);
        allocate(&rest[from..to], group, &mut found);
        rest = &rest[to..];
    }
    found.sort_by(|a, b| a.credit.cmp(&b.credit));
    found
}

type Key<'a> = (Option<&'a str>, &'a str, Currency);

fn sale_key(sale: &SaleLine) -> Key<'_> {
    (sale.customer.as_deref(), &sale.sku, sale.currency)
}

fn credit_key(credit: &CreditLine) -> Key<'_> {
    (credit.customer.as_deref(), &credit.sku, credit.currency)
}

/// Serves the credits of one customer and item, both sides sorted by time.
fn allocate(sales: &[&SaleLine], credits: &[&CreditLine], found: &mut Vec<CreditAllocation>) {
    // The first sale with something left, and what is left of it.
    let mut next = 0;
    let mut left = sales.first().map_or(Decimal::ZERO, |s| s.quantity);
    for credit in credits {
        let mut split = Split::new(credit);
        let eligible = sales.partition_point(|s| s.sold_at <= credit.credited_at);
        while split.wanted > Decimal::ZERO && next < eligible {
            let taken = split.wanted.min(left);
            left -= taken;
            let certificate = Certificate {
                rule: RULE,
                sale: sales[next].at.clone(),
                sold_at: sales[next].sold_at,
                quantity: taken,
                remaining: left,
                candidates: eligible - next,
            };
            found.push(split.take(taken, Outcome::Matched(certificate)));
            if left.is_zero() {
                next += 1;
                left = sales.get(next).map_or(Decimal::ZERO, |s| s.quantity);
            }
        }
        let class = match (credit.quantity > Decimal::ZERO, &credit.customer, eligible) {
            (false, _, _) => UnmatchedClass::NotPositive,
            (_, None, _) => UnmatchedClass::NoCustomer,
            (_, _, 0) if sales.is_empty() => UnmatchedClass::NeverSold,
            (_, _, 0) => UnmatchedClass::SoldLater,
            _ => UnmatchedClass::Exhausted,
        };
        if !split.wanted.is_zero() || credit.quantity.is_zero() {
            let rest = split.wanted;
            found.push(split.take(rest, Outcome::Unmatched(Unmatched { rule: RULE, class })));
        }
    }
}

/// Splits a credit line so that the parts add up to it.
struct Split<'a> {
    credit: &'a CreditLine,
    wanted: Decimal,
    given_minor: i64,
}

impl<'a> Split<'a> {
    fn new(credit: &'a CreditLine) -> Self {
        Self { credit, wanted: credit.quantity, given_minor: 0 }
    }

    fn take(&mut self, quantity: Decimal, outcome: Outcome) -> CreditAllocation {
        self.wanted -= quantity;
        let amount_minor = self.share() - self.given_minor;
        self.given_minor += amount_minor;
        CreditAllocation {
            credit: self.credit.at.clone(),
            quantity,
            amount_minor,
            currency: self.credit.currency,
            outcome,
        }
    }

    /// The amount that belongs to everything taken so far, minor units; all of it at the end.
    fn share(&self) -> i64 {
        let whole = self.credit.amount_minor;
        if self.wanted.is_zero() {
            return whole;
        }
        let taken = (self.credit.quantity - self.wanted) / self.credit.quantity;
        let share = Decimal::from(whole).checked_mul(taken).unwrap_or_default();
        let share = share.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero);
        i64::try_from(share.mantissa()).unwrap_or(whole)
    }
}
