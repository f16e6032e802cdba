//! What holds for any file.

use super::{HEADER, mapping, mapping_with, read};
use kernel::{Currency, Decimal};
use proptest::prelude::*;

/// Rows with now and then something wrong in them.
fn messy() -> impl Strategy<Value = String> {
    let row = (
        prop_oneof![9 => "[1-4]", 1 => "C[1-2]", 1 => Just(String::new())],
        prop_oneof![9 => Just("2026-01-02"), 1 => Just("nope")],
        prop_oneof![9 => "[a-z]{0,4}", 1 => "\"[a-z\n,]{0,5}\"", 1 => "[a-z\",]{0,5}"],
        prop_oneof![9 => "-?[0-9]{1,3}", 1 => Just("NaN".to_owned())],
        "[0-9]{1,3}\\.[0-9]{1,4}",
    );
    let row = row
        .prop_map(|(no, at, text, qty, price)| format!("{no},{at},sku,{text},{qty},{price},,\n"));
    proptest::collection::vec(row, 0..30).prop_map(|rows| rows.concat())
}

proptest! {
    #[test]
    fn every_line_is_in_a_record_and_every_penny_in_a_total(text in messy(), window in 1_usize..4) {
        let top = format!("currency = \"GBP\"\ngroup_window = {window}");
        let file = format!("{HEADER}{text}");
        let (records, totals) = read(&mapping_with(&top, ""), file.as_bytes());
        for (n, line) in file.lines().enumerate().skip(1).filter(|(_, l)| !l.is_empty()) {
            let n = n as u64 + 1;
            let inside = records.iter().any(|r| r.first_line <= n && n <= r.last_line);
            prop_assert!(inside, "line {} {:?}", n, line);
        }
        for record in &records {
            let n = &record.normalised;
            prop_assert_eq!(n.facts.len() + n.faults.len(), 1);
        }
        let facts = records.iter().flat_map(|r| &r.normalised.facts);
        let delivered: i128 = facts.map(|f| i128::from(f.amount().unwrap().minor)).sum();
        let known = totals.amounts.get(&Currency::GBP).copied().unwrap_or_default();
        prop_assert_eq!(known.delivered_minor(), delivered);
        if !totals.amounts.is_empty() {
            prop_assert_eq!(known.exact(), known.booked() + known.residue());
            let most = Decimal::new(5, 3) * Decimal::from(known.lines_rounded);
            prop_assert!(known.residue().abs() <= most);
        }
        // Each subject has at most one fact: nothing is told twice.
        let mut keys: Vec<_> =
            records.iter().flat_map(|r| &r.normalised.facts).map(|f| &f.key).collect();
        let all = keys.len();
        keys.sort();
        keys.dedup();
        prop_assert_eq!(keys.len(), all);
    }

    #[test]
    fn any_bytes_are_read_to_their_end(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let (records, totals) = read(&mapping(), [HEADER.as_bytes(), &bytes].concat().as_slice());
        prop_assert!(records.len() as u64 <= totals.lines);
        prop_assert_eq!(totals.incomplete, None);
    }
}
