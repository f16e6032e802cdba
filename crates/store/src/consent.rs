//! Requests for the consent of a company's owner: each is answered once.

use crate::Result;
use crate::args::{args, statements};
use kernel::Timestamp;
use ports::{Row, SqlTx};

statements! {
    ASK = "INSERT INTO consent (nonce, lane, redirect_uri, asked_at, expires_at, outcome) \
           VALUES ($1, $2, $3, $4, $5, '')", [Bytes, Text, Text, Int, Int] => [];
    SPEND = "UPDATE consent SET used_at = $3 WHERE nonce = $1 AND lane = $2 AND used_at IS NULL \
             RETURNING redirect_uri, asked_at, expires_at, used_at, outcome",
        [Bytes, Text, Int] => [Text, Int, Int, Int, Text];
    FINISH = "UPDATE consent SET outcome = $2 WHERE nonce = $1", [Bytes, Text] => [];
    GET = "SELECT redirect_uri, asked_at, expires_at, used_at, outcome FROM consent \
           WHERE nonce = $1", [Bytes] => [Text, Int, Int, Int, Text];
    FORGET = "DELETE FROM consent WHERE expires_at < $1", [Int] => [];
    PENDING = "SELECT count(*) FROM consent WHERE lane = $1 AND used_at IS NULL \
               AND expires_at >= $2", [Text, Int] => [Int];
}

/// A request as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Where the browser is sent back to.
    pub redirect_uri: String,
    /// When it was made.
    pub asked_at: Timestamp,
    /// Until when it may be answered.
    pub expires_at: Timestamp,
    /// When it was answered.
    pub used_at: Option<Timestamp>,
    /// What came of it; empty until that is known.
    pub outcome: String,
}

/// Records that consent is asked for.
pub async fn ask(
    tx: &mut dyn SqlTx,
    lane: &str,
    nonce: &[u8],
    redirect_uri: &str,
    (asked_at, expires_at): (Timestamp, Timestamp),
) -> Result<()> {
    tx.run(&ASK, &args![nonce, lane, redirect_uri, asked_at.0, expires_at.0]).await?;
    Ok(())
}

/// Answers a request of this lane, once: `None` when it is unknown or was answered before.
pub async fn spend(
    tx: &mut dyn SqlTx,
    lane: &str,
    nonce: &[u8],
    now: Timestamp,
) -> Result<Option<Request>> {
    tx.run(&SPEND, &args![nonce, lane, now.0]).await?.first().map(request).transpose()
}

/// Records what came of it, for whoever waits.
pub async fn finish(tx: &mut dyn SqlTx, nonce: &[u8], outcome: &str) -> Result<()> {
    tx.run(&FINISH, &args![nonce, outcome]).await?;
    Ok(())
}

/// A request.
pub async fn get(tx: &mut dyn SqlTx, nonce: &[u8]) -> Result<Option<Request>> {
    tx.run(&GET, &args![nonce]).await?.first().map(request).transpose()
}

/// Forgets requests that ran out before `before`.
pub async fn forget(tx: &mut dyn SqlTx, before: Timestamp) -> Result<()> {
    tx.run(&FORGET, &args![before.0]).await?;
    Ok(())
}

/// How many requests of a lane may still be answered after `now`.
pub async fn pending(tx: &mut dyn SqlTx, lane: &str, now: Timestamp) -> Result<i64> {
    let rows = tx.run(&PENDING, &args![lane, now.0]).await?;
    Ok(rows.first().map(|r| r.int(0)).transpose()?.unwrap_or_default())
}

fn request(r: &Row) -> Result<Request> {
    Ok(Request {
        redirect_uri: r.text(0)?.to_owned(),
        asked_at: Timestamp(r.int(1)?),
        expires_at: Timestamp(r.int(2)?),
        used_at: r.opt_int(3)?.map(Timestamp),
        outcome: r.text(4)?.to_owned(),
    })
}
