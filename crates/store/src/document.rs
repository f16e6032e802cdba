//! Documents and references: what the ledger should hold and what it is known to hold.

use crate::args::{args, statements};
use crate::delivery::id;
use crate::{Result, StoreError};
use kernel::{
    AccountType, BusinessDate, BusinessKey, Currency, DocumentKind, Id, ReasonCode, Reference,
    ReferenceKind, Timestamp,
};
use ports::{SqlTx, TargetSubject, Value};

mod attempt;
mod need;
mod posting;
mod row;

pub use attempt::{
    ALL as ATTEMPT_STATEMENTS, AttemptRow, NewAttempt, attempts, attempts_since, end, start,
};
pub use need::{ALL as NEED_STATEMENTS, free, needs_of, set_needs};
pub use posting::{ALL as POSTING_STATEMENTS, daily, post, trial_balance};
pub use row::{DocRow, DocState, act_name, reference_key};

use row::{body_of, ledger_args, progress_args, row};

macro_rules! columns {
    () => {
        "key, item_id, lane, kind, state, act, body, marker, ledger_id, ledger_version, \
         ledger_total_minor, due_at, tries, generation, call_id, call_position, call_size, \
         sent_at, posted_at, verified_at, redo, reason, ledger_digest, ledger_rate"
    };
}

// SQLite uses a partial index only when the condition of the index stands in the statement, word
// for word, even where another condition implies it.
statements! {
    UPSERT = "INSERT INTO document (key, item_id, lane, kind, state, act, body, marker, date, \
              currency, number, total_minor, ledger_id, ledger_version, ledger_total_minor, \
              ledger_digest, ledger_rate, due_at, \
              tries, generation, call_id, call_position, call_size, sent_at, posted_at, \
              verified_at, reason, redo) \
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, \
              $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28) \
              ON CONFLICT (key) DO UPDATE SET item_id = excluded.item_id, lane = excluded.lane, \
              kind = excluded.kind, state = excluded.state, \
              act = excluded.act, body = excluded.body, date = excluded.date, \
              currency = excluded.currency, number = excluded.number, \
              total_minor = excluded.total_minor, ledger_id = excluded.ledger_id, \
              ledger_version = excluded.ledger_version, \
              ledger_total_minor = excluded.ledger_total_minor, \
              ledger_digest = excluded.ledger_digest, ledger_rate = excluded.ledger_rate, \
              due_at = excluded.due_at, \
              tries = excluded.tries, generation = excluded.generation, \
              call_id = excluded.call_id, call_position = excluded.call_position, \
              call_size = excluded.call_size, sent_at = excluded.sent_at, \
              posted_at = excluded.posted_at, verified_at = excluded.verified_at, \
              redo = excluded.redo, reason = excluded.reason",
        [Text, Bytes, Text, Text, Text, Text, Text, Text, Int, Text, Text, Int, Text, Text, Int,
         Text, Text, Int, Int, Int, Text, Int, Int, Int, Int, Int, Text, Int] => [];
    SETTLE = "UPDATE document SET state = $2, act = $3, ledger_id = $4, ledger_version = $5, \
              ledger_total_minor = $6, ledger_digest = $7, ledger_rate = $8, due_at = $9, \
              tries = $10, generation = $11, call_id = $12, \
              call_position = $13, call_size = $14, sent_at = $15, posted_at = $16, \
              verified_at = $17, reason = $18 WHERE key = $1",
        [Text, Text, Text, Text, Text, Int, Text, Text, Int, Int, Int, Text, Int, Int, Int, Int,
         Int, Text]
        => [];
    MARKED = "SELECT key, item_id FROM document WHERE key = $1 AND redo = 1", [Text]
        => [Text, Bytes];
    SET_REDO = "UPDATE document SET redo = $2 WHERE key = $1", [Text, Int] => [];
    ADD_REFERENCE = "INSERT INTO document (key, item_id, lane, kind, state, act, body, marker, \
                     date, currency, number, total_minor, due_at, tries, generation, redo, reason) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, \
                     $16, $17) ON CONFLICT (key) DO NOTHING",
        [Text, Bytes, Text, Text, Text, Text, Text, Text, Int, Text, Text, Int, Int, Int, Int, Int,
         Text] => [];
    BY_KEY = concat!("SELECT ", columns!(), " FROM document WHERE key = $1"), [Text] => [Text, Bytes, Text, Text, Text, Text, Text, Text, Text, Text, Int, Int, Int, Int, Text, Int,
         Int, Int, Int, Int, Int, Text, Text, Text];
    OF_ITEM = concat!("SELECT ", columns!(), " FROM document WHERE item_id = $1 ORDER BY key"),
        [Bytes] => [Text, Bytes, Text, Text, Text, Text, Text, Text, Text, Text, Int, Int, Int, Int, Text, Int,
         Int, Int, Int, Int, Int, Text, Text, Text];
    READY = concat!("SELECT ", columns!(), " FROM document WHERE lane = $1 AND due_at <= $2 \
            AND state = 'ready' AND state IN ('ready', 'unknown', 'stale') \
            ORDER BY due_at, key LIMIT $3"), [Text, Int, Int] => [Text, Bytes, Text, Text, Text, Text, Text, Text, Text, Text, Int, Int, Int, Int, Text, Int,
         Int, Int, Int, Int, Int, Text, Text, Text];
    DOUBTFUL = concat!("SELECT ", columns!(), " FROM document WHERE lane = $1 AND due_at <= $2 \
               AND state IN ('unknown', 'stale') ORDER BY due_at, key LIMIT $3"),
        [Text, Int, Int] => [Text, Bytes, Text, Text, Text, Text, Text, Text, Text, Text, Int, Int, Int, Int, Text, Int,
         Int, Int, Int, Int, Int, Text, Text, Text];
    OF_CALL = concat!("SELECT ", columns!(), " FROM document WHERE call_id = $1 \
              ORDER BY call_position"), [Text] => [Text, Bytes, Text, Text, Text, Text, Text, Text, Text, Text, Int, Int, Int, Int, Text, Int,
         Int, Int, Int, Int, Int, Text, Text, Text];
    IN_FLIGHT = concat!("SELECT ", columns!(), " FROM document WHERE lane = $1 \
                AND state = 'in_flight' ORDER BY key LIMIT $2"), [Text, Int] => [Text, Bytes, Text, Text, Text, Text, Text, Text, Text, Text, Int, Int, Int, Int, Text, Int,
         Int, Int, Int, Int, Int, Text, Text, Text];
    HELD_AFTER = concat!("SELECT ", columns!(), " FROM document WHERE lane = $1 AND reason = $2 \
                 AND state = 'quarantined' AND date > $3 ORDER BY key LIMIT $4"),
        [Text, Text, Int, Int] => [Text, Bytes, Text, Text, Text, Text, Text, Text, Text, Text, Int, Int, Int, Int, Text, Int,
         Int, Int, Int, Int, Int, Text, Text, Text];
    UNVERIFIED = concat!("SELECT ", columns!(), " FROM document WHERE lane = $1 AND kind = $2 \
                 AND state = 'posted' ORDER BY posted_at, key LIMIT $3"),
        [Text, Text, Int] => [Text, Bytes, Text, Text, Text, Text, Text, Text, Text, Text, Int, Int, Int, Int, Text, Int,
         Int, Int, Int, Int, Int, Text, Text, Text];
    UNVERIFIED_COUNTS = "SELECT kind, count(*), CAST(min(posted_at) AS BIGINT) FROM document \
                         WHERE lane = $1 AND state = 'posted' GROUP BY kind ORDER BY kind",
        [Text] => [Text, Int, Int];
    BY_LEDGER = concat!("SELECT ", columns!(), " FROM document WHERE ledger_id = $1 \
                AND ledger_id IS NOT NULL AND lane = $2 AND kind = $3 ORDER BY key"),
        [Text, Text, Text] => [Text, Bytes, Text, Text, Text, Text, Text, Text, Text, Text, Int, Int, Int, Int, Text, Int,
         Int, Int, Int, Int, Int, Text, Text, Text];
    READ_AGAIN = "UPDATE document SET state = 'posted' WHERE lane = $1 AND state = 'verified' \
                  AND kind NOT IN ('currency', 'account', 'item', 'customer', 'location', 'class')", [Text] => [];
    NEXT_VERIFICATION = "SELECT CAST(min(due_at) AS BIGINT) FROM document WHERE lane = $1 \
                         AND state = 'posted'", [Text] => [Int];
    ACCOUNTS = "SELECT body FROM document WHERE lane = $1 AND kind = 'account'", [Text] => [Text];
    LOOK_AGAIN = "UPDATE document SET state = 'unknown', due_at = $2, call_id = NULL, \
                  sent_at = NULL WHERE lane = $1 AND state = 'verified' \
                  AND kind IN ('currency', 'account', 'item', 'customer', 'location', 'class')", [Text, Int] => [];
    REFERENCES = "SELECT kind, number, ledger_id, state FROM document WHERE lane = $1 \
                  AND kind IN ('currency', 'account', 'item', 'customer', 'location', 'class') \
                  AND ledger_id IS NOT NULL \
                  AND state IN ('posted', 'verified', 'unknown', 'quarantined')",
        [Text] => [Text, Text, Text, Text];
    BY_NUMBER = concat!("SELECT ", columns!(), " FROM document WHERE number = $1 AND number <> '' \
                AND kind NOT IN ('currency', 'account', 'item', 'customer', 'location', 'class') ORDER BY key"),
        [Text] => [Text, Bytes, Text, Text, Text, Text, Text, Text, Text, Text, Int, Int, Int, Int, Text, Int,
         Int, Int, Int, Int, Int, Text, Text, Text];
    EVERY = concat!("SELECT ", columns!(), " FROM document ORDER BY key"), [] => [Text, Bytes, Text, Text, Text, Text, Text, Text, Text, Text, Int, Int, Int, Int, Text, Int,
         Int, Int, Int, Int, Int, Text, Text, Text];
    PAGE = concat!("SELECT ", columns!(), " FROM document WHERE key > $1 ORDER BY key LIMIT $2"),
        [Text, Int] => [Text, Bytes, Text, Text, Text, Text, Text, Text, Text, Text, Int, Int, Int, Int, Text, Int,
         Int, Int, Int, Int, Int, Text, Text, Text];
    FOREIGN = concat!("SELECT ", columns!(), " FROM document WHERE ledger_rate IS NOT NULL \
              AND currency <> $1 AND state IN ('posted', 'verified', 'divergent') \
              AND key > $2 ORDER BY key LIMIT $3"),
        [Text, Text, Int] => [Text, Bytes, Text, Text, Text, Text, Text, Text, Text, Text, Int, Int, Int, Int, Text, Int,
         Int, Int, Int, Int, Int, Text, Text, Text];
    COUNTS = "SELECT kind, state, count(*) FROM document GROUP BY kind, state \
              ORDER BY kind, state", [] => [Text, Text, Int];
}

/// Stores rows in full, new or changed.
pub async fn put(tx: &mut dyn SqlTx, rows: &[DocRow]) -> Result<()> {
    let mut all = Vec::with_capacity(rows.len());
    for r in rows {
        let (date, currency, number, total) = match &r.subject {
            TargetSubject::Document(d) => (
                i64::from(d.date.days()),
                d.currency.code().to_owned(),
                d.number.clone().unwrap_or_default(),
                d.total_minor,
            ),
            TargetSubject::Reference(x) => (0_i64, String::new(), x.key().name, 0_i64),
        };
        let mut row = args![
            r.key.as_str(),
            r.item.map(|i| i.0.to_vec()),
            r.lane.as_str(),
            r.kind(),
            r.state.as_str(),
            act_name(r.act),
            body_of(&r.subject)?,
            r.key.marker(),
            date,
            currency,
            number,
            total,
        ];
        row.extend(ledger_args(r));
        row.extend(progress_args(r));
        row.push(Value::from(i64::from(r.redo)));
        all.push(row);
    }
    tx.run_many(&UPSERT, &all).await?;
    Ok(())
}

/// Stores progress of rows whose content did not change. Returns the items of rows that came to
/// rest and about which new knowledge came meanwhile: they have to be decided again. Rows that are
/// still under way keep that mark.
pub async fn settle(tx: &mut dyn SqlTx, rows: &[DocRow]) -> Result<Vec<Id>> {
    let all: Vec<_> = rows
        .iter()
        .map(|r| {
            let mut row = args![r.key.as_str(), r.state.as_str(), act_name(r.act)];
            row.extend(ledger_args(r));
            row.extend(progress_args(r));
            row
        })
        .collect();
    tx.run_many(&SETTLE, &all).await?;
    let resting: Vec<_> =
        rows.iter().filter(|r| !r.state.is_moving()).map(|r| args![r.key.as_str()]).collect();
    let mut items = Vec::new();
    let mut keys = Vec::new();
    for r in &tx.run_many(&MARKED, &resting).await?.rows {
        keys.push(args![r.text(0)?, 0_i64]);
        items.extend(r.opt_bytes(1)?.map(id).transpose()?);
    }
    tx.run_many(&SET_REDO, &keys).await?;
    Ok(items)
}

/// Remembers that a document has to be decided again once it is settled.
pub async fn set_redo(tx: &mut dyn SqlTx, documents: &[BusinessKey]) -> Result<()> {
    let rows: Vec<_> = documents.iter().map(|d| args![d.as_str(), 1_i64]).collect();
    tx.run_many(&SET_REDO, &rows).await?;
    Ok(())
}

/// Makes sure references are known; known ones are left alone. New ones start as `unknown`: they
/// may exist in the ledger already, so they are looked for before they are made.
pub async fn add_references(
    tx: &mut dyn SqlTx,
    lane: &str,
    references: &[Reference],
    now: Timestamp,
) -> Result<()> {
    let mut rows = Vec::with_capacity(references.len());
    for r in references {
        let key = reference_key(&r.key());
        let body = serde_json::to_string(r).map_err(|e| StoreError::Damaged(e.to_string()))?;
        rows.push(args![
            key.as_str(),
            Value::Null,
            lane,
            r.key().kind.as_str(),
            DocState::Unknown.as_str(),
            "create",
            body,
            key.marker(),
            0,
            "",
            r.key().name,
            0,
            now.0,
            0,
            1,
            0,
            "",
        ]);
    }
    tx.run_many(&ADD_REFERENCE, &rows).await?;
    Ok(())
}

/// The rows that the ledger holds under these ids of a kind of document or list object.
pub async fn by_ledger(
    tx: &mut dyn SqlTx,
    lane: &str,
    kind: &str,
    ids: &[&str],
) -> Result<Vec<DocRow>> {
    let args: Vec<_> = ids.iter().map(|id| args![*id, lane, kind]).collect();
    tx.run_many(&BY_LEDGER, &args).await?.rows.iter().map(row).collect()
}

/// Verified documents count as confirmed only, until they have been read back again. Returns how
/// many.
pub async fn read_again(tx: &mut dyn SqlTx, lane: &str) -> Result<u64> {
    Ok(tx.run_many(&READ_AGAIN, &[args![lane]]).await?.affected)
}

/// The row under a business key.
pub async fn by_key(tx: &mut dyn SqlTx, key: &BusinessKey) -> Result<Option<DocRow>> {
    tx.run(&BY_KEY, &args![key.as_str()]).await?.iter().map(row).next().transpose()
}

/// The documents of an item.
pub async fn of_item(tx: &mut dyn SqlTx, item: Id) -> Result<Vec<DocRow>> {
    tx.run(&OF_ITEM, &args![item.0.as_slice()]).await?.iter().map(row).collect()
}

/// Documents that may be sent now, longest due first.
pub async fn ready(
    tx: &mut dyn SqlTx,
    lane: &str,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<DocRow>> {
    tx.run(&READY, &args![lane, now.0, limit]).await?.iter().map(row).collect()
}

/// Rows whose fate has to be looked up.
pub async fn doubtful(
    tx: &mut dyn SqlTx,
    lane: &str,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<DocRow>> {
    tx.run(&DOUBTFUL, &args![lane, now.0, limit]).await?.iter().map(row).collect()
}

/// Rows that travelled in one call, in their order.
pub async fn of_call(tx: &mut dyn SqlTx, call: &str) -> Result<Vec<DocRow>> {
    tx.run(&OF_CALL, &args![call]).await?.iter().map(row).collect()
}

/// Rows sent without a recorded outcome.
pub async fn in_flight(tx: &mut dyn SqlTx, lane: &str, limit: i64) -> Result<Vec<DocRow>> {
    tx.run(&IN_FLIGHT, &args![lane, limit]).await?.iter().map(row).collect()
}

/// Documents dated after `after` (`None`: all) that are held for `reason`.
pub async fn held_after(
    tx: &mut dyn SqlTx,
    lane: &str,
    reason: ReasonCode,
    after: Option<BusinessDate>,
    limit: i64,
) -> Result<Vec<DocRow>> {
    let after = after.map_or(i64::MIN, |d| i64::from(d.days()));
    let rows = tx.run(&HELD_AFTER, &args![lane, reason.code(), after, limit]).await?;
    rows.iter().map(row).collect()
}

/// Confirmed documents of one kind that no read-back covered yet, oldest first.
pub async fn unverified(
    tx: &mut dyn SqlTx,
    lane: &str,
    kind: DocumentKind,
    limit: i64,
) -> Result<Vec<DocRow>> {
    tx.run(&UNVERIFIED, &args![lane, kind.as_str(), limit]).await?.iter().map(row).collect()
}

/// Unverified documents: (kind, count, oldest confirmation).
pub async fn unverified_counts(
    tx: &mut dyn SqlTx,
    lane: &str,
) -> Result<Vec<(DocumentKind, i64, Timestamp)>> {
    let rows = tx.run(&UNVERIFIED_COUNTS, &args![lane]).await?;
    let mut found = Vec::new();
    for r in &rows {
        if let Some(kind) = DocumentKind::parse(r.text(0)?) {
            found.push((kind, r.int(1)?, Timestamp(r.opt_int(2)?.unwrap_or_default())));
        }
    }
    Ok(found)
}

/// When the next confirmed document may be read back, if any waits for it.
pub async fn next_verification(tx: &mut dyn SqlTx, lane: &str) -> Result<Option<Timestamp>> {
    let rows = tx.run(&NEXT_VERIFICATION, &args![lane]).await?;
    Ok(rows.first().map(|r| r.opt_int(0)).transpose()?.flatten().map(Timestamp))
}

/// List objects are looked for again, by name and by id, before they are relied on. Returns how many.
pub async fn look_again(tx: &mut dyn SqlTx, lane: &str, now: Timestamp) -> Result<u64> {
    Ok(tx.run_many(&LOOK_AGAIN, &[args![lane, now.0]]).await?.affected)
}

/// References the ledger is known to hold: key, ledger id, and whether new documents may name it.
pub async fn references(
    tx: &mut dyn SqlTx,
    lane: &str,
) -> Result<Vec<(kernel::ReferenceKey, String, bool)>> {
    let rows = tx.run(&REFERENCES, &args![lane]).await?;
    let mut found = Vec::with_capacity(rows.len());
    for r in &rows {
        if let Some(kind) = ReferenceKind::parse(r.text(0)?) {
            let key = kernel::ReferenceKey { kind, name: r.text(1)?.to_owned() };
            let usable = DocState::parse(r.text(3)?) != Some(DocState::Quarantined);
            found.push((key, r.text(2)?.to_owned(), usable));
        }
    }
    Ok(found)
}

/// The accounts that documents of the lane name, with their types.
pub async fn accounts(tx: &mut dyn SqlTx, lane: &str) -> Result<Vec<(String, AccountType)>> {
    let mut found = Vec::new();
    for r in &tx.run(&ACCOUNTS, &args![lane]).await? {
        let account = serde_json::from_str(r.text(0)?)
            .map_err(|e| StoreError::Damaged(format!("an account: {e}")))?;
        if let Reference::Account { name, account_type, .. } = account {
            found.push((name, account_type));
        }
    }
    Ok(found)
}

/// Documents with a document number.
pub async fn by_number(tx: &mut dyn SqlTx, number: &str) -> Result<Vec<DocRow>> {
    tx.run(&BY_NUMBER, &args![number]).await?.iter().map(row).collect()
}

/// Every row: for judges and exports.
pub async fn all(tx: &mut dyn SqlTx) -> Result<Vec<DocRow>> {
    tx.run(&EVERY, &[]).await?.iter().map(row).collect()
}

/// A page of rows by key, beginning after `after` (empty: from the start).
pub async fn page(tx: &mut dyn SqlTx, after: &str, limit: i64) -> Result<Vec<DocRow>> {
    tx.run(&PAGE, &args![after, limit]).await?.iter().map(row).collect()
}

/// A page of the documents that stand in the ledger in another currency than `home` at a rate it
/// stated, by key after `after`.
pub async fn foreign(
    tx: &mut dyn SqlTx,
    home: Currency,
    after: &str,
    limit: i64,
) -> Result<Vec<DocRow>> {
    tx.run(&FOREIGN, &args![home.code(), after, limit]).await?.iter().map(row).collect()
}

/// Rows by kind and state.
pub async fn counts(tx: &mut dyn SqlTx) -> Result<Vec<(String, String, i64)>> {
    let rows = tx.run(&COUNTS, &[]).await?;
    rows.iter().map(|r| Ok((r.text(0)?.to_owned(), r.text(1)?.to_owned(), r.int(2)?))).collect()
}

pub(crate) fn date(days: i64) -> Result<BusinessDate> {
    i32::try_from(days)
        .map(BusinessDate::from_days)
        .map_err(|_| StoreError::Damaged(format!("{days} is not a date")))
}

pub(crate) fn currency(code: &str) -> Result<Currency> {
    code.parse().map_err(|_| StoreError::Damaged(format!("`{code}` is not a currency")))
}
