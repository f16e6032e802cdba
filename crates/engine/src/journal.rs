//! Bodies of audit entries: canonical JSON, keys sorted, money and hashes as text.

use crate::Result;
use kernel::{Id, Timestamp};
use ports::SqlTx;
use serde_json::{Map, Value, json};
use tlog::{Hash, leaf_hash, merkle_root};

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// Tieout itself.
    System,
    /// A person, by the name they gave or are known by.
    Person(String),
}

/// One audit entry body.
pub fn entry(at: Timestamp, actor: &Actor, kind: &str, fields: Value) -> String {
    let mut body = match fields {
        Value::Object(map) => map,
        other => Map::from_iter([("data".to_owned(), other)]),
    };
    body.insert("ts".to_owned(), json!(at.0.to_string()));
    body.insert("type".to_owned(), json!(kind));
    let (who, name) = match actor {
        Actor::System => ("system", "tieout"),
        Actor::Person(name) => ("person", name.as_str()),
    };
    body.insert("actor".to_owned(), json!({ "kind": who, "name": name }));
    Value::Object(body).to_string()
}

/// One entry that commits to a whole batch by the Merkle root of its leaves, in id order.
pub fn batch(at: Timestamp, kind: &str, batch: Id, leaves: &[Hash], more: Value) -> String {
    let mut fields = match more {
        Value::Object(map) => map,
        _ => Map::new(),
    };
    fields.insert("batch".to_owned(), json!(batch.to_string()));
    fields.insert("count".to_owned(), json!(leaves.len().to_string()));
    fields.insert("root".to_owned(), json!(merkle_root(leaves).to_base64()));
    entry(at, &Actor::System, kind, Value::Object(fields))
}

/// The leaf of a text.
pub fn leaf(text: &str) -> Hash {
    leaf_hash(text.as_bytes())
}

/// Closes every open exception of these scopes and says so in `entries`.
pub(crate) async fn close_scopes(
    tx: &mut dyn SqlTx,
    scopes: &[String],
    why: &str,
    now: Timestamp,
    entries: &mut Vec<String>,
) -> Result<()> {
    for (id, code) in store::exception::close_scopes(tx, scopes, why, now).await? {
        let body = json!({ "code": code, "exception": id.to_string(), "resolution": why });
        entries.push(entry(now, &Actor::System, "exception.closed", body));
    }
    Ok(())
}
