//! Moments and amounts as WooCommerce writes them.

use crate::kit::shop::Shop;
use crate::kit::{Located, Parsed, Scalar, Text};
use kernel::{Currency, Money, Timestamp};

/// A moment: in UTC but without saying so, else by the shop's clock (`wc/v1`).
pub fn moment(
    shop: &Shop<'_>,
    utc: &Option<Text<'_>>,
    local: &Option<Text<'_>>,
    at: &str,
) -> Parsed<Option<Timestamp>> {
    let read = |text: &Option<Text<'_>>, zone: &kernel::time::Zone| {
        let text = text.as_ref().map(Text::as_str).filter(|t| !t.is_empty());
        text.map(|t| Timestamp::parse(t).or_else(|_| zone.local(t)).at(at)).transpose()
    };
    match read(utc, &kernel::time::Zone::UTC)? {
        Some(moment) => Ok(Some(moment)),
        None => read(local, shop.zone),
    }
}

/// An exact amount in minor units, nothing counting as zero.
pub fn minor(amount: &Option<Scalar<'_>>, currency: Currency, at: &str) -> Parsed<i64> {
    amount.as_ref().map_or(Ok(0), |a| a.money(currency).at(at).map(|m| m.minor))
}

/// An amount in minor units, rounded: lines may be finer than a cent.
pub fn rounded(amount: &Option<Scalar<'_>>, currency: Currency, at: &str) -> Parsed<i64> {
    let Some(amount) = amount else { return Ok(0) };
    Money::round(amount.decimal().at(at)?, currency).at(at).map(|m| m.minor)
}
