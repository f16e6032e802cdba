//! What the accuracy report rests on: the product's books are exact under everything, those of the
//! baseline only where nothing goes wrong, and equal seeds give equal pages.

use sim::report::{Pair, Row, backlog, page, pair, plots};
use sim::{Bounds, bounds};

/// Nothing goes wrong, nothing comes twice, nothing is overtaken.
const SMOOTH: &str = "
about = \"Nothing at all goes wrong.\"
orders = [30, 60]
workers = [1, 1]
spread_s = [200]
throttled = 500

[ledger]
base_us = 50_000
jitter_us = 500_000
";

fn row(name: &str, bounds: &Bounds, seeds: impl IntoIterator<Item = u64>) -> anyhow::Result<Row> {
    let mut row = Row::of(name);
    for seed in seeds {
        let pair: Pair = pair(bounds, seed)?;
        assert_eq!(pair.ours.report.violations, [], "{name}, seed {seed}");
        for books in [&pair.ours.accuracy, &pair.naive.accuracy] {
            let parts = books.exact + books.held + books.lost + books.wrong + books.repeated;
            assert_eq!(parts, books.expected, "every record is one of five things: {books:?}");
            for a in books.amounts.values() {
                assert!(a.right + a.missing <= a.expected, "{a:?}");
            }
        }
        row.add(seed, &pair);
    }
    Ok(row)
}

#[test]
fn the_baseline_is_right_when_nothing_goes_wrong() {
    let row = row("smooth", &Bounds::parse(SMOOTH).unwrap(), 0..8).unwrap();
    for books in [&row.ours, &row.naive] {
        assert!(books.expected > 300, "{books:?}");
        assert_eq!((books.exact, books.excess), (books.expected, 0), "{books:?}");
        assert_eq!((books.deliveries_right, books.things_wrong), (books.deliveries, 0));
        assert!(books.amounts.values().all(|a| a.error() == 0 && a.right == a.expected));
    }
    assert_eq!((row.given_up, row.naive_manual(), row.care.manual()), (0, 0, 0));
}

#[test]
fn a_bad_line_and_repeated_deliveries_harm_the_baseline_alone() {
    let row = row("lossy", &Bounds::named("lossy").unwrap(), 0..4).unwrap();
    let (ours, naive) = (&row.ours, &row.naive);
    assert_eq!((ours.exact, ours.excess, ours.lost), (ours.expected, 0, 0), "{ours:?}");
    assert_eq!(ours.deliveries_right, ours.deliveries);
    assert_eq!((naive.expected, naive.deliveries), (ours.expected, ours.deliveries));
    assert!(naive.copies > 0 && naive.repeated > 0, "{naive:?}");
    assert!(naive.exact < naive.expected && naive.deliveries_right < naive.deliveries);
    assert!(naive.amounts.values().any(|a| a.excess > 0), "{naive:?}");
    assert!(row.naive_manual() > row.care.manual(), "{row:?}");
}

#[test]
fn what_people_change_in_the_ledger_stays_wrong_in_the_baseline() {
    let row = row("operators", &Bounds::named("operators").unwrap(), 0..4).unwrap();
    assert_eq!((row.ours.exact, row.ours.excess), (row.ours.expected, 0), "{:?}", row.ours);
    assert!(row.care.by_person > 0, "somebody decides what becomes of edits: {:?}", row.care);
    assert!(row.naive.wrong > 0, "{:?}", row.naive);
}

#[test]
fn equal_seeds_give_equal_pages_in_whatever_order_they_end() {
    let rows = |seeds: [u64; 2]| -> Vec<Row> {
        let names = bounds::names().filter(|name| ["calm", "crashy"].contains(name));
        names.map(|name| row(name, &Bounds::named(name).unwrap(), seeds).unwrap()).collect()
    };
    let (once, again) = (rows([0, 1]), rows([1, 0]));
    let late = Row::of("backlog");
    assert_eq!(page(&once, &late), page(&again, &late));
    assert_eq!(plots(&once), plots(&again));
    assert!(page(&once, &late).contains("| crashy | Tieout |"), "{}", page(&once, &late));
    assert_ne!(page(&once, &late), page(&rows([2, 3]), &late));
}

#[test]
fn a_backlog_is_posted_in_less_time_and_fewer_requests() {
    let bounds = Bounds { orders: [150, 150], ..backlog().unwrap() };
    let row = row("backlog", &bounds, 0..1).unwrap();
    assert_eq!(row.ours.exact, row.ours.expected);
    assert_eq!(row.naive.exact, row.naive.expected);
    assert!(row.pace() > 0 && row.pace() < row.naive_pace_at_best(), "{row:?}");
    assert!(row.naive_pace_at_best() < row.naive_pace(), "{row:?}");
    assert!(row.requests < row.naive_requests, "{row:?}");
}
