//! The frontier against the definition of the root, and its stored form.

use proptest::prelude::*;
use tlog::{Frontier, FrontierError, Hash, SIZE_MAX, merkle_root};

use crate::support::leaves;

fn frontier_of(leaves: &[Hash]) -> Frontier {
    let mut frontier = Frontier::new();
    for leaf in leaves {
        frontier.append(*leaf);
    }
    frontier
}

#[test]
fn the_frontier_agrees_with_the_definition_at_every_small_size() {
    let leaves = leaves(300);
    let mut frontier = Frontier::new();
    for size in 0..=leaves.len() {
        assert_eq!(frontier.size(), size as u64);
        assert_eq!(frontier.root(), merkle_root(&leaves[..size]), "size {size}");
        let stored = frontier.to_bytes();
        assert_eq!(stored.len(), 8 + 32 * size.count_ones() as usize);
        assert_eq!(Frontier::from_bytes(&stored), Ok(frontier.clone()));
        if let Some(leaf) = leaves.get(size) {
            frontier.append(*leaf);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..Default::default() })]

    #[test]
    fn a_frontier_stored_anywhere_continues_to_the_same_root(size in 0_usize..5_000, cut in 0_usize..5_000) {
        let leaves = leaves(size);
        let stored = frontier_of(&leaves[..cut.min(size)]).to_bytes();
        let mut resumed = Frontier::from_bytes(&stored).unwrap();
        for leaf in &leaves[cut.min(size)..] {
            resumed.append(*leaf);
        }
        prop_assert_eq!(resumed.root(), merkle_root(&leaves));
        prop_assert_eq!(resumed, frontier_of(&leaves));
    }

    #[test]
    fn stored_bytes_are_read_back_as_they_are_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        if let Ok(frontier) = Frontier::from_bytes(&bytes) {
            prop_assert_eq!(frontier.to_bytes(), bytes);
        }
    }
}

#[test]
fn stored_bytes_of_another_length_than_the_size_needs_are_refused() {
    let stored = frontier_of(&leaves(11)).to_bytes();
    for len in 0..8 {
        assert_eq!(Frontier::from_bytes(&stored[..len]), Err(FrontierError::NoSize { len }));
    }
    for len in 8..stored.len() {
        let expected = FrontierError::WrongLength { size: 11, expected: 96, found: len - 8 };
        assert_eq!(Frontier::from_bytes(&stored[..len]), Err(expected));
    }
    for extra in [1, 32] {
        let longer = [&stored[..], &vec![0; extra]].concat();
        assert!(Frontier::from_bytes(&longer).is_err());
    }
    let mut other_size = stored.clone();
    other_size[7] = 12;
    assert!(Frontier::from_bytes(&other_size).is_err(), "two one-bits, three hashes");
}

#[test]
fn sizes_a_database_cannot_hold_are_refused() {
    let full = |size: u64| {
        let hashes = vec![7; 32 * size.count_ones() as usize];
        Frontier::from_bytes(&[&size.to_be_bytes()[..], &hashes].concat())
    };
    assert_eq!(full(SIZE_MAX).unwrap().size(), SIZE_MAX);
    let size = SIZE_MAX + 1;
    assert_eq!(full(size), Err(FrontierError::SizeTooLarge { size }));
}
