//! The first ledger target: OAuth, operations, batches, read-back, error classes.
