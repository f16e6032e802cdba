//! `sim minimise`.

use crate::command::{profile_text, real_time};
use anyhow::{Context, Result};
use clap::Args;
use sim::{Bounds, Tape, bugbase, minimise, run_in};
use std::io::Write as _;
use std::time::Duration;

#[derive(Args)]
pub struct Minimise {
    /// The seed.
    seed: u64,
    /// Name of its profile, or a file with one.
    #[arg(long, default_value = "everything")]
    profile: String,
    /// Name of the failure, in lower case with hyphens.
    #[arg(long, default_value = "unnamed")]
    name: String,
    /// The judge whose finding is to stay; the first that found something when left out.
    #[arg(long)]
    oracle: Option<String>,
    /// End after so many minutes of real time.
    #[arg(long, default_value_t = 3)]
    minutes: u64,
}

impl Minimise {
    pub fn execute(&self) -> Result<()> {
        let text = profile_text(&self.profile)?;
        let bounds = Bounds::parse(&text)?;
        let report = run_in(&bounds, Tape::of_seed(self.seed), false)?;
        let wanted = |oracle: &str| self.oracle.as_deref().is_none_or(|o| o == oracle);
        let found = report.violations.iter().find(|v| wanted(v.oracle));
        let found = found.with_context(|| format!("seed {} does not fail so", self.seed))?;
        let start = real_time();
        let limit = Duration::from_secs(self.minutes * 60);
        let bar = indicatif::ProgressBar::new_spinner();
        let tape = minimise::minimise(&bounds, report.tape.clone(), found.oracle, |tape| {
            let left = tape.iter().filter(|b| **b != 0).count();
            bar.set_message(format!("{} bytes, {left} of them not zero", tape.len()));
            bar.inc(1);
            start.elapsed() < limit
        });
        bar.finish_and_clear();
        let left = tape.iter().filter(|b| **b != 0).count();
        let after = run_in(&bounds, Tape::of_bytes(tape.clone()), false)?;
        let findings: Vec<String> =
            after.violations.iter().take(12).map(|v| format!("- {v}\n")).collect();
        let note = format!(
            "# {}\n\nFound by `sim run --profile {}` at seed {}; the tape is cut to {} bytes, {left} \
             of them not zero.\n\nThe judges said:\n\n{}",
            self.name,
            self.profile,
            self.seed,
            tape.len(),
            findings.concat()
        );
        let folder = bugbase::keep(&self.name, &text, &tape, &note)?;
        let mut out = std::io::stdout().lock();
        writeln!(
            out,
            "{} of {} bytes, {left} of them not zero: {}",
            tape.len(),
            report.tape.len(),
            folder.display()
        )?;
        Ok(())
    }
}
