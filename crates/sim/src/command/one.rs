//! `sim replay` and `sim explain`.

use crate::command::{Planted, profile};
use anyhow::{Result, bail};
use clap::Args;
use sim::{Bounds, Report, Tape, bugbase, run_in};
use std::io::Write as _;
use std::path::Path;

#[derive(Args)]
pub struct One {
    /// A seed, or a folder of the bugbase.
    what: String,
    /// Name of the profile of a seed, or a file with one.
    #[arg(long, default_value = "everything")]
    profile: String,
    #[command(flatten)]
    planted: Planted,
}

impl One {
    pub fn replay(&self) -> Result<()> {
        let (bounds, tape) = self.find()?;
        judge(&run_in(&bounds, tape, false)?)
    }

    pub fn explain(&self) -> Result<()> {
        let (bounds, tape) = self.find()?;
        let report = run_in(&bounds, tape, true)?;
        let mut out = std::io::stdout().lock();
        for line in &report.lines {
            writeln!(out, "{line}")?;
        }
        drop(out);
        judge(&report)
    }

    fn find(&self) -> Result<(Bounds, Tape)> {
        self.planted.plant()?;
        if let Ok(seed) = self.what.parse() {
            return Ok((profile(&self.profile)?, Tape::of_seed(seed)));
        }
        let entry = bugbase::read(Path::new(&self.what))?;
        Ok((entry.bounds, Tape::of_bytes(entry.tape)))
    }
}

fn judge(r: &Report) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "{} polls, {} virtual seconds, {} requests, {} documents verified, {} bytes of tape, digest \
         {:016x}",
        r.steps,
        r.virtual_seconds,
        r.requests,
        r.verified,
        r.tape.len(),
        r.digest
    )?;
    for (kind, n) in &r.troubles {
        writeln!(out, "{n:>6} {kind}")?;
    }
    for violation in &r.violations {
        writeln!(out, "VIOLATION {violation}")?;
    }
    if !r.violations.is_empty() {
        bail!("{} violations", r.violations.len());
    }
    Ok(())
}
