//! What waits for what, and the sub-ledger.

use kernel::{Document, DocumentKind};
use std::sync::Arc;
use store::Store;
use store::document::{self, DocRow, DocState};

use crate::harness::commit;
use crate::make::{at, document, key, receipt};

on_both!(
    a_document_is_free_when_all_it_needs_is_posted,
    needs_are_replaced,
    the_trial_balance_adds_up_to_zero,
);

fn waiting(name: &str) -> DocRow {
    DocRow { state: DocState::Waiting, ..receipt(name, 1) }
}

async fn a_document_is_free_when_all_it_needs_is_posted(store: &Store) {
    commit(store, async |tx| {
        let held = DocRow { state: DocState::Quarantined, ..receipt("held", 1) };
        document::put(tx, &[waiting("one"), waiting("two"), held]).await.unwrap();
        let documents = [key("one"), key("two"), key("held")];
        let needs = [("one", "a"), ("two", "a"), ("two", "b"), ("held", "a"), ("two", "b")]
            .map(|(d, n)| (key(d), key(n)));
        document::set_needs(tx, &documents, &needs).await.unwrap();
        assert_eq!(document::needs_of(tx, &key("two")).await.unwrap(), ["a", "b"]);

        assert_eq!(document::free(tx, &[key("a"), key("none")], at(30)).await.unwrap(), 1);
        let one = document::by_key(tx, &key("one")).await.unwrap().unwrap();
        assert_eq!((one.state, one.due_at), (DocState::Ready, at(30)));
        assert_eq!(document::needs_of(tx, &key("two")).await.unwrap(), ["b"]);
        for (name, state) in [("two", DocState::Waiting), ("held", DocState::Quarantined)] {
            let row = document::by_key(tx, &key(name)).await.unwrap().unwrap();
            assert_eq!((row.state, row.due_at), (state, at(1)), "{name}");
        }

        assert_eq!(document::free(tx, &[key("b")], at(40)).await.unwrap(), 1);
        let two = document::by_key(tx, &key("two")).await.unwrap().unwrap();
        assert_eq!((two.state, two.due_at), (DocState::Ready, at(40)));
        assert_eq!(document::free(tx, &[key("b")], at(50)).await.unwrap(), 0);

        // Both needs met by one call: freed once.
        document::put(tx, &[waiting("both")]).await.unwrap();
        let needs = [(key("both"), key("c")), (key("both"), key("d"))];
        document::set_needs(tx, &[key("both")], &needs).await.unwrap();
        assert_eq!(document::free(tx, &[key("c"), key("d")], at(60)).await.unwrap(), 1);
    })
    .await;
}

async fn needs_are_replaced(store: &Store) {
    commit(store, async |tx| {
        let old = [(key("one"), key("a")), (key("two"), key("a"))];
        document::set_needs(tx, &[key("one"), key("two")], &old).await.unwrap();
        document::set_needs(tx, &[key("one")], &[(key("one"), key("b"))]).await.unwrap();
        assert_eq!(document::needs_of(tx, &key("one")).await.unwrap(), ["b"]);
        assert_eq!(document::needs_of(tx, &key("two")).await.unwrap(), ["a"]);
        document::set_needs(tx, &[key("one")], &[]).await.unwrap();
        assert_eq!(document::needs_of(tx, &key("one")).await.unwrap(), [""; 0]);
    })
    .await;
}

async fn the_trial_balance_adds_up_to_zero(store: &Store) {
    let sale = document("s", DocumentKind::SalesReceipt, 1_000);
    let refund = document("r", DocumentKind::RefundReceipt, 300);
    let payout = Document {
        counter_account: Some("Bank".to_owned()),
        lines: Vec::new(),
        ..document("p", DocumentKind::Transfer, 600)
    };
    let euros = Document { currency: "EUR".parse().unwrap(), ..sale.clone() };
    let held = |d: &Document| Some(Arc::new(d.clone()));
    commit(store, async |tx| {
        let all = [
            (key("s"), held(&sale)),
            (key("r"), held(&refund)),
            (key("p"), held(&payout)),
            (key("e"), held(&euros)),
        ];
        document::post(tx, &all, true).await.unwrap();
        let line = |account: &str, currency: &str, amount: i64| {
            (account.to_owned(), currency.parse().unwrap(), amount)
        };
        let balance = document::trial_balance(tx).await.unwrap();
        let want = [
            line("Bank", "USD", 600),
            line("Clearing", "EUR", 1_000),
            line("Clearing", "USD", 100),
            line("Sales", "EUR", -1_000),
            line("Sales", "USD", -700),
        ];
        assert_eq!(balance, want);

        // An edit, a void and a document that never was.
        let edited = document("s", DocumentKind::SalesReceipt, 1_200);
        let changes = [(key("s"), held(&edited)), (key("e"), None), (key("n"), None)];
        document::post(tx, &changes, false).await.unwrap();
        let balance = document::trial_balance(tx).await.unwrap();
        let want =
            [line("Bank", "USD", 600), line("Clearing", "USD", 300), line("Sales", "USD", -900)];
        assert_eq!(balance, want);
        assert_eq!(balance.iter().map(|(_, _, amount)| amount).sum::<i64>(), 0);
    })
    .await;
}
