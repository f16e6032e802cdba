//! Hints are followed by reading: what the ledger says has changed is read back again.

use crate::Result;
use crate::journal::{self, Actor};
use crate::lane::Worker;
use kernel::Timestamp;
use ports::Named;
use serde_json::json;
use std::collections::BTreeMap;
use store::document::{self, DocRow, DocState};
use store::hint::{self, Hint};

/// Pause between two looks at the hints, microseconds: a burst is followed by one read-back.
const FOLLOW_US: i64 = 5 * Timestamp::SECOND;
/// Hints followed at once.
const PAGE: i64 = 1_000;
/// What changed so soon after we wrote it is our own writing come back to us, microseconds. Were it
/// a person after all, the read-back of what we wrote or the next look at the changes tells.
const ECHO_US: i64 = 60 * Timestamp::SECOND;

impl Worker {
    /// Takes verified documents that somebody may have changed to be read back again, list objects to be
    /// looked for, and the company to be read. A hint says where to look, never what to believe.
    pub(crate) async fn follow_hints(&mut self) -> Result<()> {
        let now = self.engine.now();
        if now < self.next_hints_at {
            return Ok(());
        }
        self.next_hints_at = now.plus_micros(FOLLOW_US);
        let store = self.engine.store.clone();
        let mut tx = self.drive(store.read()).await?;
        let hints = hint::take(tx.as_mut(), &self.engine.lane, PAGE).await?;
        drop(tx);
        if hints.is_empty() {
            return Ok(());
        }
        let mut tx = self.drive(store.write()).await?;
        self.hold(tx.as_mut()).await?;
        let mut ids: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for hint in &hints {
            match self.engine.target.named(&hint.entity) {
                Some(Named::Company) => self.connection.read_soon(now),
                Some(named) => ids.entry(kind(named)).or_default().push(&hint.entity_id),
                None => {}
            }
        }
        let mut rows: BTreeMap<(&str, String), DocRow> = BTreeMap::new();
        for (kind, ids) in ids {
            for row in document::by_ledger(tx.as_mut(), &self.engine.lane, kind, &ids).await? {
                if let Some(ledger) = &row.ledger {
                    rows.insert((kind, ledger.id.clone()), row);
                }
            }
        }
        let (mut followed, mut again, mut renewed) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
        for hint in &hints {
            let named = self.engine.target.named(&hint.entity);
            let row = named.and_then(|n| rows.get(&(kind(n), hint.entity_id.clone())));
            let row = row.filter(|row| !is_echo(hint, row));
            if row.is_some_and(|row| self.busy.contains(&row.key)) {
                // It is being read, perhaps from before the change: asked for again.
                continue;
            }
            match row {
                Some(row) if row.document().is_none() => {
                    renewed.insert(row.key.clone(), row.clone());
                }
                Some(row) if row.state == DocState::Verified => {
                    let mut row = row.clone();
                    row.state = DocState::Posted;
                    again.insert(row.key.clone(), row);
                }
                // Not ours, our own doing, or on its way to be read or sent anyway.
                _ => {}
            }
            followed.push(hint.id);
        }
        for row in renewed.into_values() {
            self.renew(tx.as_mut(), row, now).await?;
        }
        for hint in hints.iter().filter(|h| h.operation == "merged") {
            self.hear_of_merge(tx.as_mut(), &hint.other_id, &hint.entity_id, now).await?;
        }
        let again: Vec<DocRow> = again.into_values().collect();
        document::settle(tx.as_mut(), &again).await?;
        hint::delete(tx.as_mut(), &followed, now).await?;
        if !again.is_empty() {
            let body = json!({ "documents": again.len().to_string(),
                               "hints": followed.len().to_string() });
            let entry = journal::entry(now, &Actor::System, "documents.reread", body);
            store::audit::append(tx.as_mut(), &self.engine.origin, &[entry]).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}

/// The kind of row.
fn kind(named: Named) -> &'static str {
    match named {
        Named::Document(kind) => kind.as_str(),
        Named::Reference(kind) => kind.as_str(),
        Named::Company => "",
    }
}

fn is_echo(hint: &Hint, row: &DocRow) -> bool {
    matches!(hint.operation.as_str(), "created" | "updated" | "emailed")
        && row.posted_at.is_some_and(|at| hint.occurred_at.0 <= at.0.saturating_add(ECHO_US))
}
