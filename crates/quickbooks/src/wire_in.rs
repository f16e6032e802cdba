//! What QuickBooks answers, read into typed partial structs. Amounts stay the text they came as.

mod changes;
mod envelope;
mod fault;
mod report;
mod snapshot;
mod text;
mod txn;

pub(crate) use changes::{Block, ChangesBody};
pub(crate) use envelope::{Envelope, ThrottlePage};
pub(crate) use fault::FaultBody;
pub(crate) use report::trial_balance;
pub(crate) use snapshot::{MARKER_PREFIX, deleted, legible, snapshot};
pub(crate) use txn::Txn;
