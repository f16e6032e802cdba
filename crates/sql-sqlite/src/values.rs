//! Values across the border: the four kinds and nothing else.

use ports::{Kind, Row, SqlFailure, Stmt, Value};
use rusqlite::Statement;
use rusqlite::types::{ToSqlOutput, ValueRef};

use crate::failure::failure;

/// Which argument each parameter slot of a prepared statement wants, by index.
///
/// SQLite takes `$2` for a *named* parameter and numbers names by first appearance, so the slot
/// number says nothing; the name does (style.md §2.7).
pub(crate) fn slots(stmt: &Stmt, prepared: &Statement<'_>) -> Result<Vec<usize>, SqlFailure> {
    (1..=prepared.parameter_count())
        .map(|slot| {
            let name = prepared.parameter_name(slot).unwrap_or("?");
            name.strip_prefix('$')
                .and_then(|n| n.parse::<usize>().ok())
                .filter(|n| (1..=stmt.args.len()).contains(n))
                .map(|n| n - 1)
                .ok_or_else(|| {
                    SqlFailure::Bug(format!(
                        "{}: placeholder {name} is none of $1..${}",
                        stmt.name,
                        stmt.args.len()
                    ))
                })
        })
        .collect()
}

/// Checks `args` against the declaration and binds them.
pub(crate) fn bind(
    stmt: &Stmt,
    slots: &[usize],
    prepared: &mut Statement<'_>,
    args: &[Value],
) -> Result<(), SqlFailure> {
    check(stmt, args)?;
    for (slot, &arg) in (1..).zip(slots) {
        let value = match &args[arg] {
            Value::Null => ValueRef::Null,
            Value::Int(v) => ValueRef::Integer(*v),
            Value::Text(v) => ValueRef::Text(v.as_bytes()),
            Value::Bytes(v) => ValueRef::Blob(v),
        };
        prepared
            .raw_bind_parameter(slot, ToSqlOutput::Borrowed(value))
            .map_err(|e| failure(stmt.name, &e))?;
    }
    Ok(())
}

fn check(stmt: &Stmt, args: &[Value]) -> Result<(), SqlFailure> {
    if args.len() != stmt.args.len() {
        return Err(SqlFailure::Bug(format!(
            "{}: {} arguments given, {} declared",
            stmt.name,
            args.len(),
            stmt.args.len()
        )));
    }
    for (n, (value, kind)) in (1..).zip(args.iter().zip(stmt.args)) {
        match (value, kind) {
            // PostgreSQL cannot store it, so a row that has it must fail here as well.
            (Value::Text(text), Kind::Text) if text.as_bytes().contains(&0) => {
                return Err(SqlFailure::Bug(format!(
                    "{}: ${n} is a text with a NUL character; strip it or store bytes",
                    stmt.name
                )));
            }
            (Value::Null, _)
            | (Value::Int(_), Kind::Int)
            | (Value::Text(_), Kind::Text)
            | (Value::Bytes(_), Kind::Bytes) => {}
            _ => {
                return Err(SqlFailure::Bug(format!(
                    "{}: ${n} is declared {kind:?} but another kind is given",
                    stmt.name
                )));
            }
        }
    }
    Ok(())
}

/// Runs the bound statement to its end and decodes its rows by the declared kinds.
pub(crate) fn collect(
    stmt: &Stmt,
    prepared: &mut Statement<'_>,
    into: &mut Vec<Row>,
) -> Result<(), SqlFailure> {
    let columns = prepared.column_count();
    if columns != stmt.cols.len() {
        return Err(SqlFailure::Bug(format!(
            "{}: returns {columns} columns, {} declared",
            stmt.name,
            stmt.cols.len()
        )));
    }
    let mut rows = prepared.raw_query();
    while let Some(row) = rows.next().map_err(|e| failure(stmt.name, &e))? {
        let values = stmt.cols.iter().enumerate().map(|(i, kind)| {
            let value = row.get_ref(i).map_err(|e| failure(stmt.name, &e))?;
            decode(stmt, i, *kind, value)
        });
        into.push(Row(values.collect::<Result<_, _>>()?));
    }
    Ok(())
}

fn decode(stmt: &Stmt, i: usize, kind: Kind, value: ValueRef<'_>) -> Result<Value, SqlFailure> {
    let wrong = |found: &str| {
        Err(SqlFailure::Bug(format!("{}: column {i} is {found}, declared {kind:?}", stmt.name)))
    };
    match (value, kind) {
        (ValueRef::Null, _) => Ok(Value::Null),
        (ValueRef::Integer(v), Kind::Int) => Ok(Value::Int(v)),
        (ValueRef::Text(v), Kind::Text) => match std::str::from_utf8(v) {
            Ok(text) => Ok(Value::Text(text.to_owned())),
            Err(_) => wrong("text that is not UTF-8"),
        },
        (ValueRef::Blob(v), Kind::Bytes) => Ok(Value::Bytes(v.to_vec())),
        (ValueRef::Real(_), _) => wrong("a REAL (an integer overflow or a division by a float)"),
        (ValueRef::Integer(_), _) => wrong("an integer"),
        (ValueRef::Text(_), _) => wrong("text"),
        (ValueRef::Blob(_), _) => wrong("bytes"),
    }
}
