//! Every kind of company, without faults, with each fault of the ledger at a fifth of all calls, and
//! with all of them: the books are what the shop did, once, and no limit is exceeded.
#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

use quickbooks_sim::{Faults, Profile as Company};
use sim::chance::Chance;
use sim::faulty_sql::SqlFaults;
use sim::{Profile, run_as};
use workload::DeliveryFaults;

/// A fault and how its rate, per mille, is set.
type Fault = (&'static str, fn(&mut Faults, u32));

const FAULTS: [Fault; 11] = [
    ("refused", |f, rate| f.refused = rate),
    ("lost before", |f, rate| f.lost_before = rate),
    ("lost after", |f, rate| f.lost_after = rate),
    ("late", |f, rate| f.late = rate),
    ("cut", |f, rate| f.cut = rate),
    ("garbage", |f, rate| f.garbage = rate),
    ("unauthorized", |f, rate| f.unauthorized = rate),
    ("throttled", |f, rate| f.throttled = rate),
    ("server error", |f, rate| f.server_error = rate),
    ("fault in a 200", |f, rate| f.ok_fault = rate),
    ("ambiguous", |f, rate| f.ambiguous = rate),
];

/// Nothing goes wrong but what `faults` says.
fn calm(chance: &Chance, company: Company, faults: Faults) -> Profile {
    Profile {
        orders: 10,
        workers: 1,
        crash_per_100k: 0,
        ledger: faults,
        sql: SqlFaults::default(),
        deliveries: DeliveryFaults::default(),
        intake_cut: 0,
        throttled: true,
        company,
        ..Profile::draw(chance)
    }
}

fn holds(company: Company, name: &str, faults: &Faults, seed: u64) {
    let report = run_as(|chance| calm(chance, company, faults.clone()), seed, false).unwrap();
    assert!(
        report.violations.is_empty(),
        "{company}, {name}, seed {seed}: {:#?}",
        report.violations
    );
    assert!(report.verified > 0, "{company}, {name}, seed {seed}");
}

#[test]
fn without_faults() {
    for company in Company::ALL {
        holds(company, "no fault", &Faults::default(), 1);
    }
}

#[test]
fn each_fault_at_a_fifth_of_all_calls() {
    for (n, (name, set)) in FAULTS.iter().enumerate() {
        for company in Company::ALL {
            let mut faults = Faults { late_us: 200_000_000, base_us: 50_000, ..Faults::default() };
            set(&mut faults, 200);
            holds(company, name, &faults, 100 + u64::try_from(n).unwrap());
        }
    }
}

#[test]
fn all_faults_together() {
    for company in Company::ALL {
        let mut faults = Faults { late_us: 200_000_000, base_us: 50_000, ..Faults::default() };
        for (_, set) in FAULTS {
            set(&mut faults, 18);
        }
        holds(company, "all faults", &faults, 7);
    }
}
