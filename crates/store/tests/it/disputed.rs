//! What becomes known of a sale is news for the disputes about its payments.

use kernel::{Subject, SubjectKind};
use std::collections::BTreeSet;
use store::{Store, disputed};

use crate::harness::commit;
use crate::make::{at, fact, id, sale};

on_both!(a_sale_knows_the_disputes_about_its_payments);

async fn a_sale_knows_the_disputes_about_its_payments(store: &Store) {
    let (one, two) = (sale("1"), sale("2"));
    commit(store, async |tx| {
        let facts =
            [fact(1, one.clone(), "stripe/ch_1", 0), fact(2, two.clone(), "stripe/ch_2", 0)];
        store::fact::keep(tx, id(9), &facts, at(2)).await.unwrap();
        let both = BTreeSet::from([&one, &two]);
        assert!(disputed::of_sales(tx, &both).await.unwrap().is_empty());
        let told = BTreeSet::from([("stripe/ch_1".to_owned(), "stripe/du_1".to_owned())]);
        for _ in 0..2 {
            disputed::add(tx, &told).await.unwrap();
        }
        let found = disputed::of_sales(tx, &both).await.unwrap();
        assert_eq!(found, BTreeSet::from([Subject::new(SubjectKind::Dispute, "stripe/du_1")]));
        assert!(disputed::of_sales(tx, &BTreeSet::from([&two])).await.unwrap().is_empty());
        assert!(disputed::of_sales(tx, &BTreeSet::new()).await.unwrap().is_empty());
    })
    .await;
}
