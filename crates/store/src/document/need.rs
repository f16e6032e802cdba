//! What documents wait for.

use crate::Result;
use crate::args::{args, statements};
use kernel::{BusinessKey, Timestamp};
use ports::SqlTx;

statements! {
    NEED = "INSERT INTO need (document_key, needs_key) VALUES ($1, $2) \
            ON CONFLICT (document_key, needs_key) DO NOTHING", [Text, Text] => [];
    NEEDS_GONE = "DELETE FROM need WHERE document_key = $1", [Text] => [];
    WAITING = "SELECT document_key FROM need WHERE needs_key = $1", [Text] => [Text];
    MET = "DELETE FROM need WHERE needs_key = $1", [Text] => [];
    FREE = "UPDATE document SET state = 'ready', due_at = $2 WHERE key = $1 \
            AND state = 'waiting' AND NOT EXISTS (SELECT 1 FROM need WHERE document_key = $1)",
        [Text, Int] => [];
    NEEDS_OF = "SELECT needs_key FROM need WHERE document_key = $1 ORDER BY needs_key",
        [Text] => [Text];
}

/// Replaces what a document waits for.
pub async fn set_needs(
    tx: &mut dyn SqlTx,
    documents: &[BusinessKey],
    needs: &[(BusinessKey, BusinessKey)],
) -> Result<()> {
    let gone: Vec<_> = documents.iter().map(|d| args![d.as_str()]).collect();
    tx.run_many(&NEEDS_GONE, &gone).await?;
    let rows: Vec<_> = needs.iter().map(|(d, n)| args![d.as_str(), n.as_str()]).collect();
    tx.run_many(&NEED, &rows).await?;
    Ok(())
}

/// What a document waits for.
pub async fn needs_of(tx: &mut dyn SqlTx, document: &BusinessKey) -> Result<Vec<String>> {
    let rows = tx.run(&NEEDS_OF, &args![document.as_str()]).await?;
    rows.iter().map(|r| Ok(r.text(0)?.to_owned())).collect()
}

/// Sets documents free that waited only for `posted` rows.
pub async fn free(tx: &mut dyn SqlTx, posted: &[BusinessKey], now: Timestamp) -> Result<u64> {
    let rows: Vec<_> = posted.iter().map(|k| args![k.as_str()]).collect();
    let found = tx.run_many(&WAITING, &rows).await?.rows;
    if found.is_empty() {
        return Ok(0);
    }
    tx.run_many(&MET, &rows).await?;
    let mut waiting =
        found.iter().map(|r| Ok(r.text(0)?.to_owned())).collect::<Result<Vec<_>>>()?;
    waiting.sort();
    waiting.dedup();
    let rows: Vec<_> = waiting.into_iter().map(|k| args![k, now.0]).collect();
    Ok(tx.run_many(&FREE, &rows).await?.affected)
}
