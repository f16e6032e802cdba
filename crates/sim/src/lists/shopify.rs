//! Shopify's Admin API: orders with their refunds, transactions of an order.

use super::held::{Held, State, View};
use super::{Asked, Fields, moment, not_found, page, plain, plain_field};
use bytes::Bytes;
use http::{HeaderValue, Response};
use kernel::Timestamp;
use workload::Delivery;

pub fn hold(held: &mut Held, d: &Delivery, fields: &Fields, text: &str, at: Timestamp) -> bool {
    let topic = d.raw.header("x-shopify-topic").unwrap_or_default();
    let kind = match topic.split('/').next().unwrap_or_default() {
        "orders" => "order",
        "order_transactions" => "transaction",
        "refunds" => "refund",
        // Of other topics no list tells.
        _ => return false,
    };
    let Some(id) = plain_field(fields, "id") else { return false };
    let of = plain_field(fields, "order_id").unwrap_or_default();
    let version = moment(fields, "updated_at").unwrap_or(0);
    held.keep(kind, id, State { version, of, ..State::of(at, text) });
    true
}

pub fn answer(view: View<'_>, asked: &Asked<'_>) -> Response<Bytes> {
    let (name, all): (_, Vec<String>) = if let Some(rest) = asked.path.split("/orders/").nth(1) {
        let id = rest.split('/').next().unwrap_or_default();
        ("transactions", view.parts("transaction", id).iter().map(|s| s.text.clone()).collect())
    } else if asked.path.ends_with("/orders.json") {
        let window = (asked.query.moment("updated_at_min"), asked.query.moment("updated_at_max"));
        let found = view.changed("order", &["transaction", "refund"], window);
        ("orders", found.into_iter().map(|(id, state)| whole(view, id, &state.text)).collect())
    } else {
        return not_found();
    };
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let from = asked.query.count("page_info");
    let (objects, has_more) = page(&all, from);
    let mut answer = plain(200, format!("{{\"{name}\":[{objects}]}}"));
    if has_more && let Ok(link) = HeaderValue::try_from(next(asked, from + super::PAGE)) {
        answer.headers_mut().insert("link", link);
    }
    answer
}

/// An order with its refunds.
fn whole(view: View<'_>, id: &str, order: &str) -> String {
    let refunds: Vec<&str> =
        view.parts("refund", id).into_iter().map(|s| s.text.as_str()).collect();
    order.replacen("\"refunds\":[]", &format!("\"refunds\":[{}]", refunds.join(",")), 1)
}

/// The link to the page that begins with object `from`.
fn next(asked: &Asked<'_>, from: usize) -> String {
    let pairs = asked.query.0.split('&').filter(|pair| !pair.starts_with("page_info="));
    let (uri, rest) = (asked.uri, pairs.collect::<Vec<_>>().join("&"));
    let (scheme, host) = (uri.scheme_str().unwrap_or_default(), uri.host().unwrap_or_default());
    format!("<{scheme}://{host}{}?{rest}&page_info={from}>; rel=\"next\"", asked.path)
}
