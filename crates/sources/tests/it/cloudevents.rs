//! CloudEvents: canonical facts in three modes.

use crate::support::{SECRET, facts, fixture, kinds, oms, raw, said, with};
use kernel::{FactBody, ReasonCode, SourceName};
use ports::{EventSource, RawDelivery, Secret, SignatureState};
use ring::signature::{Ed25519KeyPair, KeyPair};
use sources::cloudevents::{CloudEvents, Settings};
use sources::kit::conformance::Subject;
use sources::kit::signature::{base64_bytes, base64_text, hmac_sha256};

fn sign(delivery: &mut RawDelivery) {
    let key = base64_bytes(SECRET.trim_start_matches("whsec_")).unwrap();
    let time = delivery.received_at.seconds().to_string();
    let parts = [b"msg_1".as_slice(), b".", time.as_bytes(), b".", &delivery.body];
    let code = base64_text(&hmac_sha256(&key, &parts));
    delivery.headers.push(("webhook-id".into(), "msg_1".into()));
    delivery.headers.push(("webhook-timestamp".into(), time));
    let value = format!("v1a,xx v1,{} v1,{code}", base64_text(&[0; 32]));
    delivery.headers.push(("webhook-signature".into(), value));
}

fn subject() -> Subject {
    let one = |name: &'static str| (name, raw(&[], &fixture("cloudevents", name)));
    Subject {
        source: Box::new(oms()),
        fixtures: vec![one("payment_captured"), one("order_updated"), one("batch")],
        sign,
        signature_header: "webhook-signature",
        is_timed: true,
    }
}

sources::conformance!(conformance, subject(), "id");

#[test]
fn unsigned_deliveries_pass_only_where_the_settings_say_so() {
    let settings = Settings {
        secrets: Vec::new(),
        unsigned_allowed: true,
        event_source: "https://oms.example.com".to_owned(),
    };
    let open = CloudEvents::new(SourceName::new("cloudevents:oms"), settings);
    let mut delivery = raw(&[], "{}");
    assert_eq!(open.accept(&delivery), Ok(SignatureState::Unsigned));
    sign(&mut delivery);
    assert!(open.accept(&delivery).is_err(), "a signature that nobody can check is not skipped");
}

#[test]
fn a_public_key_proves_the_sender_too() {
    let pair = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
    let public = format!("whpk_{}", base64_text(pair.public_key().as_ref()));
    let settings = Settings {
        secrets: vec![Secret::new(SECRET), Secret::new(public)],
        unsigned_allowed: false,
        event_source: "https://oms.example.com".to_owned(),
    };
    let source = CloudEvents::new(SourceName::new("cloudevents:oms"), settings);
    let body = fixture("cloudevents", "payment_captured");
    let delivery = |signed: &str, value: &dyn Fn(&str) -> String| {
        let mut delivery = raw(&[("webhook-id", "msg_1")], &body);
        let time = delivery.received_at.seconds().to_string();
        let message = format!("msg_1.{time}.{signed}");
        let code = base64_text(pair.sign(message.as_bytes()).as_ref());
        delivery.headers.push(("webhook-timestamp".to_owned(), time));
        delivery.headers.push(("webhook-signature".to_owned(), value(&code)));
        delivery
    };
    let good = delivery(&body, &|code| format!("v1,AAAA v1a,{code}"));
    assert_eq!(source.accept(&good), Ok(SignatureState::Valid));
    let mut old = good.clone();
    old.received_at = old.received_at.plus_seconds(301);
    assert!(source.accept(&old).is_err());
    assert!(source.accept(&delivery("other", &|code| format!("v1a,{code}"))).is_err());
    assert!(source.accept(&delivery(&body, &|code| format!("v1,{code}"))).is_err(), "no HMAC");
    let many = |code: &str| format!("{}v1a,{code}", "v1a,AAAA ".repeat(8));
    assert!(source.accept(&delivery(&body, &many)).is_err(), "more than is ever in force");
    // The key of another sender, and the public key taken for a shared one.
    assert!(oms().accept(&good).is_err());
    let time = good.received_at.seconds().to_string();
    let key = pair.public_key().as_ref();
    let forged = hmac_sha256(key, &[b"msg_1.", time.as_bytes(), b".", body.as_bytes()]);
    let forged = delivery(&body, &|_| format!("v1,{}", base64_text(&forged)));
    assert!(source.accept(&forged).is_err(), "everybody knows a public key");
}

#[test]
fn a_fact_arrives_as_it_was_sent_under_this_connections_name() {
    let fact = facts(&oms(), &[], &fixture("cloudevents", "order_updated")).remove(0);
    assert_eq!(fact.subject.key, "cloudevents:oms/order/77");
    assert_eq!(fact.key.as_str(), "cloudevents:oms/order/77");
    assert_eq!(fact.version, 3);
    let paid = facts(&oms(), &[], &fixture("cloudevents", "payment_captured")).remove(0);
    assert_eq!(paid.subject, fact.subject);
    assert_eq!(paid.key.as_str(), "stripe/ch_fixture01/capture", "the same money for everybody");
    let prefixed = with(
        &fixture("cloudevents", "order_updated"),
        "\"order/77\"",
        "\"cloudevents:oms/order/77\"",
    );
    assert_eq!(facts(&oms(), &[], &prefixed).remove(0), fact);
    let foreign =
        with(&fixture("cloudevents", "order_updated"), "\"cloudevents:oms\"", "\"shopify:acme\"");
    assert_eq!(facts(&oms(), &[], &foreign).remove(0).source.as_str(), "cloudevents:oms");
}

#[test]
fn binary_and_structured_mode_say_the_same() {
    let body = fixture("cloudevents", "payment_captured");
    let data = &body[body.find("\"data\": ").unwrap() + 8..body.trim_end().len() - 1];
    for prefix in ["ce-", "CE-", "ce_"] {
        let names = ["specversion", "id", "source", "type"].map(|n| format!("{prefix}{n}"));
        let values = ["1.0", "e-1", "https://oms.example.com", "tieout.PaymentCaptured.v1"];
        let headers: Vec<(&str, &str)> = names
            .iter()
            .map(String::as_str)
            .zip(values)
            .chain([("content-type", "application/json")])
            .collect();
        assert_eq!(facts(&oms(), &headers, data), facts(&oms(), &[], &body), "{prefix}");
        let (binary, structured) = (raw(&headers, data), raw(&[], &body));
        assert_eq!(oms().dedupe_key(&binary), oms().dedupe_key(&structured));
        assert_eq!(oms().topic(&binary), "tieout.PaymentCaptured.v1");
    }
}

#[test]
fn a_batch_keeps_the_good_and_names_the_bad() {
    let body = fixture("cloudevents", "batch");
    assert_eq!(kinds(&facts(&oms(), &[], &body)), ["PaymentCaptured", "OrderUpdated"]);
    let one_bad = body.replacen("\"amount_minor\": 14300", "\"amount_minor\": 143.00", 1);
    let said = said(&oms(), &[("Content-Type", "application/cloudevents-batch+json")], &one_bad);
    assert_eq!(kinds(&said.facts), ["OrderUpdated"]);
    assert_eq!(said.faults[0].at, "[0].data");
}

#[test]
fn what_breaks_the_contract_is_a_fault() {
    let body = fixture("cloudevents", "payment_captured");
    let table = [
        ("\"amount_minor\": 14300", "\"amount_minor\": 143.5", ReasonCode::MalformedDelivery),
        ("\"amount_minor\": 14300", "\"amount_minor\": 1.43e4", ReasonCode::MalformedDelivery),
        ("\"amount_minor\": 14300", "\"amount_minor\": \"14300\"", ReasonCode::MalformedDelivery),
        ("\"currency\": \"USD\"", "\"currency\": \"DOLLAR\"", ReasonCode::MalformedDelivery),
        ("https://oms.example.com", "https://oms.example.com.evil", ReasonCode::MalformedDelivery),
        ("\"specversion\": \"1.0\"", "\"specversion\": \"0.3\"", ReasonCode::UnknownSchema),
        ("tieout.PaymentCaptured.v1", "tieout.PaymentCaptured.v2", ReasonCode::UnknownSchema),
        ("tieout.PaymentCaptured.v1", "com.example.order", ReasonCode::UnknownSchema),
        ("tieout.PaymentCaptured.v1", "tieout.PaymentVoided.v1", ReasonCode::MalformedDelivery),
        ("\"test\": false", "\"test\": false, \"extra\": 1", ReasonCode::MalformedDelivery),
        ("\"id\": \"e-1\"", "\"id\": \"\"", ReasonCode::MalformedDelivery),
    ];
    for (from, to, code) in table {
        let said = said(&oms(), &[], &with(&body, from, to));
        assert_eq!(said.facts, [], "{to}");
        assert_eq!(said.faults[0].code, code, "{to}: {:?}", said.faults);
    }
    let deeper = with(&body, "https://oms.example.com", "https://oms.example.com/eu");
    let FactBody::PaymentCaptured(_) = facts(&oms(), &[], &deeper).remove(0).body else { panic!() };
}
