//! Documents and references as rows: stored in full, settled, found.

use kernel::{AccountType, Document, DocumentKind, Reference, ReferenceKey, ReferenceKind};
use ports::{Act, LedgerRef, TargetSubject};
use std::sync::Arc;
use store::Store;
use store::document::{self, DocRow, DocState};

use crate::harness::commit;
use crate::make::{LANE, at, document, id, key, receipt};

on_both!(
    a_row_is_read_as_it_was_stored,
    every_state_and_act_survives,
    changed_content_replaces_the_row,
    settling_keeps_the_content,
    settling_returns_the_items_to_decide_again,
    references_are_added_once,
    a_name_is_not_a_document_number,
    the_ledgers_id_finds_the_row,
    verified_rows_are_taken_to_be_read_again,
);

/// A row with every field set.
fn full() -> DocRow {
    DocRow {
        state: DocState::Posted,
        act: Act::Update,
        ledger: Some(LedgerRef { id: "123".to_owned(), version: "2".to_owned() }),
        ledger_total_minor: Some(-1_000),
        ledger_digest: Some("digest".to_owned()),
        tries: 3,
        generation: 2,
        call: Some(("call-1".to_owned(), 4, 30)),
        sent_at: Some(at(70)),
        posted_at: Some(at(80)),
        verified_at: Some(at(90)),
        redo: true,
        reason: "MAP-001".to_owned(),
        ..receipt("full", 60)
    }
}

async fn a_row_is_read_as_it_was_stored(store: &Store) {
    commit(store, async |tx| {
        let rows = [receipt("bare", 50), full()];
        document::put(tx, &rows).await.unwrap();
        for row in &rows {
            let got = document::by_key(tx, &row.key).await.unwrap();
            assert_eq!(got.as_ref(), Some(row));
        }
        assert_eq!(document::by_key(tx, &key("none")).await.unwrap(), None);
        assert_eq!(document::of_item(tx, id(1)).await.unwrap(), rows);
        assert_eq!(document::of_item(tx, id(2)).await.unwrap(), []);
        assert_eq!(document::by_number(tx, "N-full").await.unwrap(), [full()]);
        assert_eq!(document::of_call(tx, "call-1").await.unwrap(), [full()]);
    })
    .await;
}

async fn every_state_and_act_survives(store: &Store) {
    let states = ["waiting", "ready", "in_flight", "unknown", "stale", "posted", "verified"]
        .into_iter()
        .chain(["divergent", "quarantined", "removed"])
        .map(|name| DocState::parse(name).unwrap());
    let acts = [Act::Create, Act::Update, Act::Void, Act::Delete];
    let rows: Vec<_> = states
        .zip(acts.into_iter().cycle())
        .map(|(state, act)| DocRow { state, act, ..receipt(state.as_str(), 1) })
        .collect();
    assert_eq!(rows.len(), 10);
    commit(store, async |tx| {
        document::put(tx, &rows).await.unwrap();
        for row in &rows {
            assert_eq!(document::by_key(tx, &row.key).await.unwrap().as_ref(), Some(row));
        }
        let counts = document::counts(tx).await.unwrap();
        assert_eq!(counts.len(), 10);
        assert!(counts.contains(&("sales_receipt".to_owned(), "stale".to_owned(), 1)));
    })
    .await;
}

async fn changed_content_replaces_the_row(store: &Store) {
    commit(store, async |tx| {
        document::put(tx, &[full()]).await.unwrap();
        let changed = Document {
            number: None,
            total_minor: 77,
            ..document("full", DocumentKind::Invoice, 77)
        };
        let mut row = DocRow::new("other/books", id(2), changed, at(5));
        row.generation = 3;
        // Twice in one batch: the last one stands.
        document::put(tx, &[receipt("full", 1), row.clone()]).await.unwrap();
        assert_eq!(document::by_key(tx, &row.key).await.unwrap().as_ref(), Some(&row));
        assert_eq!(document::by_number(tx, "N-full").await.unwrap(), []);
        assert_eq!(document::ready(tx, "other/books", at(9), 9).await.unwrap(), [row.clone()]);
        let counts = document::counts(tx).await.unwrap();
        assert_eq!(counts, [("invoice".to_owned(), "ready".to_owned(), 1)]);
    })
    .await;
}

async fn settling_keeps_the_content(store: &Store) {
    commit(store, async |tx| {
        document::put(tx, &[receipt("full", 1), receipt("other", 1)]).await.unwrap();
        let mut settled = full();
        settled.redo = false;
        let mut sent = settled.clone();
        sent.subject =
            TargetSubject::Document(Arc::new(document("full", DocumentKind::SalesReceipt, 5)));
        assert_eq!(document::settle(tx, &[sent]).await.unwrap(), []);
        let got = document::by_key(tx, &key("full")).await.unwrap().unwrap();
        assert_eq!(got, settled, "progress changes, what was asked for stays");
        let other = document::by_key(tx, &key("other")).await.unwrap().unwrap();
        assert_eq!(other, receipt("other", 1));
    })
    .await;
}

async fn settling_returns_the_items_to_decide_again(store: &Store) {
    commit(store, async |tx| {
        let mut b = receipt("b", 1);
        b.item = Some(id(2));
        let rows = [receipt("a", 1), b.clone(), receipt("c", 1)];
        document::put(tx, &rows).await.unwrap();
        document::add_references(tx, LANE, &[customer("Ann")], at(1)).await.unwrap();
        let ann = document::by_key(tx, &key("ref/customer/Ann")).await.unwrap().unwrap();
        document::set_redo(tx, &[key("b"), ann.key.clone()]).await.unwrap();
        assert!(document::by_key(tx, &key("b")).await.unwrap().unwrap().redo);

        let mut settled = rows.to_vec();
        settled.push(ann);
        for row in &mut settled {
            row.state = DocState::Posted;
        }
        assert_eq!(document::settle(tx, &settled).await.unwrap(), [id(2)]);
        assert!(!document::by_key(tx, &key("b")).await.unwrap().unwrap().redo);
        assert_eq!(document::settle(tx, &settled).await.unwrap(), [], "told once");
    })
    .await;
}

fn customer(name: &str) -> Reference {
    Reference::Customer { name: name.to_owned(), currency: None }
}

async fn references_are_added_once(store: &Store) {
    let account = Reference::Account {
        name: "Sales".into(),
        account_type: AccountType::Income,
        currency: None,
    };
    let goods = Reference::Item { name: "Goods".into(), account: "Sales".into() };
    commit(store, async |tx| {
        let all = [account.clone(), goods, customer("Ann"), customer("Ann")];
        document::add_references(tx, LANE, &all, at(10)).await.unwrap();
        let mut row = document::by_key(tx, &key("ref/account/Sales")).await.unwrap().unwrap();
        assert_eq!((row.state, row.act, row.item), (DocState::Unknown, Act::Create, None));
        assert_eq!((row.due_at, row.tries, row.generation), (at(10), 0, 1));
        assert_eq!(row.subject, TargetSubject::Reference(account.clone()));
        assert_eq!(document::references(tx, LANE).await.unwrap(), []);
        assert_eq!(document::doubtful(tx, LANE, at(10), 9).await.unwrap().len(), 3);

        row.state = DocState::Posted;
        row.ledger = Some(LedgerRef { id: "7".to_owned(), version: "0".to_owned() });
        document::settle(tx, &[row.clone()]).await.unwrap();
        document::add_references(tx, LANE, &[account], at(20)).await.unwrap();
        assert_eq!(document::by_key(tx, &row.key).await.unwrap().as_ref(), Some(&row));
        let name = ReferenceKey { kind: ReferenceKind::Account, name: "Sales".to_owned() };
        let known = document::references(tx, LANE).await.unwrap();
        assert_eq!(known, [(name.clone(), "7".to_owned(), true)]);
        row.state = DocState::Quarantined;
        document::settle(tx, &[row.clone()]).await.unwrap();
        let known = document::references(tx, LANE).await.unwrap();
        assert_eq!(known, [(name, "7".to_owned(), false)]);
        assert_eq!(document::references(tx, "other/books").await.unwrap(), []);
    })
    .await;
}

async fn a_name_is_not_a_document_number(store: &Store) {
    commit(store, async |tx| {
        document::add_references(tx, LANE, &[customer("N-a")], at(1)).await.unwrap();
        document::put(tx, &[receipt("a", 1)]).await.unwrap();
        assert_eq!(document::by_number(tx, "N-a").await.unwrap(), [receipt("a", 1)]);
        assert_eq!(document::by_number(tx, "").await.unwrap(), []);
    })
    .await;
}

async fn the_ledgers_id_finds_the_row(store: &Store) {
    commit(store, async |tx| {
        document::put(tx, &[full(), receipt("bare", 1)]).await.unwrap();
        let kind = DocumentKind::SalesReceipt;
        let found = document::by_ledger(tx, LANE, kind.as_str(), &["122", "123"]).await.unwrap();
        assert_eq!(found, [full()]);
        for (lane, kind) in [(LANE, DocumentKind::Invoice), ("other/books", kind)] {
            assert_eq!(document::by_ledger(tx, lane, kind.as_str(), &["123"]).await.unwrap(), []);
        }
    })
    .await;
}

async fn verified_rows_are_taken_to_be_read_again(store: &Store) {
    let state = |name: &str, state| DocRow { state, ..receipt(name, 1) };
    commit(store, async |tx| {
        let rows =
            [state("a", DocState::Verified), state("b", DocState::Divergent), receipt("c", 1)];
        document::put(tx, &rows).await.unwrap();
        assert_eq!(document::read_again(tx, "other/books").await.unwrap(), 0);
        assert_eq!(document::read_again(tx, LANE).await.unwrap(), 1);
        let got = document::by_key(tx, &rows[0].key).await.unwrap().unwrap();
        assert_eq!(got, DocRow { state: DocState::Posted, ..rows[0].clone() });
        let got = document::by_key(tx, &rows[1].key).await.unwrap().unwrap();
        assert_eq!(got, rows[1]);
    })
    .await;
}
