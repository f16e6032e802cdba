//! Open items: what a customer or vendor owes or is owed by one transaction, until payments settle it.

use super::{Detail, Txn};
use crate::books::Books;
use crate::error::{Fault, Result};
use crate::kind::{ListKind, TxnKind};
use crate::list::{AccountType, Facts};

/// A pair of books kept by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// By customer.
    Receivable,
    /// By vendor.
    Payable,
}

/// The open item that a transaction makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    pub side: Side,
    /// Customer or vendor id.
    pub name: u32,
    /// Cents: positive for an invoice or a bill, negative for a credit.
    pub amount: i64,
}

impl Claim {
    /// Whether it lowers what is to be paid.
    pub(crate) fn is_credit(self) -> bool {
        self.amount < 0
    }

    /// Whether payments that settle the one may stay when it becomes the other.
    fn continues(self, other: Self) -> bool {
        self.side == other.side && self.name == other.name && self.is_credit() == other.is_credit()
    }
}

impl Side {
    /// Names must be of this type.
    pub(crate) fn list(self) -> ListKind {
        match self {
            Self::Receivable => ListKind::Customer,
            Self::Payable => ListKind::Vendor,
        }
    }
}

impl Books {
    /// The side of a control account; none for other accounts.
    pub(crate) fn side_of(&self, account: u32) -> Option<Side> {
        match self.list(ListKind::Account, account).map(|a| &a.facts) {
            Some(Facts::Account { kind: AccountType::AccountsReceivable, .. }) => {
                Some(Side::Receivable)
            }
            Some(Facts::Account { kind: AccountType::AccountsPayable, .. }) => Some(Side::Payable),
            _ => None,
        }
    }

    /// Refuses a control account without the matching type of name (quickbooks.md §8). True for a
    /// control account.
    pub(crate) fn check_control(&self, account: u32, name: u32) -> Result<bool> {
        let Some(side) = self.side_of(account) else { return Ok(false) };
        if self.name_kind(name) == Some(side.list()) {
            return Ok(true);
        }
        Err(Fault::business(match side {
            Side::Receivable => {
                "When you use Accounts Receivable, you must choose a customer in the Name field"
            }
            Side::Payable => {
                "When you use Accounts Payable, you must choose a vendor in the Name field"
            }
        }))
    }

    /// The open item of a transaction. Journal entries, expenses and deposits make one when their
    /// lines touch one control account for one name; payments never do.
    pub(crate) fn claim(&self, txn: &Txn) -> Option<Claim> {
        let (side, name, amount) = match txn.kind {
            TxnKind::Invoice => (Side::Receivable, txn.name, txn.total),
            TxnKind::CreditMemo => (Side::Receivable, txn.name, -txn.total),
            TxnKind::Bill => (Side::Payable, txn.name, txn.total),
            TxnKind::VendorCredit => (Side::Payable, txn.name, -txn.total),
            TxnKind::JournalEntry | TxnKind::Purchase | TxnKind::Deposit => {
                return self.claim_of_lines(txn);
            }
            _ => return None,
        };
        Some(Claim { side, name, amount })
    }

    fn claim_of_lines(&self, txn: &Txn) -> Option<Claim> {
        let mut claim: Option<Claim> = None;
        for line in &txn.lines {
            let (account, name, debit) = match line.detail {
                Detail::Journal { debit, account, name } => {
                    (account, name, if debit { line.amount } else { -line.amount })
                }
                Detail::Expense { account, name, .. } => {
                    (account, name, if txn.credit { -line.amount } else { line.amount })
                }
                Detail::Direct { account, name } => (account, name, -line.amount),
                _ => continue,
            };
            let Some(side) = self.side_of(account) else { continue };
            let amount = if side == Side::Receivable { debit } else { -debit };
            match &mut claim {
                None => claim = Some(Claim { side, name, amount }),
                Some(same) if same.side == side && same.name == name => same.amount += amount,
                Some(_) => return None,
            }
        }
        claim
    }

    /// Cents of the open item that payments have settled.
    pub(crate) fn settled(&self, txn: &Txn) -> i64 {
        self.claim(txn).map_or(0, |claim| claim.amount.abs() - txn.balance)
    }

    /// How much of what is settled on `old` may stay settled on `new`.
    pub(crate) fn may_stay_settled(&self, old: &Txn, new: &Txn) -> i64 {
        match (self.claim(old), self.claim(new)) {
            (Some(before), Some(after)) if before.continues(after) => after.amount.abs(),
            _ => 0,
        }
    }
}
