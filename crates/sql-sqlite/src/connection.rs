//! How a connection is opened and set up.

use std::path::Path;
use std::time::Duration;

use ports::SqlFailure;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::failure::failure;

/// Statements kept prepared per connection: more than the store has, so none is ever evicted.
const PREPARED: usize = 512;
/// Page cache of the writer, KiB.
const WRITER_CACHE_KIB: i64 = 32 * 1024;
/// Page cache of each reader, KiB; small, because the operating system caches the file too and
/// the whole product has 256 MiB.
const READER_CACHE_KIB: i64 = 4 * 1024;
/// Page size of a new file, bytes.
const PAGE_BYTES: i64 = 8_192;
/// The write-ahead log is cut back to this size after a checkpoint, bytes.
const LOG_KEEP_BYTES: i64 = 64 * 1024 * 1024;

/// What a commit waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Synchronous {
    /// The log is on the disk: a committed transaction survives a power cut. From about 500 rows
    /// per transaction it costs nothing (performance.md §3).
    #[default]
    Full,
    /// The log is with the operating system: a power cut may lose the last transactions but never
    /// damages the file.
    Normal,
}

/// How a file is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// What a commit waits for.
    pub synchronous: Synchronous,
    /// How long a statement waits for a lock held by *another process* before it fails with
    /// [`SqlFailure::Retry`]. The wait blocks the calling thread. Tasks of this process queue up
    /// without blocking and never meet it.
    pub busy_timeout: Duration,
    /// Connections for read transactions, at least 1; each may cache 4 MiB.
    pub readers: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { synchronous: Synchronous::Full, busy_timeout: Duration::from_secs(5), readers: 4 }
    }
}

/// The part a connection plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// The only one that may write.
    Writer,
    /// Reads snapshots next to the writer.
    Reader,
    /// Moves the write-ahead log into the file next to the writer.
    Checkpointer,
}

/// Opens the file at `path`; only the writer creates it.
pub(crate) fn open_file(
    path: &Path,
    role: Role,
    options: &Options,
) -> Result<Connection, SqlFailure> {
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    if role == Role::Writer {
        flags |= OpenFlags::SQLITE_OPEN_CREATE;
    }
    let open = || {
        let conn = Connection::open_with_flags(path, flags)?;
        conn.busy_timeout(options.busy_timeout)?;
        // Only an empty file takes a page size; raw bodies fill two small pages or one of these.
        conn.pragma_update(None, "page_size", PAGE_BYTES)?;
        let journal: String =
            conn.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
        conn.pragma_update(
            None,
            "synchronous",
            match options.synchronous {
                Synchronous::Full => "FULL",
                Synchronous::Normal => "NORMAL",
            },
        )?;
        // `Checkpointer` decides when the log is moved into the file.
        conn.pragma_update_and_check(None, "wal_autocheckpoint", 0, |_| Ok(()))?;
        conn.pragma_update_and_check(None, "journal_size_limit", LOG_KEEP_BYTES, |_| Ok(()))?;
        set_up(&conn, role)?;
        Ok((conn, journal))
    };
    let (conn, journal) =
        open().map_err(|e: rusqlite::Error| failure(&format!("opening {}", path.display()), &e))?;
    if journal != "wal" {
        return Err(SqlFailure::Unavailable(format!(
            "opening {}: the file system does not support the write-ahead log (journal mode stays \
             {journal}); put the file on a local disk",
            path.display()
        )));
    }
    Ok(conn)
}

/// Opens a database that lives as long as the connection.
pub(crate) fn open_memory() -> Result<Connection, SqlFailure> {
    let open = || {
        let conn = Connection::open_in_memory()?;
        set_up(&conn, Role::Writer)?;
        Ok(conn)
    };
    open().map_err(|e: rusqlite::Error| failure("opening a database in memory", &e))
}

fn set_up(conn: &Connection, role: Role) -> Result<(), rusqlite::Error> {
    let cache_kib = match role {
        Role::Writer => WRITER_CACHE_KIB,
        Role::Reader | Role::Checkpointer => READER_CACHE_KIB,
    };
    // A negative cache size is in KiB.
    conn.pragma_update(None, "cache_size", -cache_kib)?;
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    conn.pragma_update(None, "foreign_keys", true)?;
    // Without it the delete inside `REPLACE` would skip the triggers that keep rows append-only.
    conn.pragma_update(None, "recursive_triggers", true)?;
    // PostgreSQL compares case in LIKE; so do we.
    conn.pragma_update(None, "case_sensitive_like", true)?;
    conn.pragma_update(None, "query_only", role == Role::Reader)?;
    // "name" is an identifier on PostgreSQL; SQLite must not take a misspelt one for a text.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
    // One plan per statement, whatever is bound: without it SQLite prepares statements anew when
    // a bound value changes (5 % of the time of a month of orders).
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    conn.set_prepared_statement_cache_capacity(PREPARED);
    Ok(())
}
