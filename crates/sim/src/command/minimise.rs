//! `sim minimise`.

use crate::command::{Planted, profile_text, real_time};
use anyhow::{Context, Result};
use clap::Args;
use sim::{Bounds, Tape, Violation, bounds, bugbase, minimise, run_in};
use std::io::Write as _;
use std::time::Duration;

#[derive(Args)]
pub struct Minimise {
    /// The seed.
    seed: u64,
    /// Name of its profile, or a file with one.
    #[arg(long, default_value = "everything")]
    profile: String,
    /// Name of the failure, in lower case with hyphens; that of the planted bug when left out.
    #[arg(long)]
    name: Option<String>,
    /// The judge whose finding is to stay; that of the planted bug, or the first that found something,
    /// when left out.
    #[arg(long)]
    oracle: Option<String>,
    /// End after so many minutes of real time.
    #[arg(long, default_value_t = 3)]
    minutes: u64,
    #[command(flatten)]
    planted: Planted,
}

impl Minimise {
    pub fn execute(&self) -> Result<()> {
        let planted = self.planted.plant()?;
        let name = self.name.as_deref().or(planted.map(|bug| bug.name)).unwrap_or("unnamed");
        let text = profile_text(&self.profile)?;
        let within = Bounds::parse(&text)?;
        let report = run_in(&within, Tape::of_seed(self.seed), false)?;
        let oracle = self.oracle.as_deref().or(planted.map(|bug| bug.judge));
        let wanted = |found: &str| oracle.is_none_or(|o| o == found);
        let found = report.violations.iter().find(|v| wanted(v.oracle));
        let found = found.with_context(|| format!("seed {} does not fail so", self.seed))?;
        let start = real_time();
        let limit = Duration::from_secs(self.minutes * 60);
        let bar = indicatif::ProgressBar::new_spinner();
        let tape = minimise::minimise(&within, report.tape.clone(), found.oracle, |tape| {
            let left = tape.iter().filter(|b| **b != 0).count();
            bar.set_message(format!("{} bytes, {left} of them not zero", tape.len()));
            bar.inc(1);
            start.elapsed() < limit
        });
        bar.finish_and_clear();
        let left = tape.iter().filter(|b| **b != 0).count();
        let after = run_in(&within, Tape::of_bytes(tape.clone()), false)?;
        let finding = |v: &Violation| format!("- {}\n", v.to_string().trim_end());
        let findings: Vec<String> = after.violations.iter().take(12).map(finding).collect();
        let what = planted.map_or_else(String::new, |bug| format!("{}\n\n", bug.wrong));
        let with = planted.map_or_else(String::new, |bug| format!(" --planted {}", bug.name));
        let profile = match bounds::text(&self.profile) {
            Some(_) => format!("in profile `{}`", self.profile),
            None => "in the profile beside this note".to_owned(),
        };
        let note = format!(
            "# {name}\n\n{what}Found by `sim run{with}` {profile}, at seed {}; the tape is cut to {} \
             bytes, {left} of them not zero.\n\nThe judges said:\n\n{}",
            self.seed,
            tape.len(),
            findings.concat()
        );
        let folder = bugbase::keep(name, planted.is_some(), &text, &tape, &note)?;
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
