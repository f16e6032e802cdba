//! Exceptions: items that need a decision.

use crate::args::{args, statements};
use crate::delivery::id;
use crate::{Result, StoreError};
use kernel::{Id, Money, ReasonCode, Timestamp};
use ports::{Row, SqlTx};

macro_rules! columns {
    () => {
        "id, scope, code, item_id, document_key, delivery_id, place, detail, upstream, raw, \
         currency, amount_minor, opened_at, closed_at, resolution"
    };
}

statements! {
    OPEN = "INSERT INTO exception (id, scope, code, item_id, document_key, delivery_id, place, \
            detail, upstream, raw, currency, amount_minor, opened_at, resolution) \
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) \
            ON CONFLICT (scope, code) WHERE closed_at IS NULL DO UPDATE SET \
            detail = excluded.detail, upstream = excluded.upstream, raw = excluded.raw, \
            currency = excluded.currency, amount_minor = excluded.amount_minor",
        [Bytes, Text, Text, Bytes, Text, Bytes, Text, Text, Text, Text, Text, Int, Int, Text] => [];
    OPEN_SCOPE = "SELECT scope FROM exception WHERE scope = $1 AND closed_at IS NULL", [Text]
        => [Text];
    CLOSE_SCOPE = "UPDATE exception SET closed_at = $2, resolution = $3 \
                   WHERE scope = $1 AND closed_at IS NULL RETURNING id, code",
        [Text, Int, Text] => [Bytes, Text];
    CLOSE = "UPDATE exception SET closed_at = $2, resolution = $3 \
             WHERE id = $1 AND closed_at IS NULL", [Bytes, Int, Text] => [];
    LIST = concat!("SELECT ", columns!(), " FROM exception WHERE closed_at IS NULL \
           ORDER BY opened_at, id LIMIT $1"), [Int] => [Bytes, Text, Text, Bytes, Text, Bytes, Text, Text,
         Text, Text, Text, Int, Int, Int, Text];
    OF_SCOPE = concat!("SELECT ", columns!(), " FROM exception WHERE scope = $1 \
               ORDER BY opened_at, id"), [Text] => [Bytes, Text, Text, Bytes, Text, Bytes, Text, Text,
         Text, Text, Text, Int, Int, Int, Text];
    OF_ITEM = concat!("SELECT ", columns!(), " FROM exception WHERE item_id = $1 \
              ORDER BY opened_at, id"), [Bytes] => [Bytes, Text, Text, Bytes, Text, Bytes, Text, Text,
         Text, Text, Text, Int, Int, Int, Text];
    GET = concat!("SELECT ", columns!(), " FROM exception WHERE id = $1"), [Bytes] => [Bytes, Text, Text, Bytes, Text, Bytes, Text, Text,
         Text, Text, Text, Int, Int, Int, Text];
    GROUPS = "SELECT code, currency, count(*), CAST(sum(amount_minor) AS BIGINT), \
              CAST(min(opened_at) AS BIGINT) FROM exception WHERE closed_at IS NULL \
              GROUP BY code, currency ORDER BY code, currency",
        [] => [Text, Text, Int, Int, Int];
}

/// An exception to open. One stays open per scope and code; opening it again refreshes it.
#[derive(Debug, Clone)]
pub struct NewException {
    /// Id when new.
    pub id: Id,
    /// What it blocks: `item/<id>`, `document/<key>` or `delivery/<id>`.
    pub scope: String,
    /// The reason.
    pub code: ReasonCode,
    /// The item, when known.
    pub item: Option<Id>,
    /// The document, else empty.
    pub document: String,
    /// The delivery, when known.
    pub delivery: Option<Id>,
    /// Where in the delivery, else empty.
    pub place: String,
    /// What is wrong.
    pub detail: String,
    /// The ledger's or source's own code, else empty.
    pub upstream: String,
    /// The raw fault for people with access; never logged.
    pub raw: String,
    /// The amount at stake.
    pub amount: Option<Money>,
}

/// An exception as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// Its id.
    pub id: Id,
    /// What it blocks.
    pub scope: String,
    /// The reason.
    pub code: ReasonCode,
    /// The item.
    pub item: Option<Id>,
    /// The document, else empty.
    pub document: String,
    /// The delivery.
    pub delivery: Option<Id>,
    /// Where in the delivery.
    pub place: String,
    /// What is wrong.
    pub detail: String,
    /// The upstream code.
    pub upstream: String,
    /// The raw fault.
    pub raw: String,
    /// The amount at stake.
    pub amount: Option<Money>,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
    /// How it was closed.
    pub resolution: String,
}

/// Open exceptions of one cause: code, currency, count, sum at stake, oldest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The reason.
    pub code: ReasonCode,
    /// Currency of the sum, empty when none carries an amount.
    pub currency: String,
    /// How many.
    pub count: i64,
    /// Sum of the amounts at stake, minor units.
    pub amount_minor: i64,
    /// The oldest.
    pub oldest: Timestamp,
}

/// Opens exceptions.
pub async fn open(tx: &mut dyn SqlTx, batch: &[NewException], now: Timestamp) -> Result<()> {
    let rows: Vec<_> = batch
        .iter()
        .map(|e| {
            args![
                e.id.0.as_slice(),
                e.scope.as_str(),
                e.code.code(),
                e.item.map(|i| i.0.to_vec()),
                e.document.as_str(),
                e.delivery.map(|i| i.0.to_vec()),
                e.place.as_str(),
                e.detail.as_str(),
                e.upstream.as_str(),
                e.raw.as_str(),
                e.amount.map(|m| m.currency.code().to_owned()).unwrap_or_default(),
                e.amount.map_or(0, |m| m.minor),
                now.0,
                "",
            ]
        })
        .collect();
    tx.run_many(&OPEN, &rows).await?;
    Ok(())
}

/// Closes every open exception of these scopes: what they blocked has passed. Returns their ids and
/// codes.
pub async fn close_scopes(
    tx: &mut dyn SqlTx,
    scopes: &[String],
    resolution: &str,
    now: Timestamp,
) -> Result<Vec<(Id, String)>> {
    let rows: Vec<_> = scopes.iter().map(|s| args![s.as_str()]).collect();
    // Few have any, and on SQLite a look is much cheaper than a change that returns rows.
    let open = tx.run_many(&OPEN_SCOPE, &rows).await?.rows;
    let mut rows = Vec::with_capacity(open.len());
    for r in &open {
        rows.push(args![r.text(0)?, now.0, resolution]);
    }
    let closed = tx.run_many(&CLOSE_SCOPE, &rows).await?.rows;
    closed.iter().map(|r| Ok((id(r.bytes(0)?)?, r.text(1)?.to_owned()))).collect()
}

/// Closes one exception by a person's decision.
pub async fn close(
    tx: &mut dyn SqlTx,
    exception: Id,
    resolution: &str,
    now: Timestamp,
) -> Result<()> {
    tx.run(&CLOSE, &args![exception.0.as_slice(), now.0, resolution]).await?;
    Ok(())
}

/// Open exceptions, oldest first.
pub async fn list(tx: &mut dyn SqlTx, limit: i64) -> Result<Vec<Exception>> {
    tx.run(&LIST, &args![limit]).await?.iter().map(exception).collect()
}

/// Exceptions of a scope, open and closed.
pub async fn of_scope(tx: &mut dyn SqlTx, scope: &str) -> Result<Vec<Exception>> {
    tx.run(&OF_SCOPE, &args![scope]).await?.iter().map(exception).collect()
}

/// Exceptions of an item, open and closed.
pub async fn of_item(tx: &mut dyn SqlTx, item: Id) -> Result<Vec<Exception>> {
    tx.run(&OF_ITEM, &args![item.0.as_slice()]).await?.iter().map(exception).collect()
}

/// One exception.
pub async fn get(tx: &mut dyn SqlTx, wanted: Id) -> Result<Option<Exception>> {
    tx.run(&GET, &args![wanted.0.as_slice()]).await?.first().map(exception).transpose()
}

/// Open exceptions by cause.
pub async fn groups(tx: &mut dyn SqlTx) -> Result<Vec<Group>> {
    let rows = tx.run(&GROUPS, &[]).await?;
    rows.iter()
        .map(|r| {
            Ok(Group {
                code: code(r.text(0)?)?,
                currency: r.text(1)?.to_owned(),
                count: r.int(2)?,
                amount_minor: r.int(3)?,
                oldest: Timestamp(r.int(4)?),
            })
        })
        .collect()
}

fn code(text: &str) -> Result<ReasonCode> {
    ReasonCode::from_code(text)
        .ok_or_else(|| StoreError::Damaged(format!("unknown reason code `{text}`")))
}

fn exception(r: &Row) -> Result<Exception> {
    let currency = r.text(10)?;
    let amount = if currency.is_empty() {
        None
    } else {
        Some(Money::new(r.int(11)?, crate::document::currency(currency)?))
    };
    Ok(Exception {
        id: id(r.bytes(0)?)?,
        scope: r.text(1)?.to_owned(),
        code: code(r.text(2)?)?,
        item: r.opt_bytes(3)?.map(id).transpose()?,
        document: r.text(4)?.to_owned(),
        delivery: r.opt_bytes(5)?.map(id).transpose()?,
        place: r.text(6)?.to_owned(),
        detail: r.text(7)?.to_owned(),
        upstream: r.text(8)?.to_owned(),
        raw: r.text(9)?.to_owned(),
        amount,
        opened_at: Timestamp(r.int(12)?),
        closed_at: r.opt_int(13)?.map(Timestamp),
        resolution: r.text(14)?.to_owned(),
    })
}
