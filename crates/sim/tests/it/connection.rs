//! The connection to the ledger is lost, ends and comes back; its books close and open. Nothing is
//! sent that must not be, nothing is lost, and one exception says what a person has to do.

use crate::support::{drain, finish, now, run};
use engine::Engine;
use kernel::{BusinessDate, ReasonCode};
use quickbooks_sim::{CompanyPrefs, Faults};
use sim::Profile;
use sim::evidence::{self, Evidence};
use sim::world::World;
use std::collections::BTreeSet;
use std::future::Future;
use std::sync::{Arc, Mutex};
use store::document::DocState;
use store::exception::Exception;
use store::token::New;

const SEEDS: std::ops::Range<u64> = 700..703;
const DAY: i64 = 86_400;
/// The shop's month is March 2026; everything of it has happened.
const CLOSED: &str = "2026-03-10";

fn world(seed: u64) -> World {
    // Few orders, and coarse time: most of these runs is waiting.
    let profile = |chance: &_| Profile { orders: 10, idle_ms: 10_000, ..Profile::draw(chance) };
    let mut world = World::of(profile, seed, false).unwrap();
    world.faults(false);
    world
}

/// A worker stays at its lane for some virtual time and then hands it over.
fn stay(world: &mut World, seconds: i64) {
    let worker = world.start_worker(false);
    run(world, seconds);
    world.stop_workers(true);
    finish(world, worker);
    world.stop_workers(false);
}

/// A person or a judge does something with the engine.
fn within<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
    world: &mut World,
    work: impl FnOnce(Engine) -> F,
) -> T {
    let slot = Arc::new(Mutex::new(None));
    let (place, doing) = (Arc::clone(&slot), work(world.engine.clone()));
    let task = world.executor.spawn(
        "person",
        Box::pin(async move {
            let done = doing.await;
            *place.lock().unwrap() = Some(done);
        }),
    );
    finish(world, task);
    let done = slot.lock().unwrap().take();
    done.unwrap()
}

fn exceptions(world: &mut World) -> Vec<Exception> {
    within(world, |engine| async move {
        let mut tx = engine.store.read().await.unwrap();
        store::exception::list(tx.as_mut(), 1_000).await.unwrap()
    })
}

fn codes(world: &mut World, code: ReasonCode) -> Vec<String> {
    exceptions(world).into_iter().filter(|e| e.code == code).map(|e| e.scope).collect()
}

fn attempts(evidence: &Evidence) -> usize {
    evidence.attempts.values().map(Vec::len).sum()
}

fn set_prefs(world: &World, change: impl FnOnce(&mut CompanyPrefs)) {
    let mut company = world.company();
    let mut prefs = company.prefs().clone();
    change(&mut prefs);
    company.set_prefs(prefs, now(world).0);
}

/// What the company holds: type, date and total of everything of ours that stands.
fn books(world: &World) -> Vec<(String, String, i64)> {
    let company = world.company();
    assert_eq!(company.duplicates(), []);
    let ours = company.transactions().filter(|t| t.private_note.contains("tieout:") && !t.voided);
    let mut held: Vec<_> =
        ours.map(|t| (t.kind.name().to_owned(), t.txn_date.clone(), t.total)).collect();
    held.sort();
    held
}

/// A month posted without any trouble.
fn undisturbed(seed: u64) -> Vec<(String, String, i64)> {
    let mut world = world(seed);
    let vendors = world.start_vendors();
    finish(&mut world, vendors);
    drain(&mut world);
    books(&world)
}

/// Everything came to its end, and the books are those of an undisturbed month.
fn judge(world: &mut World, seed: u64) {
    let found = evidence::gather(world);
    assert_eq!(found.error, None, "seed {seed}");
    assert!(found.undone.is_empty(), "seed {seed}: {:?}", found.undone);
    assert!(found.pending.is_empty(), "seed {seed}: {:?}", found.pending);
    assert!(found.breaks.is_empty(), "seed {seed}: {:?}", found.breaks);
    assert!(found.audit.is_empty(), "seed {seed}: {:?}", found.audit);
    assert_eq!(books(world), undisturbed(seed), "seed {seed}");
}

#[test]
fn a_withdrawn_consent_pauses_everything_and_loses_nothing() {
    for seed in SEEDS {
        let mut world = world(seed);
        let vendors = world.start_vendors();
        let worker = world.start_worker(false);
        let far = now(&world).plus_seconds(DAY);
        while world.company().transactions().count() < 3 {
            assert!(world.executor.step(far, u64::MAX).is_none());
        }
        let at = now(&world).0;
        world.company().disconnect(at);
        // Deliveries go on being kept while nothing can be sent.
        finish(&mut world, vendors);
        run(&mut world, 60);
        let (before, held) = (evidence::gather(&mut world), books(&world));
        let polls = world.executor.steps();
        run(&mut world, 900);
        let polls = world.executor.steps() - polls;
        assert!(polls < 50_000, "seed {seed}: it spins while it waits, {polls} polls");
        let after = evidence::gather(&mut world);
        assert_eq!(attempts(&before), attempts(&after), "seed {seed}: it goes on trying");
        assert_eq!(books(&world), held, "seed {seed}");
        let told = codes(&mut world, ReasonCode::AuthorisationRevoked);
        assert_eq!(told, ["lane/books/connection"], "seed {seed}: one exception for the lane");

        world.start_operator();
        run(&mut world, 900);
        assert!(codes(&mut world, ReasonCode::AuthorisationRevoked).is_empty(), "seed {seed}");
        world.stop_workers(true);
        finish(&mut world, worker);
        world.stop_workers(false);
        drain(&mut world);
        judge(&mut world, seed);
    }
}

#[test]
fn a_company_that_refuses_us_is_asked_now_and_then_until_it_answers() {
    for seed in SEEDS {
        let mut world = world(seed);
        let vendors = world.start_vendors();
        finish(&mut world, vendors);
        set_prefs(&world, |p| p.subscription_ended = true);
        let worker = world.start_worker(false);
        run(&mut world, 1_900);
        let told = codes(&mut world, ReasonCode::SubscriptionInvalid);
        assert_eq!(told, ["lane/books/connection"], "seed {seed}");
        let found = evidence::gather(&mut world);
        assert_eq!(attempts(&found), 0, "seed {seed}: nothing is tried before it answers");
        set_prefs(&world, |p| p.subscription_ended = false);
        run(&mut world, 1_800);
        assert!(codes(&mut world, ReasonCode::SubscriptionInvalid).is_empty(), "seed {seed}");
        world.stop_workers(true);
        finish(&mut world, worker);
        world.stop_workers(false);
        drain(&mut world);
        judge(&mut world, seed);
    }
}

#[test]
fn settings_that_cannot_be_read_are_waited_for_and_told() {
    let mut world = world(700);
    let vendors = world.start_vendors();
    finish(&mut world, vendors);
    let broken = Faults { garbage: 1_000, ..Faults::default() };
    world.company().set_faults(broken);
    let worker = world.start_worker(false);
    run(&mut world, 900);
    let told = codes(&mut world, ReasonCode::UpstreamUnavailable);
    assert_eq!(told, ["lane/books/connection"]);
    assert!(books(&world).is_empty(), "nothing is written to a company that is not known");
    world.company().set_faults(Faults::default());
    run(&mut world, 600);
    assert!(codes(&mut world, ReasonCode::UpstreamUnavailable).is_empty());
    world.stop_workers(true);
    finish(&mut world, worker);
    world.stop_workers(false);
    drain(&mut world);
    judge(&mut world, 700);
}

fn dated_in(world: &World, until: &str) -> usize {
    books(world).iter().filter(|(_, date, _)| date.as_str() <= until).count()
}

#[test]
fn what_is_dated_in_closed_books_is_held_and_goes_on_when_they_open() {
    for seed in SEEDS {
        let whole = undisturbed(seed);
        let early = whole.iter().filter(|(_, date, _)| date.as_str() <= CLOSED).count();
        let mut world = world(seed);
        set_prefs(&world, |p| p.book_close_date = Some(CLOSED.to_owned()));
        let vendors = world.start_vendors();
        finish(&mut world, vendors);
        drain(&mut world);
        assert_eq!(dated_in(&world, CLOSED), 0, "seed {seed}: posted into closed books");
        let held = codes(&mut world, ReasonCode::LedgerPeriodClosed);
        assert_eq!(held.is_empty(), early == 0, "seed {seed}: {held:?}");
        assert!(codes(&mut world, ReasonCode::ClosingDateChanged).is_empty(), "seen at connect");

        // The accountant opens the books; the worker learns of it within the hour.
        set_prefs(&world, |p| p.book_close_date = None);
        stay(&mut world, 3_700);
        drain(&mut world);
        assert!(codes(&mut world, ReasonCode::LedgerPeriodClosed).is_empty(), "seed {seed}");
        let changed = codes(&mut world, ReasonCode::ClosingDateChanged);
        assert_eq!(changed, ["lane/books/closing"], "seed {seed}: and a person is told");
        judge(&mut world, seed);
    }
}

#[test]
fn days_that_a_person_closed_stay_closed_whatever_the_ledger_would_take() {
    for seed in SEEDS {
        let mut world = world(seed);
        let until: BusinessDate = CLOSED.parse().unwrap();
        let vendors = world.start_vendors();
        finish(&mut world, vendors);
        // A worker decides while the books are open and nothing can be sent; then they are closed.
        set_prefs(&world, |p| p.subscription_ended = true);
        stay(&mut world, 300);
        let refused = within(&mut world, move |engine| async move {
            engine.close_books(Some(until), "ann", "").await.unwrap();
            let short = engine.close_books(None, "ann", "because").await;
            let future = engine.close_books(Some(until.plus_days(400)), "ann", "").await;
            (short.is_err(), future.is_err())
        });
        assert_eq!(refused, (true, true), "seed {seed}");
        set_prefs(&world, |p| p.subscription_ended = false);
        stay(&mut world, 3_600);
        drain(&mut world);
        assert_eq!(dated_in(&world, CLOSED), 0, "seed {seed}: posted into closed books");
        let found = evidence::gather(&mut world);
        assert!(found.pending.is_empty(), "seed {seed}: {:?}", found.pending);
        let waiting = found.documents.iter().filter(|(.., s)| *s == DocState::Quarantined).count();
        let held: BTreeSet<String> =
            codes(&mut world, ReasonCode::OurPeriodLocked).into_iter().collect();
        assert!(held.len() >= waiting, "seed {seed}: {waiting} documents, {held:?}");
        assert!(found.breaks.is_empty(), "seed {seed}: {:?}", found.breaks);

        within(&mut world, |engine| async move {
            let note = "a receipt was missing, agreed with the controller";
            engine.close_books(None, "ann", note).await.unwrap();
        });
        drain(&mut world);
        assert!(codes(&mut world, ReasonCode::OurPeriodLocked).is_empty(), "seed {seed}");
        judge(&mut world, seed);
    }
}

#[test]
fn what_was_posted_before_its_books_were_closed_is_left_alone() {
    let mut world = world(700);
    let vendors = world.start_vendors();
    finish(&mut world, vendors);
    drain(&mut world);
    let held = books(&world);
    within(&mut world, |engine| async move {
        let until = "2026-03-31".parse().unwrap();
        engine.close_books(Some(until), "ann", "").await.unwrap();
    });
    stay(&mut world, 600);
    assert_eq!(books(&world), held);
    assert!(codes(&mut world, ReasonCode::OurPeriodLocked).is_empty());
}

/// Gives the connection another hard end, as an answer of the token endpoint would.
fn ends_in(world: &mut World, seconds: i64) {
    let end = now(world).plus_seconds(seconds);
    within(world, move |engine| async move {
        let mut tx = engine.store.write().await.unwrap();
        let t = store::token::get(tx.as_mut(), &engine.lane).await.unwrap().unwrap();
        let new = New {
            realm: &t.realm,
            sealed: &t.sealed,
            refresh_sha256: &t.refresh_sha256,
            refresh_until: t.refresh_until,
            hard_until: Some(end),
        };
        let at = t.connected_at;
        assert!(store::token::consent(tx.as_mut(), &engine.lane, new, at).await.unwrap());
        tx.commit().await.unwrap();
    });
}

#[test]
fn people_are_told_30_7_and_1_days_before_the_connection_ends() {
    let mut world = world(700);
    let worker = world.start_worker(false);
    let told = |world: &mut World, seconds: i64| -> Vec<String> {
        ends_in(world, seconds);
        run(world, 30);
        let all = exceptions(world).into_iter();
        all.filter(|e| e.code == ReasonCode::ConnectionEndsSoon).map(|e| e.detail).collect()
    };
    assert!(told(&mut world, 31 * DAY).is_empty());
    for (seconds, words) in [
        (30 * DAY, "within 30 days"),
        (8 * DAY, "within 30 days"),
        (7 * DAY, "within 7 days"),
        (2 * DAY, "within 7 days"),
        (DAY - 60, "within 1 day,"),
        (60, "within 1 day,"),
    ] {
        let found = told(&mut world, seconds);
        assert_eq!(found.len(), 1, "{seconds}: {found:?}");
        assert!(found[0].contains(words) && found[0].contains("tieout connect"), "{found:?}");
    }
    let owner = ReasonCode::ConnectionEndsSoon.owner();
    assert_eq!(owner, "INT");
    assert!(told(&mut world, 1_800 * DAY).is_empty(), "connected again");
    world.stop_workers(true);
    finish(&mut world, worker);
}
