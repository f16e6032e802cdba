//! What people do: plan, retry, resolve, verify the audit log.

use crate::journal::{self, Actor};
use crate::{Engine, Error, Result};
use kernel::{Id, Timestamp};
use ports::Act;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use store::document::DocState;
use store::exception::Exception;
use tlog::{Hash, Verifier, leaf_hash, merkle_root};

/// What a person decides about an exception.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolution {
    /// Try again as it is.
    Retry,
    /// Write our content over what the ledger holds.
    Restore,
    /// Close it with an explanation; nothing is written.
    Close,
}

/// What waits to be sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlanSummary {
    /// (kind, state) -> rows.
    pub documents: BTreeMap<(String, String), i64>,
    /// Rows that will be written.
    pub writes: i64,
    /// Write calls needed at least, in batches.
    pub calls_min: i64,
    /// Metered reads needed at least, to verify.
    pub reads_min: i64,
    /// Minutes needed at least under the configured limits.
    pub minutes_min: i64,
}

/// What the verification of the audit log found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditReport {
    /// Entries verified.
    pub entries: u64,
    /// Facts whose bytes agree with their batch.
    pub facts: u64,
    /// Deliveries whose bytes agree with their batch.
    pub deliveries: u64,
    /// Root of the tree, base64.
    pub root: String,
    /// The checkpoint text to keep elsewhere.
    pub checkpoint: String,
    /// Everything that is wrong; empty when the log is intact.
    pub faults: Vec<String>,
}

impl Engine {
    /// What is decided and not yet in the ledger, with a forecast of its cost.
    pub async fn plan_summary(&self) -> Result<PlanSummary> {
        let mut tx = self.store.read().await?;
        let mut plan = PlanSummary::default();
        for (kind, state, n) in store::document::counts(tx.as_mut()).await? {
            if matches!(state.as_str(), "waiting" | "ready" | "unknown" | "stale" | "in_flight") {
                plan.writes += n;
            }
            *plan.documents.entry((kind, state)).or_default() += n;
        }
        let per_call = i64::try_from(self.target.manifest().batch_ops_max).unwrap_or(1).max(1);
        plan.calls_min = plan.writes.div_euclid(per_call) + i64::from(plan.writes % per_call != 0);
        plan.reads_min =
            plan.writes.div_euclid(self.limits.verify_batch.max(1)) + i64::from(plan.writes > 0);
        let batches = i64::from(self.limits.batches_per_minute);
        let singles = if self.limits.use_singles {
            i64::from(self.limits.requests_per_minute)
                - batches
                - i64::from(self.limits.read_reserve_per_minute)
        } else {
            0
        };
        let per_minute = (batches * per_call + singles).max(1);
        plan.minutes_min =
            plan.writes.div_euclid(per_minute) + i64::from(plan.writes % per_minute != 0);
        Ok(plan)
    }

    /// Carries out a person's decision about an exception. `note` is kept in the audit log.
    pub async fn resolve(
        &self,
        exception: Id,
        resolution: &Resolution,
        person: &str,
        note: &str,
    ) -> Result<Exception> {
        if *resolution != Resolution::Retry && note.trim().len() < 20 {
            return Err(Error::Refused(
                "say why in at least 20 characters; the explanation is kept for the auditor"
                    .to_owned(),
            ));
        }
        let now = self.now();
        let mut tx = self.store.write().await?;
        // A person decides beside the worker, never between two of its steps.
        store::lane::lock(tx.as_mut(), &self.lane).await?;
        let found = store::exception::get(tx.as_mut(), exception).await?.ok_or_else(|| {
            Error::Refused(format!("no exception {exception}; see `tieout exceptions list`"))
        })?;
        if found.closed_at.is_some() {
            return Err(Error::Refused(format!("exception {exception} is closed already")));
        }
        match resolution {
            Resolution::Close => {}
            Resolution::Retry | Resolution::Restore if !found.document.is_empty() => {
                self.reopen_document(tx.as_mut(), &found, resolution).await?;
            }
            Resolution::Restore => {
                return Err(Error::Refused(
                    "only a document that differs in the ledger can be restored".to_owned(),
                ));
            }
            Resolution::Retry => {
                if let (Some(delivery), true) = (found.delivery, found.scope.starts_with("fault/"))
                {
                    let kept = store::delivery::get(tx.as_mut(), delivery).await?;
                    if kept.is_some_and(|k| k.received.topic.starts_with("file ")) {
                        return Err(Error::Refused(
                            "this came from a file: correct the file and import it again"
                                .to_owned(),
                        ));
                    }
                    let again = [(delivery, "received", "replayed by a person".to_owned())];
                    store::delivery::settle(tx.as_mut(), &again).await?;
                }
                let items: Vec<Id> = found.item.into_iter().collect();
                store::item::again_by_id(tx.as_mut(), &items).await?;
            }
        }
        let how = match resolution {
            Resolution::Retry => "retried",
            Resolution::Restore => "restored",
            Resolution::Close => "closed",
        };
        let text = format!("{how} by {person}: {note}");
        store::exception::close(tx.as_mut(), exception, &text, now).await?;
        let items: Vec<Id> = found.item.into_iter().collect();
        store::item::again_by_id(tx.as_mut(), &items).await?;
        let body = journal::entry(
            now,
            &Actor::Person(person.to_owned()),
            "exception.resolved",
            json!({ "exception": exception.to_string(), "code": found.code.code(),
                    "decision": how, "note": note }),
        );
        store::audit::append(tx.as_mut(), &self.origin, &[body]).await?;
        tx.commit().await?;
        Ok(found)
    }

    async fn reopen_document(
        &self,
        tx: &mut dyn ports::SqlTx,
        exception: &Exception,
        resolution: &Resolution,
    ) -> Result<()> {
        let key = kernel::BusinessKey::new(exception.document.as_str());
        let Some(mut row) = store::document::by_key(tx, &key).await? else { return Ok(()) };
        row.tries = 0;
        // A person waits for it: before everything else that is due.
        row.due_at = Timestamp(0);
        match (row.state, resolution) {
            (DocState::Divergent, Resolution::Restore) => {
                row.state = DocState::Ready;
                row.act = if row.ledger.is_some() { Act::Update } else { Act::Create };
                // It stood in the ledger, also where its answer was lost.
                row.posted_at.get_or_insert(self.now());
                row.sent_at = None;
                row.reason = String::new();
            }
            (DocState::Divergent, _) if row.ledger.is_none() => {
                return Err(Error::Refused(
                    "it is gone from the ledger: `--restore` makes it anew, `--close` leaves it out"
                        .to_owned(),
                ));
            }
            // Read it once more; equal by now means verified. The reason stays until then, so that
            // nothing is decided about it before. It is not known since when it stands there where
            // it was edited before its answer came: read-backs count from now.
            (DocState::Divergent, _) => {
                row.state = DocState::Posted;
                row.posted_at.get_or_insert(self.now());
            }
            (DocState::Quarantined, _) => crate::settle::let_go(&mut row, Timestamp(0)),
            _ => return Ok(()),
        }
        store::document::settle(tx, &[row]).await?;
        Ok(())
    }

    /// Verifies the whole audit log and that facts and deliveries still are what it commits to.
    pub async fn audit_verify(&self) -> Result<AuditReport> {
        let mut tx = self.store.read().await?;
        let head = store::audit::head(tx.as_mut(), &self.origin).await?;
        let mut faults = Vec::new();
        let mut verifier = Verifier::new(self.origin.clone());
        let mut batches: BTreeMap<String, (u64, String)> = BTreeMap::new();
        let mut next = 0;
        'entries: loop {
            let page = store::audit::entries(tx.as_mut(), next, 1_000).await?;
            if page.is_empty() {
                break;
            }
            for e in page {
                if let Err(fault) = verifier.push(e.index, &e.entry, &e.leaf) {
                    faults.push(format!("entry {}: {fault}", e.index));
                    break 'entries;
                }
                note_batch(&e.entry, &mut batches);
                next = e.index + 1;
            }
        }
        if faults.is_empty() {
            let root = head.root();
            if let Err(fault) = verifier.finish(head.size(), &root, head.last_leaf()) {
                faults.push(fault.to_string());
            }
        }
        let (facts, deliveries) = if faults.is_empty() {
            let facts = verify_facts(tx.as_mut(), &mut batches, &mut faults).await?;
            let deliveries = verify_deliveries(tx.as_mut(), &mut batches, &mut faults).await?;
            for (batch, (count, _)) in batches.iter().filter(|(_, (count, _))| *count > 0) {
                faults.push(format!("batch {batch}: all of its {count} rows are gone"));
            }
            (facts, deliveries)
        } else {
            (0, 0)
        };
        Ok(AuditReport {
            entries: head.size(),
            facts,
            deliveries,
            root: head.root().to_base64(),
            checkpoint: head.checkpoint().encode(),
            faults,
        })
    }
}

/// Remembers the root that an entry commits a batch of facts or deliveries to.
fn note_batch(entry: &[u8], batches: &mut BTreeMap<String, (u64, String)>) {
    let Ok(entry) = tlog::entry::decode(entry) else { return };
    let Ok(body) = serde_json::from_str::<Value>(entry.body) else { return };
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    if matches!(text("type"), "facts.kept" | "deliveries.kept") {
        let count = text("count").parse().unwrap_or(0);
        batches.insert(text("batch").to_owned(), (count, text("root").to_owned()));
    }
}

/// Leaves of one batch while its rows stream by.
#[derive(Default)]
struct Open {
    batch: Option<Id>,
    leaves: Vec<Hash>,
}

impl Open {
    fn add(
        &mut self,
        batch: Id,
        leaf: Hash,
        batches: &mut BTreeMap<String, (u64, String)>,
        faults: &mut Vec<String>,
    ) {
        if self.batch != Some(batch) {
            self.close(batches, faults);
            self.batch = Some(batch);
        }
        self.leaves.push(leaf);
    }

    fn close(&mut self, batches: &mut BTreeMap<String, (u64, String)>, faults: &mut Vec<String>) {
        let leaves = std::mem::take(&mut self.leaves);
        let Some(batch) = self.batch.take() else { return };
        match batches.remove(&batch.to_string()) {
            None => faults.push(format!("batch {batch}: no audit entry commits to it")),
            Some((count, root)) => {
                if count != leaves.len() as u64 {
                    let n = leaves.len();
                    faults.push(format!("batch {batch}: {n} rows stand, {count} were kept"));
                } else if merkle_root(&leaves).to_base64() != root {
                    faults.push(format!("batch {batch}: a row was changed"));
                }
            }
        }
    }
}

async fn verify_facts(
    tx: &mut dyn ports::SqlTx,
    batches: &mut BTreeMap<String, (u64, String)>,
    faults: &mut Vec<String>,
) -> Result<u64> {
    let (mut after, mut open, mut n) = ((Id([0; 16]), Id([0; 16])), Open::default(), 0);
    loop {
        let page = store::fact::batched(tx, after, 1_000).await?;
        let Some(last) = page.last() else { break };
        after = (last.0, last.1);
        for (batch, id, stored, body) in &page {
            let leaf = leaf_hash(body.as_bytes());
            if leaf.as_bytes().as_slice() != stored.as_slice() {
                faults.push(format!("fact {id}: its text and its leaf hash disagree"));
            }
            open.add(*batch, leaf, batches, faults);
            n += 1;
        }
    }
    open.close(batches, faults);
    Ok(n)
}

async fn verify_deliveries(
    tx: &mut dyn ports::SqlTx,
    batches: &mut BTreeMap<String, (u64, String)>,
    faults: &mut Vec<String>,
) -> Result<u64> {
    let (mut after, mut open, mut n) = ((Id([0; 16]), Id([0; 16])), Open::default(), 0);
    loop {
        let page = store::delivery::batched(tx, after, 200).await?;
        let Some(last) = page.last() else { break };
        after = (last.0, last.1);
        for (batch, id, stored, body) in &page {
            let sum = delivery_sum(tx, *id, body).await?;
            if sum.as_slice() != stored.as_slice() {
                faults.push(format!("delivery {id}: its bytes and their SHA-256 disagree"));
            }
            open.add(*batch, leaf_hash(&sum), batches, faults);
            n += 1;
        }
    }
    open.close(batches, faults);
    Ok(n)
}

/// SHA-256 of a delivery's bytes, in one row or in parts.
async fn delivery_sum(tx: &mut dyn ports::SqlTx, id: Id, body: &[u8]) -> Result<[u8; 32]> {
    let parts = if body.is_empty() { store::delivery::parts(tx, id).await? } else { 0 };
    if parts == 0 {
        return Ok(Sha256::digest(body).into());
    }
    let mut sum = Sha256::new();
    for n in 0..parts {
        if let Some(part) = store::delivery::part(tx, id, n).await? {
            sum.update(&part);
        }
    }
    Ok(sum.finalize().into())
}
