//! Many runs at once: each on one thread, as many threads as the machine has cores.

use crate::bounds::Bounds;
use crate::run::{Report, run_in};
use crate::tape::Tape;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc;

/// What runs add up to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals {
    /// Runs.
    pub runs: u64,
    /// Seeds in which a judge found something.
    pub failed: Vec<u64>,
    /// Virtual seconds.
    pub virtual_seconds: i64,
    /// Longest time to drain, virtual seconds.
    pub drain_seconds_max: i64,
    /// Times to drain added up, virtual seconds.
    pub drain_seconds: i64,
    /// Polls.
    pub steps: u64,
    /// Requests to the ledger.
    pub requests: u64,
    /// Documents verified at the end.
    pub verified: u64,
    /// Bytes read of tapes.
    pub tape_bytes: u64,
    /// What went wrong on purpose, by kind.
    pub troubles: BTreeMap<String, u64>,
    /// Runs by the sources that they had, by kind.
    pub sources: BTreeMap<&'static str, u64>,
}

impl Totals {
    /// Adds a run.
    pub fn add(&mut self, seed: u64, report: &Report) {
        self.runs += 1;
        self.virtual_seconds += report.virtual_seconds;
        self.drain_seconds += report.drain_seconds;
        self.drain_seconds_max = self.drain_seconds_max.max(report.drain_seconds);
        self.steps += report.steps;
        self.requests += report.requests;
        self.verified += report.verified;
        self.tape_bytes += report.tape.len() as u64;
        for (kind, n) in &report.troubles {
            *self.troubles.entry(kind.clone()).or_default() += n;
        }
        for kind in BTreeSet::from(report.vendors) {
            *self.sources.entry(kind).or_default() += 1;
        }
        if !report.violations.is_empty() {
            self.failed.push(seed);
        }
    }
}

/// Runs `seeds` within `bounds` and gives each report to `each`, in the order in which they end.
/// Ends early when `each` says so.
///
/// # Errors
/// When a world could not be built.
pub fn run(
    bounds: &Bounds,
    seeds: Range<u64>,
    each: impl FnMut(u64, Report) -> bool,
) -> anyhow::Result<()> {
    run_with(|seed| run_in(bounds, Tape::of_seed(seed), false), seeds, each)
}

/// The same with another kind of run.
///
/// # Errors
/// The first one of `run`, with its seed.
pub fn run_with<T: Send>(
    run: impl Fn(u64) -> anyhow::Result<T> + Sync,
    seeds: Range<u64>,
    mut each: impl FnMut(u64, T) -> bool,
) -> anyhow::Result<()> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let (next, ended) = (AtomicU64::new(seeds.start), AtomicBool::new(false));
    let (sender, reports) = mpsc::sync_channel(threads);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let (sender, next, ended, end) = (sender.clone(), &next, &ended, seeds.end);
            let run = &run;
            scope.spawn(move || {
                while !ended.load(Ordering::Relaxed) {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end {
                        break;
                    }
                    if sender.send((seed, run(seed))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        let mut result = Ok(());
        for (seed, report) in reports {
            match report {
                Ok(report) if result.is_ok() => {
                    if !each(seed, report) {
                        ended.store(true, Ordering::Relaxed);
                    }
                }
                Ok(_) => {}
                Err(e) => {
                    ended.store(true, Ordering::Relaxed);
                    result = Err(e.context(format!("seed {seed}")));
                }
            }
        }
        result
    })
}
