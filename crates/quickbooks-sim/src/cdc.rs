//! Change data: everything changed since an instant, deletions included, at most 1,000 objects and no
//! cursor (quickbooks.md §5).

use crate::books::Books;
use crate::clock;
use crate::config::Limits;
use crate::error::{Fault, Result};
use crate::json::Json;
use crate::kind::Entity;
use crate::{attachable, list, txn};

/// What is asked for.
#[derive(Clone, Copy)]
pub(crate) struct Changes<'c> {
    pub books: &'c Books,
    pub limits: &'c Limits,
    /// Names separated by commas.
    pub entities: &'c str,
    pub since: &'c str,
    /// The company's id in paths.
    pub realm: &'c str,
    pub now_us: i64,
}

impl Changes<'_> {
    /// The answer body.
    pub(crate) fn answer(&self) -> Result<String> {
        let mut json = Json::with_capacity(4_096);
        json.open();
        json.key("CDCResponse");
        json.open_array();
        self.write(self.limits.changed_objects, &mut json)?;
        json.close_array();
        json.field_time("time", self.now_us);
        json.close();
        Ok(json.out)
    }

    /// Appends `{"QueryResponse":[...]}` with a block for each entity, at most `most` objects
    /// together. Gives how many there are.
    pub(crate) fn write(&self, most: usize, json: &mut Json) -> Result<usize> {
        let mut since = clock::parse_instant(self.since)
            .ok_or_else(|| Fault::date("changedSince", self.since))?;
        if self.limits.change_days > 0 {
            let first = self.now_us.div_euclid(1_000_000) - self.limits.change_days * 86_400;
            since = since.max(first);
        }
        let entities = self
            .entities
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .map(|name| {
                Entity::find(name)
                    .filter(|e| !matches!(e, Entity::List(kind) if !kind.has_change_data()))
                    .filter(|e| *e != Entity::TaxService)
                    .ok_or_else(|| Fault::object_name(name))
            })
            .collect::<Result<Vec<_>>>()?;
        if entities.is_empty() {
            return Err(Fault::missing("entities"));
        }
        let mut left = most;
        json.open();
        json.key("QueryResponse");
        json.open_array();
        for entity in entities {
            self.block(entity, since, &mut left, json);
        }
        json.close_array();
        json.close();
        Ok(most - left)
    }

    /// One block per entity: live objects in the order of their changes, then deletions. An overflow shows
    /// only as a total larger than the array.
    fn block(&self, entity: Entity, since: i64, left: &mut usize, json: &mut Json) {
        let Self { books, realm, .. } = *self;
        let live: Vec<u32> = match entity {
            Entity::Attachable => books.changed_attachables(since),
            _ => books.changed(entity, since).collect(),
        };
        let gone: Vec<_> =
            books.tombstones.iter().filter(|t| t.entity == entity && t.at >= since).collect();
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
                    Entity::Attachable => {
                        if let Some(file) = books.attachables.get(id) {
                            attachable::write_object(json, file, realm);
                        }
                    }
                    Entity::CompanyInfo
                    | Entity::Preferences
                    | Entity::ExchangeRate
                    | Entity::TaxService
                    | Entity::Budget => {}
                }
            }
            for tombstone in gone.iter().take(rows.saturating_sub(live.len())) {
                json.open();
                json.field("domain", "QBO");
                json.field("status", "Deleted");
                match entity {
                    Entity::Attachable => {
                        json.field("Id", &attachable::shown(tombstone.id).to_string());
                    }
                    _ => json.field_id("Id", tombstone.id),
                }
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
}
