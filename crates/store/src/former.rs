//! Ids of documents that the ledger held once.

use crate::Result;
use crate::args::{args, statements};
use ports::SqlTx;
use std::collections::BTreeSet;

statements! {
    ADD = "INSERT INTO former (lane, kind, ledger_id) VALUES ($1, $2, $3) \
           ON CONFLICT (lane, kind, ledger_id) DO NOTHING",
        [Text, Text, Text] => [];
    KNOWN = "SELECT ledger_id FROM former WHERE lane = $1 AND kind = $2 AND ledger_id = $3",
        [Text, Text, Text] => [Text];
}

/// Remembers ids (kind, ledger's id) that the ledger holds no more.
pub async fn add(tx: &mut dyn SqlTx, lane: &str, ids: &[(&str, &str)]) -> Result<()> {
    let rows: Vec<_> = ids.iter().map(|(kind, id)| args![lane, *kind, *id]).collect();
    tx.run_many(&ADD, &rows).await?;
    Ok(())
}

/// Which of these ids of a kind were ours once.
pub async fn known(
    tx: &mut dyn SqlTx,
    lane: &str,
    kind: &str,
    ids: &[&str],
) -> Result<BTreeSet<String>> {
    let rows: Vec<_> = ids.iter().map(|id| args![lane, kind, *id]).collect();
    let found = tx.run_many(&KNOWN, &rows).await?.rows;
    found.iter().map(|r| Ok(r.text(0)?.to_owned())).collect()
}
