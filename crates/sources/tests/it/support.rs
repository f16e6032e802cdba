//! What the tests of all sources share.

use kernel::{Fact, SourceName};
use ports::{EventSource, Normalised, RawDelivery, Secret};
use sources::adyen::{self, Adyen};
use sources::amazon::{self, Amazon};
use sources::bigcommerce::{self, BigCommerce};
use sources::cloudevents::{self, CloudEvents};
use sources::kit::conformance::delivery;
use sources::paypal::certificate::Certificates;
use sources::paypal::{self, PayPal};
use sources::shopify::{self, Shopify};
use sources::square::{self, Square};
use sources::stripe::{self, Stripe};
use sources::woocommerce::{self, WooCommerce};
use std::path::PathBuf;

pub const SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

pub fn zone() -> kernel::time::Zone {
    kernel::time::Zone::named("America/New_York").unwrap()
}

pub fn shop() -> Shopify {
    let settings =
        shopify::Settings { secrets: vec![Secret::new("old"), Secret::new(SECRET)], zone: zone() };
    Shopify::new(SourceName::new("shopify:acme"), settings)
}

pub fn woo() -> WooCommerce {
    let secrets = vec![Secret::new("old"), Secret::new(SECRET)];
    let settings = woocommerce::Settings { secrets, zone: zone() };
    WooCommerce::new(SourceName::new("woocommerce:acme"), settings)
}

pub fn pay_pal() -> PayPal {
    pay_pal_with(Certificates::default())
}

pub fn pay_pal_with(certificates: Certificates) -> PayPal {
    let settings = paypal::Settings {
        webhook_ids: vec!["OLD".to_owned(), "1JE4291016473214C".to_owned()],
        certificates,
        zone: zone(),
        order_source: Some(SourceName::new("woocommerce:acme")),
        test_is_real: false,
    };
    PayPal::new(SourceName::new("paypal:acme"), settings)
}

/// An empty store that trusts the root of the tests alone.
pub fn own_root() -> Certificates {
    Certificates::with_root(include_bytes!("paypal/root.der")).unwrap()
}

pub fn account() -> Stripe {
    let mut settings = stripe::Settings::new(Secret::new(SECRET), zone());
    settings.secrets.insert(0, Secret::new("whsec_old"));
    settings.order_source = Some(SourceName::new("shopify:acme"));
    Stripe::new(SourceName::new("stripe:acme"), settings)
}

pub fn oms() -> CloudEvents {
    let settings = cloudevents::Settings {
        secrets: vec![Secret::new("b2xk"), Secret::new(SECRET)],
        unsigned_allowed: false,
        event_source: "https://oms.example.com".to_owned(),
    };
    CloudEvents::new(SourceName::new("cloudevents:oms"), settings)
}

/// A fixture of `source` as text.
pub fn fixture(source: &str, name: &str) -> String {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let path = root.join("src").join(source).join("fixtures").join(format!("{name}.json"));
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Shared test data, when it is there.
pub fn data(path: &str) -> Option<PathBuf> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let found = root.join("../../../shared/data").join(path);
    if found.exists() {
        return Some(found);
    }
    println!("skipped: {path} is not here");
    None
}

/// `text` with `from` replaced by `to`, which must be there.
pub fn with(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "`{from}` is not in the fixture");
    text.replace(from, to)
}

pub fn said(source: &dyn EventSource, headers: &[(&str, &str)], body: &str) -> Normalised {
    source.normalise(&delivery(headers, body.as_bytes()))
}

/// The facts of a delivery without faults.
pub fn facts(source: &dyn EventSource, headers: &[(&str, &str)], body: &str) -> Vec<Fact> {
    let said = said(source, headers, body);
    assert_eq!(said.faults, [], "{body}");
    said.facts
}

pub fn kinds(facts: &[Fact]) -> Vec<&'static str> {
    facts.iter().map(|f| f.body.kind()).collect()
}

pub fn raw(headers: &[(&str, &str)], body: &str) -> RawDelivery {
    delivery(headers, body.as_bytes())
}

/// A Stripe account whose test mode is taken for real.
pub fn sandbox() -> Stripe {
    let mut settings = stripe::Settings::new(Secret::new(SECRET), zone());
    settings.test_is_real = true;
    Stripe::new(SourceName::new("stripe:sandbox"), settings)
}

pub const SQUARE_URL: &str = "https://books.example.com/webhooks/square:acme";

pub fn square_settings() -> square::Settings {
    square::Settings {
        secrets: vec![Secret::new("old"), Secret::new(SECRET)],
        notification_url: SQUARE_URL.to_owned(),
        zone: zone(),
        order_source: None,
        follows_orders: true,
        test_is_real: false,
    }
}

pub fn square() -> Square {
    Square::new(SourceName::new("square:acme"), square_settings())
}

pub const ADYEN_KEY: &str = "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056";

pub fn adyen_settings() -> adyen::Settings {
    adyen::Settings {
        secrets: vec![Secret::new("no hexadecimal"), Secret::new("00ff"), Secret::new(ADYEN_KEY)],
        zone: kernel::time::Zone::named("Europe/Amsterdam").unwrap(),
        captures_by_request: false,
        order_source: None,
        test_is_real: false,
    }
}

pub fn adyen() -> Adyen {
    Adyen::new(SourceName::new("adyen:acme"), adyen_settings())
}

pub fn amazon() -> Amazon {
    let settings = amazon::Settings {
        secrets: vec![Secret::new("b2xk"), Secret::new(SECRET)],
        unsigned_allowed: false,
        zone: zone(),
    };
    Amazon::new(SourceName::new("amazon:acme"), settings)
}

pub fn bigcommerce() -> BigCommerce {
    let settings = bigcommerce::Settings {
        secrets: ["old", SECRET, crate::bigcommerce::CLIENT_SECRET].map(Secret::new).into(),
        zone: zone(),
    };
    BigCommerce::new(SourceName::new("bigcommerce:acme"), settings)
}
