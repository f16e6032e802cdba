//! Accounts, names, items and the other lists.

use crate::support::{company, key};

#[test]
fn new_objects_get_the_ids_of_a_fresh_company() {
    fact!(
        "Customer",
        "create",
        Recorded,
        "§8",
        "the first id in a fresh company is 58, shared with vendors"
    );
    fact!("Item", "create", Recorded, "§8", "the first id in a fresh company is 19");
    fact!("Account", "read", Recorded, "§8", "Undeposited Funds is 4, Checking 35");
    let mut c = company();
    assert_eq!(c.save("Customer", r#"{"DisplayName":"Ada"}"#)["Id"], "58");
    assert_eq!(c.save("Vendor", r#"{"DisplayName":"Parcels"}"#)["Id"], "59");
    assert_eq!(c.save("Item", r#"{"Name":"Mug","IncomeAccountRef":{"value":"79"}}"#)["Id"], "19");
    assert_eq!(c.get("account/4").entity("Account")["Name"], "Undeposited Funds");
    assert_eq!(c.get("account/35").entity("Account")["AccountType"], "Bank");
    for (name, body) in [
        ("Class", r#"{"Name":"Web"}"#),
        ("Department", r#"{"Name":"Shop"}"#),
        ("PaymentMethod", r#"{"Name":"Voucher"}"#),
        ("Term", r#"{"Name":"Net 45","DueDays":45}"#),
        ("Account", r#"{"Name":"Card clearing","AccountType":"Bank"}"#),
    ] {
        let made = c.save(name, body);
        assert_eq!(made["SyncToken"], "0", "{name}");
        assert_eq!(made["Active"], true, "{name}");
    }
}

#[test]
fn names_are_shared_by_customers_vendors_and_employees_also_inactive_ones() {
    fact!(
        "Customer",
        "create",
        Recorded,
        "§7",
        "a name that a vendor, employee or inactive customer has is 6240"
    );
    fact!(
        "Customer",
        "update",
        Recorded,
        "§2",
        "an inactive customer reads (deleted) behind its name"
    );
    fact!("Invoice", "create", Documented, "§7", "an inactive customer is 2500");
    let mut c = company();
    for (entity, name) in [("Customer", "card processor"), ("Vendor", "Shop Manager")] {
        let answer = c.post(&entity.to_lowercase(), &format!(r#"{{"DisplayName":"{name}"}}"#));
        assert_eq!(answer.code(), "6240", "{name}");
        assert_eq!(answer.detail(), "The name supplied already exists. : null");
    }
    let ada = c.save("Customer", r#"{"DisplayName":"Ada"}"#);
    let off = c.save("Customer", &format!(r#"{},"sparse":true,"Active":false}}"#, key(&ada)));
    assert_eq!(off["DisplayName"], "Ada (deleted)");
    assert_eq!(c.post("vendor", r#"{"DisplayName":"Ada"}"#).code(), "6240");
    // an inactive customer cannot be used
    let sale = format!(
        r#"{{"CustomerRef":{{"value":{}}},"Line":[{{"Amount":1,"DetailType":"SalesItemLineDetail"}}]}}"#,
        ada["Id"]
    );
    assert_eq!(c.post("invoice", &sale).code(), "2500");
    // and comes back under its own name
    let on = c.save(
        "Customer",
        &format!(r#"{},"DisplayName":"Ada (deleted)","Active":true}}"#, key(&off)),
    );
    assert_eq!(on["DisplayName"], "Ada");
}

#[test]
fn names_follow_the_rules() {
    fact!("Customer", "create", Documented, "§8", "names hold no colon, tab or line end: 2040");
    fact!(
        "Customer",
        "create",
        Documented,
        "§8",
        "a display name is made from the parts of a name, none at all is 6080"
    );
    fact!(
        "Account",
        "create",
        Documented,
        "§7",
        "neither type nor subtype is 6010, an unknown type 2170"
    );
    fact!(
        "Item",
        "create",
        Documented,
        "§8",
        "an inventory item needs its accounts, start date and quantity: 2020"
    );
    fact!("Term", "create", Documented, "§8", "a term needs DueDays or DayOfMonthDue: 2020");
    let mut c = company();
    let long = "x".repeat(101);
    for (path, body, code) in [
        ("customer", r#"{"DisplayName":"a:b"}"#.to_owned(), "2040"),
        ("customer", r#"{"DisplayName":"a\tb"}"#.to_owned(), "2040"),
        ("account", r#"{"Name":"a\"b","AccountType":"Bank"}"#.to_owned(), "2040"),
        ("customer", r#"{"CompanyName":"No name"}"#.to_owned(), "6080"),
        ("item", format!(r#"{{"Name":"{long}","IncomeAccountRef":{{"value":"1"}}}}"#), "2050"),
        ("item", r#"{"Name":"No account"}"#.to_owned(), "2020"),
        (
            "item",
            r#"{"Name":"Stock","Type":"Inventory","IncomeAccountRef":{"value":"79"}}"#.to_owned(),
            "2020",
        ),
        ("account", r#"{"Name":"Typeless"}"#.to_owned(), "6010"),
        ("account", r#"{"Name":"Odd","AccountType":"Piggy"}"#.to_owned(), "2170"),
        ("account", r#"{"Name":"checking","AccountType":"Bank"}"#.to_owned(), "6240"),
        ("term", r#"{"Name":"Whenever"}"#.to_owned(), "2020"),
        ("customer", r#"{"DisplayName":"Sub","ParentRef":{"value":"999"}}"#.to_owned(), "2500"),
    ] {
        assert_eq!(c.post(path, &body).code(), code, "{path} {body}");
    }
    let made = c.save("Customer", r#"{"GivenName":"Grace","FamilyName":"Hopper"}"#);
    assert_eq!(made["DisplayName"], "Grace Hopper");
}

#[test]
fn a_tree_renames_its_branches_and_ends_at_five_levels() {
    fact!(
        "Class",
        "update",
        Documented,
        "§9",
        "renaming a parent changes FullyQualifiedName of all below"
    );
    fact!("Class", "create", Documented, "§7", "a sixth level is 6180");
    let mut c = company();
    let mut parent = c.save("Class", r#"{"Name":"L1"}"#);
    let root = parent.clone();
    for level in 2..=5 {
        parent = c.save(
            "Class",
            &format!(
                r#"{{"Name":"L{level}","SubClass":true,"ParentRef":{{"value":{}}}}}"#,
                parent["Id"]
            ),
        );
    }
    assert_eq!(parent["FullyQualifiedName"], "L1:L2:L3:L4:L5");
    let six = format!(r#"{{"Name":"L6","ParentRef":{{"value":{}}}}}"#, parent["Id"]);
    assert_eq!(c.post("class", &six).code(), "6180");
    c.save("Class", &format!(r#"{},"sparse":true,"Name":"Top"}}"#, key(&root)));
    let path = format!("class/{}", parent["Id"].as_str().unwrap());
    assert_eq!(c.get(&path).entity("Class")["FullyQualifiedName"], "Top:L2:L3:L4:L5");
    // the same leaf name under another parent is free
    c.save("Class", r#"{"Name":"L5"}"#);
}

#[test]
fn sparse_keeps_and_full_clears_what_is_not_sent() {
    fact!("Customer", "sparse update", Documented, "§2", "what is not sent stays");
    fact!("Customer", "update", Recorded, "§2", "what is not sent is cleared");
    fact!(
        "Customer",
        "update",
        Recorded,
        "§2",
        "no change bumps neither SyncToken nor LastUpdatedTime"
    );
    fact!("Customer", "delete", Documented, "§2", "list objects are never deleted");
    let mut c = company();
    let ada = c.save(
        "Customer",
        r#"{"DisplayName":"Ada","GivenName":"Ada","PrimaryEmailAddr":{"Address":"ada@example.com"}}"#,
    );
    let sparse = c.save("Customer", &format!(r#"{},"sparse":true,"Notes":"vip"}}"#, key(&ada)));
    assert_eq!(sparse["PrimaryEmailAddr"]["Address"], "ada@example.com");
    assert_eq!((&sparse["Notes"], &sparse["SyncToken"]), (&"vip".into(), &"1".into()));
    let full = c.save("Customer", &format!(r#"{},"DisplayName":"Ada"}}"#, key(&sparse)));
    assert!(full.get("PrimaryEmailAddr").is_none() && full.get("Notes").is_none(), "{full}");
    // the same again changes neither token nor time
    let same = c.save("Customer", &format!(r#"{},"DisplayName":"Ada"}}"#, key(&full)));
    assert_eq!((&same["SyncToken"], &same["MetaData"]), (&full["SyncToken"], &full["MetaData"]));
    // stale
    let stale = c.post("customer", &format!(r#"{},"DisplayName":"Ada"}}"#, key(&ada)));
    assert_eq!(stale.code(), "5010");
    // list objects are never deleted
    let delete = c.post("customer?operation=delete", &format!("{}}}", key(&full)));
    assert_eq!(delete.code(), "500");
}

#[test]
fn an_account_with_a_balance_stays_active() {
    fact!(
        "Account",
        "update",
        Assumed,
        "§7",
        "an account with a balance cannot be made inactive: 6220"
    );
    fact!("Transfer", "create", Documented, "§8", "money moves from one account to the other");
    let mut c = company();
    c.save(
        "Transfer",
        r#"{"FromAccountRef":{"value":"36"},"ToAccountRef":{"value":"35"},"Amount":1}"#,
    );
    let checking = c.get("account/35").entity("Account");
    assert_eq!(checking["CurrentBalance"], "1.00");
    let off = format!(r#"{},"sparse":true,"Active":false}}"#, key(&checking));
    assert_eq!(c.post("account", &off).code(), "6220");
}

#[test]
fn company_and_preferences_are_readable() {
    fact!(
        "CompanyInfo",
        "read",
        Documented,
        "§8",
        "is read by the id of the company, and by a query"
    );
    fact!("Preferences", "read", Documented, "§8", "tells numbering, tax and currency settings");
    let mut c = company();
    let info = c.get("companyinfo/9130350000000001").entity("CompanyInfo");
    assert_eq!(info["Country"], "US");
    let asked = c.query("select * from CompanyInfo").body;
    assert_eq!(asked["QueryResponse"]["CompanyInfo"][0]["CompanyName"], info["CompanyName"]);
    let prefs = c.get("preferences").entity("Preferences");
    assert_eq!(prefs["SalesFormsPrefs"]["CustomTxnNumbers"], false);
    assert_eq!(prefs["CurrencyPrefs"]["HomeCurrency"]["value"], "USD");
    assert_eq!(prefs["TaxPrefs"]["PartnerTaxEnabled"], false);
}
