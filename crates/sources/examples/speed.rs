//! How long one delivery takes on one thread, from bytes to facts:
//! `cargo run --release -p sources --example speed`
//!
//! Deliveries are the fixtures of the sources without blanks, as vendors send them.

use kernel::SourceName;
use kernel::time::Zone;
use ports::{EventSource, RawDelivery, Secret};
use sources::cloudevents::{self, CloudEvents};
use sources::kit::conformance::delivery;
use sources::shopify::{self, Shopify};
use sources::stripe::{self, Stripe};

const ROUNDS: u32 = 20_000;

const ORDER: &str = include_str!("../src/shopify/fixtures/order_discount.json");
const REFUND: &str = include_str!("../src/shopify/fixtures/refund_line.json");
const CHARGE: &str = include_str!("../src/stripe/fixtures/charge_succeeded.json");
const MOVEMENTS: &str = include_str!("../src/stripe/fixtures/payout_movements.json");
const FACT: &str = include_str!("../src/cloudevents/fixtures/order_updated.json");

/// Leaves blanks out, except inside texts.
fn packed(text: &str) -> Vec<u8> {
    let mut inside = false;
    let keep = |c: &char| {
        inside ^= *c == '"';
        inside || !c.is_ascii_whitespace()
    };
    text.chars().filter(keep).collect::<String>().into_bytes()
}

/// A Shopify order of at least `bytes`: the lines of the fixture, repeated under new ids.
fn order_of(bytes: usize) -> Vec<u8> {
    let text = String::from_utf8(packed(ORDER)).expect("a fixture is text");
    let start = text.find("\"line_items\":[").expect("an order has lines") + 14;
    let end = start + text[start..].find("],\"payment_terms\"").expect("and terms");
    let mut lines = text[start..end].to_owned();
    let mut copy = 0;
    while text.len() + lines.len() < bytes + (end - start) {
        copy += 1;
        lines.push(',');
        lines.push_str(&text[start..end].replace("\"id\":51", &format!("\"id\":{copy}51")));
    }
    [&text[..start], &lines, &text[end..]].concat().into_bytes()
}

/// The wall clock is what this program is about.
#[expect(clippy::disallowed_methods, reason = "measures real time")]
fn measure(what: &str, source: &dyn EventSource, delivery: &RawDelivery) {
    let bytes = delivery.body.len();
    let mut facts = 0;
    let began = std::time::Instant::now();
    for _ in 0..ROUNDS {
        facts += std::hint::black_box(source.normalise(std::hint::black_box(delivery))).facts.len();
    }
    let nanos = began.elapsed().as_nanos() / u128::from(ROUNDS);
    let each = facts / ROUNDS as usize;
    let micros = format!("{}.{:02}", nanos / 1_000, nanos % 1_000 / 10);
    println!("{what:<28} {bytes:>6} bytes  {each} facts  {micros:>7} µs");
}

fn main() {
    let secret = || vec![Secret::new("whsec_MDEyMzQ1Njc4OWFiY2RlZg==")];
    let zone = || Zone::named("America/New_York").expect("a zone of the IANA database");
    let shop = Shopify::new(
        SourceName::new("shopify:acme"),
        shopify::Settings { secrets: secret(), zone: zone() },
    );
    let account = Stripe::new(
        SourceName::new("stripe:acme"),
        stripe::Settings::new(secret().remove(0), zone()),
    );
    let oms = CloudEvents::new(
        SourceName::new("cloudevents:oms"),
        cloudevents::Settings {
            secrets: secret(),
            unsigned_allowed: true,
            event_source: "https://oms.example.com".to_owned(),
        },
    );
    let order = [("x-shopify-topic", "orders/create")];
    let refund = [("x-shopify-topic", "refunds/create")];
    measure("shopify order", &shop, &delivery(&order, &order_of(8_000)));
    measure("shopify order, large", &shop, &delivery(&order, &order_of(100_000)));
    measure("shopify order by shape", &shop, &delivery(&[], &order_of(8_000)));
    measure("shopify refund", &shop, &delivery(&refund, &packed(REFUND)));
    measure("stripe charge", &account, &delivery(&[], &packed(CHARGE)));
    measure("stripe payout movements", &account, &delivery(&[], &packed(MOVEMENTS)));
    measure("cloudevents order", &oms, &delivery(&[], &packed(FACT)));
}
