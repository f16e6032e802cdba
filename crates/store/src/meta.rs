//! Small facts about the database itself.

use crate::Result;
use crate::args::{args, statements};
use ports::SqlTx;

statements! {
    GET = "SELECT value FROM meta WHERE key = $1", [Text] => [Text];
    SET = "INSERT INTO meta (key, value) VALUES ($1, $2) \
           ON CONFLICT (key) DO UPDATE SET value = excluded.value", [Text, Text] => [];
}

/// The value stored under `key`.
pub async fn get(tx: &mut dyn SqlTx, key: &str) -> Result<Option<String>> {
    let rows = tx.run(&GET, &args![key]).await?;
    Ok(rows.first().map(|r| r.text(0).map(str::to_owned)).transpose()?)
}

/// Stores `value` under `key`.
pub async fn set(tx: &mut dyn SqlTx, key: &str, value: &str) -> Result<()> {
    tx.run(&SET, &args![key, value]).await?;
    Ok(())
}
