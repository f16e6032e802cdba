//! A data directory, opened: configuration, lock, key, database, ledger, engine.

use crate::adapter::clock::SystemClock;
use crate::adapter::company;
use crate::adapter::entropy::OsEntropy;
use crate::adapter::http::HyperHttp;
use crate::adapter::key_file;
use crate::adapter::lock::DataLock;
use crate::adapter::sealer::Sealer;
use crate::cli::Global;
use crate::config::{DATA_DEFAULT, Ledger, REDIRECT_DEFAULT, Settings, local_port};
use crate::exit::Stop;
use engine::{Consent, Engine, Pace, Tokens};
use kernel::Currency;
use ports::{
    Clock, Entropy, EventSource, Grants, Http, LedgerTarget, NoticeSource, Secret, Sql, TokenPair,
    TokenStore,
};
use quickbooks::{QuickBooks, Webhooks};
use quickbooks_sim::{CompanyPrefs, Config, Shared, SimulatedHttp};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};
use store::Store;

/// File names in the data directory.
pub const CONFIG_FILE: &str = "tieout.toml";
/// The key that seals tokens.
pub const KEY_FILE: &str = "tieout.key";
/// The books of the simulated company.
pub const COMPANY_FILE: &str = "quickbooks-sim.log";

/// Connections of a PostgreSQL pool.
const POSTGRES_POOL: usize = 8;

/// What a command is going to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Looks into the database, or stores one decision in it; may run beside a process that works.
    Look,
    /// Connects the ledger; may run beside a process that works.
    Beside,
    /// Writes or calls the ledger: one process at a time.
    Work,
    /// Works and receives: every secret of the sources must be there.
    Receive,
}

/// An open data directory.
pub struct Site {
    /// The configuration.
    pub settings: Settings,
    /// The data directory.
    pub data: PathBuf,
    /// The engine over it.
    pub engine: Engine,
    /// The tokens of the ledger connection.
    pub tokens: Arc<Tokens>,
    /// The keys under which they are stored.
    pub sealer: Arc<Sealer>,
    /// The keys come from the environment, not from the key file.
    pub key_from_environment: bool,
    /// How the ledger is connected.
    pub consent: Consent,
    /// Where its consent page sends browsers back to.
    pub redirect_uri: String,
    /// Its webhooks, when a verifier token is configured.
    pub notices: Option<Arc<dyn NoticeSource>>,
    /// The simulated company, when the ledger is one.
    pub company: Option<Shared>,
    /// The HTTP client towards the ledger.
    pub http: Arc<dyn Http>,
    lock: Option<DataLock>,
}

/// The data directory that the command line names.
pub fn data_directory(global: &Global) -> PathBuf {
    global.data.clone().unwrap_or_else(|| PathBuf::from(DATA_DEFAULT))
}

/// The configuration file that the command line names.
pub fn config_file(global: &Global) -> PathBuf {
    global.config.clone().unwrap_or_else(|| data_directory(global).join(CONFIG_FILE))
}

impl Site {
    /// Opens the data directory for what `mode` says.
    pub async fn open(global: &Global, mode: Mode) -> Result<Self, Stop> {
        let settings = Settings::read(&config_file(global))?;
        Self::with_settings(global, settings, mode).await
    }

    /// Opens the data directory with settings already read.
    pub async fn with_settings(
        global: &Global,
        settings: Settings,
        mode: Mode,
    ) -> Result<Self, Stop> {
        let data = data_directory(global);
        if !data.is_dir() {
            return Err(Stop::configuration(format!(
                "there is no data directory {}; run `tieout init`",
                data.display()
            )));
        }
        let lock = match mode {
            Mode::Look | Mode::Beside => None,
            Mode::Work | Mode::Receive => Some(DataLock::take(&data, global.no_wait).await?),
        };
        let (clock, entropy): (Arc<dyn Clock>, Arc<dyn Entropy>) =
            (Arc::new(SystemClock), Arc::new(OsEntropy));
        let (sealer, key_from_environment) = sealer(&data, Arc::clone(&entropy))?;
        let sealer = Arc::new(sealer);
        let store = Store::new(database(global, &settings, &data).await?);
        let lane = lane(&settings);
        let (rules, rules_sha256) = rules(&settings.rules)?;
        let folder = settings.file.parent().unwrap_or_else(|| Path::new(".")).to_owned();
        let mut sources: BTreeMap<String, Arc<dyn EventSource>> = BTreeMap::new();
        for source in &settings.sources {
            sources.insert(source.name.clone(), source.build(&folder, mode == Mode::Receive)?);
        }
        let connection = Connection::open(&settings, &data, &folder, mode, Arc::clone(&clock))?;
        let tokens = Arc::new(Tokens::new(
            store.clone(),
            lane.clone(),
            connection.settings.realm_id.clone(),
            Arc::clone(&sealer) as Arc<dyn ports::Sealer>,
        ));
        let limits = &settings.limits;
        let pace = Pace::new(store.clone(), Arc::clone(&clock), lane.clone(), limits);
        let target = QuickBooks::new(
            connection.settings,
            Arc::clone(&connection.http),
            Arc::clone(&clock),
            Arc::clone(&tokens) as Arc<dyn TokenStore>,
        );
        let target = Arc::new(target.paced(Arc::new(pace)));
        let engine = Engine {
            store,
            clock,
            entropy,
            sources: Arc::new(sources),
            rules: Arc::new(rules),
            rules_sha256,
            target: Arc::clone(&target) as Arc<dyn LedgerTarget>,
            lane,
            origin: settings.origin.clone(),
            limits: settings.limits.clone(),
        };
        let consent = Consent::new(
            engine.clone(),
            Arc::clone(&tokens),
            target as Arc<dyn Grants>,
            Arc::clone(&sealer) as Arc<dyn ports::Sealer>,
        );
        let (redirect_uri, notices) = doors(&settings.ledger, &folder, mode)?;
        let site = Self {
            settings,
            data,
            engine,
            tokens,
            sealer,
            key_from_environment,
            consent,
            redirect_uri,
            notices,
            company: connection.company,
            http: connection.http,
            lock,
        };
        site.prepare(mode).await?;
        if matches!(mode, Mode::Work | Mode::Receive) {
            site.tokens_open().await?;
        }
        if let (Some(company), Mode::Work | Mode::Receive) = (&site.company, mode) {
            connect(company, connection.is_new, &site.tokens, site.engine.clock.as_ref()).await?;
        }
        Ok(site)
    }

    /// Brings the schema up to date; a command that only looks leaves one that is alone.
    async fn prepare(&self, mode: Mode) -> Result<(), Stop> {
        if matches!(mode, Mode::Look | Mode::Beside) {
            let known = async {
                let mut tx = self.engine.store.read().await?;
                store::lane::get(tx.as_mut(), &self.engine.lane).await
            };
            if matches!(known.await, Ok(Some(_))) {
                return Ok(());
            }
        }
        Ok(self.engine.prepare().await?)
    }

    /// The name under which this process owns its lane. It stays the same for the data directory,
    /// so that a process that was killed is followed without waiting for its lease.
    pub fn owner(&self) -> String {
        match &self.lock {
            Some(lock) => format!("instance {}", lock.instance),
            None => format!("process {}", std::process::id()),
        }
    }

    /// Stops when the key does not fit the tokens: nothing could be done until it does.
    async fn tokens_open(&self) -> Result<(), Stop> {
        match self.tokens.load().await {
            Ok(_) => Ok(()),
            Err(why) => Err(Stop::configuration(format!(
                "the tokens of the ledger connection cannot be used: {why}"
            ))),
        }
    }

    /// Stops when a person has to connect the ledger first.
    pub async fn must_be_connected(&self) -> Result<(), Stop> {
        let missing = self.tokens.missing().await.map_err(anyhow::Error::msg)?;
        match missing {
            Some(why) => Err(Stop::new(
                crate::exit::Exit::Person,
                format!("the ledger must be connected (`tieout connect`): {why}"),
            )),
            None => Ok(()),
        }
    }
}

/// Consents on behalf of the owner of the simulated company, when that was never done.
pub async fn connect(
    company: &Shared,
    is_new: bool,
    tokens: &Tokens,
    clock: &dyn Clock,
) -> Result<(), Stop> {
    let known = tokens.load().await.map_err(anyhow::Error::msg)?;
    if known.is_some() && !is_new {
        return Ok(());
    }
    let now = clock.now();
    let pair = {
        let mut company = company.lock().unwrap_or_else(PoisonError::into_inner);
        let (access, refresh) = company.issue_tokens(now.0);
        let config = company.config();
        TokenPair {
            access: Secret::new(access),
            refresh: Secret::new(refresh),
            granted_at: now,
            access_expires_at: now.plus_seconds(config.access_token_seconds),
            refresh_expires_at: now.plus_seconds(config.refresh_token_seconds),
            hard_expires_at: Some(now.plus_seconds(config.connection_seconds)),
        }
    };
    Ok(tokens.consent(&pair).await.map_err(anyhow::Error::msg)?)
}

/// The lane: one ledger connection of one tenant.
fn lane(settings: &Settings) -> String {
    match &settings.ledger {
        Ledger::Simulator { .. } => "quickbooks-sim".to_owned(),
        Ledger::QuickBooks { realm_id, .. } => format!("quickbooks/{realm_id}"),
    }
}

/// Reads and compiles the rules; the second value is the SHA-256 of their text.
pub fn rules(path: &Path) -> Result<(book::Rules, String), Stop> {
    let text = std::fs::read_to_string(path).map_err(|e| {
        Stop::configuration(format!("the rules {} cannot be read: {e}", path.display()))
    })?;
    let rules = book::Rules::parse(&text)
        .map_err(|e| Stop::configuration(format!("{}: {e}", path.display())))?;
    Ok((rules, hex::encode(Sha256::digest(text.as_bytes()))))
}

/// The sealer: the keys of the environment variable (true), else of the key file.
#[expect(clippy::disallowed_methods, reason = "configuration is read here, once")]
fn sealer(data: &Path, entropy: Arc<dyn Entropy>) -> Result<(Sealer, bool), Stop> {
    match std::env::var("TIEOUT_KEY") {
        Ok(text) => Sealer::read(&text, "TIEOUT_KEY", entropy)
            .map(|sealer| (sealer, true))
            .map_err(|e| Stop::configuration(format!("TIEOUT_KEY: {e}"))),
        Err(_) => Ok((key_file::sealer(&data.join(KEY_FILE), entropy)?, false)),
    }
}

/// Where the consent page sends browsers, and the webhooks of the ledger. Without a need to
/// receive, verifier tokens are left alone.
fn doors(
    ledger: &Ledger,
    folder: &Path,
    mode: Mode,
) -> Result<(String, Option<Arc<dyn NoticeSource>>), Stop> {
    let Ledger::QuickBooks { redirect_uri, webhook_verifiers, .. } = ledger else {
        return Ok((REDIRECT_DEFAULT.to_owned(), None));
    };
    if mode != Mode::Receive || webhook_verifiers.is_empty() {
        return Ok((redirect_uri.clone(), None));
    }
    let verifiers = webhook_verifiers.iter().map(|v| v.fetch(folder)).collect::<Result<_, _>>();
    let verifiers =
        verifiers.map_err(|e| Stop::configuration(format!("ledger.webhook_verifiers: {e}")))?;
    Ok((redirect_uri.clone(), Some(Arc::new(Webhooks::new(verifiers)))))
}

async fn database(global: &Global, settings: &Settings, data: &Path) -> Result<Arc<dyn Sql>, Stop> {
    let folder = settings.file.parent().unwrap_or_else(|| Path::new("."));
    let (url, schema) = match (&global.database, &settings.postgres) {
        (Some(url), configured) => {
            (Some(Secret::new(url.as_str())), configured.as_ref().and_then(|(_, s)| s.clone()))
        }
        (None, Some((secret, schema))) => {
            let url = secret.fetch(folder);
            let url = url.map_err(|e| Stop::configuration(format!("database.postgres: {e}")))?;
            (Some(url), schema.clone())
        }
        (None, None) => (None, None),
    };
    open_database(url.as_ref(), schema.as_deref(), &data.join(&settings.sqlite)).await
}

/// Opens PostgreSQL when there is an address, else the SQLite file.
pub async fn open_database(
    url: Option<&Secret>,
    schema: Option<&str>,
    sqlite: &Path,
) -> Result<Arc<dyn Sql>, Stop> {
    match url {
        Some(url) => {
            let sql =
                sql_postgres::PostgresSql::connect(url.reveal(), schema, POSTGRES_POOL).await?;
            Ok(Arc::new(sql))
        }
        None => Ok(Arc::new(sql_sqlite::SqliteSql::open(sqlite, &sql_sqlite::Options::default())?)),
    }
}

/// The way to the ledger.
struct Connection {
    settings: quickbooks::Settings,
    http: Arc<dyn Http>,
    company: Option<Shared>,
    is_new: bool,
}

impl Connection {
    fn open(
        settings: &Settings,
        data: &Path,
        folder: &Path,
        mode: Mode,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Stop> {
        match &settings.ledger {
            Ledger::Simulator { throttle, seed } => {
                let config = company_config(settings.home.code(), *throttle, *seed);
                let target = simulated_settings(&config, settings.home);
                // A command that only looks, or runs beside the process that has the company, must
                // not touch its books.
                let (company, is_new) = if matches!(mode, Mode::Look | Mode::Beside) {
                    (Arc::new(std::sync::Mutex::new(quickbooks_sim::Simulator::new(config))), false)
                } else {
                    company::open(&data.join(COMPANY_FILE), config)?
                };
                let http = Arc::new(SimulatedHttp::new(Arc::clone(&company), clock));
                Ok(Self { settings: target, http, company: Some(company), is_new })
            }
            Ledger::QuickBooks { addresses, realm_id, client_id, client_secret, .. } => {
                let secret = match client_secret.fetch(folder) {
                    Ok(secret) => secret,
                    Err(_) if mode == Mode::Look => Secret::new(""),
                    Err(e) => {
                        return Err(Stop::configuration(format!("ledger.client_secret: {e}")));
                    }
                };
                let plain = local_port(&addresses.base_url).is_some();
                let target = quickbooks::Settings {
                    base_url: addresses.base_url.clone(),
                    consent_url: addresses.consent_url.clone(),
                    token_url: addresses.token_url.clone(),
                    revoke_url: addresses.revoke_url.clone(),
                    realm_id: realm_id.clone(),
                    home_currency: Some(settings.home),
                    region: settings.region,
                    client_id: client_id.clone(),
                    client_secret: secret,
                };
                let http = Arc::new(HyperHttp::new(clock, plain));
                Ok(Self { settings: target, http, company: None, is_new: false })
            }
        }
    }
}

/// A simulated company as commands and the demo use it.
pub fn company_config(home: &str, throttle: bool, seed: u64) -> Config {
    let mut config = Config {
        seed,
        prefs: CompanyPrefs {
            home_currency: home.to_owned(),
            custom_txn_numbers: true,
            ..CompanyPrefs::default()
        },
        ..Config::default()
    };
    config.limits.lifted = !throttle;
    config.redirect_uri = REDIRECT_DEFAULT.to_owned();
    config
}

/// How the target addresses a simulated company.
pub fn simulated_settings(config: &Config, home: Currency) -> quickbooks::Settings {
    quickbooks::Settings {
        base_url: quickbooks::SANDBOX_URL.to_owned(),
        consent_url: quickbooks::CONSENT_URL.to_owned(),
        token_url: quickbooks::TOKEN_URL.to_owned(),
        revoke_url: quickbooks::REVOKE_URL.to_owned(),
        realm_id: config.realm_id.clone(),
        home_currency: Some(home),
        region: quickbooks::Region::default(),
        client_id: config.client_id.clone(),
        client_secret: Secret::new(config.client_secret.as_str()),
    }
}
