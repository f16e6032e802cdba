//! Sealed tokens: compare-and-set, a lock for the refresh, a mark for people.

use store::{Store, token};

use crate::harness::commit;
use crate::make::{LANE, at};

on_both!(a_swap_needs_the_token_that_was_read, one_process_refreshes_at_a_time, consent_overwrites);

async fn a_swap_needs_the_token_that_was_read(store: &Store) {
    commit(store, async |tx| {
        assert_eq!(token::get(tx, LANE).await.unwrap(), None);
        assert!(!token::swap(tx, LANE, Some(b"h1"), b"s2", b"h2").await.unwrap(), "none stored");
        assert!(token::swap(tx, LANE, None, b"s1", b"h1").await.unwrap());
        assert!(!token::swap(tx, LANE, None, b"s9", b"h9").await.unwrap(), "one stored");
        assert!(token::swap(tx, LANE, Some(b"h1"), b"s2", b"h2").await.unwrap());
        assert!(!token::swap(tx, LANE, Some(b"h1"), b"s3", b"h3").await.unwrap(), "it was second");
        let got = token::get(tx, LANE).await.unwrap().unwrap();
        assert_eq!(
            (got.sealed.as_slice(), got.refresh_sha256.as_slice()),
            (&b"s2"[..], &b"h2"[..])
        );
        assert!(token::swap(tx, "other/books", None, b"s1", b"h1").await.unwrap());
    })
    .await;
}

async fn one_process_refreshes_at_a_time(store: &Store) {
    commit(store, async |tx| {
        assert!(!token::lock(tx, LANE, at(10), at(20)).await.unwrap(), "nothing to refresh");
        token::swap(tx, LANE, None, b"s1", b"h1").await.unwrap();
        assert!(token::lock(tx, LANE, at(10), at(20)).await.unwrap());
        assert!(!token::lock(tx, LANE, at(19), at(29)).await.unwrap());
        assert_eq!(token::get(tx, LANE).await.unwrap().unwrap().locked_until, at(20));
        assert!(token::lock(tx, LANE, at(20), at(30)).await.unwrap(), "the lock has run out");
        token::unlock(tx, LANE).await.unwrap();
        assert!(token::lock(tx, LANE, at(21), at(31)).await.unwrap());
    })
    .await;
}

async fn consent_overwrites(store: &Store) {
    commit(store, async |tx| {
        token::overwrite(tx, LANE, b"s1", b"h1").await.unwrap();
        token::set_broken(tx, LANE, "consent was withdrawn").await.unwrap();
        token::lock(tx, LANE, at(10), at(20)).await.unwrap();
        assert_eq!(token::get(tx, LANE).await.unwrap().unwrap().broken, "consent was withdrawn");
        token::overwrite(tx, LANE, b"s2", b"h2").await.unwrap();
        let got = token::get(tx, LANE).await.unwrap().unwrap();
        assert_eq!((got.sealed.as_slice(), got.broken.as_str()), (&b"s2"[..], ""));
        assert!(token::lock(tx, LANE, at(11), at(21)).await.unwrap(), "the lock is gone too");

        token::set_broken(tx, LANE, "again").await.unwrap();
        assert!(token::swap(tx, LANE, Some(b"h2"), b"s3", b"h3").await.unwrap());
        assert_eq!(token::get(tx, LANE).await.unwrap().unwrap().broken, "", "a good token heals");
    })
    .await;
}
