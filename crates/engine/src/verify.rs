//! Verification in bulk: one metered read proves up to a thousand documents.

use crate::lane::{Flight, Landing, Worker};
use crate::look::{edited, ledger_ids, plain};
use crate::pace::Permit;
use crate::settle::{Settled, applied, diverge, saw};
use crate::{Result, journal};
use kernel::{DocumentKind, ReasonCode, Timestamp};
use ports::{Act, CallCost, ReadOutcome, RefMap, Snapshot, SqlTx};
use std::sync::Arc;
use store::document::{self, DocRow, DocState};

/// Pause between two looks for documents to verify, microseconds.
const VERIFY_US: i64 = 250_000;

impl Worker {
    /// Documents were confirmed: they may fill a page.
    pub(crate) fn verify_soon(&mut self, now: Timestamp) {
        self.next_verify_at = self.next_verify_at.min(now.plus_micros(VERIFY_US));
    }

    /// Starts read-backs that are worth their price: a full page, or documents that waited long
    /// enough, or everything when `now_or_never`. Returns when to look again if a permit is
    /// missing.
    pub(crate) async fn verify_due(&mut self, now_or_never: bool) -> Result<Option<Timestamp>> {
        let limits = self.engine.limits.clone();
        let now = self.engine.now();
        if self.under_way() >= limits.in_flight_max {
            return Ok(None);
        }
        if !now_or_never && now < self.next_verify_at {
            return Ok(None);
        }
        self.next_verify_at = now.plus_micros(VERIFY_US);
        let store = self.engine.store.clone();
        let mut tx = self.drive(store.write()).await?;
        let counts = document::unverified_counts(tx.as_mut(), &self.engine.lane).await?;
        let page = limits
            .verify_batch
            .min(i64::try_from(self.engine.target.manifest().read_ids_max).unwrap_or(i64::MAX));
        let due: Vec<_> = counts
            .iter()
            .filter(|(_, count, oldest)| {
                now_or_never
                    || *count >= page
                    || now.0 >= oldest.plus_seconds(limits.verify_after_s).0
            })
            .collect();
        if due.is_empty() {
            // Only a call that comes back makes more of it, or time.
            self.next_verify_at = now.plus_micros(limits.idle_ms.max(VERIFY_US / 1_000) * 1_000);
            return Ok(None);
        }
        let newest_look = due.iter().map(|(_, _, oldest)| *oldest).max();
        if let Some(oldest) = newest_look
            && self.prefers_changes(tx.as_mut(), due.len(), oldest).await?
        {
            drop(tx);
            return self.watch_due().await;
        }
        let mut wait = None;
        let taken = self.take_rate(tx.as_mut()).await?;
        let mut flights = Vec::new();
        for (kind, count, oldest) in counts {
            let waited = now.0 >= oldest.plus_seconds(limits.verify_after_s).0;
            if !(count >= page || waited || now_or_never) {
                continue;
            }
            let limit = page + i64::try_from(self.busy.len()).unwrap_or(0);
            let mut rows =
                document::unverified(tx.as_mut(), &self.engine.lane, kind, limit).await?;
            // A due time in the future is a read-back that failed and backs off.
            rows.retain(|r| !self.busy.contains(&r.key) && r.due_at <= now);
            // What is being read right now counts towards no other page.
            let page = usize::try_from(page).unwrap_or(usize::MAX);
            let oldest = rows.iter().filter_map(|r| r.posted_at).min();
            let waited = oldest.is_some_and(|at| now.0 >= at.plus_seconds(limits.verify_after_s).0);
            if rows.is_empty() || !(rows.len() >= page || waited || now_or_never) {
                continue;
            }
            rows.truncate(page);
            match self.rate.permit(CallCost::Read, taken) {
                Ok(()) => {
                    let refs = self.refs_of(tx.as_mut(), &rows).await?;
                    let permit = self.permit_taken(CallCost::Read, taken);
                    self.busy.extend(rows.iter().map(|r| r.key.clone()));
                    self.count("verify");
                    flights.push(self.read_back(kind, rows, refs, permit));
                }
                Err(at) => {
                    wait = Some(wait.map_or(at, |w: Timestamp| w.min(at)));
                }
            }
        }
        if !flights.is_empty() {
            self.keep_rate(tx.as_mut()).await?;
            tx.commit().await?;
            self.flights.extend(flights);
        }
        Ok(wait)
    }

    fn read_back(
        &self,
        kind: DocumentKind,
        rows: Vec<DocRow>,
        refs: RefMap,
        permit: Permit,
    ) -> Flight {
        let target = Arc::clone(&self.engine.target);
        let deadline = permit.taken.plus_seconds(self.engine.limits.call_timeout_s);
        let ids = ledger_ids(&rows);
        Box::pin(async move {
            let outcome = permit.read(deadline, target.read_back(kind, &ids, deadline)).await;
            Landing::Read { rows, refs, verify: true, outcome }
        })
    }

    /// What follows from a read-back.
    pub(crate) fn after_verify(
        &self,
        row: &DocRow,
        got: Option<&Snapshot>,
        refs: &RefMap,
        now: Timestamp,
    ) -> Settled {
        let mut next = row.clone();
        let (Some(got), Some(want)) = (got, row.document()) else {
            return edited(&mut next, &[], true);
        };
        let mismatches = self.compare(want, got, refs);
        if got.voided && ports::canary!("void-read-as-delete") {
            next.act = Act::Delete;
            applied(&mut next, now);
            return plain(next, "confirmed");
        }
        let moved = row.ledger.as_ref().is_none_or(|l| l.version != got.ledger.version);
        if moved
            && !mismatches.is_empty()
            && let Some(settled) = self.names_another(row, want, got, refs, now)
        {
            return settled;
        }
        saw(&mut next, got);
        // An edit that a person had read once more is the edit it was.
        let was_edit = row.reason == ReasonCode::LedgerEditedOutside.code();
        let is_edit = moved || was_edit && !ports::canary!("second-look-forgets-the-edit");
        if got.voided || (!mismatches.is_empty() && is_edit) {
            return edited(&mut next, &mismatches, got.voided);
        }
        if !mismatches.is_empty() {
            return diverge(&mut next, &mismatches, "divergent", "the read-back");
        }
        next.ledger = Some(got.ledger.clone());
        next.state = DocState::Verified;
        next.verified_at = Some(now);
        next.reason = String::new();
        next.tries = 0;
        plain(next, "verified")
    }

    /// Tells a person when documents of a kind could not be read back for twice as many tries as a
    /// failure may take, and when they can be read again.
    pub(crate) async fn tell_unread<T>(
        &mut self,
        tx: &mut dyn SqlTx,
        rows: &[DocRow],
        outcome: &ReadOutcome<T>,
        now: Timestamp,
        entries: &mut Vec<String>,
    ) -> Result<()> {
        let Some(kind) = rows.first().map(DocRow::kind) else { return Ok(()) };
        let about = format!("read-back/{kind}");
        match outcome {
            ReadOutcome::Read(_) if self.unread.insert(kind, false) != Some(false) => {
                let scopes = [self.engine.lane_scope(&about)];
                let why = "they can be read back again";
                journal::close_scopes(tx, &scopes, why, now, entries).await
            }
            ReadOutcome::Failed(why) => {
                let tries = rows.iter().map(|r| r.tries).max().unwrap_or(0).saturating_add(1);
                let many = tries >= self.engine.limits.tries_max.saturating_mul(2);
                if !many || self.unread.insert(kind, true) == Some(true) {
                    return Ok(());
                }
                let (count, kind) = (rows.len(), kind.replace('_', " "));
                let detail = format!(
                    "{count} documents ({kind}) are confirmed and could not be read back {tries} \
                     times in a row ({why}); they count as posted, not as verified, and it goes on \
                     trying"
                );
                let about = (about.as_str(), ReasonCode::UpstreamUnavailable);
                self.engine.raise_for_lane(tx, about, &detail, now, entries).await
            }
            // The limit of the ledger and its consent are told of by themselves.
            ReadOutcome::Read(_) | ReadOutcome::Throttled | ReadOutcome::Disconnected(_) => Ok(()),
        }
    }

    /// Failed read-backs are tried again later; the documents stay confirmed.
    pub(crate) fn verify_failed<T>(
        &self,
        rows: &[DocRow],
        outcome: &ReadOutcome<T>,
        now: Timestamp,
    ) -> Vec<Settled> {
        // A refused connection closes the gate of its own; it takes nothing from our rate.
        let throttled = matches!(outcome, ReadOutcome::Throttled);
        let pause = throttled.then(|| now.plus_micros(self.engine.limits.throttle_wait_ms * 1_000));
        let random = self.engine.entropy.below(u64::MAX);
        rows.iter()
            .map(|row| {
                let mut next = row.clone();
                next.due_at = crate::backoff::next(&self.engine.limits, now, row.tries, random);
                next.tries += 1;
                Settled { pause, ..plain(next, "verify_failed") }
            })
            .collect()
    }
}
