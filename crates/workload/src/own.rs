//! An order system of a user's own, which sends canonical facts as CloudEvents.

use crate::Delivery;
use crate::sign::Signer;
use bytes::Bytes;
use kernel::envelope::Envelope;
use kernel::{Fact, Timestamp};
use ports::RawDelivery;

/// The fact as the order system that `fact.source` names sends it: structured mode, signed by
/// Standard Webhooks with `secret` (text that is no base64), under `id`, at `at`.
pub fn cloud_event(fact: &Fact, id: &str, secret: &str, at: Timestamp) -> Delivery {
    let source = fact.source.as_str().into();
    let envelope = Envelope::wrap(fact.clone(), id.to_owned(), at);
    let body = serde_json::to_vec(&envelope).expect("a fact is plain JSON");
    let seconds = at.0.div_euclid(1_000_000);
    let signature = Signer::new(secret).standard(id, seconds, &body);
    let headers = vec![
        ("content-type".to_owned(), "application/cloudevents+json".to_owned()),
        ("webhook-id".to_owned(), id.to_owned()),
        ("webhook-timestamp".to_owned(), seconds.to_string()),
        ("webhook-signature".to_owned(), signature),
    ];
    Delivery { source, raw: RawDelivery { headers, body: Bytes::from(body), received_at: at } }
}
