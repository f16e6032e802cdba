//! Canaries: bugs planted on purpose, which prove that the simulation finds such bugs.
//!
//! A site says `canary!("name")` where the bug of that name would be. In a normal build that is the
//! constant `false` and nothing of the bug is left in the program. Only `sim` turns on the feature
//! `canary`; there one bug at a time is chosen for the whole process, by `sim canaries` or `--planted`.

use std::sync::atomic::{AtomicU64, Ordering};

/// Whether bugs can be planted in this build.
pub const BUILT_IN: bool = cfg!(feature = "canary");

/// The id of the planted bug; zero for none.
static PLANTED: AtomicU64 = AtomicU64::new(0);
/// How often a planted bug was passed.
static PASSED: AtomicU64 = AtomicU64::new(0);

/// Plants the bug of this name in the whole process, or none.
pub fn plant(name: Option<&str>) {
    PASSED.store(0, Ordering::Relaxed);
    PLANTED.store(name.map_or(0, id), Ordering::Relaxed);
}

/// How often the planted bug was passed since it was planted: never means that no run came to where
/// it is.
pub fn passed() -> u64 {
    PASSED.load(Ordering::Relaxed)
}

/// Whether the bug with this id is planted. Called by [`canary!`](crate::canary!).
pub fn is_planted(id: u64) -> bool {
    let planted = PLANTED.load(Ordering::Relaxed) == id;
    if planted {
        PASSED.fetch_add(1, Ordering::Relaxed);
    }
    planted
}

/// What is left of an amount that passes through a binary float: the bug that has its name from it.
#[expect(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "a planted bug"
)]
pub fn by_float(minor: i64) -> i64 {
    (minor as f64 / 100.0 * 100.0) as i64
}

/// A number for a name, so that a site compares numbers (FNV-1a).
pub const fn id(name: &str) -> u64 {
    let (bytes, mut hash, mut at) = (name.as_bytes(), 0xcbf2_9ce4_8422_2325_u64, 0);
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u64).wrapping_mul(0x0100_0000_01b3);
        at += 1;
    }
    hash
}

/// Whether the bug of this name is planted here: `false` in a normal build.
#[cfg(not(feature = "canary"))]
#[macro_export]
macro_rules! canary {
    ($name:literal) => {
        false
    };
}

/// Whether the bug of this name is planted here: `false` in a normal build.
#[cfg(feature = "canary")]
#[macro_export]
macro_rules! canary {
    ($name:literal) => {{
        const ID: u64 = $crate::canary::id($name);
        $crate::canary::is_planted(ID)
    }};
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bug_is_there_only_where_it_was_planted_and_built_in() {
        plant(Some("one"));
        assert_eq!([crate::canary!("one"), crate::canary!("two")], [BUILT_IN, false]);
        assert_eq!(passed(), u64::from(BUILT_IN));
        plant(None);
        assert_eq!([crate::canary!("one")], [false]);
        assert_eq!(passed(), 0);
    }
}
