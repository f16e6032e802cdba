//! The drivers of the fuzz targets, on what proptest draws.

#[path = "../garbage/drive.rs"]
mod drive;

use proptest::prelude::*;

const SIGNS: &str = "[-0-9eE.,:;{}\\[\\]\"a-zA-Z\\t\\n\u{0}\u{e9}]{0,24}";

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_048, failure_persistence: None, ..Default::default() })]

    #[test]
    fn no_source_falls_over_a_damaged_delivery(
        which: u8, seed in 0_u8..5, place: u8, bytes in SIGNS,
    ) {
        let mut all = vec![which, seed, place];
        all.extend(bytes.as_bytes());
        drive::drive(&all);
    }

    #[test]
    fn no_file_and_no_mapping_falls_over(
        which: u8, seed in 0_u8..2, place: u8, bytes in SIGNS,
    ) {
        let mut all = vec![which, seed, place];
        all.extend(bytes.as_bytes());
        drive::csv(&all);
    }

    #[test]
    fn no_poller_falls_over_an_answer(
        which: u8, answers in prop::collection::vec((0_u8..7, any::<u8>(), SIGNS), 1..8),
    ) {
        let mut all = vec![which];
        for (seed, place, bytes) in answers {
            all.push(u8::try_from(bytes.len() + 2).unwrap());
            all.extend([seed, place]);
            all.extend(bytes.as_bytes());
        }
        drive::lists(&all);
    }
}

/// Of Amazon: a token, the reports, where one of them is, and a file in Latin-1, which is handed over
/// as it is.
#[test]
fn a_list_may_lead_to_a_file_that_is_not_utf8() {
    let answers = [&[2, 6, 255][..], &[2, 11, 255], &[2, 12, 255], &[4, 13, 200, 0xe9, b'e']];
    let answers: Vec<u8> = answers.into_iter().flatten().copied().collect();
    for stream in 0..=u8::MAX {
        drive::lists(&[&[stream], &answers[..]].concat());
    }
}

#[test]
fn every_source_is_driven() {
    let folders = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src")).unwrap();
    let is_source = |e: &std::fs::DirEntry| e.path().join("fixtures").is_dir();
    let mut found: Vec<String> = folders
        .map(|e| e.unwrap())
        .filter(is_source)
        .map(|e| e.file_name().into_string().unwrap())
        .collect();
    found.sort();
    let mut driven = drive::KINDS.to_vec();
    driven.sort_unstable();
    assert_eq!(found, driven);
}
