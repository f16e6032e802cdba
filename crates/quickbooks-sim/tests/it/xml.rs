//! XML in and out.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Method, Request};
use proptest::prelude::*;
use quickbooks_sim::{Config, Limits, Simulator};

use crate::support::{Company, company, company_of, encoded, invoice};

const XML: &str = "application/xml";

/// One exchange: status, type of the answer, body.
fn send(
    c: &mut Company,
    (method, path): (Method, &str),
    (accept, content): (&str, &str),
    body: &str,
) -> (u16, String, String) {
    let req = Request::builder()
        .method(method)
        .uri(format!("/v3/company/9130350000000001/{path}"))
        .header("authorization", format!("Bearer {}", c.token))
        .header("accept", accept)
        .header("content-type", content)
        .body(Bytes::copy_from_slice(body.as_bytes()))
        .unwrap();
    c.now_us += 1_000_000;
    let response = c.sim.handle(&req, c.now_us);
    let kind = response.headers()["content-type"].to_str().unwrap().to_owned();
    let text = String::from_utf8(response.body().to_vec()).unwrap();
    (response.status().as_u16(), kind, text)
}

fn read(c: &mut Company, path: &str) -> String {
    let (status, kind, text) = send(c, (Method::GET, path), (XML, ""), "");
    assert_eq!((status, kind.as_str()), (200, XML), "{text}");
    text
}

fn post(c: &mut Company, path: &str, body: &str) -> (u16, String) {
    let (status, kind, text) = send(c, (Method::POST, path), (XML, XML), body);
    assert_eq!(kind, XML, "{text}");
    (status, text)
}

/// What stands between the tags of the first element of a name.
fn inner<'x>(text: &'x str, name: &str) -> &'x str {
    let after = text.split_once(&format!("<{name}")).map(|(_, rest)| rest);
    let inside = after.and_then(|a| a.split_once('>')).map(|(_, rest)| rest);
    match inside.and_then(|i| i.split_once(&format!("</{name}>"))) {
        Some((part, _)) => part,
        None => panic!("no {name} in {text}"),
    }
}

#[test]
fn an_object_reads_as_the_schema_orders_it() {
    fact!(
        "XML",
        "read",
        Documented,
        "§2",
        "Accept: application/xml answers in an IntuitResponse; references carry their name"
    );
    let mut c = company();
    c.save("Invoice", &invoice("100"));
    let text = read(&mut c, "invoice/145");
    let start = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?><IntuitResponse \
                 xmlns=\"http://schema.intuit.com/finance/v3\" time=\"2026-03-02T10:00:02.000-08:00\">\
                 <Invoice domain=\"QBO\" sparse=\"false\"><Id>145</Id><SyncToken>0</SyncToken>\
                 <MetaData><CreateTime>2026-03-02T10:00:01-08:00</CreateTime>";
    assert!(text.starts_with(start), "{text}");
    for part in [
        "<CurrencyRef name=\"United States Dollar\">USD</CurrencyRef>",
        "<CustomerRef name=\"Walk-in Customer\">1</CustomerRef>",
        "<Line><Id>1</Id><LineNum>1</LineNum><Amount>100.00</Amount>\
         <DetailType>SalesItemLineDetail</DetailType><SalesItemLineDetail>",
        "<SubTotalLineDetail></SubTotalLineDetail>",
        "<TotalAmt>100.00</TotalAmt>",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(text.ends_with("</Invoice></IntuitResponse>"), "{text}");
    let order = ["<Id>", "<DocNumber>", "<TxnDate>", "<Line>", "<TxnTaxDetail>", "<CustomerRef"];
    let places: Vec<_> = order.iter().map(|tag| text.find(tag).unwrap()).collect();
    assert!(places.is_sorted(), "{order:?} {places:?}");
}

#[test]
fn an_object_written_in_xml_is_the_object_written_in_json() {
    fact!("XML", "create", Documented, "§2", "bodies in XML create and update as JSON does");
    let mut c = company();
    let json = r#"{"CustomerRef":{"value":"2"},"DocNumber":"007","TxnDate":"2026-02-01","CustomerMemo":{"value":"a < b & c"},"ApplyTaxAfterDiscount":true,"BillEmail":{"Address":"a@b.example"},"Line":[{"Amount":12.50,"Description":"Mug","DetailType":"SalesItemLineDetail","SalesItemLineDetail":{"ItemRef":{"value":"3"},"Qty":2.5,"UnitPrice":5,"TaxCodeRef":{"value":"NON"}}},{"Amount":1,"DetailType":"SalesItemLineDetail","SalesItemLineDetail":{"ItemRef":{"value":"1"}}}]}"#;
    let xml = "<?xml version=\"1.0\"?><!-- sent -->\
               <f:Invoice xmlns:f=\"http://schema.intuit.com/finance/v3\" domain='QBO'>\
               <f:CustomerRef name=\"any\">2</f:CustomerRef><f:DocNumber>007</f:DocNumber>\
               <f:TxnDate> 2026-02-01 </f:TxnDate>\
               <f:CustomerMemo>a &lt; b <![CDATA[&]]> &#99;</f:CustomerMemo>\
               <f:ApplyTaxAfterDiscount>true</f:ApplyTaxAfterDiscount>\
               <f:BillEmail><f:Address>a@b.example</f:Address></f:BillEmail>\
               <f:Line><f:Amount>12.50</f:Amount><f:Description>Mug</f:Description>\
               <f:DetailType>SalesItemLineDetail</f:DetailType><f:SalesItemLineDetail>\
               <f:ItemRef>3</f:ItemRef><f:Qty>2.5</f:Qty><f:UnitPrice>5</f:UnitPrice>\
               <f:TaxCodeRef>NON</f:TaxCodeRef></f:SalesItemLineDetail></f:Line>\
               <f:Line><f:Amount>1</f:Amount><f:DetailType>SalesItemLineDetail</f:DetailType>\
               <f:SalesItemLineDetail><f:ItemRef>1</f:ItemRef></f:SalesItemLineDetail></f:Line>\
               <f:PrivateNote/></f:Invoice>";
    let mut first = c.save("Invoice", json);
    let (status, text) = post(&mut c, "invoice", &xml.replace("> 2026-02-01 <", ">2026-02-01<"));
    assert_eq!(status, 200, "{text}");
    let mut second = c.get("invoice/146").entity("Invoice");
    for object in [&mut first, &mut second] {
        for changing in ["Id", "MetaData"] {
            object[changing].take();
        }
    }
    assert_eq!(first, second);
}

#[test]
fn what_is_read_as_xml_and_written_back_changes_nothing() {
    let limits = Limits { lifted: true, ..Limits::default() };
    let mut c = company_of(Config { limits, ..Config::default() });
    c.save("Invoice", &invoice("100"));
    c.save(
        "Payment",
        r#"{"CustomerRef":{"value":"1"},"TotalAmt":40,"PrivateNote":"Über & <mich>","Line":[{"Amount":40,"LinkedTxn":[{"TxnId":"145","TxnType":"Invoice"}]}]}"#,
    );
    c.save(
        "JournalEntry",
        r#"{"Line":[{"Amount":20,"DetailType":"JournalEntryLineDetail","JournalEntryLineDetail":{"PostingType":"Debit","AccountRef":{"value":"84"},"Entity":{"Type":"Customer","EntityRef":{"value":"1"}}}},{"Amount":20,"DetailType":"JournalEntryLineDetail","JournalEntryLineDetail":{"PostingType":"Credit","AccountRef":{"value":"1"}}}]}"#,
    );
    c.save(
        "Customer",
        r#"{"DisplayName":"Ada","PrimaryPhone":{"FreeFormNumber":"555"},"PrimaryEmailAddr":{"Address":"a@b.example"},"BillAddr":{"Line1":"1 \"Way\"","City":"Here"},"Taxable":true}"#,
    );
    for (path, name) in [
        ("invoice/145", "Invoice"),
        ("payment/146", "Payment"),
        ("journalentry/147", "JournalEntry"),
        ("customer/58", "Customer"),
        ("item/1", "Item"),
        ("account/1", "Account"),
        ("vendor/3", "Vendor"),
        ("term/3", "Term"),
    ] {
        let text = read(&mut c, path);
        let (before, after) = (text.find(&format!("<{name} ")), text.find("</IntuitResponse>"));
        let object = &text[before.unwrap()..after.unwrap()];
        let (status, again) = post(&mut c, &name.to_lowercase(), object);
        assert_eq!(status, 200, "{again}");
        assert_eq!(inner(&again, name), inner(&text, name), "{name}");
    }
}

#[test]
fn queries_changes_and_batches_speak_xml() {
    let mut c = company();
    c.save("Invoice", &invoice("1"));
    c.save("Invoice", &invoice("2"));
    let query = encoded("select * from Invoice orderby Id");
    let text = read(&mut c, &format!("query?query={query}"));
    let head = "<QueryResponse startPosition=\"1\" maxResults=\"2\"";
    assert!(text.contains(head) && text.matches("<Invoice ").count() == 2, "{text}");
    let (_, _, text) = send(
        &mut c,
        (Method::POST, "query"),
        (XML, "application/text"),
        "select count(*) from Item",
    );
    assert!(text.contains("<QueryResponse totalCount=\""), "{text}");

    c.post("invoice?operation=delete", r#"{"Id":"145","SyncToken":"0"}"#);
    let text = read(&mut c, "cdc?entities=Invoice&changedSince=2026-01-01");
    let gone = "<Invoice domain=\"QBO\" status=\"Deleted\"><Id>145</Id>";
    assert!(text.contains("<CDCResponse><QueryResponse ") && text.contains(gone), "{text}");

    let (status, text) = post(
        &mut c,
        "batch",
        "<IntuitBatchRequest xmlns=\"http://schema.intuit.com/finance/v3\">\
         <BatchItemRequest bId=\"a\" operation=\"create\"><Customer><DisplayName>Ada</DisplayName>\
         </Customer></BatchItemRequest><BatchItemRequest bId=\"b\" operation=\"delete\"><Invoice>\
         <Id>999</Id><SyncToken>0</SyncToken></Invoice></BatchItemRequest>\
         <BatchItemRequest bId=\"c\"><Query>select * from Term where Id = '1'</Query>\
         </BatchItemRequest></IntuitBatchRequest>",
    );
    assert_eq!(status, 200);
    for part in [
        "<BatchItemResponse bId=\"a\"><Customer domain=\"QBO\" sparse=\"false\"><Id>58</Id>",
        "<BatchItemResponse bId=\"b\"><Fault type=\"ValidationFault\"><Error code=\"610\">",
        "<BatchItemResponse bId=\"c\"><QueryResponse startPosition=\"1\" maxResults=\"1\"",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let report = read(&mut c, "reports/TrialBalance");
    assert!(report.contains("<Report xmlns=") && report.contains("<ColData value=\""), "{report}");
}

#[test]
fn refusals_speak_xml_too() {
    let mut c = company();
    let (status, kind, text) = send(&mut c, (Method::GET, "invoice/1"), (XML, ""), "");
    assert_eq!((status, kind.as_str()), (400, XML));
    assert!(
        text.contains("<Fault type=\"ValidationFault\"><Error code=\"610\"><Message>"),
        "{text}"
    );
    c.token = "nonsense".to_owned();
    let (status, kind, text) = send(&mut c, (Method::GET, "invoice/1"), (XML, ""), "");
    assert_eq!((status, kind.as_str()), (401, XML));
    let error = "<Fault type=\"AUTHENTICATION\"><Error code=\"3200\"><Message>\
                 message=AuthenticationFailed; errorCode=003200; statusCode=401</Message>";
    assert!(text.contains(error), "{text}");
}

#[test]
fn the_answer_is_in_the_format_asked_for() {
    let mut c = company();
    for (accept, content, xml) in [
        ("application/json", "application/json", false),
        ("application/json", XML, false),
        ("application/xml", "application/json", true),
        ("text/xml", "application/json", true),
        ("application/xml, application/json", XML, false),
        ("*/*", "application/json", false),
        ("*/*", "text/xml;charset=UTF-8", true),
        ("", XML, true),
    ] {
        let body = if content.contains("xml") {
            "<Customer><Id>1</Id><SyncToken>0</SyncToken></Customer>"
        } else {
            r#"{"Id":"1","SyncToken":"0"}"#
        };
        let (status, kind, text) =
            send(&mut c, (Method::POST, "customer?operation=delete"), (accept, content), body);
        assert_eq!((status, kind.contains("xml")), (400, xml), "{accept} {content} {text}");
    }
}

#[test]
fn a_repeated_request_id_answers_in_the_format_of_the_repeat() {
    let mut c = company();
    let first = c.post("invoice?requestid=x", &invoice("5")).entity("Invoice");
    let (_, text) = post(&mut c, "invoice?requestid=x", "<Invoice/>");
    assert_eq!(inner(&text, "Id"), first["Id"]);
    assert_eq!(c.sim.transactions().count(), 1);
}

#[test]
fn what_is_no_xml_is_refused_with_a_reason() {
    let mut c = company();
    for (body, why) in [
        ("<Customer><DisplayName>Ada</Customer>", "where &lt;/DisplayName&gt; is due"),
        ("<Customer>", "is missing"),
        ("<Customer/><Customer/>", "text after the root"),
        ("<!DOCTYPE x [<!ENTITY e \"boom\">]><Customer>&e;</Customer>", "document type"),
        ("<Customer><Notes>&boom;</Notes></Customer>", "&amp;boom; is not known"),
        ("<Customer a=b/>", "has no quotes"),
        ("Ada", "an element is missing"),
    ] {
        let (status, text) = post(&mut c, "customer", body);
        assert_eq!(status, 400, "{body}");
        assert!(text.contains("<Error code=\"400\">") && text.contains(why), "{body}: {text}");
    }
    let deep = format!("<Customer>{}</Customer>", "<a>".repeat(40));
    assert!(post(&mut c, "customer", &deep).1.contains("inside each other"));
}

#[test]
fn a_log_of_xml_requests_rebuilds_the_company() {
    let log = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&log);
    let mut c = company();
    c.sim = Simulator::with_log(
        Config::default(),
        Box::new(move |record| sink.lock().unwrap().extend_from_slice(record)),
    );
    (c.token, c.refresh) = c.sim.issue_tokens(c.now_us);
    let (status, _) =
        post(&mut c, "customer", "<Customer><DisplayName>Ada</DisplayName></Customer>");
    assert_eq!(status, 200);
    let (again, _) = Simulator::replay(Config::default(), &log.lock().unwrap().clone());
    let before = c.get("customer/58").entity("Customer");
    c.sim = again;
    assert_eq!(c.get("customer/58").entity("Customer"), before);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_answered(body in "(<|>|/|&|;|=|\"|'|[a-zA-Z:]{1,8}|\\PC| |<!--|-->|<!\\[CDATA\\[|\\]\\]>){0,40}") {
        let mut c = company();
        let (status, _) = post(&mut c, "customer", &body);
        prop_assert!(status == 400 || status == 200, "{} {}", status, body);
    }

    #[test]
    fn any_note_survives(note in "[^\u{0}-\u{8}\u{b}\u{c}\u{e}-\u{1f}]{1,60}") {
        let mut c = company();
        let object = serde_json::json!({"DisplayName": "Ada", "Notes": note});
        c.save("Customer", &object.to_string());
        let text = read(&mut c, "customer/58");
        let at = text.find("<Customer ").unwrap();
        let (status, _) = post(&mut c, "customer", &text[at..].replace("</IntuitResponse>", ""));
        prop_assert_eq!(status, 200);
        let stored = c.get("customer/58").entity("Customer");
        let blank = note.trim().is_empty();
        prop_assert!(blank || stored["Notes"] == note.as_str(), "{:?} {}", note, stored);
    }
}
