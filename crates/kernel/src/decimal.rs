//! Exact reading of decimal text. Rates, quantities and unit prices are [`Decimal`]; amounts are
//! [`crate::Money`].

use rust_decimal::Decimal;

/// Why a text is not a usable decimal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecimalError {
    /// Not a number at all (`NaN`, `abc`, empty).
    #[error("`{0}` is not a decimal number; write digits with an optional `.` and sign")]
    NotANumber(String),
    /// A number, but beyond what a book can hold.
    #[error("`{0}` is out of range; at most 28 significant digits")]
    OutOfRange(String),
}

/// The longest decimal text accepted, bytes. Longer texts are refused before any parsing.
pub const DECIMAL_TEXT_MAX: usize = 64;

/// Most digits of a number that is read without [`Decimal`]: so many fit in 64 bits.
const PLAIN_DIGITS_MAX: usize = 18;

/// The usual way of writing an amount, `-1234.50`, as its digits (`-123450`) and how many of them
/// stand behind the point (2). Nothing for what is written in another way or is no number: that is
/// for [`parse_decimal`] to judge.
pub(crate) fn plain(text: &str) -> Option<(i64, u32)> {
    let number = text.strip_prefix('-').unwrap_or(text);
    let last = number.len().checked_sub(1).filter(|last| *last < PLAIN_DIGITS_MAX)?;
    let (mut digits, mut scale, mut has_point) = (0_i64, 0, false);
    for (at, byte) in number.bytes().enumerate() {
        match byte {
            b'0'..=b'9' => {
                digits = digits * 10 + i64::from(byte - b'0');
                scale += u32::from(has_point);
            }
            b'.' if !has_point && at > 0 && at < last => has_point = true,
            _ => return None,
        }
    }
    Some((if number.len() < text.len() { -digits } else { digits }, scale))
}

/// Parses plain or scientific notation exactly: never rounds, never goes through a binary float.
/// `NaN`, infinities, blanks inside and more than [`DECIMAL_TEXT_MAX`] bytes are refused. Negative
/// zero is zero.
pub fn parse_decimal(text: &str) -> Result<Decimal, DecimalError> {
    match plain(text) {
        Some((digits, scale)) => Ok(Decimal::new(digits, scale)),
        None => parse_any(text),
    }
}

fn parse_any(text: &str) -> Result<Decimal, DecimalError> {
    let shown = || text.chars().take(40).collect::<String>();
    if text.is_empty() || text.len() > DECIMAL_TEXT_MAX {
        return Err(DecimalError::NotANumber(shown()));
    }
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        None => (text, 0),
        Some(at) => {
            let exponent: i32 =
                text[at + 1..].parse().map_err(|_| DecimalError::NotANumber(shown()))?;
            (&text[..at], exponent)
        }
    };
    let digits = mantissa.strip_prefix(['-', '+']).unwrap_or(mantissa);
    let plain = !digits.is_empty()
        && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && digits.bytes().filter(|b| *b == b'.').count() <= 1
        && digits.bytes().any(|b| b.is_ascii_digit());
    if !plain {
        return Err(DecimalError::NotANumber(shown()));
    }
    let mut value =
        Decimal::from_str_exact(mantissa).map_err(|_| DecimalError::OutOfRange(shown()))?;
    let scale = i64::from(value.scale()) - i64::from(exponent);
    if scale > 28 {
        value = value.normalize();
        let scale = i64::from(value.scale()) - i64::from(exponent);
        let scale = u32::try_from(scale).map_err(|_| DecimalError::OutOfRange(shown()))?;
        value.set_scale(scale).map_err(|_| DecimalError::OutOfRange(shown()))?;
    } else if scale >= 0 {
        value
            .set_scale(u32::try_from(scale).map_err(|_| DecimalError::OutOfRange(shown()))?)
            .map_err(|_| DecimalError::OutOfRange(shown()))?;
    } else {
        value.set_scale(0).map_err(|_| DecimalError::OutOfRange(shown()))?;
        if scale < -28 && !value.is_zero() {
            return Err(DecimalError::OutOfRange(shown()));
        }
        for _ in 0..(-scale).min(28) {
            value =
                value.checked_mul(Decimal::TEN).ok_or_else(|| DecimalError::OutOfRange(shown()))?;
        }
    }
    if value.is_zero() {
        value.set_sign_positive(true);
    }
    Ok(value)
}

/// Serde of a [`Decimal`] as text.
pub mod text {
    use rust_decimal::Decimal;
    use serde::{Deserialize, Deserializer, Serializer};

    /// Writes the decimal as a string.
    pub fn serialize<S: Serializer>(value: &Decimal, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(value)
    }

    /// Reads a decimal from a string.
    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Decimal, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
        super::parse_decimal(&text).map_err(serde::de::Error::custom)
    }
}

/// Serde of an optional [`Decimal`] as text.
pub mod text_option {
    use rust_decimal::Decimal;
    use serde::{Deserialize, Deserializer, Serializer};

    /// Writes the decimal as a string, or null.
    pub fn serialize<S: Serializer>(value: &Option<Decimal>, s: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(v) => s.collect_str(v),
            None => s.serialize_none(),
        }
    }

    /// Reads a decimal from a string or null.
    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Decimal>, D::Error> {
        let text = Option::<std::borrow::Cow<'de, str>>::deserialize(d)?;
        text.map(|t| super::parse_decimal(&t).map_err(serde::de::Error::custom)).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn plain_numbers_are_read_as_any_are(text in "[-+]?[0-9.]{0,20}(e-?[0-9])?") {
            let parts = |d: Result<Decimal, _>| d.map(|d: Decimal| (d.mantissa(), d.scale(), d.is_sign_negative()));
            prop_assert_eq!(parts(parse_decimal(&text)), parts(parse_any(&text)));
        }
    }
}
