//! WooCommerce's REST API: orders, and the refunds of an order.

use super::held::{Held, State, View};
use super::{Asked, Fields, elements, fields, not_found, plain, plain_field};
use bytes::Bytes;
use http::{HeaderValue, Response};
use kernel::Timestamp;

pub fn hold(held: &mut Held, top: &Fields, text: &str, at: Timestamp) -> bool {
    let Some(raw) = top.get("order") else { return order(held, text, at).is_some() };
    let Some(id) = order(held, raw.get(), at) else { return false };
    let refunds = elements(top, "refunds").join("\n");
    held.keep("refunds", id, State::of(at, &refunds));
    true
}

fn order(held: &mut Held, text: &str, at: Timestamp) -> Option<String> {
    let fields = fields(text)?;
    let id = plain_field(&fields, "id")?;
    let changed = plain_field(&fields, "date_modified_gmt")?;
    let version = Timestamp::parse(&format!("{changed}Z")).ok()?.0;
    let state = State { version, ..State::of(at, text) };
    held.keep("order", id.clone(), state);
    Some(id)
}

pub fn answer(view: View<'_>, asked: &Asked<'_>) -> Response<Bytes> {
    let path = asked.path.trim_start_matches("/wp-json/wc/v3/");
    let found: Vec<&str> = match path.split('/').collect::<Vec<_>>().as_slice() {
        ["orders"] => {
            let window =
                (asked.query.moment("modified_after"), asked.query.moment("modified_before"));
            let mut found = view.changed("order", &[], window);
            found.sort_by_key(|(id, _)| *id);
            found.into_iter().map(|(_, state)| state.text.as_str()).collect()
        }
        ["orders", id, "refunds"] => {
            view.ready("refunds", id).map_or_else(Vec::new, |state| state.text.lines().collect())
        }
        _ => return not_found(),
    };
    let size = asked.query.count("per_page");
    let from = asked.query.count("page").saturating_sub(1) * size;
    let some: Vec<&str> = found.iter().skip(from).take(size).copied().collect();
    let mut answer = plain(200, format!("[{}]", some.join(",")));
    if let Ok(total) = HeaderValue::try_from(found.len().to_string()) {
        answer.headers_mut().insert("x-wp-total", total);
    }
    answer
}
