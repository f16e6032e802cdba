//! From a URL to a pool of connections.

use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use ports::SqlFailure;
use tokio_postgres::config::SslMode;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Config, NoTls};

use crate::failure::failure;

/// How long a new connection may take.
const CONNECT: Duration = Duration::from_secs(10);
/// How long `begin` waits for a free connection before it calls the database unavailable.
const WAIT: Duration = Duration::from_secs(30);
/// PostgreSQL cuts longer names off.
const NAME_MAX: usize = 63;

/// How the pool is set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The schema of all tables; created if it is absent. `None` leaves the search path of the
    /// role alone. Lower-case letters, digits and `_`, at most 63, not starting with a digit or
    /// `pg_`.
    pub schema: Option<String>,
    /// Connections at most, at least 1.
    pub pool_size: usize,
    /// The server gives up a statement that runs longer ([`SqlFailure::Unavailable`]), rounded to
    /// milliseconds; `None` lets it run. Scripts are not limited.
    pub statement_timeout: Option<Duration>,
}

impl Default for Options {
    fn default() -> Self {
        Self { schema: None, pool_size: 8, statement_timeout: Some(Duration::from_mins(1)) }
    }
}

/// Makes the pool, proves that the server answers and creates the schema.
pub(crate) async fn connect(url: &str, options: &Options) -> Result<Pool, SqlFailure> {
    if let Some(schema) = &options.schema {
        check_name(schema)?;
    }
    let manager = Manager::from_config(
        config(url, options)?,
        NoTls,
        ManagerConfig { recycling_method: RecyclingMethod::Fast },
    );
    let pool = Pool::builder(manager)
        .max_size(options.pool_size.max(1))
        .create_timeout(Some(CONNECT))
        .wait_timeout(Some(WAIT))
        .runtime(Runtime::Tokio1)
        .build()
        .map_err(|e| SqlFailure::Bug(format!("the connection pool cannot be built: {e}")))?;
    let client = pool.get().await.map_err(|e| unreachable_server(&e))?;
    if let Some(schema) = &options.schema {
        create_schema(&client, schema).await?;
    }
    drop(client);
    Ok(pool)
}

/// No connection could be had; the text says why and what to look at.
pub(crate) fn unreachable_server(error: &deadpool_postgres::PoolError) -> SqlFailure {
    let mut text = format!("no connection to PostgreSQL: {error}");
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    SqlFailure::Unavailable(format!(
        "{text}; check that the server runs and that address, role and password in the URL are right"
    ))
}

fn config(url: &str, options: &Options) -> Result<Config, SqlFailure> {
    let mut config: Config = url.parse().map_err(|e: tokio_postgres::Error| {
        let cause = std::error::Error::source(&e).map(|c| format!(": {c}")).unwrap_or_default();
        SqlFailure::Unavailable(format!(
            "the PostgreSQL URL is not understood: {e}{cause}; it looks like \
             postgres://role:password@host:5432/database?sslmode=prefer, and sslmode is disable or \
             prefer"
        ))
    })?;
    if config.get_ssl_mode() == SslMode::Require {
        return Err(SqlFailure::Unavailable(
            "the PostgreSQL URL says sslmode=require, but connections are not encrypted here; use \
             sslmode=disable or prefer over a private network, a local socket or an encrypting \
             tunnel"
                .to_owned(),
        ));
    }
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(CONNECT);
    }
    if config.get_application_name().is_none() {
        config.application_name("tieout");
    }
    // Settings travel with the start of the session: no round trip, and no pooled connection can
    // miss them.
    let given = config.get_options().map(|o| format!("{o} ")).unwrap_or_default();
    let path = options.schema.as_ref().map(|s| format!("-c search_path={s} ")).unwrap_or_default();
    let limit = options.statement_timeout.map_or(0, |t| t.as_millis().max(1));
    config.options(format!("{given}{path}-c statement_timeout={limit}"));
    Ok(config)
}

/// Only names that need no quotes, so that no text of ours ever has to quote one.
fn check_name(schema: &str) -> Result<(), SqlFailure> {
    let plain = schema.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_'));
    let starts_well = !schema.starts_with(|c: char| c.is_ascii_digit())
        && !schema.starts_with("pg_")
        && !schema.is_empty();
    if plain && starts_well && schema.len() <= NAME_MAX {
        return Ok(());
    }
    Err(SqlFailure::Bug(format!(
        "schema name {schema:?} is not allowed; use at most {NAME_MAX} lower-case letters, digits \
         and _, not starting with a digit or pg_"
    )))
}

async fn create_schema(client: &tokio_postgres::Client, schema: &str) -> Result<(), SqlFailure> {
    // Looking first lets a role without the right to create schemas use one made for it.
    let found = client
        .query_opt("SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1", &[&schema])
        .await
        .map_err(|e| failure("looking for the schema", &e))?;
    if found.is_some() {
        return Ok(());
    }
    match client.batch_execute(&format!("CREATE SCHEMA IF NOT EXISTS {schema}")).await {
        Ok(()) => Ok(()),
        // Another process has just created it: IF NOT EXISTS looks before it locks.
        Err(e)
            if matches!(
                e.code(),
                Some(&(SqlState::UNIQUE_VIOLATION | SqlState::DUPLICATE_SCHEMA))
            ) =>
        {
            Ok(())
        }
        Err(e) => Err(failure("creating the schema", &e)),
    }
}
