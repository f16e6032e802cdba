//! The vendors' list APIs over what the month delivers: Shopify's Admin API and Stripe's, with
//! small pages, throttling and failures.

use crate::chance::Chance;
use bytes::Bytes;
use http::{Request, Response};
use kernel::Timestamp;
use ports::{BoxFuture, Http, HttpFailure};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use workload::Delivery;

/// Where the shop's Admin API is.
pub const SHOPIFY: &str = "https://demo.myshopify.example";
/// Where the processor's API is.
pub const STRIPE: &str = "https://api.stripe.example";
/// Objects on a page.
const PAGE: usize = 5;

/// What the vendors know.
#[derive(Default)]
pub struct Lists {
    /// Order id: when it was last changed, and how it stands.
    orders: BTreeMap<u64, (Timestamp, String)>,
    transactions: BTreeMap<u64, Vec<String>>,
    /// Event id: when it was made, and the event.
    events: BTreeMap<String, (i64, String)>,
    movements: BTreeMap<String, Vec<String>>,
    chance: Option<Chance>,
}

impl Lists {
    /// What the vendors know when everything of `month` has happened.
    pub fn of(month: &[Delivery]) -> Self {
        let mut lists = Self::default();
        let mut refunds: BTreeMap<u64, BTreeMap<u64, String>> = BTreeMap::new();
        for d in month {
            let text = String::from_utf8_lossy(&d.raw.body).into_owned();
            let Ok(fields) = serde_json::from_str::<BTreeMap<String, Box<RawValue>>>(&text) else {
                continue;
            };
            let number = |name: &str| fields.get(name).and_then(|raw| raw.get().parse().ok());
            let string = |name: &str| -> Option<String> {
                serde_json::from_str(fields.get(name)?.get()).ok()
            };
            let topic = d.raw.header("x-shopify-topic").unwrap_or_default();
            match (topic.split('/').next().unwrap_or_default(), number("id"), number("order_id")) {
                ("orders", Some(id), _) => {
                    let at = string("updated_at").and_then(|at| Timestamp::parse(&at).ok());
                    let new = (at.unwrap_or(Timestamp(0)), text);
                    let known = lists.orders.entry(id).or_insert_with(|| new.clone());
                    if known.0 < new.0 {
                        *known = new;
                    }
                }
                ("order_transactions", _, Some(order)) => {
                    let known = lists.transactions.entry(order).or_default();
                    if !known.contains(&text) {
                        known.push(text);
                    }
                }
                ("refunds", Some(id), Some(order)) => {
                    refunds.entry(order).or_default().insert(id, text);
                }
                _ => match string("object").as_deref() {
                    Some("event") => {
                        let made = number("created").map_or(0, u64::cast_signed);
                        lists.events.insert(string("id").unwrap_or_default(), (made, text));
                    }
                    Some("list") => {
                        let url = string("url").unwrap_or_default();
                        let payout = url.rsplit('=').next().unwrap_or_default().to_owned();
                        let data: Vec<Box<RawValue>> = fields
                            .get("data")
                            .and_then(|raw| serde_json::from_str(raw.get()).ok())
                            .unwrap_or_default();
                        let texts = data.iter().map(|raw| raw.get().to_owned()).collect();
                        lists.movements.insert(payout, texts);
                    }
                    _ => {}
                },
            }
        }
        for (order, refunds) in refunds {
            if let Some((_, text)) = lists.orders.get_mut(&order) {
                let all: Vec<String> = refunds.into_values().collect();
                *text =
                    text.replacen("\"refunds\":[]", &format!("\"refunds\":[{}]", all.join(",")), 1);
            }
        }
        lists
    }

    /// One request in four fails in some way.
    #[must_use]
    pub fn failing(mut self, chance: Chance) -> Self {
        self.chance = Some(chance);
        self
    }

    fn answer(&self, request: &Request<Bytes>) -> Result<Response<Bytes>, HttpFailure> {
        let plain = |status: u16, body: String| {
            let mut answer = Response::new(Bytes::from(body));
            *answer.status_mut() = http::StatusCode::from_u16(status).unwrap_or_default();
            answer
        };
        let secret = if is_shopify(request) { "x-shopify-access-token" } else { "authorization" };
        if !request.headers().contains_key(secret) {
            return Ok(plain(401, "no token".to_owned()));
        }
        match self.chance.as_ref().map(|c| c.below(16)) {
            Some(0) => {
                let mut answer = plain(429, "slow down".to_owned());
                answer.headers_mut().insert("retry-after", http::HeaderValue::from_static("2.0"));
                return Ok(answer);
            }
            Some(1) => return Ok(plain(503, "try again".to_owned())),
            Some(2) => return Err(HttpFailure::Unknown("no answer".to_owned())),
            Some(3) => return Ok(plain(200, "{\"orders\":[{\"id\":".to_owned())),
            _ => {}
        }
        let query = Query(request.uri().query().unwrap_or_default());
        let path = request.uri().path();
        Ok(if is_shopify(request) {
            self.shopify(request, path, query)
        } else if path == "/v1/events" {
            let within =
                |at: i64| query.int("created%5Bgte%5D") <= at && at < query.int("created%5Blt%5D");
            let mut found: Vec<_> = self.events.iter().filter(|(_, (at, _))| within(*at)).collect();
            found.sort_by_key(|(id, (at, _))| (-*at, (*id).clone()));
            let texts: Vec<(&str, &str)> =
                found.iter().map(|(id, (_, text))| (id.as_str(), text.as_str())).collect();
            plain(200, stripe_page(&texts, query))
        } else {
            let all = self.movements.get(query.get("payout")).map_or(&[][..], Vec::as_slice);
            let texts: Vec<(&str, &str)> =
                all.iter().map(|text| (movement_id(text), text.as_str())).collect();
            plain(200, stripe_page(&texts, query))
        })
    }

    fn shopify(&self, request: &Request<Bytes>, path: &str, query: Query<'_>) -> Response<Bytes> {
        let (name, all): (_, Vec<&str>) = if let Some(rest) = path.split("/orders/").nth(1) {
            let id: Option<u64> = rest.split('/').next().and_then(|id| id.parse().ok());
            let found = id.and_then(|id| self.transactions.get(&id));
            (
                "transactions",
                found.map_or_else(Vec::new, |t| t.iter().map(String::as_str).collect()),
            )
        } else if path.ends_with("/orders.json") {
            let moment = |name: &str| Timestamp::parse(query.get(name)).unwrap_or(Timestamp(0));
            let (since, until) = (moment("updated_at_min"), moment("updated_at_max"));
            let mut found: Vec<_> =
                self.orders.values().filter(|(at, _)| since <= *at && *at <= until).collect();
            found.sort_by_key(|(at, _)| *at);
            ("orders", found.into_iter().map(|(_, text)| text.as_str()).collect())
        } else {
            let mut answer = Response::new(Bytes::from_static(b"{\"errors\":\"Not Found\"}"));
            *answer.status_mut() = http::StatusCode::NOT_FOUND;
            return answer;
        };
        let from = usize::try_from(query.int("page_info")).unwrap_or(0);
        let page: Vec<&str> = all.iter().skip(from).take(PAGE).copied().collect();
        let body = format!("{{\"{name}\":[{}]}}", page.join(","));
        let mut answer = Response::new(Bytes::from(body));
        if from + PAGE < all.len() {
            let rest: Vec<&str> =
                query.0.split('&').filter(|pair| !pair.starts_with("page_info=")).collect();
            let uri = request.uri();
            let link = format!(
                "<{}://{}{path}?{}&page_info={}>; rel=\"next\"",
                uri.scheme_str().unwrap_or_default(),
                uri.host().unwrap_or_default(),
                rest.join("&"),
                from + PAGE
            );
            if let Ok(link) = http::HeaderValue::try_from(link) {
                answer.headers_mut().insert("link", link);
            }
        }
        answer
    }
}

fn is_shopify(request: &Request<Bytes>) -> bool {
    request.uri().host().is_some_and(|host| SHOPIFY.ends_with(host))
}

fn movement_id(text: &str) -> &str {
    text.split('"').nth(3).unwrap_or_default()
}

fn stripe_page(all: &[(&str, &str)], query: Query<'_>) -> String {
    let after = query.get("starting_after");
    let from = all.iter().position(|(id, _)| *id == after).map_or(0, |n| n + 1);
    let page: Vec<&str> = all.iter().skip(from).take(PAGE).map(|(_, text)| *text).collect();
    let has_more = from + PAGE < all.len();
    format!(
        "{{\"object\":\"list\",\"has_more\":{has_more},\"url\":\"/v1\",\"data\":[{}]}}",
        page.join(",")
    )
}

#[derive(Clone, Copy)]
struct Query<'a>(&'a str);

impl<'a> Query<'a> {
    fn get(self, name: &str) -> &'a str {
        let mut pairs = self.0.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(n, _)| *n == name).map_or("", |(_, value)| value)
    }

    fn int(self, name: &str) -> i64 {
        self.get(name).parse().unwrap_or(0)
    }
}

impl Http for Lists {
    fn send<'a>(
        &'a self,
        request: Request<Bytes>,
        _: Timestamp,
    ) -> BoxFuture<'a, Result<Response<Bytes>, HttpFailure>> {
        Box::pin(async move { self.answer(&request) })
    }
}
