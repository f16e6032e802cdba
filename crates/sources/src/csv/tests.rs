//! Behaviour of imports through the public edge.

mod damage;
mod dataset;
mod files;
mod mapped;
mod properties;

use super::{ControlTotals, Import, ImportError, Mapping, Record, open};
use kernel::{Adjustment, Fact, FactBody, Order};
use std::io::Read;

/// Columns of most tests.
const HEADER: &str = "no,at,sku,text,qty,price,who,land\n";

/// A mapping of [`HEADER`] with further lines at the top level and in tables after it.
fn mapping_with(top: &str, tables: &str) -> Mapping {
    let text = format!(
        r#"
        source = "csv:t"
        zone = "Europe/London"
        settlement = "on_account"
        group_by = "no"
        {top}
        [columns]
        placed_at = "at"
        sku = "sku"
        title = "text"
        quantity = "qty"
        unit_price = "price"
        customer_id = "who"
        channel = "land"
        {tables}
        [kind]
        column = "no"
        prefixes = {{ C = "credit", A = "adjustment" }}
        "#
    );
    Mapping::parse(&text).expect("the mapping of the tests")
}

fn mapping() -> Mapping {
    mapping_with("currency = \"GBP\"", "")
}

fn read<R: Read>(mapping: &Mapping, bytes: R) -> (Vec<Record>, ControlTotals) {
    let mut import = open(mapping, bytes).expect("a sound header");
    let records = import.by_ref().collect();
    (records, import.totals())
}

/// Reads rows under [`HEADER`].
fn rows(text: &str) -> (Vec<Record>, ControlTotals) {
    read(&mapping(), format!("{HEADER}{text}").as_bytes())
}

/// One line per record: what it is, and where.
fn shown(records: &[Record]) -> Vec<String> {
    let one = |r: &Record| {
        let lines = format!("{}-{}", r.first_line, r.last_line);
        match (r.normalised.facts.as_slice(), r.normalised.faults.as_slice()) {
            ([fact], []) => {
                let amount = fact.amount().map(|a| a.to_string()).unwrap_or_default();
                format!("{lines} {} {amount}", fact.subject.key)
            }
            ([], [fault]) => {
                let subject = fault.subject.as_ref().map_or("-", |s| s.key.as_str());
                let amount = fault.amount.map_or("-".to_owned(), |a| a.to_string());
                format!("{lines} {} {subject} {amount} at {}", fault.code.code(), fault.at)
            }
            other => panic!("a record is one fact or one fault: {other:?}"),
        }
    };
    records.iter().map(one).collect()
}

fn detail(records: &[Record], n: usize) -> &str {
    &records[n].normalised.faults[0].detail
}

fn fact(record: &Record) -> &Fact {
    &record.normalised.facts[0]
}

fn order(record: &Record) -> &Order {
    match &fact(record).body {
        FactBody::OrderCreated(order) => order,
        other => panic!("{other:?}"),
    }
}

fn adjustment(record: &Record) -> &Adjustment {
    match &fact(record).body {
        FactBody::AdjustmentRecorded(adjustment) => adjustment,
        other => panic!("{other:?}"),
    }
}

fn refused(mapping: &Mapping, bytes: &[u8]) -> ImportError {
    match open(mapping, bytes) {
        Ok(_) => panic!("the file should be refused"),
        Err(error) => error,
    }
}

/// Gives `bytes`, then fails.
struct Failing<'a>(&'a [u8]);

impl Read for Failing<'_> {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        if self.0.is_empty() {
            return Err(std::io::Error::other("the disk is gone"));
        }
        self.0.read(buf)
    }
}

type Whole<'a> = Import<&'a [u8]>;

#[test]
fn an_import_says_what_it_read_so_far() {
    let text = format!("{HEADER}1,2026-01-02,a,A,1,2.5,,\n2,2026-01-02,a,A,1,1,,\n");
    let mut import: Whole<'_> = open(&mapping(), text.as_bytes()).unwrap();
    assert_eq!(import.totals(), ControlTotals::default());
    import.next().unwrap();
    assert_eq!((import.totals().lines, import.totals().orders), (2, 1));
    import.next().unwrap();
    assert!(import.next().is_none() && import.next().is_none());
    assert_eq!((import.totals().lines, import.totals().groups()), (2, 2));
}
