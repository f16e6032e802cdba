//! The accuracy report: the same seeds through the product and through the baseline, side by side.
//!
//! Everything is a count, a number of minor units or virtual seconds, so that equal seeds give equal
//! pages, byte for byte.

mod figures;
mod page;
mod plot;
mod table;

pub use figures::{grouped, percent};
pub use page::{PAGE, page, plots};
pub use table::screen;

use crate::accuracy::{Accuracy, Care};
use crate::bounds::{self, Bounds, Vendors};
use crate::naive;
use crate::run::{Measured, measured_in};
use crate::tape::Tape;
use anyhow::Result;
use std::collections::BTreeMap;

/// A backlog: everything comes at once, the ledger's limits are on, nothing goes wrong.
const BACKLOG: &str = "
about = \"A month that waited comes all at once.\"
orders = [3_000, 3_000]
workers = [1, 1]
spread_s = [1]
throttled = 1_000

[ledger]
base_us = 300_000
jitter_us = 1_700_000
";
/// Seeds of the backlog.
pub const BACKLOG_SEEDS: u64 = 2;

/// The bounds of the backlog.
///
/// # Errors
/// Never: a test reads them.
pub fn backlog() -> Result<Bounds> {
    Bounds::parse(BACKLOG)
}

/// Names of the profiles that are compared: all but the one in which no answer comes for minutes, whose
/// figures would tell of the line alone.
pub fn profiles() -> impl Iterator<Item = &'static str> {
    bounds::names().filter(|name| *name != "silence")
}

/// One seed, twice.
pub struct Pair {
    /// The product.
    pub ours: Measured,
    /// The baseline.
    pub naive: naive::Outcome,
}

/// The month of `seed` through both, with a document per order: a day's journal is no record of an
/// order. The company sells with Shopify and is paid by Stripe, for which the baseline is written:
/// where two vendors tell of one payment it would book two.
///
/// # Errors
/// When a world could not be built, or the baseline does not come to its end.
pub fn pair(bounds: &Bounds, seed: u64) -> Result<Pair> {
    let mut bounds = bounds.clone();
    bounds.books.summary = 0;
    bounds.vendors = Vendors::default();
    // The baseline reads no lists.
    bounds.deliveries = bounds.deliveries.all_told();
    let ours = measured_in(&bounds, Tape::of_seed(seed))?;
    let naive = naive::run_in(&bounds, Tape::of_seed(seed))?;
    Ok(Pair { ours, naive })
}

/// What the seeds of a profile add up to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row {
    /// Name of the profile.
    pub profile: String,
    /// Seeds.
    pub seeds: u64,
    /// Seeds in which a judge found something, in order.
    pub failed: Vec<u64>,
    /// Virtual seconds of the product's runs.
    pub virtual_seconds: i64,
    /// Documents that the product verified.
    pub verified: u64,
    /// Requests of the product.
    pub requests: u64,
    /// Processes killed in the product's runs.
    pub crashes: u64,
    /// What went wrong on purpose in the product's runs, by kind.
    pub troubles: BTreeMap<String, u64>,
    /// How often it took so many virtual seconds to drain.
    pub drains: BTreeMap<i64, u64>,
    /// The product's books.
    pub ours: Accuracy,
    /// The product's exceptions.
    pub care: Care,
    /// The baseline's books.
    pub naive: Accuracy,
    /// Requests of the baseline.
    pub naive_requests: u64,
    /// Webhooks that vendors gave up in the baseline's runs.
    pub given_up: u64,
    /// Cases for a person in the baseline beside what has to be repaired.
    pub naive_holds: u64,
    /// Virtual seconds until the last document stood, all seeds added up.
    pub posted_seconds: i64,
    /// The same in the baseline.
    pub naive_posted_seconds: i64,
}

impl Row {
    /// An empty row.
    pub fn of(profile: &str) -> Self {
        Self { profile: profile.to_owned(), ..Self::default() }
    }

    /// Adds a seed.
    pub fn add(&mut self, seed: u64, pair: &Pair) {
        let Pair { ours: Measured { report, accuracy, care, posted_seconds }, naive } = pair;
        self.seeds += 1;
        if !report.violations.is_empty() {
            self.failed.push(seed);
            self.failed.sort_unstable();
        }
        self.virtual_seconds += report.virtual_seconds;
        self.verified += report.verified;
        self.requests += report.requests;
        self.crashes += report.crashes;
        for (kind, n) in &report.troubles {
            *self.troubles.entry(kind.clone()).or_default() += n;
        }
        *self.drains.entry(report.drain_seconds).or_default() += 1;
        self.ours += accuracy;
        self.care += care;
        self.naive += &naive.accuracy;
        self.naive_requests += naive.requests;
        self.given_up += naive.given_up;
        self.naive_holds += naive.holds;
        self.posted_seconds += posted_seconds;
        self.naive_posted_seconds += naive.posted_seconds;
    }

    /// The sum of several rows.
    pub fn sum(rows: &[Self]) -> Self {
        let mut sum = Self::of("all");
        for row in rows {
            sum.seeds += row.seeds;
            sum.failed.extend(&row.failed);
            sum.virtual_seconds += row.virtual_seconds;
            sum.verified += row.verified;
            sum.requests += row.requests;
            sum.crashes += row.crashes;
            for (kind, n) in &row.troubles {
                *sum.troubles.entry(kind.clone()).or_default() += n;
            }
            for (seconds, n) in &row.drains {
                *sum.drains.entry(*seconds).or_default() += n;
            }
            sum.ours += &row.ours;
            sum.care += &row.care;
            sum.naive += &row.naive;
            sum.naive_requests += row.naive_requests;
            sum.given_up += row.given_up;
            sum.naive_holds += row.naive_holds;
            sum.posted_seconds += row.posted_seconds;
            sum.naive_posted_seconds += row.naive_posted_seconds;
        }
        sum
    }

    /// Everything in the baseline that a person has to see to: orders, payouts and disputes to be put
    /// right, and what is held for a person there as here.
    pub const fn naive_manual(&self) -> u64 {
        self.naive.things_wrong + self.naive_holds
    }

    /// Virtual seconds in which the product posted 1,000 records.
    pub fn pace(&self) -> u64 {
        self.posted_seconds.unsigned_abs() * 1_000 / self.ours.expected.max(1)
    }

    /// The same in the baseline.
    pub fn naive_pace(&self) -> u64 {
        self.naive_posted_seconds.unsigned_abs() * 1_000 / self.naive.expected.max(1)
    }

    /// The same if the baseline sent its requests as fast as the ledger lets it, 500 a minute
    /// (quickbooks.md §6), whatever an answer takes.
    pub fn naive_pace_at_best(&self) -> u64 {
        self.naive_requests * 1_000 * 60 / 500 / self.naive.expected.max(1)
    }

    /// The number of virtual seconds within which `per_mille` of all runs drained.
    pub fn drained_within(&self, per_mille: u64) -> i64 {
        let wanted = (self.seeds * per_mille).div_ceil(1_000);
        let mut seen = 0;
        for (seconds, n) in &self.drains {
            seen += n;
            if seen >= wanted {
                return *seconds;
            }
        }
        0
    }
}
