//! Versions, full and sparse updates of transactions, closed books, identifiers.

use crate::support::{company, invoice, key};

#[test]
fn a_full_update_clears_what_is_not_sent_and_renumbers_lines() {
    fact!(
        "SalesReceipt",
        "update",
        Recorded,
        "§2",
        "what is not sent is cleared, the number stays, a line without id gets a new one"
    );
    let mut c = company();
    let r = c.save(
        "SalesReceipt",
        r#"{"CustomerRef":{"value":"1"},"PrivateNote":"n","DocNumber":"A1","Line":[{"Amount":5,"DetailType":"SalesItemLineDetail"}]}"#,
    );
    let full = c.save(
        "SalesReceipt",
        &format!(r#"{},"Line":[{{"Amount":6,"DetailType":"SalesItemLineDetail"}}]}}"#, key(&r)),
    );
    assert!(full.get("CustomerRef").is_none() && full.get("PrivateNote").is_none(), "{full}");
    assert_eq!(full["DocNumber"], "A1");
    assert_eq!(full["Line"][0]["Id"], "2", "a line without id is a new line");
    assert_eq!(full["TxnDate"], r["TxnDate"]);
    assert_eq!(c.balance("Undeposited Funds"), 600);
}

#[test]
fn a_sparse_update_changes_only_what_is_sent_and_a_no_op_changes_nothing() {
    fact!(
        "Invoice",
        "sparse update",
        Documented,
        "§2",
        "what is not sent stays; a line keeps its id when sent with it"
    );
    let mut c = company();
    let i = c.save("Invoice", &invoice("10"));
    let s = c.save("Invoice", &format!(r#"{},"sparse":true,"PrivateNote":"seen"}}"#, key(&i)));
    assert_eq!(s["CustomerRef"], i["CustomerRef"]);
    assert_eq!(s["Line"], i["Line"]);
    assert_eq!(s["SyncToken"], "1");
    let again = c.save("Invoice", &format!(r#"{},"sparse":true,"PrivateNote":"seen"}}"#, key(&s)));
    assert_eq!((&again["SyncToken"], &again["MetaData"]), (&s["SyncToken"], &s["MetaData"]));
    // the line keeps its id when it is sent with it
    let line = r#""Line":[{"Id":"1","Amount":11,"DetailType":"SalesItemLineDetail"}]"#;
    let third = c.save("Invoice", &format!(r#"{},"sparse":true,{line}}}"#, key(&s)));
    assert_eq!(third["Line"][0]["Id"], "1");
    assert_eq!(c.balance("Accounts Receivable (A/R)"), 1_100);
}

#[test]
fn a_stale_token_is_refused_in_the_recorded_words() {
    fact!(
        "Invoice",
        "update",
        Recorded,
        "§2",
        "a stale SyncToken is 5010 and names the other user"
    );
    let mut c = company();
    let i = c.save("Invoice", &invoice("10"));
    c.save("Invoice", &format!(r#"{},"sparse":true,"PrivateNote":"seen"}}"#, key(&i)));
    let stale = c.post("invoice", &format!(r#"{},"sparse":true,"PrivateNote":"late"}}"#, key(&i)));
    assert_eq!(
        (stale.status, stale.code(), stale.detail()),
        (
            400,
            "5010",
            "Stale Object Error : You and Office Manager were working on this at the same time. \
             Office Manager finished before you did, so your work was not saved."
        )
    );
    assert_eq!(stale.body["Fault"]["type"], "ValidationFault");
}

#[test]
fn ids_that_are_no_numbers_and_objects_that_are_not_there() {
    fact!(
        "Invoice",
        "read",
        Recorded,
        "§2",
        "an id that is no number is 2030, one that is not there 610"
    );
    fact!("Errors", "500", Recorded, "§2", "an unknown path is 500, Unsupported Operation");
    fact!("Errors", "400", Documented, "§7", "a body that is no JSON is MalformedRequest");
    let mut c = company();
    let i = c.save("Invoice", &invoice("10"));
    let id = c.get("invoice/1.5");
    assert_eq!((id.status, id.code()), (400, "2030"));
    assert_eq!(id.detail(), "Id should be a valid number. Supplied value:1.5");
    assert_eq!(id.body["Fault"]["Error"][0]["element"], "Id");
    assert_eq!(c.get("invoice/999").code(), "610");
    assert_eq!(c.get(&format!("payment/{}", i["Id"].as_str().unwrap())).code(), "610");
    assert_eq!(c.post("invoice?operation=delete", r#"{"Id":"999","SyncToken":"0"}"#).code(), "610");
    assert_eq!(c.post("invoice?operation=delete", r#"{"SyncToken":"0"}"#).code(), "2020");
    assert_eq!(
        c.post("invoice?operation=delete", &format!(r#"{{"Id":{}}}"#, i["Id"])).code(),
        "2020"
    );
    assert_eq!(c.post("nonsense", "{}").code(), "500");
    assert_eq!(c.post("invoice", "{").code(), "400");
}

#[test]
fn closed_books_refuse_create_update_void_and_delete() {
    fact!(
        "Errors",
        "6210",
        Documented,
        "§7",
        "closed books refuse create, update, void and delete, and moving a date into them"
    );
    let mut c = company();
    let dated = |date: &str| format!(r#"{{"TxnDate":"{date}",{}"#, &invoice("10")[1..]);
    let old = c.save("Invoice", &dated("2026-01-31"));
    let new = c.save("Invoice", &dated("2026-02-01"));
    let mut prefs = c.sim.prefs().clone();
    prefs.book_close_date = Some("2026-01-31".to_owned());
    c.sim.set_prefs(prefs, c.now_us);
    assert_eq!(c.post("invoice", &dated("2026-01-31")).code(), "6210");
    for path in ["invoice?operation=delete", "invoice?operation=void", "invoice"] {
        let body = format!(r#"{},"sparse":true,"PrivateNote":"x"}}"#, key(&old));
        assert_eq!(c.post(path, &body).code(), "6210", "{path}");
    }
    // nor can an open one be moved into the closed books
    let moved = format!(r#"{},"sparse":true,"TxnDate":"2026-01-15"}}"#, key(&new));
    assert_eq!(c.post("invoice", &moved).code(), "6210");
    c.save("Invoice", &dated("2026-02-01"));
}

#[test]
fn an_ended_subscription_refuses_everything() {
    fact!("Errors", "6190", Documented, "§7", "an ended subscription refuses every call");
    let mut c = company();
    let mut prefs = c.sim.prefs().clone();
    prefs.subscription_ended = true;
    c.sim.set_prefs(prefs, c.now_us);
    assert_eq!(c.get("companyinfo/9130350000000001").code(), "6190");
}

#[test]
fn a_voided_transaction_takes_a_note_but_no_amount() {
    fact!("Invoice", "update", Assumed, "§2", "a voided invoice takes a note, an amount is 6000");
    let mut c = company();
    let i = c.save("Invoice", &invoice("10"));
    let v = c.post("invoice?operation=void", &format!("{}}}", key(&i))).entity("Invoice");
    let note = format!(r#"{},"sparse":true,"PrivateNote":"Voided - twice"}}"#, key(&v));
    let v = c.save("Invoice", &note);
    assert_eq!(v["PrivateNote"], "Voided - twice");
    let body = format!("{},{}", key(&v), &invoice("10")[1..]);
    assert_eq!(c.post("invoice", &body).code(), "6000");
    assert!(c.sim.trial_balance().is_empty());
}

/// Read, parse, write back: what a client does that has nothing to change.
#[test]
fn an_object_written_back_as_read_is_a_no_op() {
    fact!(
        "Requests",
        "update",
        Recorded,
        "§2",
        "every entity written back as it was read changes nothing"
    );
    let mut c = company();
    let sale = r#""Line":[{"Amount":40,"Description":"Mug","DetailType":"SalesItemLineDetail","SalesItemLineDetail":{"ItemRef":{"value":"3"},"Qty":4,"UnitPrice":10,"TaxCodeRef":{"value":"TAX"},"ServiceDate":"2026-03-01"}},{"DetailType":"DescriptionOnly","Description":"thanks"},{"DetailType":"DiscountLineDetail","DiscountLineDetail":{"PercentBased":true,"DiscountPercent":12.5}}]"#;
    let form = format!(
        r#""CustomerRef":{{"value":"1"}},"PrivateNote":"n \"q\" \\ é","BillAddr": {{ "Line1": "1 High St", "City":"X" }},"CustomerMemo":{{"value":"hi"}},"TxnTaxDetail":{{"TotalTax":2.63,"TaxLine":[]}},{sale}"#
    );
    let link = |id: &str, kind: &str, amount: &str| {
        format!(r#"{{"Amount":{amount},"LinkedTxn":[{{"TxnId":"{id}","TxnType":"{kind}"}}]}}"#)
    };
    let journal = |side: &str| {
        format!(
            r#"{{"Amount":7,"DetailType":"JournalEntryLineDetail","JournalEntryLineDetail":{{"PostingType":"{side}","AccountRef":{{"value":"35"}}}}}}"#
        )
    };
    let bodies = [
        ("Invoice", format!("{{{form}}}")),
        ("SalesReceipt", format!("{{{form}}}")),
        ("CreditMemo", format!("{{{form}}}")),
        ("RefundReceipt", format!(r#"{{"DepositToAccountRef":{{"value":"4"}},{form}}}"#)),
        (
            "Payment",
            format!(
                r#"{{"CustomerRef":{{"value":"1"}},"TotalAmt":9,"PaymentRefNum":"p","PaymentMethodRef":{{"value":"3"}},"Line":[{}]}}"#,
                link("145", "Invoice", "9")
            ),
        ),
        ("JournalEntry", format!(r#"{{"Line":[{},{}]}}"#, journal("Debit"), journal("Credit"))),
        (
            "Deposit",
            format!(
                r#"{{"DepositToAccountRef":{{"value":"35"}},"Line":[{},{{"Amount":-1,"DetailType":"DepositLineDetail","DepositLineDetail":{{"AccountRef":{{"value":"11"}}}}}}]}}"#,
                link("146", "SalesReceipt", "37.63")
            ),
        ),
        ("Transfer", r#"{"FromAccountRef":{"value":"36"},"ToAccountRef":{"value":"35"},"Amount":5}"#.to_owned()),
        (
            "Purchase",
            r#"{"AccountRef":{"value":"35"},"PaymentType":"Cash","EntityRef":{"value":"3"},"Line":[{"Amount":4,"DetailType":"AccountBasedExpenseLineDetail","AccountBasedExpenseLineDetail":{"AccountRef":{"value":"11"}}}]}"#
                .to_owned(),
        ),
        ("Customer", r#"{"DisplayName":"Ada","PrimaryEmailAddr":{"Address":"a@example.com"},"Notes":"n"}"#.to_owned()),
        ("Vendor", r#"{"DisplayName":"Parcels"}"#.to_owned()),
        ("Item", r#"{"Name":"Pot","Type":"Service","IncomeAccountRef":{"value":"79"},"UnitPrice":7.5}"#.to_owned()),
        ("Account", r#"{"Name":"Clearing","AccountType":"Bank"}"#.to_owned()),
        ("Class", r#"{"Name":"Web"}"#.to_owned()),
        ("Term", r#"{"Name":"Net 45","DueDays":45}"#.to_owned()),
    ];
    for (name, body) in &bodies {
        c.save(name, body);
    }
    let before = c.sim.trial_balance();
    for (name, id) in
        bodies.iter().map(|(name, _)| *name).zip((145..=153).chain([58, 59, 19, 92, 1, 5]))
    {
        let path = format!("{}/{id}", name.to_lowercase());
        let read = c.get(&path).entity(name);
        if read["LinkedTxn"][0]["TxnType"] == "Deposit" {
            continue;
        }
        let written = c.save(name, &read.to_string());
        assert_eq!(written, read, "{name}");
    }
    assert_eq!(c.sim.trial_balance(), before);
}
