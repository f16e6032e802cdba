//! Exact products of quantity and price, and their sums.

use kernel::decimal::{DecimalError, parse_decimal};
use kernel::{Currency, Decimal};

/// Largest magnitude of a [`Decimal`] mantissa: 96 bits.
const MANTISSA_MAX: u128 = (1 << 96) - 1;

/// Reads a decimal; blanks around it are part of the file and not of the number.
pub(super) fn decimal(text: &str) -> Result<Decimal, DecimalError> {
    parse_decimal(text.trim_matches(' '))
}

/// Most decimals of quantity × price. Without a bound one absurd row could use up the digits of
/// the sum for all others.
const DECIMALS_MAX: u32 = 12;

/// An exact decimal number of up to 96 bits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Exact {
    mantissa: i128,
    scale: u32,
}

impl Exact {
    /// `quantity × price` without any rounding; `None` beyond 96 bits or [`DECIMALS_MAX`].
    pub(super) fn product(quantity: Decimal, price: Decimal) -> Option<Self> {
        let (mut a, mut b) = (quantity, price);
        if a.scale() + b.scale() > 8 {
            (a, b) = (a.normalize(), b.normalize());
        }
        let exact = Self {
            mantissa: a.mantissa().checked_mul(b.mantissa())?,
            scale: a.scale() + b.scale(),
        };
        exact.in_range().then_some(exact)
    }

    /// The exact sum, or `None` when it does not fit.
    pub(super) fn plus(self, other: Self) -> Option<Self> {
        let scale = self.scale.max(other.scale);
        let mantissa = self.at_scale(scale)?.checked_add(other.at_scale(scale)?)?;
        let sum = Self { mantissa, scale };
        sum.in_range().then_some(sum)
    }

    /// Minor units of `currency`, rounded half away from zero as QuickBooks does
    /// (quickbooks.md §8), and whether anything was rounded off.
    pub(super) fn minor(self, currency: Currency) -> Option<(i64, bool)> {
        let exponent = currency.exponent();
        if self.scale <= exponent {
            return Some((i64::try_from(self.at_scale(exponent)?).ok()?, false));
        }
        let unit = 10_i128.pow(self.scale - exponent);
        let (whole, rest) = (self.mantissa / unit, self.mantissa % unit);
        let away = i128::from(rest.unsigned_abs() * 2 >= unit.unsigned_abs());
        let minor = whole + away * self.mantissa.signum();
        Some((i64::try_from(minor).ok()?, rest != 0))
    }

    /// As a decimal without trailing zeros.
    pub(super) fn value(self) -> Decimal {
        Decimal::from_i128_with_scale(self.mantissa, self.scale).normalize()
    }

    fn at_scale(self, scale: u32) -> Option<i128> {
        if scale == self.scale {
            return Some(self.mantissa);
        }
        self.mantissa.checked_mul(10_i128.checked_pow(scale - self.scale)?)
    }

    fn in_range(self) -> bool {
        self.mantissa.unsigned_abs() <= MANTISSA_MAX && self.scale <= DECIMALS_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn minor_units_agree_with_the_kernel(q in -100_000_i64..100_000, p in any::<i32>(), s in 0_u32..7) {
            let (q, p) = (Decimal::from(q), Decimal::new(i64::from(p), s));
            for code in ["JPY", "GBP", "KWD"] {
                let currency: Currency = code.parse().unwrap();
                let (minor, rounded) = Exact::product(q, p).unwrap().minor(currency).unwrap();
                let money = kernel::Money::round(q * p, currency).unwrap();
                prop_assert_eq!(minor, money.minor);
                prop_assert_eq!(rounded, money.to_decimal() != q * p);
            }
        }

        #[test]
        fn sums_are_exact(parts in proptest::collection::vec((any::<i32>(), 0_u32..9), 0..50)) {
            let mut sum = Exact::default();
            let mut expected = Decimal::ZERO;
            for (m, s) in parts {
                let part = Decimal::new(i64::from(m), s);
                sum = sum.plus(Exact::product(part, Decimal::ONE).unwrap()).unwrap();
                expected += part;
            }
            prop_assert_eq!(sum.value(), expected);
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_and_never_rounded() {
        let big = Decimal::MAX;
        assert_eq!(Exact::product(big, Decimal::TWO), None);
        let tiny = Decimal::new(1, 28);
        assert_eq!(Exact::product(tiny, Decimal::new(1, 1)), None);
        assert_eq!(Exact::product(Decimal::ONE, tiny), None);
        let zeros = Decimal::new(250_000_000_000, 11);
        assert!(Exact::product(zeros, zeros).is_some_and(|p| p.value() == Decimal::new(625, 2)));
        let small = Exact::product(Decimal::ONE, Decimal::new(1, 12)).unwrap();
        let large = Exact::product(big, Decimal::ONE).unwrap();
        assert_eq!(large.plus(small), None);
        assert_eq!(large.minor(Currency::GBP), None);
        assert_eq!(decimal("-0").unwrap().to_string(), "0");
        assert!(!decimal("-0.00").unwrap().is_sign_negative());
    }
}
