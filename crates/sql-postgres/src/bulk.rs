//! Many rows in one statement.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use deadpool_postgres::Object;
use futures_util::future::join3;
use ports::{Kind, Many, SqlFailure, Stmt, Value};
use tokio_postgres::types::Type;

use crate::failure::{failure, is_second_time};
use crate::statement::{Fault, add, execute, prepare, run_each};
use crate::values::{Column, check};

/// Rows in one statement at most.
const ROWS: usize = 5_000;
/// Bytes of text and bytes in one statement at most, unless a single row has more. The server
/// holds the message and the arrays in memory at once.
const BYTES: usize = 16 * 1024 * 1024;

/// An `INSERT … VALUES` rewritten to take arrays.
struct Bulk {
    sql: String,
    types: Vec<Type>,
    /// `ON CONFLICT DO UPDATE`: fails when two rows of one statement have the same key.
    updates: bool,
}

/// The rewritten statements, `None` for those that cannot be, by SQL text.
#[derive(Default)]
pub(crate) struct BulkCache(Mutex<BTreeMap<&'static str, Option<Arc<Bulk>>>>);

impl BulkCache {
    fn get(&self, stmt: &'static Stmt) -> Option<Arc<Bulk>> {
        let mut cache = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        cache.entry(stmt.sql).or_insert_with(|| rewrite(stmt).map(Arc::new)).clone()
    }
}

/// Runs `stmt` once per row, as few statements as possible.
pub(crate) async fn run_many(
    client: &Object,
    cache: &BulkCache,
    stmt: &'static Stmt,
    rows: &[Vec<Value>],
) -> Result<Many, SqlFailure> {
    for row in rows {
        check(stmt, row)?;
    }
    let mut many = Many::default();
    if rows.is_empty() {
        return Ok(many);
    }
    let Some(bulk) = cache.get(stmt) else {
        run_each(client, stmt, rows, &mut many).await?;
        return Ok(many);
    };
    let prepared = prepare(client, stmt, &bulk.sql, &bulk.types).await?;
    for chunk in chunks(rows) {
        let columns: Vec<_> =
            (0..).zip(stmt.args).map(|(i, kind)| Column::new(chunk, i, *kind)).collect();
        let params = columns.iter().map(Column::param).collect();
        let run = execute(client, stmt, &prepared, params);
        if !bulk.updates {
            add(&mut many, run.await.map_err(|e| e.into_failure(stmt))?);
            continue;
        }
        // All three travel together. If the statement fails, so does the release, and the
        // savepoint is still there to go back to.
        let (saved, done, released) = join3(
            client.batch_execute("SAVEPOINT bulk"),
            run,
            client.batch_execute("RELEASE SAVEPOINT bulk"),
        )
        .await;
        saved.map_err(|e| failure("savepoint", &e))?;
        match done {
            Ok(more) => {
                released.map_err(|e| failure("release savepoint", &e))?;
                add(&mut many, more);
            }
            // Which rows share a key depends on indexes and collations only the server knows, so
            // the chunk is tried first and taken apart when the server refuses it.
            Err(Fault::Server(e)) if is_second_time(&e) => {
                client
                    .batch_execute("ROLLBACK TO SAVEPOINT bulk; RELEASE SAVEPOINT bulk")
                    .await
                    .map_err(|e| failure("rollback to savepoint", &e))?;
                run_each(client, stmt, chunk, &mut many).await?;
            }
            Err(e) => return Err(e.into_failure(stmt)),
        }
    }
    Ok(many)
}

/// Splits `rows` by count and by size.
fn chunks(rows: &[Vec<Value>]) -> Vec<&[Vec<Value>]> {
    let mut chunks = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (i, row) in rows.iter().enumerate() {
        let size: usize = row.iter().map(size).sum();
        if i > start && (i - start == ROWS || bytes + size > BYTES) {
            chunks.push(&rows[start..i]);
            (start, bytes) = (i, 0);
        }
        bytes += size;
    }
    chunks.push(&rows[start..]);
    chunks
}

fn size(value: &Value) -> usize {
    match value {
        Value::Null | Value::Int(_) => 8,
        Value::Text(v) => v.len(),
        Value::Bytes(v) => v.len(),
    }
}

/// `INSERT … VALUES ($1, …, $n) …` as `INSERT … SELECT * FROM UNNEST($1::bigint[], …) …`, or
/// `None` when one statement over all rows could do anything else than the statement row by row.
fn rewrite(stmt: &Stmt) -> Option<Bulk> {
    let lower = stmt.sql.to_ascii_lowercase();
    if !lower.trim_start().starts_with("insert") || lower.contains("select") {
        return None;
    }
    let (at, after) = lower
        .match_indices("values")
        .find_map(|(at, word)| Some((at, placeholders(&stmt.sql[at + word.len()..], stmt)?)))?;
    let before = &stmt.sql[..at];
    if before.contains('$') || after.contains('$') || after.trim_start().starts_with(',') {
        return None;
    }
    let arrays: Vec<_> = (1..)
        .zip(stmt.args)
        .map(|(n, kind)| match kind {
            Kind::Int => format!("${n}::bigint[]"),
            Kind::Text => format!("${n}::text[]"),
            Kind::Bytes => format!("${n}::bytea[]"),
        })
        .collect();
    let types = stmt.args.iter().map(|kind| match kind {
        Kind::Int => Type::INT8_ARRAY,
        Kind::Text => Type::TEXT_ARRAY,
        Kind::Bytes => Type::BYTEA_ARRAY,
    });
    Some(Bulk {
        sql: format!("{before}SELECT * FROM UNNEST({}) {}", arrays.join(", "), after.trim_start()),
        types: types.collect(),
        updates: lower.contains("do update"),
    })
}

/// What follows `($1, $2, … $n)` in `text`, if it starts with exactly that.
fn placeholders<'s>(text: &'s str, stmt: &Stmt) -> Option<&'s str> {
    let mut rest = text.trim_start();
    for n in 1..=stmt.args.len() {
        rest = rest.strip_prefix(if n == 1 { '(' } else { ',' })?.trim_start();
        rest = rest.strip_prefix(&format!("${n}"))?;
        // `$1` is also the start of `$10` and of `$1::text`.
        rest = rest.trim_start();
        if !rest.starts_with([',', ')']) {
            return None;
        }
    }
    if stmt.args.is_empty() { None } else { rest.strip_prefix(')') }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(sql: &'static str, args: &'static [Kind]) -> Option<String> {
        rewrite(&Stmt { name: "test", sql, args, cols: &[] }).map(|bulk| bulk.sql)
    }

    #[test]
    fn plain_inserts_take_arrays() {
        let got = rewritten(
            "INSERT INTO t (a, b, c)\n  values ( $1,$2 , $3 ) ON CONFLICT DO NOTHING RETURNING a",
            &[Kind::Int, Kind::Text, Kind::Bytes],
        );
        let want = "INSERT INTO t (a, b, c)\n  SELECT * FROM UNNEST($1::bigint[], $2::text[], \
                    $3::bytea[]) ON CONFLICT DO NOTHING RETURNING a";
        assert_eq!(got.as_deref(), Some(want));
        let named = rewritten("INSERT INTO t (\"values\") VALUES ($1)", &[Kind::Int]);
        let want = "INSERT INTO t (\"values\") SELECT * FROM UNNEST($1::bigint[]) ";
        assert_eq!(named.as_deref(), Some(want));
    }

    #[test]
    fn anything_else_is_left_alone() {
        const TWO: &[Kind] = &[Kind::Int, Kind::Int];
        let plain = [
            "UPDATE t SET a = $1 WHERE b = $2",
            "INSERT INTO t (a, b) VALUES ($2, $1)",
            "INSERT INTO t (a, b) VALUES ($1, $2), ($1, $2)",
            "INSERT INTO t (a, b) VALUES ($1, $2 + 1)",
            "INSERT INTO t (a, b, c) VALUES ($1, $2, 0)",
            "INSERT INTO t (a) VALUES ($1)",
            "INSERT INTO t (a, b) VALUES ($1, $2) ON CONFLICT (a) DO UPDATE SET b = $2",
            "INSERT INTO t (a, b) SELECT v.a, v.b FROM (VALUES ($1, $2)) AS v (a, b)",
            "INSERT INTO t (a, b) VALUES ($1, $2)
             ON CONFLICT (a) DO UPDATE SET b = (SELECT max(b) FROM t)",
            "WITH v AS (VALUES ($1, $2)) DELETE FROM t",
        ];
        for sql in plain {
            assert_eq!(rewritten(sql, TWO), None, "{sql}");
        }
        assert_eq!(rewritten("INSERT INTO t DEFAULT VALUES", &[]), None);
    }

    #[test]
    fn chunks_keep_every_row_in_order_and_within_limits() {
        let small: Vec<_> = (0..12_001_i64).map(|n| vec![Value::Int(n)]).collect();
        let got = chunks(&small);
        assert_eq!(got.iter().map(|c| c.len()).collect::<Vec<_>>(), [5_000, 5_000, 2_001]);
        assert_eq!(got.concat(), small);
        let big: Vec<_> = [10, 5, 5, 20, 1]
            .map(|mib: usize| vec![Value::Bytes(vec![0; mib * 1024 * 1024])])
            .to_vec();
        let got = chunks(&big);
        assert_eq!(got.iter().map(|c| c.len()).collect::<Vec<_>>(), [2, 1, 1, 1]);
        assert_eq!(chunks(&small[..1]).len(), 1);
    }
}
