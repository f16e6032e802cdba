//! The connection of a lane: nothing is sent while a person is needed, and nothing is lost.
//!
//! The gate opens when the tokens are good and the company is known. It closes when consent is
//! gone or the ledger refuses the connection itself; then one exception stands for the lane, every
//! document waits as it is, and a look now and then finds out when work may go on.

use crate::lane::{Landing, Worker};
use crate::pace::Permit;
use crate::{Result, backoff, journal};
use kernel::{ReasonCode, Timestamp};
use ports::{ApplyOutcome, CallCost, Company, ReadOutcome, SqlTx, TargetFault};
use std::sync::Arc;

/// Pause between two looks at the stored tokens, microseconds.
const LOOK_US: i64 = 2_000_000;
/// Longest pause between two tries to reach a company that refuses us, microseconds.
const PROBE_US_MAX: i64 = 900_000_000;
/// Days before the hard end of a connection at which people are told.
const WARN_DAYS: [i64; 3] = [1, 7, 30];
/// Nothing to warn of.
const FAR: i64 = i64::MAX;
const DAY_SECONDS: i64 = 86_400;

/// Whether calls may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gate {
    /// The company was not read since it was connected.
    Unknown,
    Open,
    /// A person must consent.
    Consent,
    /// The ledger refused the connection; a later reading may succeed.
    Refused,
}

/// The connection as one session of a worker sees it.
pub(crate) struct Connection {
    gate: Gate,
    look_at: Timestamp,
    /// When the company is read next.
    read_at: Timestamp,
    reading: bool,
    failures: i64,
    /// An exception about the connection may stand open.
    told: bool,
    /// Which of [`WARN_DAYS`] was warned of; `None`: not looked yet.
    warned: Option<i64>,
}

impl Default for Connection {
    fn default() -> Self {
        let past = Timestamp(i64::MIN);
        Self {
            gate: Gate::Unknown,
            look_at: past,
            read_at: past,
            reading: false,
            failures: 0,
            told: true,
            warned: None,
        }
    }
}

impl Connection {
    pub(crate) fn is_open(&self) -> bool {
        self.gate == Gate::Open
    }

    /// The ledger says that its books are closed: what is known of the company is old.
    pub(crate) fn read_soon(&mut self, now: Timestamp) {
        self.read_at = self.read_at.min(now);
    }
}

impl Worker {
    /// Looks after the connection. While no call may be made, says when to look again.
    pub(crate) async fn upkeep(&mut self) -> Result<Option<Timestamp>> {
        let now = self.engine.now();
        if now >= self.connection.look_at {
            self.look_at_connection(now).await?;
        }
        let due = now >= self.connection.read_at && self.connection.gate != Gate::Consent;
        if due && !self.connection.reading && self.under_way() < self.engine.limits.in_flight_max {
            match self.permit(CallCost::Read).await? {
                Ok(permit) => self.read_company(permit),
                Err(at) => self.connection.read_at = at,
            }
        }
        // A reading that waits for a person, or is under way, is nothing to wake up for.
        let reads = self.connection.gate != Gate::Consent && !self.connection.reading;
        let read_at = if reads { self.connection.read_at } else { self.connection.look_at };
        let next = self.connection.look_at.min(read_at).max(now.plus_micros(1));
        Ok((!self.connection.is_open()).then_some(next))
    }

    fn read_company(&mut self, permit: Permit) {
        // It is two calls; the connector waits for the permit of the second.
        self.connection.reading = true;
        self.count("company");
        self.count("company");
        let target = Arc::clone(&self.engine.target);
        let deadline = permit.taken.plus_seconds(self.engine.limits.call_timeout_s);
        self.flights.push(Box::pin(async move {
            let outcome = permit.read(deadline, target.company(deadline)).await;
            Landing::Company(Box::new(outcome))
        }));
    }

    async fn look_at_connection(&mut self, now: Timestamp) -> Result<()> {
        self.connection.look_at = now.plus_micros(LOOK_US);
        let engine = self.engine.clone();
        let look = async {
            let mut tx = engine.store.read().await?;
            let token = store::token::get(tx.as_mut(), &engine.lane).await?;
            let company = engine.known_company(tx.as_mut()).await?;
            Ok::<_, crate::Error>((token, company))
        };
        let (token, company) = self.drive(look).await?;
        self.applies_credits = company.as_ref().is_some_and(|(c, _)| c.applies_credits);
        let read_at = company.map(|(_, read_at)| read_at);
        let missing = match &token {
            _ if !engine.target.manifest().needs_consent => None,
            None => Some("the company was never connected"),
            Some(t) => Some(t.broken.as_str()).filter(|why| !why.is_empty()),
        };
        if let Some(why) = missing {
            return self.wait_for_consent(why, now).await;
        }
        let connected_at = token.as_ref().map(|t| t.connected_at);
        let known = read_at.filter(|at| connected_at.is_none_or(|since| since <= *at));
        match (self.connection.gate, known) {
            (Gate::Consent, _) => {
                self.connection.gate = Gate::Unknown;
                self.connection.read_at = now;
                self.connection.failures = 0;
            }
            (Gate::Unknown, Some(at)) if self.connection.failures == 0 => {
                self.connection.gate = Gate::Open;
                self.connection.read_at = at.plus_seconds(engine.limits.company_refresh_s);
            }
            _ => {}
        }
        self.warn_of_end(token.and_then(|t| t.hard_until), now).await
    }

    async fn wait_for_consent(&mut self, why: &str, now: Timestamp) -> Result<()> {
        if self.connection.gate == Gate::Consent {
            return Ok(());
        }
        let detail = format!(
            "{why}; an administrator of the company must connect it (`tieout connect`). Nothing is \
             sent until then, and nothing is lost"
        );
        self.tell(("connection", ReasonCode::AuthorisationRevoked), &detail, now).await?;
        self.connection.gate = Gate::Consent;
        self.connection.told = true;
        Ok(())
    }

    /// A connection has a hard end that refreshing cannot move (quickbooks.md §1).
    async fn warn_of_end(&mut self, hard: Option<Timestamp>, now: Timestamp) -> Result<()> {
        let left = hard.map(|end| end.seconds().saturating_sub(now.seconds()));
        let days = left.and_then(|s| WARN_DAYS.into_iter().find(|days| s <= days * DAY_SECONDS));
        let level = days.unwrap_or(FAR);
        if self.connection.warned == Some(level) {
            return Ok(());
        }
        match hard.zip(days) {
            Some((end, days)) => {
                let plural = if days == 1 { "" } else { "s" };
                let detail = format!(
                    "the connection ends on {end}, within {days} day{plural}, and refreshing does \
                     not extend it; an administrator of the company connects it again before \
                     (`tieout connect`)"
                );
                self.tell(("end", ReasonCode::ConnectionEndsSoon), &detail, now).await?;
            }
            None => self.all_clear("end", "the connection was renewed", now).await?,
        }
        self.connection.warned = Some(level);
        Ok(())
    }

    /// Opens an exception about the lane, and says it in the log.
    async fn tell(
        &mut self,
        about: (&str, ReasonCode),
        detail: &str,
        now: Timestamp,
    ) -> Result<()> {
        tracing::warn!(lane = self.engine.lane, code = about.1.code(), "{detail}");
        let engine = self.engine.clone();
        let mut tx = self.drive(engine.store.write()).await?;
        self.hold(tx.as_mut()).await?;
        let mut entries = Vec::new();
        engine.raise_for_lane(tx.as_mut(), about, detail, now, &mut entries).await?;
        store::audit::append(tx.as_mut(), &engine.origin, &entries).await?;
        Ok(tx.commit().await?)
    }

    async fn all_clear(&mut self, about: &str, why: &str, now: Timestamp) -> Result<()> {
        let engine = self.engine.clone();
        let mut tx = self.drive(engine.store.write()).await?;
        self.hold(tx.as_mut()).await?;
        let mut entries = Vec::new();
        let scopes = [engine.lane_scope(about)];
        journal::close_scopes(tx.as_mut(), &scopes, why, now, &mut entries).await?;
        store::audit::append(tx.as_mut(), &engine.origin, &entries).await?;
        Ok(tx.commit().await?)
    }

    /// What follows from a reading of the company.
    pub(crate) async fn judge_company(
        &mut self,
        tx: &mut dyn SqlTx,
        outcome: ReadOutcome<Company>,
        now: Timestamp,
        entries: &mut Vec<String>,
    ) -> Result<()> {
        self.connection.reading = false;
        match outcome {
            ReadOutcome::Read(company) => {
                self.engine.learn_company(tx, &company, now, entries).await?;
                self.applies_credits = company.applies_credits;
                self.connection.failures = 0;
                self.connection.read_at = now.plus_seconds(self.engine.limits.company_refresh_s);
                if self.connection.gate == Gate::Consent {
                    return Ok(());
                }
                self.connection.gate = Gate::Open;
                if std::mem::take(&mut self.connection.told) {
                    let scopes = [self.engine.lane_scope("connection")];
                    let why = "the company answers again";
                    journal::close_scopes(tx, &scopes, why, now, entries).await?;
                }
            }
            ReadOutcome::Throttled => {
                let until = now.plus_micros(self.engine.limits.throttle_wait_ms * 1_000);
                self.pause(tx, until).await?;
                self.connection.read_at = until;
            }
            ReadOutcome::Failed(why) => {
                tracing::info!(lane = self.engine.lane, why, "the company could not be read");
                let many = self.connection.failures + 1 == self.engine.limits.tries_max;
                if many && !self.connection.is_open() {
                    self.connection.told = true;
                    let detail = format!(
                        "the settings of the company cannot be read ({why}); nothing is sent \
                         before they are known, and it goes on trying"
                    );
                    let about = ("connection", ReasonCode::UpstreamUnavailable);
                    self.engine.raise_for_lane(tx, about, &detail, now, entries).await?;
                }
                let random = self.engine.entropy.below(u64::MAX);
                let failures = self.connection.failures;
                self.connection.read_at = backoff::next(&self.engine.limits, now, failures, random);
                self.connection.failures += 1;
            }
            // `refused` has seen to it.
            ReadOutcome::Disconnected(_) => {}
        }
        Ok(())
    }

    /// The ledger refused the connection itself: closes the gate and opens the one exception.
    pub(crate) async fn refused(
        &mut self,
        tx: &mut dyn SqlTx,
        fault: &TargetFault,
        now: Timestamp,
        entries: &mut Vec<String>,
    ) -> Result<()> {
        // The tokens may have been marked by whoever refreshed them.
        self.connection.look_at = now;
        if self.connection.gate == Gate::Consent {
            return Ok(());
        }
        let first = self.engine.limits.throttle_wait_ms.saturating_mul(1_000);
        let doubled = first.saturating_mul(1 << self.connection.failures.clamp(0, 20));
        self.connection.read_at = now.plus_micros(doubled.min(PROBE_US_MAX.max(first)));
        self.connection.failures += 1;
        if self.connection.gate == Gate::Refused {
            return Ok(());
        }
        self.connection.gate = Gate::Refused;
        self.connection.told = true;
        tracing::warn!(lane = self.engine.lane, code = fault.code.code(), "{}", fault.summary);
        let detail = format!("{}; nothing is sent until the ledger answers again", fault.summary);
        let about = ("connection", fault.code);
        self.engine.raise_for_lane(tx, about, &detail, now, entries).await
    }
}

/// The refusal of the whole connection in what came back, if there is one.
pub(crate) fn refusal(landing: &Landing) -> Option<TargetFault> {
    let read = |outcome: &ReadOutcome<()>| match outcome {
        ReadOutcome::Disconnected(fault) => Some(fault.clone()),
        _ => None,
    };
    match landing {
        Landing::Written { outcomes, .. } => outcomes.iter().find_map(|o| match o {
            ApplyOutcome::Disconnected(fault) => Some(fault.clone()),
            _ => None,
        }),
        Landing::Found { outcome, .. } => read(&outcome.without_content()),
        Landing::Read { outcome, .. } => read(&outcome.without_content()),
        Landing::Changed { outcome, .. } => read(&outcome.without_content()),
        Landing::ChangedPage { outcome, .. } => read(&outcome.without_content()),
        Landing::Company(outcome) => read(&outcome.without_content()),
    }
}
