//! The sub-ledger is the company's trial balance, account by account, and every entry of the company
//! balances.

use crate::evidence::Evidence;
use crate::world::World;
use std::collections::BTreeMap;

/// The sub-ledger is the company's trial balance, account by account.
pub fn judge(world: &World, evidence: &Evidence, out: &mut Vec<String>) {
    let company = world.company();
    // QuickBooks' names are equal without regard to case.
    let fold = |balances: BTreeMap<String, i64>| {
        let mut folded: BTreeMap<String, i64> = BTreeMap::new();
        for (name, minor) in balances {
            *folded.entry(name.to_lowercase()).or_default() += minor;
        }
        folded.retain(|_, minor| *minor != 0);
        folded
    };
    let ours = fold(evidence.balances.clone());
    for b in matching::tie_out(&ours, &fold(company.trial_balance())) {
        out.push(format!(
            "account {}: sub-ledger {}, ledger {}",
            b.account, b.source_minor, b.ledger_minor
        ));
    }
}
