//! A Square account: orders with their payments, refunds, disputes and payouts, at eleven locations.

use super::{Month, at, page, webhook};
use crate::lists::{Asked, Lists, Vendor, answer};
use bytes::Bytes;
use http::{Method, Response};
use kernel::Timestamp;

/// Where the API is.
pub const ADDRESS: &str = "https://connect.square.example";
/// The access token.
pub const TOKEN: &str = "sq0atp-1";
/// One more than a search for orders takes.
const LOCATIONS: u32 = 11;
/// Objects on a page, whatever was asked for.
const PAGE: usize = 3;

/// An object: its location, the moment it is listed by, its text.
struct Object {
    location: u32,
    at: i64,
    text: String,
}

#[derive(Default)]
struct Account {
    orders: Vec<Object>,
    payments: Vec<Object>,
    refunds: Vec<Object>,
    payouts: Vec<Object>,
    disputes: Vec<Object>,
    /// Payout id and entry.
    entries: Vec<(String, String)>,
}

fn usd(amount: i64) -> String {
    format!("{{\"amount\":{amount},\"currency\":\"USD\"}}")
}

fn event(id: &str, name: &str, object: &str, text: &str) -> String {
    format!(
        "{{\"merchant_id\":\"M\",\"type\":\"{name}\",\"event_id\":\"{id}\",\"data\":{{\"type\":\
         \"{object}\",\"object\":{{\"{object}\":{text}}}}}}}"
    )
}

fn order(n: u32, location: u32, made: Timestamp) -> String {
    let price = usd(5_000);
    format!(
        "{{\"id\":\"ORDER{n}\",\"location_id\":\"L{location}\",\"state\":\"COMPLETED\",\
         \"created_at\":\"{made}\",\"updated_at\":\"{}\",\"closed_at\":\"{made}\",\"line_items\":[\
         {{\"uid\":\"l1\",\"name\":\"Shirt\",\"item_type\":\"ITEM\",\"quantity\":\"1\",\
         \"base_price_money\":{price},\"gross_sales_money\":{price},\"total_tax_money\":{},\
         \"total_discount_money\":{},\"total_money\":{price}}}],\"total_money\":{price},\
         \"total_tax_money\":{}}}",
        made.plus_seconds(30),
        usd(0),
        usd(0),
        usd(0)
    )
}

fn payment(n: u32, location: u32, made: Timestamp, done: bool) -> String {
    let money = usd(5_000);
    let (status, updated, fee) = if done {
        let fee = format!(
            "\"processing_fee\":[{{\"type\":\"INITIAL\",\"effective_at\":\"{}\",\"amount_money\":{}}}],",
            made.plus_seconds(60),
            usd(175)
        );
        ("COMPLETED", made.plus_seconds(60), fee)
    } else {
        ("APPROVED", made, String::new())
    };
    format!(
        "{{\"id\":\"PAY{n}\",\"status\":\"{status}\",\"source_type\":\"CARD\",\"amount_money\":{money},\
         \"total_money\":{money},\"order_id\":\"ORDER{n}\",\"location_id\":\"L{location}\",{fee}\
         \"created_at\":\"{made}\",\"updated_at\":\"{updated}\"}}"
    )
}

impl Account {
    fn payout(&mut self, n: u32, made: Timestamp, of: std::ops::Range<u32>) -> String {
        let id = format!("po_{n}");
        let mut sum = 0;
        for k in of {
            let entry = |kind: &str, gross: i64, fee: i64, more: &str| {
                format!(
                    "{{\"id\":\"poe_{kind}{k}\",\"payout_id\":\"{id}\",\"effective_at\":\"{made}\",\
                     \"type\":\"{kind}\",\"gross_amount_money\":{},\"fee_amount_money\":{},\
                     \"net_amount_money\":{},{more}}}",
                    usd(gross),
                    usd(fee),
                    usd(gross - fee)
                )
            };
            let of = format!("\"type_charge_details\":{{\"payment_id\":\"PAY{k}\"}}");
            self.entries.push((id.clone(), entry("CHARGE", 5_000, 175, &of)));
            sum += 4_825;
            if k % 4 == 1 {
                let of = format!(
                    "\"type_refund_details\":{{\"payment_id\":\"PAY{k}\",\"refund_id\":\"REF{k}\"}}"
                );
                self.entries.push((id.clone(), entry("REFUND", -5_000, 0, &of)));
                sum -= 5_000;
            }
        }
        format!(
            "{{\"id\":\"{id}\",\"status\":\"PAID\",\"location_id\":\"L0\",\"amount_money\":{},\
             \"arrival_date\":\"{}\",\"created_at\":\"{made}\",\"updated_at\":\"{made}\",\
             \"destination\":{{\"type\":\"BANK_ACCOUNT\",\"id\":\"bact:1\"}}}}",
            usd(sum),
            &made.to_string()[..10]
        )
    }
}

/// A month of `orders` orders of 50.00; every fourth is refunded, every fifth disputed, six are
/// paid out together.
pub fn month(orders: u32) -> Month {
    let mut account = Account::default();
    let mut webhooks = Vec::new();
    let mut tell = |id: String, name: &str, object: &str, text: &str, when: Timestamp| {
        webhooks.push(webhook(&[], event(&id, name, object, text), when));
    };
    for n in 0..orders {
        let (made, location) = (at(n), n % LOCATIONS);
        let object = |at: Timestamp, text: String| Object { location, at: at.seconds(), text };
        let thin = format!("{{\"order_id\":\"ORDER{n}\",\"version\":1,\"state\":\"OPEN\"}}");
        tell(format!("o{n}"), "order.created", "order_created", &thin, made);
        account.orders.push(object(made.plus_seconds(30), order(n, location, made)));
        tell(
            format!("a{n}"),
            "payment.created",
            "payment",
            &payment(n, location, made, false),
            made,
        );
        let done = payment(n, location, made, true);
        tell(format!("p{n}"), "payment.updated", "payment", &done, made.plus_seconds(60));
        account.payments.push(object(made.plus_seconds(60), done));
        if n % 4 == 1 {
            let when = made.plus_seconds(50_000);
            let refund = format!(
                "{{\"id\":\"REF{n}\",\"status\":\"COMPLETED\",\"amount_money\":{},\
                 \"payment_id\":\"PAY{n}\",\"order_id\":\"RET{n}\",\"location_id\":\"L{location}\",\
                 \"created_at\":\"{when}\",\"updated_at\":\"{when}\"}}",
                usd(5_000)
            );
            tell(format!("r{n}"), "refund.updated", "refund", &refund, when);
            account.refunds.push(object(when, refund));
        }
        if n % 5 == 0 {
            let (opened, won) = (made.plus_seconds(70_000), made.plus_seconds(170_000));
            let dispute = |state: &str, when: Timestamp| {
                format!(
                    "{{\"id\":\"DISP{n}\",\"amount_money\":{},\"state\":\"{state}\",\"reason\":\
                     \"NO_KNOWLEDGE\",\"disputed_payment\":{{\"payment_id\":\"PAY{n}\"}},\
                     \"created_at\":\"{opened}\",\"updated_at\":\"{when}\"}}",
                    usd(5_000)
                )
            };
            let open = dispute("EVIDENCE_REQUIRED", opened);
            tell(format!("d{n}"), "dispute.created", "dispute", &open, opened);
            let end = dispute("WON", won);
            tell(format!("e{n}"), "dispute.state.updated", "dispute", &end, won);
            account.disputes.push(object(won, end));
        }
        if n % 6 == 5 {
            let when = made.plus_seconds(100_000);
            let payout = account.payout(n, when, n - 5..n + 1);
            tell(format!("y{n}"), "payout.paid", "payout", &payout, when);
            account.payouts.push(Object { location: 0, at: when.seconds(), text: payout });
        }
    }
    webhooks.sort_by_key(|w| w.received_at);
    Month { webhooks, lists: Lists::new(account) }
}

/// A page of `name` behind `cursor`, with the cursor of the next.
fn listed(name: &str, all: &[&str], cursor: Option<&str>) -> Result<Response<Bytes>, String> {
    let from: usize = match cursor {
        Some(c) => c.strip_prefix("c=").and_then(|c| c.parse().ok()).ok_or("no such cursor")?,
        None => 0,
    };
    let next = from + PAGE;
    let cursor = if next < all.len() { format!(",\"cursor\":\"c={next}\"") } else { String::new() };
    if all.is_empty() {
        // Square leaves out what is empty.
        return Ok(answer(200, "{}"));
    }
    Ok(answer(200, format!("{{\"{name}\":[{}]{cursor}}}", page(all, from, PAGE))))
}

/// A list of one location, by time.
fn by_time(asked: &Asked<'_>, name: &str, all: &[Object]) -> Result<Response<Bytes>, String> {
    let is_updated = matches!(name, "payments" | "refunds");
    let (since, until) = if is_updated {
        asked.is("sort_field", "UPDATED_AT")?;
        // Without a beginning the list covers one year.
        if asked.moment("begin_time")? > at(0).seconds() - 365 * 86_400 {
            return Err("begin_time hides what was made before".to_owned());
        }
        (asked.moment("updated_at_begin_time")?, asked.moment("updated_at_end_time")?)
    } else {
        (asked.moment("begin_time")?, asked.moment("end_time")?)
    };
    asked.only(&[
        "begin_time",
        "end_time",
        "updated_at_begin_time",
        "updated_at_end_time",
        "sort_field",
        "sort_order",
        "limit",
        "location_id",
        "cursor",
    ])?;
    if asked.number("limit")? > 100 {
        return Err("limit".to_owned());
    }
    // The main location is meant where none is named, but for refunds.
    let location = match (asked.find("location_id"), name) {
        (Some(id), _) => Some(id.to_owned()),
        (None, "refunds") => None,
        _ => Some("L0".to_owned()),
    };
    let here = |o: &&Object| location.as_ref().is_none_or(|id| *id == format!("L{}", o.location));
    let within = |o: &&Object| since <= o.at && o.at <= until;
    let found: Vec<&str> =
        all.iter().filter(here).filter(within).map(|o| o.text.as_str()).collect();
    listed(name, &found, asked.find("cursor"))
}

impl Account {
    fn search(&self, asked: &Asked<'_>) -> Result<Response<Bytes>, String> {
        if asked.request.method() != Method::POST
            || asked.header("content-type") != "application/json"
        {
            return Err("a search is posted".to_owned());
        }
        let body: serde_json::Value =
            serde_json::from_slice(asked.request.body()).map_err(|e| e.to_string())?;
        let text = |pointer: &str| body.pointer(pointer).and_then(|v| v.as_str());
        let moment = |name: &str| {
            let text = text(&format!("/query/filter/date_time_filter/updated_at/{name}"));
            Timestamp::parse(text.unwrap_or_default()).map(Timestamp::seconds)
        };
        let (since, until) = (
            moment("start_at").map_err(|e| e.to_string())?,
            moment("end_at").map_err(|e| e.to_string())?,
        );
        // A filter by time is only good with the order of that time.
        if text("/query/sort/sort_field") != Some("UPDATED_AT") {
            return Err("sort_field".to_owned());
        }
        let ids: Vec<String> = body
            .pointer("/location_ids")
            .and_then(|v| v.as_array())
            .map(|ids| ids.iter().filter_map(|i| i.as_str().map(str::to_owned)).collect())
            .unwrap_or_default();
        if ids.is_empty() || ids.len() > 10 {
            return Err(format!("{} locations", ids.len()));
        }
        let found: Vec<&str> = self
            .orders
            .iter()
            .filter(|o| ids.contains(&format!("L{}", o.location)) && since <= o.at && o.at <= until)
            .map(|o| o.text.as_str())
            .collect();
        listed("orders", &found, text("/cursor"))
    }
}

impl Vendor for Account {
    fn answer(&self, asked: &Asked<'_>) -> Result<Response<Bytes>, String> {
        if asked.header("authorization") != format!("Bearer {TOKEN}") {
            return Ok(answer(401, "{\"errors\":[{\"code\":\"UNAUTHORIZED\"}]}"));
        }
        if asked.header("square-version").is_empty() {
            return Err("no Square-Version".to_owned());
        }
        let path =
            asked.path.strip_prefix("/v2/").ok_or_else(|| format!("no route {}", asked.path))?;
        match path {
            "locations" => {
                let all: Vec<String> =
                    (0..LOCATIONS).map(|n| format!("{{\"id\":\"L{n}\"}}")).collect();
                Ok(answer(200, format!("{{\"locations\":[{}]}}", all.join(","))))
            }
            "orders/search" => self.search(asked),
            "payments" => by_time(asked, path, &self.payments),
            "refunds" => by_time(asked, path, &self.refunds),
            "payouts" => by_time(asked, path, &self.payouts),
            "gift-cards/activities" => by_time(asked, "gift_card_activities", &[]),
            "disputes" => {
                asked.only(&["states", "cursor"])?;
                if !asked.get("states")?.contains("WON") {
                    return Err("disputes that are over are left out".to_owned());
                }
                let all: Vec<&str> = self.disputes.iter().map(|d| d.text.as_str()).collect();
                listed(path, &all, asked.find("cursor"))
            }
            _ if path.starts_with("orders/") => {
                let id = path.trim_start_matches("orders/");
                let named = format!("\"id\":\"{id}\"");
                Ok(match self.orders.iter().find(|o| o.text.contains(&named)) {
                    Some(order) => answer(200, format!("{{\"order\":{}}}", order.text)),
                    None => answer(404, "{\"errors\":[{\"code\":\"NOT_FOUND\"}]}"),
                })
            }
            _ => {
                let id =
                    path.strip_prefix("payouts/").and_then(|p| p.strip_suffix("/payout-entries"));
                let id = id.ok_or_else(|| format!("no route {path}"))?;
                asked.only(&["limit", "cursor"])?;
                let found: Vec<&str> = self
                    .entries
                    .iter()
                    .filter(|(of, _)| of == id)
                    .map(|(_, text)| text.as_str())
                    .collect();
                listed("payout_entries", &found, asked.find("cursor"))
            }
        }
    }
}
