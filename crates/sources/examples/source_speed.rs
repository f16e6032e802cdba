//! How long every delivery takes on one thread, from bytes to facts, and how long the least that a
//! program must do which goes by way of `serde_json::Value`:
//! `cargo run --release -p sources --example source_speed [VENDOR [BODY]]`
//!
//! `cargo xtask bench --only normalise` puts the same into the table of benchmarks.
#![allow(clippy::float_arithmetic, reason = "rates and ratios are measurements")]

#[path = "../../bench/src/scenario/normalise/by_value.rs"]
mod by_value;
#[path = "../../bench/src/scenario/normalise/race.rs"]
mod race;
#[path = "../../bench/src/scenario/normalise/vendors.rs"]
mod vendors;

use by_value::Recipe;
use std::hint::black_box;
use std::path::Path;

const ROUNDS: u32 = 200;

/// The wall clock is what this program is about.
#[expect(clippy::disallowed_methods, reason = "measures real time")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (only, body) = (std::env::args().nth(1), std::env::args().nth(2));
    let began = std::time::Instant::now();
    for vendor in vendors::all(&root)? {
        if only.as_ref().is_some_and(|name| name != vendor.name) {
            continue;
        }
        for (name, delivery) in &vendor.deliveries {
            if body.as_ref().is_some_and(|body| body != name) {
                continue;
            }
            let recipe = Recipe::of(&delivery.body, &vendor.facts(delivery))?;
            assert!(!recipe.is_idle(), "{name}: what the facts say was not found in the body");
            let (ours, theirs) = race::race(
                || began.elapsed().as_secs_f64(),
                ROUNDS,
                || drop(black_box(vendor.facts(black_box(delivery)))),
                || drop(black_box(recipe.read(black_box(&delivery.body)))),
            );
            println!(
                "{:<12} {name:<24} {:>6} bytes {:>8.0} ns, by way of Value {:>8.0} ns, {:>4.0} %",
                vendor.name,
                delivery.body.len(),
                ours * 1e9,
                theirs * 1e9,
                theirs * 100.0 / ours,
            );
        }
    }
    Ok(())
}
