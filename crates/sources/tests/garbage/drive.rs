//! Deliveries made of arbitrary bytes, and what must hold of every source then: shared by the tests
//! and by the fuzz target in `fuzz/`.

use bytes::Bytes;
use kernel::time::Zone;
use kernel::{Fact, SourceName};
use ports::{EventSource, RawDelivery, Secret};
use sources::kit::conformance::{Subject, delivery};
use sources::{adyen, amazon, cloudevents, shopify, square, stripe, woocommerce};

/// What a fuzzer begins with, by source.
const SEEDS: &[&[u8]] = &[
    include_bytes!("../../src/shopify/fixtures/order_discount.json"),
    include_bytes!("../../src/stripe/fixtures/payout_movements.json"),
    include_bytes!("../../src/cloudevents/fixtures/batch.json"),
    include_bytes!("../../src/square/fixtures/orders.json"),
    include_bytes!("../../src/square/fixtures/payout_entries.json"),
    include_bytes!("../../src/adyen/fixtures/chargeback.json"),
    include_bytes!("../../src/adyen/fixtures/settlement_details.csv"),
    include_bytes!("../../src/amazon/fixtures/settlement_v2_us.txt"),
    include_bytes!("../../src/amazon/fixtures/settlement_v1_us.txt"),
];

fn source(which: usize) -> Box<dyn EventSource> {
    let secrets = || vec![Secret::new("00112233445566778899aabbccddeeff")];
    let zone = Zone::UTC;
    match which % 7 {
        0 => Box::new(shopify::Shopify::new(
            SourceName::new("shopify:fuzz"),
            shopify::Settings { secrets: secrets(), zone },
        )),
        1 => Box::new(stripe::Stripe::new(
            SourceName::new("stripe:fuzz"),
            stripe::Settings {
                secrets: secrets(),
                ..stripe::Settings::new(Secret::new("x"), zone)
            },
        )),
        2 => Box::new(cloudevents::CloudEvents::new(
            SourceName::new("cloudevents:fuzz"),
            cloudevents::Settings {
                secrets: secrets(),
                unsigned_allowed: true,
                event_source: String::new(),
            },
        )),
        3 => Box::new(square::Square::new(
            SourceName::new("square:fuzz"),
            square::Settings {
                secrets: secrets(),
                notification_url: "https://books.example.com".to_owned(),
                zone,
                order_source: None,
                test_is_real: true,
            },
        )),
        4 => Box::new(adyen::Adyen::new(
            SourceName::new("adyen:fuzz"),
            adyen::Settings {
                secrets: secrets(),
                zone,
                captures_by_request: true,
                order_source: None,
                test_is_real: true,
            },
        )),
        5 => Box::new(amazon::Amazon::new(
            SourceName::new("amazon:fuzz"),
            amazon::Settings { secrets: secrets(), unsigned_allowed: true, zone },
        )),
        _ => Box::new(woocommerce::WooCommerce::new(
            SourceName::new("woocommerce:fuzz"),
            woocommerce::Settings { secrets: secrets(), zone },
        )),
    }
}

/// The first three bytes choose the source, a seed and a place in it; the rest is written over the
/// seed there, or is the whole body where no seed has the chosen number.
pub fn drive(bytes: &[u8]) {
    let [which, seed, place, rest @ ..] = bytes else { return };
    let mut body = SEEDS.get(usize::from(*seed)).map_or_else(Vec::new, |s| s.to_vec());
    let at = body.len() * usize::from(*place) / 256;
    let end = (at + rest.len()).min(body.len());
    body.splice(at..end, rest.iter().copied());
    let raw = RawDelivery { body: Bytes::from(body), ..delivery(&[], b"") };
    let source = source(usize::from(*which));
    let parts = source.split(raw.clone());
    assert!(!parts.is_empty(), "a delivery without parts");
    let subject = Subject {
        source,
        fixtures: Vec::new(),
        sign: |_| {},
        signature_header: "",
        is_timed: false,
    };
    for part in parts.iter().take(8).chain([&raw]) {
        let said = subject.said(part);
        assert_eq!(said, subject.said(part), "the same bytes mean the same");
        for fact in &said.facts {
            // The invariants of the kernel judge a fact; they must not fall over it.
            let _ = kernel::validate::fact(fact, fact.occurred_at.0);
            let text = serde_json::to_string(fact).expect("a fact is plain JSON");
            let read: Fact = serde_json::from_str(&text).expect("a fact is read back");
            assert_eq!(&read, fact, "a fact is stored as it is told");
        }
    }
}
