//! OAuth tokens, sealed before they come here.

use crate::Result;
use crate::args::{args, statements};
use kernel::Timestamp;
use ports::SqlTx;

statements! {
    GET = "SELECT realm, sealed, refresh_sha256, refresh_until, hard_until, connected_at, \
           locked_until, broken, broken_at FROM token WHERE lane = $1",
        [Text] => [Text, Bytes, Bytes, Int, Int, Int, Int, Text, Int];
    FIRST = "INSERT INTO token (lane, realm, sealed, refresh_sha256, refresh_until, hard_until, \
             connected_at, locked_until, broken) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, '') \
             ON CONFLICT (lane) DO NOTHING RETURNING lane",
        [Text, Text, Bytes, Bytes, Int, Int, Int] => [Text];
    SWAP = "UPDATE token SET sealed = $4, refresh_sha256 = $5, refresh_until = $6, \
            hard_until = $7, broken = '', broken_at = NULL \
            WHERE lane = $1 AND realm = $2 AND refresh_sha256 = $3 RETURNING lane",
        [Text, Text, Bytes, Bytes, Bytes, Int, Int] => [Text];
    CONSENT = "INSERT INTO token (lane, realm, sealed, refresh_sha256, refresh_until, hard_until, \
               connected_at, locked_until, broken) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, '') \
               ON CONFLICT (lane) DO UPDATE SET sealed = excluded.sealed, \
               refresh_sha256 = excluded.refresh_sha256, refresh_until = excluded.refresh_until, \
               hard_until = excluded.hard_until, connected_at = excluded.connected_at, \
               locked_until = 0, broken = '', broken_at = NULL \
               WHERE token.realm = excluded.realm RETURNING lane",
        [Text, Text, Bytes, Bytes, Int, Int, Int] => [Text];
    BREAK = "UPDATE token SET broken = $3, broken_at = $4 \
             WHERE lane = $1 AND refresh_sha256 = $2 RETURNING lane",
        [Text, Bytes, Text, Int] => [Text];
    LOCK = "UPDATE token SET locked_until = $2 WHERE lane = $1 AND locked_until <= $3 \
            RETURNING lane", [Text, Int, Int] => [Text];
    UNLOCK = "UPDATE token SET locked_until = 0 WHERE lane = $1 AND locked_until = $2",
        [Text, Int] => [];
    LANE_OF = "SELECT lane FROM token WHERE realm = $1 ORDER BY lane", [Text] => [Text];
    DISCONNECT = "UPDATE token SET sealed = $2, refresh_sha256 = $2, broken = $3, broken_at = $4, \
                  locked_until = 0 WHERE lane = $1", [Text, Bytes, Text, Int] => [];
    SEALED = "SELECT lane, realm, sealed FROM token WHERE length(sealed) > 0 ORDER BY lane", [] => [Text, Text, Bytes];
    RESEAL = "UPDATE token SET sealed = $3 WHERE lane = $1 AND sealed = $2 RETURNING lane",
        [Text, Bytes, Bytes] => [Text];
}

/// Tokens as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The company they are for.
    pub realm: String,
    /// The sealed token pair.
    pub sealed: Vec<u8>,
    /// SHA-256 of the refresh token, for compare-and-set.
    pub refresh_sha256: Vec<u8>,
    /// When the refresh token ends unless it is used before.
    pub refresh_until: Timestamp,
    /// When the connection ends whatever is done, if known.
    pub hard_until: Option<Timestamp>,
    /// When a person consented last.
    pub connected_at: Timestamp,
    /// Until when one process may refresh.
    pub locked_until: Timestamp,
    /// Why a person must reconnect, else empty.
    pub broken: String,
    /// Since when.
    pub broken_at: Option<Timestamp>,
}

/// Tokens to store.
#[derive(Debug, Clone, Copy)]
pub struct New<'a> {
    /// The company they are for.
    pub realm: &'a str,
    /// The sealed token pair.
    pub sealed: &'a [u8],
    /// SHA-256 of the refresh token.
    pub refresh_sha256: &'a [u8],
    /// When the refresh token ends unless it is used before.
    pub refresh_until: Timestamp,
    /// When the connection ends whatever is done, if known.
    pub hard_until: Option<Timestamp>,
}

/// The tokens of a lane.
pub async fn get(tx: &mut dyn SqlTx, lane: &str) -> Result<Option<Sealed>> {
    let rows = tx.run(&GET, &args![lane]).await?;
    let Some(r) = rows.first() else { return Ok(None) };
    Ok(Some(Sealed {
        realm: r.text(0)?.to_owned(),
        sealed: r.bytes(1)?.to_vec(),
        refresh_sha256: r.bytes(2)?.to_vec(),
        refresh_until: Timestamp(r.int(3)?),
        hard_until: r.opt_int(4)?.map(Timestamp),
        connected_at: Timestamp(r.int(5)?),
        locked_until: Timestamp(r.int(6)?),
        broken: r.text(7)?.to_owned(),
        broken_at: r.opt_int(8)?.map(Timestamp),
    }))
}

/// Stores tokens of the same company if the stored refresh token still is `old` (`None`: if there
/// are none; `now` is then the time of consent).
pub async fn swap(
    tx: &mut dyn SqlTx,
    lane: &str,
    old_sha256: Option<&[u8]>,
    new: New<'_>,
    now: Timestamp,
) -> Result<bool> {
    let hard = new.hard_until.map(|t| t.0);
    let rows = match old_sha256 {
        None => {
            let (sum, until) = (new.refresh_sha256, new.refresh_until.0);
            tx.run(&FIRST, &args![lane, new.realm, new.sealed, sum, until, hard, now.0]).await?
        }
        Some(old) => {
            let (sum, until) = (new.refresh_sha256, new.refresh_until.0);
            tx.run(&SWAP, &args![lane, new.realm, old, new.sealed, sum, until, hard]).await?
        }
    };
    Ok(!rows.is_empty())
}

/// Stores tokens after a person's consent. False, and nothing changes, when the lane belongs to
/// another company.
pub async fn consent(tx: &mut dyn SqlTx, lane: &str, new: New<'_>, now: Timestamp) -> Result<bool> {
    let (sum, until, hard) = (new.refresh_sha256, new.refresh_until.0, new.hard_until.map(|t| t.0));
    let rows =
        tx.run(&CONSENT, &args![lane, new.realm, new.sealed, sum, until, hard, now.0]).await?;
    Ok(!rows.is_empty())
}

/// Marks the connection as in need of a person, if the stored refresh token still is the one that
/// was refused: tokens of a consent given meanwhile are not touched.
pub async fn set_broken(
    tx: &mut dyn SqlTx,
    lane: &str,
    refused_sha256: &[u8],
    why: &str,
    now: Timestamp,
) -> Result<bool> {
    Ok(!tx.run(&BREAK, &args![lane, refused_sha256, why, now.0]).await?.is_empty())
}

/// Wipes the tokens; that the lane keeps the books of its company stays known. `why` is what a person
/// reads until the company is connected again.
pub async fn disconnect(tx: &mut dyn SqlTx, lane: &str, why: &str, now: Timestamp) -> Result<()> {
    tx.run(&DISCONNECT, &args![lane, [].as_slice(), why, now.0]).await?;
    Ok(())
}

/// Takes the right to refresh until `until`.
pub async fn lock(
    tx: &mut dyn SqlTx,
    lane: &str,
    now: Timestamp,
    until: Timestamp,
) -> Result<bool> {
    Ok(!tx.run(&LOCK, &args![lane, until.0, now.0]).await?.is_empty())
}

/// Gives the right to refresh back, if it still is the one taken until `until`.
pub async fn unlock(tx: &mut dyn SqlTx, lane: &str, until: Timestamp) -> Result<()> {
    tx.run(&UNLOCK, &args![lane, until.0]).await?;
    Ok(())
}

/// The lanes of a company.
pub async fn lanes_of(tx: &mut dyn SqlTx, realm: &str) -> Result<Vec<String>> {
    let rows = tx.run(&LANE_OF, &args![realm]).await?;
    rows.iter().map(|r| Ok(r.text(0)?.to_owned())).collect()
}

/// Everything that is sealed: (lane, company, sealed).
pub async fn all_sealed(tx: &mut dyn SqlTx) -> Result<Vec<(String, String, Vec<u8>)>> {
    let rows = tx.run(&SEALED, &[]).await?;
    rows.iter()
        .map(|r| Ok((r.text(0)?.to_owned(), r.text(1)?.to_owned(), r.bytes(2)?.to_vec())))
        .collect()
}

/// Replaces what is sealed by the same content under another key, unless it changed meanwhile.
pub async fn reseal(tx: &mut dyn SqlTx, lane: &str, old: &[u8], new: &[u8]) -> Result<bool> {
    Ok(!tx.run(&RESEAL, &args![lane, old, new]).await?.is_empty())
}
