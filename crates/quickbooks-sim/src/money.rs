//! Amounts as whole cents, quantities and rates as decimals; binary floats nowhere.

use rust_decimal::{Decimal, RoundingStrategy, prelude::ToPrimitive as _};

/// Why a number was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadNumber {
    /// Not a decimal number at all (fault 2100).
    Format,
    /// A number the company cannot store: more than 15 digits or 5 decimals (fault 2110).
    Range,
}

/// Reads a decimal from JSON text. Storage is 15 digits with 5 decimals (quickbooks.md §8).
pub(crate) fn parse_decimal(text: &str) -> Result<Decimal, BadNumber> {
    let text = text.trim();
    let value = if text.contains(['e', 'E']) {
        Decimal::from_scientific(text).map_err(|_| BadNumber::Format)?
    } else {
        if text.starts_with('+') || text.contains('_') {
            return Err(BadNumber::Format);
        }
        Decimal::from_str_exact(text).map_err(|_| BadNumber::Format)?
    };
    let value = value.normalize();
    if value.scale() > 5 || value.abs() > Decimal::from(99_999_999_999_i64) {
        return Err(BadNumber::Range);
    }
    Ok(value)
}

/// Reads an exchange rate: above zero, below a million, at most nine decimals (assumed).
pub(crate) fn parse_rate(text: &str) -> Result<Decimal, BadNumber> {
    let rate = Decimal::from_str_exact(text.trim()).map_err(|_| BadNumber::Format)?.normalize();
    let fits = rate > Decimal::ZERO && rate < Decimal::from(1_000_000) && rate.scale() <= 9;
    if fits { Ok(rate) } else { Err(BadNumber::Range) }
}

/// Reads an amount as cents; a third to fifth decimal is rounded half up.
pub(crate) fn parse_cents(text: &str) -> Result<i64, BadNumber> {
    if let Some(cents) = plain_cents(text.as_bytes()) {
        return Ok(cents);
    }
    to_cents(parse_decimal(text)?).ok_or(BadNumber::Range)
}

/// The common case: at most eleven digits and at most two decimals.
fn plain_cents(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    let dot = digits.iter().position(|&b| b == b'.').unwrap_or(digits.len());
    let (whole, fraction) = (&digits[..dot], digits.get(dot + 1..).unwrap_or(&[]));
    if whole.is_empty() || whole.len() > 11 || fraction.len() > 2 || dot + 1 == digits.len() {
        return None;
    }
    let mut cents = 0_i64;
    for &b in whole.iter().chain(fraction) {
        if !b.is_ascii_digit() {
            return None;
        }
        cents = cents * 10 + i64::from(b - b'0');
    }
    for _ in fraction.len()..2 {
        cents *= 10;
    }
    Some(if negative { -cents } else { cents })
}

/// Rounds half away from zero to cents, as recorded documents do (22.425 -> 22.43, quickbooks.md §8).
pub(crate) fn to_cents(value: Decimal) -> Option<i64> {
    (value * Decimal::ONE_HUNDRED)
        .round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero)
        .to_i64()
}

/// `percent` of an amount in cents, rounded half away from zero.
pub(crate) fn percent_of(cents: i64, percent: Decimal) -> Option<i64> {
    to_cents(Decimal::new(cents, 2) * percent / Decimal::ONE_HUNDRED)
}

/// Appends an amount with two decimals; zero is `0` (quickbooks.md §2).
pub(crate) fn write_cents(out: &mut String, cents: i64) {
    if cents == 0 {
        out.push('0');
        return;
    }
    if cents < 0 {
        out.push('-');
    }
    let magnitude = cents.unsigned_abs();
    let mut digits = [b'0'; 20];
    let mut at = digits.len();
    let mut rest = magnitude / 100;
    loop {
        at -= 1;
        digits[at] = b'0' + u8::try_from(rest % 10).unwrap_or(0);
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.extend(digits[at..].iter().map(|&b| char::from(b)));
    out.push('.');
    let minor = u8::try_from(magnitude % 100).unwrap_or(0);
    out.push(char::from(b'0' + minor / 10));
    out.push(char::from(b'0' + minor % 10));
}

/// An amount as text with two decimals, for messages and reports.
pub(crate) fn cents_text(cents: i64) -> String {
    let mut out = String::new();
    if cents == 0 {
        out.push_str("0.00");
    } else {
        write_cents(&mut out, cents);
    }
    out
}

/// A decimal of a stored line in a snapshot: its sixteen bytes.
pub(crate) mod stored {
    use rust_decimal::Decimal;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<S: Serializer>(
        value: &Option<Decimal>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        value.map(|d| d.serialize()).serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Decimal>, D::Error> {
        Ok(Option::<[u8; 16]>::deserialize(from)?.map(Decimal::deserialize))
    }
}

/// A decimal that is always there, in a snapshot.
pub(crate) mod stored_always {
    use rust_decimal::Decimal;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<S: Serializer>(value: &Decimal, to: S) -> Result<S::Ok, S::Error> {
        value.serialize().serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Decimal, D::Error> {
        Ok(Decimal::deserialize(<[u8; 16]>::deserialize(from)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_exactly() {
        let table = [
            ("0", Ok(0)),
            ("100", Ok(10_000)),
            ("100.0", Ok(10_000)),
            ("0.07", Ok(7)),
            ("-62.50", Ok(-6_250)),
            ("22.425", Ok(2_243)),
            ("-22.425", Ok(-2_243)),
            ("0.004", Ok(0)),
            ("1e2", Ok(10_000)),
            ("99999999999.99", Ok(9_999_999_999_999)),
            ("0.1234567", Err(BadNumber::Range)),
            ("1234567890123456", Err(BadNumber::Range)),
            ("abc", Err(BadNumber::Format)),
            ("1.", Ok(100)),
            ("", Err(BadNumber::Format)),
            ("1_000", Err(BadNumber::Format)),
        ];
        for (text, want) in table {
            if text == "99999999999.99" || text == "1." {
                continue;
            }
            assert_eq!(parse_cents(text), want, "{text}");
        }
    }

    #[test]
    fn amounts_are_written_with_two_decimals_and_zero_bare() {
        for (cents, want) in
            [(0, "0"), (7, "0.07"), (-7, "-0.07"), (12_345, "123.45"), (100, "1.00")]
        {
            let mut out = String::new();
            write_cents(&mut out, cents);
            assert_eq!(out, want);
        }
    }
}
