//! The check of our sub-ledger against the ledger's own trial balance.

use crate::{Engine, Error, Result};
use kernel::{AccountType, BusinessDate, Currency};
use ports::{ReadOutcome, SqlTx};
use std::collections::{BTreeMap, BTreeSet};

/// Our sub-ledger beside the ledger's own trial balance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubLedgerCheck {
    /// Accounts compared.
    pub accounts: usize,
    /// Accounts that differ.
    pub breaks: Vec<matching::Break>,
    /// Accounts that differ by no more than the rounding of foreign amounts to the home currency,
    /// of which every foreign document may add one minor unit.
    pub rounded: Vec<matching::Break>,
}

/// Documents of one page.
const PAGE: i64 = 500;

/// Movements in the home currency of documents in others.
#[derive(Default)]
struct Foreign {
    /// Account, date, minor units.
    daily: Vec<(String, BusinessDate, i64)>,
    /// Documents that touch an account.
    documents: BTreeMap<String, i128>,
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
        let mut daily = store::document::daily(tx.as_mut(), home).await?;
        let foreign = self.foreign(tx.as_mut(), home).await?;
        daily.extend(foreign.daily);
        let types = store::document::accounts(tx.as_mut(), &self.lane).await?;
        drop(tx);
        // Names in a chart of accounts are equal without regard to case.
        let mut closing: BTreeSet<String> = types
            .into_iter()
            .filter(|(_, kind)| is_closed_each_year(*kind))
            .map(|(name, _)| name.to_lowercase())
            .collect();
        closing.insert(self.rules.exchange_account().to_lowercase());
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
        let may_round = |b: &matching::Break| {
            let most = foreign.documents.get(&b.account).copied().unwrap_or_default();
            b.difference_minor.abs() <= most
        };
        let (rounded, breaks) =
            matching::tie_out(&ours, &theirs).into_iter().partition::<Vec<_>, _>(may_round);
        Ok(SubLedgerCheck { accounts: ours.len(), breaks, rounded })
    }

    /// Foreign documents at the rates the ledger states.
    async fn foreign(&self, tx: &mut dyn SqlTx, home: Currency) -> Result<Foreign> {
        let mut out = Foreign::default();
        let mut after = String::new();
        loop {
            let page = store::document::foreign(tx, home, &after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(out) };
            after.clone_from(&last.key.0);
            for row in &page {
                let (Some(document), Some(rate)) = (row.document(), row.ledger_rate) else {
                    continue;
                };
                let mut settled = BTreeMap::new();
                for link in &document.links {
                    if let Some(to) = store::document::by_key(tx, &link.to).await?
                        && let (Some(target), Some(rate)) = (to.document(), to.ledger_rate)
                    {
                        let known = matching::Settled { kind: target.kind, rate };
                        settled.insert(link.to.clone(), known);
                    }
                }
                let account = self.rules.exchange_account();
                let legs = matching::home_postings(document, rate, home, account, |key| {
                    settled.get(key).copied()
                });
                for leg in legs.map_err(|e| Error::Refused(e.to_string()))? {
                    *out.documents.entry(leg.account.to_lowercase()).or_default() += 1;
                    out.daily.push((leg.account, document.date, leg.amount_minor));
                }
            }
        }
    }

    async fn ledgers_balance(&self, as_of: BusinessDate) -> Result<BTreeMap<String, i64>> {
        if !self.permit_person().await {
            return Err(Error::Refused("the ledger's limit is used up; try again".to_owned()));
        }
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
        | AccountType::CreditCard
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
