//! What sources listed for a day when they were last compared, beside what was known here.

use crate::Result;
use crate::args::{args, statements};
use kernel::{BusinessDate, Currency, Timestamp};
use ports::{Row, SqlTx};

statements! {
    CLEAR = "DELETE FROM completeness WHERE source = $1 AND day >= $2 AND day <= $3",
        [Text, Int, Int] => [];
    PUT = "INSERT INTO completeness (source, day, kind, currency, listed_count, listed_minor, \
           known_count, known_minor, missing, unlisted, differing, checked_at) \
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        [Text, Int, Text, Text, Int, Int, Int, Int, Int, Int, Int, Int] => [];
    INCOMPLETE = "SELECT source, day, kind, currency, listed_count, listed_minor, known_count, \
                  known_minor, missing, unlisted, differing, checked_at FROM completeness \
                  WHERE missing + unlisted + differing > 0 ORDER BY source, day, kind, currency",
        [] => [Text, Int, Text, Text, Int, Int, Int, Int, Int, Int, Int, Int];
    CURRENCIES = "SELECT DISTINCT currency FROM completeness WHERE source = $1 AND day >= $2 \
                  AND day <= $3 ORDER BY currency", [Text, Int, Int] => [Text];
    COMPARED = "INSERT INTO compared (source, first_day, last_day, checked_at) \
                VALUES ($1, $2, $3, $4) ON CONFLICT (source) DO UPDATE SET \
                first_day = excluded.first_day, last_day = excluded.last_day, \
                checked_at = excluded.checked_at", [Text, Int, Int, Int] => [];
    LAST = "SELECT source, first_day, last_day, checked_at FROM compared ORDER BY source",
        [] => [Text, Int, Int, Int];
}

/// One day of one kind in one currency, as it was compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComparedDay {
    /// The connection, e.g. `shopify:acme`.
    pub source: String,
    /// The day.
    pub day: BusinessDate,
    /// The kind of movement.
    pub kind: String,
    /// The currency.
    pub currency: Currency,
    /// How many the source listed, and their total in minor units.
    pub listed: (i64, i64),
    /// The same of what was known here.
    pub known: (i64, i64),
    /// How many were listed and not known.
    pub missing: i64,
    /// How many were known and not listed.
    pub unlisted: i64,
    /// How many had another amount.
    pub differing: i64,
    /// When it was compared.
    pub checked_at: Timestamp,
}

/// What was last compared of one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// The connection.
    pub source: String,
    /// The first day.
    pub first_day: BusinessDate,
    /// The last day.
    pub last_day: BusinessDate,
    /// When.
    pub checked_at: Timestamp,
}

/// Replaces what is known of the days that were compared now.
pub async fn put(tx: &mut dyn SqlTx, compared: &Compared, days: &[ComparedDay]) -> Result<()> {
    let (from, to) = (i64::from(compared.first_day.days()), i64::from(compared.last_day.days()));
    tx.run(&CLEAR, &args![compared.source.as_str(), from, to]).await?;
    let rows: Vec<_> = days
        .iter()
        .map(|d| {
            args![
                d.source.as_str(),
                i64::from(d.day.days()),
                d.kind.as_str(),
                d.currency.code(),
                d.listed.0,
                d.listed.1,
                d.known.0,
                d.known.1,
                d.missing,
                d.unlisted,
                d.differing,
                d.checked_at.0,
            ]
        })
        .collect();
    tx.run_many(&PUT, &rows).await?;
    let row = args![compared.source.as_str(), from, to, compared.checked_at.0];
    tx.run(&COMPARED, &row).await?;
    Ok(())
}

/// Days with a difference when they were last compared.
pub async fn incomplete(tx: &mut dyn SqlTx) -> Result<Vec<ComparedDay>> {
    tx.run(&INCOMPLETE, &[]).await?.iter().map(compared_day).collect()
}

/// The currencies of what is known of some days.
pub async fn currencies(
    tx: &mut dyn SqlTx,
    source: &str,
    (from, to): (BusinessDate, BusinessDate),
) -> Result<Vec<String>> {
    let row = args![source, i64::from(from.days()), i64::from(to.days())];
    let rows = tx.run(&CURRENCIES, &row).await?;
    rows.iter().map(|r| Ok(r.text(0)?.to_owned())).collect()
}

/// What was last compared, by source.
pub async fn last(tx: &mut dyn SqlTx) -> Result<Vec<Compared>> {
    let rows = tx.run(&LAST, &[]).await?;
    rows.iter()
        .map(|r| {
            Ok(Compared {
                source: r.text(0)?.to_owned(),
                first_day: crate::document::date(r.int(1)?)?,
                last_day: crate::document::date(r.int(2)?)?,
                checked_at: Timestamp(r.int(3)?),
            })
        })
        .collect()
}

fn compared_day(r: &Row) -> Result<ComparedDay> {
    Ok(ComparedDay {
        source: r.text(0)?.to_owned(),
        day: crate::document::date(r.int(1)?)?,
        kind: r.text(2)?.to_owned(),
        currency: crate::document::currency(r.text(3)?)?,
        listed: (r.int(4)?, r.int(5)?),
        known: (r.int(6)?, r.int(7)?),
        missing: r.int(8)?,
        unlisted: r.int(9)?,
        differing: r.int(10)?,
        checked_at: Timestamp(r.int(11)?),
    })
}
