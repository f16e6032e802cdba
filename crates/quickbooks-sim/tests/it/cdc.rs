//! Change data: one block per entity, deletions last, a hard cap without cursor.

use crate::support::{company, company_of, encoded, invoice, key};
use quickbooks_sim::{Config, Limits};

fn path(entities: &str, since: &str) -> String {
    format!("cdc?entities={entities}&changedSince={}", encoded(since))
}

#[test]
fn live_objects_then_deletions() {
    fact!(
        "Change data",
        "all",
        Recorded,
        "§5",
        "one block for each entity, deletions after live objects"
    );
    fact!(
        "Change data",
        "all",
        Recorded,
        "§5",
        "a void is no deletion: the voided object is listed"
    );
    fact!("Change data", "all", Recorded, "§5", "nothing changed is an empty block");
    let mut c = company();
    let a = c.save("Invoice", &invoice("1"));
    let b = c.save("Invoice", &invoice("2"));
    c.post("invoice?operation=void", &format!("{}}}", key(&a)));
    c.post("invoice?operation=delete", &format!("{}}}", key(&b)));
    let answer = c.get(&path("Invoice,Payment", "2026-03-02T10:00:00-08:00"));
    let blocks = &answer.body["CDCResponse"][0]["QueryResponse"];
    let rows = &blocks[0]["Invoice"];
    assert_eq!((&rows[0]["Id"], &rows[0]["PrivateNote"]), (&a["Id"], &"Voided".into()));
    assert_eq!((&rows[1]["Id"], &rows[1]["status"]), (&b["Id"], &"Deleted".into()));
    assert_eq!(rows[1]["MetaData"]["LastUpdatedTime"], "2026-03-02T10:00:04-08:00");
    assert_eq!((&blocks[0]["maxResults"], &blocks[0]["totalCount"]), (&2.into(), &2.into()));
    assert!(blocks[1].as_object().unwrap().is_empty());
    // only the deletion is after the void
    let late = c.get(&path("Invoice", "2026-03-02T10:00:04-08:00")).body;
    let block = &late["CDCResponse"][0]["QueryResponse"][0];
    assert_eq!(block["Invoice"].as_array().unwrap().len(), 1);
    assert!(block.get("startPosition").is_none(), "a block of only deletions has no start");
    let none = c.get(&path("Invoice", "2026-04-01"));
    assert!(
        none.text.starts_with(r#"{"CDCResponse":[{"QueryResponse":[{}]}],"time":"#),
        "{}",
        none.text
    );
}

#[test]
fn the_cap_spans_all_entities_and_shows_only_in_the_total() {
    fact!(
        "Change data",
        "all",
        Recorded,
        "§5",
        "the cap counts all blocks together and shows only in totalCount"
    );
    let limits = Limits { changed_objects: 3, ..Limits::default() };
    let mut c = company_of(Config { limits, ..Config::default() });
    for n in 0..2 {
        c.save("Customer", &format!(r#"{{"DisplayName":"C{n}"}}"#));
        c.save("Invoice", &invoice("1"));
    }
    let answer = c.get(&path("Invoice,Customer", "2026-03-02T10:00:00-08:00")).body;
    let blocks = &answer["CDCResponse"][0]["QueryResponse"];
    assert_eq!(blocks[0]["Invoice"].as_array().unwrap().len(), 2);
    assert_eq!(blocks[1]["Customer"].as_array().unwrap().len(), 1);
    assert_eq!(blocks[1]["totalCount"], 2);
}

#[test]
fn what_has_no_change_data() {
    fact!(
        "Change data",
        "all",
        Documented,
        "§5",
        "JournalCode, TaxAgency, TaxCode and TaxRate are not available"
    );
    fact!(
        "Change data",
        "all",
        Assumed,
        "§5",
        "what is not available is 2000, and so is an unknown name"
    );
    let mut c = company();
    for entity in ["JournalCode", "TaxAgency", "TaxCode", "TaxRate", "TaxService", "Custmoer"] {
        let answer = c.get(&path(&format!("Invoice,{entity}"), "2026-01-01"));
        assert_eq!((answer.status, answer.code()), (400, "2000"), "{entity}");
        assert!(answer.detail().ends_with(&format!("Object Name: {entity}")), "{}", answer.text);
    }
    assert_eq!(c.get(&path(",", "2026-01-01")).code(), "2020");
}

#[test]
fn everything_else_has_change_data() {
    fact!(
        "Change data",
        "all",
        Documented,
        "§5",
        "every other entity is, under its name in any case"
    );
    let mut c = company();
    let entities = "account,CUSTOMER,Vendor,Employee,Item,PaymentMethod,Term";
    let answer = c.get(&path(entities, "2020-01-01")).body;
    let blocks = answer["CDCResponse"][0]["QueryResponse"].as_array().unwrap();
    let names: Vec<_> = blocks
        .iter()
        .map(|block| block.as_object().unwrap().keys().next().unwrap().as_str())
        .collect();
    assert_eq!(
        names,
        ["Account", "Customer", "Vendor", "Employee", "Item", "PaymentMethod", "Term"]
    );
    for entity in "Class Department Invoice SalesReceipt Payment CreditMemo RefundReceipt JournalEntry Deposit Transfer Purchase Estimate Bill BillPayment VendorCredit PurchaseOrder TimeActivity CompanyCurrency".split(' ') {
        assert_eq!(c.get(&path(entity, "2020-01-01")).status, 200, "{entity}");
    }
}

#[test]
fn refusals_of_change_data() {
    let mut c = company();
    assert_eq!(c.get("cdc?entities=Invoice").code(), "2020");
    assert_eq!(c.get(&path("Invoice", "yesterday")).code(), "2060");
    assert_eq!(c.get(&path("TaxCode", "2026-01-01")).code(), "2000");
}
