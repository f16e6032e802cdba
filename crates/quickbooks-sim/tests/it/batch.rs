//! Batches: independence of items, limits, dedupe by request id and bId.

use crate::support::{company, invoice, key};

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
