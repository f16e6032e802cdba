//! The tables `[[source]]`.

use super::poll::{self, Around, Poll, PollText};
use super::secret::SecretText;
use crate::exit::Stop;
use engine::PolledSource;
use kernel::SourceName;
use kernel::time::Zone;
use ports::{EventSource, Secret};
use serde::Deserialize;
use sources::paypal::certificate::Certificates;
use sources::{
    adyen, amazon, bigcommerce, cloudevents, paypal, shopify, square, stripe, woocommerce,
};
use std::path::Path;
use std::sync::Arc;

/// Kinds of source that deliver by webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SourceKind {
    /// An Adyen merchant account.
    Adyen,
    /// The settlement files of an Amazon seller.
    Amazon,
    /// A BigCommerce store.
    Bigcommerce,
    /// A Shopify shop.
    Shopify,
    /// A Square account.
    Square,
    /// A Stripe account.
    Stripe,
    /// An own order system that speaks CloudEvents.
    Cloudevents,
    /// A PayPal account.
    Paypal,
    /// A WooCommerce shop.
    Woocommerce,
}

impl SourceKind {
    /// The word in the configuration, and in front of the names of its connections.
    const fn word(self) -> &'static str {
        match self {
            Self::Adyen => "adyen",
            Self::Amazon => "amazon",
            Self::Bigcommerce => "bigcommerce",
            Self::Shopify => "shopify",
            Self::Square => "square",
            Self::Stripe => "stripe",
            Self::Cloudevents => "cloudevents",
            Self::Paypal => "paypal",
            Self::Woocommerce => "woocommerce",
        }
    }
}

/// One `[[source]]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceText {
    name: String,
    kind: SourceKind,
    #[serde(default)]
    secrets: Vec<SecretText>,
    zone: Option<String>,
    order_source: Option<String>,
    test_is_real: Option<bool>,
    tolerance_seconds: Option<i64>,
    unsigned_allowed: Option<bool>,
    event_source: Option<String>,
    notification_url: Option<String>,
    captures_by_request: Option<bool>,
    poll: Option<PollText>,
    #[serde(default)]
    webhook_ids: Vec<String>,
}

/// A source, checked.
#[derive(Debug, Clone)]
pub struct Source {
    /// Its name, e.g. `shopify:acme`.
    pub name: String,
    /// Its kind.
    pub kind: SourceKind,
    /// Where its secrets are.
    pub secrets: Vec<SecretText>,
    zone: Zone,
    order_source: Option<SourceName>,
    test_is_real: bool,
    tolerance_seconds: i64,
    unsigned_allowed: bool,
    event_source: String,
    notification_url: String,
    captures_by_request: bool,
    /// How its lists are read, if they are.
    pub poll: Option<Poll>,
    webhook_ids: Vec<String>,
    certificates: Certificates,
}

/// Checks one source; `zone` is that of the tenant.
pub fn check(text: SourceText, zone: &Zone) -> Result<Source, String> {
    let (name, kind) = (text.name, text.kind);
    let word = kind.word();
    let fits = name.strip_prefix(word).and_then(|rest| rest.strip_prefix(':'));
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if !fits.is_some_and(|rest| !rest.is_empty() && rest.len() <= 60 && rest.chars().all(plain)) {
        return Err(format!(
            "source `{name}`: a name is `{word}:` and letters, digits, `-`, `_` or `.`, e.g. \
             `{word}:acme`"
        ));
    }
    let unsigned_allowed = text.unsigned_allowed.unwrap_or(false);
    let is_paypal = kind == SourceKind::Paypal;
    if is_paypal && text.webhook_ids.is_empty() {
        return Err(format!(
            "source `{name}` needs the id of its webhook: webhook_ids = [\"8PT597110X687430LK\"]"
        ));
    }
    if is_paypal && !text.secrets.is_empty() {
        return Err(format!(
            "source `{name}`: `secrets` means nothing for paypal, which signs with certificates"
        ));
    }
    if text.secrets.is_empty() && !unsigned_allowed && !is_paypal {
        return Err(format!(
            "source `{name}` needs at least one secret: secrets = [{{ env = \"NAME\" }}]"
        ));
    }
    let only = |setting: &str, given: bool, kinds: &[SourceKind]| {
        if given && !kinds.contains(&kind) {
            return Err(format!("source `{name}`: `{setting}` means nothing for {word}"));
        }
        Ok(())
    };
    let processors =
        [SourceKind::Stripe, SourceKind::Square, SourceKind::Adyen, SourceKind::Paypal];
    only("order_source", text.order_source.is_some(), &processors)?;
    only("test_is_real", text.test_is_real.is_some(), &processors)?;
    only("captures_by_request", text.captures_by_request.is_some(), &[SourceKind::Adyen])?;
    only("notification_url", text.notification_url.is_some(), &[SourceKind::Square])?;
    only("webhook_ids", !text.webhook_ids.is_empty(), &[SourceKind::Paypal])?;
    only("tolerance_seconds", text.tolerance_seconds.is_some(), &[SourceKind::Stripe])?;
    let handed_over = [SourceKind::Cloudevents, SourceKind::Amazon];
    only("unsigned_allowed", text.unsigned_allowed.is_some(), &handed_over)?;
    only("event_source", text.event_source.is_some(), &[SourceKind::Cloudevents])?;
    let notification_url = text.notification_url.unwrap_or_default();
    if kind == SourceKind::Square && !notification_url.starts_with("https://") {
        return Err(format!(
            "source `{name}`: notification_url is the address registered at Square, letter by \
             letter, because Square signs it: notification_url = \
             \"https://books.example.com/webhooks/{name}\""
        ));
    }
    let zone = match &text.zone {
        Some(zone) => Zone::named(zone).map_err(|e| format!("source `{name}`: zone: {e}"))?,
        None => zone.clone(),
    };
    if kind == SourceKind::Bigcommerce && text.poll.is_none() {
        return Err(thin(&name));
    }
    let is_real = text.test_is_real.unwrap_or(false);
    let poll = text.poll.map(|p| poll::check(p, &name, kind, is_real)).transpose()?;
    Ok(Source {
        poll,
        event_source: text.event_source.unwrap_or_default(),
        name,
        kind,
        secrets: text.secrets,
        zone,
        order_source: text.order_source.map(SourceName::new),
        test_is_real: is_real,
        tolerance_seconds: text.tolerance_seconds.unwrap_or(0),
        unsigned_allowed,
        notification_url,
        captures_by_request: text.captures_by_request.unwrap_or(false),
        webhook_ids: text.webhook_ids,
        certificates: Certificates::default(),
    })
}

/// Why a source whose webhooks only name orders needs `poll`.
fn thin(name: &str) -> String {
    format!(
        "source `{name}`: webhooks of BigCommerce only name orders, which then have to be read: \
         poll = {{ address = \"https://api.bigcommerce.com/stores/HASH\", token = \
         {{ env = \"NAME\" }} }}"
    )
}

impl Source {
    /// PayPal's certificates, which have to be fetched for this source.
    pub fn certificates(&self) -> Option<Certificates> {
        (self.kind == SourceKind::Paypal).then(|| self.certificates.clone())
    }

    /// The secrets, or why one cannot be had.
    pub fn fetch_secrets(&self, folder: &Path) -> Result<Vec<Secret>, String> {
        self.secrets.iter().map(|s| s.fetch(folder)).collect()
    }

    /// Why its webhooks alone are no complete account of what happened, when nobody reads its lists.
    pub fn unread(&self) -> Option<&'static str> {
        if self.poll.is_some() {
            return None;
        }
        match self.kind {
            SourceKind::Woocommerce => Some(
                "WooCommerce never repeats a webhook: one that is lost stays lost, and nobody is \
                 told",
            ),
            SourceKind::Shopify => {
                Some("Shopify has no webhook for payouts, and deletes those that fail")
            }
            SourceKind::Paypal => Some("PayPal has no webhook for transfers to the bank"),
            SourceKind::Square => Some(
                "Square's webhooks name an order without what is in it, and what a payout consists \
                 of stands in its list only",
            ),
            SourceKind::Adyen | SourceKind::Amazon => {
                Some("settlement reports are read only when somebody hands them over")
            }
            SourceKind::Stripe => Some("Stripe tells what a payout consists of in its list only"),
            SourceKind::Bigcommerce | SourceKind::Cloudevents => None,
        }
    }

    /// Who reads its lists, if anybody does.
    pub fn polled(&self, folder: &Path) -> Result<Option<PolledSource>, Stop> {
        let around = Around {
            name: &self.name,
            kind: self.kind,
            zone: &self.zone,
            has_order_source: self.order_source.is_some(),
        };
        self.poll.as_ref().map(|poll| poll.build(&around, folder)).transpose()
    }

    /// The source itself. Without `strict` a secret that cannot be had is left out: the commands
    /// that receive nothing do not need it.
    pub fn build(&self, folder: &Path, strict: bool) -> Result<Arc<dyn EventSource>, Stop> {
        let secrets = match self.fetch_secrets(folder) {
            Ok(secrets) => secrets,
            Err(_) if !strict => Vec::new(),
            Err(e) => {
                return Err(Stop::configuration(format!("source `{}`: {e}", self.name)));
            }
        };
        let (name, zone) = (SourceName::new(self.name.as_str()), self.zone.clone());
        Ok(match self.kind {
            SourceKind::Adyen => Arc::new(adyen::Adyen::new(
                name,
                adyen::Settings {
                    secrets,
                    zone,
                    captures_by_request: self.captures_by_request,
                    order_source: self.order_source.clone(),
                    test_is_real: self.test_is_real,
                },
            )),
            SourceKind::Amazon => Arc::new(amazon::Amazon::new(
                name,
                amazon::Settings { secrets, unsigned_allowed: self.unsigned_allowed, zone },
            )),
            SourceKind::Bigcommerce => Arc::new(bigcommerce::BigCommerce::new(
                name,
                bigcommerce::Settings { secrets, zone },
            )),
            SourceKind::Shopify => {
                Arc::new(shopify::Shopify::new(name, shopify::Settings { secrets, zone }))
            }
            SourceKind::Paypal => Arc::new(paypal::PayPal::new(
                name,
                paypal::Settings {
                    webhook_ids: self.webhook_ids.clone(),
                    certificates: self.certificates.clone(),
                    zone,
                    order_source: self.order_source.clone(),
                    test_is_real: self.test_is_real,
                },
            )),
            SourceKind::Woocommerce => Arc::new(woocommerce::WooCommerce::new(
                name,
                woocommerce::Settings { secrets, zone },
            )),
            SourceKind::Square => Arc::new(square::Square::new(
                name,
                square::Settings {
                    secrets,
                    notification_url: self.notification_url.clone(),
                    zone,
                    order_source: self.order_source.clone(),
                    follows_orders: self.poll.is_some(),
                    test_is_real: self.test_is_real,
                },
            )),
            SourceKind::Stripe => Arc::new(stripe::Stripe::new(
                name,
                stripe::Settings {
                    secrets,
                    zone,
                    order_source: self.order_source.clone(),
                    test_is_real: self.test_is_real,
                    tolerance_seconds: self.tolerance_seconds,
                },
            )),
            SourceKind::Cloudevents => Arc::new(cloudevents::CloudEvents::new(
                name,
                cloudevents::Settings {
                    secrets,
                    unsigned_allowed: self.unsigned_allowed,
                    event_source: self.event_source.clone(),
                },
            )),
        })
    }
}
