//! Sales forms: what the company computes, and where it posts.

use crate::support::{company, invoice, key};

#[test]
fn a_minimal_invoice_is_completed_and_posted() {
    let mut c = company();
    let answer = c.post("invoice", &invoice("100.0"));
    let i = answer.entity("Invoice");
    assert_eq!(i["Id"], "145");
    assert_eq!(i["SyncToken"], "0");
    assert_eq!(i["DocNumber"], "1038");
    assert_eq!(i["TxnDate"], "2026-03-02");
    assert_eq!(i["DueDate"], "2026-04-01");
    assert_eq!(i["CustomerRef"]["name"], "Walk-in Customer");
    assert_eq!(i["Line"][0]["Id"], "1");
    assert_eq!(i["Line"][0]["LineNum"], 1);
    assert_eq!(i["Line"][0]["SalesItemLineDetail"]["TaxCodeRef"]["value"], "NON");
    assert_eq!(i["Line"][1]["DetailType"], "SubTotalLineDetail");
    assert!(i["Line"][1].get("Id").is_none());
    assert!(answer.text.contains(r#""TotalAmt":100.00"#), "{}", answer.text);
    assert!(answer.text.contains(r#""TotalTax":0}"#), "{}", answer.text);
    assert_eq!(i["MetaData"]["CreateTime"], "2026-03-02T10:00:01-08:00");
    assert!(answer.text.ends_with(r#""time":"2026-03-02T10:00:01.000-08:00"}"#), "{}", answer.text);
    assert_eq!(c.balance("Accounts Receivable (A/R)"), 10_000);
    assert_eq!(c.balance("Services"), -10_000);
}

#[test]
fn delete_takes_the_postings_back_and_void_keeps_the_object() {
    let mut c = company();
    let a = c.save("Invoice", &invoice("10"));
    let b = c.save("Invoice", &invoice("20"));
    let gone = c.post("invoice?operation=delete", &format!("{}}}", key(&a))).entity("Invoice");
    assert_eq!(gone.to_string(), r#"{"Id":"145","domain":"QBO","status":"Deleted"}"#);
    assert_eq!(c.get("invoice/145").code(), "610");
    let void = c.post("invoice?operation=void", &format!("{}}}", key(&b))).entity("Invoice");
    assert_eq!(void["PrivateNote"], "Voided");
    assert_eq!(void["SyncToken"], "1");
    assert_eq!(void["TotalAmt"], 0);
    assert_eq!(void["Line"][0]["Amount"], 0);
    assert!(c.sim.trial_balance().is_empty());
}
