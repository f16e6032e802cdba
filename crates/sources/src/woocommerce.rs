//! WooCommerce: orders with their payments and refunds.
#![doc = include_str!("woocommerce/README.md")]

mod lines;
mod order;
mod payment;
mod poll;
mod refund;
mod shape;
mod store;
mod tax;
mod verify;
mod wire;

pub use poll::{Access, WooCommercePoller};

use crate::kit::shop::Shop;
use crate::kit::{Outcome, body, header};
use kernel::SourceName;
use kernel::time::Zone;
use ports::{
    Answers, EventSource, Normalised, RawDelivery, Refusal, Secret, SignatureState, SourceManifest,
};

/// What WooCommerce is and promises here.
pub const MANIFEST: SourceManifest = SourceManifest {
    kind: "woocommerce",
    title: "WooCommerce",
    // An order of 10,000 lines, the most that one ledger document takes, is about 6 MB of JSON;
    // a page of 100 usual orders stays below 1 MB.
    body_bytes_max: 8 << 20,
    answers: Answers::USUAL,
};

const TOPIC: [&str; 1] = ["x-wc-webhook-topic"];

/// How one shop is read.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Secrets of the webhooks, as the shop shows them; all are tried, so hooks may have
    /// different ones and an old one may stay while it is being changed.
    pub secrets: Vec<Secret>,
    /// The shop's time zone: decides the business date of everything.
    pub zone: Zone,
}

/// One WooCommerce shop.
#[derive(Debug, Clone)]
pub struct WooCommerce {
    name: SourceName,
    settings: Settings,
}

impl WooCommerce {
    /// The shop `name`, e.g. `woocommerce:acme`.
    pub const fn new(name: SourceName, settings: Settings) -> Self {
        Self { name, settings }
    }
}

/// One delivery of an order with its refunds, both as the REST API answers them
/// (`GET /orders/{id}`, `GET /orders/{id}/refunds`): the order alone does not say what came back.
pub fn with_refunds(order: &str, refunds: &str) -> String {
    format!("{{\"order\":{order},\"refunds\":{refunds}}}")
}

impl EventSource for WooCommerce {
    fn manifest(&self) -> &'static SourceManifest {
        &MANIFEST
    }

    fn name(&self) -> &str {
        self.name.as_str()
    }

    fn accept(&self, delivery: &RawDelivery) -> Result<SignatureState, Refusal> {
        verify::verify(delivery, &self.settings.secrets)
    }

    /// The SHA-256 of the body. The vendor's delivery id is new for every delivery, and the body,
    /// which holds the order's id and `date_modified_gmt`, is all there is
    /// (sources-and-cases.md A3).
    fn dedupe_key(&self, delivery: &RawDelivery) -> String {
        body::digest(delivery)
    }

    fn topic(&self, delivery: &RawDelivery) -> String {
        match header(delivery, &TOPIC).filter(|topic| !topic.is_empty()) {
            Some(topic) => topic.chars().take(100).collect(),
            None if verify::is_ping(&delivery.body) => "ping".to_owned(),
            None => {
                std::str::from_utf8(&delivery.body).map_or("unreadable", shape::name).to_owned()
            }
        }
    }

    fn normalise(&self, delivery: &RawDelivery) -> Normalised {
        let shop = Shop { source: &self.name, zone: &self.settings.zone };
        let mut out = Outcome::default();
        out.attempt(|out| {
            let text = body::text(delivery, &MANIFEST)?;
            if verify::is_ping(&delivery.body) {
                out.ignore("the call that WooCommerce makes when a webhook is saved");
                return Ok(());
            }
            let topic = header(delivery, &TOPIC).unwrap_or_default();
            shape::read(&shop, topic, text, out)
        });
        out.finish()
    }
}
