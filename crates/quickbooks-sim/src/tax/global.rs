//! VAT, GST and the like: a tax code on every line, on top of amounts or within them.

use rust_decimal::Decimal;

use super::sent::Sent;
use super::{
    Calculation, Discount, Part, Taxable, Taxed, gross, parts, set_gross, spread, subtotal,
    taxables,
};
use crate::books::Books;
use crate::error::{Fault, Result};
use crate::kind::ListKind;
use crate::list::tax::Side;
use crate::money;
use crate::txn::input::Input;
use crate::txn::{Detail, Line, Txn};

/// Properties that make the company compute tax again on a sparse update.
const MATTER: [&str; 4] = ["Line", "TxnTaxDetail", "GlobalTaxCalculation", "ApplyTaxAfterDiscount"];

pub(super) fn read(input: &Input<'_>, txn: &mut Txn, side: Side) -> Result<()> {
    if let Some(old) = input.kept()
        && !MATTER.iter().any(|key| input.obj.get(key).is_some())
    {
        txn.tax = old.tax;
        txn.taxed.clone_from(&old.taxed);
        return Ok(());
    }
    let calculation = calculation(input)?;
    let sent = Sent::read(input)?;
    let mut rows = Vec::new();
    if calculation == Calculation::NotApplicable {
        if sent.is_some() {
            return Err(Fault::tax_detail());
        }
    } else {
        let lines = taxables(input, txn)?;
        if lines.iter().any(|line| line.code == 0) {
            return Err(Fault::no_tax_rate(input.books.prefs.region.tax_word()));
        }
        rows = if calculation == Calculation::Inclusive {
            inclusive(input.books, txn, side, &lines)?
        } else {
            parts(input.books, side, &lines, Discount::of(txn))?
        };
        if let Some(sent) = &sent {
            overrule(input.books, &mut rows, sent)?;
        }
    }
    if calculation != Calculation::Inclusive {
        for line in &mut txn.lines {
            set_gross(line, None);
        }
    }
    txn.tax = rows.iter().map(|part| part.amount).sum();
    let (calculation, parts) = (Some(calculation), rows.into_boxed_slice());
    txn.taxed = Some(Box::new(Taxed { calculation, code: 0, parts }));
    Ok(())
}

/// GlobalTaxCalculation: as sent, as it was, else on top (2170).
fn calculation(input: &Input<'_>) -> Result<Calculation> {
    match input.obj.text("GlobalTaxCalculation").as_deref() {
        Some("TaxExcluded") => Ok(Calculation::Excluded),
        Some("TaxInclusive") => Ok(Calculation::Inclusive),
        Some("NotApplicable") => Ok(Calculation::NotApplicable),
        Some(other) => Err(Fault::enumeration("GlobalTaxCalculation", other)),
        None => Ok(input
            .kept()
            .and_then(|old| old.taxed.as_ref()?.calculation)
            .unwrap_or(Calculation::Excluded)),
    }
}

/// Rows that are sent stand: with amounts changed and the old detail left in, the old tax is kept
/// (quickbooks.md §8). Without rows a total is spread over the rates.
fn overrule(books: &Books, parts: &mut [Part], sent: &Sent<'_>) -> Result<()> {
    let mut found = false;
    for (rate, amount) in &sent.rows {
        let rate = books.resolve(ListKind::TaxRate, rate, "TaxRateRef")?;
        if let Some(part) = parts.iter_mut().find(|part| part.rate == rate) {
            part.amount = *amount;
            found = true;
        }
    }
    if let Some(total) = sent.total.filter(|_| !found) {
        spread(parts, total);
    }
    Ok(())
}

/// Amounts that include tax: TaxInclusiveAmt decides the net of its line, so that the document comes
/// to the sum of what was agreed; a line without it counts as net (quickbooks.md §8 names the
/// property; which of two contradicting amounts wins is assumed).
fn inclusive(books: &Books, txn: &mut Txn, side: Side, lines: &[Taxable]) -> Result<Vec<Part>> {
    let mut codes: Vec<u32> = Vec::new();
    for line in lines {
        if !codes.contains(&line.code) {
            codes.push(line.code);
        }
    }
    let mut rows: Vec<Part> = Vec::new();
    for code in codes {
        let percent = percent(books, code, side);
        let at: Vec<usize> = lines.iter().filter(|l| l.code == code).map(|l| l.at).collect();
        let (net, tax) = add_gross(txn, &at, percent)
            .and_then(|()| take_tax_out(txn, &at, percent))
            .ok_or_else(|| Fault::number_range("TaxInclusiveAmt", &percent.to_string()))?;
        let rates = books.tax_code(code).map_or(&[][..], |code| code.rates(side));
        split(books, rates, net, tax, &mut rows);
    }
    percent_discount(txn)?;
    let discount = Discount::of(txn);
    if discount.amount != 0 {
        // Tax comes after the discount: by rate on what is left.
        let lines: Vec<Taxable> = lines
            .iter()
            .filter_map(|l| Some(Taxable { net: txn.lines.get(l.at)?.amount, ..*l }))
            .collect();
        return parts(books, side, &lines, discount);
    }
    Ok(rows)
}

fn percent(books: &Books, code: u32, side: Side) -> Decimal {
    let rates = books.tax_code(code).map_or(&[][..], |code| code.rates(side));
    rates.iter().filter_map(|rate| books.tax_rate(*rate)).map(|rate| rate.percent).sum()
}

fn without_tax(cents: i64, percent: Decimal) -> Option<i64> {
    let whole = Decimal::ONE_HUNDRED + percent;
    money::to_cents((Decimal::new(cents, 2) * Decimal::ONE_HUNDRED).checked_div(whole)?)
}

/// Gives lines that have none a gross, so that together they come to their net and its tax.
fn add_gross(txn: &mut Txn, at: &[usize], percent: Decimal) -> Option<()> {
    let (mut net, mut tax) = (0, 0);
    for at in at {
        let line = txn.lines.get_mut(*at)?;
        if gross(line).is_none() {
            net += line.amount;
            let upto = money::percent_of(net, percent)?;
            set_gross(line, Some(line.amount + upto - tax));
            tax = upto;
        }
    }
    Some(())
}

/// Net and tax of the lines of one code. An amount that was sent next to its gross stays when it is
/// the net to the cent; what rounding leaves over goes to the line with the largest gross.
fn take_tax_out(txn: &mut Txn, at: &[usize], percent: Decimal) -> Option<(i64, i64)> {
    let (mut sum, mut nets) = (0, 0);
    let mut largest = (0, None);
    for at in at {
        let line = txn.lines.get_mut(*at)?;
        let gross = gross(line)?;
        let net = without_tax(gross, percent)?;
        if (line.amount - net).abs() > 1 {
            set_net(line, net);
        }
        set_gross(line, Some(gross));
        if largest.1.is_none() || gross.abs() > largest.0 {
            largest = (gross.abs(), Some(*at));
        }
        sum += gross;
        nets += line.amount;
    }
    let net = without_tax(sum, percent)?;
    if net != nets {
        let line = txn.lines.get_mut(largest.1?)?;
        set_net(line, line.amount + net - nets);
    }
    Some((net, sum - net))
}

/// A price that no longer gives the amount is dropped.
fn set_net(line: &mut Line, net: i64) {
    line.amount = net;
    if let Detail::Sale { quantity, price, .. } | Detail::Expense { quantity, price, .. } =
        &mut line.detail
    {
        let product = quantity.zip(*price).and_then(|(q, p)| q.checked_mul(p));
        if product.is_some_and(|product| money::to_cents(product) != Some(net)) {
            *price = None;
        }
    }
}

/// Shares a tax among the rates of its code; the last one takes what rounding leaves over.
fn split(books: &Books, rates: &[u32], net: i64, tax: i64, rows: &mut Vec<Part>) {
    let mut left = tax;
    for (at, rate) in rates.iter().enumerate() {
        let own = if at + 1 == rates.len() {
            left
        } else {
            books.tax_rate(*rate).and_then(|r| money::percent_of(net, r.percent)).unwrap_or(0)
        };
        left -= own;
        match rows.iter_mut().find(|part| part.rate == *rate) {
            Some(part) => {
                part.net += net;
                part.amount += own;
                part.computed += own;
            }
            None => rows.push(Part { rate: *rate, net, amount: own, computed: own }),
        }
    }
}

/// A discount in percent is taken from the net lines.
fn percent_discount(txn: &mut Txn) -> Result<()> {
    let subtotal = subtotal(&txn.lines);
    for line in &mut txn.lines {
        if let Detail::Discount { percent: Some(percent), .. } = line.detail {
            line.amount = money::percent_of(subtotal, percent)
                .ok_or_else(|| Fault::number_range("DiscountPercent", &percent.to_string()))?;
        }
    }
    Ok(())
}
