//! Imported files: registered once, advanced, listed.

use futures_util::future::join;
use store::Store;
use store::import::{self, ImportRow};

use crate::harness::commit;
use crate::make::{id, usd};

on_both!(a_file_is_registered_once_and_advances, of_two_that_begin_at_once_one_is_the_last);

fn file(n: u64, sha256: &str) -> ImportRow {
    ImportRow {
        delivery: id(n),
        source: "till".to_owned(),
        name: format!("day-{n}.csv"),
        sha256: sha256.to_owned(),
        state: "reading".to_owned(),
        groups_done: 0,
        lines: 0,
        currency: usd(),
        exact_sum: "0".to_owned(),
        booked_minor: 0,
        note: String::new(),
    }
}

async fn a_file_is_registered_once_and_advances(store: &Store) {
    commit(store, async |tx| {
        import::start(tx, &file(2, "bb")).await.unwrap();
        import::start(tx, &file(1, "aa")).await.unwrap();
        import::start(tx, &file(3, "aa")).await.unwrap();
        assert_eq!(import::get(tx, "till", "aa").await.unwrap(), Some(file(1, "aa")));
        assert_eq!(import::get(tx, "shop", "aa").await.unwrap(), None);

        let done = ImportRow {
            state: "complete".to_owned(),
            groups_done: 12,
            lines: 30,
            exact_sum: "9747747.9340".to_owned(),
            booked_minor: 974_774_793,
            note: "0.0040 rounded".to_owned(),
            ..file(1, "aa")
        };
        import::advance(tx, &done).await.unwrap();
        assert_eq!(import::list(tx).await.unwrap(), [done.clone(), file(2, "bb")]);
        import::start(tx, &file(1, "aa")).await.unwrap();
        assert_eq!(import::get(tx, "till", "aa").await.unwrap(), Some(done));
    })
    .await;
}

async fn of_two_that_begin_at_once_one_is_the_last(store: &Store) {
    commit(store, async |tx| {
        assert_eq!(import::last(tx, "till").await.unwrap(), None);
        import::start(tx, &ImportRow { source: "shop".to_owned(), ..file(90, "aa") })
            .await
            .unwrap();
    })
    .await;
    for round in 0..10 {
        let begin = async |n: u64| {
            commit(store, async |tx| {
                let last = import::last(tx, "till").await.unwrap();
                import::start(tx, &file(n, &n.to_string())).await.unwrap();
                last
            })
            .await
        };
        // The greater id begins last, or the smaller one was told of it.
        let (first, second) = (2 * round + 1, 2 * round + 2);
        let (a, b) = join(begin(first), begin(second)).await;
        assert!(
            a == Some(id(second)) || b == Some(id(first)),
            "round {round}: neither saw the other: {a:?} {b:?}"
        );
    }
}
