//! Shopify: orders, payments, refunds, disputes and Shopify Payments payouts.
#![doc = include_str!("shopify/README.md")]

mod dispute;
mod lines;
mod order;
mod parcel;
mod payment;
mod payout;
mod poll;
mod refund;
mod shape;
mod shop;
mod tax;
mod topic;
mod verify;
mod wire;

pub use poll::{Access, ShopifyPoller};

use crate::kit::{Outcome, body, header};
use kernel::SourceName;
use kernel::time::Zone;
use ports::{
    Answers, EventSource, Normalised, RawDelivery, Refusal, Secret, SignatureState, SourceManifest,
};

/// What Shopify is and promises here.
pub const MANIFEST: SourceManifest = SourceManifest {
    kind: "shopify",
    title: "Shopify",
    // An order of 10,000 lines, the most that one ledger document takes, is about 20 MB of JSON;
    // real ones stay below 2 MB. A larger order has to be split before it can be posted anyway.
    body_bytes_max: 8 << 20,
    answers: Answers::USUAL,
};

/// The topic of a delivery; the `Events` transport drops the prefix (sources-and-cases.md A1).
const TOPIC: [&str; 2] = ["x-shopify-topic", "shopify-topic"];
/// The vendor's identity of a delivery, equal for its retries.
const WEBHOOK_ID: [&str; 2] = ["x-shopify-webhook-id", "shopify-webhook-id"];

/// How one shop is read.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Client secrets of the app; all are tried. Keep the old one for an hour after a rotation.
    pub secrets: Vec<Secret>,
    /// The shop's time zone: decides the business date of everything.
    pub zone: Zone,
}

/// One Shopify shop.
#[derive(Debug, Clone)]
pub struct Shopify {
    name: SourceName,
    settings: Settings,
}

impl Shopify {
    /// The shop `name`, e.g. `shopify:acme`.
    pub const fn new(name: SourceName, settings: Settings) -> Self {
        Self { name, settings }
    }
}

impl EventSource for Shopify {
    fn manifest(&self) -> &'static SourceManifest {
        &MANIFEST
    }

    fn name(&self) -> &str {
        self.name.as_str()
    }

    fn accept(&self, delivery: &RawDelivery) -> Result<SignatureState, Refusal> {
        verify::verify(delivery, &self.settings.secrets)
    }

    /// The webhook id with the first sixteen digits of the body's SHA-256: a retry has the same
    /// id and the same bytes, and an id that is ever used twice for different bytes loses nothing.
    fn dedupe_key(&self, delivery: &RawDelivery) -> String {
        let digest = body::digest(delivery);
        match header(delivery, &WEBHOOK_ID).filter(|id| !id.is_empty()) {
            Some(id) => format!("{id}:{}", &digest[..16]),
            None => digest,
        }
    }

    fn topic(&self, delivery: &RawDelivery) -> String {
        match header(delivery, &TOPIC) {
            Some(topic) => topic.chars().take(100).collect(),
            None => {
                std::str::from_utf8(&delivery.body).map_or("unreadable", shape::name).to_owned()
            }
        }
    }

    fn normalise(&self, delivery: &RawDelivery) -> Normalised {
        let shop = shop::Shop { source: &self.name, zone: &self.settings.zone };
        let next_page =
            header(delivery, &["link"]).is_some_and(|link| link.contains("rel=\"next\""));
        let mut out = Outcome::default();
        out.attempt(|out| {
            let text = body::text(delivery, &MANIFEST)?;
            match header(delivery, &TOPIC).filter(|topic| !topic.is_empty()) {
                Some(topic) => topic::read(&shop, topic, text, out),
                None => shape::read(&shop, text, next_page, out),
            }
        });
        out.finish()
    }
}
