//! The driver of the fuzz target of rules, on what proptest draws.

#[path = "../garbage/drive.rs"]
mod drive;

use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..Default::default() })]

    #[test]
    fn no_rules_text_falls_over(
        which in 0_u8..4, place: u8, text in "[-0-9.,:=;{}()\\[\\]\"'a-z_ \\n\u{0}\u{e9}]{0,32}",
    ) {
        let mut all = vec![which, place];
        all.extend(text.as_bytes());
        drive::drive(&all);
    }
}
