//! Payments of customers and to vendors: money applied to open items, together with credits.

use super::claim::Side;
use super::input::{self, Input};
use super::{Detail, Line, Txn, lines};
use crate::error::{Fault, Result};
use crate::json::Obj;
use crate::kind::{ListKind, TxnKind};
use crate::ledger::{Entry, Postings};
use crate::list::AccountType;
use crate::schema;

/// Reads a payment of a customer. Updates replace all lines (quickbooks.md §8).
pub(crate) fn read(input: &Input<'_>) -> Result<Txn> {
    let mut txn = input.header(TxnKind::Payment)?;
    txn.name = input.reference("CustomerRef", ListKind::Customer, |t| t.name)?;
    if txn.name == 0 {
        return Err(Fault::missing("CustomerRef"));
    }
    txn.reference = input.text("PaymentRefNum", 21, |t| &t.reference)?;
    txn.account = match input.reference("DepositToAccountRef", ListKind::Account, |t| t.account)? {
        0 => input.books.roles.undeposited,
        id => {
            input.books.require_account(
                id,
                &[AccountType::Bank, AccountType::OtherCurrentAsset],
                "DepositToAccountRef",
            )?;
            id
        }
    };
    txn.other = input.books.control(Side::Receivable, txn.currency());
    apply(input, &mut txn, Side::Receivable)?;
    Ok(txn)
}

/// Reads a payment to a vendor, by check or by card.
pub(crate) fn read_to_vendor(input: &Input<'_>) -> Result<Txn> {
    let mut txn = input.header(TxnKind::BillPayment)?;
    txn.name = input.reference("VendorRef", ListKind::Vendor, |t| t.name)?;
    if txn.name == 0 {
        return Err(Fault::missing("VendorRef"));
    }
    let class = schema::txn(TxnKind::BillPayment);
    let (way, key, allowed): (_, _, &[AccountType]) = match class.extra(&txn.extras, "PayType") {
        None => return Err(Fault::missing("PayType")),
        Some("\"Check\"") => {
            ("CheckPayment", "BankAccountRef", &[AccountType::Bank, AccountType::OtherCurrentAsset])
        }
        Some("\"CreditCard\"") => ("CreditCardPayment", "CCAccountRef", &[AccountType::CreditCard]),
        Some(other) => return Err(Fault::enumeration("PayType", other)),
    };
    match input.obj.object(way) {
        None => match input.kept() {
            Some(old) => {
                txn.account = old.account;
                txn.reference.clone_from(&old.reference);
            }
            None => return Err(Fault::missing(way)),
        },
        Some(detail) => {
            txn.account = input::reference(input.books, &detail, key, ListKind::Account)?;
            // The status of the check; cards have none.
            txn.reference = input::text(&detail, "PrintStatus", 20, None)?;
        }
    }
    if txn.account == 0 {
        return Err(Fault::missing(key));
    }
    input.books.require_account(txn.account, allowed, key)?;
    txn.other = input.payable(&txn)?;
    apply(input, &mut txn, Side::Payable)?;
    Ok(txn)
}

/// The total, the lines, and what is left of the money.
fn apply(input: &Input<'_>, txn: &mut Txn, side: Side) -> Result<()> {
    txn.total = match input::cents(input.obj, "TotalAmt", "TotalAmt")? {
        Some(total) => total,
        None => input.kept().map(|t| t.total).ok_or_else(|| Fault::missing("TotalAmt"))?,
    };
    if txn.total < 0 {
        return Err(Fault::number_range("TotalAmt", &crate::money::cents_text(txn.total)));
    }
    match input.lines()? {
        Some(sent) => read_lines(input, txn, side, &sent)?,
        None => {
            if let Some(old) = input.kept() {
                txn.lines.clone_from(&old.lines);
            } else if side == Side::Payable {
                return Err(Fault::missing("Line"));
            }
        }
    }
    let (charges, credits) = applied(txn);
    if charges > txn.total + credits {
        return Err(Fault::business(
            "The amount applied to transactions is greater than the payment amount",
        ));
    }
    txn.balance = txn.total - (charges - credits);
    Ok(())
}

/// What a payment settles: cents on invoices or bills, cents of credits used.
pub(crate) fn applied(txn: &Txn) -> (i64, i64) {
    let sum = |wanted: bool| {
        txn.lines
            .iter()
            .filter(|l| matches!(l.detail, Detail::Applied { credit, .. } if credit == wanted))
            .map(|l| l.amount)
            .sum()
    };
    (sum(false), sum(true))
}

/// What this payment already settled of `target` before the update.
fn held(old: Option<&Txn>, target: u32) -> i64 {
    old.map_or(0, |old| {
        old.lines
            .iter()
            .filter(|l| matches!(l.detail, Detail::Applied { txn, .. } if txn == target))
            .map(|l| l.amount)
            .sum()
    })
}

fn read_lines(input: &Input<'_>, txn: &mut Txn, side: Side, sent: &[Obj<'_>]) -> Result<()> {
    let mut read: Vec<Line> = Vec::with_capacity(sent.len());
    for line in sent {
        lines::check(line)?;
        let amount = lines::amount(line)?;
        if amount < 0 {
            return Err(Fault::negative());
        }
        let Some((kind, id, _)) = lines::link(line)? else {
            return Err(Fault::missing("Line.LinkedTxn"));
        };
        let target = input.target(kind, id)?;
        let claim = input
            .books
            .claim(target)
            .filter(|c| c.side == side && can_settle(target))
            .ok_or_else(|| Fault::cannot_link(&id.to_string()))?;
        if claim.name != txn.name {
            return Err(Fault::business(match side {
                Side::Receivable => {
                    "The customer of the payment differs from the customer of the linked transaction"
                }
                Side::Payable => {
                    "The vendor of the payment differs from the vendor of the linked transaction"
                }
            }));
        }
        let taken: i64 = read
            .iter()
            .filter(|l| matches!(l.detail, Detail::Applied { txn, .. } if txn == id))
            .map(|l| l.amount)
            .sum();
        // More than is open is accepted; the rest stays as credit (quickbooks.md §8).
        let open = (target.balance + held(input.old, id) - taken).max(0);
        read.push(Line {
            id: 0,
            amount: amount.min(open),
            description: Box::default(),
            detail: Detail::Applied { kind, txn: id, credit: claim.is_credit() },
            extras: Box::default(),
        });
    }
    read.retain(|l| l.amount != 0);
    txn.lines = read.into_boxed_slice();
    Ok(())
}

/// Expenses by check and card credits are linked in the product only (quickbooks.md §8, matrix).
fn can_settle(target: &Txn) -> bool {
    target.kind != TxnKind::Purchase || lines::link_name(target) == "Expense"
}

/// Money against the control account by the whole payment: what is unapplied is credit.
pub(crate) fn postings(txn: &Txn) -> Postings {
    let sign = if txn.kind == TxnKind::BillPayment { -1 } else { 1 };
    let mut entry = Entry::default();
    entry.debit(txn.account, txn.name, sign * txn.total);
    entry.credit(txn.other, txn.name, sign * txn.total);
    entry.postings()
}

/// Drops empty lines of a payment; when credits ran out, invoices or bills give back what they took.
pub(crate) fn settle(payment: &mut Txn) {
    let (mut charges, credits) = applied(payment);
    for line in payment.lines.iter_mut().rev() {
        let over = charges - credits - payment.total;
        if over <= 0 {
            break;
        }
        if matches!(line.detail, Detail::Applied { credit: false, .. }) {
            let cut = line.amount.min(over);
            line.amount -= cut;
            charges -= cut;
        }
    }
    let lines = std::mem::take(&mut payment.lines).into_vec();
    payment.lines = lines.into_iter().filter(|l| l.amount != 0).collect();
    payment.balance = payment.total - (charges - credits);
}
