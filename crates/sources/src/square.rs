//! Square: orders, payments, refunds, disputes, gift cards and payouts.
#![doc = include_str!("square/README.md")]

mod account;
mod dispute;
mod event;
mod gift_card;
mod lines;
mod order;
mod parcel;
mod payment;
mod payout;
mod poll;
mod refund;
mod returned;
mod verify;
mod wire;

pub use poll::{Access, SquarePoller};

use crate::kit::{Outcome, body, header};
use account::Account;
use kernel::SourceName;
use kernel::time::Zone;
use ports::{
    Answers, EventSource, Normalised, RawDelivery, Refusal, Secret, SignatureState, SourceManifest,
};

/// What Square is and promises here.
pub const MANIFEST: SourceManifest = SourceManifest {
    kind: "square",
    title: "Square",
    // Events stay below 100 KB; all entries of a large payout handed over as one list are 5 MB.
    body_bytes_max: 8 << 20,
    answers: Answers::USUAL,
};

/// Says `Sandbox` for deliveries that move no real money (sources-and-cases.md A5). A poller of the
/// sandbox sends it along.
pub const ENVIRONMENT_HEADER: &str = "square-environment";

/// How one Square account is read.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Signature keys of the webhook subscription; all are tried. A new key holds at once, so keep
    /// the old one for as long as retries of earlier events may come.
    pub secrets: Vec<Secret>,
    /// The notification URL letter by letter as it is registered: it is part of what is signed.
    pub notification_url: String,
    /// The business's time zone: decides the business date of everything.
    pub zone: Zone,
    /// The order system whose order ids stand in `reference_id` of payments, e.g.
    /// `woocommerce:acme`. Square's own orders then say nothing: the sale is told there.
    pub order_source: Option<SourceName>,
    /// Orders that webhooks name are read by the poller. Without one the webhooks say nothing.
    pub follows_orders: bool,
    /// Takes the sandbox for real: for demos, never for books.
    pub test_is_real: bool,
}

/// One Square account.
#[derive(Debug, Clone)]
pub struct Square {
    name: SourceName,
    settings: Settings,
}

impl Square {
    /// The account `name`, e.g. `square:acme`.
    pub const fn new(name: SourceName, settings: Settings) -> Self {
        Self { name, settings }
    }
}

impl EventSource for Square {
    fn manifest(&self) -> &'static SourceManifest {
        &MANIFEST
    }

    fn name(&self) -> &str {
        self.name.as_str()
    }

    fn accept(&self, delivery: &RawDelivery) -> Result<SignatureState, Refusal> {
        verify::verify(delivery, &self.settings)
    }

    /// `event_id`, with the first sixteen digits of the body's SHA-256: a retry has the same id and
    /// the same bytes, and an id that is ever used twice for different bytes loses nothing.
    fn dedupe_key(&self, delivery: &RawDelivery) -> String {
        let digest = body::digest(delivery);
        match event::id(delivery) {
            Some(id) => format!("{id}:{}", &digest[..16]),
            None => digest,
        }
    }

    fn topic(&self, delivery: &RawDelivery) -> String {
        event::topic(delivery)
    }

    fn normalise(&self, delivery: &RawDelivery) -> Normalised {
        let environment = header(delivery, &[ENVIRONMENT_HEADER]).unwrap_or_default();
        let account = Account {
            source: &self.name,
            settings: &self.settings,
            is_test: environment.eq_ignore_ascii_case("sandbox") && !self.settings.test_is_real,
        };
        let mut out = Outcome::default();
        out.attempt(|out| event::read(&account, body::text(delivery, &MANIFEST)?, out));
        out.finish()
    }
}
