//! What every vendor sends, and the walk that its source is compared with. Shared with
//! `crates/sources/examples/speed.rs`.

use bytes::Bytes;
use kernel::SourceName;
use kernel::time::Zone;
use ports::{EventSource, RawDelivery, Secret};
use serde_json::Value;
use sources::kit::conformance::delivery;
use sources::paypal::certificate::Certificates;
use sources::{
    adyen, amazon, bigcommerce, cloudevents, paypal, shopify, square, stripe, woocommerce,
};
use std::path::Path;

/// One vendor: its source, and deliveries that mean facts.
pub struct Vendor {
    pub name: &'static str,
    pub source: Box<dyn EventSource>,
    pub deliveries: Vec<RawDelivery>,
}

/// Every source that takes deliveries, with its fixtures below `root` (`crates/sources/src`), packed
/// as vendors send them.
pub fn all(root: &Path) -> std::io::Result<Vec<Vendor>> {
    let mut vendors = Vec::new();
    for (name, source) in sources() {
        let mut paths: Vec<_> = std::fs::read_dir(root.join(name).join("fixtures"))?
            .map(|entry| Ok(entry?.path()))
            .collect::<std::io::Result<_>>()?;
        paths.sort();
        let mut deliveries = Vec::new();
        for path in paths {
            // Amazon's files of some marketplaces are ISO 8859-1.
            let bytes = std::fs::read(&path)?;
            let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let body = if path.extension().is_some_and(|e| e == "json") {
                packed(&String::from_utf8_lossy(&bytes))
            } else {
                bytes
            };
            let topic = topic(name, &stem);
            let raw = RawDelivery { body: Bytes::from(body), ..delivery(&topic, b"") };
            let parts = source.split(raw);
            deliveries.extend(parts.into_iter().filter(|d| !source.normalise(d).facts.is_empty()));
        }
        vendors.push(Vendor { name, source, deliveries });
    }
    Ok(vendors)
}

/// The topic under which a fixture is delivered, where the vendor sends one in a header.
fn topic(vendor: &str, stem: &str) -> Vec<(&'static str, &'static str)> {
    match vendor {
        "shopify" if stem.starts_with("order") => vec![("x-shopify-topic", "orders/updated")],
        "woocommerce" if stem.starts_with("order_") && !stem.contains("with_refunds") => {
            vec![("x-wc-webhook-topic", "order.updated")]
        }
        _ => Vec::new(),
    }
}

/// Leaves blanks out, except inside texts.
fn packed(text: &str) -> Vec<u8> {
    let (mut inside, mut escaped) = (false, false);
    let keep = |c: &char| {
        let is_quote = *c == '"' && !escaped;
        escaped = inside && *c == '\\' && !escaped;
        inside ^= is_quote;
        inside || !c.is_ascii_whitespace()
    };
    text.chars().filter(keep).collect::<String>().into_bytes()
}

/// What reading every value of a delivery costs a program that knows nothing about it: it parses all
/// of it into a `serde_json::Value` (a line of a table into an object by the names of its columns)
/// and looks at each. Returns what it saw, so that nothing is left out.
pub fn walk(body: &[u8]) -> usize {
    if let Ok(value) = serde_json::from_slice::<Value>(body) {
        return seen(&value);
    }
    let text = String::from_utf8_lossy(body);
    let mut lines = text.lines();
    let head = lines.next().unwrap_or_default();
    let separator = if head.contains('\t') { '\t' } else { ',' };
    let names: Vec<&str> = head.split(separator).collect();
    lines
        .map(|line| {
            let cells = line.split(separator).map(|cell| Value::String(cell.to_owned()));
            let names = names.iter().map(|name| (*name).to_owned());
            seen(&Value::Object(names.zip(cells).collect()))
        })
        .sum()
}

fn seen(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) => 1,
        Value::Number(number) => 1 + usize::from(number.is_i64()),
        Value::String(text) => text.len(),
        Value::Array(list) => list.iter().map(seen).sum(),
        Value::Object(fields) => fields.iter().map(|(name, value)| name.len() + seen(value)).sum(),
    }
}

fn sources() -> Vec<(&'static str, Box<dyn EventSource>)> {
    let secrets = || vec![Secret::new("whsec_MDEyMzQ1Njc4OWFiY2RlZg==")];
    let zone = || Zone::UTC;
    let name = |kind: &str| SourceName::new(format!("{kind}:acme"));
    let adyen = adyen::Settings {
        secrets: secrets(),
        zone: zone(),
        captures_by_request: false,
        order_source: None,
        test_is_real: true,
    };
    let amazon = amazon::Settings { secrets: secrets(), unsigned_allowed: true, zone: zone() };
    let bigcommerce = bigcommerce::Settings { secrets: secrets(), zone: zone() };
    let cloudevents = cloudevents::Settings {
        secrets: secrets(),
        unsigned_allowed: true,
        event_source: String::new(),
    };
    let paypal = paypal::Settings {
        webhook_ids: vec!["1JE4291016473214C".to_owned()],
        certificates: Certificates::default(),
        zone: zone(),
        order_source: None,
        test_is_real: true,
    };
    let shopify = shopify::Settings { secrets: secrets(), zone: zone() };
    let square = square::Settings {
        secrets: secrets(),
        notification_url: "https://books.example.com".to_owned(),
        zone: zone(),
        order_source: None,
        test_is_real: true,
    };
    let stripe = stripe::Settings {
        test_is_real: true,
        ..stripe::Settings::new(secrets().remove(0), zone())
    };
    let woocommerce = woocommerce::Settings { secrets: secrets(), zone: zone() };
    vec![
        ("adyen", Box::new(adyen::Adyen::new(name("adyen"), adyen))),
        ("amazon", Box::new(amazon::Amazon::new(name("amazon"), amazon))),
        ("bigcommerce", Box::new(bigcommerce::BigCommerce::new(name("bigcommerce"), bigcommerce))),
        ("cloudevents", Box::new(cloudevents::CloudEvents::new(name("cloudevents"), cloudevents))),
        ("paypal", Box::new(paypal::PayPal::new(name("paypal"), paypal))),
        ("shopify", Box::new(shopify::Shopify::new(name("shopify"), shopify))),
        ("square", Box::new(square::Square::new(name("square"), square))),
        ("stripe", Box::new(stripe::Stripe::new(name("stripe"), stripe))),
        ("woocommerce", Box::new(woocommerce::WooCommerce::new(name("woocommerce"), woocommerce))),
    ]
}
