//! Money: integer minor units and a currency.

use crate::currency::{Currency, MoneyConvention};
use crate::decimal::{DecimalError, parse_decimal, plain};
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};
use std::fmt;

/// An amount of one currency in its ISO 4217 minor units.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// Minor units (cents), negative for the opposite direction.
    pub minor: i64,
    /// The currency.
    pub currency: Currency,
}

/// Why an amount cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Not a decimal number.
    #[error(transparent)]
    Decimal(#[from] DecimalError),
    /// More decimals than the currency has, and they are not zeros.
    #[error("{text} has more decimals than {currency} allows ({exponent}); correct the source")]
    TooPrecise {
        /// The text.
        text: String,
        /// The currency.
        currency: Currency,
        /// Decimals of the currency.
        exponent: u32,
    },
    /// The sum or product does not fit in 64 bits.
    #[error("the amount in {0} is too large for a book (64-bit minor units)")]
    Overflow(Currency),
    /// Two currencies met in one sum.
    #[error("{0} and {1} cannot be added; one document has one currency")]
    CurrencyMismatch(Currency, Currency),
}

impl Money {
    /// `minor` units of `currency`.
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Nothing of `currency`.
    pub const fn zero(currency: Currency) -> Self {
        Self { minor: 0, currency }
    }

    /// Parses decimal text exactly (`"10.50"`, `"1e2"`). Extra decimals must be zeros.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        match Self::parse_plain(text, currency) {
            Some(money) => Ok(money),
            None => Self::parse_any(text, currency),
        }
    }

    /// What nearly every amount looks like, in integers all the way.
    fn parse_plain(text: &str, currency: Currency) -> Option<Self> {
        let (digits, scale) = plain(text)?;
        let exponent = currency.exponent();
        let minor = if scale <= exponent {
            digits.checked_mul(10_i64.pow(exponent - scale))?
        } else {
            let finer = 10_i64.pow(scale - exponent);
            (digits % finer == 0).then_some(digits / finer)?
        };
        Some(Self { minor, currency })
    }

    fn parse_any(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let value = parse_decimal(text)?;
        let money = Self::round(value, currency)?;
        if money.to_decimal() == value {
            Ok(money)
        } else {
            Err(MoneyError::TooPrecise {
                text: text.to_owned(),
                currency,
                exponent: currency.exponent(),
            })
        }
    }

    /// Rounds `value` half away from zero to minor units: the rule of QuickBooks and of most
    /// order systems (quickbooks.md §8).
    pub fn round(value: Decimal, currency: Currency) -> Result<Self, MoneyError> {
        Self::round_with(value, currency, RoundingStrategy::MidpointAwayFromZero)
    }

    /// What it is worth in `into` at `rate` units of that for one unit of this.
    pub fn exchanged(self, rate: Decimal, into: Currency) -> Result<Self, MoneyError> {
        let value = self.to_decimal().checked_mul(rate);
        Self::round(value.ok_or(MoneyError::Overflow(into))?, into)
    }

    /// Rounds `value` half to even, as Square does (sources-and-cases.md A5).
    pub fn round_half_even(value: Decimal, currency: Currency) -> Result<Self, MoneyError> {
        Self::round_with(value, currency, RoundingStrategy::MidpointNearestEven)
    }

    fn round_with(
        value: Decimal,
        currency: Currency,
        strategy: RoundingStrategy,
    ) -> Result<Self, MoneyError> {
        let overflow = || MoneyError::Overflow(currency);
        let scaled = value
            .checked_mul(Decimal::from(10_i64.pow(currency.exponent())))
            .ok_or_else(overflow)?
            .round_dp_with_strategy(0, strategy);
        let minor = i64::try_from(scaled.mantissa()).map_err(|_| overflow())?;
        Ok(Self { minor, currency })
    }

    /// Reads an integer amount as a vendor writes it. Fails when the vendor's unit is finer than
    /// ISO 4217 and the difference is not zero (Stripe's ISK must end in 00).
    pub fn from_vendor(
        amount: i64,
        currency: Currency,
        convention: MoneyConvention,
    ) -> Result<Self, MoneyError> {
        let (theirs, ours) = (currency.vendor_exponent(convention), currency.exponent());
        let minor = if theirs > ours {
            let unit = 10_i64.pow(theirs - ours);
            if amount % unit != 0 {
                return Err(MoneyError::TooPrecise {
                    text: amount.to_string(),
                    currency,
                    exponent: ours,
                });
            }
            amount / unit
        } else {
            amount.checked_mul(10_i64.pow(ours - theirs)).ok_or(MoneyError::Overflow(currency))?
        };
        Ok(Self { minor, currency })
    }

    /// The exact decimal value in major units.
    pub fn to_decimal(&self) -> Decimal {
        Decimal::from_i128_with_scale(i128::from(self.minor), self.currency.exponent())
    }

    /// Decimal text without the currency, e.g. `-10.50`.
    pub fn to_text(&self) -> String {
        self.to_decimal().to_string()
    }

    /// The sum, checked for range and currency.
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::CurrencyMismatch(self.currency, other.currency));
        }
        let minor =
            self.minor.checked_add(other.minor).ok_or(MoneyError::Overflow(self.currency))?;
        Ok(Self { minor, ..self })
    }

    /// The difference, checked for range and currency.
    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.checked_add(other.checked_neg()?)
    }

    /// The opposite amount.
    pub fn checked_neg(self) -> Result<Self, MoneyError> {
        let minor = self.minor.checked_neg().ok_or(MoneyError::Overflow(self.currency))?;
        Ok(Self { minor, ..self })
    }

    /// The checked sum of many amounts of `currency`.
    pub fn sum(
        currency: Currency,
        amounts: impl IntoIterator<Item = Self>,
    ) -> Result<Self, MoneyError> {
        amounts.into_iter().try_fold(Self::zero(currency), Self::checked_add)
    }

    /// Splits the amount in proportion to `weights` so that the parts add up to it exactly:
    /// largest remainder, earlier parts first among equals (sources-and-cases.md B2 #24).
    /// Negative weights count as zero; when all are zero the last part takes everything.
    pub fn allocate(self, weights: &[i64]) -> Vec<Self> {
        if weights.is_empty() {
            return Vec::new();
        }
        let total: i128 = weights.iter().map(|w| i128::from((*w).max(0))).sum();
        if total == 0 {
            let mut parts = vec![Self::zero(self.currency); weights.len()];
            parts[weights.len() - 1] = self;
            return parts;
        }
        let amount = i128::from(self.minor);
        let mut parts: Vec<(i128, i128, usize)> = weights
            .iter()
            .enumerate()
            .map(|(i, w)| {
                let product = amount * i128::from((*w).max(0));
                (product.div_euclid(total), product.rem_euclid(total), i)
            })
            .collect();
        let given: i128 = parts.iter().map(|p| p.0).sum();
        let left = usize::try_from(amount - given).expect("fewer cents are left than parts");
        parts.sort_by(|a, b| b.1.cmp(&a.1).then(a.2.cmp(&b.2)));
        for part in parts.iter_mut().take(left) {
            part.0 += 1;
        }
        parts.sort_by_key(|p| p.2);
        parts
            .into_iter()
            .map(|p| Self {
                minor: i64::try_from(p.0).expect("a part is not larger than the whole"),
                currency: self.currency,
            })
            .collect()
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.to_decimal(), self.currency)
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn plain_amounts_are_read_as_any_are(text in "[-+]?[0-9.]{0,20}(e-?[0-9])?", code in 0_usize..4) {
            let currency = ["JPY", "USD", "KWD", "CLF"][code].parse().unwrap();
            prop_assert_eq!(Money::parse(&text, currency), Money::parse_any(&text, currency));
        }
    }
}
