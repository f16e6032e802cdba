//! Permits for calls to the ledger. They are counted in the store, so that the worker, a command
//! beside it and the worker after it never take more together than the ledger allows.

use crate::lane::Worker;
use crate::rate::{Budget, RateManager};
use crate::{Engine, Limits, Result};
use kernel::Timestamp;
use ports::{BoxFuture, CallCost, Clock, SqlTx};
use std::sync::Arc;
use store::Store;

/// How long a person waits for a permit at most, seconds; longer than a window.
const PERSON_WAITS_S: i64 = 90;

/// The permits of one lane, for calls outside a transaction.
#[derive(Clone)]
pub struct Pace {
    store: Store,
    clock: Arc<dyn Clock>,
    lane: String,
    budget: Budget,
    unthrottled: bool,
}

impl Pace {
    /// The permits of `lane` under `limits`.
    pub fn new(store: Store, clock: Arc<dyn Clock>, lane: String, limits: &Limits) -> Self {
        Self { store, clock, lane, budget: Budget::of(limits), unthrottled: limits.unthrottled }
    }

    /// Waits for a permit; false when there is none before `deadline`.
    async fn wait(&self, cost: CallCost, deadline: Timestamp) -> Result<bool> {
        loop {
            let now = self.clock.now();
            let mut tx = self.store.write().await?;
            let state = store::pace::take(tx.as_mut(), &self.lane).await?;
            let mut rate = RateManager::restore(self.budget, &state, now);
            match rate.permit(cost, now) {
                Ok(()) => {
                    store::pace::put(tx.as_mut(), &self.lane, &rate.state()).await?;
                    tx.commit().await?;
                    return Ok(true);
                }
                Err(at) if at >= deadline => return Ok(false),
                Err(at) => {
                    // That a person waits is known to the others from now on.
                    store::pace::put(tx.as_mut(), &self.lane, &rate.state()).await?;
                    tx.commit().await?;
                    self.clock.sleep_until(at.max(now.plus_micros(1_000))).await;
                }
            }
        }
    }
}

impl ports::Pace for Pace {
    fn permit<'a>(&'a self, cost: CallCost, deadline: Timestamp) -> BoxFuture<'a, bool> {
        Box::pin(async move {
            if self.unthrottled {
                return true;
            }
            self.wait(cost, deadline).await.unwrap_or_else(|error| {
                tracing::warn!(lane = self.lane, %error, "no permit could be taken");
                false
            })
        })
    }
}

impl Engine {
    /// The permits of the lane.
    pub fn pace(&self) -> Pace {
        Pace::new(self.store.clone(), Arc::clone(&self.clock), self.lane.clone(), &self.limits)
    }

    /// Waits for the permit of a call that a person asked for; false when the limit of the ledger is
    /// used up for longer than a person waits.
    pub async fn permit_person(&self) -> bool {
        let deadline = self.now().plus_seconds(PERSON_WAITS_S);
        ports::Pace::permit(&self.pace(), CallCost::Person, deadline).await
    }
}

impl Worker {
    /// Reads what all processes took together. Permits taken from here on count once `keep_rate` and
    /// the commit are done, which is before the call is made.
    pub(crate) async fn take_rate(&mut self, tx: &mut dyn SqlTx) -> Result<()> {
        if !self.engine.limits.unthrottled {
            let state = store::pace::take(tx, &self.engine.lane).await?;
            let (budget, now) = (Budget::of(&self.engine.limits), self.engine.now());
            self.rate = RateManager::restore(budget, &state, now);
        }
        Ok(())
    }

    /// Stores it.
    pub(crate) async fn keep_rate(&mut self, tx: &mut dyn SqlTx) -> Result<()> {
        if !self.engine.limits.unthrottled && !ports::canary!("permits-not-shared") {
            store::pace::put(tx, &self.engine.lane, &self.rate.state()).await?;
        }
        Ok(())
    }

    /// Takes a permit in a transaction of its own, or says when to ask again.
    pub(crate) async fn permit(
        &mut self,
        cost: CallCost,
    ) -> Result<std::result::Result<(), Timestamp>> {
        let store = self.engine.store.clone();
        let mut tx = self.drive(store.write()).await?;
        self.take_rate(tx.as_mut()).await?;
        let permit = self.rate.permit(cost, self.engine.now());
        if permit.is_ok() {
            self.keep_rate(tx.as_mut()).await?;
            tx.commit().await?;
        }
        Ok(permit)
    }

    /// The ledger said that a limit was hit.
    pub(crate) async fn pause(&mut self, tx: &mut dyn SqlTx, until: Timestamp) -> Result<()> {
        self.take_rate(tx).await?;
        self.rate.pause(self.engine.now(), until);
        self.keep_rate(tx).await
    }
}
