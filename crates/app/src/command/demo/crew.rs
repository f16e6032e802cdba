//! The workers: one after another, some of them killed in the middle of their work.

use crate::cli::DemoArgs;
use crate::command::demo::feed::Feed;
use crate::command::demo::stage::Stage;
use crate::command::stop_signal::StopSignal;
use crate::exit::{Exit, Stop};
use crate::output::progress;
use engine::{Engine, Outcome, Progress, Worker};
use indicatif::ProgressBar;
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

/// Workers that are killed.
const KILLS: u64 = 4;
/// Work per order over which the kills are spread. A month makes about 4.8: enough is left after the
/// last kill, also where a busy machine looks late.
const WORK_PER_ORDER: u64 = 2;
/// Longest time between the moment chosen and the kill, microseconds: it may hit any await.
const KILL_DELAY_US: u64 = 20_000;
/// How often a moment is looked for, microseconds.
const LOOK_US: i64 = 500;

/// What the workers did together.
pub struct Crew {
    engine: Engine,
    feed: Arc<Feed>,
    owner: String,
    bar: ProgressBar,
    /// Amounts of work (deliveries read + items decided + documents posted) at which a worker is
    /// killed, and the delay of the kill.
    moments: Vec<(u64, u64)>,
    /// Progress of the workers that are gone.
    pub past: Progress,
    /// Workers killed.
    pub killed: u64,
    /// Workers that owned the lane, one after another.
    pub workers: u64,
}

impl Crew {
    /// A crew for the stage.
    pub fn new(stage: &Stage, args: &DemoArgs, feed: Arc<Feed>, quiet: bool) -> Self {
        Self {
            engine: stage.site.engine.clone(),
            feed,
            owner: stage.site.owner(),
            bar: progress::bar(u64::from(args.orders), "orders", quiet),
            moments: moments(args.seed, u64::from(args.orders)),
            past: Progress::default(),
            killed: 0,
            workers: 0,
        }
    }

    /// Works until the month is delivered and nothing is left to do.
    pub async fn work(mut self, stop: &StopSignal) -> Result<Self, Stop> {
        loop {
            let feeding = !self.feed.done.load(Ordering::SeqCst);
            self.workers += 1;
            let end = self.one_worker(feeding, stop).await?;
            if stop.is_set() {
                return Ok(self);
            }
            match end {
                End::Done(Outcome::Drained) if !feeding => {
                    self.bar.finish_and_clear();
                    return Ok(self);
                }
                End::Done(Outcome::Busy) => {
                    return Err(Stop::new(Exit::Busy, "another worker took the demo's lane"));
                }
                End::Done(_) => {}
                End::Killed => self.killed += 1,
            }
        }
    }

    /// One worker from its start to its end, whichever that is.
    #[expect(clippy::disallowed_methods, reason = "the binary starts tasks")]
    async fn one_worker(&mut self, feeding: bool, stop: &StopSignal) -> Result<End, Stop> {
        let seen: Arc<Mutex<Progress>> = Arc::default();
        let (feed, watched, shown) = (Arc::clone(&self.feed), stop.clone(), Arc::clone(&seen));
        let watch = move |p: &Progress| {
            shown.lock().unwrap_or_else(PoisonError::into_inner).clone_from(p);
            let fed = feeding && feed.done.load(Ordering::SeqCst);
            !fed && !watched.is_set()
        };
        let mut worker = Worker::new(self.engine.clone(), self.owner.clone(), watch);
        let task = tokio::spawn(async move {
            let outcome = worker.run(!feeding).await;
            (outcome, worker.progress().clone())
        });
        let clock = Arc::clone(&self.engine.clock);
        let mut kill = None;
        loop {
            clock.sleep_until(clock.now().plus_micros(LOOK_US)).await;
            let now = seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let posted = self.past.posted + now.posted;
            self.bar.set_position(posted.min(self.bar.length().unwrap_or(posted)));
            self.bar.set_message(progress::line(&now));
            let work =
                posted + self.past.normalised + now.normalised + self.past.decided + now.decided;
            let due = self.moments.first().is_some_and(|(at, _)| work >= *at);
            if task.is_finished() {
                break;
            }
            if due {
                let (at, delay) = self.moments.remove(0);
                clock.sleep_until(clock.now().plus_micros(i64::try_from(delay)?)).await;
                task.abort();
                kill = Some((at, delay));
                break;
            }
        }
        let end = match task.await {
            Ok((outcome, progress)) => {
                add(&mut self.past, &progress);
                // It had ended by itself: the next one is killed in its place.
                self.moments.splice(..0, kill);
                End::Done(outcome?)
            }
            Err(e) if e.is_cancelled() => {
                let last = seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
                add(&mut self.past, &last);
                End::Killed
            }
            Err(e) => return Err(e.into()),
        };
        Ok(end)
    }
}

enum End {
    Done(Outcome),
    Killed,
}

/// The moments of the kills, spread over the month: each in its own stretch of it.
fn moments(seed: u64, orders: u64) -> Vec<(u64, u64)> {
    let mut state = seed;
    let mut random = |below: u64| {
        // SplitMix64.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % below.max(1)
    };
    (0..KILLS)
        .map(|n| {
            let stretch = orders * WORK_PER_ORDER / KILLS;
            (n * stretch + random(stretch), random(KILL_DELAY_US))
        })
        .collect()
}

fn add(sum: &mut Progress, more: &Progress) {
    sum.normalised += more.normalised;
    sum.decided += more.decided;
    sum.posted += more.posted;
    sum.verified += more.verified;
    let mut merge = |into: fn(&mut Progress) -> &mut BTreeMap<&'static str, u64>,
                     from: &BTreeMap<&'static str, u64>| {
        for (name, n) in from {
            *into(sum).entry(name).or_default() += n;
        }
    };
    merge(|p| &mut p.calls, &more.calls);
    merge(|p| &mut p.setbacks, &more.setbacks);
}
