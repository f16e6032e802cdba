//! Behaviour of the log through its public functions.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod support;

mod checkpoint;
mod entry;
mod frontier;
mod head;
mod known_roots;
mod proofs;
mod tamper;
mod vectors;
