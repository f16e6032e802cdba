//! The product on a simulated company, in one process.

use anyhow::{Context, Result, anyhow};
use book::Rules;
use engine::{Engine, Limits, Tokens};
use kernel::DocumentKind;
use ports::{Clock, Entropy, EventSource, Sealer, Secret, Sql, TokenPair, TokenStore};
use quickbooks::{QuickBooks, Settings};
use quickbooks_sim::{CompanyPrefs, Config, Faults, Meter, Shared, SimulatedHttp, Simulator};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::Store;

/// What differs between scenarios.
pub struct Plan {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// The database.
    pub sql: Arc<dyn Sql>,
    /// Where events come from, by connection.
    pub sources: BTreeMap<String, Arc<dyn EventSource>>,
    /// The text of the mapping rules.
    pub rules: String,
    /// Limits of the engine; the company throttles unless these are unthrottled.
    pub limits: Limits,
    /// What goes wrong on the way to the company, and how long it takes.
    pub faults: Faults,
}

/// Engine and company, connected.
pub struct Stage {
    /// The engine.
    pub engine: Engine,
    company: Shared,
}

/// What stands at the end.
pub struct Outcome {
    /// Documents that live.
    pub documents: u64,
    /// What is wrong with them.
    pub faults: Vec<String>,
}

/// A company as the demo has it.
pub fn company(throttled: bool, faults: Faults) -> Simulator {
    let prefs = CompanyPrefs { custom_txn_numbers: true, ..CompanyPrefs::default() };
    let limits = quickbooks_sim::Limits { lifted: !throttled, ..Default::default() };
    Simulator::new(Config { prefs, limits, faults, ..Config::default() })
}

impl Stage {
    /// Prepares the database and gives consent.
    pub async fn set(plan: Plan) -> Result<Self> {
        let company = Arc::new(Mutex::new(company(!plan.limits.unthrottled, plan.faults)));
        let store = Store::new(plan.sql);
        let tokens = Arc::new(Tokens::new(
            store.clone(),
            "books".to_owned(),
            lock(&company).config().realm_id.clone(),
            Arc::new(Open),
        ));
        let http = Arc::new(SimulatedHttp::new(Arc::clone(&company), Arc::clone(&plan.clock)));
        let target = QuickBooks::new(
            settings(lock(&company).config()),
            http,
            Arc::clone(&plan.clock),
            Arc::clone(&tokens) as Arc<dyn TokenStore>,
        );
        let engine = Engine {
            store,
            clock: plan.clock,
            entropy: plan.entropy,
            sources: Arc::new(plan.sources),
            rules: Arc::new(Rules::parse(&plan.rules).context("the rules")?),
            rules_sha256: "bench".to_owned(),
            target: Arc::new(target),
            lane: "books".to_owned(),
            origin: tlog::Origin::new("bench/books").map_err(|e| anyhow!("{e}"))?,
            limits: plan.limits,
        };
        engine.prepare().await?;
        let pair = consent(&company, engine.clock.as_ref());
        tokens.consent(&pair).await.map_err(anyhow::Error::msg)?;
        Ok(Self { engine, company })
    }

    /// What the company counted.
    pub fn meter(&self) -> Meter {
        lock(&self.company).meter()
    }

    /// Looks for what must not be: something unverified, posted twice, unexplained.
    pub async fn judge(&self) -> Result<Outcome> {
        let mut faults: Vec<String> = lock(&self.company)
            .duplicates()
            .into_iter()
            .map(|d| format!("{} {} stands {} times", d.kind.name(), d.marker, d.ids.len()))
            .collect();
        let mut tx = self.engine.store.read().await?;
        let mut documents = 0;
        for (kind, state, count) in store::document::counts(tx.as_mut()).await? {
            if DocumentKind::parse(&kind).is_none() || state == "removed" {
                continue;
            }
            documents += u64::try_from(count)?;
            if state != "verified" {
                faults.push(format!("{count} documents ({kind}) are {state}"));
            }
        }
        drop(tx);
        let statement = engine::statement(&self.engine.store).await?;
        if statement.rows.is_empty() {
            faults.push("the statement is empty".to_owned());
        }
        for row in statement.breaks() {
            faults.push(format!(
                "the statement does not tie out: {} {} differs by {} minor units",
                row.period, row.class, row.difference
            ));
        }
        let audit = self.engine.audit_verify().await?;
        faults.extend(audit.faults);
        Ok(Outcome { documents, faults })
    }
}

/// How the product addresses a simulated company.
pub fn settings(config: &Config) -> Settings {
    Settings {
        base_url: quickbooks::SANDBOX_URL.to_owned(),
        consent_url: quickbooks::CONSENT_URL.to_owned(),
        token_url: quickbooks::TOKEN_URL.to_owned(),
        revoke_url: quickbooks::REVOKE_URL.to_owned(),
        realm_id: config.realm_id.clone(),
        home_currency: None,
        region: quickbooks::Region::default(),
        client_id: config.client_id.clone(),
        client_secret: Secret::new(config.client_secret.as_str()),
    }
}

/// The company behind its lock.
pub fn lock(company: &Shared) -> MutexGuard<'_, Simulator> {
    company.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The owner's consent: a new pair of tokens.
pub fn consent(company: &Shared, clock: &dyn Clock) -> TokenPair {
    let now = clock.now();
    let mut company = lock(company);
    let (access, refresh) = company.issue_tokens(now.0);
    TokenPair {
        access: Secret::new(access),
        refresh: Secret::new(refresh),
        granted_at: now,
        access_expires_at: now.plus_seconds(company.config().access_token_seconds),
        refresh_expires_at: now.plus_seconds(company.config().refresh_token_seconds),
        hard_expires_at: None,
    }
}

/// The tokens of a simulated company are no secret.
struct Open;

impl Sealer for Open {
    fn seal(&self, plain: &[u8], _: &[u8]) -> Vec<u8> {
        plain.to_vec()
    }

    fn open(&self, sealed: &[u8], _: &[u8]) -> Result<Vec<u8>, String> {
        Ok(sealed.to_vec())
    }
}
