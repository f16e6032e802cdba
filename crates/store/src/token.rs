//! OAuth tokens, sealed before they come here.

use crate::Result;
use crate::args::{args, statements};
use kernel::Timestamp;
use ports::SqlTx;

statements! {
    GET = "SELECT sealed, refresh_sha256, locked_until, broken FROM token WHERE lane = $1",
        [Text] => [Bytes, Bytes, Int, Text];
    FIRST = "INSERT INTO token (lane, sealed, refresh_sha256, locked_until, broken) \
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (lane) DO NOTHING RETURNING lane",
        [Text, Bytes, Bytes, Int, Text] => [Text];
    SWAP = "UPDATE token SET sealed = $3, refresh_sha256 = $4, broken = '' \
            WHERE lane = $1 AND refresh_sha256 = $2 RETURNING lane",
        [Text, Bytes, Bytes, Bytes] => [Text];
    OVERWRITE = "INSERT INTO token (lane, sealed, refresh_sha256, locked_until, broken) \
                 VALUES ($1, $2, $3, $4, $5) ON CONFLICT (lane) DO UPDATE SET \
                 sealed = excluded.sealed, refresh_sha256 = excluded.refresh_sha256, \
                 broken = '', locked_until = 0", [Text, Bytes, Bytes, Int, Text] => [];
    BREAK = "UPDATE token SET broken = $2 WHERE lane = $1", [Text, Text] => [];
    LOCK = "UPDATE token SET locked_until = $2 WHERE lane = $1 AND locked_until <= $3 \
            RETURNING lane", [Text, Int, Int] => [Text];
    UNLOCK = "UPDATE token SET locked_until = 0 WHERE lane = $1", [Text] => [];
}

/// Tokens as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The sealed token pair.
    pub sealed: Vec<u8>,
    /// SHA-256 of the refresh token, for compare-and-set.
    pub refresh_sha256: Vec<u8>,
    /// Until when one process may refresh.
    pub locked_until: Timestamp,
    /// Why a person must reconnect, else empty.
    pub broken: String,
}

/// The tokens of a lane.
pub async fn get(tx: &mut dyn SqlTx, lane: &str) -> Result<Option<Sealed>> {
    let rows = tx.run(&GET, &args![lane]).await?;
    let Some(r) = rows.first() else { return Ok(None) };
    Ok(Some(Sealed {
        sealed: r.bytes(0)?.to_vec(),
        refresh_sha256: r.bytes(1)?.to_vec(),
        locked_until: Timestamp(r.int(2)?),
        broken: r.text(3)?.to_owned(),
    }))
}

/// Stores tokens if the stored refresh token still is `old` (`None`: if there are none).
pub async fn swap(
    tx: &mut dyn SqlTx,
    lane: &str,
    old_sha256: Option<&[u8]>,
    sealed: &[u8],
    new_sha256: &[u8],
) -> Result<bool> {
    let rows = match old_sha256 {
        None => tx.run(&FIRST, &args![lane, sealed, new_sha256, 0_i64, ""]).await?,
        Some(old) => tx.run(&SWAP, &args![lane, old, sealed, new_sha256]).await?,
    };
    Ok(!rows.is_empty())
}

/// Stores tokens after a person's consent, whatever was there.
pub async fn overwrite(tx: &mut dyn SqlTx, lane: &str, sealed: &[u8], sha256: &[u8]) -> Result<()> {
    tx.run(&OVERWRITE, &args![lane, sealed, sha256, 0_i64, ""]).await?;
    Ok(())
}

/// Marks the connection as in need of a person.
pub async fn set_broken(tx: &mut dyn SqlTx, lane: &str, why: &str) -> Result<()> {
    tx.run(&BREAK, &args![lane, why]).await?;
    Ok(())
}

/// Takes the right to refresh.
pub async fn lock(
    tx: &mut dyn SqlTx,
    lane: &str,
    now: Timestamp,
    until: Timestamp,
) -> Result<bool> {
    Ok(!tx.run(&LOCK, &args![lane, until.0, now.0]).await?.is_empty())
}

/// Gives the right to refresh back.
pub async fn unlock(tx: &mut dyn SqlTx, lane: &str) -> Result<()> {
    tx.run(&UNLOCK, &args![lane]).await?;
    Ok(())
}
