//! Published signature vectors: every row is tried against every source that signs this way.

use crate::support::{adyen_settings, data, raw, square_settings, zone};
use kernel::{SourceName, Timestamp};
use ports::{EventSource, RawDelivery, Secret};
use serde_json::Value;
use sources::adyen::{self, Adyen};
use sources::amazon::{self, Amazon};
use sources::bigcommerce::{self, BigCommerce};
use sources::cloudevents::{self, CloudEvents};
use sources::square::{self, Square};
use sources::stripe::{self, Stripe};

/// A source whose only secret is that of a vector, and the vector as a delivery to it.
struct Trial {
    source: Box<dyn EventSource>,
    delivery: RawDelivery,
    is_timed: bool,
}

fn name(kind: &str) -> SourceName {
    SourceName::new(format!("{kind}:vector"))
}

fn delivery(input: &Value, headers: &[(&str, &str)]) -> RawDelivery {
    let mut delivery = raw(headers, input["body"].as_str().unwrap());
    let signed = input["timestamp"].as_i64().unwrap_or_default();
    delivery.received_at = Timestamp::from_seconds(signed + 10);
    delivery
}

fn standard(input: &Value, expected: &str) -> Vec<Trial> {
    let secret = || vec![Secret::new(input["secret"].as_str().unwrap())];
    let settings = cloudevents::Settings {
        secrets: secret(),
        unsigned_allowed: false,
        event_source: String::new(),
    };
    let files = amazon::Settings { secrets: secret(), unsigned_allowed: false, zone: zone() };
    let store = bigcommerce::Settings { secrets: secret(), zone: zone() };
    let sources: [Box<dyn EventSource>; 3] = [
        Box::new(CloudEvents::new(name("cloudevents"), settings)),
        Box::new(Amazon::new(name("amazon"), files)),
        Box::new(BigCommerce::new(name("bigcommerce"), store)),
    ];
    let time = input["timestamp"].to_string();
    let headers = [
        ("webhook-id", input["id"].as_str().unwrap()),
        ("Webhook-Timestamp", &time),
        ("WEBHOOK-SIGNATURE", expected),
    ];
    let trial = |source| Trial { source, delivery: delivery(input, &headers), is_timed: true };
    sources.into_iter().map(trial).collect()
}

fn stripe(input: &Value, expected: &str) -> Trial {
    let secret = Secret::new(input["secret"].as_str().unwrap());
    let source = Stripe::new(name("stripe"), stripe::Settings::new(secret, zone()));
    let delivery = delivery(input, &[("Stripe-Signature", expected)]);
    Trial { source: Box::new(source), delivery, is_timed: true }
}

fn square(input: &Value, expected: &str) -> Trial {
    let settings = square::Settings {
        secrets: vec![Secret::new(input["key"].as_str().unwrap())],
        notification_url: input["url"].as_str().unwrap().to_owned(),
        ..square_settings()
    };
    let source = Square::new(name("square"), settings);
    let delivery = delivery(input, &[("x-square-hmacsha256-signature", expected)]);
    Trial { source: Box::new(source), delivery, is_timed: false }
}

fn adyen(input: &Value, expected: &str) -> Trial {
    let settings = adyen::Settings {
        secrets: vec![Secret::new(input["key_hex"].as_str().unwrap())],
        ..adyen_settings()
    };
    let mut item = input["item"].clone();
    item["additionalData"] = serde_json::json!({ "hmacSignature": expected });
    let body = serde_json::json!({
        "live": "false", "notificationItems": [{ "NotificationRequestItem": item }]
    });
    let source = Adyen::new(name("adyen"), settings);
    Trial { source: Box::new(source), delivery: raw(&[], &body.to_string()), is_timed: false }
}

/// The delivery with one character of what is signed changed: the first of the merchant's reference
/// at Adyen, which signs parts of the body, else the last letter or digit of the body.
fn altered(trial: &Trial) -> RawDelivery {
    let mut other = trial.delivery.clone();
    let body = String::from_utf8(other.body.to_vec()).unwrap();
    other.body = if trial.source.manifest().kind == "adyen" {
        body.replace("\"merchantReference\":\"", "\"merchantReference\":\"x").into()
    } else {
        let at = body.rfind(|c: char| c.is_ascii_alphanumeric()).unwrap();
        let sign = if &body[at..=at] == "1" { "2" } else { "1" };
        [&body[..at], sign, &body[at + 1..]].concat().into()
    };
    assert_ne!(other.body, trial.delivery.body);
    other
}

#[test]
fn published_vectors_are_accepted_and_their_neighbours_are_not() {
    let Some(path) = data("signature_vectors.json") else { return };
    let text = std::fs::read_to_string(path).unwrap();
    let vectors: Vec<Value> = serde_json::from_str(&text).unwrap();
    let mut tried = 0;
    for vector in &vectors {
        let vendor = vector["vendor"].as_str().unwrap();
        let (input, expected) = (&vector["input"], vector["expected"].as_str().unwrap());
        let trials = match vendor {
            "stripe" => vec![stripe(input, expected)],
            "square" => vec![square(input, expected)],
            "adyen" => vec![adyen(input, expected)],
            "paypal" => {
                crate::paypal::published_message(input, expected);
                tried += 1;
                continue;
            }
            _ if vendor.starts_with("standard-webhooks") => standard(input, expected),
            _ => panic!("no source signs as {vendor}"),
        };
        tried += 1;
        for trial in trials {
            let kind = trial.source.manifest().kind;
            let row = format!("{vendor} {} on {kind}", vector["name"]);
            assert!(trial.source.accept(&trial.delivery).is_ok(), "{row}");
            assert!(trial.source.accept(&altered(&trial)).is_err(), "{row}, altered");
            let mut old = trial.delivery.clone();
            old.received_at = old.received_at.plus_seconds(300);
            assert_eq!(trial.source.accept(&old).is_err(), trial.is_timed, "{row}, old");
        }
    }
    assert_eq!((tried, vectors.len()), (7, 7), "every row of the file is a test");
}
