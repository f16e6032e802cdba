//! BigCommerce: orders with their payments and refunds.
#![doc = include_str!("bigcommerce/README.md")]

mod amount;
mod event;
mod lines;
mod order;
mod parcel;
mod payment;
mod poll;
mod refund;
mod shape;
mod tax;
mod verify;
mod wire;

pub use poll::{Access, BigCommercePoller};

use crate::kit::shop::Shop;
use crate::kit::{Outcome, body};
use kernel::SourceName;
use kernel::time::Zone;
use ports::{
    Answers, EventSource, Normalised, RawDelivery, Refusal, Secret, SignatureState, SourceManifest,
};

/// What BigCommerce is and promises here.
pub const MANIFEST: SourceManifest = SourceManifest {
    kind: "bigcommerce",
    title: "BigCommerce",
    // Webhooks have some hundred bytes; a fetched order of 10,000 products, the most that one
    // ledger document takes, is about 20 MB.
    body_bytes_max: 24 << 20,
    answers: Answers::USUAL,
};

/// How one store is read.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Client secrets of the app whose webhooks come, as BigCommerce shows them; all are tried.
    pub secrets: Vec<Secret>,
    /// The store's time zone: decides the business date of everything.
    pub zone: Zone,
}

/// One BigCommerce store.
#[derive(Debug, Clone)]
pub struct BigCommerce {
    name: SourceName,
    settings: Settings,
}

impl BigCommerce {
    /// The store `name`, e.g. `bigcommerce:acme`.
    pub const fn new(name: SourceName, settings: Settings) -> Self {
        Self { name, settings }
    }
}

impl EventSource for BigCommerce {
    fn manifest(&self) -> &'static SourceManifest {
        &MANIFEST
    }

    fn name(&self) -> &str {
        self.name.as_str()
    }

    fn accept(&self, delivery: &RawDelivery) -> Result<SignatureState, Refusal> {
        verify::verify(delivery, &self.settings.secrets)
    }

    /// Scope, object and `hash` of a webhook, which repeats of one event share
    /// (sources-and-cases.md A7); of what was fetched the SHA-256 of the body.
    fn dedupe_key(&self, delivery: &RawDelivery) -> String {
        event::identity(&delivery.body).unwrap_or_else(|| body::digest(delivery))
    }

    fn topic(&self, delivery: &RawDelivery) -> String {
        std::str::from_utf8(&delivery.body).map_or_else(|_| "unreadable".to_owned(), shape::name)
    }

    fn normalise(&self, delivery: &RawDelivery) -> Normalised {
        let shop = Shop { source: &self.name, zone: &self.settings.zone };
        let mut out = Outcome::default();
        out.attempt(|out| shape::read(&shop, body::text(delivery, &MANIFEST)?, out));
        out.finish()
    }
}
