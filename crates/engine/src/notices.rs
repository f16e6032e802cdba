//! Notices of the ledger are kept as hints: what to look at, never what to believe.

use crate::journal::{self, Actor};
use crate::{Engine, Result};
use kernel::ReasonCode;
use ports::Notices;
use serde_json::json;
use std::collections::BTreeMap;
use store::hint::Hint;

/// Hints of a lane that nobody has followed yet, at most. Beyond them the comparison with the
/// ledger that runs without hints has to find what changed.
const PENDING_MAX: i64 = 100_000;
/// How long an event stays known after its hint was followed, seconds: a vendor goes on sending
/// again for days (quickbooks.md §5).
const KNOWN_SECONDS: i64 = 14 * 86_400;

/// What became of the events of one delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct KeptNotices {
    /// Kept as new hints.
    pub new: usize,
    /// Known already.
    pub known: usize,
    /// About companies that no lane keeps the books of.
    pub foreign: usize,
    /// Could not be read.
    pub unreadable: usize,
}

impl Engine {
    /// Keeps what a delivery tells, for the lanes of the companies it names. Durable when it
    /// returns.
    pub async fn keep_notices(&self, told: &Notices) -> Result<KeptNotices> {
        let now = self.now();
        let mut tx = self.store.write().await?;
        let mut lanes: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        let mut room: BTreeMap<String, i64> = BTreeMap::new();
        let mut kept = KeptNotices { unreadable: told.unreadable.len(), ..KeptNotices::default() };
        let mut hints = Vec::new();
        for notice in &told.notices {
            if !lanes.contains_key(notice.realm.as_str()) {
                let found = store::token::lanes_of(tx.as_mut(), &notice.realm).await?;
                for lane in &found {
                    let pending = store::hint::pending(tx.as_mut(), lane).await?;
                    room.insert(lane.clone(), PENDING_MAX - pending);
                }
                lanes.insert(&notice.realm, found);
            }
            let found = lanes.get(notice.realm.as_str()).map(Vec::as_slice).unwrap_or_default();
            kept.foreign += usize::from(found.is_empty());
            for lane in found {
                let Some(left) = room.get_mut(lane).filter(|left| **left > 0) else {
                    tracing::warn!(lane, "too many hints wait; one more was left out");
                    continue;
                };
                *left -= 1;
                hints.push(Hint {
                    id: self.id(),
                    lane: lane.clone(),
                    event: notice.event.clone(),
                    realm: notice.realm.clone(),
                    entity: notice.entity.clone(),
                    entity_id: notice.entity_id.clone(),
                    operation: notice.operation.clone(),
                    other_id: notice.other_id.clone(),
                    occurred_at: notice.occurred_at,
                    received_at: now,
                });
            }
        }
        kept.new = store::hint::insert(tx.as_mut(), &hints).await?;
        kept.known = hints.len() - kept.new;
        store::hint::forget(tx.as_mut(), now.plus_seconds(-KNOWN_SECONDS)).await?;
        if !told.unreadable.is_empty() {
            let detail = format!(
                "{} events of a signed webhook of the ledger could not be read: {}. The regular \
                 comparison with the ledger covers what they told",
                told.unreadable.len(),
                told.unreadable.join("; ")
            );
            let mut entries = Vec::new();
            let about = ("notices", ReasonCode::MalformedDelivery);
            self.raise_for_lane(tx.as_mut(), about, &detail, now, &mut entries).await?;
            let fields = json!({ "lane": self.lane, "events": kept.unreadable.to_string() });
            entries.push(journal::entry(now, &Actor::System, "notices.unreadable", fields));
            store::audit::append(tx.as_mut(), &self.origin, &entries).await?;
        }
        tx.commit().await?;
        Ok(kept)
    }
}
