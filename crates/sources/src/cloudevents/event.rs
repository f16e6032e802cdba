//! Envelopes in structured, batch and binary mode, and the fact inside.

use crate::kit::fault::{About, unknown};
use crate::kit::{Located, Outcome, Parsed, Text, body, header, malformed};
use kernel::envelope::TYPE_PREFIX;
use kernel::{EconomicKey, Fact, FactBody, SourceName};
use ports::RawDelivery;
use serde::Deserialize;
use serde_json::value::RawValue;

/// How an event travels (CloudEvents 1.0, HTTP binding).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// One JSON object holds attributes and data: `application/cloudevents+json`.
    Structured,
    /// A JSON array of those: `application/cloudevents-batch+json`.
    Batch,
    /// Attributes are headers `ce-…` (Kafka: `ce_…`), the body is the data.
    Binary,
}

impl Mode {
    /// By headers, else by the first byte.
    pub fn of(delivery: &RawDelivery) -> Self {
        let content = header(delivery, &["content-type"]).unwrap_or_default().to_ascii_lowercase();
        if content.starts_with("application/cloudevents-batch") {
            Self::Batch
        } else if content.starts_with("application/cloudevents") {
            Self::Structured
        } else if attribute(delivery, "type").is_some() {
            Self::Binary
        } else if delivery.body.trim_ascii_start().first() == Some(&b'[') {
            Self::Batch
        } else {
            Self::Structured
        }
    }
}

/// The attribute `name` of binary mode.
fn attribute<'d>(delivery: &'d RawDelivery, name: &str) -> Option<&'d str> {
    header(delivery, &[&format!("ce-{name}"), &format!("ce_{name}")])
}

/// The attributes that matter. Extensions are allowed and stay in the raw delivery.
#[derive(Debug, Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    specversion: Option<Text<'a>>,
    #[serde(borrow)]
    id: Option<Text<'a>>,
    #[serde(borrow)]
    source: Option<Text<'a>>,
    #[serde(borrow, rename = "type")]
    event_type: Option<Text<'a>>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}

/// The order system whose delivery is read.
pub struct Connection<'s> {
    pub source: &'s SourceName,
    pub event_source: &'s str,
}

/// `source` and `id`, when the delivery is one event that has both.
pub fn identity(delivery: &RawDelivery) -> Option<String> {
    let join = |source: &str, id: &str| {
        let whole = format!("{source} {id}");
        (!source.is_empty() && !id.is_empty() && whole.len() <= 512).then_some(whole)
    };
    match Mode::of(delivery) {
        Mode::Batch => None,
        Mode::Binary => join(attribute(delivery, "source")?, attribute(delivery, "id")?),
        Mode::Structured => {
            let envelope: Envelope<'_> = serde_json::from_slice(&delivery.body).ok()?;
            join(envelope.source?.as_str(), envelope.id?.as_str())
        }
    }
}

/// The type of the one event.
pub fn event_type(delivery: &RawDelivery) -> Option<String> {
    let shown = |text: &str| text.chars().take(100).collect();
    if let Some(name) = attribute(delivery, "type") {
        return Some(shown(name));
    }
    let envelope: Envelope<'_> = serde_json::from_slice(&delivery.body).ok()?;
    envelope.event_type.map(|t| shown(t.as_str()))
}

/// Reads a delivery of any mode.
pub fn read(
    connection: &Connection<'_>,
    delivery: &RawDelivery,
    text: &str,
    out: &mut Outcome,
) -> Parsed<()> {
    match Mode::of(delivery) {
        Mode::Structured => structured(connection, text, out),
        Mode::Batch => {
            let list: Vec<&RawValue> = body::json(text, "body")?;
            if list.is_empty() {
                out.ignore("an empty batch");
            }
            for (n, raw) in list.into_iter().enumerate() {
                out.within(format_args!("[{n}]"), |out| structured(connection, raw.get(), out));
            }
            Ok(())
        }
        Mode::Binary => {
            let of = |name| attribute(delivery, name);
            let attributes = Attributes {
                specversion: of("specversion"),
                id: of("id"),
                source: of("source"),
                event_type: of("type"),
            };
            fact(connection, &attributes, text, out)
        }
    }
}

fn structured(connection: &Connection<'_>, text: &str, out: &mut Outcome) -> Parsed<()> {
    let envelope: Envelope<'_> = body::json(text, "event")?;
    let attributes = Attributes {
        specversion: envelope.specversion.as_ref().map(Text::as_str),
        id: envelope.id.as_ref().map(Text::as_str),
        source: envelope.source.as_ref().map(Text::as_str),
        event_type: envelope.event_type.as_ref().map(Text::as_str),
    };
    fact(connection, &attributes, envelope.data.at("data")?.get(), out)
}

/// The required context attributes (CloudEvents 1.0 §3.1).
struct Attributes<'a> {
    specversion: Option<&'a str>,
    id: Option<&'a str>,
    source: Option<&'a str>,
    event_type: Option<&'a str>,
}

impl Attributes<'_> {
    fn check(&self, connection: &Connection<'_>) -> Parsed<()> {
        let version = self.specversion.at("specversion")?;
        if version != "1.0" {
            let detail = format!("version `{}`; 1.0 is understood", bounded(version));
            return Err(unknown("specversion", detail, None));
        }
        if self.id.at("id")?.is_empty() {
            return Err(malformed("id", "the id is empty; give every event its own"));
        }
        let source = self.source.at("source")?;
        let rest = source.strip_prefix(connection.event_source);
        if !rest.is_some_and(|r| r.is_empty() || r.starts_with('/')) {
            let detail = format!(
                "source `{}`, but this connection is for `{}`",
                bounded(source),
                connection.event_source
            );
            return Err(malformed("source", detail));
        }
        Ok(())
    }
}

fn fact(
    connection: &Connection<'_>,
    attributes: &Attributes<'_>,
    data: &str,
    out: &mut Outcome,
) -> Parsed<()> {
    attributes.check(connection)?;
    let name = attributes.event_type.at("type")?;
    let kind = name.strip_prefix(TYPE_PREFIX).and_then(|k| k.strip_suffix(".v1"));
    let Some(kind) = kind else {
        let detail =
            format!("type `{}`; canonical events are `{TYPE_PREFIX}<Kind>.v1`", bounded(name));
        return Err(unknown("type", detail, None));
    };
    // Typed all the way down: amounts are integers, so 10.5 is refused and not rounded.
    let mut fact: Fact = body::json(data, "data")?;
    if fact.body.kind() != kind {
        let detail = format!("type says {}, data is a {}", bounded(kind), fact.body.kind());
        return Err(malformed("type", detail)).worth(fact.amount()).about(&fact.subject);
    }
    own(connection, &mut fact);
    out.fact(fact);
    Ok(())
}

/// Makes the fact this connection's: nobody speaks in the name of another source. Versions of
/// orders are the connection's own; keys of payments are left alone, since another source may
/// tell of the same movement under the same key (`stripe/ch_1/capture`).
fn own(connection: &Connection<'_>, fact: &mut Fact) {
    let name = connection.source.as_str();
    fact.source = connection.source.clone();
    fact.subject.key = prefixed(name, &fact.subject.key);
    let is_order = matches!(
        fact.body,
        FactBody::OrderCreated(_) | FactBody::OrderUpdated(_) | FactBody::OrderCancelled(_)
    );
    if is_order {
        fact.key = EconomicKey(prefixed(name, fact.key.as_str()));
    }
}

fn prefixed(name: &str, key: &str) -> String {
    let is_own = key.strip_prefix(name).is_some_and(|rest| rest.starts_with('/'));
    if is_own { key.to_owned() } else { format!("{name}/{key}") }
}

fn bounded(text: &str) -> String {
    text.chars().take(100).collect()
}
