//! Hints of a ledger that something changed in it: which object, never what.

use crate::Result;
use crate::args::{args, statements};
use crate::delivery::id;
use kernel::{Id, Timestamp};
use ports::SqlTx;

statements! {
    INSERT = "INSERT INTO hint (id, lane, event, realm, entity, entity_id, operation, other_id, \
              occurred_at, received_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
              ON CONFLICT (lane, event) DO NOTHING RETURNING id",
        [Bytes, Text, Text, Text, Text, Text, Text, Text, Int, Int] => [Bytes];
    TAKE = "SELECT id, lane, event, realm, entity, entity_id, operation, other_id, occurred_at, \
            received_at FROM hint WHERE lane = $1 AND done_at IS NULL ORDER BY id LIMIT $2",
        [Text, Int] => [Bytes, Text, Text, Text, Text, Text, Text, Text, Int, Int];
    DELETE = "UPDATE hint SET done_at = $2 WHERE id = $1 AND done_at IS NULL", [Bytes, Int] => [];
    FORGET = "DELETE FROM hint WHERE done_at IS NOT NULL AND done_at < $1", [Int] => [];
    PENDING = "SELECT count(*) FROM hint WHERE lane = $1 AND done_at IS NULL", [Text] => [Int];
}

/// What a ledger said has changed. Hints come late, twice, out of order or not at all: read the
/// object before anything is decided (quickbooks.md §5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// Its id; ids order as hints were received.
    pub id: Id,
    /// The lane of the company.
    pub lane: String,
    /// The ledger's id of the event, equal when it is delivered again.
    pub event: String,
    /// The company.
    pub realm: String,
    /// The type of the object in the ledger's words: `Invoice`.
    pub entity: String,
    /// The ledger's id of the object.
    pub entity_id: String,
    /// `created`, `updated`, `deleted`, `voided`, `merged`, `emailed`, or a newer word.
    pub operation: String,
    /// The object that was merged into this one, else empty.
    pub other_id: String,
    /// When it happened, by the ledger.
    pub occurred_at: Timestamp,
    /// When we were told.
    pub received_at: Timestamp,
}

/// Keeps hints and returns how many are new; an event known already is left alone.
pub async fn insert(tx: &mut dyn SqlTx, hints: &[Hint]) -> Result<usize> {
    let rows: Vec<_> = hints
        .iter()
        .map(|h| {
            args![
                h.id.0.as_slice(),
                h.lane.as_str(),
                h.event.as_str(),
                h.realm.as_str(),
                h.entity.as_str(),
                h.entity_id.as_str(),
                h.operation.as_str(),
                h.other_id.as_str(),
                h.occurred_at.0,
                h.received_at.0,
            ]
        })
        .collect();
    Ok(tx.run_many(&INSERT, &rows).await?.rows.len())
}

/// Hints nobody has followed yet, oldest first, at most `limit`. They stay until [`delete`].
pub async fn take(tx: &mut dyn SqlTx, lane: &str, limit: i64) -> Result<Vec<Hint>> {
    let rows = tx.run(&TAKE, &args![lane, limit]).await?;
    rows.iter()
        .map(|r| {
            Ok(Hint {
                id: id(r.bytes(0)?)?,
                lane: r.text(1)?.to_owned(),
                event: r.text(2)?.to_owned(),
                realm: r.text(3)?.to_owned(),
                entity: r.text(4)?.to_owned(),
                entity_id: r.text(5)?.to_owned(),
                operation: r.text(6)?.to_owned(),
                other_id: r.text(7)?.to_owned(),
                occurred_at: Timestamp(r.int(8)?),
                received_at: Timestamp(r.int(9)?),
            })
        })
        .collect()
}

/// These hints were followed: they are not taken again, and their events stay known until
/// [`forget`].
pub async fn delete(tx: &mut dyn SqlTx, hints: &[Id], now: Timestamp) -> Result<()> {
    let rows: Vec<_> = hints.iter().map(|h| args![h.0.as_slice(), now.0]).collect();
    tx.run_many(&DELETE, &rows).await?;
    Ok(())
}

/// Forgets the events of hints that were followed before `before`.
pub async fn forget(tx: &mut dyn SqlTx, before: Timestamp) -> Result<()> {
    tx.run(&FORGET, &args![before.0]).await?;
    Ok(())
}

/// How many hints nobody has followed yet.
pub async fn pending(tx: &mut dyn SqlTx, lane: &str) -> Result<i64> {
    let rows = tx.run(&PENDING, &args![lane]).await?;
    Ok(rows.first().map(|r| r.int(0)).transpose()?.unwrap_or_default())
}
