//! Several processes share one connection: one refreshes at a time, on both databases, against a
//! ledger that ends the connection when a refresh token is used twice.
#![expect(clippy::unwrap_used, reason = "a helper that breaks is a test that fails")]

use bytes::Bytes;
use engine::Tokens;
use http::{Request, Response};
use kernel::Timestamp;
use ports::{
    BoxFuture, Clock, Http, HttpFailure, LedgerTarget, ReadOutcome, Sealer, Secret, Sql, TokenPair,
    TokenStore, TxMode,
};
use quickbooks::{QuickBooks, Settings};
use quickbooks_sim::{Config, Limits, Shared, SimulatedHttp, Simulator};
use sql_postgres::PostgresSql;
use sql_sqlite::{Options, SqliteSql};
use std::path::Path;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use store::Store;
use tokio::task::yield_now;

const LANE: &str = "books";
/// Processes that refresh.
const PROCESSES: usize = 6;
/// Hours of a working connection, each with one refresh.
const HOURS: u32 = 12;
const POSTGRES: &str = "postgres://postgres@127.0.0.1:5432/test";

struct SetClock(AtomicI64);

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
    fn sleep_until(&self, _: Timestamp) -> BoxFuture<'static, ()> {
        Box::pin(std::future::ready(()))
    }
}

struct Plain;

impl Sealer for Plain {
    fn seal(&self, plain: &[u8], _: &[u8]) -> Vec<u8> {
        plain.to_vec()
    }
    fn open(&self, sealed: &[u8], _: &[u8]) -> Result<Vec<u8>, String> {
        Ok(sealed.to_vec())
    }
}

/// A network that counts refreshes, lets others go first, and may lose an answer.
struct Network {
    inner: SimulatedHttp,
    refreshes: Arc<AtomicU32>,
    lose: Arc<AtomicU32>,
}

impl Http for Network {
    fn send<'a>(
        &'a self,
        request: Request<Bytes>,
        deadline: Timestamp,
    ) -> BoxFuture<'a, Result<Response<Bytes>, HttpFailure>> {
        Box::pin(async move {
            let refresh = request.uri().path().ends_with("/tokens/bearer");
            for _ in 0..20 {
                yield_now().await;
            }
            let answer = self.inner.send(request, deadline).await;
            for _ in 0..20 {
                yield_now().await;
            }
            if refresh {
                self.refreshes.fetch_add(1, Ordering::SeqCst);
                let left = self.lose.load(Ordering::SeqCst);
                if left > 0 {
                    self.lose.store(left - 1, Ordering::SeqCst);
                    return Err(HttpFailure::Unknown("the answer was lost".to_owned()));
                }
            }
            answer
        })
    }
}

/// One company, and what every process of it shares: the ledger, the time, the database.
struct Company {
    ledger: Shared,
    clock: Arc<SetClock>,
    refreshes: Arc<AtomicU32>,
    lose: Arc<AtomicU32>,
}

impl Company {
    fn new() -> Self {
        let limits = Limits { lifted: true, ..Limits::default() };
        let config = Config { limits, reuse_kills_connection: true, ..Config::default() };
        Self {
            ledger: Arc::new(Mutex::new(Simulator::new(config))),
            clock: Arc::new(SetClock(AtomicI64::new(1_800_000_000_000_000))),
            refreshes: Arc::default(),
            lose: Arc::default(),
        }
    }

    fn tokens(&self, store: &Store) -> Arc<Tokens> {
        let realm = self.ledger.lock().unwrap().config().realm_id.clone();
        Arc::new(Tokens::new(store.clone(), LANE.to_owned(), realm, Arc::new(Plain)))
    }

    /// A process with a pool of its own.
    fn process(&self, sql: Arc<dyn Sql>) -> (Arc<QuickBooks>, Arc<Tokens>) {
        let tokens = self.tokens(&Store::new(sql));
        let config = self.ledger.lock().unwrap().config().clone();
        let settings = Settings {
            base_url: quickbooks::SANDBOX_URL.to_owned(),
            consent_url: quickbooks::CONSENT_URL.to_owned(),
            token_url: quickbooks::TOKEN_URL.to_owned(),
            revoke_url: quickbooks::REVOKE_URL.to_owned(),
            realm_id: config.realm_id,
            home_currency: None,
            region: quickbooks::Region::default(),
            client_id: config.client_id,
            client_secret: Secret::new(config.client_secret),
        };
        let clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
        let http = Arc::new(Network {
            inner: SimulatedHttp::new(Arc::clone(&self.ledger), Arc::clone(&clock)),
            refreshes: Arc::clone(&self.refreshes),
            lose: Arc::clone(&self.lose),
        });
        let store = Arc::clone(&tokens) as Arc<dyn TokenStore>;
        (Arc::new(QuickBooks::new(settings, http, clock, store)), tokens)
    }

    fn consent(&self) -> TokenPair {
        let now = self.clock.now();
        let (access, refresh) = self.ledger.lock().unwrap().issue_tokens(now.0);
        TokenPair {
            access: Secret::new(access),
            refresh: Secret::new(refresh),
            granted_at: now,
            access_expires_at: now.plus_seconds(3_600),
            refresh_expires_at: now.plus_seconds(8_726_400),
            hard_expires_at: None,
        }
    }

    fn an_hour_passes(&self) {
        self.clock.0.fetch_add(3_600 * Timestamp::SECOND, Ordering::SeqCst);
    }
}

/// Calls the ledger until it answers; whoever does not refresh has to wait for who does.
async fn call(target: Arc<QuickBooks>, until: Timestamp) {
    for _ in 0..100_000 {
        match target.company(until).await {
            ReadOutcome::Read(_) => return,
            ReadOutcome::Failed(_) => yield_now().await,
            other => panic!("the connection is lost: {other:?}"),
        }
    }
    panic!("no access token came");
}

#[expect(clippy::disallowed_methods, reason = "processes run at the same time")]
async fn race(company: &Company, pools: Vec<Arc<dyn Sql>>) {
    store::migrate::run(&Store::new(Arc::clone(&pools[0]))).await.unwrap();
    let processes: Vec<_> = pools.into_iter().map(|sql| company.process(sql)).collect();
    processes[0].1.consent(&company.consent()).await.unwrap();
    for hour in 1..=HOURS {
        company.an_hour_passes();
        let until = company.clock.now().plus_seconds(60);
        let calls: Vec<_> = processes
            .iter()
            .map(|(target, _)| tokio::spawn(call(Arc::clone(target), until)))
            .collect();
        for call in calls {
            call.await.unwrap();
        }
        assert_eq!(company.refreshes.load(Ordering::SeqCst), hour, "one refresh in an hour");
    }
    assert_eq!(processes[0].1.missing().await.unwrap(), None);
    let hard = processes[0].1.load().await.unwrap().unwrap().hard_expires_at;
    assert!(hard.is_some(), "the hard end is stored with every refresh");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn processes_on_one_sqlite_file_refresh_one_at_a_time() {
    let folder =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("tokens-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("tieout.db");
    let open = || Arc::new(SqliteSql::open(&path, &Options::default()).unwrap()) as Arc<dyn Sql>;
    race(&Company::new(), (0..PROCESSES).map(|_| open()).collect()).await;
    std::fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[expect(clippy::disallowed_methods, reason = "tests have no configuration file")]
async fn processes_on_one_postgres_schema_refresh_one_at_a_time() {
    let configured = std::env::var("TIEOUT_TEST_POSTGRES").ok();
    let url = configured.clone().unwrap_or_else(|| POSTGRES.to_owned());
    let schema = format!("refreshers{}", std::process::id());
    let mut pools: Vec<Arc<dyn Sql>> = Vec::new();
    for _ in 0..PROCESSES {
        match PostgresSql::connect(&url, Some(&schema), 2).await {
            Ok(sql) => pools.push(Arc::new(sql)),
            Err(e) => {
                assert!(configured.is_none(), "TIEOUT_TEST_POSTGRES is set, but: {e}");
                println!("skipped: no PostgreSQL at {POSTGRES}");
                return;
            }
        }
    }
    race(&Company::new(), pools).await;
    let sql = PostgresSql::connect(&url, None, 1).await.unwrap();
    let mut tx = sql.begin(TxMode::Write).await.unwrap();
    tx.script(&format!("DROP SCHEMA IF EXISTS {schema} CASCADE")).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_refresh_whose_answer_is_lost_ends_in_one_request_for_a_person() {
    let company = Company::new();
    let sql: Arc<dyn Sql> = Arc::new(SqliteSql::memory().unwrap());
    store::migrate::run(&Store::new(Arc::clone(&sql))).await.unwrap();
    let (target, tokens) = company.process(sql);
    tokens.consent(&company.consent()).await.unwrap();
    company.an_hour_passes();
    company.lose.store(1, Ordering::SeqCst);
    let until = company.clock.now().plus_seconds(60);
    assert!(matches!(target.company(until).await, ReadOutcome::Failed(_)), "it may pass");
    assert_eq!(tokens.missing().await.unwrap(), None);
    // The new tokens died with the answer; the old ones are refused once, and never tried again.
    for _ in 0..5 {
        assert!(matches!(target.company(until).await, ReadOutcome::Disconnected(_)));
    }
    assert!(tokens.missing().await.unwrap().unwrap().contains("invalid_grant"));
    let tried = company.refreshes.load(Ordering::SeqCst);
    assert_eq!(tried, 2, "a dead token is not used over and over");
    tokens.consent(&company.consent()).await.unwrap();
    assert!(matches!(target.company(until).await, ReadOutcome::Read(_)), "consent heals");
}
