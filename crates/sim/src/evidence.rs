//! What the judges look at: the store's side of the story.

use crate::world::World;
use engine::Engine;
use kernel::{BusinessKey, Currency, Fact, Id, Timestamp};
use matching::StatementRow;
use ports::SqlTx;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use store::document::{AttemptRow, DocRow, DocState};
use store::exception::Exception;
use store::import::ImportRow;
use store::report::ClaimRow;
use tlog::Hash;

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
    /// Every document.
    pub docs: Vec<DocRow>,
    /// Attempts by document and reference.
    pub tries: BTreeMap<String, Vec<AttemptRow>>,
    /// Every claim.
    pub claims: Vec<ClaimRow>,
    /// Every fact.
    pub facts: Vec<Fact>,
    /// Open exceptions.
    pub open: Vec<Exception>,
    /// Closed exceptions of documents and their items.
    pub closed: Vec<Exception>,
    /// Bodies of the audit log's entries.
    pub entries: Vec<Value>,
    /// Their leaves.
    pub leaves: Vec<Hash>,
    /// Of the deliveries that were answered, those that are stored.
    pub deliveries: BTreeSet<Id>,
    /// Of these, those that say something which was not understood.
    pub faulted: BTreeSet<Id>,
    /// Deliveries with an exception, open or closed.
    pub excepted: BTreeSet<Id>,
    /// Every import of a file.
    pub imports: Vec<ImportRow>,
    /// Up to when the ledger's changes count as known.
    pub watched_until: Option<Timestamp>,
    /// The store could not be read.
    pub error: Option<String>,
}

impl Evidence {
    /// When the last attempt about a document ended.
    pub fn last_answer(&self) -> Option<Timestamp> {
        self.tries.values().flatten().filter_map(|a| a.ended_at).max()
    }
}

/// Reads the evidence of a world at rest.
pub fn gather(world: &mut World) -> Evidence {
    let (engine, home) = (world.engine.clone(), world.shape.currency);
    let failed = |e: String| Evidence { error: Some(e), ..Evidence::default() };
    let answered = world.mailbag().answered();
    let found = world.ask(async move {
        read(&engine, home, &answered).await.unwrap_or_else(|e| Evidence {
            error: Some(format!("the books cannot be read: {e}")),
            ..Evidence::default()
        })
    });
    found.unwrap_or_else(|e| failed(e.to_string()))
}

async fn read(engine: &Engine, home: Currency, answered: &[Id]) -> engine::Result<Evidence> {
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
    evidence.open = store::exception::list(tx.as_mut(), 10_000).await?;
    for e in &evidence.open {
        let line = format!("    open {} {} {:?} {}", e.code, e.scope, e.amount, e.detail);
        evidence.unposted.push(line);
    }
    evidence.imports = store::import::list(tx.as_mut()).await?;
    evidence.claims = store::report::claims(tx.as_mut()).await?;
    read_log(engine, tx.as_mut(), &mut evidence).await?;
    read_excepted(tx.as_mut(), &mut evidence).await?;
    for id in answered {
        if let Some(kept) = store::delivery::get(tx.as_mut(), *id).await? {
            evidence.deliveries.insert(*id);
            if kept.state == "faulted" {
                evidence.faulted.insert(*id);
            }
        }
    }
    evidence.watched_until = store::lane::watch(tx.as_mut(), &engine.lane).await?.until;
    if !evidence.breaks.is_empty() {
        name_claims(&mut evidence);
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
        let tries = store::document::attempts(tx.as_mut(), &row.key).await?;
        if row.document().is_some() {
            read_document(tx.as_mut(), &row, &tries, &mut evidence).await?;
            evidence.docs.push(row.clone());
        }
        evidence.tries.insert(row.key.0, tries);
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

/// Reads facts and the audit log.
async fn read_log(
    engine: &Engine,
    tx: &mut dyn SqlTx,
    evidence: &mut Evidence,
) -> engine::Result<()> {
    let mut after = (Id([0; 16]), Id([0; 16]));
    loop {
        let page = store::fact::batched(tx, after, 1_000).await?;
        let Some((batch, id, _, _)) = page.last() else { break };
        after = (*batch, *id);
        let facts = page.iter().filter_map(|(_, _, _, body)| serde_json::from_str(body).ok());
        evidence.facts.extend(facts);
    }
    let size = store::audit::head(tx, &engine.origin).await?.size();
    while (evidence.leaves.len() as u64) < size {
        let page = store::audit::entries(tx, evidence.leaves.len() as u64, 1_000).await?;
        if page.is_empty() {
            break;
        }
        for e in page {
            evidence.leaves.push(e.leaf);
            let body = tlog::entry::decode(&e.entry).ok().map(|entry| entry.body.to_owned());
            let body = body.and_then(|body| serde_json::from_str(&body).ok());
            evidence.entries.push(body.unwrap_or(Value::Null));
        }
    }
    Ok(())
}

/// Reads which deliveries have an exception, or had one that somebody closed.
async fn read_excepted(tx: &mut dyn SqlTx, evidence: &mut Evidence) -> engine::Result<()> {
    let text = |entry: &Value| entry.get("exception").and_then(Value::as_str)?.parse::<Id>().ok();
    let closed: BTreeSet<Id> = evidence.entries.iter().filter_map(text).collect();
    for id in closed {
        let found = store::exception::get(tx, id).await?;
        evidence.excepted.extend(found.and_then(|e| e.delivery));
    }
    evidence.excepted.extend(evidence.open.iter().filter_map(|e| e.delivery));
    Ok(())
}

/// Names the claims behind a difference.
fn name_claims(evidence: &mut Evidence) {
    for c in &evidence.claims {
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
}

async fn read_document(
    tx: &mut dyn SqlTx,
    row: &DocRow,
    tries: &[AttemptRow],
    evidence: &mut Evidence,
) -> engine::Result<()> {
    let key = &row.key;
    let exceptions = store::exception::of_scope(tx, &format!("document/{key}")).await?;
    let explained = exceptions.iter().any(|e| e.closed_at.is_none());
    evidence.closed.extend(exceptions.into_iter().filter(|e| e.closed_at.is_some()));
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
    for a in tries {
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
