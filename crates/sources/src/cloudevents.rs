//! Canonical facts as CloudEvents 1.0, from order systems of our users' own.
#![doc = include_str!("cloudevents/README.md")]

mod event;

use crate::kit::signature::{self, TOLERANCE_SECONDS};
use crate::kit::{Outcome, body};
use event::{Connection, Mode};
use kernel::SourceName;
use ports::{
    Answers, EventSource, Normalised, RawDelivery, Refusal, Secret, SignatureState, SourceManifest,
};

/// What CloudEvents are and promise here.
pub const MANIFEST: SourceManifest = SourceManifest {
    kind: "cloudevents",
    title: "CloudEvents",
    // A batch; one fact of 10,000 lines is 3 MB.
    body_bytes_max: 8 << 20,
    answers: Answers::USUAL,
};

/// How one order system is read.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Standard Webhooks secrets: base64 with or without `whsec_`, or the sender's public key with
    /// `whpk_` in front; all are tried.
    pub secrets: Vec<Secret>,
    /// Takes deliveries without a signature: streams that we read ourselves, closed networks.
    /// A delivery that has one is verified all the same.
    pub unsigned_allowed: bool,
    /// What the event's `source` must be, or begin with before a `/`.
    pub event_source: String,
}

/// One order system that emits canonical facts.
#[derive(Debug, Clone)]
pub struct CloudEvents {
    name: SourceName,
    settings: Settings,
}

impl CloudEvents {
    /// The order system `name`, e.g. `cloudevents:oms`.
    pub const fn new(name: SourceName, settings: Settings) -> Self {
        Self { name, settings }
    }
}

impl EventSource for CloudEvents {
    fn manifest(&self) -> &'static SourceManifest {
        &MANIFEST
    }

    fn name(&self) -> &str {
        self.name.as_str()
    }

    fn accept(&self, delivery: &RawDelivery) -> Result<SignatureState, Refusal> {
        signature::within_limit(delivery, &MANIFEST)?;
        let is_signed = crate::kit::header(delivery, &["webhook-signature"]).is_some();
        if self.settings.unsigned_allowed && !is_signed {
            return Ok(SignatureState::Unsigned);
        }
        signature::standard_webhooks(delivery, &self.settings.secrets, TOLERANCE_SECONDS)?;
        Ok(SignatureState::Valid)
    }

    /// `source` and `id` of the event, which CloudEvents makes unique together; a batch has none.
    fn dedupe_key(&self, delivery: &RawDelivery) -> String {
        event::identity(delivery).unwrap_or_else(|| body::digest(delivery))
    }

    fn topic(&self, delivery: &RawDelivery) -> String {
        match Mode::of(delivery) {
            Mode::Batch => "batch".to_owned(),
            _ => event::event_type(delivery)
                .filter(|name| !name.is_empty())
                .unwrap_or_else(|| "unreadable".to_owned()),
        }
    }

    fn normalise(&self, delivery: &RawDelivery) -> Normalised {
        let connection =
            Connection { source: &self.name, event_source: &self.settings.event_source };
        let mut out = Outcome::default();
        out.attempt(|out| {
            let text = body::text(delivery, &MANIFEST)?;
            event::read(&connection, delivery, text, out)
        });
        out.finish()
    }
}
