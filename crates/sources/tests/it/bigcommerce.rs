//! BigCommerce: signature, webhooks, orders with their parts.

use crate::support::{SECRET, bigcommerce, data, facts, fixture, kinds, raw, said, with};
use kernel::{Fact, FactBody, LineKind, Order, ReasonCode, Refund};
use ports::{EventSource, RawDelivery, SignatureState};
use sources::bigcommerce::{self, BigCommerce};
use sources::kit::conformance::Subject;
use sources::kit::signature::{base64_text, hmac_sha256};

const NAMES: [&str; 5] =
    ["order_paid", "order_prices_with_tax", "order_credits", "order_refunded", "order_cancelled"];

fn sign_with(delivery: &mut RawDelivery, key: &[u8]) {
    let time = delivery.received_at.seconds().to_string();
    let body = delivery.body.clone();
    let code = hmac_sha256(key, &[b"msg_1.", time.as_bytes(), b".", &body]);
    delivery.headers.push(("webhook-id".to_owned(), "msg_1".to_owned()));
    delivery.headers.push(("webhook-timestamp".to_owned(), time));
    let signatures = format!("v1a,AAAA v1,AAAA v1,{}", base64_text(&code));
    delivery.headers.push(("webhook-signature".to_owned(), signatures));
}

fn sign(delivery: &mut RawDelivery) {
    sign_with(delivery, CLIENT_SECRET.as_bytes());
}

/// As the vendor makes them: hexadecimal, which also is base64.
pub const CLIENT_SECRET: &str = "5b21e1a9d3c84e0f9f5a1c0f6d7e8b9a5b21e1a9d3c84e0f9f5a1c0f6d7e8b9a";

fn subject() -> Subject {
    let one = |name: &'static str| (name, raw(&[], &fixture("bigcommerce", name)));
    Subject {
        source: Box::new(bigcommerce()),
        fixtures: NAMES.into_iter().map(one).collect(),
        sign,
        signature_header: "webhook-signature",
        is_timed: true,
    }
}

sources::conformance!(conformance, subject(), "id");

fn webhook(scope: &str, data: &str) -> String {
    format!(
        "{{\"scope\":\"{scope}\",\"store_id\":\"1\",\"data\":{data},\"hash\":\"352e4afc\",\
         \"created_at\":1561482670,\"producer\":\"stores/abc\"}}"
    )
}

fn order_of(facts: &[Fact]) -> &Order {
    let found = facts.iter().find_map(|f| match &f.body {
        FactBody::OrderUpdated(order) => Some(order),
        _ => None,
    });
    found.expect("an order")
}

fn refunds_of(facts: &[Fact]) -> Vec<(&Fact, &Refund)> {
    let refund = |fact: &'_ Fact| matches!(fact.body, FactBody::RefundIssued(_));
    let found = facts.iter().filter(|f| refund(f));
    found
        .map(|fact| match &fact.body {
            FactBody::RefundIssued(refund) => (fact, refund),
            other => panic!("{other:?}"),
        })
        .collect()
}

#[test]
fn the_client_secret_is_no_base64_and_every_secret_is_tried() {
    let body = webhook("store/order/created", "{\"type\":\"order\",\"id\":250}");
    let source = bigcommerce();
    for key in [CLIENT_SECRET.as_bytes(), b"0123456789abcdef0123456789abcdef", b"old"] {
        let mut signed = raw(&[], &body);
        sign_with(&mut signed, key);
        assert_eq!(source.accept(&signed), Ok(SignatureState::Valid), "{key:?}");
    }
    let decoded = sources::kit::signature::base64_bytes(CLIENT_SECRET).unwrap();
    let mut signed = raw(&[], &body);
    sign_with(&mut signed, &decoded);
    assert!(source.accept(&signed).is_err(), "the secret is taken for base64");
    let none = bigcommerce::Settings { secrets: Vec::new(), zone: crate::support::zone() };
    let none = BigCommerce::new(kernel::SourceName::new("bigcommerce:none"), none);
    let mut unkeyed = raw(&[], &body);
    sign_with(&mut unkeyed, b"");
    assert!(none.accept(&unkeyed).is_err());
    assert!(SECRET.starts_with("whsec_"), "one of the secrets of the connection is base64");
}

#[test]
fn a_webhook_names_the_order_that_is_fetched() {
    let source = bigcommerce();
    let order = "{\"type\":\"order\",\"id\":250}";
    for scope in ["created", "updated", "archived", "statusUpdated", "refund/created"] {
        let body = webhook(&format!("store/order/{scope}"), order);
        let said = said(&source, &[], &body);
        assert_eq!(said.wanted, ["orders/250"], "{scope}");
        assert!(said.facts.is_empty() && said.faults.is_empty() && said.ignored.is_some());
        assert_eq!(source.topic(&raw(&[], &body)), format!("store/order/{scope}"));
    }
    let body = webhook(
        "store/order/transaction/created",
        "{\"type\":\"order\",\"id\":\"9\",\"order_id\":251,\"transaction_id\":7}",
    );
    assert_eq!(said(&source, &[], &body).wanted, ["orders/251"]);
    for scope in ["store/cart/converted", "store/customer/created", "store/order/message/created"] {
        let said = said(&source, &[], &webhook(scope, order));
        assert!(said.wanted.is_empty() && said.faults.is_empty() && said.ignored.is_some());
    }
    for (scope, data) in [
        ("store/order/created", "{\"type\":\"order\"}"),
        ("store/order/created", "{\"type\":\"order\",\"id\":\"../1\"}"),
        ("store/order/melted", order),
        ("store/loan/created", order),
        ("order/created", order),
    ] {
        let said = said(&source, &[], &webhook(scope, data));
        assert!(said.wanted.is_empty() && !said.faults.is_empty(), "{scope} {data}: {said:?}");
    }
}

#[test]
fn repeats_of_an_event_are_one_delivery_and_other_events_are_not() {
    let source = bigcommerce();
    let key = |body: &str| source.dedupe_key(&raw(&[], body));
    let order = "{\"type\":\"order\",\"id\":250}";
    let first = webhook("store/order/created", order);
    let again = with(&first, "1561482670", "1561482999");
    assert_eq!(key(&first), key(&again));
    assert_ne!(key(&first), key(&webhook("store/order/updated", order)));
    assert_ne!(key(&first), key(&webhook("store/order/created", "{\"id\":251}")));
    assert_ne!(key(&first), key(&with(&first, "352e4afc", "352e4afd")));
}

#[test]
fn an_order_without_tax_in_its_prices_has_its_coupon_on_the_products() {
    let facts = facts(&bigcommerce(), &[], &fixture("bigcommerce", "order_paid"));
    assert_eq!(kinds(&facts), ["PaymentAuthorised", "PaymentCaptured", "OrderUpdated"]);
    assert_eq!(facts[1].key.as_str(), "stripe/ch_bc1/capture");
    assert_eq!(facts[1].amount().unwrap().minor, 10_800);
    let order = order_of(&facts);
    let lines: Vec<_> =
        order.lines.iter().map(|l| (l.kind, l.gross_minor, l.discount_minor)).collect();
    assert_eq!(
        lines,
        [
            (LineKind::Goods, 6_000, 600),
            (LineKind::Goods, 4_000, 400),
            (LineKind::Shipping, 1_000, 0)
        ]
    );
    assert_eq!(order.taxes.len(), 1);
    assert_eq!((order.taxes[0].amount_minor, order.taxes[0].parts), (800, 2));
    assert_eq!((order.total_minor, order.rounding_minor), (10_800, 0));
    assert!(order.paid_at_checkout && !order.draft);
    assert_eq!(facts[2].version, 1_772_460_909_000_000);
    assert_eq!(facts[2].key.as_str(), "bigcommerce:acme/order/3001");
}

#[test]
fn a_discount_that_holds_tax_is_taken_off_without_it() {
    let facts = facts(&bigcommerce(), &[], &fixture("bigcommerce", "order_prices_with_tax"));
    assert_eq!(kinds(&facts), ["OrderUpdated"], "cash on delivery is not paid yet");
    let order = order_of(&facts);
    let lines: Vec<_> =
        order.lines.iter().map(|l| (l.kind, l.gross_minor, l.discount_minor)).collect();
    assert_eq!(
        lines,
        [
            (LineKind::Goods, 3_134, 231),
            (LineKind::Goods, 3_134, 231),
            (LineKind::Shipping, 1_109, 0),
            (LineKind::Discount, -462, 0)
        ]
    );
    assert_eq!((order.total_minor, order.rounding_minor), (6_984, 0));
    assert!(!order.paid_at_checkout && order.customer.is_none());
    let done = with(&fixture("bigcommerce", "order_prices_with_tax"), ": 11,", ": 10,");
    let facts = crate::support::facts(&bigcommerce(), &[], &done);
    // A completed order is paid, and has left.
    assert_eq!(kinds(&facts), ["PaymentCaptured", "OrderUpdated", "OrderFulfilled"]);
    assert_eq!(facts[2].key.as_str(), "bigcommerce:acme/order/3002/shipped");
    assert_eq!(facts[0].key.as_str(), "bigcommerce:acme/order/3002/payment");
}

#[test]
fn store_credit_and_gift_certificates_pay_whether_the_total_holds_them_or_not() {
    let text = fixture("bigcommerce", "order_credits");
    let less = with(
        &text,
        "\"total_inc_tax\": \"138.0000\",\n    \"total_tax\"",
        "\"total_inc_tax\": \"68.0000\",\n    \"total_tax\"",
    );
    for text in [text, less] {
        let facts = facts(&bigcommerce(), &[], &text);
        assert_eq!(
            kinds(&facts),
            ["PaymentCaptured", "PaymentCaptured", "GiftCardRedeemed", "OrderUpdated"]
        );
        let paid: i64 = facts[..3].iter().map(|f| f.amount().unwrap().minor).sum();
        let order = order_of(&facts);
        assert_eq!((order.total_minor, paid), (13_800, 13_800));
        assert_eq!(order.lines[1].kind, LineKind::GiftCard);
        let FactBody::PaymentCaptured(credit) = &facts[1].body else { panic!("{facts:?}") };
        assert_eq!((credit.processor.as_str(), credit.amount_minor), ("store_credit", 2_000));
        assert_eq!(kernel::validate::order(order), []);
    }
}

#[test]
fn refunds_are_itemised_and_one_through_stripe_is_stripes() {
    let text = fixture("bigcommerce", "order_refunded");
    let all = facts(&bigcommerce(), &[], &text);
    let refunds = refunds_of(&all);
    let [(first, one), (second, two)] = refunds.as_slice() else { panic!("{all:?}") };
    assert_eq!(first.key.as_str(), "stripe/re_bc4/refund");
    let line = &one.lines[0];
    assert_eq!((line.kind, line.gross_minor, line.sku.as_str()), (LineKind::Goods, 3_000, "CHAIR"));
    assert_eq!((one.taxes[0].amount_minor, one.total_minor), (240, 3_240));
    assert_eq!(second.key.as_str(), "bigcommerce:acme/refund/72");
    let lines: Vec<_> = two.lines.iter().map(|l| (l.kind, l.gross_minor)).collect();
    assert_eq!(lines, [(LineKind::Shipping, 500), (LineKind::Goods, 300)]);
    assert_eq!(two.payments[0].processor, "store_credit");
    for (_, refund) in &refunds {
        assert_eq!(kernel::validate::refund(refund), []);
    }
    // Fees, wrapping and handling belong to the order.
    let order = order_of(&all);
    assert_eq!(order.lines.len(), 5);
    assert_eq!(order.total_minor, 11_800);
    // Before Stripe's transaction is there, the refund waits; when money went back without one, it
    // is told under the store's id; an amount that differs is another refund.
    let early = with(&text, "\"event\": \"refund\"", "\"event\": \"pending\"");
    let waiting = with(&early, "\"partially refunded\"", "\"captured\"");
    assert_eq!(refunds_of(&facts(&bigcommerce(), &[], &waiting)).len(), 1);
    let other =
        with(&text, "\"amount\": 32.4,\n      \"currency\"", "\"amount\": 9,\n      \"currency\"");
    for text in [early, other] {
        let facts = facts(&bigcommerce(), &[], &text);
        assert_eq!(refunds_of(&facts)[0].0.key.as_str(), "bigcommerce:acme/refund/71");
    }
}

#[test]
fn refunds_that_did_not_happen_are_faults() {
    let text = fixture("bigcommerce", "order_refunded");
    let declined = with(&text, "\"is_declined\": false", "\"is_declined\": true");
    let said = said(&bigcommerce(), &[], &declined);
    assert!(refunds_of(&said.facts).is_empty());
    let codes: Vec<_> = said.faults.iter().map(|f| (f.code, f.amount.unwrap().minor)).collect();
    assert_eq!(codes, [(ReasonCode::RefundFailed, 3_240), (ReasonCode::RefundFailed, 880)]);
    let failed = with(
        &text,
        "\"re_bc4\",\n      \"reference_transaction_id\": 521,\n      \"status\": \"ok\"",
        "\"re_bc4\",\n      \"reference_transaction_id\": 521,\n      \"status\": \"error\"",
    );
    let said = crate::support::said(&bigcommerce(), &[], &failed);
    assert_eq!(said.faults[0].code, ReasonCode::RefundFailed);
    assert_eq!(said.faults[0].at, "transactions[1].status");
}

#[test]
fn a_cancelled_order_and_transactions_of_other_kinds() {
    let all = facts(&bigcommerce(), &[], &fixture("bigcommerce", "order_cancelled"));
    assert_eq!(
        kinds(&all),
        ["PaymentAuthorised", "PaymentVoided", "OrderCancelled", "OrderUpdated"]
    );
    let text = fixture("bigcommerce", "order_paid");
    let settled = with(&text, "\"event\": \"capture\"", "\"event\": \"settled\"");
    // It settles an authorisation: the money is told here.
    let told = facts(&bigcommerce(), &[], &settled);
    assert_eq!(kinds(&told), ["PaymentAuthorised", "PaymentCaptured", "OrderUpdated"]);
    let twice = with(&settled, "\"event\": \"authorization\"", "\"event\": \"purchase\"");
    let told = facts(&bigcommerce(), &[], &twice);
    assert_eq!(kinds(&told), ["PaymentCaptured", "OrderUpdated"], "told once");
    let two = with(&text, "\"event\": \"authorization\"", "\"event\": \"capture\"");
    let said = said(&bigcommerce(), &[], &two);
    assert_eq!(said.faults[0].code, ReasonCode::AmbiguousCandidates);
    let odd = with(&text, "\"event\": \"capture\"", "\"event\": \"levitate\"");
    let said = crate::support::said(&bigcommerce(), &[], &odd);
    assert_eq!(said.faults[0].code, ReasonCode::UnknownSchema);
    assert_eq!(said.faults[0].amount.unwrap().minor, 10_800);
}

#[test]
fn what_does_not_add_up_and_what_is_alone_is_held_with_its_amount() {
    let text = with(
        &fixture("bigcommerce", "order_paid"),
        "\"coupon_discount\": \"10.0000\"",
        "\"coupon_discount\": \"11.0000\"",
    );
    let facts = facts(&bigcommerce(), &[], &text);
    let held = kernel::validate::order(order_of(&facts));
    assert_eq!(held[0].code, ReasonCode::SourceNotFooting);
    assert_eq!(held[0].amount.minor, 10_800);
    let Some(path) = data("payloads/bigcommerce/spec_orders.v2__orderCollection_Resp_json.json")
    else {
        return;
    };
    let body = std::fs::read_to_string(path).unwrap();
    let said = said(&bigcommerce(), &[], &body);
    let fault = &said.faults[0];
    assert_eq!((fault.code, fault.amount.unwrap().minor), (ReasonCode::MalformedDelivery, 36_195));
    assert_eq!(fault.at, "[0].products");
    assert_eq!(fault.subject.as_ref().unwrap().key, "bigcommerce:acme/order/100");
    let gone = crate::support::said(&bigcommerce(), &[], "{\"deleted_order\":250}");
    assert_eq!(gone.faults[0].code, ReasonCode::SourceEditedAfterPosting);
}
