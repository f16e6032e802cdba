//! Text of queries in QuickBooks' own language (quickbooks.md §3).

use kernel::{BusinessDate, Timestamp};
use std::fmt::Write as _;

/// Most rows of one page (quickbooks.md §3).
pub(crate) const ROWS_MAX: usize = 1_000;

/// `'…'` with backslash and quote escaped by a backslash; doubling the quote is not the
/// documented way (quickbooks.md §3).
fn quoted(out: &mut String, text: &str) {
    out.push('\'');
    for c in text.chars() {
        if matches!(c, '\\' | '\'') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('\'');
}

/// `SELECT * FROM {entity} WHERE {property} IN ('…', …)`.
pub(crate) fn select_in<'t>(
    entity: &str,
    property: &str,
    values: impl Iterator<Item = &'t str>,
) -> String {
    let mut out = format!("SELECT * FROM {entity} WHERE {property} IN (");
    for (n, value) in values.enumerate() {
        if n > 0 {
            out.push(',');
        }
        quoted(&mut out, value);
    }
    out.push(')');
    out
}

/// `SELECT * FROM {entity} WHERE TxnDate >= '…' AND TxnDate <= '…'`.
pub(crate) fn select_dates(entity: &str, first: BusinessDate, last: BusinessDate) -> String {
    format!("SELECT * FROM {entity} WHERE TxnDate >= '{first}' AND TxnDate <= '{last}'")
}

/// `SELECT * FROM {entity} WHERE MetaData.CreateTime >= '…'`: filterable on every kind
/// (quickbooks.md §3).
pub(crate) fn select_created(entity: &str, since: Timestamp) -> String {
    format!("SELECT * FROM {entity} WHERE MetaData.CreateTime >= '{since}'")
}

/// `SELECT * FROM {entity} WHERE MetaData.LastUpdatedTime >= '…'`.
pub(crate) fn select_changed(entity: &str, since: Timestamp) -> String {
    format!("SELECT * FROM {entity} WHERE MetaData.LastUpdatedTime >= '{since}'")
}

/// Adds the order and the page; `start` counts from 1. Paging is stable only by id
/// (quickbooks.md §3).
pub(crate) fn paged(mut query: String, start: usize) -> String {
    let _ = write!(query, " ORDERBY Id STARTPOSITION {start} MAXRESULTS {ROWS_MAX}");
    query
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_cannot_leave_their_quotes() {
        let text = select_in("Customer", "DisplayName", [r"O'Neil \ ' OR 1", "b"].into_iter());
        assert_eq!(text, r"SELECT * FROM Customer WHERE DisplayName IN ('O\'Neil \\ \' OR 1','b')");
    }
}
