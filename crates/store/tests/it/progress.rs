//! Which documents are worked on next, and every try.

use kernel::{AccountType, DocumentKind, Reference};
use ports::Act;
use store::Store;
use store::document::{self, DocRow, DocState, NewAttempt};

use crate::harness::commit;
use crate::make::{LANE, at, document, id, key, keys, receipt};

on_both!(
    ready_rows_come_by_due_time_then_key,
    doubtful_rows_are_looked_up_not_sent,
    in_flight_rows_are_listed_by_call,
    confirmed_rows_wait_for_a_read_back,
    attempts_tell_what_was_tried,
);

fn row(name: &str, state: DocState, due: i64) -> DocRow {
    DocRow { state, ..receipt(name, due) }
}

async fn ready_rows_come_by_due_time_then_key(store: &Store) {
    commit(store, async |tx| {
        let elsewhere = DocRow { lane: "other/books".to_owned(), ..receipt("z", 1) };
        let rows = [
            receipt("b", 20),
            receipt("a", 20),
            receipt("c", 10),
            receipt("later", 31),
            row("doubt", DocState::Unknown, 5),
            row("waits", DocState::Waiting, 5),
            elsewhere,
        ];
        document::put(tx, &rows).await.unwrap();
        assert_eq!(keys(&document::ready(tx, LANE, at(30), 9).await.unwrap()), ["c", "a", "b"]);
        assert_eq!(keys(&document::ready(tx, LANE, at(30), 2).await.unwrap()), ["c", "a"]);
        assert_eq!(keys(&document::ready(tx, LANE, at(31), 9).await.unwrap()).len(), 4);
        assert_eq!(document::ready(tx, LANE, at(9), 9).await.unwrap(), []);
    })
    .await;
}

async fn doubtful_rows_are_looked_up_not_sent(store: &Store) {
    commit(store, async |tx| {
        let rows = [
            row("b", DocState::Stale, 20),
            row("a", DocState::Unknown, 20),
            row("c", DocState::Unknown, 10),
            row("later", DocState::Stale, 31),
            row("ready", DocState::Ready, 1),
            row("flying", DocState::InFlight, 1),
        ];
        document::put(tx, &rows).await.unwrap();
        let got = document::doubtful(tx, LANE, at(30), 9).await.unwrap();
        assert_eq!(keys(&got), ["c", "a", "b"]);
        assert_eq!(keys(&document::doubtful(tx, LANE, at(30), 1).await.unwrap()), ["c"]);
        assert_eq!(keys(&document::ready(tx, LANE, at(30), 9).await.unwrap()), ["ready"]);
    })
    .await;
}

async fn in_flight_rows_are_listed_by_call(store: &Store) {
    let sent = |name: &str, call: &str, position: i64| {
        let mut row = row(name, DocState::InFlight, 1);
        row.call = Some((call.to_owned(), position, 2));
        row
    };
    commit(store, async |tx| {
        let rows = [sent("a", "x", 1), sent("b", "x", 0), sent("c", "y", 0), receipt("d", 1)];
        document::put(tx, &rows).await.unwrap();
        assert_eq!(keys(&document::of_call(tx, "x").await.unwrap()), ["b", "a"]);
        assert_eq!(keys(&document::in_flight(tx, LANE, 2).await.unwrap()), ["a", "b"]);
        assert_eq!(document::in_flight(tx, "other/books", 9).await.unwrap(), []);
    })
    .await;
}

async fn confirmed_rows_wait_for_a_read_back(store: &Store) {
    let posted = |name: &str, posted: i64| DocRow {
        state: DocState::Posted,
        posted_at: Some(at(posted)),
        ..receipt(name, 1)
    };
    commit(store, async |tx| {
        let invoice = document("i", DocumentKind::Invoice, 5);
        let invoice = DocRow {
            state: DocState::Posted,
            posted_at: Some(at(1)),
            ..DocRow::new(LANE, id(1), invoice, at(1))
        };
        let done = DocRow { state: DocState::Verified, ..posted("done", 1) };
        let rows = [posted("b", 8), posted("a", 8), posted("c", 7), invoice, done];
        document::put(tx, &rows).await.unwrap();
        let account = Reference::Account {
            name: "S".into(),
            account_type: AccountType::Bank,
            currency: None,
        };
        document::add_references(tx, LANE, &[account], at(1)).await.unwrap();
        let mut account = document::by_key(tx, &key("ref/account/S")).await.unwrap().unwrap();
        account.state = DocState::Posted;
        document::settle(tx, &[account]).await.unwrap();

        let kind = DocumentKind::SalesReceipt;
        let got = document::unverified(tx, LANE, kind, 9).await.unwrap();
        assert_eq!(keys(&got), ["c", "a", "b"]);
        assert_eq!(keys(&document::unverified(tx, LANE, kind, 1).await.unwrap()), ["c"]);
        let counts = document::unverified_counts(tx, LANE).await.unwrap();
        assert_eq!(counts, [(DocumentKind::Invoice, 1, at(1)), (kind, 3, at(7))]);
    })
    .await;
}

async fn attempts_tell_what_was_tried(store: &Store) {
    let attempt = |n: u64, document: &str, act: Act, call: &str| NewAttempt {
        id: id(n),
        document: key(document),
        n: i64::try_from(n).unwrap(),
        act,
        call_id: call.to_owned(),
    };
    commit(store, async |tx| {
        let batch = [attempt(1, "a", Act::Create, "x"), attempt(2, "b", Act::Void, "x")];
        document::start(tx, &batch, at(10)).await.unwrap();
        document::start(tx, &[attempt(3, "a", Act::Create, "y")], at(20)).await.unwrap();
        let ended = [(id(1), "unknown", "timed out".to_owned())];
        document::end(tx, &ended, at(15)).await.unwrap();

        let tries = document::attempts(tx, &key("a")).await.unwrap();
        assert_eq!(tries.len(), 2);
        assert_eq!((tries[0].n, tries[0].act.as_str()), (1, "create"));
        assert_eq!((tries[0].started_at, tries[0].ended_at), (at(10), Some(at(15))));
        assert_eq!(tries[0].outcome.as_deref(), Some("unknown"));
        assert_eq!(tries[0].detail.as_deref(), Some("timed out"));
        assert_eq!((tries[1].call_id.as_str(), tries[1].ended_at), ("y", None));
        assert_eq!((tries[1].outcome.as_ref(), tries[1].detail.as_ref()), (None, None));
        assert_eq!(document::attempts(tx, &key("b")).await.unwrap()[0].act, "void");
    })
    .await;
}
