//! `tieout apply`.

use crate::cli::Global;
use crate::command::stop_signal::StopSignal;
use crate::exit::{Done, Exit, Stop};
use crate::output::{self, count, progress};
use crate::site::{Mode, Site};
use engine::{Outcome, Progress, Worker};
use serde::Serialize;
use std::collections::BTreeMap;

/// What was done.
#[derive(Debug, Clone, Serialize)]
pub struct Applied {
    /// `drained` or `stopped`.
    pub outcome: &'static str,
    /// Deliveries read.
    pub normalised: u64,
    /// Items decided.
    pub decided: u64,
    /// Writes confirmed.
    pub posted: u64,
    /// Documents verified.
    pub verified: u64,
    /// Calls by kind.
    pub calls: BTreeMap<&'static str, u64>,
    /// Outcomes that were not a confirmation.
    pub setbacks: BTreeMap<&'static str, u64>,
}

/// Writes what is decided and verifies it.
pub async fn run(global: &Global) -> Done {
    let site = Site::open(global, Mode::Work).await?;
    let stop = StopSignal::listen()?;
    let applied = drain(&site, global.json, global.no_wait, &stop).await?;
    if global.json {
        output::json(&applied)?;
    } else {
        output::print(&sentence(&applied))?;
    }
    Ok(exit(&applied))
}

/// The exit code for what was done.
pub fn exit(applied: &Applied) -> Exit {
    if applied.outcome == "drained" { Exit::Ok } else { Exit::Failure }
}

/// What was done, for people.
pub fn sentence(a: &Applied) -> String {
    let calls: u64 = a.calls.values().sum();
    let end = if a.outcome == "drained" {
        "Nothing is left to do."
    } else {
        "Stopped before the end; the same command goes on."
    };
    format!(
        "{} deliveries read, {} items decided, {} documents posted, {} verified in {} calls. {end}",
        count(a.normalised),
        count(a.decided),
        count(a.posted),
        count(a.verified),
        count(calls)
    )
}

/// Runs a worker until nothing is left, the process is to end, or a person is needed.
pub async fn drain(
    site: &Site,
    quiet: bool,
    no_wait: bool,
    stop: &StopSignal,
) -> Result<Applied, Stop> {
    site.must_be_connected().await?;
    let bar = progress::spinner("applying", quiet);
    let mut last = Progress::default();
    loop {
        let (watched, shown) = (stop.clone(), bar.clone());
        let mut worker = Worker::new(site.engine.clone(), site.owner(), move |p: &Progress| {
            shown.set_message(progress::line(p));
            !watched.is_set()
        });
        let outcome = {
            let run = Box::pin(worker.run(true));
            let guard = Box::pin(until_broken(site));
            match futures_util::future::select(run, guard).await {
                futures_util::future::Either::Left((outcome, _)) => Some(outcome?),
                futures_util::future::Either::Right(_) => None,
            }
        };
        last.clone_from(worker.progress());
        match outcome {
            Some(Outcome::Drained) => return Ok(applied("drained", last)),
            Some(Outcome::Stopped) => return Ok(applied("stopped", last)),
            None => {
                site.must_be_connected().await?;
                return Ok(applied("stopped", last));
            }
            Some(Outcome::Busy) if no_wait => {
                return Err(Stop::new(
                    Exit::Busy,
                    "another worker owns this ledger connection; wait for it, or leave out \
                     --no-wait",
                ));
            }
            Some(Outcome::Busy) => {
                output::note("waiting: another worker owns this ledger connection");
                let clock = &site.engine.clock;
                clock.sleep_until(clock.now().plus_seconds(5)).await;
            }
        }
    }
}

/// Completes when the ledger connection needs a person: without one, work would wait for ever.
async fn until_broken(site: &Site) {
    let clock = &site.engine.clock;
    loop {
        clock.sleep_until(clock.now().plus_seconds(2)).await;
        if matches!(site.tokens.missing().await, Ok(Some(_))) {
            return;
        }
    }
}

fn applied(outcome: &'static str, p: Progress) -> Applied {
    Applied {
        outcome,
        normalised: p.normalised,
        decided: p.decided,
        posted: p.posted,
        verified: p.verified,
        calls: p.calls,
        setbacks: p.setbacks,
    }
}
