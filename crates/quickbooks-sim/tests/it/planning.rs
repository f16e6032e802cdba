//! Estimates and hours: they post nothing until an invoice names them.

use serde_json::Value;

use crate::support::{Company, company, invoice, key};

fn read(c: &mut Company, name: &str, of: &Value) -> Value {
    let id = of["Id"].as_str().unwrap();
    c.get(&format!("{}/{id}", name.to_lowercase())).entity(name)
}

fn linked(amount: &str, links: &[(&Value, &str)]) -> String {
    let links: Vec<String> = links
        .iter()
        .map(|(of, kind)| format!(r#"{{"TxnId":{},"TxnType":"{kind}"}}"#, of["Id"]))
        .collect();
    format!(r#"{{"LinkedTxn":[{}],{}"#, links.join(","), &invoice(amount)[1..])
}

#[test]
fn an_estimate_posts_nothing_and_is_closed_by_its_invoice() {
    fact!(
        "Estimate",
        "create",
        Documented,
        "§8",
        "posts nothing; an invoice links to it, one invoice per estimate"
    );
    fact!(
        "Estimate",
        "read",
        Assumed,
        "§8",
        "Closed while an invoice names it, else the status as sent, Pending at first"
    );
    fact!(
        "Invoice",
        "update",
        Documented,
        "§8",
        "links to estimates and hours are written on the invoice, links to payments are not"
    );
    fact!("Invoice", "void", Documented, "§8", "a void clears the links on both sides");
    let mut c = company();
    let e = c.save("Estimate", &invoice("75"));
    assert_eq!((e["DocNumber"].clone(), e["TxnStatus"].clone()), ("1001".into(), "Pending".into()));
    assert_eq!((e["TotalAmt"].clone(), e.get("Balance")), ("75.00".into(), None));
    assert_eq!(e["Line"][1]["DetailType"], "SubTotalLineDetail");
    assert!(c.sim.trial_balance().is_empty());
    let e = c.save("Estimate", &format!(r#"{},"sparse":true,"TxnStatus":"Accepted"}}"#, key(&e)));
    assert_eq!(e["TxnStatus"], "Accepted");
    assert_eq!(
        c.post("estimate", &format!(r#"{},"sparse":true,"TxnStatus":"Maybe"}}"#, key(&e))).code(),
        "2170"
    );

    let i = c.save("Invoice", &linked("75", &[(&e, "Estimate")]));
    assert_eq!(i["DocNumber"], "1038", "invoices have a sequence of their own");
    assert_eq!(i["LinkedTxn"][0]["TxnType"], "Estimate");
    let e = read(&mut c, "Estimate", &e);
    assert_eq!(
        (e["TxnStatus"].clone(), e["LinkedTxn"][0]["TxnId"].clone()),
        ("Closed".into(), i["Id"].clone())
    );
    assert_eq!(
        c.query("select Id from Estimate where TxnStatus = 'Closed'").body["QueryResponse"]["maxResults"],
        1
    );
    // one invoice per estimate
    assert_eq!(c.post("invoice", &linked("75", &[(&e, "Estimate")])).code(), "620");
    // a payment comes after the estimate among the links, and a sparse update keeps both
    c.save("Payment", &format!(
        r#"{{"CustomerRef":{{"value":"1"}},"TotalAmt":5,"Line":[{{"Amount":5,"LinkedTxn":[{{"TxnId":{},"TxnType":"Invoice"}}]}}]}}"#, i["Id"]
    ));
    let i = read(&mut c, "Invoice", &i);
    let i = c.save("Invoice", &format!(r#"{},"sparse":true,"PrivateNote":"x"}}"#, key(&i)));
    let kinds: Vec<_> =
        i["LinkedTxn"].as_array().unwrap().iter().map(|l| l["TxnType"].clone()).collect();
    assert_eq!(kinds, ["Estimate", "Payment"]);
    // written back unchanged, nothing changes
    let text = c.get(&format!("invoice/{}", i["Id"].as_str().unwrap())).text;
    let object = text.split_once("{\"Invoice\":").unwrap().1.rsplit_once(",\"time\"").unwrap().0;
    let same = c.post("invoice", object).entity("Invoice");
    assert_eq!(same["SyncToken"], i["SyncToken"]);
    // an update without the link frees the estimate, and keeps the payment
    let i = c.save("Invoice", &format!("{},{}", key(&i), &invoice("75")[1..]));
    assert_eq!(i["LinkedTxn"].as_array().unwrap().len(), 1);
    assert_eq!(
        (i["LinkedTxn"][0]["TxnType"].clone(), i["Balance"].clone()),
        ("Payment".into(), "70.00".into())
    );
    assert_eq!(read(&mut c, "Estimate", &e)["TxnStatus"], "Accepted");
    // voiding an invoice frees it too
    let again = c.save("Invoice", &linked("75", &[(&e, "Estimate")]));
    c.post("invoice?operation=void", &format!("{}}}", key(&again))).entity("Invoice");
    let e = read(&mut c, "Estimate", &e);
    assert_eq!(e["LinkedTxn"], serde_json::json!([]));
    // deleting the estimate takes the link off the invoice
    let last = c.save("Invoice", &linked("75", &[(&e, "Estimate")]));
    let e = read(&mut c, "Estimate", &e);
    c.post("estimate?operation=delete", &format!("{}}}", key(&e))).entity("Estimate");
    let last = read(&mut c, "Invoice", &last);
    assert_eq!(
        (last["LinkedTxn"].clone(), last["SyncToken"].clone()),
        (serde_json::json!([]), "1".into())
    );
}

const HOURS: &str = r#"{"NameOf":"Employee","EmployeeRef":{"value":"5"},"TxnDate":"2026-03-01","Hours":2,"Minutes":30"#;

#[test]
fn hours_are_billed_once() {
    fact!(
        "TimeActivity",
        "create",
        Documented,
        "§8",
        "posts nothing; an invoice bills the hours of its customer"
    );
    fact!(
        "TimeActivity",
        "create",
        Assumed,
        "§8",
        "takes its id from the sequence of transactions, and item 2 unless told otherwise"
    );
    fact!("TimeActivity", "read", Documented, "§8", "HasBeenBilled while an invoice names it");
    let mut c = company();
    let t = c.save("TimeActivity", &format!("{HOURS}}}"));
    assert_eq!(
        (t["Id"].clone(), t["BillableStatus"].clone()),
        ("145".into(), "NotBillable".into())
    );
    assert_eq!(
        (t["EmployeeRef"]["name"].clone(), t["ItemRef"]["value"].clone()),
        ("Shop Manager".into(), "2".into())
    );
    assert!(t.get("Line").is_none() && t.get("CurrencyRef").is_none());
    let t = c.save("TimeActivity", &format!(
        r#"{},"sparse":true,"BillableStatus":"Billable","HourlyRate":40,"CustomerRef":{{"value":"1"}}}}"#, key(&t)
    ));
    assert_eq!((t["BillableStatus"].clone(), t["Hours"].clone()), ("Billable".into(), 2.into()));
    let i = c.save("Invoice", &linked("100", &[(&t, "TimeActivity")]));
    assert_eq!(i["LinkedTxn"][0]["TxnType"], "TimeActivity");
    assert_eq!(read(&mut c, "TimeActivity", &t)["BillableStatus"], "HasBeenBilled");
    let billed = c.query(
        "select * from TimeActivity where BillableStatus = 'HasBeenBilled' and EmployeeRef = '5'",
    );
    assert_eq!(billed.body["QueryResponse"]["maxResults"], 1);
    assert_eq!(
        c.query("select * from TimeActivity where VendorRef = '5'").body["QueryResponse"],
        serde_json::json!({})
    );
    assert_eq!(c.post("invoice", &linked("100", &[(&t, "TimeActivity")])).code(), "620");
    c.post("invoice?operation=delete", &format!("{}}}", key(&i))).entity("Invoice");
    let t = read(&mut c, "TimeActivity", &t);
    assert_eq!(t["BillableStatus"], "Billable");
    c.post("timeactivity?operation=delete", &format!("{}}}", key(&t))).entity("TimeActivity");
}

#[test]
fn refusals_of_hours() {
    fact!(
        "TimeActivity",
        "create",
        Assumed,
        "§7",
        "the codes 6290 to 6390 of the catalogue, where they apply"
    );
    let mut c = company();
    for (body, code) in [
        (HOURS.replace(r#""NameOf":"Employee","#, ""), "6300"),
        (HOURS.replace("\"Employee\"", "\"Vendor\""), "6290"),
        (HOURS.replace(r#","Hours":2,"Minutes":30"#, ""), "6350"),
        (HOURS.replace("30", "61"), "6380"),
        (HOURS.replace("\"Hours\":2", "\"Hours\":\"two\""), "6340"),
        (format!(r#"{HOURS},"BillableStatus":"Billable""#), "6310"),
        (format!(r#"{HOURS},"BillableStatus":"Billable","CustomerRef":{{"value":"1"}}"#), "6330"),
        (format!(r#"{HOURS},"BillableStatus":"Perhaps""#), "6320"),
        (format!(r#"{HOURS},"StartTime":"2026-03-01T08:00:00-08:00""#), "6360"),
        (
            format!(r#"{HOURS},"StartTime":"2026-03-01T08:00:00-08:00","EndTime":"2026-03-01T09:00:00-08:00""#),
            "6390",
        ),
        (
            HOURS.replace(
                r#""Hours":2,"Minutes":30"#,
                r#""StartTime":"2026-03-01T09:00:00-08:00","EndTime":"2026-03-01T08:00:00-08:00""#,
            ),
            "6370",
        ),
        (
            HOURS.replace(
                r#""Hours":2,"Minutes":30"#,
                r#""StartTime":"2026-03-01T08:00:00-08:00","EndTime":"2026-03-01T09:00:00-08:00","BreakHours":2"#,
            ),
            "6360",
        ),
        (format!(r#"{HOURS},"DocNumber":"1""#), "2010"),
    ] {
        assert_eq!(c.post("timeactivity", &format!("{body}}}")).code(), code, "{body}");
    }
}
