//! `poll` of a `[[source]]`: how its lists are read.

use super::address::local_port;
use super::secret::SecretText;
use super::source::SourceKind;
use crate::exit::Stop;
use engine::PolledSource;
use kernel::time::Zone;
use ports::{Poller, Secret};
use serde::Deserialize;
use sources::bigcommerce::{self, BigCommercePoller};
use sources::shopify::{self, ShopifyPoller};
use sources::stripe::{self, StripePoller};
use std::path::Path;
use std::sync::Arc;

/// How often the lists are read unless said otherwise, seconds.
const EVERY_S: i64 = 900;
/// Nobody's lists are read more often than this, seconds.
const EVERY_MIN_S: i64 = 60;

/// `poll = { … }`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PollText {
    token: SecretText,
    address: Option<String>,
    every_s: Option<i64>,
}

/// The same, checked.
#[derive(Debug, Clone)]
pub struct Poll {
    token: SecretText,
    address: String,
    every_s: i64,
}

/// Checks `poll` of the source `name`.
pub fn check(text: PollText, name: &str, kind: SourceKind) -> Result<Poll, String> {
    let address = match (kind, text.address) {
        (SourceKind::Bigcommerce | SourceKind::Shopify | SourceKind::Stripe, Some(address)) => {
            address
        }
        (SourceKind::Stripe, None) => "https://api.stripe.com".to_owned(),
        (SourceKind::Shopify, None) => {
            return Err(format!(
                "source `{name}`: poll.address is missing, e.g. \"https://acme.myshopify.com\""
            ));
        }
        (SourceKind::Bigcommerce, None) => {
            return Err(format!(
                "source `{name}`: poll.address is missing, e.g. \
                 \"https://api.bigcommerce.com/stores/abc123\""
            ));
        }
        _ => return Err(format!("source `{name}`: its kind offers no lists, take `poll` out")),
    };
    let address = address.trim_end_matches('/').to_owned();
    if !address.starts_with("https://") && local_port(&address).is_none() {
        return Err(format!(
            "source `{name}`: poll.address must begin with https://; the token travels with it"
        ));
    }
    let every_s = text.every_s.unwrap_or(EVERY_S);
    if every_s < EVERY_MIN_S {
        return Err(format!("source `{name}`: poll.every_s is at least {EVERY_MIN_S} seconds"));
    }
    Ok(Poll { token: text.token, address, every_s })
}

impl Poll {
    /// Who reads the lists of the source `name`.
    pub fn build(
        &self,
        name: &str,
        kind: SourceKind,
        zone: &Zone,
        folder: &Path,
    ) -> Result<PolledSource, Stop> {
        let refused = |e: String| Stop::configuration(format!("source `{name}`: poll.token: {e}"));
        let token = self.token.fetch(folder).map_err(refused)?;
        let poller = self.poller(kind, zone, token).map_err(refused)?;
        Ok(PolledSource { source: name.to_owned(), poller, every_s: self.every_s })
    }

    fn poller(
        &self,
        kind: SourceKind,
        zone: &Zone,
        token: Secret,
    ) -> Result<Arc<dyn Poller>, String> {
        let address = self.address.clone();
        Ok(match kind {
            SourceKind::Bigcommerce => {
                Arc::new(BigCommercePoller::new(bigcommerce::Access { address, token })?)
            }
            SourceKind::Shopify => {
                let access = shopify::Access { address, token, zone: zone.clone() };
                Arc::new(ShopifyPoller::new(access)?)
            }
            _ => Arc::new(StripePoller::new(stripe::Access { address, key: token })?),
        })
    }

    /// Whether the address is one on this machine without TLS.
    pub fn is_plain(&self) -> bool {
        local_port(&self.address).is_some()
    }
}
