//! Amounts and moments as BigCommerce writes them.

use crate::kit::fault::malformed;
use crate::kit::{Located, Parsed, Scalar, Text};
use kernel::{Currency, Decimal, Money, Timestamp};

/// An exact amount, nothing counting as zero: V2 has four decimals, more than most currencies.
pub fn exact(amount: &Option<Scalar<'_>>, at: &str) -> Parsed<Decimal> {
    amount.as_ref().map_or(Ok(Decimal::ZERO), |a| a.decimal().at(at))
}

/// An amount in minor units, rounded.
pub fn rounded(amount: Decimal, currency: Currency, at: &str) -> Parsed<i64> {
    Money::round(amount, currency).at(at).map(|m| m.minor)
}

/// The sum of amounts, checked.
pub fn sum(amounts: impl IntoIterator<Item = Decimal>, at: &str) -> Parsed<Decimal> {
    let mut total = Decimal::ZERO;
    for amount in amounts {
        total = total.checked_add(amount).at(at)?;
    }
    Ok(total)
}

/// A moment: RFC 2822 in V2 (`Tue, 05 Mar 2019 21:40:11 +0000`), RFC 3339 in V3.
pub fn moment(text: &Option<Text<'_>>, at: &str) -> Parsed<Timestamp> {
    let text = text.as_ref().map(Text::as_str).filter(|t| !t.is_empty()).at(at)?;
    if let Ok(moment) = Timestamp::parse(text) {
        return Ok(moment);
    }
    let zoned = jiff::fmt::rfc2822::parse(text).map_err(|_| {
        let shown: String = text.chars().take(40).collect();
        malformed(at, format!("`{shown}` is no moment of RFC 2822 or RFC 3339"))
    })?;
    Ok(Timestamp(zoned.timestamp().as_microsecond()))
}
