//! Words of the business: money, ids, clocks, facts, documents, postings, reason codes.

pub mod reason;

pub use reason::{ReasonClass, ReasonCode};
