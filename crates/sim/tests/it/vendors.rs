//! Whoever tells of orders, the month comes to its books.

use sim::chance::Chance;
use sim::{Bounds, Profile};
use std::collections::BTreeSet;
use workload::{OrderSystem, Processor};

/// Runs of each order system.
const SEEDS: u64 = 3;

#[test]
fn a_month_of_every_order_system_comes_to_its_books() {
    for order_system in OrderSystem::ALL {
        for seed in 0..SEEDS {
            let profile =
                |chance: &Chance| Profile { order_system, ..Profile::draw(chance) }.paid();
            let report = sim::run_as(profile, seed, false).unwrap();
            let who = format!("{order_system:?}, seed {seed}");
            assert_eq!(report.vendors[0], order_system.kind(), "{who}");
            assert!(report.violations.is_empty(), "{who}: {:#?}", report.violations);
            assert!(report.verified > 5, "{who}: {} documents", report.verified);
        }
    }
}

#[test]
fn what_webhooks_do_not_tell_is_read_from_the_lists() {
    use OrderSystem::{Amazon, BigCommerce, CloudEvents, Shopify, Square, WooCommerce};
    let listed = [
        (Shopify, Processor::Stripe, false),
        (WooCommerce, Processor::Stripe, false),
        (BigCommerce, Processor::Stripe, false),
        (BigCommerce, Processor::Stripe, true),
        (Square, Processor::Square, false),
        (Square, Processor::Square, true),
        // An own order system has no list: what is lost is the processor's.
        (CloudEvents, Processor::PayPal, false),
        (CloudEvents, Processor::Adyen, false),
        (Amazon, Processor::Amazon, false),
    ];
    for (order_system, processor, thin_webhooks) in listed {
        let (mut lost, mut unread) = (0, 0);
        for seed in 20..20 + SEEDS {
            let profile = |chance: &Chance| {
                let drawn = Profile { order_system, processor, ..Profile::draw(chance) };
                Profile { thin_webhooks, lost: 300, unread: 300, ..drawn }
            };
            let report = sim::run_as(profile, seed, false).unwrap();
            let who = format!("{order_system:?}, named only: {thin_webhooks}, seed {seed}");
            assert!(report.violations.is_empty(), "{who}: {:#?}", report.violations);
            assert!(report.verified > 5, "{who}: {} documents", report.verified);
            let times = |what: &str| report.troubles.get(what).copied().unwrap_or(0);
            lost += times("delivery: lost");
            unread += times("list: unread");
        }
        let who = format!("{order_system:?}, {processor:?}");
        assert!(lost > 3, "{who}: {lost} deliveries never came");
        assert!(unread > 3, "{who}: {unread} readings failed");
    }
}

#[test]
fn every_profile_draws_all_vendors_and_a_tape_of_zeros_the_usual_ones() {
    for name in sim::bounds::names() {
        let bounds = Bounds::named(name).unwrap();
        let drawn = |chance: &Chance| {
            let profile = Profile::within(&bounds, chance);
            (profile.order_system, profile.processor)
        };
        let all: Vec<_> = (0..100).map(|seed| drawn(&Chance::new(seed))).collect();
        let systems: BTreeSet<OrderSystem> = all.iter().map(|(system, _)| *system).collect();
        // Files on account send too little for the ledger's silence to matter.
        let wanted = OrderSystem::ALL.into_iter().filter(|s| name != "silence" || !s.is_file());
        assert_eq!(systems, wanted.collect(), "{name}");
        let processors: BTreeSet<Processor> = all.iter().map(|(_, paid)| *paid).collect();
        assert_eq!(processors, Processor::ALL.into(), "{name}");
        for (system, processor) in all {
            assert!(system.processor().is_none_or(|own| own == processor), "{name}: {system:?}");
        }
        let quiet = Chance::of(sim::Tape::of_bytes(Vec::new()));
        assert_eq!(drawn(&quiet), (OrderSystem::Shopify, Processor::Stripe), "{name}");
    }
}
