//! Pure transparency log: entry bytes, tree, proofs.
