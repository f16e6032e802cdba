//! A WooCommerce shop: orders that are placed, paid and partly refunded.

use super::{Month, at, page, webhook};
use crate::lists::{Asked, Lists, Vendor, answer, with};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::Response;
use kernel::Timestamp;
use std::fmt::Write as _;

/// Where the shop is.
pub const ADDRESS: &str = "https://shop.example";
/// Consumer key and secret of its API.
pub const KEY: (&str, &str) = ("ck_1", "cs_1");
/// Where its webhooks are delivered.
pub const HERE: &str = "https://books.example/webhooks/woocommerce:acme";

struct Order {
    id: u32,
    modified: Timestamp,
    text: String,
    refunds: Vec<String>,
}

struct Shop {
    orders: Vec<Order>,
}

fn local(at: Timestamp) -> String {
    at.to_string().trim_end_matches('Z').to_owned()
}

/// An order of 26.60: goods 20.00, shipping 5.00, tax 1.60.
fn order(id: u32, placed: Timestamp, modified: Timestamp, paid: bool, refunded: bool) -> String {
    let (status, date_paid) = if paid {
        ("processing", format!("\"{}\"", local(placed)))
    } else {
        ("pending", "null".into())
    };
    let mut text = format!(
        "{{\"id\":{id},\"number\":\"{id}\",\"order_key\":\"wc_order_{id}\",\"status\":\"{status}\",\
         \"currency\":\"USD\",\"prices_include_tax\":false,\"date_created_gmt\":\"{}\",\
         \"date_modified_gmt\":\"{}\",\"total\":\"26.60\",\"total_tax\":\"1.60\",\"customer_id\":7,\
         \"billing\":{{\"first_name\":\"Ada\",\"last_name\":\"Example\",\"company\":\"\"}},\
         \"payment_method\":\"stripe\",\"transaction_id\":\"ch_{id}\",\"date_paid_gmt\":{date_paid},",
        local(placed),
        local(modified)
    );
    let _ = write!(
        text,
        "\"meta_data\":[],\"line_items\":[{{\"id\":1,\"name\":\"Mug\",\"quantity\":2,\"sku\":\"MUG\",\
         \"subtotal\":\"20.00\",\"total\":\"20.00\",\"total_tax\":\"1.60\",\
         \"taxes\":[{{\"id\":1,\"total\":\"1.60\",\"subtotal\":\"1.60\"}}]}}],\
         \"shipping_lines\":[{{\"id\":2,\"method_title\":\"Post\",\"total\":\"5.00\",\
         \"total_tax\":\"0.00\",\"taxes\":[]}}],\"fee_lines\":[],\
         \"tax_lines\":[{{\"id\":3,\"rate_code\":\"STATE\",\"rate_id\":1,\"label\":\"State tax\",\
         \"compound\":false,\"tax_total\":\"1.60\",\"shipping_tax_total\":\"0.00\",\
         \"rate_percent\":8}}],\"refunds\":["
    );
    if refunded {
        let _ = write!(text, "{{\"id\":{},\"reason\":\"\",\"total\":\"-10.80\"}}", id + 10_000);
    }
    text + "]}"
}

/// Half of the goods come back.
fn refund(order: u32, made: Timestamp) -> String {
    format!(
        "{{\"id\":{},\"parent_id\":{order},\"date_created_gmt\":\"{}\",\"amount\":\"10.80\",\
         \"reason\":\"\",\"refunded_by\":1,\"line_items\":[{{\"id\":4,\"name\":\"Mug\",\"quantity\":-1,\
         \"sku\":\"MUG\",\"subtotal\":\"-10.00\",\"total\":\"-10.00\",\"total_tax\":\"-0.80\",\
         \"taxes\":[{{\"id\":1,\"total\":\"-0.80\",\"subtotal\":\"-0.80\"}}]}}],\
         \"shipping_lines\":[],\"fee_lines\":[],\"tax_lines\":[]}}",
        order + 10_000,
        local(made)
    )
}

/// A month of `orders` orders; every third is partly refunded.
pub fn month(orders: u32) -> Month {
    let mut webhooks = Vec::new();
    let mut all = Vec::new();
    for n in 0..orders {
        let (id, placed) = (5_000 + n, at(n));
        let mut tell = |topic: &str, text: &str, when: Timestamp| {
            webhooks.push(webhook(&[("x-wc-webhook-topic", topic)], text.to_owned(), when));
        };
        tell("order.created", &order(id, placed, placed, false, false), placed);
        let mut modified = placed.plus_seconds(90);
        let mut last = order(id, placed, modified, true, false);
        tell("order.updated", &last, modified);
        let mut refunds = Vec::new();
        if n % 3 == 0 {
            modified = placed.plus_seconds(86_400 + 7);
            last = order(id, placed, modified, true, true);
            tell("order.updated", &last, modified);
            refunds.push(refund(id, modified));
        }
        all.push(Order { id, modified, text: last, refunds });
    }
    webhooks.sort_by_key(|w| w.received_at);
    Month { webhooks, lists: Lists::new(Shop { orders: all }) }
}

impl Shop {
    fn orders(&self, asked: &Asked<'_>) -> Result<Response<Bytes>, String> {
        asked.only(&[
            "status",
            "orderby",
            "order",
            "per_page",
            "page",
            "dates_are_gmt",
            "modified_after",
            "modified_before",
        ])?;
        asked.is("status", "any")?;
        asked.is("orderby", "id")?;
        asked.is("order", "asc")?;
        asked.is("dates_are_gmt", "true")?;
        let moment = |name: &str| {
            let text = asked.get(name)?;
            // WordPress takes its own clock for a moment that says where it is.
            if text.ends_with('Z') || text.contains('+') {
                return Err(format!("`{name}` states a zone"));
            }
            Timestamp::parse(&format!("{text}Z")).map_err(|e| e.to_string())
        };
        let (after, before) = (moment("modified_after")?, moment("modified_before")?);
        let within = |o: &&Order| after < o.modified && o.modified < before;
        let found: Vec<&str> = self.orders.iter().filter(within).map(|o| o.text.as_str()).collect();
        paged(asked, &found)
    }
}

fn paged(asked: &Asked<'_>, found: &[&str]) -> Result<Response<Bytes>, String> {
    let (size, number) = (asked.number("per_page")?, asked.number("page")?);
    if size == 0 || size > 100 || number == 0 {
        return Err(format!("{size} on page {number}"));
    }
    let body = format!("[{}]", page(found, (number - 1) * size, size));
    let headers = [
        ("x-wp-total", found.len().to_string()),
        ("x-wp-totalpages", found.len().div_ceil(size).to_string()),
    ];
    Ok(with(answer(200, body), &headers))
}

impl Vendor for Shop {
    fn answer(&self, asked: &Asked<'_>) -> Result<Response<Bytes>, String> {
        let login = STANDARD.encode(format!("{}:{}", KEY.0, KEY.1));
        if asked.host != "shop.example" || asked.header("authorization") != format!("Basic {login}")
        {
            return Ok(answer(401, "{\"code\":\"woocommerce_rest_cannot_view\"}"));
        }
        let Some(path) = asked.path.strip_prefix("/wp-json/wc/v3/") else {
            return Err(format!("no route {}", asked.path));
        };
        if path == "orders" {
            return self.orders(asked);
        }
        if path == "webhooks" {
            asked.only(&["status", "per_page", "page"])?;
            let hooks = ["order.created", "order.updated"].map(|topic| {
                format!("{{\"id\":1,\"topic\":\"{topic}\",\"delivery_url\":\"{HERE}\",\"status\":\"active\"}}")
            });
            return paged(asked, &hooks.each_ref().map(String::as_str));
        }
        asked.only(&["per_page", "page"])?;
        let id = path.strip_prefix("orders/").and_then(|p| p.strip_suffix("/refunds"));
        let id: Option<u32> = id.and_then(|id| id.parse().ok());
        let found = self.orders.iter().find(|o| Some(o.id) == id);
        let order = found.ok_or_else(|| format!("no route {}", asked.path))?;
        paged(asked, &order.refunds.iter().map(String::as_str).collect::<Vec<_>>())
    }
}
