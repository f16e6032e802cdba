//! The general ledger: balances per account, moved only by balanced sets of postings.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One leg: an amount on an account, for a name where the account is a control account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Posting {
    /// Account id.
    pub account: u32,
    /// Customer or vendor id, zero for none.
    pub name: u32,
    /// Cents, debit positive.
    pub amount: i64,
}

/// Legs of one transaction; always sums to zero.
pub(crate) type Postings = Box<[Posting]>;

/// Collects legs and drops the empty ones.
#[derive(Debug, Default)]
pub(crate) struct Entry(Vec<Posting>);

impl Entry {
    /// Goes on with the legs of another entry.
    pub(crate) fn of(legs: Postings) -> Self {
        Self(legs.into_vec())
    }

    pub(crate) fn debit(&mut self, account: u32, name: u32, amount: i64) {
        if amount == 0 {
            return;
        }
        match self.0.iter_mut().find(|p| p.account == account && p.name == name) {
            Some(same) => same.amount += amount,
            None => self.0.push(Posting { account, name, amount }),
        }
    }

    pub(crate) fn credit(&mut self, account: u32, name: u32, amount: i64) {
        self.debit(account, name, -amount);
    }

    /// Puts what is missing to zero on an account.
    pub(crate) fn settle(&mut self, account: u32) {
        let rest: i64 = self.0.iter().map(|p| p.amount).sum();
        self.credit(account, 0, rest);
    }

    pub(crate) fn postings(mut self) -> Postings {
        self.0.retain(|p| p.amount != 0);
        debug_assert_eq!(self.0.iter().map(|p| p.amount).sum::<i64>(), 0, "unbalanced entry");
        self.0.into_boxed_slice()
    }
}

/// Balances in cents, debit positive.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Ledger {
    accounts: Vec<i64>,
    /// Balance on the control accounts by customer or vendor id, in cents of their currency.
    names: Vec<i64>,
    /// Accounts kept by name: receivable by customer, payable by vendor.
    controls: Vec<u32>,
    /// Accounts in another currency: whether they are kept by name, and their balance in its cents.
    abroad: BTreeMap<u32, (bool, i64)>,
}

fn slot(balances: &mut Vec<i64>, id: u32) -> Option<&mut i64> {
    let at = usize::try_from(id).ok()?;
    if balances.len() <= at {
        balances.resize(at + 1, 0);
    }
    balances.get_mut(at)
}

impl Ledger {
    fn add(&mut self, postings: &[Posting], sign: i64) {
        for p in postings {
            if let Some(balance) = slot(&mut self.accounts, p.account) {
                *balance += sign * p.amount;
            }
            if p.name != 0
                && self.controls.contains(&p.account)
                && let Some(balance) = slot(&mut self.names, p.name)
            {
                *balance += sign * p.amount;
            }
        }
    }

    /// Keeps an account by name from now on.
    pub(crate) fn add_control(&mut self, account: u32) {
        if !self.controls.contains(&account) {
            self.controls.push(account);
        }
    }

    /// Keeps an account in another currency from now on; a control account also by name.
    pub(crate) fn keep_abroad(&mut self, account: u32, control: bool) {
        self.abroad.entry(account).or_insert((control, 0));
    }

    /// Posts legs in another currency on the accounts that are kept in it; `sign` -1 takes them back.
    pub(crate) fn post_abroad(&mut self, legs: &[Posting], sign: i64) {
        for leg in legs {
            let Some((control, balance)) = self.abroad.get_mut(&leg.account) else { continue };
            *balance += sign * leg.amount;
            if *control
                && leg.name != 0
                && let Some(owed) = slot(&mut self.names, leg.name)
            {
                *owed += sign * leg.amount;
            }
        }
    }

    /// Balance of an account that is kept in another currency, in its cents; none for other accounts.
    pub(crate) fn abroad(&self, account: u32) -> Option<i64> {
        self.abroad.get(&account).map(|(_, balance)| *balance)
    }

    /// Posts an entry.
    pub(crate) fn post(&mut self, postings: &[Posting]) {
        self.add(postings, 1);
    }

    /// Takes an entry back.
    pub(crate) fn reverse(&mut self, postings: &[Posting]) {
        self.add(postings, -1);
    }

    /// Balance of an account, debit positive.
    pub(crate) fn account(&self, id: u32) -> i64 {
        usize::try_from(id).ok().and_then(|at| self.accounts.get(at)).copied().unwrap_or(0)
    }

    /// What a customer owes; for a vendor, what is owed to it as a negative amount.
    pub(crate) fn owed_by(&self, id: u32) -> i64 {
        usize::try_from(id).ok().and_then(|at| self.names.get(at)).copied().unwrap_or(0)
    }
}
