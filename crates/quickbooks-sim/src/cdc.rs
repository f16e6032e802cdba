//! Change data: everything changed since an instant, deletions included, at most 1,000 objects and no
//! cursor (quickbooks.md §5).

use crate::books::Books;
use crate::clock;
use crate::config::Limits;
use crate::error::{Fault, Result};
use crate::json::Json;
use crate::kind::Entity;
use crate::{list, txn};

/// Builds the answer body.
pub(crate) fn run(
    books: &Books,
    limits: &Limits,
    entities: &str,
    since: &str,
    now_us: i64,
) -> Result<String> {
    let mut since =
        clock::parse_instant(since).ok_or_else(|| Fault::date("changedSince", since))?;
    if limits.change_days > 0 {
        since = since.max(now_us.div_euclid(1_000_000) - limits.change_days * 86_400);
    }
    let mut left = limits.changed_objects;
    let mut json = Json::with_capacity(4_096);
    json.open();
    json.key("CDCResponse");
    json.open_array();
    json.open();
    json.key("QueryResponse");
    json.open_array();
    for name in entities.split(',').map(str::trim).filter(|n| !n.is_empty()) {
        let entity = Entity::find(name)
            .filter(|e| !matches!(e, Entity::List(kind) if !kind.has_change_data()))
            .ok_or_else(|| Fault::object_name(name))?;
        block(books, entity, since, &mut left, &mut json);
    }
    json.close_array();
    json.close();
    json.close_array();
    json.field_time("time", now_us);
    json.close();
    Ok(json.out)
}

/// One block per entity: live objects in the order of their changes, then deletions. An overflow shows
/// only as a total larger than the array.
fn block(books: &Books, entity: Entity, since: i64, left: &mut usize, json: &mut Json) {
    let live: Vec<u32> = books.changed(entity, since).collect();
    let gone: Vec<_> = books
        .tombstones
        .iter()
        .filter(|t| Entity::Txn(t.kind) == entity && t.at >= since)
        .collect();
    let total = live.len() + gone.len();
    let rows = total.min(*left);
    *left -= rows;
    json.open();
    // A cut block says how much there was, also when nothing of it fits (assumed).
    if total > 0 {
        json.key(entity.name());
        json.open_array();
        for id in live.iter().take(rows) {
            match entity {
                Entity::Txn(_) => {
                    if let Some(txn) = books.txn(*id) {
                        txn::write::write(json, books, txn);
                    }
                }
                Entity::List(kind) => {
                    if let Some(record) = books.list(kind, *id) {
                        list::write::write(json, books, record);
                    }
                }
                Entity::CompanyInfo
                | Entity::Preferences
                | Entity::ExchangeRate
                | Entity::TaxService
                | Entity::Attachable
                | Entity::Budget => {}
            }
        }
        for tombstone in gone.iter().take(rows.saturating_sub(live.len())) {
            json.open();
            json.field("domain", "QBO");
            json.field("status", "Deleted");
            json.field_id("Id", tombstone.id);
            json.key("MetaData");
            json.open();
            json.field_stamp("LastUpdatedTime", tombstone.at);
            json.close();
            json.close();
        }
        json.close_array();
        if !live.is_empty() {
            json.field_number("startPosition", 1);
        }
        json.field_number("maxResults", u64::try_from(rows).unwrap_or(0));
        json.field_number("totalCount", u64::try_from(total).unwrap_or(0));
    }
    json.close();
}
