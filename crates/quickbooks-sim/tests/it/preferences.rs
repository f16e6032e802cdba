//! Writing Preferences, and what the switches do.

use serde_json::Value;

use crate::support::{Company, company, invoice, key};

fn prefs(c: &mut Company) -> Value {
    c.get("preferences").entity("Preferences")
}

fn set(c: &mut Company, sections: &str) -> Value {
    let old = prefs(c);
    c.save("Preferences", &format!(r#"{},"sparse":true,{sections}}}"#, key(&old)))
}

fn read(c: &mut Company, name: &str, of: &Value) -> Value {
    let id = of["Id"].as_str().unwrap();
    c.get(&format!("{}/{id}", name.to_lowercase())).entity(name)
}

#[test]
fn switches_are_written_one_by_one() {
    fact!(
        "Preferences",
        "update",
        Documented,
        "§8",
        "sparse, by sections; what is not named stays"
    );
    fact!("Preferences", "update", Assumed, "§2", "a full update keeps what it omits too");
    let mut c = company();
    let before = prefs(&mut c);
    let p = set(&mut c, r#""SalesFormsPrefs":{"CustomTxnNumbers":true}"#);
    assert_eq!(p["SalesFormsPrefs"]["CustomTxnNumbers"], true);
    assert_eq!(p["SyncToken"], "1");
    assert_eq!(p["SalesFormsPrefs"]["AllowDiscount"], before["SalesFormsPrefs"]["AllowDiscount"]);
    assert!(c.save("Invoice", &invoice("1")).get("DocNumber").is_none(), "numbers are custom now");
    let p = set(
        &mut c,
        r#""AccountingInfoPrefs":{"BookCloseDate":"2026-02-28"},"SalesFormsPrefs":{"DefaultTerms":{"value":"2"}},"OtherPrefs":{"NameValue":[{"Name":"WarnDuplicateBillNumber","Value":"true"}]}"#,
    );
    assert_eq!(p["AccountingInfoPrefs"]["BookCloseDate"], "2026-02-28");
    assert_eq!(p["SalesFormsPrefs"]["DefaultTerms"]["value"], "2");
    assert!(c.sim.prefs().warn_duplicate_bill_number);
    let early = invoice("1").replacen('{', r#"{"TxnDate":"2026-02-28","#, 1);
    assert_eq!(c.post("invoice", &early).code(), "6210");
    let late = invoice("1").replacen('{', r#"{"TxnDate":"2026-03-01","#, 1);
    assert_eq!(c.save("Invoice", &late)["DueDate"], "2026-03-16");
    let p = set(&mut c, r#""AccountingInfoPrefs":{"BookCloseDate":null}"#);
    assert!(p["AccountingInfoPrefs"].get("BookCloseDate").is_none());
    c.save("Invoice", &early);
    // what was read can be written back, and changes nothing
    let text = c.get("preferences").text;
    let object =
        text.split_once("{\"Preferences\":").unwrap().1.rsplit_once(",\"time\"").unwrap().0;
    assert_eq!(c.post("preferences", object).entity("Preferences")["SyncToken"], "3");
}

#[test]
fn refusals_of_preferences() {
    fact!(
        "Preferences",
        "update",
        Documented,
        "§7",
        "2010, 2020, 2060, 2230, 2500 and 5010 where they apply"
    );
    let mut c = company();
    for (body, code) in [
        (r#"{"SalesFormsPrefs":{}}"#, "2020"),
        (r#"{"SyncToken":"7","SalesFormsPrefs":{}}"#, "5010"),
        (r#"{"SyncToken":"0","SalesPrefs":{}}"#, "2010"),
        (r#"{"SyncToken":"0","SalesFormsPrefs":{"CustomNumbers":true}}"#, "2010"),
        (r#"{"SyncToken":"0","SalesFormsPrefs":{"AllowDiscount":"perhaps"}}"#, "2230"),
        (r#"{"SyncToken":"0","SalesFormsPrefs":{"DefaultTerms":{"value":"99"}}}"#, "2500"),
        (r#"{"SyncToken":"0","AccountingInfoPrefs":{"BookCloseDate":"soon"}}"#, "2060"),
    ] {
        assert_eq!(c.post("preferences", body).code(), code, "{body}");
    }
    assert_eq!(prefs(&mut c)["SyncToken"], "0");
    assert_eq!(c.post("preferences?operation=delete", r#"{"SyncToken":"0"}"#).code(), "500");
}

#[test]
fn credits_are_applied_by_the_company_itself() {
    fact!(
        "Preferences",
        "AutoApplyCredit",
        Recorded,
        "§8",
        "a new invoice takes the customer's open credit memos through a payment of zero"
    );
    fact!(
        "Preferences",
        "AutoApplyCredit",
        Assumed,
        "§8",
        "a new credit memo pays open invoices; unapplied money is used too; the oldest first"
    );
    let mut c = company();
    let memo = |amount: &str, day: u8| {
        invoice(amount).replacen('{', &format!(r#"{{"TxnDate":"2026-03-0{day}","#), 1)
    };
    let before = c.save("CreditMemo", &memo("30", 2));
    let i = c.save("Invoice", &invoice("10"));
    assert_eq!(i["Balance"], "10.00", "nothing happens while the switch is off");
    c.post("invoice?operation=delete", &format!("{}}}", key(&i))).entity("Invoice");
    set(&mut c, r#""SalesFormsPrefs":{"AutoApplyCredit":true}"#);

    let older = c.save("CreditMemo", &memo("5", 1));
    let i = c.save("Invoice", &invoice("20"));
    assert_eq!(i["Balance"], 0, "the answer shows it already");
    assert_eq!(read(&mut c, "CreditMemo", &older)["RemainingCredit"], 0);
    assert_eq!(read(&mut c, "CreditMemo", &before)["RemainingCredit"], "15.00");
    let links = i["LinkedTxn"].as_array().unwrap().clone();
    assert_eq!(links.len(), 2);
    let p = c.get(&format!("payment/{}", links[1]["TxnId"].as_str().unwrap())).entity("Payment");
    assert_eq!((p["TotalAmt"].clone(), p["UnappliedAmt"].clone()), (0.into(), 0.into()));
    assert_eq!(p["PrivateNote"], "Created by QB Online to link credits to charges.");

    // money that was not applied yet
    let money = c.save("Payment", r#"{"CustomerRef":{"value":"1"},"TotalAmt":8}"#);
    let i = c.save("Invoice", &invoice("40"));
    assert_eq!(i["Balance"], "17.00");
    let money = read(&mut c, "Payment", &money);
    assert_eq!(
        (money["UnappliedAmt"].clone(), money["Line"][0]["Amount"].clone()),
        (0.into(), "8.00".into())
    );
    // a later credit pays what is open; another customer's does not
    c.save(
        "CreditMemo",
        &memo("9", 3).replace(r#""CustomerRef":{"value":"1"}"#, r#""CustomerRef":{"value":"2"}"#),
    );
    c.save("CreditMemo", &memo("12", 3));
    assert_eq!(read(&mut c, "Invoice", &i)["Balance"], "5.00");
    assert_eq!(c.get("customer/1").entity("Customer")["Balance"], "5.00");
    assert_eq!(c.get("customer/2").entity("Customer")["Balance"], "-9.00");
}

#[test]
fn what_is_not_tracked_is_left_out_without_a_word() {
    fact!(
        "Preferences",
        "TrackDepartments",
        Assumed,
        "§8",
        "off, a DepartmentRef is taken and left out, at the head and in lines of journals"
    );
    fact!(
        "Preferences",
        "ClassTrackingPerTxnLine",
        Assumed,
        "§8",
        "off, a ClassRef is taken and left out; with ClassTrackingPerTxn forms keep that of the head"
    );
    let mut c = company();
    let id = |o: &Value| o["Id"].as_str().unwrap().to_owned();
    let berlin = id(&c.save("Department", r#"{"Name":"Berlin"}"#));
    let retail = id(&c.save("Class", r#"{"Name":"Retail"}"#));
    let head =
        format!(r#"{{"DepartmentRef":{{"value":"{berlin}"}},"ClassRef":{{"value":"{retail}"}},"#);
    let detail = format!(r#""SalesItemLineDetail":{{"ClassRef":{{"value":"{retail}"}},"#);
    let form = invoice("10").replacen('{', &head, 1);
    let form = form.replacen("\"SalesItemLineDetail\":{", &detail, 1);
    let refs = |o: &Value| {
        let name = |r: &Value| r["name"].as_str().unwrap_or_default().to_owned();
        let line = &o["Line"][0]["SalesItemLineDetail"]["ClassRef"];
        [name(&o["DepartmentRef"]), name(&o["ClassRef"]), name(line)]
    };
    assert_eq!(refs(&c.save("Invoice", &form)), ["Berlin", "", "Retail"]);
    let per_form =
        r#""AccountingInfoPrefs":{"ClassTrackingPerTxn":true,"ClassTrackingPerTxnLine":false}"#;
    let p = set(&mut c, per_form);
    assert_eq!(p["AccountingInfoPrefs"]["ClassTrackingPerTxn"], true);
    assert_eq!(refs(&c.save("Invoice", &form)), ["Berlin", "Retail", ""]);
    let journal = format!(
        r#"{{"Line":[{{"Amount":5,"DetailType":"JournalEntryLineDetail","JournalEntryLineDetail":{{"PostingType":"Debit","AccountRef":{{"value":"35"}},"ClassRef":{{"value":"{retail}"}},"DepartmentRef":{{"value":"{berlin}"}}}}}},{{"Amount":5,"DetailType":"JournalEntryLineDetail","JournalEntryLineDetail":{{"PostingType":"Credit","AccountRef":{{"value":"36"}}}}}}]}}"#
    );
    let of = |o: &Value| {
        let detail = &o["Line"][0]["JournalEntryLineDetail"];
        [detail["ClassRef"].is_object(), detail["DepartmentRef"].is_object()]
    };
    assert_eq!(of(&c.save("JournalEntry", &journal)), [true, true]);
    let off = r#""AccountingInfoPrefs":{"TrackDepartments":false,"ClassTrackingPerTxn":false}"#;
    set(&mut c, off);
    assert_eq!(refs(&c.save("Invoice", &form)), ["", "", ""]);
    assert_eq!(of(&c.save("JournalEntry", &journal)), [false, false]);
}
