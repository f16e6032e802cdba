use matching::{Break, tie_out};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn side(rows: &[(&str, i64)]) -> BTreeMap<String, i64> {
    rows.iter().map(|(name, minor)| ((*name).to_owned(), *minor)).collect()
}

#[test]
fn every_account_that_differs_is_named_also_when_one_side_lacks_it() {
    let ours = side(&[("Bank", 500), ("Sales", -500), ("Fees", 7), ("Zero", 0)]);
    let ledger = side(&[("Bank", 500), ("Sales", -499), ("Suspense", -8)]);
    let brk = |account: &str, source_minor, ledger_minor, difference_minor| Break {
        account: account.to_owned(),
        source_minor,
        ledger_minor,
        difference_minor,
    };
    let expected = [brk("Fees", 7, 0, 7), brk("Sales", -500, -499, -1), brk("Suspense", 0, -8, 8)];
    assert_eq!(tie_out(&ours, &ledger), expected);
    assert_eq!(tie_out(&ours, &ours), []);
    let far = tie_out(&side(&[("a", i64::MIN)]), &side(&[("a", i64::MAX)]));
    assert_eq!(far[0].difference_minor, i128::from(i64::MIN) - i128::from(i64::MAX));
}

proptest! {
    #[test]
    fn applying_the_breaks_makes_the_sides_equal(
        ours in proptest::collection::btree_map("[a-f]", -9_i64..9, 0..6),
        ledger in proptest::collection::btree_map("[a-f]", -9_i64..9, 0..6),
    ) {
        let mut mended = ledger.clone();
        for b in tie_out(&ours, &ledger) {
            *mended.entry(b.account).or_default() += i64::try_from(b.difference_minor).unwrap();
        }
        prop_assert_eq!(tie_out(&ours, &mended), []);
    }
}
