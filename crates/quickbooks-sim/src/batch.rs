//! Batches: up to thirty independent writes and queries in one request (quickbooks.md §4).

use serde_json::value::RawValue;

use crate::config::Config;
use crate::error::{Fault, Result};
use crate::json::{Json, Obj, array, scalar};
use crate::kind::Entity;
use crate::meter::{Count, Meter};
use crate::service::{self, Done, Op, Write};
use crate::state::State;
use crate::{cdc, query, replies, report, schema};

/// Runs a batch. Gives the answer body and whether anything changed.
pub(crate) fn run(
    state: &mut State,
    config: &Config,
    meter: &mut Meter,
    body: &str,
    request_id: Option<&str>,
    now_us: i64,
) -> Result<(String, bool)> {
    let envelope =
        Obj::parse(body).map_err(|e| Fault::malformed(format!("MalformedRequest : {e}")))?;
    let items = envelope.get("BatchItemRequest").and_then(array).unwrap_or_default();
    if items.is_empty() {
        return Err(Fault::malformed("MalformedRequest / Batch Request is Empty"));
    }
    if items.len() > config.limits.batch_items {
        return Err(Fault::batch_too_big(config.limits.batch_items));
    }
    let mut changed = false;
    let mut left = config.limits.query_rows;
    let mut json = Json::with_capacity(1_024 * items.len());
    json.open();
    json.key("BatchItemResponse");
    json.open_array();
    for raw in items {
        meter.batch_items += 1;
        json.open();
        let obj = Obj::parse(raw.get()).unwrap_or_default();
        let id = obj.text("bId").unwrap_or_default();
        let mut item = Item { state, config, meter, request_id, left: &mut left, now_us };
        match item.run(&obj, &id, &mut json) {
            Ok(did) => changed |= did,
            Err(fault) => {
                meter.count(Count::Fault);
                fault.write(&mut json);
            }
        }
        json.field("bId", &id);
        json.close();
    }
    json.close_array();
    json.field_time("time", now_us);
    json.close();
    Ok((json.out, changed))
}

struct Item<'i> {
    state: &'i mut State,
    config: &'i Config,
    meter: &'i mut Meter,
    request_id: Option<&'i str>,
    /// Objects that queries and change data of this batch may still answer with.
    left: &'i mut usize,
    now_us: i64,
}

impl Item<'_> {
    fn run(&mut self, obj: &Obj<'_>, id: &str, json: &mut Json) -> Result<bool> {
        let Some((payload, raw)) = payload(obj)? else {
            return Err(Fault::malformed("MalformedRequest / batch item without entity"));
        };
        let entity = match payload {
            Payload::Entity(entity) => entity,
            reading => {
                if self.meter.is_blocked(&self.config.limits) {
                    return Err(Fault::throttled());
                }
                let mut answer = Json::default();
                self.read(&reading, raw, &mut answer)?;
                json.raw(&answer.out);
                return Ok(false);
            }
        };
        let key = match self.request_id {
            None => None,
            Some(request) => {
                // With a request id each bId is at most 10 characters (quickbooks.md §2).
                if id.chars().count() > 10 {
                    return Err(Fault::request_id());
                }
                Some(replies::item_key(request, id))
            }
        };
        if let Some(kept) = key
            .as_ref()
            .and_then(|k| self.state.replies.get(k, self.now_us, self.config.request_id_seconds))
        {
            self.meter.count(Count::Replay);
            json.raw(&String::from_utf8_lossy(&kept));
            return Ok(false);
        }
        let inner = Obj::parse(raw.get())
            .map_err(|e| Fault::invalid_property(format!("Property Name:{e}")))?;
        let mut answer = Json::with_capacity(1_024);
        let write = Write {
            entity,
            op: operation(obj)?,
            obj: &inner,
            allow_duplicate_number: options(obj).contains("allowduplicatedocnum"),
            void_paid_invoice: self.config.void_paid_invoice,
            realm: &self.config.realm_id,
            limits: &self.config.limits,
            now_us: self.now_us,
        };
        let (done, changed) = service::write(&mut self.state.books, &write, &mut answer)?;
        self.meter.count(count_of(done));
        json.raw(&answer.out);
        if let Some(key) = key {
            self.state.replies.keep(&key, self.now_us, &answer.out);
            return Ok(true);
        }
        Ok(changed)
    }
}

impl Item<'_> {
    /// Answers a query, change data or a report. All of a batch together hold at most 1,000 objects
    /// (quickbooks.md §4).
    fn read(&mut self, what: &Payload, raw: &RawValue, json: &mut Json) -> Result<()> {
        let books = &self.state.books;
        let text = scalar(raw).unwrap_or_default();
        let (count, objects) = match what {
            Payload::Query => {
                let context = query::Context {
                    books,
                    realm: &self.config.realm_id,
                    limits: &self.config.limits,
                    now_us: self.now_us,
                };
                (Count::Query, query::run(context, &text, json)?)
            }
            Payload::Changes => {
                let asked = Obj::parse(raw.get())
                    .map_err(|e| Fault::invalid_property(format!("Property Name:CDCQuery {e}")))?;
                schema::CDC_QUERY.kept(&asked)?;
                let entities = asked.text("Entities").ok_or_else(|| Fault::missing("Entities"))?;
                let since =
                    asked.text("ChangedSince").ok_or_else(|| Fault::missing("ChangedSince"))?;
                json.key("CDCResponse");
                let changes = cdc::Changes {
                    books,
                    limits: &self.config.limits,
                    entities: &entities,
                    since: &since,
                    realm: &self.config.realm_id,
                    now_us: self.now_us,
                };
                let most = self.config.limits.changed_objects.min(*self.left);
                (Count::Cdc, changes.write(most, json)?)
            }
            Payload::Report | Payload::Entity(_) => {
                let (name, parameters) = text.split_once('?').unwrap_or((&text, ""));
                let name = name.trim_start_matches('/').trim_start_matches("reports/");
                let limits = &self.config.limits;
                json.field_raw(
                    "Report",
                    &report::run(books, limits, name, parameters, self.now_us)?,
                );
                (Count::Report, 0)
            }
        };
        *self.left = self.left.checked_sub(objects).ok_or_else(Fault::too_large)?;
        self.meter.count(count);
        Ok(())
    }
}

/// What a finished write counts as.
pub(crate) fn count_of(done: Done) -> Count {
    match done {
        Done::Created => Count::Create,
        Done::Updated | Done::Sent => Count::Update,
        Done::Deleted => Count::Delete,
        Done::Voided => Count::Void,
    }
}

/// What an item is about.
#[derive(Clone, Copy)]
enum Payload {
    Entity(Entity),
    Query,
    Changes,
    Report,
}

fn payload<'a>(obj: &Obj<'a>) -> Result<Option<(Payload, &'a RawValue)>> {
    for (key, raw) in &obj.0 {
        let payload = match key.as_ref() {
            "bId" | "operation" | "optionsData" => continue,
            "Query" => Payload::Query,
            "CDCQuery" => Payload::Changes,
            "ReportQuery" => Payload::Report,
            name => Entity::find(name)
                .filter(|e| e.name() == name)
                .map(Payload::Entity)
                .ok_or_else(|| Fault::object_name(name))?,
        };
        return Ok(Some((payload, raw)));
    }
    Ok(None)
}

/// The entity that an item writes, and its body.
pub(crate) fn entity<'a>(item: &Obj<'a>) -> Option<(Entity, &'a RawValue)> {
    match payload(item) {
        Ok(Some((Payload::Entity(entity), raw))) => Some((entity, raw)),
        _ => None,
    }
}

fn options(obj: &Obj<'_>) -> String {
    obj.text("optionsData").unwrap_or_default().to_ascii_lowercase()
}

fn operation(obj: &Obj<'_>) -> Result<Op> {
    let operation = obj.text("operation").ok_or_else(|| Fault::missing("operation"))?;
    match operation.as_ref() {
        "create" => Ok(Op::Create),
        "update" if options(obj).contains("void") => Ok(Op::Void),
        "update" => Ok(Op::Update),
        "delete" => Ok(Op::Delete),
        "void" => Ok(Op::Void),
        "send" => Ok(Op::Send),
        other => Err(Fault::unsupported(other)),
    }
}
