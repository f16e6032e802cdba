//! Bad rows: what is held, under which subject, and that the rest goes on.

use super::{HEADER, detail, mapping_with, read, rows, shown};
use kernel::Currency;
use std::fmt::Write as _;

#[test]
fn a_bad_value_holds_its_whole_group_and_no_other() {
    let table = [
        ("1,2026-01-02,a,A,NaN,1,,", "-", "`NaN`"),
        ("1,2026-01-02,a,A,1e400,1,,", "-", "1e400"),
        ("1,2026-01-02,a,A,,1,,", "-", "quantity"),
        ("1,2026-01-02,a,A,1,\"1,50\",,", "-", "unit price"),
        ("1,2026-01-02,a,A,1,£2,,", "-", "£2"),
        ("1,2026-01-02,a,A,inf,1,,", "-", "inf"),
        ("1,2026-01-02,a,A,99999999999999999999,1,,", "-", "64-bit"),
        ("1,2026-01-02,a,A,1,0.0000000000001,,", "-", "12 decimals"),
        ("1,31/31/2026,a,A,1,2,,", "14.00 GBP", "31/31/2026"),
        ("1,,a,A,1,2,,", "14.00 GBP", "not a date"),
        ("1,2026-01-02,a,A,1,2,9,", "14.00 GBP", "customer"),
    ];
    for (bad, amount, named) in table {
        let good = "1,2026-01-02,a,A,2,3,,";
        let orders = [(format!("{good}\n{bad}\n{good}"), 4), (format!("{good}\n{good}\n{bad}"), 5)];
        for (text, at) in orders {
            let text = format!("0,2026-01-02,a,A,1,1,,\n{text}\n2,2026-01-02,a,A,1,1,,\n");
            let (records, totals) = rows(&text);
            let held = format!("3-5 SRC-007 csv:t/order/1 {amount} at line {at}");
            let expected =
                ["2-2 csv:t/order/0 1.00 GBP", held.as_str(), "6-6 csv:t/order/2 1.00 GBP"];
            assert_eq!(shown(&records), expected, "{bad}");
            assert!(detail(&records, 1).contains(named), "{bad}: {}", detail(&records, 1));
            assert_eq!((totals.lines, totals.orders, totals.groups_held), (5, 3, 1));
            assert_eq!(totals.lines_unreadable, u64::from(amount == "-"));
            let pounds = totals.amounts[&Currency::GBP];
            assert_eq!(pounds.delivered_minor(), 200, "{bad}");
            assert_eq!(pounds.held_minor, if amount == "-" { 1200 } else { 1400 });
        }
    }
}

#[test]
fn negative_zero_is_zero() {
    let (records, _) = rows("1,2026-01-02,a,A,-0,5,,\n1,2026-01-02,a,A,1,-0.00,,\n");
    assert_eq!(shown(&records), ["2-3 csv:t/order/1 0.00 GBP"]);
}

#[test]
fn several_faults_of_a_group_are_one_exception_that_counts_them() {
    let (records, totals) = rows("1,2026-01-02,a,A,x,1,,\n1,nope,a,A,y,1,,\n");
    assert_eq!(shown(&records), ["2-3 SRC-007 csv:t/order/1 - at line 2"]);
    assert!(detail(&records, 0).contains("2 more faults"), "{}", detail(&records, 0));
    assert_eq!((totals.groups_held, totals.lines_unreadable), (1, 2));
}

#[test]
fn bytes_that_are_not_utf8_hold_the_group_with_its_amount() {
    let mut text = format!("{HEADER}1,2026-01-02,a,A,1,1,,\n1,2026-01-02,a,").into_bytes();
    text.extend(b"\xff\xfe,1,2,,\n2,2026-01-02,a,A,1,1,,\n");
    let (records, _) = read(&mapping_with("currency = \"GBP\"", ""), text.as_slice());
    let expected = ["2-3 SRC-007 csv:t/order/1 3.00 GBP at line 3", "4-4 csv:t/order/2 1.00 GBP"];
    assert_eq!(shown(&records), expected);
    // In the group value itself nobody knows whose row it is.
    let text = [HEADER.as_bytes(), b"\xff,2026-01-02,a,A,1,1,,\n"].concat();
    let (records, _) = read(&mapping_with("currency = \"GBP\"", ""), text.as_slice());
    assert_eq!(shown(&records), ["2-2 SRC-007 - 1.00 GBP at line 2"]);
}

#[test]
fn a_row_of_other_width_holds_its_group_when_that_is_open() {
    let (records, totals) =
        rows("1,2026-01-02,a,A,1,1,,\n1,2026-01-02,a,A,B,1,1,,\n2,2026-01-02,a,A,1,1,,\n");
    let expected = ["2-3 SRC-007 csv:t/order/1 - at line 3", "4-4 csv:t/order/2 1.00 GBP"];
    assert_eq!(shown(&records), expected);
    assert!(detail(&records, 0).contains("9 fields where the header has 8"));
    assert_eq!(totals.lines_unreadable, 1);
}

#[test]
fn a_row_nobody_can_attribute_holds_its_neighbours() {
    // A line break inside a text that is not quoted.
    let (records, totals) = rows(
        "0,2026-01-02,a,A,1,1,,\n1,2026-01-02,a,A,1,1,,\n1,2026-01-02,a,WHITE\n HANGING,1,1,,\n\
         2,2026-01-02,a,A,1,1,,\n3,2026-01-02,a,A,1,1,,\n",
    );
    let expected = [
        "2-2 csv:t/order/0 1.00 GBP",
        "5-5 SRC-007 csv:t/order/HANGING - at line 5",
        "3-4 SRC-007 csv:t/order/1 - at line 4",
        "6-6 SRC-007 csv:t/order/2 1.00 GBP at line 5",
        "7-7 csv:t/order/3 1.00 GBP",
    ];
    assert_eq!(shown(&records), expected);
    assert!(detail(&records, 3).contains("line 5 next to this group"));
    assert_eq!((totals.orders, totals.groups_held, totals.lines), (4, 2, 6));
    let (records, _) =
        rows("1,2026-01-02,a,A,1,1,,\n ,2026-01-02,a,A,1,7,,\n2,2026-01-02,a,A,1,1,,\n");
    let expected = [
        "3-3 SRC-007 - 7.00 GBP at line 3",
        "2-2 SRC-007 csv:t/order/1 1.00 GBP at line 3",
        "4-4 SRC-007 csv:t/order/2 1.00 GBP at line 3",
    ];
    assert_eq!(shown(&records), expected);
}

#[test]
fn a_quote_that_never_closes_costs_its_line_and_not_the_file() {
    let mut text = "1,2026-01-02,a,A,1,1,,\n1,2026-01-02,a,\"open,1,1,,\n".to_owned();
    for n in 2..400 {
        writeln!(text, "{n},2026-01-02,a,A,1,1,,").unwrap();
    }
    let (records, totals) = rows(&text);
    let shown = shown(&records);
    assert_eq!(shown[0], "2-3 SRC-007 csv:t/order/1 - at line 3");
    assert_eq!(shown[1], "4-4 csv:t/order/2 1.00 GBP");
    assert_eq!((shown.len(), totals.lines, totals.groups_held), (399, 400, 1));
    // A closed one may span lines.
    let (records, totals) = rows("1,2026-01-02,a,\"two\r\nlines\",1,1,,\r\n");
    assert_eq!(super::shown(&records), ["2-3 csv:t/order/1 1.00 GBP"]);
    assert_eq!(super::order(&records[0]).lines[0].title, "two\r\nlines");
    assert_eq!(totals.lines, 1);
}

#[test]
fn a_line_of_ten_megabytes_is_skipped_and_the_rest_goes_on() {
    let good = "2026-01-02,a,A,1,1,,\n";
    let long = "x".repeat(10 << 20);
    let text = format!("1,{good}1,2026-01-02,a,{long},1,1,,\n1,{good}2,{good}");
    let (records, totals) = rows(&text);
    let expected = ["2-4 THR-002 csv:t/order/1 - at line 3", "5-5 csv:t/order/2 1.00 GBP"];
    assert_eq!(shown(&records), expected);
    assert!(detail(&records, 0).contains("longer than 1048576 bytes"));
    assert_eq!((totals.lines, totals.lines_unreadable), (4, 1));
    // One that hides its own group value.
    let (records, _) = rows(&format!("1,{good}{long}\n2,{good}3,{good}"));
    let expected = [
        "3-3 THR-002 - - at line 3",
        "2-2 SRC-007 csv:t/order/1 1.00 GBP at line 3",
        "4-4 SRC-007 csv:t/order/2 1.00 GBP at line 3",
        "5-5 csv:t/order/3 1.00 GBP",
    ];
    assert_eq!(shown(&records), expected);
}

#[test]
fn a_group_that_appears_again_is_held_and_both_places_are_named() {
    let row = |no: u32, price: u32| format!("{no},2026-01-02,a,A,1,{price},,\n");
    let text = [row(1, 1), row(2, 2), row(1, 4), row(1, 8), row(3, 16), row(1, 32)].concat();
    let (records, totals) = rows(&text);
    let expected = [
        "2-2 csv:t/order/1 1.00 GBP",
        "3-3 csv:t/order/2 2.00 GBP",
        "4-5 SRC-007 csv:t/order/1 12.00 GBP at line 4",
        "6-6 csv:t/order/3 16.00 GBP",
        "7-7 SRC-007 csv:t/order/1 32.00 GBP at line 7",
    ];
    assert_eq!(shown(&records), expected);
    assert!(detail(&records, 2).contains("lines 2 to 2 and appears again at line 4"));
    assert_eq!((totals.orders, totals.groups_held, totals.lines), (3, 2, 6));
    let pounds = &totals.amounts[&Currency::GBP];
    assert_eq!((pounds.booked_minor, pounds.held_minor), (6300, 4400));
    // Values of any length are told apart.
    let long = |tail: &str, n: usize| format!("{}{tail},2026-01-02,a,A,1,1,,\n", "y".repeat(n));
    let text = [long("a", 14), long("b", 14), long("a", 30), long("b", 30), long("a", 14)].concat();
    let (records, _) = rows(&text);
    let faults = records.iter().filter(|r| !r.normalised.faults.is_empty()).count();
    assert_eq!((records.len(), faults), (5, 1));
}

#[test]
fn a_declared_window_lets_groups_interleave() {
    let row = |no: u32| format!("{no},2026-01-02,a,A,1,1,,\n");
    let text = format!("{HEADER}{}{}{}{}{}", row(1), row(2), row(1), row(3), row(2));
    let (records, totals) =
        read(&mapping_with("currency = \"GBP\"\ngroup_window = 2", ""), text.as_bytes());
    let expected = [
        "3-3 csv:t/order/2 1.00 GBP",
        "2-4 csv:t/order/1 2.00 GBP",
        "5-5 csv:t/order/3 1.00 GBP",
        "6-6 SRC-007 csv:t/order/2 1.00 GBP at line 6",
    ];
    assert_eq!(shown(&records), expected);
    assert_eq!((totals.groups_interleaved, totals.groups()), (1, 3));
    let (records, totals) =
        read(&mapping_with("currency = \"GBP\"\ngroup_window = 3", ""), text.as_bytes());
    let expected =
        ["2-4 csv:t/order/1 2.00 GBP", "3-6 csv:t/order/2 2.00 GBP", "5-5 csv:t/order/3 1.00 GBP"];
    assert_eq!(shown(&records), expected);
    assert_eq!((totals.groups_interleaved, totals.groups_held), (2, 0));
}

#[test]
fn groups_beyond_the_limits_are_held_and_still_counted() {
    let row = "1,2026-01-02,a,A,1,1,,\n";
    let (records, totals) = rows(&row.repeat(10_001));
    assert_eq!(shown(&records), ["2-10002 THR-002 csv:t/order/1 10001.00 GBP at line 10002"]);
    assert_eq!(totals.lines, 10_001);
    assert_eq!(shown(&rows(&row.repeat(10_000)).0), ["2-10001 csv:t/order/1 10000.00 GBP"]);
    let limits = "[limits]\nline_bytes = 64\ngroup_bytes = 64";
    let text = format!("{HEADER}{}", row.repeat(3));
    let (records, _) = read(&mapping_with("currency = \"GBP\"", limits), text.as_bytes());
    assert_eq!(shown(&records), ["2-4 THR-002 csv:t/order/1 3.00 GBP at line 4"]);
}

#[test]
fn reading_stops_at_the_limit_of_groups() {
    let rows = ["1", "2", "3", "4"].map(|n| format!("{n},2026-01-02,a,A,1,1,,\n")).concat();
    let mapping = mapping_with("currency = \"GBP\"", "[limits]\ngroups = 2");
    let (records, totals) = read(&mapping, format!("{HEADER}{rows}").as_bytes());
    let expected =
        ["2-2 csv:t/order/1 1.00 GBP", "3-3 csv:t/order/2 1.00 GBP", "4-4 THR-002 - - at line 4"];
    assert_eq!(shown(&records), expected);
    assert!(totals.incomplete.unwrap().why.contains("more than 2 groups"));
}

#[test]
fn signs_and_currencies_that_contradict_the_kind() {
    let (records, _) = rows("C1,2026-01-02,a,A,1,1,,\n2,2026-01-02,a,A,-1,1,,\n");
    let expected = ["2-2 SRC-007 csv:t/order/C1 1.00 GBP at line 2", "3-3 csv:t/order/2 -1.00 GBP"];
    assert_eq!(shown(&records), expected);
    let mapping = mapping_with("", "currency = \"land\"");
    let text = format!(
        "{HEADER}1,2026-01-02,a,A,1,1,,USD\n1,2026-01-02,a,A,1,1,,EUR\n2,2026-01-02,a,A,1,1,,ZZZ\n"
    );
    let (records, totals) = read(&mapping, text.as_bytes());
    let expected =
        ["2-3 FXC-003 csv:t/order/1 - at line 3", "4-4 SRC-007 csv:t/order/2 - at line 4"];
    assert_eq!(shown(&records), expected);
    for amounts in totals.amounts.values() {
        assert_eq!((amounts.booked_minor, amounts.held_minor), (100, 100));
    }
}

#[test]
fn broken_json_holds_what_it_may_belong_to() {
    let mapping = mapping_with("currency = \"GBP\"\nformat = \"ndjson\"", "");
    let good = |no: u32| format!("{{\"no\":{no},\"at\":\"2026-01-02\",\"qty\":1,\"price\":1}}\n");
    let text = [
        good(1),
        "{\"no\":1,\"at\":\"2026-01-02\",\"price\":1}\n".to_owned(),
        good(2),
        "{\"qty\":2,\"no\":\n".to_owned(),
        good(3),
        good(4),
    ];
    let (records, totals) = read(&mapping, text.concat().as_bytes());
    let expected = [
        "1-2 SRC-007 csv:t/order/1 - at line 2",
        "4-4 SRC-007 - - at line 4",
        "3-3 SRC-007 csv:t/order/2 1.00 GBP at line 4",
        "5-5 SRC-007 csv:t/order/3 1.00 GBP at line 4",
        "6-6 csv:t/order/4 1.00 GBP",
    ];
    assert_eq!(shown(&records), expected);
    assert!(detail(&records, 0).contains("there is no `qty`"));
    assert_eq!((totals.lines, totals.lines_unreadable), (6, 2));
}
