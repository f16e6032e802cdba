//! What webhooks did not deliver is read from the vendors' lists: the same books.

use crate::support::{done, drain, finish};
use bytes::Bytes;
use engine::{Polling, Read};
use http::{Request, Response};
use kernel::time::Zone;
use kernel::{ReasonCode, Timestamp};
use ports::{BoxFuture, Clock, Http, HttpFailure};
use sim::Profile;
use sim::chance::Chance;
use sim::lists::{FIRST_BATCH, Lists, pollers};
use sim::oracle;
use sim::world::World;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use workload::{Delivery, OrderSystem, Processor};

/// Topics that no list tells of: their webhooks are the only news.
const UNLISTED: &str = "store_credit_account_transactions/create";

/// Between two readings of a list, seconds.
const EVERY_S: i64 = 900;
/// How many of 1,000 requests to lists fail.
const FAIL: u32 = 100;

fn polling(world: &World, http: Arc<dyn Http>) -> Polling {
    let pollers = pollers(&world.shape, EVERY_S).unwrap();
    assert_eq!(pollers.len(), 2);
    Polling::new(world.engine.clone(), http, pollers, || false)
}

/// Delivers what `keep` keeps of the month.
fn deliver(world: &mut World, keep: impl Fn(&Delivery) -> bool) {
    let month: Vec<_> = workload::month(&world.shape).filter(|d| keep(d)).collect();
    let task = world.start_vendors_with(month);
    finish(world, task);
}

/// Reads every list since the month began, again where the vendor failed or let nobody in.
fn heal(world: &mut World, http: Arc<dyn Http>) -> Vec<(&'static str, Read)> {
    let since = Zone::UTC.local("2026-02-25 00:00:00").unwrap();
    let polling = polling(world, http);
    done(
        world,
        Box::pin(async move {
            let mut all = Vec::new();
            for source in ["shopify:demo", "stripe:demo"] {
                for _ in 0..60 {
                    let read = polling.backfill(source, since, &mut |_, _| {}).await.unwrap();
                    let is_whole = read.iter().all(|(_, r)| r.failed.is_none());
                    all.extend(read);
                    if is_whole {
                        break;
                    }
                }
            }
            all
        }),
    )
}

fn lists(world: &World) -> Lists {
    Lists::of(&workload::month(&world.shape).collect::<Vec<_>>())
}

#[test]
fn what_webhooks_lost_is_read_from_the_lists() {
    for seed in 0..12 {
        let mut world = World::new(seed, false).unwrap();
        world.faults(false);
        let chance = Chance::new(seed ^ 0x5eed);
        let lost = chance.clone();
        // Stripe's list begins thirty days back.
        let listed = world.executor.clock().now().plus_seconds(-29 * 86_400);
        let is_listed = |d: &Delivery| {
            d.raw.header("x-shopify-topic").is_some_and(|topic| topic != UNLISTED)
                || (&*d.source == "stripe:demo" && d.raw.received_at >= listed)
        };
        // One in ten is lost, and so is what would have repeated it.
        let mut gone = BTreeSet::new();
        let month: Vec<_> = workload::month(&world.shape).collect();
        for d in &month {
            if is_listed(d) && lost.happens(100) {
                gone.insert(d.raw.body.clone());
            }
        }
        assert!(!gone.is_empty());
        deliver(&mut world, |d| !gone.contains(&d.raw.body));
        drain(&mut world);
        let http = Arc::new(lists(&world).failing(chance, FAIL));
        heal(&mut world, http);
        drain(&mut world);
        let verdict = oracle::judge(&mut world).violations;
        assert!(verdict.is_empty(), "seed {seed}: {verdict:#?}");
    }
}

/// A vendor that lets nobody in.
struct Closed;

impl Http for Closed {
    fn send<'a>(
        &'a self,
        _: Request<Bytes>,
        _: Timestamp,
    ) -> BoxFuture<'a, Result<Response<Bytes>, HttpFailure>> {
        Box::pin(async {
            let mut answer = Response::new(Bytes::from_static(b"{}"));
            *answer.status_mut() = http::StatusCode::FORBIDDEN;
            Ok(answer)
        })
    }
}

/// Counts what is asked.
struct Counted(Lists, AtomicU64);

impl Http for Counted {
    fn send<'a>(
        &'a self,
        request: Request<Bytes>,
        deadline: Timestamp,
    ) -> BoxFuture<'a, Result<Response<Bytes>, HttpFailure>> {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.send(request, deadline)
    }
}

fn open(world: &mut World) -> Vec<ReasonCode> {
    let store = world.engine.store.clone();
    let codes = done(
        world,
        Box::pin(async move {
            let mut tx = store.read().await.unwrap();
            let open = store::exception::list(tx.as_mut(), 1_000).await.unwrap();
            open.into_iter().map(|e| e.code).collect::<Vec<_>>()
        }),
    );
    let polled = [ReasonCode::SourceNotRead, ReasonCode::SourceGap];
    codes.into_iter().filter(|code| polled.contains(code)).collect()
}

fn run_due(world: &mut World, http: Arc<dyn Http>) -> Timestamp {
    let polling = polling(world, http);
    done(world, Box::pin(async move { polling.run_due().await.unwrap().unwrap() }))
}

fn wait(world: &mut World, seconds: i64) {
    let clock = world.executor.clock();
    let until = clock.now().plus_seconds(seconds);
    let task =
        world.executor.spawn("wait", Box::pin(async move { clock.sleep_until(until).await }));
    finish(world, task);
}

#[test]
fn a_list_that_nobody_may_read_is_told_and_read_from_where_it_was() {
    let mut world = World::new(1, false).unwrap();
    world.faults(false);
    let quiet = Arc::new(Counted(lists(&world), AtomicU64::new(0)));
    let next = run_due(&mut world, quiet.clone());
    assert_eq!(open(&mut world), []);
    let asked = quiet.1.load(Ordering::Relaxed);
    assert!(asked >= 4, "{asked} requests");
    // Before it is due, nothing is asked.
    assert_eq!(run_due(&mut world, quiet.clone()), next);
    assert_eq!(quiet.1.load(Ordering::Relaxed), asked);

    wait(&mut world, 3_600);
    run_due(&mut world, Arc::new(Closed));
    assert_eq!(open(&mut world), vec![ReasonCode::SourceNotRead; 4]);
    // Failures make it rarer.
    let later = run_due(&mut world, quiet.clone());
    assert!(later.0 - world.executor.clock().now().0 > 900 * Timestamp::SECOND);
    wait(&mut world, 3_600);
    run_due(&mut world, quiet);
    assert_eq!(open(&mut world), []);
    let store = world.engine.store.clone();
    let marks = done(
        &mut world,
        Box::pin(async move {
            let mut tx = store.read().await.unwrap();
            store::poll::list(tx.as_mut()).await.unwrap()
        }),
    );
    let now = world.executor.clock().now();
    assert_eq!(marks.len(), 4);
    for mark in marks {
        assert_eq!((mark.failures, mark.note.as_str()), (0, ""), "{}", mark.stream);
        assert!(now.0 - mark.read_until.0 < 60 * Timestamp::SECOND, "{}", mark.stream);
    }
}

#[test]
fn what_a_vendor_no_longer_lists_is_told() {
    let mut world = World::new(1, false).unwrap();
    world.faults(false);
    let http = Arc::new(lists(&world));
    heal(&mut world, http);
    // Stripe's events begin thirty days back; more was asked for.
    assert_eq!(open(&mut world), [ReasonCode::SourceGap]);
}

#[test]
fn a_list_that_is_read_by_place_is_read_the_first_time_it_is_due() {
    let sells = |chance: &Chance| {
        let (order_system, processor) = (OrderSystem::CloudEvents, Processor::Adyen);
        Profile { order_system, processor, ..Profile::draw(chance) }
    };
    let mut world = World::of(sells, 1, false).unwrap();
    world.faults(false);
    let http = Arc::new(lists(&world));
    let polling =
        Polling::new(world.engine.clone(), http, pollers(&world.shape, EVERY_S).unwrap(), || false);
    let store = world.engine.store.clone();
    let marks = done(
        &mut world,
        Box::pin(async move {
            polling.run_due().await.unwrap();
            let mut tx = store.read().await.unwrap();
            store::poll::list(tx.as_mut()).await.unwrap()
        }),
    );
    let [reports] = marks.as_slice() else { panic!("{marks:?}") };
    assert!(reports.listed > 3, "{reports:?}");
    assert_eq!(reports.place, (FIRST_BATCH.cast_signed() + reports.listed).to_string());
}
