//! Imported files: registered once, advanced, listed.

use store::Store;
use store::import::{self, ImportRow};

use crate::harness::commit;
use crate::make::{id, usd};

on_both!(a_file_is_registered_once_and_advances);

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
