//! Sales tax of US companies: set by hand, or by the jurisdiction of the address.

use super::sent::Sent;
use super::{Discount, Part, Taxable, Taxed, parts, spread, taxables};
use crate::books::Books;
use crate::error::{Fault, Result};
use crate::json::{Obj, is_null};
use crate::kind::ListKind;
use crate::list::tax::{NON, Side, TAX, pseudo_id};
use crate::schema;
use crate::seed;
use crate::txn::Txn;
use crate::txn::input::Input;

/// Most taxable lines of a form under Automated Sales Tax (quickbooks.md §6).
const MOST_TAXABLE_LINES: usize = 750;

/// Properties that make the company compute tax again on a sparse update.
const MATTER: [&str; 6] =
    ["Line", "TxnTaxDetail", "ShipAddr", "BillAddr", "CustomerRef", "ApplyTaxAfterDiscount"];

pub(super) fn read(input: &Input<'_>, txn: &mut Txn) -> Result<()> {
    let sent = Sent::read(input)?;
    if input.books.prefs.automated_sales_tax {
        automated(input, txn, sent.as_ref())
    } else {
        by_hand(input, txn, sent.as_ref())
    }
}

fn keep(old: &Txn, txn: &mut Txn) {
    txn.tax = old.tax;
    txn.tax_detail.clone_from(&old.tax_detail);
    txn.taxed.clone_from(&old.taxed);
}

fn taxed_lines(input: &Input<'_>, txn: &Txn) -> Result<Vec<Taxable>> {
    Ok(taxables(input, txn)?.into_iter().filter(|line| line.code == TAX).collect())
}

/// Tax as sent, or by the rates of the tax code that the form names.
fn by_hand(input: &Input<'_>, txn: &mut Txn, sent: Option<&Sent<'_>>) -> Result<()> {
    let Some(sent) = sent else {
        // Null takes the tax off, as a full update without it does.
        let named = input.obj.get("TxnTaxDetail").is_some();
        let Some(old) = input.kept().filter(|_| !named) else { return Ok(()) };
        keep(old, txn);
        return match old.taxed.as_ref().map(|taxed| taxed.code) {
            Some(code) if input.obj.get("Line").is_some() => {
                by_code(input, txn, code, None).map(|_| ())
            }
            _ => Ok(()),
        };
    };
    let code = sent.code.as_ref().and_then(|id| id.parse().ok());
    if let Some(code) = code.filter(|id| *id < NON && input.books.tax_code(*id).is_some())
        && by_code(input, txn, code, sent.total)?
    {
        return Ok(());
    }
    txn.tax = sent.total.unwrap_or(0);
    txn.taxed = None;
    txn.tax_detail = echo(&sent.obj);
    Ok(())
}

/// Rates of a code on the taxable lines; a total sent is spread over them. False: it cannot be.
fn by_code(input: &Input<'_>, txn: &mut Txn, code: u32, total: Option<i64>) -> Result<bool> {
    let lines: Vec<Taxable> =
        taxed_lines(input, txn)?.into_iter().map(|line| Taxable { code, ..line }).collect();
    let mut rows = parts(input.books, Side::Sales, &lines, Discount::of(txn))?;
    if total.is_some_and(|total| !spread(&mut rows, total)) {
        return Ok(false);
    }
    settle(txn, code, rows);
    Ok(true)
}

fn settle(txn: &mut Txn, code: u32, rows: Vec<Part>) {
    txn.tax = rows.iter().map(|part| part.amount).sum();
    txn.tax_detail = Box::default();
    txn.taxed = Some(Box::new(Taxed { calculation: None, code, parts: rows.into_boxed_slice() }));
}

/// What is shown again of a detail whose tax code the company does not know.
fn echo(obj: &Obj<'_>) -> Box<str> {
    let mut kept = String::new();
    for key in ["TxnTaxCodeRef", "TaxLine"] {
        if let Some(value) = obj.get(key).filter(|v| !is_null(v)) {
            if !kept.is_empty() {
                kept.push(',');
            }
            kept.push('"');
            kept.push_str(key);
            kept.push_str("\":");
            kept.push_str(value.get());
        }
    }
    kept.into_boxed_str()
}

/// Automated Sales Tax: only with an address and a taxable line, otherwise whatever is sent comes to
/// nothing (quickbooks.md §8). The state decides the rates; a total sent stands in their place.
fn automated(input: &Input<'_>, txn: &mut Txn, sent: Option<&Sent<'_>>) -> Result<()> {
    if let Some(old) = input.kept()
        && !MATTER.iter().any(|key| input.obj.get(key).is_some())
    {
        keep(old, txn);
        return Ok(());
    }
    let lines = taxed_lines(input, txn)?;
    if lines.len() > MOST_TAXABLE_LINES {
        return Err(Fault::too_many_taxable_lines(MOST_TAXABLE_LINES));
    }
    if lines.is_empty() || is_exempt(input.books, txn.name) {
        return Ok(());
    }
    let Some(state) = ship_to(txn) else { return Ok(()) };
    let total = sent.and_then(|sent| sent.total);
    if let Some(code) = jurisdiction(input.books, &state)
        && by_code(input, txn, code, total)?
    {
        return Ok(());
    }
    // Outside the states where the company owes tax nothing is computed; an override still stands.
    let stood = input.kept().filter(|old| old.taxed.is_none()).map(|old| old.tax);
    txn.tax = total.or(stood).unwrap_or(0);
    Ok(())
}

/// Whether a customer is marked as not taxable.
fn is_exempt(books: &Books, customer: u32) -> bool {
    books.list(ListKind::Customer, customer).is_some_and(|customer| {
        schema::list(ListKind::Customer).extra(&customer.extras, "Taxable") == Some("false")
    })
}

/// The state of the address with a postal code that tax goes by; empty when it names no state.
fn ship_to(txn: &Txn) -> Option<String> {
    let class = schema::txn(txn.kind);
    ["ShipAddr", "BillAddr"].iter().find_map(|key| {
        let address = Obj::parse(class.extra(&txn.extras, key)?).ok()?;
        address.text("PostalCode").filter(|code| !code.is_empty())?;
        Some(address.text("CountrySubDivisionCode").unwrap_or_default().into_owned())
    })
}

fn jurisdiction(books: &Books, state: &str) -> Option<u32> {
    let name = seed::tax::jurisdiction(state)?;
    books
        .all(ListKind::TaxCode)
        .find(|code| code.name.as_ref() == name && pseudo_id(&code.name).is_none())
        .map(|code| code.id)
}
