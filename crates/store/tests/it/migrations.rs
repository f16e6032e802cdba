//! Migrations: applied once, never under another text, never backwards.

use futures_util::future::join;
use ports::SqlFailure;
use store::{Store, StoreError, meta, migrate};

use crate::harness::{commit, script};

on_both!(raw:
    a_second_run_applies_nothing,
    a_changed_text_is_refused,
    a_newer_database_is_refused,
    two_runs_at_once_apply_everything_once,
    a_refused_run_leaves_nothing_behind,
);

async fn a_second_run_applies_nothing(store: &Store) {
    assert!(migrate::run(store).await.unwrap() > 0);
    commit(store, async |tx| meta::set(tx, "k", "v").await.unwrap()).await;
    assert_eq!(migrate::run(store).await.unwrap(), 0);
    let mut tx = store.read().await.unwrap();
    assert_eq!(meta::get(tx.as_mut(), "k").await.unwrap().as_deref(), Some("v"));
    assert_eq!(meta::get(tx.as_mut(), "none").await.unwrap(), None);
}

async fn a_changed_text_is_refused(store: &Store) {
    migrate::run(store).await.unwrap();
    script(store, "UPDATE migration SET sha256 = 'other'").await;
    let got = migrate::run(store).await.unwrap_err();
    assert!(matches!(&got, StoreError::Damaged(t) if t.contains("0001_init")), "{got:?}");
}

async fn a_newer_database_is_refused(store: &Store) {
    migrate::run(store).await.unwrap();
    script(store, "INSERT INTO migration (name, sha256) VALUES ('9999_later', 'x')").await;
    let got = migrate::run(store).await.unwrap_err();
    assert!(matches!(&got, StoreError::Damaged(t) if t.contains("upgrade")), "{got:?}");
}

async fn two_runs_at_once_apply_everything_once(store: &Store) {
    let all = match join(migrate::run(store), migrate::run(store)).await {
        (Ok(a), Ok(b)) => a + b,
        // On PostgreSQL the second may be told to run again, and then finds nothing to do.
        (Ok(n), Err(StoreError::Sql(SqlFailure::Retry(_))))
        | (Err(StoreError::Sql(SqlFailure::Retry(_))), Ok(n)) => {
            n + migrate::run(store).await.unwrap()
        }
        other => panic!("{other:?}"),
    };
    assert!(all > 0);
    assert_eq!(migrate::run(store).await.unwrap(), 0);
}

async fn a_refused_run_leaves_nothing_behind(store: &Store) {
    // A table of somebody else is in the way of a later statement of the first migration.
    script(store, "CREATE TABLE audit_entry (n BIGINT)").await;
    migrate::run(store).await.unwrap_err();
    script(store, "DROP TABLE audit_entry").await;
    assert!(migrate::run(store).await.unwrap() > 0);
}
