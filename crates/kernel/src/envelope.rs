//! The CloudEvents 1.0 envelope of a canonical event.

use crate::fact::Fact;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Prefix of the CloudEvents `type` of canonical events.
pub const TYPE_PREFIX: &str = "tieout.";

/// A canonical event as structured-mode CloudEvents JSON
/// (CloudEvents 1.0, sources-and-cases.md A9).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Envelope {
    /// Always `1.0`.
    pub specversion: String,
    /// Unique within `source`.
    pub id: String,
    /// Who emits it; a URI reference.
    pub source: String,
    /// `tieout.<Kind>.v1`, e.g. `tieout.OrderCreated.v1`.
    #[serde(rename = "type")]
    pub event_type: String,
    /// RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// Always `application/json`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub datacontenttype: Option<String>,
    /// The thing the event is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// URI of the schema of `data`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataschema: Option<String>,
    /// Ordering key of streams.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partitionkey: Option<String>,
    /// The fact.
    pub data: Fact,
}

impl Envelope {
    /// Wraps a fact under `id`.
    pub fn wrap(fact: Fact, id: String, time: Timestamp) -> Self {
        Self {
            specversion: "1.0".to_owned(),
            id,
            source: fact.source.0.clone(),
            event_type: format!("{TYPE_PREFIX}{}.v1", fact.body.kind()),
            time: Some(time.to_string()),
            datacontenttype: Some("application/json".to_owned()),
            subject: Some(fact.subject.key.clone()),
            dataschema: None,
            partitionkey: Some(fact.subject.key.clone()),
            data: fact,
        }
    }
}

/// JSON Schema of the canonical event in its envelope (`schemas/canonical-event.schema.json`).
pub fn schema() -> String {
    let schema = schemars::schema_for!(Envelope);
    let mut text = serde_json::to_string_pretty(&schema).expect("a schema is plain JSON");
    text.push('\n');
    text
}
