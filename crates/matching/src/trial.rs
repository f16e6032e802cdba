//! Whether two trial balances are the same, account by account.

use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// An account on which two sides differ.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Break {
    /// Account name.
    pub account: String,
    /// Balance by our postings, minor units, debit positive; 0 when we have none.
    pub source_minor: i64,
    /// Balance in the ledger, minor units, debit positive; 0 when it has none.
    pub ledger_minor: i64,
    /// source − ledger. Wider than the balances, so that no difference overflows.
    pub difference_minor: i128,
}

/// Compares the sub-ledger with the ledger: balances in minor units of one currency per account,
/// debit positive. An account that one side lacks counts as zero there. Sorted by account; empty
/// when the two tie out.
pub fn tie_out(source: &BTreeMap<String, i64>, ledger: &BTreeMap<String, i64>) -> Vec<Break> {
    let accounts: BTreeSet<&String> = source.keys().chain(ledger.keys()).collect();
    let balance = |side: &BTreeMap<String, i64>, name| side.get(name).copied().unwrap_or_default();
    accounts
        .into_iter()
        .map(|account| {
            let (ours, theirs) = (balance(source, account), balance(ledger, account));
            let difference_minor = i128::from(ours) - i128::from(theirs);
            let account = account.clone();
            Break { account, source_minor: ours, ledger_minor: theirs, difference_minor }
        })
        .filter(|b| b.difference_minor != 0)
        .collect()
}
