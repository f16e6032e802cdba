//! Benchmarks: one command, one table, ratios within one run. The method is in the README.

// Measurements, never money.
#![expect(clippy::float_arithmetic, reason = "rates and ratios are measurements")]

mod machine;
mod orders;
mod report;
mod scenario;
mod shop;
mod stage;
mod time;
mod timed_sql;
mod virtual_time;

use anyhow::{Context, Result, bail, ensure};
use clap::Parser;
use machine::Machine;
use report::Row;
use scenario::{ALL, Scenario};
use serde::Serialize;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

/// Measures the product and prints one table.
#[derive(Parser)]
#[command(name = "bench")]
struct Args {
    /// Measure only this scenario; may be repeated.
    #[arg(long, value_name = "NAME", value_parser = names())]
    only: Vec<String>,
    /// Orders per scenario; each has a number of its own otherwise.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    orders: Option<u32>,
    /// Print one JSON object instead of the table.
    #[arg(long)]
    json: bool,
    /// Print where the time in the database went, too.
    #[arg(long)]
    statements: bool,
    /// End with a failure when an aim is missed, not only when an outcome is wrong.
    #[arg(long)]
    strict: bool,
    /// Where databases are written; they are removed afterwards. Name a real disk: commits wait
    /// for it.
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
    /// Measure one scenario in this process and print its row: how each is run.
    #[arg(long, hide = true, value_parser = names())]
    child: Option<String>,
}

fn names() -> clap::builder::PossibleValuesParser {
    ALL.iter().map(|s| s.name).collect::<Vec<_>>().into()
}

#[derive(Serialize)]
struct Report<'a> {
    machine: &'a Machine,
    rows: &'a [Row],
}

fn main() -> Result<ExitCode> {
    let args = Args::parse();
    let parent = args.folder.clone().unwrap_or_else(std::env::temp_dir);
    if let Some(name) = &args.child {
        let scenario = ALL.iter().find(|s| s.name == *name).context("a known scenario")?;
        let row = scenario.run(args.orders.unwrap_or(scenario.orders), &parent)?;
        print(&serde_json::to_string(&row)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let folder = parent.join(format!("tieout-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    let measured = measure(&args, &folder);
    std::fs::remove_dir_all(&folder)?;
    let (machine, rows) = measured?;
    if args.json {
        print(&serde_json::to_string(&Report { machine: &machine, rows: &rows })?)?;
    } else {
        print(&report::screen(&machine, &rows))?;
        for row in rows.iter().filter(|r| args.statements && !r.statements.is_empty()) {
            print(&format!("{}:\n{}", row.name, row.statements))?;
        }
    }
    let wrong = rows.iter().any(|r| !r.faults.is_empty());
    let missed = rows.iter().flat_map(|r| &r.aims).any(|a| !a.is_met());
    Ok(if wrong || (args.strict && missed) { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn measure(args: &Args, folder: &Path) -> Result<(Machine, Vec<Row>)> {
    let machine = Machine::look(folder)?;
    let mut rows = Vec::new();
    for scenario in ALL {
        if args.only.is_empty() || args.only.iter().any(|n| n == scenario.name) {
            let orders = args.orders.unwrap_or(scenario.orders);
            rows.push(child(scenario, orders, folder)?);
        }
    }
    Ok((machine, rows))
}

/// Runs a scenario in a process of its own, so that peaks of memory do not mix.
fn child(scenario: &Scenario, orders: u32, parent: &Path) -> Result<Row> {
    let folder = parent.join(scenario.name);
    std::fs::create_dir_all(&folder)?;
    let output = Command::new(std::env::current_exe()?)
        .args(["--child", scenario.name, "--orders", &orders.to_string(), "--folder"])
        .arg(&folder)
        .stderr(Stdio::inherit())
        .output()?;
    std::fs::remove_dir_all(&folder)?;
    ensure!(output.status.success(), "{} failed: {}", scenario.name, output.status);
    match serde_json::from_slice(&output.stdout) {
        Ok(row) => Ok(row),
        Err(e) => bail!("{} printed no row: {e}", scenario.name),
    }
}

fn print(text: &str) -> Result<()> {
    Ok(writeln!(std::io::stdout(), "{text}")?)
}
