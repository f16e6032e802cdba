//! `sim canaries`.

use anyhow::{Result, bail, ensure};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use sim::bounds;
use sim::canaries::{self, CANARIES, Canary, Found, PAGE, REAL, SEEDS, Search};
use std::io::Write as _;
use std::path::Path;

/// Letters of a finding that fit on a line.
const SHOWN: usize = 100;

#[derive(Args)]
pub struct Canaries {
    /// Names of planted bugs; all without any.
    names: Vec<String>,
    /// Seeds in which each must be found.
    #[arg(long, default_value_t = SEEDS, value_parser = clap::value_parser!(u64).range(1..))]
    seeds: u64,
    /// Looks in the runs of another profile than the one that is named with the bug.
    #[arg(long, conflicts_with = "write", requires = "search")]
    profile: Option<String>,
    /// Looks in seeds also for what the bugbase has a tape of.
    #[arg(long, conflicts_with = "write")]
    search: bool,
    /// Writes the page about them.
    #[arg(long)]
    write: bool,
}

impl Canaries {
    pub fn execute(&self) -> Result<()> {
        let chosen = canaries::named(&self.names)?;
        canaries::built_in()?;
        ensure!(!self.write || chosen.len() == CANARIES.len(), "the page tells of all of them");
        let mut out = std::io::stdout();
        let bar = ProgressBar::new(chosen.len() as u64);
        bar.set_style(ProgressStyle::with_template("{bar:30} {pos}/{len} bugs, {msg}")?);
        writeln!(out, "{:<30} {:<12} {:>4}  judge", "bug", "profile", "seed")?;
        let (mut found, mut missed) = (Vec::<(_, Found)>::new(), Vec::new());
        for canary in chosen {
            let mut runs = 0;
            let elsewhere = self.profile.as_ref().and_then(|p| bounds::names().find(|n| n == p));
            let canary = Canary { profile: elsewhere.unwrap_or(canary.profile), ..*canary };
            let result = if REAL.contains(&canary.name) && !self.search {
                canary.replay()?
            } else {
                canary.search(self.seeds, || {
                    runs += 1;
                    bar.set_message(format!("{}: {runs} seeds", canary.name));
                })?
            };
            let (name, profile, judge) = (canary.name, canary.profile, canary.judge);
            let line = match &result {
                Search::Found(f) => {
                    let what: String = f.what.chars().take(SHOWN).collect();
                    let place = match f.seed {
                        Some(seed) => format!("{profile:<12} {seed:>4}"),
                        None => format!("{:<17}", "its tape"),
                    };
                    format!("{name:<30} {place}  {judge}: {what}")
                }
                Search::Missed { others, passed } if runs == 0 => format!(
                    "{name:<30} {profile:<12}    -  NOT FOUND by {judge} on its tape, which came \
                     {passed} times to the bug; found by {others:?}. The product or the world draws \
                     otherwise than it did: `sim canaries {name} --search` looks for a seed, `sim \
                     minimise SEED --planted {name}` makes another tape"
                ),
                Search::Missed { others, passed } => format!(
                    "{name:<30} {profile:<12}    -  NOT FOUND by {judge} in {runs} seeds, which came \
                     {passed} times to the bug; found by {others:?}"
                ),
            };
            bar.suspend(|| writeln!(out, "{line}"))?;
            match result {
                Search::Found(f) => found.push((canary, f)),
                Search::Missed { .. } => missed.push(name),
            }
            bar.inc(1);
        }
        bar.finish_and_clear();
        if !missed.is_empty() {
            bail!("{} planted bugs were not found: {}", missed.len(), missed.join(", "));
        }
        writeln!(out, "{} planted bugs, all found", found.len())?;
        if self.write {
            let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
            std::fs::write(root.join(PAGE), canaries::page(&found))?;
            writeln!(out, "wrote {PAGE}")?;
        }
        Ok(())
    }
}
