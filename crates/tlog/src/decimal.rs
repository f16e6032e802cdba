//! The one decimal form of indexes and sizes, shared by entries and checkpoints.

use crate::frontier::SIZE_MAX;

/// Reads a number without sign, spaces or leading zeros, at most [`SIZE_MAX`]: a number has one
/// text only, so equal values are equal bytes.
pub(crate) fn parse(text: &str) -> Option<u64> {
    let digits = text.as_bytes();
    let is_canonical =
        digits.iter().all(u8::is_ascii_digit) && (digits == b"0" || digits.first() != Some(&b'0'));
    if !is_canonical {
        return None;
    }
    text.parse().ok().filter(|value| *value <= SIZE_MAX)
}

#[cfg(test)]
mod tests {
    use super::{SIZE_MAX, parse};

    #[test]
    fn a_number_has_one_text() {
        for (text, value) in [
            ("0", Some(0)),
            ("7", Some(7)),
            ("1234067", Some(1_234_067)),
            ("9223372036854775807", Some(SIZE_MAX)),
            ("9223372036854775808", None),
            ("18446744073709551616", None),
            ("", None),
            ("00", None),
            ("07", None),
            ("+7", None),
            ("-7", None),
            ("7 ", None),
            ("7_0", None),
            ("\u{0667}", None),
        ] {
            assert_eq!(parse(text), value, "{text:?}");
        }
    }
}
