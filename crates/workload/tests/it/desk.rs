//! The two connections of a month, and shapes to try them with.

use kernel::time::Zone;
use kernel::{BusinessDate, Currency, Fact, SourceName};
use ports::{EventSource, Secret};
use sources::adyen::{self, Adyen};
use sources::amazon::{self, Amazon};
use sources::bigcommerce::{self, BigCommerce};
use sources::cloudevents::{self, CloudEvents};
use sources::paypal::certificate::Certificates;
use sources::paypal::{self, PayPal};
use sources::shopify::{self, Shopify};
use sources::square::{self, Square};
use sources::stripe::{self, Stripe};
use sources::woocommerce::{self, WooCommerce};
use std::collections::BTreeSet;
use workload::{
    Delivery, DeliveryFaults, Features, OrderSystem, PAYPAL_CERTIFICATE, Processor,
    SQUARE_NOTIFICATION_URL, Shape, month,
};

/// The connections as a deployment would set them up.
pub struct Desk {
    orders: Box<dyn EventSource>,
    processor: Box<dyn EventSource>,
}

impl Desk {
    pub fn new(shape: &Shape) -> Self {
        let wanted = workload::sources(shape);
        let zone = Zone::named(wanted.zone).expect("a known zone");
        let name = SourceName::new(wanted.orders);
        let secrets = vec![Secret::new(wanted.order_secret)];
        let orders: Box<dyn EventSource> = match shape.order_system {
            OrderSystem::Shopify => {
                let settings = shopify::Settings { secrets, zone: zone.clone() };
                Box::new(Shopify::new(name, settings))
            }
            OrderSystem::WooCommerce => {
                let settings = woocommerce::Settings { secrets, zone: zone.clone() };
                Box::new(WooCommerce::new(name, settings))
            }
            OrderSystem::BigCommerce => {
                let settings = bigcommerce::Settings { secrets, zone: zone.clone() };
                Box::new(BigCommerce::new(name, settings))
            }
            OrderSystem::CloudEvents => {
                let event_source = name.0.clone();
                let settings =
                    cloudevents::Settings { secrets, unsigned_allowed: false, event_source };
                Box::new(CloudEvents::new(name, settings))
            }
            OrderSystem::Square => by_square(shape, name, zone.clone()),
            OrderSystem::Amazon => by_amazon(shape, name, zone.clone()),
            OrderSystem::Csv | OrderSystem::Ndjson => panic!("nobody delivers files"),
        };
        let processor = processor(shape, SourceName::new(wanted.processor), zone);
        Self { orders, processor }
    }

    pub fn source(&self, delivery: &Delivery) -> &dyn EventSource {
        if *delivery.source == *self.orders.name() { &*self.orders } else { &*self.processor }
    }

    /// What is accepted, each once.
    pub fn once(&self, shape: &Shape) -> impl Iterator<Item = Delivery> {
        let mut seen = BTreeSet::new();
        month(shape).filter(move |d| {
            let source = self.source(d);
            source.accept(&d.raw).is_ok() && seen.insert(source.dedupe_key(&d.raw))
        })
    }

    /// The facts of everything that is accepted, repeats left out.
    pub fn facts(&self, shape: &Shape) -> Vec<Fact> {
        self.once(shape).flat_map(|d| self.source(&d).normalise(&d.raw).facts).collect()
    }
}

/// An account whose events come under two keys.
fn by_square(shape: &Shape, name: SourceName, zone: Zone) -> Box<dyn EventSource> {
    let secrets = [shape.order_secret, shape.processor_secret].map(Secret::new).to_vec();
    let settings = square::Settings {
        secrets,
        notification_url: SQUARE_NOTIFICATION_URL.to_owned(),
        zone,
        order_source: None,
        follows_orders: shape.thin_webhooks,
        test_is_real: false,
    };
    Box::new(Square::new(name, settings))
}

/// An account whose reports and notifications are handed over under two secrets.
fn by_amazon(shape: &Shape, name: SourceName, zone: Zone) -> Box<dyn EventSource> {
    let secrets = [shape.order_secret, shape.processor_secret].map(Secret::new).to_vec();
    let settings = amazon::Settings { secrets, unsigned_allowed: false, zone };
    Box::new(Amazon::new(name, settings))
}

fn processor(shape: &Shape, name: SourceName, zone: Zone) -> Box<dyn EventSource> {
    let secret = Secret::new(shape.processor_secret);
    match shape.processor {
        Processor::Stripe => Box::new(Stripe::new(name, stripe::Settings::new(secret, zone))),
        Processor::PayPal => {
            let certificates = Certificates::with_root(PAYPAL_CERTIFICATE.root).expect("a root");
            let kept = certificates.keep(PAYPAL_CERTIFICATE.url, PAYPAL_CERTIFICATE.signer);
            kept.expect("a certificate of PayPal's");
            let settings = paypal::Settings {
                webhook_ids: vec![shape.processor_secret.to_owned()],
                certificates,
                zone,
                order_source: None,
                test_is_real: false,
            };
            Box::new(PayPal::new(name, settings))
        }
        Processor::Adyen => {
            let settings = adyen::Settings {
                secrets: vec![secret],
                zone,
                captures_by_request: false,
                order_source: None,
                test_is_real: false,
            };
            Box::new(Adyen::new(name, settings))
        }
        Processor::Square => by_square(shape, name, zone),
        Processor::Amazon => by_amazon(shape, name, zone),
    }
}

/// `shape` with PayPal.
pub fn by_pay_pal(shape: Shape) -> Shape {
    Shape { processor: Processor::PayPal, processor_secret: "8PT597110X687430LKGECATA", ..shape }
}

/// `shape` with Adyen.
pub fn by_adyen(shape: Shape) -> Shape {
    let processor_secret = "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056";
    Shape { processor: Processor::Adyen, processor_secret, ..shape }
}

/// `shape` with an order system, and the processor that it brings along.
pub fn sold_by(order_system: OrderSystem, shape: Shape) -> Shape {
    let Some(processor) = order_system.processor() else {
        return Shape { order_system, ..shape };
    };
    let processor_secret = "payouts_tieout_demo";
    Shape { order_system, processor, processor_secret, ..shape }
}

/// Months of different kinds.
pub fn shapes() -> Vec<Shape> {
    let lossy = Shape {
        orders: 250,
        features: Features::dense(),
        faults: DeliveryFaults {
            duplicated_per_mille: 150,
            reordered_per_mille: 300,
            reordered_by_max: 40,
            stale_update_per_mille: 200,
            wrong_signature_per_mille: 30,
            unfooting_per_mille: 20,
            unknown_topic_per_mille: 15,
        },
        ..Shape::default()
    };
    let perfect = Shape { faults: DeliveryFaults::none(), seed: 2, ..lossy };
    let day = |text: &str| text.parse::<BusinessDate>().expect("a date");
    let currency = |code: &str| code.parse::<Currency>().expect("a currency");
    let included = Features { taxes_included: true, ..Features::dense() };
    let london =
        Shape { start: day("2026-10-25"), days: 14, zone: "Europe/London", seed: 4, ..lossy };
    let pounds = Shape { currency: currency("GBP"), features: included, seed: 5, ..lossy };
    let kronur = Shape { currency: currency("ISK"), zone: "UTC", seed: 8, ..perfect };
    let mut shapes = vec![
        by_pay_pal(lossy),
        by_pay_pal(Shape { start: day("2024-02-01"), ..pounds }),
        by_pay_pal(kronur),
        by_adyen(lossy),
        by_adyen(london),
        by_adyen(kronur),
        Shape { processor: Processor::Square, ..lossy },
        Shape { orders: 600, ..Shape::default() },
        perfect,
        lossy,
        // The clocks go forward, and back.
        Shape { start: day("2026-03-01"), seed: 3, ..lossy },
        london,
        pounds,
        Shape { currency: currency("JPY"), zone: "Asia/Tokyo", seed: 6, ..lossy },
        Shape { currency: currency("KWD"), zone: "Asia/Kolkata", seed: 7, ..lossy },
        kronur,
        Shape { orders: 40, seed: 9, shop: "other", ..lossy },
    ];
    for order_system in
        OrderSystem::ALL.into_iter().filter(|s| *s != OrderSystem::Shopify && !s.is_file())
    {
        let seed = 10 + order_system as u64;
        let lossy = sold_by(order_system, Shape { seed, ..lossy });
        shapes.push(lossy);
        if matches!(order_system, OrderSystem::CloudEvents | OrderSystem::Square) {
            shapes.push(Shape { currency: currency("GBP"), features: included, ..lossy });
        }
        shapes.push(Shape { currency: currency("JPY"), zone: "Asia/Tokyo", ..lossy });
    }
    shapes
}
