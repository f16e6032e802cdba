//! The database port: one SQL text, two engines, four kinds of value.

use crate::BoxFuture;

/// A connection pool of either engine.
pub trait Sql: Send + Sync {
    /// Which engine is behind the port; only `store::dialect` may look.
    fn dialect(&self) -> Dialect;
    /// Opens a transaction. Dropping it without `commit` rolls it back.
    fn begin<'a>(&'a self, mode: TxMode) -> BoxFuture<'a, Result<Box<dyn SqlTx + 'a>, SqlFailure>>;
}

/// One open transaction.
pub trait SqlTx: Send {
    /// Runs one statement with `args` bound to `$1..$n` and returns its rows.
    fn run<'a>(
        &'a mut self,
        stmt: &'static Stmt,
        args: &'a [Value],
    ) -> BoxFuture<'a, Result<Vec<Row>, SqlFailure>>;

    /// Runs one statement once per element of `rows`, in order, as one bulk verb: SQLite loops
    /// over the prepared statement, PostgreSQL sends `INSERT … VALUES ($1,…,$n)` as one
    /// `SELECT … FROM UNNEST` and pipelines anything else.
    fn run_many<'a>(
        &'a mut self,
        stmt: &'static Stmt,
        rows: &'a [Vec<Value>],
    ) -> BoxFuture<'a, Result<Many, SqlFailure>>;

    /// Runs a script of several statements without arguments (migrations only).
    fn script<'a>(&'a mut self, sql: &'a str) -> BoxFuture<'a, Result<(), SqlFailure>>;

    /// Makes the transaction durable.
    fn commit<'a>(self: Box<Self>) -> BoxFuture<'a, Result<(), CommitFailure>>
    where
        Self: 'a;
}

/// The engine behind the port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Embedded default; the write transaction is the lock.
    Sqlite,
    /// Production.
    Postgres,
}

/// What a transaction is going to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TxMode {
    /// Reads of one consistent snapshot.
    Read,
    /// May write. On SQLite takes the write lock at the start (`BEGIN IMMEDIATE`).
    Write,
}

/// Everything that may cross the port.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// SQL NULL.
    Null,
    /// `BIGINT`: counts, minor units, microseconds, days.
    Int(i64),
    /// `TEXT`.
    Text(String),
    /// `BYTEA`/`BLOB`: ids, hashes, raw bodies.
    Bytes(Vec<u8>),
}

/// The declared kind of an argument or a column, used to cast arrays and to test statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `BIGINT`.
    Int,
    /// `TEXT`.
    Text,
    /// `BYTEA`.
    Bytes,
}

/// One statement, prepared once per connection. `$n` placeholders; every statement is prepared on
/// both engines by a test.
#[derive(Debug)]
pub struct Stmt {
    /// Unique name, also the metric label.
    pub name: &'static str,
    /// The SQL text, identical on both engines.
    pub sql: &'static str,
    /// Kinds of `$1..$n`; any of them may be NULL.
    pub args: &'static [Kind],
    /// Kinds of the returned columns.
    pub cols: &'static [Kind],
}

/// What a bulk verb did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Many {
    /// Rows inserted, updated or deleted.
    pub affected: u64,
    /// Rows of a `RETURNING` clause, in no promised order.
    pub rows: Vec<Row>,
}

/// One result row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row(pub Vec<Value>);

impl Row {
    /// The integer in column `i`.
    pub fn int(&self, i: usize) -> Result<i64, SqlFailure> {
        match self.0.get(i) {
            Some(Value::Int(v)) => Ok(*v),
            other => Err(SqlFailure::Bug(format!("column {i} is {other:?}, expected an integer"))),
        }
    }

    /// The text in column `i`.
    pub fn text(&self, i: usize) -> Result<&str, SqlFailure> {
        match self.0.get(i) {
            Some(Value::Text(v)) => Ok(v),
            other => Err(SqlFailure::Bug(format!("column {i} is {other:?}, expected text"))),
        }
    }

    /// The bytes in column `i`.
    pub fn bytes(&self, i: usize) -> Result<&[u8], SqlFailure> {
        match self.0.get(i) {
            Some(Value::Bytes(v)) => Ok(v),
            other => Err(SqlFailure::Bug(format!("column {i} is {other:?}, expected bytes"))),
        }
    }

    /// The integer in column `i`, or `None` for NULL.
    pub fn opt_int(&self, i: usize) -> Result<Option<i64>, SqlFailure> {
        if self.0.get(i) == Some(&Value::Null) { Ok(None) } else { self.int(i).map(Some) }
    }

    /// The text in column `i`, or `None` for NULL.
    pub fn opt_text(&self, i: usize) -> Result<Option<&str>, SqlFailure> {
        if self.0.get(i) == Some(&Value::Null) { Ok(None) } else { self.text(i).map(Some) }
    }

    /// The bytes in column `i`, or `None` for NULL.
    pub fn opt_bytes(&self, i: usize) -> Result<Option<&[u8]>, SqlFailure> {
        if self.0.get(i) == Some(&Value::Null) { Ok(None) } else { self.bytes(i).map(Some) }
    }
}

impl From<i64> for Value {
    fn from(v: i64) -> Self {
        Self::Int(v)
    }
}
impl From<&str> for Value {
    fn from(v: &str) -> Self {
        Self::Text(v.to_owned())
    }
}
impl From<String> for Value {
    fn from(v: String) -> Self {
        Self::Text(v)
    }
}
impl From<Vec<u8>> for Value {
    fn from(v: Vec<u8>) -> Self {
        Self::Bytes(v)
    }
}
impl From<&[u8]> for Value {
    fn from(v: &[u8]) -> Self {
        Self::Bytes(v.to_vec())
    }
}
impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(v: Option<T>) -> Self {
        v.map_or(Self::Null, Into::into)
    }
}

/// Why a statement or a `begin` failed. Nothing of the transaction is durable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SqlFailure {
    /// Serialization failure, deadlock or a busy file: run the transaction again.
    #[error("the database asks to run the transaction again: {0}")]
    Retry(String),
    /// A constraint says no.
    #[error("a database constraint refused the row: {0}")]
    Constraint(String),
    /// The database cannot be reached or is out of a resource (disk, connections).
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// The statement or its use is wrong: a fault of the program.
    #[error("the database statement is wrong: {0}")]
    Bug(String),
}

/// Why a commit did not end well.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommitFailure {
    /// Nothing is durable; the transaction may be run again.
    #[error("the transaction was not committed: {0}")]
    NotCommitted(String),
    /// The answer was lost: it may be durable. Re-read before going on.
    #[error("the commit may or may not have happened: {0}")]
    Unknown(String),
}
