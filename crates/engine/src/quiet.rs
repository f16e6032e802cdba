//! When to look for something to send: at once after anything has changed, else now and then.

use crate::lane::Worker;
use crate::{Error, Result};
use kernel::Timestamp;
use ports::canary;
use store::document;

/// What the last look for something to send came to. It stands for a while, unless a call comes back
/// or something is decided.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quiet {
    until: Timestamp,
    /// When to look again for something that may not be sent yet.
    wait: Option<Timestamp>,
    /// More was being decided: what does not fill a call may have been left. While others are under
    /// way it goes on filling up.
    gathers: bool,
}

impl Default for Quiet {
    fn default() -> Self {
        Self { until: Timestamp(i64::MIN), wait: None, gathers: false }
    }
}

impl Worker {
    /// Looks for what is in doubt and sends what is ready. Nothing but a call that comes back, or a
    /// decision, makes more of it at once: what people ask for waits a moment.
    pub(crate) async fn send(&mut self, backlog: bool) -> Result<Option<Timestamp>> {
        let now = self.engine.now();
        let gathered = self.quiet.gathers && !backlog && self.under_way() == 0;
        if !gathered && self.waits(self.quiet.until, now) {
            return Ok(self.quiet.wait);
        }
        let idle = now.plus_micros(self.engine.limits.idle_ms * 1_000);
        let due = self.look().await?;
        if due.is_none_or(|at| at > now) {
            let until = due.map_or(idle, |at| at.min(idle));
            self.quiet = Quiet { until, wait: None, gathers: false };
            return Ok(None);
        }
        let looked = self.look_doubtful().await?;
        let sent = self.send_ready(backlog).await?;
        let wait = looked.into_iter().chain(sent).min();
        let until = wait.map_or(idle, |at| at.min(idle));
        self.quiet = Quiet { until, wait, gathers: backlog };
        Ok(wait)
    }

    /// When the next document wants to be sent or looked for. The lane is neither locked nor extended.
    async fn look(&mut self) -> Result<Option<Timestamp>> {
        // The writer's page cache is warm; a reader's is stale after every commit.
        let store = self.engine.store.clone();
        let mut tx = self.drive(store.write()).await?;
        let (lane, owner) = (&self.engine.lane, &self.owner);
        let seen = store::lane::look(tx.as_mut(), lane, owner, self.fence).await?;
        if seen.is_none() && canary!("fence-ignored") {
            return Ok(Some(Timestamp(i64::MIN)));
        }
        if seen.is_none() && canary!("lane-lock-missing") {
            return Ok(Some(Timestamp(i64::MIN)));
        }
        let (closing, due) = seen.ok_or_else(|| Error::LaneLost(lane.clone()))?;
        self.closing = closing;
        Ok(due)
    }

    /// Something changed: there may be more to send.
    pub(crate) fn look_at_once(&mut self) {
        self.next_dispatch_at = Timestamp(i64::MIN);
        self.quiet = Quiet::default();
    }

    /// When the next document wants to be sent or looked for; when draining also when the next
    /// read-back that failed may be tried again.
    pub(crate) async fn next_due(&mut self, drain: bool) -> Result<Option<Timestamp>> {
        let send = self.look().await?;
        // It may have appeared after the last look.
        if let Some(at) = send.filter(|at| *at > self.engine.now()) {
            self.quiet.until = self.quiet.until.min(at);
        }
        if !drain {
            return Ok(send);
        }
        let store = self.engine.store.clone();
        let mut tx = self.drive(store.write()).await?;
        let verify = document::next_verification(tx.as_mut(), &self.engine.lane).await?;
        Ok([send, verify].into_iter().flatten().min())
    }
}
