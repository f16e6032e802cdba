//! The limits of the ledger hold whatever happens: tokens refused, answers lost, workers killed and
//! followed by others, people who ask beside them, a database that is slow. The company's own meter is
//! the judge.

use engine::Engine;
use ports::{Clock, ReadOutcome};
use quickbooks_sim::Faults;
use sim::Profile;
use sim::evidence;
use sim::faulty_sql::SqlFaults;
use sim::profile::TIGHT;
use sim::world::World;
use std::sync::{Arc, Mutex};

const SEEDS: std::ops::Range<u64> = 810..818;

/// A company that takes little, so that a small month fills its limits.
fn world(seed: u64, ledger: &Faults, sql: SqlFaults) -> World {
    let ledger = ledger.clone();
    let profile = |chance: &_| Profile {
        orders: 60,
        throttled: true,
        tight: true,
        summary: false,
        ledger: Faults { base_us: 50_000, jitter_us: 300_000, ..ledger },
        sql,
        idle_ms: 200,
        ..Profile::draw(chance)
    };
    let mut world = World::of(profile, seed, false).unwrap();
    let ours = &mut world.engine.limits;
    [ours.requests_per_minute, ours.requests_per_second, ours.batches_per_minute] = TIGHT;
    ours.verify_after_s = 5;
    ours.watch_every_s = 30;
    ours.throttle_wait_ms = 10_000;
    world.engine.store = store::Store::new(Arc::clone(&world.sql) as Arc<dyn ports::Sql>);
    world.faults(true);
    world
}

/// Lets everything run for some virtual time, or until `task` is done.
fn run(world: &mut World, seconds: i64, task: Option<u64>) {
    let clock = world.executor.clock();
    let until = clock.now().plus_seconds(seconds);
    world.executor.spawn("time", Box::pin(async move { clock.sleep_until(until).await }));
    while world.executor.step(until, u64::MAX).is_none() {
        if task.is_some_and(|task| !world.executor.is_alive(task)) {
            return;
        }
    }
}

/// A person who asks for the company every few seconds, from a process of their own. Returns how long
/// each answer took, microseconds.
fn person(world: &mut World, engine: Engine) -> Arc<Mutex<Vec<i64>>> {
    let (waits, clock) = (Arc::new(Mutex::new(Vec::new())), world.executor.clock());
    let kept = Arc::clone(&waits);
    let asking = async move {
        loop {
            clock.sleep_until(clock.now().plus_seconds(11)).await;
            let asked = clock.now();
            if let Ok(ReadOutcome::Read(_)) = engine.read_company().await {
                kept.lock().unwrap().push(clock.now().0 - asked.0);
            }
        }
    };
    world.executor.spawn("person", Box::pin(asking));
    waits
}

#[test]
fn workers_that_follow_each_other_and_a_person_beside_them_stay_within_the_limits() {
    let unauthorized = Faults { unauthorized: 150, ..Faults::default() };
    let lossy =
        Faults { lost_after: 100, server_error: 100, unauthorized: 100, ..unauthorized.clone() };
    let swift = SqlFaults::default();
    let slow = SqlFaults { slow: 100, slow_s: 12, ..swift };
    let cases = [
        (Faults::default(), swift),
        (unauthorized, swift),
        (lossy.clone(), swift),
        (lossy.clone(), swift),
        (Faults::default(), slow),
        (Faults::default(), slow),
        (lossy.clone(), slow),
        (lossy, slow),
    ];
    for (seed, (faults, sql)) in SEEDS.zip(cases) {
        let mut world = world(seed, &faults, sql);
        let vendors = world.start_vendors();
        // Where the answer to a refresh is lost, consent is given again.
        world.start_operator();
        let process = world.process();
        let waits = person(&mut world, process);
        for _ in 0..12 {
            let worker = world.start_worker(false);
            run(&mut world, 25, None);
            world.executor.kill(worker);
            // The lease of a worker that died runs out; where it was given back nothing waits.
            world.engine.limits.lease_s = 10;
        }
        run(&mut world, 3_600, Some(vendors));
        world.faults(false);
        let worker = world.start_worker(true);
        run(&mut world, 7_200, Some(worker));
        assert!(!world.executor.is_alive(worker), "seed {seed}: it never ends");
        let meter = world.company().meter();
        assert_eq!((meter.violations, meter.throttled), (0, 0), "seed {seed}: {meter:?}");
        assert!(meter.max_per_second >= 2, "seed {seed}: the limits were never near: {meter:?}");
        assert!(meter.max_per_minute >= 18, "seed {seed}: the limits were never near: {meter:?}");
        assert!(meter.max_batches_per_minute == 2, "seed {seed}: {meter:?}");
        let found = evidence::gather(&mut world);
        assert!(found.pending.is_empty(), "seed {seed}: {:?}", found.pending);
        assert!(found.breaks.is_empty(), "seed {seed}: {:?}", found.breaks);
        let waits = waits.lock().unwrap();
        // A lost answer costs the person its whole deadline.
        let least = if faults.lost_after == 0 { 20 } else { 5 };
        assert!(waits.len() > least, "seed {seed}: {} answers", waits.len());
        let longest = waits.iter().max().unwrap() / 1_000_000;
        // Room comes back within the minute for which requests are counted.
        assert!(
            longest < 60 || sql != swift,
            "seed {seed}: a person waited {longest} s behind bulk"
        );
    }
}
