//! Document numbers: automatic, or custom and unique.

use crate::support::{Company, company, invoice};

fn numbered(number: &str) -> String {
    format!(r#"{{"DocNumber":"{number}",{}"#, &invoice("10")[1..])
}

fn custom(c: &mut Company) {
    let mut prefs = c.sim.prefs().clone();
    prefs.custom_txn_numbers = true;
    c.sim.set_prefs(prefs, c.now_us);
}

#[test]
fn by_default_numbers_are_made_up_and_duplicates_pass() {
    fact!(
        "Invoice",
        "create",
        Recorded,
        "§8",
        "DocNumber is automatic; a sent one is kept, and duplicates pass"
    );
    fact!("Invoice", "create", Assumed, "§8", "a sent number does not move the automatic ones");
    let mut c = company();
    assert_eq!(c.save("Invoice", &invoice("1"))["DocNumber"], "1038");
    assert_eq!(c.save("Invoice", &numbered("X"))["DocNumber"], "X");
    assert_eq!(c.save("Invoice", &numbered("X"))["DocNumber"], "X");
    assert_eq!(c.save("CreditMemo", &invoice("1"))["DocNumber"], "1039");
    assert_eq!(c.save("Invoice", &numbered("1040"))["DocNumber"], "1040");
    assert_eq!(c.save("Invoice", &invoice("1"))["DocNumber"], "1041");
}

#[test]
fn custom_numbers_are_unique_per_type_and_name_the_owner() {
    fact!(
        "Invoice",
        "create",
        Recorded,
        "§8",
        "with custom numbers a duplicate is 6140 and names the owner"
    );
    fact!(
        "Invoice",
        "create",
        Documented,
        "§8",
        "include=allowduplicatedocnum lets a duplicate pass"
    );
    fact!("Invoice", "create", Recorded, "§8", "with custom numbers none is made up");
    let mut c = company();
    custom(&mut c);
    let first = c.save("Invoice", &numbered("X"));
    let second = c.post("invoice", &numbered("x"));
    assert_eq!(second.code(), "6140");
    assert!(
        second.detail().ends_with(&format!(
            "This number has already been used. DocNumber=x is assigned to TxnType=Invoice with TxnId={}",
            first["Id"].as_str().unwrap()
        )),
        "{}",
        second.text
    );
    c.save("CreditMemo", &numbered("X"));
    let allowed = c.post("invoice?include=allowduplicatedocnum", &numbered("X"));
    assert_eq!(allowed.entity("Invoice")["DocNumber"], "X");
    assert!(c.save("Invoice", &invoice("1")).get("DocNumber").is_none());
    // updating the owner itself is no duplicate of itself, and deleting it frees the number
    let third = c.save("Invoice", &numbered("Y"));
    let body = format!(r#"{{"Id":{},"SyncToken":"0",{}"#, third["Id"], &numbered("Y")[1..]);
    c.save("Invoice", &body);
    let delete = format!(r#"{{"Id":{},"SyncToken":"1"}}"#, third["Id"]);
    c.post("invoice?operation=delete", &delete).entity("Invoice");
    c.save("Invoice", &numbered("Y"));
}
