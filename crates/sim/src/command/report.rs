//! `sim report`.

use crate::command::{profile, real_time};
use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use sim::report::{self, Row};
use sim::{Bounds, many};
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

#[derive(Args)]
pub struct Report {
    /// Seeds of each profile, from 0.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..))]
    seeds: u64,
    /// Only this profile (see `sim profiles`); may be repeated.
    #[arg(long)]
    profile: Vec<String>,
    /// End after so many minutes of real time, with the seeds that are done.
    #[arg(long, conflicts_with = "write")]
    minutes: Option<u64>,
    /// Writes the page and its plots.
    #[arg(long)]
    write: bool,
}

impl Report {
    pub fn execute(&self) -> Result<()> {
        let start = real_time();
        let limit = self.minutes.map(|m| Duration::from_secs(m * 60));
        let goes_on = || limit.is_none_or(|limit| start.elapsed() < limit);
        let names: Vec<String> = if self.profile.is_empty() {
            report::profiles().map(str::to_owned).collect()
        } else {
            self.profile.clone()
        };
        let bar = ProgressBar::new(self.seeds * names.len() as u64 + report::BACKLOG_SEEDS);
        bar.set_style(ProgressStyle::with_template(
            "{bar:30} {pos}/{len} seeds, {eta} left, {msg}",
        )?);
        let measure = |name: &str, bounds: &Bounds, seeds: u64| {
            bar.set_message(name.to_owned());
            let mut row = Row::of(name);
            let run = |seed| report::pair(bounds, seed);
            many::run_with(run, 0..seeds, |seed, pair| {
                row.add(seed, &pair);
                bar.inc(1);
                goes_on()
            })?;
            anyhow::Ok(row)
        };
        let mut rows = Vec::with_capacity(names.len());
        for name in names.iter().take_while(|_| goes_on()) {
            rows.push(measure(name, &profile(name)?, self.seeds)?);
        }
        let backlog = measure("backlog", &report::backlog()?, report::BACKLOG_SEEDS)?;
        bar.finish_and_clear();
        let mut out = std::io::stdout().lock();
        writeln!(out, "{}", report::screen(&rows, &backlog))?;
        if self.write {
            self.write(&rows, &backlog)?;
            writeln!(out, "wrote {}", report::PAGE)?;
        }
        if let Some(row) = rows.iter().chain([&backlog]).find(|row| !row.failed.is_empty()) {
            let (name, failed) = (&row.profile, &row.failed);
            bail!("the judges found something in {name}, seeds {failed:?}; see `sim run`");
        }
        Ok(())
    }

    fn write(&self, rows: &[Row], backlog: &Row) -> Result<()> {
        ensure!(self.profile.is_empty(), "the page is about all profiles: leave out --profile");
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let put = |path: &str, text: &str| {
            std::fs::write(root.join(path), text).with_context(|| format!("writing {path}"))
        };
        put(report::PAGE, &report::page(rows, backlog))?;
        for (path, svg) in report::plots(rows) {
            put(&path, &svg)?;
        }
        Ok(())
    }
}
