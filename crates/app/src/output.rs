//! What people read: tables, amounts, errors, progress.

pub mod progress;
pub mod table;

use crate::exit::Stop;
use serde::Serialize;
use std::io::Write;

/// Prints one JSON value on one line.
pub fn json(value: &impl Serialize) -> Result<(), Stop> {
    let text = serde_json::to_string(value)?;
    print(&text)
}

/// Prints text and a line end. A reader that went away ends the output, not the command.
pub fn print(text: &str) -> Result<(), Stop> {
    match writeln!(std::io::stdout().lock(), "{text}") {
        Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}

/// Prints a note that is not part of the result.
pub fn note(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Prints why a command stopped.
pub fn report(stop: &Stop, as_json: bool) {
    let text = format!("{:#}", stop.why);
    if as_json {
        let value = serde_json::json!({ "error": text, "exit": stop.exit as u8 });
        note(&value.to_string());
    } else {
        note(&format!("tieout: {text}"));
    }
}

/// An amount from minor units: `-1,234.50`, with as many decimals as the currency has.
pub fn money(minor: i64, currency: &str) -> String {
    let exponent = currency.parse::<kernel::Currency>().map_or(2, |c| c.exponent());
    money_with(i128::from(minor), exponent)
}

/// The same for a known number of decimals.
pub fn money_with(minor: i128, exponent: u32) -> String {
    let unit = 10_u128.pow(exponent);
    let size = minor.unsigned_abs();
    let sign = if minor < 0 { "-" } else { "" };
    let whole = count(size / unit);
    if exponent == 0 {
        return format!("{sign}{whole}");
    }
    let width = exponent as usize;
    format!("{sign}{whole}.{:0width$}", size % unit)
}

/// A whole number with separators: `1,234,567`.
pub fn count(n: impl TryInto<u128>) -> String {
    let digits = n.try_into().unwrap_or_default().to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i) % 3 == 0 {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// `part` of `whole` with `decimals` decimals, rounded down, as text; `-` without a whole.
pub fn ratio(part: u64, whole: u64, decimals: u32) -> String {
    if whole == 0 {
        return "-".to_owned();
    }
    let scaled = i128::from(part) * 10_i128.pow(decimals) / i128::from(whole);
    money_with(scaled, decimals)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_read_as_an_accountant_writes_them() {
        assert_eq!(money(0, "USD"), "0.00");
        assert_eq!(money(-5, "USD"), "-0.05");
        assert_eq!(money(123_456_789, "EUR"), "1,234,567.89");
        assert_eq!(money(1_234, "JPY"), "1,234");
        assert_eq!(money(-1_234_567, "KWD"), "-1,234.567");
        assert_eq!(money(i64::MIN, "USD"), "-92,233,720,368,547,758.08");
        assert_eq!(ratio(110, 1_000, 3), "0.110");
        assert_eq!(ratio(1, 0, 3), "-");
    }
}
