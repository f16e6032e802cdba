//! `sim run`.

use crate::command::{Planted, profile, real_time};
use anyhow::{Result, bail};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use sim::many::{self, Totals};
use std::io::Write as _;
use std::time::Duration;

/// Findings printed for each seed.
const FINDINGS: usize = 12;
/// Seeds after which it is pointless to go on.
const FAILED_MAX: usize = 50;

#[derive(Args)]
pub struct Run {
    /// Name of a profile (see `sim profiles`), or a file with one.
    #[arg(long, default_value = "everything")]
    profile: String,
    /// How many seeds.
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..))]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// End after so many minutes of real time, whatever is left.
    #[arg(long)]
    minutes: Option<u64>,
    #[command(flatten)]
    planted: Planted,
}

impl Run {
    pub fn execute(&self) -> Result<()> {
        let bounds = profile(&self.profile)?;
        self.planted.plant()?;
        let start = real_time();
        let limit = self.minutes.map(|m| Duration::from_secs(m * 60));
        let bar = ProgressBar::new(self.seeds);
        let style = "{bar:30} {pos}/{len} seeds, {per_sec}, {msg}";
        bar.set_style(ProgressStyle::with_template(style)?);
        bar.set_message("nothing found");
        let (mut total, mut out) = (Totals::default(), std::io::stdout().lock());
        let mut written = Ok(());
        many::run(&bounds, self.from..self.from + self.seeds, |seed, report| {
            total.add(seed, &report);
            if !report.violations.is_empty() {
                bar.set_message(format!("{} seeds failed", total.failed.len()));
                written = bar.suspend(|| {
                    writeln!(out, "seed {seed}:")?;
                    for violation in report.violations.iter().take(FINDINGS) {
                        writeln!(out, "  {violation}")?;
                    }
                    out.flush()
                });
            }
            bar.inc(1);
            written.is_ok()
                && total.failed.len() < FAILED_MAX
                && limit.is_none_or(|limit| start.elapsed() < limit)
        })?;
        bar.finish_and_clear();
        written?;
        self.tell(&mut out, &total, start.elapsed())?;
        if !total.failed.is_empty() {
            total.failed.sort_unstable();
            bail!(
                "{} of {} seeds failed: {:?}; read one with `sim explain SEED --profile {}`",
                total.failed.len(),
                total.runs,
                total.failed,
                self.profile
            );
        }
        Ok(())
    }

    fn tell(
        &self,
        out: &mut impl std::io::Write,
        total: &Totals,
        elapsed: Duration,
    ) -> std::io::Result<()> {
        let millis = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX).max(1);
        let per_second = total.runs * 1_000 / millis;
        let runs = i64::try_from(total.runs.max(1)).unwrap_or(1);
        writeln!(
            out,
            "{}: {} seeds in {}.{} s, {per_second} a second; {} virtual days, {} requests to the \
             ledger, {} documents verified, drained within {} s on average and {} s at most, {} \
             polls and {} bytes of tape a run",
            self.profile,
            total.runs,
            millis / 1_000,
            millis % 1_000 / 100,
            total.virtual_seconds / 86_400,
            total.requests,
            total.verified,
            total.drain_seconds / runs,
            total.drain_seconds_max,
            total.steps / total.runs.max(1),
            total.tape_bytes / total.runs.max(1),
        )?;
        let sources: Vec<String> =
            total.sources.iter().map(|(kind, n)| format!("{kind} in {n}")).collect();
        writeln!(out, "sources: {}", sources.join(", "))?;
        let troubles: Vec<String> =
            total.troubles.iter().map(|(kind, n)| format!("{kind} {n}")).collect();
        writeln!(out, "on purpose: {}", troubles.join(", "))
    }
}
