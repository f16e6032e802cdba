//! Purchases: expenses paid on the spot by cash, check or card.

use super::claim::Side;
use super::input::{self, Input};
use super::{Detail, Line, Txn, lines};
use crate::books::Books;
use crate::error::{Fault, Result};
use crate::json::Obj;
use crate::kind::{ListKind, TxnKind};
use crate::ledger::{Entry, Postings};
use crate::list::{AccountType, Facts};
use crate::schema;
use crate::tax;

/// Reads a purchase.
pub(crate) fn read(input: &Input<'_>) -> Result<Txn> {
    let mut txn = input.header(TxnKind::Purchase)?;
    txn.account = input.reference("AccountRef", ListKind::Account, |t| t.account)?;
    if txn.account == 0 {
        return Err(Fault::missing("AccountRef"));
    }
    let stored = schema::txn(TxnKind::Purchase).extra(&txn.extras, "PaymentType");
    let allowed: &[AccountType] = match stored {
        None => return Err(Fault::missing("PaymentType")),
        Some("\"CreditCard\"") => &[AccountType::CreditCard],
        Some("\"Cash\"" | "\"Check\"") => &[AccountType::Bank, AccountType::OtherCurrentAsset],
        Some(other) => return Err(Fault::enumeration("PaymentType", other)),
    };
    input.books.require_account(txn.account, allowed, "AccountRef")?;
    txn.credit = match input.obj.text("Credit").as_deref() {
        Some("true") => true,
        Some(_) => false,
        None => input.kept().is_some_and(|t| t.credit),
    };
    txn.reference = input.text("PaymentRefNum", 21, |t| &t.reference)?;
    txn.name = match input.obj.get("EntityRef") {
        None => input.kept().map_or(0, |t| t.name),
        Some(_) => match input::ref_value(input.obj, "EntityRef") {
            None => 0,
            Some(value) => input.books.resolve_name(&value, "EntityRef")?,
        },
    };
    lines_of(input, &mut txn)?;
    txn.total = txn.lines.iter().map(|l| l.amount).sum::<i64>() + txn.tax;
    if txn.total < 0 {
        return Err(Fault::business("Transaction amount must be 0 or greater"));
    }
    Ok(txn)
}

/// The lines of an expense, sent or kept, and their tax.
pub(crate) fn lines_of(input: &Input<'_>, txn: &mut Txn) -> Result<()> {
    match input.lines()? {
        Some(sent) => read_lines(input, txn, &sent)?,
        None => match input.kept() {
            Some(old) => txn.lines.clone_from(&old.lines),
            None => return Err(Fault::missing("Line")),
        },
    }
    tax::read(input, txn, tax::Side::Purchase)
}

fn read_lines(input: &Input<'_>, txn: &mut Txn, sent: &[Obj<'_>]) -> Result<()> {
    let mut read = Vec::with_capacity(sent.len());
    for line in sent {
        lines::check(line)?;
        match line.text("DetailType").as_deref() {
            Some("AccountBasedExpenseLineDetail") => read.push(on_account(input, txn, line)?),
            Some("ItemBasedExpenseLineDetail") => read.push(on_item(input, txn, line)?),
            Some("DescriptionOnly") => read.push(lines::words(input, txn, line)?),
            Some(other) => return Err(Fault::enumeration("DetailType", other)),
            None => return Err(Fault::missing("Line.DetailType")),
        }
    }
    if read.is_empty() {
        return Err(Fault::no_lines());
    }
    txn.lines = read.into_boxed_slice();
    Ok(())
}

fn on_account(input: &Input<'_>, txn: &mut Txn, line: &Obj<'_>) -> Result<Line> {
    let detail = lines::detail(line, schema::ACCOUNT_EXPENSE_DETAIL)?;
    let extras = schema::ACCOUNT_EXPENSE_DETAIL.extras(&detail, None, false)?;
    input::reference(input.books, &detail, "ClassRef", ListKind::Class)?;
    let customer = input::reference(input.books, &detail, "CustomerRef", ListKind::Customer)?;
    let account = match input::reference(input.books, &detail, "AccountRef", ListKind::Account)? {
        0 => return Err(Fault::missing("Line.AccountBasedExpenseLineDetail.AccountRef")),
        id => id,
    };
    // A control account is kept by the customer of the line, else by the payee.
    let name = match input.books.side_of(account) {
        None => 0,
        Some(Side::Receivable) if customer != 0 => customer,
        Some(_) => txn.name,
    };
    input.books.check_control(account, name)?;
    let order = ordered(input, txn, line)?;
    Ok(Line {
        id: lines::line_id(txn, input.old, line.text("Id").as_deref()),
        amount: lines::amount(line)?,
        description: input::text(line, "Description", 4_000, None)?,
        detail: Detail::Expense { account, name, item: 0, quantity: None, price: None, order },
        extras,
    })
}

fn on_item(input: &Input<'_>, txn: &mut Txn, line: &Obj<'_>) -> Result<Line> {
    let detail = lines::detail(line, schema::ITEM_EXPENSE_DETAIL)?;
    let extras = schema::ITEM_EXPENSE_DETAIL.extras(&detail, None, false)?;
    let item = match input::reference(input.books, &detail, "ItemRef", ListKind::Item)? {
        0 => return Err(Fault::missing("Line.ItemBasedExpenseLineDetail.ItemRef")),
        id => id,
    };
    let account = match input.books.list(ListKind::Item, item).map(|i| &i.facts) {
        // Goods in stock go to the asset; the cost follows when they leave.
        Some(Facts::Item { asset, .. }) if input.books.tracked(item).is_some() => *asset,
        Some(Facts::Item { expense, .. }) if *expense != 0 => *expense,
        _ => return Err(Fault::business("The item has no expense account")),
    };
    let amount = lines::amount(line)?;
    let quantity = input::decimal(&detail, "Qty", "Qty")?;
    let price = input::decimal(&detail, "UnitPrice", "UnitPrice")?;
    let (quantity, price) = lines::product(amount, quantity, price)?;
    let order = ordered(input, txn, line)?;
    Ok(Line {
        id: lines::line_id(txn, input.old, line.text("Id").as_deref()),
        amount,
        description: input::text(line, "Description", 4_000, None)?,
        detail: Detail::Expense { account, name: 0, item, quantity, price, order },
        extras,
    })
}

/// The line of a purchase order that a line of a bill fulfils; zeros for none. The line of the order
/// must be named (quickbooks.md §8, matrix).
fn ordered(input: &Input<'_>, txn: &Txn, line: &Obj<'_>) -> Result<(u32, u32)> {
    let Some((kind, id, at)) = lines::link(line)? else { return Ok((0, 0)) };
    if (txn.kind, kind) != (TxnKind::Bill, TxnKind::PurchaseOrder) {
        return Err(Fault::cannot_link(&id.to_string()));
    }
    let order = input.target(kind, id)?;
    if at == 0 {
        return Err(Fault::missing("Line.LinkedTxn.TxnLineId"));
    }
    if order.name != txn.name || !order.lines.iter().any(|l| l.id == at) {
        return Err(Fault::cannot_link(&id.to_string()));
    }
    Ok((id, at))
}

/// Expenses against the paying account; a credit turns the signs around.
pub(crate) fn postings(books: &Books, txn: &Txn) -> Postings {
    let sign = if txn.credit { -1 } else { 1 };
    let mut entry = Entry::default();
    debit_lines(books, &mut entry, txn, sign);
    entry.credit(txn.account, txn.name, sign * txn.total);
    entry.postings()
}

/// The legs of the lines and of their tax.
pub(crate) fn debit_lines(books: &Books, entry: &mut Entry, txn: &Txn, sign: i64) {
    for line in &txn.lines {
        if let Detail::Expense { account, name, .. } = line.detail {
            entry.debit(account, name, sign * line.amount);
        }
    }
    tax::post(books, txn, entry, -sign);
}
