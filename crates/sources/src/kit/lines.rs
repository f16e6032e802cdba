//! Lines and sums that every order system has.

use super::{Located, Parsed};
use kernel::{Currency, Decimal, LineKind, Money, OrderLine};

/// The sum of minor units, checked.
pub fn total(currency: Currency, amounts: impl IntoIterator<Item = i64>, at: &str) -> Parsed<i64> {
    Money::sum(currency, amounts.into_iter().map(|m| Money::new(m, currency)))
        .map(|m| m.minor)
        .at(at)
}

/// Quantity × price without a line: what a unit of `minor` costs.
pub fn unit(minor: i64, quantity: Decimal, currency: Currency) -> Decimal {
    let whole = Money::new(minor, currency).to_decimal();
    if quantity == Decimal::ONE {
        return whole.normalize();
    }
    whole.checked_div(quantity).unwrap_or(whole).round_dp(6).normalize()
}

/// Whether `residue` may come from rounding `parts` amounts to minor units.
pub fn is_rounding(residue: i64, parts: usize) -> bool {
    let allowed = u64::try_from(parts).unwrap_or(u64::MAX).max(2);
    residue.unsigned_abs().saturating_mul(2) <= allowed
}

/// One piece of `kind`, free of charge.
pub const fn simple(kind: LineKind) -> OrderLine {
    OrderLine {
        id: String::new(),
        kind,
        sku: String::new(),
        title: String::new(),
        quantity: Decimal::ONE,
        unit_price: Decimal::ZERO,
        gross_minor: 0,
        discount_minor: 0,
    }
}
