//! Lanes: one worker at a time decides, and the meter of what it called.

use crate::Result;
use crate::args::{args, statements};
use crate::document::date;
use kernel::{BusinessDate, Closing, Timestamp};
use ports::{Row, SqlTx};

statements! {
    OPEN = "INSERT INTO lane (name, owner, fence, lease_until, rules_sha256) \
            VALUES ($1, $2, $3, $4, $5) ON CONFLICT (name) DO NOTHING",
        [Text, Text, Int, Int, Text] => [];
    CLAIM = "UPDATE lane SET owner = $2, fence = CASE WHEN owner = $2 THEN fence ELSE fence + 1 END, \
             lease_until = $3 WHERE name = $1 AND (owner = $2 OR lease_until <= $4) \
             RETURNING fence", [Text, Text, Int, Int] => [Int];
    HOLD = "UPDATE lane SET lease_until = $4 WHERE name = $1 AND owner = $2 AND fence = $3 \
            RETURNING closed_until, ledger_closed_until",
        [Text, Text, Int, Int] => [Int, Int];
    LOOK = "SELECT closed_until, ledger_closed_until, (SELECT CAST(min(due_at) AS BIGINT) \
            FROM document WHERE lane = $1 AND state IN ('ready', 'unknown', 'stale')) \
            FROM lane WHERE name = $1 AND owner = $2 AND fence = $3",
        [Text, Text, Int] => [Int, Int, Int];
    RELEASE = "UPDATE lane SET lease_until = 0, owner = '' WHERE name = $1 AND owner = $2 \
               AND fence = $3", [Text, Text, Int] => [];
    GET = "SELECT closed_until, ledger_closed_until, owner, fence, lease_until, rules_sha256 \
           FROM lane WHERE name = $1", [Text] => [Int, Int, Text, Int, Int, Text];
    LOCK = "UPDATE lane SET owner = owner WHERE name = $1", [Text] => [];
    CLOSED = "UPDATE lane SET closed_until = $2 WHERE name = $1", [Text, Int] => [];
    LEDGER_CLOSED = "UPDATE lane SET ledger_closed_until = $2 WHERE name = $1",
        [Text, Int] => [];
    RULES = "UPDATE lane SET rules_sha256 = $2 WHERE name = $1", [Text, Text] => [];
    WATCH = "SELECT watched_until, missed_since, reread_at FROM lane WHERE name = $1",
        [Text] => [Int, Int, Int];
    WATCHED = "UPDATE lane SET watched_until = $2, missed_since = $3, reread_at = $4 \
               WHERE name = $1", [Text, Int, Int, Int] => [];
    METER = "INSERT INTO meter (lane, day, kind, calls) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (lane, day, kind) DO UPDATE SET calls = meter.calls + excluded.calls",
        [Text, Int, Text, Int] => [];
    METERED = "SELECT kind, CAST(sum(calls) AS BIGINT) FROM meter WHERE lane = $1 AND day >= $2 \
               GROUP BY kind ORDER BY kind", [Text, Int] => [Text, Int];
}

/// Keeps the worker of the lane from deciding until this transaction ends, whoever it is.
pub async fn lock(tx: &mut dyn SqlTx, lane: &str) -> Result<()> {
    tx.run(&LOCK, &args![lane]).await?;
    Ok(())
}

/// A lane as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lane {
    /// The worker that owns it, or empty.
    pub owner: String,
    /// Grows with every change of owner.
    pub fence: i64,
    /// Until when the owner may decide.
    pub lease_until: Timestamp,
    /// Up to when the books are closed.
    pub closing: Closing,
    /// SHA-256 of the rules under which items were decided.
    pub rules_sha256: String,
}

/// What is known of other people's changes to the ledger.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Watch {
    /// Up to when they are known, by the ledger's clock; none before the first look.
    pub until: Option<Timestamp>,
    /// Since when some may have been missed.
    pub missed_since: Option<Timestamp>,
    /// When every document was last taken to be read again.
    pub reread_at: Option<Timestamp>,
}

/// What is known of changes to the ledger.
pub async fn watch(tx: &mut dyn SqlTx, name: &str) -> Result<Watch> {
    let rows = tx.run(&WATCH, &args![name]).await?;
    let Some(r) = rows.first() else { return Ok(Watch::default()) };
    let time = |at: usize| r.opt_int(at).map(|t| t.map(Timestamp));
    Ok(Watch { until: time(0)?, missed_since: time(1)?, reread_at: time(2)? })
}

/// Stores what is known of changes to the ledger.
pub async fn set_watch(tx: &mut dyn SqlTx, name: &str, watch: Watch) -> Result<()> {
    let time = |t: Option<Timestamp>| t.map(|t| t.0);
    let args = args![name, time(watch.until), time(watch.missed_since), time(watch.reread_at)];
    tx.run(&WATCHED, &args).await?;
    Ok(())
}

/// Makes sure the lane exists.
pub async fn open(tx: &mut dyn SqlTx, name: &str) -> Result<()> {
    tx.run(&OPEN, &args![name, "", 0_i64, 0_i64, ""]).await?;
    Ok(())
}

/// Takes the lane when it is free, expired or already ours. Returns the fencing token, or `None`
/// while another worker holds it.
pub async fn claim(
    tx: &mut dyn SqlTx,
    name: &str,
    owner: &str,
    until: Timestamp,
    now: Timestamp,
) -> Result<Option<i64>> {
    let rows = tx.run(&CLAIM, &args![name, owner, until.0, now.0]).await?;
    Ok(rows.first().map(|r| r.int(0)).transpose()?)
}

/// Locks the lane row for this transaction, extends the lease and says up to when the books are
/// closed. `None` when the lane was taken over meanwhile: the caller must stop at once and store
/// nothing.
pub async fn hold(
    tx: &mut dyn SqlTx,
    name: &str,
    owner: &str,
    fence: i64,
    until: Timestamp,
) -> Result<Option<Closing>> {
    let rows = tx.run(&HOLD, &args![name, owner, fence, until.0]).await?;
    rows.first().map(closing).transpose()
}

/// Up to when the books are closed, and when the next document of the lane wants to be sent or looked
/// for. Locks nothing and extends nothing. `None` when the lane was taken over.
pub async fn look(
    tx: &mut dyn SqlTx,
    name: &str,
    owner: &str,
    fence: i64,
) -> Result<Option<(Closing, Option<Timestamp>)>> {
    let rows = tx.run(&LOOK, &args![name, owner, fence]).await?;
    let Some(r) = rows.first() else { return Ok(None) };
    Ok(Some((closing(r)?, r.opt_int(2)?.map(Timestamp))))
}

/// Gives the lane back.
pub async fn release(tx: &mut dyn SqlTx, name: &str, owner: &str, fence: i64) -> Result<()> {
    tx.run(&RELEASE, &args![name, owner, fence]).await?;
    Ok(())
}

/// The lane.
pub async fn get(tx: &mut dyn SqlTx, name: &str) -> Result<Option<Lane>> {
    let rows = tx.run(&GET, &args![name]).await?;
    let Some(r) = rows.first() else { return Ok(None) };
    Ok(Some(Lane {
        closing: closing(r)?,
        owner: r.text(2)?.to_owned(),
        fence: r.int(3)?,
        lease_until: Timestamp(r.int(4)?),
        rules_sha256: r.text(5)?.to_owned(),
    }))
}

/// Our own dates of closing come first in every row that holds both.
fn closing(r: &Row) -> Result<Closing> {
    Ok(Closing {
        ours: r.opt_int(0)?.map(date).transpose()?,
        ledger: r.opt_int(1)?.map(date).transpose()?,
    })
}

/// Sets the last date that a person closed in Tieout.
pub async fn close_until(
    tx: &mut dyn SqlTx,
    name: &str,
    until: Option<BusinessDate>,
) -> Result<()> {
    tx.run(&CLOSED, &args![name, until.map(|d| i64::from(d.days()))]).await?;
    Ok(())
}

/// Sets the last date that is closed in the ledger itself.
pub async fn ledger_closed_until(
    tx: &mut dyn SqlTx,
    name: &str,
    until: Option<BusinessDate>,
) -> Result<()> {
    tx.run(&LEDGER_CLOSED, &args![name, until.map(|d| i64::from(d.days()))]).await?;
    Ok(())
}

/// Records under which rules items are decided from now on.
pub async fn set_rules(tx: &mut dyn SqlTx, name: &str, sha256: &str) -> Result<()> {
    tx.run(&RULES, &args![name, sha256]).await?;
    Ok(())
}

/// Counts calls: (kind, calls).
pub async fn meter(
    tx: &mut dyn SqlTx,
    name: &str,
    day: BusinessDate,
    calls: &[(&'static str, i64)],
) -> Result<()> {
    let rows: Vec<_> =
        calls.iter().map(|(k, n)| args![name, i64::from(day.days()), *k, *n]).collect();
    tx.run_many(&METER, &rows).await?;
    Ok(())
}

/// Calls by kind since a day.
pub async fn metered(
    tx: &mut dyn SqlTx,
    name: &str,
    since: BusinessDate,
) -> Result<Vec<(String, i64)>> {
    let rows = tx.run(&METERED, &args![name, i64::from(since.days())]).await?;
    rows.iter().map(|r| Ok((r.text(0)?.to_owned(), r.int(1)?))).collect()
}
