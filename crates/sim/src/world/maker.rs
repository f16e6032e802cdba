//! Makes the engine of a process from what all processes are configured with.

use crate::chance::Chance;
use crate::clock::ProcessClock;
use crate::executor::SimClock;
use crate::line::{Line, Secrets};
use crate::profile::{Profile, TIGHT};
use crate::refreshes::Refreshes;
use crate::trace::Trace;
use anyhow::{Result, anyhow};
use book::Rules;
use engine::{Engine, Limits, Pace, Tokens};
use kernel::SourceName;
use kernel::time::Zone;
use ports::{Clock, Entropy, EventSource, Sealer, Secret};
use quickbooks::{QuickBooks, Settings};
use quickbooks_sim::{Config, Shared};
use sources::paypal::certificate::Certificates;
use sources::{
    adyen, amazon, bigcommerce, cloudevents, paypal, shopify, square, stripe, woocommerce,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use store::Store;
use workload::{
    OrderSystem, PAYPAL_CERTIFICATE, PayPalCertificate, Processor, SQUARE_NOTIFICATION_URL, Shape,
};

/// What signs the shop's webhooks.
pub const ORDER_SECRET: &str = "simulated-order-secret";
/// What signs the webhooks of a processor; of PayPal the id of the webhook, which is signed with.
pub const fn processor_secret(processor: Processor) -> &'static str {
    match processor {
        Processor::Stripe => "whsec_simulated",
        Processor::PayPal => "8PT597110X687430LKGECATA",
        Processor::Square | Processor::Amazon => "simulated-payout-key",
        Processor::Adyen => "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056",
    }
}

/// How old what is known of the company may become, seconds: a sixth of the usual, as a month is told in
/// an hour at most.
pub const COMPANY_REFRESH_S: i64 = 600;

/// Everything that the processes of a run share.
pub struct Maker {
    pub company: Shared,
    pub truth: SimClock,
    pub chance: Chance,
    pub ids: Arc<dyn Entropy>,
    pub trace: Trace,
    pub store: Store,
    pub settings: Company,
    pub sources: Arc<BTreeMap<String, Arc<dyn EventSource>>>,
    pub profile: Profile,
    /// Processes that start from now on read the changed rules.
    pub rules_changed: Arc<AtomicBool>,
    /// Tokens that travelled.
    pub secrets: Secrets,
    /// Exchanges in which they were refreshed.
    pub refreshes: Refreshes,
}

/// The company as it stands in the configuration.
pub struct Company(Settings);

impl Company {
    /// What a connection to the company of `config` needs.
    pub fn of(config: &Config, profile: &Profile) -> Self {
        let prefs = &config.prefs;
        Self(Settings {
            base_url: "https://quickbooks.example".to_owned(),
            consent_url: quickbooks::CONSENT_URL.to_owned(),
            token_url: "https://oauth.example/oauth2/v1/tokens/bearer".to_owned(),
            revoke_url: "https://oauth.example/v2/oauth2/tokens/revoke".to_owned(),
            realm_id: config.realm_id.clone(),
            home_currency: prefs.home_currency.parse().ok(),
            region: quickbooks::Region {
                united_states: prefs.region == quickbooks_sim::Region::UnitedStates,
                multi_currency: profile.multi_currency,
            },
            client_id: config.client_id.clone(),
            client_secret: Secret::new(config.client_secret.clone()),
        })
    }
}

/// Simulated secrets need no secrecy; sealing is proved where real keys are.
struct NoSeal;

impl Sealer for NoSeal {
    fn seal(&self, plain: &[u8], _: &[u8]) -> Vec<u8> {
        plain.to_vec()
    }
    fn open(&self, sealed: &[u8], _: &[u8]) -> std::result::Result<Vec<u8>, String> {
        Ok(sealed.to_vec())
    }
}

impl Maker {
    /// Everything that may stand in no log.
    pub fn secrets(&self) -> BTreeSet<String> {
        let mut secrets = self.secrets.all();
        secrets.insert(self.settings.0.client_secret.reveal().to_owned());
        secrets.extend([ORDER_SECRET, processor_secret(self.profile.processor)].map(str::to_owned));
        secrets
    }

    /// The engine of a new process named `who`.
    pub fn engine(&self, who: &str, clock: &ProcessClock) -> Result<Engine> {
        self.make(who, clock, self.store.clone(), Some(&self.limits())).map(|(engine, _)| engine)
    }

    /// An engine with the true time on a store of the caller's, as a process has it.
    pub fn another(&self, store: Store, limits: &Limits) -> Result<Engine> {
        let clock = ProcessClock::new(self.truth.clone(), 0);
        self.make("process", &clock, store, Some(limits)).map(|(engine, _)| engine)
    }

    /// An engine with the true time and a database that does not fail.
    pub fn office(&self, store: Store) -> Result<(Engine, Arc<Tokens>)> {
        self.unpaced("office", &ProcessClock::new(self.truth.clone(), 0), store)
    }

    /// An engine on a store of the caller's whose calls wait for no permit.
    pub fn unpaced(
        &self,
        who: &str,
        clock: &ProcessClock,
        store: Store,
    ) -> Result<(Engine, Arc<Tokens>)> {
        self.make(who, clock, store, None)
    }

    fn limits(&self) -> Limits {
        let usual = Limits::default();
        let [requests_per_minute, requests_per_second, batches_per_minute] = if self.profile.tight {
            TIGHT
        } else {
            [usual.requests_per_minute, usual.requests_per_second, usual.batches_per_minute]
        };
        Limits {
            requests_per_minute,
            requests_per_second,
            batches_per_minute,
            unthrottled: !self.profile.throttled,
            idle_ms: self.profile.idle_ms,
            gather_ms: self.profile.idle_ms / 10,
            watch_every_s: self.profile.watch_every_s,
            company_refresh_s: COMPANY_REFRESH_S,
            reread_every_s: if self.profile.short_changes {
                self.profile.watch_every_s
            } else {
                usual.reread_every_s
            },
            ..usual
        }
    }

    fn make(
        &self,
        who: &str,
        clock: &ProcessClock,
        store: Store,
        paced: Option<&Limits>,
    ) -> Result<(Engine, Arc<Tokens>)> {
        let realm = self.settings.0.realm_id.clone();
        let seal = Arc::new(NoSeal);
        let tokens = Arc::new(Tokens::new(store.clone(), "books".to_owned(), realm, seal));
        let line = Line {
            who: who.into(),
            company: Arc::clone(&self.company),
            truth: self.truth.clone(),
            clock: clock.clone(),
            chance: self.chance.clone(),
            trace: self.trace.clone(),
            secrets: self.secrets.clone(),
            refreshes: self.refreshes.clone(),
        };
        let time: Arc<dyn Clock> = Arc::new(clock.clone());
        let settings = self.settings.0.clone();
        let mut target =
            QuickBooks::new(settings, Arc::new(line), Arc::clone(&time), Arc::clone(&tokens) as _);
        let limits = paced.cloned().unwrap_or_else(|| self.limits());
        if paced.is_some() {
            let (time, lane) = (Arc::clone(&time), "books".to_owned());
            target = target.paced(Arc::new(Pace::new(store.clone(), time, lane, &limits)));
        }
        let changed = self.rules_changed.load(Ordering::Relaxed);
        let engine = Engine {
            store,
            clock: time,
            entropy: Arc::clone(&self.ids),
            sources: Arc::clone(&self.sources),
            rules: rules(self.profile.summary, changed)?,
            rules_sha256: format!("simulated-{}-{changed}", self.profile.summary),
            target: Arc::new(target),
            lane: "books".to_owned(),
            origin: tlog::Origin::new("simulation/books").map_err(|e| anyhow!("{e}"))?,
            limits,
        };
        Ok((engine, tokens))
    }
}

/// The sources that the month is delivered to.
pub fn sources(shape: &Shape) -> Result<Arc<BTreeMap<String, Arc<dyn EventSource>>>> {
    let wanted = workload::sources(shape);
    let zone = Zone::named(wanted.zone)?;
    let shop = SourceName::new(wanted.orders);
    let account = SourceName::new(wanted.processor);
    let orders = order_system(shape, shop.clone(), zone.clone());
    let processor = processor(shape, account.clone(), shop.clone(), zone)?;
    let mut sources = BTreeMap::from([(account.0, processor)]);
    sources.extend(orders.map(|orders| (shop.0, orders)));
    Ok(Arc::new(sources))
}

/// None where files tell of orders: nobody delivers those.
fn order_system(shape: &Shape, name: SourceName, zone: Zone) -> Option<Arc<dyn EventSource>> {
    let secrets = vec![Secret::new(shape.order_secret)];
    Some(match shape.order_system {
        OrderSystem::WooCommerce => {
            Arc::new(woocommerce::WooCommerce::new(name, woocommerce::Settings { secrets, zone }))
        }
        OrderSystem::BigCommerce => {
            Arc::new(bigcommerce::BigCommerce::new(name, bigcommerce::Settings { secrets, zone }))
        }
        OrderSystem::CloudEvents => {
            let event_source = name.0.clone();
            let settings = cloudevents::Settings { secrets, unsigned_allowed: false, event_source };
            Arc::new(cloudevents::CloudEvents::new(name, settings))
        }
        OrderSystem::Square => square(shape, name, zone),
        OrderSystem::Amazon => amazon(shape, name, zone),
        OrderSystem::Shopify => {
            Arc::new(shopify::Shopify::new(name, shopify::Settings { secrets, zone }))
        }
        OrderSystem::Csv | OrderSystem::Ndjson => return None,
    })
}

fn processor(
    shape: &Shape,
    name: SourceName,
    shop: SourceName,
    zone: Zone,
) -> Result<Arc<dyn EventSource>> {
    let secrets = vec![Secret::new(shape.processor_secret)];
    Ok(match shape.processor {
        Processor::Stripe => {
            let order_source = Some(shop);
            let settings = stripe::Settings {
                secrets,
                zone,
                order_source,
                test_is_real: false,
                tolerance_seconds: 0,
            };
            Arc::new(stripe::Stripe::new(name, settings))
        }
        Processor::PayPal => {
            // The order system tells of the same payments: what is known by PayPal's key is in the
            // books already.
            let settings = paypal::Settings {
                webhook_ids: vec![shape.processor_secret.to_owned()],
                certificates: certificates()?,
                zone,
                order_source: None,
                test_is_real: false,
            };
            Arc::new(paypal::PayPal::new(name, settings))
        }
        Processor::Adyen => {
            let settings = adyen::Settings {
                secrets,
                zone,
                captures_by_request: false,
                order_source: None,
                test_is_real: false,
            };
            Arc::new(adyen::Adyen::new(name, settings))
        }
        Processor::Square => square(shape, name, zone),
        Processor::Amazon => amazon(shape, name, zone),
    })
}

/// Square, whose events about orders and payments come under one key and those about payouts under
/// another; where another system sold, only the latter come.
fn square(shape: &Shape, name: SourceName, zone: Zone) -> Arc<dyn EventSource> {
    let secrets = [shape.order_secret, shape.processor_secret].map(Secret::new).to_vec();
    let settings = square::Settings {
        secrets,
        notification_url: SQUARE_NOTIFICATION_URL.to_owned(),
        zone,
        order_source: None,
        follows_orders: shape.thin_webhooks,
        test_is_real: false,
    };
    Arc::new(square::Square::new(name, settings))
}

/// Amazon, whose notifications and reports are handed over under a secret each.
fn amazon(shape: &Shape, name: SourceName, zone: Zone) -> Arc<dyn EventSource> {
    let secrets = [shape.order_secret, shape.processor_secret].map(Secret::new).to_vec();
    Arc::new(amazon::Amazon::new(name, amazon::Settings { secrets, unsigned_allowed: false, zone }))
}

/// What proves PayPal's signatures here.
fn certificates() -> Result<Certificates> {
    let PayPalCertificate { url, signer, root } = PAYPAL_CERTIFICATE;
    let certificates = Certificates::with_root(root)?;
    certificates.keep(url, signer)?;
    Ok(certificates)
}

/// The rules by mode, before and after somebody changed them; parsed once in a program.
fn rules(summary: bool, changed: bool) -> Result<Arc<Rules>> {
    type Parsed = Result<Arc<Rules>, String>;
    static ALL: OnceLock<BTreeMap<(bool, bool), Parsed>> = OnceLock::new();
    let all = ALL.get_or_init(|| {
        let each = [(false, false), (false, true), (true, false), (true, true)];
        each.into_iter().map(|which| (which, parse(which))).collect()
    });
    let found = all.get(&(summary, changed)).cloned();
    found.unwrap_or_else(|| Err("there are no such rules".to_owned())).map_err(|e| anyhow!(e))
}

fn parse((summary, changed): (bool, bool)) -> Result<Arc<Rules>, String> {
    let mut text = Rules::default_text().to_owned();
    if summary {
        text = text.replace("mode = \"per_order\"", "mode = \"daily_summary\"");
    }
    if changed {
        // The accountant wants another account for fees and another name for shipping.
        text = text
            .replace("Payment Processing Fees", "Merchant Fees")
            .replace("\"Shipping Income\"", "\"Freight Income\"");
    }
    Rules::parse(&text).map(Arc::new).map_err(|e| format!("the rules: {e}"))
}
