//! One run: chaos, then quiet, then judgement.

use crate::chance::Chance;
use crate::executor::Stop;
use crate::oracle;
use crate::profile::Profile;
use crate::world::World;
use anyhow::Result;
use kernel::Timestamp;
use ports::Clock;

/// Most polls in one run: more means that something spins.
const STEPS_MAX: u64 = 20_000_000;
/// Longest chaos, virtual seconds.
const CHAOS_SECONDS: i64 = 4 * 86_400;
/// Longest time to drain once faults have ended, virtual seconds.
const DRAIN_SECONDS: i64 = 6 * 3_600;
/// The same where the ledger's faults never end.
const RELENTLESS_SECONDS: i64 = 10 * 86_400;

/// What a run was like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The seed.
    pub seed: u64,
    /// Digest of schedule, trace and final books.
    pub digest: u64,
    /// Polls made.
    pub steps: u64,
    /// Virtual seconds passed.
    pub virtual_seconds: i64,
    /// Workers killed.
    pub crashes: u64,
    /// Database faults injected.
    pub sql_faults: u64,
    /// Faults that calls to the ledger met.
    pub faults: u64,
    /// Requests the company saw.
    pub requests: u64,
    /// Documents verified at the end.
    pub verified: u64,
    /// What the judges found; empty is good.
    pub violations: Vec<String>,
    /// One line per event, when asked for.
    pub lines: Vec<String>,
}

/// Runs the world of `seed` to its end and judges it.
pub fn run(seed: u64, keep_trace: bool) -> Result<Report> {
    run_as(Profile::draw, seed, keep_trace)
}

/// The same with a profile of one's own.
pub fn run_as(
    profile: impl FnOnce(&Chance) -> Profile,
    seed: u64,
    keep_trace: bool,
) -> Result<Report> {
    let mut world = World::of(profile, seed, keep_trace)?;
    let start = world.executor.clock().now();
    let mut violations = Vec::new();
    let operator = world.start_operator();
    let crashes = chaos(&mut world, start, &mut violations)?;
    let quiet = world.executor.clock().now();
    drain(&mut world, quiet, operator, &mut violations)?;
    let verdict = oracle::judge(&mut world);
    violations.extend(verdict.violations);
    let now = world.executor.clock().now();
    let requests = world.company().meter().requests;
    let faults = world.company().faults_drawn().values().sum();
    Ok(Report {
        seed,
        digest: world.executor.digest() ^ world.trace.digest().rotate_left(7) ^ verdict.books,
        steps: world.executor.steps(),
        virtual_seconds: (now.0 - start.0) / Timestamp::SECOND,
        crashes,
        sql_faults: world.sql.injected(),
        faults,
        requests,
        verified: verdict.verified,
        violations,
        lines: world.trace.lines(),
    })
}

/// Vendors deliver, workers work and die, everything fails by the profile.
fn chaos(world: &mut World, start: Timestamp, violations: &mut Vec<String>) -> Result<u64> {
    world.faults(true);
    let vendors = world.start_vendors();
    let mut workers: Vec<u64> =
        (0..world.profile.workers).map(|_| world.start_worker(false)).collect();
    let until = start.plus_seconds(CHAOS_SECONDS);
    let (mut crashes, mut quiet_at) = (0, None);
    loop {
        let rate = world.profile.crash_per_100k;
        if rate > 0 && world.chance.below(100_000) < rate {
            let n = world.chance.below(workers.len() as u64);
            let slot = usize::try_from(n)?;
            if world.executor.kill(workers[slot]) {
                crashes += 1;
                world.trace.note(world.executor.clock().now(), "crash    a worker is killed");
                workers[slot] = world.start_worker(false);
            }
        }
        match world.executor.step(until, STEPS_MAX) {
            None => {}
            Some(Stop::Time) => {
                violations.push("the vendors could not deliver everything in time".to_owned());
                break;
            }
            Some(stop) => return Err(still(world, stop)),
        }
        let now = world.executor.clock().now();
        if !world.executor.is_alive(vendors) {
            // Some more work under faults after the last delivery.
            let at = *quiet_at.get_or_insert(now.plus_seconds(120));
            if now >= at {
                break;
            }
        }
    }
    for worker in workers {
        world.executor.kill(worker);
    }
    world.executor.kill(vendors);
    Ok(crashes)
}

/// Tasks are left and nothing will ever happen again, or one of them spins.
fn still(world: &World, stop: Stop) -> anyhow::Error {
    let lines = world.trace.lines();
    let last = lines.iter().rev().take(20).rev().cloned().collect::<Vec<_>>();
    anyhow::anyhow!("{stop:?}, tasks left {:?}\n{}", world.executor.names(), last.join("\n"))
}

/// Faults end, unless the ledger's never do; one worker, and a person where one is needed, must bring
/// everything to its end in bounded time.
fn drain(
    world: &mut World,
    now: Timestamp,
    operator: u64,
    violations: &mut Vec<String>,
) -> Result<()> {
    world.faults(false);
    let seconds = if world.profile.relentless {
        let faults = world.profile.ledger.clone();
        world.company().set_faults(faults);
        RELENTLESS_SECONDS
    } else {
        DRAIN_SECONDS
    };
    world.trace.note(now, "quiet    faults end");
    let until = now.plus_seconds(seconds);
    let mut ended = true;
    while ended {
        let worker = world.start_worker(true);
        ended = finish(world, worker, until)?;
        if !ended {
            violations.push(format!("not drained {seconds} s after the last delivery"));
            world.executor.kill(worker);
        } else if world.retry_once(until)? == 0 {
            break;
        }
    }
    world.executor.kill(operator);
    world.faults(false);
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
