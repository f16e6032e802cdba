//! The ledger confirms changes and does not make them: nothing counts as done, a person is told,
//! and a retry makes the books right.

use crate::support::{drain, finish, now, run};
use book::Rules;
use kernel::ReasonCode;
use quickbooks_sim::{FaultKind, Faults, LiveTransaction, PersonEdit, TxnKind};
use sim::Profile;
use sim::evidence::{self, Evidence};
use sim::oracle;
use sim::world::World;
use sim::world::retry_held;
use std::sync::Arc;
use store::document::DocState;

/// Seeds; not every month holds updates or voids of what was posted before.
const SEEDS: std::ops::Range<u64> = 0..12;
/// How many months must.
const AFFECTED_MIN: usize = 3;

/// The month is delivered to a worker whose changes the company ignores, so many per mille.
fn month(seed: u64, rate: u32) -> World {
    deliver(World::new(seed, false).unwrap(), rate)
}

fn deliver(mut world: World, rate: u32) -> World {
    world.faults(false);
    world.company().set_faults(Faults { silent_noop: rate, ..Faults::default() });
    let (vendors, worker) = (world.start_vendors(), world.start_worker(false));
    finish(&mut world, vendors);
    world.stop_workers(true);
    finish(&mut world, worker);
    world.stop_workers(false);
    world
}

fn retry(world: &mut World) {
    let engine = world.engine.clone();
    let person = async move {
        retry_held(&engine).await.unwrap();
    };
    let task = world.executor.spawn("person", Box::pin(person));
    finish(world, task);
}

fn held(evidence: &Evidence) -> usize {
    evidence.documents.iter().filter(|(_, _, s)| *s == DocState::Quarantined).count()
}

#[test]
fn what_was_confirmed_and_not_done_is_repeated_then_held_and_never_counts_as_posted() {
    let (mut updates, mut voids, mut affected) = (0, 0, 0);
    for seed in SEEDS {
        let mut world = month(seed, 1_000);
        drain(&mut world);
        let meter = world.company().meter();
        assert_eq!((meter.updates, meter.voids, meter.deletes), (0, 0, 0), "seed {seed}");
        let found = evidence::gather(&mut world);
        assert_eq!(found.error, None, "seed {seed}");
        assert!(found.pending.is_empty(), "seed {seed}: {:?}", found.pending);
        if held(&found) == 0 {
            continue;
        }
        affected += 1;
        let code = ReasonCode::WriteIgnored.code();
        let told: Vec<_> = found.unposted.iter().filter(|line| line.contains(code)).collect();
        assert_eq!(told.len(), held(&found), "seed {seed}: {:#?}", found.unposted);
        // Held is neither posted nor a difference that nobody explains.
        assert!(found.breaks.is_empty(), "seed {seed}: {:?}", found.breaks);
        for (key, _, state) in &found.documents {
            let ignored = |line: &&String| line.contains(": ignored ");
            let tries = found.attempts[key].iter().filter(ignored).count();
            let tries_max = usize::try_from(world.engine.limits.tries_max).unwrap();
            let enough = *state != DocState::Quarantined || tries >= tries_max;
            assert!(enough, "seed {seed}: {:#?}", found.attempts[key]);
        }

        world.company().set_faults(Faults::default());
        retry(&mut world);
        drain(&mut world);
        let verdict = oracle::judge(&mut world);
        assert!(verdict.violations.is_empty(), "seed {seed}: {:#?}", verdict.violations);
        updates += world.company().meter().updates;
        voids += world.company().meter().voids;
    }
    assert!(affected >= AFFECTED_MIN, "{affected} months were affected");
    assert!(updates > 0 && voids > 0, "{updates} updates, {voids} voids");
}

#[test]
fn a_change_ignored_now_and_then_needs_nobody() {
    let mut affected = 0;
    for seed in SEEDS {
        let mut world = month(seed, 250);
        drain(&mut world);
        let drawn = world.company().faults_drawn().get(&FaultKind::SilentNoop).copied();
        affected += usize::from(drawn > Some(0));
        let verdict = oracle::judge(&mut world);
        assert!(verdict.violations.is_empty(), "seed {seed}: {:#?}", verdict.violations);
    }
    assert!(affected >= AFFECTED_MIN, "{affected} months were affected");
}

/// A person voids receipts, and before that is noticed a change of them is confirmed and not made: the
/// answer shows what the person did.
#[test]
fn a_void_that_an_ignored_change_shows_is_told_as_an_edit_and_restored_anew() {
    let mut told = 0;
    for seed in SEEDS {
        let calm = |chance: &_| Profile { orders: 30, summary: false, ..Profile::draw(chance) };
        let mut world = deliver(World::of(calm, seed, false).unwrap(), 0);
        drain(&mut world);
        world.company().set_faults(Faults { silent_noop: 1_000, ..Faults::default() });
        let now = now(&world).0;
        let mut company = world.company();
        let free = |t: &LiveTransaction| t.kind == TxnKind::SalesReceipt && t.links.is_empty();
        let receipts: Vec<u32> = company.transactions().filter(free).map(|t| t.id).collect();
        for id in receipts {
            company.edit_by_person(id, &PersonEdit::Void, now).unwrap();
        }
        drop(company);
        let renamed = Rules::default_text().replace("\"Shipping Income\"", "\"Freight Income\"");
        world.engine.rules = Arc::new(Rules::parse(&renamed).unwrap());
        "another name for shipping".clone_into(&mut world.engine.rules_sha256);
        drain(&mut world);
        let found = evidence::gather(&mut world);
        let of = |code: ReasonCode| {
            found.unposted.iter().filter(|line| line.contains(code.code())).count()
        };
        assert_eq!(of(ReasonCode::ReadbackDivergent), 0, "seed {seed}: {:#?}", found.unposted);
        told += of(ReasonCode::LedgerEditedOutside);

        world.company().set_faults(Faults::default());
        let worker = world.start_worker(false);
        // Changes are asked for.
        run(&mut world, 4_000);
        world.stop_workers(true);
        finish(&mut world, worker);
        world.stop_workers(false);
        world.decide_all().unwrap();
        drain(&mut world);
        let verdict = oracle::judge(&mut world);
        assert!(verdict.violations.is_empty(), "seed {seed}: {:#?}", verdict.violations);
    }
    assert!(told > 0, "no void was told");
}
