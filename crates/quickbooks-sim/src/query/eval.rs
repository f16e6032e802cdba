//! Running a query over the books.

use super::columns::{self, Column, Kind, Value};
use super::parse::{Compare, Filter, Literal, Query, parse};
use super::project::project;
use crate::attachable::Attachable;
use crate::books::Books;
use crate::budget::Budget;
use crate::clock::{self, Date};
use crate::config::Limits;
use crate::error::{Fault, Result};
use crate::json::Json;
use crate::kind::{Entity, ListKind, TxnKind};
use crate::list::{self, Record};
use crate::money;
use crate::rates;
use crate::txn::{self, Txn};

/// Rows of a page when MAXRESULTS is absent (quickbooks.md §3).
const DEFAULT_PAGE: usize = 100;

/// What a query runs against.
#[derive(Clone, Copy)]
pub(crate) struct Context<'c> {
    pub books: &'c Books,
    pub realm: &'c str,
    pub limits: &'c Limits,
    pub now_us: i64,
}

/// A condition ready to compare.
struct Check {
    column: Column,
    compare: Compare,
    values: Vec<Value>,
}

/// Runs a query and appends `"QueryResponse":{...}`. Gives how many objects are in it.
pub(crate) fn run(context: Context<'_>, text: &str, json: &mut Json) -> Result<usize> {
    let Context { books, realm, limits, .. } = context;
    let query = parse(text)?;
    let most = query.most.unwrap_or(DEFAULT_PAGE);
    if most > limits.query_rows {
        return Err(Fault::query_validation(&format!(
            "value {most} is too large. Max allowed value is {}",
            limits.query_rows
        )));
    }
    let today = context.books.today(context.now_us);
    let checks = query
        .filters
        .iter()
        .map(|filter| check(query.entity, filter, today))
        .collect::<Result<Vec<_>>>()?;
    for (property, _) in &query.order {
        if !column(query.entity, property)?.sorts {
            return Err(Fault::query_validation(&format!("property '{property}' is not sortable")));
        }
    }
    for property in query.columns.iter().flatten() {
        if columns::find(query.entity, property).is_none() {
            known(query.entity, property)?;
        }
    }
    let before = json.out.len();
    let shown = match query.entity {
        Entity::Txn(kind) => {
            let rows = txn_rows(books, kind, &query, &checks);
            answer(json, &query, rows.len(), most, |json, at| {
                txn::write::write(json, books, rows[at]);
            })
        }
        Entity::List(kind) => {
            let rows = list_rows(books, kind, &query, &checks);
            answer(json, &query, rows.len(), most, |json, at| {
                list::write::write(json, books, rows[at]);
            })
        }
        Entity::ExchangeRate => {
            let holds = |row: &(rates::Key, &rates::Rate)| {
                checks.iter().all(|c| c.holds(&columns::of_rate(*row, c.column.name)))
            };
            let mut rows: Vec<_> = books.rates.all().filter(holds).collect();
            sort(&mut rows, &query, |row, name, _| columns::of_rate(row, name));
            answer(json, &query, rows.len(), most, |json, at| {
                rates::write(json, books, rows[at].0, rows[at].1);
            })
        }
        Entity::Attachable => {
            let rows = attachable_rows(books, &query, &checks);
            answer(json, &query, rows.len(), most, |json, at| {
                crate::attachable::write_object(json, rows[at], realm);
            })
        }
        Entity::Budget => {
            let of = columns::of_budget;
            let holds = |b: &&Budget| checks.iter().all(|c| c.holds(&of(b, c.column.name)));
            let mut rows: Vec<&Budget> = books.budgets.iter().filter(holds).collect();
            sort(&mut rows, &query, |budget, name, _| of(budget, name));
            answer(json, &query, rows.len(), most, |json, at| {
                crate::budget::write(json, books, rows[at]);
            })
        }
        // Recorded: there is such a path, but nothing to select from (quickbooks-ruby issue 628).
        Entity::TaxService => {
            return Err(Fault::query_validation("Metadata not found for Entity: TaxService"));
        }
        Entity::CompanyInfo | Entity::Preferences => answer(json, &query, 1, most, |json, _| {
            if query.entity == Entity::CompanyInfo {
                crate::company::write_info(json, books, realm);
            } else {
                crate::company::write_preferences(json, books);
            }
        }),
    };
    if json.out.len() - before > limits.answer_bytes {
        return Err(Fault::too_large());
    }
    Ok(shown)
}

/// Refuses a property that the entity does not have.
fn known(entity: Entity, property: &str) -> Result<()> {
    if columns::exists(entity, property) {
        return Ok(());
    }
    let entity = entity.name();
    Err(Fault::query_validation(&format!("Property {property} not found for Entity {entity}")))
}

fn column(entity: Entity, property: &str) -> Result<Column> {
    match columns::find(entity, property) {
        Some(column) => Ok(column),
        None => {
            known(entity, property)?;
            Err(Fault::query_validation(&format!("property '{property}' is not queryable")))
        }
    }
}

fn check(entity: Entity, filter: &Filter, today: Date) -> Result<Check> {
    let column = column(entity, &filter.property)?;
    let compare = filter.compare;
    let fits = match compare {
        Compare::Equal | Compare::In => true,
        Compare::Like | Compare::Contains => column.kind == Kind::Text,
        // Id supports only = and IN (quickbooks.md §3).
        _ => column.kind != Kind::Id,
    };
    if !fits {
        return Err(Fault::query_validation(&format!(
            "operator not supported for property {}",
            column.name
        )));
    }
    let values = filter
        .values
        .iter()
        .map(|value| match value {
            Literal::Today => literal(column.kind, &today.text()),
            Literal::Text(text) => match query_id(entity, column.kind, text) {
                Some(id) => Ok(Value::Whole(id.into())),
                None => literal(column.kind, text),
            },
        })
        .collect::<Result<_>>()?;
    Ok(Check { column, compare, values })
}

/// The tax codes TAX and NON go by their names.
fn query_id(entity: Entity, kind: Kind, text: &str) -> Option<u32> {
    (kind == Kind::Id && entity == Entity::List(ListKind::TaxCode))
        .then(|| list::tax::pseudo_id(text))
        .flatten()
}

fn literal(kind: Kind, text: &str) -> Result<Value> {
    let bad = || Fault::query_validation(&format!("invalid value '{text}' for the property"));
    match kind {
        Kind::Id => text.parse().map(Value::Whole).map_err(|_| Fault::invalid_id("Id", text)),
        Kind::Reference => text.parse().map(Value::Whole).map_err(|_| bad()),
        Kind::Text => Ok(Value::Text(text.to_lowercase())),
        Kind::Amount => money::parse_decimal(text).map(Value::Amount).map_err(|_| bad()),
        Kind::Day => Date::parse(text).map(|d| Value::Whole(d.0)).ok_or_else(bad),
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
            Compare::Between => value >= first && self.values.last().is_some_and(|l| value <= l),
            Compare::Like | Compare::Contains => match (value, first) {
                (Value::Text(text), Value::Text(part)) if self.compare == Compare::Contains => {
                    text.contains(part.as_str())
                }
                (Value::Text(text), Value::Text(pattern)) => like(text, pattern),
                _ => false,
            },
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
        checks
            .iter()
            .find(|c| c.column.name == name && matches!(c.compare, Compare::Equal | Compare::In))
    };
    let holds = |txn: &&Txn| {
        checks.iter().all(|c| c.holds(&columns::of_txn(txn, c.column.name, c.column.kind)))
    };
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
                c.column.name == "MetaData.LastUpdatedTime"
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

/// Matching attachments: one of the things it belongs to must meet all conditions about them.
fn attachable_rows<'b>(books: &'b Books, query: &Query, checks: &[Check]) -> Vec<&'b Attachable> {
    let value = columns::of_attachable;
    let mut rows: Vec<&Attachable> = books
        .attachables
        .values()
        .filter(|file| {
            let owners = file.belongs_to();
            let all = |owner: Option<&(String, String)>| {
                checks.iter().all(|c| c.holds(&value(file, owner, c.column.name, c.column.kind)))
            };
            if owners.is_empty() { all(None) } else { owners.iter().any(|o| all(Some(o))) }
        })
        .collect();
    if query.order.is_empty() {
        rows.sort_by_key(|file| std::cmp::Reverse((file.updated, file.id)));
    } else {
        sort(&mut rows, query, |file, name, kind| value(file, None, name, kind));
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
    let asked = checks.iter().any(|c| c.column.name == "Active");
    let mut rows: Vec<&Record> = books
        .all(kind)
        .filter(|r| asked || r.active)
        .filter(|r| {
            checks
                .iter()
                .all(|c| c.holds(&columns::of_list(books, r, c.column.name, c.column.kind)))
        })
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
        let Some(Column { name, kind, .. }) = columns::find(query.entity, property) else {
            continue;
        };
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
) -> usize {
    json.key("QueryResponse");
    json.open();
    if query.count {
        json.field_number("totalCount", u64::try_from(found).unwrap_or(0));
        json.close();
        return 0;
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
    to - from
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
