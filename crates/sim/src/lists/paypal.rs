//! PayPal's API: webhook events, the movements of Transaction Search one by one, disputes.

use super::held::{Held, State, View};
use super::tokens;
use super::{Asked, Fields, elements, fields, moment, not_found, page, plain, plain_field};
use bytes::Bytes;
use http::Response;
use kernel::Timestamp;

pub const HOST: &str = "api-m.paypal.example";
/// Movements on a page, and where a page of the others says it goes on.
const MOVEMENTS: usize = 500;
const TELLS: &str = "https://api.paypal.com";

pub fn hold(held: &mut Held, top: &Fields, text: &str, at: Timestamp) -> bool {
    if top.contains_key("transaction_details") {
        for movement in elements(top, "transaction_details") {
            let info = fields(&movement).and_then(|f| fields(f.get("transaction_info")?.get()));
            let Some(id) = info.and_then(|info| plain_field(&info, "transaction_id")) else {
                return false;
            };
            held.keep("movement", id, State::of(at, &movement));
        }
        return true;
    }
    let Some(id) = plain_field(top, "id") else { return false };
    let Some(resource) = top.get("resource").map(|raw| raw.get()) else { return false };
    if let Some(dispute) = fields(resource)
        && let Some(id) = plain_field(&dispute, "dispute_id")
    {
        let version = moment(&dispute, "update_time").unwrap_or(0);
        held.keep("dispute", id, State { version, ..State::of(at, resource) });
    }
    held.keep("webhook", id, State::of(at, text));
    true
}

pub fn answer(view: View<'_>, asked: &Asked<'_>) -> Response<Bytes> {
    if asked.path == "/v1/oauth2/token" {
        return tokens::grant(view);
    }
    if !tokens::is_good(view, asked.header("authorization")) {
        return plain(401, "{\"error\":\"invalid_token\"}");
    }
    let query = asked.query;
    let between = |since, until| (query.moment(since), query.moment(until));
    match asked.path {
        "/v1/notifications/webhooks-events" => {
            let found = view.changed("webhook", &[], between("start_time", "end_time"));
            let found: Vec<&str> = found.iter().map(|(_, state)| state.text.as_str()).collect();
            one_of_many("events", &found, asked)
        }
        "/v1/reporting/transactions" => {
            let found = view.changed("movement", &[], between("start_date", "end_date"));
            let found: Vec<&str> = found.iter().map(|(_, state)| state.text.as_str()).collect();
            let number = query.count("page").max(1);
            let some: Vec<&str> =
                found.iter().skip((number - 1) * MOVEMENTS).take(MOVEMENTS).copied().collect();
            plain(
                200,
                format!(
                    "{{\"transaction_details\":[{}],\"page\":{number},\"total_items\":{},\
                     \"total_pages\":{}}}",
                    some.join(","),
                    found.len(),
                    found.len().div_ceil(MOVEMENTS)
                ),
            )
        }
        "/v1/customer/disputes" => {
            let window = between("update_time_after", "update_time_before");
            let found = view.changed("dispute", &[], window);
            let found: Vec<String> =
                found.iter().map(|(id, _)| format!("{{\"dispute_id\":\"{id}\"}}")).collect();
            let found: Vec<&str> = found.iter().map(String::as_str).collect();
            one_of_many("items", &found, asked)
        }
        path => {
            let id = path.strip_prefix("/v1/customer/disputes/").unwrap_or_default();
            view.one("dispute", id).map_or_else(not_found, |s| plain(200, s.text.as_str()))
        }
    }
}

/// A page that names the next one.
fn one_of_many(name: &str, found: &[&str], asked: &Asked<'_>) -> Response<Bytes> {
    let from = asked.query.count("from");
    let (some, is_more) = page(found, from);
    let link = if is_more {
        let all = asked.uri.query().unwrap_or_default();
        let all = all.rsplit_once("&from=").map_or(all, |(first, _)| first);
        let next = from + super::PAGE;
        let path = asked.path;
        format!("{{\"href\":\"{TELLS}{path}?{all}&from={next}\",\"rel\":\"next\"}}")
    } else {
        String::new()
    };
    plain(200, format!("{{\"{name}\":[{some}],\"links\":[{link}]}}"))
}
