//! Preparing and running one statement, or many in one flight.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;

use deadpool_postgres::Object;
use futures_util::TryStreamExt;
use futures_util::future::{MaybeDone, maybe_done};
use ports::{Many, SqlFailure, Stmt, Value};
use tokio_postgres::Statement;
use tokio_postgres::types::Type;

use crate::failure::failure;
use crate::values::{Param, check, decode, params, type_of};

/// Statements sent before the first answer is awaited.
const FLIGHT: usize = 64;

/// Prepares `sql` once per connection and compares it with the declaration in `stmt`.
pub(crate) async fn prepare(
    client: &Object,
    stmt: &Stmt,
    sql: &str,
    types: &[Type],
) -> Result<Statement, SqlFailure> {
    let prepared =
        client.prepare_typed_cached(sql, types).await.map_err(|e| failure(stmt.name, &e))?;
    if prepared.params().len() != stmt.args.len() {
        return Err(SqlFailure::Bug(format!(
            "{}: has {} placeholders, {} declared",
            stmt.name,
            prepared.params().len(),
            stmt.args.len()
        )));
    }
    if prepared.columns().len() != stmt.cols.len() {
        return Err(SqlFailure::Bug(format!(
            "{}: returns {} columns, {} declared",
            stmt.name,
            prepared.columns().len(),
            stmt.cols.len()
        )));
    }
    Ok(prepared)
}

/// Prepares the statement as it stands.
pub(crate) async fn prepare_plain(client: &Object, stmt: &Stmt) -> Result<Statement, SqlFailure> {
    let types: Vec<_> = stmt.args.iter().map(|kind| type_of(*kind)).collect();
    prepare(client, stmt, stmt.sql, &types).await
}

/// What went wrong in [`execute`].
pub(crate) enum Fault {
    /// The server or the way to it.
    Server(tokio_postgres::Error),
    /// The rows are not what is declared.
    Decode(SqlFailure),
}

impl Fault {
    /// As the caller sees it.
    pub(crate) fn into_failure(self, stmt: &Stmt) -> SqlFailure {
        match self {
            Self::Server(e) => failure(stmt.name, &e),
            Self::Decode(e) => e,
        }
    }
}

/// Runs a prepared statement. It is sent when first polled.
pub(crate) async fn execute(
    client: &Object,
    stmt: &Stmt,
    prepared: &Statement,
    params: Vec<Param<'_>>,
) -> Result<Many, Fault> {
    let stream = client.query_raw(prepared, params).await.map_err(Fault::Server)?;
    let mut stream = pin!(stream);
    let mut rows = Vec::new();
    while let Some(row) = stream.try_next().await.map_err(Fault::Server)? {
        rows.push(decode(stmt, &row).map_err(Fault::Decode)?);
    }
    Ok(Many { affected: stream.rows_affected().unwrap_or(0), rows })
}

/// Runs one statement once.
pub(crate) async fn run_one(
    client: &Object,
    stmt: &Stmt,
    args: &[Value],
) -> Result<Many, SqlFailure> {
    check(stmt, args)?;
    let prepared = prepare_plain(client, stmt).await?;
    execute(client, stmt, &prepared, params(stmt, args)).await.map_err(|e| e.into_failure(stmt))
}

/// Runs one statement once per row, in order, without waiting for one answer before sending the
/// next.
pub(crate) async fn run_each(
    client: &Object,
    stmt: &Stmt,
    rows: &[Vec<Value>],
    into: &mut Many,
) -> Result<(), SqlFailure> {
    let prepared = prepare_plain(client, stmt).await?;
    for flight in rows.chunks(FLIGHT) {
        let running =
            flight.iter().map(|row| execute(client, stmt, &prepared, params(stmt, row))).collect();
        for done in in_order(running).await {
            // After a failure the server refuses the rest; the first failure is the cause.
            add(into, done.map_err(|e| e.into_failure(stmt))?);
        }
    }
    Ok(())
}

/// Adds up what two statements did.
pub(crate) fn add(into: &mut Many, more: Many) {
    into.affected += more.affected;
    into.rows.extend(more.rows);
}

/// Runs `futures` together. Each is first polled, and so its statement sent, in the order given;
/// general joins do not promise that.
async fn in_order<F: Future>(futures: Vec<F>) -> Vec<F::Output> {
    let mut all: Vec<MaybeDone<Pin<Box<F>>>> =
        futures.into_iter().map(|f| maybe_done(Box::pin(f))).collect();
    poll_fn(|cx| {
        let mut pending = false;
        for one in &mut all {
            pending |= Pin::new(one).poll(cx).is_pending();
        }
        if pending { Poll::Pending } else { Poll::Ready(()) }
    })
    .await;
    all.iter_mut().filter_map(|one| Pin::new(one).take_output()).collect()
}
