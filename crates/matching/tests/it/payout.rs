use kernel::{Currency, Money, PayoutEntry, ReasonCode};
use matching::{CategoryTotals, PayoutBreak, payout_tie_out};
use proptest::prelude::*;

fn entry(id: &str, category: &str, gross_minor: i64, fee_minor: i64) -> PayoutEntry {
    PayoutEntry {
        id: id.to_owned(),
        category: category.to_owned(),
        gross_minor,
        fee_minor,
        fee_tax_minor: 0,
        of: None,
    }
}

fn dollars(minor: i64) -> Money {
    Money::new(minor, Currency::USD)
}

#[test]
fn a_payout_ties_to_gross_less_fees() {
    let entries = [
        entry("a", "charge", 10_000, 320),
        entry("b", "charge", 5_000, 175),
        entry("c", "refund", -2_000, 0),
        entry("d", "fee", -100, 0),
    ];
    let tie = payout_tie_out(dollars(12_405), &entries).unwrap();
    assert_eq!(tie.entries, 4);
    let charges = CategoryTotals { entries: 2, gross_minor: 15_000, fee_minor: 495 };
    assert_eq!(tie.categories["charge"], charges);
    assert_eq!(payout_tie_out(dollars(0), &[]).unwrap().entries, 0);
}

#[test]
fn a_difference_is_named_with_its_sign() {
    let error = payout_tie_out(dollars(900), &[entry("a", "charge", 1_000, 30)]).unwrap_err();
    assert_eq!(error.code(), ReasonCode::PayoutUnexplained);
    assert!(error.to_string().contains("-0.70 USD is not explained"), "{error}");
    let PayoutBreak::Difference { explained, difference, .. } = error else { panic!("{error}") };
    assert_eq!((explained, difference), (dollars(970), dollars(-70)));
}

#[test]
fn a_movement_listed_twice_proves_nothing() {
    let twice = [entry("a", "charge", 500, 0), entry("a", "charge", 500, 0)];
    let error = payout_tie_out(dollars(1_000), &twice).unwrap_err();
    assert_eq!(error, PayoutBreak::Duplicate("a".to_owned()));
}

#[test]
fn sums_beyond_64_bits_are_refused() {
    for entries in [
        vec![entry("a", "x", i64::MAX, 0), entry("b", "x", 1, 0)],
        vec![entry("a", "x", i64::MIN, 1)],
        vec![entry("a", "x", i64::MIN + 5, 0)],
    ] {
        assert_eq!(payout_tie_out(dollars(i64::MAX), &entries), Err(PayoutBreak::Overflow));
    }
}

proptest! {
    #[test]
    fn one_cent_off_is_a_break_of_one_cent(
        amounts in proptest::collection::vec((-100_000_i64..100_000, -500_i64..500), 0..30),
        off in -3_i64..4,
    ) {
        let entries: Vec<_> = amounts.iter().enumerate()
            .map(|(n, (gross, fee))| entry(&n.to_string(), "x", *gross, *fee)).collect();
        let net: i64 = amounts.iter().map(|(gross, fee)| gross - fee).sum();
        match payout_tie_out(dollars(net + off), &entries) {
            Ok(_) => prop_assert_eq!(off, 0),
            Err(PayoutBreak::Difference { difference, .. }) => {
                prop_assert!(off != 0);
                prop_assert_eq!(difference, dollars(off));
            }
            Err(other) => prop_assert!(false, "{}", other),
        }
    }
}
