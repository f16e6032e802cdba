//! One open transaction.

use ports::{BoxFuture, CommitFailure, Many, Row, SqlFailure, SqlTx, Stmt, TxMode, Value};
use rusqlite::{CachedStatement, Connection, ErrorCode};

use crate::failure::failure;
use crate::turnstile::Held;
use crate::values::{bind, collect, slots};

/// A transaction and the connection it owns until it ends.
pub(crate) struct SqliteTx<'s> {
    conn: Held<'s, Connection>,
    mode: TxMode,
    /// The first failure. As on PostgreSQL, nothing works after it but rolling back.
    failed: Option<SqlFailure>,
}

impl<'s> SqliteTx<'s> {
    /// Opens a transaction on `conn`; a writer takes the write lock at once.
    pub(crate) fn begin(conn: Held<'s, Connection>, mode: TxMode) -> Result<Self, SqlFailure> {
        let sql = match mode {
            TxMode::Read => "BEGIN DEFERRED",
            TxMode::Write => "BEGIN IMMEDIATE",
        };
        execute(&conn, sql).map_err(|e| failure("begin", &e))?;
        Ok(Self { conn, mode, failed: None })
    }

    /// Runs `work` unless something has failed before, and remembers a failure.
    fn guarded<T>(
        &mut self,
        work: impl FnOnce(&Connection) -> Result<T, SqlFailure>,
    ) -> Result<T, SqlFailure> {
        if let Some(first) = &self.failed {
            return Err(SqlFailure::Bug(format!(
                "the transaction has already failed and can only be dropped; first failure: {first}"
            )));
        }
        let done = work(&self.conn);
        if let Err(e) = &done {
            self.failed = Some(e.clone());
        }
        done
    }

    fn run_now(&mut self, stmt: &Stmt, args: &[Value]) -> Result<Vec<Row>, SqlFailure> {
        let mode = self.mode;
        self.guarded(|conn| {
            let mut prepared = prepare(conn, stmt, mode)?;
            let slots = slots(stmt, &prepared)?;
            bind(stmt, &slots, &mut prepared, args)?;
            let mut rows = Vec::new();
            collect(stmt, &mut prepared, &mut rows)?;
            Ok(rows)
        })
    }

    fn run_many_now(&mut self, stmt: &Stmt, rows: &[Vec<Value>]) -> Result<Many, SqlFailure> {
        let mode = self.mode;
        self.guarded(|conn| {
            let mut many = Many::default();
            if rows.is_empty() {
                return Ok(many);
            }
            let mut prepared = prepare(conn, stmt, mode)?;
            let slots = slots(stmt, &prepared)?;
            let writes = !prepared.readonly();
            for args in rows {
                bind(stmt, &slots, &mut prepared, args)?;
                collect(stmt, &mut prepared, &mut many.rows)?;
                if writes {
                    many.affected += conn.changes();
                }
            }
            Ok(many)
        })
    }

    fn script_now(&mut self, sql: &str) -> Result<(), SqlFailure> {
        let mode = self.mode;
        self.guarded(|conn| {
            if mode == TxMode::Read {
                return Err(SqlFailure::Bug("a script needs a write transaction".to_owned()));
            }
            conn.execute_batch(sql).map_err(|e| failure("script", &e))?;
            if conn.is_autocommit() {
                return Err(SqlFailure::Bug(
                    "the script ended the transaction; take COMMIT and ROLLBACK out of it"
                        .to_owned(),
                ));
            }
            Ok(())
        })
    }

    fn commit_now(&self) -> Result<(), CommitFailure> {
        if let Some(first) = &self.failed {
            return Err(CommitFailure::NotCommitted(format!("a statement failed before: {first}")));
        }
        execute(&self.conn, "COMMIT").map_err(|e| {
            let text = format!("commit: {e}");
            match e.sqlite_error_code() {
                // The log may have been written before the flush failed: a crash could bring the
                // transaction back.
                Some(ErrorCode::SystemIoFailure) => CommitFailure::Unknown(text),
                _ => CommitFailure::NotCommitted(text),
            }
        })
    }
}

impl Drop for SqliteTx<'_> {
    /// Rolls back what has not been committed, before the connection goes to the next in line.
    fn drop(&mut self) {
        // Autocommit is on after COMMIT and after failures on which SQLite rolled back by itself.
        if !self.conn.is_autocommit() {
            // It cannot fail with no statement running; if it ever did, the next BEGIN would fail
            // instead of working inside this transaction.
            let _ = execute(&self.conn, "ROLLBACK");
        }
    }
}

fn execute(conn: &Connection, sql: &str) -> Result<(), rusqlite::Error> {
    conn.prepare_cached(sql)?.raw_execute().map(|_| ())
}

fn prepare<'c>(
    conn: &'c Connection,
    stmt: &Stmt,
    mode: TxMode,
) -> Result<CachedStatement<'c>, SqlFailure> {
    let prepared = conn.prepare_cached(stmt.sql).map_err(|e| failure(stmt.name, &e))?;
    if mode == TxMode::Read && !prepared.readonly() {
        return Err(SqlFailure::Bug(format!("{}: writes in a read transaction", stmt.name)));
    }
    Ok(prepared)
}

impl SqlTx for SqliteTx<'_> {
    fn run<'a>(
        &'a mut self,
        stmt: &'static Stmt,
        args: &'a [Value],
    ) -> BoxFuture<'a, Result<Vec<Row>, SqlFailure>> {
        Box::pin(async move { self.run_now(stmt, args) })
    }

    fn run_many<'a>(
        &'a mut self,
        stmt: &'static Stmt,
        rows: &'a [Vec<Value>],
    ) -> BoxFuture<'a, Result<Many, SqlFailure>> {
        Box::pin(async move { self.run_many_now(stmt, rows) })
    }

    fn script<'a>(&'a mut self, sql: &'a str) -> BoxFuture<'a, Result<(), SqlFailure>> {
        Box::pin(async move { self.script_now(sql) })
    }

    fn commit<'a>(self: Box<Self>) -> BoxFuture<'a, Result<(), CommitFailure>>
    where
        Self: 'a,
    {
        Box::pin(async move { self.commit_now() })
    }
}
