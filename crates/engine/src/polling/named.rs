//! Reading what deliveries only named: thin webhooks say which object changed, never how.

use super::{End, PolledSource, Polling, Read, Sink, TOLD_AFTER, due_at};
use crate::Result;
use kernel::Timestamp;
use store::poll::Mark;

/// The mark under which objects are read that deliveries only named.
pub(super) const LIST: &str = "named";
/// How often such objects are looked for, seconds.
const EVERY_S: i64 = 5;
/// How many of them are read in a row at most.
const BATCH: i64 = 100;
/// How many of them may fail before the others wait for the next turn: the vendor is down.
const FAILURES_MAX: i64 = 3;

impl Polling {
    /// Reads what deliveries of `source` only named, when it is due; returns when it is next.
    pub(super) async fn named_due(&self, source: &PolledSource) -> Result<Timestamp> {
        let known = self.mark(&source.source, LIST).await?;
        let due = due_at(known.as_ref(), EVERY_S);
        let now = self.engine.now();
        if due > now || (self.is_stopped)() {
            return Ok(due);
        }
        let mark = known.unwrap_or_else(|| self.first_mark(&source.source, LIST));
        Ok(match self.named(source, mark, &mut |_| {}).await? {
            Some((mark, _)) => due_at(Some(&mark), EVERY_S),
            None => now.plus_seconds(EVERY_S),
        })
    }

    /// Reads them now.
    pub(super) async fn named_now(
        &self,
        source: &PolledSource,
        watch: &mut (dyn FnMut(&Read) + Send),
    ) -> Result<Option<Read>> {
        let known = self.mark(&source.source, LIST).await?;
        let mark = known.unwrap_or_else(|| self.first_mark(&source.source, LIST));
        Ok(self.named(source, mark, watch).await?.map(|(_, read)| read))
    }

    /// Reads the objects that deliveries of `source` only named, each on its own: one that cannot be
    /// read keeps none of the others back. `None` when there are none.
    async fn named(
        &self,
        source: &PolledSource,
        mut mark: Mark,
        watch: &mut (dyn FnMut(&Read) + Send),
    ) -> Result<Option<(Mark, Read)>> {
        let name = source.source.as_str();
        let mut tx = self.engine.store.read().await?;
        let wanted = store::wanted::take(tx.as_mut(), name, BATCH).await?;
        drop(tx);
        if wanted.is_empty() && mark.failures == 0 {
            return Ok(None);
        }
        let now = self.engine.now();
        let mut read = Read { until: now, ..Read::default() };
        let (mut failed, mut is_refused) = (0, false);
        for object in &wanted {
            let end = match source.poller.fetch(&object.name) {
                Ok(mut run) => {
                    let run = run.as_mut();
                    self.window(name, run, &mut Sink::Intake, &mut read, watch).await?
                }
                Err(e) => End::Failed { why: e.to_string(), is_denied: false },
            };
            match end {
                End::Read { .. } => {
                    let mut tx = self.engine.store.write().await?;
                    store::wanted::done(tx.as_mut(), name, object).await?;
                    tx.commit().await?;
                }
                End::Stopped => return Ok(Some((mark, read))),
                End::Failed { why, is_denied } => {
                    failed += 1;
                    is_refused |= is_denied;
                    read.failed = Some(why);
                    if is_denied || failed >= FAILURES_MAX {
                        break;
                    }
                }
            }
        }
        mark.tried_at = Some(now);
        mark.listed = mark.listed.saturating_add_unsigned(read.listed);
        match &read.failed {
            None => {
                mark.read_until = mark.read_until.max(now);
                (mark.failures, mark.note) = (0, String::new());
                self.keep(&mark, None).await?;
            }
            Some(why) => {
                mark.failures += 1;
                mark.note.clone_from(why);
                let is_told = is_refused || mark.failures >= TOLD_AFTER;
                self.keep(&mark, is_told.then_some(why.as_str())).await?;
            }
        }
        Ok(Some((mark, read)))
    }
}
