//! Deliveries, files, mappings and answers made of arbitrary bytes, and what must hold of every
//! source then: shared by the tests and by the fuzz targets in `fuzz/`.

use bytes::Bytes;
use http::Response;
use kernel::time::Zone;
use kernel::{Fact, SourceName, Timestamp};
use ports::{EventSource, PollFault, Polled, Poller, RawDelivery, Secret, Window};
use sources::csv::Mapping;
use sources::kit::conformance::{Subject, delivery};
use sources::paypal::certificate::Certificates;
use sources::{
    adyen, amazon, bigcommerce, cloudevents, paypal, shopify, square, stripe, woocommerce,
};

/// Every source that takes deliveries.
pub const KINDS: &[&str] = &[
    "adyen",
    "amazon",
    "bigcommerce",
    "cloudevents",
    "paypal",
    "shopify",
    "square",
    "stripe",
    "woocommerce",
];

/// What a fuzzer begins with, by source.
fn seeds(kind: &str) -> &'static [&'static [u8]] {
    match kind {
        "adyen" => &[
            include_bytes!("../../src/adyen/fixtures/chargeback.json"),
            include_bytes!("../../src/adyen/fixtures/transfer_booked.json"),
            include_bytes!("../../src/adyen/fixtures/settlement_details.csv"),
        ],
        "amazon" => &[
            include_bytes!("../../src/amazon/fixtures/settlement_v1_us.txt"),
            include_bytes!("../../src/amazon/fixtures/settlement_v2_us.txt"),
            include_bytes!("../../src/amazon/fixtures/settlement_v2_de.txt"),
        ],
        "bigcommerce" => &[
            include_bytes!("../../src/bigcommerce/fixtures/order_paid.json"),
            include_bytes!("../../src/bigcommerce/fixtures/order_credits.json"),
            include_bytes!("../../src/bigcommerce/fixtures/order_refunded.json"),
        ],
        "cloudevents" => &[
            include_bytes!("../../src/cloudevents/fixtures/order_updated.json"),
            include_bytes!("../../src/cloudevents/fixtures/batch.json"),
        ],
        "paypal" => &[
            include_bytes!("../../src/paypal/fixtures/capture_completed.json"),
            include_bytes!("../../src/paypal/fixtures/capture_refunded.json"),
            include_bytes!("../../src/paypal/fixtures/dispute_resolved.json"),
            include_bytes!("../../src/paypal/fixtures/transactions.json"),
        ],
        "shopify" => &[
            include_bytes!("../../src/shopify/fixtures/order_discount.json"),
            include_bytes!("../../src/shopify/fixtures/refund_line.json"),
        ],
        "square" => &[
            include_bytes!("../../src/square/fixtures/orders.json"),
            include_bytes!("../../src/square/fixtures/order_returned.json"),
            include_bytes!("../../src/square/fixtures/payout_entries.json"),
        ],
        "stripe" => &[
            include_bytes!("../../src/stripe/fixtures/charge_succeeded.json"),
            include_bytes!("../../src/stripe/fixtures/dispute_reinstated.json"),
            include_bytes!("../../src/stripe/fixtures/payout_movements.json"),
        ],
        _ => &[
            include_bytes!("../../src/woocommerce/fixtures/order_paid.json"),
            include_bytes!("../../src/woocommerce/fixtures/order_with_refunds.json"),
        ],
    }
}

fn source(kind: &str) -> Box<dyn EventSource> {
    let name = SourceName::new(format!("{kind}:fuzz"));
    let secrets = vec![Secret::new("00112233445566778899aabbccddeeff")];
    let zone = Zone::UTC;
    match kind {
        "adyen" => {
            let settings = adyen::Settings {
                secrets,
                zone,
                captures_by_request: true,
                order_source: None,
                test_is_real: true,
            };
            Box::new(adyen::Adyen::new(name, settings))
        }
        "amazon" => {
            let settings = amazon::Settings { secrets, unsigned_allowed: true, zone };
            Box::new(amazon::Amazon::new(name, settings))
        }
        "bigcommerce" => {
            let settings = bigcommerce::Settings { secrets, zone };
            Box::new(bigcommerce::BigCommerce::new(name, settings))
        }
        "cloudevents" => {
            let event_source = String::new();
            let settings = cloudevents::Settings { secrets, unsigned_allowed: true, event_source };
            Box::new(cloudevents::CloudEvents::new(name, settings))
        }
        "paypal" => {
            let settings = paypal::Settings {
                webhook_ids: vec!["1JE4291016473214C".to_owned()],
                certificates: Certificates::default(),
                zone,
                order_source: None,
                test_is_real: true,
            };
            Box::new(paypal::PayPal::new(name, settings))
        }
        "shopify" => Box::new(shopify::Shopify::new(name, shopify::Settings { secrets, zone })),
        "square" => {
            let settings = square::Settings {
                secrets,
                notification_url: "https://books.example.com".to_owned(),
                zone,
                follows_orders: true,
                order_source: None,
                test_is_real: true,
            };
            Box::new(square::Square::new(name, settings))
        }
        "stripe" => {
            let settings =
                stripe::Settings { secrets, ..stripe::Settings::new(Secret::new("x"), zone) };
            Box::new(stripe::Stripe::new(name, settings))
        }
        "woocommerce" => {
            Box::new(woocommerce::WooCommerce::new(name, woocommerce::Settings { secrets, zone }))
        }
        _ => panic!("no source is called {kind}"),
    }
}

/// The first two bytes choose a seed and a place in it; the rest is written over the seed there, or
/// is the whole where no seed has the chosen number.
fn damaged(seeds: &[&[u8]], bytes: &[u8]) -> Vec<u8> {
    let [seed, place, rest @ ..] = bytes else { return bytes.to_vec() };
    let mut body = seeds.get(usize::from(*seed)).map_or_else(Vec::new, |s| s.to_vec());
    let at = body.len() * usize::from(*place) / 256;
    let end = (at + rest.len()).min(body.len());
    body.splice(at..end, rest.iter().copied());
    body
}

/// The first byte chooses the source.
pub fn drive(bytes: &[u8]) {
    let [which, rest @ ..] = bytes else { return };
    feed(KINDS[usize::from(*which) % KINDS.len()], rest);
}

/// A delivery to the source `kind`.
pub fn feed(kind: &str, bytes: &[u8]) {
    let body = damaged(seeds(kind), bytes);
    read(kind, &RawDelivery { body: Bytes::from(body), ..delivery(&[], b"") });
}

/// A delivery and its parts are read, twice with the same result.
fn read(kind: &str, raw: &RawDelivery) {
    let source = source(kind);
    let parts = source.split(raw.clone());
    assert!(!parts.is_empty(), "a delivery without parts");
    let subject = Subject {
        source,
        fixtures: Vec::new(),
        sign: |_| {},
        signature_header: "",
        is_timed: false,
    };
    for part in parts.iter().take(8).chain([raw]) {
        let said = subject.said(part);
        assert_eq!(said, subject.said(part), "the same bytes mean the same");
        for fact in &said.facts {
            stored(fact);
        }
    }
}

/// The invariants of the kernel judge a fact and must not fall over it; it is stored as it is told.
fn stored(fact: &Fact) {
    let _ = kernel::validate::fact(fact, fact.occurred_at.0);
    let text = serde_json::to_string(fact).expect("a fact is plain JSON");
    let read: Fact = serde_json::from_str(&text).expect("a fact is read back");
    assert_eq!(&read, fact, "a fact is stored as it is told");
}

const MAPPING: &str = include_str!("../../../../examples/online-retail/import.toml");
const FILE: &[u8] =
    b"InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n\
    536365,85123A,\"LIGHT, HOLDER\",6,2010-12-01 08:26:00,2.55,17850,United Kingdom\n\
    536365,71053,LANTERN,6,2010-12-01 08:26:00,3.39,17850,United Kingdom\n\
    C536379,D,Discount,-1,2010-12-01 09:41:00,27.5,14527,United Kingdom\n";

/// A delimited file under the mapping of the example, or (with an odd first byte) a mapping and the
/// file of the example.
pub fn csv(bytes: &[u8]) {
    let [which, rest @ ..] = bytes else { return };
    let (mapping, file) = if which % 2 == 1 {
        let text = damaged(&[MAPPING.as_bytes()], rest);
        let text = String::from_utf8_lossy(&text).into_owned();
        let Ok(mapping) = Mapping::parse(&text) else { return };
        (mapping, FILE.to_vec())
    } else {
        (Mapping::parse(MAPPING).expect("the example is a mapping"), damaged(&[FILE], rest))
    };
    let Ok(mut import) = sources::csv::open(&mapping, file.as_slice()) else { return };
    for group in import.by_ref().take(10_000) {
        assert!(group.first_line <= group.last_line, "{group:?}");
        for fact in &group.normalised.facts {
            stored(fact);
        }
    }
    let _ = import.totals();
}

fn pollers() -> Vec<(&'static str, Box<dyn Poller>)> {
    let address = || "https://vendor.example/stores/1".to_owned();
    let token = || Secret::new("token");
    let webhook_address = Some("https://books.example.com/webhooks".to_owned());
    let shop = shopify::Access {
        address: address(),
        token: token(),
        zone: Zone::UTC,
        webhook_address: webhook_address.clone(),
    };
    let account = stripe::Access { address: address(), key: token() };
    let store = bigcommerce::Access { address: address(), token: token() };
    let woo =
        woocommerce::Access { address: address(), key: token(), secret: token(), webhook_address };
    let pay_pal = paypal::Access { address: address(), client_id: token(), secret: token() };
    let seller = square::Access { address: address(), token: token(), reads_orders: true };
    let merchant = adyen::Access {
        address: address(),
        user: None,
        secret: token(),
        merchant_account: "Shop".to_owned(),
        first_batch: 1,
    };
    let marketplace = amazon::Access {
        address: address(),
        token_address: address(),
        client_id: token(),
        client_secret: token(),
        refresh_token: token(),
    };
    vec![
        ("shopify", Box::new(shopify::ShopifyPoller::new(shop).expect("an address"))),
        ("stripe", Box::new(stripe::StripePoller::new(account).expect("an address"))),
        ("bigcommerce", Box::new(bigcommerce::BigCommercePoller::new(store).expect("an address"))),
        ("woocommerce", Box::new(woocommerce::WooCommercePoller::new(woo).expect("an address"))),
        ("paypal", Box::new(paypal::PayPalPoller::new(pay_pal).expect("an address"))),
        ("square", Box::new(square::SquarePoller::new(seller).expect("an address"))),
        ("adyen", Box::new(adyen::AdyenPoller::new(merchant).expect("an address"))),
        ("amazon", Box::new(amazon::AmazonPoller::new(marketplace).expect("an address"))),
    ]
}

/// What vendors' lists look like, whole enough to be damaged.
const LISTS: &[&[u8]] = &[
    b"{\"orders\":[{\"id\":11,\"total_price\":\"1.10\"}]}",
    b"{\"payouts\":[{\"id\":5,\"status\":\"paid\"}]}",
    b"{\"transactions\":[{\"id\":1}]}",
    b"{\"object\":\"list\",\"has_more\":true,\"data\":[{\"id\":\"evt_1\",\"type\":\"payout.paid\",\
      \"data\":{\"object\":{\"id\":\"po_1\",\"reconciliation_status\":\"completed\"}}}]}",
    b"[{\"id\":7,\"coupon_discount\":\"5.0000\"}]",
    b"{\"data\":[{\"id\":1,\"order_id\":7}],\"meta\":{\"pagination\":{\"current_page\":1,\
      \"total_pages\":2}}}",
    b"{\"access_token\":\"a\",\"token_type\":\"Bearer\",\"expires_in\":3600}",
    include_bytes!("../../src/woocommerce/fixtures/orders_page.json"),
    include_bytes!("../../src/paypal/fixtures/transactions.json"),
    include_bytes!("../../src/square/fixtures/orders.json"),
    include_bytes!("../../src/square/fixtures/payout_entries.json"),
    b"{\"reports\":[{\"reportId\":\"1\",\"reportDocumentId\":\"d1\",\"processingStatus\":\"DONE\",\
      \"reportType\":\"GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2\"}]}",
    b"{\"reportDocumentId\":\"d1\",\"url\":\"https://vendor.example/d1\"}",
    include_bytes!("../../src/amazon/fixtures/settlement_v2_us.txt"),
    include_bytes!("../../src/adyen/fixtures/settlement_details.csv"),
];

/// Answers of a vendor's list API: the first byte chooses the list, then each answer begins with its
/// length. A poller asks again where it cannot take an answer, and its source can read whatever it
/// hands over.
pub fn lists(bytes: &[u8]) {
    let Some((which, mut rest)) = bytes.split_first() else { return };
    let window = Window { since: Timestamp(0), until: Timestamp::from_seconds(86_400) };
    let all = pollers();
    let streams = all.iter().flat_map(|(kind, p)| p.streams().iter().map(move |s| (*kind, p, s)));
    let streams: Vec<_> = streams.collect();
    let (kind, poller, stream) = streams[usize::from(*which) % streams.len()];
    let mut run = poller.begin(stream, window).expect("a list begins");
    while let Some(request) = run.ask() {
        let [length, more @ ..] = rest else { return };
        let (body, after) = more.split_at(usize::from(*length).min(more.len()));
        rest = after;
        let mut answer = Response::new(Bytes::from(damaged(LISTS, body)));
        *answer.status_mut() =
            if length % 16 == 3 { http::StatusCode::NOT_FOUND } else { http::StatusCode::OK };
        match run.take(&answer) {
            Ok(polled) => {
                for Polled { headers, body } in polled.into_iter().take(8) {
                    read(kind, &RawDelivery { headers, body, ..delivery(&[], b"") });
                }
            }
            Err(PollFault::Failed(why) | PollFault::Denied(why)) => {
                assert!(!why.is_empty() && why.len() < 1_000, "{why}");
                let again = run.ask().expect("a request without an answer is asked again");
                assert_eq!(again.uri(), request.uri());
            }
            Err(PollFault::Throttled { .. }) => {}
        }
    }
}
