//! Exceptions: one open per scope and code, refreshed, closed, opened anew.

use kernel::{Money, ReasonCode};
use store::Store;
use store::exception::{self, NewException};

use crate::harness::commit;
use crate::make::{at, id, usd};

on_both!(
    one_stays_open_per_scope_and_code,
    a_closed_one_stays_and_a_new_one_opens,
    a_person_closes_one_alone,
    groups_add_up_what_is_at_stake,
);

/// An exception of item 1 with 5.00 at stake.
pub fn exception(n: u64, scope: &str, code: ReasonCode) -> NewException {
    NewException {
        id: id(n),
        scope: scope.to_owned(),
        code,
        item: Some(id(1)),
        document: String::new(),
        delivery: Some(id(9)),
        place: "$.total".to_owned(),
        detail: format!("detail {n}"),
        upstream: String::new(),
        raw: String::new(),
        amount: Some(Money::new(500, usd())),
    }
}

const A: ReasonCode = ReasonCode::AmountVariance;
const B: ReasonCode = ReasonCode::LinesDoNotSum;

async fn one_stays_open_per_scope_and_code(store: &Store) {
    commit(store, async |tx| {
        // The same cause twice in one batch, too.
        let batch =
            [exception(1, "item/1", A), exception(2, "item/1", B), exception(3, "item/1", A)];
        exception::open(tx, &batch, at(10)).await.unwrap();
        let refreshed = NewException {
            amount: None,
            upstream: "6140".to_owned(),
            raw: "raw".to_owned(),
            ..exception(4, "item/1", A)
        };
        exception::open(tx, &[refreshed], at(20)).await.unwrap();
        let open = exception::list(tx, 9).await.unwrap();
        assert_eq!(
            open.iter().map(|e| (e.id, e.code)).collect::<Vec<_>>(),
            [(id(1), A), (id(2), B)]
        );
        let first = &open[0];
        assert_eq!((first.detail.as_str(), first.upstream.as_str()), ("detail 4", "6140"));
        assert_eq!((first.raw.as_str(), first.amount), ("raw", None));
        assert_eq!((first.opened_at, first.closed_at), (at(10), None), "it is as old as it was");
        assert_eq!((first.item, first.delivery), (Some(id(1)), Some(id(9))));
        assert_eq!(open[1].amount, Some(Money::new(500, usd())));
        assert_eq!((open[1].place.as_str(), open[1].scope.as_str()), ("$.total", "item/1"));
        assert_eq!(exception::list(tx, 1).await.unwrap().len(), 1);
    })
    .await;
}

async fn a_closed_one_stays_and_a_new_one_opens(store: &Store) {
    commit(store, async |tx| {
        let batch =
            [exception(1, "item/1", A), exception(2, "item/1", B), exception(3, "item/2", A)];
        exception::open(tx, &batch, at(10)).await.unwrap();
        let scopes = ["item/1".to_owned(), "item/none".to_owned()];
        let mut closed = exception::close_scopes(tx, &scopes, "posted", at(20)).await.unwrap();
        closed.sort();
        assert_eq!(closed, [(id(1), A.code().to_owned()), (id(2), B.code().to_owned())]);
        let open = exception::list(tx, 9).await.unwrap();
        assert_eq!(open.iter().map(|e| e.id).collect::<Vec<_>>(), [id(3)]);

        exception::open(tx, &[exception(4, "item/1", A)], at(30)).await.unwrap();
        let all = exception::of_scope(tx, "item/1").await.unwrap();
        assert_eq!(all.iter().map(|e| e.id).collect::<Vec<_>>(), [id(1), id(2), id(4)]);
        assert_eq!((all[0].closed_at, all[0].resolution.as_str()), (Some(at(20)), "posted"));
        assert_eq!((all[2].closed_at, all[2].opened_at), (None, at(30)));
        // Closing again closes what is open and leaves history alone.
        exception::close_scopes(tx, &scopes[..1], "again", at(40)).await.unwrap();
        let all = exception::of_scope(tx, "item/1").await.unwrap();
        assert_eq!(all[0].closed_at, Some(at(20)));
        assert_eq!(all[2].closed_at, Some(at(40)));
        assert_eq!(exception::of_item(tx, id(1)).await.unwrap().len(), 4);
        assert_eq!(exception::of_item(tx, id(2)).await.unwrap(), []);
    })
    .await;
}

async fn a_person_closes_one_alone(store: &Store) {
    commit(store, async |tx| {
        let none = NewException { item: None, delivery: None, ..exception(1, "item/1", A) };
        exception::open(tx, &[none, exception(2, "item/1", B)], at(10)).await.unwrap();
        exception::close(tx, id(1), "accepted", at(20)).await.unwrap();
        exception::close(tx, id(1), "twice", at(30)).await.unwrap();
        let one = exception::get(tx, id(1)).await.unwrap().unwrap();
        assert_eq!((one.closed_at, one.resolution.as_str()), (Some(at(20)), "accepted"));
        assert_eq!((one.item, one.delivery), (None, None));
        assert_eq!(exception::list(tx, 9).await.unwrap().len(), 1);
        assert_eq!(exception::get(tx, id(9)).await.unwrap(), None);
    })
    .await;
}

async fn groups_add_up_what_is_at_stake(store: &Store) {
    commit(store, async |tx| {
        let bare = NewException { amount: None, ..exception(3, "item/3", A) };
        exception::open(tx, &[exception(1, "item/1", A)], at(20)).await.unwrap();
        exception::open(tx, &[exception(2, "item/2", A), bare], at(10)).await.unwrap();
        exception::open(tx, &[exception(4, "item/4", B)], at(5)).await.unwrap();
        exception::close(tx, id(4), "done", at(6)).await.unwrap();
        let groups = exception::groups(tx).await.unwrap();
        let got: Vec<_> = groups
            .iter()
            .map(|g| (g.code, g.currency.as_str(), g.count, g.amount_minor, g.oldest))
            .collect();
        assert_eq!(got, [(A, "", 1, 0, at(10)), (A, "USD", 2, 1_000, at(10))]);
    })
    .await;
}
