//! Payments: money from a customer, applied to invoices, together with credits.

use super::input::{self, Input};
use super::{Detail, Line, Txn, lines};
use crate::books::Books;
use crate::error::{Fault, Result};
use crate::json::Obj;
use crate::kind::{ListKind, TxnKind};
use crate::ledger::{Entry, Postings};
use crate::list::AccountType;

/// Reads a payment. Updates replace all lines (quickbooks.md §8).
pub(crate) fn read(input: &Input<'_>) -> Result<Txn> {
    let mut txn = input.header(TxnKind::Payment)?;
    txn.name = input.reference("CustomerRef", ListKind::Customer, |t| t.name)?;
    if txn.name == 0 {
        return Err(Fault::missing("CustomerRef"));
    }
    txn.total = match input::cents(input.obj, "TotalAmt", "TotalAmt")? {
        Some(total) => total,
        None => input.kept().map(|t| t.total).ok_or_else(|| Fault::missing("TotalAmt"))?,
    };
    if txn.total < 0 {
        return Err(Fault::number_range("TotalAmt", &crate::money::cents_text(txn.total)));
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
    match input.lines()? {
        Some(sent) => read_lines(input, &mut txn, &sent)?,
        None => {
            if let Some(old) = input.kept() {
                txn.lines.clone_from(&old.lines);
            }
        }
    }
    let (invoices, credits) = applied(&txn);
    if invoices > txn.total + credits {
        return Err(Fault::business(
            "The amount applied to transactions is greater than the payment amount",
        ));
    }
    txn.balance = txn.total - (invoices - credits);
    Ok(txn)
}

/// What a payment settles: cents on invoices, cents of credit memos used.
pub(crate) fn applied(txn: &Txn) -> (i64, i64) {
    let sum = |wanted: TxnKind| {
        txn.lines
            .iter()
            .filter(|l| matches!(l.detail, Detail::Applied { kind, .. } if kind == wanted))
            .map(|l| l.amount)
            .sum()
    };
    (sum(TxnKind::Invoice), sum(TxnKind::CreditMemo))
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

fn read_lines(input: &Input<'_>, txn: &mut Txn, sent: &[Obj<'_>]) -> Result<()> {
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
        let target = input
            .books
            .txn(id)
            .filter(|t| t.kind == kind && !t.voided)
            .ok_or_else(|| Fault::reference("LinkedTxn", "Transaction", &id.to_string()))?;
        if !matches!(kind, TxnKind::Invoice | TxnKind::CreditMemo) {
            return Err(Fault::cannot_link(&id.to_string()));
        }
        if target.name != txn.name {
            return Err(Fault::business(
                "The customer of the payment differs from the customer of the linked transaction",
            ));
        }
        let taken: i64 = read
            .iter()
            .filter(|l| matches!(l.detail, Detail::Applied { txn, .. } if txn == id))
            .map(|l| l.amount)
            .sum();
        // More than is open is accepted; the rest stays as customer credit (quickbooks.md §8).
        let open = (target.balance + held(input.old, id) - taken).max(0);
        read.push(Line {
            id: 0,
            amount: amount.min(open),
            description: Box::default(),
            detail: Detail::Applied { kind, txn: id },
            extras: Box::default(),
        });
    }
    read.retain(|l| l.amount != 0);
    txn.lines = read.into_boxed_slice();
    Ok(())
}

/// Money in, receivable down by the whole payment: what is unapplied is credit of the customer.
pub(crate) fn postings(books: &Books, txn: &Txn) -> Postings {
    let mut entry = Entry::default();
    entry.debit(txn.account, txn.name, txn.total);
    entry.credit(books.roles.receivable, txn.name, txn.total);
    entry.postings()
}
