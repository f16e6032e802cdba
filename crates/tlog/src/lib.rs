#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod checkpoint;
mod decimal;
pub mod entry;
mod frontier;
mod hash;
mod head;
mod origin;
mod proof;
mod tree;
mod verifier;

pub use checkpoint::{Checkpoint, CheckpointError};
pub use entry::{ENTRY_BYTES_MAX, Entry, EntryError};
pub use frontier::{Frontier, FrontierError, SIZE_MAX};
pub use hash::{Hash, HashParseError, empty_root, leaf_hash, node_hash};
pub use head::{Appended, Head, ResumeError};
pub use origin::{ORIGIN_BYTES_MAX, Origin, OriginError};
pub use proof::{ProofError, verify_consistency, verify_inclusion};
pub use tree::{consistency_proof, inclusion_proof, merkle_root};
pub use verifier::{Fault, Report, Verifier};
