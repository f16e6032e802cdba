//! The whole state as bytes, and back.
//!
//! A snapshot is a mark, the payload and `checksum: u64 LE` (FNV-1a over the payload). It has no names
//! of fields: only the program that wrote it can be trusted to read it. The log stays the truth for
//! anything that must outlive a version.

use std::io::{self, Write};

use serde::{Serialize, de::DeserializeOwned};

use crate::faults::{HASH_START, hash};

const MARK: &[u8; 8] = b"qbosim\x00\x02";

/// Passes bytes on and remembers their hash.
struct Hashed<'w, W> {
    to: &'w mut W,
    hash: u64,
}

impl<W: Write> Write for Hashed<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes)?;
        self.hash = hash(self.hash, bytes.get(..written).unwrap_or(bytes));
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// Writes a state as a snapshot, piece by piece.
pub(crate) fn write_to<T: Serialize>(state: &T, to: &mut impl Write) -> io::Result<()> {
    to.write_all(MARK)?;
    let hashed = Hashed { to, hash: HASH_START };
    let Hashed { to, hash } = postcard::to_io(state, hashed).map_err(io::Error::other)?;
    to.write_all(&hash.to_le_bytes())
}

/// A state as a snapshot; none when it cannot be written down.
pub(crate) fn write<T: Serialize>(state: &T) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    write_to(state, &mut out).ok()?;
    Some(out)
}

/// The state of a snapshot; none when it is cut, damaged, or of another kind.
pub(crate) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    let rest = bytes.strip_prefix(MARK)?;
    let (payload, checksum) = rest.split_at_checked(rest.len().checked_sub(8)?)?;
    if checksum != hash(HASH_START, payload).to_le_bytes() {
        return None;
    }
    match postcard::take_from_bytes(payload) {
        Ok((state, [])) => Some(state),
        _ => None,
    }
}
