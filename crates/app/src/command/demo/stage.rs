//! Where the demo plays: a fresh data directory, a company, an engine with short waits.

use crate::adapter::entropy::OsEntropy;
use crate::adapter::key_file;
use crate::cli::{DemoArgs, Global};
use crate::command::demo::feed::Counts;
use crate::config::Settings;
use crate::exit::{Exit, Stop};
use crate::output;
use crate::site::{CONFIG_FILE, KEY_FILE, Mode, Site};
use ports::Entropy;
use quickbooks_sim::{Faults, Shared};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use workload::Shape;

/// The whole set.
pub struct Stage {
    /// The open data directory.
    pub site: Site,
    /// The company.
    pub company: Shared,
    /// The month.
    pub shape: Shape,
    /// What came of the deliveries.
    pub received: Mutex<Counts>,
    /// A directory to take away at the end.
    temporary: Option<PathBuf>,
    /// A PostgreSQL schema to take away at the end.
    schema: Option<String>,
}

/// Faults per mille of calls: a bad day, for every call of the month.
pub const FAULTS: Faults = Faults {
    refused: 20,
    lost_before: 20,
    lost_after: 20,
    held_up: 0,
    late: 0,
    cut: 20,
    garbage: 20,
    unauthorized: 0,
    throttled: 20,
    server_error: 20,
    ok_fault: 20,
    ambiguous: 10,
    silent_noop: 0,
    held_us: 0,
    late_us: 0,
    base_us: 0,
    jitter_us: 0,
    schedule: Vec::new(),
};

/// Waits of the demo; everything else is as built in. The report names them.
const LIMITS: &str = "\
unthrottled = true
in_flight_max = 16
call_timeout_s = 1
backoff_first_ms = 5
backoff_max_ms = 500
tries_max = 20
throttle_wait_ms = 20
settle_ms = 50
idle_ms = 20
";

impl Stage {
    /// Sets the stage.
    pub async fn set(global: &Global, args: &DemoArgs) -> Result<Self, Stop> {
        let shape = Shape { orders: args.orders, seed: args.seed, ..Shape::default() };
        let mut token = [0; 6];
        OsEntropy.fill(&mut token);
        let token = hex::encode(token);
        let (data, temporary) = match &global.data {
            Some(dir) => (dir.clone(), None),
            None => {
                let dir = std::env::temp_dir().join(format!("tieout-demo-{token}"));
                (dir.clone(), Some(dir))
            }
        };
        let schema = global.database.is_some().then(|| format!("tieout_demo_{token}"));
        prepare(&data, &shape, args.seed, schema.as_deref())?;
        let here = Global { data: Some(data.clone()), config: None, ..global.clone() };
        let settings = Settings::read(&data.join(CONFIG_FILE))?;
        let site = Site::with_settings(&here, settings, Mode::Receive).await?;
        let Some(company) = site.company.clone() else {
            return Err(Stop::configuration("the demo plays on a simulated company only"));
        };
        lock(&company).set_faults(FAULTS);
        Ok(Self { site, company, shape, received: Mutex::default(), temporary, schema })
    }

    /// No more faults: whoever judges the books has a good line.
    pub fn lift_faults(&self) {
        lock(&self.company).set_faults(Faults::default());
    }

    /// Takes away what is not to stay.
    pub async fn strike(self) {
        if let Some(schema) = &self.schema {
            let dropped = async {
                let mut tx = self.site.engine.store.write().await.map_err(|e| e.to_string())?;
                let sql = format!("DROP SCHEMA {schema} CASCADE");
                tx.script(&sql).await.map_err(|e| e.to_string())?;
                tx.commit().await.map_err(|e| e.to_string())
            };
            if let Err(e) = dropped.await {
                output::note(&format!("the schema {schema} of the demo is left behind: {e}"));
            }
        }
        let Self { site, temporary, .. } = self;
        drop(site);
        if let Some(dir) = temporary
            && let Err(e) = std::fs::remove_dir_all(&dir)
        {
            output::note(&format!("{} is left behind: {e}", dir.display()));
        }
    }
}

/// The company behind its lock.
pub fn lock(company: &Shared) -> std::sync::MutexGuard<'_, quickbooks_sim::Simulator> {
    company.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Writes configuration, rules and key of the demo into a directory that holds no books yet.
fn prepare(data: &Path, shape: &Shape, seed: u64, schema: Option<&str>) -> Result<(), Stop> {
    if data.join(CONFIG_FILE).exists() {
        return Err(Stop::new(
            Exit::Configuration,
            format!(
                "{} holds books already; the demo judges a month from its beginning: name a new \
                 directory, or leave out --data",
                data.display()
            ),
        ));
    }
    std::fs::create_dir_all(data)?;
    std::fs::write(data.join("rules.toml"), book::Rules::default_text())?;
    key_file::create(&data.join(KEY_FILE), &OsEntropy)?;
    std::fs::write(data.join(CONFIG_FILE), configuration(shape, seed, schema))?;
    Ok(())
}

fn configuration(shape: &Shape, seed: u64, schema: Option<&str>) -> String {
    let c = workload::sources(shape);
    // Every `tieout` command that looks into the demo's books has to name the database again.
    let database = match schema {
        Some(schema) => format!(
            "[database]\npostgres = {{ env = \"TIEOUT_DATABASE\" }}\nschema = \"{schema}\"\n\n"
        ),
        None => String::new(),
    };
    let source = |name: &str, kind: &str, secret: &str, more: &str| {
        format!(
            "[[source]]\nname = \"{name}\"\nkind = \"{kind}\"\nzone = \"{}\"\n\
             secrets = [{{ insecure_inline = \"{secret}\" }}]\n{more}\n",
            c.zone
        )
    };
    format!(
        "# Made by `tieout demo`.\n[tenant]\nname = \"demo\"\norigin = \"tieout.local/t/demo\"\n\
         zone = \"{zone}\"\n\n{database}[ledger]\nkind = \"simulator\"\nhome_currency = \
         \"{currency}\"\nseed = {seed}\n\n{shopify}{stripe}[limits]\n{LIMITS}",
        zone = c.zone,
        currency = shape.currency,
        // TOML integers have a sign.
        seed = seed >> 1,
        shopify = source(&c.orders, "shopify", c.order_secret, ""),
        stripe = source(
            &c.processor,
            "stripe",
            c.processor_secret,
            &format!("order_source = \"{}\"\ntest_is_real = true\n", c.orders)
        ),
    )
}
