//! Reading what sources list: it heals what their webhooks did not deliver.
//!
//! What is read goes through the same intake and the same steps as every delivery; an object that
//! is known already changes nothing. The mark of a list moves only past what was read to its end.

mod named;

use crate::intake::Intake;
use crate::journal::{self, Actor};
use crate::{Engine, Error, Result, tell};
use kernel::{ReasonCode, Timestamp};
use ports::{Finding, Http, PollFault, PollRun, Polled, Poller, Stream, Window};
use serde_json::json;
use std::sync::Arc;
use store::exception::NewException;
use store::poll::{self, Mark};

/// Tries of one request before the reading is given up until its next turn.
const TRIES: u32 = 4;
/// First pause between them, seconds; it doubles.
const PAUSE_S: i64 = 1;
/// Readings that fail in a row before a person is told.
const TOLD_AFTER: i64 = 3;
/// What a list may show to be wrong.
const FOUND: [ReasonCode; 2] = [ReasonCode::SourceGap, ReasonCode::WebhookRemoved];
/// Doublings of the pause between readings that fail.
const DOUBLINGS_MAX: i64 = 4;

/// A source whose lists are read.
#[derive(Clone)]
pub struct PolledSource {
    /// The connection, e.g. `shopify:acme`.
    pub source: String,
    /// Who reads it.
    pub poller: Arc<dyn Poller>,
    /// How often, seconds.
    pub every_s: i64,
}

/// What came of reading a list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Read {
    /// Everything before this moment was read.
    pub until: Timestamp,
    /// Objects the list held.
    pub listed: u64,
    /// Of them, deliveries that were not known byte for byte.
    pub kept: u64,
    /// Why it ended early.
    pub failed: Option<String>,
}

/// Reads the lists of sources, in turn.
pub struct Polling {
    pub(crate) engine: Engine,
    intake: Intake,
    http: Arc<dyn Http>,
    sources: Vec<PolledSource>,
    is_stopped: Box<dyn Fn() -> bool + Send + Sync>,
}

/// Where what is read goes.
pub(crate) enum Sink<'s> {
    /// To the door, as deliveries.
    Intake,
    /// To whoever only looks.
    Hold(&'s mut Vec<Polled>),
}

/// How one stretch ended.
pub(crate) enum End {
    Read { place: String, findings: Vec<Finding> },
    Stopped,
    Failed { why: String, is_denied: bool },
}

impl Polling {
    /// Reads `sources` over `http` until `is_stopped`.
    pub fn new(
        engine: Engine,
        http: Arc<dyn Http>,
        sources: Vec<PolledSource>,
        is_stopped: impl Fn() -> bool + Send + Sync + 'static,
    ) -> Self {
        let intake = Intake::new(engine.clone());
        Self { engine, intake, http, sources, is_stopped: Box::new(is_stopped) }
    }

    /// The connections whose lists are read.
    pub fn sources(&self) -> impl Iterator<Item = &str> {
        self.sources.iter().map(|s| s.source.as_str())
    }

    /// Reads every list that is due and returns when the next one is; `None` when there is none.
    pub async fn run_due(&self) -> Result<Option<Timestamp>> {
        let mut next: Option<Timestamp> = None;
        for source in &self.sources {
            if source.poller.fetches() {
                let due = self.named_due(source).await?;
                next = Some(next.map_or(due, |n| n.min(due)));
            }
            for stream in source.poller.streams() {
                let known = self.mark(&source.source, stream.name).await?;
                let mut due = due_at(known.as_ref(), source.every_s);
                let now = self.engine.now();
                if due <= now && !(self.is_stopped)() {
                    let mark =
                        known.unwrap_or_else(|| self.first_mark(&source.source, stream.name));
                    let mark = self.read(source, stream, mark, &mut |_| {}).await?.0;
                    due = due_at(Some(&mark), source.every_s);
                }
                next = Some(next.map_or(due, |n| n.min(due)));
            }
        }
        Ok(next)
    }

    /// Reads every list of one source from `since` on, whatever was read before. `watch` sees how
    /// far it is. Returns the lists in order.
    pub async fn backfill(
        &self,
        source: &str,
        since: Timestamp,
        watch: &mut (dyn FnMut(&str, &Read) + Send),
    ) -> Result<Vec<(&'static str, Read)>> {
        let found = self.polled(source)?;
        let mut all = Vec::new();
        for stream in found.poller.streams() {
            let known = self.mark(source, stream.name).await?;
            let mark = known.unwrap_or_else(|| self.first_mark(source, stream.name));
            // Asked for from `since` itself: the slack for what is listed late is taken off again.
            // What was never read before it is not passed over.
            let start = since.plus_seconds(late_s(stream)).min(mark.read_until);
            let start = Mark { read_until: start, place: String::new(), ..mark };
            let mut see = |read: &Read| watch(stream.name, read);
            all.push((stream.name, self.read(found, stream, start, &mut see).await?.1));
        }
        if found.poller.fetches() {
            let mut see = |read: &Read| watch(named::LIST, read);
            all.extend(self.named_now(found, &mut see).await?.map(|read| (named::LIST, read)));
        }
        Ok(all)
    }

    /// The source of this name whose lists are read.
    pub(crate) fn polled(&self, source: &str) -> Result<&PolledSource> {
        self.sources.iter().find(|s| s.source == source).ok_or_else(|| {
            Error::Refused(format!(
                "`{source}` has no list to read; give it `poll` in its [[source]] of the \
                 configuration"
            ))
        })
    }

    async fn mark(&self, source: &str, stream: &str) -> Result<Option<Mark>> {
        let mut tx = self.engine.store.read().await?;
        Ok(poll::get(tx.as_mut(), source, stream).await?)
    }

    /// A list that was never read begins with what is new; older changes are for a back-fill. One that
    /// is read by its place begins where its poller does.
    fn first_mark(&self, source: &str, stream: &str) -> Mark {
        Mark {
            source: source.to_owned(),
            stream: stream.to_owned(),
            read_until: self.engine.now(),
            tried_at: None,
            failures: 0,
            note: String::new(),
            listed: 0,
            place: String::new(),
        }
    }

    /// Reads from the mark on until now, a window at a time.
    async fn read(
        &self,
        source: &PolledSource,
        stream: &Stream,
        mut mark: Mark,
        watch: &mut (dyn FnMut(&Read) + Send),
    ) -> Result<(Mark, Read)> {
        let goal = self.engine.now();
        // A clock may have been ahead when the mark was set.
        let mut since = mark.read_until.plus_seconds(-late_s(stream)).min(goal);
        let oldest = goal.plus_seconds(-stream.memory_s);
        if stream.memory_s > 0 && since < oldest {
            self.tell_of_gap(&mark, since, oldest).await?;
            since = oldest;
        }
        let mut read = Read { until: since, ..Read::default() };
        mark.tried_at = Some(goal);
        // Also where no time has passed: what is read by its place in the list begins so.
        loop {
            if since >= goal && ports::canary!("read-by-place-never-begun") {
                break;
            }
            let until = read.until.plus_seconds(stream.window_s).min(goal);
            let window = Window { since: read.until, until };
            let listed = read.listed;
            let end = match source.poller.resume(stream, window, &mark.place) {
                Ok(mut run) => {
                    let run = run.as_mut();
                    self.window(&source.source, run, &mut Sink::Intake, &mut read, watch).await?
                }
                Err(e) => End::Failed { why: e.to_string(), is_denied: false },
            };
            mark.listed = mark.listed.saturating_add_unsigned(read.listed - listed);
            match end {
                End::Read { place, findings } => {
                    read.until = until;
                    mark.read_until = mark.read_until.max(until);
                    (mark.failures, mark.note, mark.place) = (0, String::new(), place);
                    self.keep(&mark, None).await?;
                    self.tell_findings(&mark, &findings).await?;
                    watch(&read);
                    if until >= goal {
                        break;
                    }
                }
                End::Stopped => break,
                End::Failed { why, is_denied } => {
                    mark.failures += 1;
                    mark.note.clone_from(&why);
                    let told = is_denied || mark.failures >= TOLD_AFTER;
                    self.keep(&mark, told.then_some(why.as_str())).await?;
                    read.failed = Some(why);
                    break;
                }
            }
        }
        Ok((mark, read))
    }

    /// Reads one window to its end.
    pub(crate) async fn window(
        &self,
        source: &str,
        run: &mut dyn PollRun,
        sink: &mut Sink<'_>,
        read: &mut Read,
        watch: &mut (dyn FnMut(&Read) + Send),
    ) -> Result<End> {
        let mut failed = 0;
        while let Some(request) = run.ask() {
            if (self.is_stopped)() {
                return Ok(End::Stopped);
            }
            let deadline = self.engine.now().plus_seconds(self.engine.limits.call_timeout_s);
            let taken = match self.http.send(request, deadline).await {
                Ok(answer) => run.take(&answer),
                Err(e) => Err(PollFault::Failed(e.to_string())),
            };
            let wait_s = match taken {
                Ok(polled) => {
                    failed = 0;
                    read.listed += polled.len() as u64;
                    match sink {
                        Sink::Intake => {
                            read.kept += self.intake.receive_polled(source, polled).await?;
                        }
                        Sink::Hold(held) => held.extend(polled),
                    }
                    watch(read);
                    continue;
                }
                Err(PollFault::Throttled { wait_s }) => wait_s,
                Err(PollFault::Denied(why)) => return Ok(End::Failed { why, is_denied: true }),
                Err(PollFault::Failed(why)) => {
                    failed += 1;
                    if failed >= TRIES {
                        return Ok(End::Failed { why, is_denied: false });
                    }
                    PAUSE_S << failed
                }
            };
            self.sleep(wait_s).await;
        }
        Ok(End::Read { place: run.place(), findings: run.findings() })
    }

    /// Sleeps in short pieces, so that a stop is heeded.
    async fn sleep(&self, seconds: i64) {
        let clock = &self.engine.clock;
        let end = clock.now().plus_seconds(seconds);
        while clock.now() < end && !(self.is_stopped)() {
            clock.sleep_until(end.min(clock.now().plus_seconds(1))).await;
        }
    }

    /// Stores the mark. `told`: why a person has to be told; without failures what was told is
    /// over.
    async fn keep(&self, mark: &Mark, told: Option<&str>) -> Result<()> {
        let now = self.engine.now();
        let mut tx = self.engine.store.write().await?;
        poll::put(tx.as_mut(), mark).await?;
        let mut entries = Vec::new();
        let scope = scope(mark);
        match told {
            Some(why) => {
                let code = ReasonCode::SourceNotRead;
                let exception = self.exception(scope, code, why.to_owned());
                store::exception::open(tx.as_mut(), &[exception], now).await?;
                let fields = json!({
                    "code": code.code(), "source": mark.source, "list": mark.stream,
                    "failures": mark.failures.to_string(),
                });
                entries.push(journal::entry(now, &Actor::System, "exception.opened", fields));
            }
            None if mark.failures == 0 => {
                let tx = tx.as_mut();
                journal::close_scopes(tx, &[scope], "read again", now, &mut entries).await?;
            }
            None => {}
        }
        store::audit::append(tx.as_mut(), &self.engine.origin, &entries).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn tell_of_gap(&self, mark: &Mark, from: Timestamp, oldest: Timestamp) -> Result<()> {
        let now = self.engine.now();
        let code = ReasonCode::SourceGap;
        let detail = format!(
            "the list `{}` of {} no longer tells what happened from {from} to {oldest}; compare \
             those days with the vendor's reports and import what is missing",
            mark.stream, mark.source
        );
        let scope = format!("{}/gap/{}", scope(mark), from.0);
        let mut tx = self.engine.store.write().await?;
        let exception = self.exception(scope, code, detail);
        store::exception::open(tx.as_mut(), &[exception], now).await?;
        let fields = json!({
            "code": code.code(), "source": mark.source, "list": mark.stream,
            "from": from.to_string(), "until": oldest.to_string(),
        });
        let entry = journal::entry(now, &Actor::System, "exception.opened", fields);
        store::audit::append(tx.as_mut(), &self.engine.origin, &[entry]).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Opens what the list shows to be wrong, and closes what it no longer does.
    async fn tell_findings(&self, mark: &Mark, findings: &[Finding]) -> Result<()> {
        let at = |code: ReasonCode| format!("{}/found/{}", scope(mark), code.code());
        let found: Vec<NewException> =
            findings.iter().map(|f| self.exception(at(f.code), f.code, f.detail.clone())).collect();
        let mut tx = self.engine.store.write().await?;
        let mut entries = Vec::new();
        let scopes = FOUND.map(at).to_vec();
        tell::exactly(&self.engine, tx.as_mut(), scopes, &found, &mut entries).await?;
        if !entries.is_empty() {
            store::audit::append(tx.as_mut(), &self.engine.origin, &entries).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    pub(crate) fn exception(
        &self,
        scope: String,
        code: ReasonCode,
        detail: String,
    ) -> NewException {
        NewException {
            id: self.engine.id(),
            scope,
            code,
            item: None,
            document: String::new(),
            delivery: None,
            place: String::new(),
            detail,
            upstream: String::new(),
            raw: String::new(),
            amount: None,
        }
    }
}

/// How far a reading goes back behind the last one, seconds.
fn late_s(stream: &Stream) -> i64 {
    if ports::canary!("late-listed-passed-over") { 0 } else { stream.late_s }
}

fn scope(mark: &Mark) -> String {
    format!("source/{}/{}", mark.source, mark.stream)
}

/// When a list is read next: failures make it rarer.
fn due_at(mark: Option<&Mark>, every_s: i64) -> Timestamp {
    let Some(Mark { tried_at: Some(at), failures, .. }) = mark else { return Timestamp(i64::MIN) };
    at.plus_seconds(every_s << (*failures).clamp(0, DOUBLINGS_MAX))
}
