//! The vendors' list APIs over what the month delivers, with small pages, tokens that end, throttling
//! and failures.

mod adyen;
mod amazon;
mod bigcommerce;
mod held;
mod paypal;
mod pollers;
mod shopify;
mod square;
mod stripe;
mod tokens;
mod woocommerce;

pub use pollers::{FIRST_BATCH, pollers};

use crate::chance::Chance;
use crate::executor::SimClock;
use bytes::Bytes;
use held::Held;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use kernel::Timestamp;
use ports::{BoxFuture, Clock, Http, HttpFailure};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use workload::Delivery;

/// Objects on a page.
const PAGE: usize = 5;
/// Longest time an answer takes, microseconds.
const SLOW_US: u64 = 2_000_000;

type Fields = BTreeMap<String, Box<RawValue>>;

/// What the vendors know, and how they answer.
#[derive(Default)]
pub struct Lists {
    held: Held,
    /// Without a clock everything has happened.
    clock: Option<SimClock>,
    /// What decides about failures, and how many of 1,000 requests fail.
    chance: Option<(Chance, u32)>,
    is_calm: AtomicBool,
    /// Requests that failed.
    failed: AtomicU64,
    /// Deliveries of what is listed that never came.
    lost: u64,
}

impl Lists {
    /// What the vendors know when everything of `month` has happened.
    pub fn of(month: &[Delivery]) -> Self {
        let mut lists = Self::default();
        for delivery in month {
            lists.hold(delivery, delivery.raw.received_at, 0);
        }
        lists
    }

    /// What the vendors know by and by.
    pub fn on(clock: SimClock) -> Self {
        Self { clock: Some(clock), ..Self::default() }
    }

    /// What a delivery tells happens at `at`, and lists show it so much later. False: no list ever tells
    /// of it.
    pub fn hold(&mut self, delivery: &Delivery, at: Timestamp, late_us: i64) -> bool {
        self.held.is_late_by(late_us);
        let text = String::from_utf8_lossy(&delivery.raw.body);
        let kind = delivery.source.split(':').next().unwrap_or_default();
        let held = &mut self.held;
        let Some(fields) = fields(&text) else {
            return match kind {
                "adyen" => adyen::hold(held, &text, at),
                "amazon" => amazon::hold(held, &text, at),
                _ => false,
            };
        };
        match kind {
            "paypal" => paypal::hold(held, &fields, &text, at),
            "shopify" => shopify::hold(held, delivery, &fields, &text, at),
            "stripe" => stripe::hold(held, &fields, &text, at),
            "square" => square::hold(held, &fields, at),
            "bigcommerce" => bigcommerce::hold(held, &fields, &text, at),
            "woocommerce" => woocommerce::hold(held, &fields, &text, at),
            _ => false,
        }
    }

    /// So many of 1,000 requests fail in some way, and answers take their time.
    #[must_use]
    pub fn failing(mut self, chance: Chance, per_mille: u32) -> Self {
        self.chance = Some((chance, per_mille));
        self
    }

    /// Whether nothing fails from now on.
    pub fn calm(&self, is_calm: bool) {
        self.is_calm.store(is_calm, Ordering::Relaxed);
    }

    /// When the first thing happens, if any does.
    pub fn since(&self) -> Option<Timestamp> {
        self.held.moments().map(|(at, _)| at).min()
    }

    /// When lists show the last thing that happens.
    pub fn until(&self) -> Timestamp {
        let shown = self.held.moments().map(|(at, late_us)| at.plus_micros(late_us));
        shown.max().unwrap_or(Timestamp(i64::MIN))
    }

    /// A delivery of what is listed never comes.
    pub(crate) const fn lose(&mut self) {
        self.lost += 1;
    }

    /// How many never came.
    pub(crate) const fn lost(&self) -> u64 {
        self.lost
    }

    /// How many requests failed.
    pub(crate) fn failed(&self) -> u64 {
        self.failed.load(Ordering::Relaxed)
    }

    fn failure(&self) -> Option<Result<Response<Bytes>, HttpFailure>> {
        let (chance, per_mille) = self.chance.as_ref()?;
        if self.is_calm.load(Ordering::Relaxed) || !chance.happens(*per_mille) {
            return None;
        }
        self.failed.fetch_add(1, Ordering::Relaxed);
        Some(match chance.below(5) {
            0 => {
                let mut answer = plain(429, "slow down");
                answer.headers_mut().insert("retry-after", HeaderValue::from_static("2.0"));
                Ok(answer)
            }
            1 => Ok(plain(503, "try again")),
            2 => Err(HttpFailure::Unknown("no answer".to_owned())),
            // For a moment nobody is let in.
            3 => Ok(plain(403, "not allowed")),
            _ => Ok(plain(200, "{\"orders\":[{\"id\":")),
        })
    }

    fn answer(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let view = self.held.at(self.clock.as_ref().map_or(Timestamp(i64::MAX), Clock::now));
        let host = request.uri().host().unwrap_or_default();
        // By what a request shows who asks; some look for themselves.
        let (secret, answer): (_, fn(_, &Asked<'_>) -> Response<Bytes>) = match host {
            pollers::SHOPIFY => (Some("x-shopify-access-token"), shopify::answer),
            pollers::SQUARE => (Some("authorization"), square::answer),
            pollers::BIGCOMMERCE => (Some("x-auth-token"), bigcommerce::answer),
            pollers::WOOCOMMERCE => (Some("authorization"), woocommerce::answer),
            pollers::ADYEN => (Some("x-api-key"), adyen::answer),
            paypal::HOST => (None, paypal::answer),
            amazon::API | amazon::TOKENS | amazon::FILES => (None, amazon::answer),
            _ => (Some("authorization"), stripe::answer),
        };
        if secret.is_some_and(|name| !request.headers().contains_key(name)) {
            return plain(401, "no token");
        }
        let uri = request.uri();
        let query = Query(uri.query().unwrap_or_default());
        let headers = request.headers();
        answer(view, &Asked { uri, path: uri.path(), query, headers, body: request.body() })
    }
}

impl Http for Lists {
    fn send<'a>(
        &'a self,
        request: Request<Bytes>,
        _: Timestamp,
    ) -> BoxFuture<'a, Result<Response<Bytes>, HttpFailure>> {
        Box::pin(async move {
            let is_calm = self.is_calm.load(Ordering::Relaxed);
            if let (Some(clock), Some((chance, _)), false) = (&self.clock, &self.chance, is_calm) {
                let pause = chance.below(SLOW_US).cast_signed();
                clock.sleep_until(clock.now().plus_micros(pause)).await;
            }
            self.failure().unwrap_or_else(|| Ok(self.answer(&request)))
        })
    }
}

/// A request, taken apart.
struct Asked<'a> {
    uri: &'a http::Uri,
    path: &'a str,
    query: Query<'a>,
    headers: &'a HeaderMap,
    body: &'a [u8],
}

impl<'a> Asked<'a> {
    /// The text of a header.
    fn header(&self, name: &str) -> &'a str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

fn plain(status: u16, body: impl Into<String>) -> Response<Bytes> {
    let mut answer = Response::new(Bytes::from(body.into()));
    *answer.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
    answer
}

fn not_found() -> Response<Bytes> {
    plain(404, "{\"errors\":\"Not Found\"}")
}

/// The fields of an object.
fn fields(text: &str) -> Option<Fields> {
    serde_json::from_str(text).ok()
}

/// The text of a field, or its number as it is written.
fn plain_field(fields: &Fields, name: &str) -> Option<String> {
    fields.get(name).map(|raw| raw.get().trim_matches('"').to_owned())
}

/// The moment in a field, microseconds.
fn moment(fields: &Fields, name: &str) -> Option<i64> {
    Timestamp::parse(&plain_field(fields, name)?).ok().map(|at| at.0)
}

/// The elements of a list in a field.
fn elements(fields: &Fields, name: &str) -> Vec<String> {
    let list: Vec<Box<RawValue>> =
        fields.get(name).and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default();
    list.iter().map(|raw| raw.get().to_owned()).collect()
}

/// One page from `from` on, and whether another one follows.
fn page(all: &[&str], from: usize) -> (String, bool) {
    let some: Vec<&str> = all.iter().skip(from).take(PAGE).copied().collect();
    (some.join(","), from + PAGE < all.len())
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

    /// A number of objects.
    fn count(self, name: &str) -> usize {
        self.get(name).parse().unwrap_or(0)
    }

    /// A moment as RFC 3339 writes it, or without a zone.
    fn moment(self, name: &str) -> Timestamp {
        let text = self.get(name);
        let found = Timestamp::parse(text).or_else(|_| Timestamp::parse(&format!("{text}Z")));
        found.unwrap_or(Timestamp(0))
    }
}
