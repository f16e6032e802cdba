//! Throughput and price under the real limits, on a virtual clock.

use super::samples::Samples;
use crate::orders::{self, Kind, Orders};
use crate::report::{Aim, Row, float};
use crate::stage::{Plan, Stage};
use crate::time::SeededEntropy;
use crate::virtual_time::VirtualClock;
use anyhow::{Result, ensure};
use engine::{Intake, Limits, Outcome, Worker};
use futures_util::future::join;
use kernel::Timestamp;
use ports::{Clock, EventSource};
use quickbooks_sim::{Faults, Meter};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Entities per minute and realm: 40 batches of 30, 458 singles, 2 reads (performance.md §5).
const CEILING: f64 = 1_658.0;
/// 2026-02-02T12:00:00Z: the month is over.
pub const START: Timestamp = Timestamp(1_770_033_600_000_000);
/// Answers take 0.3 to 2 s; nothing goes wrong.
pub const LINE: Faults = Faults {
    refused: 0,
    lost_before: 0,
    lost_after: 0,
    held_up: 0,
    late: 0,
    cut: 0,
    garbage: 0,
    unauthorized: 0,
    throttled: 0,
    server_error: 0,
    ok_fault: 0,
    ambiguous: 0,
    silent_noop: 0,
    held_us: 0,
    late_us: 0,
    base_us: 300_000,
    jitter_us: 1_700_000,
    schedule: Vec::new(),
};

/// Sales receipts as fast as the limits allow.
pub fn one_entity_fast(name: &str, n: u32, _: &Path) -> Result<Row> {
    let run = run(Kind::OneEntity, n, true)?;
    let share = run.entities_per_minute * 100.0 / CEILING;
    let mut row = run.row(name);
    row.aims.insert(0, Aim::at_least(95.0, "% of 1,658 entities/min", share));
    Ok(row)
}

/// Sales receipts with as few calls as possible.
pub fn one_entity_thrifty(name: &str, n: u32, _: &Path) -> Result<Row> {
    Ok(priced(run(Kind::OneEntity, n, false)?.row(name), 0.040))
}

/// Customer, invoice and payment as fast as the limits allow.
pub fn three_entity_fast(name: &str, n: u32, _: &Path) -> Result<Row> {
    let run = run(Kind::ThreeEntities, n, true)?;
    let share = run.entities_per_minute * 100.0 / CEILING;
    let mut row = run.row(name);
    row.aims.insert(0, Aim::at_least(95.0, "% of 1,658 entities/min", share));
    Ok(row)
}

/// Customer, invoice and payment with as few calls as possible.
pub fn three_entity_thrifty(name: &str, n: u32, _: &Path) -> Result<Row> {
    Ok(priced(run(Kind::ThreeEntities, n, false)?.row(name), 0.110))
}

fn priced(mut row: Row, calls_max: f64) -> Row {
    let calls = row.calls_per_order().unwrap_or_default();
    let metered = row.metered_per_order().unwrap_or_default();
    row.aims.insert(0, Aim::at_most(calls_max, "calls/order", calls));
    row.aims.insert(1, Aim::at_most(0.005, "metered/order", metered));
    row
}

/// Writes go out in batches only, and read-backs wait until they cover a full page of a thousand
/// documents or the oldest has waited three minutes.
fn thrifty() -> Limits {
    Limits { use_singles: false, verify_after_s: 180, ..Limits::default() }
}

struct Run {
    orders: u64,
    seconds: f64,
    entities_per_minute: f64,
    entities_per_order: f64,
    meter: Meter,
    faults: Vec<String>,
}

impl Run {
    fn row(self, name: &str) -> Row {
        Row {
            name: name.to_owned(),
            orders: self.orders,
            seconds: self.seconds,
            virtual_time: true,
            rates: vec![
                (self.entities_per_minute, "entities/min".to_owned()),
                (self.entities_per_minute / self.entities_per_order, "orders/min".to_owned()),
            ],
            aims: vec![
                Aim::at_most(0.0, "429s", float(self.meter.throttled)),
                Aim::at_most(0.0, "violations", float(self.meter.violations)),
            ],
            faults: self.faults,
            ..priced_by(&self.meter)
        }
    }
}

/// The part of a row that the company's meter knows.
pub fn priced_by(meter: &Meter) -> Row {
    Row {
        calls: Some(meter.requests - meter.oauth),
        metered: Some(meter.core_plus),
        oauth: Some(meter.oauth),
        ..Row::default()
    }
}

/// Everything has been delivered when the clock starts; it ends when everything is verified.
fn run(kind: Kind, n: u32, fast: bool) -> Result<Run> {
    let clock = VirtualClock::new(START);
    let (customers, entities) = match kind {
        Kind::OneEntity => ("channel", 1),
        Kind::ThreeEntities => ("named", 3),
    };
    let source: Arc<dyn EventSource> = Arc::new(Orders(kind));
    let rules = format!("version = \"bench\"\n[customer]\nmode = \"{customers}\"\n");
    let plan = Plan {
        clock: Arc::new(clock.clone()),
        entropy: Arc::new(SeededEntropy::default()),
        sql: Arc::new(sql_sqlite::SqliteSql::memory()?),
        sources: BTreeMap::from([(orders::NAME.to_owned(), source)]),
        rules: format!("{rules}[clearing]\nstripe = \"Stripe Clearing\"\n"),
        limits: if fast { Limits::default() } else { thrifty() },
        faults: LINE,
    };
    clock.run(async {
        let stage = Stage::set(plan).await?;
        let numbers: Vec<u64> = (1..=u64::from(n)).collect();
        let intake = Intake::new(stage.engine.clone());
        for part in numbers.chunks(500) {
            let raw = part.iter().map(|n| orders::delivery(*n, clock.now()));
            intake.receive_many(orders::NAME, raw).await?;
        }
        let done = AtomicBool::new(false);
        let begun = clock.now();
        let working = async {
            let mut worker = Worker::new(stage.engine.clone(), "bench".to_owned(), |_| true);
            let outcome = worker.run(true).await;
            done.store(true, Ordering::SeqCst);
            outcome.map(|o| (o, clock.now()))
        };
        let counting = Samples::take(&clock, &done, || stage.meter().creates);
        let (worked, samples) = join(working, counting).await;
        let (outcome, end) = worked?;
        ensure!(outcome == Outcome::Drained, "the worker ended {outcome:?}");
        let meter = stage.meter();
        let mut judged = stage.judge().await?;
        let documents = u64::from(n) * entities.min(2);
        if judged.documents != documents {
            let found = judged.documents;
            judged.faults.push(format!("{found} documents stand instead of {documents}"));
        }
        let seconds = float(u64::try_from(end.0 - begun.0)?) / 1e6;
        let whole = float(meter.creates) * 60.0 / seconds;
        Ok(Run {
            orders: u64::from(n),
            seconds,
            entities_per_minute: samples.per_minute(meter.creates).unwrap_or(whole),
            entities_per_order: float(entities),
            meter,
            faults: judged.faults,
        })
    })?
}
