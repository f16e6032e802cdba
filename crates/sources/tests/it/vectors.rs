//! Published signature vectors.

use crate::support::{data, square_settings, zone};
use kernel::{SourceName, Timestamp};
use ports::{EventSource, RawDelivery, Secret};
use serde::Deserialize;
use sources::cloudevents::{self, CloudEvents};
use sources::square::Square;
use sources::stripe::{self, Stripe};

#[derive(Deserialize)]
struct Vector {
    vendor: String,
    input: Input,
    expected: String,
}

#[derive(Deserialize)]
struct Input {
    #[serde(default)]
    secret: String,
    #[serde(default)]
    key: String,
    #[serde(default)]
    url: String,
    #[serde(default)]
    timestamp: i64,
    #[serde(default)]
    id: String,
    #[serde(default)]
    body: String,
}

fn delivery(vector: &Vector, headers: &[(&str, &str)]) -> RawDelivery {
    let mut delivery = crate::support::raw(headers, &vector.input.body);
    delivery.received_at = Timestamp::from_seconds(vector.input.timestamp + 10);
    delivery
}

#[test]
fn published_vectors_are_accepted_and_their_neighbours_are_not() {
    let Some(path) = data("signature_vectors.json") else { return };
    let text = std::fs::read_to_string(path).unwrap();
    let vectors: Vec<Vector> = serde_json::from_str(&text).unwrap();
    let mut tried = 0;
    for vector in &vectors {
        let secret = Secret::new(vector.input.secret.as_str());
        let time = vector.input.timestamp.to_string();
        let (source, headers): (Box<dyn EventSource>, Vec<(&str, &str)>) =
            if vector.vendor == "stripe" {
                let settings = stripe::Settings::new(secret, zone());
                let source = Stripe::new(SourceName::new("stripe:v"), settings);
                (Box::new(source), vec![("Stripe-Signature", &vector.expected)])
            } else if vector.vendor.starts_with("standard-webhooks") {
                let settings = cloudevents::Settings {
                    secrets: vec![secret],
                    unsigned_allowed: false,
                    event_source: String::new(),
                };
                let source = CloudEvents::new(SourceName::new("cloudevents:v"), settings);
                let headers = vec![
                    ("webhook-id", vector.input.id.as_str()),
                    ("webhook-timestamp", &time),
                    ("webhook-signature", &vector.expected),
                ];
                (Box::new(source), headers)
            } else if vector.vendor == "square" {
                let mut settings = square_settings();
                settings.secrets = vec![Secret::new(vector.input.key.as_str())];
                settings.notification_url.clone_from(&vector.input.url);
                let source = Square::new(SourceName::new("square:v"), settings);
                (Box::new(source), vec![("x-square-hmacsha256-signature", &vector.expected)])
            } else {
                continue;
            };
        tried += 1;
        let good = delivery(vector, &headers);
        assert!(source.accept(&good).is_ok(), "{}", vector.vendor);
        let mut other = good.clone();
        other.body = [&good.body[..], b" "].concat().into();
        assert!(source.accept(&other).is_err(), "{}", vector.vendor);
        let mut old = good.clone();
        old.received_at = old.received_at.plus_seconds(300);
        let is_timed = vector.vendor != "square";
        assert_eq!(source.accept(&old).is_err(), is_timed, "{}", vector.vendor);
    }
    assert_eq!(tried, 3);
}
