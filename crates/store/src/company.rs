//! The company behind a lane as the ledger described it last.

use crate::Result;
use crate::args::{args, statements};
use kernel::Timestamp;
use ports::SqlTx;

statements! {
    PUT = "INSERT INTO company (lane, body, read_at) VALUES ($1, $2, $3) \
           ON CONFLICT (lane) DO UPDATE SET body = excluded.body, read_at = excluded.read_at",
        [Text, Text, Int] => [];
    GET = "SELECT body, read_at FROM company WHERE lane = $1", [Text] => [Text, Int];
}

/// A description as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// JSON of whoever stores it.
    pub body: String,
    /// When the ledger said so.
    pub read_at: Timestamp,
}

/// Stores what the ledger says now.
pub async fn put(tx: &mut dyn SqlTx, lane: &str, body: &str, read_at: Timestamp) -> Result<()> {
    tx.run(&PUT, &args![lane, body, read_at.0]).await?;
    Ok(())
}

/// What the ledger said last.
pub async fn get(tx: &mut dyn SqlTx, lane: &str) -> Result<Option<Stored>> {
    let rows = tx.run(&GET, &args![lane]).await?;
    let Some(r) = rows.first() else { return Ok(None) };
    Ok(Some(Stored { body: r.text(0)?.to_owned(), read_at: Timestamp(r.int(1)?) }))
}
