//! Tax lines as Shopify writes them.

use super::shop::minor;
use super::wire;
pub use crate::kit::tax::{TaxPart, Taxes};
use crate::kit::{Located, Parsed};
use kernel::Currency;

/// Reads the tax lines of one order line.
pub fn parts<'a>(
    lines: Option<&'a Vec<wire::TaxLine<'_>>>,
    currency: Currency,
    at: &str,
) -> Parsed<Vec<TaxPart<'a>>> {
    let read = |line: &'a wire::TaxLine<'_>| {
        Ok(TaxPart {
            title: line.title.as_ref().map_or("Tax", |t| t.as_str()),
            rate: line.rate.as_ref().map(|r| r.decimal().at(at)).transpose()?,
            amount: minor(&line.price_set, &line.price, currency, at)?,
            marketplace: line.channel_liable.unwrap_or(false),
        })
    };
    lines.into_iter().flatten().map(read).collect()
}
