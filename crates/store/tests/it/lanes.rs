//! Lanes: one owner at a time, fenced; the meter of its calls.

use futures_util::future::join;
use kernel::Closing;
use store::document::{self, DocRow, DocState};
use store::{Store, lane};

use crate::harness::commit;
use crate::make::{LANE, at, day, receipt};

on_both!(
    one_owner_at_a_time,
    of_two_that_claim_at_once_one_wins,
    a_taken_over_owner_is_fenced_off,
    who_looks_learns_what_is_due_and_takes_nothing,
    a_released_lane_is_free_at_once,
    settings_of_a_lane_stay,
    calls_add_up,
    what_is_known_of_changes_stays,
);

async fn one_owner_at_a_time(store: &Store) {
    commit(store, async |tx| {
        assert_eq!(lane::claim(tx, LANE, "a", at(20), at(10)).await.unwrap(), None, "no such lane");
        lane::open(tx, LANE).await.unwrap();
        let a = lane::claim(tx, LANE, "a", at(20), at(10)).await.unwrap().unwrap();
        assert_eq!(lane::claim(tx, LANE, "b", at(29), at(19)).await.unwrap(), None);
        let again = lane::claim(tx, LANE, "a", at(30), at(19)).await.unwrap();
        assert_eq!(again, Some(a), "an owner that claims again keeps its fence");
        assert_eq!(lane::claim(tx, LANE, "b", at(39), at(29)).await.unwrap(), None);
        lane::open(tx, LANE).await.unwrap();
        let row = lane::get(tx, LANE).await.unwrap().unwrap();
        assert_eq!((row.owner.as_str(), row.fence, row.lease_until), ("a", a, at(30)));
    })
    .await;
}

async fn of_two_that_claim_at_once_one_wins(store: &Store) {
    commit(store, async |tx| lane::open(tx, LANE).await.unwrap()).await;
    for round in 0..10 {
        let now = at(100 * (round + 1));
        let claim = async |owner: &str| {
            let until = now.plus_micros(100);
            commit(store, async |tx| lane::claim(tx, LANE, owner, until, now).await.unwrap()).await
        };
        // Owners of this round only: nobody meets a lease of its own.
        let (a, b) = (format!("a{round}"), format!("b{round}"));
        let (a, b) = join(claim(&a), claim(&b)).await;
        assert!(a.is_some() != b.is_some(), "{a:?} {b:?}");
        assert_eq!(a.or(b), Some(round + 1), "the fence grows by one");
    }
}

async fn a_taken_over_owner_is_fenced_off(store: &Store) {
    commit(store, async |tx| {
        lane::open(tx, LANE).await.unwrap();
        let a = lane::claim(tx, LANE, "a", at(20), at(10)).await.unwrap().unwrap();
        assert_eq!(lane::hold(tx, LANE, "a", a, at(25)).await.unwrap(), Some(Closing::default()));
        assert_eq!(lane::get(tx, LANE).await.unwrap().unwrap().lease_until, at(25));
        assert_eq!(lane::claim(tx, LANE, "b", at(40), at(24)).await.unwrap(), None);
        let b = lane::claim(tx, LANE, "b", at(40), at(25)).await.unwrap().unwrap();
        assert!(b > a);
        assert_eq!(lane::hold(tx, LANE, "a", a, at(90)).await.unwrap(), None);
        assert_eq!(lane::hold(tx, LANE, "b", a, at(90)).await.unwrap(), None);
        lane::release(tx, LANE, "a", a).await.unwrap();
        let held = lane::hold(tx, LANE, "b", b, at(50)).await.unwrap();
        assert!(held.is_some(), "not released by the other");
        let back = lane::claim(tx, LANE, "a", at(90), at(50)).await.unwrap().unwrap();
        assert!(back > b, "an owner that comes back has another fence");
        assert_eq!(lane::hold(tx, LANE, "a", a, at(99)).await.unwrap(), None);
    })
    .await;
}

async fn who_looks_learns_what_is_due_and_takes_nothing(store: &Store) {
    commit(store, async |tx| {
        lane::open(tx, LANE).await.unwrap();
        let a = lane::claim(tx, LANE, "a", at(20), at(10)).await.unwrap().unwrap();
        let nothing = Some((Closing::default(), None));
        assert_eq!(lane::look(tx, LANE, "a", a).await.unwrap(), nothing);
        let later = DocRow { state: DocState::Unknown, ..receipt("later", 31) };
        let waits = DocRow { state: DocState::Waiting, ..receipt("waits", 5) };
        let elsewhere = DocRow { lane: "other/books".to_owned(), ..receipt("z", 1) };
        document::put(tx, &[later, receipt("ready", 32), waits, elsewhere]).await.unwrap();
        lane::close_until(tx, LANE, Some(day(20_000))).await.unwrap();
        let closing = Closing { ours: Some(day(20_000)), ledger: None };
        assert_eq!(lane::look(tx, LANE, "a", a).await.unwrap(), Some((closing, Some(at(31)))));
        assert_eq!(lane::get(tx, LANE).await.unwrap().unwrap().lease_until, at(20));
        let b = lane::claim(tx, LANE, "b", at(40), at(20)).await.unwrap().unwrap();
        assert_eq!(lane::look(tx, LANE, "a", a).await.unwrap(), None, "taken over");
        assert!(lane::look(tx, LANE, "b", b).await.unwrap().is_some());
    })
    .await;
}

async fn a_released_lane_is_free_at_once(store: &Store) {
    commit(store, async |tx| {
        lane::open(tx, LANE).await.unwrap();
        let a = lane::claim(tx, LANE, "a", at(1_000), at(10)).await.unwrap().unwrap();
        lane::release(tx, LANE, "a", a).await.unwrap();
        assert_eq!(lane::hold(tx, LANE, "a", a, at(1_000)).await.unwrap(), None);
        let b = lane::claim(tx, LANE, "b", at(1_000), at(11)).await.unwrap().unwrap();
        assert!(b > a);
    })
    .await;
}

async fn settings_of_a_lane_stay(store: &Store) {
    commit(store, async |tx| {
        assert_eq!(lane::get(tx, LANE).await.unwrap(), None);
        lane::open(tx, LANE).await.unwrap();
        let new = lane::get(tx, LANE).await.unwrap().unwrap();
        assert_eq!((new.closing, new.rules_sha256.as_str()), (Closing::default(), ""));
        lane::close_until(tx, LANE, Some(day(20_000))).await.unwrap();
        lane::ledger_closed_until(tx, LANE, Some(day(20_031))).await.unwrap();
        lane::set_rules(tx, LANE, "abc").await.unwrap();
        lane::open(tx, LANE).await.unwrap();
        let fence = lane::claim(tx, LANE, "a", at(20), at(10)).await.unwrap().unwrap();
        let set = lane::get(tx, LANE).await.unwrap().unwrap();
        let both = Closing { ours: Some(day(20_000)), ledger: Some(day(20_031)) };
        assert_eq!((set.closing, set.rules_sha256.as_str()), (both, "abc"));
        let held = lane::hold(tx, LANE, "a", fence, at(30)).await.unwrap();
        assert_eq!(held, Some(both), "whoever decides learns of it at once");
        lane::close_until(tx, LANE, None).await.unwrap();
        let ledger = Closing { ours: None, ..both };
        assert_eq!(lane::get(tx, LANE).await.unwrap().unwrap().closing, ledger);
        lane::ledger_closed_until(tx, LANE, None).await.unwrap();
        assert_eq!(lane::get(tx, LANE).await.unwrap().unwrap().closing, Closing::default());
    })
    .await;
}

async fn calls_add_up(store: &Store) {
    commit(store, async |tx| {
        lane::meter(tx, LANE, day(1), &[("write", 5)]).await.unwrap();
        lane::meter(tx, LANE, day(2), &[("write", 3), ("read", 1), ("write", 1)]).await.unwrap();
        lane::meter(tx, LANE, day(2), &[("write", 2)]).await.unwrap();
        lane::meter(tx, "other/books", day(2), &[("write", 100)]).await.unwrap();
        let line = |kind: &str, calls: i64| (kind.to_owned(), calls);
        assert_eq!(
            lane::metered(tx, LANE, day(1)).await.unwrap(),
            [line("read", 1), line("write", 11)]
        );
        assert_eq!(
            lane::metered(tx, LANE, day(2)).await.unwrap(),
            [line("read", 1), line("write", 6)]
        );
        assert_eq!(lane::metered(tx, LANE, day(3)).await.unwrap(), []);
    })
    .await;
}

async fn what_is_known_of_changes_stays(store: &Store) {
    commit(store, async |tx| {
        lane::open(tx, LANE).await.unwrap();
        assert_eq!(lane::watch(tx, LANE).await.unwrap(), lane::Watch::default());
        let known = lane::Watch { until: Some(at(3)), missed_since: Some(at(2)), reread_at: None };
        lane::set_watch(tx, LANE, known).await.unwrap();
        assert_eq!(lane::watch(tx, LANE).await.unwrap(), known);
        assert_eq!(lane::watch(tx, "other").await.unwrap(), lane::Watch::default());
    })
    .await;
}
