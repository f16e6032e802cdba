//! Moments and amounts as WooCommerce writes them.

use crate::kit::shop::Shop;
use crate::kit::{Located, Parsed, Scalar, Text};
use kernel::{Currency, Money, Timestamp};
use std::fmt::Display;

/// A moment: in UTC but without saying so, else by the shop's clock (`wc/v1`).
pub fn moment(
    shop: &Shop<'_>,
    utc: &Option<Text<'_>>,
    local: &Option<Text<'_>>,
    at: &str,
) -> Parsed<Option<Timestamp>> {
    let read = |text: &Option<Text<'_>>, zone: &kernel::time::Zone| {
        let text = text.as_ref().map(Text::as_str).filter(|t| !t.is_empty());
        let parse = |t: &str| {
            if is_local(t) {
                return zone.local(t);
            }
            Timestamp::parse(t).or_else(|_| zone.local(t))
        };
        text.map(|t| parse(t).at(at)).transpose()
    };
    match read(utc, &kernel::time::Zone::UTC)? {
        Some(moment) => Ok(Some(moment)),
        None => read(local, shop.zone),
    }
}

/// Whether `text` is `2026-03-02T14:15:06`, the usual form: no offset follows the time.
fn is_local(text: &str) -> bool {
    matches!(text.as_bytes(), [.., b':', _, _, b':', _, _] if text.len() == 19)
}

/// An exact amount in minor units, nothing counting as zero.
pub fn minor(amount: &Option<Scalar<'_>>, currency: Currency, at: &str) -> Parsed<i64> {
    amount.as_ref().map_or(Ok(0), |a| a.money(currency).at(at).map(|m| m.minor))
}

/// An amount in minor units, rounded: lines may be finer than a cent.
pub fn rounded(
    amount: &Option<Scalar<'_>>,
    currency: Currency,
    at: impl Display + Copy,
) -> Parsed<i64> {
    let Some(amount) = amount else { return Ok(0) };
    Money::round(amount.decimal().at(at)?, currency).at(at).map(|m| m.minor)
}
