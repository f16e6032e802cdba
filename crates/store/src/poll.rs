//! How far each list of a source was read.

use crate::Result;
use crate::args::{args, statements};
use kernel::Timestamp;
use ports::{Row, SqlTx};

statements! {
    PUT = "INSERT INTO poll (source, stream, read_until, tried_at, failures, note, listed, place) \
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (source, stream) DO UPDATE SET \
           read_until = excluded.read_until, tried_at = excluded.tried_at, \
           failures = excluded.failures, note = excluded.note, listed = excluded.listed, \
           place = excluded.place",
        [Text, Text, Int, Int, Int, Text, Int, Text] => [];
    GET = "SELECT source, stream, read_until, tried_at, failures, note, listed, place FROM poll \
           WHERE source = $1 AND stream = $2",
        [Text, Text] => [Text, Text, Int, Int, Int, Text, Int, Text];
    LIST = "SELECT source, stream, read_until, tried_at, failures, note, listed, place FROM poll \
            ORDER BY source, stream",
        [] => [Text, Text, Int, Int, Int, Text, Int, Text];
}

/// Where one list stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The connection, e.g. `shopify:acme`.
    pub source: String,
    /// The list: `orders`.
    pub stream: String,
    /// Everything before this moment was read.
    pub read_until: Timestamp,
    /// When it was last asked for.
    pub tried_at: Option<Timestamp>,
    /// Tries that failed since one succeeded.
    pub failures: i64,
    /// Why the last one failed, else empty.
    pub note: String,
    /// Objects that the list held in all tries together.
    pub listed: i64,
    /// Where the next reading goes on, in words of the list's own; empty where time alone says it.
    pub place: String,
}

/// Stores where a list stands.
pub async fn put(tx: &mut dyn SqlTx, mark: &Mark) -> Result<()> {
    let row = args![
        mark.source.as_str(),
        mark.stream.as_str(),
        mark.read_until.0,
        mark.tried_at.map(|at| at.0),
        mark.failures,
        mark.note.as_str(),
        mark.listed,
        mark.place.as_str(),
    ];
    tx.run(&PUT, &row).await?;
    Ok(())
}

/// Where a list stands, if it was ever read.
pub async fn get(tx: &mut dyn SqlTx, source: &str, stream: &str) -> Result<Option<Mark>> {
    tx.run(&GET, &args![source, stream]).await?.first().map(mark).transpose()
}

/// Every list.
pub async fn list(tx: &mut dyn SqlTx) -> Result<Vec<Mark>> {
    tx.run(&LIST, &[]).await?.iter().map(mark).collect()
}

fn mark(r: &Row) -> Result<Mark> {
    Ok(Mark {
        source: r.text(0)?.to_owned(),
        stream: r.text(1)?.to_owned(),
        read_until: Timestamp(r.int(2)?),
        tried_at: r.opt_int(3)?.map(Timestamp),
        failures: r.int(4)?,
        note: r.text(5)?.to_owned(),
        listed: r.int(6)?,
        place: r.text(7)?.to_owned(),
    })
}
