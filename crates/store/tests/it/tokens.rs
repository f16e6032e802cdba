//! Sealed tokens: compare-and-set, a lock for the refresh, a mark for people.

use store::Store;
use store::token::{self, New};

use crate::harness::commit;
use crate::make::{LANE, at};

on_both!(
    a_swap_needs_the_token_that_was_read,
    one_process_refreshes_at_a_time,
    only_the_holder_gives_the_lock_back,
    consent_replaces_the_tokens_of_the_same_company_only,
    a_refusal_of_old_tokens_says_nothing_about_new_ones,
    what_is_sealed_is_sealed_anew_unless_it_changed,
);

fn new<'a>(sealed: &'a [u8], sum: &'a [u8]) -> New<'a> {
    New {
        realm: "91",
        sealed,
        refresh_sha256: sum,
        refresh_until: at(900),
        hard_until: Some(at(5_000)),
    }
}

async fn a_swap_needs_the_token_that_was_read(store: &Store) {
    commit(store, async |tx| {
        assert_eq!(token::get(tx, LANE).await.unwrap(), None);
        let swap = async |tx: &mut dyn ports::SqlTx, old: Option<&[u8]>, new: New<'_>| {
            token::swap(tx, LANE, old, new, at(7)).await.unwrap()
        };
        assert!(!swap(tx, Some(b"h1"), new(b"s2", b"h2")).await, "none stored");
        assert!(swap(tx, None, new(b"s1", b"h1")).await);
        assert!(!swap(tx, None, new(b"s9", b"h9")).await, "one stored");
        let other = New { realm: "92", ..new(b"s2", b"h2") };
        assert!(!swap(tx, Some(b"h1"), other).await, "tokens of another company");
        let later = New { refresh_until: at(950), hard_until: None, ..new(b"s2", b"h2") };
        assert!(swap(tx, Some(b"h1"), later).await);
        assert!(!swap(tx, Some(b"h1"), new(b"s3", b"h3")).await, "it was second");
        let got = token::get(tx, LANE).await.unwrap().unwrap();
        assert_eq!((got.realm.as_str(), got.sealed.as_slice()), ("91", &b"s2"[..]));
        assert_eq!(got.refresh_sha256, b"h2");
        assert_eq!((got.refresh_until, got.hard_until), (at(950), None));
        assert_eq!(got.connected_at, at(7), "a refresh is no consent");
        assert!(token::swap(tx, "other/books", None, new(b"s1", b"h1"), at(8)).await.unwrap());
        assert_eq!(token::lanes_of(tx, "91").await.unwrap(), [LANE, "other/books"]);
        assert!(token::lanes_of(tx, "92").await.unwrap().is_empty());
    })
    .await;
}

async fn one_process_refreshes_at_a_time(store: &Store) {
    commit(store, async |tx| {
        assert!(!token::lock(tx, LANE, at(10), at(20)).await.unwrap(), "nothing to refresh");
        token::consent(tx, LANE, new(b"s1", b"h1"), at(1)).await.unwrap();
        assert!(token::lock(tx, LANE, at(10), at(20)).await.unwrap());
        assert!(!token::lock(tx, LANE, at(19), at(29)).await.unwrap());
        assert_eq!(token::get(tx, LANE).await.unwrap().unwrap().locked_until, at(20));
        assert!(token::lock(tx, LANE, at(20), at(30)).await.unwrap(), "the lock has run out");
        token::unlock(tx, LANE, at(30)).await.unwrap();
        assert!(token::lock(tx, LANE, at(21), at(31)).await.unwrap());
    })
    .await;
}

async fn only_the_holder_gives_the_lock_back(store: &Store) {
    commit(store, async |tx| {
        token::consent(tx, LANE, new(b"s1", b"h1"), at(1)).await.unwrap();
        assert!(token::lock(tx, LANE, at(10), at(20)).await.unwrap());
        assert!(token::lock(tx, LANE, at(20), at(30)).await.unwrap(), "a second one follows");
        token::unlock(tx, LANE, at(20)).await.unwrap();
        let late = "the first one comes back late: the second still holds it";
        assert!(!token::lock(tx, LANE, at(21), at(31)).await.unwrap(), "{late}");
    })
    .await;
}

async fn consent_replaces_the_tokens_of_the_same_company_only(store: &Store) {
    commit(store, async |tx| {
        assert!(token::consent(tx, LANE, new(b"s1", b"h1"), at(1)).await.unwrap());
        assert!(token::set_broken(tx, LANE, b"h1", "withdrawn", at(9)).await.unwrap());
        token::lock(tx, LANE, at(10), at(20)).await.unwrap();
        let broken = token::get(tx, LANE).await.unwrap().unwrap();
        assert_eq!((broken.broken.as_str(), broken.broken_at), ("withdrawn", Some(at(9))));
        let other = New { realm: "92", ..new(b"s9", b"h9") };
        assert!(!token::consent(tx, LANE, other, at(11)).await.unwrap());
        assert_eq!(token::get(tx, LANE).await.unwrap().unwrap().sealed, b"s1", "nothing changed");

        assert!(token::consent(tx, LANE, new(b"s2", b"h2"), at(12)).await.unwrap());
        let got = token::get(tx, LANE).await.unwrap().unwrap();
        assert_eq!((got.sealed.as_slice(), got.broken.as_str()), (&b"s2"[..], ""));
        assert_eq!((got.broken_at, got.connected_at), (None, at(12)));
        assert!(token::lock(tx, LANE, at(11), at(21)).await.unwrap(), "the lock is gone too");

        token::set_broken(tx, LANE, b"h2", "again", at(13)).await.unwrap();
        assert!(token::swap(tx, LANE, Some(b"h2"), new(b"s3", b"h3"), at(14)).await.unwrap());
        let healed = token::get(tx, LANE).await.unwrap().unwrap();
        assert_eq!((healed.broken.as_str(), healed.broken_at), ("", None), "a good token heals");
    })
    .await;
}

async fn a_refusal_of_old_tokens_says_nothing_about_new_ones(store: &Store) {
    commit(store, async |tx| {
        token::consent(tx, LANE, new(b"s1", b"h1"), at(1)).await.unwrap();
        token::consent(tx, LANE, new(b"s2", b"h2"), at(2)).await.unwrap();
        assert!(!token::set_broken(tx, LANE, b"h1", "invalid_grant", at(3)).await.unwrap());
        assert_eq!(token::get(tx, LANE).await.unwrap().unwrap().broken, "");
    })
    .await;
}

async fn what_is_sealed_is_sealed_anew_unless_it_changed(store: &Store) {
    commit(store, async |tx| {
        token::consent(tx, LANE, new(b"s1", b"h1"), at(1)).await.unwrap();
        let all = token::all_sealed(tx).await.unwrap();
        assert_eq!(all, [(LANE.to_owned(), "91".to_owned(), b"s1".to_vec())]);
        assert!(token::reseal(tx, LANE, b"s1", b"r1").await.unwrap());
        assert!(!token::reseal(tx, LANE, b"s1", b"r2").await.unwrap(), "it changed meanwhile");
        let got = token::get(tx, LANE).await.unwrap().unwrap();
        assert_eq!(
            (got.sealed.as_slice(), got.refresh_sha256.as_slice()),
            (&b"r1"[..], &b"h1"[..])
        );
    })
    .await;
}
