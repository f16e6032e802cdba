//! An order system of a user's own, which sends canonical facts as CloudEvents.

mod facts;

use crate::Delivery;
use crate::letter::{Letter, Sending, header, signed, standard};
use crate::plan::{Step, World};
use crate::sign::Signer;
use bytes::Bytes;
use kernel::envelope::Envelope;
use kernel::{Fact, Timestamp};
use ports::RawDelivery;

/// The fact as the order system that `fact.source` names sends it: structured mode, signed by
/// Standard Webhooks with `secret` (text that is no base64), under `id`, at `at`.
pub fn cloud_event(fact: &Fact, id: &str, secret: &str, at: Timestamp) -> Delivery {
    let source = fact.source.as_str().into();
    let body = Bytes::from(json(&Envelope::wrap(fact.clone(), id.to_owned(), at)));
    let seconds = at.0.div_euclid(1_000_000);
    let signature = Signer::new(secret).standard(id, seconds, &body);
    let mut headers = vec![header("content-type", "application/cloudevents+json")];
    headers.extend(signed(id, seconds, signature));
    Delivery { source, raw: RawDelivery { headers, body, received_at: at } }
}

fn json(value: &impl serde::Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("a fact is plain JSON")
}

/// What is sent of `step`: several facts as a batch, one in structured or in binary mode.
pub fn letter(world: &World, index: u32, step: Step, sending: &Sending<'_>) -> Letter {
    let id = format!("{index}-{}", step as u32);
    let at = Timestamp::from_seconds(sending.happened);
    let mut headers = Vec::new();
    let body = if step == Step::Unknown {
        headers.push(header("content-type", "application/cloudevents+json"));
        facts::unknown(world, index, &id, at)
    } else {
        let facts = facts::of(world, index, step, at);
        let mut events: Vec<Envelope> = facts
            .into_iter()
            .enumerate()
            .map(|(n, fact)| Envelope::wrap(fact, format!("{id}-{n}"), at))
            .collect();
        match events.pop() {
            Some(event) if events.is_empty() && sending.token.is_multiple_of(2) => {
                headers.push(header("content-type", "application/json"));
                headers.push(header("ce-specversion", event.specversion.as_str()));
                headers.push(header("ce-id", event.id.as_str()));
                headers.push(header("ce-source", event.source.as_str()));
                headers.push(header("ce-type", event.event_type.as_str()));
                json(&event.data)
            }
            Some(event) if events.is_empty() => {
                headers.push(header("content-type", "application/cloudevents+json"));
                json(&event)
            }
            last => {
                headers.push(header("content-type", "application/cloudevents-batch+json"));
                events.extend(last);
                json(&events)
            }
        }
    };
    let body = Bytes::from(body);
    headers.extend(standard(sending, &id, &body));
    Letter { headers, body }
}
