//! The audit log: dense, chained, and so with two writers at once.

use futures_util::future::join;
use store::{Store, StoreError, audit};
use tlog::{Origin, Report, Verifier};

use crate::harness::commit;

on_both!(
    entries_verify,
    an_abandoned_append_leaves_no_gap,
    two_appenders_make_one_chain,
    a_log_must_be_started,
);

/// The log of all cases.
pub fn origin() -> Origin {
    Origin::new("books.example.com/t/1").unwrap()
}

/// Starts the log and appends entries with these bodies.
pub async fn append(store: &Store, bodies: &[&str]) {
    let bodies: Vec<_> = bodies.iter().map(|b| (*b).to_owned()).collect();
    commit(store, async |tx| {
        audit::start(tx, &origin()).await.unwrap();
        audit::append(tx, &origin(), &bodies).await.unwrap();
    })
    .await;
}

/// Reads the log in pages of three and verifies it against its head.
async fn verify(store: &Store) -> Report {
    let mut tx = store.read().await.unwrap();
    let mut verifier = Verifier::new(origin());
    loop {
        let from = verifier.head().size();
        let page = audit::entries(tx.as_mut(), from, 3).await.unwrap();
        if page.is_empty() {
            break;
        }
        for e in page {
            verifier.push(e.index, &e.entry, &e.leaf).unwrap();
        }
    }
    let head = audit::head(tx.as_mut(), &origin()).await.unwrap();
    verifier.finish(head.size(), &head.root(), head.last_leaf()).unwrap()
}

async fn entries_verify(store: &Store) {
    append(store, &[]).await;
    assert_eq!(verify(store).await.head.size(), 0);
    append(store, &["{\"n\":\"0\"}", "{\"n\":\"1\"}", "{\"n\":\"é\"}"]).await;
    append(store, &["{}"]).await;
    assert_eq!(verify(store).await.head.size(), 4);
    let mut tx = store.read().await.unwrap();
    let entries = audit::entries(tx.as_mut(), 1, 2).await.unwrap();
    assert_eq!(entries.iter().map(|e| e.index).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(tlog::entry::decode(&entries[1].entry).unwrap().body, "{\"n\":\"é\"}");
}

async fn an_abandoned_append_leaves_no_gap(store: &Store) {
    append(store, &["{}"]).await;
    let mut tx = store.write().await.unwrap();
    audit::append(tx.as_mut(), &origin(), &["{\"lost\":\"1\"}".to_owned()]).await.unwrap();
    drop(tx);
    append(store, &["{\"n\":\"1\"}"]).await;
    assert_eq!(verify(store).await.head.size(), 2);
    // A body that no entry can hold is refused before anything is written.
    let mut tx = store.write().await.unwrap();
    let got = audit::append(tx.as_mut(), &origin(), &["a\nb".to_owned()]).await.unwrap_err();
    assert!(matches!(&got, StoreError::Damaged(t) if t.contains("control")), "{got:?}");
}

async fn two_appenders_make_one_chain(store: &Store) {
    append(store, &[]).await;
    let appender = async |name: &str| {
        for n in 0..20 {
            let bodies = [format!("{{\"{name}\":\"{n}\"}}"), format!("{{\"{name}\":\"{n}b\"}}")];
            commit(store, async |tx| audit::append(tx, &origin(), &bodies).await.unwrap()).await;
        }
    };
    join(appender("a"), appender("b")).await;
    assert_eq!(verify(store).await.head.size(), 80);
    let mut tx = store.read().await.unwrap();
    let entries = audit::entries(tx.as_mut(), 0, 80).await.unwrap();
    let bodies: Vec<_> =
        entries.iter().map(|e| tlog::entry::decode(&e.entry).unwrap().body).collect();
    // What one transaction appended stands together.
    for pair in bodies.chunks(2) {
        assert_eq!(format!("{}b\"}}", pair[0].trim_end_matches("\"}")), pair[1]);
    }
}

async fn a_log_must_be_started(store: &Store) {
    let mut tx = store.write().await.unwrap();
    let got = audit::append(tx.as_mut(), &origin(), &["{}".to_owned()]).await.unwrap_err();
    assert!(matches!(&got, StoreError::Damaged(t) if t.contains("never started")), "{got:?}");
    let got = audit::head(tx.as_mut(), &origin()).await.unwrap_err();
    assert!(matches!(got, StoreError::Damaged(_)), "{got:?}");
}
