//! The UCI Online Retail file, when it is there: 541,909 real invoice and credit lines.

use super::super::{Mapping, open};
use super::{order, shown};
use kernel::Currency;
use std::path::PathBuf;

fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

#[test]
fn online_retail_adds_up_to_the_last_tenth_of_a_penny() {
    let mapping = std::fs::read_to_string(root().join("examples/online-retail/import.toml"));
    let mapping = Mapping::parse(&mapping.unwrap()).unwrap();
    let path = root().join("../shared/data/datasets/online_retail.csv.gz");
    let Ok(file) = std::fs::File::open(&path) else {
        println!("skipped: {} is not there", path.display());
        return;
    };
    let mut import = open(&mapping, file).unwrap();
    let (mut minor, mut lines, mut zero, mut with_customer) = (0_i64, 0, 0, 0);
    for record in import.by_ref() {
        assert!(record.normalised.faults.is_empty(), "{:?}", record.normalised.faults);
        let fact = &record.normalised.facts[0];
        let amount = fact.amount().unwrap().minor;
        minor += amount;
        zero += u64::from(amount == 0);
        if fact.subject.key.ends_with("/542806") {
            assert_eq!(
                shown(std::slice::from_ref(&record))[0].split(' ').next(),
                Some("78088-78128")
            );
        }
        if let kernel::FactBody::OrderCreated(_) = &fact.body {
            let order = order(&record);
            lines += order.lines.len();
            with_customer += u64::from(order.customer.is_some());
            assert_eq!(kernel::validate::order(order), []);
        }
    }
    let totals = import.totals();
    assert_eq!((totals.lines, totals.lines_unreadable), (541_909, 0));
    assert_eq!((totals.orders, totals.credits, totals.adjustments), (22_061, 3_836, 3));
    assert_eq!((totals.groups(), totals.groups_held, totals.groups_interleaved), (25_900, 0, 1));
    assert_eq!(totals.incomplete, None);
    // Three adjustments of one line each are no orders.
    assert_eq!(lines, 541_909 - 3);
    assert_eq!((zero, with_customer), (2_102, 25_900 - 3_710));
    let pounds = &totals.amounts[&Currency::GBP];
    assert_eq!(pounds.exact().to_string(), "9747747.934");
    assert_eq!((pounds.booked_minor, pounds.held_minor), (974_774_793, 0));
    assert_eq!(i128::from(minor), pounds.booked_minor);
    assert_eq!((pounds.residue().to_string(), pounds.lines_rounded), ("0.004".to_owned(), 4));
    assert_eq!(pounds.booked() + pounds.residue(), pounds.exact());
}
