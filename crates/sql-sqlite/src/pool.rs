//! The pool: one writer, a few readers.

use std::path::Path;

use ports::{BoxFuture, Dialect, Sql, SqlFailure, SqlTx, TxMode};
use rusqlite::Connection;

use crate::checkpointer::Checkpointer;
use crate::connection::{Options, Role, open_file, open_memory};
use crate::turnstile::Turnstile;
use crate::tx::SqliteTx;

/// An SQLite database behind the [`Sql`] port.
///
/// Every call does its work on the caller's thread, inside a future that is ready when first
/// polled; only `begin` may wait, for its turn. A statement takes microseconds and a commit one
/// flush of the disk, less than a hop to another thread and back would cost at the rate of
/// statements we run, and without threads the simulation replays to the byte.
pub struct SqliteSql {
    writer: Turnstile<Connection>,
    /// `None` in memory, where a second connection would see another database.
    readers: Option<Turnstile<Connection>>,
    /// Declared last: it ends after the writer is closed, and is waited for.
    _checkpointer: Option<Checkpointer>,
}

impl SqliteSql {
    /// Opens the database file at `path`, creating it if it is absent (its folder must exist).
    ///
    /// # Errors
    /// [`SqlFailure::Unavailable`] when the file cannot be opened, is no database or lies on a
    /// file system without shared memory; [`SqlFailure::Retry`] when another process holds it
    /// longer than the busy time-out; [`SqlFailure::Bug`] for `:memory:`.
    pub fn open(path: impl AsRef<Path>, options: &Options) -> Result<Self, SqlFailure> {
        let path = path.as_ref();
        if path.as_os_str().is_empty() || path.as_os_str() == ":memory:" {
            return Err(SqlFailure::Bug(
                "an SQLite file needs a path; use SqliteSql::memory() for a database in memory"
                    .to_owned(),
            ));
        }
        let mut writer = open_file(path, Role::Writer, options)?;
        let readers = (0..options.readers.max(1))
            .map(|_| open_file(path, Role::Reader, options))
            .collect::<Result<Vec<_>, _>>()?;
        let checkpointer = Checkpointer::start(path, options, &mut writer)?;
        Ok(Self {
            writer: Turnstile::new(vec![writer]),
            readers: Some(Turnstile::new(readers)),
            _checkpointer: Some(checkpointer),
        })
    }

    /// A new, empty database in memory, gone when the value is dropped.
    ///
    /// It has one connection, which read transactions share with write transactions: a task that
    /// opens a second transaction while it holds one waits for itself for ever.
    pub fn memory() -> Result<Self, SqlFailure> {
        let writer = Turnstile::new(vec![open_memory()?]);
        Ok(Self { writer, readers: None, _checkpointer: None })
    }
}

impl Sql for SqliteSql {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    fn begin<'a>(&'a self, mode: TxMode) -> BoxFuture<'a, Result<Box<dyn SqlTx + 'a>, SqlFailure>> {
        Box::pin(async move {
            let turnstile = match mode {
                TxMode::Write => &self.writer,
                TxMode::Read => self.readers.as_ref().unwrap_or(&self.writer),
            };
            let conn = turnstile.take().await;
            let tx: Box<dyn SqlTx + 'a> = Box::new(SqliteTx::begin(conn, mode)?);
            Ok(tx)
        })
    }
}
