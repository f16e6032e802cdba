//! Totals per class and clearing accounts are what the generator, which knows no rule of ours, says
//! that the shop did.

use crate::evidence::Evidence;
use crate::world::World;
use book::Role;
use matching::StatementRow;

/// The statement and the clearing account say what the generator, which knows no rule of ours,
/// says that the shop did.
pub fn judge(world: &World, evidence: &Evidence, out: &mut Vec<String>) {
    let expected = workload::expected(&world.shape);
    let before = out.len();
    let mut same = |what: &str, found: i64, wanted: i64| {
        if found != wanted {
            out.push(format!("{what}: the books say {found}, the shop did {wanted}"));
        }
    };
    let sum = |class: &str, term: fn(&StatementRow) -> i64| -> i64 {
        evidence.rows.iter().filter(|r| r.class == class).map(term).sum()
    };
    same("sales posted", sum("sale", |r| r.verified), expected.posted.minor);
    same("refunds posted", sum("refund", |r| r.verified), -expected.refunds.minor);
    same("payouts posted", sum("payout", |r| r.verified), expected.payouts.minor);
    // Of an itemised payout every charge fee is told once; dispute fees come with the disputes.
    let disputes =
        expected.disputes_won.minor - expected.disputes.minor - expected.dispute_fees.minor;
    same("fees posted", sum("fee", |r| r.verified), -expected.fees.minor);
    same("disputes posted", sum("dispute", |r| r.verified), disputes);
    if world.shape.order_system.is_file() {
        let credits = sum("credit", |r| r.verified);
        same("credits posted", credits, -expected.credited.minor);
        // A buyer gives back what that buyer bought.
        same("credits without a sale", sum("credit_unmatched", |r| r.verified), 0);
        let given_up = sum("adjustment", |r| r.verified);
        same("adjustments posted", given_up, -expected.given_up.minor);
    }
    for (code, count) in &expected.held {
        let held = evidence.rows.iter().filter(|r| r.class == "sale");
        let minor = held.filter_map(|r| r.held_by.get(code)).map(|t| t.minor).sum();
        same(&format!("sales held as {code}"), minor, count.minor);
    }
    for (code, count) in &expected.excluded {
        let out = evidence.rows.iter().filter(|r| r.class == "sale");
        let minor = out.filter_map(|r| r.excluded_by.get(code)).map(|t| t.minor).sum();
        same(&format!("sales excluded as {code}"), minor, count.minor);
    }
    let balances = world.company().trial_balance();
    let balance = |account: &str| -> i64 {
        let account = account.to_lowercase();
        let named = balances.iter().filter(|(name, _)| name.to_lowercase() == account);
        named.map(|(_, minor)| *minor).sum()
    };
    if world.shape.order_system.is_file() {
        let receivables = world.engine.rules.account(Role::Receivables);
        same("receivables", balance(receivables), expected.receivable);
    }
    for (processor, minor) in &expected.clearing {
        let account = world.engine.rules.clearing_account(processor, expected.currency);
        let found = balance(account.unwrap_or_default());
        same(&format!("clearing account of {processor}"), found, *minor);
    }
    if out.len() > before {
        out.extend(evidence.unposted.iter().cloned());
    }
}
