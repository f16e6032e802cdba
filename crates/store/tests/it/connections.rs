//! Requests for consent are answered once; what a company is.

use futures_util::future::join;
use store::{Store, company, consent};

use crate::harness::commit;
use crate::make::{LANE, at};

on_both!(
    a_request_is_answered_once,
    of_two_that_answer_at_once_one_wins,
    old_requests_are_forgotten,
    the_last_description_of_a_company_stays,
);

async fn a_request_is_answered_once(store: &Store) {
    commit(store, async |tx| {
        consent::ask(tx, LANE, b"n1", "https://a.test/cb", (at(10), at(20))).await.unwrap();
        assert_eq!(consent::spend(tx, LANE, b"n2", at(11)).await.unwrap(), None, "unknown");
        let other = consent::spend(tx, "other/books", b"n1", at(11)).await.unwrap();
        assert_eq!(other, None, "it belongs to another lane");
        let spent = consent::spend(tx, LANE, b"n1", at(12)).await.unwrap().unwrap();
        assert_eq!(spent.redirect_uri, "https://a.test/cb");
        assert_eq!((spent.asked_at, spent.expires_at), (at(10), at(20)));
        assert_eq!((spent.used_at, spent.outcome.as_str()), (Some(at(12)), ""));
        assert_eq!(consent::spend(tx, LANE, b"n1", at(13)).await.unwrap(), None, "spent");
        consent::finish(tx, b"n1", "connected").await.unwrap();
        let known = consent::get(tx, b"n1").await.unwrap().unwrap();
        assert_eq!((known.outcome.as_str(), known.used_at), ("connected", Some(at(12))));
    })
    .await;
}

async fn of_two_that_answer_at_once_one_wins(store: &Store) {
    for round in 0..10_u8 {
        let nonce = [round; 16];
        commit(store, async |tx| {
            consent::ask(tx, LANE, &nonce, "x", (at(1), at(9))).await.unwrap();
        })
        .await;
        let spend = async || {
            commit(store, async |tx| consent::spend(tx, LANE, &nonce, at(2)).await.unwrap()).await
        };
        let (a, b) = join(spend(), spend()).await;
        assert!(a.is_some() != b.is_some(), "{a:?} {b:?}");
    }
}

async fn old_requests_are_forgotten(store: &Store) {
    commit(store, async |tx| {
        for (nonce, until) in [(b"n1", 20), (b"n2", 30), (b"n3", 40)] {
            consent::ask(tx, LANE, nonce, "x", (at(1), at(until))).await.unwrap();
        }
        consent::spend(tx, LANE, b"n3", at(2)).await.unwrap();
        assert_eq!(consent::pending(tx, LANE, at(20)).await.unwrap(), 2);
        assert_eq!(consent::pending(tx, LANE, at(21)).await.unwrap(), 1, "one has run out");
        assert_eq!(consent::pending(tx, "other/books", at(2)).await.unwrap(), 0);
        consent::forget(tx, at(30)).await.unwrap();
        assert_eq!(consent::get(tx, b"n1").await.unwrap(), None);
        assert!(consent::get(tx, b"n2").await.unwrap().is_some());
        assert_eq!(consent::pending(tx, LANE, at(2)).await.unwrap(), 1);
    })
    .await;
}

async fn the_last_description_of_a_company_stays(store: &Store) {
    commit(store, async |tx| {
        assert_eq!(company::get(tx, LANE).await.unwrap(), None);
        company::put(tx, LANE, "{}", at(1)).await.unwrap();
        company::put(tx, LANE, r#"{"name":"A"}"#, at(2)).await.unwrap();
        company::put(tx, "other/books", "{}", at(3)).await.unwrap();
        let got = company::get(tx, LANE).await.unwrap().unwrap();
        assert_eq!((got.body.as_str(), got.read_at), (r#"{"name":"A"}"#, at(2)));
    })
    .await;
}
