//! From a JSON answer to the XML that says the same.

use serde_json::value::RawValue;

use super::{NAMESPACE, PROLOG, escape, gateway_fault, names};
use crate::json::{Obj, array, scalar};
use crate::kind::Entity;
use crate::schema;

/// The document of an answer.
pub(super) fn convert(body: &str, now_us: i64) -> Option<String> {
    let answer = Obj::parse(body).ok()?;
    if let Some(fault) = answer.object("fault") {
        return Some(of_gateway(&fault, now_us));
    }
    let mut out = String::with_capacity(body.len() * 2);
    out.push_str(PROLOG);
    // A report stands alone, everything else in an envelope.
    let root = if answer.get("Header").is_some() { "Report" } else { "IntuitResponse" };
    out.push('<');
    out.push_str(root);
    attribute(&mut out, "xmlns", NAMESPACE);
    if let Some(time) = answer.text("time") {
        attribute(&mut out, "time", &time);
    }
    out.push('>');
    for (name, raw) in answer.0.iter().filter(|(name, _)| name != "time") {
        element(&mut out, name, raw);
    }
    close(&mut out, root);
    Some(out)
}

/// The lower-case envelope of 401 and 403 has the form of every gateway fault (assumed).
fn of_gateway(fault: &Obj<'_>, now_us: i64) -> String {
    let kind = fault.text("type").unwrap_or_default();
    let errors = fault.get("error").and_then(array).unwrap_or_default();
    let error = errors.first().and_then(|raw| Obj::parse(raw.get()).ok()).unwrap_or_default();
    let text = |name| error.text(name).unwrap_or_default();
    gateway_fault(&kind, &text("code"), &text("message"), &text("detail"), now_us)
}

fn attribute(out: &mut String, name: &str, value: &str) {
    out.push(' ');
    out.push_str(name);
    out.push_str("=\"");
    out.push_str(&escape(value));
    out.push('"');
}

fn close(out: &mut String, name: &str) {
    out.push_str("</");
    out.push_str(name);
    out.push('>');
}

fn element(out: &mut String, name: &str, raw: &RawValue) {
    match raw.get().as_bytes().first() {
        Some(b'{') => {
            if let Ok(obj) = Obj::parse(raw.get()) {
                object(out, name, &obj);
            }
        }
        Some(b'[') => {
            for item in array(raw).unwrap_or_default() {
                match name {
                    "any" => any(out, item),
                    _ => element(out, name, item),
                }
            }
        }
        _ => {
            if let Some(text) = scalar(raw) {
                leaf(out, name, &[], &text);
            }
        }
    }
}

fn leaf(out: &mut String, name: &str, attributes: &[(&str, &str)], text: &str) {
    out.push('<');
    out.push_str(name);
    for (name, value) in attributes {
        attribute(out, name, value);
    }
    out.push('>');
    out.push_str(&escape(text));
    close(out, name);
}

/// `{"value":"USD","name":"United States Dollar"}` is `<CurrencyRef name="...">USD</CurrencyRef>`.
fn reference(out: &mut String, name: &str, obj: &Obj<'_>) -> bool {
    let parts = ["value", "name", "type"];
    let Some(value) = obj.text("value") else { return false };
    if name == "ColData" || !obj.0.iter().all(|(key, _)| parts.contains(&key.as_ref())) {
        return false;
    }
    let (title, kind) = (obj.text("name"), obj.text("type"));
    let mut attributes = Vec::new();
    for (key, text) in [("name", &title), ("type", &kind)] {
        if let Some(text) = text {
            attributes.push((key, text.as_ref()));
        }
    }
    leaf(out, name, &attributes, &value);
    true
}

fn object(out: &mut String, name: &str, obj: &Obj<'_>) {
    if reference(out, name, obj) {
        return;
    }
    let is_entity = Entity::find(name).is_some_and(|e| e.name() == name);
    let attributes = names::attributes(name, is_entity);
    out.push('<');
    out.push_str(name);
    for key in attributes {
        if let Some(text) = obj.text(key) {
            attribute(out, key, &text);
        }
    }
    out.push('>');
    let mut children: Vec<_> =
        obj.0.iter().filter(|(key, _)| !attributes.contains(&key.as_ref())).collect();
    // The schema is a sequence; JSON has its own order.
    if let Some(class) = schema::named(name) {
        children.sort_by_key(|(key, _)| class.order(key));
    }
    for (key, raw) in children {
        element(out, key, raw);
    }
    close(out, name);
}

/// A JAXB element of `LineEx.any`: `{"name":"{...}NameValue","value":{...}}`.
fn any(out: &mut String, raw: &RawValue) {
    let Ok(obj) = Obj::parse(raw.get()) else { return };
    let name = obj.text("name").unwrap_or_default();
    let name = name.rsplit_once('}').map_or(name.as_ref(), |(_, local)| local);
    if let (false, Some(value)) = (name.is_empty(), obj.get("value")) {
        element(out, name, value);
    }
}
