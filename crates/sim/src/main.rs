//! Runs seeds, repeats one, proves that a seed repeats.

use anyhow::{Result, bail};
use clap::{Parser, Subcommand};
use quickbooks_sim::Profile as Company;
use sim::{Report, cases, run, weather};
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
    /// Runs a month of every kind of company under each fault of the ledger alone, and months of all
    /// sorts under all of them, each fault at a fifth of all calls until all is done.
    Faults {
        /// How many months under all of them.
        #[arg(long, default_value_t = 20)]
        seeds: u64,
    },
    /// Repeats one seed and prints what happened, one line per event.
    Replay {
        /// The seed.
        seed: u64,
    },
    /// Runs the catalogue of accounting cases.
    Cases {
        /// Writes what the company holds into the cases, and the page.
        #[arg(long)]
        write: bool,
        /// Only cases whose name contains this.
        #[arg(long, default_value = "")]
        only: String,
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
            for seed in from..from + seeds {
                total.judge(&mut out, &format!("seed {seed}"), &run(seed, false)?)?;
            }
            total
                .end(&mut out, "look at a seed with `cargo run --release -p sim -- replay SEED`")?;
        }
        Command::Faults { seeds } => {
            let mut total = Totals::default();
            for (seed, (name, faults)) in (100..).zip(weather::alone()) {
                for company in Company::ALL {
                    let report = weather::month(company, &faults, seed)?;
                    total.judge(&mut out, &format!("{company}, {name}, seed {seed}"), &report)?;
                }
            }
            for seed in 0..seeds {
                let report = weather::storm(&weather::together(), seed)?;
                total.judge(&mut out, &format!("all faults, seed {seed}"), &report)?;
            }
            total.end(&mut out, "the calls stand in `sim::weather`")?;
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
        Command::Cases { write, only } => catalogue(&mut out, write, &only)?,
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

/// Runs the cases; with `write` what they come to is written and not compared.
fn catalogue(out: &mut impl std::io::Write, write: bool, only: &str) -> Result<()> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let (mut count, mut failed, mut changed) = (0, 0, 0);
    for file in cases::read(&root)? {
        let mut objects = Vec::with_capacity(file.cases.len());
        for case in &file.cases {
            if !case.name.contains(only) {
                objects.push(case.quickbooks.clone().unwrap_or_default());
                continue;
            }
            let place = format!("{}.toml:{} {}", file.name, case.line, case.name);
            let ran = match cases::run(&file, case) {
                Ok(ran) => ran,
                Err(e) if write => return Err(e.context(place)),
                Err(e) => {
                    cases::Outcome { objects: String::new(), failures: vec![format!("{e:#}")] }
                }
            };
            count += 1;
            if !write && !ran.failures.is_empty() {
                failed += 1;
                writeln!(out, "{place}\n  {}", ran.failures.join("\n  "))?;
            }
            objects.push(ran.objects);
        }
        changed += usize::from(write && file.write(&objects)?);
    }
    if write {
        let page = cases::page(&root, &cases::read(&root)?)?;
        std::fs::write(root.join(cases::PAGE), page)?;
        writeln!(out, "{count} cases, {changed} files changed, wrote {}", cases::PAGE)?;
        return Ok(());
    }
    anyhow::ensure!(failed == 0, "{failed} of {count} cases failed");
    writeln!(out, "{count} cases passed")?;
    Ok(())
}

#[derive(Default)]
struct Totals {
    runs: u64,
    failed: Vec<String>,
    crashes: u64,
    sql_faults: u64,
    faults: u64,
    requests: u64,
    verified: u64,
    virtual_seconds: i64,
}

impl Totals {
    /// Counts a run, and says what is wrong with it.
    fn judge(&mut self, out: &mut impl std::io::Write, name: &str, r: &Report) -> Result<()> {
        self.runs += 1;
        self.crashes += r.crashes;
        self.sql_faults += r.sql_faults;
        self.faults += r.faults;
        self.requests += r.requests;
        self.verified += r.verified;
        self.virtual_seconds += r.virtual_seconds;
        if !r.violations.is_empty() {
            writeln!(out, "{name}:")?;
            for v in r.violations.iter().take(12) {
                writeln!(out, "  {v}")?;
            }
            self.failed.push(name.to_owned());
        }
        Ok(())
    }

    fn end(&self, out: &mut impl std::io::Write, next: &str) -> Result<()> {
        writeln!(
            out,
            "{} seeds: {} virtual hours, {} crashes, {} database faults, {} ledger faults, {} \
             requests to the ledger, {} documents verified",
            self.runs,
            self.virtual_seconds / 3_600,
            self.crashes,
            self.sql_faults,
            self.faults,
            self.requests,
            self.verified
        )?;
        if !self.failed.is_empty() {
            bail!("{} of {} runs failed: {:?}; {next}", self.failed.len(), self.runs, self.failed);
        }
        Ok(())
    }
}
