//! Every code of the reference has a row, and the classes are the reference's.

use ports::FaultClass::{Ambiguous, Stale, Structural, Transient};
use quickbooks::{CATALOGUE, Ending, entry};

#[test]
fn every_code_of_the_reference_has_its_own_row() {
    let codes = "130 150 3001 3200 3100 3202 120 100 110 140 400 2010 2000 1050 500 600 2130 610 \
        620 630 700 900 800 6220 6480 1000 1010 1020 1040 2020 2030 2040 2050 2060 2070 2080 2090 \
        2100 2110 2120 2140 2150 2160 2170 2180 2190 2200 2210 2220 2230 2240 2250 2290 2300 2390 \
        2500 3000 4000 4001 4002 5010 5020 5030 6000 6070 6080 6090 6100 6140 6150 6180 6160 6170 \
        6230 6470 2280 6190 6200 6210 6240 6270 6520 6430 6440 6010 6450 6530 6540 10000 10100 \
        10200";
    let unknown = entry("77777").summary;
    for code in codes.split_whitespace() {
        assert_ne!(entry(code).summary, unknown, "{code}");
        assert_eq!(entry(&format!("00{code}")), entry(code), "leading zeros mean nothing");
    }
    assert_eq!(entry("77777").class, Structural);
    assert_eq!(entry("not a number").summary, unknown);
}

#[test]
fn classes_and_reasons_follow_the_reference() {
    for (code, ending, class, reason) in [
        ("3001", Ending::Throttled, Transient, "THR-001"),
        ("3200", Ending::Refused, Transient, "CON-001"),
        ("130", Ending::Unknown, Transient, "CON-004"),
        ("150", Ending::Unknown, Transient, "CON-004"),
        ("10000", Ending::Unknown, Transient, "CON-005"),
        ("140", Ending::Refused, Transient, "CON-004"),
        ("3100", Ending::Disconnected, Structural, "CON-002"),
        ("120", Ending::Disconnected, Structural, "CON-002"),
        ("6190", Ending::Disconnected, Structural, "CON-003"),
        ("600", Ending::Refused, Ambiguous, "CON-005"),
        ("1000", Ending::Refused, Ambiguous, "CON-005"),
        ("6140", Ending::Refused, Ambiguous, "DUP-001"),
        ("6240", Ending::Refused, Ambiguous, "DUP-002"),
        ("5010", Ending::Refused, Stale, "VAL-003"),
        ("610", Ending::Refused, Structural, "MAP-004"),
        ("1040", Ending::Refused, Structural, "THR-002"),
        ("2020", Ending::Refused, Structural, "VAL-001"),
        ("2050", Ending::Refused, Structural, "VAL-002"),
        ("2170", Ending::Refused, Structural, "VAL-002"),
        ("2500", Ending::Refused, Structural, "MAP-004"),
        ("6000", Ending::Refused, Structural, "VAL-004"),
        ("6070", Ending::Refused, Structural, "AMT-003"),
        ("6100", Ending::Refused, Structural, "MAP-003"),
        ("6200", Ending::Refused, Structural, "PER-001"),
        ("6210", Ending::Refused, Structural, "PER-001"),
        ("6540", Ending::Refused, Structural, "VAL-005"),
        ("6480", Ending::Refused, Structural, "VAL-005"),
        ("620", Ending::Refused, Structural, "VAL-005"),
        ("77777", Ending::Refused, Structural, "VAL-004"),
    ] {
        let found = entry(code);
        assert_eq!(
            (found.ending, found.class, found.code.code()),
            (ending, class, reason),
            "{code}"
        );
    }
}

#[test]
fn rows_are_reachable_and_their_texts_are_for_logs() {
    for (n, (first, last, row)) in CATALOGUE.iter().enumerate() {
        assert!(first <= last);
        let decides = |code| CATALOGUE.iter().position(|(f, l, _)| (*f..=*l).contains(&code));
        let reachable = (*first..=*last).any(|code| decides(code) == Some(n));
        assert!(reachable, "row {n} is hidden by an earlier one");
        assert!(!row.summary.ends_with('.') && row.summary.len() < 80, "{}", row.summary);
    }
}
