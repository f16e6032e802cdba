//! Amounts as JSON number text: written from minor units and read back without a float.

use kernel::{Currency, Decimal, Money};
use serde_json::value::RawValue;

/// Largest number of decimals QuickBooks stores for quantities and prices: 10.5
/// (quickbooks.md §8).
const STORED_DECIMALS: u32 = 5;

/// Most digits of a decimal QuickBooks stores (quickbooks.md §8).
const STORED_DIGITS: u32 = 15;

/// The currency of one document with its exponent looked up once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unit {
    currency: Currency,
    exponent: u32,
}

impl Unit {
    /// The minor unit of `currency`.
    pub(crate) fn of(currency: Currency) -> Self {
        Self { currency, exponent: currency.exponent() }
    }

    /// `1050` of a two-decimal currency as `10.50`.
    pub(crate) fn text(self, minor: i64) -> String {
        let exponent = self.exponent as usize;
        let digits = minor.unsigned_abs().to_string();
        let mut out = String::with_capacity(digits.len() + exponent + 2);
        if minor < 0 {
            out.push('-');
        }
        for _ in digits.len()..=exponent {
            out.push('0');
        }
        out.push_str(&digits);
        if exponent > 0 {
            out.insert(out.len() - exponent, '.');
        }
        out
    }

    /// The amount as a JSON number.
    pub(crate) fn number(self, minor: i64) -> Box<RawValue> {
        raw(self.text(minor))
    }

    /// Reads a JSON number, or a string holding one, into minor units.
    pub(crate) fn minor(self, json: &str) -> Result<i64, String> {
        let text = json.strip_prefix('"').and_then(|t| t.strip_suffix('"')).unwrap_or(json);
        if let Some(minor) = plain(text, self.exponent) {
            return Ok(minor);
        }
        Money::parse(text, self.currency).map(|m| m.minor).map_err(|e| e.to_string())
    }
}

/// An exchange rate as a JSON number; `None` for what is none.
pub(crate) fn rate(value: Decimal) -> Option<Box<RawValue>> {
    (value > Decimal::ZERO).then(|| raw(value.normalize().to_string()))
}

/// A quantity or unit price as a JSON number; `None` when QuickBooks cannot store it exactly.
pub(crate) fn factor(value: Decimal) -> Option<Box<RawValue>> {
    let value = value.normalize();
    let digits = value.mantissa().unsigned_abs().checked_ilog10().unwrap_or(0) + 1;
    (value.scale() <= STORED_DECIMALS && digits <= STORED_DIGITS).then(|| raw(value.to_string()))
}

fn raw(text: String) -> Box<RawValue> {
    RawValue::from_string(text).expect("digits with at most one sign and one point are JSON")
}

/// The common case `-?digits(.digits)?` with no more decimals than the currency has.
fn plain(text: &str, exponent: u32) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let missing = exponent.checked_sub(u32::try_from(part.len()).ok()?)?;
    if whole.is_empty() || whole.len() + part.len() > 17 {
        return None;
    }
    let mut value = 0_i64;
    for byte in whole.bytes().chain(part.bytes()) {
        if !byte.is_ascii_digit() {
            return None;
        }
        value = value * 10 + i64::from(byte - b'0');
    }
    let value = value.checked_mul(10_i64.pow(missing))?;
    Some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_with_the_decimals_of_the_currency() {
        let jpy: Currency = "JPY".parse().unwrap();
        let kwd: Currency = "KWD".parse().unwrap();
        for (minor_units, currency, expected) in [
            (0, Currency::USD, "0.00"),
            (5, Currency::USD, "0.05"),
            (-5, Currency::USD, "-0.05"),
            (100, Currency::USD, "1.00"),
            (-123_456, Currency::USD, "-1234.56"),
            (700, jpy, "700"),
            (1, kwd, "0.001"),
            (i64::MIN, Currency::USD, "-92233720368547758.08"),
        ] {
            let unit = Unit::of(currency);
            assert_eq!(unit.text(minor_units), expected);
            assert_eq!(unit.minor(expected), Ok(minor_units), "{expected}");
        }
    }

    #[test]
    fn what_quickbooks_writes_is_read_exactly() {
        for (json, expected) in
            [("0", 0), ("100.0", 10_000), ("\"4151.74\"", 415_174), ("1e2", 10_000), ("-0.0", 0)]
        {
            assert_eq!(Unit::of(Currency::USD).minor(json), Ok(expected), "{json}");
        }
        for bad in ["", "-", "1.005", "1,000.00", "NaN", "\"\"", "1.2.3"] {
            assert!(Unit::of(Currency::USD).minor(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn factors_quickbooks_cannot_store_are_left_out() {
        let shown = |text: &str| factor(text.parse().unwrap()).map(|raw| raw.get().to_owned());
        assert_eq!(shown("2.500"), Some("2.5".to_owned()));
        assert_eq!(shown("100"), Some("100".to_owned()));
        assert_eq!(shown("0.33333"), Some("0.33333".to_owned()));
        assert_eq!(shown("0.333333"), None);
        assert_eq!(shown("1234567890123456"), None);
    }
}
