//! The drift watch: other people's changes to the ledger are seen, told, and never overwritten.
//!
//! One metered call tells what changed since the last look, ours and theirs. Ours that were not read
//! back yet are verified by it for nothing. Where the ledger has more to tell than fits into an
//! answer, what still exists is paged through; what was deleted meanwhile is then only found by
//! reading everything of ours again, at most once in a while. The same heals a gap longer than the
//! ledger's memory.

use crate::Result;
use crate::lane::{Flight, Landing, Worker};
use crate::look::edited;
use crate::pace::Permit;
use crate::settle::Settled;
use kernel::{DocumentKind, ReasonCode, Timestamp};
use ports::{CallCost, ChangedPage, Changes, FindOutcome, ReadOutcome, Snapshot, SqlTx};
use serde_json::json;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use store::document::{self, DocRow, DocState};
use store::exception::NewException;
use store::lane::Watch;

/// Asked for again each time, microseconds: the ledger lists a change some time after it was made
/// (quickbooks.md §5, "minus ~5 min slack").
const SLACK_US: i64 = 300 * Timestamp::SECOND;
/// Writes since the last look up to which a look at the changes verifies documents of several kinds
/// for the price of one read-back: the answer holds 1,000 objects, ours and others'.
const CHEAP_CHANGES: i64 = 500;

/// What the watch has to do.
#[derive(Debug, Default)]
pub(crate) struct Drift {
    /// What is known, as stored.
    pub known: Watch,
    /// When to look next.
    pub next_at: Option<Timestamp>,
    /// When the last look was started.
    pub looked_at: Option<Timestamp>,
    /// Not asked before: the last answer was a failure.
    resume_at: Option<Timestamp>,
    /// Failures since the last answer.
    failures: u32,
    /// Pages still to read: kind, since, position.
    pages: VecDeque<(DocumentKind, Timestamp, usize)>,
    /// A look or a page is under way.
    flying: bool,
}

impl Drift {
    /// A watch that goes on from what is stored.
    pub(crate) fn knowing(known: Watch) -> Self {
        Self { known, ..Self::default() }
    }
}

impl Worker {
    /// Starts a look when it is time. Returns when to come again if a permit is missing.
    pub(crate) async fn watch_due(&mut self) -> Result<Option<Timestamp>> {
        let limits = &self.engine.limits;
        let now = self.engine.now();
        if limits.watch_every_s == 0
            || self.drift.flying
            || self.under_way() >= limits.in_flight_max
        {
            return Ok(None);
        }
        let Some(until) = self.drift.known.until else {
            // Nothing of ours is older; an hour covers clocks that disagree.
            let known = Watch { until: Some(now.plus_seconds(-3_600)), ..self.drift.known };
            self.remember(known, now).await?;
            return Ok(None);
        };
        let regular = until.plus_seconds(limits.watch_every_s);
        let next_at = self.drift.next_at.unwrap_or(regular);
        let is_due = !self.drift.pages.is_empty() || now >= next_at;
        if !is_due || self.drift.resume_at.is_some_and(|at| now < at) {
            return Ok(None);
        }
        let permit = match self.permit(CallCost::Read).await? {
            Ok(permit) => permit,
            Err(at) => return Ok(Some(at)),
        };
        self.drift.flying = true;
        let flight = if let Some((kind, since, position)) = self.drift.pages.pop_front() {
            self.count("changed_page");
            self.changed_page(kind, since, position, permit)
        } else {
            self.drift.looked_at = Some(now);
            self.count("changes");
            self.changes(until.plus_micros(-SLACK_US), permit)
        };
        self.flights.push(flight);
        Ok(None)
    }

    /// Whether a look at the changes would verify what waits for it by fewer calls than one
    /// read-back for each kind. Documents that a look has not shown are read back.
    pub(crate) async fn prefers_changes(
        &mut self,
        tx: &mut dyn SqlTx,
        kinds: usize,
        oldest: Timestamp,
    ) -> Result<bool> {
        let Some(until) = self.drift.known.until else { return Ok(false) };
        let shown = self.drift.looked_at.is_some_and(|at| at > oldest);
        if self.engine.limits.watch_every_s == 0 || kinds < 2 || shown {
            return Ok(false);
        }
        let since = until.plus_micros(-SLACK_US);
        let ours = document::attempts_since(tx, since, CHEAP_CHANGES + 1).await?;
        let fits = ours <= CHEAP_CHANGES;
        if fits {
            self.drift.next_at = Some(self.engine.now());
        }
        Ok(fits)
    }

    fn changes(&self, since: Timestamp, permit: Permit) -> Flight {
        let target = Arc::clone(&self.engine.target);
        let deadline = permit.taken.plus_seconds(self.engine.limits.call_timeout_s);
        Box::pin(async move {
            let outcome = permit.read(deadline, target.changes(since, deadline)).await;
            Landing::Changed { since, outcome }
        })
    }

    fn changed_page(
        &self,
        kind: DocumentKind,
        since: Timestamp,
        position: usize,
        permit: Permit,
    ) -> Flight {
        let target = Arc::clone(&self.engine.target);
        let deadline = permit.taken.plus_seconds(self.engine.limits.call_timeout_s);
        Box::pin(async move {
            let page = target.changed_page(kind, since, position, deadline);
            let outcome = permit.read(deadline, page).await;
            Landing::ChangedPage { kind, since, position, outcome }
        })
    }

    /// Stores what a look found. Returns the rows it was about and what became of them.
    pub(crate) async fn after_changes(
        &mut self,
        tx: &mut dyn SqlTx,
        since: Timestamp,
        outcome: ReadOutcome<Changes>,
        now: Timestamp,
        entries: &mut Vec<String>,
    ) -> Result<(Vec<DocRow>, Vec<Settled>)> {
        self.drift.flying = false;
        let Some(changes) = self.read_or_wait(tx, outcome, now).await? else {
            return Ok(Default::default());
        };
        let mut known = self.drift.known;
        if changes.truncated {
            known.missed_since.get_or_insert(since);
            self.drift.pages = DocumentKind::ALL.into_iter().map(|k| (k, since, 0)).collect();
        }
        if self.close_gap(tx, &mut known, changes.until, now, entries).await? {
            self.drift.pages.clear();
        }
        known.until = Some(changes.until);
        if ports::canary!("mark-past-unread") {
            known.until = Some(changes.until.plus_seconds(self.engine.limits.watch_every_s));
        }
        self.drift.next_at = Some(now.plus_seconds(self.engine.limits.watch_every_s));
        store::lane::set_watch(tx, &self.engine.lane, known).await?;
        self.drift.known = known;
        self.renew_changed(tx, &changes.references, now).await?;
        let (mut rows, mut settled) = self.judge_changed(tx, &changes.objects, now).await?;
        let mut gone: BTreeMap<DocumentKind, Vec<&str>> = BTreeMap::new();
        for (kind, id) in &changes.removed {
            gone.entry(*kind).or_default().push(id);
        }
        for (kind, ids) in gone {
            for row in document::by_ledger(tx, &self.engine.lane, kind.as_str(), &ids).await? {
                if self.is_at_rest(&row) {
                    settled.push(edited(&mut row.clone(), &[], true));
                    rows.push(row);
                }
            }
        }
        Ok((rows, settled))
    }

    /// The same for a page.
    pub(crate) async fn after_changed_page(
        &mut self,
        tx: &mut dyn SqlTx,
        (kind, since, position): (DocumentKind, Timestamp, usize),
        outcome: ReadOutcome<ChangedPage>,
        now: Timestamp,
    ) -> Result<(Vec<DocRow>, Vec<Settled>)> {
        self.drift.flying = false;
        let Some(page) = self.read_or_wait(tx, outcome, now).await? else {
            self.drift.pages.push_front((kind, since, position));
            return Ok(Default::default());
        };
        if page.more {
            let next = position.saturating_add(self.engine.target.manifest().read_ids_max);
            self.drift.pages.push_front((kind, since, next));
        }
        self.judge_changed(tx, &page.objects, now).await
    }

    /// What was read, or nothing and a pause that grows with each failure.
    async fn read_or_wait<T>(
        &mut self,
        tx: &mut dyn SqlTx,
        outcome: ReadOutcome<T>,
        now: Timestamp,
    ) -> Result<Option<T>> {
        let limits = self.engine.limits.clone();
        match outcome {
            ReadOutcome::Read(read) => {
                (self.drift.resume_at, self.drift.failures) = (None, 0);
                return Ok(Some(read));
            }
            ReadOutcome::Failed(why) => {
                *self.progress.setbacks.entry("watch_failed").or_default() += 1;
                tracing::debug!(why, "changes could not be read");
                let wait_ms = limits.throttle_wait_ms << self.drift.failures.min(10);
                let longest = limits.watch_every_s * Timestamp::SECOND;
                self.drift.resume_at = Some(now.plus_micros((wait_ms * 1_000).min(longest)));
                self.drift.failures += 1;
            }
            // The gate is closed until the connection is good again.
            ReadOutcome::Disconnected(_) => {}
            ReadOutcome::Throttled => {
                let pause = now.plus_micros(limits.throttle_wait_ms * 1_000);
                self.drift.resume_at = Some(pause);
                self.pause(tx, pause).await?;
            }
        }
        Ok(None)
    }

    /// Takes everything to be read again when something may have been missed, and tells a person
    /// when it was more than a full answer: a gap that the ledger's memory does not cover. True when
    /// everything will be read.
    async fn close_gap(
        &mut self,
        tx: &mut dyn SqlTx,
        known: &mut Watch,
        until: Timestamp,
        now: Timestamp,
        entries: &mut Vec<String>,
    ) -> Result<bool> {
        let memory = self.engine.target.manifest().changes_days * 86_400;
        let last = known.until.unwrap_or(until);
        let forgotten = last.plus_seconds(memory) < until;
        if forgotten {
            known.missed_since.get_or_insert(last);
            known.reread_at = None;
            self.tell_of_gap(tx, last, until, now, entries).await?;
        }
        let Some(missed) = known.missed_since else { return Ok(false) };
        let rested = known
            .reread_at
            .is_none_or(|at| now >= at.plus_seconds(self.engine.limits.reread_every_s));
        if rested {
            let documents = document::read_again(tx, &self.engine.lane).await?;
            document::look_again(tx, &self.engine.lane, now).await?;
            known.missed_since = None;
            known.reread_at = Some(now);
            entries.push(crate::journal::entry(
                now,
                &crate::journal::Actor::System,
                "documents.reread",
                json!({ "documents": documents.to_string(), "missed_since": missed.to_string() }),
            ));
        }
        Ok(rested)
    }

    async fn tell_of_gap(
        &mut self,
        tx: &mut dyn SqlTx,
        last: Timestamp,
        until: Timestamp,
        now: Timestamp,
        entries: &mut Vec<String>,
    ) -> Result<()> {
        let code = ReasonCode::LedgerChangesMissed;
        let detail = format!(
            "changes to the ledger from {last} to {until} were not watched and the ledger no longer \
             lists them; every document is being read again"
        );
        let exception = NewException {
            id: self.engine.id(),
            scope: format!("lane/{}/changes/{}", self.engine.lane, last.0),
            code,
            item: None,
            document: String::new(),
            delivery: None,
            place: String::new(),
            detail,
            upstream: String::new(),
            raw: String::new(),
            amount: None,
        };
        entries.push(crate::journal::entry(
            now,
            &crate::journal::Actor::System,
            "exception.opened",
            json!({ "code": code.code(), "from": last.to_string(), "until": until.to_string() }),
        ));
        store::exception::open(tx, &[exception], now).await?;
        Ok(())
    }

    async fn judge_changed(
        &mut self,
        tx: &mut dyn SqlTx,
        objects: &[Snapshot],
        now: Timestamp,
    ) -> Result<(Vec<DocRow>, Vec<Settled>)> {
        let mut found: BTreeMap<(DocumentKind, &str), &Snapshot> = BTreeMap::new();
        let mut ids: BTreeMap<DocumentKind, Vec<&str>> = BTreeMap::new();
        for got in objects {
            let Some(kind) = got.kind else { continue };
            found.insert((kind, &got.ledger.id), got);
            ids.entry(kind).or_default().push(&got.ledger.id);
        }
        let mut rows = Vec::new();
        for (kind, ids) in ids {
            rows.extend(document::by_ledger(tx, &self.engine.lane, kind.as_str(), &ids).await?);
        }
        let seen = |row: &DocRow| {
            let (kind, ledger) = (row.document()?.kind, row.ledger.as_ref()?);
            found.get(&(kind, ledger.id.as_str())).copied().map(|got| (ledger.version.clone(), got))
        };
        rows.retain(|row| {
            self.is_at_rest(row)
                && seen(row).is_some_and(|(version, got)| match row.state {
                    // Its own answer, on its way while we wrote again.
                    _ if is_older(&got.ledger.version, &version) => false,
                    DocState::Verified if ports::canary!("version-ignored") => false,
                    DocState::Verified => got.ledger.version != version,
                    _ => true,
                })
        });
        let refs = self.refs_of(tx, &rows).await?;
        let settled = rows
            .iter()
            .filter_map(|row| Some(self.after_verify(row, Some(seen(row)?.1), &refs, now)))
            .collect();
        Ok((rows, settled))
    }

    /// Nothing else is deciding about it just now.
    fn is_at_rest(&self, row: &DocRow) -> bool {
        matches!(row.state, DocState::Posted | DocState::Verified) && !self.busy.contains(&row.key)
    }

    async fn remember(&mut self, known: Watch, now: Timestamp) -> Result<()> {
        let store = self.engine.store.clone();
        let mut tx = self.drive(store.write()).await?;
        self.hold(tx.as_mut()).await?;
        store::lane::set_watch(tx.as_mut(), &self.engine.lane, known).await?;
        tx.commit().await?;
        self.drift.known = known;
        self.drift.next_at = Some(now.plus_seconds(self.engine.limits.watch_every_s));
        Ok(())
    }
}

/// Versions count up where they are numbers; what is no number is never older.
fn is_older(one: &str, other: &str) -> bool {
    matches!((one.parse::<u64>(), other.parse::<u64>()), (Ok(one), Ok(other)) if one < other)
}

/// What a search found, without deletions of documents that we knew: those are told on their own.
pub(crate) async fn without_known_deletions(
    tx: &mut dyn SqlTx,
    lane: &str,
    rows: &[DocRow],
    outcome: ReadOutcome<Vec<FindOutcome>>,
) -> Result<ReadOutcome<Vec<FindOutcome>>> {
    let ReadOutcome::Read(mut found) = outcome else { return Ok(outcome) };
    for (row, outcome) in rows.iter().zip(&mut found) {
        let FindOutcome::Deleted(deleted) = outcome else { continue };
        let ids: Vec<&str> = deleted.iter().map(String::as_str).collect();
        let mut known = store::former::known(tx, lane, row.kind(), &ids).await?;
        let standing = document::by_ledger(tx, lane, row.kind(), &ids).await?;
        known.extend(standing.into_iter().filter_map(|r| Some(r.ledger?.id)));
        deleted.retain(|id| !known.contains(id));
        if deleted.is_empty() {
            *outcome = FindOutcome::Absent;
        }
    }
    Ok(ReadOutcome::Read(found))
}
