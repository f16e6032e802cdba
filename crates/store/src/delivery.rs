//! Raw deliveries.

use crate::args::{args, statements};
use crate::{Result, StoreError};
use bytes::Bytes;
use kernel::{Id, Timestamp};
use ports::{RawDelivery, SqlTx, Value};
use std::collections::BTreeMap;

statements! {
    INSERT = "INSERT INTO delivery (id, source, dedupe, topic, received_at, headers, body, sha256, \
              signature, state, note, copies, batch) \
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) \
              ON CONFLICT (source, dedupe) DO UPDATE SET copies = delivery.copies + 1",
        [Bytes, Text, Text, Text, Int, Text, Bytes, Bytes, Text, Text, Text, Int, Bytes] => [];
    COPIES = "SELECT id, copies FROM delivery WHERE source = $1 AND dedupe = $2", [Text, Text]
        => [Bytes, Int];
    RECEIVED = "SELECT id, source, topic, received_at, headers, body FROM delivery \
                WHERE state = 'received' ORDER BY id LIMIT $1",
        [Int] => [Bytes, Text, Text, Int, Text, Bytes];
    SETTLE = "UPDATE delivery SET state = $2, note = $3 WHERE id = $1",
        [Bytes, Text, Text] => [];
    GET = "SELECT id, source, topic, received_at, headers, body, signature, state, note, copies, \
           sha256 FROM delivery WHERE id = $1",
        [Bytes] => [Bytes, Text, Text, Int, Text, Bytes, Text, Text, Text, Int, Bytes];
    COUNTS = "SELECT state, count(*), CAST(sum(copies) AS BIGINT) FROM delivery \
              GROUP BY state ORDER BY state", [] => [Text, Int, Int];
    REFUSED = "SELECT count(*) FROM delivery WHERE state = 'refused'", [] => [Int];
    BATCHED = "SELECT batch, id, sha256, body FROM delivery \
               WHERE (batch, id) > ($1, $2) ORDER BY batch, id LIMIT $3",
        [Bytes, Bytes, Int] => [Bytes, Bytes, Bytes, Bytes];
    PART = "INSERT INTO delivery_part (delivery_id, n, body) VALUES ($1, $2, $3) \
            ON CONFLICT (delivery_id, n) DO NOTHING", [Bytes, Int, Bytes] => [];
    PARTS = "SELECT count(*) FROM delivery_part WHERE delivery_id = $1", [Bytes] => [Int];
    PART_AT = "SELECT body FROM delivery_part WHERE delivery_id = $1 AND n = $2",
        [Bytes, Int] => [Bytes];
}

/// A delivery to keep.
#[derive(Debug, Clone)]
pub struct NewDelivery {
    /// Its id.
    pub id: Id,
    /// The connection it came by.
    pub source: String,
    /// Equal for redeliveries.
    pub dedupe: String,
    /// What it is about.
    pub topic: String,
    /// The bytes and headers.
    pub raw: RawDelivery,
    /// SHA-256 of the body.
    pub sha256: [u8; 32],
    /// `valid`, `unsigned` or `refused`.
    pub signature: &'static str,
    /// Why it is refused, else empty.
    pub note: String,
}

/// A delivery waiting to be normalised.
#[derive(Debug, Clone)]
pub struct Received {
    /// Its id.
    pub id: Id,
    /// The connection it came by.
    pub source: String,
    /// What it is about.
    pub topic: String,
    /// The bytes and headers.
    pub raw: RawDelivery,
}

/// A kept delivery with what became of it.
#[derive(Debug, Clone)]
pub struct Kept {
    /// The delivery.
    pub received: Received,
    /// `valid`, `unsigned` or `refused`.
    pub signature: String,
    /// Where it stands.
    pub state: String,
    /// Why, when ignored, faulted or refused.
    pub note: String,
    /// How many times it was delivered.
    pub copies: i64,
    /// SHA-256 of the body.
    pub sha256: Vec<u8>,
}

/// Headers as stored text: a JSON array of pairs.
fn headers_text(headers: &[(String, String)]) -> Result<String> {
    serde_json::to_string(headers).map_err(|e| StoreError::Damaged(e.to_string()))
}

/// Keeps deliveries; a redelivery only counts up. Returns for each, in order, the id under which
/// it is kept and whether it is new. `batch_id` names the audit entry that commits to them.
pub async fn keep(
    tx: &mut dyn SqlTx,
    batch_id: Id,
    batch: &[NewDelivery],
) -> Result<Vec<(Id, bool)>> {
    let mut rows = Vec::with_capacity(batch.len());
    for d in batch {
        let state = if d.signature == "refused" { "refused" } else { "received" };
        rows.push(args![
            d.id.0.as_slice(),
            d.source.as_str(),
            d.dedupe.as_str(),
            d.topic.as_str(),
            d.raw.received_at.0,
            headers_text(&d.raw.headers)?,
            d.raw.body.as_ref(),
            d.sha256.as_slice(),
            d.signature,
            state,
            d.note.as_str(),
            1_i64,
            batch_id.0.as_slice(),
        ]);
    }
    tx.run_many(&INSERT, &rows).await?;
    // A new delivery is kept under its own id, with no more copies than this batch holds of it: one
    // that is handed over once more after a commit of unknown outcome has a copy more.
    let mut here: BTreeMap<_, i64> = BTreeMap::new();
    for d in batch {
        *here.entry((d.source.as_str(), d.dedupe.as_str())).or_default() += 1;
    }
    let keys: Vec<_> = here.keys().map(|(source, dedupe)| args![*source, *dedupe]).collect();
    let found = tx.run_many(&COPIES, &keys).await?.rows;
    if found.len() != here.len() {
        return Err(StoreError::Damaged("a delivery was not kept".to_owned()));
    }
    let mut kept = BTreeMap::new();
    for (row, (key, copies)) in found.iter().zip(here) {
        kept.insert(key, (id(row.bytes(0)?)?, row.int(1)? == copies));
    }
    Ok(batch
        .iter()
        .map(|d| {
            let (kept, is_first) = kept[&(d.source.as_str(), d.dedupe.as_str())];
            (kept, kept == d.id && is_first)
        })
        .collect())
}

/// The oldest deliveries that nothing was made of yet.
pub async fn received(tx: &mut dyn SqlTx, limit: i64) -> Result<Vec<Received>> {
    let rows = tx.run(&RECEIVED, &args![limit]).await?;
    rows.into_iter()
        .map(|mut row| {
            let body = match row.0.pop() {
                Some(Value::Bytes(b)) => Bytes::from(b),
                other => return Err(StoreError::Damaged(format!("delivery body is {other:?}"))),
            };
            Ok(Received {
                id: id(row.bytes(0)?)?,
                source: row.text(1)?.to_owned(),
                topic: row.text(2)?.to_owned(),
                raw: RawDelivery {
                    headers: headers(row.text(4)?)?,
                    body,
                    received_at: Timestamp(row.int(3)?),
                },
            })
        })
        .collect()
}

/// Says what became of deliveries: (id, state, note).
pub async fn settle(tx: &mut dyn SqlTx, outcomes: &[(Id, &'static str, String)]) -> Result<()> {
    let rows: Vec<_> = outcomes
        .iter()
        .map(|(id, state, note)| args![id.0.as_slice(), *state, note.as_str()])
        .collect();
    tx.run_many(&SETTLE, &rows).await?;
    Ok(())
}

/// One delivery.
pub async fn get(tx: &mut dyn SqlTx, delivery: Id) -> Result<Option<Kept>> {
    let rows = tx.run(&GET, &args![delivery.0.as_slice()]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    Ok(Some(Kept {
        received: Received {
            id: id(row.bytes(0)?)?,
            source: row.text(1)?.to_owned(),
            topic: row.text(2)?.to_owned(),
            raw: RawDelivery {
                headers: headers(row.text(4)?)?,
                body: Bytes::copy_from_slice(row.bytes(5)?),
                received_at: Timestamp(row.int(3)?),
            },
        },
        signature: row.text(6)?.to_owned(),
        state: row.text(7)?.to_owned(),
        note: row.text(8)?.to_owned(),
        copies: row.int(9)?,
        sha256: row.bytes(10)?.to_vec(),
    }))
}

/// Deliveries by state: (state, distinct deliveries, deliveries with repetitions).
pub async fn counts(tx: &mut dyn SqlTx) -> Result<Vec<(String, i64, i64)>> {
    let rows = tx.run(&COUNTS, &[]).await?;
    rows.iter().map(|r| Ok((r.text(0)?.to_owned(), r.int(1)?, r.int(2)?))).collect()
}

/// How many refused deliveries are kept; the caller bounds them.
pub async fn refused(tx: &mut dyn SqlTx) -> Result<i64> {
    let rows = tx.run(&REFUSED, &[]).await?;
    Ok(rows.first().map(|r| r.int(0)).transpose()?.unwrap_or(0))
}

/// A page of deliveries in audit order: (batch, id, stored SHA-256, body).
pub async fn batched(
    tx: &mut dyn SqlTx,
    after: (Id, Id),
    limit: i64,
) -> Result<Vec<(Id, Id, Vec<u8>, Vec<u8>)>> {
    let rows = tx.run(&BATCHED, &args![after.0.0.as_slice(), after.1.0.as_slice(), limit]).await?;
    rows.iter()
        .map(|r| {
            Ok((id(r.bytes(0)?)?, id(r.bytes(1)?)?, r.bytes(2)?.to_vec(), r.bytes(3)?.to_vec()))
        })
        .collect()
}

/// Keeps one part of a large body.
pub async fn keep_part(tx: &mut dyn SqlTx, delivery: Id, n: i64, body: &[u8]) -> Result<()> {
    tx.run(&PART, &args![delivery.0.as_slice(), n, body]).await?;
    Ok(())
}

/// How many parts of a large body are kept.
pub async fn parts(tx: &mut dyn SqlTx, delivery: Id) -> Result<i64> {
    let rows = tx.run(&PARTS, &args![delivery.0.as_slice()]).await?;
    Ok(rows.first().map(|r| r.int(0)).transpose()?.unwrap_or(0))
}

/// Part `n` of a large body.
pub async fn part(tx: &mut dyn SqlTx, delivery: Id, n: i64) -> Result<Option<Vec<u8>>> {
    let rows = tx.run(&PART_AT, &args![delivery.0.as_slice(), n]).await?;
    Ok(rows.first().map(|r| r.bytes(0).map(<[u8]>::to_vec)).transpose()?)
}

fn headers(text: &str) -> Result<Vec<(String, String)>> {
    serde_json::from_str(text).map_err(|e| StoreError::Damaged(format!("delivery headers: {e}")))
}

pub(crate) fn id(bytes: &[u8]) -> Result<Id> {
    Id::from_slice(bytes).ok_or_else(|| StoreError::Damaged("an id is not 16 bytes".to_owned()))
}
