//! Deliveries to facts, one thread, per vendor, beside the least that a program must do which goes by
//! way of `serde_json::Value`.

mod by_value;
mod race;
mod vendors;

use crate::report::{Aim, Row, float};
use crate::time::Stopwatch;
use anyhow::{Context, Result, ensure};
use by_value::Recipe;
use race::race;
use std::hint::black_box;
use std::path::Path;
use vendors::Vendor;

/// What the slowest body of every vendor has to reach.
const TIMES_AS_FAST: f64 = 1.05;

/// What one vendor's source took for all its deliveries, and where it is least ahead.
struct Measured {
    documents: u64,
    bytes: u64,
    seconds: f64,
    worst: (f64, String),
}

/// Reads every vendor's deliveries in so many rounds.
pub fn run(name: &str, rounds: u32, _: &Path) -> Result<Row> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sources/src");
    let watch = Stopwatch::start();
    let mut row = Row { name: name.to_owned(), orders: u64::from(rounds), ..Row::default() };
    for vendor in vendors::all(&root)? {
        let found = measure(&vendor, rounds, watch).with_context(|| vendor.name)?;
        let per_second = float(found.documents) / found.seconds;
        let mib = float(found.bytes) / f64::from(1 << 20) / found.seconds;
        let unit = format!("documents/s per core, {} ({mib:.0} MiB/s)", vendor.name);
        row.rates.push((per_second, unit));
        let (ratio, body) = found.worst;
        let what = format!("× by way of Value, {} (least: {body})", vendor.name);
        row.aims.push(Aim::at_least(TIMES_AS_FAST, &what, ratio));
    }
    row.seconds = watch.seconds();
    Ok(row)
}

fn measure(vendor: &Vendor, rounds: u32, watch: Stopwatch) -> Result<Measured> {
    ensure!(!vendor.deliveries.is_empty(), "no delivery says anything");
    let mut all =
        Measured { documents: 0, bytes: 0, seconds: 0.0, worst: (f64::INFINITY, String::new()) };
    for (name, delivery) in &vendor.deliveries {
        let recipe = Recipe::of(&delivery.body, &vendor.facts(delivery))?;
        ensure!(!recipe.is_idle(), "{name}: what the facts say was not found in the body");
        let (ours, theirs) = race(
            || watch.seconds(),
            rounds,
            || drop(black_box(vendor.facts(black_box(delivery)))),
            || drop(black_box(recipe.read(black_box(&delivery.body)))),
        );
        all.documents += 1;
        all.bytes += u64::try_from(delivery.body.len())?;
        all.seconds += ours;
        if theirs / ours < all.worst.0 {
            all.worst = (theirs / ours, name.clone());
        }
    }
    Ok(all)
}
