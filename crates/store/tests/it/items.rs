//! Items: what is known and up to where it is decided.

use kernel::{Subject, SubjectKind};
use store::Store;
use store::item::{self, Touch};

use crate::harness::commit;
use crate::make::{LANE, at, id, sale, touch};

on_both!(
    a_touched_item_is_undecided_until_it_is_decided,
    knowledge_between_reading_and_deciding_is_not_lost,
    touches_add_to_what_is_known,
    again_asks_for_one_decision_more,
    credits_of_a_customer_are_asked_again,
    items_are_found_by_what_people_know,
);

async fn a_touched_item_is_undecided_until_it_is_decided(store: &Store) {
    commit(store, async |tx| {
        let batch = [touch(2, "1002"), touch(1, "1001"), touch(3, "1003")];
        item::touch(tx, LANE, &batch, at(10)).await.unwrap();
        item::touch(tx, "other/books", &[touch(4, "1004")], at(10)).await.unwrap();
        assert_eq!(item::open(tx, LANE).await.unwrap(), 3);
        let oldest = item::undecided(tx, LANE, 2).await.unwrap();
        assert_eq!(oldest.iter().map(|i| i.id).collect::<Vec<_>>(), [id(1), id(2)]);
        item::decided(tx, &oldest).await.unwrap();
        let left = item::undecided(tx, LANE, 9).await.unwrap();
        assert_eq!(left.iter().map(|i| i.id).collect::<Vec<_>>(), [id(3)]);
        assert_eq!(item::open(tx, LANE).await.unwrap(), 1);
        assert_eq!(item::open(tx, "other/books").await.unwrap(), 1);
        assert_eq!(item::counts(tx).await.unwrap(), [("sale".to_owned(), 4)]);
    })
    .await;
}

async fn knowledge_between_reading_and_deciding_is_not_lost(store: &Store) {
    commit(store, async |tx| {
        item::touch(tx, LANE, &[touch(1, "1001"), touch(2, "1002")], at(10)).await.unwrap();
    })
    .await;
    let read = commit(store, async |tx| item::undecided(tx, LANE, 9).await.unwrap()).await;
    commit(store, async |tx| {
        item::touch(tx, LANE, &[touch(9, "1001")], at(11)).await.unwrap();
    })
    .await;
    commit(store, async |tx| item::decided(tx, &read).await.unwrap()).await;
    commit(store, async |tx| {
        let left = item::undecided(tx, LANE, 9).await.unwrap();
        assert_eq!(left.len(), 1, "{left:?}");
        assert_eq!((left[0].id, left[0].revision), (id(1), read[0].revision + 1));
        item::decided(tx, &left).await.unwrap();
        assert_eq!(item::open(tx, LANE).await.unwrap(), 0);
    })
    .await;
}

async fn touches_add_to_what_is_known(store: &Store) {
    let bare = Touch { number: String::new(), customer: String::new(), ..touch(7, "1001") };
    commit(store, async |tx| {
        // Twice in one batch: two pieces of knowledge.
        let full = Touch { is_credit: true, ..touch(1, "1001") };
        item::touch(tx, LANE, &[full, bare.clone()], at(10)).await.unwrap();
        let faulty = Touch { is_faulty: true, ..bare.clone() };
        item::touch(tx, LANE, &[faulty], at(11)).await.unwrap();
        item::touch(tx, LANE, &[bare], at(12)).await.unwrap();
        let got = item::by_subject(tx, &sale("1001")).await.unwrap().unwrap();
        assert_eq!(item::by_id(tx, id(1)).await.unwrap().as_ref(), Some(&got));
        assert_eq!((got.id, got.revision, got.first_seen_at), (id(1), 4, at(10)));
        assert_eq!((got.number.as_str(), got.customer.as_str()), ("1001", "shop/c1"));
        assert!(got.is_credit && got.is_faulty, "{got:?}");
        assert_eq!(item::by_id(tx, id(7)).await.unwrap(), None);
    })
    .await;
}

async fn again_asks_for_one_decision_more(store: &Store) {
    commit(store, async |tx| {
        item::touch(tx, LANE, &[touch(1, "1001"), touch(2, "1002")], at(10)).await.unwrap();
        let all = item::undecided(tx, LANE, 9).await.unwrap();
        item::decided(tx, &all).await.unwrap();

        let unknown = Subject::new(SubjectKind::Payout, "shop/order/1001");
        item::again(tx, &[sale("1001"), unknown]).await.unwrap();
        let ids = |items: Vec<item::Item>| items.iter().map(|i| i.id).collect::<Vec<_>>();
        assert_eq!(ids(item::undecided(tx, LANE, 9).await.unwrap()), [id(1)]);
        item::again_by_id(tx, &[id(2), id(9)]).await.unwrap();
        assert_eq!(ids(item::undecided(tx, LANE, 9).await.unwrap()), [id(1), id(2)]);

        let all = item::undecided(tx, LANE, 9).await.unwrap();
        item::decided(tx, &all).await.unwrap();
        item::again_all(tx, "other/books").await.unwrap();
        assert_eq!(item::open(tx, LANE).await.unwrap(), 0);
        item::again_all(tx, LANE).await.unwrap();
        assert_eq!(item::open(tx, LANE).await.unwrap(), 2);
    })
    .await;
}

async fn credits_of_a_customer_are_asked_again(store: &Store) {
    commit(store, async |tx| {
        let nobody = Touch { is_credit: true, customer: String::new(), ..touch(4, "1004") };
        let other = Touch { is_credit: true, customer: "shop/c2".into(), ..touch(3, "1003") };
        let credit = Touch { is_credit: true, ..touch(2, "1002") };
        let batch = [touch(1, "1001"), credit, other, nobody];
        item::touch(tx, LANE, &batch, at(10)).await.unwrap();
        let all = item::undecided(tx, LANE, 9).await.unwrap();
        item::decided(tx, &all).await.unwrap();
        let customers = ["shop/c1".to_owned(), String::new()];
        item::again_credits(tx, &customers).await.unwrap();
        let left = item::undecided(tx, LANE, 9).await.unwrap();
        assert_eq!(left.iter().map(|i| i.id).collect::<Vec<_>>(), [id(2)]);
    })
    .await;
}

async fn items_are_found_by_what_people_know(store: &Store) {
    commit(store, async |tx| {
        let nobody = Touch { number: String::new(), customer: String::new(), ..touch(3, "x") };
        let twin = Touch { number: "1001".into(), ..touch(2, "other-1001") };
        item::touch(tx, LANE, &[twin, touch(1, "1001"), nobody], at(10)).await.unwrap();
        let ids = |items: Vec<item::Item>| items.iter().map(|i| i.id).collect::<Vec<_>>();
        assert_eq!(ids(item::by_number(tx, "1001").await.unwrap()), [id(1), id(2)]);
        assert_eq!(ids(item::by_customer(tx, "shop/c1").await.unwrap()), [id(1), id(2)]);
        assert_eq!(ids(item::by_number(tx, "").await.unwrap()), []);
        assert_eq!(ids(item::by_customer(tx, "").await.unwrap()), []);
        assert_eq!(item::by_subject(tx, &sale("9")).await.unwrap(), None);
    })
    .await;
}
