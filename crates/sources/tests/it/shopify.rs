//! Shopify: signatures, orders, payments, refunds, disputes, payouts.

use crate::support::{SECRET, fixture, kinds, raw, said, shop, with};
use kernel::{FactBody, LineKind, Order, ReasonCode, Refund};
use ports::{EventSource, RawDelivery};
use sources::kit::conformance::Subject;
use sources::kit::signature::{base64_text, hmac_sha256};

const TOPIC: &str = "X-Shopify-Topic";

fn topic_of(name: &str) -> Option<&'static str> {
    Some(match name {
        "order_paid" => "orders/create",
        "order_discount" => "orders/updated",
        "order_tax_included" => "orders/paid",
        "refund_line" => "refunds/create",
        n if n.starts_with("transaction_") => "order_transactions/create",
        _ => return None,
    })
}

fn delivered(name: &str, body: &str) -> RawDelivery {
    let topic: Vec<_> = topic_of(name).map(|t| (TOPIC, t)).into_iter().collect();
    raw(&topic, body)
}

fn facts(name: &str, body: &str) -> Vec<kernel::Fact> {
    let said = shop().normalise(&delivered(name, body));
    assert_eq!(said.faults, []);
    said.facts
}

fn order(name: &str, body: &str) -> Order {
    match facts(name, body).remove(0).body {
        FactBody::OrderCreated(o) | FactBody::OrderUpdated(o) => o,
        other => panic!("{other:?}"),
    }
}

fn refund(body: &str) -> (kernel::Fact, Refund) {
    let fact = facts("refund_line", body).remove(0);
    match fact.body.clone() {
        FactBody::RefundIssued(r) => (fact, r),
        other => panic!("{other:?}"),
    }
}

fn sign(delivery: &mut RawDelivery) {
    let code = base64_text(&hmac_sha256(SECRET.as_bytes(), &[&delivery.body]));
    delivery.headers.push(("x-shopify-hmac-sha256".into(), code));
}

fn subject() -> Subject {
    const NAMES: [&str; 8] = [
        "order_paid",
        "order_discount",
        "order_tax_included",
        "transaction_stripe",
        "transaction_gift_card",
        "refund_line",
        "disputes",
        "payouts",
    ];
    let one = |name: &'static str| (name, delivered(name, &fixture("shopify", name)));
    let mut fixtures: Vec<_> = NAMES.into_iter().map(one).collect();
    fixtures.push(one("balance_transactions"));
    Subject {
        source: Box::new(shop()),
        fixtures,
        sign,
        signature_header: "x-shopify-hmac-sha256",
        is_timed: false,
    }
}

sources::conformance!(conformance, subject(), "id");

#[test]
fn a_signature_is_taken_under_both_names_and_from_every_secret() {
    let body = "{\"note\": \"quotes \\\" and \u{fc}\"}";
    for name in ["X-Shopify-Hmac-SHA256", "shopify-hmac-sha256"] {
        for secret in ["old", SECRET] {
            let code = base64_text(&hmac_sha256(secret.as_bytes(), &[body.as_bytes()]));
            assert!(shop().accept(&raw(&[(name, &code)], body)).is_ok(), "{name} {secret}");
        }
        let code = base64_text(&hmac_sha256(b"other", &[body.as_bytes()]));
        assert!(shop().accept(&raw(&[(name, &code)], body)).is_err());
    }
}

#[test]
fn a_retry_has_the_identity_of_the_first_try_and_other_bytes_have_another() {
    let key = |id: &str, body| shop().dedupe_key(&raw(&[("X-Shopify-Webhook-Id", id)], body));
    assert_eq!(key("w1", "{}"), key("w1", "{}"));
    assert_ne!(key("w1", "{}"), key("w2", "{}"));
    assert_ne!(key("w1", "{}"), key("w1", "{ }"));
    let newer = shop().dedupe_key(&raw(&[("shopify-webhook-id", "w1")], "{}"));
    assert_eq!(key("w1", "{}"), newer);
}

#[test]
fn a_plain_order_keeps_every_cent_in_its_place() {
    let body = fixture("shopify", "order_paid");
    let fact = facts("order_paid", &body).remove(0);
    assert_eq!(fact.body.kind(), "OrderCreated");
    assert_eq!(fact.key.as_str(), "shopify:acme/order/1001001");
    assert_eq!(fact.subject.to_string(), "sale shopify:acme/order/1001001");
    assert_eq!(fact.version, 1_772_460_909_000_000);
    let order = order("order_paid", &body);
    assert_eq!((order.number.as_str(), order.channel.as_str()), ("1001", "web"));
    assert_eq!(order.customer.unwrap().name, "Ada Example");
    let lines: Vec<_> =
        order.lines.iter().map(|l| (l.id.as_str(), l.kind, l.net_minor())).collect();
    assert_eq!(
        lines,
        [
            ("501", LineKind::Goods, 10_000),
            ("502", LineKind::Goods, 2_000),
            ("shipping/601", LineKind::Shipping, 1_000)
        ]
    );
    let tax = &order.taxes[0];
    assert_eq!(order.taxes.len(), 1);
    assert_eq!((tax.amount_minor, tax.base_minor, tax.parts), (1_300, Some(13_000), 3));
    assert_eq!((order.total_minor, order.paid_at_checkout, order.test), (14_300, true, false));
}

#[test]
fn the_business_date_is_the_day_in_the_shops_zone() {
    // sources-and-cases.md #142: half past four in Greenwich is still the old year in New York.
    let body = fixture("shopify", "order_paid");
    let body = with(&body, "2026-03-02T09:15:04-05:00", "2026-01-01T04:30:00Z");
    assert_eq!(order("order_paid", &body).business_date.to_string(), "2025-12-31");
}

#[test]
fn discounts_follow_the_sources_allocation_or_the_largest_remainder() {
    let body = fixture("shopify", "order_discount");
    let given = order("order_discount", &body);
    let discounts = |o: &Order| o.lines.iter().map(|l| l.discount_minor).collect::<Vec<_>>();
    assert_eq!(discounts(&given), [334, 333, 333]);
    // Without allocations the same split comes out of the order's discount (#24).
    let start = body.find("\"discount_allocations\"").unwrap();
    assert!(start > 0);
    let bare = body.replace("\"discount_allocations\": [", "\"gone\": [");
    assert_eq!(discounts(&order("order_discount", &bare)), [334, 333, 333]);
    let thirds = with(&bare, "\"total_discounts\": \"10.00\"", "\"total_discounts\": \"0.02\"");
    assert_eq!(discounts(&order("order_discount", &thirds)), [1, 1, 0]);
}

#[test]
fn included_tax_is_inside_the_lines() {
    let order = order("order_tax_included", &fixture("shopify", "order_tax_included"));
    assert!(order.tax_included);
    assert_eq!((order.lines[0].net_minor(), order.total_minor), (12_000, 12_000));
    assert_eq!((order.taxes[0].amount_minor, order.taxes[0].base_minor), (2_000, Some(10_000)));
}

#[test]
fn tax_that_a_marketplace_keeps_is_not_ours() {
    // #41: the buyer pays 143, we are owed 130.
    let body = fixture("shopify", "order_paid");
    let body = with(&body, "\"channel_liable\": null", "\"channel_liable\": true");
    let order = order("order_paid", &body);
    assert!(order.taxes[0].marketplace);
    assert_eq!(order.total_minor, 13_000);
    assert_eq!(kernel::validate::order(&order), []);
}

#[test]
fn tips_duties_fees_gift_cards_and_cash_rounding_have_their_own_lines() {
    let body = fixture("shopify", "order_paid");
    let body = with(&body, "\"total_tip_received\": \"0.00\"", "\"total_tip_received\": \"1.02\"");
    let body = body.replacen("\"gift_card\": false", "\"gift_card\": true", 1);
    let body = body.replacen(
        "\"duties\": []",
        r#""duties": [{"shop_money": {"amount": "3.00", "currency_code": "USD"}, "tax_lines": []}]"#,
        1,
    );
    let set = |amount: &str| {
        format!(r#"{{"shop_money": {{"amount": "{amount}", "currency_code": "USD"}}}}"#)
    };
    let field = "\"original_total_additional_fees_set\": ";
    let body = with(&body, &format!("{field}null"), &format!("{field}{}", set("2.00")));
    let field = "\"total_cash_rounding_payment_adjustment_set\": ";
    let body = with(&body, field, &format!("{field}{}, \"x\": ", set("-0.02")));
    let field = "\"total_price\": ";
    let body = with(&body, &format!("{field}\"143.00\""), &format!("{field}\"149.02\""));
    let body = with(&body, "\"total_price_set\"", "\"y\"");
    let order = order("order_paid", &body);
    let of = |kind| {
        order.lines.iter().filter(|l| l.kind == kind).map(kernel::OrderLine::net_minor).sum()
    };
    let sums: [i64; 4] =
        [of(LineKind::Tip), of(LineKind::Duty), of(LineKind::Fee), of(LineKind::GiftCard)];
    assert_eq!(sums, [102, 300, 200, 10_000]);
    assert_eq!((order.rounding_minor, order.total_minor), (-2, 14_900));
    assert_eq!(kernel::validate::order(&order), []);
}

#[test]
fn money_never_passes_through_a_binary_float() {
    let body = fixture("shopify", "order_paid");
    let priced = |price: &str| {
        let body = with(&body, "\"price_set\"", "\"z\"");
        let body = body.replacen("\"price\": \"50.00\"", &format!("\"price\": {price}"), 1);
        shop().normalise(&delivered("order_paid", &body))
    };
    let gross = |price: &str| match &priced(price).facts[0].body {
        FactBody::OrderCreated(o) => (o.lines[0].unit_price.to_string(), o.lines[0].gross_minor),
        other => panic!("{other:?}"),
    };
    // Seventeen digits that a double cannot hold, as a number and as text.
    assert_eq!(gross("0.1000000000000000055"), ("0.1000000000000000055".into(), 20));
    assert_eq!(gross("90071992547409.93"), ("90071992547409.93".into(), 18_014_398_509_481_986));
    assert_eq!(gross("\"90071992547409.93\"").1, 18_014_398_509_481_986);
    for bad in ["1e400", "\"1.0.0\"", "\"NaN\"", "92233720368547758.08", "\"\"", "true"] {
        let said = priced(bad);
        assert_eq!(said.facts, [], "{bad}");
        assert_eq!(said.faults[0].code, ReasonCode::MalformedDelivery, "{bad}");
    }
    let said = priced("1e400");
    assert_eq!(said.faults[0].amount.unwrap().minor, 14_300, "the amount at stake is known");
    assert_eq!(said.faults[0].subject.as_ref().unwrap().key, "shopify:acme/order/1001001");
}

#[test]
fn a_cancelled_order_says_so_beside_its_last_version() {
    let body = fixture("shopify", "order_paid");
    let body = with(&body, "\"cancelled_at\": null", "\"cancelled_at\": \"2026-03-03T01:00:00Z\"");
    let facts = facts("order_paid", &body);
    assert_eq!(kinds(&facts), ["OrderCreated", "OrderCancelled"]);
    let FactBody::OrderCancelled(cancelled) = &facts[1].body else { panic!() };
    assert_eq!(cancelled.business_date.to_string(), "2026-03-02");
    assert_ne!(facts[0].key, facts[1].key);
}

#[test]
fn terms_make_an_order_on_account() {
    let body = fixture("shopify", "order_paid");
    let body = with(&body, "\"payment_terms\": null", "\"payment_terms\": {\"id\": 1}");
    assert!(!order("order_paid", &body).paid_at_checkout);
}

#[test]
fn a_payment_of_the_shops_stripe_account_has_stripes_key() {
    // #169: Shopify's transaction and Stripe's charge are one movement.
    let body = fixture("shopify", "transaction_stripe");
    let fact = facts("transaction_stripe", &body).remove(0);
    assert_eq!(fact.key.as_str(), "stripe/ch_fixture01/capture");
    assert_eq!(fact.subject.key, "shopify:acme/order/1001001");
    let FactBody::PaymentCaptured(payment) = fact.body else { panic!() };
    assert_eq!((payment.processor.as_str(), payment.amount_minor), ("stripe", 14_300));
    let other = with(&body, "\"gateway\": \"stripe\"", "\"gateway\": \"shopify_payments\"");
    let key = facts("transaction_stripe", &other).remove(0).key;
    assert_eq!(key.as_str(), "shopify:acme/transaction/701", "payouts name these transactions");
}

#[test]
fn a_payment_of_the_shops_paypal_account_has_paypals_key() {
    let body = fixture("shopify", "transaction_stripe");
    let of = |gateway: &str, kind: &str, id: &str| {
        let body = with(&body, "\"gateway\": \"stripe\"", &format!("\"gateway\": \"{gateway}\""));
        let body = with(&body, "\"kind\": \"sale\"", &format!("\"kind\": \"{kind}\""));
        let body = with(&body, "pi_fixture01", id);
        facts("transaction_stripe", &body).remove(0)
    };
    let told = of("paypal", "sale", "8AB12345CD678901E");
    let FactBody::PaymentCaptured(payment) = &told.body else { panic!("{told:?}") };
    assert_eq!((payment.processor.as_str(), &*payment.payment_id), ("paypal", "8AB12345CD678901E"));
    // PayPal's own event tells of the same movement.
    let event = crate::support::pay_pal()
        .normalise(&raw(&[], &fixture("paypal", "capture_completed")))
        .facts;
    assert_eq!(event[0].key, told.key);
    for (gateway, kind, id) in [
        ("paypal", "authorization", "8AB12345CD678901E"),
        ("paypal", "sale", "8ab12345cd678901e"),
        ("paypal", "sale", "8AB12345CD678901"),
        ("adyen", "sale", "8AB12345CD678901E"),
    ] {
        let key = of(gateway, kind, id).key;
        assert_eq!(key.as_str(), "shopify:acme/transaction/701", "{gateway} {kind} {id}");
    }
    let back = fixture("shopify", "refund_line");
    let back = with(&back, "\"gateway\": \"stripe\"", "\"gateway\": \"paypal\"");
    let (fact, _) = refund(&with(&back, "re_fixture01", "1JU08902781691411B"));
    assert_eq!(fact.key.as_str(), "shopify:acme/refund/801", "no id of PayPal's");
    let (fact, _) = refund(&with(&back, "re_fixture01", "1JU0890278169141B"));
    assert_eq!(fact.key.as_str(), "paypal/1JU0890278169141B/refund");
}

#[test]
fn each_kind_and_state_of_a_transaction_means_one_thing() {
    let body = fixture("shopify", "transaction_stripe");
    let told = |kind: &str, status: &str| {
        let body = with(&body, "\"kind\": \"sale\"", &format!("\"kind\": \"{kind}\""));
        let body = with(&body, "\"status\": \"success\"", &format!("\"status\": \"{status}\""));
        let said = shop().normalise(&delivered("transaction_stripe", &body));
        let fault = said.faults.first().map(|f| f.code.code().to_owned());
        let fact = said.facts.first().map(|f| f.body.kind().to_owned());
        fact.or(fault).unwrap_or_else(|| "ignored".to_owned())
    };
    let table = [
        ("sale", "success", "PaymentCaptured"),
        ("capture", "SUCCESS", "PaymentCaptured"),
        ("authorization", "success", "PaymentAuthorised"),
        ("emv_authorization", "success", "PaymentAuthorised"),
        ("void", "success", "PaymentVoided"),
        ("sale", "failure", "PaymentFailed"),
        ("authorization", "error", "PaymentFailed"),
        ("void", "failure", "ignored"),
        ("sale", "pending", "ignored"),
        ("refund", "success", "ignored"),
        ("refund", "failure", "REF-002"),
        ("change", "success", "PAY-003"),
        ("suggested_refund", "", "ignored"),
        ("barter", "success", "SRC-005"),
        ("sale", "unknown", "SRC-005"),
    ];
    for (kind, status, expected) in table {
        assert_eq!(told(kind, status), expected, "{kind} {status}");
    }
}

#[test]
fn a_gift_card_pays_by_reducing_its_liability() {
    let fact =
        facts("transaction_gift_card", &fixture("shopify", "transaction_gift_card")).remove(0);
    let FactBody::GiftCardRedeemed(card) = fact.body else { panic!("{fact:?}") };
    assert_eq!((card.card_id.as_str(), card.amount_minor), ("8801", 5_000));
}

#[test]
fn an_itemised_refund_foots_and_shares_stripes_key() {
    let (fact, refund) = refund(&fixture("shopify", "refund_line"));
    assert_eq!(fact.key.as_str(), "stripe/re_fixture01/refund");
    assert_eq!((refund.lines.len(), refund.lines[0].net_minor()), (1, 2_000));
    assert_eq!((refund.taxes[0].amount_minor, refund.taxes[0].base_minor), (200, Some(2_000)));
    assert_eq!((refund.total_minor, refund.payments[0].amount_minor), (2_200, 2_200));
    assert_eq!(kernel::validate::refund(&refund), []);
}

#[test]
fn money_decides_whether_refunded_lines_hold_the_tax() {
    let body = fixture("shopify", "refund_line");
    // 22.00 went back for a line of 22.00: it holds its tax of 2.00.
    let (_, inside) = refund(&with(&body, "20.0", "22.0"));
    assert_eq!((inside.lines[0].net_minor(), inside.taxes[0].amount_minor), (2_000, 200));
    assert_eq!(kernel::validate::refund(&inside), []);
}

#[test]
fn a_tenth_and_two_tenths_are_three_tenths() {
    let body = fixture("shopify", "refund_line");
    let body = with(&with(&body, "\"subtotal_set\"", "\"a\""), "\"total_tax_set\"", "\"b\"");
    let body = with(&body, "\"subtotal\": 20.0", "\"subtotal\": 0.1");
    let body = with(&body, "\"total_tax\": 2.0", "\"total_tax\": 0.2");
    let (_, refund) = refund(&with(&body, "\"amount\": \"22.00\"", "\"amount\": \"0.30\""));
    assert_eq!((refund.lines[0].net_minor(), refund.taxes[0].amount_minor), (10, 20));
    let held = kernel::validate::refund(&refund);
    assert!(held.iter().all(|v| v.code != ReasonCode::SourceNotFooting), "{held:?}");
}

#[test]
fn a_refund_that_does_not_foot_is_told_as_it_is_and_held() {
    // #143: the money that moved is the authority; the kernel holds the difference.
    let body = fixture("shopify", "refund_line");
    let (_, refund) = refund(&with(&body, "\"amount\": \"22.00\"", "\"amount\": \"9.00\""));
    assert_eq!(refund.total_minor, 900);
    let held = kernel::validate::refund(&refund);
    assert_eq!(held[0].code, ReasonCode::SourceNotFooting);
}

#[test]
fn a_pending_refund_moves_no_money_until_it_succeeds() {
    let body = fixture("shopify", "refund_line");
    let (before, pending) =
        refund(&with(&body, "\"status\": \"success\"", "\"status\": \"pending\""));
    assert_eq!((pending.payments.len(), pending.total_minor), (0, 2_200));
    let (after, _) = refund(&body);
    assert_eq!(before.key, after.key);
    assert!(after.version > before.version, "the settled refund is the later word");
}

#[test]
fn shipping_written_both_ways_is_given_back_once() {
    let body = fixture("shopify", "refund_line");
    let body = with(
        &body,
        "\"refund_shipping_lines\": []",
        r#""refund_shipping_lines": [
        {"id": 1, "subtotal_amount_set": {"shop_money": {"amount": "5.00", "currency_code": "USD"}}}]"#,
    );
    let body = with(&body, "\"amount\": \"22.00\"", "\"amount\": \"27.00\"");
    let (_, new) = refund(&body);
    assert_eq!(kernel::validate::refund(&new), []);
    let both = with(
        &body,
        "\"order_adjustments\": []",
        r#""order_adjustments": [
        {"id": 2, "amount": "-5.00", "tax_amount": "0.00", "kind": "shipping_refund"}]"#,
    );
    let (_, both) = refund(&both);
    assert_eq!(kernel::validate::refund(&both), []);
    let shipping = |r: &Refund| r.lines.iter().filter(|l| l.kind == LineKind::Shipping).count();
    assert_eq!((shipping(&new), shipping(&both)), (1, 1));
    let less = with(
        &body,
        "\"order_adjustments\": []",
        r#""order_adjustments": [
        {"id": 2, "amount": "0.30", "tax_amount": "0.00", "kind": "refund_discrepancy"}]"#,
    );
    let (_, less) = refund(&with(&less, "\"amount\": \"27.00\"", "\"amount\": \"26.70\""));
    assert_eq!(kernel::validate::refund(&less), []);
}

#[test]
fn an_order_that_carries_payments_and_refunds_tells_the_same_facts_as_their_own_webhooks() {
    let order = fixture("shopify", "order_paid");
    let (tx, back) = (fixture("shopify", "transaction_stripe"), fixture("shopify", "refund_line"));
    let carried = with(
        &order,
        "\"refunds\": []",
        &format!("\"refunds\": [{back}], \"transactions\": [{tx}]"),
    );
    let carried = facts("order_discount", &carried);
    assert_eq!(kinds(&carried), ["OrderUpdated", "PaymentCaptured", "RefundIssued"]);
    assert_eq!(carried[1], facts("transaction_stripe", &tx)[0]);
    assert_eq!(carried[2], facts("refund_line", &back)[0]);
}

#[test]
fn two_captures_under_one_stripe_payment_are_not_silently_one() {
    let order = fixture("shopify", "order_paid");
    let tx = fixture("shopify", "transaction_stripe");
    let second = with(&tx, "\"id\": 701", "\"id\": 799");
    let both = with(&order, "\"refunds\": []", &format!("\"transactions\": [{tx}, {second}]"));
    let said = shop().normalise(&delivered("order_paid", &both));
    assert_eq!(kinds(&said.facts), ["OrderCreated", "PaymentCaptured"]);
    assert_eq!(said.faults[0].amount.unwrap().minor, 14_300);
    let list = shop().normalise(&raw(&[], &format!("{{\"transactions\": [{tx}, {second}]}}")));
    assert_eq!((list.facts.len(), list.faults.len()), (1, 1));
}

#[test]
fn disputes_tell_each_movement_once_and_inquiries_move_nothing() {
    let facts = facts("disputes", &fixture("shopify", "disputes"));
    let told: Vec<_> = facts.iter().map(|f| (f.key.as_str(), f.amount().unwrap().minor)).collect();
    assert_eq!(
        told,
        [
            ("shopify:acme/dispute/901/opened", 14_300),
            ("shopify:acme/dispute/902/opened", 0),
            ("shopify:acme/dispute/903/opened", 12_000),
            ("shopify:acme/dispute/903/won", 12_000),
        ]
    );
}

#[test]
fn payouts_count_when_paid_and_their_movements_trust_the_net() {
    let paid = facts("payouts", &fixture("shopify", "payouts"));
    assert_eq!(kinds(&paid), ["PayoutPaid", "PayoutFailed"]);
    let items = facts("balance_transactions", &fixture("shopify", "balance_transactions"));
    let FactBody::PayoutItemised(items) = &items[0].body else { panic!() };
    assert_eq!(items.payout_id, "1101");
    let entries: Vec<_> = items
        .entries
        .iter()
        .map(|e| (e.category.as_str(), e.gross_minor, e.fee_minor, e.net_minor()))
        .collect();
    assert_eq!(entries, [("charge", 14_300, 445, 13_855), ("adjustment", 150, 20, 130)]);
    let of = items.entries[0].of.as_ref().unwrap();
    assert_eq!(of.as_str(), "shopify:acme/transaction/704");
    let total: i64 = items.entries.iter().map(kernel::PayoutEntry::net_minor).sum();
    assert_eq!(paid[0].amount().unwrap().minor, total);
}

#[test]
fn a_page_of_a_payout_never_passes_for_the_whole() {
    let link = [("Link", "<https://acme.example/next>; rel=\"next\"")];
    let said = said(&shop(), &link, &fixture("shopify", "balance_transactions"));
    assert_eq!(said.facts, []);
    assert_eq!(said.faults[0].subject.as_ref().unwrap().key, "shopify:acme/payout/1101");
}

#[test]
fn one_bad_order_in_a_list_does_not_take_the_others_along() {
    let good = fixture("shopify", "order_paid");
    let bad = with(&good, "\"total_price\": \"143.00\"", "\"total_price\": \"x\"");
    let bad = with(&bad, "\"total_price_set\"", "\"gone\"");
    let said = said(&shop(), &[], &format!("{{\"orders\": [{bad}, {good}]}}"));
    assert_eq!(said.facts.len(), 1);
    assert_eq!(said.faults[0].at, "orders[0].total_price");
}

#[test]
fn an_unknown_topic_is_a_fault_with_the_amount_and_a_silent_one_says_why() {
    let body = r#"{"id": 1, "amount": "12.50", "currency": "USD"}"#;
    let strange = said(&shop(), &[(TOPIC, "vouchers/burned")], body);
    assert_eq!(strange.faults[0].code, ReasonCode::UnknownSchema);
    assert_eq!(strange.faults[0].amount.unwrap().minor, 1_250);
    for topic in
        ["products/update", "carts/create", "draft_orders/create", "tender_transactions/create"]
    {
        let said = said(&shop(), &[(TOPIC, topic)], body);
        assert!(said.ignored.unwrap().starts_with(topic), "{topic}");
        let broken = shop().normalise(&raw(&[(TOPIC, topic)], "{"));
        assert_eq!(broken.faults[0].code, ReasonCode::MalformedDelivery, "{topic}");
    }
    let deleted = said(&shop(), &[(TOPIC, "orders/delete")], r#"{"id": 1001001}"#);
    assert_eq!(deleted.faults[0].code, ReasonCode::SourceEditedAfterPosting);
}

#[test]
fn a_foreign_currency_inside_an_order_is_refused() {
    let body = fixture("shopify", "order_paid");
    let body = body.replacen("\"currency_code\": \"USD\"", "\"currency_code\": \"CAD\"", 1);
    let body = body.replacen("\"currency_code\": \"USD\"", "\"currency_code\": \"CAD\"", 400);
    let said = shop().normalise(&delivered("order_paid", &body));
    assert_eq!(said.faults[0].code, ReasonCode::CurrencyMismatch);
}
