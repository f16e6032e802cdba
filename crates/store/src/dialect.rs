//! The few places where the two engines differ.

use ports::Dialect;

/// Translates a migration for the engine: type names, STRICT tables.
pub fn translate(sql: &str, dialect: Dialect) -> String {
    match dialect {
        Dialect::Sqlite => sql
            .replace("BYTEA", "BLOB")
            .replace("BIGINT", "INTEGER")
            .replace("/*STRICT*/", "STRICT"),
        Dialect::Postgres => sql.replace(" TEXT", " TEXT COLLATE \"C\""),
    }
}
