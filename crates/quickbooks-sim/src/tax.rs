//! Tax of a transaction: which rates its lines are charged with, how much each comes to, and where it
//! is posted (quickbooks.md §8).
//!
//! Tax is computed per rate on the summed net, half up, never line by line. A total or a row that the
//! caller sends stands in place of the computed one.

mod global;
mod sent;
mod us;
mod write;

use rust_decimal::{Decimal, RoundingStrategy, prelude::ToPrimitive as _};
use serde::{Deserialize, Serialize};

use crate::books::Books;
use crate::error::{Fault, Result};
use crate::json::Obj;
use crate::kind::ListKind;
use crate::ledger::Entry;
use crate::list::tax::{NON, TAX, pseudo_id};
use crate::money;
use crate::schema::{self, Class};
use crate::txn::input::{Input, ref_value};
use crate::txn::{Detail, Line, SHIPPING, Txn};

pub(crate) use crate::list::tax::Side;
pub(crate) use write::{write_calculation, write_detail};

/// How amounts on lines relate to tax, outside the US.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Calculation {
    Excluded,
    Inclusive,
    NotApplicable,
}

/// What is known of the tax of one transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Taxed {
    /// None in the US.
    pub calculation: Option<Calculation>,
    /// TxnTaxCodeRef of US forms, zero for none.
    pub code: u32,
    pub parts: Box<[Part]>,
}

/// The tax of one rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Part {
    pub rate: u32,
    /// Cents that are taxed.
    pub net: i64,
    /// Cents of tax.
    pub amount: i64,
    /// Cents of tax by the rate; differs from `amount` where the caller overrode it.
    pub computed: i64,
}

/// Reads the tax of a document whose lines are read. Sets tax, detail and, where amounts include
/// tax, the net of each line.
pub(crate) fn read(input: &Input<'_>, txn: &mut Txn, side: Side) -> Result<()> {
    let prefs = &input.books.prefs;
    if !prefs.using_sales_tax {
        return Ok(());
    }
    match (prefs.region.is_us(), side) {
        (true, Side::Sales) => us::read(input, txn),
        // A US company pays tax on purchases as part of the price.
        (true, Side::Purchase) => Ok(()),
        (false, side) => global::read(input, txn, side),
    }
}

/// Tax against the liability account of each rate's agency; what belongs to no rate goes to the
/// company's one account. `sign` is 1 where tax is owed and -1 where it is taken back.
pub(crate) fn post(books: &Books, txn: &Txn, entry: &mut Entry, sign: i64) {
    let mut rest = txn.tax;
    for part in txn.taxed.iter().flat_map(|taxed| &taxed.parts) {
        if let Some(account) =
            books.tax_rate(part.rate).and_then(|r| books.tax_account_of(r.agency))
        {
            entry.credit(account, 0, sign * part.amount);
            rest -= part.amount;
        }
    }
    entry.credit(books.roles.sales_tax, 0, sign * rest);
}

/// A voided document keeps its rates and owes nothing.
pub(crate) fn clear(txn: &mut Txn) {
    txn.tax = 0;
    for part in txn.taxed.iter_mut().flat_map(|taxed| &mut taxed.parts) {
        *part = Part { rate: part.rate, net: 0, amount: 0, computed: 0 };
    }
    for line in &mut txn.lines {
        if gross(line).is_some() {
            set_gross(line, Some(0));
        }
    }
}

/// The tax code of a sales line. US companies know TAX and NON only (6100). Without one the line is
/// not taxable, but under Automated Sales Tax the item decides: reports differ (quickbooks.md §8).
pub(crate) fn sales_code(input: &Input<'_>, detail: &Obj<'_>, item: u32) -> Result<u32> {
    let (books, sent) = (input.books, ref_value(detail, "TaxCodeRef"));
    if !books.prefs.region.is_us() {
        return match sent {
            None => Ok(0),
            Some(id) => books.resolve(ListKind::TaxCode, &id, "TaxCodeRef"),
        };
    }
    match sent {
        Some(name) => pseudo_id(&name).ok_or_else(|| Fault::tax_code(&name)),
        None => {
            let taxable = books.list(ListKind::Item, item).is_some_and(|item| {
                schema::list(ListKind::Item).extra(&item.extras, "Taxable") == Some("true")
            });
            Ok(if books.prefs.automated_sales_tax && taxable { TAX } else { NON })
        }
    }
}

/// A line that tax may fall on.
#[derive(Clone, Copy, Debug)]
struct Taxable {
    /// Position among the lines.
    at: usize,
    code: u32,
    net: i64,
    /// Shipping is not part of what a discount is taken from.
    discounted: bool,
}

/// The taxable lines; the code is zero where a line has none.
fn taxables(input: &Input<'_>, txn: &Txn) -> Result<Vec<Taxable>> {
    let mut found = Vec::with_capacity(txn.lines.len());
    for (at, line) in txn.lines.iter().enumerate() {
        let (code, discounted) = match line.detail {
            Detail::Sale { tax, item, .. } => (tax, item != SHIPPING),
            Detail::Expense { .. } => (expense_code(input, line)?, false),
            _ => continue,
        };
        found.push(Taxable { at, code, net: line.amount, discounted });
    }
    Ok(found)
}

fn expense_code(input: &Input<'_>, line: &Line) -> Result<u32> {
    let kept = class_of(line).and_then(|class| class.extra(&line.extras, "TaxCodeRef"));
    let value = kept.and_then(|text| Some(Obj::parse(text).ok()?.text("value")?.into_owned()));
    match value.filter(|id| !id.is_empty()) {
        None => Ok(0),
        Some(id) => input.books.resolve(ListKind::TaxCode, &id, "TaxCodeRef"),
    }
}

fn class_of(line: &Line) -> Option<&'static Class> {
    match line.detail {
        Detail::Sale { .. } => Some(schema::SALE_DETAIL),
        Detail::Expense { item: 0, .. } => Some(schema::ACCOUNT_EXPENSE_DETAIL),
        Detail::Expense { .. } => Some(schema::ITEM_EXPENSE_DETAIL),
        _ => None,
    }
}

/// TaxInclusiveAmt of a line.
fn gross(line: &Line) -> Option<i64> {
    let text = class_of(line)?.extra(&line.extras, "TaxInclusiveAmt")?;
    money::parse_cents(text.trim_matches('"')).ok()
}

fn set_gross(line: &mut Line, cents: Option<i64>) {
    let Some(class) = class_of(line) else { return };
    class.drop_extra(&mut line.extras, "TaxInclusiveAmt");
    if let Some(cents) = cents {
        let mut text = String::new();
        money::write_cents(&mut text, cents);
        class.add_extra(&mut line.extras, "TaxInclusiveAmt", &text);
    }
}

/// What a discount takes off the taxed amount; nothing unless tax comes after the discount.
#[derive(Clone, Copy, Debug, Default)]
struct Discount {
    amount: i64,
    subtotal: i64,
}

impl Discount {
    fn of(txn: &Txn) -> Self {
        let class = schema::txn(txn.kind);
        let after = class.extra(&txn.extras, "ApplyTaxAfterDiscount");
        if !matches!(after, Some("true" | "\"true\"")) {
            return Self::default();
        }
        let amount = txn.lines.iter().find(|l| matches!(l.detail, Detail::Discount { .. }));
        Self { amount: amount.map_or(0, |l| l.amount), subtotal: subtotal(&txn.lines) }
    }

    /// The part that falls on `net`, in proportion.
    fn share(self, net: i64) -> i64 {
        if self.subtotal == 0 { 0 } else { proportion(self.amount, net, self.subtotal) }
    }
}

/// Sum of the item lines, without shipping.
pub(crate) fn subtotal(lines: &[Line]) -> i64 {
    let counted = |l: &&Line| matches!(l.detail, Detail::Sale { item, .. } if item != SHIPPING);
    lines.iter().filter(counted).map(|l| l.amount).sum()
}

/// `amount * part / whole`, half away from zero; zero where that is no amount.
fn proportion(amount: i64, part: i64, whole: i64) -> i64 {
    let exact = Decimal::from(amount)
        .checked_mul(Decimal::from(part))
        .and_then(|product| product.checked_div(Decimal::from(whole)));
    exact
        .map(|d| d.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero))
        .and_then(|d| d.to_i64())
        .unwrap_or(0)
}

/// The tax of each rate on the summed net of the lines that carry it.
fn parts(books: &Books, side: Side, lines: &[Taxable], discount: Discount) -> Result<Vec<Part>> {
    let mut parts: Vec<Part> = Vec::new();
    // What of each rate's net the discount is taken from.
    let mut discounted: Vec<i64> = Vec::new();
    for line in lines {
        let Some(code) = books.tax_code(line.code) else { continue };
        for rate in code.rates(side) {
            let at = parts.iter().position(|p| p.rate == *rate).unwrap_or_else(|| {
                parts.push(Part { rate: *rate, net: 0, amount: 0, computed: 0 });
                discounted.push(0);
                parts.len() - 1
            });
            if let (Some(part), Some(sum)) = (parts.get_mut(at), discounted.get_mut(at)) {
                part.net += line.net;
                *sum += if line.discounted { line.net } else { 0 };
            }
        }
    }
    for (part, sum) in parts.iter_mut().zip(&discounted) {
        part.net -= discount.share(*sum);
        let percent = books.tax_rate(part.rate).map_or(Decimal::ZERO, |r| r.percent);
        part.computed = money::percent_of(part.net, percent)
            .ok_or_else(|| Fault::number_range("TotalTax", &percent.to_string()))?;
        part.amount = part.computed;
    }
    Ok(parts)
}

/// Spreads a total over the rates in proportion to what they come to. False: there is nothing to
/// spread it over.
fn spread(parts: &mut [Part], total: i64) -> bool {
    let computed: i64 = parts.iter().map(|p| p.computed).sum();
    if computed == 0 {
        return total == 0;
    }
    let (mut taken, mut given) = (0, 0);
    for part in parts {
        taken += part.computed;
        let upto = proportion(total, taken, computed);
        part.amount = upto - given;
        given = upto;
    }
    true
}
