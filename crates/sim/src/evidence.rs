//! What the judges look at: the store's side of the story.

use crate::world::World;
use engine::Engine;
use kernel::{BusinessKey, Currency};
use matching::StatementRow;
use ports::{Clock, SqlTx};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use store::document::{DocRow, DocState};

/// What is read from the store for the judges.
#[derive(Default)]
pub struct Evidence {
    /// The statement as text.
    pub statement: String,
    /// The statement's rows.
    pub rows: Vec<StatementRow>,
    /// Open exceptions, for people.
    pub unposted: Vec<String>,
    /// Rows of the statement that do not tie out.
    pub breaks: Vec<String>,
    /// Documents that came to no end.
    pub pending: Vec<String>,
    /// Key, marker and state of every document.
    pub documents: Vec<(String, String, DocState)>,
    /// The sub-ledger by account.
    pub balances: BTreeMap<String, i64>,
    /// Deliveries and items that nobody dealt with.
    pub undone: Vec<String>,
    /// Attempts by document, for people.
    pub attempts: BTreeMap<String, Vec<String>>,
    /// Faults of the audit log.
    pub audit: Vec<String>,
    /// The store could not be read.
    pub error: Option<String>,
}

/// Reads the evidence of a world at rest.
pub fn gather(world: &mut World) -> Evidence {
    let evidence = Arc::new(Mutex::new(Evidence::default()));
    let (engine, home) = (world.engine.clone(), world.shape.currency);
    let slot = Arc::clone(&evidence);
    let custom = Arc::clone(&slot);
    world.executor.spawn(
        "judge",
        Box::pin(async move {
            let found = read(&engine, home).await.unwrap_or_else(|e| Evidence {
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

async fn read(engine: &Engine, home: Currency) -> engine::Result<Evidence> {
    let statement = engine::statement(&engine.store).await?;
    let breaks = statement
        .breaks()
        .map(|r| format!("{} {} {}: difference {}", r.period, r.class, r.currency, r.difference));
    let mut evidence = Evidence {
        statement: format!("{statement:?}"),
        rows: statement.rows.clone(),
        breaks: breaks.collect(),
        ..Evidence::default()
    };
    let mut tx = engine.store.read().await?;
    for e in store::exception::list(tx.as_mut(), 1_000).await? {
        let line = format!("    open {} {} {:?} {}", e.code, e.scope, e.amount, e.detail);
        evidence.unposted.push(line);
    }
    if !evidence.breaks.is_empty() {
        name_claims(tx.as_mut(), &mut evidence).await?;
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
        if row.document().is_some() {
            read_document(tx.as_mut(), &row, &mut evidence).await?;
        }
    }
    for (account, currency, minor) in store::document::trial_balance(tx.as_mut()).await? {
        if currency == home {
            evidence.balances.insert(account, minor);
        }
    }
    drop(tx);
    evidence.audit = engine.audit_verify().await?.faults;
    Ok(evidence)
}

/// Names the claims behind a difference.
async fn name_claims(tx: &mut dyn SqlTx, evidence: &mut Evidence) -> engine::Result<()> {
    for c in store::report::claims(tx).await? {
        let stands = matches!(c.state, Some(DocState::Verified | DocState::Posted));
        let same = c.ledger_total_minor == Some(c.total_minor);
        if c.outcome == "document" && !(stands && same) {
            let (state, total, ledger) = (c.state, c.total_minor, c.ledger_total_minor);
            evidence.breaks.push(format!(
                "    claim {} {} of {} -> {} {state:?} {total} {ledger:?}",
                c.key, c.amount_minor, c.subject, c.document_key
            ));
        }
    }
    Ok(())
}

async fn read_document(
    tx: &mut dyn SqlTx,
    row: &DocRow,
    evidence: &mut Evidence,
) -> engine::Result<()> {
    let key = &row.key;
    let exceptions = store::exception::of_scope(tx, &format!("document/{key}")).await?;
    let explained = exceptions.iter().any(|e| e.closed_at.is_none());
    match row.state {
        DocState::Verified | DocState::Removed => {}
        DocState::Divergent | DocState::Quarantined if explained => {}
        DocState::Waiting => {
            let (held, why) = waits_for(tx, key).await?;
            if !held {
                evidence.pending.push(format!("{key} waits for {why:?}"));
            }
        }
        state => {
            let (state, reason) = (state.as_str(), &row.reason);
            evidence.pending.push(format!("{key} ends {state} ({reason}) without an exception"));
        }
    }
    let mut lines = Vec::new();
    for a in store::document::attempts(tx, key).await? {
        let micros = a.started_at.0.rem_euclid(1_000_000);
        lines.push(format!(
            "    attempt {} {} {} at {}.{micros:06}: {} {}",
            a.n,
            a.act,
            a.call_id,
            a.started_at,
            a.outcome.as_deref().unwrap_or("no outcome"),
            a.detail.as_deref().unwrap_or_default()
        ));
    }
    evidence.attempts.insert(key.0.clone(), lines);
    evidence.documents.push((key.0.clone(), key.marker(), row.state));
    Ok(())
}

/// Whether something that a person has to decide is at the end of what a document waits for.
async fn waits_for(
    tx: &mut dyn SqlTx,
    document: &BusinessKey,
) -> engine::Result<(bool, Vec<String>)> {
    let (mut held, mut why, mut ask) = (false, Vec::new(), vec![document.clone()]);
    while let Some(key) = ask.pop() {
        for need in store::document::needs_of(tx, &key).await? {
            let key = BusinessKey::new(need);
            let on = store::document::by_key(tx, &key).await?;
            let state = on.as_ref().map(|r| (r.state, r.reason.clone()));
            why.push(format!("{key} {state:?}"));
            held |= on.is_some_and(|r| r.state == DocState::Quarantined);
            ask.push(key);
        }
    }
    Ok((held, why))
}
