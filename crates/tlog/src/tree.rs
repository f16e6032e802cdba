//! Roots and proofs made from all leaves, as RFC 6962 §2.1 defines them.
//!
//! Written as the definition, not as the frontier computes it, so that each checks the other.
//! A proof costs one pass over the leaves.

use crate::hash::{Hash, empty_root, node_hash};
use crate::proof::ProofError;

/// Root over leaf hashes, for instance of a batch of rows that one entry commits to.
pub fn merkle_root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => empty_root(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = split(leaves);
            node_hash(&merkle_root(left), &merkle_root(right))
        }
    }
}

/// Proof that the leaf at `index` is in the tree over `leaves`, for
/// [`verify_inclusion`](crate::verify_inclusion).
///
/// Fails with [`ProofError::IndexBeyondSize`] when there is no such leaf.
pub fn inclusion_proof(leaves: &[Hash], index: u64) -> Result<Vec<Hash>, ProofError> {
    let size = leaves.len() as u64;
    let position = usize::try_from(index)
        .ok()
        .filter(|position| *position < leaves.len())
        .ok_or(ProofError::IndexBeyondSize { index, size })?;
    let mut proof = Vec::new();
    inclusion(leaves, position, &mut proof);
    Ok(proof)
}

/// Proof that the tree over the first `size1` leaves is a prefix of the tree over the first
/// `size2`, for [`verify_consistency`](crate::verify_consistency).
///
/// Fails when `size1` is 0 or over `size2`, or when there are fewer than `size2` leaves.
pub fn consistency_proof(leaves: &[Hash], size1: u64, size2: u64) -> Result<Vec<Hash>, ProofError> {
    if size1 > size2 {
        return Err(ProofError::SizesReversed { size1, size2 });
    }
    if size1 == 0 {
        return Err(ProofError::EmptyTree);
    }
    let newer = usize::try_from(size2)
        .ok()
        .and_then(|size2| leaves.get(..size2))
        .ok_or(ProofError::TooFewLeaves { needed: size2, available: leaves.len() as u64 })?;
    let older = usize::try_from(size1).expect("not over size2, which is a slice length");
    let mut proof = Vec::new();
    consistency(newer, older, true, &mut proof);
    Ok(proof)
}

fn inclusion(leaves: &[Hash], position: usize, proof: &mut Vec<Hash>) {
    if leaves.len() < 2 {
        return;
    }
    let (left, right) = split(leaves);
    if position < left.len() {
        inclusion(left, position, proof);
        proof.push(merkle_root(right));
    } else {
        inclusion(right, position - left.len(), proof);
        proof.push(merkle_root(left));
    }
}

/// `is_whole_old_tree` says that the old leaves here are the whole old tree, whose root the
/// verifier has anyway.
fn consistency(leaves: &[Hash], old: usize, is_whole_old_tree: bool, proof: &mut Vec<Hash>) {
    if old == leaves.len() {
        if !is_whole_old_tree {
            proof.push(merkle_root(leaves));
        }
        return;
    }
    let (left, right) = split(leaves);
    if old <= left.len() {
        consistency(left, old, is_whole_old_tree, proof);
        proof.push(merkle_root(right));
    } else {
        consistency(right, old - left.len(), false, proof);
        proof.push(merkle_root(left));
    }
}

/// The left part is the largest power of two below the length, which is at least 2.
fn split(leaves: &[Hash]) -> (&[Hash], &[Hash]) {
    leaves.split_at(1 << (leaves.len() - 1).ilog2())
}
