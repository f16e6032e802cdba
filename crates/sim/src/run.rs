//! One run: chaos, then quiet, then judgement.

use crate::accuracy::{Accuracy, Care};
use crate::bounds::Bounds;
use crate::chance::Chance;
use crate::evidence::Evidence;
use crate::executor::Stop;
use crate::oracle::{self, Violation};
use crate::profile::Profile;
use crate::tape::Tape;
use crate::trace::{Digest, Trace};
use crate::world::{COMPANY_REFRESH_S, World};
use anyhow::Result;
use kernel::Timestamp;
use std::collections::BTreeMap;

/// Most polls in one run: more means that something spins.
pub(crate) const STEPS_MAX: u64 = 5_000_000;
/// Most rounds in which a person has to decide once faults have ended.
const ROUNDS_MAX: i32 = 30;
/// Longest chaos, virtual seconds.
const CHAOS_SECONDS: i64 = 4 * 86_400;
/// Longest time to drain once faults have ended, virtual seconds.
const DRAIN_SECONDS: i64 = 6 * 3_600;
/// The same where the ledger's faults never end.
const RELENTLESS_SECONDS: i64 = 10 * 86_400;
/// Work under faults after the last delivery, virtual seconds.
const AFTER_SECONDS: i64 = 120;
/// What is known of the company is read again within this time, virtual seconds, also where a person has
/// to connect it again first.
const SETTINGS_SECONDS: i64 = COMPANY_REFRESH_S + 500;

/// What a run was like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Digest of schedule, trace and final books.
    pub digest: u64,
    /// Polls made.
    pub steps: u64,
    /// Virtual seconds passed.
    pub virtual_seconds: i64,
    /// Virtual seconds from the end of all faults until nothing was left to do.
    pub drain_seconds: i64,
    /// Processes killed.
    pub crashes: u64,
    /// Database faults injected.
    pub sql_faults: u64,
    /// Faults that calls to the ledger met.
    pub faults: u64,
    /// Everything that went wrong on purpose, by kind.
    pub troubles: BTreeMap<String, u64>,
    /// Kinds of the order system's and the processor's sources.
    pub vendors: [&'static str; 2],
    /// Requests the company saw.
    pub requests: u64,
    /// Documents verified at the end.
    pub verified: u64,
    /// What the judges found; empty is good.
    pub violations: Vec<Violation>,
    /// One line per event, when asked for.
    pub lines: Vec<String>,
    /// What was read of the tape.
    pub tape: Vec<u8>,
}

/// A run that is measured.
pub struct Measured {
    /// What it was like.
    pub report: Report,
    /// Its books.
    pub accuracy: Accuracy,
    /// Its exceptions.
    pub care: Care,
    /// Virtual seconds from its begin until the last call about a document was answered.
    pub posted_seconds: i64,
}

/// Runs the world of `seed` within the bounds of profile `crashy` to its end and judges it.
pub fn run(seed: u64, keep_trace: bool) -> Result<Report> {
    run_as(Profile::draw, seed, keep_trace)
}

/// The same with a profile of one's own.
pub fn run_as(
    profile: impl FnOnce(&Chance) -> Profile,
    seed: u64,
    keep_trace: bool,
) -> Result<Report> {
    run_on(Tape::of_seed(seed), profile, keep_trace)
}

/// A run of a profile on a tape.
pub fn run_in(bounds: &Bounds, tape: Tape, keep_trace: bool) -> Result<Report> {
    run_on(tape, |chance| Profile::within(bounds, chance), keep_trace)
}

/// The same, and how what stands in the end compares with what should.
///
/// # Errors
/// When the world could not be built.
pub fn measured_in(bounds: &Bounds, tape: Tape) -> Result<Measured> {
    let mut world = World::on(tape, |chance| Profile::within(bounds, chance), Trace::new(false))?;
    let (logs, start) = (world.logs.clone(), world.now());
    let (report, evidence) = tracing::subscriber::with_default(logs, || live(&mut world));
    Ok(Measured {
        report,
        accuracy: Accuracy::of_product(&world, &evidence),
        care: Care::of(&evidence),
        posted_seconds: evidence.last_answer().map_or(0, |at| (at.0 - start.0) / Timestamp::SECOND),
    })
}

fn run_on(
    tape: Tape,
    profile: impl FnOnce(&Chance) -> Profile,
    keep_trace: bool,
) -> Result<Report> {
    let mut world = World::on(tape, profile, Trace::new(keep_trace))?;
    let logs = world.logs.clone();
    Ok(tracing::subscriber::with_default(logs, || live(&mut world).0))
}

/// Chaos, quiet and judgement.
fn live(world: &mut World) -> (Report, Evidence) {
    let start = world.now();
    world.trace.note(start, "world", || format!("{:?}", world.profile));
    let mut violations = Vec::new();
    let operator = world.start_operator();
    let mut troubles = Troubles::new(world);
    let lived = chaos(world, start, &mut troubles, &mut violations)
        .and_then(|()| quiet(world, operator, &mut violations));
    let quiet_since = troubles.ended.unwrap_or(start);
    let drain_seconds = (world.now().0 - quiet_since.0) / Timestamp::SECOND;
    if let Err(stopped) = lived {
        violations.push(Violation::new("progress", stopped.to_string()));
    }
    let verdict = oracle::judge(world);
    violations.extend(verdict.violations);
    let now = world.now();
    let requests = world.company().meter().requests;
    let faults = world.company().faults_drawn().values().sum();
    let mut digest = Digest(world.executor.digest());
    digest.word(verdict.books);
    let lines = world.trace.lines();
    for line in &lines {
        digest.text(line);
    }
    let report = Report {
        digest: digest.0,
        steps: world.executor.steps(),
        virtual_seconds: (now.0 - start.0) / Timestamp::SECOND,
        drain_seconds,
        crashes: troubles.crashes,
        sql_faults: world.sql.injected(),
        faults,
        troubles: troubles.all(world),
        vendors: [world.shape.order_system.kind(), world.shape.processor.kind()],
        requests,
        verified: verdict.verified,
        violations,
        lines,
        tape: world.chance.read(),
    };
    (report, verdict.evidence)
}

/// What happens to processes, and when next, counted in polls.
pub(crate) struct Troubles {
    crash_at: Option<u64>,
    pause_at: Option<u64>,
    /// Moments at which a clock steps or the rules change.
    moments: Vec<(Timestamp, bool)>,
    pub(crate) crashes: u64,
    pauses: u64,
    steps: u64,
    pub(crate) ended: Option<Timestamp>,
}

impl Troubles {
    pub(crate) fn new(world: &World) -> Self {
        let (p, spread) = (&world.profile, world.profile.spread_s.max(1));
        let moment = || world.now().plus_seconds(i64::from(world.chance.within([1, spread])));
        let mut moments: Vec<_> = (0..p.clocks.steps).map(|_| (moment(), false)).collect();
        moments.extend(p.rules_change.then(|| (moment(), true)));
        moments.sort();
        moments.reverse();
        Self {
            crash_at: gap(&world.chance, p.processes.crashes_per_100k),
            pause_at: gap(&world.chance, p.processes.pauses_per_100k),
            moments,
            crashes: 0,
            pauses: 0,
            steps: 0,
            ended: None,
        }
    }

    /// Lets happen what is due.
    fn befall(&mut self, world: &mut World) {
        let step = world.executor.steps();
        if self.crash_at.is_some_and(|at| step >= at) {
            // The tape may spare it: zeros do.
            if world.chance.happens(900) && world.crash() {
                self.crashes += 1;
            }
            let next = gap(&world.chance, world.profile.processes.crashes_per_100k);
            self.crash_at = next.map(|polls| step + polls);
        }
        if self.pause_at.is_some_and(|at| step >= at) {
            if world.chance.happens(900) && world.pause() {
                self.pauses += 1;
            }
            let next = gap(&world.chance, world.profile.processes.pauses_per_100k);
            self.pause_at = next.map(|polls| step + polls);
        }
        while self.moments.last().is_some_and(|(at, _)| *at <= world.now()) {
            match self.moments.pop() {
                Some((_, true)) => world.change_rules(),
                Some((_, false)) => {
                    world.step_a_clock();
                    self.steps += 1;
                }
                None => {}
            }
        }
    }

    /// Everything that went wrong, by kind.
    pub(crate) fn all(&self, world: &World) -> BTreeMap<String, u64> {
        let mut all: BTreeMap<String, u64> = BTreeMap::new();
        for (kind, n) in world.company().faults_drawn() {
            *all.entry(format!("call: {kind:?}")).or_default() += n;
        }
        for (kind, n) in world.sql.by_kind() {
            *all.entry(format!("database: {kind}")).or_default() += n;
        }
        for (kind, n) in world.acts.counts() {
            *all.entry(format!("people: {kind}")).or_default() += n;
        }
        for (kind, n) in world.folder().troubles() {
            *all.entry(format!("import: {kind}")).or_default() += n;
        }
        let (lost, unread) = world.unheard();
        all.insert("delivery: lost".to_owned(), lost);
        all.insert("list: unread".to_owned(), unread);
        for (kind, n) in
            [("crash", self.crashes), ("pause", self.pauses), ("clock step", self.steps)]
        {
            *all.entry(format!("process: {kind}")).or_default() += n;
        }
        all.retain(|_, n| *n > 0);
        all
    }
}

/// Polls until something happens that happens `per_100k` times in 100,000: the longest for a zero.
fn gap(chance: &Chance, per_100k: u32) -> Option<u64> {
    let mean = 100_000_u64.checked_div(u64::from(per_100k))?;
    Some(2 * mean - chance.below(2 * mean))
}

/// Vendors deliver, people act, processes work and die, everything fails by the profile.
pub(crate) fn chaos(
    world: &mut World,
    start: Timestamp,
    troubles: &mut Troubles,
    violations: &mut Vec<Violation>,
) -> Result<()> {
    world.fill_mailbag();
    world.read_first()?;
    world.faults(true);
    world.fill_folder();
    let people = world.start_people();
    let watch = world.start_watch();
    world.start_processes();
    let until = start.plus_seconds(CHAOS_SECONDS);
    let mut quiet_at = None;
    loop {
        troubles.befall(world);
        match world.executor.step(until, STEPS_MAX) {
            None => {}
            Some(Stop::Time) => {
                let what = "the vendors could not deliver everything in four days";
                violations.push(Violation::new("progress", what));
                break;
            }
            Some(stop) => return Err(still(world, stop)),
        }
        if quiet_at.is_some_and(|at| world.now() >= at) {
            break;
        }
        if quiet_at.is_none()
            && world.executor.steps().is_multiple_of(16)
            && !world.executor.is_alive(people)
            && world.mailbag().is_empty()
            && world.folder().is_done()
        {
            // Some more work under faults after the last delivery.
            quiet_at = Some(world.now().plus_seconds(AFTER_SECONDS).max(world.last_listed()));
        }
    }
    world.end_processes();
    world.executor.kill(people);
    world.executor.kill(watch);
    troubles.ended = Some(world.now());
    Ok(())
}

/// Tasks are left and nothing will ever happen again, or one of them spins.
fn still(world: &World, stop: Stop) -> anyhow::Error {
    let lines = world.trace.lines();
    let last = lines.iter().rev().take(20).rev().cloned().collect::<Vec<_>>();
    anyhow::anyhow!("{stop:?}, tasks left {:?}\n{}", world.executor.names(), last.join("\n"))
}

/// Faults end, unless the ledger's never do; one worker, and a person where one is needed, must bring
/// everything to its end in bounded time.
fn quiet(world: &mut World, operator: u64, violations: &mut Vec<Violation>) -> Result<()> {
    world.faults(false);
    let seconds = if world.profile.relentless {
        let faults = world.profile.ledger.clone();
        world.company().set_faults(faults);
        RELENTLESS_SECONDS
    } else {
        DRAIN_SECONDS
    };
    let now = world.now();
    world.trace.note(now, "world", || "faults end".to_owned());
    let until = now.plus_seconds(seconds);
    watch(world, until)?;
    violations.extend(oracle::drift::judge(world));
    world.read_last()?;
    for rounds in 1.. {
        let worker = world.start_working(true);
        if !finish(world, worker, until)? {
            let what = format!("not drained {seconds} s after the last delivery");
            violations.push(Violation::new("progress", what));
            world.executor.kill(worker);
            break;
        }
        let more = world.read_named()?;
        let heard = world.read_lists()?;
        let missed = |list| Violation::new("lists", format!("read when a person asked: {list}"));
        violations.extend(heard.missed.into_iter().map(missed));
        let decided = world.decide_all()?;
        if decided == 0 && heard.kept == 0 && !more {
            break;
        }
        if rounds >= ROUNDS_MAX {
            let what = format!("{decided} decisions are still asked for in round {rounds}");
            violations.push(Violation::new("progress", what));
            break;
        }
    }
    world.executor.kill(operator);
    world.faults(false);
    Ok(())
}

/// Where people meddled, a worker stays until it has asked what changed; books that were closed are
/// opened.
fn watch(world: &mut World, until: Timestamp) -> Result<()> {
    let people = world.profile.people;
    let closed = people.ledger_closings > 0 || people.closings > 0;
    if closed {
        world.open_books()?;
    }
    let edited = !world.acts.edits().is_empty();
    if !closed && !edited {
        return Ok(());
    }
    // What a full answer hid is found by the look after the next one.
    let looks = if world.profile.short_changes { 2 } else { 1 };
    let night = looks * world.profile.watch_every_s + 300;
    let seconds = if closed { night.max(SETTINGS_SECONDS) } else { night };
    let worker = world.start_working(false);
    let (clock, at) = (world.executor.clock(), world.now().plus_seconds(seconds));
    let night = world
        .executor
        .spawn("night", Box::pin(async move { ports::Clock::sleep_until(&clock, at).await }));
    finish(world, night, until)?;
    world.stop_workers(true);
    finish(world, worker, until)?;
    world.executor.kill(worker);
    world.stop_workers(false);
    Ok(())
}

/// Runs until a task is done. False: it is not by `until`.
pub(crate) fn finish(world: &mut World, task: u64, until: Timestamp) -> Result<bool> {
    while world.executor.is_alive(task) {
        match world.executor.step(until, STEPS_MAX) {
            None | Some(Stop::Finished) => {}
            Some(Stop::Time) => return Ok(false),
            Some(stop) => return Err(still(world, stop)),
        }
    }
    Ok(true)
}
