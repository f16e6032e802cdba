//! The two connections that a month of the workload is delivered to.

use anyhow::Result;
use kernel::SourceName;
use kernel::time::Zone;
use ports::{EventSource, Secret};
use sources::shopify::{self, Shopify};
use sources::stripe::{self, Stripe};
use std::collections::BTreeMap;
use std::sync::Arc;
use workload::Shape;

/// The sources of `shape` by connection, set up as the demo does.
pub fn sources(shape: &Shape) -> Result<BTreeMap<String, Arc<dyn EventSource>>> {
    let wanted = workload::sources(shape);
    let zone = Zone::named(wanted.zone)?;
    let shop = SourceName::new(wanted.orders.as_str());
    let secrets = vec![Secret::new(wanted.order_secret)];
    let shopify = Shopify::new(shop.clone(), shopify::Settings { secrets, zone: zone.clone() });
    let account = stripe::Settings {
        order_source: Some(shop),
        test_is_real: true,
        ..stripe::Settings::new(Secret::new(wanted.processor_secret), zone)
    };
    let stripe = Stripe::new(SourceName::new(wanted.processor.as_str()), account);
    Ok(BTreeMap::from([
        (wanted.orders, Arc::new(shopify) as Arc<dyn EventSource>),
        (wanted.processor, Arc::new(stripe) as Arc<dyn EventSource>),
    ]))
}
