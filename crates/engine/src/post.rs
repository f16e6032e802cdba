//! Sending: attempts are recorded, then calls run, then their outcomes are stored.

use crate::applied::without_credits;
use crate::lane::{Flight, Landing, Worker};
use crate::pace::NO_PERMIT;
use crate::settle::{Raise, Settled, settle};
use crate::{Result, journal};
use kernel::{BusinessKey, Id, ReasonCode, Timestamp};
use ports::{Act, ApplyOutcome, CallCost, RefMap, SqlTx, TargetOp, TargetSubject, canary};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use store::document::{self, DocRow, DocState, NewAttempt};
use store::exception::NewException;

/// One call about to be made.
pub(crate) struct Call {
    id: String,
    rows: Vec<DocRow>,
    attempts: Vec<Id>,
    refs: RefMap,
    repeated: bool,
}

/// What a call of so many writes costs.
pub(crate) fn cost_of(writes: usize) -> CallCost {
    if writes == 1 { CallCost::Single } else { CallCost::Batch }
}

impl Worker {
    /// Starts as many calls as the rate manager and the limit on calls under way allow. Returns
    /// when to look again if something is due but may not be sent yet.
    pub(crate) async fn send_ready(&mut self, backlog: bool) -> Result<Option<Timestamp>> {
        let now = self.engine.now();
        let room = self.engine.limits.in_flight_max.saturating_sub(self.under_way());
        if room == 0 {
            return Ok(None);
        }
        let batch_max = self.engine.target.manifest().batch_ops_max;
        let limit = i64::try_from(room * batch_max + self.busy.len()).unwrap_or(i64::MAX);
        let store = self.engine.store.clone();
        let mut tx = self.drive(store.write()).await?;
        self.hold(tx.as_mut()).await?;
        let mut ready = document::ready(tx.as_mut(), &self.engine.lane, now, limit).await?;
        ready.retain(|r| !self.busy.contains(&r.key));
        let all = ready.len();
        let ready = self.hold_closed(tx.as_mut(), ready, now).await?;
        let ready = self.leave_untracked(tx.as_mut(), ready).await?;
        let ready = self.await_needs(tx.as_mut(), ready, now).await?;
        let sendable = ready.len();
        let ready = self.read_before(tx.as_mut(), ready, now).await?;
        // What was put off is looked for at once.
        let again = (ready.len() < sendable).then(|| now.plus_micros(1_000));
        let held = ready.len() < all;
        let now = if ready.is_empty() { now } else { self.take_rate(tx.as_mut()).await? };
        let (chunks, wait) = self.permitted(ready, room, batch_max, backlog, now);
        if chunks.is_empty() {
            if held {
                tx.commit().await?;
            }
            return Ok(again.or(wait));
        }
        let mut calls = Vec::with_capacity(chunks.len());
        for rows in chunks {
            let id = self.engine.id().simple();
            calls.push(self.prepare_call(tx.as_mut(), id, rows, now).await?);
        }
        self.keep_rate(tx.as_mut()).await?;
        self.start_calls(tx, calls, now).await?;
        Ok(again.or(wait))
    }

    /// Cuts what is ready into calls the rate manager permits now.
    fn permitted(
        &mut self,
        ready: Vec<DocRow>,
        room: usize,
        batch_max: usize,
        backlog: bool,
        now: Timestamp,
    ) -> (Vec<Vec<DocRow>>, Option<Timestamp>) {
        let mut chunks = Vec::new();
        // Documents wait for references: those never wait for a batch to fill up.
        let holds_up = ready.iter().any(|r| r.document().is_none());
        let mut rest = ready.into_iter().peekable();
        while chunks.len() < room && rest.peek().is_some() {
            let left = rest.len();
            if left < batch_max && backlog && !holds_up {
                // More is being decided: wait for a full batch.
                break;
            }
            let size = left.min(batch_max);
            let cost = cost_of(size);
            match self.rate.permit(cost, now) {
                Ok(()) => chunks.push(rest.by_ref().take(size).collect()),
                Err(at) if cost == CallCost::Batch && self.engine.limits.use_singles => {
                    match self.rate.permit(CallCost::Single, now) {
                        Ok(()) => chunks.push(rest.by_ref().take(1).collect()),
                        Err(single) => return (chunks, Some(at.min(single))),
                    }
                }
                Err(at) => return (chunks, Some(at)),
            }
        }
        (chunks, None)
    }

    /// Gives rows their place in a call and collects the ledger ids they refer to.
    pub(crate) async fn prepare_call(
        &mut self,
        tx: &mut dyn SqlTx,
        id: String,
        mut rows: Vec<DocRow>,
        now: Timestamp,
    ) -> Result<Call> {
        let refs = self.refs_of(tx, &rows).await?;
        let repeated = rows.iter().any(|r| r.state == DocState::Unknown);
        let size = i64::try_from(rows.len()).unwrap_or(i64::MAX);
        for (n, row) in rows.iter_mut().enumerate() {
            row.state = DocState::InFlight;
            row.call = Some((id.clone(), i64::try_from(n).unwrap_or(i64::MAX), size));
            row.sent_at = Some(now);
        }
        let attempts = rows.iter().map(|_| self.engine.id()).collect();
        Ok(Call { id, rows, attempts, refs, repeated })
    }

    /// The ledger ids that these rows refer to.
    pub(crate) async fn refs_of(&mut self, tx: &mut dyn SqlTx, rows: &[DocRow]) -> Result<RefMap> {
        let mut refs = RefMap::default();
        for row in rows {
            let keys = match &row.subject {
                TargetSubject::Document(d) => self.engine.target.references(d),
                TargetSubject::Reference(r) => r.needs().into_iter().collect(),
            };
            for key in keys {
                if let Some(id) = self.refs.references.get(&key) {
                    refs.references.insert(key, id.clone());
                }
            }
            for link in row.document().map(|d| d.links.as_slice()).unwrap_or_default() {
                if let Some(to) = document::by_key(tx, &link.to).await?
                    && let (Some(d), Some(l)) = (to.document(), &to.ledger)
                {
                    refs.documents.insert(link.to.clone(), (d.kind, l.id.clone()));
                }
            }
        }
        Ok(refs)
    }

    /// tx1: marks the attempts as started, makes that durable, then lets the calls run. Their permits
    /// were taken at `now`.
    pub(crate) async fn start_calls(
        &mut self,
        mut tx: Box<dyn SqlTx + '_>,
        calls: Vec<Call>,
        now: Timestamp,
    ) -> Result<()> {
        if calls.is_empty() {
            return Ok(tx.commit().await?);
        }
        let rows: Vec<DocRow> = calls.iter().flat_map(|c| c.rows.iter().cloned()).collect();
        let attempts: Vec<NewAttempt> = calls
            .iter()
            .flat_map(|c| {
                c.rows.iter().zip(&c.attempts).map(|(row, id)| NewAttempt {
                    id: *id,
                    document: row.key.clone(),
                    n: row.tries + 1,
                    act: row.act,
                    call_id: c.id.clone(),
                })
            })
            .collect();
        if !canary!("attempts-forgotten") {
            document::settle(tx.as_mut(), &rows).await?;
        }
        document::start(tx.as_mut(), &attempts, now).await?;
        let ids: Vec<&str> = calls.iter().map(|c| c.id.as_str()).collect();
        let body = journal::entry(
            now,
            &journal::Actor::System,
            "attempts.started",
            json!({ "calls": ids, "documents": rows.len().to_string(),
                    "fence": self.fence.to_string() }),
        );
        store::audit::append(tx.as_mut(), &self.engine.origin, &[body]).await?;
        tx.commit().await?;
        for call in calls {
            self.busy.extend(call.rows.iter().map(|r| r.key.clone()));
            self.count(if call.rows.len() == 1 { "single" } else { "batch" });
            self.flights.push(self.fly(call, now));
        }
        Ok(())
    }

    fn fly(&self, call: Call, now: Timestamp) -> Flight {
        let target = Arc::clone(&self.engine.target);
        let permit = self.permit_taken(cost_of(call.rows.len()), now);
        let mut deadline = now.plus_seconds(self.engine.limits.call_timeout_s);
        if let (true, Some(until)) = (call.repeated, self.remembered_until(&call.id)) {
            // However long this process stands still before it sends: forgotten, it would be done
            // twice.
            deadline = deadline.min(until);
        }
        let op = |row| self.op_of(row, &call.refs);
        let ops: Vec<TargetOp> = call.rows.iter().map(op).collect();
        Box::pin(async move {
            let id = if canary!("attempt-in-call-id") {
                format!("{}{}", call.id, call.rows[0].tries)
            } else {
                call.id
            };
            let sent = permit.call(deadline, target.apply(&id, &ops, &call.refs, deadline)).await;
            let not_sent = |_| ApplyOutcome::NotSent(NO_PERMIT.to_owned());
            let outcomes = sent.unwrap_or_else(|| ops.iter().map(not_sent).collect());
            let Call { rows, attempts, refs, repeated, .. } = call;
            Landing::Written { rows, attempts, refs, repeated, outcomes }
        })
    }

    fn op_of(&self, row: &DocRow, refs: &RefMap) -> TargetOp {
        let subject = match &row.subject {
            TargetSubject::Document(document) if self.applies_credits => {
                TargetSubject::Document(without_credits(document, refs))
            }
            subject => subject.clone(),
        };
        // It stood there once: a person or a decision has it made anew.
        let stood_there = row.posted_at.is_some() && !canary!("number-of-the-voided-asked-for");
        let anew = row.act == Act::Create && row.ledger.is_none() && stood_there;
        let stood = self.stood.get(&row.key).filter(|_| row.act == Act::Update).cloned();
        TargetOp {
            key: row.key.clone(),
            act: row.act,
            subject,
            ledger: row.ledger.clone(),
            anew,
            stood,
        }
    }

    /// tx2, for written rows: decides each and stores everything that follows.
    pub(crate) fn judge_written(
        &self,
        rows: &[DocRow],
        refs: &RefMap,
        outcomes: &[ApplyOutcome],
        repeated: bool,
        now: Timestamp,
    ) -> Vec<Settled> {
        // One number for the whole call: what travelled together is retried together.
        let random = self.engine.entropy.below(u64::MAX);
        let lost = ApplyOutcome::Unknown("the reply holds no outcome for this write".to_owned());
        rows.iter()
            .enumerate()
            .map(|(n, row)| {
                let outcome = outcomes.get(n).unwrap_or(&lost);
                let mismatches = match (outcome, row.document(), row.act) {
                    (ApplyOutcome::Applied(got), Some(want), Act::Create | Act::Update) => {
                        self.compare(want, got, refs)
                    }
                    _ => Vec::new(),
                };
                settle(&self.engine.limits, row, outcome, &mismatches, repeated, now, random)
            })
            .collect()
    }

    /// Stores the results of decisions about rows: progress, postings, what they set free,
    /// exceptions and audit entries. `attempts` runs beside `settled` where there were any.
    pub(crate) async fn store_settled(
        &mut self,
        tx: &mut dyn SqlTx,
        settled: &[Settled],
        attempts: &[Option<Id>],
        now: Timestamp,
        entries: &mut Vec<String>,
    ) -> Result<()> {
        let rows: Vec<DocRow> = settled.iter().map(|s| s.row.clone()).collect();
        let again = document::settle(tx, &rows).await?;
        store::item::again_by_id(tx, &again).await?;
        let ends: Vec<(Id, &'static str, String)> = attempts
            .iter()
            .zip(settled)
            .filter_map(|(id, s)| id.map(|id| (id, s.outcome, s.detail.clone())))
            .collect();
        document::end(tx, &ends, now).await?;
        let former = settled.iter().filter_map(|s| Some((s.row.kind(), s.before.as_ref()?)));
        let former: Vec<_> = former.map(|(kind, ledger)| (kind, ledger.id.as_str())).collect();
        store::former::add(tx, &self.engine.lane, &former).await?;
        self.store_postings(tx, settled).await?;
        // What others wait for: to stand there, or to be gone.
        let mut settled_for_others = Vec::new();
        let mut verified = Vec::new();
        let mut raised = Vec::new();
        let mut cleared = Vec::new();
        for s in settled {
            let stands = matches!(s.row.state, DocState::Posted | DocState::Verified);
            if stands || s.row.state == DocState::Removed {
                settled_for_others.push(s.row.key.clone());
            }
            self.learn(&s.row);
            self.forget(&s.row);
            match s.outcome {
                "verified" => verified.push(verified_leaf(&s.row)),
                // Also what was voided, and what was confirmed with other content than we sent.
                "confirmed" | "found" if canary!("outcomes-unaudited") => {}
                "confirmed" | "found" => entries.push(confirmed_entry(s, now)),
                "merged" => entries.push(merged_entry(s, now)),
                _ => {}
            }
            if let Some(raise) = &s.raise {
                if s.outcome == "refused" && raise.code == ReasonCode::LedgerPeriodClosed {
                    self.connection.read_soon(now);
                }
                raised.push(self.document_exception(&s.row, raise));
                entries.push(journal::entry(
                    now,
                    &journal::Actor::System,
                    "exception.opened",
                    json!({ "code": raise.code.code(), "document": s.row.key.as_str(),
                            "upstream": raise.upstream }),
                ));
            } else if s.row.state == DocState::Removed
                || stands
                    && (matches!(s.outcome, "confirmed" | "found")
                        || s.row.generation > 1
                        || self.troubled.remove(&s.row.key))
            {
                cleared.push(format!("document/{}", s.row.key));
            }
        }
        if !verified.is_empty() {
            let batch = self.engine.id();
            entries.push(journal::batch(now, "documents.verified", batch, &verified, json!({})));
        }
        for s in settled.iter().filter(|s| s.raise.is_some()) {
            self.troubled.insert(s.row.key.clone());
        }
        if let Some(until) = settled.iter().filter_map(|s| s.pause).max() {
            self.pause(tx, until).await?;
        }
        self.doubt_customers(tx, settled, now).await?;
        document::free(tx, &settled_for_others, now).await?;
        if !canary!("exception-dropped") {
            store::exception::open(tx, &raised, now).await?;
        }
        let why = "the ledger holds what it should";
        journal::close_scopes(tx, &cleared, why, now, entries).await?;
        let quiet = settled.iter().filter(|s| s.outcome != "confirmed" && s.raise.is_none());
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for s in quiet {
            *counts.entry(s.outcome).or_default() += 1;
        }
        if !counts.is_empty() {
            let text: BTreeMap<&str, String> =
                counts.into_iter().map(|(k, n)| (k, n.to_string())).collect();
            let body = json!({ "outcomes": text });
            entries.push(journal::entry(now, &journal::Actor::System, "attempts.ended", body));
        }
        Ok(())
    }

    /// The sub-ledger follows what the ledger is known to hold, also where that is not what we
    /// wanted: a divergent document's difference shows when the trial balances are compared.
    async fn store_postings(&mut self, tx: &mut dyn SqlTx, settled: &[Settled]) -> Result<()> {
        let mut fresh = Vec::new();
        let mut replaced = Vec::new();
        for s in settled {
            let Some(d) = s.row.document() else { continue };
            match s.row.state {
                DocState::Posted | DocState::Verified | DocState::Divergent => {
                    let first = s.row.act == Act::Create && s.row.generation == 1;
                    let posted = (s.row.key.clone(), Some(Arc::clone(d)));
                    if matches!(s.outcome, "verified" | "verify_failed" | "customer_moved") {
                        // A read-back that agrees or did not come through changes nothing.
                    } else if first && s.row.state == DocState::Posted {
                        fresh.push(posted);
                    } else {
                        replaced.push(posted);
                    }
                }
                DocState::Removed if canary!("removal-not-posted") => {}
                DocState::Removed => replaced.push((s.row.key.clone(), None)),
                _ => {}
            }
        }
        document::post(tx, &fresh, true).await?;
        document::post(tx, &replaced, false).await?;
        Ok(())
    }

    fn document_exception(&self, row: &DocRow, raise: &Raise) -> NewException {
        NewException {
            id: self.engine.id(),
            scope: format!("document/{}", row.key),
            code: raise.code,
            item: row.item,
            document: row.key.0.clone(),
            delivery: None,
            place: String::new(),
            detail: raise.detail.clone(),
            upstream: raise.upstream.clone(),
            raw: raise.raw.clone(),
            amount: row.document().map(|d| kernel::Money::new(d.total_minor, d.currency)),
        }
    }
}

fn confirmed_entry(settled: &Settled, now: Timestamp) -> String {
    let row = &settled.row;
    // What was removed is told by the id it had.
    let handle = row.ledger.as_ref().or(settled.before.as_ref());
    let (id, version) = handle.map_or(("", ""), |l| (l.id.as_str(), l.version.as_str()));
    let total = row.document().map(|d| d.total_minor.to_string()).unwrap_or_default();
    journal::entry(
        now,
        &journal::Actor::System,
        "document.confirmed",
        json!({
            "act": document::act_name(row.act), "document": row.key.as_str(), "kind": row.kind(),
            "ledger_id": id, "ledger_version": version, "total_minor": total,
        }),
    )
}

/// From now on another customer of the ledger stands for ours.
fn merged_entry(settled: &Settled, now: Timestamp) -> String {
    let id = settled.row.ledger.as_ref().map_or("", |l| l.id.as_str());
    let body = json!({ "customer": settled.row.key.as_str(), "into": id });
    journal::entry(now, &journal::Actor::System, "customer.merged", body)
}

/// What a read-back proved of one document: its key and the ledger's id, version and total.
fn verified_leaf(row: &DocRow) -> tlog::Hash {
    let (id, version) =
        row.ledger.as_ref().map_or(("", ""), |l| (l.id.as_str(), l.version.as_str()));
    let total = row.ledger_total_minor.unwrap_or_default();
    journal::leaf(&format!("{} {id} {version} {total}", row.key))
}

/// Keys of rows, for logs and tests.
pub(crate) fn keys(rows: &[DocRow]) -> Vec<BusinessKey> {
    rows.iter().map(|r| r.key.clone()).collect()
}
