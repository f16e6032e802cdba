//! Objects that deliveries only named: they wait to be read from their vendor.

use crate::Result;
use crate::args::{args, statements};
use kernel::Timestamp;
use ports::SqlTx;
use std::collections::BTreeSet;

statements! {
    ADD = "INSERT INTO wanted (source, name, asked_at, asked) VALUES ($1, $2, $3, 1) \
           ON CONFLICT (source, name) DO UPDATE SET asked = wanted.asked + 1",
        [Text, Text, Int] => [];
    TAKE = "SELECT name, asked_at, asked FROM wanted WHERE source = $1 \
            ORDER BY asked_at, name LIMIT $2",
        [Text, Int] => [Text, Int, Int];
    DONE = "DELETE FROM wanted WHERE source = $1 AND name = $2 AND asked = $3",
        [Text, Text, Int] => [];
}

/// An object that is to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Its name in words of the source.
    pub name: String,
    /// When it was first named since it was last read.
    pub asked_at: Timestamp,
    /// How often it was named since.
    pub asked: i64,
}

/// Notes (source, name) of objects that are to be read.
pub async fn add(
    tx: &mut dyn SqlTx,
    named: &BTreeSet<(String, String)>,
    now: Timestamp,
) -> Result<()> {
    let rows: Vec<_> =
        named.iter().map(|(s, name)| args![s.as_str(), name.as_str(), now.0]).collect();
    tx.run_many(&ADD, &rows).await?;
    Ok(())
}

/// What of `source` waits, oldest first, at most `limit`. It stays until [`done`].
pub async fn take(tx: &mut dyn SqlTx, source: &str, limit: i64) -> Result<Vec<Wanted>> {
    let rows = tx.run(&TAKE, &args![source, limit]).await?;
    rows.iter()
        .map(|r| {
            Ok(Wanted {
                name: r.text(0)?.to_owned(),
                asked_at: Timestamp(r.int(1)?),
                asked: r.int(2)?,
            })
        })
        .collect()
}

/// The object was read as it was taken. One that was named again meanwhile goes on waiting.
pub async fn done(tx: &mut dyn SqlTx, source: &str, read: &Wanted) -> Result<()> {
    tx.run(&DONE, &args![source, read.name.as_str(), read.asked]).await?;
    Ok(())
}
