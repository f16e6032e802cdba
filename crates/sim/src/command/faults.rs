//! `sim faults`.

use anyhow::{Result, bail};
use clap::Args;
use quickbooks_sim::Profile as Company;
use sim::many::Totals;
use sim::{Report, weather};
use std::io::Write as _;

#[derive(Args)]
pub struct Faults {
    /// How many months under all of them.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..))]
    seeds: u64,
}

impl Faults {
    pub fn execute(&self) -> Result<()> {
        let mut total = Totals::default();
        for (seed, (name, faults)) in (100..).zip(weather::alone()) {
            for company in Company::ALL {
                let report = weather::month(company, &faults, seed)?;
                judge(&mut total, &format!("{company}, {name}"), seed, &report)?;
            }
        }
        for seed in 0..self.seeds {
            let report = weather::storm(&weather::together(), seed)?;
            judge(&mut total, "all faults", seed, &report)?;
        }
        writeln!(
            std::io::stdout(),
            "{} months: {} virtual days, {} requests to the ledger, {} documents verified",
            total.runs,
            total.virtual_seconds / 86_400,
            total.requests,
            total.verified
        )?;
        if !total.failed.is_empty() {
            bail!("{} of {} months failed", total.failed.len(), total.runs);
        }
        Ok(())
    }
}

fn judge(total: &mut Totals, name: &str, seed: u64, report: &Report) -> Result<()> {
    total.add(seed, report);
    let mut out = std::io::stdout().lock();
    if !report.violations.is_empty() {
        writeln!(out, "{name}, seed {seed}:")?;
    }
    for violation in report.violations.iter().take(12) {
        writeln!(out, "  {violation}")?;
    }
    Ok(())
}
