//! Tax per rate. Lines say which rates fell on what; the totals per rate of the order decide the
//! amounts (sources-and-cases.md #36).

use super::lines::Priced;
use super::store::{minor, rounded};
use super::wire;
use crate::kit::tax::{TaxPart, Taxes};
use crate::kit::{Located, Parsed, Scalar, is_rounding, total};
use kernel::{Currency, Decimal, Money, TaxLine};

/// A rate that is in force on an order.
struct Rate<'w> {
    id: Option<&'w str>,
    title: &'w str,
    rate: Option<Decimal>,
    /// On top of other taxes: its base is not the net amount.
    is_compound: bool,
    /// Stated for the whole document, minor units.
    stated: i64,
}

fn rates<'w>(
    lines: Option<&'w Vec<wire::TaxLine<'_>>>,
    currency: Currency,
    sign: i64,
) -> Parsed<Vec<Rate<'w>>> {
    let read = |line: &'w wire::TaxLine<'_>| {
        let at = "tax_lines";
        let own = minor(&line.tax_total, currency, at)?;
        let stated = own.checked_add(minor(&line.shipping_tax_total, currency, at)?).at(at)?;
        let percent = line.rate_percent.as_ref().map(|p| p.decimal().at(at)).transpose()?;
        let label = line.label.as_ref().filter(|l| !l.as_str().is_empty());
        let name = label.or(line.rate_code.as_ref()).map_or("Tax", |t| t.as_str());
        Ok(Rate {
            id: line.rate_id.as_ref().map(Scalar::as_str),
            title: name,
            rate: percent.and_then(|p| p.checked_div(Decimal::ONE_HUNDRED)).map(|r| r.normalize()),
            is_compound: line.compound.unwrap_or(false),
            stated: stated.checked_mul(sign).at(at)?,
        })
    };
    lines.into_iter().flatten().map(read).collect()
}

/// The taxes that the lines bear, named by the rates of `tax_lines`.
pub fn by_lines(
    lines: &[Priced<'_, '_>],
    tax_lines: Option<&Vec<wire::TaxLine<'_>>>,
    currency: Currency,
    sign: i64,
) -> Parsed<Vec<TaxLine>> {
    gather(lines, &rates(tax_lines, currency, sign)?, currency, sign)
}

fn gather(
    lines: &[Priced<'_, '_>],
    rates: &[Rate<'_>],
    currency: Currency,
    sign: i64,
) -> Parsed<Vec<TaxLine>> {
    let mut taxes = Taxes::new(currency);
    for priced in lines {
        let net = priced.line.net_minor();
        for (part, is_compound) in parts(priced.wire, rates, currency, sign)? {
            taxes.add_line(&[part], (!is_compound).then_some(net), false, "taxes")?;
        }
    }
    let mut found = taxes.into_lines();
    found.retain(|t| t.amount_minor != 0 || t.rate.is_some());
    Ok(found)
}

/// The taxes of an order or a refund by its totals per rate, brought to the sum that the document
/// states, if it does.
pub fn read(
    lines: &[Priced<'_, '_>],
    tax_lines: Option<&Vec<wire::TaxLine<'_>>>,
    stated: Option<i64>,
    currency: Currency,
    sign: i64,
) -> Parsed<Vec<TaxLine>> {
    let rates = rates(tax_lines, currency, sign)?;
    let mut found = gather(lines, &rates, currency, sign)?;
    if !rates.is_empty() {
        by_rate(&mut found, &rates)?;
    }
    if let Some(stated) = stated {
        settle(&mut found, stated, lines.len(), currency)?;
    }
    Ok(found)
}

/// The taxes of one line: its total, split over its rates by their finer amounts.
fn parts<'w>(
    line: &'w wire::Line<'_>,
    rates: &'w [Rate<'w>],
    currency: Currency,
    sign: i64,
) -> Parsed<Vec<(TaxPart<'w>, bool)>> {
    let at = "total_tax";
    let whole = rounded(&line.total_tax, currency, at)?.checked_mul(sign).at(at)?;
    let mut found = Vec::new();
    let mut weights = Vec::new();
    for tax in line.taxes.iter().flatten() {
        let Some(amount) = &tax.total else { continue };
        let fine = amount.decimal().at("taxes.total")?.abs();
        let scaled = fine.checked_mul(Decimal::from(1_000_000)).unwrap_or(Decimal::MAX);
        weights.push(i64::try_from(scaled.trunc()).unwrap_or(i64::MAX / 1_000_000));
        let id = tax.id.as_ref().map(Scalar::as_str);
        let rate = rates.iter().find(|r| r.id.is_some() && r.id == id);
        let part = TaxPart {
            title: rate.map_or("Tax", |r| r.title),
            rate: rate.and_then(|r| r.rate),
            amount: 0,
            marketplace: false,
        };
        found.push((part, rate.is_some_and(|r| r.is_compound)));
    }
    if found.is_empty() && whole != 0 {
        let part = TaxPart { title: "Tax", rate: None, amount: whole, marketplace: false };
        return Ok(vec![(part, false)]);
    }
    let shares = Money::new(whole, currency).allocate(&weights);
    for ((part, _), share) in found.iter_mut().zip(shares) {
        part.amount = share.minor;
    }
    Ok(found)
}

/// Takes the amounts of the totals per rate.
fn by_rate(found: &mut Vec<TaxLine>, rates: &[Rate<'_>]) -> Parsed<()> {
    for line in found.iter_mut() {
        line.amount_minor = 0;
    }
    for rate in rates {
        let same = |t: &&mut TaxLine| t.jurisdiction == rate.title && t.rate == rate.rate;
        match found.iter_mut().find(same) {
            Some(line) => {
                line.amount_minor = line.amount_minor.checked_add(rate.stated).at("tax_lines")?;
            }
            None => found.push(TaxLine {
                jurisdiction: rate.title.to_owned(),
                rate: rate.rate,
                base_minor: None,
                amount_minor: rate.stated,
                parts: 1,
                marketplace: false,
            }),
        }
    }
    Ok(())
}

/// Brings the taxes to the sum that the document states, when only rounding lies between: the
/// residue goes to the largest. Tax that no rate explains stays unnamed.
fn settle(found: &mut Vec<TaxLine>, stated: i64, parts: usize, currency: Currency) -> Parsed<()> {
    let at = "total_tax";
    let sum = total(currency, found.iter().map(|t| t.amount_minor), at)?;
    let residue = stated.checked_sub(sum).at(at)?;
    if residue == 0 {
        return Ok(());
    }
    if !found.is_empty() {
        return nudge(found, residue, parts);
    }
    found.push(TaxLine {
        jurisdiction: "Tax".to_owned(),
        rate: None,
        base_minor: None,
        amount_minor: stated,
        parts: u32::try_from(parts).unwrap_or(u32::MAX).max(1),
        marketplace: false,
    });
    Ok(())
}

/// Puts a residue that rounding of `parts` amounts explains on the largest tax.
pub fn nudge(found: &mut [TaxLine], residue: i64, parts: usize) -> Parsed<()> {
    let largest = found.iter_mut().max_by_key(|t| t.amount_minor.unsigned_abs());
    if let Some(tax) = largest.filter(|_| is_rounding(residue, parts)) {
        tax.amount_minor = tax.amount_minor.checked_add(residue).at("total_tax")?;
    }
    Ok(())
}
