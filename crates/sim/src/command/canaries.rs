//! `sim canaries`.

use crate::command::profile;
use anyhow::{Result, bail, ensure};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use sim::canaries::{self, CANARIES, Found, PAGE, REAL, SEEDS, Search};
use sim::{Bounds, bugbase};
use std::io::Write as _;
use std::path::Path;

/// Seeds in which a bug must be found whose tape is stale: most of them are rare.
const STALE_SEEDS: u64 = 1_000;
/// Letters of a finding that fit on a line.
const SHOWN: usize = 100;

#[derive(Args)]
pub struct Canaries {
    /// Names of planted bugs; all without any.
    names: Vec<String>,
    /// Seeds in which each must be found that has no tape in the bugbase.
    #[arg(long, default_value_t = SEEDS, value_parser = clap::value_parser!(u64).range(1..))]
    seeds: u64,
    /// Looks in seeds of this profile (a name, or a file with one) instead of the one that is named
    /// with the bug or of its tape.
    #[arg(long, conflicts_with = "write")]
    profile: Option<String>,
    /// Writes the page about them.
    #[arg(long)]
    write: bool,
}

impl Canaries {
    pub fn execute(&self) -> Result<()> {
        let chosen = canaries::named(&self.names)?;
        canaries::built_in()?;
        let elsewhere = self.profile.as_deref().map(profile).transpose()?;
        ensure!(!self.write || chosen.len() == CANARIES.len(), "the page tells of all of them");
        let mut out = std::io::stdout();
        let bar = ProgressBar::new(chosen.len() as u64);
        bar.set_style(ProgressStyle::with_template("{bar:30} {pos}/{len} bugs, {msg}")?);
        writeln!(out, "{:<30} {:<12} {:>4}  judge", "bug", "profile", "seed")?;
        let (mut found, mut missed) = (Vec::<(_, Found)>::new(), Vec::new());
        for canary in chosen {
            let (name, judge) = (canary.name, canary.judge);
            let is_taped = REAL.contains(&name) && elsewhere.is_none();
            let tape = is_taped.then(|| bugbase::of_bug(name)).transpose()?;
            let on_tape = tape.as_ref().map(|tape| canary.replay(tape)).transpose()?.flatten();
            let (bounds, profile) = match (&elsewhere, &tape) {
                (Some(bounds), _) => (bounds.clone(), "yours"),
                (None, Some(tape)) => (tape.bounds.clone(), "of its tape"),
                (None, None) => (Bounds::named(canary.profile)?, canary.profile),
            };
            let seeds = if is_taped { self.seeds.max(STALE_SEEDS) } else { self.seeds };
            let mut runs = 0;
            let result = match on_tape {
                Some(found) => Search::Found(found),
                None => canary.search(&bounds, seeds, || {
                    runs += 1;
                    bar.set_message(format!("{name}: {runs} seeds"));
                })?,
            };
            let line = match &result {
                Search::Found(f) => {
                    let what: String = f.what.chars().take(SHOWN).collect();
                    let seed = f.seed.map_or_else(|| "tape".to_owned(), |seed| seed.to_string());
                    format!("{name:<30} {profile:<12} {seed:>4}  {judge}: {what}")
                }
                Search::Missed { others, passed } => format!(
                    "{name:<30} {profile:<12}    -  NOT FOUND by {judge} in {runs} seeds, which came \
                     {passed} times to the bug; found by {others:?}"
                ),
            };
            if let (Some(tape), Search::Found(Found { seed: Some(seed), .. })) = (&tape, &result) {
                let tape = &tape.name;
                bar.suspend(|| {
                    writeln!(
                        out,
                        "{:<30} its tape is stale, since the product or the world draws otherwise; \
                         for another: sim minimise {seed} --planted {name} --profile \
                         crates/sim/bugbase/{tape}/profile.toml",
                        ""
                    )
                })?;
            }
            bar.suspend(|| writeln!(out, "{line}"))?;
            match result {
                Search::Found(f) => found.push((*canary, f)),
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
