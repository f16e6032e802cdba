//! What the ledger held once is known by its id.

use std::collections::BTreeSet;
use store::{Store, former};

use crate::harness::commit;

on_both!(former_ids_are_known_by_lane_and_kind);

async fn former_ids_are_known_by_lane_and_kind(store: &Store) {
    commit(store, async |tx| {
        for _ in 0..2 {
            former::add(tx, "books", &[("transfer", "146"), ("invoice", "7")]).await.unwrap();
        }
        let ask = ["146", "7", "8"];
        let found = former::known(tx, "books", "transfer", &ask).await.unwrap();
        assert_eq!(found, BTreeSet::from(["146".to_owned()]));
        assert!(former::known(tx, "other", "transfer", &ask).await.unwrap().is_empty());
        assert!(former::known(tx, "books", "transfer", &[]).await.unwrap().is_empty());
    })
    .await;
}
