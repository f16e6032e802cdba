//! Changes of stored objects that are silently lost: each is answered with the object as it is.

use http::Method;

use crate::batch;
use crate::config::Config;
use crate::exchange::Incoming;
use crate::gateway::company_path;
use crate::json::{Json, Obj, array};
use crate::kind::Entity;
use crate::service;
use crate::state::State;

/// What is lost of a request.
pub(crate) enum Lost {
    /// All of it, a single write; its whole answer.
    Write(String),
    /// Some items of a batch; their answers, and the batch without them, if anything is left.
    Items { answers: Vec<String>, rest: Option<String> },
}

/// What would be lost of a request; none when it changes no stored object.
pub(crate) fn lost(state: &State, config: &Config, req: &Incoming<'_>) -> Option<Lost> {
    if req.method != Method::POST {
        return None;
    }
    let path = company_path(req.path)?.1;
    let obj = Obj::parse(req.body).ok()?;
    if path == "batch" {
        return of_batch(state, config, &obj);
    }
    let mut json = Json::default();
    json.open();
    unchanged(state, config, Entity::find(path)?, &obj, &mut json)?;
    json.field_time("time", req.now_us);
    json.close();
    Some(Lost::Write(json.out))
}

/// Appends `"Invoice":{...}` of the object that a body wants to change.
fn unchanged(
    state: &State,
    config: &Config,
    entity: Entity,
    body: &Obj<'_>,
    json: &mut Json,
) -> Option<()> {
    let id = body.text("Id")?;
    service::read_one(&state.books, entity, &id, &config.realm_id, json).ok()
}

fn of_batch(state: &State, config: &Config, batch: &Obj<'_>) -> Option<Lost> {
    let (mut answers, mut rest) = (Vec::new(), Json::default());
    rest.open();
    rest.key("BatchItemRequest");
    rest.open_array();
    let mut left = false;
    for raw in batch.get("BatchItemRequest").and_then(array)? {
        match of_item(state, config, &Obj::parse(raw.get()).ok()?) {
            Some(answer) => answers.push(answer),
            None => {
                left = true;
                rest.raw(raw.get());
            }
        }
    }
    rest.close_array();
    rest.close();
    let rest = left.then_some(rest.out);
    (!answers.is_empty()).then_some(Lost::Items { answers, rest })
}

fn of_item(state: &State, config: &Config, item: &Obj<'_>) -> Option<String> {
    let (entity, raw) = batch::entity(item)?;
    let mut json = Json::default();
    json.open();
    unchanged(state, config, entity, &Obj::parse(raw.get()).ok()?, &mut json)?;
    json.field("bId", &item.text("bId").unwrap_or_default());
    json.close();
    Some(json.out)
}

/// The answer of a batch: what the company says of its other items, and the lost ones after them. Their
/// order is not promised (quickbooks.md §4). None when the company refused the batch as a whole.
pub(crate) fn joined(answer: Option<&str>, lost: &[String], now_us: i64) -> Option<String> {
    let mut json = Json::default();
    json.open();
    json.key("BatchItemResponse");
    json.open_array();
    if let Some(answer) = answer {
        let others = Obj::parse(answer).ok()?.get("BatchItemResponse").and_then(array)?;
        for raw in others {
            json.raw(raw.get());
        }
    }
    for item in lost {
        json.raw(item);
    }
    json.close_array();
    json.field_time("time", now_us);
    json.close();
    Some(json.out)
}
