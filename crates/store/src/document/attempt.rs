//! Every write that was tried.

use super::act_name;
use crate::Result;
use crate::args::{args, statements};
use kernel::{BusinessKey, Id, Timestamp};
use ports::{Act, SqlTx};

statements! {
    ATTEMPT = "INSERT INTO attempt (id, document_key, n, act, call_id, started_at) \
               VALUES ($1, $2, $3, $4, $5, $6)", [Bytes, Text, Int, Text, Text, Int] => [];
    ATTEMPT_END = "UPDATE attempt SET ended_at = $2, outcome = $3, detail = $4 WHERE id = $1",
        [Bytes, Int, Text, Text] => [];
    ATTEMPTS = "SELECT n, act, call_id, started_at, ended_at, outcome, detail FROM attempt \
                WHERE document_key = $1 ORDER BY id",
        [Text] => [Int, Text, Text, Int, Int, Text, Text];
    // Ids count up with time.
    ATTEMPTS_SINCE = "SELECT count(*) FROM (SELECT id FROM attempt WHERE id >= $1 \
                      ORDER BY id LIMIT $2) AS counted", [Bytes, Int] => [Int];
}

/// An attempt about to be made.
#[derive(Debug, Clone)]
pub struct NewAttempt {
    /// Its id.
    pub id: Id,
    /// The document.
    pub document: BusinessKey,
    /// Which try this is.
    pub n: i64,
    /// What is done.
    pub act: Act,
    /// The call.
    pub call_id: String,
}

/// How many attempts were begun since `since`, counted up to `most`.
pub async fn attempts_since(tx: &mut dyn SqlTx, since: Timestamp, most: i64) -> Result<i64> {
    let first = Id::new(since, [0; 10]);
    let rows = tx.run(&ATTEMPTS_SINCE, &args![first.0.as_slice(), most]).await?;
    Ok(rows.first().map(|r| r.int(0)).transpose()?.unwrap_or(0))
}

/// Records attempts before they are made.
pub async fn start(tx: &mut dyn SqlTx, batch: &[NewAttempt], now: Timestamp) -> Result<()> {
    let rows: Vec<_> = batch
        .iter()
        .map(|a| {
            args![
                a.id.0.as_slice(),
                a.document.as_str(),
                a.n,
                act_name(a.act),
                a.call_id.as_str(),
                now.0,
            ]
        })
        .collect();
    tx.run_many(&ATTEMPT, &rows).await?;
    Ok(())
}

/// Records how attempts ended: (attempt, outcome, detail without ledger data).
pub async fn end(
    tx: &mut dyn SqlTx,
    batch: &[(Id, &'static str, String)],
    now: Timestamp,
) -> Result<()> {
    let rows: Vec<_> = batch
        .iter()
        .map(|(id, outcome, detail)| args![id.0.as_slice(), now.0, *outcome, detail.as_str()])
        .collect();
    tx.run_many(&ATTEMPT_END, &rows).await?;
    Ok(())
}

/// An attempt as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptRow {
    /// Which try.
    pub n: i64,
    /// What was done.
    pub act: String,
    /// The call id, the ledger's request id.
    pub call_id: String,
    /// When it started.
    pub started_at: Timestamp,
    /// When its outcome was recorded.
    pub ended_at: Option<Timestamp>,
    /// The outcome.
    pub outcome: Option<String>,
    /// More about it.
    pub detail: Option<String>,
}

/// All attempts for a document, oldest first.
pub async fn attempts(tx: &mut dyn SqlTx, document: &BusinessKey) -> Result<Vec<AttemptRow>> {
    let rows = tx.run(&ATTEMPTS, &args![document.as_str()]).await?;
    rows.iter()
        .map(|r| {
            Ok(AttemptRow {
                n: r.int(0)?,
                act: r.text(1)?.to_owned(),
                call_id: r.text(2)?.to_owned(),
                started_at: Timestamp(r.int(3)?),
                ended_at: r.opt_int(4)?.map(Timestamp),
                outcome: r.opt_text(5)?.map(str::to_owned),
                detail: r.opt_text(6)?.map(str::to_owned),
            })
        })
        .collect()
}
