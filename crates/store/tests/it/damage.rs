//! Rows that somebody else wrote: refused by the schema, or reported, never a panic.

use kernel::{ReasonCode, Reference};
use ports::{SqlFailure, SqlTx};
use std::fmt::Debug;
use store::{
    Result, Store, StoreError, audit, claim, delivery, document, exception, fact, import, item,
    lane, report,
};

use crate::audit::{append, origin};
use crate::claims::claim;
use crate::exceptions::exception;
use crate::harness::commit;
use crate::make::{LANE, at, day, delivery, fact, id, key, receipt, sale, touch, usd};

on_both!(
    states_that_do_not_exist_are_refused,
    nothing_is_stored_without_its_fields,
    damaged_deliveries_and_facts_say_so,
    damaged_items_and_claims_say_so,
    damaged_documents_say_so,
    damaged_exceptions_lanes_and_imports_say_so,
    a_damaged_audit_head_stops_the_log,
);

/// One of everything.
async fn fill(store: &Store) {
    commit(store, async |tx| {
        delivery::keep(tx, id(50), &[delivery(1, "a")]).await.unwrap();
        fact::keep(tx, id(50), &[fact(1, sale("1"), "k", 0)], at(1)).await.unwrap();
        item::touch(tx, LANE, &[touch(1, "1")], at(1)).await.unwrap();
        claim::replace(tx, &[(id(1), vec![claim("a", "doc")])]).await.unwrap();
        document::put(tx, &[receipt("doc", 1)]).await.unwrap();
        let ann = Reference::Customer { name: "Ann".to_owned(), currency: None };
        document::add_references(tx, LANE, &[ann], at(1)).await.unwrap();
        let open = exception(1, "item/1", ReasonCode::AmountVariance);
        exception::open(tx, &[open], at(1)).await.unwrap();
        lane::open(tx, LANE).await.unwrap();
        lane::close_until(tx, LANE, Some(day(1))).await.unwrap();
        let file = import::ImportRow {
            delivery: id(1),
            source: "till".to_owned(),
            name: "a.csv".to_owned(),
            sha256: "aa".to_owned(),
            state: "reading".to_owned(),
            groups_done: 0,
            lines: 0,
            currency: usd(),
            exact_sum: "0".to_owned(),
            booked_minor: 0,
            note: String::new(),
        };
        import::start(tx, &file).await.unwrap();
    })
    .await;
}

/// Damages the database for one reading, which must say so.
async fn damaged<T: Debug>(
    store: &Store,
    sql: &str,
    read: impl AsyncFnOnce(&mut dyn SqlTx) -> Result<T>,
) {
    let mut tx = store.write().await.unwrap();
    tx.script(sql).await.unwrap();
    let got = read(tx.as_mut()).await;
    assert!(matches!(got, Err(StoreError::Damaged(_))), "{sql}: {got:?}");
}

async fn states_that_do_not_exist_are_refused(store: &Store) {
    fill(store).await;
    let all = [
        "UPDATE delivery SET state = 'done'",
        "UPDATE delivery SET signature = 'good'",
        "UPDATE claim SET outcome = 'lost'",
        "UPDATE document SET state = 'sent'",
        "UPDATE document SET act = 'patch'",
        "UPDATE import SET state = 'half'",
        "UPDATE item SET is_credit = NULL",
    ];
    for sql in all {
        let mut tx = store.write().await.unwrap();
        let got = tx.script(sql).await;
        assert!(matches!(got, Err(SqlFailure::Constraint(_))), "{sql}: {got:?}");
    }
}

async fn nothing_is_stored_without_its_fields(store: &Store) {
    // A text where a number belongs must not slip in on either engine.
    let mut tx = store.write().await.unwrap();
    let got = tx.script("INSERT INTO meter VALUES ('x', 'today', 'x', 1)").await;
    assert!(got.is_err(), "{got:?}");
    drop(tx);
    let mut tx = store.write().await.unwrap();
    let got = tx.script("INSERT INTO meta (key) VALUES ('k')").await;
    assert!(matches!(got, Err(SqlFailure::Constraint(_))), "{got:?}");
}

async fn damaged_deliveries_and_facts_say_so(store: &Store) {
    fill(store).await;
    let read = async |tx: &mut dyn SqlTx| delivery::received(tx, 9).await;
    damaged(store, "UPDATE delivery SET headers = '{\"a\":1'", read).await;
    damaged(store, "UPDATE delivery SET headers = '[[1]]'", read).await;
    let read = async |tx: &mut dyn SqlTx| delivery::get(tx, id(1)).await;
    damaged(store, "UPDATE delivery SET headers = ''", read).await;
    let read = async |tx: &mut dyn SqlTx| fact::of_subject(tx, &sale("1")).await;
    damaged(store, "UPDATE fact SET body = '{}'", read).await;
    damaged(store, "UPDATE fact SET body = 'no JSON'", read).await;
    let read = async |tx: &mut dyn SqlTx| fact::by_key(tx, "k").await;
    damaged(store, "UPDATE fact SET subject_kind = 'gift'", read).await;
    let read = async |tx: &mut dyn SqlTx| fact::lineage(tx, &sale("1")).await;
    let short = match store.dialect() {
        ports::Dialect::Sqlite => "UPDATE fact SET delivery_id = X'01'",
        ports::Dialect::Postgres => "UPDATE fact SET delivery_id = '\\x01'",
    };
    damaged(store, short, read).await;
}

async fn damaged_items_and_claims_say_so(store: &Store) {
    fill(store).await;
    let read = async |tx: &mut dyn SqlTx| item::undecided(tx, LANE, 9).await;
    damaged(store, "UPDATE item SET subject_kind = 'gift'", read).await;
    let read = async |tx: &mut dyn SqlTx| claim::of_item(tx, id(1)).await;
    damaged(store, "UPDATE claim SET currency = 'XXXX'", read).await;
    damaged(store, "UPDATE claim SET date = 9000000000", read).await;
    let read = async |tx: &mut dyn SqlTx| report::claims(tx).await;
    damaged(store, "UPDATE claim SET currency = ''", read).await;
}

async fn damaged_documents_say_so(store: &Store) {
    fill(store).await;
    let read = async |tx: &mut dyn SqlTx| document::ready(tx, LANE, at(9), 9).await;
    damaged(store, "UPDATE document SET body = '{}'", read).await;
    damaged(store, "UPDATE document SET kind = 'account'", read).await;
    let read = async |tx: &mut dyn SqlTx| document::by_key(tx, &key("ref/customer/Ann")).await;
    damaged(store, "UPDATE document SET body = '{\"Customer\":{}}'", read).await;
    let read = async |tx: &mut dyn SqlTx| document::trial_balance(tx).await;
    damaged(store, "INSERT INTO posting VALUES ('doc', 'Sales', '?', 1)", read).await;
}

async fn damaged_exceptions_lanes_and_imports_say_so(store: &Store) {
    fill(store).await;
    let read = async |tx: &mut dyn SqlTx| exception::list(tx, 9).await;
    damaged(store, "UPDATE exception SET code = 'ZZZ-999'", read).await;
    damaged(store, "UPDATE exception SET currency = '???'", read).await;
    let read = async |tx: &mut dyn SqlTx| exception::groups(tx).await;
    damaged(store, "UPDATE exception SET code = ''", read).await;
    let read = async |tx: &mut dyn SqlTx| lane::get(tx, LANE).await;
    damaged(store, "UPDATE lane SET closed_until = 9000000000", read).await;
    let read = async |tx: &mut dyn SqlTx| import::list(tx).await;
    damaged(store, "UPDATE import SET currency = 'US'", read).await;
}

async fn a_damaged_audit_head_stops_the_log(store: &Store) {
    append(store, &["{}", "{}", "{}"]).await;
    let empty = match store.dialect() {
        ports::Dialect::Sqlite => "X''",
        ports::Dialect::Postgres => "'\\x'",
    };
    let all = [
        "UPDATE audit_head SET size = 4".to_owned(),
        "UPDATE audit_head SET size = -1".to_owned(),
        format!("UPDATE audit_head SET last_leaf = {empty}"),
        format!("UPDATE audit_head SET frontier = {empty}"),
    ];
    for sql in &all {
        let read = async |tx: &mut dyn SqlTx| audit::head(tx, &origin()).await;
        damaged(store, sql, read).await;
        let read = async |tx: &mut dyn SqlTx| audit::append(tx, &origin(), &["{}".into()]).await;
        damaged(store, sql, read).await;
    }
    let read = async |tx: &mut dyn SqlTx| audit::entries(tx, 0, 9).await;
    damaged(store, &format!("UPDATE audit_entry SET leaf = {empty} WHERE idx = 1"), read).await;
}
