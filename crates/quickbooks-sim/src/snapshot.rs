//! The whole state as bytes, and back.
//!
//! A snapshot is a mark, `checksum: u64 LE` (FNV-1a over the payload) and the payload. It has no
//! names of fields: only the program that wrote it can be trusted to read it. The log stays the truth
//! for anything that must outlive a version.

use serde::{Serialize, de::DeserializeOwned};

use crate::faults::{HASH_START, hash};

const MARK: &[u8; 8] = b"qbosim\x00\x01";
const HEAD: usize = 16;

/// A state as a snapshot; none when it cannot be written down.
pub(crate) fn write<T: Serialize>(state: &T) -> Option<Vec<u8>> {
    let mut head = MARK.to_vec();
    head.extend([0; 8]);
    let mut out = postcard::to_extend(state, head).ok()?;
    let checksum = hash(HASH_START, out.get(HEAD..)?);
    out.get_mut(8..HEAD)?.copy_from_slice(&checksum.to_le_bytes());
    Some(out)
}

/// The state of a snapshot; none when it is cut, damaged, or of another kind.
pub(crate) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    let payload = bytes.strip_prefix(MARK)?;
    let (checksum, payload) = payload.split_at_checked(8)?;
    if checksum != hash(HASH_START, payload).to_le_bytes() {
        return None;
    }
    match postcard::take_from_bytes(payload) {
        Ok((state, [])) => Some(state),
        _ => None,
    }
}
