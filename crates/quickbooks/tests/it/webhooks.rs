//! Webhooks: who signed them, both forms, and what one bad event does to the others.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use kernel::{ReasonCode, Timestamp};
use ports::{Notice, NoticeSource, Notices, RawDelivery, Refusal, Secret};
use proptest::prelude::*;
use quickbooks::Webhooks;
use sha2::Sha256;

use super::support::NOW;

const VERIFIER: &str = "8f5d1c0e-verifier";

fn signature(verifier: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(verifier.as_bytes()).unwrap();
    mac.update(body);
    STANDARD.encode(mac.finalize().into_bytes())
}

fn delivery(body: &[u8], signature: &str) -> RawDelivery {
    RawDelivery {
        headers: vec![
            ("content-type".to_owned(), "application/cloudevents+json".to_owned()),
            ("intuit-signature".to_owned(), signature.to_owned()),
        ],
        body: Bytes::copy_from_slice(body),
        received_at: NOW,
    }
}

fn webhooks() -> Webhooks {
    Webhooks::new(vec![Secret::new("the-old-one"), Secret::new(VERIFIER)])
}

fn signed(body: &str) -> Result<Notices, Refusal> {
    webhooks().read(&delivery(body.as_bytes(), &signature(VERIFIER, body.as_bytes())))
}

fn event(n: u32, kind: &str) -> String {
    format!(
        r#"{{"specversion":"1.0","id":"event-{n}","source":"intuit.x","type":"{kind}","datacontenttype":"application/json","time":"2025-09-10T21:31:25.179851517Z","intuitentityid":"{n}","intuitaccountid":"91","data":{{}}}}"#
    )
}

fn notice(n: u32, entity: &str, operation: &str) -> Notice {
    Notice {
        event: format!("event-{n}"),
        realm: "91".to_owned(),
        entity: entity.to_owned(),
        entity_id: n.to_string(),
        operation: operation.to_owned(),
        other_id: String::new(),
        occurred_at: Timestamp::parse("2025-09-10T21:31:25.179851Z").unwrap(),
    }
}

const OLD: &str = r#"{"eventNotifications":[{"realmId":"1185883450","dataChangeEvent":{"entities":[
    {"name":"Customer","id":"1","operation":"Create","lastUpdated":"2015-10-05T14:42:19-0700"},
    {"name":"Customer","id":"2","operation":"Merge","lastUpdated":"2015-10-05T14:42:20-0700","deletedId":"9"},
    {"name":"Invoice","id":"3","operation":"Void","lastUpdated":"2015-10-05T14:42:21-0700"},
    {"name":"Invoice","id":"4","operation":"Emailed","lastUpdated":"2015-10-05T14:42:21-0700"}]}}]}"#;

#[test]
fn only_the_raw_bytes_under_one_of_the_verifier_tokens_pass() {
    let body = format!("[{}]", event(1, "qbo.invoice.created.v1"));
    let body = body.as_bytes();
    let right = signature(VERIFIER, body);
    let old = signature("the-old-one", body);
    for good in [&right, &old, &format!(" {right} ")] {
        assert!(webhooks().read(&delivery(body, good)).is_ok());
    }
    let other = signature("somebody-else", body);
    let respaced = [body, b" "].concat();
    let hex = right.bytes().fold(String::new(), |text, b| text + &format!("{b:02x}"));
    let rows: [(&[u8], &str); 6] = [
        (body, &other),
        (&respaced, &right),
        (body, ""),
        (body, "%%%"),
        (body, &hex),
        (b"", &right),
    ];
    for (body, signature) in rows {
        let refused = webhooks().read(&delivery(body, signature)).unwrap_err();
        assert_eq!(refused.code, ReasonCode::SignatureInvalid, "{signature}");
    }
    let unsigned = RawDelivery { headers: vec![], ..delivery(body, "") };
    assert!(webhooks().read(&unsigned).is_err());
    let none = Webhooks::new(vec![]);
    assert!(none.read(&delivery(body, &signature("", body))).is_err(), "no token, no entry");
}

#[test]
fn cloud_events_of_several_companies_are_read() {
    let second = event(2, "qbo.creditmemo.voided.v1").replace("\"91\"", "\"92\"");
    let third = event(3, "qbo.gizmo.frobbed.v9");
    let body = format!("[{},{second},{third}]", event(1, "qbo.salesreceipt.updated.v1"));
    let read = signed(&body).unwrap();
    let other = Notice { realm: "92".to_owned(), ..notice(2, "CreditMemo", "voided") };
    let expected = vec![notice(1, "SalesReceipt", "updated"), other, notice(3, "gizmo", "frobbed")];
    assert_eq!(read, Notices { notices: expected, unreadable: vec![] });
    let alone = signed(&event(1, "qbo.invoice.deleted.v1")).unwrap();
    assert_eq!(alone.notices, [notice(1, "Invoice", "deleted")]);
}

#[test]
fn the_old_form_is_read_and_its_events_have_an_identity() {
    let read = signed(OLD).unwrap();
    assert_eq!(read.unreadable, [] as [&str; 0]);
    let words: Vec<_> = read
        .notices
        .iter()
        .map(|n| {
            (n.entity.as_str(), n.entity_id.as_str(), n.operation.as_str(), n.other_id.as_str())
        })
        .collect();
    let expected = [
        ("Customer", "1", "created", ""),
        ("Customer", "2", "merged", "9"),
        ("Invoice", "3", "voided", ""),
        ("Invoice", "4", "emailed", ""),
    ];
    assert_eq!(words, expected);
    assert_eq!(read.notices[0].occurred_at, Timestamp::parse("2015-10-05T21:42:19Z").unwrap());
    assert!(read.notices.iter().all(|n| n.realm == "1185883450"));
    assert_eq!(signed(OLD).unwrap(), read, "delivered again it is the same event");
    let mut events: Vec<_> = read.notices.iter().map(|n| &n.event).collect();
    events.sort();
    events.dedup();
    assert_eq!(events.len(), 4);
}

#[test]
fn one_bad_event_does_not_spoil_the_others() {
    let good = event(1, "qbo.invoice.created.v1");
    let bad = [
        "7".to_owned(),
        "{}".to_owned(),
        event(2, "com.example.other"),
        event(2, "qbo.invoice"),
        event(2, "qbo.invoice.created.v1").replace("2025-09-10T21", "yesterday"),
        event(2, "qbo.invoice.created.v1").replace("event-2", ""),
        event(2, "qbo.invoice.created.v1").replace("event-2", &"x".repeat(201)),
    ];
    for bad in &bad {
        let read = signed(&format!("[{bad},{good}]")).unwrap();
        assert_eq!(read.notices, [notice(1, "Invoice", "created")], "{bad}");
        assert_eq!(read.unreadable.len(), 1, "{bad}");
        assert!(read.unreadable[0].starts_with("event 0: "), "{:?}", read.unreadable);
    }
    let old = OLD.replace(r#""id":"2""#, r#""id":2"#);
    let read = signed(&old).unwrap();
    assert_eq!((read.notices.len(), read.unreadable.len()), (3, 1), "{read:?}");
    for body in ["", "null", "\"x\"", "{\"eventNotifications\":7}", "[1,", "<html>"] {
        let read = signed(body).unwrap();
        assert_eq!((read.notices.len(), read.unreadable.len()), (0, 1), "{body}");
    }
}

#[test]
fn what_is_too_much_is_bounded() {
    let many: Vec<String> = (0..1_200).map(|n| event(n, "qbo.invoice.created.v1")).collect();
    let read = signed(&format!("[{}]", many.join(","))).unwrap();
    assert_eq!((read.notices.len(), read.unreadable.len()), (1_000, 1));
    let junk = vec!["0"; 5_000].join(",");
    assert_eq!(signed(&format!("[{junk}]")).unwrap().unreadable.len(), 20);
    let huge = " ".repeat((2 << 20) + 1);
    assert_eq!(signed(&huge).unwrap_err().code, ReasonCode::BatchLimit);
}

proptest! {
    #[test]
    fn no_body_however_damaged_breaks_the_reader(
        mut body in prop_oneof![Just(OLD.as_bytes().to_vec()), Just(format!("[{}]", event(1, "qbo.invoice.created.v1")).into_bytes())],
        cuts in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
    ) {
        for (at, byte) in cuts {
            let at = at.index(body.len());
            body[at] = byte;
        }
        let read = webhooks().read(&delivery(&body, &signature(VERIFIER, &body))).unwrap();
        prop_assert!(read.notices.len() <= 4);
    }
}
