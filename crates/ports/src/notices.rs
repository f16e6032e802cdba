//! What a ledger tells by webhook: that something changed, never reliably what.

use crate::{RawDelivery, Refusal};
use kernel::Timestamp;

/// One change a ledger tells of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The ledger's id of the event; equal when it is delivered again.
    pub event: String,
    /// The company.
    pub realm: String,
    /// The type of the object in the ledger's words: `Invoice`.
    pub entity: String,
    /// The ledger's id of the object.
    pub entity_id: String,
    /// `created`, `updated`, `deleted`, `voided`, `merged`, `emailed`, or a newer word.
    pub operation: String,
    /// The object that was merged into this one, else empty.
    pub other_id: String,
    /// When it happened, by the ledger.
    pub occurred_at: Timestamp,
}

/// What one delivery holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Notices {
    /// What could be read, in the order given.
    pub notices: Vec<Notice>,
    /// Why each of the others could not be read: places and kinds, never content.
    pub unreadable: Vec<String>,
}

/// The webhooks of a ledger: verified and read, nothing else.
pub trait NoticeSource: Send + Sync {
    /// Largest body accepted, bytes.
    fn body_bytes_max(&self) -> usize;
    /// Verifies the raw bytes in constant time, then reads them. One event that cannot be read
    /// does not spoil the others.
    fn read(&self, delivery: &RawDelivery) -> Result<Notices, Refusal>;
}
