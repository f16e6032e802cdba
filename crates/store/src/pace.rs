//! The calls of a lane within the last minute, shared by every process that makes some.

use crate::Result;
use crate::args::{args, statements};
use ports::SqlTx;

statements! {
    OPEN = "INSERT INTO pace (lane, state) VALUES ($1, $2) ON CONFLICT (lane) DO NOTHING",
        [Text, Bytes] => [];
    TAKE = "UPDATE pace SET lane = lane WHERE lane = $1 RETURNING state", [Text] => [Bytes];
    PUT = "UPDATE pace SET state = $2 WHERE lane = $1", [Text, Bytes] => [];
}

/// The stored state, empty before the first call. Whoever takes it is alone with it until the
/// transaction ends.
pub async fn take(tx: &mut dyn SqlTx, lane: &str) -> Result<Vec<u8>> {
    let mut rows = tx.run(&TAKE, &args![lane]).await?;
    if rows.is_empty() {
        tx.run(&OPEN, &args![lane, [].as_slice()]).await?;
        rows = tx.run(&TAKE, &args![lane]).await?;
    }
    Ok(rows.first().map(|r| r.bytes(0).map(<[u8]>::to_vec)).transpose()?.unwrap_or_default())
}

/// Stores the state.
pub async fn put(tx: &mut dyn SqlTx, lane: &str, state: &[u8]) -> Result<()> {
    tx.run(&PUT, &args![lane, state]).await?;
    Ok(())
}
