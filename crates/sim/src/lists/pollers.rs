//! Who reads the lists, as a configuration with `poll` has it.

use anyhow::{Result, anyhow};
use engine::PolledSource;
use kernel::time::Zone;
use ports::{Poller, Secret};
use sources::adyen::{self, AdyenPoller};
use sources::amazon::{self, AmazonPoller};
use sources::bigcommerce::{self, BigCommercePoller};
use sources::paypal::{self, PayPalPoller};
use sources::shopify::{self, ShopifyPoller};
use sources::square::{self, SquarePoller};
use sources::stripe::{self, StripePoller};
use sources::woocommerce::{self, WooCommercePoller};
use std::collections::BTreeSet;
use std::sync::Arc;
use workload::{OrderSystem, Shape};

pub const SHOPIFY: &str = "demo.myshopify.example";
pub const SQUARE: &str = "connect.square.example";
pub const BIGCOMMERCE: &str = "api.bigcommerce.example";
pub const WOOCOMMERCE: &str = "shop.example";
pub const ADYEN: &str = "ca.adyen.example";
const STRIPE: &str = "api.stripe.example";
/// Number of Adyen's first batch in a month.
pub const FIRST_BATCH: u64 = 101;

/// The pollers of the connections that the month of `shape` is delivered to, each in turn every
/// `every_s` seconds. An own order system has no list.
///
/// # Errors
/// A poller that cannot be made.
pub fn pollers(shape: &Shape, every_s: i64) -> Result<Vec<PolledSource>> {
    let wanted = workload::sources(shape);
    let mut found = Vec::new();
    for source in BTreeSet::from([wanted.orders, wanted.processor]) {
        if let Some(poller) = poller(&source, shape)? {
            found.push(PolledSource { source, poller, every_s });
        }
    }
    Ok(found)
}

fn poller(source: &str, shape: &Shape) -> Result<Option<Arc<dyn Poller>>> {
    let at = |host: &str| format!("https://{host}");
    let token = || Secret::new("simulated-token");
    let poller: Arc<dyn Poller> = match source.split(':').next().unwrap_or_default() {
        "shopify" => {
            let zone = Zone::named(shape.zone)?;
            let (address, webhook_address) = (at(SHOPIFY), None);
            let access = shopify::Access { address, token: token(), zone, webhook_address };
            Arc::new(ShopifyPoller::new(access).map_err(|e| anyhow!(e))?)
        }
        "stripe" => {
            let access = stripe::Access { address: at(STRIPE), key: token() };
            Arc::new(StripePoller::new(access).map_err(|e| anyhow!(e))?)
        }
        "square" => {
            let reads_orders = shape.order_system == OrderSystem::Square;
            let access = square::Access { address: at(SQUARE), token: token(), reads_orders };
            Arc::new(SquarePoller::new(access).map_err(|e| anyhow!(e))?)
        }
        "paypal" => {
            let address = at(super::paypal::HOST);
            let access = paypal::Access { address, client_id: token(), secret: token() };
            Arc::new(PayPalPoller::new(access).map_err(|e| anyhow!(e))?)
        }
        "adyen" => {
            let access = adyen::Access {
                address: at(ADYEN),
                user: None,
                secret: token(),
                merchant_account: format!("{}ECOM", shape.shop),
                first_batch: FIRST_BATCH,
            };
            Arc::new(AdyenPoller::new(access).map_err(|e| anyhow!(e))?)
        }
        "amazon" => {
            let access = amazon::Access {
                address: at(super::amazon::API),
                token_address: at(super::amazon::TOKENS),
                client_id: token(),
                client_secret: token(),
                refresh_token: token(),
            };
            Arc::new(AmazonPoller::new(access).map_err(|e| anyhow!(e))?)
        }
        "bigcommerce" => {
            let address = format!("{}/stores/abc123", at(BIGCOMMERCE));
            let access = bigcommerce::Access { address, token: token() };
            Arc::new(BigCommercePoller::new(access).map_err(|e| anyhow!(e))?)
        }
        "woocommerce" => {
            let access = woocommerce::Access {
                address: at(WOOCOMMERCE),
                key: token(),
                secret: token(),
                webhook_address: None,
            };
            Arc::new(WooCommercePoller::new(access).map_err(|e| anyhow!(e))?)
        }
        _ => return Ok(None),
    };
    Ok(Some(poller))
}
