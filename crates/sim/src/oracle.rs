//! The judges. The simulated company's own books have the last word.

use crate::world::World;
use anyhow::Result;
use engine::Engine;
use kernel::Currency;
use matching::StatementRow;
use ports::Clock;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
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

/// What is read from the store for the judges.
#[derive(Default)]
struct Evidence {
    statement: String,
    rows: Vec<StatementRow>,
    unposted: Vec<String>,
    breaks: Vec<String>,
    pending: Vec<String>,
    documents: Vec<(String, String, DocState)>,
    balances: BTreeMap<String, i64>,
    undone: Vec<String>,
    attempts: BTreeMap<String, Vec<String>>,
    audit: Vec<String>,
    error: Option<String>,
}

/// Judges a world at rest.
pub fn judge(world: &mut World) -> Result<Verdict> {
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
    Ok(Verdict { violations, books, verified })
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

fn gather(world: &mut World) -> Evidence {
    let evidence = Arc::new(Mutex::new(Evidence::default()));
    let (engine, slot) = (world.engine.clone(), Arc::clone(&evidence));
    let custom = Arc::clone(&slot);
    world.executor.spawn(
        "judge",
        Box::pin(async move {
            let found = read(&engine).await.unwrap_or_else(|e| Evidence {
                error: Some(format!("the books cannot be read: {e}")),
                ..Evidence::default()
            });
            if let Ok(mut place) = custom.lock() {
                *place = found;
            }
        }),
    );
    let until = world.executor.clock().now().plus_seconds(600);
    while world.executor.step(until, u64::MAX).is_none() {}
    drop(slot);
    match evidence.lock() {
        Ok(mut found) => std::mem::take(&mut *found),
        Err(_) => Evidence { error: Some("the judge died".to_owned()), ..Evidence::default() },
    }
}

async fn read(engine: &Engine) -> engine::Result<Evidence> {
    let statement = engine::statement(&engine.store).await?;
    let mut evidence = Evidence {
        statement: format!("{statement:?}"),
        rows: statement.rows.clone(),
        breaks: statement
            .breaks()
            .map(|r| {
                format!("{} {} {}: difference {}", r.period, r.class, r.currency, r.difference)
            })
            .collect(),
        ..Evidence::default()
    };
    let mut tx = engine.store.read().await?;
    for e in store::exception::list(tx.as_mut(), 1_000).await? {
        evidence
            .unposted
            .push(format!("    open {} {} {:?} {}", e.code, e.scope, e.amount, e.detail));
    }
    if !evidence.breaks.is_empty() {
        for c in store::report::claims(tx.as_mut()).await? {
            let stands = matches!(c.state, Some(DocState::Verified | DocState::Posted));
            let same = c.ledger_total_minor == Some(c.total_minor);
            if c.outcome == "document" && !(stands && same) {
                evidence.breaks.push(format!(
                    "    claim {} {} of {} -> {} {:?} {} {:?}",
                    c.key,
                    c.amount_minor,
                    c.subject,
                    c.document_key,
                    c.state,
                    c.total_minor,
                    c.ledger_total_minor
                ));
            }
        }
    }
    for (state, n, _) in store::delivery::counts(tx.as_mut()).await? {
        if state == "received" {
            evidence.undone.push(format!("{n} deliveries were never normalised"));
        }
    }
    let open = store::item::open(tx.as_mut(), &engine.lane).await?;
    if open > 0 {
        evidence.undone.push(format!("{open} items were never decided"));
    }
    for row in store::document::all(tx.as_mut()).await? {
        let marker = row.key.marker();
        if row.document().is_none() {
            continue;
        }
        let exceptions =
            store::exception::of_scope(tx.as_mut(), &format!("document/{}", row.key)).await?;
        let explained = exceptions.iter().any(|e| e.closed_at.is_none());
        match row.state {
            DocState::Verified | DocState::Removed => {}
            DocState::Divergent | DocState::Quarantined if explained => {}
            DocState::Waiting => {
                let mut held = false;
                let mut why = Vec::new();
                let mut ask = vec![row.key.clone()];
                while let Some(key) = ask.pop() {
                    for need in store::document::needs_of(tx.as_mut(), &key).await? {
                        let key = kernel::BusinessKey::new(need);
                        let on = store::document::by_key(tx.as_mut(), &key).await?;
                        let state = on.as_ref().map(|r| (r.state, r.reason.clone()));
                        why.push(format!("{key} {state:?}"));
                        held |= on.is_some_and(|r| r.state == DocState::Quarantined);
                        ask.push(key);
                    }
                }
                if !held {
                    evidence.pending.push(format!("{} waits for {why:?}", row.key));
                }
            }
            state => evidence.pending.push(format!(
                "{} ends {} ({}) without an exception",
                row.key,
                state.as_str(),
                row.reason
            )),
        }
        let attempts = store::document::attempts(tx.as_mut(), &row.key).await?;
        let lines = attempts.iter().map(|a| {
            format!(
                "    attempt {} {} {} at {}.{:06}: {} {}",
                a.n,
                a.act,
                a.call_id,
                a.started_at,
                a.started_at.0.rem_euclid(1_000_000),
                a.outcome.as_deref().unwrap_or("no outcome"),
                a.detail.as_deref().unwrap_or_default()
            )
        });
        let lines: Vec<String> = lines.collect();
        evidence.attempts.insert(row.key.0.clone(), lines);
        evidence.documents.push((row.key.0.clone(), marker, row.state));
    }
    for (account, currency, minor) in store::document::trial_balance(tx.as_mut()).await? {
        if currency == Currency::USD {
            evidence.balances.insert(account, minor);
        }
    }
    drop(tx);
    evidence.audit = engine.audit_verify().await?.faults;
    Ok(evidence)
}
