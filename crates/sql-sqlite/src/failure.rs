//! What an error of SQLite means to the caller.

use ports::SqlFailure;
use rusqlite::ErrorCode;
use rusqlite::ffi::SQLITE_CONSTRAINT_DATATYPE;

/// Sorts `error`, met while doing `what`, into what the caller can do about it.
pub(crate) fn failure(what: &str, error: &rusqlite::Error) -> SqlFailure {
    let text = format!("{what}: {error}");
    let rusqlite::Error::SqliteFailure(code, _) = error else {
        return SqlFailure::Bug(text);
    };
    match code.code {
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => SqlFailure::Retry(text),
        // A value of the wrong kind in a STRICT table is what PostgreSQL calls a type error: the
        // statement is wrong, not the row. An integer that overflowed into REAL ends here too.
        ErrorCode::ConstraintViolation if code.extended_code == SQLITE_CONSTRAINT_DATATYPE => {
            SqlFailure::Bug(text)
        }
        ErrorCode::ConstraintViolation => SqlFailure::Constraint(text),
        ErrorCode::DiskFull
        | ErrorCode::SystemIoFailure
        | ErrorCode::CannotOpen
        | ErrorCode::PermissionDenied
        | ErrorCode::ReadOnly
        | ErrorCode::OutOfMemory
        | ErrorCode::NotADatabase
        | ErrorCode::DatabaseCorrupt => SqlFailure::Unavailable(text),
        _ => SqlFailure::Bug(text),
    }
}
