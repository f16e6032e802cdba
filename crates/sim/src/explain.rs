//! Calls and decisions in words: what `explain` says of them.

use crate::evidence::Evidence;
use crate::world::World;
use bytes::Bytes;
use http::{Request, Response};
use kernel::Timestamp;
use ports::HttpFailure;
use serde_json::Value;

/// Most documents of a batch that are named.
const NAMED: usize = 30;

/// What a request asks for, in words.
pub fn request(request: &Request<Bytes>) -> String {
    let uri = request.uri();
    let path = uri.path();
    let what = path
        .rsplit_once("/company/")
        .map_or(path, |(_, rest)| rest.split_once('/').map_or(rest, |(_, operation)| operation));
    let body: Value = serde_json::from_slice(request.body()).unwrap_or(Value::Null);
    let told = match what {
        "batch" => batch(&body),
        "query" => format!("query {}", query(request)),
        _ if path.contains("oauth") || path.contains("tokens") => "a new access token".to_owned(),
        "cdc" => "what changed".to_owned(),
        _ => single(what, uri.query().unwrap_or_default(), &body),
    };
    match parameter(uri.query().unwrap_or_default(), "requestid") {
        Some(id) => format!("{told} [request {id}]"),
        None => told,
    }
}

fn query(request: &Request<Bytes>) -> String {
    let text = String::from_utf8_lossy(request.body());
    let text = if text.is_empty() {
        parameter(request.uri().query().unwrap_or_default(), "query").unwrap_or_default().to_owned()
    } else {
        text.into_owned()
    };
    text.replace("%20", " ").chars().take(120).collect()
}

fn parameter<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    query.split('&').filter_map(|pair| pair.split_once('=')).find(|(n, _)| *n == name).map(|p| p.1)
}

fn single(what: &str, query: &str, body: &Value) -> String {
    let act = match parameter(query, "operation") {
        Some(operation) => operation,
        None if body.get("Id").is_some() => "update",
        None if body.is_object() => "create",
        None => "read",
    };
    format!("to {act} {what}{}", named(body))
}

fn batch(body: &Value) -> String {
    let items = body.get("BatchItemRequest").and_then(Value::as_array);
    let items = items.map_or(&[][..], Vec::as_slice);
    let each: Vec<String> = items.iter().take(NAMED).map(item).collect();
    let more = items.len().saturating_sub(NAMED);
    let rest = if more > 0 { format!(", and {more} more") } else { String::new() };
    format!("a batch of {}: {}{rest}", items.len(), each.join(", "))
}

fn item(item: &Value) -> String {
    if let Some(query) = item.get("Query").and_then(Value::as_str) {
        return format!("query {}", query.chars().take(80).collect::<String>());
    }
    let act = item.get("operation").and_then(Value::as_str).unwrap_or("?");
    let object = item.as_object().into_iter().flatten();
    let found = object.filter(|(_, v)| v.is_object()).map(|(k, v)| format!("{k}{}", named(v)));
    format!("{act} {}", found.collect::<Vec<_>>().join(" "))
}

/// Number, name or id of an object, and how much it is.
fn named(body: &Value) -> String {
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    let name = ["DocNumber", "DisplayName", "Name", "Id"].into_iter().find_map(text);
    let note = text("PrivateNote").and_then(|n| n.split("tieout:").nth(1));
    let mark = note.and_then(|n| n.split_whitespace().next());
    let mark = mark.map_or(String::new(), |m| format!(" ({m})"));
    name.map_or(String::new(), |n| format!(" {n}")) + &mark
}

/// What came back, in words.
pub fn answer(answer: &Result<Response<Bytes>, HttpFailure>) -> String {
    match answer {
        Err(HttpFailure::NotSent(_)) => {
            "that the connection is refused (nothing was sent)".to_owned()
        }
        Err(HttpFailure::Unknown(why)) => format!("nothing it can use ({why})"),
        Ok(r) => {
            let body: Value = serde_json::from_slice(r.body()).unwrap_or(Value::Null);
            format!("{}{}", r.status().as_u16(), outcome(&body))
        }
    }
}

fn outcome(body: &Value) -> String {
    if let Some(code) = fault(body) {
        return format!(" with fault {code}");
    }
    let items = body.get("BatchItemResponse").and_then(Value::as_array);
    let faults: Vec<String> = items.into_iter().flatten().filter_map(fault).collect();
    if faults.is_empty() { String::new() } else { format!(" with faults {}", faults.join(", ")) }
}

fn fault(body: &Value) -> Option<String> {
    let fault = body.get("Fault").or_else(|| body.get("fault"))?;
    let errors = fault.get("Error").or_else(|| fault.get("error")).and_then(Value::as_array)?;
    let first = errors.first()?;
    let code = first.get("code").and_then(Value::as_str).unwrap_or("?");
    let text = first.get("Message").or_else(|| first.get("message")).and_then(Value::as_str);
    Some(format!("{code} ({})", text.unwrap_or("no message")))
}

/// Longest text of a decision.
const DECISION_MAX: usize = 240;

/// Adds what the audit log tells to the trace: why things were done. Its times are those of the
/// process that decided.
pub fn books(world: &World, evidence: &Evidence) {
    if !world.trace.keeps() {
        return;
    }
    for entry in &evidence.entries {
        let text = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default();
        let at = Timestamp(text("ts").parse().unwrap_or(0));
        let fields = entry.as_object().into_iter().flatten();
        let fields = fields.filter(|(name, _)| {
            !matches!(name.as_str(), "ts" | "type" | "actor" | "root" | "batch")
        });
        let told: Vec<String> = fields.map(|(name, value)| format!("{name}={value}")).collect();
        let told: String = told.join(" ").chars().take(DECISION_MAX).collect();
        world.trace.note(at, "books", || format!("{} {told}", text("type")));
    }
}
