//! Through the door, the database and the company: wall-clock time, a file, no throttle.

use super::pace::priced_by;
use crate::machine::{cpu_seconds, peak_mib};
use crate::report::{Aim, Row, float};
use crate::shop;
use crate::stage::{Plan, Stage};
use crate::time::{OsEntropy, Stopwatch, WallClock};
use crate::timed_sql::TimedSql;
use anyhow::{Result, bail, ensure};
use engine::{Engine, Intake, Limits, Outcome, Receipt, Worker};
use futures_util::stream::{FuturesUnordered, StreamExt};
use ports::Sql;
use quickbooks_sim::Faults;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use workload::{Delivery, DeliveryFaults, Shape};

/// Deliveries under way at once: as many share a commit.
const SENDERS: usize = 512;

/// Faults per mille of calls, as in the demo.
const FAULTS: Faults = Faults {
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

/// A perfect line.
pub fn plain(name: &str, orders: u32, folder: &Path) -> Result<Row> {
    let shape = Shape { orders, faults: DeliveryFaults::none(), ..Shape::default() };
    let limits = Limits { unthrottled: true, ..limits() };
    runtime()?.block_on(run(name, shape, limits, Faults::default(), folder))
}

/// The month with everything that goes wrong in the demo.
pub fn month(name: &str, orders: u32, folder: &Path) -> Result<Row> {
    let shape = Shape { orders, ..Shape::default() };
    let mut row = runtime()?.block_on(run(name, shape, limits(), FAULTS, folder))?;
    row.aims.push(Aim::at_most(30.0, "s", row.seconds));
    row.aims.extend(row.peak_mib.map(|mib| Aim::at_most(256.0, "MiB", mib)));
    Ok(row)
}

/// The waits of the demo: the company answers at once, so waiting for it would measure nothing.
fn limits() -> Limits {
    Limits {
        unthrottled: true,
        in_flight_max: 16,
        call_timeout_s: 1,
        backoff_first_ms: 5,
        backoff_max_ms: 500,
        tries_max: 20,
        throttle_wait_ms: 20,
        settle_ms: 50,
        idle_ms: 20,
        ..Limits::default()
    }
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build()?)
}

async fn run(
    name: &str,
    shape: Shape,
    limits: Limits,
    faults: Faults,
    folder: &Path,
) -> Result<Row> {
    let options = sql_sqlite::Options::default();
    ensure!(options.synchronous == sql_sqlite::Synchronous::Full, "commits must wait for the disk");
    let file = sql_sqlite::SqliteSql::open(folder.join("tieout.db"), &options)?;
    let sql = Arc::new(TimedSql::new(Arc::new(file)));
    let plan = Plan {
        clock: Arc::new(WallClock),
        entropy: Arc::new(OsEntropy),
        sql: Arc::clone(&sql) as Arc<dyn Sql>,
        sources: shop::sources(&shape)?,
        rules: book::Rules::default_text().to_owned(),
        limits,
        faults,
    };
    let stage = Stage::set(plan).await?;
    let watch = Stopwatch::start();
    work(&stage.engine, shape).await?;
    let seconds = watch.seconds();
    let (peak_mib, cpu_seconds, meter) = (peak_mib(), cpu_seconds(), stage.meter());
    let statements = sql.report();
    let mut judged = stage.judge().await?;
    let posted = workload::expected(&shape).posted.count;
    if judged.documents < posted {
        let found = judged.documents;
        judged.faults.push(format!("{found} documents stand, at least {posted} are due"));
    }
    Ok(Row {
        name: name.to_owned(),
        orders: u64::from(shape.orders),
        seconds,
        cpu_seconds,
        rates: vec![
            (f64::from(shape.orders) / seconds, "orders/s".to_owned()),
            (float(judged.documents) / seconds, "documents/s".to_owned()),
        ],
        peak_mib,
        statements,
        faults: judged.faults,
        ..priced_by(&meter)
    })
}

/// Delivers the month while a worker works, then drains.
#[expect(clippy::disallowed_methods, reason = "the binary starts tasks")]
async fn work(engine: &Engine, shape: Shape) -> Result<()> {
    let fed = Arc::new(AtomicBool::new(false));
    let feeding = tokio::spawn(feed(engine.clone(), shape, Arc::clone(&fed)));
    let until_fed = Arc::clone(&fed);
    let mut worker = Worker::new(engine.clone(), "bench/1".to_owned(), move |_| {
        !until_fed.load(Ordering::SeqCst)
    });
    let mut last = Worker::new(engine.clone(), "bench/2".to_owned(), |_| true);
    let working = tokio::spawn(async move {
        let stopped = worker.run(false).await?;
        ensure!(stopped == Outcome::Stopped, "the first worker ended {stopped:?}");
        Ok(last.run(true).await?)
    });
    feeding.await??;
    let end = working.await??;
    ensure!(end == Outcome::Drained, "the last worker ended {end:?}");
    Ok(())
}

async fn feed(engine: Engine, shape: Shape, fed: Arc<AtomicBool>) -> Result<()> {
    let outcome = deliver(engine, &shape).await;
    fed.store(true, Ordering::SeqCst);
    outcome
}

async fn deliver(engine: Engine, shape: &Shape) -> Result<()> {
    let intake = Intake::new(engine);
    let send = |d: Delivery| {
        let intake = &intake;
        async move { intake.receive(&d.source, d.raw).await }
    };
    let mut month = workload::month(shape);
    let mut sending = FuturesUnordered::new();
    let mut refused = 0;
    loop {
        while sending.len() < SENDERS {
            let Some(delivery) = month.next() else { break };
            sending.push(send(delivery));
        }
        match sending.next().await {
            None => break,
            Some(Ok(Receipt::Refused { .. })) => refused += 1,
            Some(Ok(_)) => {}
            Some(Err(e)) => bail!("a delivery was not stored: {e}"),
        }
    }
    let told = workload::expected(shape).refused;
    ensure!(refused == told, "{refused} deliveries were refused instead of {told}");
    Ok(())
}
