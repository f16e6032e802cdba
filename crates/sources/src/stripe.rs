//! Stripe: payments, refunds, disputes, fees and payouts.
#![doc = include_str!("stripe/README.md")]

mod account;
mod balance;
mod charge;
mod dispute;
mod event;
mod intent;
mod payout;
mod poll;
mod refund;
mod verify;
mod wire;

pub use poll::{Access, StripePoller};

use crate::kit::signature::TOLERANCE_SECONDS;
use crate::kit::{Outcome, body, header};
use account::Account;
use kernel::SourceName;
use kernel::time::Zone;
use ports::{
    Answers, EventSource, Normalised, RawDelivery, Refusal, Secret, SignatureState, SourceManifest,
};

/// What Stripe is and promises here.
pub const MANIFEST: SourceManifest = SourceManifest {
    kind: "stripe",
    title: "Stripe",
    // Events stay below 256 KB; a payout of 10,000 movements handed over as one list is 5 MB.
    body_bytes_max: 8 << 20,
    answers: Answers::USUAL,
};

/// Names the payout whose movements a polled list holds, when its `url` does not.
pub const PAYOUT_HEADER: &str = "tieout-payout";

/// How one Stripe account is read.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Secrets of the webhook endpoint, with `whsec_`; all are tried, so keep the old one while
    /// a rotation lasts.
    pub secrets: Vec<Secret>,
    /// The business's time zone: decides the business date of everything.
    pub zone: Zone,
    /// The order system whose order ids stand in the metadata of charges (`order_id`, or a whole
    /// subject key as `order_key`), e.g. `shopify:acme`. Without it, payments are subjects of
    /// their own until they are matched.
    pub order_source: Option<SourceName>,
    /// Takes test mode for real: for sandboxes and demos, never for books.
    pub test_is_real: bool,
    /// How old a signature may be, seconds; 0 means the usual 300 (sources-and-cases.md A2).
    pub tolerance_seconds: i64,
}

impl Settings {
    /// The usual settings with one secret.
    pub fn new(secret: Secret, zone: Zone) -> Self {
        Self {
            secrets: vec![secret],
            zone,
            order_source: None,
            test_is_real: false,
            tolerance_seconds: TOLERANCE_SECONDS,
        }
    }
}

/// One Stripe account.
#[derive(Debug, Clone)]
pub struct Stripe {
    name: SourceName,
    settings: Settings,
}

impl Stripe {
    /// The account `name`, e.g. `stripe:acme`.
    pub const fn new(name: SourceName, settings: Settings) -> Self {
        Self { name, settings }
    }
}

impl EventSource for Stripe {
    fn manifest(&self) -> &'static SourceManifest {
        &MANIFEST
    }

    fn name(&self) -> &str {
        self.name.as_str()
    }

    fn accept(&self, delivery: &RawDelivery) -> Result<SignatureState, Refusal> {
        verify::verify(delivery, &self.settings)
    }

    /// The event's id; Stripe signs every attempt anew, so headers do not count.
    fn dedupe_key(&self, delivery: &RawDelivery) -> String {
        let top = event::top(delivery);
        match top.and_then(|t| t.id.filter(|id| id.as_str().starts_with("evt_"))) {
            Some(id) if id.as_str().len() <= 100 => id.as_str().to_owned(),
            _ => body::digest(delivery),
        }
    }

    fn topic(&self, delivery: &RawDelivery) -> String {
        let Some(top) = event::top(delivery) else { return "unreadable".to_owned() };
        let is_event = top.object.as_ref().is_some_and(|o| o.as_str() == "event");
        let name = if is_event { top.event_type.map(|t| t.to_string()) } else { None };
        let name = name.or_else(|| top.object.map(|o| o.as_str().to_owned()));
        let name = name.filter(|n| !n.is_empty()).unwrap_or_else(|| "unknown".to_owned());
        name.chars().take(100).collect()
    }

    fn normalise(&self, delivery: &RawDelivery) -> Normalised {
        let account = Account { source: &self.name, settings: &self.settings };
        let payout = header(delivery, &[PAYOUT_HEADER]).filter(|id| !id.is_empty());
        let mut out = Outcome::default();
        out.attempt(|out| {
            let text = body::text(delivery, &MANIFEST)?;
            event::read(&account, text, payout, out)
        });
        out.finish()
    }
}
