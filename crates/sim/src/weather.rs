//! The ledger's faults one by one and all together, for every kind of company.

use crate::bounds;
use crate::chance::Chance;
use crate::faulty_sql::SqlFaults;
use crate::profile::Profile;
use crate::run::{Report, run_as};
use anyhow::Result;
use quickbooks_sim::{Faults, Profile as Company};
use workload::DeliveryFaults;

/// A fifth of all calls, per mille.
const FIFTH: u32 = 200;

/// A fault and how its rate, per mille, is set.
type Fault = (&'static str, fn(&mut Faults, u32));

/// Every fault the company knows.
const FAULTS: [Fault; 13] = [
    ("refused", |f, rate| f.refused = rate),
    ("lost before", |f, rate| f.lost_before = rate),
    ("lost after", |f, rate| f.lost_after = rate),
    ("held up", |f, rate| f.held_up = rate),
    ("late", |f, rate| f.late = rate),
    ("cut", |f, rate| f.cut = rate),
    ("garbage", |f, rate| f.garbage = rate),
    ("unauthorized", |f, rate| f.unauthorized = rate),
    ("throttled", |f, rate| f.throttled = rate),
    ("server error", |f, rate| f.server_error = rate),
    ("fault in a 200", |f, rate| f.ok_fault = rate),
    ("ambiguous", |f, rate| f.ambiguous = rate),
    ("silent no-op", |f, rate| f.silent_noop = rate),
];

/// A line that is good but for what is set.
fn good() -> Faults {
    Faults { held_us: 120_000_000, late_us: 200_000_000, base_us: 50_000, ..Faults::default() }
}

/// Each fault alone at a fifth of all calls, by name.
pub fn alone() -> impl Iterator<Item = (&'static str, Faults)> {
    FAULTS.into_iter().map(|(name, set)| {
        let mut faults = good();
        set(&mut faults, FIFTH);
        (name, faults)
    })
}

/// All faults, each drawn at a fifth of all calls: one call in eighteen meets none.
pub fn together() -> Faults {
    let mut faults = good();
    for (_, set) in FAULTS {
        set(&mut faults, FIFTH);
    }
    faults
}

/// A month of a company whose line never gets better than `faults`, until all is done. Nothing else
/// goes wrong.
pub fn month(company: Company, faults: &Faults, seed: u64) -> Result<Report> {
    run_as(|chance| calm(chance, company, faults.clone()), seed, false)
}

/// The same with everything else that goes wrong in the run of `seed`.
pub fn storm(faults: &Faults, seed: u64) -> Result<Report> {
    let profile = |chance: &Chance| {
        let drawn = Profile::draw(chance);
        Profile { ledger: faults.clone(), relentless: true, idle_ms: IDLE_MS, ..drawn }
    };
    run_as(profile, seed, false)
}

/// Most of such a run is waiting: time need not run as fine as elsewhere.
const IDLE_MS: i64 = 20_000;

fn calm(chance: &Chance, company: Company, faults: Faults) -> Profile {
    Profile {
        orders: 10,
        workers: 1,
        processes: bounds::Processes::default(),
        ledger: faults,
        relentless: true,
        sql: SqlFaults::default(),
        deliveries: DeliveryFaults::default(),
        throttled: true,
        company,
        idle_ms: IDLE_MS,
        ..Profile::draw(chance)
    }
}
