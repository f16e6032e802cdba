//! Schema migrations: append-only files, each applied once, their checksums kept.

use crate::{Result, Store, StoreError, dialect};
use ports::{Kind, SqlFailure, SqlTx, Stmt};
use sha2::{Digest, Sha256};

/// Name and text of every migration, oldest first. An applied file is never edited.
const MIGRATIONS: &[(&str, &str)] = &[
    ("0001_init", include_str!("../migrations/0001_init.sql")),
    ("0002_poll", include_str!("../migrations/0002_poll.sql")),
    ("0003_rates", include_str!("../migrations/0003_rates.sql")),
    ("0004_wanted", include_str!("../migrations/0004_wanted.sql")),
    ("0005_pace", include_str!("../migrations/0005_pace.sql")),
    ("0006_poll_place", include_str!("../migrations/0006_poll_place.sql")),
    ("0007_completeness", include_str!("../migrations/0007_completeness.sql")),
    ("0008_disputed", include_str!("../migrations/0008_disputed.sql")),
    ("0009_former", include_str!("../migrations/0009_former.sql")),
];

const LEDGER: &str = "CREATE TABLE IF NOT EXISTS migration (name TEXT PRIMARY KEY, \
    sha256 TEXT NOT NULL)";

static APPLIED: Stmt = Stmt {
    name: "migrate::applied",
    sql: "SELECT name, sha256 FROM migration ORDER BY name",
    args: &[],
    cols: &[Kind::Text, Kind::Text],
};
/// Locks what is recorded, rows that every database has: on PostgreSQL a second process waits here for
/// the first.
pub(crate) static LOCK: Stmt =
    Stmt { name: "migrate::lock", sql: "UPDATE migration SET name = name", args: &[], cols: &[] };
static RECORD: Stmt = Stmt {
    name: "migrate::record",
    sql: "INSERT INTO migration (name, sha256) VALUES ($1, $2)",
    args: &[Kind::Text, Kind::Text],
    cols: &[],
};

/// Brings the schema up to date and returns how many migrations were applied. Two processes may
/// call it at once: the second waits for the first or is told to run again.
pub async fn run(store: &Store) -> Result<usize> {
    let mut tx = store.write().await?;
    // Two processes that both find no table are told apart by PostgreSQL's own catalogue, which
    // answers the second with a violated constraint once the first is done.
    tx.script(LEDGER).await.map_err(|e| match e {
        SqlFailure::Constraint(text) => SqlFailure::Retry(text),
        other => other,
    })?;
    tx.run(&LOCK, &[]).await?;
    let done = applied(tx.as_mut()).await?;
    let mut count = 0;
    for (i, (name, sql)) in MIGRATIONS.iter().enumerate() {
        let sum = hex(&Sha256::digest(sql.as_bytes()));
        match done.get(i) {
            Some((n, s)) if n == name && *s == sum => {}
            Some((n, _)) => {
                return Err(StoreError::Damaged(format!(
                    "migration {n} was applied with another text than this program holds \
                     ({name}); use the program version that made the database, or restore a copy"
                )));
            }
            None => {
                tx.script(&dialect::translate(sql, store.dialect())).await?;
                tx.run(&RECORD, &[(*name).into(), sum.into()]).await?;
                count += 1;
            }
        }
    }
    if done.len() > MIGRATIONS.len() {
        return Err(StoreError::Damaged(
            "the database was made by a newer version of this program; upgrade the program".into(),
        ));
    }
    tx.commit().await?;
    Ok(count)
}

async fn applied(tx: &mut dyn SqlTx) -> Result<Vec<(String, String)>> {
    let rows = tx.run(&APPLIED, &[]).await?;
    rows.iter().map(|r| Ok((r.text(0)?.to_owned(), r.text(1)?.to_owned()))).collect()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut s, b| {
        let _ = write!(s, "{b:02x}");
        s
    })
}
