//! Deliveries to facts, one thread, per vendor, beside a walk over the same bytes that knows nothing.

mod vendors;

use crate::report::{Aim, Row, float};
use crate::time::Stopwatch;
use anyhow::{Result, ensure};
use std::hint::black_box;
use std::path::Path;
use vendors::Vendor;

/// Rounds whose best counts: other work on the machine only ever makes one slower.
const ROUNDS: u32 = 7;

/// What one vendor's source and the walk took for all its deliveries, in their best rounds.
struct Measured {
    documents: u64,
    bytes: u64,
    source_s: f64,
    walk_s: f64,
}

/// Reads every vendor's deliveries about `documents` times in all rounds together.
pub fn run(name: &str, documents: u32, _: &Path) -> Result<Row> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sources/src");
    let watch = Stopwatch::start();
    let mut row = Row { name: name.to_owned(), orders: u64::from(documents), ..Row::default() };
    for vendor in vendors::all(&root)? {
        ensure!(!vendor.deliveries.is_empty(), "{} has no deliveries", vendor.name);
        let found = measure(&vendor, documents / ROUNDS)?;
        let mib = float(found.bytes) / f64::from(1 << 20);
        let per_second = float(found.documents) / found.source_s;
        row.rates.push((per_second, format!("{} documents/s per core", vendor.name)));
        row.rates.push((mib / found.source_s, format!("{} MiB/s", vendor.name)));
        let what = format!("× the speed of a serde_json::Value walk, {}", vendor.name);
        row.aims.push(Aim::at_least(1.0, &what, found.walk_s / found.source_s));
    }
    row.seconds = watch.seconds();
    Ok(row)
}

fn measure(vendor: &Vendor, documents: u32) -> Result<Measured> {
    let each = u32::try_from(vendor.deliveries.len())?;
    let repeats = documents.div_ceil(each).max(1);
    let (mut source_s, mut walk_s) = (f64::INFINITY, f64::INFINITY);
    let (mut facts, mut seen) = (0_usize, 0_usize);
    for _ in 0..ROUNDS {
        let watch = Stopwatch::start();
        for _ in 0..repeats {
            for delivery in &vendor.deliveries {
                facts += black_box(vendor.source.normalise(black_box(delivery))).facts.len();
            }
        }
        source_s = source_s.min(watch.seconds());
        let watch = Stopwatch::start();
        for _ in 0..repeats {
            for delivery in &vendor.deliveries {
                seen += black_box(vendors::walk(black_box(&delivery.body)));
            }
        }
        walk_s = walk_s.min(watch.seconds());
    }
    ensure!(facts > 0 && seen > 0, "{} said nothing", vendor.name);
    let bytes: usize = vendor.deliveries.iter().map(|d| d.body.len()).sum();
    Ok(Measured {
        documents: u64::from(repeats) * u64::from(each),
        bytes: u64::from(repeats) * u64::try_from(bytes)?,
        source_s,
        walk_s,
    })
}
