//! The ledger confirms changes and does not make them: nothing counts as done, a person is told,
//! and a retry makes the books right.
#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

use kernel::ReasonCode;
use ports::Clock;
use quickbooks_sim::{FaultKind, Faults};
use sim::evidence::{self, Evidence};
use sim::operator::retry_held;
use sim::oracle;
use sim::world::World;
use store::document::DocState;

/// Seeds whose months hold updates or voids of what was posted before.
const UPDATES: [u64; 3] = [3, 8, 14];
const VOIDS: [u64; 2] = [2, 4];

/// Lets a task run to its end.
fn finish(world: &mut World, task: u64) {
    let far = world.executor.clock().now().plus_seconds(30 * 86_400);
    while world.executor.is_alive(task) {
        assert!(world.executor.step(far, u64::MAX).is_none(), "it never ends");
    }
}

/// The month is delivered to a worker whose changes the company ignores, so many per mille.
fn month(seed: u64, rate: u32) -> World {
    let mut world = World::new(seed, false).unwrap();
    world.faults(false);
    world.company().set_faults(Faults { silent_noop: rate, ..Faults::default() });
    let (vendors, worker) = (world.start_vendors(), world.start_worker(false));
    finish(&mut world, vendors);
    world.stop_workers(true);
    finish(&mut world, worker);
    world.stop_workers(false);
    world
}

fn drain(world: &mut World) {
    let worker = world.start_worker(true);
    finish(world, worker);
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
    let (mut updates, mut voids) = (0, 0);
    for seed in UPDATES.into_iter().chain(VOIDS) {
        let mut world = month(seed, 1_000);
        drain(&mut world);
        let meter = world.company().meter();
        assert_eq!((meter.updates, meter.voids, meter.deletes), (0, 0, 0), "seed {seed}");
        let found = evidence::gather(&mut world);
        assert_eq!(found.error, None, "seed {seed}");
        assert!(found.pending.is_empty(), "seed {seed}: {:?}", found.pending);
        assert!(held(&found) > 0, "seed {seed}: nothing was ignored");
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
        assert_eq!(verdict.violations, Vec::<String>::new(), "seed {seed}");
        updates += world.company().meter().updates;
        voids += world.company().meter().voids;
    }
    assert!(updates > 0 && voids > 0, "{updates} updates, {voids} voids");
}

#[test]
fn a_change_ignored_now_and_then_needs_nobody() {
    for seed in UPDATES.into_iter().chain(VOIDS) {
        let mut world = month(seed, 250);
        drain(&mut world);
        let drawn = world.company().faults_drawn().get(&FaultKind::SilentNoop).copied();
        assert!(drawn > Some(0), "seed {seed}");
        let verdict = oracle::judge(&mut world);
        assert_eq!(verdict.violations, Vec::<String>::new(), "seed {seed}");
    }
}
