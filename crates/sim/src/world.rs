//! One run's world: the product on virtual time, the simulated company, the shop's deliveries.

use crate::chance::Chance;
use crate::executor::{Executor, SimClock, turn};
use crate::faulty_sql::{FaultySql, SqlFaults};
use crate::profile::Profile;
use anyhow::{Context, Result, anyhow};
use book::Rules;
use bytes::Bytes;
use engine::{Engine, Intake, Limits, Outcome, Pace, Receipt, Tokens, Worker};
use http::{Request, Response};
use kernel::time::Zone;
use kernel::{BusinessDate, Currency, SourceName, Timestamp};
use ports::{BoxFuture, Clock, Entropy, EventSource, Http, HttpFailure, Sealer, Secret, TokenPair};
use quickbooks::{QuickBooks, Settings};
use quickbooks_sim::{CompanyPrefs, Config, Shared, SimulatedHttp, Simulator};
use sources::{shopify, stripe};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context as Cx, Poll};
use store::Store;
use workload::{Delivery, Features, Shape};

/// The first day of the simulated month.
const MONTH: &str = "2026-03-01";
const ZONE: &str = "America/New_York";
const SHOPIFY_SECRET: &str = "simulated-shopify-secret";
const STRIPE_SECRET: &str = "whsec_simulated";

/// One line per event, with virtual time: what `explain` prints.
#[derive(Clone, Default)]
pub struct Trace {
    lines: Arc<Mutex<Vec<String>>>,
    keep: bool,
    digest: Arc<AtomicU64>,
}

impl Trace {
    /// A trace that keeps its lines, or only their digest.
    pub fn new(keep: bool) -> Self {
        Self { keep, ..Self::default() }
    }

    /// Adds a line.
    pub fn note(&self, now: Timestamp, line: &str) {
        let mut digest = self.digest.load(Ordering::Relaxed);
        for byte in line.bytes() {
            digest = (digest ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        self.digest.store(digest.rotate_left(5), Ordering::Relaxed);
        if self.keep {
            let mut text = String::new();
            let _ = write!(text, "{now}.{:06}  {line}", now.0.rem_euclid(1_000_000));
            self.lines.lock().unwrap_or_else(PoisonError::into_inner).push(text);
        }
    }

    /// The lines so far.
    pub fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Digest of every line.
    pub fn digest(&self) -> u64 {
        self.digest.load(Ordering::Relaxed)
    }
}

/// The world.
pub struct World {
    /// Randomness.
    pub chance: Chance,
    /// What goes wrong.
    pub profile: Profile,
    /// The scheduler.
    pub executor: Executor,
    /// The company.
    pub company: Shared,
    /// The engine all workers share.
    pub engine: Engine,
    /// The database's faults.
    pub sql: Arc<FaultySql>,
    /// What happened.
    pub trace: Trace,
    /// The month.
    pub shape: Shape,
    pub(crate) tokens: Arc<Tokens>,
    settings: Settings,
    stop: Arc<AtomicBool>,
    started: u64,
}

/// A token pair as the company issued it at `now` (quickbooks.md §1).
pub(crate) fn pair(access: String, refresh: String, now: Timestamp) -> TokenPair {
    TokenPair {
        access: Secret::new(access),
        refresh: Secret::new(refresh),
        granted_at: now,
        access_expires_at: now.plus_seconds(3_600),
        refresh_expires_at: now.plus_seconds(8_726_400),
        hard_expires_at: None,
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

/// Notes every call to the company.
struct TracedHttp {
    inner: SimulatedHttp,
    clock: SimClock,
    trace: Trace,
}

impl TracedHttp {
    fn new(company: &Shared, executor: &Executor, trace: &Trace) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(executor.clock());
        let inner = SimulatedHttp::new(Arc::clone(company), clock);
        Self { inner, clock: executor.clock(), trace: trace.clone() }
    }
}

impl Http for TracedHttp {
    fn send<'a>(
        &'a self,
        request: Request<Bytes>,
        deadline: Timestamp,
    ) -> BoxFuture<'a, std::result::Result<Response<Bytes>, HttpFailure>> {
        Box::pin(async move {
            let what = format!("{} {}", request.method(), request.uri());
            let answer = self.inner.send(request, deadline).await;
            let how = match &answer {
                Ok(r) => r.status().to_string(),
                Err(e) => e.to_string(),
            };
            self.trace.note(self.clock.now(), &format!("call     {what} -> {how}"));
            answer
        })
    }
}

impl World {
    /// Builds the world of `seed`, without faults yet.
    pub fn new(seed: u64, keep_trace: bool) -> Result<Self> {
        Self::of(Profile::draw, seed, keep_trace)
    }

    /// The same with a profile of one's own.
    pub fn of(
        profile: impl FnOnce(&Chance) -> Profile,
        seed: u64,
        keep_trace: bool,
    ) -> Result<Self> {
        let chance = Chance::new(seed);
        let profile = profile(&chance);
        let first: BusinessDate = MONTH.parse().context("the month")?;
        // Everything of the month has happened when the run starts.
        let start = Zone::UTC.local(&format!("{} 12:00:00", first.plus_days(32)))?;
        let executor = Executor::new(start, chance.clone());
        let clock: Arc<dyn Clock> = Arc::new(executor.clock());
        let trace = Trace::new(keep_trace);
        let prefs = CompanyPrefs {
            custom_txn_numbers: profile.custom_numbers,
            multi_currency: profile.multi_currency,
            auto_apply_credit: profile.applies_credits,
            ..profile.company.prefs()
        };
        let home: Currency = prefs.home_currency.parse().context("the home currency")?;
        let region = quickbooks::Region {
            united_states: prefs.region == quickbooks_sim::Region::UnitedStates,
            multi_currency: profile.multi_currency,
        };
        let limits = quickbooks_sim::Limits { lifted: !profile.throttled, ..Default::default() };
        // Companies differ in whether an invoice with payments on it can be voided.
        let void_paid_invoice = seed.is_multiple_of(2);
        let config = Config { seed, prefs, limits, void_paid_invoice, ..Config::default() };
        let mut simulator = Simulator::new(config.clone());
        let (access, refresh) = simulator.issue_tokens(start.0);
        let company: Shared = Arc::new(Mutex::new(simulator));
        let sqlite = sql_sqlite::SqliteSql::memory().map_err(|e| anyhow!(e))?;
        let sql = Arc::new(FaultySql::new(Arc::new(sqlite), chance.clone(), SqlFaults::default()));
        let store = Store::new(Arc::clone(&sql) as Arc<dyn ports::Sql>);
        let tokens = Arc::new(Tokens::new(
            store.clone(),
            "books".to_owned(),
            Config::default().realm_id,
            Arc::new(NoSeal),
        ));
        let settings = Settings {
            base_url: "https://quickbooks.example".to_owned(),
            consent_url: quickbooks::CONSENT_URL.to_owned(),
            token_url: "https://oauth.example/oauth2/v1/tokens/bearer".to_owned(),
            revoke_url: "https://oauth.example/v2/oauth2/tokens/revoke".to_owned(),
            realm_id: config.realm_id,
            home_currency: Some(home),
            region,
            client_id: config.client_id,
            client_secret: Secret::new(config.client_secret),
        };
        let http = TracedHttp::new(&company, &executor, &trace);
        let (held, time) = (Arc::clone(&tokens) as _, Arc::clone(&clock));
        let target = QuickBooks::new(settings.clone(), Arc::new(http), time, held);
        let shape = Shape {
            orders: profile.orders,
            seed,
            start: first,
            days: 30,
            zone: ZONE,
            currency: profile.sells_in.unwrap_or(home),
            shop: "demo",
            shopify_secret: SHOPIFY_SECRET,
            stripe_secret: STRIPE_SECRET,
            faults: profile.deliveries,
            features: Features::dense(),
        };
        let engine = engine(&profile, store, clock, &chance, Arc::new(target), &shape)?;
        let mut world = Self {
            chance,
            profile,
            executor,
            company,
            engine,
            sql,
            trace,
            shape,
            tokens: Arc::clone(&tokens),
            settings,
            stop: Arc::new(AtomicBool::new(false)),
            started: 0,
        };
        let pair = pair(access, refresh, start);
        let (engine, failed) = (world.engine.clone(), Arc::new(AtomicBool::new(false)));
        let flag = Arc::clone(&failed);
        world.executor.spawn(
            "prepare",
            Box::pin(async move {
                let ready = engine.prepare().await.is_ok() && tokens.consent(&pair).await.is_ok();
                flag.store(!ready, Ordering::Relaxed);
            }),
        );
        while world.executor.step(start.plus_seconds(60), 100_000).is_none() {}
        anyhow::ensure!(!failed.load(Ordering::Relaxed), "the world could not be prepared");
        Ok(world)
    }

    /// The company, locked.
    pub fn company(&self) -> MutexGuard<'_, Simulator> {
        self.company.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Turns the faults of the profile on or off.
    pub fn faults(&mut self, on: bool) {
        let (ledger, sql) =
            if on { (self.profile.ledger.clone(), self.profile.sql) } else { Default::default() };
        self.company().set_faults(ledger);
        self.sql.set(sql);
    }

    /// Asks all workers to stop after their round.
    pub fn stop_workers(&self, stop: bool) {
        self.stop.store(stop, Ordering::Relaxed);
    }

    /// An engine as another process has it: of tokens and permits it knows what the store holds.
    pub fn process(&self) -> Engine {
        let clock: Arc<dyn Clock> = Arc::new(self.executor.clock());
        let http = TracedHttp::new(&self.company, &self.executor, &self.trace);
        let Engine { store, lane, limits, .. } = self.engine.clone();
        let pace = Pace::new(store, Arc::clone(&clock), lane, &limits);
        let held = Arc::clone(&self.tokens) as _;
        let target = QuickBooks::new(self.settings.clone(), Arc::new(http), clock, held);
        Engine { target: Arc::new(target.paced(Arc::new(pace))), ..self.engine.clone() }
    }

    /// Starts a worker process. It waits for the lane, works, and ends when asked or drained.
    pub fn start_worker(&mut self, drain: bool) -> u64 {
        self.started += 1;
        let owner = format!("worker-{}", self.started);
        let (engine, clock) = (self.process(), self.executor.clock());
        let (stop, trace, chance) =
            (Arc::clone(&self.stop), self.trace.clone(), self.chance.clone());
        trace.note(clock.now(), &format!("start    {owner}"));
        let task = async move {
            loop {
                let asked = Arc::clone(&stop);
                let going = move |_: &engine::Progress| !asked.load(Ordering::Relaxed);
                let mut worker = Worker::new(engine.clone(), owner.clone(), going);
                let outcome = worker.run(drain).await;
                let line = match &outcome {
                    Ok(o) => format!("worker   {owner} {o:?}"),
                    Err(e) => format!("worker   {owner} failed: {e}"),
                };
                trace.note(clock.now(), &line);
                match outcome {
                    Ok(Outcome::Drained | Outcome::Stopped) => return,
                    _ if stop.load(Ordering::Relaxed) => return,
                    _ => {}
                }
                let wait = 1 + i64::try_from(chance.below(10)).unwrap_or(0);
                clock.sleep_until(clock.now().plus_seconds(wait)).await;
            }
        };
        self.executor.spawn("worker", Box::pin(task))
    }

    /// Starts the vendors: each delivery is sent until it is answered.
    pub fn start_vendors(&mut self) -> u64 {
        self.start_vendors_with(workload::month(&self.shape).collect())
    }

    /// The same with other deliveries than those of the month.
    pub fn start_vendors_with(&mut self, deliveries: Vec<Delivery>) -> u64 {
        let engine = self.engine.clone();
        let (clock, trace) = (self.executor.clock(), self.trace.clone());
        let (chance, cut) = (self.chance.clone(), self.profile.intake_cut);
        let task = async move {
            let intake = Intake::new(engine);
            for d in deliveries {
                let pause = i64::try_from(chance.below(3_000_000)).unwrap_or(0);
                clock.sleep_until(clock.now().plus_micros(pause)).await;
                deliver(&intake, &d, &clock, &trace, &chance, cut).await;
            }
        };
        self.executor.spawn("vendors", Box::pin(task))
    }
}

/// Sends one delivery until it is answered. With `cut` per mille the connection ends while the
/// delivery is being stored: the vendor knows nothing and sends it again.
async fn deliver(
    intake: &Intake,
    d: &Delivery,
    clock: &SimClock,
    trace: &Trace,
    chance: &Chance,
    cut: u32,
) {
    loop {
        let polls = if chance.happens(cut) { Some(chance.below(12)) } else { None };
        let receipt = CutOff { inner: pin!(intake.receive(&d.source, d.raw.clone())), polls }.await;
        let line = match &receipt {
            None => "cut off",
            Some(Ok(Receipt::Kept(_))) => "kept",
            Some(Ok(Receipt::Duplicate)) => "duplicate",
            Some(Ok(Receipt::Refused { .. })) => "refused",
            Some(Err(_)) => "not stored",
        };
        trace.note(clock.now(), &format!("delivery {} {line}", d.source));
        if let Some(Ok(_)) = receipt {
            return;
        }
        clock.sleep_until(clock.now().plus_seconds(1)).await;
    }
}

/// Drops a future after some polls.
struct CutOff<'a, F> {
    inner: Pin<&'a mut F>,
    polls: Option<u64>,
}

impl<F: Future> Future for CutOff<'_, F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Cx<'_>) -> Poll<Self::Output> {
        match &mut self.polls {
            Some(0) => return Poll::Ready(None),
            Some(n) => *n -= 1,
            None => {}
        }
        self.inner.as_mut().poll(cx).map(Some)
    }
}

fn engine(
    profile: &Profile,
    store: Store,
    clock: Arc<dyn Clock>,
    chance: &Chance,
    target: Arc<dyn ports::LedgerTarget>,
    shape: &Shape,
) -> Result<Engine> {
    let mut text = Rules::default_text().to_owned();
    if profile.summary {
        text = text.replace("mode = \"per_order\"", "mode = \"daily_summary\"");
    }
    let rules = Rules::parse(&text).map_err(|e| anyhow!("the default rules: {e}"))?;
    let zone = Zone::named(ZONE)?;
    let mut sources: BTreeMap<String, Arc<dyn EventSource>> = BTreeMap::new();
    let shop = SourceName::new(format!("shopify:{}", shape.shop));
    let account = SourceName::new(format!("stripe:{}", shape.shop));
    let shopify = shopify::Shopify::new(
        shop.clone(),
        shopify::Settings { secrets: vec![Secret::new(SHOPIFY_SECRET)], zone: zone.clone() },
    );
    let stripe = stripe::Stripe::new(
        account.clone(),
        stripe::Settings {
            secrets: vec![Secret::new(STRIPE_SECRET)],
            zone,
            order_source: Some(shop.clone()),
            test_is_real: false,
            tolerance_seconds: 0,
        },
    );
    sources.insert(shop.0, Arc::new(shopify));
    sources.insert(account.0, Arc::new(stripe));
    Ok(Engine {
        store,
        clock,
        entropy: Arc::new(chance.clone()) as Arc<dyn Entropy>,
        sources: Arc::new(sources),
        rules: Arc::new(rules),
        rules_sha256: format!("simulated-{}", profile.summary),
        target,
        lane: "books".to_owned(),
        origin: tlog::Origin::new("simulation/books").map_err(|e| anyhow!("{e}"))?,
        limits: Limits {
            unthrottled: !profile.throttled,
            idle_ms: profile.idle_ms,
            gather_ms: profile.idle_ms / 10,
            ..Limits::default()
        },
    })
}

/// Gives the executor a moment: used by judges that only read.
pub async fn breathe() {
    turn().await;
}
