//! Sql port on rusqlite.
