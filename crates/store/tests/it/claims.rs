//! Claims and contributions: replaced as a whole, item by item.

use store::Store;
use store::claim::{self, StoredClaim};

use crate::harness::commit;
use crate::make::{day, id, usd};

on_both!(
    claims_of_an_item_are_replaced,
    a_document_names_its_items,
    contributions_tell_which_summaries_lost,
);

/// A claim of 12.50 carried by `document`, or held when there is none.
pub fn claim(key: &str, document: &str) -> StoredClaim {
    let held = document.is_empty();
    StoredClaim {
        key: key.to_owned(),
        class: "sale".to_owned(),
        date: day(20_000),
        currency: usd(),
        amount_minor: -1_250,
        outcome: if held { "held" } else { "document" },
        code: if held { "MAP-001".to_owned() } else { String::new() },
        document_key: document.to_owned(),
    }
}

async fn claims_of_an_item_are_replaced(store: &Store) {
    commit(store, async |tx| {
        let batch = [
            (id(1), vec![claim("b", "doc/1"), claim("a", "")]),
            (id(2), vec![claim("a", "doc/2")]),
        ];
        claim::replace(tx, &batch).await.unwrap();
        let got = claim::of_item(tx, id(1)).await.unwrap();
        assert_eq!(got, [claim("a", ""), claim("b", "doc/1")]);

        let outcomes = ["document", "held", "excluded", "pending"];
        let new: Vec<_> = ["a", "b", "c", "d"]
            .into_iter()
            .zip(outcomes)
            .map(|(key, outcome)| StoredClaim { outcome, ..claim(key, "doc/3") })
            .collect();
        claim::replace(tx, &[(id(1), new.clone())]).await.unwrap();
        assert_eq!(claim::of_item(tx, id(1)).await.unwrap(), new);
        assert_eq!(claim::of_item(tx, id(2)).await.unwrap(), [claim("a", "doc/2")]);
        claim::replace(tx, &[(id(1), Vec::new())]).await.unwrap();
        assert_eq!(claim::of_item(tx, id(1)).await.unwrap(), []);
    })
    .await;
}

async fn a_document_names_its_items(store: &Store) {
    commit(store, async |tx| {
        let batch = [
            (id(2), vec![claim("a", "doc/1"), claim("b", "doc/1")]),
            (id(1), vec![claim("a", "doc/1")]),
            (id(3), vec![claim("a", "doc/2"), claim("b", "")]),
        ];
        claim::replace(tx, &batch).await.unwrap();
        let items = claim::items_of_document(tx, "doc/1").await.unwrap();
        assert_eq!(items, [id(1), id(2)]);
        assert_eq!(claim::items_of_document(tx, "").await.unwrap(), []);
    })
    .await;
}

async fn contributions_tell_which_summaries_lost(store: &Store) {
    let part = |item: u64, summary: &str, claim: &str, body: &str| {
        (id(item), summary.to_owned(), claim.to_owned(), body.to_owned())
    };
    commit(store, async |tx| {
        let new = [
            part(2, "s/1", "a", "{\"n\":\"2a\"}"),
            part(1, "s/1", "b", "{\"n\":\"1b\"}"),
            part(1, "s/1", "a", "{\"n\":\"1a\"}"),
            part(1, "s/2", "c", "{\"n\":\"1c\"}"),
        ];
        let lost = claim::replace_contributions(tx, &[id(1), id(2)], &new).await.unwrap();
        assert_eq!(lost, [""; 0]);
        let bodies = claim::contributions(tx, "s/1").await.unwrap();
        assert_eq!(bodies, ["{\"n\":\"1a\"}", "{\"n\":\"1b\"}", "{\"n\":\"2a\"}"]);

        let moved = [part(1, "s/3", "a", "{}")];
        let lost = claim::replace_contributions(tx, &[id(1)], &moved).await.unwrap();
        assert_eq!(lost, ["s/1", "s/2"]);
        assert_eq!(claim::contributions(tx, "s/1").await.unwrap(), ["{\"n\":\"2a\"}"]);
        assert_eq!(claim::contributions(tx, "s/2").await.unwrap(), [""; 0]);
        assert_eq!(claim::contributions(tx, "s/3").await.unwrap(), ["{}"]);
    })
    .await;
}
