//! Batches: independence of items, limits, dedupe by request id and bId.

use crate::support::{company, company_of, invoice, key};
use quickbooks_sim::{Config, Limits};

#[test]
fn items_succeed_and_fail_on_their_own() {
    fact!(
        "Batch",
        "all",
        Recorded,
        "§4",
        "items succeed and fail one by one, in the order sent, in a 200"
    );
    fact!("Batch", "query", Recorded, "§4", "a Query item answers as the query endpoint does");
    fact!("Batch", "void", Documented, "§4", "an update with optionsData void voids");
    let mut c = company();
    let i = c.save("Invoice", &invoice("5"));
    let body = format!(
        r#"{{"BatchItemRequest":[
            {{"bId":"1","operation":"create","Vendor":{{"DisplayName":"New"}}}},
            {{"bId":"2","operation":"delete","Invoice":{{"Id":"999","SyncToken":"0"}}}},
            {{"bId":"3","operation":"update","optionsData":"void","Invoice":{}}}}},
            {{"bId":"4","Query":"select * from Vendor where DisplayName = 'New'"}},
            {{"bId":"5","operation":"explode","Vendor":{{}}}},
            {{"bId":"6","operation":"create","Nonsense":{{}}}},
            {{"bId":"7","operation":"create","Vendor":{{"DisplayName":"New"}}}}
        ]}}"#,
        key(&i)
    );
    let answer = c.post("batch", &body);
    assert_eq!(answer.status, 200);
    let r = &answer.body["BatchItemResponse"];
    assert_eq!((&r[0]["Vendor"]["DisplayName"], &r[0]["bId"]), (&"New".into(), &"1".into()));
    assert_eq!(r[1]["Fault"]["Error"][0]["code"], "610");
    assert_eq!(r[2]["Invoice"]["PrivateNote"], "Voided");
    assert_eq!(r[3]["QueryResponse"]["maxResults"], 1);
    assert_eq!(r[4]["Fault"]["Error"][0]["code"], "500");
    assert_eq!(r[5]["Fault"]["Error"][0]["code"], "2000");
    assert_eq!(r[6]["Fault"]["Error"][0]["code"], "6240");
    assert_eq!(r[6]["bId"], "7");
    let meter = c.sim.meter();
    assert_eq!((meter.batches, meter.batch_items, meter.voids, meter.queries), (1, 7, 1, 1));
    assert_eq!((meter.creates, meter.core, meter.core_plus), (2, 3, 1));
}

#[test]
fn size_and_shape() {
    fact!("Batch", "all", Documented, "§4", "thirty items at most, one more is 1040");
    fact!("Batch", "all", Recorded, "§4", "an empty batch is MalformedRequest, code 400");
    let mut c = company();
    let item = r#"{"bId":"1","Query":"select * from Vendor"}"#;
    let of = |n: usize| format!(r#"{{"BatchItemRequest":[{}]}}"#, vec![item; n].join(","));
    assert_eq!(c.post("batch", &of(30)).status, 200);
    assert_eq!(c.post("batch", &of(31)).code(), "1040");
    assert_eq!(c.post("batch", &of(0)).code(), "400");
    assert!(c.post("batch", "{}").detail().contains("Batch Request is Empty"));
}

#[test]
fn a_repeated_batch_repeats_its_answers_item_by_item() {
    fact!(
        "Request ids",
        "batch",
        Documented,
        "§2",
        "an item is repeated by request id and bId together"
    );
    fact!(
        "Request ids",
        "batch",
        Documented,
        "§2",
        "36 characters at most on a batch, 10 for each bId"
    );
    let mut c = company();
    let item =
        |b: &str| format!(r#"{{"bId":"{b}","operation":"create","Invoice":{}}}"#, invoice("5"));
    let of = |items: &[String]| format!(r#"{{"BatchItemRequest":[{}]}}"#, items.join(","));
    let first = c.post("batch?requestid=r1", &of(&[item("1"), item("2")]));
    let again = c.post("batch?requestid=r1", &of(&[item("2"), item("1"), item("3")]));
    let id = |a: &serde_json::Value, n: usize| a["BatchItemResponse"][n]["Invoice"]["Id"].clone();
    assert_eq!(id(&again.body, 0), id(&first.body, 1));
    assert_eq!(id(&again.body, 1), id(&first.body, 0));
    assert_eq!(c.sim.transactions().count(), 3, "the new bId is a new request");
    c.post("batch?requestid=r2", &of(&[item("1")]));
    assert_eq!(c.sim.transactions().count(), 4);
    // limits of the ids
    let long = c.post("batch?requestid=r3", &of(&[item("12345678901")]));
    assert_eq!(long.body["BatchItemResponse"][0]["Fault"]["Error"][0]["code"], "2130");
    let path = format!("batch?requestid={}", "r".repeat(37));
    assert_eq!(c.post(&path, &of(&[item("1")])).code(), "2130");
}

#[test]
fn a_failed_item_is_not_kept() {
    fact!("Request ids", "batch", Assumed, "§2", "a refused item may be sent again under its ids");
    let mut c = company();
    let of = |amount: &str| {
        format!(
            r#"{{"BatchItemRequest":[{{"bId":"1","operation":"create","Invoice":{}}}]}}"#,
            invoice(amount)
        )
    };
    let bad = c.post("batch?requestid=r1", &of("-5"));
    assert_eq!(bad.body["BatchItemResponse"][0]["Fault"]["Error"][0]["code"], "6000");
    let good = c.post("batch?requestid=r1", &of("5"));
    assert_eq!(good.body["BatchItemResponse"][0]["Invoice"]["Id"], "145");
}

fn items(items: &[&str]) -> String {
    format!(r#"{{"BatchItemRequest":[{}]}}"#, items.join(","))
}

#[test]
fn queries_changes_and_reports_are_items_too() {
    fact!(
        "Batch",
        "all",
        Documented,
        "§4",
        "Query, CDCQuery and ReportQuery items answer with QueryResponse, CDCResponse and Report"
    );
    fact!(
        "Batch",
        "all",
        Assumed,
        "§4",
        "a ReportQuery is the name of the report with its parameters"
    );
    let mut c = company();
    c.save("Invoice", &invoice("5"));
    let answer = c.post(
        "batch",
        &items(&[
            r#"{"bId":"1","CDCQuery":{"Entities":"Invoice,Payment","ChangedSince":"2026-03-01"}}"#,
            r#"{"bId":"2","ReportQuery":"ProfitAndLoss?start_date=2026-01-01&end_date=2026-12-31"}"#,
            r#"{"bId":"3","Query":"select count(*) from Invoice"}"#,
            r#"{"bId":"4","CDCQuery":{"Entities":"TaxCode","ChangedSince":"2026-03-01"}}"#,
            r#"{"bId":"5","CDCQuery":{"Entities":"Invoice"}}"#,
            r#"{"bId":"6","CDCQuery":{"Entity":"Invoice"}}"#,
            r#"{"bId":"7","ReportQuery":"Nonsense"}"#,
            r#"{"bId":"8","Query":"select"}"#,
        ]),
    );
    let r = &answer.body["BatchItemResponse"];
    let blocks = &r[0]["CDCResponse"]["QueryResponse"];
    assert_eq!(
        (&blocks[0]["Invoice"][0]["Id"], &blocks[1]),
        (&"145".into(), &serde_json::json!({}))
    );
    assert_eq!(r[1]["Report"]["Header"]["ReportName"], "ProfitAndLoss");
    assert_eq!(r[2]["QueryResponse"]["totalCount"], 1);
    for (at, code) in [(3, "2000"), (4, "2020"), (5, "2010"), (6, "5020"), (7, "4000")] {
        assert_eq!(r[at]["Fault"]["Error"][0]["code"], code, "{at}");
    }
    assert_eq!((c.sim.meter().cdc, c.sim.meter().reports, c.sim.meter().queries), (1, 1, 1));
}

#[test]
fn a_batch_answers_with_a_thousand_objects_at_most() {
    fact!(
        "Batch",
        "all",
        Assumed,
        "§4",
        "1,000 objects for all queries together; the query beyond is 10100, changes are cut"
    );
    let limits = Limits { query_rows: 8, ..Limits::default() };
    let mut c = company_of(Config { limits, ..Config::default() });
    c.save("Invoice", &invoice("5"));
    let query = r#"{"bId":"1","Query":"select * from Account maxresults 4"}"#;
    let changes =
        r#"{"bId":"2","CDCQuery":{"Entities":"Customer,Account","ChangedSince":"2020-01-01"}}"#;
    let answer = c.post("batch", &items(&[query, query, query]));
    let r = &answer.body["BatchItemResponse"];
    assert_eq!(r[1]["QueryResponse"]["maxResults"], 4);
    assert_eq!(r[2]["Fault"]["Error"][0]["code"], "10100");
    let answer = c.post("batch", &items(&[query, changes]));
    let blocks = &answer.body["BatchItemResponse"][1]["CDCResponse"]["QueryResponse"];
    assert_eq!((&blocks[0]["maxResults"], &blocks[1]["maxResults"]), (&2.into(), &2.into()));
}

#[test]
fn operations_and_options_of_an_item() {
    fact!("Batch", "send", Documented, "§4", "operation send sends a form");
    fact!(
        "Batch",
        "create",
        Documented,
        "§4",
        "optionsData allowduplicatedocnum lets a duplicate number pass"
    );
    fact!(
        "Batch",
        "all",
        Assumed,
        "§4",
        "revert and merge are 500; an item without operation is 2020"
    );
    let mut c = company();
    let mut prefs = c.sim.prefs().clone();
    prefs.custom_txn_numbers = true;
    c.sim.set_prefs(prefs, c.now_us);
    let numbered = format!(r#"{{"DocNumber":"A",{}"#, &invoice("5")[1..]);
    c.save("Invoice", &numbered);
    let create = |options: &str| {
        format!(r#"{{"bId":"1","operation":"create"{options},"Invoice":{numbered}}}"#)
    };
    let answer = c.post(
        "batch",
        &items(&[
            &create(""),
            &create(r#","optionsData":"allowduplicatedocnum""#),
            r#"{"bId":"3","operation":"send","Invoice":{"Id":"145","SyncToken":"0"}}"#,
            r#"{"bId":"4","operation":"merge","Customer":{"Id":"1"}}"#,
            r#"{"bId":"5","operation":"revert","Invoice":{"Id":"145"}}"#,
            r#"{"bId":"6","Invoice":{"Id":"145"}}"#,
            r#"{"bId":"7","operation":"create","invoice":{}}"#,
            r#"{"bId":"8","operation":"create"}"#,
            "[]",
            r#"{"bId":"9","operation":"create","Invoice":[]}"#,
        ]),
    );
    let r = &answer.body["BatchItemResponse"];
    let code = |at: usize| r[at]["Fault"]["Error"][0]["code"].as_str().unwrap_or("none");
    assert_eq!((code(0), r[1]["Invoice"]["Id"].as_str()), ("6140", Some("146")));
    let codes: Vec<_> = (2..10).map(code).collect();
    assert_eq!(codes, ["6420", "500", "500", "2020", "2000", "400", "400", "2010"]);
}

#[test]
fn one_bid_twice_is_one_request_only_with_a_request_id() {
    fact!(
        "Request ids",
        "batch",
        Assumed,
        "§2",
        "one bId twice in a batch: with a request id the second repeats the first"
    );
    let mut c = company();
    let item = format!(r#"{{"bId":"1","operation":"create","Invoice":{}}}"#, invoice("5"));
    let twice = items(&[&item, &item]);
    let answer = c.post("batch", &twice);
    assert_eq!(answer.body["BatchItemResponse"][1]["Invoice"]["Id"], "146");
    let answer = c.post("batch?requestid=r", &twice);
    assert_eq!(answer.body["BatchItemResponse"][1]["Invoice"]["Id"], "147");
    assert_eq!(c.sim.transactions().count(), 3);
    // long ids are fine without a request id
    let long = item.replace("\"1\"", "\"a long item id\"");
    assert_eq!(
        c.post("batch", &items(&[&long])).body["BatchItemResponse"][0]["bId"],
        "a long item id"
    );
}
