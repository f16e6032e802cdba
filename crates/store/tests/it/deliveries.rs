//! Raw deliveries: kept once, counted, settled, paged in audit order.

use kernel::Id;
use store::{Store, delivery};

use crate::harness::commit;
use crate::make::{delivery, id};

on_both!(
    redeliveries_count_up_and_are_not_new,
    a_second_copy_in_one_batch_is_not_new,
    what_was_received_is_read_back_byte_for_byte,
    settled_deliveries_leave_the_queue,
    refused_ones_never_enter_the_queue,
    pages_follow_batches,
    parts_are_kept_once,
);

async fn redeliveries_count_up_and_are_not_new(store: &Store) {
    let first = [delivery(1, "a"), delivery(2, "b")];
    let again = [delivery(3, "c"), delivery(4, "a")];
    let mut other = delivery(5, "a");
    other.source = "till".to_owned();
    let kept = commit(store, async |tx| delivery::keep(tx, id(50), &first).await.unwrap()).await;
    assert_eq!(kept, [(id(1), true), (id(2), true)]);
    let kept = commit(store, async |tx| delivery::keep(tx, id(51), &again).await.unwrap()).await;
    assert_eq!(kept, [(id(3), true), (id(1), false)], "under the id of the first copy");
    let kept = commit(store, async |tx| delivery::keep(tx, id(52), &[other]).await.unwrap()).await;
    assert_eq!(kept, [(id(5), true)], "another source is another delivery");

    assert_eq!(copies(store, id(1)).await, 2);
    assert_eq!(copies(store, id(2)).await, 1);
    let mut tx = store.read().await.unwrap();
    assert!(delivery::get(tx.as_mut(), id(4)).await.unwrap().is_none());
    let counts = delivery::counts(tx.as_mut()).await.unwrap();
    assert_eq!(counts, [("received".to_owned(), 4, 5)]);
}

async fn a_second_copy_in_one_batch_is_not_new(store: &Store) {
    let batch = [delivery(1, "a"), delivery(2, "a"), delivery(3, "b"), delivery(4, "a")];
    let kept = commit(store, async |tx| delivery::keep(tx, id(50), &batch).await.unwrap()).await;
    assert_eq!(kept, [(id(1), true), (id(1), false), (id(3), true), (id(1), false)]);
    assert_eq!(copies(store, id(1)).await, 3);
    // The whole batch again, as after a commit without an answer.
    let kept = commit(store, async |tx| delivery::keep(tx, id(50), &batch).await.unwrap()).await;
    assert_eq!(kept, [(id(1), false), (id(1), false), (id(3), false), (id(1), false)]);
    assert_eq!(copies(store, id(1)).await, 6);
}

async fn what_was_received_is_read_back_byte_for_byte(store: &Store) {
    let mut sent = delivery(1, "a");
    sent.raw.body = bytes::Bytes::from_static(b"\x00\xff\r\n{\"a\": 1.10}");
    commit(store, async |tx| delivery::keep(tx, id(50), &[sent.clone()]).await.unwrap()).await;
    let mut tx = store.read().await.unwrap();
    let received = delivery::received(tx.as_mut(), 10).await.unwrap();
    assert_eq!(received.len(), 1);
    assert_eq!(received[0].raw, sent.raw);
    assert_eq!((received[0].id, received[0].source.as_str()), (id(1), "shop"));
    let kept = delivery::get(tx.as_mut(), id(1)).await.unwrap().unwrap();
    assert_eq!(kept.received.raw, sent.raw);
    assert_eq!(kept.received.topic, "orders/create");
    assert_eq!(kept.sha256, sent.sha256);
    assert_eq!((kept.signature.as_str(), kept.state.as_str()), ("valid", "received"));
}

async fn settled_deliveries_leave_the_queue(store: &Store) {
    let batch: Vec<_> = [3, 1, 2].map(|n| delivery(n, &n.to_string())).into();
    commit(store, async |tx| {
        delivery::keep(tx, id(50), &batch).await.unwrap();
        let oldest = delivery::received(tx, 2).await.unwrap();
        assert_eq!(oldest.iter().map(|r| r.id).collect::<Vec<_>>(), [id(1), id(2)]);
        let outcomes =
            [(id(1), "normalised", String::new()), (id(2), "faulted", "no total".to_owned())];
        delivery::settle(tx, &outcomes).await.unwrap();
        let left = delivery::received(tx, 10).await.unwrap();
        assert_eq!(left.iter().map(|r| r.id).collect::<Vec<_>>(), [id(3)]);
        let kept = delivery::get(tx, id(2)).await.unwrap().unwrap();
        assert_eq!((kept.state.as_str(), kept.note.as_str()), ("faulted", "no total"));
    })
    .await;
}

async fn refused_ones_never_enter_the_queue(store: &Store) {
    let mut bad = delivery(1, "refused/1");
    bad.signature = "refused";
    bad.note = "the signature does not match".to_owned();
    commit(store, async |tx| {
        delivery::keep(tx, id(50), &[bad, delivery(2, "a")]).await.unwrap();
        assert_eq!(delivery::refused(tx).await.unwrap(), 1);
        let queue = delivery::received(tx, 10).await.unwrap();
        assert_eq!(queue.iter().map(|r| r.id).collect::<Vec<_>>(), [id(2)]);
        let kept = delivery::get(tx, id(1)).await.unwrap().unwrap();
        assert_eq!((kept.signature.as_str(), kept.state.as_str()), ("refused", "refused"));
    })
    .await;
}

async fn pages_follow_batches(store: &Store) {
    commit(store, async |tx| {
        // Ids do not grow with batches: a pager that looks at ids alone would lose rows.
        delivery::keep(tx, id(50), &[delivery(8, "a"), delivery(9, "b")]).await.unwrap();
        delivery::keep(tx, id(51), &[delivery(1, "c"), delivery(2, "d")]).await.unwrap();
        let (mut after, mut seen) = ((Id([0; 16]), Id([0; 16])), Vec::new());
        loop {
            let page = delivery::batched(tx, after, 3).await.unwrap();
            let Some(last) = page.last() else { break };
            after = (last.0, last.1);
            seen.extend(page.iter().map(|(batch, one, ..)| (*batch, *one)));
        }
        let want = [(50, 8), (50, 9), (51, 1), (51, 2)].map(|(b, d)| (id(b), id(d)));
        assert_eq!(seen, want);
        let page = delivery::batched(tx, (id(50), id(9)), 1).await.unwrap();
        assert_eq!(
            (page[0].2.as_slice(), page[0].3.as_slice()),
            ([7; 32].as_slice(), br#"{"n":"1"}"#.as_slice())
        );
    })
    .await;
}

async fn parts_are_kept_once(store: &Store) {
    commit(store, async |tx| {
        delivery::keep_part(tx, id(1), 0, b"ab").await.unwrap();
        delivery::keep_part(tx, id(1), 1, b"cd").await.unwrap();
        delivery::keep_part(tx, id(1), 1, b"xx").await.unwrap();
        assert_eq!(delivery::parts(tx, id(1)).await.unwrap(), 2);
        assert_eq!(delivery::part(tx, id(1), 1).await.unwrap().as_deref(), Some(&b"cd"[..]));
        assert_eq!(delivery::part(tx, id(1), 2).await.unwrap(), None);
        assert_eq!(delivery::parts(tx, id(2)).await.unwrap(), 0);
    })
    .await;
    // Nothing of a transaction that is not committed stays.
    let mut tx = store.write().await.unwrap();
    delivery::keep_part(tx.as_mut(), id(2), 0, b"ab").await.unwrap();
    drop(tx);
    let mut tx = store.read().await.unwrap();
    assert_eq!(delivery::parts(tx.as_mut(), id(2)).await.unwrap(), 0);
}

async fn copies(store: &Store, wanted: Id) -> i64 {
    let mut tx = store.read().await.unwrap();
    delivery::get(tx.as_mut(), wanted).await.unwrap().unwrap().copies
}
