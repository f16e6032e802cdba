//! The database port with its own ways to fail, and a place to crash before every statement.

use crate::chance::Chance;
use crate::executor::{SimClock, turn};
use ports::{
    BoxFuture, Clock, CommitFailure, Dialect, Many, Row, Sql, SqlFailure, SqlTx, Stmt, TxMode,
    Value,
};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Rates of database faults, per mille.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SqlFaults {
    /// A transaction cannot be opened.
    pub begin: u32,
    /// Another transaction is busy: begin again.
    pub busy: u32,
    /// A statement asks to run the transaction again.
    pub statement: u32,
    /// A commit fails; nothing is durable.
    pub not_committed: u32,
    /// A commit is durable but its answer is lost.
    pub commit_unknown: u32,
    /// Opening or committing takes long.
    pub slow: u32,
    /// How long at most, seconds.
    pub slow_s: u32,
}

/// A database that fails by the seed.
pub struct FaultySql {
    inner: Arc<dyn Sql>,
    chance: Chance,
    clock: SimClock,
    faults: Mutex<SqlFaults>,
    injected: Mutex<BTreeMap<&'static str, u64>>,
}

impl FaultySql {
    /// Wraps `inner`.
    pub fn new(inner: Arc<dyn Sql>, chance: Chance, clock: SimClock, faults: SqlFaults) -> Self {
        Self { inner, chance, clock, faults: Mutex::new(faults), injected: Mutex::default() }
    }

    /// Changes the rates.
    pub fn set(&self, faults: SqlFaults) {
        *self.faults.lock().unwrap_or_else(PoisonError::into_inner) = faults;
    }

    /// Faults injected so far.
    pub fn injected(&self) -> u64 {
        self.by_kind().values().sum()
    }

    /// The same by kind.
    pub fn by_kind(&self) -> BTreeMap<&'static str, u64> {
        self.injected.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn fails(&self, kind: &'static str, rate: impl Fn(&SqlFaults) -> u32) -> bool {
        let rate = rate(&self.faults.lock().unwrap_or_else(PoisonError::into_inner));
        let fails = self.chance.happens(rate);
        if fails {
            let mut injected = self.injected.lock().unwrap_or_else(PoisonError::into_inner);
            *injected.entry(kind).or_default() += 1;
        }
        fails
    }

    /// A crash may happen here, and time may pass.
    async fn wait(&self) {
        turn().await;
        if self.fails("slow", |f| f.slow) {
            let most = self.faults.lock().unwrap_or_else(PoisonError::into_inner).slow_s;
            let seconds = i64::from(self.chance.within([1, most.max(1)]));
            self.clock.sleep_until(self.clock.now().plus_seconds(seconds)).await;
        }
    }
}

impl Sql for FaultySql {
    fn dialect(&self) -> Dialect {
        self.inner.dialect()
    }

    fn begin<'a>(&'a self, mode: TxMode) -> BoxFuture<'a, Result<Box<dyn SqlTx + 'a>, SqlFailure>> {
        Box::pin(async move {
            self.wait().await;
            if self.fails("no connection", |f| f.begin) {
                return Err(SqlFailure::Unavailable("simulated: no connection".to_owned()));
            }
            if self.fails("busy", |f| f.busy) {
                return Err(SqlFailure::Retry("simulated: the database is busy".to_owned()));
            }
            let tx = self.inner.begin(mode).await?;
            Ok(Box::new(FaultyTx { inner: tx, sql: self }) as Box<dyn SqlTx + 'a>)
        })
    }
}

struct FaultyTx<'a> {
    inner: Box<dyn SqlTx + 'a>,
    sql: &'a FaultySql,
}

async fn before(sql: &FaultySql) -> Result<(), SqlFailure> {
    turn().await;
    if sql.fails("statement", |f| f.statement) {
        return Err(SqlFailure::Retry("simulated: serialization failure".to_owned()));
    }
    Ok(())
}

impl SqlTx for FaultyTx<'_> {
    fn run<'a>(
        &'a mut self,
        stmt: &'static Stmt,
        args: &'a [Value],
    ) -> BoxFuture<'a, Result<Vec<Row>, SqlFailure>> {
        Box::pin(async move {
            before(self.sql).await?;
            self.inner.run(stmt, args).await
        })
    }

    fn run_many<'a>(
        &'a mut self,
        stmt: &'static Stmt,
        rows: &'a [Vec<Value>],
    ) -> BoxFuture<'a, Result<Many, SqlFailure>> {
        Box::pin(async move {
            if rows.is_empty() {
                return Ok(Many::default());
            }
            before(self.sql).await?;
            self.inner.run_many(stmt, rows).await
        })
    }

    fn script<'a>(&'a mut self, sql: &'a str) -> BoxFuture<'a, Result<(), SqlFailure>> {
        self.inner.script(sql)
    }

    fn commit<'a>(self: Box<Self>) -> BoxFuture<'a, Result<(), CommitFailure>>
    where
        Self: 'a,
    {
        Box::pin(async move {
            self.sql.wait().await;
            if self.sql.fails("not committed", |f| f.not_committed) {
                return Err(CommitFailure::NotCommitted("simulated".to_owned()));
            }
            let unknown = self.sql.fails("commit answer lost", |f| f.commit_unknown);
            self.inner.commit().await?;
            turn().await;
            if unknown {
                return Err(CommitFailure::Unknown("simulated: the answer was lost".to_owned()));
            }
            Ok(())
        })
    }
}
