//! The commands.

pub mod canaries;
pub mod cases;
pub mod faults;
pub mod meta;
pub mod minimise;
pub mod one;
pub mod report;
pub mod run;

use anyhow::{Context, Result};
use clap::Args;
use sim::canaries::{Canary, plant};
use sim::{Bounds, bounds};
use std::io::Write as _;
use std::path::Path;

/// A bug in the product.
#[derive(Args)]
pub struct Planted {
    /// Plants the bug of this name in the product first (docs/reference/sim-canaries.md). Needs a
    /// build with `--features canary`.
    #[arg(long, value_name = "BUG")]
    planted: Option<String>,
}

impl Planted {
    /// Plants it, for as long as the process lives.
    pub fn plant(&self) -> Result<Option<&'static Canary>> {
        self.planted.as_deref().map(plant).transpose()
    }
}

/// The text of the profile of this name, or of the file at this path.
pub fn profile_text(name: &str) -> Result<String> {
    if let Some(text) = bounds::text(name) {
        return Ok(text.to_owned());
    }
    if Path::new(name).is_file() {
        return std::fs::read_to_string(name).with_context(|| format!("reading {name}"));
    }
    Bounds::named(name).map(|_| String::new())
}

/// The profile of this name, or in the file at this path.
pub fn profile(name: &str) -> Result<Bounds> {
    Bounds::parse(&profile_text(name)?)
}

/// Lists the profiles.
pub fn profiles() -> Result<()> {
    let mut out = std::io::stdout().lock();
    for name in bounds::names() {
        writeln!(out, "{name:<12} {}", Bounds::named(name)?.about)?;
    }
    Ok(())
}

/// The real time: how long the program itself takes.
#[expect(clippy::disallowed_methods, reason = "speed is measured in real time; no run sees it")]
pub fn real_time() -> std::time::Instant {
    std::time::Instant::now()
}
