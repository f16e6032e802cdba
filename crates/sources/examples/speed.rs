//! How long a delivery takes on one thread, from bytes to facts, by vendor, and how long a walk over
//! the same bytes that knows nothing: `cargo run --release -p sources --example speed`
//!
//! `cargo xtask bench --only normalise` puts the same into the table of benchmarks.
#![allow(dead_code, reason = "a module of the benchmarks")]

#[path = "../../bench/src/scenario/normalise/vendors.rs"]
mod vendors;

use std::hint::black_box;
use std::path::Path;

const ROUNDS: u32 = 5;
const REPEATS: u32 = 1_000;

/// The shortest of some rounds, nanoseconds. The wall clock is what this program is about.
#[expect(clippy::disallowed_methods, reason = "measures real time")]
fn best(mut work: impl FnMut()) -> u128 {
    let round = || {
        let began = std::time::Instant::now();
        for _ in 0..REPEATS {
            work();
        }
        began.elapsed().as_nanos() / u128::from(REPEATS)
    };
    std::iter::repeat_with(round).take(ROUNDS as usize).min().unwrap_or_default()
}

fn main() -> std::io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let only = std::env::args().nth(1);
    for vendor in vendors::all(&root)? {
        if only.as_ref().is_some_and(|name| name != vendor.name) {
            continue;
        }
        for delivery in &vendor.deliveries {
            let source = best(|| {
                black_box(vendor.source.normalise(black_box(delivery)));
            });
            let walk = best(|| {
                black_box(vendors::walk(black_box(&delivery.body)));
            });
            println!(
                "{:<12} {:>7} bytes {:>9} ns, walk {:>9} ns, {:>4} %",
                vendor.name,
                delivery.body.len(),
                source,
                walk,
                walk * 100 / source.max(1)
            );
        }
    }
    Ok(())
}
