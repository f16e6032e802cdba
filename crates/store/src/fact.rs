//! Canonical events.

use crate::args::{args, statements};
use crate::delivery::id;
use crate::{Result, StoreError};
use kernel::{Fact, Id, Subject, SubjectKind, Timestamp};
use ports::SqlTx;
use std::collections::BTreeSet;

statements! {
    INSERT = "INSERT INTO fact (id, delivery_id, place, subject_kind, subject_key, econ_key, version, \
              kind, occurred_at, known_at, body, leaf, batch) \
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) \
              ON CONFLICT (econ_key, version, leaf) DO NOTHING",
        [Bytes, Bytes, Text, Text, Text, Text, Int, Text, Int, Int, Text, Bytes, Bytes] => [];
    IS_KEPT = "SELECT id FROM fact WHERE id = $1", [Bytes] => [Bytes];
    OF_SUBJECT = "SELECT body FROM fact WHERE subject_kind = $1 AND subject_key = $2 ORDER BY id",
        [Text, Text] => [Text];
    LINEAGE = "SELECT id, delivery_id, place, known_at, body FROM fact \
               WHERE subject_kind = $1 AND subject_key = $2 ORDER BY id",
        [Text, Text] => [Bytes, Bytes, Text, Int, Text];
    OTHERS = "SELECT DISTINCT o.subject_kind, o.subject_key FROM fact f \
              JOIN fact o ON o.econ_key = f.econ_key \
              WHERE f.subject_kind = $1 AND f.subject_key = $2 \
              AND (o.subject_kind <> f.subject_kind OR o.subject_key <> f.subject_key) \
              ORDER BY o.subject_kind, o.subject_key",
        [Text, Text] => [Text, Text];
    BY_KEY = "SELECT DISTINCT subject_kind, subject_key FROM fact WHERE econ_key = $1 \
              ORDER BY subject_kind, subject_key",
        [Text] => [Text, Text];
    BATCHED = "SELECT batch, id, leaf, body FROM fact \
               WHERE (batch, id) > ($1, $2) ORDER BY batch, id LIMIT $3",
        [Bytes, Bytes, Int] => [Bytes, Bytes, Bytes, Text];
    // Nobody knows of a thing before it happens, and ids grow with time.
    KNOWN_SINCE = "SELECT id, body FROM fact WHERE id > $1 ORDER BY id LIMIT $2",
        [Bytes, Int] => [Bytes, Text];
    COUNT = "SELECT count(*) FROM fact", [] => [Int];
}

/// A fact to keep.
#[derive(Debug, Clone)]
pub struct NewFact {
    /// Its id.
    pub id: Id,
    /// The delivery it was made of.
    pub delivery: Id,
    /// Where in the delivery, e.g. `lines 5-9`; empty for the whole.
    pub place: String,
    /// The fact.
    pub fact: Fact,
    /// The fact as canonical JSON text.
    pub body: String,
    /// Hash of that text as a leaf of the audit tree.
    pub leaf: [u8; 32],
}

/// A fact with where it came from.
#[derive(Debug, Clone)]
pub struct KeptFact {
    /// Its id.
    pub id: Id,
    /// The delivery it was made of.
    pub delivery: Id,
    /// Where in the delivery.
    pub place: String,
    /// When Tieout came to know it.
    pub known_at: Timestamp,
    /// The fact.
    pub fact: Fact,
}

/// Keeps facts; one that is already known is left alone. Returns the ids of the new
/// ones. `batch_id` names the audit entry that commits to them.
pub async fn keep(
    tx: &mut dyn SqlTx,
    batch_id: Id,
    batch: &[NewFact],
    known_at: Timestamp,
) -> Result<BTreeSet<Id>> {
    let rows: Vec<_> = batch
        .iter()
        .map(|n| {
            args![
                n.id.0.as_slice(),
                n.delivery.0.as_slice(),
                n.place.as_str(),
                n.fact.subject.kind.as_str(),
                n.fact.subject.key.as_str(),
                n.fact.key.as_str(),
                n.fact.version,
                n.fact.body.kind(),
                n.fact.occurred_at.0.0,
                known_at.0,
                n.body.as_str(),
                n.leaf.as_slice(),
                batch_id.0.as_slice(),
            ]
        })
        .collect();
    let added = tx.run_many(&INSERT, &rows).await?.affected;
    let ids = batch.iter().map(|n| n.id);
    if usize::try_from(added).is_ok_and(|n| n == batch.len()) {
        return Ok(ids.collect());
    }
    let ids: Vec<_> = ids.map(|id| args![id.0.as_slice()]).collect();
    tx.run_many(&IS_KEPT, &ids).await?.rows.iter().map(|r| id(r.bytes(0)?)).collect()
}

/// All facts about one subject.
pub async fn of_subject(tx: &mut dyn SqlTx, subject: &Subject) -> Result<Vec<Fact>> {
    let args = args![subject.kind.as_str(), subject.key.as_str()];
    let rows = tx.run(&OF_SUBJECT, &args).await?;
    let mut facts: Vec<Fact> = rows.iter().map(|r| parse(r.text(0)?)).collect::<Result<_>>()?;
    if ports::canary!("stale-version-wins") {
        (1..).zip(&mut facts).for_each(|(n, fact)| fact.version = n);
    }
    Ok(facts)
}

/// All facts about one subject with their origin.
pub async fn lineage(tx: &mut dyn SqlTx, subject: &Subject) -> Result<Vec<KeptFact>> {
    let args = args![subject.kind.as_str(), subject.key.as_str()];
    let rows = tx.run(&LINEAGE, &args).await?;
    rows.iter()
        .map(|r| {
            Ok(KeptFact {
                id: id(r.bytes(0)?)?,
                delivery: id(r.bytes(1)?)?,
                place: r.text(2)?.to_owned(),
                known_at: Timestamp(r.int(3)?),
                fact: parse(r.text(4)?)?,
            })
        })
        .collect()
}

/// Other subjects that know of the same movements as `subject`.
pub async fn others(tx: &mut dyn SqlTx, subject: &Subject) -> Result<Vec<Subject>> {
    let args = args![subject.kind.as_str(), subject.key.as_str()];
    let rows = tx.run(&OTHERS, &args).await?;
    rows.iter().map(|r| subject_of(r.text(0)?, r.text(1)?)).collect()
}

/// The subjects that tell of the movement `economic_key`.
pub async fn by_key(tx: &mut dyn SqlTx, economic_key: &str) -> Result<Vec<Subject>> {
    let rows = tx.run(&BY_KEY, &args![economic_key]).await?;
    rows.iter().map(|r| subject_of(r.text(0)?, r.text(1)?)).collect()
}

/// A page of facts in audit order: (batch, id, stored leaf hash, body text).
pub async fn batched(
    tx: &mut dyn SqlTx,
    after: (Id, Id),
    limit: i64,
) -> Result<Vec<(Id, Id, Vec<u8>, String)>> {
    let rows = tx.run(&BATCHED, &args![after.0.0.as_slice(), after.1.0.as_slice(), limit]).await?;
    rows.iter()
        .map(|r| {
            Ok((id(r.bytes(0)?)?, id(r.bytes(1)?)?, r.bytes(2)?.to_vec(), r.text(3)?.to_owned()))
        })
        .collect()
}

/// A page of the facts that came to be known after the one with this id, with their ids.
pub async fn known_since(tx: &mut dyn SqlTx, after: Id, limit: i64) -> Result<Vec<(Id, Fact)>> {
    let rows = tx.run(&KNOWN_SINCE, &args![after.0.as_slice(), limit]).await?;
    rows.iter().map(|r| Ok((id(r.bytes(0)?)?, parse(r.text(1)?)?))).collect()
}

/// How many facts are kept.
pub async fn count(tx: &mut dyn SqlTx) -> Result<i64> {
    let rows = tx.run(&COUNT, &[]).await?;
    Ok(rows.first().map(|r| r.int(0)).transpose()?.unwrap_or(0))
}

fn parse(text: &str) -> Result<Fact> {
    serde_json::from_str(text).map_err(|e| StoreError::Damaged(format!("a fact: {e}")))
}

pub(crate) fn subject_of(kind: &str, key: &str) -> Result<Subject> {
    SubjectKind::parse(kind)
        .map(|kind| Subject::new(kind, key))
        .ok_or_else(|| StoreError::Damaged(format!("unknown subject kind `{kind}`")))
}
