//! Hints of the ledger: each event once, in order, known for a while after it was followed.

use store::Store;
use store::hint::{self, Hint};

use crate::harness::commit;
use crate::make::{LANE, at, id};

on_both!(an_event_counts_once, hints_are_taken_in_order_until_they_are_done, lanes_do_not_mix);

fn hint(n: u64, event: &str) -> Hint {
    Hint {
        id: id(n),
        lane: LANE.to_owned(),
        event: event.to_owned(),
        realm: "91".to_owned(),
        entity: "Invoice".to_owned(),
        entity_id: n.to_string(),
        operation: "updated".to_owned(),
        other_id: String::new(),
        occurred_at: at(5),
        received_at: at(6),
    }
}

async fn an_event_counts_once(store: &Store) {
    commit(store, async |tx| {
        let merged =
            Hint { operation: "merged".to_owned(), other_id: "7".to_owned(), ..hint(3, "c") };
        let batch = [hint(1, "a"), hint(2, "b"), merged.clone(), hint(4, "b")];
        assert_eq!(hint::insert(tx, &batch).await.unwrap(), 3, "twice in one batch");
        assert_eq!(hint::insert(tx, &[hint(5, "a")]).await.unwrap(), 0, "delivered again");
        assert_eq!(hint::insert(tx, &[]).await.unwrap(), 0);
        let taken = hint::take(tx, LANE, 10).await.unwrap();
        assert_eq!(taken, [hint(1, "a"), hint(2, "b"), merged]);
        hint::delete(tx, &[id(1)], at(10)).await.unwrap();
        assert_eq!(
            hint::insert(tx, &[hint(6, "a")]).await.unwrap(),
            0,
            "and after it was followed"
        );
        hint::forget(tx, at(10)).await.unwrap();
        assert_eq!(hint::insert(tx, &[hint(6, "a")]).await.unwrap(), 0, "known at that moment");
        hint::forget(tx, at(11)).await.unwrap();
        assert_eq!(hint::insert(tx, &[hint(6, "a")]).await.unwrap(), 1, "forgotten");
    })
    .await;
}

async fn hints_are_taken_in_order_until_they_are_done(store: &Store) {
    commit(store, async |tx| {
        let all: Vec<Hint> = (1..=5).rev().map(|n| hint(n, &n.to_string())).collect();
        hint::insert(tx, &all).await.unwrap();
        let ids = async |tx: &mut dyn ports::SqlTx| -> Vec<String> {
            hint::take(tx, LANE, 3).await.unwrap().into_iter().map(|h| h.entity_id).collect()
        };
        assert_eq!(ids(tx).await, ["1", "2", "3"]);
        assert_eq!(ids(tx).await, ["1", "2", "3"], "taking does not remove");
        hint::delete(tx, &[id(1), id(3)], at(9)).await.unwrap();
        assert_eq!(ids(tx).await, ["2", "4", "5"]);
        assert_eq!(hint::pending(tx, LANE).await.unwrap(), 3);
        hint::forget(tx, at(1_000)).await.unwrap();
        assert_eq!(
            hint::pending(tx, LANE).await.unwrap(),
            3,
            "only what was followed is forgotten"
        );
    })
    .await;
}

async fn lanes_do_not_mix(store: &Store) {
    commit(store, async |tx| {
        let other = Hint { lane: "other/books".to_owned(), ..hint(2, "a") };
        assert_eq!(hint::insert(tx, &[hint(1, "a"), other]).await.unwrap(), 2);
        assert_eq!(hint::take(tx, LANE, 10).await.unwrap(), [hint(1, "a")]);
        assert_eq!(hint::pending(tx, "nobody").await.unwrap(), 0);
    })
    .await;
}
