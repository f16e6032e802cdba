//! A company with seed data: counts, ids and books of a fresh sandbox.

use std::collections::BTreeMap;

use quickbooks_sim::{CompanyPrefs, Config, Profile, Simulator, TxnKind};

use crate::support::{Company, company_of, invoice};

fn sandbox() -> Company {
    company_of(Config { seed_data: true, ..Config::default() })
}

fn count(c: &mut Company, from: &str) -> u64 {
    c.query(&format!("select count(*) from {from}")).body["QueryResponse"]["totalCount"]
        .as_u64()
        .unwrap()
}

#[test]
fn the_lists_have_the_counts_and_ids_of_a_fresh_sandbox() {
    fact!(
        "Sandbox",
        "lists",
        Recorded,
        "§8",
        "57 names, 18 items, 20 income accounts, Undeposited Funds 4, Checking 35; first new customer 58, item 19"
    );
    let mut c = sandbox();
    let names = ["Customer", "Vendor", "Employee"].map(|list| count(&mut c, list));
    assert_eq!((names, names.iter().sum::<u64>()), ([29, 26, 2], 57));
    assert_eq!(count(&mut c, "Item"), 18);
    assert_eq!(count(&mut c, "Account where AccountType = 'Income'"), 20);
    for (path, name, wanted) in [
        ("account/4", "Account", "Undeposited Funds"),
        ("account/35", "Account", "Checking"),
        ("item/1", "Item", "Services"),
        ("item/2", "Item", "Hours"),
    ] {
        assert_eq!(c.get(path).entity(name)["Name"], wanted);
    }
    assert_eq!(c.get("item/5").entity("Item")["Type"], "Inventory");
    assert_eq!(c.get("customer/9").entity("Customer")["FullyQualifiedName"], "Harbour Hotel:Lobby");
    assert_eq!(c.save("Vendor", r#"{"DisplayName":"New"}"#)["Id"], "58");
    assert_eq!(
        c.save("Item", r#"{"Name":"New","Type":"Service","IncomeAccountRef":{"value":"1"}}"#)["Id"],
        "19"
    );
    assert_eq!(c.save("Account", r#"{"Name":"New","AccountType":"Bank"}"#)["Id"], "92");
}

#[test]
fn sales_forms_show_the_text_fields_of_the_company() {
    fact!(
        "Invoice",
        "create",
        Recorded,
        "§2",
        "CustomField holds DefinitionId, Name and Type of each field of the company"
    );
    fact!(
        "Preferences",
        "read",
        Assumed,
        "§8",
        "SalesFormsPrefs.CustomField holds the switches and names of the text fields"
    );
    let mut c = sandbox();
    let made = c.save("Invoice", &invoice("10"));
    let empty = r#"[{"DefinitionId":"1","Name":"Crew #","Type":"StringType"}]"#;
    assert_eq!(made["CustomField"].to_string(), empty);
    let same = c.save("Invoice", &made.to_string());
    assert_eq!(same["SyncToken"], "0", "written back as it was read, nothing changes");
    let field = r#"{"DefinitionId":"1","StringValue":"North"}"#;
    let filled = invoice("10").replacen('{', &format!(r#"{{"CustomField":[{field}],"#), 1);
    let filled = c.save("Invoice", &filled);
    assert_eq!(filled["CustomField"][0]["Name"], "Crew #");
    assert_eq!(filled["CustomField"][0]["StringValue"], "North");
    let prefs = c.get("preferences").entity("Preferences");
    let fields = &prefs["SalesFormsPrefs"]["CustomField"];
    assert_eq!(fields[0]["CustomField"][0]["BooleanValue"], true);
    assert_eq!(fields[1]["CustomField"][0]["StringValue"], "Crew #");
    let none = CompanyPrefs::default();
    assert!(none.custom_fields.is_empty(), "an empty company has none");
}

#[test]
fn every_type_of_transaction_is_there_and_the_next_one_is_145() {
    fact!(
        "Sandbox",
        "transactions",
        Recorded,
        "§8",
        "seeded transactions lie below 145, the first new one gets 145"
    );
    let mut c = sandbox();
    let mut kinds: BTreeMap<TxnKind, u32> = BTreeMap::new();
    for t in c.sim.transactions() {
        assert!(t.id < 145 && t.txn_date.as_str() < "2026-03-02", "{t:?}");
        *kinds.entry(t.kind).or_default() += 1;
    }
    assert_eq!(kinds.len(), TxnKind::ALL.len(), "{kinds:?}");
    assert_eq!(
        kinds.values().sum::<u32>(),
        69,
        "none of the seeded documents was refused: {kinds:?}"
    );
    assert_eq!(c.sim.trial_balance().values().sum::<i64>(), 0);
    assert!(c.balance("Accounts Receivable (A/R)") > 0 && c.balance("Accounts Payable (A/P)") < 0);
    assert!(c.balance("Inventory Asset") > 0 && c.balance("Checking") > 0);
    let open = count(&mut c, "Invoice where Balance > '0'");
    let all = count(&mut c, "Invoice");
    assert!(open > 0 && open < all, "some are paid, some are not: {open} of {all}");
    assert_eq!(c.query("select * from Deposit").body["QueryResponse"]["maxResults"], 3);
    // what is new continues as in an empty company
    let i = c.save("Invoice", &invoice("1"));
    assert_eq!((i["Id"].clone(), i["DocNumber"].clone()), ("145".into(), "1038".into()));
    assert_eq!(c.save("Estimate", &invoice("1"))["DocNumber"], "1004");
}

#[test]
fn a_budget_can_be_read_and_not_written() {
    fact!("Budget", "read", Documented, "§8", "name, period and amounts by account and month");
    let mut c = sandbox();
    let found = c.query("select * from Budget where Name = 'Operations 2026' and Active = true");
    let budget = &found.body["QueryResponse"]["Budget"][0];
    assert_eq!(
        (budget["BudgetType"].clone(), budget["StartDate"].clone()),
        ("ProfitAndLoss".into(), "2026-01-01".into())
    );
    assert_eq!(budget["BudgetDetail"].as_array().unwrap().len(), 48);
    assert_eq!(budget["BudgetDetail"][3]["AccountRef"]["name"], "Rent or Lease");
    assert_eq!(c.get("budget/1").entity("Budget")["Id"], "1");
    assert_eq!(c.get("budget/2").code(), "610");
    assert_eq!(c.post("budget", r#"{"Name":"x"}"#).code(), "500");
    assert_eq!(
        crate::support::company().query("select * from Budget").body["QueryResponse"],
        serde_json::json!({})
    );
}

#[test]
fn other_regions_have_the_lists_and_no_documents() {
    fact!(
        "Sandbox",
        "profiles",
        Assumed,
        "§8",
        "outside the US there are lists and opening stock only"
    );
    let closed = CompanyPrefs {
        custom_txn_numbers: true,
        multi_currency: true,
        auto_apply_credit: true,
        book_close_date: Some("2026-12-31".to_owned()),
        ..CompanyPrefs::default()
    };
    let sim = Simulator::new(Config { seed_data: true, prefs: closed, ..Config::default() });
    assert_eq!(sim.transactions().count(), 69, "preferences are chosen after the history");
    for profile in Profile::ALL {
        let config = Config { seed_data: true, ..profile.config() };
        let sim = Simulator::new(config);
        let documents = sim.transactions().filter(|t| t.kind == TxnKind::Invoice).count();
        assert_eq!(documents > 0, profile.name().starts_with("us-"), "{profile}");
        assert_eq!(sim.trial_balance().values().sum::<i64>(), 0);
    }
}
