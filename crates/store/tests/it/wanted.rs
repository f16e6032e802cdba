//! Objects that are to be read: once each, and again when they are named while they are read.

use std::collections::BTreeSet;
use store::{Store, wanted};

use crate::harness::commit;
use crate::make::at;

on_both!(an_object_waits_once_until_it_was_read);

fn named(source: &str, names: &[&str]) -> BTreeSet<(String, String)> {
    names.iter().map(|n| (source.to_owned(), (*n).to_owned())).collect()
}

async fn an_object_waits_once_until_it_was_read(store: &Store) {
    commit(store, async |tx| {
        wanted::add(tx, &named("a", &["orders/2", "orders/1"]), at(5)).await.unwrap();
        wanted::add(tx, &named("b", &["orders/1"]), at(6)).await.unwrap();
        wanted::add(tx, &BTreeSet::new(), at(6)).await.unwrap();
        wanted::add(tx, &named("a", &["orders/2", "orders/3"]), at(7)).await.unwrap();
        let taken = wanted::take(tx, "a", 10).await.unwrap();
        let told: Vec<_> = taken.iter().map(|w| (w.name.as_str(), w.asked_at, w.asked)).collect();
        assert_eq!(told, [("orders/1", at(5), 1), ("orders/2", at(5), 2), ("orders/3", at(7), 1)]);
        assert_eq!(wanted::take(tx, "a", 1).await.unwrap().len(), 1);
        // It is named again while it is read.
        wanted::add(tx, &named("a", &["orders/1"]), at(8)).await.unwrap();
        for read in &taken {
            wanted::done(tx, "a", read).await.unwrap();
        }
        let left = wanted::take(tx, "a", 10).await.unwrap();
        assert_eq!(left.len(), 1);
        assert_eq!((left[0].name.as_str(), left[0].asked), ("orders/1", 2));
        wanted::done(tx, "a", &left[0]).await.unwrap();
        assert!(wanted::take(tx, "a", 10).await.unwrap().is_empty());
        assert_eq!(wanted::take(tx, "b", 10).await.unwrap().len(), 1, "sources do not mix");
    })
    .await;
}
