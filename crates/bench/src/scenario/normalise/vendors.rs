//! What every vendor sends, and who reads it. Shared with `crates/sources/examples/source_speed.rs`.

use bytes::Bytes;
use kernel::time::Zone;
use kernel::{Fact, SourceName};
use ports::{EventSource, RawDelivery, Secret};
use sources::csv::{self, Mapping, MappingError};
use sources::kit::conformance::delivery;
use sources::paypal::certificate::Certificates;
use sources::{
    adyen, amazon, bigcommerce, cloudevents, paypal, shopify, square, stripe, woocommerce,
};
use std::path::Path;

/// Reads a delivery as Tieout does.
type Reader = Box<dyn Fn(&RawDelivery) -> Vec<Fact>>;

/// One vendor: who reads it, and deliveries that mean facts.
pub struct Vendor {
    pub name: &'static str,
    read: Reader,
    pub deliveries: Vec<(String, RawDelivery)>,
}

impl Vendor {
    /// The facts of a delivery, as Tieout reads it.
    pub fn facts(&self, delivery: &RawDelivery) -> Vec<Fact> {
        (self.read)(delivery)
    }
}

/// Every source with its fixtures below `root` (`crates/sources/src`), packed as vendors send them, and
/// the import of files.
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
            let told =
                source.split(raw).into_iter().filter(|d| !source.normalise(d).facts.is_empty());
            deliveries.extend(told.map(|part| (stem.clone(), part)));
        }
        let read = Box::new(move |delivery: &RawDelivery| source.normalise(delivery).facts);
        vendors.push(Vendor { name, read, deliveries });
    }
    vendors.push(imports(root)?);
    Ok(vendors)
}

/// A file of invoice lines in both forms that are imported.
fn imports(root: &Path) -> std::io::Result<Vendor> {
    let mapping =
        std::fs::read_to_string(root.join("../../../examples/online-retail/import.toml"))?;
    let broken = |e: MappingError| std::io::Error::other(e.to_string());
    let by_comma = Mapping::parse(&mapping).map_err(broken)?;
    let mapping = mapping.replace("format = \"csv\"\ndelimiter = \",\"", "format = \"ndjson\"");
    let by_line = Mapping::parse(&mapping).map_err(broken)?;
    let read = move |file: &RawDelivery| {
        let mapping = if file.body.starts_with(b"{") { &by_line } else { &by_comma };
        let import = csv::open(mapping, &file.body[..]).into_iter().flatten();
        import.flat_map(|record| record.normalised.facts).collect()
    };
    let deliveries = [("lines_csv", invoices(false)), ("lines_ndjson", invoices(true))];
    let raw = |body: String| RawDelivery { body: Bytes::from(body), ..delivery(&[], b"") };
    let deliveries = deliveries.map(|(name, body)| (name.to_owned(), raw(body))).into();
    Ok(Vendor { name: "csv", read: Box::new(read), deliveries })
}

/// A hundred invoices of four lines each.
fn invoices(as_json: bool) -> String {
    const NAMES: [&str; 8] = [
        "InvoiceNo",
        "StockCode",
        "Description",
        "Quantity",
        "InvoiceDate",
        "UnitPrice",
        "CustomerID",
        "Country",
    ];
    let mut text = if as_json { String::new() } else { NAMES.join(",") + "\n" };
    for n in 0..400 {
        let invoice = 536_365 + n / 4;
        let cells = format!(
            "{invoice}|85{n:03}A|HANGING HEART T-LIGHT HOLDER {n}|{}|2010-12-01 08:26:00|{}.{:02}|17850.0|\
             United Kingdom",
            n % 12 + 1,
            n % 7 + 1,
            n % 100,
        );
        let cells = cells.split('|');
        if as_json {
            let fields: Vec<_> = NAMES
                .iter()
                .zip(cells)
                .map(|(name, cell)| format!("\"{name}\":\"{cell}\""))
                .collect();
            text += &["{", &fields.join(","), "}\n"].concat();
        } else {
            text += &(cells.collect::<Vec<_>>().join(",") + "\n");
        }
    }
    text
}

/// The topic under which a fixture is delivered, where the vendor sends one in a header.
fn topic(vendor: &str, stem: &str) -> Vec<(&'static str, &'static str)> {
    match vendor {
        "shopify" if stem.starts_with("order") => vec![("x-shopify-topic", "orders/updated")],
        "shopify" if stem.starts_with("refund") => vec![("x-shopify-topic", "refunds/create")],
        "shopify" if stem.starts_with("transaction") => {
            vec![("x-shopify-topic", "order_transactions/create")]
        }
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
        event_source: "https://oms.example.com".to_owned(),
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
        follows_orders: false,
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
