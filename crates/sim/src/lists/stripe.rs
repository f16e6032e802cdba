//! Stripe's API: events, and the movements of a payout.

use super::held::{Held, State, View};
use super::{Asked, Fields, elements, fields, page, plain, plain_field};
use bytes::Bytes;
use http::Response;
use kernel::Timestamp;

pub fn hold(held: &mut Held, fields: &Fields, text: &str, at: Timestamp) -> bool {
    match plain_field(fields, "object").as_deref() {
        Some("event") => {
            let id = plain_field(fields, "id").unwrap_or_default();
            held.keep("event", id, State::of(at, text));
            true
        }
        Some("list") => {
            let url = plain_field(fields, "url").unwrap_or_default();
            let payout = url.rsplit('=').next().unwrap_or_default().to_owned();
            held.keep("movements", payout, State::of(at, text));
            true
        }
        _ => false,
    }
}

/// Events come newest first.
pub fn answer(view: View<'_>, asked: &Asked<'_>) -> Response<Bytes> {
    let query = asked.query;
    let all: Vec<String> = if asked.path == "/v1/events" {
        let second = |name| Timestamp::from_seconds(query.int(name));
        let until = Timestamp(second("created%5Blt%5D").0 - 1);
        let found = view.changed("event", &[], (second("created%5Bgte%5D"), until));
        found.into_iter().rev().map(|(_, state)| state.text.clone()).collect()
    } else {
        let list = view.ready("movements", query.get("payout"));
        list.and_then(|s| fields(&s.text)).map_or_else(Vec::new, |f| elements(&f, "data"))
    };
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let after = query.get("starting_after");
    let from = all.iter().position(|text| id(text) == after).map_or(0, |n| n + 1);
    let (objects, has_more) = page(&all, from);
    plain(
        200,
        format!(
            "{{\"object\":\"list\",\"has_more\":{has_more},\"url\":\"/v1\",\"data\":[{objects}]}}"
        ),
    )
}

/// The id of an object, which stands first in it.
fn id(text: &str) -> &str {
    text.split('"').nth(3).unwrap_or_default()
}
