//! All proofs of all small trees, and every way to spoil one.

use proptest::prelude::*;
use tlog::{
    Hash, ProofError, consistency_proof, inclusion_proof, merkle_root, verify_consistency,
    verify_inclusion,
};

use crate::support::{flip, leaves};

const SIZE_ALL: usize = 64;

/// The proof with one hash changed in one bit of each byte, one hash less and one more.
fn spoiled(proof: &[Hash]) -> impl Iterator<Item = Vec<Hash>> {
    let flipped = (0..proof.len()).flat_map(move |at| {
        (0..32).map(move |byte| {
            let mut changed = proof.to_vec();
            changed[at] = flip(changed[at], byte * 8 + (at + byte) % 8);
            changed
        })
    });
    let shortened = (0..proof.len()).map(move |at| [&proof[..at], &proof[at + 1..]].concat());
    let lengthened =
        (0..=proof.len()).map(move |at| [&proof[..at], &[Hash::ZERO], &proof[at..]].concat());
    flipped.chain(shortened).chain(lengthened)
}

#[test]
fn every_inclusion_proof_holds_and_no_spoiled_one_does() {
    let leaves = leaves(SIZE_ALL);
    for size in 1..=SIZE_ALL {
        let tree = &leaves[..size];
        let root = merkle_root(tree);
        for (index, leaf) in (0_u64..).zip(tree) {
            let proof = inclusion_proof(tree, index).unwrap();
            let verify = |index, leaf: &Hash, proof: &[Hash], root: &Hash| {
                verify_inclusion(index, size as u64, leaf, proof, root)
            };
            assert_eq!(verify(index, leaf, &proof, &root), Ok(()), "{index} of {size}");
            for spoiled in spoiled(&proof) {
                assert!(verify(index, leaf, &spoiled, &root).is_err(), "{index} of {size}");
            }
            for other in (0..=size as u64).filter(|other| *other != index) {
                assert!(verify(other, leaf, &proof, &root).is_err(), "{index} of {size}");
            }
            for bit in 0..256 {
                assert!(verify(index, &flip(*leaf, bit), &proof, &root).is_err());
                assert!(verify(index, leaf, &proof, &flip(root, bit)).is_err());
            }
        }
    }
}

#[test]
fn every_consistency_proof_holds_and_no_spoiled_one_does() {
    let leaves = leaves(SIZE_ALL);
    let roots: Vec<Hash> = (0..=SIZE_ALL).map(|size| merkle_root(&leaves[..size])).collect();
    for new in 1..=SIZE_ALL {
        for old in 1..=new {
            let (size1, size2) = (old as u64, new as u64);
            let proof = consistency_proof(&leaves, size1, size2).unwrap();
            let verify = |proof: &[Hash], root1: &Hash, root2: &Hash| {
                verify_consistency(size1, size2, proof, root1, root2)
            };
            assert_eq!(verify(&proof, &roots[old], &roots[new]), Ok(()), "{old} to {new}");
            for spoiled in spoiled(&proof) {
                assert!(verify(&spoiled, &roots[old], &roots[new]).is_err(), "{old} to {new}");
            }
            for bit in (0..256).step_by(5) {
                assert!(verify(&proof, &flip(roots[old], bit), &roots[new]).is_err());
                assert!(verify(&proof, &roots[old], &flip(roots[new], bit)).is_err());
            }
        }
    }
}

#[test]
fn a_rewritten_history_has_no_consistency_proof() {
    let honest = leaves(40);
    for changed in 0..25 {
        let mut rewritten = honest.clone();
        rewritten[changed] = flip(rewritten[changed], 3);
        let proof = consistency_proof(&rewritten, 25, 40).unwrap();
        let result = verify_consistency(
            25,
            40,
            &proof,
            &merkle_root(&honest[..25]),
            &merkle_root(&rewritten),
        );
        assert!(matches!(result, Err(ProofError::OldRootMismatch { .. })), "{result:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..Default::default() })]

    #[test]
    fn large_trees_prove_as_small_ones(size in 1_usize..3_000, pick in any::<prop::sample::Index>(), bit in 0_usize..256) {
        let leaves = leaves(size);
        let root = merkle_root(&leaves);
        let index = pick.index(size);
        let proof = inclusion_proof(&leaves, index as u64).unwrap();
        prop_assert!(proof.len() <= size.next_power_of_two().ilog2() as usize);
        prop_assert_eq!(verify_inclusion(index as u64, size as u64, &leaves[index], &proof, &root), Ok(()));
        let old = index + 1;
        let old_root = merkle_root(&leaves[..old]);
        let path = consistency_proof(&leaves, old as u64, size as u64).unwrap();
        prop_assert_eq!(verify_consistency(old as u64, size as u64, &path, &old_root, &root), Ok(()));
        for at in 0..proof.len() {
            let mut spoiled = proof.clone();
            spoiled[at] = flip(spoiled[at], bit);
            prop_assert!(verify_inclusion(index as u64, size as u64, &leaves[index], &spoiled, &root).is_err());
        }
        for at in 0..path.len() {
            let mut spoiled = path.clone();
            spoiled[at] = flip(spoiled[at], bit);
            prop_assert!(verify_consistency(old as u64, size as u64, &spoiled, &old_root, &root).is_err());
        }
    }

    #[test]
    fn no_numbers_make_a_verifier_panic(a in any::<u64>(), b in any::<u64>(), shift in 0_u32..64, count in 0_usize..70) {
        let proof = leaves(count);
        let hash = proof.first().copied().unwrap_or_default();
        for (a, b) in [(a, b), (a >> shift, b), (a, b >> shift), (a, u64::MAX), (1 << shift, u64::MAX)] {
            prop_assert!(verify_inclusion(a, b, &hash, &proof, &Hash::ZERO).is_err());
            prop_assert!(verify_consistency(a, b, &proof, &hash, &Hash::ZERO).is_err());
        }
    }
}

#[test]
fn each_refusal_says_what_is_wrong() {
    let leaves = leaves(7);
    let root = merkle_root(&leaves);
    let beyond = Err(ProofError::IndexBeyondSize { index: 7, size: 7 });
    assert_eq!(inclusion_proof(&leaves, 7), beyond.clone());
    assert_eq!(inclusion_proof(&[], 0), Err(ProofError::IndexBeyondSize { index: 0, size: 0 }));
    assert_eq!(verify_inclusion(7, 7, &leaves[6], &[], &root), beyond.map(|_: Vec<Hash>| ()));
    let reversed = ProofError::SizesReversed { size1: 5, size2: 4 };
    assert_eq!(consistency_proof(&leaves, 5, 4), Err(reversed.clone()));
    assert_eq!(verify_consistency(5, 4, &[], &root, &root), Err(reversed));
    let too_few = ProofError::TooFewLeaves { needed: 8, available: 7 };
    assert_eq!(consistency_proof(&leaves, 3, 8), Err(too_few));
    for size2 in [0, 4] {
        assert_eq!(consistency_proof(&leaves, 0, size2), Err(ProofError::EmptyTree));
        assert_eq!(verify_consistency(0, size2, &[], &root, &root), Err(ProofError::EmptyTree));
    }
    let length = ProofError::WrongLength { expected: 3, found: 0 };
    assert_eq!(verify_inclusion(0, 7, &leaves[0], &[], &root), Err(length));
    let length = ProofError::WrongLength { expected: 0, found: 1 };
    assert_eq!(verify_consistency(7, 7, &leaves[..1], &root, &root), Err(length));
    let length = ProofError::WrongLength { expected: 4, found: 0 };
    assert_eq!(verify_consistency(3, 7, &[], &root, &root), Err(length));
}
