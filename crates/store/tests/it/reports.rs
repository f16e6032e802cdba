//! Claims beside what the ledger says of their documents.

use ports::LedgerRef;
use store::document::{DocRow, DocState};
use store::{Store, claim, document, fact, item, report};

use crate::claims::claim;
use crate::harness::commit;
use crate::make::{LANE, at, day, fact, id, receipt, sale, touch, usd};

on_both!(claims_stand_beside_their_documents, facts_are_counted_by_kind);

async fn claims_stand_beside_their_documents(store: &Store) {
    commit(store, async |tx| {
        item::touch(tx, LANE, &[touch(1, "1001"), touch(2, "1002")], at(1)).await.unwrap();
        let posted = DocRow {
            state: DocState::Posted,
            ledger: Some(LedgerRef { id: "1".to_owned(), version: "0".to_owned() }),
            ledger_total_minor: Some(999),
            ..receipt("doc/1", 1)
        };
        let held = DocRow {
            state: DocState::Quarantined,
            reason: "MAP-001".to_owned(),
            ..receipt("doc/2", 1)
        };
        document::put(tx, &[posted, held]).await.unwrap();
        let batch = [
            (id(2), vec![claim("b", "doc/1"), claim("a", "doc/2"), claim("c", "")]),
            (id(1), vec![claim("a", "doc/1"), claim("z", "doc/none")]),
        ];
        claim::replace(tx, &batch).await.unwrap();

        let rows = report::claims(tx).await.unwrap();
        let got: Vec<_> = rows
            .iter()
            .map(|r| (r.document_key.as_str(), r.subject.as_str(), r.key.as_str(), r.state))
            .collect();
        let (one, two) = ("shop/order/1001", "shop/order/1002");
        let want = [
            ("", two, "c", None),
            ("doc/1", one, "a", Some(DocState::Posted)),
            ("doc/1", two, "b", Some(DocState::Posted)),
            ("doc/2", two, "a", Some(DocState::Quarantined)),
            ("doc/none", one, "z", None),
        ];
        assert_eq!(got, want);
        let (free, posted, held) = (&rows[0], &rows[1], &rows[3]);
        assert_eq!((free.outcome.as_str(), free.code.as_str()), ("held", "MAP-001"));
        assert_eq!((free.total_minor, free.ledger_total_minor), (0, None));
        assert_eq!((posted.total_minor, posted.ledger_total_minor), (1_000, Some(999)));
        assert_eq!((posted.class.as_str(), posted.amount_minor), ("sale", -1_250));
        assert_eq!((posted.date, posted.currency), (day(20_000), usd()));
        assert_eq!((held.ledger_total_minor, held.reason.as_str()), (None, "MAP-001"));
    })
    .await;
}

async fn facts_are_counted_by_kind(store: &Store) {
    commit(store, async |tx| {
        assert_eq!(report::facts_by_kind(tx).await.unwrap(), []);
        let batch = [fact(1, sale("1"), "k1", 0), fact(2, sale("2"), "k2", 0)];
        fact::keep(tx, id(50), &batch, at(1)).await.unwrap();
        let counts = report::facts_by_kind(tx).await.unwrap();
        assert_eq!(counts, [("AdjustmentRecorded".to_owned(), 2)]);
    })
    .await;
}
