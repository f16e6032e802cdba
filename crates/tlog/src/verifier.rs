//! Verification of a whole log, entry by entry in constant memory.
//!
//! Each fault of audit-and-close.md §1.4 has its own answer. Size and root to compare with must
//! come from outside the store that is verified, best from a signed checkpoint: a removed tail
//! leaves a perfect shorter log (F2).

use crate::checkpoint::Checkpoint;
use crate::entry::{self, EntryError};
use crate::hash::{Hash, leaf_hash};
use crate::head::Head;
use crate::origin::Origin;

/// Reads a log from the first entry to the last.
#[derive(Debug, Clone)]
pub struct Verifier {
    head: Head,
    first_index: u64,
    entry_bytes: u64,
}

/// What was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Index of the first entry read: 0, or where a resumed verification began.
    pub first_index: u64,
    /// Bytes of all entries read.
    pub entry_bytes: u64,
    /// Size, root, last leaf and frontier at the end; a later verification can start here.
    pub head: Head,
}

impl Verifier {
    /// Starts at entry 0 of the log with this name.
    pub const fn new(origin: Origin) -> Self {
        Self::resume(Head::new(origin))
    }

    /// Starts behind entries verified earlier. Compare the root of `head` with the signed
    /// checkpoint of that time first ([`Verifier::check`]): entries before it are not read again.
    pub const fn resume(head: Head) -> Self {
        Self { first_index: head.size(), head, entry_bytes: 0 }
    }

    /// Takes the next row in the order of the index: where it is stored, its bytes and the leaf
    /// hash stored beside it. After a fault the state is as before the call.
    pub fn push(&mut self, index: u64, bytes: &[u8], stored_leaf: &Hash) -> Result<(), Fault> {
        let expected = self.head.size();
        if index > expected {
            return Err(Fault::Missing { expected, found: index });
        }
        if index < expected {
            return Err(Fault::Repeated { expected, found: index });
        }
        let computed = leaf_hash(bytes);
        if computed != *stored_leaf {
            return Err(Fault::Changed { index, stored: *stored_leaf, computed });
        }
        self.check_content(index, bytes)?;
        self.head.advance(computed);
        self.entry_bytes += bytes.len() as u64;
        Ok(())
    }

    fn check_content(&self, index: u64, bytes: &[u8]) -> Result<(), Fault> {
        let entry = entry::decode(bytes).map_err(|source| Fault::Malformed { index, source })?;
        let origin = self.head.origin();
        if entry.origin != origin.as_str() {
            let found = entry.origin.to_owned();
            return Err(Fault::WrongOrigin { index, expected: origin.clone(), found });
        }
        if entry.index != index {
            return Err(Fault::Misplaced { index, inside: entry.index });
        }
        let prev = *self.head.last_leaf();
        if entry.prev != prev {
            return Err(Fault::WrongPrev { index, expected: prev, found: entry.prev });
        }
        Ok(())
    }

    /// State so far. At the size of a checkpoint, [`Verifier::check`] compares with it without
    /// ending the verification.
    pub const fn head(&self) -> &Head {
        &self.head
    }

    /// Compares the entries so far with a checkpoint of the same size.
    pub fn check(&self, checkpoint: &Checkpoint) -> Result<(), Fault> {
        if checkpoint.origin != *self.head.origin() {
            return Err(Fault::OtherLog {
                expected: checkpoint.origin.clone(),
                found: self.head.origin().clone(),
            });
        }
        self.check_end(checkpoint.size, &checkpoint.root)
    }

    /// Ends with the state the log must have: size and root from a signed checkpoint, the last
    /// leaf hash from the head row ([`Hash::ZERO`] for an empty log).
    pub fn finish(
        self,
        expected_size: u64,
        expected_root: &Hash,
        expected_last_leaf: &Hash,
    ) -> Result<Report, Fault> {
        self.check_size(expected_size)?;
        let found = *self.head.last_leaf();
        if found != *expected_last_leaf {
            let expected = *expected_last_leaf;
            return Err(Fault::LastLeafDiffers { size: expected_size, expected, found });
        }
        self.check_end(expected_size, expected_root)?;
        Ok(self.into_report())
    }

    /// Ends with a checkpoint alone, which an auditor has without the head row. The root fixes
    /// the last leaf too.
    pub fn finish_at(self, checkpoint: &Checkpoint) -> Result<Report, Fault> {
        self.check(checkpoint)?;
        Ok(self.into_report())
    }

    fn check_end(&self, expected_size: u64, expected_root: &Hash) -> Result<(), Fault> {
        self.check_size(expected_size)?;
        let found = self.head.root();
        if found == *expected_root {
            Ok(())
        } else {
            Err(Fault::RootDiffers { size: expected_size, expected: *expected_root, found })
        }
    }

    fn check_size(&self, expected: u64) -> Result<(), Fault> {
        let found = self.head.size();
        if found < expected {
            return Err(Fault::TailRemoved { expected, found });
        }
        if found > expected {
            return Err(Fault::TailAdded { expected, found });
        }
        Ok(())
    }

    fn into_report(self) -> Report {
        Report { first_index: self.first_index, entry_bytes: self.entry_bytes, head: self.head }
    }
}

/// The first thing found wrong with a log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// An index is skipped.
    #[error(
        "entry {expected} is missing, entry {found} follows: it was removed or read out of order"
    )]
    Missing {
        /// The index that must come next.
        expected: u64,
        /// The index that came.
        found: u64,
    },
    /// An index comes again.
    #[error("entry {found} comes where {expected} must: it is duplicated or read out of order")]
    Repeated {
        /// The index that must come next.
        expected: u64,
        /// The index that came.
        found: u64,
    },
    /// Bytes and stored leaf hash do not belong together.
    #[error(
        "entry {index} was changed: its bytes hash to {computed}, stored beside them is {stored}"
    )]
    Changed {
        /// The entry.
        index: u64,
        /// Leaf hash in the store.
        stored: Hash,
        /// Leaf hash of the stored bytes.
        computed: Hash,
    },
    /// The bytes are not an entry.
    #[error("entry {index} is not a well-formed entry")]
    Malformed {
        /// The entry.
        index: u64,
        /// What is wrong with it.
        source: EntryError,
    },
    /// The entry belongs to another log.
    #[error("entry {index} belongs to log {found:?}, not to {expected}")]
    WrongOrigin {
        /// The entry.
        index: u64,
        /// The log being verified.
        expected: Origin,
        /// The log the entry names.
        found: String,
    },
    /// The entry was written for another place.
    #[error("entry {index} says it is entry {inside}: entries were swapped, copied or renumbered")]
    Misplaced {
        /// Where it is stored.
        index: u64,
        /// Where it says it belongs.
        inside: u64,
    },
    /// The entry does not follow the one before.
    #[error(
        "entry {index} follows leaf {found}, but the entry before has leaf {expected}: one of \
         the two was rewritten"
    )]
    WrongPrev {
        /// The entry.
        index: u64,
        /// Leaf hash of the entry before it.
        expected: Hash,
        /// Leaf hash it names.
        found: Hash,
    },
    /// The log is shorter than it was.
    #[error("the log ends after {found} entries, {expected} were recorded: its tail was removed")]
    TailRemoved {
        /// Entries recorded.
        expected: u64,
        /// Entries read.
        found: u64,
    },
    /// The log is longer than recorded.
    #[error(
        "the log has {found} entries, {expected} were recorded: compare at {expected}, or take a \
         newer checkpoint"
    )]
    TailAdded {
        /// Entries recorded.
        expected: u64,
        /// Entries read.
        found: u64,
    },
    /// The last entry is not the one the head names.
    #[error(
        "the last of {size} entries has leaf {found}, the head says {expected}: it was replaced"
    )]
    LastLeafDiffers {
        /// Entries read.
        size: u64,
        /// Leaf hash in the head.
        expected: Hash,
        /// Leaf hash of the last entry.
        found: Hash,
    },
    /// The entries are not those the checkpoint was made over.
    #[error("{size} entries have root {found}, recorded is {expected}: the log was rewritten")]
    RootDiffers {
        /// Entries read.
        size: u64,
        /// Root recorded.
        expected: Hash,
        /// Root of the entries read.
        found: Hash,
    },
    /// The checkpoint is of another log.
    #[error("the checkpoint is of log {expected}, the entries are of {found}: pair them again")]
    OtherLog {
        /// The log the checkpoint names.
        expected: Origin,
        /// The log being verified.
        found: Origin,
    },
}

impl Fault {
    /// The entry to look at first; none when the fault is in the whole.
    pub const fn index(&self) -> Option<u64> {
        match self {
            Self::Missing { expected: index, .. }
            | Self::Repeated { found: index, .. }
            | Self::Changed { index, .. }
            | Self::Malformed { index, .. }
            | Self::WrongOrigin { index, .. }
            | Self::Misplaced { index, .. }
            | Self::WrongPrev { index, .. }
            | Self::TailRemoved { found: index, .. }
            | Self::TailAdded { expected: index, .. } => Some(*index),
            Self::LastLeafDiffers { size, .. } => size.checked_sub(1),
            Self::RootDiffers { .. } | Self::OtherLog { .. } => None,
        }
    }
}
