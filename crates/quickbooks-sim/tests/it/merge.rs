//! A person merges two customers or two vendors.

use serde_json::{Value, json};

use crate::host::{Caller, FIRST, two_companies};
use crate::support::{Company, company};
use quickbooks_sim::PersonEdit;

fn id_of(object: &Value) -> u32 {
    object["Id"].as_str().unwrap().parse().unwrap()
}

fn named(c: &mut Company, entity: &str, name: &str) -> u32 {
    id_of(&c.save(entity, &json!({ "DisplayName": name }).to_string()))
}

fn merge(c: &mut Company, from: u32, into: u32) -> Result<(), String> {
    c.sim.edit_by_person(from, &PersonEdit::Merge { into }, c.now_us)
}

/// An invoice of 30.00, half of it paid, and a journal entry on receivables.
fn trade(c: &mut Company, customer: u32) -> (u32, u32, u32) {
    let line = json!({"Amount": 30, "DetailType": "SalesItemLineDetail",
                      "SalesItemLineDetail": {"ItemRef": {"value": "1"}}});
    let of = json!({ "value": customer.to_string() });
    let invoice = c.save("Invoice", &json!({"CustomerRef": of, "Line": [line]}).to_string());
    let applied =
        json!([{"Amount": 15, "LinkedTxn": [{"TxnId": invoice["Id"], "TxnType": "Invoice"}]}]);
    let payment = json!({"CustomerRef": of, "TotalAmt": 15, "Line": applied});
    let payment = c.save("Payment", &payment.to_string());
    let accounts = c.query("select * from Account where AccountType = 'Accounts Receivable'");
    let income = c.query("select * from Account where AccountType = 'Income'");
    let leg = |side: &str, account: &Value, entity: Option<&Value>| {
        let mut detail = json!({"PostingType": side, "AccountRef": {"value": account}});
        if let Some(of) = entity {
            detail["Entity"] = json!({"Type": "Customer", "EntityRef": of});
        }
        json!({"Amount": 4, "DetailType": "JournalEntryLineDetail", "JournalEntryLineDetail": detail})
    };
    let lines = [
        leg("Debit", &accounts.body["QueryResponse"]["Account"][0]["Id"], Some(&of)),
        leg("Credit", &income.body["QueryResponse"]["Account"][0]["Id"], None),
    ];
    let entry = c.save("JournalEntry", &json!({ "Line": lines }).to_string());
    (id_of(&invoice), id_of(&payment), id_of(&entry))
}

#[test]
fn the_transactions_of_a_merged_customer_are_the_survivors() {
    fact!("Customer", "merge", Documented, "§5", "the other takes over all transactions");
    fact!("Customer", "merge", Assumed, "§5", "the merged one is gone and listed as deleted");
    let mut c = company();
    let (from, into) = (named(&mut c, "Customer", "Ann"), named(&mut c, "Customer", "Ann Lee"));
    let (invoice, payment, entry) = trade(&mut c, from);
    let before = c.sim.trial_balance();
    merge(&mut c, from, into).unwrap();

    for (path, id) in [("invoice", invoice), ("payment", payment)] {
        let answer = c.get(&format!("{path}/{id}"));
        let (_, object) = answer.body.as_object().unwrap().iter().next().unwrap();
        let survivor = json!({"value": into.to_string(), "name": "Ann Lee"});
        assert_eq!(object["CustomerRef"], survivor, "{}", answer.text);
        assert_ne!(object["SyncToken"], "0", "a new version");
    }
    let entry = c.get(&format!("journalentry/{entry}")).entity("JournalEntry");
    let entity = &entry["Line"][0]["JournalEntryLineDetail"]["Entity"]["EntityRef"];
    assert_eq!(entity["value"], into.to_string());
    let survivor = c.get(&format!("customer/{into}")).entity("Customer");
    assert_eq!(survivor["Balance"], "19.00", "what was owed by either");
    assert_eq!(c.sim.trial_balance(), before);

    assert_eq!(c.get(&format!("customer/{from}")).code(), "610");
    let gone =
        c.query("select * from Customer where DisplayName = 'Ann' and Active IN (true,false)");
    assert!(gone.body["QueryResponse"].as_object().unwrap().is_empty(), "{}", gone.text);
    let changes = c.get("cdc?entities=Customer,Invoice&changedSince=2026-03-02T10:00:00-08:00");
    let blocks = &changes.body["CDCResponse"][0]["QueryResponse"];
    let rows = blocks[0]["Customer"].as_array().unwrap();
    let deleted: Vec<_> = rows.iter().filter(|r| r["status"] == "Deleted").collect();
    assert_eq!(deleted.len(), 1, "{}", changes.text);
    assert_eq!(deleted[0]["Id"], from.to_string());
    assert_eq!(blocks[1]["Invoice"][0]["Id"], invoice.to_string());

    // The name is free, and what is paid off leaves nothing behind.
    named(&mut c, "Customer", "Ann");
    let rest = json!({"CustomerRef": {"value": into.to_string()}, "TotalAmt": 15, "Line":
        [{"Amount": 15, "LinkedTxn": [{"TxnId": invoice.to_string(), "TxnType": "Invoice"}]}]});
    c.save("Payment", &rest.to_string());
    let survivor = c.get(&format!("customer/{into}")).entity("Customer");
    assert_eq!(survivor["Balance"], "4.00");
}

#[test]
fn what_cannot_be_merged_is_refused_and_nothing_changes() {
    let mut c = company();
    let (one, other) = (named(&mut c, "Customer", "One"), named(&mut c, "Customer", "Other"));
    let vendor = named(&mut c, "Vendor", "Vendor");
    let child = json!({"DisplayName": "Child", "Job": true,
                       "ParentRef": {"value": one.to_string()}});
    c.save("Customer", &child.to_string());
    let body = format!(r#"{{"Id":"{vendor}","SyncToken":"0","sparse":true,"Active":false}}"#);
    let second = named(&mut c, "Vendor", "Second");
    c.save("Vendor", &body);
    for (from, into) in
        [(one, other), (other, other), (other, vendor), (second, vendor), (other, 9_999)]
    {
        merge(&mut c, from, into).unwrap_err();
    }
    assert_eq!(c.get(&format!("customer/{other}")).entity("Customer")["Active"], true);
    let third = named(&mut c, "Vendor", "Third");
    merge(&mut c, second, third).unwrap();
    assert_eq!(c.get(&format!("vendor/{second}")).code(), "610");
}

#[test]
fn webhooks_tell_of_a_merge_once_and_name_both() {
    fact!(
        "Webhooks",
        "merge",
        Documented,
        "§5",
        "the survivor's id, and deletedId in the older form"
    );
    for (format, cloud) in [("event_notifications", false), ("cloud_events", true)] {
        let mut c = Caller::new(two_companies());
        let rules =
            json!({"url": "http://127.0.0.1:9/hook", "verifier": "secret", "format": format});
        let (token, _) = c.connect(FIRST);
        let mut make = |name: &str| {
            let uri = format!("/v3/company/{FIRST}/customer");
            let made = c.send("POST", &uri, &token, &json!({ "DisplayName": name }).to_string());
            id_of(&serde_json::from_str::<Value>(&made.text).unwrap()["Customer"])
        };
        let (from, into) = (make("Ann"), make("Ann Lee"));
        c.invoice(FIRST, &token, "5");
        c.control("PUT", "/webhooks", &rules);
        let did = c.control("POST", "/person", &json!({"id": from, "merge_into": into}));
        assert_eq!(did["changed"][0]["operation"], "Merge", "{did}");
        c.now_us += 120_000_000;
        let all = c.host.due(c.now_us);
        assert_eq!(all.len(), 1);
        let body: Value = serde_json::from_slice(&all[0].body).unwrap();
        if cloud {
            assert_eq!(body[0]["type"], "qbo.customer.merged.v1");
            assert_eq!(body[0]["intuitentityid"], into.to_string());
        } else {
            let told = &body["eventNotifications"][0]["dataChangeEvent"]["entities"];
            assert_eq!(told.as_array().unwrap().len(), 1);
            assert_eq!(told[0]["operation"], "Merge");
            assert_eq!(
                (&told[0]["id"], &told[0]["deletedId"]),
                (&into.to_string().into(), &from.to_string().into())
            );
        }
    }
}
