//! Every kind of company without faults, and with faults of the ledger that never end: each alone at
//! a fifth of all calls, then all of them, each at a fifth. The books are what the shop did, once,
//! and no limit is exceeded. Every pair of fault and company: `sim faults`.

use quickbooks_sim::{Faults, Profile as Company};
use sim::weather;

/// Runs a month and gives how many faults its calls met.
fn holds(company: Company, name: &str, faults: &Faults, seed: u64) -> u64 {
    let report = weather::month(company, faults, seed).unwrap();
    assert!(
        report.violations.is_empty(),
        "{company}, {name}, seed {seed}: {:#?}",
        report.violations
    );
    assert!(report.verified > 0, "{company}, {name}, seed {seed}");
    report.faults
}

#[test]
fn without_faults() {
    for company in Company::ALL {
        assert_eq!(holds(company, "no fault", &Faults::default(), 1), 0);
    }
}

#[test]
fn each_fault_at_a_fifth_of_all_calls() {
    for (seed, (name, faults)) in (100..).zip(weather::alone()) {
        let n = usize::try_from(seed).unwrap() % Company::ALL.len();
        assert!(holds(Company::ALL[n], name, &faults, seed) > 0, "{name} was never met");
    }
}

#[test]
fn all_faults_together_each_at_a_fifth_of_all_calls() {
    for (seed, company) in [(7, Company::ALL[0]), (9, Company::ALL[2])] {
        let met = holds(company, "all faults", &weather::together(), seed);
        assert!(met > 30, "{company} met {met} faults");
    }
}
