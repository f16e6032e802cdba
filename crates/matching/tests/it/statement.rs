use kernel::{Currency, ReasonCode};
use matching::{StatementInput, StatementOutcome as Outcome, Term, statement};
use proptest::prelude::*;

fn input(class: &str, source_minor: i64, outcome: Outcome) -> StatementInput {
    StatementInput {
        period: "2026-01".to_owned(),
        currency: Currency::USD,
        class: class.to_owned(),
        source_minor,
        outcome,
    }
}

const VERIFIED: fn(i64) -> Outcome =
    |minor| Outcome::Posted { ledger_minor: minor, verified: true };
const POSTED: fn(i64) -> Outcome = |minor| Outcome::Posted { ledger_minor: minor, verified: false };

#[test]
fn every_cent_stands_in_one_term() {
    let zero = ReasonCode::ZeroValue;
    let unmapped = ReasonCode::ItemUnmapped;
    let statement = statement([
        input("sales", 1_000, VERIFIED(1_000)),
        input("sales", 500, POSTED(500)),
        input("sales", 30, Outcome::Pending),
        input("sales", 7, Outcome::Held(unmapped)),
        input("sales", 4, Outcome::Held(ReasonCode::CurrencyMismatch)),
        input("sales", 5, Outcome::Held(unmapped)),
        input("sales", 0, Outcome::Excluded(zero)),
        input("sales", 9, Outcome::Excluded(ReasonCode::TestOrder)),
    ])
    .unwrap();
    let row = &statement.rows[0];
    assert_eq!((row.received, row.posted, row.verified), (1_555, 1_500, 1_000));
    assert_eq!((row.pending, row.held, row.excluded, row.difference), (30, 16, 9, 0));
    assert_eq!(row.held_by[&unmapped], Term { count: 2, minor: 12 });
    assert_eq!(row.excluded_by[&zero], Term { count: 1, minor: 0 });
    let c = row.counts;
    assert_eq!(
        (c.received, c.posted, c.verified, c.pending, c.held, c.excluded),
        (8, 2, 1, 1, 3, 2)
    );
    assert!(statement.ties_out());
}

#[test]
fn a_ledger_that_says_something_else_is_a_difference_in_its_own_row() {
    let mut other = input("sales", 100, VERIFIED(100));
    other.period = "2025-12".to_owned();
    let statement =
        statement([input("sales", 100, POSTED(99)), input("fees", 99, POSTED(100)), other])
            .unwrap();
    let rows: Vec<_> = statement
        .rows
        .iter()
        .map(|r| (r.period.as_str(), r.class.as_str(), r.difference))
        .collect();
    // One cent too many in fees does not make up for one too few in sales.
    assert_eq!(rows, [("2025-12", "sales", 0), ("2026-01", "fees", -1), ("2026-01", "sales", 1)]);
    assert!(!statement.ties_out());
    assert_eq!(statement.breaks().count(), 2);
}

#[test]
fn sums_that_do_not_fit_are_refused_in_any_order() {
    let big = [i64::MAX, 1, -1];
    for turn in 0..3 {
        let mut parts = big;
        parts.rotate_left(turn);
        let fits = statement(parts.map(|m| input("sales", m, Outcome::Pending))).unwrap();
        assert_eq!(fits.rows[0].pending, i64::MAX);
    }
    let error = statement([i64::MAX, 1].map(|m| input("sales", m, Outcome::Pending))).unwrap_err();
    assert_eq!(error.class, "sales");
    assert!(error.to_string().contains("64-bit"), "{error}");
}

proptest! {
    #[test]
    fn received_is_the_sum_of_the_terms_and_order_does_not_matter(
        parts in proptest::collection::vec((0_usize..3, -99_i64..99, 0_usize..5, -1_i64..2), 0..40),
    ) {
        let mut inputs: Vec<_> = parts.iter().map(|(class, minor, what, off)| {
            let outcome = match what {
                0 => POSTED(minor + off),
                1 => VERIFIED(*minor),
                2 => Outcome::Pending,
                3 => Outcome::Held(ReasonCode::ItemUnmapped),
                _ => Outcome::Excluded(ReasonCode::TestOrder),
            };
            input(["sales", "fees", "tips"][*class], *minor, outcome)
        }).collect();
        let forward = statement(inputs.clone()).unwrap();
        for r in &forward.rows {
            let terms = r.posted + r.pending + r.held + r.excluded + r.difference;
            prop_assert_eq!(r.received, terms);
            prop_assert!(r.counts.verified <= r.counts.posted);
            let c = r.counts;
            prop_assert_eq!(c.received, c.posted + c.pending + c.held + c.excluded);
        }
        let off: i64 = parts.iter().filter(|p| p.2 == 0).map(|p| p.3).sum();
        prop_assert_eq!(forward.rows.iter().map(|r| r.difference).sum::<i64>(), -off);
        inputs.reverse();
        prop_assert_eq!(statement(inputs).unwrap(), forward);
    }
}
