//! A vendor's source whose webhooks need no signature.

use ports::{EventSource, Normalised, RawDelivery, Refusal, SignatureState, SourceManifest};
use std::sync::Arc;

/// The source in every respect but the signature.
pub struct Unsigned(pub Arc<dyn EventSource>);

impl EventSource for Unsigned {
    fn manifest(&self) -> &'static SourceManifest {
        self.0.manifest()
    }
    fn name(&self) -> &str {
        self.0.name()
    }
    fn accept(&self, _: &RawDelivery) -> Result<SignatureState, Refusal> {
        Ok(SignatureState::Unsigned)
    }
    fn split(&self, delivery: RawDelivery) -> Vec<RawDelivery> {
        self.0.split(delivery)
    }
    fn dedupe_key(&self, delivery: &RawDelivery) -> String {
        self.0.dedupe_key(delivery)
    }
    fn topic(&self, delivery: &RawDelivery) -> String {
        self.0.topic(delivery)
    }
    fn normalise(&self, delivery: &RawDelivery) -> Normalised {
        self.0.normalise(delivery)
    }
}
