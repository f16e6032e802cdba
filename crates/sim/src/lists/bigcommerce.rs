//! BigCommerce's API: orders, and the parts of each by themselves.

use super::held::{Held, State, View};
use super::{Asked, Fields, elements, fields, not_found, plain, plain_field};
use bytes::Bytes;
use http::Response;
use kernel::Timestamp;

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

pub fn hold(held: &mut Held, top: &Fields, text: &str, at: Timestamp) -> bool {
    let Some(order) = top.get("order").and_then(|raw| fields(raw.get())) else { return false };
    let Some(id) = plain_field(&order, "id") else { return false };
    let changed = plain_field(&order, "date_modified").and_then(|text| moment(&text));
    let version = changed.unwrap_or(0);
    held.keep("order", id, State { version, ..State::of(at, text) });
    true
}

/// `Thu, 15 Jan 2026 13:26:00 +0000`, microseconds.
fn moment(text: &str) -> Option<i64> {
    let mut words = text.split(' ').skip(1);
    let (day, month, year, clock) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    Timestamp::parse(&format!("{year}-{month:02}-{day}T{clock}Z")).ok().map(|at| at.0)
}

pub fn answer(view: View<'_>, asked: &Asked<'_>) -> Response<Bytes> {
    let query = asked.query;
    let path = asked.path.trim_start_matches("/stores/abc123/");
    let (is_v3, rest) = match path.split_once('/') {
        Some(("v3", rest)) => (true, rest),
        Some((_, rest)) => (false, rest),
        None => return not_found(),
    };
    let between = |since, until| (query.moment(since), query.moment(until));
    let orders = |window| view.changed("order", &[], window);
    let found: Vec<String> = match rest.split('/').collect::<Vec<_>>().as_slice() {
        ["orders"] => {
            let window = between("min_date_modified", "max_date_modified");
            let all = orders(window).into_iter();
            all.filter_map(|(_, state)| part(state, "order")).collect()
        }
        ["orders", "payment_actions", "refunds"] => {
            let all = orders(between("created%3Amin", "created%3Amax")).into_iter();
            all.flat_map(|(_, state)| parts(state, "refunds")).collect()
        }
        ["orders", id] => {
            let order = view.one("order", id).and_then(|state| part(state, "order"));
            return order.map_or_else(not_found, |order| plain(200, order));
        }
        ["orders", id, .., name] => {
            view.one("order", id).map_or_else(Vec::new, |state| parts(state, name))
        }
        _ => return not_found(),
    };
    // All of it is one page here: the sizes are BigCommerce's own.
    let all = if query.count("page") > 1 { String::new() } else { found.join(",") };
    if is_v3 {
        let pages = "{\"pagination\":{\"current_page\":1,\"total_pages\":1}}";
        plain(200, format!("{{\"data\":[{all}],\"meta\":{pages}}}"))
    } else if all.is_empty() {
        plain(204, "")
    } else {
        plain(200, format!("[{all}]"))
    }
}

fn part(state: &State, name: &str) -> Option<String> {
    Some(fields(&state.text)?.get(name)?.get().to_owned())
}

fn parts(state: &State, name: &str) -> Vec<String> {
    fields(&state.text).map_or_else(Vec::new, |fields| elements(&fields, name))
}
