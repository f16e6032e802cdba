//! Permits for calls to the ledger. They are counted in the store, so that the worker, a command
//! beside it and the worker after it never take more together than the ledger allows.

use crate::lane::Worker;
use crate::rate::{Budget, RateManager};
use crate::{Engine, Limits, Result};
use kernel::Timestamp;
use ports::{BoxFuture, CallCost, Clock, ReadOutcome, SqlTx};
use std::future::Future;
use std::sync::Arc;
use store::Store;

/// How long a person waits for a permit at most, seconds; longer than a window.
const PERSON_WAITS_S: i64 = 90;

/// How long a permit counts before its call is made at least, microseconds.
const FRESH_US: i64 = 10_000;

/// Why a call was not made after all.
pub(crate) const NO_PERMIT: &str =
    "its permit had become old before it could be sent, and there was no other in time";

/// The permits of one lane, for calls outside a transaction.
#[derive(Clone)]
pub struct Pace {
    store: Store,
    clock: Arc<dyn Clock>,
    lane: String,
    budget: Budget,
    /// How long a permit counts before its call is made, microseconds.
    fresh_us: i64,
    unthrottled: bool,
}

impl Pace {
    /// The permits of `lane` under `limits`.
    pub fn new(store: Store, clock: Arc<dyn Clock>, lane: String, limits: &Limits) -> Self {
        Self {
            store,
            clock,
            lane,
            budget: Budget::of(limits),
            fresh_us: (limits.window_margin_ms * 500).max(FRESH_US),
            unthrottled: limits.unthrottled,
        }
    }

    /// Whether a permit still counts for a call made now.
    fn is_fresh(&self, taken: Timestamp, fresh_us: i64) -> bool {
        self.clock.now() <= taken.plus_micros(fresh_us) || ports::canary!("permits-never-age")
    }

    /// Waits for a permit in place of the `old` one, if there is one that was not used; false when
    /// there is none before `deadline`.
    async fn wait(
        &self,
        cost: CallCost,
        mut old: Option<Timestamp>,
        deadline: Timestamp,
    ) -> Result<bool> {
        let mut fresh_us = self.fresh_us;
        loop {
            let mut tx = self.store.write().await?;
            let state = store::pace::take(tx.as_mut(), &self.lane).await?;
            let now = self.clock.now();
            let mut rate = RateManager::restore(self.budget, &state, now);
            if let Some(taken) = old {
                rate.give_back(cost, taken);
            }
            match rate.permit(cost, now) {
                Ok(()) => {
                    store::pace::put(tx.as_mut(), &self.lane, &rate.state()).await?;
                    tx.commit().await?;
                    if self.is_fresh(now, fresh_us) {
                        return Ok(true);
                    }
                    // Where every commit is slow, calls are made all the same.
                    fresh_us *= 2;
                    old = Some(now);
                }
                Err(at) if at >= deadline => return Ok(false),
                Err(at) => {
                    // That a person waits is known to the others from now on.
                    store::pace::put(tx.as_mut(), &self.lane, &rate.state()).await?;
                    tx.commit().await?;
                    old = None;
                    self.clock.sleep_until(at.max(now.plus_micros(1_000))).await;
                }
            }
        }
    }

    async fn permitted(&self, cost: CallCost, old: Option<Timestamp>, deadline: Timestamp) -> bool {
        self.wait(cost, old, deadline).await.unwrap_or_else(|error| {
            tracing::warn!(lane = self.lane, %error, "no permit could be taken");
            false
        })
    }
}

impl ports::Pace for Pace {
    fn permit<'a>(&'a self, cost: CallCost, deadline: Timestamp) -> BoxFuture<'a, bool> {
        Box::pin(async move { self.unthrottled || self.permitted(cost, None, deadline).await })
    }

    fn renew<'a>(
        &'a self,
        cost: CallCost,
        taken: Timestamp,
        deadline: Timestamp,
    ) -> BoxFuture<'a, bool> {
        Box::pin(async move {
            self.unthrottled
                || self.is_fresh(taken, self.fresh_us)
                || self.permitted(cost, Some(taken), deadline).await
        })
    }
}

/// The permit of a call that is about to be made.
pub(crate) struct Permit {
    pace: Pace,
    cost: CallCost,
    /// It counts from then.
    pub(crate) taken: Timestamp,
}

impl Permit {
    /// Makes the call; none when this permit had become old and there was no other before `deadline`.
    pub(crate) async fn call<T>(
        &self,
        deadline: Timestamp,
        call: impl Future<Output = T>,
    ) -> Option<T> {
        if !ports::Pace::renew(&self.pace, self.cost, self.taken, deadline).await {
            return None;
        }
        Some(call.await)
    }

    /// Makes a call that reads.
    pub(crate) async fn read<T>(
        &self,
        deadline: Timestamp,
        call: impl Future<Output = ReadOutcome<T>>,
    ) -> ReadOutcome<T> {
        let none = || ReadOutcome::Failed(NO_PERMIT.to_owned());
        self.call(deadline, call).await.unwrap_or_else(none)
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
    /// Reads what all processes took together. Permits taken from here on, at the moment that is
    /// returned, count once `keep_rate` and the commit are done, which is before the call is made.
    pub(crate) async fn take_rate(&mut self, tx: &mut dyn SqlTx) -> Result<Timestamp> {
        if self.engine.limits.unthrottled {
            return Ok(self.engine.now());
        }
        // A call under way may hold it, to replace its permit: driven, or both would wait for ever.
        let lane = self.engine.lane.clone();
        let state = self.drive(store::pace::take(tx, &lane)).await?;
        let now = self.engine.now();
        self.rate = RateManager::restore(Budget::of(&self.engine.limits), &state, now);
        Ok(now)
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
    ) -> Result<std::result::Result<Permit, Timestamp>> {
        let store = self.engine.store.clone();
        let mut tx = self.drive(store.write()).await?;
        let now = self.take_rate(tx.as_mut()).await?;
        let permit = self.rate.permit(cost, now);
        if permit.is_ok() {
            self.keep_rate(tx.as_mut()).await?;
            tx.commit().await?;
        }
        Ok(permit.map(|()| self.permit_taken(cost, now)))
    }

    /// The permit of a call that was taken within a transaction.
    pub(crate) fn permit_taken(&self, cost: CallCost, taken: Timestamp) -> Permit {
        Permit { pace: self.engine.pace(), cost, taken }
    }

    /// The ledger said that a limit was hit.
    pub(crate) async fn pause(&mut self, tx: &mut dyn SqlTx, until: Timestamp) -> Result<()> {
        let now = self.take_rate(tx).await?;
        self.rate.pause(now, until);
        self.keep_rate(tx).await
    }
}
