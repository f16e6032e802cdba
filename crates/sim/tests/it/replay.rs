//! All of one vendor's events shuffled, doubled, one in ten dropped and supplied later by the
//! poller: the same books as the ordered run.
//!
//! Facts to documents are pure, so hundreds of seeds take seconds; a few go through the engine into
//! the simulated company.

use crate::support::{done, finish};
use book::{Context, Desired, Rules, decide, fold};
use engine::{PolledSource, Polling};
use kernel::time::Zone;
use kernel::{Currencies, Fact, SourceName, Subject};
use ports::{Clock, EventSource, Http, Normalised, Polled, Poller, RawDelivery, Secret};
use sim::chance::Chance;
use sim::lists::{Lists as ShopLists, pollers};
use sim::profile::Profile;
use sim::world::World;
use sources::adyen::{self, Adyen, AdyenPoller};
use sources::amazon::{self, Amazon, AmazonPoller};
use sources::bigcommerce::{self, BigCommerce, BigCommercePoller};
use sources::paypal::certificate::Certificates;
use sources::paypal::{self, PayPal, PayPalPoller};
use sources::shopify::{self, Shopify};
use sources::square::{self, Square, SquarePoller};
use sources::stripe::{self, Stripe};
use sources::woocommerce::{self, WooCommerce, WooCommercePoller};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use testkit::vendor::{self, MARCH, Month};
use testkit::{Lists, Unsigned, read};

const SEEDS: u64 = 500;

/// A vendor: how it is read, what it delivered, what its lists say.
struct Vendor {
    source: Arc<dyn EventSource>,
    poller: Arc<dyn Poller>,
    webhooks: Vec<RawDelivery>,
    http: Arc<dyn Http>,
    /// What the poller reads of the whole month.
    listed: Vec<RawDelivery>,
}

fn zone() -> Zone {
    Zone::named("America/New_York").unwrap()
}

fn raw(polled: Vec<Polled>) -> Vec<RawDelivery> {
    let received_at = MARCH.until;
    let one = |p: Polled| RawDelivery { headers: p.headers, body: p.body, received_at };
    polled.into_iter().map(one).collect()
}

fn of(source: impl EventSource + 'static, poller: impl Poller + 'static, month: Month) -> Vendor {
    let Month { webhooks, lists } = month;
    let listed = raw(read(&poller, &lists, MARCH));
    assert_eq!(lists.wrong(), Vec::<String>::new());
    let http: Arc<Lists> = Arc::new(lists);
    Vendor { source: Arc::new(source), poller: Arc::new(poller), webhooks, http, listed }
}

fn woocommerce() -> Vendor {
    let settings = woocommerce::Settings { secrets: Vec::new(), zone: zone() };
    let access = woocommerce::Access {
        address: vendor::woocommerce::ADDRESS.to_owned(),
        key: Secret::new(vendor::woocommerce::KEY.0),
        secret: Secret::new(vendor::woocommerce::KEY.1),
        webhook_address: None,
    };
    let source = WooCommerce::new(SourceName::new("woocommerce:acme"), settings);
    of(source, WooCommercePoller::new(access).unwrap(), vendor::woocommerce::month(40))
}

fn pay_pal() -> Vendor {
    let settings = paypal::Settings {
        webhook_ids: Vec::new(),
        certificates: Certificates::default(),
        zone: zone(),
        order_source: None,
        test_is_real: false,
    };
    let access = paypal::Access {
        address: vendor::paypal::ADDRESS.to_owned(),
        client_id: Secret::new(vendor::paypal::CLIENT.0),
        secret: Secret::new(vendor::paypal::CLIENT.1),
    };
    let source = PayPal::new(SourceName::new("paypal:acme"), settings);
    of(source, PayPalPoller::new(access).unwrap(), vendor::paypal::month(40))
}

fn square() -> Vendor {
    let settings = square::Settings {
        secrets: Vec::new(),
        notification_url: String::new(),
        zone: zone(),
        order_source: None,
        follows_orders: true,
        test_is_real: false,
    };
    let access = square::Access {
        address: vendor::square::ADDRESS.to_owned(),
        token: Secret::new(vendor::square::TOKEN),
        reads_orders: true,
    };
    let source = Square::new(SourceName::new("square:acme"), settings);
    of(source, SquarePoller::new(access).unwrap(), vendor::square::month(40))
}

fn adyen() -> Vendor {
    let settings = adyen::Settings {
        secrets: Vec::new(),
        zone: Zone::UTC,
        captures_by_request: false,
        order_source: None,
        test_is_real: false,
    };
    let access = adyen::Access {
        address: vendor::adyen::ADDRESS.to_owned(),
        user: Some(Secret::new(vendor::adyen::USER.0)),
        secret: Secret::new(vendor::adyen::USER.1),
        merchant_account: vendor::adyen::ACCOUNT.to_owned(),
        first_batch: vendor::adyen::FIRST,
    };
    let source = Adyen::new(SourceName::new("adyen:acme"), settings);
    of(source, AdyenPoller::new(access).unwrap(), vendor::adyen::month(40))
}

/// Settlement reports that somebody hands over, of which the poller finds the same.
fn amazon() -> Vendor {
    let settings =
        amazon::Settings { secrets: Vec::new(), unsigned_allowed: true, zone: Zone::UTC };
    let (id, secret, refresh) = vendor::amazon::CLIENT;
    let access = amazon::Access {
        address: vendor::amazon::ADDRESS.to_owned(),
        token_address: vendor::amazon::TOKENS.to_owned(),
        client_id: Secret::new(id),
        client_secret: Secret::new(secret),
        refresh_token: Secret::new(refresh),
    };
    let report = include_str!("../../../sources/src/amazon/fixtures/settlement_v2_us.txt");
    let source = Amazon::new(SourceName::new("amazon:acme"), settings);
    let month = vendor::amazon::month(30, report, "11100000001");
    let vendor = of(source, AmazonPoller::new(access).unwrap(), month);
    Vendor { webhooks: vendor.listed.clone(), ..vendor }
}

fn bigcommerce(month: Month) -> Vendor {
    let settings = bigcommerce::Settings { secrets: Vec::new(), zone: zone() };
    let access = bigcommerce::Access {
        address: vendor::bigcommerce::ADDRESS.to_owned(),
        token: Secret::new(vendor::bigcommerce::TOKEN),
    };
    let source = BigCommerce::new(SourceName::new("bigcommerce:acme"), settings);
    of(source, BigCommercePoller::new(access).unwrap(), month)
}

/// The shop of the simulation, with its processor: two vendors that tell of the same sales.
fn shop() -> [Vendor; 2] {
    let world = World::new(7, false).unwrap();
    let month: Vec<_> = workload::month(&world.shape).collect();
    let polled = pollers(&world.shape, 900).unwrap();
    let of = |name: &str, source: Arc<dyn EventSource>| {
        let mine = month.iter().filter(|d| &*d.source == name);
        let webhooks: Vec<RawDelivery> = mine.map(|d| d.raw.clone()).collect();
        let http: Arc<dyn Http> = Arc::new(ShopLists::of(&month));
        let poller = Arc::clone(&polled.iter().find(|p| p.source == name).unwrap().poller);
        let listed = raw(read_over(&*poller, &*http));
        Vendor { source, poller, webhooks, http, listed }
    };
    let settings = shopify::Settings { secrets: Vec::new(), zone: zone() };
    let mut own = stripe::Settings::new(Secret::new("whsec"), zone());
    own.order_source = Some(SourceName::new("shopify:demo"));
    [
        of("shopify:demo", Arc::new(Shopify::new(SourceName::new("shopify:demo"), settings))),
        of("stripe:demo", Arc::new(Stripe::new(SourceName::new("stripe:demo"), own))),
    ]
}

/// Reads every list once over a network that never waits.
fn read_over(poller: &dyn Poller, http: &dyn Http) -> Vec<Polled> {
    let mut all = Vec::new();
    for stream in poller.streams() {
        // Everything that has happened: the month of the shop begins in February.
        let since = MARCH.since.plus_seconds(-10 * 86_400);
        let window = ports::Window { since, until: MARCH.until.plus_seconds(30 * 86_400) };
        let mut run = poller.begin(stream, window).unwrap();
        while let Some(request) = run.ask() {
            let answer = futures_util::FutureExt::now_or_never(http.send(request, MARCH.until));
            all.extend(run.take(&answer.unwrap().unwrap()).unwrap());
        }
    }
    all
}

/// What each subject comes to.
type Books = BTreeMap<Subject, Desired>;

fn books(rules: &Rules, facts: impl IntoIterator<Item = Fact>) -> Books {
    let cx = Context {
        now: MARCH.until.plus_seconds(60 * 86_400),
        closed_until: None,
        currencies: Currencies::Unknown,
        credit_matches: &[],
        disputed: None,
        posted_elsewhere: false,
        contributions: &[],
    };
    let mut subjects: BTreeMap<Subject, Vec<Fact>> = BTreeMap::new();
    for fact in facts {
        subjects.entry(fact.subject.clone()).or_default().push(fact);
    }
    let decided = subjects.into_iter().map(|(subject, facts)| {
        let desired = decide(&fold(&subject, &facts), rules, &cx);
        (subject, desired)
    });
    decided.collect()
}

/// Books that wait for the goods to leave, and books that keep the documents of paid orders.
const POLICIES: [&str; 3] =
    ["", "[posting]\nrevenue = \"at_fulfilment\"", "[posting]\nedits = \"delta\""];

const DELTA: usize = 2;

fn rules() -> Rules {
    let clearing = "version = \"1\"\n[clearing]\nadyen = \"Adyen Clearing\"\n\
                    amazon = \"Amazon Clearing\"\n\
                    paypal = \"PayPal Clearing\"\nsquare = \"Square Clearing\"\n\
                    stripe = \"Stripe Clearing\"\nshopify_payments = \"Shopify Clearing\"";
    Rules::parse(clearing).unwrap()
}

/// Each delivery once as facts, so that a seed costs only the fold.
fn said(source: &dyn EventSource, deliveries: &[RawDelivery]) -> Vec<Normalised> {
    deliveries.iter().map(|d| source.normalise(d)).collect()
}

/// The order of a seed: what is delivered, some of it twice, one in ten not at all.
fn shuffled(chance: &Chance, n: usize) -> (Vec<usize>, BTreeSet<usize>) {
    let lost: BTreeSet<usize> = (0..n).filter(|_| chance.happens(100)).collect();
    let kept = (0..n).filter(|i| !lost.contains(i));
    let mut order: Vec<usize> = kept
        .flat_map(|i| std::iter::repeat_n(i, if chance.happens(500) { 2 } else { 1 }))
        .collect();
    for i in (1..order.len()).rev() {
        let j = usize::try_from(chance.below(i as u64 + 1)).unwrap();
        order.swap(i, j);
    }
    (order, lost)
}

/// Every seed gives the books of the ordered run; `unlisted` are webhooks that no list tells of, and
/// are never lost.
fn replays(vendor: &Vendor, unlisted: impl Fn(&RawDelivery) -> bool) -> Books {
    let rules = POLICIES.map(|policy| rules().with(policy).unwrap());
    let webhooks = said(&*vendor.source, &vendor.webhooks);
    let listed = said(&*vendor.source, &vendor.listed);
    let facts = |said: &Normalised| said.facts.clone();
    let ordered =
        rules.each_ref().map(|r| books(r, webhooks.iter().chain(&listed).flat_map(facts)));
    assert!(ordered.iter().all(|books| !books.is_empty()));
    let alone = books(&rules[0], webhooks.iter().flat_map(facts));
    let mut dropped = 0;
    let mut matters = false;
    for seed in 0..SEEDS {
        let chance = Chance::new(seed);
        let (order, lost) = shuffled(&chance, webhooks.len());
        dropped += lost.len();
        // Most books are those of the defaults.
        let policy = if seed % 5 < 3 { 0 } else { usize::try_from(seed % 5 - 2).unwrap() };
        // Lists tell how an order stands and not how it stood before.
        let kept_back = lost.iter().filter(|i| policy == DELTA || unlisted(&vendor.webhooks[**i]));
        let order = order.iter().chain(kept_back).map(|i| &webhooks[*i]);
        let before: Vec<Fact> = order.clone().flat_map(facts).collect();
        matters |= seed < 20 && books(&rules[0], before.clone()) != alone;
        // The poller reads in its own order.
        let (mut later, _) = shuffled(&chance, listed.len());
        later.extend(0..listed.len());
        let healed = before.into_iter().chain(later.into_iter().flat_map(|i| facts(&listed[i])));
        let (got, ordered) = (books(&rules[policy], healed), &ordered[policy]);
        if got != *ordered {
            let differ: Vec<_> =
                ordered.keys().filter(|s| got.get(*s) != ordered.get(*s)).collect();
            panic!(
                "seed {seed}, {}: {} subjects differ: {:?}",
                POLICIES[policy],
                differ.len(),
                differ.first()
            );
        }
    }
    assert!(dropped as u64 > SEEDS && matters, "without the poller the books differ");
    let [ordered, ..] = ordered;
    ordered
}

fn posted(books: &Books) -> usize {
    books.values().map(|d| d.documents.len()).sum()
}

#[test]
fn woocommerce_in_any_order_comes_to_the_same_books() {
    let books = replays(&woocommerce(), |_| false);
    assert_eq!(posted(&books), 40 + 14, "every sale and every refund");
}

/// Its webhooks only name orders: what is shuffled and lost is what was read after each of them.
#[test]
fn bigcommerce_in_any_order_comes_to_the_same_books() {
    let books = replays(&bigcommerce(vendor::bigcommerce::followed(40)), |_| false);
    assert_eq!(posted(&books), 40 + 14, "every sale and every refund");
}

#[test]
fn pay_pal_in_any_order_comes_to_the_same_books() {
    let books = replays(&pay_pal(), |_| false);
    assert!(posted(&books) > 60, "{}", posted(&books));
}

#[test]
fn square_in_any_order_comes_to_the_same_books() {
    let books = replays(&square(), |_| false);
    assert!(posted(&books) > 60, "{}", posted(&books));
}

#[test]
fn adyen_in_any_order_comes_to_the_same_books() {
    let books = replays(&adyen(), |_| false);
    assert!(posted(&books) > 10, "{}", posted(&books));
}

#[test]
fn amazon_in_any_order_comes_to_the_same_books() {
    let books = replays(&amazon(), |_| false);
    assert!(posted(&books) > 30, "{}", posted(&books));
}

#[test]
fn shopify_and_stripe_in_any_order_come_to_the_same_books() {
    let [shopify, stripe] = shop();
    let is_unlisted = |d: &RawDelivery| {
        let topic = d.header("x-shopify-topic").unwrap_or_default();
        topic == "store_credit_account_transactions/create"
    };
    assert!(posted(&replays(&shopify, is_unlisted)) > 20);
    assert!(!replays(&stripe, |_| false).is_empty());
}

/// What the vendors published, when it is here: its order does not matter either.
#[test]
fn published_payloads_in_any_order_come_to_the_same_books() {
    let root = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let root = root.join("../../../shared/data/payloads");
    if !root.exists() {
        println!("skipped: the payloads are not here");
        return;
    }
    let [shopify, stripe] = shop();
    let all = [
        ("woocommerce", woocommerce()),
        ("paypal", pay_pal()),
        ("square", square()),
        ("adyen", adyen()),
        ("bigcommerce", bigcommerce(vendor::bigcommerce::followed(1))),
        ("shopify", shopify),
        ("stripe", stripe),
    ];
    let rules = rules();
    for (name, vendor) in all {
        let mut files: Vec<_> =
            std::fs::read_dir(root.join(name)).unwrap().map(|f| f.unwrap().path()).collect();
        files.sort();
        let webhook = |path: &std::path::PathBuf| RawDelivery {
            headers: Vec::new(),
            body: std::fs::read(path).unwrap().into(),
            received_at: MARCH.since,
        };
        let deliveries: Vec<RawDelivery> = files.iter().map(webhook).collect();
        let said = said(&*vendor.source, &deliveries);
        let facts = |said: &Normalised| said.facts.clone();
        let ordered = books(&rules, said.iter().flat_map(facts));
        for seed in 0..50 {
            let (order, lost) = shuffled(&Chance::new(seed), said.len());
            let late = order.iter().chain(&lost).flat_map(|i| facts(&said[*i]));
            assert!(books(&rules, late) == ordered, "{name}, seed {seed}");
        }
    }
}

/// Accounts of the company with their balances, and what waits for a person.
type Outcome = (BTreeMap<String, i64>, Vec<String>);

/// A world in which `vendor` delivers `webhooks`; then its lists are read, a worker posts, and the
/// lists are compared with what is known before and after the back-fill.
fn engine_run(vendor: &Vendor, webhooks: Vec<RawDelivery>, holes: bool) -> Outcome {
    // A company that keeps its books in the dollars in which the vendors sell.
    let profile = |chance: &Chance| Profile {
        company: quickbooks_sim::Profile::UsAst,
        multi_currency: false,
        sells_in: None,
        summary: false,
        ..Profile::draw(chance)
    };
    let mut world = World::of(profile, 3, false).unwrap();
    world.faults(false);
    let name = vendor.source.name().to_owned();
    let source: Arc<dyn EventSource> = Arc::new(Unsigned(Arc::clone(&vendor.source)));
    world.engine.sources = Arc::new(BTreeMap::from([(name.clone(), source)]));
    world.engine.rules = Arc::new(rules());
    world.engine.rules_sha256 = "replay".to_owned();
    // The month is over.
    let clock = world.executor.clock();
    let later = MARCH.until.plus_seconds(20 * 86_400).max(clock.now());
    done(&mut world, Box::pin(async move { clock.sleep_until(later).await }));
    let engine = world.engine.clone();
    let intake = engine::Intake::new(engine.clone());
    let of = name.clone();
    done(&mut world, Box::pin(async move { intake.receive_many(&of, webhooks).await.unwrap() }));
    let drain = |world: &mut World| {
        let worker = world.start_worker(true);
        finish(world, worker);
    };
    drain(&mut world);
    let polled =
        PolledSource { source: name.clone(), poller: Arc::clone(&vendor.poller), every_s: 900 };
    let polling = Polling::new(engine.clone(), Arc::clone(&vendor.http), vec![polled], || false);
    let days = (MARCH.since.date_in(&Zone::UTC), MARCH.until.date_in(&Zone::UTC).plus_days(-1));
    let store = engine.store.clone();
    let (before, after) = {
        let worked = Arc::new(Mutex::new(None));
        let (slot, of) = (Arc::clone(&worked), name.clone());
        let polling = Arc::new(polling);
        let first = Arc::clone(&polling);
        done(
            &mut world,
            Box::pin(async move {
                let before = first.completeness(&of, days.0, days.1).await.unwrap();
                let codes = open(&store).await;
                for (list, read) in first.backfill(&of, MARCH.since, &mut |_, _| {}).await.unwrap()
                {
                    assert_eq!(read.failed, None, "{list}");
                }
                *slot.lock().unwrap() = Some((before, codes));
            }),
        );
        drain(&mut world);
        let (of, store) = (name.clone(), engine.store.clone());
        let after = done(
            &mut world,
            Box::pin(async move {
                let after = polling.completeness(&of, days.0, days.1).await.unwrap();
                (after, open(&store).await)
            }),
        );
        let before = worked.lock().unwrap().take().unwrap();
        (before, after)
    };
    // A hole is seen with its amount, healed by the back-fill, and closed.
    if holes {
        assert!(!before.0.is_complete(), "{name}: a hole is not seen");
        let told: Vec<_> = before.1.iter().filter(|(code, _)| code.starts_with("SRC")).collect();
        let is_told = told.iter().any(|(code, amount)| code == "SRC-004" && *amount > 0);
        assert!(is_told, "{name}: {told:?}");
    }
    assert!(after.0.is_complete(), "{name}: {:#?}", after.0.days.iter().find(|d| !d.is_complete()));
    // A list whose memory ends before the month is told too, without an amount.
    let is_hole = |(code, amount): &&(String, i64)| code.starts_with("SRC-00") && *amount != 0;
    assert_eq!(after.1.iter().find(is_hole), None, "{name}");
    let balances =
        world.company().trial_balance().into_iter().filter(|(_, minor)| *minor != 0).collect();
    let codes = after.1.into_iter().map(|(code, amount)| format!("{code} {amount}")).collect();
    (balances, codes)
}

async fn open(store: &store::Store) -> Vec<(String, i64)> {
    let mut tx = store.read().await.unwrap();
    let open = store::exception::list(tx.as_mut(), 10_000).await.unwrap();
    let mut all: Vec<(String, i64)> = open
        .into_iter()
        .map(|e| (e.code.code().to_owned(), e.amount.map_or(0, |a| a.minor)))
        .collect();
    all.sort();
    all
}

#[test]
fn a_few_seeds_go_through_the_engine() {
    let bigcommerce_read = bigcommerce(vendor::bigcommerce::followed(40));
    let all = [woocommerce(), pay_pal(), square(), adyen(), bigcommerce_read];
    for (n, vendor) in all.iter().enumerate() {
        let ordered = engine_run(vendor, vendor.webhooks.clone(), false);
        assert!(!ordered.0.is_empty(), "{}: nothing is posted", vendor.source.name());
        for seed in 0..2 {
            let chance = Chance::new(seed + 10 * n as u64);
            let (order, lost) = shuffled(&chance, vendor.webhooks.len());
            let webhooks = order.iter().map(|i| vendor.webhooks[*i].clone()).collect();
            let got = engine_run(vendor, webhooks, !lost.is_empty());
            assert_eq!(got, ordered, "{}, seed {seed}", vendor.source.name());
        }
    }
}

#[test]
fn webhooks_that_only_name_orders_come_to_the_books_of_the_orders() {
    let read = bigcommerce(vendor::bigcommerce::followed(12));
    let ordered = engine_run(&read, read.webhooks.clone(), false);
    assert!(!ordered.0.is_empty(), "nothing is posted");
    let named = bigcommerce(vendor::bigcommerce::month(12));
    assert_eq!(engine_run(&named, named.webhooks.clone(), false), ordered);
}
