//! The check of our sub-ledger against the ledger's own trial balance.

use crate::{Engine, Error, Result};
use kernel::{AccountType, BusinessDate, Currency};
use ports::ReadOutcome;
use std::collections::{BTreeMap, BTreeSet};

/// Our sub-ledger beside the ledger's own trial balance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubLedgerCheck {
    /// Accounts compared.
    pub accounts: usize,
    /// Accounts that differ.
    pub breaks: Vec<matching::Break>,
}

impl Engine {
    /// Compares the sub-ledger with the ledger's trial balance, over the accounts we post to. The
    /// ledger closes income and expense accounts with each fiscal year, so it is asked once for
    /// every fiscal year we posted into; `first_month` (1 to 12) begins one.
    pub async fn check_sub_ledger(
        &self,
        home: Currency,
        first_month: u8,
    ) -> Result<SubLedgerCheck> {
        let mut tx = self.store.read().await?;
        let daily = store::document::daily(tx.as_mut(), home).await?;
        let types = store::document::accounts(tx.as_mut(), &self.lane).await?;
        drop(tx);
        // Names in a chart of accounts are equal without regard to case.
        let closing: BTreeSet<String> = types
            .into_iter()
            .filter(|(_, kind)| is_closed_each_year(*kind))
            .map(|(name, _)| name.to_lowercase())
            .collect();
        let mut ours: BTreeMap<String, i64> = BTreeMap::new();
        let mut years = BTreeSet::new();
        for (account, date, minor) in daily {
            years.insert(date.fiscal_year(first_month).1);
            let sum = ours.entry(account.to_lowercase()).or_default();
            *sum = sum.checked_add(minor).ok_or_else(too_large)?;
        }
        let last = years.pop_last();
        let mut theirs: BTreeMap<String, i64> = BTreeMap::new();
        for end in years {
            let year = self.ledgers_balance(end).await?;
            add(&mut theirs, year.into_iter().filter(|(name, _)| closing.contains(name)))?;
        }
        if let Some(end) = last {
            add(&mut theirs, self.ledgers_balance(end).await?)?;
        }
        theirs.retain(|name, _| ours.contains_key(name));
        Ok(SubLedgerCheck { accounts: ours.len(), breaks: matching::tie_out(&ours, &theirs) })
    }

    async fn ledgers_balance(&self, as_of: BusinessDate) -> Result<BTreeMap<String, i64>> {
        let deadline = self.now().plus_seconds(self.limits.call_timeout_s);
        match self.target.trial_balance(as_of, deadline).await {
            ReadOutcome::Read(balances) => {
                Ok(balances.into_iter().map(|(name, minor)| (name.to_lowercase(), minor)).collect())
            }
            ReadOutcome::Failed(why) => {
                Err(Error::Refused(format!("the trial balance could not be read: {why}")))
            }
            ReadOutcome::Throttled => {
                Err(Error::Refused("the ledger's limit was hit; try again".to_owned()))
            }
            ReadOutcome::Disconnected(f) => {
                Err(Error::Refused(format!("the ledger is not connected: {}", f.summary)))
            }
        }
    }
}

fn is_closed_each_year(kind: AccountType) -> bool {
    match kind {
        AccountType::Income
        | AccountType::CostOfGoodsSold
        | AccountType::Expense
        | AccountType::OtherIncome
        | AccountType::OtherExpense => true,
        AccountType::Bank
        | AccountType::AccountsReceivable
        | AccountType::OtherCurrentAsset
        | AccountType::OtherCurrentLiability
        | AccountType::Equity => false,
    }
}

fn add(
    sums: &mut BTreeMap<String, i64>,
    more: impl IntoIterator<Item = (String, i64)>,
) -> Result<()> {
    for (name, minor) in more {
        let sum = sums.entry(name).or_default();
        *sum = sum.checked_add(minor).ok_or_else(too_large)?;
    }
    Ok(())
}

fn too_large() -> Error {
    Error::Refused("the balance of an account exceeds 64-bit minor units".to_owned())
}
