//! The driver of the fuzz target, on what proptest draws.

#[path = "../garbage/drive.rs"]
mod drive;

use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_048, failure_persistence: None, ..Default::default() })]

    #[test]
    fn no_source_falls_over_a_damaged_delivery(
        which: u8, seed in 0_u8..12, place: u8, bytes in "[-0-9eE.,:;{}\\[\\]\"a-zA-Z\\t\\n\u{0}\u{e9}]{0,24}",
    ) {
        let mut all = vec![which, seed, place];
        all.extend(bytes.as_bytes());
        drive::drive(&all);
    }
}
