//! PayPal: captures, refunds, disputes, fees and transfers to the bank.
#![doc = include_str!("paypal/README.md")]

mod account;
pub mod certificate;
mod dispute;
mod event;
mod payment;
mod poll;
mod refund;
mod search;
mod verify;
mod wire;

pub use poll::{Access, PayPalPoller};

use crate::kit::{Outcome, body};
use account::Account;
use certificate::Certificates;
use kernel::SourceName;
use kernel::time::Zone;
use ports::{
    Answers, EventSource, Normalised, RawDelivery, Refusal, SignatureState, SourceManifest,
};

/// What PayPal is and promises here.
pub const MANIFEST: SourceManifest = SourceManifest {
    kind: "paypal",
    title: "PayPal",
    // Events stay below 64 KB; a page of 500 rows of Transaction Search is about 2 MB.
    body_bytes_max: 8 << 20,
    answers: Answers::USUAL,
};

/// How one PayPal account is read.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Ids of the webhooks that deliver here (`8PT597110X687430LKGECATA`); all are tried. They are
    /// part of what PayPal signs and no secret.
    pub webhook_ids: Vec<String>,
    /// PayPal's certificates, filled from outside.
    pub certificates: Certificates,
    /// The business's time zone: decides the business date of everything.
    pub zone: Zone,
    /// The order system whose order ids stand in `custom_id` of payments, e.g.
    /// `woocommerce:acme`. Without it, payments are subjects of their own until they are matched.
    pub order_source: Option<SourceName>,
    /// Takes the sandbox for real: for trying out, never for books.
    pub test_is_real: bool,
}

/// One PayPal account.
#[derive(Debug, Clone)]
pub struct PayPal {
    name: SourceName,
    settings: Settings,
}

impl PayPal {
    /// The account `name`, e.g. `paypal:acme`.
    pub const fn new(name: SourceName, settings: Settings) -> Self {
        Self { name, settings }
    }
}

impl EventSource for PayPal {
    fn manifest(&self) -> &'static SourceManifest {
        &MANIFEST
    }

    fn name(&self) -> &str {
        self.name.as_str()
    }

    fn accept(&self, delivery: &RawDelivery) -> Result<SignatureState, Refusal> {
        verify::verify(delivery, &self.settings)
    }

    /// The event's id (`WH-…`), equal for every attempt.
    fn dedupe_key(&self, delivery: &RawDelivery) -> String {
        let id = event::top(delivery).and_then(|t| t.id.filter(|_| t.event_type.is_some()));
        match id {
            Some(id) if (1..=100).contains(&id.as_str().len()) => id.as_str().to_owned(),
            _ => body::digest(delivery),
        }
    }

    fn topic(&self, delivery: &RawDelivery) -> String {
        let Some(top) = event::top(delivery) else { return "unreadable".to_owned() };
        let name = top.event_type.map(|t| t.to_string()).filter(|n| !n.is_empty());
        name.unwrap_or_else(|| "object".to_owned()).chars().take(100).collect()
    }

    fn normalise(&self, delivery: &RawDelivery) -> Normalised {
        let account = Account { source: &self.name, settings: &self.settings };
        let mut out = Outcome::default();
        out.attempt(|out| event::read(&account, body::text(delivery, &MANIFEST)?, out));
        out.finish()
    }
}
