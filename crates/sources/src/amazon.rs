//! Amazon: settlement reports V1 and V2 as the seller downloads them.
#![doc = include_str!("amazon/README.md")]

mod category;
mod document;
mod file;
mod poll;
mod row;
mod sale;
mod settlement;
mod value;

pub use poll::{Access, AmazonPoller};

use crate::kit::signature::{self, TOLERANCE_SECONDS};
use crate::kit::{Outcome, body, header};
use kernel::SourceName;
use kernel::time::Zone;
use ports::{
    Answers, EventSource, Normalised, RawDelivery, Refusal, Secret, SignatureState, SourceManifest,
};

/// What Amazon is and promises here.
pub const MANIFEST: SourceManifest = SourceManifest {
    kind: "amazon",
    title: "Amazon",
    // A settlement of 100,000 rows is about 25 MB of text, and a tenth of that compressed.
    body_bytes_max: 32 << 20,
    answers: Answers::USUAL,
};

/// How one seller account is read.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Standard Webhooks secrets of whoever hands over the files; all are tried. Amazon itself
    /// signs nothing (sources-and-cases.md §0).
    pub secrets: Vec<Secret>,
    /// Takes deliveries without a signature: pollers of our own, closed networks. A delivery that
    /// has one is verified all the same.
    pub unsigned_allowed: bool,
    /// The business's time zone: decides the business date of rows that state a time.
    pub zone: Zone,
}

/// One seller account.
#[derive(Debug, Clone)]
pub struct Amazon {
    name: SourceName,
    settings: Settings,
}

impl Amazon {
    /// The account `name`, e.g. `amazon:acme`.
    pub const fn new(name: SourceName, settings: Settings) -> Self {
        Self { name, settings }
    }
}

impl EventSource for Amazon {
    fn manifest(&self) -> &'static SourceManifest {
        &MANIFEST
    }

    fn name(&self) -> &str {
        self.name.as_str()
    }

    fn accept(&self, delivery: &RawDelivery) -> Result<SignatureState, Refusal> {
        signature::within_limit(delivery, &MANIFEST)?;
        let is_signed = header(delivery, &["webhook-signature"]).is_some();
        if self.settings.unsigned_allowed && !is_signed {
            return Ok(SignatureState::Unsigned);
        }
        signature::standard_webhooks(delivery, &self.settings.secrets, TOLERANCE_SECONDS)?;
        Ok(SignatureState::Valid)
    }

    /// The notification's id; a file is known by its bytes, and what it says by economic keys.
    fn dedupe_key(&self, delivery: &RawDelivery) -> String {
        document::id(delivery).unwrap_or_else(|| body::digest(delivery))
    }

    fn topic(&self, delivery: &RawDelivery) -> String {
        match file::text(delivery) {
            Ok(text) if file::is_table(&text) => file::Format::of(&text).name().to_owned(),
            Ok(text) => document::name(&text),
            Err(_) => "unreadable".to_owned(),
        }
    }

    fn normalise(&self, delivery: &RawDelivery) -> Normalised {
        let mut out = Outcome::default();
        out.attempt(|out| {
            let text = file::text(delivery)?;
            if file::is_table(&text) {
                settlement::read(&self.name, &self.settings.zone, &text, out)
            } else {
                document::read(&text, out)
            }
        });
        out.finish()
    }
}
