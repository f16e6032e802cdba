//! `tieout demo`: one shop's month on a simulated company, with faults, judged at the end.

mod crew;
mod feed;
mod judge;
mod report;
mod stage;

use crate::adapter::clock::Stopwatch;
use crate::cli::{DemoArgs, Global};
use crate::command::serve;
use crate::command::stop_signal::StopSignal;
use crate::exit::{Done, Exit, Stop};
use crate::output;
use api::Access;
use crew::Crew;
use feed::Feed;
use stage::Stage;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

/// Runs the month, prints the report, and goes on serving unless `--once`.
pub async fn run(global: &Global, args: &DemoArgs) -> Done {
    let watch = Stopwatch::start();
    let stop = StopSignal::listen()?;
    // An address that cannot be had is said before the work, not after it.
    let listener = if args.once { None } else { Some(serve::bind(args.listen).await?) };
    let stage = Stage::set(global, args).await?;
    let crew = play(&stage, args, global.json, &stop).await;
    let crew = match crew {
        Ok(crew) => crew,
        Err(e) => {
            stage.strike().await;
            return Err(e);
        }
    };
    stage.lift_faults();
    let verdict = judge::judge(&stage).await?;
    let report = report::Report::of(&stage, args, &crew, verdict, watch.elapsed());
    if global.json {
        output::json(&report)?;
    } else {
        output::print(&report.screen())?;
    }
    let exit = if report.failures.is_empty() { Exit::Ok } else { Exit::Promise };
    let Some(listener) = listener.filter(|_| !stop.is_set()) else {
        stage.strike().await;
        return Ok(exit);
    };
    output::note(&report::next_steps(&stage, listener.local_addr()?));
    let served = serve::serve(&stage.site, listener, Access::Loopback, &stop).await;
    stage.strike().await;
    served.map(|_| exit)
}

/// Delivers the month while workers come and go.
#[expect(clippy::disallowed_methods, reason = "the binary starts tasks")]
async fn play(
    stage: &Stage,
    args: &DemoArgs,
    quiet: bool,
    stop: &StopSignal,
) -> Result<Crew, Stop> {
    let feed = Arc::new(Feed::new(stage));
    let feeding = Arc::clone(&feed);
    let engine = stage.site.engine.clone();
    // On a thread of its own: the vendors are not part of Tieout.
    let runtime = tokio::runtime::Handle::current();
    let handle = tokio::task::spawn_blocking(move || runtime.block_on(feeding.run(engine)));
    let crew = Crew::new(stage, args, Arc::clone(&feed), quiet);
    let done = crew.work(stop).await;
    feed.cancelled.store(true, Ordering::SeqCst);
    let fed = handle.await?;
    let crew = done?;
    fed?;
    if stop.is_set() {
        return Err(Stop::new(Exit::Failure, "stopped before the month was over"));
    }
    *stage.received.lock().unwrap_or_else(PoisonError::into_inner) = feed.counts();
    Ok(crew)
}
