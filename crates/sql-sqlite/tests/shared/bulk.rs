//! Bulk verbs: the same rows whatever way the engine takes.

use ports::{CommitFailure, Kind, Sql, SqlFailure, Stmt, Value};

use super::{
    ADD, COUNT, INSERT, INSERT_IGNORE, SET_QTY, TOTAL, count, item, one_int, set_up, write,
};
use Kind::Int;

pub async fn many_rows_with_conflicts_return_the_new_ones(sql: &dyn Sql) {
    set_up(sql).await;
    let mut tx = write(sql).await;
    let third: Vec<_> = (0..1_200).filter(|id| id % 3 == 0).map(|id| item(id, 1)).collect();
    assert_eq!(tx.run_many(&INSERT, &third).await.unwrap().affected, 400);
    let mut rows: Vec<_> = (0..1_200).map(|id| item(id, 2)).collect();
    rows[1][1] = Value::Null;
    rows.push(item(1_199, 3));
    let many = tx.run_many(&INSERT_IGNORE, &rows).await.unwrap();
    assert_eq!(many.affected, 800);
    let mut ids: Vec<_> = many.rows.iter().map(|row| row.int(0).unwrap()).collect();
    ids.sort_unstable();
    assert_eq!(ids, (0..1_200).filter(|id| id % 3 != 0).collect::<Vec<_>>());
    assert_eq!(one_int(&mut *tx, &TOTAL).await, 400 + 2 * 800, "old rows keep their quantity");
}

pub async fn many_updates_run_in_order(sql: &dyn Sql) {
    stmt!(
        SHIFT,
        "UPDATE item SET qty = qty * $2 + 1 WHERE id = $1 RETURNING qty",
        [Int, Int],
        [Int]
    );
    set_up(sql).await;
    let mut tx = write(sql).await;
    tx.run(&INSERT, &item(1, 0)).await.unwrap();
    let rows: Vec<_> = (0..200).map(|n| vec![1.into(), Value::Int(n % 2)]).collect();
    let many = tx.run_many(&SHIFT, &rows).await.unwrap();
    assert_eq!((many.affected, many.rows.len()), (200, 200));
    // Even steps reset to 1, odd steps add 1: the last is 199, so 2.
    assert_eq!(one_int(&mut *tx, &TOTAL).await, 2);
}

pub async fn do_update_meets_the_same_key_twice(sql: &dyn Sql) {
    set_up(sql).await;
    let mut tx = write(sql).await;
    let fresh: Vec<_> = (0..50).map(|id| vec![id.into(), 1.into()]).collect();
    let many = tx.run_many(&ADD, &fresh).await.unwrap();
    assert_eq!((many.affected, many.rows.len()), (50, 50));
    let twice: Vec<_> = (0..300).map(|n| vec![Value::Int(n % 100), 2.into()]).collect();
    let many = tx.run_many(&ADD, &twice).await.unwrap();
    assert_eq!((many.affected, many.rows.len()), (300, 300));
    assert_eq!(one_int(&mut *tx, &TOTAL).await, 50 + 600);
    assert_eq!(one_int(&mut *tx, &COUNT).await, 100);
    let many = tx.run_many(&ADD, &fresh).await.unwrap();
    assert_eq!(many.affected, 50, "the transaction goes on");
    tx.commit().await.unwrap();
    assert_eq!(count(sql).await, 100);
}

pub async fn a_failed_row_of_many_fails_all(sql: &dyn Sql) {
    set_up(sql).await;
    let mut tx = write(sql).await;
    let got = tx.run_many(&INSERT, &[item(1, 1), item(2, -1), item(3, 1)]).await;
    assert!(matches!(got, Err(SqlFailure::Constraint(_))), "{got:?}");
    assert!(matches!(tx.commit().await, Err(CommitFailure::NotCommitted(_))));
    let mut tx = write(sql).await;
    tx.run_many(&INSERT, &[item(1, 1), item(2, 1)]).await.unwrap();
    let got = tx.run_many(&SET_QTY, &[vec![1.into(), 5.into()], vec![2.into(), (-5).into()]]).await;
    assert!(matches!(got, Err(SqlFailure::Constraint(_))), "{got:?}");
    drop(tx);
    assert_eq!(count(sql).await, 0);
}

pub async fn every_row_of_several_chunks_arrives(sql: &dyn Sql) {
    stmt!(SMALL, "INSERT INTO item (id, qty) VALUES ($1, $2)", [Int, Int], []);
    set_up(sql).await;
    let rows: Vec<_> = (0..12_001_i64).map(|id| vec![id.into(), 1.into()]).collect();
    let mut tx = write(sql).await;
    assert_eq!(tx.run_many(&SMALL, &rows).await.unwrap().affected, 12_001);
    assert_eq!(one_int(&mut *tx, &COUNT).await, 12_001);
    assert_eq!(one_int(&mut *tx, &TOTAL).await, 12_001);
}
