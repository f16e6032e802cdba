//! A look at the store now and then while everything goes on: the statement ties out at every moment,
//! not only in the end; what was answered is durable; the log only grows.

use crate::executor::TaskId;
use crate::world::World;
use engine::Engine;
use kernel::Timestamp;
use ports::Clock;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tlog::Hash;

/// Looks in a run while the month is delivered. After them the pause between two grows by a quarter
/// each time.
const LOOKS: i64 = 8;
/// Findings kept.
const FINDINGS: usize = 20;

/// What was seen.
#[derive(Clone, Default)]
pub struct Watched(Arc<Mutex<Seen>>);

#[derive(Default)]
struct Seen {
    looks: i64,
    checkpoints: Vec<(u64, Hash)>,
    breaks: Vec<String>,
    lost: Vec<String>,
}

impl Watched {
    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Size and root of the audit log at each look.
    pub fn checkpoints(&self) -> Vec<(u64, Hash)> {
        self.lock().checkpoints.clone()
    }

    /// Rows of the statement that did not tie out at some moment.
    pub fn breaks(&self) -> Vec<String> {
        self.lock().breaks.clone()
    }

    /// Deliveries that were answered and not there.
    pub fn lost(&self) -> Vec<String> {
        self.lock().lost.clone()
    }

    /// How often somebody looked.
    pub fn looks(&self) -> i64 {
        self.lock().looks
    }
}

impl World {
    /// Starts to look.
    pub fn start_watch(&mut self) -> TaskId {
        let (engine, clock) = (self.engine.clone(), self.executor.clock());
        let (watched, mailbag) = (self.watched.clone(), self.mailbag().clone());
        let mut pause = (i64::from(self.profile.spread_s) * Timestamp::SECOND / LOOKS).max(1);
        let task = async move {
            let mut looked = BTreeSet::new();
            loop {
                clock.sleep_until(clock.now().plus_micros(pause)).await;
                if watched.looks() >= LOOKS {
                    pause += pause / 4;
                }
                // Whoever was answered before this moment must be found after it.
                let answered: Vec<_> = mailbag.answered().into_iter().collect();
                let fresh: Vec<_> = answered.into_iter().filter(|id| looked.insert(*id)).collect();
                if let Err(e) = look(&engine, &watched, &fresh).await {
                    watched.lock().lost.push(format!("the store cannot be read: {e}"));
                }
            }
        };
        self.executor.spawn("watch", Box::pin(task))
    }
}

async fn look(engine: &Engine, watched: &Watched, answered: &[kernel::Id]) -> engine::Result<()> {
    let statement = engine::statement(&engine.store).await?;
    let mut tx = engine.store.read().await?;
    let head = store::audit::head(tx.as_mut(), &engine.origin).await?;
    let mut lost = Vec::new();
    for id in answered {
        if store::delivery::get(tx.as_mut(), *id).await?.is_none() {
            lost.push(format!("delivery {id} was answered at a moment when it was not stored"));
        }
    }
    drop(tx);
    let now = engine.clock.now();
    let mut seen = watched.lock();
    seen.looks += 1;
    seen.lost.extend(lost);
    let checkpoint = (head.size(), head.root());
    if seen.checkpoints.last() != Some(&checkpoint) {
        seen.checkpoints.push(checkpoint);
    }
    for r in statement.breaks() {
        if seen.breaks.len() < FINDINGS {
            let (period, class, currency) = (&r.period, &r.class, r.currency);
            let line = format!("{now}: {period} {class} {currency}: difference {}", r.difference);
            seen.breaks.push(line);
        }
    }
    Ok(())
}
