//! What an error of PostgreSQL means to the caller.

use std::error::Error as _;

use ports::{CommitFailure, SqlFailure};
use tokio_postgres::Error;
use tokio_postgres::error::{DbError, Severity, SqlState};

/// Sorts `error`, met while doing `what`, into what the caller can do about it.
///
/// The text carries the server's message and the name of the constraint but never its `DETAIL`,
/// which quotes the row.
pub(crate) fn failure(what: &str, error: &Error) -> SqlFailure {
    let text = text(what, error);
    match error.as_db_error() {
        Some(db) => classify(db.code(), text),
        None if is_lost(error) => SqlFailure::Unavailable(text),
        None => SqlFailure::Bug(text),
    }
}

/// A failed `COMMIT`: not committed only when the server said so and lived on.
pub(crate) fn commit_failure(error: &Error) -> CommitFailure {
    let text = text("commit", error);
    match error.as_db_error() {
        Some(db) if !ends_the_connection(db) => CommitFailure::NotCommitted(text),
        _ => CommitFailure::Unknown(text),
    }
}

/// True when one statement met the same key twice in `ON CONFLICT DO UPDATE`.
pub(crate) fn is_second_time(error: &Error) -> bool {
    error.code() == Some(&SqlState::CARDINALITY_VIOLATION)
}

fn text(what: &str, error: &Error) -> String {
    match error.as_db_error() {
        Some(db) => match db.constraint() {
            Some(constraint) => {
                format!("{what}: {} ({}, {constraint})", db.message(), db.code().code())
            }
            None => format!("{what}: {} ({})", db.message(), db.code().code()),
        },
        None => match error.source() {
            Some(source) => format!("{what}: {error}: {source}"),
            None => format!("{what}: {error}"),
        },
    }
}

fn is_lost(error: &Error) -> bool {
    error.is_closed() || error.source().is_some_and(<dyn std::error::Error>::is::<std::io::Error>)
}

fn ends_the_connection(db: &DbError) -> bool {
    matches!(db.parsed_severity(), Some(Severity::Fatal | Severity::Panic))
        || db.code().code().starts_with("08")
        || db.code().code().starts_with("57P")
}

fn classify(state: &SqlState, text: String) -> SqlFailure {
    match state.code() {
        // Serialization failure, deadlock, lock not available.
        "40001" | "40P01" | "55P03" => SqlFailure::Retry(text),
        // Statement time-out or an operator's cancel; damaged data.
        "57014" | "XX001" | "XX002" => SqlFailure::Unavailable(text),
        code => match &code[..2] {
            "23" => SqlFailure::Constraint(text),
            // Connection, authorisation, resources, operator intervention, system.
            "08" | "28" | "53" | "57" | "58" => SqlFailure::Unavailable(text),
            _ => SqlFailure::Bug(text),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sorted_by_what_the_caller_can_do() {
        let sorted = |code: &str| match classify(&SqlState::from_code(code), String::new()) {
            SqlFailure::Retry(_) => "retry",
            SqlFailure::Constraint(_) => "constraint",
            SqlFailure::Unavailable(_) => "unavailable",
            SqlFailure::Bug(_) => "bug",
        };
        let table = [
            ("40001", "retry"),
            ("40P01", "retry"),
            ("55P03", "retry"),
            ("23505", "constraint"),
            ("23502", "constraint"),
            ("53100", "unavailable"),
            ("53300", "unavailable"),
            ("57P01", "unavailable"),
            ("57014", "unavailable"),
            ("08006", "unavailable"),
            ("22003", "bug"),
            ("42P01", "bug"),
            ("25P02", "bug"),
        ];
        for (code, want) in table {
            assert_eq!(sorted(code), want, "{code}");
        }
    }
}
