//! A BigCommerce store: orders that are placed, paid and partly refunded. Its webhooks name an order
//! and nothing else; whoever reads it then is told the order as it stands by that time.

use super::{Month, at, page, webhook};
use crate::lists::{Asked, Lists, Vendor, answer};
use bytes::Bytes;
use http::Response;
use kernel::Timestamp;
use std::fmt::Write as _;

/// Where the store's API is.
pub const ADDRESS: &str = "https://api.bigcommerce.example/stores/abc";
/// Access token of its API.
pub const TOKEN: &str = "token-of-the-store";

/// An order as it stands at one time.
#[derive(Clone)]
struct Order {
    id: u32,
    placed: Timestamp,
    modified: Timestamp,
    is_paid: bool,
    /// When a part of it was given back.
    refunded: Option<Timestamp>,
}

impl Order {
    /// An order of 31.60: goods 20.00, shipping 10.00, tax 1.60.
    fn text(&self) -> String {
        let (status, payment) = match (self.is_paid, self.refunded) {
            (false, _) => ((7, "Awaiting Payment"), "not captured"),
            (true, None) => ((11, "Awaiting Fulfillment"), "captured"),
            (true, Some(_)) => ((14, "Partially Refunded"), "partially refunded"),
        };
        let refunded = if self.refunded.is_some() { "10.8000" } else { "0.0000" };
        let mut text = format!(
            "{{\"id\":{},\"customer_id\":7,\"date_created\":\"{}\",\"date_modified\":\"{}\",\
             \"items_shipped\":0,\"status_id\":{},\"status\":\"{}\",\"payment_status\":\"{payment}\",\
             \"refunded_amount\":\"{refunded}\",\"payment_method\":\"Credit Card\",\
             \"payment_provider_id\":\"\",\"is_deleted\":false,\"channel_id\":1,\"order_source\":\"www\",",
            self.id,
            mail_date(self.placed),
            mail_date(self.modified),
            status.0,
            status.1,
        );
        text += "\"subtotal_ex_tax\":\"20.0000\",\"subtotal_inc_tax\":\"21.6000\",\
                 \"subtotal_tax\":\"1.6000\",\"shipping_cost_ex_tax\":\"10.0000\",\
                 \"shipping_cost_inc_tax\":\"10.0000\",\"shipping_cost_tax\":\"0.0000\",\
                 \"handling_cost_ex_tax\":\"0.0000\",\"handling_cost_inc_tax\":\"0.0000\",\
                 \"wrapping_cost_ex_tax\":\"0.0000\",\"wrapping_cost_inc_tax\":\"0.0000\",\
                 \"total_ex_tax\":\"30.0000\",\"total_inc_tax\":\"31.6000\",\"total_tax\":\"1.6000\",\
                 \"store_credit_amount\":\"0.0000\",\"gift_certificate_amount\":\"0.0000\",\
                 \"currency_code\":\"USD\",\"currency_exchange_rate\":\"1.0000000000\",\
                 \"default_currency_code\":\"USD\",\"discount_amount\":\"0.0000\",\
                 \"coupon_discount\":\"0.0000\",\"billing_address\":{\"first_name\":\"Ada\",\
                 \"last_name\":\"Example\",\"company\":\"\"},\"fees\":[]}";
        text
    }

    /// A part of the order, by its name in the API.
    fn part(&self, name: &str) -> Option<Vec<String>> {
        let id = self.id;
        let list = match name {
            "products" => vec![
                "{\"id\":41,\"name\":\"Mug\",\"sku\":\"MUG\",\"type\":\"physical\",\"quantity\":2,\
                 \"total_ex_tax\":\"20.0000\",\"total_inc_tax\":\"21.6000\",\
                 \"wrapping_cost_ex_tax\":\"0.0000\",\"applied_discounts\":[]}"
                    .to_owned(),
            ],
            "taxes" => vec![format!(
                "{{\"id\":1,\"order_id\":{id},\"tax_rate_id\":1,\"name\":\"State tax\",\
                 \"rate\":\"8.0000\",\"priority\":0,\"priority_amount\":\"1.6000\",\
                 \"line_amount\":\"1.6000\",\"line_item_type\":\"item\"}}"
            )],
            "coupons" | "shipments" => Vec::new(),
            "transactions" => self.transactions(),
            "payment_actions/refunds" => self.refunds(),
            _ => return None,
        };
        Some(list)
    }

    fn transactions(&self) -> Vec<String> {
        let id = self.id;
        let one = |n: u32,
                   event: &str,
                   amount: &str,
                   gateway_id: String,
                   of: &str,
                   at: Timestamp| {
            format!(
                "{{\"id\":{},\"order_id\":\"{id}\",\"event\":\"{event}\",\"method\":\"credit_card\",\
                 \"amount\":{amount},\"currency\":\"USD\",\"gateway\":\"stripe\",\
                 \"gateway_transaction_id\":\"{gateway_id}\",\"reference_transaction_id\":{of},\
                 \"status\":\"ok\",\"test\":false,\"date_created\":\"{}\"}}",
                id * 10 + n,
                with_offset(at)
            )
        };
        let mut list = Vec::new();
        if self.is_paid {
            let at = self.placed.plus_seconds(5);
            list.push(one(1, "purchase", "31.6", format!("ch_{id}"), "null", at));
        }
        if let Some(at) = self.refunded {
            let of = (id * 10 + 1).to_string();
            list.push(one(2, "refund", "10.8", format!("re_{id}"), &of, at));
        }
        list
    }

    /// One of the two pieces comes back.
    fn refunds(&self) -> Vec<String> {
        let one = |at: Timestamp| {
            format!(
                "{{\"id\":{},\"order_id\":{},\"user_id\":1,\"created\":\"{}\",\"reason\":\"\",\
                 \"total_amount\":10.8,\"total_tax\":0.8,\"items\":[{{\"item_type\":\"PRODUCT\",\
                 \"item_id\":41,\"reason\":\"\",\"quantity\":1,\"requested_amount\":null}}],\
                 \"payments\":[{{\"id\":1,\"provider_id\":\"stripe\",\"amount\":10.8,\
                 \"offline\":false,\"is_declined\":false,\"declined_message\":\"\"}}]}}",
                self.id + 10_000,
                self.id,
                with_offset(at)
            )
        };
        self.refunded.into_iter().map(one).collect()
    }

    /// Everything of it, as the poller hands it over.
    fn whole(&self) -> String {
        let mut text = format!("{{\"order\":{}", self.text());
        for (name, path) in [
            ("products", "products"),
            ("taxes", "taxes"),
            ("coupons", "coupons"),
            ("shipments", "shipments"),
            ("transactions", "transactions"),
            ("refunds", "payment_actions/refunds"),
        ] {
            let list = self.part(path).unwrap_or_default();
            let _ = write!(text, ",\"{name}\":[{}]", list.join(","));
        }
        text + "}"
    }
}

/// `Mon, 02 Mar 2026 14:15:00 +0000`, as V2 of the API writes it.
fn mail_date(at: Timestamp) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    let text = at.to_string();
    let weekday = at.seconds().div_euclid(86_400).rem_euclid(7);
    let weekday = usize::try_from(weekday).ok().and_then(|n| DAYS.get(n)).unwrap_or(&"Thu");
    let month = if text.get(5..7) == Some("03") { "Mar" } else { "Apr" };
    let (day, clock) = (text.get(8..10).unwrap_or("01"), text.get(11..19).unwrap_or("00:00:00"));
    format!("{weekday}, {day} {month} 2026 {clock} +0000")
}

/// `2026-03-02T14:15:00+00:00`, as V3 of the API writes it.
fn with_offset(at: Timestamp) -> String {
    at.to_string().replace('Z', "+00:00")
}

/// What became of the store in a month.
struct Store {
    orders: Vec<Order>,
}

/// Every order in every state that a webhook names, with the event.
fn states(orders: u32) -> Vec<(&'static str, Order)> {
    let mut all = Vec::new();
    for n in 0..orders {
        let placed = at(n);
        let new = Order { id: 3_000 + n, placed, modified: placed, is_paid: false, refunded: None };
        let paid = Order { modified: placed.plus_seconds(90), is_paid: true, ..new.clone() };
        all.extend([("created", new), ("updated", paid.clone())]);
        if n % 3 == 0 {
            let modified = placed.plus_seconds(86_400 + 7);
            let refunded = Some(modified);
            all.push(("refund/created", Order { modified, refunded, ..paid }));
        }
    }
    all.sort_by_key(|(_, order)| order.modified);
    all
}

/// A month of `orders` orders, every third partly refunded: the webhooks as they are sent.
pub fn month(orders: u32) -> Month {
    let named = states(orders).into_iter().map(|(event, order)| {
        let body = format!(
            "{{\"scope\":\"store/order/{event}\",\"store_id\":\"1\",\"data\":{{\"type\":\"order\",\
             \"id\":{id}}},\"hash\":\"{event}-{id}\",\"created_at\":{at},\"producer\":\"stores/abc\"}}",
            id = order.id,
            at = order.modified.seconds()
        );
        webhook(&[], body, order.modified)
    });
    Month { webhooks: named.collect(), lists: lists(orders) }
}

/// The same month with what was read at once after each webhook in place of the webhook.
pub fn followed(orders: u32) -> Month {
    let read = states(orders).into_iter().map(|(_, o)| webhook(&[], o.whole(), o.modified));
    Month { webhooks: read.collect(), lists: lists(orders) }
}

fn lists(orders: u32) -> Lists {
    let mut last: Vec<Order> = Vec::new();
    for (_, order) in states(orders) {
        last.retain(|o| o.id != order.id);
        last.push(order);
    }
    Lists::new(Store { orders: last })
}

impl Store {
    fn find(&self, id: &str) -> Option<&Order> {
        self.orders.iter().find(|o| o.id.to_string() == id)
    }

    fn list(&self, asked: &Asked<'_>) -> Result<Response<Bytes>, String> {
        asked.only(&[
            "include",
            "sort",
            "min_date_modified",
            "max_date_modified",
            "min_id",
            "page",
            "limit",
        ])?;
        asked.is("include", "fees")?;
        asked.is("sort", "id:asc")?;
        let (since, until) =
            (moment(asked, "min_date_modified")?, moment(asked, "max_date_modified")?);
        let from = asked.find("min_id").map_or(Ok(0), str::parse).map_err(|_| "`min_id`")?;
        let is_within = |o: &&Order| since <= o.modified && o.modified <= until && o.id >= from;
        let mut within: Vec<&Order> = self.orders.iter().filter(is_within).collect();
        within.sort_by_key(|o| o.id);
        v2(asked, &within.into_iter().map(Order::text).collect::<Vec<_>>())
    }

    fn all_refunds(&self, asked: &Asked<'_>) -> Result<Response<Bytes>, String> {
        asked.only(&["created:min", "created:max", "page", "limit"])?;
        let (since, until) = (moment(asked, "created:min")?, moment(asked, "created:max")?);
        let within = |o: &&Order| o.refunded.is_some_and(|at| since <= at && at <= until);
        let found: Vec<String> =
            self.orders.iter().filter(within).flat_map(Order::refunds).collect();
        v3(asked, &found)
    }
}

fn moment(asked: &Asked<'_>, name: &str) -> Result<Timestamp, String> {
    Timestamp::parse(asked.get(name)?).map_err(|e| e.to_string())
}

/// The page that is asked for: its number, how many fit on it, and what is on it.
fn paged(asked: &Asked<'_>, all: &[String]) -> Result<(usize, usize, String), String> {
    let (number, size) = (asked.number("page")?, asked.number("limit")?);
    if number == 0 || size == 0 || size > 250 {
        return Err(format!("{size} on page {number}"));
    }
    Ok((number, size, page(all, (number - 1) * size, size)))
}

/// V2 says 204 where there is nothing.
fn v2(asked: &Asked<'_>, all: &[String]) -> Result<Response<Bytes>, String> {
    let (_, _, texts) = paged(asked, all)?;
    Ok(if texts.is_empty() { answer(204, "") } else { answer(200, format!("[{texts}]")) })
}

fn v3(asked: &Asked<'_>, all: &[String]) -> Result<Response<Bytes>, String> {
    let (number, size, texts) = paged(asked, all)?;
    let pages = all.len().div_ceil(size).max(1);
    let pagination = format!("{{\"current_page\":{number},\"total_pages\":{pages}}}");
    Ok(answer(200, format!("{{\"data\":[{texts}],\"meta\":{{\"pagination\":{pagination}}}}}")))
}

impl Vendor for Store {
    fn answer(&self, asked: &Asked<'_>) -> Result<Response<Bytes>, String> {
        if asked.host != "api.bigcommerce.example" || asked.header("x-auth-token") != TOKEN {
            return Ok(answer(401, "{\"status\":401}"));
        }
        let path = asked.path.strip_prefix("/stores/abc/").unwrap_or_default();
        match path {
            "v2/orders" => return self.list(asked),
            "v3/orders/payment_actions/refunds" => return self.all_refunds(asked),
            _ => {}
        }
        let is_v3 = path.starts_with("v3/");
        let named = path.strip_prefix("v2/orders/").or_else(|| path.strip_prefix("v3/orders/"));
        let named = named.ok_or_else(|| format!("no route {}", asked.path))?;
        let (id, part) = named.split_once('/').unwrap_or((named, ""));
        let Some(order) = self.find(id) else { return Ok(answer(404, "[{\"status\":404}]")) };
        if part.is_empty() {
            asked.only(&["include"])?;
            return Ok(answer(200, order.text()));
        }
        let list = order.part(part).ok_or_else(|| format!("no route {}", asked.path))?;
        if is_v3 { v3(asked, &list) } else { v2(asked, &list) }
    }
}
