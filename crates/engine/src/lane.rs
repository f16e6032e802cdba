//! The worker of a lane: owns the lease, keeps calls under way, stores what came of them.

use crate::connection::{Connection, refusal};
use crate::drift::{Drift, without_known_deletions};
use crate::feed::{Fed, Looks};
use crate::post::keys;
use crate::quiet::Quiet;
use crate::rate::{Budget, RateManager};
use crate::{Engine, Error, Result};
use futures_util::future::{Either, select};
use futures_util::stream::{FuturesUnordered, StreamExt};
use futures_util::{FutureExt, pin_mut};
use kernel::{BusinessKey, Closing, DocumentKind, Id, ReferenceKey, Timestamp};
use ports::{
    ApplyOutcome, BoxFuture, ChangedPage, Changes, Company, FindOutcome, ReadOutcome, RefMap,
    Snapshot, SqlTx, canary,
};
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::Arc;
use store::document::{self, DocRow, DocState};

/// Pause between two looks for documents to send when nothing came back meanwhile, microseconds.
const DISPATCH_US: i64 = 20_000;

/// A call under way.
pub(crate) type Flight = BoxFuture<'static, Landing>;

/// A call that came back.
pub(crate) enum Landing {
    /// Writes.
    Written {
        rows: Vec<DocRow>,
        attempts: Vec<Id>,
        refs: RefMap,
        /// The same call had been sent before without a known outcome.
        repeated: bool,
        outcomes: Vec<ApplyOutcome>,
    },
    /// A search for rows that may exist.
    Found { rows: Vec<DocRow>, refs: RefMap, outcome: ReadOutcome<Vec<FindOutcome>> },
    /// What changed in the ledger since.
    Changed { since: Timestamp, outcome: ReadOutcome<Changes> },
    /// A page of what changed.
    ChangedPage {
        kind: DocumentKind,
        since: Timestamp,
        position: usize,
        outcome: ReadOutcome<ChangedPage>,
    },
    /// A reading by id: to verify, or to resolve a doubt.
    Read { rows: Vec<DocRow>, refs: RefMap, verify: bool, outcome: ReadOutcome<Vec<Snapshot>> },
    /// What the ledger says about the company.
    Company(Box<ReadOutcome<Company>>),
}

/// What a worker is doing, for progress displays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// Deliveries normalised since the start.
    pub normalised: u64,
    /// Items decided since the start.
    pub decided: u64,
    /// Writes confirmed since the start.
    pub posted: u64,
    /// Documents verified since the start.
    pub verified: u64,
    /// Calls made since the start, by kind.
    pub calls: BTreeMap<&'static str, u64>,
    /// Outcomes that were not a confirmation, by name.
    pub setbacks: BTreeMap<&'static str, u64>,
}

/// How a run of the worker ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing is left to do.
    Drained,
    /// Asked to stop.
    Stopped,
    /// Another worker owns the lane.
    Busy,
}

/// The worker of one lane.
pub struct Worker {
    pub(crate) engine: Engine,
    pub(crate) owner: String,
    pub(crate) fence: i64,
    pub(crate) rate: RateManager,
    pub(crate) refs: RefMap,
    /// List objects that stand in the ledger and cannot be named in new documents.
    pub(crate) unusable: BTreeSet<ReferenceKey>,
    /// The ledger decides by itself which credit settles which invoice.
    pub(crate) applies_credits: bool,
    /// What the ledger showed of documents that are going to be changed.
    pub(crate) stood: BTreeMap<BusinessKey, Arc<Snapshot>>,
    /// Kinds whose read-back a person was told to fail, or not to.
    pub(crate) unread: BTreeMap<&'static str, bool>,
    pub(crate) busy: BTreeSet<BusinessKey>,
    pub(crate) troubled: BTreeSet<BusinessKey>,
    pub(crate) flights: FuturesUnordered<Flight>,
    landed: Vec<Landing>,
    pub(crate) progress: Progress,
    metered: BTreeMap<&'static str, i64>,
    pub(crate) connection: Connection,
    pub(crate) closing: Closing,
    /// The closing that held documents were last compared with.
    pub(crate) followed: Option<Closing>,
    pub(crate) looks: Looks,
    pub(crate) next_dispatch_at: Timestamp,
    pub(crate) quiet: Quiet,
    pub(crate) next_verify_at: Timestamp,
    pub(crate) drift: Drift,
    pub(crate) next_hints_at: Timestamp,
    /// Customers that may have been merged into another: our name, the other's ledger id.
    pub(crate) survivors: BTreeMap<String, String>,
    watch: Box<dyn FnMut(&Progress) -> bool + Send>,
}

impl Worker {
    /// A worker named `owner` (unique per process). `watch` sees the progress after each round and
    /// answers whether to go on.
    pub fn new(
        engine: Engine,
        owner: String,
        watch: impl FnMut(&Progress) -> bool + Send + 'static,
    ) -> Self {
        let rate = RateManager::new(Budget::of(&engine.limits));
        Self {
            engine,
            owner,
            fence: 0,
            rate,
            refs: RefMap::default(),
            unusable: BTreeSet::new(),
            applies_credits: false,
            stood: BTreeMap::new(),
            unread: BTreeMap::new(),
            busy: BTreeSet::new(),
            troubled: BTreeSet::new(),
            flights: FuturesUnordered::new(),
            landed: Vec::new(),
            progress: Progress::default(),
            metered: BTreeMap::new(),
            connection: Connection::default(),
            closing: Closing::default(),
            followed: None,
            looks: Looks::default(),
            next_dispatch_at: Timestamp(i64::MIN),
            quiet: Quiet::default(),
            next_verify_at: Timestamp(i64::MIN),
            drift: Drift::default(),
            next_hints_at: Timestamp(i64::MIN),
            survivors: BTreeMap::new(),
            watch: Box::new(watch),
        }
    }

    /// What was done so far.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Works until nothing is left (`drain`) or `watch` says stop. A failed transaction ends the
    /// session; the next one starts from what is durable and looks before it sends.
    pub async fn run(&mut self, drain: bool) -> Result<Outcome> {
        let mut failures = 0_i64;
        loop {
            match self.session(drain).await {
                Ok(outcome) => return Ok(outcome),
                Err(Error::LaneLost(_)) => return Ok(Outcome::Busy),
                Err(Error::Refused(why)) => return Err(Error::Refused(why)),
                Err(Error::Store(store::StoreError::Damaged(what))) => {
                    return Err(Error::Store(store::StoreError::Damaged(what)));
                }
                Err(error) => {
                    tracing::warn!(%error, "the worker starts a new session");
                    failures += 1;
                    if failures > self.engine.limits.tries_max * 4 || !(self.watch)(&self.progress)
                    {
                        return Err(error);
                    }
                    let random = self.engine.entropy.below(u64::MAX);
                    let now = self.engine.now();
                    let at = crate::backoff::next(&self.engine.limits, now, failures, random);
                    self.engine.clock.sleep_until(at).await;
                }
            }
        }
    }

    /// Normalises and decides everything and sends nothing: what a plan shows.
    pub async fn prepare_only(&mut self) -> Result<Outcome> {
        if !self.claim().await? {
            return Ok(Outcome::Busy);
        }
        loop {
            match self.feed().await? {
                Fed::Dry => break,
                Fed::Full => {}
                Fed::Later => self.engine.clock.sleep_until(self.feed_at()).await,
            }
            if !(self.watch)(&self.progress) {
                self.abandon();
                self.finish().await?;
                return Ok(Outcome::Stopped);
            }
        }
        self.finish().await?;
        Ok(Outcome::Drained)
    }

    async fn session(&mut self, drain: bool) -> Result<Outcome> {
        self.abandon();
        self.look_at_once();
        if !self.claim().await? {
            return Ok(Outcome::Busy);
        }
        self.connection = Connection::default();
        self.followed = None;
        self.recover().await?;
        loop {
            if !(self.watch)(&self.progress) {
                self.abandon();
                self.finish().await?;
                return Ok(Outcome::Stopped);
            }
            let fed = self.feed().await?;
            let wait = self.dispatch(fed != Fed::Dry).await?;
            if self.under_way() == 0 {
                if fed == Fed::Full || (fed == Fed::Dry && self.flush(drain).await?) {
                    continue;
                }
                let due = self.next_due(drain).await?;
                // A connection that waits for a person holds up only what wants to be sent.
                let idle = wait.is_none() || !self.connection.is_open();
                if drain && fed == Fed::Dry && idle && due.is_none() {
                    self.finish().await?;
                    return Ok(Outcome::Drained);
                }
                let feed = (fed == Fed::Later).then(|| self.feed_at());
                self.sleep(wait.into_iter().chain(feed).min(), due).await;
            } else if fed == Fed::Full {
                self.land_ready().await?;
            } else {
                let at = self.feed_at().max(self.engine.now());
                self.land(Some(wait.map_or(at, |w| w.min(at)))).await?;
            }
        }
    }

    /// Lets go of every call under way. Their documents are in doubt until somebody looks.
    fn abandon(&mut self) {
        self.flights = FuturesUnordered::new();
        self.landed.clear();
        self.busy.clear();
    }

    /// Calls under way or back and not yet stored.
    pub(crate) fn under_way(&self) -> usize {
        self.flights.len() + self.landed.len()
    }

    /// Waits for `work` (mostly: for the database) while calls go on. A call may itself need the
    /// database, for its tokens; if it stood in the queue before us and were not driven, both
    /// would wait for ever.
    pub(crate) async fn drive<T>(&mut self, work: impl Future<Output = T>) -> T {
        pin_mut!(work);
        loop {
            if self.flights.is_empty() {
                return work.await;
            }
            match select(work.as_mut(), self.flights.next()).await {
                Either::Left((done, _)) => return done,
                Either::Right((landing, _)) => self.landed.extend(landing),
            }
        }
    }

    /// Takes the lane.
    async fn claim(&mut self) -> Result<bool> {
        let now = self.engine.now();
        let until = now.plus_seconds(self.engine.limits.lease_s);
        let now = if canary!("lane-lock-missing") { Timestamp(i64::MAX) } else { now };
        let mut tx = self.engine.store.write().await?;
        let fence =
            store::lane::claim(tx.as_mut(), &self.engine.lane, &self.owner, until, now).await?;
        let Some(fence) = fence else { return Ok(false) };
        let lane = store::lane::get(tx.as_mut(), &self.engine.lane).await?;
        self.closing = lane.as_ref().map(|l| l.closing).unwrap_or_default();
        let basis = self.engine.basis();
        if lane.is_some_and(|l| l.rules_sha256 != basis) {
            // Everything is decided again under the new rules; equal results change nothing.
            store::item::again_all(tx.as_mut(), &self.engine.lane).await?;
            store::lane::set_rules(tx.as_mut(), &self.engine.lane, &basis).await?;
        }
        self.fence = fence;
        let known = document::references(tx.as_mut(), &self.engine.lane).await?;
        let unusable = known.iter().filter(|(.., usable)| !usable);
        self.unusable = unusable.map(|(key, ..)| key.clone()).collect();
        self.refs.references = known.into_iter().map(|(key, id, _)| (key, id)).collect();
        let known = store::lane::watch(tx.as_mut(), &self.engine.lane).await?;
        self.drift = Drift::knowing(known);
        tx.commit().await?;
        Ok(true)
    }

    /// Locks the lane for this transaction; fails when it was taken over.
    pub(crate) async fn hold(&mut self, tx: &mut dyn SqlTx) -> Result<()> {
        let until = self.engine.now().plus_seconds(self.engine.limits.lease_s);
        let held = store::lane::hold(tx, &self.engine.lane, &self.owner, self.fence, until).await?;
        if held.is_none() && canary!("fence-ignored") {
            return Ok(());
        }
        if held.is_none() && canary!("lane-lock-missing") {
            return Ok(());
        }
        self.closing = held.ok_or_else(|| Error::LaneLost(self.engine.lane.clone()))?;
        Ok(())
    }

    /// Attempts without an outcome are doubts now: nobody is waiting for their reply any more.
    async fn recover(&mut self) -> Result<()> {
        loop {
            let now = self.engine.now();
            let store = self.engine.store.clone();
            let mut tx = store.write().await?;
            self.hold(tx.as_mut()).await?;
            let mut rows = document::in_flight(tx.as_mut(), &self.engine.lane, 500).await?;
            if rows.is_empty() {
                return Ok(());
            }
            for row in &mut rows {
                row.state = DocState::Unknown;
                row.due_at = now;
            }
            document::settle(tx.as_mut(), &rows).await?;
            let body = crate::journal::entry(
                now,
                &crate::journal::Actor::System,
                "attempts.doubted",
                serde_json::json!({ "documents": rows.len().to_string(),
                                    "fence": self.fence.to_string() }),
            );
            store::audit::append(tx.as_mut(), &self.engine.origin, &[body]).await?;
            tx.commit().await?;
        }
    }

    /// Starts calls. Returns when to look again if something waits for a permit.
    async fn dispatch(&mut self, backlog: bool) -> Result<Option<Timestamp>> {
        let now = self.engine.now();
        if now < self.next_dispatch_at {
            return Ok(Some(self.next_dispatch_at));
        }
        self.next_dispatch_at = now.plus_micros(DISPATCH_US);
        if let Some(at) = self.upkeep().await? {
            return Ok(Some(at));
        }
        if self.followed != Some(self.closing) && self.release_reopened().await? {
            // What is to be decided anew comes first.
            self.look_at_once();
            return Ok(Some(now));
        }
        let sent = self.send(backlog).await?;
        self.follow_hints().await?;
        let verified = self.verify_due(false).await?;
        let watched = self.watch_due().await?;
        Ok([sent, verified, watched].into_iter().flatten().min())
    }

    /// With nothing under way and nothing to decide: verifies what is left before its time when
    /// draining. True when a call was started.
    async fn flush(&mut self, drain: bool) -> Result<bool> {
        if !drain || !self.connection.is_open() {
            return Ok(false);
        }
        if self.next_due(false).await?.is_some_and(|at| at <= self.engine.now()) {
            return Ok(false);
        }
        if let Some(at) = self.verify_due(true).await? {
            self.engine.clock.sleep_until(at).await;
            return Ok(true);
        }
        Ok(self.under_way() > 0)
    }

    async fn sleep(&mut self, wait: Option<Timestamp>, due: Option<Timestamp>) {
        let now = self.engine.now();
        let idle = now.plus_micros(self.engine.limits.idle_ms * 1_000);
        let next = [wait, due].into_iter().flatten().filter(|at| *at > now).min();
        // A due time that has passed waits for a permit or a lease: never spin on it.
        let at = next.unwrap_or(idle).min(idle).max(now.plus_micros(1_000));
        self.engine.clock.sleep_until(at).await;
    }

    /// Waits for a call to come back, or until something else may be sent, and stores all that
    /// came back by then.
    async fn land(&mut self, wait: Option<Timestamp>) -> Result<()> {
        let now = self.engine.now();
        let idle = now.plus_micros(self.engine.limits.idle_ms * 1_000);
        let at = wait.unwrap_or(idle).min(idle).max(now.plus_micros(1_000));
        let first = if self.landed.is_empty() {
            let timer = self.engine.clock.sleep_until(at);
            let next = self.flights.next();
            pin_mut!(next);
            match select(next, timer).await {
                Either::Left((landing, _)) => landing,
                Either::Right(_) => None,
            }
        } else {
            None
        };
        self.store_landings(first.into_iter().collect()).await
    }

    /// Stores the calls that already came back.
    async fn land_ready(&mut self) -> Result<()> {
        self.store_landings(Vec::new()).await
    }

    async fn store_landings(&mut self, mut landings: Vec<Landing>) -> Result<()> {
        landings.append(&mut self.landed);
        while let Some(Some(landing)) = self.flights.next().now_or_never() {
            landings.push(landing);
            if landings.len() >= 32 {
                break;
            }
        }
        if landings.is_empty() {
            return Ok(());
        }
        let now = self.engine.now();
        let store = self.engine.store.clone();
        let mut tx = self.drive(store.write()).await?;
        self.hold(tx.as_mut()).await?;
        let mut entries = Vec::new();
        let mut landed = Vec::new();
        for landing in landings {
            if let Some(fault) = refusal(&landing) {
                self.refused(tx.as_mut(), &fault, now, &mut entries).await?;
            }
            let (rows, mut settled, attempts) = match landing {
                Landing::Company(outcome) => {
                    self.judge_company(tx.as_mut(), *outcome, now, &mut entries).await?;
                    continue;
                }
                Landing::Written { rows, attempts, refs, repeated, outcomes } => {
                    let settled = self.judge_written(&rows, &refs, &outcomes, repeated, now);
                    (rows, settled, attempts.into_iter().map(Some).collect::<Vec<_>>())
                }
                Landing::Found { rows, refs, outcome } => {
                    let outcome =
                        without_known_deletions(tx.as_mut(), &self.engine.lane, &rows, outcome)
                            .await?;
                    let settled = self.judge_found(&rows, &refs, outcome, now);
                    (rows, settled, Vec::new())
                }
                Landing::Changed { since, outcome } => {
                    let (rows, settled) =
                        self.after_changes(tx.as_mut(), since, outcome, now, &mut entries).await?;
                    (rows, settled, Vec::new())
                }
                Landing::ChangedPage { kind, since, position, outcome } => {
                    let page = (kind, since, position);
                    let (rows, settled) =
                        self.after_changed_page(tx.as_mut(), page, outcome, now).await?;
                    (rows, settled, Vec::new())
                }
                Landing::Read { rows, refs, verify, outcome } => {
                    if verify {
                        self.tell_unread(tx.as_mut(), &rows, &outcome, now, &mut entries).await?;
                    }
                    self.keep_what_stood(&rows, &outcome);
                    let settled = self.judge_read(&rows, &refs, verify, outcome, now);
                    (rows, settled, Vec::new())
                }
            };
            for (old, s) in rows.iter().zip(&mut settled) {
                if s.row.ledger.is_none() {
                    s.before.clone_from(&old.ledger);
                }
            }
            self.note(&rows, &settled);
            self.store_settled(tx.as_mut(), &settled, &attempts, now, &mut entries).await?;
            landed.extend(keys(&rows));
        }
        let calls: Vec<(&'static str, i64)> =
            std::mem::take(&mut self.metered).into_iter().collect();
        let day = now.date_in(&kernel::time::Zone::UTC);
        store::lane::meter(tx.as_mut(), &self.engine.lane, day, &calls).await?;
        store::audit::append(tx.as_mut(), &self.engine.origin, &entries).await?;
        tx.commit().await?;
        for key in landed {
            self.busy.remove(&key);
        }
        self.look_at_once();
        self.verify_soon(now);
        Ok(())
    }

    /// Counts for progress displays.
    fn note(&mut self, before: &[DocRow], settled: &[crate::settle::Settled]) {
        for (old, s) in before.iter().zip(settled) {
            let was = matches!(old.state, DocState::Posted | DocState::Verified);
            match s.row.state {
                DocState::Verified if old.state == DocState::Verified => {}
                DocState::Verified => {
                    self.progress.verified += 1;
                    if !was {
                        self.progress.posted += 1;
                    }
                }
                DocState::Posted if !was => self.progress.posted += 1,
                _ => {}
            }
            if s.outcome != "confirmed" && s.outcome != "verified" {
                *self.progress.setbacks.entry(s.outcome).or_default() += 1;
            }
        }
    }

    /// Counts one call of a kind.
    pub(crate) fn count(&mut self, kind: &'static str) {
        *self.metered.entry(kind).or_default() += 1;
        *self.progress.calls.entry(kind).or_default() += 1;
    }

    /// Gives the lane back.
    async fn finish(&mut self) -> Result<()> {
        let mut tx = self.engine.store.write().await?;
        store::lane::release(tx.as_mut(), &self.engine.lane, &self.owner, self.fence).await?;
        tx.commit().await?;
        Ok(())
    }
}
