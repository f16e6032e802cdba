//! Verification of proofs, with the exact proof lengths of audit-and-close.md §1.1.
//!
//! Equal results on the public vectors of transparency-dev/merkle are part of the contract.

use crate::hash::{Hash, node_hash};

/// Checks that `leaf` is entry `index` of the tree with `size` entries and the given root.
///
/// The size itself is not proved by an inclusion proof: take size and root together from one
/// signed checkpoint.
pub fn verify_inclusion(
    index: u64,
    size: u64,
    leaf: &Hash,
    proof: &[Hash],
    root: &Hash,
) -> Result<(), ProofError> {
    if index >= size {
        return Err(ProofError::IndexBeyondSize { index, size });
    }
    let (inner, border) = path_lengths(index, size);
    check_length(inner + border, proof)?;
    let (inner, border) = proof.split_at(inner);
    let computed = fold_left(fold_inner(*leaf, inner, index), border);
    if computed == *root {
        Ok(())
    } else {
        Err(ProofError::RootMismatch { expected: *root, computed })
    }
}

/// Checks that the tree (`size1`, `root1`) is a prefix of the tree (`size2`, `root2`): nothing
/// was changed, removed or inserted before `size1`.
///
/// An old size of 0 is an error, since every tree extends the empty one and nothing is proved.
pub fn verify_consistency(
    size1: u64,
    size2: u64,
    proof: &[Hash],
    root1: &Hash,
    root2: &Hash,
) -> Result<(), ProofError> {
    if size1 > size2 {
        return Err(ProofError::SizesReversed { size1, size2 });
    }
    if size1 == 0 {
        return Err(ProofError::EmptyTree);
    }
    if size1 == size2 {
        check_length(0, proof)?;
        return check_new_root(root2, root1);
    }
    // The path starts at the largest full subtree that ends the old tree. When that subtree is
    // the whole old tree, its hash is root1 and the proof does not repeat it.
    let shift = size1.trailing_zeros();
    let (inner, border) = path_lengths(size1 - 1, size2);
    let inner = inner - shift as usize;
    let (seed, path) = if size1.is_power_of_two() {
        check_length(inner + border, proof)?;
        (*root1, proof)
    } else {
        check_length(1 + inner + border, proof)?;
        (proof[0], &proof[1..])
    };
    let (inner, border) = path.split_at(inner);
    let position = (size1 - 1) >> shift;
    let old = fold_left(fold_inner_left_only(seed, inner, position), border);
    if old != *root1 {
        return Err(ProofError::OldRootMismatch { expected: *root1, computed: old });
    }
    check_new_root(root2, &fold_left(fold_inner(seed, inner, position), border))
}

/// Length of the path of a leaf below and above the point where it joins the right edge.
fn path_lengths(index: u64, size: u64) -> (usize, usize) {
    let inner = u64::BITS - (index ^ (size - 1)).leading_zeros();
    let border = index.checked_shr(inner).unwrap_or(0).count_ones();
    (inner as usize, border as usize)
}

fn check_length(expected: usize, proof: &[Hash]) -> Result<(), ProofError> {
    if proof.len() == expected {
        Ok(())
    } else {
        Err(ProofError::WrongLength { expected, found: proof.len() })
    }
}

fn check_new_root(expected: &Hash, computed: &Hash) -> Result<(), ProofError> {
    if computed == expected {
        Ok(())
    } else {
        Err(ProofError::RootMismatch { expected: *expected, computed: *computed })
    }
}

/// Siblings lie on the left where the bit of the position is one, else on the right.
fn fold_inner(seed: Hash, siblings: &[Hash], position: u64) -> Hash {
    siblings.iter().enumerate().fold(seed, |hash, (level, sibling)| {
        if position >> level & 1 == 1 {
            node_hash(sibling, &hash)
        } else {
            node_hash(&hash, sibling)
        }
    })
}

/// As [`fold_inner`], leaving out what the newer tree has on the right.
fn fold_inner_left_only(seed: Hash, siblings: &[Hash], position: u64) -> Hash {
    let on_the_left = |level: usize| position >> level & 1 == 1;
    let siblings = siblings.iter().enumerate().filter(|(level, _)| on_the_left(*level));
    siblings.fold(seed, |hash, (_, sibling)| node_hash(sibling, &hash))
}

fn fold_left(seed: Hash, siblings: &[Hash]) -> Hash {
    siblings.iter().fold(seed, |hash, sibling| node_hash(sibling, &hash))
}

/// A proof that cannot be made or does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The entry is outside the tree.
    #[error("entry {index} is not in a tree of {size} entries: take a newer checkpoint")]
    IndexBeyondSize {
        /// The entry asked for.
        index: u64,
        /// Entries in the tree.
        size: u64,
    },
    /// The old tree is larger than the new one.
    #[error("the old size {size1} is over the new size {size2}: a log never shrinks")]
    SizesReversed {
        /// Size of the old tree.
        size1: u64,
        /// Size of the new tree.
        size2: u64,
    },
    /// The old tree is empty.
    #[error("a consistency proof from the empty tree proves nothing: start from an entry")]
    EmptyTree,
    /// There are fewer leaves than the proof covers.
    #[error("a proof over {needed} entries needs their leaf hashes, only {available} are given")]
    TooFewLeaves {
        /// Leaves the proof covers.
        needed: u64,
        /// Leaves given.
        available: u64,
    },
    /// The proof has too few or too many hashes.
    #[error(
        "the proof has {found} hashes where these sizes need {expected}: it is for another tree"
    )]
    WrongLength {
        /// Hashes needed.
        expected: usize,
        /// Hashes found.
        found: usize,
    },
    /// The proof leads to another root than the tree has.
    #[error("the proof leads to root {computed}, not to {expected}: entry, proof or tree differ")]
    RootMismatch {
        /// Root of the tree.
        expected: Hash,
        /// Root the proof leads to.
        computed: Hash,
    },
    /// The proof leads to another root than the old tree had.
    #[error("the proof leads to old root {computed}, not to {expected}: history was rewritten")]
    OldRootMismatch {
        /// Root of the old tree.
        expected: Hash,
        /// Root the proof leads to.
        computed: Hash,
    },
}
