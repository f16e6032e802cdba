//! One open transaction.

use std::future::Future;

use deadpool_postgres::Object;
use futures_util::FutureExt;
use ports::{BoxFuture, CommitFailure, Many, Row, SqlFailure, SqlTx, Stmt, TxMode, Value};

use crate::bulk::{BulkCache, run_many};
use crate::failure::{commit_failure, failure};
use crate::statement::run_one;

/// A transaction and the connection it owns until it ends.
pub(crate) struct PostgresTx<'s> {
    /// Only `drop` takes it out.
    client: Option<Object>,
    bulk: &'s BulkCache,
    state: State,
}

/// What may still be done with the connection.
struct State {
    /// The server has an open transaction, good or failed.
    open: bool,
    /// A request is on its way, or its future was dropped before the answer came.
    in_flight: bool,
    /// The first failure; nothing works after it but rolling back.
    failed: Option<SqlFailure>,
}

impl State {
    /// Why the transaction cannot go on, if it cannot.
    fn refusal(&self) -> Option<String> {
        match &self.failed {
            Some(first) => Some(format!("a statement failed before: {first}")),
            None if self.in_flight => Some("a statement was abandoned before its answer".into()),
            None => None,
        }
    }

    /// Runs `work` unless the transaction has failed, and remembers a failure.
    async fn guarded<T>(
        &mut self,
        work: impl Future<Output = Result<T, SqlFailure>>,
    ) -> Result<T, SqlFailure> {
        if let Some(why) = self.refusal() {
            return Err(SqlFailure::Bug(format!("the transaction can only be dropped; {why}")));
        }
        self.in_flight = true;
        let done = work.await;
        self.in_flight = false;
        if let Err(e) = &done {
            self.failed = Some(e.clone());
        }
        done
    }
}

impl<'s> PostgresTx<'s> {
    /// Opens a transaction on `client`.
    pub(crate) async fn begin(
        client: Object,
        bulk: &'s BulkCache,
        mode: TxMode,
    ) -> Result<Self, SqlFailure> {
        let sql = match mode {
            TxMode::Read => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            TxMode::Write => "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
        };
        // The value exists before BEGIN is sent: if this future is dropped half way, `drop` sees a
        // request in flight and the connection does not go back to the pool.
        let state = State { open: true, in_flight: true, failed: None };
        let mut tx = Self { client: Some(client), bulk, state };
        tx.client().batch_execute(sql).await.map_err(|e| failure("begin", &e))?;
        tx.state.in_flight = false;
        Ok(tx)
    }

    fn client(&self) -> &Object {
        connection(self.client.as_ref())
    }
}

fn connection(client: Option<&Object>) -> &Object {
    client.expect("only drop takes the connection out")
}

impl Drop for PostgresTx<'_> {
    /// Rolls back what has not been committed before the connection can be used again.
    fn drop(&mut self) {
        let Some(client) = self.client.take() else { return };
        let lost = matches!(self.state.failed, Some(SqlFailure::Unavailable(_)));
        let clean = if self.state.in_flight || lost {
            false
        } else if self.state.open {
            // Polling once puts ROLLBACK on the wire in front of everything the next user sends;
            // nobody needs the answer.
            !matches!(client.batch_execute("ROLLBACK").now_or_never(), Some(Err(_)))
        } else {
            true
        };
        if !clean {
            // Closing the connection makes the server roll back; the pool opens another.
            drop(Object::take(client));
        }
    }
}

impl SqlTx for PostgresTx<'_> {
    fn run<'a>(
        &'a mut self,
        stmt: &'static Stmt,
        args: &'a [Value],
    ) -> BoxFuture<'a, Result<Vec<Row>, SqlFailure>> {
        Box::pin(async move {
            let client = connection(self.client.as_ref());
            let many = self.state.guarded(run_one(client, stmt, args)).await?;
            Ok(many.rows)
        })
    }

    fn run_many<'a>(
        &'a mut self,
        stmt: &'static Stmt,
        rows: &'a [Vec<Value>],
    ) -> BoxFuture<'a, Result<Many, SqlFailure>> {
        Box::pin(async move {
            let client = connection(self.client.as_ref());
            self.state.guarded(run_many(client, self.bulk, stmt, rows)).await
        })
    }

    fn script<'a>(&'a mut self, sql: &'a str) -> BoxFuture<'a, Result<(), SqlFailure>> {
        Box::pin(async move {
            let client = connection(self.client.as_ref());
            let work = async {
                // Building an index on a full table may take longer than any statement should.
                let script = format!("SET LOCAL statement_timeout = 0;\n{sql}");
                client.batch_execute(&script).await.map_err(|e| failure("script", &e))
            };
            self.state.guarded(work).await
        })
    }

    fn commit<'a>(mut self: Box<Self>) -> BoxFuture<'a, Result<(), CommitFailure>>
    where
        Self: 'a,
    {
        Box::pin(async move {
            // PostgreSQL answers COMMIT of a failed transaction with a quiet rollback.
            if let Some(why) = self.state.refusal() {
                return Err(CommitFailure::NotCommitted(why));
            }
            if self.client().is_closed() {
                return Err(CommitFailure::NotCommitted(
                    "the connection was lost before the commit was sent".to_owned(),
                ));
            }
            self.state.in_flight = true;
            let done = self.client().batch_execute("COMMIT").await;
            let answer = done.map_err(|e| commit_failure(&e));
            if !matches!(answer, Err(CommitFailure::Unknown(_))) {
                // The server has ended the transaction, one way or the other.
                self.state.in_flight = false;
                self.state.open = false;
            }
            answer
        })
    }
}
