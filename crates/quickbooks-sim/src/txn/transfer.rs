//! Transfers between two balance sheet accounts.

use super::Txn;
use super::input::{self, Input};
use crate::error::{Fault, Result};
use crate::kind::{ListKind, TxnKind};
use crate::ledger::{Entry, Postings};
use crate::list::{AccountType, Facts};

/// Reads a transfer.
pub(crate) fn read(input: &Input<'_>) -> Result<Txn> {
    let mut txn = input.header(TxnKind::Transfer)?;
    txn.account = input.reference("FromAccountRef", ListKind::Account, |t| t.account)?;
    txn.other = input.reference("ToAccountRef", ListKind::Account, |t| t.other)?;
    for (id, element) in [(txn.account, "FromAccountRef"), (txn.other, "ToAccountRef")] {
        if id == 0 {
            return Err(Fault::missing(element));
        }
        let facts = input.books.list(ListKind::Account, id).map(|a| &a.facts);
        if let Some(Facts::Account { kind, .. }) = facts
            && (!kind.is_balance_sheet()
                || matches!(kind, AccountType::AccountsReceivable | AccountType::AccountsPayable))
        {
            return Err(Fault::account_type(element));
        }
    }
    if txn.account == txn.other {
        return Err(Fault::business("The accounts of a transfer must differ"));
    }
    txn.total = match input::cents(input.obj, "Amount", "Amount")? {
        Some(amount) => amount,
        None => input.kept().map(|t| t.total).ok_or_else(|| Fault::missing("Amount"))?,
    };
    if txn.total < 0 {
        return Err(Fault::number_range("Amount", &crate::money::cents_text(txn.total)));
    }
    Ok(txn)
}

/// To against from.
pub(crate) fn postings(txn: &Txn) -> Postings {
    let mut entry = Entry::default();
    entry.debit(txn.other, 0, txn.total);
    entry.credit(txn.account, 0, txn.total);
    entry.postings()
}
