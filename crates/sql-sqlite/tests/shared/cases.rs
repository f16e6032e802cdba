//! What both engines must do. Each case gets an empty database of its own.
//!
//! A case that holds two transactions at once needs a database with more than one connection; the
//! list at the end says which.

use std::task::{Context, Waker};

use futures_util::future::join;
use ports::{CommitFailure, Dialect, Kind, Many, Row, Sql, SqlFailure, SqlTx, Stmt, TxMode, Value};

use Kind::{Bytes, Int, Text};

/// Declares a statement: name, SQL, kinds of arguments, kinds of columns.
macro_rules! stmt {
    ($name:ident, $sql:expr, [$($arg:expr),*], [$($col:expr),*]) => {
        static $name: Stmt =
            Stmt { name: stringify!($name), sql: $sql, args: &[$($arg),*], cols: &[$($col),*] };
    };
}

mod bulk;

pub use bulk::*;

const TABLES: &str = "
    CREATE TABLE item (
        id BIGINT NOT NULL PRIMARY KEY,
        label TEXT UNIQUE,
        body BYTEA,
        qty BIGINT CHECK (qty >= 0)
    );
    CREATE TABLE part (
        item BIGINT NOT NULL REFERENCES item (id),
        n BIGINT NOT NULL,
        PRIMARY KEY (item, n)
    );";

stmt!(
    INSERT,
    "INSERT INTO item (id, label, body, qty) VALUES ($1, $2, $3, $4)",
    [Int, Text, Bytes, Int],
    []
);
stmt!(
    INSERT_IGNORE,
    "INSERT INTO item (id, label, body, qty) VALUES ($1, $2, $3, $4)
     ON CONFLICT (id) DO NOTHING RETURNING id, label",
    [Int, Text, Bytes, Int],
    [Int, Text]
);
stmt!(
    ADD,
    "INSERT INTO item (id, qty) VALUES ($1, $2)
     ON CONFLICT (id) DO UPDATE SET qty = item.qty + excluded.qty RETURNING id, qty",
    [Int, Int],
    [Int, Int]
);
stmt!(INSERT_PART, "INSERT INTO part (item, n) VALUES ($1, $2)", [Int, Int], []);
stmt!(BY_ID, "SELECT id, label, body, qty FROM item WHERE id = $1", [Int], [Int, Text, Bytes, Int]);
stmt!(COUNT, "SELECT count(*) FROM item", [], [Int]);
stmt!(TOTAL, "SELECT CAST(sum(qty) AS BIGINT) FROM item", [], [Int]);
stmt!(SET_QTY, "UPDATE item SET qty = $2 WHERE id = $1", [Int, Int], []);
stmt!(DELETE, "DELETE FROM item WHERE id = $1", [Int], []);

/// The tables in the words of the engine: what `store` does with its migrations.
fn tables(dialect: Dialect) -> String {
    match dialect {
        Dialect::Postgres => TABLES.to_owned(),
        Dialect::Sqlite => {
            TABLES.replace("BIGINT", "INTEGER").replace("BYTEA", "BLOB").replace(");", ") STRICT;")
        }
    }
}

async fn write(sql: &dyn Sql) -> Box<dyn SqlTx + '_> {
    sql.begin(TxMode::Write).await.unwrap()
}

async fn read(sql: &dyn Sql) -> Box<dyn SqlTx + '_> {
    sql.begin(TxMode::Read).await.unwrap()
}

async fn set_up(sql: &dyn Sql) {
    let mut tx = write(sql).await;
    tx.script(&tables(sql.dialect())).await.unwrap();
    tx.commit().await.unwrap();
}

async fn one_int(tx: &mut dyn SqlTx, stmt: &'static Stmt) -> i64 {
    tx.run(stmt, &[]).await.unwrap()[0].int(0).unwrap()
}

async fn count(sql: &dyn Sql) -> i64 {
    one_int(&mut *read(sql).await, &COUNT).await
}

fn item(id: i64, qty: i64) -> Vec<Value> {
    vec![id.into(), format!("item {id}").into(), vec![0, 1, 255].into(), qty.into()]
}

pub async fn every_verb(sql: &dyn Sql) {
    set_up(sql).await;
    let mut tx = write(sql).await;
    assert_eq!(tx.run(&INSERT, &item(1, 10)).await.unwrap(), vec![]);
    let back = tx.run(&INSERT_IGNORE, &item(2, 20)).await.unwrap();
    assert_eq!(back, vec![Row(vec![2.into(), "item 2".into()])]);
    assert_eq!(tx.run(&INSERT_IGNORE, &item(2, 99)).await.unwrap(), vec![]);
    tx.run(&SET_QTY, &[1.into(), 11.into()]).await.unwrap();
    let changed = tx
        .run_many(&SET_QTY, &[vec![1.into(), 12.into()], vec![7.into(), 0.into()]])
        .await
        .unwrap();
    assert_eq!(changed, Many { affected: 1, rows: vec![] }, "one of the two rows exists");
    assert_eq!(tx.run_many(&DELETE, &[vec![2.into()]]).await.unwrap().affected, 1);
    assert_eq!(tx.run_many(&DELETE, &[]).await.unwrap(), Many::default());
    tx.commit().await.unwrap();

    let mut tx = read(sql).await;
    let rows = tx.run(&BY_ID, &[1.into()]).await.unwrap();
    assert_eq!(rows, vec![Row([&item(1, 12)[..]].concat())]);
    assert_eq!(tx.run(&BY_ID, &[2.into()]).await.unwrap(), vec![]);
    assert_eq!(one_int(&mut *tx, &COUNT).await, 1);
    tx.commit().await.unwrap();
}

pub async fn placeholders_keep_their_number(sql: &dyn Sql) {
    stmt!(ORDER, "SELECT $3, $1, $2, $3, $1", [Int, Bytes, Text], [Text, Int, Bytes, Text, Int]);
    stmt!(
        SWAPPED,
        "UPDATE item SET label = $2, qty = $3, body = $4 WHERE id = $1 AND id < $3 + $1",
        [Int, Text, Int, Bytes],
        []
    );
    stmt!(
        TWELVE,
        "SELECT $12 - $1 + $2 - $3 + $4 - $5 + $6 - $7 + $8 - $9 + $10 * $11",
        [Int, Int, Int, Int, Int, Int, Int, Int, Int, Int, Int, Int],
        [Int]
    );
    set_up(sql).await;
    let mut tx = write(sql).await;
    let rows = tx.run(&ORDER, &[5.into(), vec![9].into(), "x".into()]).await.unwrap();
    let want = vec!["x".into(), 5.into(), vec![9].into(), "x".into(), 5.into()];
    assert_eq!(rows, vec![Row(want)]);

    tx.run(&INSERT, &item(3, 1)).await.unwrap();
    let row = vec![3.into(), "label".into(), 40.into(), vec![7].into()];
    assert_eq!(tx.run_many(&SWAPPED, &[row]).await.unwrap().affected, 1);
    let rows = tx.run(&BY_ID, &[3.into()]).await.unwrap();
    assert_eq!(rows, vec![Row(vec![3.into(), "label".into(), vec![7].into(), 40.into()])]);

    let twelve: Vec<Value> = (1..=12).map(|n| Value::Int(1 << n)).collect();
    let want = (1 << 12) - 2 + 4 - 8 + 16 - 32 + 64 - 128 + 256 - 512 + (1 << 21);
    assert_eq!(tx.run(&TWELVE, &twelve).await.unwrap()[0].int(0).unwrap(), want);
}

pub async fn nulls_and_bytes_survive(sql: &dyn Sql) {
    stmt!(NOT_DISTINCT,
        "SELECT count(*) FROM item
         WHERE label IS NOT DISTINCT FROM $1 AND body IS NOT DISTINCT FROM $2 AND qty IS NOT DISTINCT FROM $3",
        [Text, Bytes, Int], [Int]);
    set_up(sql).await;
    let mut tx = write(sql).await;
    let all_null = vec![1.into(), Value::Null, Value::Null, Value::Null];
    tx.run(&INSERT, &all_null).await.unwrap();
    let every_byte: Vec<u8> = (0..=255).collect();
    let text = "gr\u{fc}n \u{1f9fe} ' \" \\ $1 \n";
    let full = vec![2.into(), text.into(), every_byte.into(), i64::MAX.into()];
    let empty = vec![3.into(), "".into(), Vec::new().into(), 0.into()];
    let null_again = vec![4.into(), Value::Null, Value::Null, Value::Null];
    let rows = [full.clone(), empty.clone(), null_again];
    assert_eq!(tx.run_many(&INSERT, &rows).await.unwrap().affected, 3);
    for want in [all_null, full, empty] {
        assert_eq!(tx.run(&BY_ID, &want[..1]).await.unwrap(), vec![Row(want)]);
    }
    let nulls = [Value::Null, Value::Null, Value::Null];
    assert_eq!(tx.run(&NOT_DISTINCT, &nulls).await.unwrap()[0].int(0).unwrap(), 2);
    let row = &tx.run(&BY_ID, &[4.into()]).await.unwrap()[0];
    assert_eq!((row.opt_text(1), row.opt_bytes(2), row.opt_int(3)), (Ok(None), Ok(None), Ok(None)));
}

pub async fn a_constraint_is_a_constraint(sql: &dyn Sql) {
    set_up(sql).await;
    let mut tx = write(sql).await;
    tx.run(&INSERT, &item(1, 1)).await.unwrap();
    tx.commit().await.unwrap();
    let refused: [(&'static Stmt, Vec<Value>); 5] = [
        (&INSERT, item(1, 1)),
        (&INSERT, vec![2.into(), "item 1".into(), Value::Null, Value::Null]),
        (&INSERT, vec![2.into(), Value::Null, Value::Null, (-1).into()]),
        // Not the id of `item`: SQLite fills in an INTEGER PRIMARY KEY that is NULL.
        (&INSERT_PART, vec![1.into(), Value::Null]),
        (&INSERT_PART, vec![404.into(), 1.into()]),
    ];
    for (stmt, args) in refused {
        let mut tx = write(sql).await;
        let got = tx.run(stmt, &args).await;
        assert!(matches!(got, Err(SqlFailure::Constraint(_))), "{args:?}: {got:?}");
        drop(tx);
        let mut tx = write(sql).await;
        let got = tx.run_many(stmt, std::slice::from_ref(&args)).await;
        assert!(matches!(got, Err(SqlFailure::Constraint(_))), "{args:?}: {got:?}");
    }
    assert_eq!(count(sql).await, 1);
}

pub async fn dropping_rolls_back(sql: &dyn Sql) {
    set_up(sql).await;
    for round in 0..20 {
        let mut tx = write(sql).await;
        tx.run(&INSERT, &item(round, 1)).await.unwrap();
        if round % 2 == 0 {
            tx.commit().await.unwrap();
        }
    }
    assert_eq!(count(sql).await, 10);
    // Dropped inside a statement: polled once, never finished.
    let mut tx = write(sql).await;
    let row = item(100, 1);
    let mut running = tx.run(&INSERT, &row);
    let _ = running.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    drop(running);
    drop(tx);
    assert_eq!(count(sql).await, 10);
}

pub async fn a_failed_statement_fails_the_transaction(sql: &dyn Sql) {
    set_up(sql).await;
    let mut tx = write(sql).await;
    tx.run(&INSERT, &item(1, 1)).await.unwrap();
    tx.run(&INSERT, &item(1, 1)).await.unwrap_err();
    let got = tx.run(&COUNT, &[]).await;
    assert!(matches!(got, Err(SqlFailure::Bug(_))), "{got:?}");
    let got = tx.commit().await;
    assert!(matches!(got, Err(CommitFailure::NotCommitted(_))), "{got:?}");
    assert_eq!(count(sql).await, 0);
}

pub async fn a_read_transaction_refuses_writes(sql: &dyn Sql) {
    set_up(sql).await;
    let mut tx = read(sql).await;
    let got = tx.run(&INSERT, &item(1, 1)).await;
    assert!(matches!(got, Err(SqlFailure::Bug(_))), "{got:?}");
    drop(tx);
    let mut tx = read(sql).await;
    let got = tx.script("CREATE TABLE other (n BIGINT);").await;
    assert!(matches!(got, Err(SqlFailure::Bug(_))), "{got:?}");
    drop(tx);
    assert_eq!(count(sql).await, 0);
}

pub async fn wrong_use_is_a_bug(sql: &dyn Sql) {
    stmt!(SYNTAX, "SELEKT 1", [], [Int]);
    stmt!(NO_TABLE, "SELECT id FROM nowhere", [], [Int]);
    stmt!(COLS, "SELECT id, qty FROM item WHERE id = $1", [Int], [Int]);
    stmt!(KIND, "SELECT label FROM item WHERE id = $1", [Int], [Int]);
    stmt!(UNDECLARED, "SELECT id FROM item WHERE id = $2", [Int], [Int]);
    stmt!(QUOTED, "SELECT id FROM item WHERE label = \"item 1\"", [], [Int]);
    set_up(sql).await;
    let mut tx = write(sql).await;
    tx.run(&INSERT, &item(1, 1)).await.unwrap();
    tx.commit().await.unwrap();
    let one = vec![Value::Int(1)];
    let cases: [(&'static Stmt, Vec<Value>); 9] = [
        (&SYNTAX, vec![]),
        (&NO_TABLE, vec![]),
        (&COLS, one.clone()),
        (&KIND, one.clone()),
        (&UNDECLARED, one.clone()),
        (&QUOTED, vec![]),
        (&BY_ID, vec![]),
        (&BY_ID, vec!["1".into()]),
        (&INSERT, vec![2.into(), "nul \0 inside".into(), Value::Null, Value::Null]),
    ];
    for (stmt, args) in cases {
        let mut tx = write(sql).await;
        let got = tx.run(stmt, &args).await;
        assert!(matches!(got, Err(SqlFailure::Bug(_))), "{}: {got:?}", stmt.name);
        drop(tx);
        let mut tx = write(sql).await;
        let got = tx.run_many(stmt, std::slice::from_ref(&args)).await;
        assert!(matches!(got, Err(SqlFailure::Bug(_))), "{} many: {got:?}", stmt.name);
    }
}

pub async fn integer_overflow_is_a_bug(sql: &dyn Sql) {
    stmt!(PLUS, "SELECT $1 + $2", [Int, Int], [Int]);
    stmt!(GROW, "UPDATE item SET qty = qty + $2 WHERE id = $1", [Int, Int], []);
    set_up(sql).await;
    let mut tx = write(sql).await;
    tx.run_many(&INSERT, &[item(1, i64::MAX), item(2, 1)]).await.unwrap();
    tx.commit().await.unwrap();
    let cases: [(&'static Stmt, Vec<Value>); 3] = [
        (&PLUS, vec![i64::MAX.into(), 1.into()]),
        (&GROW, vec![1.into(), 1.into()]),
        (&TOTAL, vec![]),
    ];
    for (stmt, args) in cases {
        let mut tx = write(sql).await;
        let got = tx.run(stmt, &args).await;
        assert!(matches!(got, Err(SqlFailure::Bug(_))), "{}: {got:?}", stmt.name);
    }
}

pub async fn the_engines_agree(sql: &dyn Sql) {
    stmt!(LIKE, "SELECT count(*) FROM item WHERE label LIKE $1", [Text], [Int]);
    stmt!(EXISTS, "SELECT EXISTS (SELECT 1 FROM item WHERE id = $1)", [Int], [Int]);
    stmt!(DIVIDE, "SELECT $1 / $2, $1 % $2", [Int, Int], [Int, Int]);
    stmt!(LIMIT, "SELECT id FROM item ORDER BY label LIMIT $2 OFFSET $1", [Int, Int], [Int]);
    stmt!(NO_ROWS, "SELECT CAST(sum(qty) AS BIGINT) FROM item WHERE id = $1", [Int], [Int]);
    set_up(sql).await;
    let mut tx = write(sql).await;
    tx.run_many(&INSERT, &[item(1, 1), item(2, 2), item(3, 3)]).await.unwrap();
    assert_eq!(tx.run(&LIKE, &["item%".into()]).await.unwrap()[0].int(0).unwrap(), 3);
    assert_eq!(tx.run(&LIKE, &["ITEM%".into()]).await.unwrap()[0].int(0).unwrap(), 0);
    assert_eq!(tx.run(&EXISTS, &[3.into()]).await.unwrap()[0].int(0).unwrap(), 1);
    assert_eq!(tx.run(&EXISTS, &[4.into()]).await.unwrap()[0].int(0).unwrap(), 0);
    let rows = tx.run(&DIVIDE, &[(-7).into(), 2.into()]).await.unwrap();
    assert_eq!(rows, vec![Row(vec![(-3).into(), (-1).into()])]);
    let rows = tx.run(&LIMIT, &[1.into(), 1.into()]).await.unwrap();
    assert_eq!(rows, vec![Row(vec![2.into()])]);
    assert_eq!(tx.run(&NO_ROWS, &[9.into()]).await.unwrap()[0].opt_int(0).unwrap(), None);
}

pub async fn a_big_blob_survives(sql: &dyn Sql) {
    set_up(sql).await;
    let blob: Vec<u8> =
        (0..20_000_000_u32).map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()[3]).collect();
    let mut tx = write(sql).await;
    let row = |id: i64| vec![id.into(), Value::Null, blob.clone().into(), 1.into()];
    tx.run(&INSERT, &row(1)).await.unwrap();
    assert_eq!(tx.run_many(&INSERT, &[row(2), row(3)]).await.unwrap().affected, 2);
    tx.commit().await.unwrap();
    let mut tx = read(sql).await;
    for id in 1..=3 {
        let rows = tx.run(&BY_ID, &[Value::Int(id)]).await.unwrap();
        assert!(rows[0].bytes(2).unwrap() == blob, "blob {id} differs");
    }
}

pub async fn ten_thousand_statements(sql: &dyn Sql) {
    set_up(sql).await;
    let mut tx = write(sql).await;
    tx.run(&INSERT, &item(1, 0)).await.unwrap();
    for n in 0..5_000_i64 {
        tx.run(&SET_QTY, &[1.into(), n.into()]).await.unwrap();
        assert_eq!(tx.run(&BY_ID, &[1.into()]).await.unwrap()[0].int(3).unwrap(), n);
    }
    tx.commit().await.unwrap();
}

pub async fn writers_of_one_lane_serialise(sql: &dyn Sql) {
    stmt!(LOCK, "UPDATE item SET qty = qty WHERE id = $1", [Int], []);
    set_up(sql).await;
    let mut tx = write(sql).await;
    tx.run(&INSERT, &item(1, 0)).await.unwrap();
    tx.commit().await.unwrap();
    let worker = || async {
        for _ in 0..25 {
            let mut tx = write(sql).await;
            tx.run(&LOCK, &[1.into()]).await.unwrap();
            let seen = tx.run(&BY_ID, &[1.into()]).await.unwrap()[0].int(3).unwrap();
            tx.run(&SET_QTY, &[1.into(), (seen + 1).into()]).await.unwrap();
            tx.commit().await.unwrap();
        }
    };
    join(join(worker(), worker()), worker()).await;
    assert_eq!(one_int(&mut *read(sql).await, &TOTAL).await, 75, "no update is lost");
}

/// Two transactions at once.
pub async fn a_read_sees_one_snapshot(sql: &dyn Sql) {
    set_up(sql).await;
    let mut tx = write(sql).await;
    tx.run(&INSERT, &item(1, 1)).await.unwrap();
    tx.commit().await.unwrap();
    let mut before = read(sql).await;
    assert_eq!(one_int(&mut *before, &COUNT).await, 1);
    let mut tx = write(sql).await;
    tx.run(&INSERT, &item(2, 2)).await.unwrap();
    assert_eq!(one_int(&mut *tx, &COUNT).await, 2, "a writer sees its own rows");
    assert_eq!(count(sql).await, 1, "nobody else does before the commit");
    tx.commit().await.unwrap();
    assert_eq!(one_int(&mut *before, &COUNT).await, 1, "the old snapshot stays");
    assert_eq!(one_int(&mut *before, &TOTAL).await, 1);
    drop(before);
    assert_eq!(count(sql).await, 2);
}

/// Makes one `#[test]` per case: `$run(name, case)` prepares a database and runs the case.
macro_rules! tests {
    ($run:path: $($case:ident),* $(,)?) => {
        $(
            #[test]
            fn $case() {
                $run(stringify!($case), |sql| Box::pin(super::cases::$case(sql)));
            }
        )*
    };
}

/// All cases that hold one transaction at a time.
macro_rules! one_transaction {
    ($run:path) => {
        crate::cases::tests! { $run:
            every_verb,
            placeholders_keep_their_number,
            nulls_and_bytes_survive,
            a_constraint_is_a_constraint,
            dropping_rolls_back,
            a_failed_statement_fails_the_transaction,
            a_read_transaction_refuses_writes,
            wrong_use_is_a_bug,
            integer_overflow_is_a_bug,
            the_engines_agree,
            many_rows_with_conflicts_return_the_new_ones,
            many_updates_run_in_order,
            do_update_meets_the_same_key_twice,
            a_failed_row_of_many_fails_all,
            every_row_of_several_chunks_arrives,
            a_big_blob_survives,
            ten_thousand_statements,
            writers_of_one_lane_serialise,
        }
    };
}

/// All cases that hold two transactions at once.
macro_rules! two_transactions {
    ($run:path) => {
        crate::cases::tests! { $run: a_read_sees_one_snapshot }
    };
}

pub(crate) use {one_transaction, tests, two_transactions};
