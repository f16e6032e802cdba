//! Checks the protocol and every broken variant of it, and prints what was found.

use anyhow::{Result, ensure};
use clap::{Parser, ValueEnum};
use model::{Bounds, Lane, Mutation, Protocol, Verdict, check, has_no_cycle};
use std::io::Write as _;
use std::time::Instant;

/// Model check of the lane: lease, fence, attempts, doubts.
#[derive(Parser)]
#[command(name = "model", version)]
struct Args {
    /// How far the protocol is searched.
    #[arg(long, value_enum, default_value = "small")]
    bounds: Depth,
    /// Threads.
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Print the shortest history to harm for each broken rule.
    #[arg(long)]
    histories: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
enum Depth {
    /// One document and the worst of what can go wrong: seconds.
    Tiny,
    /// Also two documents that may share a call.
    Pair,
    /// Also one document and one of everything that can go wrong: minutes.
    Small,
    /// Also more of what is lost and taken over: many minutes and gigabytes.
    Deep,
}

impl Depth {
    fn bounds(self) -> Bounds {
        match self {
            Self::Tiny => Bounds::TINY,
            Self::Pair => Bounds::PAIR,
            Self::Small => Bounds::SMALL,
            Self::Deep => Bounds::DEEP,
        }
    }
}

fn main() -> Result<()> {
    let args = Args::parse();
    let mut out = std::io::stdout().lock();
    writeln!(out, "| bounds | states | steps | longest history | seconds | broken |")?;
    writeln!(out, "|---|---|---|---|---|---|")?;
    let mut sound = true;
    for depth in Depth::value_variants().iter().filter(|d| **d <= args.bounds) {
        let lane = Lane { protocol: Protocol::default(), bounds: depth.bounds() };
        let name = format!("{depth:?}").to_lowercase();
        let (verdict, seconds) = timed(|| check(&lane, None, args.threads));
        let Verdict { states, steps, depth: longest, .. } = verdict;
        let broken = verdict.broken.len();
        writeln!(out, "| {name} | {states} | {steps} | {longest} | {seconds} | {broken} |")?;
        for (rule, history) in &verdict.broken {
            writeln!(out, "\nBROKEN {rule}:\n  {}", history.join("\n  "))?;
        }
        for name in &verdict.missed {
            writeln!(out, "\nNEVER REACHED {name}")?;
        }
        sound &= verdict.broken.is_empty() && verdict.missed.is_empty();
    }
    let pair = Lane { protocol: Protocol::default(), bounds: Bounds::PAIR };
    let ends = has_no_cycle(&pair);
    writeln!(out, "\nevery history within the bounds `pair` ends: {ends}")?;
    writeln!(out, "\n| rule switched off | breaks | after steps | states |\n|---|---|---|---|")?;
    for mutation in Mutation::all() {
        let lane = mutation.lane();
        let verdict = check(&lane, Some(mutation.breaks), args.threads);
        let found = verdict.broken.iter().find(|(rule, _)| *rule == mutation.breaks);
        let steps = found.map_or_else(|| "NOT FOUND".to_owned(), |(_, h)| h.len().to_string());
        let (name, breaks, states) = (mutation.name, mutation.breaks, verdict.states);
        writeln!(out, "| {name} | {breaks} | {steps} | {states} |")?;
        if let Some((_, history)) = found.filter(|_| args.histories) {
            writeln!(out, "\n  {}\n", history.join("\n  "))?;
        }
        sound &= found.is_some();
    }
    ensure!(sound && ends, "the protocol or its check is not sound");
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a measurement for people")]
fn timed<T>(work: impl FnOnce() -> T) -> (T, u64) {
    let start = Instant::now();
    let done = work();
    (done, start.elapsed().as_secs())
}
