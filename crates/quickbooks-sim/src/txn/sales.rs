//! Sales receipt, invoice, credit memo, refund receipt: item lines, discount, tax, total.

use super::input::Input;
use super::{Detail, Line, Txn, claim, custom, group, lines};
use crate::books::Books;
use crate::clock::Date;
use crate::error::{Fault, Result};
use crate::json::Obj;
use crate::kind::{ListKind, TxnKind};
use crate::ledger::{Entry, Postings};
use crate::list::AccountType;
use crate::list::tax::Side;
use crate::schema;
use crate::tax;

/// Shown in place of the number of a refund that is still to be printed.
pub(crate) const TO_PRINT: &str = "To Print";

/// Reads a sales form.
pub(crate) fn read(kind: TxnKind, input: &Input<'_>) -> Result<Txn> {
    let mut txn = input.header(kind)?;
    txn.name = input.reference("CustomerRef", ListKind::Customer, |t| t.name)?;
    // A receipt may have no customer (quickbooks.md §8).
    if txn.name == 0 && matches!(kind, TxnKind::Invoice | TxnKind::CreditMemo | TxnKind::Estimate) {
        return Err(Fault::missing("CustomerRef"));
    }
    txn.reference = payment_number(input, kind)?;
    custom::keep(input.books, &mut txn);
    txn.account = deposit_account(&txn, input)?;
    match input.lines()? {
        Some(sent) => read_lines(input, &mut txn, &sent)?,
        None => match input.kept() {
            Some(old) => txn.lines.clone_from(&old.lines),
            None => return Err(Fault::missing("Line")),
        },
    }
    copy_addresses(input, &mut txn);
    tax::read(input, &mut txn, Side::Sales)?;
    txn.total = goods(&txn.lines) + txn.tax;
    if txn.total < 0 {
        return Err(Fault::business(
            "Transaction amount must be 0 or greater. Check the amounts of the lines",
        ));
    }
    if matches!(kind, TxnKind::Invoice | TxnKind::CreditMemo) {
        let settled = input.old.map_or(0, Txn::settled).min(txn.total);
        txn.balance = txn.total - settled;
    }
    if kind == TxnKind::Invoice {
        txn.due = match input.date("DueDate", |t| t.due)? {
            Some(due) => due,
            None => {
                let days = input.term_days(&txn).unwrap_or(input.books.prefs.default_due_days);
                txn.date.plus(days).min(Date::last())
            }
        };
        input.read_origins(&mut txn)?;
    }
    if kind == TxnKind::Estimate {
        txn.reference = read_status(input)?;
    }
    Ok(txn)
}

/// Longer on a refund than elsewhere; what the company shows for a check that waits to be printed is
/// no number (quickbooks.md §8).
fn payment_number(input: &Input<'_>, kind: TxnKind) -> Result<Box<str>> {
    let refund = kind == TxnKind::RefundReceipt;
    let number = input.text("PaymentRefNum", if refund { 100 } else { 21 }, |t| &t.reference)?;
    Ok(if refund && &*number == TO_PRINT { Box::default() } else { number })
}

/// The status of an estimate; one that was invoiced is closed, a new one pending.
pub(crate) fn status(estimate: &Txn) -> &str {
    if estimate.links.is_empty() { &estimate.reference } else { "Closed" }
}

fn read_status(input: &Input<'_>) -> Result<Box<str>> {
    let status = input.text("TxnStatus", 20, |t| &t.reference)?;
    match status.as_ref() {
        "" => Ok("Pending".into()),
        "Pending" | "Accepted" | "Closed" | "Rejected" => Ok(status),
        other => Err(Fault::enumeration("TxnStatus", other)),
    }
}

/// Sum of the item lines less the discount.
fn goods(lines: &[Line]) -> i64 {
    lines
        .iter()
        .map(|l| match l.detail {
            Detail::Sale { .. } => l.amount,
            Detail::Discount { .. } => -l.amount,
            _ => 0,
        })
        .sum()
}

fn read_lines(input: &Input<'_>, txn: &mut Txn, sent: &[Obj<'_>]) -> Result<()> {
    let mut read = Vec::with_capacity(sent.len());
    let mut discount = None;
    for line in sent {
        lines::check(line)?;
        let kind = line.text("DetailType").ok_or_else(|| Fault::missing("Line.DetailType"))?;
        match kind.as_ref() {
            "SalesItemLineDetail" => read.push(lines::sale(input, txn, line)?),
            "DescriptionOnly" => read.push(lines::words(input, txn, line)?),
            // Made by the server; clients send it back on updates.
            "SubTotalLineDetail" => {}
            "DiscountLineDetail" if discount.is_none() => discount = Some(line),
            "DiscountLineDetail" => {
                return Err(Fault::business("Only one discount line is allowed per transaction"));
            }
            "GroupLineDetail" => read.append(&mut group::read(input, txn, line)?),
            "TaxLineDetail" => return Err(Fault::not_simulated(&kind)),
            other => return Err(Fault::enumeration("DetailType", other)),
        }
    }
    if let Some(line) = discount {
        let subtotal = tax::subtotal(&read);
        read.push(lines::discount(input, txn, line, subtotal)?);
    }
    if read.is_empty() {
        return Err(Fault::missing("Line"));
    }
    txn.lines = read.into_boxed_slice();
    Ok(())
}

/// Where the money goes: Undeposited Funds unless said otherwise (quickbooks.md §8).
fn deposit_account(txn: &Txn, input: &Input<'_>) -> Result<u32> {
    let (books, kind) = (input.books, txn.kind);
    match kind {
        TxnKind::SalesReceipt | TxnKind::RefundReceipt => {
            let id = input.reference("DepositToAccountRef", ListKind::Account, |t| t.account)?;
            if id == 0 {
                if kind == TxnKind::RefundReceipt {
                    return Err(Fault::missing("DepositToAccountRef"));
                }
                return Ok(books.roles.undeposited);
            }
            books.require_account(
                id,
                &[AccountType::Bank, AccountType::OtherCurrentAsset],
                "DepositToAccountRef",
            )?;
            Ok(id)
        }
        TxnKind::Estimate => Ok(0),
        _ => Ok(books.control(claim::Side::Receivable, txn.currency())),
    }
}

/// Addresses not given are copied from the customer (quickbooks.md §2).
fn copy_addresses(input: &Input<'_>, txn: &mut Txn) {
    if txn.name == 0 || input.kept().is_some() {
        return;
    }
    let Some(customer) = input.books.list(ListKind::Customer, txn.name) else { return };
    if customer.extras.is_empty() {
        return;
    }
    let (from, to) = (schema::list(ListKind::Customer), schema::txn(txn.kind));
    for key in ["BillAddr", "ShipAddr"] {
        if input.obj.get(key).is_none()
            && let Some(address) = from.extra(&customer.extras, key)
        {
            to.add_extra(&mut txn.extras, key, address);
        }
    }
}

/// Money or receivable against income, discount and tax; credits turn the signs around.
pub(crate) fn postings(books: &Books, txn: &Txn) -> Postings {
    let sign = match txn.kind {
        TxnKind::CreditMemo | TxnKind::RefundReceipt => -1,
        _ => 1,
    };
    let mut entry = Entry::default();
    entry.debit(txn.account, txn.name, sign * txn.total);
    for line in &txn.lines {
        match line.detail {
            Detail::Sale { account, .. } => entry.credit(account, 0, sign * line.amount),
            Detail::Discount { account, .. } => entry.debit(account, 0, sign * line.amount),
            _ => {}
        }
    }
    tax::post(books, txn, &mut entry, sign);
    entry.postings()
}
