//! Canonical events: kept once, found by subject, joined by the movement they tell of.

use kernel::{Id, Subject, SubjectKind};
use store::{Store, fact};

use crate::harness::commit;
use crate::make::{at, fact, id, sale};

on_both!(
    a_known_fact_is_left_alone,
    facts_of_a_subject_come_with_their_origin,
    subjects_meet_in_economic_keys,
    pages_follow_batches,
);

async fn a_known_fact_is_left_alone(store: &Store) {
    commit(store, async |tx| {
        let batch = [
            fact(1, sale("1001"), "shop/a1", 0),
            fact(2, sale("1001"), "shop/a1", 0),
            fact(3, sale("1001"), "shop/a1", 5),
        ];
        let new = fact::keep(tx, id(50), &batch, at(10)).await.unwrap();
        assert_eq!(Vec::from_iter(new), [id(1), id(3)], "a copy in the batch is not new");
        // Same movement and version but another content: both are kept, the fold decides.
        let batch = [fact(4, sale("1001"), "shop/a1", 5), fact(5, sale("1002"), "shop/a1", 5)];
        let new = fact::keep(tx, id(51), &batch, at(11)).await.unwrap();
        assert_eq!(Vec::from_iter(new), [id(5)]);
        assert_eq!(fact::count(tx).await.unwrap(), 3);
        assert!(fact::keep(tx, id(52), &[], at(12)).await.unwrap().is_empty());
    })
    .await;
}

async fn facts_of_a_subject_come_with_their_origin(store: &Store) {
    commit(store, async |tx| {
        let (a, b) = (fact(2, sale("1001"), "shop/a2", 0), fact(1, sale("1001"), "shop/a1", 0));
        let (want_a, want_b) = (a.fact.clone(), b.fact.clone());
        let batch = [a, b, fact(3, sale("1002"), "shop/a3", 0)];
        fact::keep(tx, id(50), &batch, at(10)).await.unwrap();
        let got = fact::of_subject(tx, &sale("1001")).await.unwrap();
        assert_eq!(got, [want_b.clone(), want_a]);
        let lineage = fact::lineage(tx, &sale("1001")).await.unwrap();
        assert_eq!(lineage.len(), 2);
        let first = &lineage[0];
        assert_eq!((first.id, first.delivery, first.known_at), (id(1), id(1), at(10)));
        assert_eq!((first.place.as_str(), &first.fact), ("lines 5-9", &want_b));
        assert_eq!(fact::of_subject(tx, &sale("9")).await.unwrap(), []);
    })
    .await;
}

async fn subjects_meet_in_economic_keys(store: &Store) {
    let payout = Subject::new(SubjectKind::Payout, "stripe/po_1");
    // A sale with the key of the payout: the kind alone tells them apart.
    let twin = Subject::new(SubjectKind::Sale, "stripe/po_1");
    commit(store, async |tx| {
        let batch = [
            fact(1, sale("1001"), "stripe/ch_1", 0),
            fact(2, sale("1001"), "stripe/ch_1", 1),
            fact(3, payout.clone(), "stripe/ch_1", 2),
            fact(4, twin.clone(), "stripe/ch_1", 3),
            fact(5, sale("1002"), "stripe/ch_2", 0),
        ];
        fact::keep(tx, id(50), &batch, at(10)).await.unwrap();
        let others = fact::others(tx, &sale("1001")).await.unwrap();
        assert_eq!(others, [payout.clone(), twin.clone()]);
        let others = fact::others(tx, &payout).await.unwrap();
        assert_eq!(others, [sale("1001"), twin.clone()]);
        assert_eq!(fact::others(tx, &sale("1002")).await.unwrap(), []);
        let known = fact::by_key(tx, "stripe/ch_1").await.unwrap();
        assert_eq!(known, [payout, sale("1001"), twin]);
        assert_eq!(fact::by_key(tx, "stripe/ch_3").await.unwrap(), []);
    })
    .await;
}

async fn pages_follow_batches(store: &Store) {
    commit(store, async |tx| {
        let (a, b) = (fact(9, sale("1"), "k1", 0), fact(1, sale("2"), "k2", 0));
        let leaf = b.leaf;
        let body = b.body.clone();
        fact::keep(tx, id(50), &[a], at(10)).await.unwrap();
        fact::keep(tx, id(51), &[b], at(10)).await.unwrap();
        let start = (Id([0; 16]), Id([0; 16]));
        let page = fact::batched(tx, start, 1).await.unwrap();
        assert_eq!((page[0].0, page[0].1), (id(50), id(9)));
        let page = fact::batched(tx, (page[0].0, page[0].1), 9).await.unwrap();
        assert_eq!(page, [(id(51), id(1), leaf.to_vec(), body)]);
    })
    .await;
}
