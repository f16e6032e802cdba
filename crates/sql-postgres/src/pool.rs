//! The pool behind the port.

use deadpool_postgres::Pool;
use ports::{BoxFuture, Dialect, Sql, SqlFailure, SqlTx, TxMode};

use crate::bulk::BulkCache;
use crate::connect::{Options, connect, unreachable_server};
use crate::tx::PostgresTx;

/// A PostgreSQL database behind the [`Sql`] port. Needs a tokio runtime with time and network.
pub struct PostgresSql {
    pool: Pool,
    bulk: BulkCache,
}

impl PostgresSql {
    /// Connects with the default statement time-out; see [`PostgresSql::connect_with`].
    pub async fn connect(
        url: &str,
        schema: Option<&str>,
        pool_size: usize,
    ) -> Result<Self, SqlFailure> {
        let options =
            Options { schema: schema.map(str::to_owned), pool_size, ..Options::default() };
        Self::connect_with(url, &options).await
    }

    /// Connects to `url` (`postgres://role:password@host:5432/database`), proves that the server
    /// answers and creates the schema if it is absent.
    ///
    /// # Errors
    /// [`SqlFailure::Unavailable`] when the URL is not understood, asks for encryption
    /// (`sslmode=require`) or the server does not answer; [`SqlFailure::Bug`] for a schema name
    /// that would need quotes.
    pub async fn connect_with(url: &str, options: &Options) -> Result<Self, SqlFailure> {
        Ok(Self { pool: connect(url, options).await?, bulk: BulkCache::default() })
    }
}

impl Sql for PostgresSql {
    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    fn begin<'a>(&'a self, mode: TxMode) -> BoxFuture<'a, Result<Box<dyn SqlTx + 'a>, SqlFailure>> {
        Box::pin(async move {
            // A pooled connection may have died unnoticed (a restart of the server kills them all).
            // Nothing has begun, so the next one is tried, and at last a new one.
            let mut attempts = self.pool.status().max_size;
            loop {
                let client = self.pool.get().await.map_err(|e| unreachable_server(&e))?;
                match PostgresTx::begin(client, &self.bulk, mode).await {
                    Ok(tx) => return Ok(Box::new(tx) as Box<dyn SqlTx + 'a>),
                    Err(SqlFailure::Unavailable(_)) if attempts > 0 => attempts -= 1,
                    Err(e) => return Err(e),
                }
            }
        })
    }
}
