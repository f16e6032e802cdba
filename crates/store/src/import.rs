//! Imported files: progress and control totals.

use crate::Result;
use crate::args::{args, statements};
use crate::delivery::id;
use kernel::{Currency, Id};
use ports::{Row, SqlTx};

statements! {
    START = "INSERT INTO import (delivery_id, source, name, sha256, state, groups_done, lines, \
             currency, exact_sum, booked_minor, note) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
             ON CONFLICT (source, sha256) DO NOTHING",
        [Bytes, Text, Text, Text, Text, Int, Int, Text, Text, Int, Text] => [];
    GET = "SELECT delivery_id, source, name, sha256, state, groups_done, lines, currency, \
           exact_sum, booked_minor, note FROM import WHERE source = $1 AND sha256 = $2",
        [Text, Text] => [Bytes, Text, Text, Text, Text, Int, Int, Text, Text, Int, Text];
    LIST = "SELECT delivery_id, source, name, sha256, state, groups_done, lines, currency, \
            exact_sum, booked_minor, note FROM import ORDER BY delivery_id",
        [] => [Bytes, Text, Text, Text, Text, Int, Int, Text, Text, Int, Text];
    LAST = "SELECT delivery_id FROM import WHERE source = $1 ORDER BY delivery_id DESC LIMIT 1",
        [Text] => [Bytes];
    MOVE = "UPDATE import SET state = $2, groups_done = $3, lines = $4, exact_sum = $5, \
            booked_minor = $6, note = $7 WHERE delivery_id = $1",
        [Bytes, Text, Int, Int, Text, Int, Text] => [];
}

/// One imported file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportRow {
    /// The delivery that keeps its bytes.
    pub delivery: Id,
    /// The connection.
    pub source: String,
    /// File name for people.
    pub name: String,
    /// SHA-256 of the bytes, hexadecimal.
    pub sha256: String,
    /// `reading`, `complete` or `cut`.
    pub state: String,
    /// Groups (orders) whose facts are kept.
    pub groups_done: i64,
    /// Lines read.
    pub lines: i64,
    /// Currency of the sums.
    pub currency: Currency,
    /// The file's own sum of quantity × price, exact decimal text.
    pub exact_sum: String,
    /// What of it was booked in minor units.
    pub booked_minor: i64,
    /// What happened, for people.
    pub note: String,
}

/// Registers a file; a file already known keeps its row.
pub async fn start(tx: &mut dyn SqlTx, i: &ImportRow) -> Result<()> {
    let row = args![
        i.delivery.0.as_slice(),
        i.source.as_str(),
        i.name.as_str(),
        i.sha256.as_str(),
        i.state.as_str(),
        i.groups_done,
        i.lines,
        i.currency.code(),
        i.exact_sum.as_str(),
        i.booked_minor,
        i.note.as_str(),
    ];
    tx.run(&START, &row).await?;
    Ok(())
}

/// The row of a file.
pub async fn get(tx: &mut dyn SqlTx, source: &str, sha256: &str) -> Result<Option<ImportRow>> {
    tx.run(&GET, &args![source, sha256]).await?.first().map(import).transpose()
}

/// The import of a source that was begun last. Whoever asks is the only one until the transaction
/// ends: on PostgreSQL the next one waits, and finds what this one has begun.
pub async fn last(tx: &mut dyn SqlTx, source: &str) -> Result<Option<Id>> {
    tx.run(&crate::migrate::LOCK, &[]).await?;
    tx.run(&LAST, &args![source]).await?.first().map(|row| id(row.bytes(0)?)).transpose()
}

/// All imports, oldest first.
pub async fn list(tx: &mut dyn SqlTx) -> Result<Vec<ImportRow>> {
    tx.run(&LIST, &[]).await?.iter().map(import).collect()
}

/// Stores progress.
pub async fn advance(tx: &mut dyn SqlTx, i: &ImportRow) -> Result<()> {
    let row = args![
        i.delivery.0.as_slice(),
        i.state.as_str(),
        i.groups_done,
        i.lines,
        i.exact_sum.as_str(),
        i.booked_minor,
        i.note.as_str(),
    ];
    tx.run(&MOVE, &row).await?;
    Ok(())
}

fn import(r: &Row) -> Result<ImportRow> {
    Ok(ImportRow {
        delivery: id(r.bytes(0)?)?,
        source: r.text(1)?.to_owned(),
        name: r.text(2)?.to_owned(),
        sha256: r.text(3)?.to_owned(),
        state: r.text(4)?.to_owned(),
        groups_done: r.int(5)?,
        lines: r.int(6)?,
        currency: crate::document::currency(r.text(7)?)?,
        exact_sum: r.text(8)?.to_owned(),
        booked_minor: r.int(9)?,
        note: r.text(10)?.to_owned(),
    })
}
