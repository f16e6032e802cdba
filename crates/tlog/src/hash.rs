//! SHA-256 values and the three hashes of an RFC 6962 tree (audit-and-close.md §1.1).
//!
//! Leaves and nodes are hashed with different prefixes, or an inner node could be passed off as
//! an entry.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

const LEAF_PREFIX: [u8; 1] = [0x00];
const NODE_PREFIX: [u8; 1] = [0x01];

/// A SHA-256 value: a leaf hash, an inner node or a tree root.
///
/// `Display` and `FromStr` use 64 lowercase hexadecimal digits; entries, proofs and checkpoints
/// use base64.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash(pub [u8; Hash::LEN]);

impl Hash {
    /// Length in bytes.
    pub const LEN: usize = 32;
    /// Length of the base64 text, padding included.
    pub const BASE64_LEN: usize = 44;
    /// All zero bytes: the `prev` of entry 0, which has no predecessor.
    pub const ZERO: Self = Self([0; Self::LEN]);

    /// The bytes, for storage.
    pub const fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }

    /// Standard base64 with padding: 44 characters.
    pub fn to_base64(self) -> String {
        STANDARD.encode(self.0)
    }

    /// Reads exactly what [`Hash::to_base64`] writes: a hash has one text only, so other
    /// alphabets, missing padding and stray trailing bits are refused.
    pub fn from_base64(text: &str) -> Result<Self, HashParseError> {
        if text.len() != Self::BASE64_LEN {
            return Err(HashParseError::Length {
                unit: "base64 characters",
                expected: Self::BASE64_LEN,
                found: text.len(),
            });
        }
        // One byte more than a hash, so that a text which decodes to 33 bytes is seen as such.
        let mut out = [0; Self::LEN + 1];
        let written =
            STANDARD.decode_slice(text, &mut out).map_err(|_| HashParseError::NotBase64)?;
        Self::try_from(&out[..written])
    }
}

impl From<[u8; Hash::LEN]> for Hash {
    fn from(bytes: [u8; Self::LEN]) -> Self {
        Self(bytes)
    }
}

impl TryFrom<&[u8]> for Hash {
    type Error = HashParseError;

    /// Reads stored bytes; the length must be exactly 32.
    fn try_from(bytes: &[u8]) -> Result<Self, HashParseError> {
        bytes.try_into().map(Self).map_err(|_| HashParseError::Length {
            unit: "bytes",
            expected: Self::LEN,
            found: bytes.len(),
        })
    }
}

impl FromStr for Hash {
    type Err = HashParseError;

    /// Reads 64 lowercase hexadecimal digits.
    fn from_str(text: &str) -> Result<Self, HashParseError> {
        let digits = text.as_bytes();
        if digits.len() != 2 * Self::LEN {
            return Err(HashParseError::Length {
                unit: "hexadecimal digits",
                expected: 2 * Self::LEN,
                found: digits.len(),
            });
        }
        let mut out = [0; Self::LEN];
        for (byte, pair) in out.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = hex_digit(pair[0])? << 4 | hex_digit(pair[1])?;
        }
        Ok(Self(out))
    }
}

fn hex_digit(digit: u8) -> Result<u8, HashParseError> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        _ => Err(HashParseError::NotHex),
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text or byte string that is not a hash.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HashParseError {
    /// The length is wrong.
    #[error("a SHA-256 value has {expected} {unit}, found {found}: copy the whole value")]
    Length {
        /// What is counted.
        unit: &'static str,
        /// How many there must be.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// The text is not canonical standard base64.
    #[error("not standard base64 with padding: URL-safe or shortened forms are not accepted")]
    NotBase64,
    /// The text has something other than `0-9a-f`.
    #[error("not lowercase hexadecimal: only 0-9 and a-f are accepted")]
    NotHex,
}

/// Hash of one entry: `SHA-256(0x00 || entry)`.
pub fn leaf_hash(entry: &[u8]) -> Hash {
    Hash(Sha256::new().chain_update(LEAF_PREFIX).chain_update(entry).finalize().into())
}

/// Hash of an inner node: `SHA-256(0x01 || left || right)`.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let hasher = Sha256::new().chain_update(NODE_PREFIX);
    Hash(hasher.chain_update(left.0).chain_update(right.0).finalize().into())
}

/// Root of the tree without entries: `SHA-256("")`.
pub fn empty_root() -> Hash {
    Hash(Sha256::digest(b"").into())
}
