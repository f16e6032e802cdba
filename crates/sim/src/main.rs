//! Runs seeds, repeats one, proves that a seed repeats.

use anyhow::{Result, bail};
use clap::{Parser, Subcommand};
use sim::{Report, run};
use std::io::Write as _;

/// Deterministic simulation of Tieout.
#[derive(Parser)]
#[command(name = "sim", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs many seeds; ends with an error when a judge finds something.
    Run {
        /// How many seeds.
        #[arg(long, default_value_t = 300)]
        seeds: u64,
        /// The first seed.
        #[arg(long, default_value_t = 0)]
        from: u64,
    },
    /// Repeats one seed and prints what happened, one line per event.
    Replay {
        /// The seed.
        seed: u64,
    },
    /// Runs seeds twice and compares their traces: a broken meta test means that seeds cannot be
    /// repeated.
    Meta {
        /// How many seeds.
        #[arg(long, default_value_t = 5)]
        seeds: u64,
    },
}

fn main() -> Result<()> {
    let mut out = std::io::stdout().lock();
    match Cli::parse().command {
        Command::Run { seeds, from } => {
            let mut total = Totals::default();
            let mut failed = Vec::new();
            for seed in from..from + seeds {
                let report = run(seed, false)?;
                total.add(&report);
                if !report.violations.is_empty() {
                    writeln!(out, "seed {seed}:")?;
                    for v in report.violations.iter().take(12) {
                        writeln!(out, "  {v}")?;
                    }
                    failed.push(seed);
                }
            }
            total.print(&mut out, seeds)?;
            if !failed.is_empty() {
                bail!(
                    "{} of {seeds} seeds failed: {failed:?}; look at one with \
                     `cargo run --release -p sim -- replay SEED`",
                    failed.len()
                );
            }
        }
        Command::Replay { seed } => {
            let report = run(seed, true)?;
            for line in &report.lines {
                writeln!(out, "{line}")?;
            }
            writeln!(
                out,
                "seed {seed}: {} polls, {} virtual seconds, {} crashes, {} database faults, \
                 {} requests, {} verified, digest {:016x}",
                report.steps,
                report.virtual_seconds,
                report.crashes,
                report.sql_faults,
                report.requests,
                report.verified,
                report.digest
            )?;
            for v in &report.violations {
                writeln!(out, "VIOLATION {v}")?;
            }
            if !report.violations.is_empty() {
                bail!("{} violations", report.violations.len());
            }
        }
        Command::Meta { seeds } => {
            for seed in 0..seeds {
                let (a, b) = (run(seed, true)?, run(seed, true)?);
                if let Some(n) = a.lines.iter().zip(&b.lines).position(|(x, y)| x != y) {
                    bail!("seed {seed} differs at line {n}:\n  {}\n  {}", a.lines[n], b.lines[n]);
                }
                if a != b {
                    bail!("seed {seed} ends differently: {:x} and {:x}", a.digest, b.digest);
                }
            }
            writeln!(out, "{seeds} seeds repeat exactly")?;
        }
    }
    Ok(())
}

#[derive(Default)]
struct Totals {
    crashes: u64,
    sql_faults: u64,
    requests: u64,
    verified: u64,
    virtual_seconds: i64,
}

impl Totals {
    fn add(&mut self, r: &Report) {
        self.crashes += r.crashes;
        self.sql_faults += r.sql_faults;
        self.requests += r.requests;
        self.verified += r.verified;
        self.virtual_seconds += r.virtual_seconds;
    }

    fn print(&self, out: &mut impl std::io::Write, seeds: u64) -> Result<()> {
        writeln!(
            out,
            "{seeds} seeds: {} virtual hours, {} crashes, {} database faults, {} requests to the \
             ledger, {} documents verified",
            self.virtual_seconds / 3_600,
            self.crashes,
            self.sql_faults,
            self.requests,
            self.verified
        )?;
        Ok(())
    }
}
