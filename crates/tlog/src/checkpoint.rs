//! Checkpoint text: what is signed to fix the state of a log (audit-and-close.md §1.2).
//!
//! Three lines, each ended by a line feed: origin, size in decimal, root in base64. This is the
//! text part of a signed note; signature lines follow it after an empty line and are not part
//! of it.

use crate::decimal;
use crate::hash::{Hash, HashParseError, empty_root};
use crate::origin::{Origin, OriginError};

/// State of a log: this many entries, with this root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Name of the log.
    pub origin: Origin,
    /// Number of entries.
    pub size: u64,
    /// Root of the tree over them.
    pub root: Hash,
}

impl Checkpoint {
    /// The text to sign.
    pub fn encode(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, self.root.to_base64())
    }

    /// Reads the text; accepts only what [`Checkpoint::encode`] writes. Extension lines, which
    /// the format allows but discourages, are refused: our logs write none, and text that is
    /// signed but not understood must not pass.
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        let lines = text.strip_suffix('\n').ok_or(CheckpointError::NoLineEnd)?;
        let lines: Vec<&str> = lines.split('\n').collect();
        let [origin, size, root] = lines[..] else {
            return Err(CheckpointError::LineCount { found: lines.len() });
        };
        let origin = Origin::new(origin).map_err(|source| CheckpointError::BadOrigin { source })?;
        let size = decimal::parse(size).ok_or(CheckpointError::BadSize)?;
        let root = Hash::from_base64(root).map_err(|source| CheckpointError::BadRoot { source })?;
        if (size == 0) != (root == empty_root()) {
            return Err(CheckpointError::SizeAndRoot { size });
        }
        Ok(Self { origin, size, root })
    }
}

/// Text that is not a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// The last line has no line feed.
    #[error("the checkpoint does not end in a line feed: it is cut")]
    NoLineEnd,
    /// There are not exactly three lines.
    #[error(
        "the checkpoint has {found} lines, not origin, size and root: pass only the signed text"
    )]
    LineCount {
        /// Number of lines.
        found: usize,
    },
    /// The first line is not a possible name of a log.
    #[error("the origin of the checkpoint is not valid")]
    BadOrigin {
        /// What is wrong with it.
        source: OriginError,
    },
    /// The second line is not a canonical decimal.
    #[error("the size in the checkpoint is not a decimal without leading zeros below 2^63")]
    BadSize,
    /// The third line is not 44 characters of base64.
    #[error("the root in the checkpoint is not valid")]
    BadRoot {
        /// What is wrong with it.
        source: HashParseError,
    },
    /// Only the empty log has the empty root.
    #[error("the checkpoint gives {size} entries a root that cannot be theirs: it is made up")]
    SizeAndRoot {
        /// Size in the checkpoint.
        size: u64,
    },
}
