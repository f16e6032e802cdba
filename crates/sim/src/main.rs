//! Runs seeds, repeats one, explains it, makes it small, proves that runs repeat.

mod command;

use anyhow::Result;
use clap::{Parser, Subcommand};
use std::io::{Error, ErrorKind};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Deterministic simulation of Tieout.
#[derive(Parser)]
#[command(name = "sim", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs many seeds on all cores; ends with an error when a judge finds something.
    Run(command::run::Run),
    /// Repeats one run and says what the judges found.
    Replay(command::one::One),
    /// Tells one run event by event, with virtual time: who did what, to whom, and what came of it.
    Explain(command::one::One),
    /// Makes the tape of a failing run short and quiet, and keeps it in the bugbase.
    Minimise(command::minimise::Minimise),
    /// Runs seeds in two processes and compares what happened: where it differs, no seed means
    /// anything until the cause is gone.
    Meta(command::meta::Meta),
    /// Prints what happened in some seeds, one line each: what `meta` compares.
    #[command(hide = true)]
    Digests(command::meta::Meta),
    /// Runs a month of every kind of company under each fault of the ledger alone, and months of all
    /// sorts under all of them, each fault at a fifth of all calls until all is done.
    Faults(command::faults::Faults),
    /// Plants bugs in the product, one at a time, and says which judge finds each in which seed. Needs
    /// a build with `--features canary`.
    Canaries(command::canaries::Canaries),
    /// Runs the catalogue of accounting cases.
    Cases(command::cases::Cases),
    /// Measures how right the books are, beside those of the integration that a team would write
    /// first: records, deliveries, amounts, work by hand, time to drain.
    Report(command::report::Report),
    /// Lists the profiles.
    Profiles,
}

fn main() -> Result<()> {
    match run() {
        // Whoever reads has read enough, as `head` does.
        Err(e) if e.downcast_ref::<Error>().is_some_and(|e| e.kind() == ErrorKind::BrokenPipe) => {
            Ok(())
        }
        done => done,
    }
}

fn run() -> Result<()> {
    match Cli::parse().command {
        Command::Run(run) => run.execute(),
        Command::Replay(one) => one.replay(),
        Command::Explain(one) => one.explain(),
        Command::Minimise(minimise) => minimise.execute(),
        Command::Meta(meta) => meta.compare(),
        Command::Digests(meta) => meta.print(),
        Command::Faults(faults) => faults.execute(),
        Command::Canaries(canaries) => canaries.execute(),
        Command::Cases(cases) => cases.execute(),
        Command::Report(report) => report.execute(),
        Command::Profiles => command::profiles(),
    }
}
