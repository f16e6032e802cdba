//! Tax per name and rate; the order's own total decides the sum.

use super::amount::{exact, rounded};
use super::wire;
use crate::kit::{Located, Parsed, Scalar, Text, is_rounding, total};
use kernel::{Currency, Decimal, Money, TaxLine};

/// The taxes of an order: as its list tells, brought to the sum that the order states when only
/// rounding lies between; else that sum, without a name.
pub fn read(
    list: &[wire::Tax<'_>],
    stated: &Option<Scalar<'_>>,
    currency: Currency,
) -> Parsed<Vec<TaxLine>> {
    let at = "total_tax";
    let stated = rounded(exact(stated, at)?, currency, at)?;
    let mut found: Vec<(TaxLine, Decimal)> = Vec::new();
    for tax in list {
        let rate = tax.rate.as_ref().map(|r| r.decimal().at("taxes.rate")).transpose()?;
        let rate = rate.and_then(|r| r.checked_div(Decimal::ONE_HUNDRED)).map(|r| r.normalize());
        let name = tax.name.as_ref().map(Text::as_str).filter(|n| !n.is_empty()).unwrap_or("Tax");
        let amount = exact(&tax.line_amount, "taxes.line_amount")?;
        let same = |(t, _): &&mut (TaxLine, Decimal)| t.jurisdiction == name && t.rate == rate;
        if let Some((line, sum)) = found.iter_mut().find(same) {
            *sum = sum.checked_add(amount).at("taxes.line_amount")?;
            line.parts = line.parts.saturating_add(1);
        } else {
            found.push((unnamed(name, rate), amount));
        }
    }
    let mut lines = Vec::with_capacity(found.len());
    for (mut line, amount) in found {
        line.amount_minor = rounded(amount, currency, "taxes.line_amount")?;
        lines.push(line);
    }
    let sum = total(currency, lines.iter().map(|t| t.amount_minor), at)?;
    let residue = stated.checked_sub(sum).at(at)?;
    let largest = lines.iter_mut().max_by_key(|t| t.amount_minor.unsigned_abs());
    match largest {
        _ if residue == 0 => {}
        Some(tax) if is_rounding(residue, list.len()) => {
            tax.amount_minor = tax.amount_minor.checked_add(residue).at(at)?;
        }
        _ => {
            lines.clear();
            if stated != 0 {
                lines.push(TaxLine { amount_minor: stated, ..unnamed("Tax", None) });
            }
        }
    }
    Ok(lines)
}

fn unnamed(name: &str, rate: Option<Decimal>) -> TaxLine {
    TaxLine {
        jurisdiction: name.to_owned(),
        rate,
        base_minor: None,
        amount_minor: 0,
        parts: 1,
        marketplace: false,
    }
}

/// Tax given back, under the names of the order's taxes and in their proportion: a refund states
/// its sum only.
pub fn returned(of: &[TaxLine], tax: i64, currency: Currency) -> Vec<TaxLine> {
    if tax == 0 {
        return Vec::new();
    }
    let weights: Vec<i64> = of.iter().map(|t| t.amount_minor.max(0)).collect();
    if weights.iter().all(|w| *w == 0) {
        return vec![TaxLine { amount_minor: tax, ..unnamed("Tax", None) }];
    }
    let shares = Money::new(tax, currency).allocate(&weights);
    let lines = of.iter().zip(shares).map(|(t, share)| TaxLine {
        amount_minor: share.minor,
        ..unnamed(&t.jurisdiction, t.rate)
    });
    lines.filter(|t| t.amount_minor != 0).collect()
}
