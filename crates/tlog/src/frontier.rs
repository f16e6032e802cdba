//! The right edge of the tree: all the state an appender needs (audit-and-close.md §1.1).

use crate::hash::{Hash, empty_root, node_hash};

/// Largest size of a log: sizes and indexes are stored as signed 64-bit integers.
pub const SIZE_MAX: u64 = i64::MAX.unsigned_abs();

const SIZE_BYTES: usize = size_of::<u64>();

/// A compact range: the roots of the full subtrees that make up a tree, largest first.
///
/// It has one hash per one-bit of the size, so at most 63. Appending costs one node hash on
/// average and allocates only when the list of hashes grows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    subtrees: Vec<Hash>,
}

impl Frontier {
    /// The frontier of the empty log.
    pub const fn new() -> Self {
        Self { size: 0, subtrees: Vec::new() }
    }

    /// Adds the hash of the next entry on the right.
    pub fn append(&mut self, leaf: Hash) {
        let mut subtree = leaf;
        // Each low one-bit of the size is a full subtree as large as the one being carried.
        for _ in 0..self.size.trailing_ones() {
            let left = self.subtrees.pop().expect("one subtree per one-bit of the size");
            subtree = node_hash(&left, &subtree);
        }
        self.subtrees.push(subtree);
        self.size += 1;
        debug_assert_eq!(self.subtrees.len(), subtree_count(self.size));
    }

    /// Number of entries.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Root of the tree so far; costs at most 62 node hashes.
    pub fn root(&self) -> Hash {
        let mut smallest_first = self.subtrees.iter().rev();
        let Some(smallest) = smallest_first.next() else {
            return empty_root();
        };
        smallest_first.fold(*smallest, |right, left| node_hash(left, &right))
    }

    /// The hash of the last entry when it stands alone at the right edge, which is at odd sizes.
    pub(crate) fn lone_last_leaf(&self) -> Option<&Hash> {
        if self.size % 2 == 1 { self.subtrees.last() } else { None }
    }

    /// Stored form: the size as 8 bytes big-endian, then the hashes, largest subtree first.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(SIZE_BYTES + self.subtrees.len() * Hash::LEN);
        out.extend_from_slice(&self.size.to_be_bytes());
        for subtree in &self.subtrees {
            out.extend_from_slice(subtree.as_bytes());
        }
        out
    }

    /// Reads the stored form. The size must be followed by exactly as many hashes as it has
    /// one-bits.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, FrontierError> {
        let (size, hashes) = bytes
            .split_first_chunk::<SIZE_BYTES>()
            .ok_or(FrontierError::NoSize { len: bytes.len() })?;
        let size = u64::from_be_bytes(*size);
        if size > SIZE_MAX {
            return Err(FrontierError::SizeTooLarge { size });
        }
        let expected = subtree_count(size) * Hash::LEN;
        if hashes.len() != expected {
            return Err(FrontierError::WrongLength { size, expected, found: hashes.len() });
        }
        let (hashes, _) = hashes.as_chunks::<{ Hash::LEN }>();
        Ok(Self { size, subtrees: hashes.iter().copied().map(Hash).collect() })
    }
}

const fn subtree_count(size: u64) -> usize {
    size.count_ones() as usize
}

/// Stored bytes that are not a frontier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrontierError {
    /// There are fewer than the 8 bytes of the size.
    #[error("the stored frontier has {len} bytes, too few for a size: rebuild it from the entries")]
    NoSize {
        /// Number of bytes.
        len: usize,
    },
    /// The size is over [`SIZE_MAX`].
    #[error(
        "the stored frontier claims {size} entries, over the limit: rebuild it from the entries"
    )]
    SizeTooLarge {
        /// The size found.
        size: u64,
    },
    /// The number of bytes after the size does not fit the size.
    #[error(
        "the stored frontier of {size} entries needs {expected} bytes of hashes, found {found}: \
         rebuild it from the entries"
    )]
    WrongLength {
        /// The size found.
        size: u64,
        /// Bytes of hashes such a size needs.
        expected: usize,
        /// Bytes of hashes found.
        found: usize,
    },
}
