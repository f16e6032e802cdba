//! Square's API: orders, payments, refunds, payouts with their entries, disputes.

use super::held::{Held, State, View};
use super::{Asked, Fields, elements, fields, moment, not_found, page, plain, plain_field};
use bytes::Bytes;
use http::Response;
use kernel::Timestamp;

/// Names of objects in events, and of lists of them.
const KINDS: [(&str, &str); 4] = [
    ("payment", "payments"),
    ("refund", "refunds"),
    ("dispute", "disputes"),
    ("payout", "payouts"),
];

pub fn hold(held: &mut Held, top: &Fields, at: Timestamp) -> bool {
    if let Some(order) = top.get("order") {
        return keep(held, "order", order.get(), at);
    }
    if top.contains_key("payout_entries") {
        let entries = elements(top, "payout_entries");
        let of = entries.first().and_then(|e| plain_field(&fields(e)?, "payout_id"));
        let text = entries.join("\n");
        let state = State::of(at, &text);
        held.keep("entries", of.unwrap_or_default(), state);
        return true;
    }
    let below = |of: &Fields, name: &str| of.get(name).and_then(|raw| fields(raw.get()));
    let Some(object) = below(top, "data").and_then(|data| below(&data, "object")) else {
        return false;
    };
    let known = KINDS.iter().find_map(|(name, _)| Some((*name, object.get(*name)?)));
    known.is_some_and(|(name, raw)| keep(held, name, raw.get(), at))
}

fn keep(held: &mut Held, kind: &'static str, text: &str, at: Timestamp) -> bool {
    let Some(fields) = fields(text) else { return false };
    let Some(id) = plain_field(&fields, "id") else { return false };
    let changed = moment(&fields, "updated_at").or_else(|| moment(&fields, "created_at"));
    let version = changed.unwrap_or(0);
    held.keep(kind, id, State { version, ..State::of(at, text) });
    true
}

pub fn answer(view: View<'_>, asked: &Asked<'_>) -> Response<Bytes> {
    let query = asked.query;
    let path = asked.path.strip_prefix("/v2/").unwrap_or_default();
    let between = |since, until| (query.moment(since), query.moment(until));
    let listed = |name: &str, kind, window| {
        let found = view.changed(kind, &[], window);
        let texts: Vec<&str> = found.iter().map(|(_, state)| state.text.as_str()).collect();
        list(name, &texts, query.get("cursor"))
    };
    match path {
        "locations" => plain(200, "{\"locations\":[{\"id\":\"LMAIN\"}]}"),
        "orders/search" => search(view, asked.body),
        "payments" => {
            let window = between("updated_at_begin_time", "updated_at_end_time");
            listed("payments", "payment", window)
        }
        "refunds" => {
            let window = between("updated_at_begin_time", "updated_at_end_time");
            listed("refunds", "refund", window)
        }
        "payouts" => listed("payouts", "payout", between("begin_time", "end_time")),
        "disputes" => listed("disputes", "dispute", (Timestamp(0), Timestamp(i64::MAX))),
        "gift-cards/activities" => plain(200, "{}"),
        _ => {
            if let Some(id) = path.strip_prefix("orders/") {
                let found = view.one("order", id);
                let whole = |s: &State| plain(200, format!("{{\"order\":{}}}", s.text));
                return found.map_or_else(not_found, whole);
            }
            let payout = path.strip_prefix("payouts/").and_then(|p| p.split('/').next());
            let entries = payout.and_then(|id| view.ready("entries", id));
            let all: Vec<&str> = entries.map_or_else(Vec::new, |s| s.text.lines().collect());
            list("payout_entries", &all, query.get("cursor"))
        }
    }
}

/// A page of a list; the cursor is the place of its first object.
fn list(name: &str, all: &[&str], cursor: &str) -> Response<Bytes> {
    let from = cursor.parse().unwrap_or(0);
    let (objects, has_more) = page(all, from);
    let cursor =
        if has_more { format!(",\"cursor\":\"{}\"", from + super::PAGE) } else { String::new() };
    plain(200, format!("{{\"{name}\":[{objects}]{cursor}}}"))
}

/// Orders by their last change.
fn search(view: View<'_>, body: &[u8]) -> Response<Bytes> {
    let asked: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let changed = &asked["query"]["filter"]["date_time_filter"]["updated_at"];
    let at = |name: &str| {
        let text = changed[name].as_str().unwrap_or_default();
        Timestamp::parse(text).unwrap_or(Timestamp(0))
    };
    let found = view.changed("order", &[], (at("start_at"), at("end_at")));
    let texts: Vec<&str> = found.iter().map(|(_, state)| state.text.as_str()).collect();
    list("orders", &texts, asked["cursor"].as_str().unwrap_or_default())
}
