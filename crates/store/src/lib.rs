//! Statements, migrations and repositories over the Sql port.
