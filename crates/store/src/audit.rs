//! The audit log: appended last in every business transaction.

use crate::args::{args, statements};
use crate::{Result, StoreError};
use ports::SqlTx;
use tlog::{Frontier, Hash, Head, Origin};

statements! {
    HEAD = "SELECT size, last_leaf, frontier FROM audit_head WHERE origin = $1",
        [Text] => [Int, Bytes, Bytes];
    HEAD_FOR_UPDATE = "UPDATE audit_head SET size = size WHERE origin = $1 \
                       RETURNING size, last_leaf, frontier", [Text] => [Int, Bytes, Bytes];
    START = "INSERT INTO audit_head (origin, size, last_leaf, frontier) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (origin) DO NOTHING", [Text, Int, Bytes, Bytes] => [];
    MOVE = "UPDATE audit_head SET size = $2, last_leaf = $3, frontier = $4 WHERE origin = $1",
        [Text, Int, Bytes, Bytes] => [];
    APPEND = "INSERT INTO audit_entry (idx, entry, leaf) VALUES ($1, $2, $3)",
        [Int, Bytes, Bytes] => [];
    ENTRIES = "SELECT idx, entry, leaf FROM audit_entry WHERE idx >= $1 ORDER BY idx LIMIT $2",
        [Int, Int] => [Int, Bytes, Bytes];
}

/// A stored entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEntry {
    /// Dense index from 0.
    pub index: u64,
    /// The entry bytes.
    pub entry: Vec<u8>,
    /// The stored leaf hash.
    pub leaf: Hash,
}

/// Starts the log of `origin` if it has none.
pub async fn start(tx: &mut dyn SqlTx, origin: &Origin) -> Result<()> {
    let empty = Frontier::new();
    let row = args![
        origin.as_str(),
        0_i64,
        Hash::ZERO.as_bytes().as_slice(),
        empty.to_bytes().as_slice()
    ];
    tx.run(&START, &row).await?;
    Ok(())
}

/// Appends entries with these canonical JSON bodies. Must be the last call before the commit: it
/// holds the head row from here on, so indexes are dense and in commit order.
pub async fn append(tx: &mut dyn SqlTx, origin: &Origin, bodies: &[String]) -> Result<()> {
    if bodies.is_empty() {
        return Ok(());
    }
    let rows = tx.run(&HEAD_FOR_UPDATE, &args![origin.as_str()]).await?;
    let mut head = head_of(origin, rows.first())?;
    let mut entries = Vec::with_capacity(bodies.len());
    for body in bodies {
        let added = head
            .append(body)
            .map_err(|e| StoreError::Damaged(format!("an audit entry cannot be written: {e}")))?;
        entries.push(args![
            stored(added.index)?,
            added.bytes,
            added.leaf_hash.as_bytes().as_slice()
        ]);
    }
    tx.run_many(&APPEND, &entries).await?;
    let moved = args![
        origin.as_str(),
        stored(head.size())?,
        head.last_leaf().as_bytes().as_slice(),
        head.frontier().to_bytes().as_slice(),
    ];
    tx.run(&MOVE, &moved).await?;
    Ok(())
}

/// The head of the log.
pub async fn head(tx: &mut dyn SqlTx, origin: &Origin) -> Result<Head> {
    let rows = tx.run(&HEAD, &args![origin.as_str()]).await?;
    head_of(origin, rows.first())
}

/// Entries from `from` on, at most `limit`.
pub async fn entries(tx: &mut dyn SqlTx, from: u64, limit: i64) -> Result<Vec<StoredEntry>> {
    let rows = tx.run(&ENTRIES, &args![stored(from)?, limit]).await?;
    rows.iter()
        .map(|r| {
            Ok(StoredEntry {
                index: u64::try_from(r.int(0)?)
                    .map_err(|_| StoreError::Damaged("a negative audit index".to_owned()))?,
                entry: r.bytes(1)?.to_vec(),
                leaf: hash(r.bytes(2)?)?,
            })
        })
        .collect()
}

fn stored(index: u64) -> Result<i64> {
    i64::try_from(index).map_err(|_| StoreError::Damaged("the audit log is full".to_owned()))
}

fn hash(bytes: &[u8]) -> Result<Hash> {
    Hash::try_from(bytes).map_err(|_| StoreError::Damaged("a hash is not 32 bytes".to_owned()))
}

fn head_of(origin: &Origin, row: Option<&ports::Row>) -> Result<Head> {
    let row = row.ok_or_else(|| {
        StoreError::Damaged(format!("the audit log of {} was never started", origin.as_str()))
    })?;
    let damaged = |what: String| StoreError::Damaged(format!("the audit head: {what}"));
    let frontier = Frontier::from_bytes(row.bytes(2)?).map_err(|e| damaged(e.to_string()))?;
    if stored(frontier.size())? != row.int(0)? {
        return Err(damaged("its size and its frontier disagree".to_owned()));
    }
    Head::resume(origin.clone(), hash(row.bytes(1)?)?, frontier).map_err(|e| damaged(e.to_string()))
}
