//! From an XML request to the JSON that says the same.

use super::names;
use super::read::Element;
use crate::json::Json;

/// The object of the root element: an entity, or a batch.
pub(super) fn convert(root: &Element<'_>) -> Result<String, String> {
    if root.children.is_empty() && !root.text.trim().is_empty() {
        return Err(format!("{} holds text where elements are due", root.name));
    }
    let mut json = Json::with_capacity(1_024);
    object(root, &mut json);
    Ok(json.out)
}

fn object(element: &Element<'_>, json: &mut Json) {
    json.open();
    for (name, value) in &element.attributes {
        field(name, json);
        json.string(value);
    }
    for (n, child) in element.children.iter().enumerate() {
        let same = |other: &&Element<'_>| other.name == child.name;
        if element.children.iter().take(n).any(|other| same(&other)) {
            continue;
        }
        field(child.name, json);
        let all: Vec<_> = element.children.iter().filter(same).collect();
        if all.len() > 1 || names::is_list(child.name) {
            json.open_array();
            for one in all {
                value(one, json);
            }
            json.close_array();
        } else {
            value(child, json);
        }
    }
    json.close();
}

/// A property name from outside.
fn field(name: &str, json: &mut Json) {
    json.string(name);
    json.out.push(':');
}

fn value(element: &Element<'_>, json: &mut Json) {
    let name = element.name;
    if !element.children.is_empty() {
        return object(element, json);
    }
    let trimmed = element.text.trim();
    if trimmed.is_empty() {
        // `<SubTotalLineDetail/>` is an object without properties.
        return json.raw(if name.ends_with("Detail") { "{}" } else { "null" });
    }
    if names::is_reference(name) {
        json.open();
        json.field("value", trimmed);
        for part in ["name", "type"] {
            if let Some(text) = element.attribute(part) {
                json.field(part, text);
            }
        }
        return json.close();
    }
    let plain = matches!(trimmed, "true" | "false")
        || (names::is_number(name) && serde_json::from_str::<serde_json::Number>(trimmed).is_ok());
    if plain { json.raw(trimmed) } else { json.string(&element.text) }
}
