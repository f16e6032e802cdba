//! The head of a log: what a writer keeps between appends.

use crate::checkpoint::Checkpoint;
use crate::entry::{self, EntryError};
use crate::frontier::Frontier;
use crate::hash::{Hash, leaf_hash};
use crate::origin::Origin;

/// Name, last leaf hash and frontier of a log: the content of its one locked row.
///
/// Index and `prev` of a new entry come from here, so a writer cannot get them wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    origin: Origin,
    last_leaf: Hash,
    frontier: Frontier,
}

/// One entry as it has to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// Its place in the log, from 0.
    pub index: u64,
    /// The entry bytes; store, hash and export exactly these.
    pub bytes: Vec<u8>,
    /// Their leaf hash.
    pub leaf_hash: Hash,
}

impl Head {
    /// The head of a log without entries.
    pub const fn new(origin: Origin) -> Self {
        Self { origin, last_leaf: Hash::ZERO, frontier: Frontier::new() }
    }

    /// Takes up a stored head. `last_leaf` is [`Hash::ZERO`] if and only if the log is empty.
    pub fn resume(
        origin: Origin,
        last_leaf: Hash,
        frontier: Frontier,
    ) -> Result<Self, ResumeError> {
        let is_empty = frontier.size() == 0;
        let agrees = frontier.lone_last_leaf().is_none_or(|lone| *lone == last_leaf);
        if is_empty == (last_leaf == Hash::ZERO) && agrees {
            Ok(Self { origin, last_leaf, frontier })
        } else {
            Err(ResumeError { size: frontier.size(), last_leaf })
        }
    }

    /// Writes the next entry; on an error the head is unchanged.
    pub fn append(&mut self, body: &str) -> Result<Appended, EntryError> {
        let index = self.size();
        let bytes = entry::encode(&self.origin, index, &self.last_leaf, body)?;
        let leaf_hash = leaf_hash(&bytes);
        self.advance(leaf_hash);
        Ok(Appended { index, bytes, leaf_hash })
    }

    pub(crate) fn advance(&mut self, leaf: Hash) {
        self.frontier.append(leaf);
        self.last_leaf = leaf;
    }

    /// Name of the log.
    pub const fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Number of entries, which is also the index of the next one.
    pub const fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// Leaf hash of the last entry; [`Hash::ZERO`] when there is none.
    pub const fn last_leaf(&self) -> &Hash {
        &self.last_leaf
    }

    /// The right edge of the tree, for storage.
    pub const fn frontier(&self) -> &Frontier {
        &self.frontier
    }

    /// Root of the tree so far.
    pub fn root(&self) -> Hash {
        self.frontier.root()
    }

    /// The checkpoint to sign for the log as it is.
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint { origin: self.origin.clone(), size: self.size(), root: self.root() }
    }
}

/// A stored head whose parts contradict each other.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the stored head of {size} entries does not end in leaf {last_leaf}: verify the log and \
     rebuild the head from its entries"
)]
pub struct ResumeError {
    /// Size in the frontier.
    pub size: u64,
    /// Last leaf hash given.
    pub last_leaf: Hash,
}
