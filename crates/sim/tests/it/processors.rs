//! One month, told by the order system and by one processor after the other: the same books.

use crate::support::{drain, finish};
use sim::world::World;
use sim::{Profile, oracle};
use std::collections::BTreeMap;
use workload::Processor;

const SEEDS: std::ops::Range<u64> = 910..913;

/// The month of `seed` with `processor`, delivered and posted; judged.
fn posted(seed: u64, processor: Processor) -> World {
    let profile = |chance: &_| Profile {
        orders: 40,
        summary: false,
        rules_change: false,
        processor,
        ..Profile::draw(chance)
    };
    let mut world = World::of(profile, seed, false).unwrap();
    world.faults(false);
    let vendors = world.start_vendors();
    finish(&mut world, vendors);
    drain(&mut world);
    let found = oracle::judge(&mut world).violations;
    assert!(found.is_empty(), "seed {seed}, {processor:?}: {found:?}");
    world
}

/// The trial balance. What a processor owes and what it charged are one sum: when and under which name
/// it tells of a fee differs.
fn balances(world: &World, clearing: &str, other: &str) -> BTreeMap<String, i64> {
    let mut balances: BTreeMap<String, i64> = BTreeMap::new();
    for (account, minor) in world.company().trial_balance() {
        let name = match account.as_str() {
            "Payment Processing Fees" | "Dispute Fees" => "the processor",
            name if name == clearing => "the processor",
            name if name == other => "the other processor",
            name => name,
        };
        *balances.entry(name.to_owned()).or_default() += minor;
    }
    balances.retain(|_, minor| *minor != 0);
    balances
}

/// What was paid out is one sum with what is owed and what it cost.
fn with_bank(mut balances: BTreeMap<String, i64>) -> BTreeMap<String, i64> {
    let bank = balances.remove("Checking").unwrap_or(0);
    assert!(bank > 0);
    *balances.entry("the processor".to_owned()).or_default() += bank;
    balances
}

#[test]
fn every_processor_leads_to_the_same_books() {
    for seed in SEEDS {
        let stripe = posted(seed, Processor::Stripe);
        let wanted = balances(&stripe, "Stripe Clearing", "PayPal Clearing");
        assert!(wanted.len() > 8, "{wanted:?}");
        for (processor, clearing, other) in [
            (Processor::PayPal, "PayPal Clearing", "Stripe Clearing"),
            (Processor::Adyen, "Adyen Clearing", "PayPal Clearing"),
            (Processor::Square, "Square Clearing", "PayPal Clearing"),
        ] {
            let world = posted(seed, processor);
            let mut books = [balances(&world, clearing, other), wanted.clone()];
            if processor == Processor::Square {
                // Its disputes cost nothing, so more is paid out.
                books = books.map(with_bank);
            }
            let [found, wanted] = books;
            assert_eq!(found, wanted, "seed {seed}, {processor:?}");
        }
    }
}
