//! Items: subjects with what is known and what is decided.

use crate::Result;
use crate::args::{args, statements};
use crate::delivery::id;
use crate::fact::subject_of;
use kernel::{Id, ReasonCode, Subject, Timestamp};
use ports::{Row, SqlTx};

// SQLite uses a partial index only when the condition of the index stands in the statement.
statements! {
    TOUCH = "INSERT INTO item (id, subject_kind, subject_key, lane, number, customer, is_credit, \
             is_faulty, revision, decided, first_seen_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
             ON CONFLICT (subject_kind, subject_key) DO UPDATE SET revision = item.revision + 1, \
             number = CASE WHEN excluded.number = '' THEN item.number ELSE excluded.number END, \
             customer = CASE WHEN excluded.customer = '' THEN item.customer \
             ELSE excluded.customer END, \
             is_credit = CASE WHEN excluded.is_credit = 1 THEN 1 ELSE item.is_credit END, \
             is_faulty = CASE WHEN excluded.is_faulty = 1 THEN 1 ELSE item.is_faulty END",
        [Bytes, Text, Text, Text, Text, Text, Int, Int, Int, Int, Int] => [];
    AGAIN = "UPDATE item SET revision = revision + 1 WHERE subject_kind = $1 AND subject_key = $2",
        [Text, Text] => [];
    AGAIN_BY_ID = "UPDATE item SET revision = revision + 1 WHERE id = $1", [Bytes] => [];
    AGAIN_CREDITS = "UPDATE item SET revision = revision + 1 \
                     WHERE customer = $1 AND customer <> '' AND is_credit = 1", [Text] => [];
    AGAIN_HELD = "UPDATE item SET revision = revision + 1 WHERE lane = $1 AND id IN \
                  (SELECT item_id FROM exception WHERE closed_at IS NULL AND code = $2 \
                   AND item_id IS NOT NULL AND scope LIKE 'item/%') RETURNING id",
        [Text, Text] => [Bytes];
    AGAIN_ALL = "UPDATE item SET revision = revision + 1 WHERE lane = $1", [Text] => [];
    UNDECIDED = "SELECT id, subject_kind, subject_key, number, customer, is_credit, is_faulty, revision, \
                 first_seen_at FROM item WHERE lane = $1 AND decided < revision \
                 ORDER BY id LIMIT $2",
        [Text, Int] => [Bytes, Text, Text, Text, Text, Int, Int, Int, Int];
    ANY_UNDECIDED = "SELECT id FROM item WHERE lane = $1 AND decided < revision LIMIT 1",
        [Text] => [Bytes];
    DECIDED = "UPDATE item SET decided = $2 WHERE id = $1", [Bytes, Int] => [];
    BY_SUBJECT = "SELECT id, subject_kind, subject_key, number, customer, is_credit, is_faulty, revision, \
                  first_seen_at FROM item WHERE subject_kind = $1 AND subject_key = $2",
        [Text, Text] => [Bytes, Text, Text, Text, Text, Int, Int, Int, Int];
    BY_ID = "SELECT id, subject_kind, subject_key, number, customer, is_credit, is_faulty, revision, \
             first_seen_at FROM item WHERE id = $1",
        [Bytes] => [Bytes, Text, Text, Text, Text, Int, Int, Int, Int];
    BY_NUMBER = "SELECT id, subject_kind, subject_key, number, customer, is_credit, is_faulty, revision, \
                 first_seen_at FROM item WHERE number = $1 AND number <> '' ORDER BY id",
        [Text] => [Bytes, Text, Text, Text, Text, Int, Int, Int, Int];
    BY_CUSTOMER = "SELECT id, subject_kind, subject_key, number, customer, is_credit, is_faulty, revision, \
                   first_seen_at FROM item WHERE customer = $1 AND customer <> '' ORDER BY id",
        [Text] => [Bytes, Text, Text, Text, Text, Int, Int, Int, Int];
    OPEN = "SELECT count(*) FROM item WHERE lane = $1 AND decided < revision", [Text] => [Int];
    COUNT = "SELECT subject_kind, count(*) FROM item GROUP BY subject_kind ORDER BY subject_kind",
        [] => [Text, Int];
}

/// New knowledge about a subject.
#[derive(Debug, Clone)]
pub struct Touch {
    /// Id, used only when the item is new.
    pub id: Id,
    /// The subject.
    pub subject: Subject,
    /// Order or payout number for people, or empty.
    pub number: String,
    /// `<source>/<customer id>` for credit matching, or empty.
    pub customer: String,
    /// Whether it is a credit order.
    pub is_credit: bool,
    /// Whether part of what was delivered about it could not be understood.
    pub is_faulty: bool,
}

/// An item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its id.
    pub id: Id,
    /// The subject.
    pub subject: Subject,
    /// Number for people, or empty.
    pub number: String,
    /// `<source>/<customer id>`, or empty.
    pub customer: String,
    /// Whether it is a credit order.
    pub is_credit: bool,
    /// Whether part of what was delivered about it could not be understood.
    pub is_faulty: bool,
    /// How much is known.
    pub revision: i64,
    /// When its first fact came.
    pub first_seen_at: Timestamp,
}

/// Records that there is something new to decide for these subjects.
pub async fn touch(tx: &mut dyn SqlTx, lane: &str, batch: &[Touch], now: Timestamp) -> Result<()> {
    let rows: Vec<_> = batch
        .iter()
        .map(|t| {
            args![
                t.id.0.as_slice(),
                t.subject.kind.as_str(),
                t.subject.key.as_str(),
                lane,
                t.number.as_str(),
                t.customer.as_str(),
                i64::from(t.is_credit),
                i64::from(t.is_faulty),
                1_i64,
                0_i64,
                now.0,
            ]
        })
        .collect();
    tx.run_many(&TOUCH, &rows).await?;
    Ok(())
}

/// Asks for a new decision about known subjects; unknown ones are left alone.
pub async fn again(tx: &mut dyn SqlTx, subjects: &[Subject]) -> Result<()> {
    let rows: Vec<_> = subjects.iter().map(|s| args![s.kind.as_str(), s.key.as_str()]).collect();
    tx.run_many(&AGAIN, &rows).await?;
    Ok(())
}

/// Asks for a new decision about items.
pub async fn again_by_id(tx: &mut dyn SqlTx, items: &[Id]) -> Result<()> {
    let rows: Vec<_> = items.iter().map(|i| args![i.0.as_slice()]).collect();
    tx.run_many(&AGAIN_BY_ID, &rows).await?;
    Ok(())
}

/// Asks for a new decision about the credits of customers whose sales changed.
pub async fn again_credits(tx: &mut dyn SqlTx, customers: &[String]) -> Result<()> {
    let rows: Vec<_> = customers.iter().map(|c| args![c.as_str()]).collect();
    tx.run_many(&AGAIN_CREDITS, &rows).await?;
    Ok(())
}

/// Asks for a new decision about what a decision held for `code`. How many items that are.
pub async fn again_held(tx: &mut dyn SqlTx, lane: &str, code: ReasonCode) -> Result<usize> {
    Ok(tx.run(&AGAIN_HELD, &args![lane, code.code()]).await?.len())
}

/// Asks for a new decision about everything in a lane: the rules changed.
pub async fn again_all(tx: &mut dyn SqlTx, lane: &str) -> Result<()> {
    tx.run(&AGAIN_ALL, &args![lane]).await?;
    Ok(())
}

/// The oldest items with undecided knowledge.
pub async fn undecided(tx: &mut dyn SqlTx, lane: &str, limit: i64) -> Result<Vec<Item>> {
    tx.run(&UNDECIDED, &args![lane, limit]).await?.iter().map(item).collect()
}

/// Whether there is knowledge that nothing was decided by.
pub async fn is_any_undecided(tx: &mut dyn SqlTx, lane: &str) -> Result<bool> {
    Ok(!tx.run(&ANY_UNDECIDED, &args![lane]).await?.is_empty())
}

/// Marks items as decided up to the revision that was read.
pub async fn decided(tx: &mut dyn SqlTx, items: &[Item]) -> Result<()> {
    let rows: Vec<_> = items.iter().map(|i| args![i.id.0.as_slice(), i.revision]).collect();
    tx.run_many(&DECIDED, &rows).await?;
    Ok(())
}

/// The item of a subject.
pub async fn by_subject(tx: &mut dyn SqlTx, subject: &Subject) -> Result<Option<Item>> {
    let rows = tx.run(&BY_SUBJECT, &args![subject.kind.as_str(), subject.key.as_str()]).await?;
    rows.first().map(item).transpose()
}

/// The item with an id.
pub async fn by_id(tx: &mut dyn SqlTx, wanted: Id) -> Result<Option<Item>> {
    let rows = tx.run(&BY_ID, &args![wanted.0.as_slice()]).await?;
    rows.first().map(item).transpose()
}

/// Items with a number for people.
pub async fn by_number(tx: &mut dyn SqlTx, number: &str) -> Result<Vec<Item>> {
    tx.run(&BY_NUMBER, &args![number]).await?.iter().map(item).collect()
}

/// Items of one customer, oldest first.
pub async fn by_customer(tx: &mut dyn SqlTx, customer: &str) -> Result<Vec<Item>> {
    tx.run(&BY_CUSTOMER, &args![customer]).await?.iter().map(item).collect()
}

/// How many items of a lane wait for a decision.
pub async fn open(tx: &mut dyn SqlTx, lane: &str) -> Result<i64> {
    let rows = tx.run(&OPEN, &args![lane]).await?;
    Ok(rows.first().map(|r| r.int(0)).transpose()?.unwrap_or(0))
}

/// Items by kind.
pub async fn counts(tx: &mut dyn SqlTx) -> Result<Vec<(String, i64)>> {
    let rows = tx.run(&COUNT, &[]).await?;
    rows.iter().map(|r| Ok((r.text(0)?.to_owned(), r.int(1)?))).collect()
}

fn item(row: &Row) -> Result<Item> {
    Ok(Item {
        id: id(row.bytes(0)?)?,
        subject: subject_of(row.text(1)?, row.text(2)?)?,
        number: row.text(3)?.to_owned(),
        customer: row.text(4)?.to_owned(),
        is_credit: row.int(5)? == 1,
        is_faulty: row.int(6)? == 1,
        revision: row.int(7)?,
        first_seen_at: Timestamp(row.int(8)?),
    })
}
