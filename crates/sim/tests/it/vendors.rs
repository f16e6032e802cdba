//! Whoever tells of orders, the month comes to its books.

use sim::chance::Chance;
use sim::{Bounds, Profile};
use std::collections::BTreeSet;
use workload::OrderSystem;

/// Runs of each order system.
const SEEDS: u64 = 3;

#[test]
fn a_month_of_every_order_system_comes_to_its_books() {
    for order_system in OrderSystem::ALL {
        for seed in 0..SEEDS {
            let profile = |chance: &Chance| Profile { order_system, ..Profile::draw(chance) };
            let report = sim::run_as(profile, seed, false).unwrap();
            let who = format!("{order_system:?}, seed {seed}");
            assert_eq!(report.vendors[0], order_system.kind(), "{who}");
            assert!(report.violations.is_empty(), "{who}: {:#?}", report.violations);
            assert!(report.verified > 5, "{who}: {} documents", report.verified);
        }
    }
}

#[test]
fn every_profile_draws_all_order_systems_and_a_tape_of_zeros_the_usual_one() {
    for name in sim::bounds::names() {
        let bounds = Bounds::named(name).unwrap();
        let drawn = |chance: &Chance| Profile::within(&bounds, chance).order_system;
        let all: BTreeSet<OrderSystem> = (0..100).map(|seed| drawn(&Chance::new(seed))).collect();
        assert_eq!(all, OrderSystem::ALL.into(), "{name}");
        let quiet = Chance::of(sim::Tape::of_bytes(Vec::new()));
        assert_eq!(drawn(&quiet), OrderSystem::Shopify, "{name}");
    }
}
