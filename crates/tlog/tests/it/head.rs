//! The head as the writer of a log.

use tlog::entry::decode;
use tlog::{EntryError, Frontier, Hash, Head, leaf_hash, merkle_root};

use crate::support::{log, origin};

#[test]
fn entries_are_numbered_chained_and_in_the_tree() {
    let (head, entries) = log(20);
    let mut prev = Hash::ZERO;
    for (index, appended) in (0..).zip(&entries) {
        let entry = decode(&appended.bytes).unwrap();
        assert_eq!((appended.index, entry.index), (index, index));
        assert_eq!((entry.origin, entry.prev), (origin().as_str(), prev));
        assert_eq!(appended.leaf_hash, leaf_hash(&appended.bytes));
        prev = appended.leaf_hash;
    }
    let leaves: Vec<Hash> = entries.iter().map(|entry| entry.leaf_hash).collect();
    assert_eq!((head.size(), head.root()), (20, merkle_root(&leaves)));
    assert_eq!(*head.last_leaf(), prev);
    let checkpoint = head.checkpoint();
    assert_eq!((checkpoint.size, checkpoint.root), (head.size(), head.root()));
}

#[test]
fn a_stored_head_continues_the_same_log() {
    let (whole, entries) = log(20);
    for size in 0..20 {
        let (part, _) = log(size);
        let stored = part.frontier().to_bytes();
        let frontier = Frontier::from_bytes(&stored).unwrap();
        let mut resumed = Head::resume(origin(), *part.last_leaf(), frontier).unwrap();
        for expected in &entries[size..] {
            let body = decode(&expected.bytes).unwrap().body;
            assert_eq!(resumed.append(body).as_ref(), Ok(expected));
        }
        assert_eq!(resumed, whole);
    }
}

#[test]
fn a_refused_body_leaves_the_head_as_it_was() {
    let (mut head, _) = log(5);
    let before = head.clone();
    assert_eq!(head.append(""), Err(EntryError::EmptyBody));
    assert_eq!(head, before);
}

#[test]
fn a_head_that_contradicts_itself_is_not_taken_up() {
    let (five, _) = log(5);
    let resume = |leaf, frontier: &Frontier| Head::resume(origin(), leaf, frontier.clone());
    assert!(resume(*five.last_leaf(), five.frontier()).is_ok());
    assert!(resume(Hash::ZERO, five.frontier()).is_err(), "entries without a last leaf");
    assert!(resume(leaf_hash(b"x"), five.frontier()).is_err(), "another last leaf");
    assert!(resume(*five.last_leaf(), &Frontier::new()).is_err(), "a last leaf without entries");
    assert!(resume(Hash::ZERO, log(6).0.frontier()).is_err());
}
