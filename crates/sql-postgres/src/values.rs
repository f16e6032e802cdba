//! Values across the border: the four kinds and nothing else.

use ports::{Kind, Row, SqlFailure, Stmt, Value};
use tokio_postgres::types::{ToSql, Type};

use crate::failure::failure;

/// A borrowed argument in the driver's terms.
pub(crate) type Param<'a> = &'a (dyn ToSql + Sync);

/// The type a placeholder of `kind` is prepared with, so that the server never guesses.
pub(crate) fn type_of(kind: Kind) -> Type {
    match kind {
        Kind::Int => Type::INT8,
        Kind::Text => Type::TEXT,
        Kind::Bytes => Type::BYTEA,
    }
}

/// Checks `args` against the declaration.
pub(crate) fn check(stmt: &Stmt, args: &[Value]) -> Result<(), SqlFailure> {
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

/// The checked `args` as parameters; NULL takes the declared type.
pub(crate) fn params<'a>(stmt: &Stmt, args: &'a [Value]) -> Vec<Param<'a>> {
    let param = |(value, kind): (&'a Value, &Kind)| -> Param<'a> {
        match (value, kind) {
            (Value::Int(v), _) => v,
            (Value::Text(v), _) => v,
            (Value::Bytes(v), _) => v,
            (Value::Null, Kind::Int) => &None::<i64>,
            (Value::Null, Kind::Text) => &None::<&str>,
            (Value::Null, Kind::Bytes) => &None::<&[u8]>,
        }
    };
    args.iter().zip(stmt.args).map(param).collect()
}

/// One column of many rows, sent as one array.
pub(crate) enum Column<'a> {
    Int(Vec<Option<i64>>),
    Text(Vec<Option<&'a str>>),
    Bytes(Vec<Option<&'a [u8]>>),
}

impl<'a> Column<'a> {
    /// Column `i`, of `kind`, of the checked `rows`.
    pub(crate) fn new(rows: &'a [Vec<Value>], i: usize, kind: Kind) -> Self {
        let values = rows.iter().map(|row| &row[i]);
        match kind {
            Kind::Int => Self::Int(
                values.map(|v| if let Value::Int(v) = v { Some(*v) } else { None }).collect(),
            ),
            Kind::Text => Self::Text(
                values
                    .map(|v| if let Value::Text(v) = v { Some(v.as_str()) } else { None })
                    .collect(),
            ),
            Kind::Bytes => Self::Bytes(
                values
                    .map(|v| if let Value::Bytes(v) = v { Some(v.as_slice()) } else { None })
                    .collect(),
            ),
        }
    }

    /// The array as a parameter.
    pub(crate) fn param(&self) -> Param<'_> {
        match self {
            Self::Int(v) => v,
            Self::Text(v) => v,
            Self::Bytes(v) => v,
        }
    }
}

/// A row by its declared kinds. `smallint`, `integer` and `boolean` (as 0 and 1, which is what
/// `EXISTS` gives on SQLite) count as integers.
pub(crate) fn decode(stmt: &Stmt, row: &tokio_postgres::Row) -> Result<Row, SqlFailure> {
    let value = |(i, kind): (usize, &Kind)| -> Result<Value, SqlFailure> {
        let found = row.columns()[i].type_();
        let value = match (kind, found) {
            (Kind::Int, &Type::INT8) => row.try_get::<_, Option<i64>>(i).map(Value::from),
            (Kind::Int, &Type::INT4) => {
                row.try_get::<_, Option<i32>>(i).map(|v| v.map(i64::from).into())
            }
            (Kind::Int, &Type::INT2) => {
                row.try_get::<_, Option<i16>>(i).map(|v| v.map(i64::from).into())
            }
            (Kind::Int, &Type::BOOL) => {
                row.try_get::<_, Option<bool>>(i).map(|v| v.map(i64::from).into())
            }
            (Kind::Text, &(Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME)) => {
                row.try_get::<_, Option<String>>(i).map(Value::from)
            }
            (Kind::Bytes, &Type::BYTEA) => row.try_get::<_, Option<Vec<u8>>>(i).map(Value::from),
            _ => {
                return Err(SqlFailure::Bug(format!(
                    "{}: column {i} is {found}, declared {kind:?}; cast it in the statement",
                    stmt.name
                )));
            }
        };
        value.map_err(|e| failure(stmt.name, &e))
    };
    stmt.cols.iter().enumerate().map(value).collect::<Result<_, _>>().map(Row)
}
