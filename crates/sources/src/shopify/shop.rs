//! Moments and amounts as Shopify writes them.

use super::wire::{Set, Side};
use crate::kit::fault::fault;
pub use crate::kit::shop::{Shop, plain_id};
pub use crate::kit::total;
use crate::kit::{Located, Parsed, Scalar, Text};
use kernel::{Currency, Money, ReasonCode, Timestamp};

/// The first moment that is given.
pub fn moment(candidates: &[&Option<Text<'_>>], at: &str) -> Parsed<Timestamp> {
    let text = candidates.iter().find_map(|c| c.as_ref()).at(at)?;
    Timestamp::parse(text.as_str()).at(at)
}

/// The currency in `text`.
pub fn currency(text: &Option<Text<'_>>, at: &str) -> Parsed<Currency> {
    text.as_ref().at(at)?.as_str().parse::<Currency>().at(at)
}

/// The shop money of `set`, else the plain amount beside it, which REST states in shop currency.
pub fn amount(
    set: &Option<Set<'_>>,
    plain: &Option<Scalar<'_>>,
    currency: Currency,
    at: &str,
) -> Parsed<Option<Money>> {
    match set.as_ref().and_then(|s| s.shop_money.as_ref()) {
        Some(side) => side_amount(side, currency, at).map(Some),
        None => plain.as_ref().map(|p| p.money(currency).at(at)).transpose(),
    }
}

/// The amount of one side, which must be of `currency`.
pub fn side_amount(side: &Side<'_>, currency: Currency, at: &str) -> Parsed<Money> {
    if let Some(code) = &side.currency_code
        && !code.as_str().eq_ignore_ascii_case(currency.code())
    {
        let detail = format!("shop money in {code}, but the order is in {currency}");
        return Err(fault(ReasonCode::CurrencyMismatch, at, detail));
    }
    side.amount.money(currency).at(at)
}

/// Like [`amount`], in minor units, nothing counting as zero.
pub fn minor(
    set: &Option<Set<'_>>,
    plain: &Option<Scalar<'_>>,
    currency: Currency,
    at: &str,
) -> Parsed<i64> {
    Ok(amount(set, plain, currency, at)?.map_or(0, |m| m.minor))
}
