//! Running a query over the books.

use super::columns::{self, Kind, Value};
use super::parse::{Compare, Filter, Query, parse};
use crate::books::Books;
use crate::clock;
use crate::error::{Fault, Result};
use crate::json::{Json, Obj};
use crate::kind::{Entity, ListKind, TxnKind};
use crate::list::{self, Record};
use crate::money;
use crate::txn::{self, Txn};

/// Rows of a page when MAXRESULTS is absent (quickbooks.md §3).
const DEFAULT_PAGE: usize = 100;

/// A condition ready to compare.
struct Check {
    name: &'static str,
    kind: Kind,
    compare: Compare,
    values: Vec<Value>,
    pattern: String,
}

/// Runs a query and appends `"QueryResponse":{...}`.
pub(crate) fn run(
    books: &Books,
    text: &str,
    realm: &str,
    most_rows: usize,
    json: &mut Json,
) -> Result<()> {
    let query = parse(text)?;
    let most = query.most.unwrap_or(DEFAULT_PAGE);
    if most > most_rows {
        return Err(Fault::query_validation(&format!(
            "value {most} is too large. Max allowed value is {most_rows}"
        )));
    }
    let checks = query
        .filters
        .iter()
        .map(|filter| check(query.entity, filter))
        .collect::<Result<Vec<_>>>()?;
    for (property, _) in &query.order {
        column(query.entity, property)?;
    }
    match query.entity {
        Entity::Txn(kind) => {
            let rows = txn_rows(books, kind, &query, &checks);
            answer(json, &query, rows.len(), most, |json, at| {
                txn::write::write(json, books, rows[at]);
            });
        }
        Entity::List(kind) => {
            let rows = list_rows(books, kind, &query, &checks);
            answer(json, &query, rows.len(), most, |json, at| {
                list::write::write(json, books, rows[at]);
            });
        }
        Entity::CompanyInfo | Entity::Preferences => {
            answer(json, &query, 1, most, |json, _| {
                if query.entity == Entity::CompanyInfo {
                    crate::company::write_info(json, books, realm);
                } else {
                    crate::company::write_preferences(json, books);
                }
            });
        }
    }
    Ok(())
}

fn column(entity: Entity, property: &str) -> Result<(&'static str, Kind)> {
    columns::find(entity, property).ok_or_else(|| {
        if columns::exists(entity, property) {
            Fault::query_validation(&format!("property '{property}' is not queryable"))
        } else {
            Fault::query_validation(&format!(
                "Property {property} not found for Entity {}",
                entity.name()
            ))
        }
    })
}

fn check(entity: Entity, filter: &Filter) -> Result<Check> {
    let (name, kind) = column(entity, &filter.property)?;
    if name == "Id" && !matches!(filter.compare, Compare::Equal | Compare::In) {
        return Err(Fault::query_validation(&format!(
            "operator not supported for property {name}"
        )));
    }
    let mut values = Vec::with_capacity(filter.values.len());
    let mut pattern = String::new();
    if filter.compare == Compare::Like {
        pattern = filter.values[0].to_lowercase();
    } else {
        for text in &filter.values {
            values.push(literal(kind, text)?);
        }
    }
    Ok(Check { name, kind, compare: filter.compare, values, pattern })
}

fn literal(kind: Kind, text: &str) -> Result<Value> {
    let bad = || Fault::query_validation(&format!("invalid value '{text}' for the property"));
    match kind {
        Kind::Id => text.parse().map(Value::Whole).map_err(|_| Fault::invalid_id("Id", text)),
        Kind::Reference => text.parse().map(Value::Whole).map_err(|_| bad()),
        Kind::Text => Ok(Value::Text(text.to_lowercase())),
        Kind::Amount => money::parse_decimal(text).map(Value::Amount).map_err(|_| bad()),
        Kind::Day => clock::Date::parse(text).map(|d| Value::Whole(d.0)).ok_or_else(bad),
        Kind::Instant => clock::parse_instant(text).map(Value::Whole).ok_or_else(bad),
        Kind::Truth if text.eq_ignore_ascii_case("true") => Ok(Value::Truth(true)),
        Kind::Truth if text.eq_ignore_ascii_case("false") => Ok(Value::Truth(false)),
        Kind::Truth => Err(bad()),
    }
}

impl Check {
    fn holds(&self, value: &Value) -> bool {
        let first = self.values.first().unwrap_or(&Value::Null);
        if *value == Value::Null {
            return false;
        }
        match self.compare {
            Compare::Equal | Compare::In => self.values.contains(value),
            Compare::Less => value < first,
            Compare::LessEqual => value <= first,
            Compare::More => value > first,
            Compare::MoreEqual => value >= first,
            Compare::Like => matches!(value, Value::Text(text) if like(text, &self.pattern)),
        }
    }

    /// The whole numbers of an equality on ids.
    fn ids(&self) -> impl Iterator<Item = u32> {
        self.values.iter().filter_map(|v| match v {
            Value::Whole(n) => u32::try_from(*n).ok(),
            _ => None,
        })
    }
}

/// `%` stands for any text, everything else for itself.
fn like(text: &str, pattern: &str) -> bool {
    let mut parts = pattern.split('%');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        match rest.find(part) {
            Some(found) => rest = &rest[found + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// Matching transactions: by id or number through an index, by change time through another, else
/// all of the type. Without ORDERBY the newest change comes first (quickbooks.md §3).
fn txn_rows<'b>(books: &'b Books, kind: TxnKind, query: &Query, checks: &[Check]) -> Vec<&'b Txn> {
    let of_kind = |id: u32| books.txn(id).filter(|t| t.kind == kind);
    let exact = |name: &str| {
        checks.iter().find(|c| c.name == name && matches!(c.compare, Compare::Equal | Compare::In))
    };
    let holds = |txn: &&Txn| checks.iter().all(|c| c.holds(&columns::of_txn(txn, c.name, c.kind)));
    let mut rows: Vec<&Txn> = if let Some(check) = exact("Id") {
        let mut ids: Vec<u32> = check.ids().collect();
        ids.sort_unstable();
        ids.dedup();
        ids.into_iter().filter_map(of_kind).filter(holds).collect()
    } else if let Some(check) = exact("DocNumber") {
        let mut ids: Vec<u32> = check
            .values
            .iter()
            .filter_map(|v| if let Value::Text(t) = v { Some(t) } else { None })
            .flat_map(|number| books.numbered(kind, number))
            .collect();
        ids.sort_unstable();
        ids.dedup();
        ids.into_iter().filter_map(of_kind).filter(holds).collect()
    } else {
        let since = checks
            .iter()
            .filter(|c| {
                c.name == "MetaData.LastUpdatedTime"
                    && matches!(c.compare, Compare::More | Compare::MoreEqual)
            })
            .find_map(
                |c| if let Some(Value::Whole(n)) = c.values.first() { Some(*n) } else { None },
            )
            .unwrap_or(i64::MIN);
        books.changed(Entity::Txn(kind), since).rev().filter_map(of_kind).filter(holds).collect()
    };
    if query.order.is_empty() {
        rows.sort_by_key(|t| std::cmp::Reverse((t.updated, t.id)));
    } else {
        sort(&mut rows, query, columns::of_txn);
    }
    rows
}

/// Matching list objects; inactive ones only when Active is asked for (quickbooks.md §3).
fn list_rows<'b>(
    books: &'b Books,
    kind: ListKind,
    query: &Query,
    checks: &[Check],
) -> Vec<&'b Record> {
    let asked = checks.iter().any(|c| c.name == "Active");
    let mut rows: Vec<&Record> = books
        .all(kind)
        .filter(|r| asked || r.active)
        .filter(|r| checks.iter().all(|c| c.holds(&columns::of_list(books, r, c.name, c.kind))))
        .collect();
    if query.order.is_empty() {
        rows.sort_by_cached_key(|r| (r.full.to_lowercase(), r.id));
    } else {
        sort(&mut rows, query, |record, name, kind| columns::of_list(books, record, name, kind));
    }
    rows
}

fn sort<T: Copy>(rows: &mut [T], query: &Query, value: impl Fn(T, &str, Kind) -> Value) {
    // The last key first: the sort is stable.
    for (property, down) in query.order.iter().rev() {
        let Some((name, kind)) = columns::find(query.entity, property) else { continue };
        if *down {
            rows.sort_by_cached_key(|row| std::cmp::Reverse(value(*row, name, kind)));
        } else {
            rows.sort_by_cached_key(|row| value(*row, name, kind));
        }
    }
}

fn answer(
    json: &mut Json,
    query: &Query,
    found: usize,
    most: usize,
    write: impl Fn(&mut Json, usize),
) {
    json.key("QueryResponse");
    json.open();
    if query.count {
        json.field_number("totalCount", u64::try_from(found).unwrap_or(0));
        json.close();
        return;
    }
    let from = (query.start - 1).min(found);
    let to = from.saturating_add(most).min(found);
    if from < to {
        json.key(query.entity.name());
        json.open_array();
        for at in from..to {
            match &query.columns {
                None => write(json, at),
                Some(columns) => {
                    let mut whole = Json::default();
                    write(&mut whole, at);
                    project(json, &whole.out, columns);
                }
            }
        }
        json.close_array();
        json.field_number("startPosition", u64::try_from(query.start).unwrap_or(0));
        json.field_number("maxResults", u64::try_from(to - from).unwrap_or(0));
    }
    json.close();
}

/// Only the named columns, next to what every object carries.
fn project(json: &mut Json, whole: &str, columns: &[String]) {
    json.open();
    if let Ok(obj) = Obj::parse(whole) {
        for (key, raw) in &obj.0 {
            let wanted = columns
                .iter()
                .any(|c| c.split('.').next().is_some_and(|first| first.eq_ignore_ascii_case(key)));
            if wanted {
                json.field_raw(key, raw.get());
            }
        }
    }
    json.field("domain", "QBO");
    json.field_bool("sparse", true);
    json.close();
}

#[cfg(test)]
mod tests {
    use super::like;

    #[test]
    fn like_matches_percent_only() {
        for (text, pattern, want) in [
            ("abc", "abc", true),
            ("abc", "%", true),
            ("abc", "a%", true),
            ("abc", "%c", true),
            ("abc", "%b%", true),
            ("abc", "a%c", true),
            ("abc", "b%", false),
            ("abc", "a_c", false),
            ("aa", "a%a%a", false),
        ] {
            assert_eq!(like(text, pattern), want, "{text} LIKE {pattern}");
        }
    }
}
