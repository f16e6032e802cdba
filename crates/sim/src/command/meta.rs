//! `sim meta`.

use crate::command::profile;
use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use sim::{Tape, run_in};
use std::io::Write as _;
use std::process::{Command, Stdio};

#[derive(Args)]
pub struct Meta {
    /// Name of a profile, or a file with one.
    #[arg(long, default_value = "everything")]
    profile: String,
    /// How many seeds.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..))]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    from: u64,
}

impl Meta {
    /// One line for each seed: digest of schedule, trace and books, polls and bytes of tape.
    pub fn print(&self) -> Result<()> {
        let bounds = profile(&self.profile)?;
        let mut out = std::io::stdout().lock();
        for seed in self.from..self.from + self.seeds {
            let r = run_in(&bounds, Tape::of_seed(seed), true)?;
            let (steps, tape, lines) = (r.steps, r.tape.len(), r.lines.len());
            writeln!(out, "seed {seed}: {:016x} {steps} {tape} {lines}", r.digest)?;
            // The tape that was read must tell the same story as its seed.
            let again = run_in(&bounds, Tape::of_bytes(r.tape.clone()), true)?;
            ensure!(again == r, "seed {seed} and its tape give different runs");
        }
        Ok(())
    }

    /// The same in two processes.
    pub fn compare(&self) -> Result<()> {
        let program = std::env::current_exe().context("finding this program")?;
        let start = || {
            let mut command = Command::new(&program);
            command.args(["digests", "--profile", &self.profile]);
            command.args(["--seeds", &self.seeds.to_string(), "--from", &self.from.to_string()]);
            command.stdout(Stdio::piped()).spawn().context("starting this program again")
        };
        let (first, second) = (start()?, start()?);
        let (first, second) = (first.wait_with_output()?, second.wait_with_output()?);
        ensure!(first.status.success() && second.status.success(), "a process failed");
        let (first, second) =
            (String::from_utf8_lossy(&first.stdout), String::from_utf8_lossy(&second.stdout));
        if let Some((a, b)) = first.lines().zip(second.lines()).find(|(a, b)| a != b) {
            bail!("two processes differ:\n  {a}\n  {b}\nread both with `sim explain SEED`");
        }
        ensure!(
            first == second && first.lines().count() as u64 == self.seeds,
            "a process ended early"
        );
        writeln!(std::io::stdout(), "{} seeds repeat exactly in two processes", self.seeds)?;
        Ok(())
    }
}
