//! PayPal: signatures by certificate, payments, refunds, disputes, Transaction Search.

use crate::support::{fixture, kinds, pay_pal, pay_pal_with, raw, with};
use kernel::{Fact, FactBody, ReasonCode};
use ports::{EventSource, RawDelivery};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use sources::kit::conformance::Subject;
use sources::kit::signature::base64_text;
use sources::paypal::certificate::{CERTIFICATE_BYTES_MAX, Certificates, address, file_name};

const URL: &str = "https://api.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594";
const SIGNER: &[u8] = include_bytes!("paypal/signer.pem");
const OTHER: &[u8] = include_bytes!("paypal/other.pem");
const KEY: &[u8] = include_bytes!("paypal/signer-key.der");
const NAMES: [&str; 8] = [
    "capture_completed",
    "capture_refunded",
    "sale_completed",
    "authorization_created",
    "order_completed",
    "dispute_created",
    "dispute_resolved",
    "transactions",
];

/// Signs as PayPal does for `webhook`, naming the certificate at `url`.
fn sign_for(delivery: &mut RawDelivery, webhook: &str, url: &str) {
    let (id, time) = ("69cd13f0-d67a-11e5-baa3-778b53f4ae55", "2026-03-02T14:15:12Z");
    let message = format!("{id}|{time}|{webhook}|{}", crc32(&delivery.body));
    let key = RsaKeyPair::from_pkcs8(KEY).unwrap();
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
    for (name, value) in [
        ("paypal-transmission-id", id),
        ("paypal-transmission-time", time),
        ("paypal-transmission-sig", &base64_text(&signature)),
        ("paypal-cert-url", url),
        ("paypal-auth-algo", "SHA256withRSA"),
    ] {
        delivery.headers.push((name.to_owned(), value.to_owned()));
    }
}

/// CRC-32 (ISO-HDLC), bit by bit: not the code under test.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |c, _| step(c)))
}

fn sign(delivery: &mut RawDelivery) {
    sign_for(delivery, "1JE4291016473214C", URL);
}

fn certificates() -> Certificates {
    let kept = crate::support::own_root();
    kept.keep(URL, SIGNER).unwrap();
    kept
}

fn subject() -> Subject {
    Subject {
        source: Box::new(pay_pal_with(certificates())),
        fixtures: NAMES.into_iter().map(|n| (n, raw(&[], &fixture("paypal", n)))).collect(),
        sign,
        signature_header: "paypal-transmission-sig",
        is_timed: false,
    }
}

sources::conformance!(conformance, subject(), "create_time");

fn facts(body: &str) -> Vec<Fact> {
    let said = pay_pal().normalise(&raw(&[], body));
    assert_eq!(said.faults, []);
    said.facts
}

fn of(name: &str) -> Vec<Fact> {
    facts(&fixture("paypal", name))
}

/// The published message is what gets signed: a row of the signature vectors.
pub fn published_message(input: &serde_json::Value, expected: &str) {
    let body = input["body"].as_str().unwrap();
    let told = ["transmission_id", "transmission_time", "webhook_id"]
        .map(|name| input[name].as_str().unwrap());
    let message = format!("{}|{}|{}|{}", told[0], told[1], told[2], crc32(body.as_bytes()));
    assert_eq!(message, expected);
    // The key signs exactly this text, and the source takes it.
    let key = RsaKeyPair::from_pkcs8(KEY).unwrap();
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
    let headers = [
        ("Paypal-Transmission-Id", told[0]),
        ("PAYPAL-TRANSMISSION-TIME", told[1]),
        ("paypal-transmission-sig", &base64_text(&signature)),
        ("paypal-cert-url", URL),
        ("paypal-auth-algo", "SHA256withRSA"),
    ];
    let source = pay_pal_with(certificates());
    assert!(source.accept(&raw(&headers, body)).is_ok());
    assert!(source.accept(&raw(&headers, &with(body, "WH-1", "WH-2"))).is_err());
}

#[test]
fn every_webhook_id_is_tried_and_no_other_counts() {
    for (webhook, is_good) in [("OLD", true), ("1JE4291016473214C", true), ("WEBHOOK_ID", false)] {
        let mut delivery = raw(&[], "{}");
        sign_for(&mut delivery, webhook, URL);
        let accepted = pay_pal_with(certificates()).accept(&delivery);
        assert_eq!(accepted.is_ok(), is_good, "{webhook}");
    }
}

#[test]
fn a_certificate_that_is_not_here_is_wanted_once_and_then_proves() {
    let kept = crate::support::own_root();
    let source = pay_pal_with(kept.clone());
    let mut delivery = raw(&[], "{}");
    sign(&mut delivery);
    let refused = source.accept(&delivery).unwrap_err();
    assert_eq!(refused.code, ReasonCode::SignatureInvalid);
    assert!(refused.detail.contains("PayPal will try again"), "{}", refused.detail);
    assert_eq!(kept.wanted(), [URL]);
    assert_eq!(kept.wanted(), [""; 0]);
    kept.keep(URL, SIGNER).unwrap();
    assert!(source.accept(&delivery).is_ok());
}

#[test]
fn only_paypals_own_valid_certificate_proves_anything() {
    let mut delivery = raw(&[], "{}");
    sign(&mut delivery);
    let refusal = |kept: &Certificates, delivery: &RawDelivery| {
        pay_pal_with(kept.clone()).accept(delivery).unwrap_err().detail
    };
    // Signed with the same key, but made out for somebody else.
    let other = crate::support::own_root();
    other.keep(URL, OTHER).unwrap();
    assert!(refusal(&other, &delivery).contains("not made out for PayPal"));
    // Of an issuer that is no public one.
    let public = Certificates::default();
    public.keep(URL, SIGNER).unwrap();
    assert!(refusal(&public, &delivery).contains("UnknownIssuer"));
    // Before and after its validity.
    for seconds in [-86_400 * 365, 86_400 * 365 * 20] {
        let mut late = delivery.clone();
        late.received_at = late.received_at.plus_seconds(seconds);
        assert!(refusal(&certificates(), &late).contains("not valid"), "{seconds}");
    }
    // Another algorithm is not even looked at.
    for (name, value) in &mut delivery.headers {
        if name == "paypal-auth-algo" {
            *value = "SHA1withRSA".to_owned();
        }
    }
    assert!(refusal(&certificates(), &delivery).contains("SHA256withRSA"));
}

#[test]
fn nobody_elses_address_is_ever_asked() {
    for url in [
        "http://api.paypal.com/v1/notifications/certs/CERT-1",
        "https://api.paypal.com.example.com/v1/notifications/certs/CERT-1",
        "https://api.paypal.com@example.com/v1/notifications/certs/CERT-1",
        "https://api.paypal.com:8443/v1/notifications/certs/CERT-1",
        "https://www.paypal.com/v1/notifications/certs/CERT-1",
        "https://api.paypal.com/v1/notifications/certs/../x",
        "https://api.paypal.com/v1/notifications/certs/CERT-1?x=1",
        "https://api.paypal.com/v1/notifications/certs/",
        "https://169.254.169.254/v1/notifications/certs/CERT-1",
    ] {
        let kept = certificates();
        let mut delivery = raw(&[], "{}");
        sign_for(&mut delivery, "1JE4291016473214C", url);
        let refused = pay_pal_with(kept.clone()).accept(&delivery).unwrap_err();
        assert!(refused.detail.contains("not PayPal's"), "{url}: {}", refused.detail);
        assert_eq!(kept.wanted(), [""; 0], "{url}");
        assert!(kept.keep(url, SIGNER).is_err(), "{url}");
        assert_eq!(file_name(url), None, "{url}");
    }
    assert_eq!(address(&file_name(URL).unwrap()).as_deref(), Some(URL));
    assert_eq!(address("example.com_CERT-1.pem"), None);
    for bad in [&b""[..], b"-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n", b"<html>"]
    {
        assert!(certificates().keep(URL, bad).is_err());
    }
    assert!(certificates().keep(URL, &vec![b' '; CERTIFICATE_BYTES_MAX + 1]).is_err());
    // Noise that only claims to be PayPal's does not fill memory.
    let kept = certificates();
    for n in 0..100 {
        let mut delivery = raw(&[], "{}");
        sign_for(&mut delivery, "1JE4291016473214C", &format!("{URL}{n}"));
        assert!(pay_pal_with(kept.clone()).accept(&delivery).is_err());
    }
    assert_eq!(kept.wanted().len(), 16);
}

#[test]
fn a_capture_is_told_with_its_fee_under_one_key_by_everybody() {
    let told = of("capture_completed");
    assert_eq!(kinds(&told), ["PaymentCaptured", "FeeCharged"]);
    assert_eq!(told[0].subject.to_string(), "sale woocommerce:acme/order/2003");
    let keys = |facts: &[Fact]| facts.iter().map(|f| f.key.to_string()).collect::<Vec<_>>();
    let expected = ["paypal/8AB12345CD678901E/capture", "paypal/8AB12345CD678901E/fee"];
    assert_eq!(keys(&told), expected);
    // The order holds the same capture, and so does the row of Transaction Search.
    assert_eq!(of("order_completed"), told);
    let rows = of("transactions");
    assert_eq!(keys(&rows[..2]), expected);
    assert_eq!(rows[0].body, told[0].body);
    assert_eq!(rows[1].body, told[1].body);
    let FactBody::FeeCharged(fee) = &told[1].body else { panic!() };
    assert_eq!((fee.amount_minor, fee.currency.code()), (122, "EUR"));
    let v1 = of("sale_completed");
    assert_eq!(kinds(&v1), ["PaymentCaptured", "FeeCharged"]);
    assert_eq!(v1[0].amount().unwrap().minor, 2_140);
}

#[test]
fn a_refund_and_its_fee_are_told_under_one_key_by_everybody() {
    let told = of("capture_refunded");
    assert_eq!(kinds(&told), ["RefundIssued", "FeeCharged"]);
    let FactBody::RefundIssued(refund) = &told[0].body else { panic!() };
    assert_eq!(refund.payments[0].payment_id, "8AB12345CD678901E");
    assert_eq!(told[1].amount().unwrap().minor, -30);
    let rows = of("transactions");
    assert_eq!((&rows[2].key, &rows[2].body), (&told[0].key, &told[0].body));
    assert_eq!((&rows[3].key, &rows[3].body), (&told[1].key, &told[1].body));
    let failed = fixture("paypal", "capture_refunded").replace("CAPTURE.REFUNDED", "REFUND.FAILED");
    assert_eq!(kinds(&facts(&failed)), ["RefundFailed"]);
    let v1 = with(
        &fixture("paypal", "capture_refunded"),
        "\"value\": \"10.00\"",
        "\"value\": \"-10.00\"",
    );
    assert_eq!(facts(&v1)[0].amount().unwrap().minor, 1_000);
}

#[test]
fn transfers_to_the_bank_are_payouts_and_holds_are_nothing() {
    let rows = of("transactions");
    assert_eq!(kinds(&rows[4..]), ["FeeCharged", "PayoutPaid"]);
    assert_eq!(rows[4].amount().unwrap().minor, 1_400);
    let FactBody::PayoutPaid(paid) = &rows[5].body else { panic!() };
    assert_eq!((paid.amount_minor, paid.itemised), (2_000, false));
    let back = with(&fixture("paypal", "transactions"), "\"-20.00\"", "\"20.00\"")
        .replace("T0403", "T0300");
    assert_eq!(facts(&back)[5].amount().unwrap().minor, -2_000);
}

#[test]
fn what_no_rule_explains_is_held_with_its_amount() {
    let page = fixture("paypal", "transactions");
    for (code, reason) in [
        ("T0200", ReasonCode::UnknownSchema),
        ("T1106", ReasonCode::SettlementFailed),
        ("T1201", ReasonCode::SettlementFailed),
        ("T9999", ReasonCode::UnknownSchema),
        ("T0001", ReasonCode::AccountUnmapped),
        ("", ReasonCode::UnknownSchema),
    ] {
        let said = pay_pal().normalise(&raw(&[], &page.replace("T0403", code)));
        assert_eq!(said.facts.len(), 5, "{code}");
        let fault = &said.faults[0];
        assert_eq!((fault.code, fault.amount.unwrap().minor), (reason, -2_000), "{code}");
        assert!(fault.at.starts_with("transaction_details[3]"), "{}", fault.at);
    }
    let event = |name: &str, resource: &str| {
        let body = format!("{{\"id\":\"WH-1\",\"event_type\":\"{name}\",\"resource\":{resource}}}");
        pay_pal().normalise(&raw(&[], &body))
    };
    let amount = "{\"currency_code\":\"USD\",\"value\":\"5.00\"}";
    let item = format!("{{\"payout_item_id\":\"I1\",\"payout_item\":{{\"amount\":{amount}}}}}");
    let sent = event("PAYMENT.PAYOUTS-ITEM.SUCCEEDED", &item);
    assert_eq!(sent.faults[0].code, ReasonCode::AccountUnmapped);
    assert_eq!(sent.faults[0].amount.unwrap().minor, 500);
    assert!(event("PAYMENT.PAYOUTS-ITEM.FAILED", &item).ignored.is_some());
    let capture = format!("{{\"id\":\"C1\",\"amount\":{amount}}}");
    let reversed = event("PAYMENT.CAPTURE.REVERSED", &capture);
    assert_eq!(reversed.faults[0].code, ReasonCode::SettlementFailed);
    let other = event("SOMETHING.NEW", &capture);
    assert_eq!(
        (other.faults[0].code, other.faults[0].amount.unwrap().minor),
        (ReasonCode::UnknownSchema, 500)
    );
    assert!(event("BILLING.SUBSCRIPTION.CREATED", "{}").ignored.is_some());
}

#[test]
fn a_currency_without_parts_has_none() {
    let body = fixture("paypal", "sale_completed");
    let forint = body.replace("\"USD\"", "\"HUF\"");
    let said = pay_pal().normalise(&raw(&[], &forint));
    assert_eq!(said.faults[0].code, ReasonCode::MalformedDelivery);
    let whole = forint.replace("21.40", "2140").replace("0.92", "92.00");
    assert_eq!(facts(&whole)[0].amount().unwrap().minor, 214_000);
}

#[test]
fn a_dispute_takes_and_gives_back_and_an_inquiry_does_neither() {
    let opened = of("dispute_created");
    assert_eq!(kinds(&opened), ["DisputeOpened"]);
    assert_eq!(opened[0].amount().unwrap().minor, 3_497);
    let FactBody::DisputeOpened(dispute) = &opened[0].body else { panic!() };
    assert_eq!(dispute.of.as_ref().unwrap().as_str(), "paypal/8AB12345CD678901E/capture");
    assert_eq!(kinds(&of("dispute_resolved")), ["DisputeOpened", "DisputeWon"]);
    let resolved = fixture("paypal", "dispute_resolved");
    let lost = with(&resolved, "RESOLVED_SELLER_FAVOUR", "RESOLVED_BUYER_FAVOUR");
    assert_eq!(kinds(&facts(&lost)), ["DisputeOpened", "DisputeLost"]);
    let inquiry = with(&fixture("paypal", "dispute_created"), "CHARGEBACK", "INQUIRY");
    assert_eq!(facts(&inquiry)[0].amount().unwrap().minor, 0);
    let odd = with(&resolved, "RESOLVED_SELLER_FAVOUR", "FLIPPED_A_COIN");
    let said = pay_pal().normalise(&raw(&[], &odd));
    assert_eq!(
        (said.faults[0].code, said.faults[0].amount.unwrap().minor),
        (ReasonCode::UnknownSchema, 3_497)
    );
}

#[test]
fn the_sandbox_is_a_test() {
    // sources-and-cases.md #19
    let body =
        fixture("paypal", "capture_completed").replace("api.paypal.com", "api.sandbox.paypal.com");
    let told = facts(&body);
    let FactBody::PaymentCaptured(payment) = &told[0].body else { panic!() };
    assert_eq!((told.len(), payment.test), (1, true));
    let dispute =
        fixture("paypal", "dispute_created").replace("api.paypal.com", "api.sandbox.paypal.com");
    assert!(pay_pal().normalise(&raw(&[], &dispute)).ignored.is_some());
}

#[test]
fn a_list_of_events_is_each_of_them() {
    let list = format!(
        "{{\"events\":[{},{}],\"count\":2}}",
        fixture("paypal", NAMES[0]),
        fixture("paypal", NAMES[1])
    );
    assert_eq!(facts(&list), [of(NAMES[0]), of(NAMES[1])].concat());
    let key = |body: &str| pay_pal().dedupe_key(&raw(&[], body));
    assert_eq!(key(&fixture("paypal", NAMES[0])), "WH-CAP-1");
}
