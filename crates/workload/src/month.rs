//! The deliveries of a month.

use crate::draw::{Draws, Salt, mix};
use crate::event::What;
use crate::faults::{Arrival, Arrivals, Attempt};
use crate::json::Json;
use crate::plan::World;
use crate::shape::{Connections, Shape, sources};
use crate::sign::Signer;
use crate::{shopify, stripe};
use bytes::Bytes;
use kernel::Timestamp;
use ports::RawDelivery;
use std::sync::Arc;

/// One delivery with the name of the connection that it goes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The connection, e.g. `shopify:demo`; shared by all its deliveries.
    pub source: Arc<str>,
    /// What arrives: headers, body and when.
    pub raw: RawDelivery,
}

/// The deliveries of a month, in order of arrival. Lazy: its memory depends on the number of days
/// and on how late deliveries may be, never on the number of orders.
pub struct Month {
    world: Arc<World>,
    arrivals: Arrivals,
    shopify: Arc<str>,
    stripe: Arc<str>,
    shop_domain: String,
    shop_signer: Signer,
    stripe_signer: Signer,
    /// When the last delivery arrived, microseconds.
    clock: i64,
}

/// The month of `shape`: equal shapes give equal bytes in the same order.
///
/// # Panics
/// When the zone is unknown or the month is not 1 to 366 days long.
pub fn month(shape: &Shape) -> Month {
    let world = Arc::new(World::new(shape));
    let Connections { shopify, stripe, .. } = sources(shape);
    Month {
        arrivals: Arrivals::new(&world),
        shopify: shopify.into(),
        stripe: stripe.into(),
        shop_domain: format!("{}.myshopify.com", shape.shop),
        shop_signer: Signer::new(shape.shopify_secret),
        stripe_signer: Signer::new(shape.stripe_secret),
        world,
        clock: i64::MIN,
    }
}

impl Iterator for Month {
    type Item = Delivery;

    fn next(&mut self) -> Option<Delivery> {
        let arrival = self.arrivals.next()?;
        let happened = Timestamp::from_seconds(arrival.event.at).0;
        self.clock = happened.max(self.clock.saturating_add(1));
        let is_spoilt = arrival.attempt == Attempt::Spoilt;
        let delivery = match &arrival.event.what {
            What::Payout(batch) => self.from_stripe(stripe::payout(&self.world, batch), is_spoilt),
            What::PayoutItems(batch) => {
                self.from_stripe(stripe::payout_items(&self.world, batch), is_spoilt)
            }
            What::Order { index, step } => match shopify::webhook(&self.world, *index, *step) {
                Some((topic, body)) => self.from_shopify(&arrival, topic, body, is_spoilt),
                None => self.from_stripe(stripe::dispute(&self.world, *index, *step), is_spoilt),
            },
        };
        Some(delivery)
    }
}

impl Month {
    fn from_shopify(
        &self,
        arrival: &Arrival,
        topic: &str,
        body: String,
        is_spoilt: bool,
    ) -> Delivery {
        let body = Bytes::from(body);
        let mut signature = self.shop_signer.shopify(&body);
        if is_spoilt {
            signature = spoil(&signature);
        }
        let draws = Draws::of(self.world.seed, arrival.event.what.identity());
        let token = draws.number(Salt::Token);
        let mut triggered = String::with_capacity(25);
        self.world.calendar.write(arrival.event.at, &mut triggered);
        let header = |name: &str, value: String| (name.to_owned(), value);
        let headers = vec![
            header("content-type", "application/json".to_owned()),
            header("x-shopify-topic", topic.to_owned()),
            header("x-shopify-hmac-sha256", signature),
            header("x-shopify-shop-domain", self.shop_domain.clone()),
            header("x-shopify-api-version", API_VERSION.to_owned()),
            header("x-shopify-webhook-id", self.uuid(token)),
            header("x-shopify-event-id", self.uuid(mix(token))),
            header("x-shopify-triggered-at", triggered),
        ];
        self.delivery(&self.shopify, headers, body)
    }

    fn from_stripe(&self, body: String, is_spoilt: bool) -> Delivery {
        let body = Bytes::from(body);
        let at = Timestamp(self.clock).seconds();
        let mut signature = self.stripe_signer.stripe(at, &body);
        if is_spoilt {
            signature = spoil(&signature);
        }
        let headers = vec![
            ("content-type".to_owned(), "application/json; charset=utf-8".to_owned()),
            ("stripe-signature".to_owned(), signature),
        ];
        self.delivery(&self.stripe, headers, body)
    }

    fn delivery(&self, to: &Arc<str>, headers: Vec<(String, String)>, body: Bytes) -> Delivery {
        let received_at = Timestamp(self.clock);
        Delivery { source: Arc::clone(to), raw: RawDelivery { headers, body, received_at } }
    }

    /// A number in the form of a UUID.
    fn uuid(&self, token: u64) -> String {
        let mut json = Json::new(&self.world, 40);
        json.hex(token).hex(mix(!token));
        let mut text = json.text;
        for at in [20, 16, 12, 8] {
            text.insert(at, '-');
        }
        text
    }
}

const API_VERSION: &str = "2026-07";

/// The same signature with its third last sign changed.
fn spoil(signature: &str) -> String {
    let at = signature.len() - 3;
    let sign = if signature.as_bytes()[at] == b'0' { "1" } else { "0" };
    format!("{}{sign}{}", &signature[..at], &signature[at + 1..])
}
