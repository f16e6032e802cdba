//! Adyen: payments, refunds, disputes, payouts and the settlement details report.
#![doc = include_str!("adyen/README.md")]

mod account;
mod item;
mod meaning;
mod notice;
mod platform;
mod poll;
mod report;
mod settled;
mod verify;
mod wire;

pub use poll::{Access, AdyenPoller};

use crate::kit::{Outcome, body};
use account::Account;
use kernel::SourceName;
use kernel::time::Zone;
use ports::{
    Answer, Answers, EventSource, Normalised, RawDelivery, Refusal, Secret, SignatureState,
    SourceManifest,
};

/// Adyen's queue goes on only when its head is accepted: one item that nobody takes would stop
/// everything behind it. What is refused and kept is therefore accepted too (sources-and-cases.md
/// A6).
const ACCEPTED: Answer = Answer { status: 202, text: Some("[accepted]") };

/// What Adyen is and promises here.
pub const MANIFEST: SourceManifest = SourceManifest {
    kind: "adyen",
    title: "Adyen",
    // Webhooks stay below 100 KB; a settlement report of 40,000 rows is 8 MB.
    body_bytes_max: 8 << 20,
    answers: Answers { kept: ACCEPTED, repeated: ACCEPTED, refused: Some(ACCEPTED) },
};

/// How one Adyen merchant account is read.
#[derive(Debug, Clone)]
pub struct Settings {
    /// HMAC keys in hexadecimal, of the standard and of the platform webhooks; all are tried. Keep
    /// the old one for a while after a new one is made.
    pub secrets: Vec<Secret>,
    /// The business's time zone: decides the business date of everything.
    pub zone: Zone,
    /// Payments are captured by request, each capture a movement of its own. Without it an
    /// authorisation is the capture, as Adyen does unless told otherwise.
    pub captures_by_request: bool,
    /// The order system whose order ids stand in `merchantReference`. References are not unique by
    /// themselves; captures and refunds must carry the order's too.
    pub order_source: Option<SourceName>,
    /// Takes `"live": "false"` for real: for demos, never for books.
    pub test_is_real: bool,
}

/// One Adyen merchant account.
#[derive(Debug, Clone)]
pub struct Adyen {
    name: SourceName,
    settings: Settings,
}

impl Adyen {
    /// The account `name`, e.g. `adyen:acme`.
    pub const fn new(name: SourceName, settings: Settings) -> Self {
        Self { name, settings }
    }
}

impl EventSource for Adyen {
    fn manifest(&self) -> &'static SourceManifest {
        &MANIFEST
    }

    fn name(&self) -> &str {
        self.name.as_str()
    }

    fn accept(&self, delivery: &RawDelivery) -> Result<SignatureState, Refusal> {
        verify::verify(delivery, &self.settings)
    }

    /// Up to six items travel together, each signed and repeated by itself.
    fn split(&self, delivery: RawDelivery) -> Vec<RawDelivery> {
        notice::split(delivery)
    }

    /// An item is known by code, reference and success, and by the first sixteen digits of its
    /// bytes' SHA-256: a repeat may tell another reason or date, and then the last one wins.
    fn dedupe_key(&self, delivery: &RawDelivery) -> String {
        let digest = body::digest(delivery);
        match notice::identity(delivery) {
            Some(id) => format!("{id}:{}", &digest[..16]),
            None => digest,
        }
    }

    fn topic(&self, delivery: &RawDelivery) -> String {
        notice::topic(delivery)
    }

    fn normalise(&self, delivery: &RawDelivery) -> Normalised {
        let account = Account { source: &self.name, settings: &self.settings };
        let mut out = Outcome::default();
        out.attempt(|out| notice::read(&account, body::text(delivery, &MANIFEST)?, out));
        out.finish()
    }
}
