//! One run's world: processes of the product on virtual time, the simulated company, vendors, people.

pub(crate) mod importing;
mod maker;
pub(crate) mod operator;
mod people;
mod process;
mod reading;
pub(crate) mod vendors;

pub use importing::Folder;
pub(crate) use maker::COMPANY_REFRESH_S;
pub use operator::retry_held;
pub use people::{Acts, Edit};
pub use process::Role;

use crate::chance::{Chance, Ids};
use crate::executor::{Executor, TaskId};
use crate::faulty_sql::{FaultySql, SqlFaults};
use crate::line::Secrets;
use crate::lists::Lists;
use crate::logs::Logs;
use crate::naive::Memory;
use crate::oracle::watch::Watched;
use crate::profile::{Profile, TIGHT};
use crate::refreshes::Refreshes;
use crate::tape::Tape;
use crate::trace::Trace;
use anyhow::{Context, Result, anyhow};
use engine::{Engine, Tokens};
use kernel::time::Zone;
use kernel::{Currency, Timestamp};
use maker::Maker;
use ports::{Clock, Secret, TokenPair};
use process::Process;
use quickbooks_sim::{CompanyPrefs, Config, Shared, Simulator};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::Store;
use vendors::Mailbag;
use workload::{Features, Shape};

/// Objects in an answer about changes where answers are short.
const SHORT_CHANGES: usize = 8;

/// The world.
pub struct World {
    /// Chance.
    pub chance: Chance,
    /// What goes wrong.
    pub profile: Profile,
    /// The scheduler.
    pub executor: Executor,
    /// The company.
    pub company: Shared,
    /// An engine with the true time and a database that never fails: for people and judges.
    pub engine: Engine,
    /// The database's faults.
    pub sql: Arc<FaultySql>,
    /// What happened.
    pub trace: Trace,
    /// The month.
    pub shape: Shape,
    /// What people did behind the product's back, and decided in it.
    pub acts: Acts,
    /// What was seen of the store while everything went on.
    pub watched: Watched,
    /// What the product logged.
    pub logs: Logs,
    pub(crate) tokens: Arc<Tokens>,
    /// What the baseline keeps, where it stands in the place of the product.
    pub(crate) naive: Option<Memory>,
    maker: Maker,
    processes: Vec<Process>,
    mailbag: Mailbag,
    folder: Folder,
    /// What vendors list, where it is read.
    lists: Option<Arc<Lists>>,
    stop: Arc<AtomicBool>,
    started: u64,
}

/// A token pair as the company issued it at `now` (quickbooks.md §1).
pub(crate) fn pair(
    (access, refresh): (String, String),
    now: Timestamp,
    access_seconds: i64,
) -> TokenPair {
    TokenPair {
        access: Secret::new(access),
        refresh: Secret::new(refresh),
        granted_at: now,
        access_expires_at: now.plus_seconds(access_seconds),
        refresh_expires_at: now.plus_seconds(8_726_400),
        hard_expires_at: None,
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
        Self::on(Tape::of_seed(seed), profile, Trace::new(keep_trace))
    }

    /// The world on a tape.
    pub fn on(tape: Tape, profile: impl FnOnce(&Chance) -> Profile, trace: Trace) -> Result<Self> {
        let chance = Chance::of(tape);
        let profile = profile(&chance);
        // Everything of the month has happened when the run starts.
        let noon = format!("{} 12:00:00", profile.month.plus_days(32));
        let start = Zone::UTC.local(&noon)?;
        let executor = Executor::new(start, chance.clone());
        let (company, config) = company(&profile, chance.key());
        let issued = lock(&company).issue_tokens(start.0);
        let shape = shape(&profile, &config)?;
        let sqlite: Arc<dyn ports::Sql> =
            Arc::new(sql_sqlite::SqliteSql::memory().map_err(|e| anyhow!(e))?);
        let (faults, time) = (SqlFaults::default(), executor.clock());
        let sql = Arc::new(FaultySql::new(Arc::clone(&sqlite), chance.clone(), time, faults));
        let maker = Maker {
            company: Arc::clone(&company),
            truth: executor.clock(),
            chance: chance.clone(),
            ids: Arc::new(Ids::new(&chance)),
            trace: trace.clone(),
            store: Store::new(Arc::clone(&sql) as Arc<dyn ports::Sql>),
            settings: maker::Company::of(&config, &profile),
            sources: maker::sources(&shape)?,
            profile: profile.clone(),
            rules_changed: Arc::new(AtomicBool::new(false)),
            secrets: Secrets::default(),
            refreshes: Refreshes::default(),
        };
        let (engine, tokens) = maker.office(Store::new(sqlite))?;
        let mut world = Self {
            chance,
            profile,
            executor,
            company,
            engine,
            sql,
            trace,
            shape,
            acts: Acts::default(),
            watched: Watched::default(),
            logs: Logs::default(),
            tokens,
            naive: None,
            maker,
            processes: Vec::new(),
            mailbag: Mailbag::default(),
            folder: Folder::default(),
            lists: None,
            stop: Arc::new(AtomicBool::new(false)),
            started: 0,
        };
        world.prepare(pair(issued, start, config.access_token_seconds))?;
        Ok(world)
    }

    fn prepare(&mut self, pair: TokenPair) -> Result<()> {
        let (engine, tokens) = (self.engine.clone(), Arc::clone(&self.tokens));
        let task = async move {
            engine.prepare().await.map_err(|e| e.to_string())?;
            tokens.consent(&pair).await
        };
        let done = self.ask(task).context("the world could not be prepared")?;
        done.map_err(|e| anyhow!("the world could not be prepared: {e}"))
    }

    /// Runs a task to its end and gives what it found. Everything else goes on meanwhile.
    pub fn ask<T: Send + 'static>(
        &mut self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T> {
        let slot = Arc::new(Mutex::new(None));
        let place = Arc::clone(&slot);
        let task = async move {
            let found = work.await;
            *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(found);
        };
        let task = self.executor.spawn("question", Box::pin(task));
        let until = self.now().plus_seconds(3_600);
        crate::run::finish(self, task, until)?;
        let found = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
        found.context("a question was not answered within an hour")
    }

    /// Everything that may stand in no log: tokens that travelled, and secrets of the configuration.
    pub fn secrets(&self) -> BTreeSet<String> {
        self.maker.secrets()
    }

    /// Every exchange in which a process refreshed its tokens.
    pub fn refreshes(&self) -> &Refreshes {
        &self.maker.refreshes
    }

    /// The true time.
    pub fn now(&self) -> Timestamp {
        self.executor.clock().now()
    }

    /// The company, locked.
    pub fn company(&self) -> MutexGuard<'_, Simulator> {
        let mut company = lock(&self.company);
        company.arrive(self.now().0);
        company
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

    /// [`Self::engine`] as another process has it: of tokens and permits it knows what the store holds.
    pub fn process(&self) -> Engine {
        let made = self.maker.another(self.engine.store.clone(), &self.engine.limits);
        let target = made.map_or_else(|_| Arc::clone(&self.engine.target), |engine| engine.target);
        Engine { target, ..self.engine.clone() }
    }

    /// Starts a worker of [`Self::engine`], as it is now; it ends when asked or drained. Its task.
    pub fn start_worker(&mut self, drain: bool) -> TaskId {
        self.started += 1;
        let name = format!("worker {}", self.started);
        self.work((self.process(), name), drain, 0)
    }

    /// Starts a process that only works; it ends when asked or drained. Its worker's task.
    pub fn start_working(&mut self, drain: bool) -> TaskId {
        let engine = self.engine_of_a_new_process();
        self.work(engine, drain, 0)
    }
}

fn lock(company: &Shared) -> MutexGuard<'_, Simulator> {
    company.lock().unwrap_or_else(PoisonError::into_inner)
}

fn company(profile: &Profile, key: u64) -> (Shared, Config) {
    let prefs = CompanyPrefs {
        custom_txn_numbers: profile.custom_numbers,
        multi_currency: profile.multi_currency,
        auto_apply_credit: profile.applies_credits,
        ..profile.company.prefs()
    };
    let config = Config {
        seed: key,
        prefs,
        limits: limits(profile),
        void_paid_invoice: profile.void_paid_invoice,
        access_token_seconds: if profile.short_tokens { 400 } else { 3_600 },
        request_id_seconds: profile.short_memory.then_some(300),
        ..Config::default()
    };
    (Arc::new(Mutex::new(Simulator::new(config.clone()))), config)
}

fn limits(profile: &Profile) -> quickbooks_sim::Limits {
    let usual = quickbooks_sim::Limits {
        lifted: !profile.throttled,
        changed_objects: if profile.short_changes { SHORT_CHANGES } else { 1_000 },
        ..Default::default()
    };
    if !profile.tight {
        return usual;
    }
    let [requests_per_minute, requests_per_second, batches_per_minute_app] = TIGHT;
    quickbooks_sim::Limits {
        requests_per_minute,
        requests_per_second,
        batches_per_minute_app,
        ..usual
    }
}

fn shape(profile: &Profile, config: &Config) -> Result<Shape> {
    let home: Currency = config.prefs.home_currency.parse().context("the home currency")?;
    Ok(Shape {
        orders: profile.orders,
        seed: config.seed,
        start: profile.month,
        days: 30,
        zone: profile.zone,
        currency: profile.sells_in.unwrap_or(home),
        shop: "demo",
        order_system: profile.order_system,
        processor: profile.processor,
        order_secret: maker::ORDER_SECRET,
        processor_secret: maker::processor_secret(profile.processor),
        thin_webhooks: profile.names_orders(),
        faults: profile.deliveries,
        features: Features::dense(),
    })
}
