//! Figures as text, from whole numbers alone.

/// `part` of `whole` in percent with four decimals, rounded down: 100 means all of it.
pub fn percent(part: i128, whole: i128) -> String {
    if whole == 0 {
        return "–".to_owned();
    }
    if part == whole {
        return "100 %".to_owned();
    }
    let millionths = part * 1_000_000 / whole;
    format!("{}.{:04} %", millionths / 10_000, millionths % 10_000)
}

/// `1234567` as `1,234,567`.
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Minor units of a currency of two decimals, or of whatever the currency has.
pub fn money(minor: i64, currency: &str) -> String {
    let exponent = currency.parse::<kernel::Currency>().map_or(2, |c| c.exponent());
    let unit = 10_u64.pow(exponent);
    let (whole, rest) = (minor.unsigned_abs() / unit, minor.unsigned_abs() % unit);
    let sign = if minor < 0 { "-" } else { "" };
    if exponent == 0 {
        return format!("{sign}{}", grouped(whole));
    }
    let width = usize::try_from(exponent).unwrap_or(2);
    format!("{sign}{}.{rest:0width$}", grouped(whole))
}

/// How much smaller `after` is than `before`, in percent with one decimal, rounded down.
pub fn reduction(before: u64, after: u64) -> String {
    if before == 0 {
        return "–".to_owned();
    }
    let tenths = (i128::from(before) - i128::from(after)) * 1_000 / i128::from(before);
    let sign = if tenths < 0 { "-" } else { "" };
    format!("{sign}{}.{} %", tenths.abs() / 10, tenths.abs() % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_never_rounded_up_to_all() {
        assert_eq!(percent(9_999_999, 10_000_000), "99.9999 %");
        assert_eq!((percent(3, 3), percent(0, 7)), ("100 %".to_owned(), "0.0000 %".to_owned()));
        assert_eq!((percent(0, 0), percent(1, 3)), ("–".to_owned(), "33.3333 %".to_owned()));
    }

    #[test]
    fn amounts_have_the_decimals_of_their_currency() {
        assert_eq!(money(123_456_789, "USD"), "1,234,567.89");
        assert_eq!(money(-5, "EUR"), "-0.05");
        assert_eq!(money(1_500, "JPY"), "1,500");
    }

    #[test]
    fn a_reduction_is_rounded_down_and_may_be_none() {
        assert_eq!((reduction(340, 85), reduction(3, 2)), ("75.0 %".into(), "33.3 %".into()));
        assert_eq!((reduction(0, 5), reduction(10, 15)), ("–".into(), "-50.0 %".into()));
    }
}
