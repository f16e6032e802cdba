//! Leaves, logs and bit flips for the other tests.

use tlog::{Appended, Hash, Head, Origin, leaf_hash};

pub fn origin() -> Origin {
    Origin::new("books.example.com/t/01k2v9").unwrap()
}

/// Distinct leaf hashes.
pub fn leaves(count: usize) -> Vec<Hash> {
    (0..count).map(|n| leaf_hash(format!("leaf {n}").as_bytes())).collect()
}

/// A log of `count` entries and its head.
pub fn log(count: usize) -> (Head, Vec<Appended>) {
    let mut head = Head::new(origin());
    let entries = (0..count)
        .map(|n| head.append(&format!(r#"{{"amount":"{n}.50","type":"PaymentPosted"}}"#)).unwrap())
        .collect();
    (head, entries)
}

/// The hash with one bit changed; `bit` counts from 0 to 255.
pub fn flip(hash: Hash, bit: usize) -> Hash {
    let mut bytes = *hash.as_bytes();
    bytes[bit / 8] ^= 1 << (bit % 8);
    Hash(bytes)
}
