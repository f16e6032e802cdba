//! Sql port on tokio-postgres.
