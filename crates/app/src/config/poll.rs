//! `poll` of a `[[source]]`: how its lists are read.

use super::address::local_port;
use super::secret::SecretText;
use super::source::SourceKind;
use crate::exit::Stop;
use engine::PolledSource;
use kernel::time::Zone;
use ports::{Poller, Secret};
use serde::Deserialize;
use sources::adyen::{self, AdyenPoller};
use sources::amazon::{self, AmazonPoller};
use sources::bigcommerce::{self, BigCommercePoller};
use sources::paypal::{self, PayPalPoller};
use sources::shopify::{self, ShopifyPoller};
use sources::square::{self, SquarePoller};
use sources::stripe::{self, StripePoller};
use sources::woocommerce::{self, WooCommercePoller};
use std::path::Path;
use std::sync::Arc;

/// How often the lists are read unless said otherwise, seconds.
const EVERY_S: i64 = 900;
/// Nobody's lists are read more often than this, seconds.
const EVERY_MIN_S: i64 = 60;
/// Where Amazon grants access tokens.
const AMAZON_TOKENS: &str = "https://api.amazon.com";

/// `poll = { … }`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PollText {
    token: SecretText,
    id: Option<SecretText>,
    refresh_token: Option<SecretText>,
    address: Option<String>,
    token_address: Option<String>,
    merchant_account: Option<String>,
    first_batch: Option<u64>,
    webhook_address: Option<String>,
    every_s: Option<i64>,
}

/// The same, checked.
#[derive(Debug, Clone)]
pub struct Poll {
    token: SecretText,
    id: Option<SecretText>,
    refresh_token: Option<SecretText>,
    address: String,
    token_address: String,
    merchant_account: String,
    first_batch: u64,
    webhook_address: Option<String>,
    every_s: i64,
}

/// What the poller of a source has to know beside its `poll`.
pub struct Around<'s> {
    /// The source's name.
    pub name: &'s str,
    /// Its kind.
    pub kind: SourceKind,
    /// Its time zone.
    pub zone: &'s Zone,
    /// Whether its orders are told by another source.
    pub has_order_source: bool,
}

/// What each kind needs: its address, or an example of one, and what goes with the token.
struct Needs {
    address: Result<&'static str, &'static str>,
    /// What `id` is, if there is one, and whether it may be left out.
    id: Option<(&'static str, bool)>,
}

fn needs(kind: SourceKind) -> Option<Needs> {
    let needs = |address, id| Some(Needs { address, id });
    match kind {
        SourceKind::Shopify => needs(Err("https://acme.myshopify.com"), None),
        SourceKind::Bigcommerce => needs(Err("https://api.bigcommerce.com/stores/abc123"), None),
        SourceKind::Stripe => needs(Ok("https://api.stripe.com"), None),
        SourceKind::Square => needs(Ok("https://connect.squareup.com"), None),
        SourceKind::Woocommerce => {
            needs(Err("https://shop.example.com"), Some(("the consumer key", false)))
        }
        SourceKind::Paypal => needs(Ok("https://api-m.paypal.com"), Some(("the client id", false))),
        SourceKind::Adyen => {
            needs(Ok("https://ca-live.adyen.com"), Some(("the report user", true)))
        }
        SourceKind::Amazon => needs(
            Err("https://sellingpartnerapi-eu.amazon.com"),
            Some(("the client id of the app", false)),
        ),
        SourceKind::Cloudevents => None,
    }
}

/// Checks `poll` of the source `name`. `test_is_real`: what moves no money is taken for real.
pub fn check(
    text: PollText,
    name: &str,
    kind: SourceKind,
    test_is_real: bool,
) -> Result<Poll, String> {
    let wrong = |what: String| format!("source `{name}`: {what}");
    let Some(needs) = needs(kind) else {
        return Err(wrong("its kind offers no lists, take `poll` out".to_owned()));
    };
    let address = match (text.address, needs.address) {
        (Some(address), _) => address,
        (None, Ok(usual)) => usual.to_owned(),
        (None, Err(example)) => {
            return Err(wrong(format!("poll.address is missing, e.g. \"{example}\"")));
        }
    };
    match (&text.id, needs.id) {
        (None, Some((what, false))) => {
            return Err(wrong(format!("poll.id is missing: {what}, id = {{ env = \"NAME\" }}")));
        }
        (Some(_), None) => return Err(wrong("poll.id means nothing for its kind".to_owned())),
        _ => {}
    }
    let only = |setting: &str, given: bool, kinds: &[SourceKind]| {
        let means = !given || kinds.contains(&kind);
        if means {
            Ok(())
        } else {
            Err(wrong(format!("poll.{setting} means nothing for its kind")))
        }
    };
    only("refresh_token", text.refresh_token.is_some(), &[SourceKind::Amazon])?;
    only("token_address", text.token_address.is_some(), &[SourceKind::Amazon])?;
    only("merchant_account", text.merchant_account.is_some(), &[SourceKind::Adyen])?;
    only("first_batch", text.first_batch.is_some(), &[SourceKind::Adyen])?;
    let tells = [SourceKind::Shopify, SourceKind::Woocommerce];
    only("webhook_address", text.webhook_address.is_some(), &tells)?;
    if kind == SourceKind::Amazon && text.refresh_token.is_none() {
        return Err(wrong("poll.refresh_token is missing, by which the seller agreed".to_owned()));
    }
    if kind == SourceKind::Adyen && (text.merchant_account.is_none() || text.first_batch.is_none())
    {
        return Err(wrong(
            "poll needs the merchant account and the number of the first settlement batch to \
             read: merchant_account = \"AcmeECOM\", first_batch = 120"
                .to_owned(),
        ));
    }
    // What these list does not say that it is a test.
    let mute = [SourceKind::Paypal, SourceKind::Adyen, SourceKind::Amazon];
    let is_test = ["sandbox", "ca-test."].iter().any(|word| address.contains(word));
    if is_test && mute.contains(&kind) && !test_is_real {
        return Err(wrong(format!(
            "poll.address {address} is for tests, and what is listed there looks like real money; \
             take the live address, or data of its own with test_is_real = true"
        )));
    }
    let token_address = text.token_address.unwrap_or_else(|| AMAZON_TOKENS.to_owned());
    let every_s = text.every_s.unwrap_or(EVERY_S);
    if every_s < EVERY_MIN_S {
        return Err(wrong(format!("poll.every_s is at least {EVERY_MIN_S} seconds")));
    }
    Ok(Poll {
        token: text.token,
        id: text.id,
        refresh_token: text.refresh_token,
        address: encrypted(&address, "address").map_err(wrong)?,
        token_address: encrypted(&token_address, "token_address").map_err(wrong)?,
        merchant_account: text.merchant_account.unwrap_or_default(),
        first_batch: text.first_batch.unwrap_or_default(),
        webhook_address: text.webhook_address,
        every_s,
    })
}

/// An address at which secrets are safe, without a slash at its end.
fn encrypted(address: &str, setting: &str) -> Result<String, String> {
    let address = address.trim_end_matches('/');
    if address.starts_with("https://") || local_port(address).is_some() {
        return Ok(address.to_owned());
    }
    Err(format!("poll.{setting} must begin with https://; the token travels with it"))
}

impl Poll {
    /// Who reads the lists of the source.
    pub fn build(&self, around: &Around<'_>, folder: &Path) -> Result<PolledSource, Stop> {
        let name = around.name;
        let refused = |e: String| Stop::configuration(format!("source `{name}`: poll: {e}"));
        let fetch = |secret: &SecretText| secret.fetch(folder).map_err(refused);
        let token = fetch(&self.token)?;
        let id = self.id.as_ref().map(fetch).transpose()?;
        let refresh = self.refresh_token.as_ref().map(fetch).transpose()?;
        let poller = self.poller(around, token, (id, refresh)).map_err(refused)?;
        Ok(PolledSource { source: name.to_owned(), poller, every_s: self.every_s })
    }

    fn poller(
        &self,
        around: &Around<'_>,
        token: Secret,
        (id, refresh): (Option<Secret>, Option<Secret>),
    ) -> Result<Arc<dyn Poller>, String> {
        let address = self.address.clone();
        let webhook_address = self.webhook_address.clone();
        let missing = || "its id is missing".to_owned();
        Ok(match around.kind {
            SourceKind::Shopify => {
                let zone = around.zone.clone();
                let access = shopify::Access { address, token, zone, webhook_address };
                Arc::new(ShopifyPoller::new(access)?)
            }
            SourceKind::Bigcommerce => {
                Arc::new(BigCommercePoller::new(bigcommerce::Access { address, token })?)
            }
            SourceKind::Stripe => {
                Arc::new(StripePoller::new(stripe::Access { address, key: token })?)
            }
            SourceKind::Square => Arc::new(SquarePoller::new(square::Access {
                address,
                token,
                reads_orders: !around.has_order_source,
            })?),
            SourceKind::Woocommerce => Arc::new(WooCommercePoller::new(woocommerce::Access {
                address,
                key: id.ok_or_else(missing)?,
                secret: token,
                webhook_address,
            })?),
            SourceKind::Paypal => Arc::new(PayPalPoller::new(paypal::Access {
                address,
                client_id: id.ok_or_else(missing)?,
                secret: token,
            })?),
            SourceKind::Adyen => Arc::new(AdyenPoller::new(adyen::Access {
                address,
                user: id,
                secret: token,
                merchant_account: self.merchant_account.clone(),
                first_batch: self.first_batch,
            })?),
            SourceKind::Amazon => Arc::new(AmazonPoller::new(amazon::Access {
                address,
                token_address: self.token_address.clone(),
                client_id: id.ok_or_else(missing)?,
                client_secret: token,
                refresh_token: refresh.ok_or_else(|| "its refresh token is missing".to_owned())?,
            })?),
            SourceKind::Cloudevents => return Err("its kind offers no lists".to_owned()),
        })
    }

    /// Whether an address is one on this machine without TLS.
    pub fn is_plain(&self) -> bool {
        [&self.address, &self.token_address].iter().any(|a| local_port(a).is_some())
    }
}
