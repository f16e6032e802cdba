//! Entry bytes: one line of text that is stored, hashed, exported and read as it is.
//!
//! `e1 <origin> <index> <prev leaf hash, base64> <canonical JSON body>`, without line feed.
//! The tag picks the rules for ever: a later form gets another tag and old entries keep theirs
//! (audit-and-close.md §1.4 F6, §2.3). Whether the body is canonical JSON is its producer's duty
//! and is not checked here: what is hashed is the bytes.

use crate::decimal;
use crate::frontier::SIZE_MAX;
use crate::hash::{Hash, HashParseError};
use crate::origin::{self, Origin, OriginError};

/// Longest entry in bytes: entry bundles prefix it with a 16-bit length (audit-and-close.md
/// §1.2), so large payloads go in by their hash.
pub const ENTRY_BYTES_MAX: usize = 65_535;

const VERSION: &str = "e1";

/// A decoded entry; borrows the bytes it was read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<'a> {
    /// The log it belongs to.
    pub origin: &'a str,
    /// Its place in the log, from 0.
    pub index: u64,
    /// Leaf hash of the entry before it; [`Hash::ZERO`] in entry 0.
    pub prev: Hash,
    /// Canonical JSON.
    pub body: &'a str,
}

/// Writes an entry.
///
/// `prev` is the leaf hash of the entry before, [`Hash::ZERO`] for index 0. [`Head::append`]
/// supplies index and `prev` itself and should be preferred.
///
/// [`Head::append`]: crate::Head::append
pub fn encode(origin: &Origin, index: u64, prev: &Hash, body: &str) -> Result<Vec<u8>, EntryError> {
    if index >= SIZE_MAX {
        return Err(EntryError::BadIndex);
    }
    let index = index.to_string();
    let fields = [VERSION, origin.as_str(), &index, &prev.to_base64(), body];
    let len = fields.iter().map(|field| field.len() + 1).sum::<usize>() - 1;
    check_text(len, body)?;
    let line = fields.join(" ").into_bytes();
    assert_eq!(line.len(), len, "the length checked is the length written");
    Ok(line)
}

/// Reads an entry; accepts only what [`encode`] writes.
pub fn decode(bytes: &[u8]) -> Result<Entry<'_>, EntryError> {
    // Length first: the rest of the work is then bounded.
    if bytes.len() > ENTRY_BYTES_MAX {
        return Err(EntryError::TooLong { len: bytes.len() });
    }
    let text = str::from_utf8(bytes)
        .map_err(|source| EntryError::NotText { offset: source.valid_up_to() })?;
    let mut fields = text.splitn(5, ' ');
    let mut field = |name| fields.next().ok_or(EntryError::MissingField { name });
    if field("version")? != VERSION {
        return Err(EntryError::UnknownVersion);
    }
    let origin = field("origin")?;
    origin::check(origin).map_err(|source| EntryError::BadOrigin { source })?;
    let index = decimal::parse(field("index")?)
        .filter(|index| *index < SIZE_MAX)
        .ok_or(EntryError::BadIndex)?;
    let prev = Hash::from_base64(field("previous leaf hash")?)
        .map_err(|source| EntryError::BadPrev { source })?;
    let body = field("body")?;
    check_text(bytes.len(), body)?;
    Ok(Entry { origin, index, prev, body })
}

fn check_text(len: usize, body: &str) -> Result<(), EntryError> {
    if body.is_empty() {
        return Err(EntryError::EmptyBody);
    }
    if len > ENTRY_BYTES_MAX {
        return Err(EntryError::TooLong { len });
    }
    // JSON escapes control characters inside strings and canonical JSON has none outside, so a
    // raw one, a line feed above all, is a fault of the producer.
    match body.bytes().position(|byte| byte < 0x20) {
        Some(offset) => Err(EntryError::ControlInBody { offset }),
        None => Ok(()),
    }
}

/// Bytes that are not an entry, or fields that cannot make one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// The entry is over [`ENTRY_BYTES_MAX`].
    #[error(
        "the entry has {len} bytes, at most {ENTRY_BYTES_MAX} fit: refer to large payloads by hash"
    )]
    TooLong {
        /// Its length in bytes.
        len: usize,
    },
    /// The bytes are not UTF-8.
    #[error("the entry is not UTF-8 text from byte {offset} on: the stored bytes are damaged")]
    NotText {
        /// First byte that is not text.
        offset: usize,
    },
    /// The line ends early.
    #[error("the entry has no {name}: the line is cut or is not an entry")]
    MissingField {
        /// The first field that is missing.
        name: &'static str,
    },
    /// The version tag is not `e1`.
    #[error("the entry does not start with {VERSION}: a newer verifier may know its form")]
    UnknownVersion,
    /// The origin is not a possible name of a log.
    #[error("the origin of the entry is not valid")]
    BadOrigin {
        /// What is wrong with it.
        source: OriginError,
    },
    /// The index is not a canonical decimal below [`SIZE_MAX`].
    #[error("the index of the entry is not a decimal without leading zeros below 2^63 - 1")]
    BadIndex,
    /// The previous leaf hash is not 44 characters of base64.
    #[error("the previous leaf hash in the entry is not valid")]
    BadPrev {
        /// What is wrong with it.
        source: HashParseError,
    },
    /// There is no body.
    #[error("the entry has an empty body: write at least an empty JSON object")]
    EmptyBody,
    /// The body has a raw control character, such as a line feed.
    #[error(
        "the body has a raw control character at byte {offset}: write canonical JSON on one line"
    )]
    ControlInBody {
        /// Its place in the body.
        offset: usize,
    },
}
