//! What QuickBooks answers, read into typed partial structs. Amounts stay the text they came as.

mod envelope;
mod fault;
mod report;
mod snapshot;
mod text;
mod txn;

pub(crate) use envelope::{Envelope, ThrottlePage};
pub(crate) use fault::FaultBody;
pub(crate) use report::trial_balance;
pub(crate) use snapshot::{MARKER_PREFIX, deleted, snapshot};
pub(crate) use txn::Txn;
