//! What a judge sees.

use crate::support::{company, invoice, key};
use quickbooks_sim::{PersonEdit, TxnKind};

fn noted(note: &str) -> String {
    format!(r#"{{"PrivateNote":"{note}",{}"#, &invoice("10")[1..])
}

#[test]
fn duplicates_are_live_objects_of_one_type_with_one_marker() {
    let mut c = company();
    let a = c.save("Invoice", &noted("tieout:k1 order 7"));
    c.save("Invoice", &noted("was tieout:k1"));
    c.save("CreditMemo", &noted("tieout:k1"));
    c.save("Invoice", &noted("tieout:k2"));
    c.save("Invoice", &noted("no marker"));
    c.save("Invoice", &noted("no marker"));
    let found = c.sim.duplicates();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(
        (found[0].kind, found[0].marker.as_str(), &found[0].ids[..]),
        (TxnKind::Invoice, "tieout:k1", &[145, 146][..])
    );
    c.post("invoice?operation=void", &format!("{}}}", key(&a)));
    assert!(c.sim.duplicates().is_empty());
}

#[test]
fn with_custom_numbers_one_number_twice_is_a_duplicate() {
    let mut c = company();
    let body = format!(r#"{{"DocNumber":"S-1",{}"#, &invoice("10")[1..]);
    c.save("Invoice", &body);
    c.save("Invoice", &body);
    assert!(c.sim.duplicates().is_empty());
    let mut prefs = c.sim.prefs().clone();
    prefs.custom_txn_numbers = true;
    c.sim.set_prefs(prefs, c.now_us);
    assert_eq!(c.sim.duplicates()[0].marker, "S-1");
}

#[test]
fn live_transactions_tell_their_facts() {
    let mut c = company();
    c.save("Invoice", &noted("tieout:k1"));
    let t = c.sim.transactions().next().unwrap();
    assert_eq!((t.id, t.kind, t.total, t.open), (145, TxnKind::Invoice, 1_000, 1_000));
    assert_eq!(
        (t.doc_number.as_str(), t.txn_date.as_str(), t.currency.as_str()),
        ("1038", "2026-03-02", "USD")
    );
    assert_eq!((t.customer.as_str(), t.voided), ("Walk-in Customer", false));
}

#[test]
fn a_person_edits_behind_the_apis_back() {
    let mut c = company();
    let i = c.save("Invoice", &noted("tieout:k1"));
    let edit = PersonEdit::Change(r#"{"TxnDate":"2026-02-01"}"#.to_owned());
    c.sim.edit_by_person(145, &edit, c.now_us).unwrap();
    let stale = c.post("invoice?operation=delete", &format!("{}}}", key(&i)));
    assert_eq!(stale.code(), "5010");
    c.sim.edit_by_person(145, &PersonEdit::Void, c.now_us).unwrap();
    assert!(c.sim.trial_balance().is_empty());
    c.sim.edit_by_person(145, &PersonEdit::Delete, c.now_us).unwrap();
    assert_eq!(c.sim.transactions().count(), 0);
    let gone = c.sim.edit_by_person(145, &PersonEdit::Void, c.now_us).unwrap_err();
    assert!(gone.contains("\"610\""), "{gone}");
}
