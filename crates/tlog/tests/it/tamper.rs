//! Every way to tamper with a stored log, and the fault it is answered with.

use tlog::entry::{decode, encode};
use tlog::{
    Appended, Checkpoint, Fault, Frontier, Hash, Head, Origin, Report, Verifier, leaf_hash,
};

use crate::support::{flip, log, origin};

const SIZE: usize = 9;

/// One stored row: index column, entry bytes, leaf hash column.
type Row = (u64, Vec<u8>, Hash);

fn rows(entries: &[Appended]) -> Vec<Row> {
    entries.iter().map(|e| (e.index, e.bytes.clone(), e.leaf_hash)).collect()
}

fn read(verifier: &mut Verifier, rows: &[Row]) -> Result<(), Fault> {
    rows.iter().try_for_each(|(index, bytes, leaf)| verifier.push(*index, bytes, leaf))
}

/// Verifies rows against the honest head.
fn verify(rows: &[Row], head: &Head) -> Result<Report, Fault> {
    let mut verifier = Verifier::new(origin());
    read(&mut verifier, rows)?;
    verifier.finish(head.size(), &head.root(), head.last_leaf())
}

/// The rows after a change, and the fault they are answered with.
fn fault(change: impl FnOnce(&mut Vec<Row>)) -> Fault {
    let (head, entries) = log(SIZE);
    let mut rows = rows(&entries);
    change(&mut rows);
    verify(&rows, &head).unwrap_err()
}

fn rehash(row: &mut Row) {
    row.2 = leaf_hash(&row.1);
}

fn renumber(rows: &mut [Row]) {
    (0..).zip(rows).for_each(|(index, row)| row.0 = index);
}

#[test]
fn an_honest_log_of_any_size_passes() {
    for size in 0..=SIZE {
        let (head, entries) = log(size);
        let report = verify(&rows(&entries), &head).unwrap();
        let bytes: usize = entries.iter().map(|entry| entry.bytes.len()).sum();
        assert_eq!((report.first_index, report.entry_bytes), (0, bytes as u64));
        assert_eq!(report.head, head);
    }
}

#[test]
fn any_bit_changed_in_any_entry_is_named() {
    let (head, entries) = log(SIZE);
    let honest = rows(&entries);
    for at in 0..SIZE {
        for bit in 0..honest[at].1.len() * 8 {
            let mut rows = honest.clone();
            rows[at].1[bit / 8] ^= 1 << (bit % 8);
            let fault = verify(&rows, &head).unwrap_err();
            assert!(matches!(fault, Fault::Changed { .. }), "{fault:?}");
            assert_eq!(fault.index(), Some(at as u64));
        }
    }
}

#[test]
fn any_bit_changed_in_any_entry_is_found_though_its_leaf_hash_was_recomputed() {
    let (head, entries) = log(SIZE);
    let honest = rows(&entries);
    for at in 0..SIZE {
        for bit in 0..honest[at].1.len() * 8 {
            let mut rows = honest.clone();
            rows[at].1[bit / 8] ^= 1 << (bit % 8);
            rehash(&mut rows[at]);
            let fault = verify(&rows, &head).unwrap_err();
            let here = at as u64;
            match fault {
                Fault::Malformed { index, .. }
                | Fault::WrongOrigin { index, .. }
                | Fault::Misplaced { index, .. } => assert_eq!(index, here),
                // The own prev field was hit, or the body was and the next entry tells.
                Fault::WrongPrev { index, .. } => assert!(index == here || index == here + 1),
                Fault::LastLeafDiffers { .. } => assert_eq!(at, SIZE - 1),
                other => panic!("entry {at}, bit {bit}: {other:?}"),
            }
        }
    }
}

#[test]
fn any_bit_changed_in_any_stored_leaf_hash_is_named() {
    for at in 0..SIZE {
        for bit in 0..256 {
            let fault = fault(|rows| rows[at].2 = flip(rows[at].2, bit));
            assert!(matches!(fault, Fault::Changed { index, .. } if index == at as u64));
        }
    }
}

#[test]
fn a_removed_tail_is_found_by_the_recorded_size() {
    for left in 0..SIZE {
        let (expected, found) = (SIZE as u64, left as u64);
        assert_eq!(fault(|rows| rows.truncate(left)), Fault::TailRemoved { expected, found });
    }
}

#[test]
fn a_removed_entry_is_named() {
    for at in 0..SIZE - 1 {
        let expected = at as u64;
        let missing = Fault::Missing { expected, found: expected + 1 };
        assert_eq!(fault(|rows| drop(rows.remove(at))), missing);
        let misplaced = Fault::Misplaced { index: expected, inside: expected + 1 };
        let closed_gap = |rows: &mut Vec<Row>| {
            rows.remove(at);
            renumber(rows);
        };
        assert_eq!(fault(closed_gap), misplaced);
    }
}

#[test]
fn two_swapped_entries_are_named() {
    for a in 0..SIZE {
        for b in a + 1..SIZE {
            let (first, second) = (a as u64, b as u64);
            let missing = Fault::Missing { expected: first, found: second };
            assert_eq!(fault(|rows| rows.swap(a, b)), missing);
            let misplaced = Fault::Misplaced { index: first, inside: second };
            let contents = |rows: &mut Vec<Row>| {
                rows.swap(a, b);
                renumber(rows);
            };
            assert_eq!(fault(contents), misplaced);
        }
    }
}

#[test]
fn a_duplicated_entry_is_named() {
    for at in 0..SIZE {
        let found = at as u64;
        let repeated = Fault::Repeated { expected: found + 1, found };
        assert_eq!(fault(|rows| rows.insert(at, rows[at].clone())), repeated);
        let misplaced = Fault::Misplaced { index: found + 1, inside: found };
        let renumbered = |rows: &mut Vec<Row>| {
            rows.insert(at, rows[at].clone());
            renumber(rows);
        };
        assert_eq!(fault(renumbered), misplaced);
    }
}

#[test]
fn an_entry_rewritten_in_good_form_breaks_the_one_after() {
    for at in 0..SIZE {
        let rewritten = |rows: &mut Vec<Row>| {
            let entry = decode(&rows[at].1).unwrap();
            let body = r#"{"amount":"1000000.00","type":"PaymentPosted"}"#;
            rows[at].1 = encode(&origin(), entry.index, &entry.prev, body).unwrap();
            rehash(&mut rows[at]);
        };
        let fault = fault(rewritten);
        if at == SIZE - 1 {
            assert!(matches!(fault, Fault::LastLeafDiffers { .. }), "{fault:?}");
        } else {
            assert!(matches!(fault, Fault::WrongPrev { index, .. } if index == at as u64 + 1));
        }
    }
}

#[test]
fn a_log_rewritten_from_some_entry_on_is_found_by_the_recorded_root() {
    let (honest, entries) = log(SIZE);
    for at in 0..SIZE {
        let (mut forged, _) = log(at);
        let mut rows = rows(&entries[..at]);
        for _ in at..SIZE {
            let entry = forged.append(r#"{"type":"Forged"}"#).unwrap();
            rows.push((entry.index, entry.bytes, entry.leaf_hash));
        }
        let fault = verify(&rows, &honest).unwrap_err();
        assert!(matches!(fault, Fault::LastLeafDiffers { .. }), "{fault:?}");
        let mut verifier = Verifier::new(origin());
        read(&mut verifier, &rows).unwrap();
        let fault = verifier.clone().finish_at(&honest.checkpoint()).unwrap_err();
        assert!(matches!(fault, Fault::RootDiffers { size: 9, .. }), "{fault:?}");
        let fault = verifier.finish(9, &honest.root(), forged.last_leaf()).unwrap_err();
        assert!(matches!(fault, Fault::RootDiffers { size: 9, .. }), "{fault:?}");
    }
}

#[test]
fn an_entry_of_another_log_is_named() {
    let stranger = Origin::new("books.example.com/t/other").unwrap();
    for at in 0..SIZE {
        let foreign = |rows: &mut Vec<Row>| {
            let entry = decode(&rows[at].1).unwrap();
            rows[at].1 = encode(&stranger, entry.index, &entry.prev, entry.body).unwrap();
            rehash(&mut rows[at]);
        };
        let index = at as u64;
        let found = stranger.to_string();
        assert_eq!(fault(foreign), Fault::WrongOrigin { index, expected: origin(), found });
    }
}

#[test]
fn a_first_entry_with_a_predecessor_is_refused() {
    let prev = leaf_hash(b"earlier");
    let headless = |rows: &mut Vec<Row>| {
        rows[0].1 = encode(&origin(), 0, &prev, "{}").unwrap();
        rehash(&mut rows[0]);
    };
    assert_eq!(fault(headless), Fault::WrongPrev { index: 0, expected: Hash::ZERO, found: prev });
}

#[test]
fn an_added_entry_is_found_by_the_recorded_size() {
    let (head, _) = log(SIZE);
    let (_, longer) = log(SIZE + 1);
    let fault = verify(&rows(&longer), &head).unwrap_err();
    assert_eq!(fault, Fault::TailAdded { expected: 9, found: 10 });
}

#[test]
fn the_end_is_compared_in_all_its_parts() {
    let (head, entries) = log(SIZE);
    let mut verifier = Verifier::new(origin());
    read(&mut verifier, &rows(&entries)).unwrap();
    let finish = |size, root, leaf| verifier.clone().finish(size, &root, &leaf);
    let (root, leaf) = (head.root(), *head.last_leaf());
    assert!(finish(9, root, leaf).is_ok());
    assert!(matches!(finish(8, root, leaf), Err(Fault::TailAdded { .. })));
    assert!(matches!(finish(10, root, leaf), Err(Fault::TailRemoved { .. })));
    assert!(matches!(finish(9, flip(root, 0), leaf), Err(Fault::RootDiffers { .. })));
    assert!(matches!(finish(9, root, flip(leaf, 0)), Err(Fault::LastLeafDiffers { .. })));
    assert!(verifier.clone().finish_at(&head.checkpoint()).is_ok());
    let origin = Origin::new("books.example.com/t/other").unwrap();
    let other = Checkpoint { origin, ..head.checkpoint() };
    assert!(matches!(verifier.finish_at(&other), Err(Fault::OtherLog { .. })));
}

#[test]
fn a_log_longer_than_its_last_checkpoint_is_compared_on_the_way() {
    let (head, entries) = log(SIZE);
    let earlier = log(6).0.checkpoint();
    let mut verifier = Verifier::new(origin());
    for (index, bytes, leaf) in rows(&entries) {
        assert_eq!(verifier.check(&earlier).is_ok(), index == 6, "{index}");
        verifier.push(index, &bytes, &leaf).unwrap();
    }
    assert!(verifier.finish_at(&head.checkpoint()).is_ok());
}

#[test]
fn a_later_verification_starts_where_an_earlier_one_ended() {
    let (head, entries) = log(SIZE);
    let all = rows(&entries);
    for cut in 0..=SIZE {
        let (part, _) = log(cut);
        let frontier = Frontier::from_bytes(&part.frontier().to_bytes()).unwrap();
        let start = Head::resume(origin(), *part.last_leaf(), frontier).unwrap();
        let mut verifier = Verifier::resume(start);
        assert_eq!(verifier.check(&part.checkpoint()), Ok(()));
        read(&mut verifier, &all[cut..]).unwrap();
        let report = verifier.finish_at(&head.checkpoint()).unwrap();
        assert_eq!((report.first_index, &report.head), (cut as u64, &head));
    }
}

#[test]
fn a_fault_leaves_the_verifier_where_it_was() {
    let (head, entries) = log(SIZE);
    let mut verifier = Verifier::new(origin());
    for (index, bytes, leaf) in rows(&entries) {
        assert!(verifier.push(index + 1, &bytes, &leaf).is_err());
        assert!(verifier.push(index, &bytes[1..], &leaf).is_err());
        assert!(verifier.push(index, &bytes[1..], &leaf_hash(&bytes[1..])).is_err());
        assert_eq!(verifier.head().size(), index);
        verifier.push(index, &bytes, &leaf).unwrap();
    }
    assert!(verifier.finish_at(&head.checkpoint()).is_ok());
}
