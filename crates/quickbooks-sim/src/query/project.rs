//! A column list: what is left of an object when only some properties are named.

use crate::json::{Json, Obj};

/// Only the named columns, next to what every object carries. A property with parts of its own comes
/// whole or, named with a dot, in part; what holds lists is dropped, as SalesTaxRateList is
/// (quickbooks.md §3).
pub(crate) fn project(json: &mut Json, whole: &str, columns: &[String]) {
    json.open();
    if let Ok(obj) = Obj::parse(whole) {
        for (key, raw) in &obj.0 {
            let text = raw.get();
            if !text.starts_with(['{', '[']) {
                if columns.iter().any(|c| c.eq_ignore_ascii_case(key)) {
                    json.field_raw(key, text);
                }
            } else if let Some(inner) = Obj::parse(text).ok().filter(is_flat) {
                part(json, key, text, &inner, columns);
            }
        }
    }
    json.field("domain", "QBO");
    json.field_bool("sparse", true);
    json.close();
}

fn is_flat(obj: &Obj<'_>) -> bool {
    obj.0.iter().all(|(_, raw)| !raw.get().starts_with(['{', '[']))
}

/// A property with parts: all of them when it is named, else those named behind a dot.
fn part(json: &mut Json, key: &str, text: &str, inner: &Obj<'_>, columns: &[String]) {
    if columns.iter().any(|c| c.eq_ignore_ascii_case(key)) {
        json.field_raw(key, text);
        return;
    }
    let named = |name: &str| {
        columns.iter().any(|column| {
            column
                .split_once('.')
                .is_some_and(|(a, b)| a.eq_ignore_ascii_case(key) && b.eq_ignore_ascii_case(name))
        })
    };
    let mut parts = inner.0.iter().filter(|(name, _)| named(name)).peekable();
    if parts.peek().is_none() {
        return;
    }
    json.key(key);
    json.open();
    for (name, raw) in parts {
        json.field_raw(name, raw.get());
    }
    json.close();
}
