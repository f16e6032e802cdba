//! The judges. The simulated company's own books have the last word.

use crate::evidence::{Evidence, gather};
use crate::world::World;
use matching::StatementRow;
use std::collections::BTreeMap;
use store::document::DocState;

/// What the judges found.
pub struct Verdict {
    /// Everything that is wrong.
    pub violations: Vec<String>,
    /// Digest of the final books.
    pub books: u64,
    /// Documents verified.
    pub verified: u64,
}

/// Judges a world at rest.
pub fn judge(world: &mut World) -> Verdict {
    let evidence = gather(world);
    let mut violations = Vec::new();
    violations.extend(evidence.error.clone());
    one_live_object_per_key(world, &evidence, &mut violations);
    sub_ledger_is_the_trial_balance(world, &evidence, &mut violations);
    violations.extend(evidence.breaks.iter().cloned());
    violations.extend(evidence.pending.iter().cloned());
    violations.extend(evidence.undone.iter().cloned());
    violations.extend(evidence.audit.iter().map(|f| format!("audit: {f}")));
    limits_are_kept(world, &mut violations);
    books_are_what_the_shop_did(world, &evidence, &mut violations);
    let mut books = 0xcbf2_9ce4_8422_2325_u64;
    let balances = format!("{:?}", world.company().trial_balance());
    for byte in evidence.statement.bytes().chain(balances.bytes()) {
        books = (books ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    let verified =
        evidence.documents.iter().filter(|(_, _, s)| *s == DocState::Verified).count() as u64;
    Verdict { violations, books, verified }
}

/// At most one live ledger object per business key, and exactly one for each that we say is there.
fn one_live_object_per_key(world: &World, evidence: &Evidence, out: &mut Vec<String>) {
    let company = world.company();
    for d in company.duplicates() {
        out.push(format!("duplicate in the ledger: {d:?}"));
    }
    let mut live: BTreeMap<String, u32> = BTreeMap::new();
    for t in company.transactions().filter(|t| !t.voided) {
        if let Some(marker) = t.private_note.split("tieout:").nth(1) {
            let marker = marker.split_whitespace().next().unwrap_or_default();
            *live.entry(marker.to_owned()).or_default() += 1;
        }
    }
    for (key, marker, state) in &evidence.documents {
        let n = live.remove(marker).unwrap_or(0);
        let stands = matches!(state, DocState::Posted | DocState::Verified);
        let may = matches!(state, DocState::Divergent);
        if (stands && n != 1) || (!stands && !may && n != 0) {
            out.push(format!("{key} is {} but the ledger holds {n}", state.as_str()));
            out.extend(evidence.attempts.get(key).into_iter().flatten().cloned());
        }
    }
    for (marker, n) in live {
        out.push(format!("the ledger holds {n} with marker {marker} that we know nothing of"));
    }
}

/// The sub-ledger is the company's trial balance, account by account.
fn sub_ledger_is_the_trial_balance(world: &World, evidence: &Evidence, out: &mut Vec<String>) {
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

/// The company never saw more than its limits.
fn limits_are_kept(world: &World, out: &mut Vec<String>) {
    let meter = world.company().meter();
    if world.profile.throttled && meter.violations > 0 {
        out.push(format!("{} requests beyond the limits", meter.violations));
    }
}

/// The statement and the clearing account say what the generator, which knows no rule of ours,
/// says that the shop did.
fn books_are_what_the_shop_did(world: &World, evidence: &Evidence, out: &mut Vec<String>) {
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
    for (processor, minor) in &expected.clearing {
        let account = world.engine.rules.clearing_account(processor, expected.currency);
        let account = account.unwrap_or_default().to_lowercase();
        let found: i64 = balances
            .iter()
            .filter(|(name, _)| name.to_lowercase() == account)
            .map(|(_, minor)| *minor)
            .sum();
        same(&format!("clearing account of {processor}"), found, *minor);
    }
    if out.len() > before {
        out.extend(evidence.unposted.iter().cloned());
    }
}
