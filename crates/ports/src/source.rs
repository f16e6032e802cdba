//! The port of an order system or payment processor.

use bytes::Bytes;
use kernel::{Fact, ReasonCode, Timestamp};

/// One delivery exactly as it came in: bytes first, meaning later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawDelivery {
    /// Header names in lower case with their values, in order of arrival.
    pub headers: Vec<(String, String)>,
    /// The body, byte for byte.
    pub body: Bytes,
    /// When it was received.
    pub received_at: Timestamp,
}

impl RawDelivery {
    /// The first value of header `name` (lower case), if any.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

/// What the signature check found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureState {
    /// The vendor signed these bytes with one of our secrets.
    Valid,
    /// This kind of delivery carries no signature (files, streams we read ourselves).
    Unsigned,
}

/// Why a delivery is refused at the door. It is kept, bounded, and answered with a 4xx.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {detail}")]
pub struct Refusal {
    /// The reason.
    pub code: ReasonCode,
    /// What is wrong, without the secret or the body.
    pub detail: String,
}

/// A part of a delivery that could not become a fact. Becomes an exception.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFault {
    /// The reason.
    pub code: ReasonCode,
    /// Where in the delivery: a JSON path, a line number.
    pub at: String,
    /// What is wrong and what would be right.
    pub detail: String,
    /// The amount at stake when it could be read.
    pub amount: Option<kernel::Money>,
    /// The subject it concerns when it could be read; the fault then holds that subject.
    pub subject: Option<kernel::Subject>,
}

/// What one delivery means: some facts, some faults, never nothing unexplained.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Normalised {
    /// Facts, in no order of importance.
    pub facts: Vec<Fact>,
    /// Faults.
    pub faults: Vec<SourceFault>,
    /// Set when the delivery is understood and says nothing about money
    /// (a product update, a ping): why it is ignored.
    pub ignored: Option<String>,
    /// Objects that the delivery only names, in words of the source's [`crate::Poller`]: what they
    /// say is read from the vendor. A vendor whose webhooks say all has none.
    pub wanted: Vec<String>,
}

/// What a source is and promises.
#[derive(Debug, Clone, Copy)]
pub struct SourceManifest {
    /// Kind of source: `shopify`, `stripe`, `woocommerce`, …
    pub kind: &'static str,
    /// Name for people.
    pub title: &'static str,
    /// Largest body accepted, bytes.
    pub body_bytes_max: usize,
    /// What the vendor is answered at the door.
    pub answers: Answers,
}

/// What a vendor is answered, so that it neither repeats for nothing, nor gives up, nor keeps back
/// what stands behind (sources-and-cases.md part A). What cannot be kept at all is answered with
/// 503 for every vendor, and comes again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answers {
    /// A delivery kept for the first time.
    pub kept: Answer,
    /// A delivery that was kept before.
    pub repeated: Answer,
    /// A delivery that is refused and kept for inspection. `None`: a problem with a 4xx. One that
    /// is refused and not kept is always a problem, so that nothing is lost in silence.
    pub refused: Option<Answer>,
}

/// One answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body as plain text; `None`: what became of the delivery, as JSON.
    pub text: Option<&'static str>,
}

impl Answers {
    /// 200 for what is kept now or was kept before, 4xx for what is refused. Every vendor of part
    /// A takes it: any 2xx ends the retries of Shopify, Stripe, PayPal and Square, WooCommerce
    /// never retries, and BigCommerce wants 200 and nothing else.
    pub const USUAL: Self = {
        let ok = Answer { status: 200, text: None };
        Self { kept: ok, repeated: ok, refused: None }
    };
}

/// One connection of an order system: stateless and pure.
pub trait EventSource: Send + Sync {
    /// What this source is.
    fn manifest(&self) -> &'static SourceManifest;
    /// The name of this connection, e.g. `shopify:acme`; the prefix of its subjects.
    fn name(&self) -> &str;
    /// Verifies a delivery on its raw bytes, in constant time, before anything parses it.
    fn accept(&self, delivery: &RawDelivery) -> Result<SignatureState, Refusal>;
    /// The parts of a delivery that the vendor signs and repeats one by one, each a delivery of its
    /// own; never empty. Most vendors send one thing at a time.
    fn split(&self, delivery: RawDelivery) -> Vec<RawDelivery> {
        vec![delivery]
    }
    /// The vendor's identity of the delivery, equal for redeliveries. Falls back to a hash of the
    /// body where the vendor gives none.
    fn dedupe_key(&self, delivery: &RawDelivery) -> String;
    /// What the delivery is about, for people: a topic or an event type.
    fn topic(&self, delivery: &RawDelivery) -> String;
    /// Turns the bytes into facts and faults. Total: never panics, never drops anything.
    fn normalise(&self, delivery: &RawDelivery) -> Normalised;
}
