//! Where the time in the database goes, by statement.

use crate::time::Stopwatch;
use ports::{
    BoxFuture, CommitFailure, Dialect, Many, Row, Sql, SqlFailure, SqlTx, Stmt, TxMode, Value,
};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A database that measures each statement.
pub struct TimedSql {
    inner: Arc<dyn Sql>,
    spent: Mutex<BTreeMap<&'static str, Spent>>,
}

#[derive(Clone, Copy, Default)]
struct Spent {
    time: Duration,
    uses: u64,
    rows: u64,
}

impl TimedSql {
    /// Measures `inner`.
    pub fn new(inner: Arc<dyn Sql>) -> Self {
        Self { inner, spent: Mutex::default() }
    }

    fn add(&self, name: &'static str, watch: Stopwatch, rows: usize) {
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        let sum = spent.entry(name).or_default();
        sum.time += watch.elapsed();
        sum.uses += 1;
        sum.rows += u64::try_from(rows).unwrap_or(u64::MAX);
    }

    /// The statements that took longest, one per line.
    pub fn report(&self) -> String {
        let spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<_> = spent.iter().collect();
        all.sort_by_key(|(_, s)| std::cmp::Reverse(s.time));
        let mut text = String::from("      ms      uses      rows  statement\n");
        for (name, s) in all.into_iter().take(40) {
            let ms = s.time.as_millis();
            let _ = writeln!(text, "{ms:>8}  {:>8}  {:>8}  {name}", s.uses, s.rows);
        }
        text
    }
}

impl Sql for TimedSql {
    fn dialect(&self) -> Dialect {
        self.inner.dialect()
    }

    fn begin<'a>(&'a self, mode: TxMode) -> BoxFuture<'a, Result<Box<dyn SqlTx + 'a>, SqlFailure>> {
        Box::pin(async move {
            let watch = Stopwatch::start();
            let inner = self.inner.begin(mode).await?;
            let name = if mode == TxMode::Write { "(wait to write)" } else { "(wait to read)" };
            self.add(name, watch, 0);
            Ok(Box::new(TimedTx { inner, sql: self }) as Box<dyn SqlTx + 'a>)
        })
    }
}

struct TimedTx<'a> {
    inner: Box<dyn SqlTx + 'a>,
    sql: &'a TimedSql,
}

impl SqlTx for TimedTx<'_> {
    fn run<'a>(
        &'a mut self,
        stmt: &'static Stmt,
        args: &'a [Value],
    ) -> BoxFuture<'a, Result<Vec<Row>, SqlFailure>> {
        Box::pin(async move {
            let watch = Stopwatch::start();
            let rows = self.inner.run(stmt, args).await?;
            self.sql.add(stmt.name, watch, rows.len());
            Ok(rows)
        })
    }

    fn run_many<'a>(
        &'a mut self,
        stmt: &'static Stmt,
        rows: &'a [Vec<Value>],
    ) -> BoxFuture<'a, Result<Many, SqlFailure>> {
        Box::pin(async move {
            let watch = Stopwatch::start();
            let many = self.inner.run_many(stmt, rows).await?;
            self.sql.add(stmt.name, watch, rows.len());
            Ok(many)
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
            let watch = Stopwatch::start();
            self.inner.commit().await?;
            self.sql.add("(commit)", watch, 0);
            Ok(())
        })
    }
}
