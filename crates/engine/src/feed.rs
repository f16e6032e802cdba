//! New knowledge: deliveries become facts, undecided items become documents.

use crate::Result;
use crate::lane::Worker;
use kernel::Timestamp;

/// Doublings after which the pause between two looks that find nothing is long enough anyhow.
const DOUBLINGS_MAX: u32 = 10;

/// What a look for new knowledge found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fed {
    /// A full batch; there is probably more.
    Full,
    /// Something, or it is too early to look again.
    Later,
    /// Nothing is left.
    Dry,
}

/// When the last look was, and how many have found nothing since one that did.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Looks {
    last: Option<Timestamp>,
    empty: u32,
}

impl Worker {
    /// Normalises and decides one batch each, unless the last look was a moment ago and did not
    /// fill its batch.
    pub(crate) async fn feed(&mut self) -> Result<Fed> {
        let now = self.engine.now();
        if self.waits(self.feed_at(), now) {
            return Ok(Fed::Later);
        }
        let engine = self.engine.clone();
        let store = self.engine.store.clone();
        let understood = self.drive(engine.understand()).await?;
        let (normalised, undecided) = (understood.len(), understood.is_decision_asked());
        if normalised > 0 {
            let mut tx = self.drive(store.write()).await?;
            self.hold(tx.as_mut()).await?;
            understood.store(&engine, tx.as_mut()).await?;
            tx.commit().await?;
        }
        let decided = if undecided { self.decide().await? } else { 0 };
        self.progress.normalised += normalised as u64;
        self.progress.decided += decided as u64;
        let full = |n: usize, batch: i64| i64::try_from(n).unwrap_or(i64::MAX) >= batch;
        let limits = &self.engine.limits;
        if full(normalised, limits.normalise_batch) || full(decided, limits.decide_batch) {
            self.looks = Looks::default();
            return Ok(Fed::Full);
        }
        let found = normalised > 0 || decided > 0;
        let empty = if found { 0 } else { self.looks.empty.saturating_add(1) };
        self.looks = Looks { last: Some(self.engine.now()), empty };
        Ok(if found { Fed::Later } else { Fed::Dry })
    }

    /// Decides one batch. Returns how many items.
    async fn decide(&mut self) -> Result<usize> {
        let store = self.engine.store.clone();
        let mut tx = self.drive(store.write()).await?;
        self.hold(tx.as_mut()).await?;
        let (refs, closing) = (self.usable(), self.closing);
        let report = self.engine.decide_step(tx.as_mut(), &refs, &self.busy, closing).await?;
        if report.items > 0 {
            tx.commit().await?;
            self.look_at_once();
        }
        Ok(report.items)
    }

    /// When to look for new knowledge again. While calls are under way, and the worker wakes up
    /// often for them, each look that finds nothing doubles the pause.
    pub(crate) fn feed_at(&self) -> Timestamp {
        let Some(last) = self.looks.last else { return Timestamp(i64::MIN) };
        let limits = &self.engine.limits;
        let doublings = if self.under_way() == 0 { 0 } else { self.looks.empty.min(DOUBLINGS_MAX) };
        let pause = limits.gather_ms.saturating_mul(1 << doublings);
        last.plus_micros(pause.min(limits.idle_ms.max(limits.gather_ms)) * 1_000)
    }

    /// Whether it is too early for what is due at `at`. It never is for longer than an idle worker
    /// sleeps: a clock may have been put back.
    pub(crate) fn waits(&self, at: Timestamp, now: Timestamp) -> bool {
        let limits = &self.engine.limits;
        let most = limits.idle_ms.max(limits.gather_ms).saturating_mul(1_000);
        now < at && at <= now.plus_micros(most)
    }
}
