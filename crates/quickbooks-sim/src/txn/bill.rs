//! Bill, vendor credit and purchase order: what is bought on account.

use super::input::Input;
use super::{Detail, Line, Txn, purchase};
use crate::books::Books;
use crate::clock::Date;
use crate::error::{Fault, Result};
use crate::kind::{ListKind, TxnKind};
use crate::ledger::{Entry, Postings};

/// Reads a bill, a vendor credit or a purchase order.
pub(crate) fn read(kind: TxnKind, input: &Input<'_>) -> Result<Txn> {
    let mut txn = input.header(kind)?;
    txn.name = input.reference("VendorRef", ListKind::Vendor, |t| t.name)?;
    if txn.name == 0 {
        return Err(Fault::missing("VendorRef"));
    }
    txn.account = input.payable(&txn)?;
    purchase::lines_of(input, &mut txn)?;
    txn.total = txn.lines.iter().map(|l| l.amount).sum::<i64>() + txn.tax;
    if txn.total < 0 {
        return Err(Fault::business("Transaction amount must be 0 or greater"));
    }
    txn.due = match input.date("DueDate", |t| t.due)? {
        Some(due) => due,
        None => txn.date.plus(input.term_days(&txn).unwrap_or(0)).min(Date::last()),
    };
    if kind == TxnKind::Bill {
        input.read_origins(&mut txn)?;
    }
    if kind == TxnKind::PurchaseOrder {
        txn.reference = read_status(input)?;
    }
    Ok(txn)
}

/// Closed by hand; whether everything was billed is looked up when shown.
fn read_status(input: &Input<'_>) -> Result<Box<str>> {
    let status = input.text("POStatus", 20, |t| &t.reference)?;
    match status.as_ref() {
        "" | "Open" => Ok(Box::default()),
        "Closed" => Ok(status),
        other => Err(Fault::enumeration("POStatus", other)),
    }
}

/// The status of a purchase order: closed by hand, or because everything was billed.
pub(crate) fn status(books: &Books, order: &Txn) -> &'static str {
    let closed =
        !order.reference.is_empty() || (!order.links.is_empty() && all_received(books, order));
    if closed { "Closed" } else { "Open" }
}

/// Whether a bill names the whole order, or what bills name of each of its lines adds up to the line.
fn all_received(books: &Books, order: &Txn) -> bool {
    let bills = || order.links.iter().filter_map(|(_, id)| books.txn(*id));
    let fulfils = |line: &Line, at: Option<u32>| {
        matches!(line.detail, Detail::Expense { order: (id, of), .. }
            if id == order.id && at.is_none_or(|at| at == of))
    };
    if bills().any(|bill| !bill.lines.iter().any(|l| fulfils(l, None))) {
        return true;
    }
    order.lines.iter().filter(|line| line.amount != 0).all(|line| {
        let billed: i64 = bills()
            .flat_map(|bill| &bill.lines)
            .filter(|l| fulfils(l, Some(line.id)))
            .map(|l| l.amount)
            .sum();
        billed >= line.amount
    })
}

/// Expenses against the payable; a credit turns the signs around.
pub(crate) fn postings(books: &Books, txn: &Txn) -> Postings {
    let sign = if txn.kind == TxnKind::VendorCredit { -1 } else { 1 };
    let mut entry = Entry::default();
    purchase::debit_lines(books, &mut entry, txn, sign);
    entry.credit(txn.account, txn.name, sign * txn.total);
    entry.postings()
}
