//! Stripe: signatures, payments, refunds, disputes, payouts and their movements.

use crate::support::{SECRET, account, facts, fixture, kinds, raw, said, with, zone};
use kernel::{FactBody, ReasonCode, SourceName};
use ports::{EventSource, RawDelivery, Secret};
use sources::kit::conformance::Subject;
use sources::kit::signature::hmac_sha256;
use sources::stripe::{PAYOUT_HEADER, Settings, Stripe};

fn code(secret: &str, time: i64, body: &[u8]) -> String {
    hex::encode(hmac_sha256(secret.as_bytes(), &[time.to_string().as_bytes(), b".", body]))
}

fn sign(delivery: &mut RawDelivery) {
    let time = delivery.received_at.seconds();
    let code = code(SECRET, time, &delivery.body);
    let value = format!("t={time},v1={},v1={code},v0={code}", "ab".repeat(32));
    delivery.headers.push(("stripe-signature".into(), value));
}

fn subject() -> Subject {
    const NAMES: [&str; 8] = [
        "charge_succeeded",
        "payment_intent_succeeded",
        "refund_created",
        "dispute_withdrawn",
        "dispute_reinstated",
        "payout_paid",
        "payout_movements",
        "fee",
    ];
    Subject {
        source: Box::new(account()),
        fixtures: NAMES.into_iter().map(|n| (n, raw(&[], &fixture("stripe", n)))).collect(),
        sign,
        signature_header: "stripe-signature",
        is_timed: true,
    }
}

sources::conformance!(conformance, subject(), "id");

fn told(body: &str) -> Vec<kernel::Fact> {
    facts(&account(), &[], body)
}

#[test]
fn only_v1_counts_and_one_good_one_is_enough() {
    let body = "{}";
    let time = 1_772_460_910;
    let accept = |value: String| account().accept(&raw(&[("Stripe-Signature", &value)], body));
    let good = code(SECRET, time, b"{}");
    assert!(accept(format!("t={time},v1={good}")).is_ok());
    assert!(accept(format!("t={time},v1={},v1={good}", code("no", time, b"{}"))).is_ok());
    assert!(accept(format!("t={time},v1={}", code("whsec_old", time, b"{}"))).is_ok());
    assert!(accept(format!("t={time},v0={good}")).is_err(), "v0 is for tests");
    assert!(accept(format!("t={},v1={good}", time - 1)).is_err(), "the time is signed");
    assert!(accept(format!("t={time},t={time},v1={good}")).is_err(), "two times");
    assert!(accept(format!("v1={good}")).is_err(), "no time");
}

#[test]
fn every_event_of_one_payment_is_one_movement_of_its_order() {
    let charge = told(&fixture("stripe", "charge_succeeded")).remove(0);
    let intent = told(&fixture("stripe", "payment_intent_succeeded")).remove(0);
    assert_eq!(charge.key.as_str(), "stripe/ch_fixture01/capture");
    assert_eq!((&charge.key, &charge.subject), (&intent.key, &intent.subject));
    assert_eq!(charge.subject.to_string(), "sale shopify:acme/order/1001001");
    let FactBody::PaymentCaptured(payment) = charge.body else { panic!() };
    assert_eq!(
        (payment.amount_minor, payment.business_date.to_string().as_str()),
        (14_300, "2026-03-02")
    );
}

#[test]
fn a_charge_without_an_order_is_a_subject_of_its_own() {
    let mut settings = Settings::new(Secret::new(SECRET), zone());
    let alone = Stripe::new(SourceName::new("stripe:acme"), settings.clone());
    let body = fixture("stripe", "charge_succeeded");
    let subject = facts(&alone, &[], &body).remove(0).subject;
    assert_eq!(subject.to_string(), "payment stripe:acme/payment/ch_fixture01");
    settings.order_source = Some(SourceName::new("shopify:acme"));
    let joined = Stripe::new(SourceName::new("stripe:acme"), settings);
    let whole = with(&body, "\"order_id\": \"1001001\"", "\"order_key\": \"shopify:acme/order/7\"");
    assert_eq!(facts(&joined, &[], &whole).remove(0).subject.key, "shopify:acme/order/7");
    let blank = with(&body, "\"order_id\": \"1001001\"", "\"order_id\": \"\"");
    assert_eq!(facts(&joined, &[], &blank).remove(0).subject, subject);
}

#[test]
fn charges_and_intents_mean_what_their_events_say() {
    let charge = fixture("stripe", "charge_succeeded");
    let uncaptured = with(&charge, "\"captured\": true", "\"captured\": false");
    let as_event = |body: &str, name: &str| with(body, "charge.succeeded", name);
    let failed = with(&charge, "\"status\": \"succeeded\"", "\"status\": \"failed\"");
    let pending = with(&charge, "\"status\": \"succeeded\"", "\"status\": \"pending\"");
    let odd = with(&charge, "\"status\": \"succeeded\"", "\"status\": \"melted\"");
    let intent = fixture("stripe", "payment_intent_succeeded");
    let intent_as = |name: &str| with(&intent, "payment_intent.succeeded", name);
    let table = [
        (charge.clone(), "PaymentCaptured"),
        (as_event(&charge, "charge.captured"), "PaymentCaptured"),
        (uncaptured.clone(), "PaymentAuthorised"),
        (as_event(&uncaptured, "charge.expired"), "PaymentVoided"),
        (as_event(&charge, "charge.updated"), "ignored"),
        (as_event(&failed, "charge.failed"), "PaymentFailed"),
        (as_event(&pending, "charge.pending"), "ignored"),
        (odd, "SRC-005"),
        (intent_as("payment_intent.payment_failed"), "PaymentFailed"),
        (intent_as("payment_intent.canceled"), "PaymentVoided"),
        (intent_as("payment_intent.amount_capturable_updated"), "PaymentAuthorised"),
        (intent_as("payment_intent.processing"), "ignored"),
        (intent_as("payment_intent.teleported"), "SRC-005"),
    ];
    for (body, expected) in table {
        let said = said(&account(), &[], &body);
        let fault = said.faults.first().map(|f| f.code.code());
        let fact = said.facts.first().map(|f| f.body.kind());
        assert_eq!(fact.or(fault).unwrap_or("ignored"), expected, "{body}");
    }
}

#[test]
fn a_partial_capture_takes_what_was_captured_and_steps_grow() {
    let body = fixture("stripe", "charge_succeeded");
    let part = with(&body, "\"amount_captured\": 14300", "\"amount_captured\": 12100");
    assert_eq!(told(&part).remove(0).amount().unwrap().minor, 12_100);
    let first = told(&with(&part, "unavailable", "available")).remove(0);
    let second = told(&with(&body, "unavailable", "available")).remove(0);
    assert!(second.version > first.version);
}

#[test]
fn amounts_follow_stripes_own_units() {
    let amount = |units: &str, currency: &str| {
        let body = fixture("stripe", "payment_intent_succeeded");
        let body = with(&body, "14300", units);
        let body = with(&body, "\"currency\": \"usd\"", &format!("\"currency\": \"{currency}\""));
        said(&account(), &[], &body)
    };
    for (units, currency, minor) in
        [("500", "jpy", 500), ("500", "isk", 5), ("5120", "kwd", 5_120), ("500", "mga", 50_000)]
    {
        let fact = amount(units, currency).facts.remove(0);
        assert_eq!(fact.amount().unwrap().minor, minor, "{units} {currency}");
    }
    for (units, currency) in [
        ("501", "isk"),
        ("1.5", "usd"),
        ("1e3", "usd"),
        ("100", "xyz"),
        ("99999999999999999999", "usd"),
    ] {
        let said = amount(units, currency);
        assert_eq!(said.facts, [], "{units} {currency}");
        assert_eq!(said.faults[0].code, ReasonCode::MalformedDelivery, "{units} {currency}");
    }
}

#[test]
fn test_mode_is_marked_or_left_out_unless_it_is_declared_real() {
    let dead =
        |name: &str| with(&fixture("stripe", name), "\"livemode\": true", "\"livemode\": false");
    let FactBody::PaymentCaptured(payment) = told(&dead("charge_succeeded")).remove(0).body else {
        panic!()
    };
    assert!(payment.test);
    let FactBody::RefundIssued(refund) = told(&dead("refund_created")).remove(0).body else {
        panic!()
    };
    assert!(refund.test);
    for name in ["payout_paid", "dispute_withdrawn"] {
        assert!(said(&account(), &[], &dead(name)).ignored.is_some(), "{name}");
    }
    let mut settings = Settings::new(Secret::new(SECRET), zone());
    settings.test_is_real = true;
    let sandbox = Stripe::new(SourceName::new("stripe:sandbox"), settings);
    assert_eq!(kinds(&facts(&sandbox, &[], &dead("payout_paid"))), ["PayoutPaid"]);
    let FactBody::PaymentCaptured(payment) =
        facts(&sandbox, &[], &dead("charge_succeeded")).remove(0).body
    else {
        panic!()
    };
    assert!(!payment.test);
}

#[test]
fn refunds_count_when_done_and_fail_even_later() {
    let body = fixture("stripe", "refund_created");
    let issued = told(&body).remove(0);
    assert_eq!(
        (issued.body.kind(), issued.key.as_str()),
        ("RefundIssued", "stripe/re_fixture01/refund")
    );
    assert_eq!(issued.subject.key, "stripe:acme/payment/ch_fixture01");
    let as_state =
        |state: &str| with(&body, "\"status\": \"succeeded\"", &format!("\"status\": {state}"));
    let failed = told(&as_state("\"failed\"")).remove(0);
    assert_eq!((failed.body.kind(), &failed.key), ("RefundFailed", &issued.key));
    assert!(said(&account(), &[], &as_state("\"pending\"")).ignored.is_some());
    assert_eq!(kinds(&told(&as_state("null"))), ["RefundIssued"], "old API versions have no state");
    let old_name = with(&body, "refund.created", "charge.refund.updated");
    assert_eq!(told(&old_name).remove(0), issued);
}

#[test]
fn a_refunded_charge_tells_the_refunds_it_holds_for_the_order_it_names() {
    let refund = r#"{"object": "list", "has_more": false, "data": [{"id": "re_fixture01", "amount": 2200,
        "charge": "ch_fixture01", "created": 1772745601, "currency": "usd", "metadata": {}, "status": "succeeded"}]}"#;
    let body = with(&fixture("stripe", "charge_succeeded"), "charge.succeeded", "charge.refunded");
    let held = told(&with(&body, "\"refunds\": null", &format!("\"refunds\": {refund}")));
    assert_eq!(held[0].key.as_str(), "stripe/re_fixture01/refund");
    assert_eq!(held[0].subject.key, "shopify:acme/order/1001001");
    assert!(said(&account(), &[], &body).ignored.unwrap().contains("refund.created"));
}

#[test]
fn disputes_take_amount_and_fee_from_the_balance() {
    let taken = told(&fixture("stripe", "dispute_withdrawn")).remove(0);
    let FactBody::DisputeOpened(dispute) = &taken.body else { panic!() };
    assert_eq!((dispute.amount_minor, dispute.fee_minor), (14_300, 1_500));
    assert_eq!(dispute.of.as_ref().unwrap().as_str(), "stripe/ch_fixture01/capture");
    let back = told(&fixture("stripe", "dispute_reinstated"));
    assert_eq!(kinds(&back), ["DisputeOpened", "DisputeWon"]);
    assert_eq!(back[0], taken, "the withdrawal is the same fact in every event");
    let FactBody::DisputeWon(won) = &back[1].body else { panic!() };
    assert_eq!((won.amount_minor, won.fee_minor), (14_300, 0), "the fee stays with Stripe");
    let fee_back = with(&fixture("stripe", "dispute_reinstated"), "\"fee\": 0", "\"fee\": -1500");
    let FactBody::DisputeWon(won) = told(&fee_back).remove(1).body else { panic!() };
    assert_eq!(won.fee_minor, -1_500);
    let lost = with(&fixture("stripe", "dispute_withdrawn"), "needs_response", "lost");
    assert_eq!(kinds(&told(&lost)), ["DisputeOpened", "DisputeLost"]);
    let asked = with(&fixture("stripe", "dispute_withdrawn"), "needs_response", "warning_closed");
    assert!(said(&account(), &[], &asked).ignored.is_some());
}

#[test]
fn payouts_arrive_on_a_day_and_may_fail_later() {
    let body = fixture("stripe", "payout_paid");
    let FactBody::PayoutPaid(payout) = told(&body).remove(0).body else { panic!() };
    assert_eq!(
        (payout.amount_minor, payout.business_date.to_string().as_str()),
        (63_070, "2026-03-06")
    );
    assert_eq!((payout.itemised, payout.destination.as_str()), (true, "ba_fixture01"));
    let as_state =
        |state: &str| with(&body, "\"status\": \"paid\"", &format!("\"status\": \"{state}\""));
    assert_eq!(kinds(&told(&as_state("failed"))), ["PayoutFailed"]);
    assert!(said(&account(), &[], &as_state("in_transit")).ignored.is_some());
    let negative = told(&with(&body, "\"amount\": 63070", "\"amount\": -4500")).remove(0);
    assert_eq!(negative.amount().unwrap().minor, -4_500, "the bank is debited (#109)");
}

#[test]
fn the_movements_of_a_payout_add_up_to_it() {
    // #106: 1,000 charged − 29.30 fees − 150 refunded − 80 disputed − 15 fee − 100 held + 5.
    let body = fixture("stripe", "payout_movements");
    let fact = told(&body).remove(0);
    assert_eq!(fact.amount().unwrap().minor, 63_070);
    assert_eq!(fact.subject.key, "stripe:acme/payout/po_fixture01");
    let FactBody::PayoutItemised(items) = &fact.body else { panic!() };
    let of: Vec<_> =
        items.entries.iter().map(|e| e.of.as_ref().map(kernel::EconomicKey::as_str)).collect();
    let charge = Some("stripe/ch_fixture01/capture");
    let refund = Some("stripe/re_fixture01/refund");
    let dispute = Some("stripe/dp_fixture01/opened");
    assert_eq!(of, [charge, refund, dispute, None, None]);
    assert_eq!(items.entries[3].category, "risk_reserved_funds");
    // The payout is known by the request, or by our header where the request is not shown.
    let bare = with(&body, "?payout=po_fixture01&limit=100", "");
    let named = facts(&account(), &[(PAYOUT_HEADER, "po_fixture01")], &bare).remove(0);
    assert_eq!(named, fact);
    let nameless = said(&account(), &[], &bare);
    assert_eq!(nameless.facts, [], "movements of no payout are told one by one");
    assert_eq!(nameless.faults.len(), 3, "dispute, reserve and adjustment need a rule");
    let page = said(&account(), &[], &with(&body, "\"has_more\": false", "\"has_more\": true"));
    assert_eq!((page.facts.len(), page.faults[0].code), (0, ReasonCode::MalformedDelivery));
}

#[test]
fn a_fee_of_its_own_is_a_fact() {
    let FactBody::FeeCharged(fee) = told(&fixture("stripe", "fee")).remove(0).body else {
        panic!()
    };
    assert_eq!((fee.amount_minor, fee.of), (2_500, None));
}

#[test]
fn lists_are_read_item_by_item() {
    let (a, b) = (fixture("stripe", "charge_succeeded"), fixture("stripe", "payout_paid"));
    let list = format!(
        "{{\"object\": \"list\", \"url\": \"/v1/events\", \"has_more\": true, \"data\": [{a}, {{}}, {b}]}}"
    );
    let said = said(&account(), &[], &list);
    assert_eq!(kinds(&said.facts), ["PaymentCaptured", "PayoutPaid"]);
    assert!(said.faults[0].at.starts_with("data[1]"), "{}", said.faults[0].at);
}

#[test]
fn unknown_events_with_money_are_faults_with_the_amount() {
    let body = fixture("stripe", "charge_succeeded");
    let strange = said(&account(), &[], &with(&body, "charge.succeeded", "topup.succeeded"));
    assert_eq!(strange.faults[0].code, ReasonCode::UnknownSchema);
    assert_eq!(strange.faults[0].amount.unwrap().minor, 14_300);
    let known = said(&account(), &[], &with(&body, "charge.succeeded", "customer.created"));
    assert!(known.ignored.unwrap().starts_with("customer.created"));
    let thin =
        said(&account(), &[], r#"{"id": "evt_1", "object": "v2.core.event", "type": "v1.x"}"#);
    assert_eq!(thin.faults[0].code, ReasonCode::UnknownSchema);
}

#[test]
fn the_identity_is_the_event_and_else_the_bytes() {
    let event = raw(&[], &fixture("stripe", "charge_succeeded"));
    assert_eq!(account().dedupe_key(&event), "evt_fixture01");
    assert_eq!(account().topic(&event), "charge.succeeded");
    let list = raw(&[], &fixture("stripe", "payout_movements"));
    assert_eq!(account().dedupe_key(&list).len(), 64);
    assert_eq!(account().topic(&list), "list");
}
