//! Square: signatures, orders, payments, refunds, disputes, payouts, gift cards.

use crate::support::{
    SECRET, SQUARE_URL, facts, fixture, kinds, raw, said, square, square_settings, with,
};
use kernel::{Fact, FactBody, LineKind, ReasonCode, SourceName};
use ports::{EventSource, RawDelivery};
use sources::kit::conformance::Subject;
use sources::kit::signature::{base64_text, hmac_sha256};
use sources::square::{ENVIRONMENT_HEADER, Square};

fn code(secret: &str, url: &str, body: &[u8]) -> String {
    base64_text(&hmac_sha256(secret.as_bytes(), &[url.as_bytes(), body]))
}

fn sign(delivery: &mut RawDelivery) {
    let code = code(SECRET, SQUARE_URL, &delivery.body);
    delivery.headers.push(("x-square-hmacsha256-signature".into(), code));
}

fn subject() -> Subject {
    const NAMES: [&str; 9] = [
        "orders",
        "order_tax_included",
        "order_returned",
        "payment_completed",
        "refund_completed",
        "dispute_won",
        "payout_paid",
        "payout_entries",
        "gift_card_loaded",
    ];
    Subject {
        source: Box::new(square()),
        fixtures: NAMES.into_iter().map(|n| (n, raw(&[], &fixture("square", n)))).collect(),
        sign,
        signature_header: "x-square-hmacsha256-signature",
        is_timed: false,
    }
}

sources::conformance!(conformance, subject(), "amount");

fn told(name: &str) -> Vec<Fact> {
    facts(&square(), &[], &fixture("square", name))
}

fn told_with(name: &str, from: &str, to: &str) -> Vec<Fact> {
    facts(&square(), &[], &with(&fixture("square", name), from, to))
}

#[test]
fn the_url_is_signed_letter_by_letter_and_every_key_is_tried() {
    let header = "X-Square-HmacSha256-Signature";
    let accept = |value: String| square().accept(&raw(&[(header, &value)], "{}"));
    assert!(accept(code(SECRET, SQUARE_URL, b"{}")).is_ok());
    assert!(accept(code("old", SQUARE_URL, b"{}")).is_ok());
    assert!(accept(code(SECRET, &format!("{SQUARE_URL}/"), b"{}")).is_err());
    assert!(accept(code(SECRET, "", b"{}")).is_err());
    let sha1 = [("x-square-signature", code(SECRET, SQUARE_URL, b"{}"))];
    assert!(square().accept(&raw(&[(sha1[0].0, &sha1[0].1)], "{}")).is_err(), "the old header");
}

#[test]
fn a_sale_its_payment_and_its_return_are_one_subject() {
    let order = told("orders").remove(0);
    let FactBody::OrderUpdated(sale) = &order.body else { panic!("{order:?}") };
    assert_eq!((sale.total_minor, sale.lines.len(), sale.tax_included), (14_300, 3, false));
    assert_eq!(sale.taxes[0].amount_minor, 1_300);
    let paid = told("payment_completed");
    assert_eq!(kinds(&paid), ["FeeCharged", "PaymentCaptured"]);
    assert_eq!(paid[1].key.as_str(), "square/PAY01/capture");
    let back = told("order_returned").remove(0);
    for fact in [&paid[0], &paid[1], &back] {
        assert_eq!(fact.subject, order.subject);
    }
    let alone = told("refund_completed").remove(0);
    assert_eq!((&alone.key, alone.version < back.version), (&back.key, true));
    let FactBody::RefundIssued(refund) = back.body else { panic!() };
    assert_eq!((refund.total_minor, refund.lines.len(), refund.taxes.len()), (2_200, 1, 1));
    // By what it was paid the payment says, not the order that takes back.
    let way = |refund: &kernel::Refund| {
        let [paid] = refund.payments.as_slice() else { panic!("{refund:?}") };
        (paid.processor.clone(), paid.payment_id.clone())
    };
    assert_eq!(way(&refund), (String::new(), "PAY01".to_owned()));
    let alone = told_with("order_returned", "\"tender_id\"", "\"tender\"").remove(0);
    let FactBody::RefundIssued(alone) = alone.body else { panic!() };
    assert_eq!(way(&alone), ("square".to_owned(), alone.refund_id.clone()));
}

#[test]
fn prices_that_hold_their_tax_are_told_as_such() {
    let FactBody::OrderCreated(order) = told("order_tax_included").remove(0).body else { panic!() };
    assert!(order.tax_included);
    assert_eq!((order.lines[0].gross_minor, order.lines[0].discount_minor), (12_000, 1_200));
    assert_eq!((order.taxes[0].base_minor, order.taxes[0].amount_minor), (Some(9_000), 1_800));
    assert_eq!((order.lines[1].kind, order.lines[1].gross_minor), (LineKind::Tip, 500));
}

#[test]
fn a_price_that_is_not_stated_is_rounded_half_to_even() {
    let order = |quantity: &str| {
        let body = format!(
            "{{\"order\": {{\"id\": \"O\", \"created_at\": \"2026-03-02T14:00:00Z\", \
             \"total_money\": {{\"amount\": 0, \"currency\": \"USD\"}}, \"line_items\": [{{ \
             \"uid\": \"l\", \"quantity\": \"{quantity}\", \
             \"base_price_money\": {{\"amount\": 141, \"currency\": \"USD\"}}}}]}}}}"
        );
        let FactBody::OrderCreated(order) = facts(&square(), &[], &body).remove(0).body else {
            panic!()
        };
        order.lines[0].gross_minor
    };
    // 0.705 → 0.70 and 2.115 → 2.12 (sources-and-cases.md A5); half up would be 0.71.
    assert_eq!((order("0.5"), order("1.5")), (70, 212));
}

#[test]
fn cash_rounding_counts_whether_or_not_the_total_holds_it() {
    let rounding = "\"rounding_adjustment\": {\"amount_money\": {\"amount\": -2, \"currency\": \
                    \"USD\"}}, \"total_money\": {\n        \"amount\": 14300,";
    let before = "\"total_money\": {\n        \"amount\": 14300,";
    let body = fixture("square", "orders").replacen(before, rounding, 1);
    for body in [body.clone(), body.replacen("\"amount\": 14300,", "\"amount\": 14298,", 1)] {
        let FactBody::OrderUpdated(order) = facts(&square(), &[], &body).remove(0).body else {
            panic!()
        };
        assert_eq!((order.rounding_minor, order.total_minor), (-2, 14_298));
        assert!(kernel::validate::order(&order).is_empty());
    }
}

#[test]
fn goods_for_goods_are_one_order_that_comes_to_the_difference() {
    let returns = fixture("square", "order_returned");
    let at = returns.find("\"returns\"").unwrap();
    let end = returns.find("\"refunds\"").unwrap();
    let more = format!("{}\"net_amounts\"", &returns[at..end]);
    let body = fixture("square", "orders").replacen("\"net_amounts\"", &more, 1);
    let net = with(
        &body,
        "\"net_amounts\": {\n        \"total_money\": {\n          \"amount\": 14300",
        "\"net_amounts\": {\n        \"total_money\": {\n          \"amount\": 12100",
    );
    let FactBody::OrderUpdated(order) = facts(&square(), &[], &net).remove(0).body else {
        panic!()
    };
    assert_eq!((order.total_minor, order.lines.len()), (12_100, 4));
    assert!(kernel::validate::order(&order).is_empty(), "{order:?}");
    let paid_back = with(&net, "\"amount\": 12100", "\"amount\": -100");
    let held = said(&square(), &[], &paid_back);
    assert_eq!((held.facts.len(), held.faults[0].code), (0, ReasonCode::UnknownSchema));
    assert!(held.faults[0].amount.is_some() && held.faults[0].subject.is_some());
}

#[test]
fn payments_mean_what_their_status_says_and_the_later_word_wins() {
    for (status, expected) in [
        ("APPROVED", "PaymentAuthorised"),
        ("CANCELED", "PaymentVoided"),
        ("FAILED", "PaymentFailed"),
    ] {
        let fact = told_with("payment_completed", "COMPLETED", status).remove(0);
        assert_eq!(fact.body.kind(), expected);
    }
    let pending = with(&fixture("square", "payment_completed"), "COMPLETED", "PENDING");
    assert!(said(&square(), &[], &pending).ignored.is_some());
    let strange = with(&fixture("square", "payment_completed"), "COMPLETED", "MELTED");
    let fault = said(&square(), &[], &strange).faults.remove(0);
    assert_eq!((fault.code, fault.amount.unwrap().minor), (ReasonCode::UnknownSchema, 14_300));
    let first = told("payment_completed").remove(1);
    let tipped = with(&fixture("square", "payment_completed"), "14:15:20.000Z", "14:15:21.000Z");
    let tipped = with(
        &tipped,
        "\"total_money\": {\n          \"amount\": 14300",
        "\"total_money\": {\n          \"amount\": 15800",
    );
    let later = facts(&square(), &[], &tipped).remove(1);
    assert_eq!((&later.key, later.amount().unwrap().minor), (&first.key, 15_800));
    assert!(later.version > first.version);
}

#[test]
fn only_what_square_processes_is_squares() {
    let paid = |from: &str, to: &str| {
        let fact = told_with("payment_completed", from, to).pop().unwrap();
        match fact.body {
            FactBody::PaymentCaptured(p) => p.processor,
            FactBody::GiftCardRedeemed(card) => format!("redeemed {}", card.processor),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(paid("\"CARD\"", "\"CASH\""), "cash");
    assert_eq!(paid("\"CARD\"", "\"EXTERNAL\""), "manual");
    assert_eq!(paid("\"CARD\"", "\"WALLET\""), "square");
    assert_eq!(paid("VISA", "SQUARE_GIFT_CARD"), "redeemed gift_card");
    assert_eq!(kinds(&told_with("payment_completed", "\"CARD\"", "\"CASH\"")), ["PaymentCaptured"]);
}

#[test]
fn fees_come_late_and_are_corrected_by_themselves() {
    let more = "\"processing_fee\": [{\"type\": \"ADJUSTMENT\", \"effective_at\": \
                \"2026-03-09T00:00:00Z\", \"amount_money\": {\"amount\": 12, \"currency\": \"USD\"}},";
    let paid = told_with("payment_completed", "\"processing_fee\": [", more);
    let fees: Vec<_> = paid
        .iter()
        .filter_map(|f| match &f.body {
            FactBody::FeeCharged(fee) => Some((f.key.as_str(), fee.amount_minor)),
            _ => None,
        })
        .collect();
    assert_eq!(
        fees,
        [("square/PAY01/fee/adjustment-1773014400000000", 12), ("square/PAY01/fee/initial", 445)]
    );
}

#[test]
fn another_order_system_names_the_sale() {
    let mut settings = square_settings();
    settings.order_source = Some(SourceName::new("shopify:acme"));
    let processor = Square::new(SourceName::new("square:acme"), settings);
    let paid = facts(&processor, &[], &fixture("square", "payment_completed"));
    assert_eq!(paid[1].subject.to_string(), "sale shopify:acme/order/1001001");
    let order = said(&processor, &[], &fixture("square", "orders"));
    assert!(order.ignored.unwrap().contains("shopify:acme"));
    let bare = with(&fixture("square", "payment_completed"), "1001001", " ");
    let bare = facts(&processor, &[], &bare).remove(1);
    assert_eq!(bare.subject.to_string(), "payment square:acme/payment/PAY01");
}

#[test]
fn refunds_count_when_done() {
    let as_state = |state: &str| with(&fixture("square", "refund_completed"), "COMPLETED", state);
    assert_eq!(kinds(&facts(&square(), &[], &as_state("FAILED"))), ["RefundFailed"]);
    for nothing in ["PENDING", "REJECTED"] {
        assert!(said(&square(), &[], &as_state(nothing)).ignored.is_some(), "{nothing}");
    }
    let unlinked = with(&fixture("square", "refund_completed"), "\"payment_id\": \"PAY01\",", "");
    let fact = facts(&square(), &[], &unlinked).remove(0);
    assert_eq!(fact.subject.key, "square:acme/payment/PAY01_REF01");
}

#[test]
fn a_return_paid_to_two_tenders_says_each_refund_for_its_sale() {
    let one = "\"refunds\": [";
    let two = "\"refunds\": [{\"id\": \"PAY02_REF\", \"tender_id\": \"PAY02\", \"status\": \
               \"APPROVED\", \"created_at\": \"2026-03-05T10:00:00Z\", \"amount_money\": \
               {\"amount\": 300, \"currency\": \"USD\"}},";
    let told = told_with("order_returned", one, two);
    assert_eq!(kinds(&told), ["RefundIssued", "RefundIssued"]);
    let FactBody::RefundIssued(refund) = &told[1].body else { panic!() };
    assert!(refund.lines.is_empty() && told[1].subject.key == "square:acme/order/ORDER01");
    let none = with(&fixture("square", "order_returned"), "\"refunds\"", "\"refunded\"");
    assert_eq!(said(&square(), &[], &none).faults[0].code, ReasonCode::UnknownSchema);
}

#[test]
fn disputes_tell_their_opening_in_every_state() {
    let won = told("dispute_won");
    assert_eq!(kinds(&won), ["DisputeOpened", "DisputeWon"]);
    let state = |to: &str| told_with("dispute_won", "WON", to);
    assert_eq!(kinds(&state("ACCEPTED")), ["DisputeOpened", "DisputeLost"]);
    assert_eq!(state("EVIDENCE_REQUIRED"), won[..1]);
    let inquiry = state("INQUIRY_PROCESSING").remove(0);
    assert_eq!(inquiry.amount().unwrap().minor, 0, "an inquiry moves nothing (case 129)");
    assert!(inquiry.version < won[0].version && inquiry.key == won[0].key);
}

#[test]
fn the_movements_of_a_payout_add_up_to_it() {
    let FactBody::PayoutPaid(payout) = told("payout_paid").remove(0).body else { panic!() };
    assert_eq!(payout.business_date.to_string(), "2026-03-06");
    let fact = told("payout_entries").remove(0);
    assert_eq!(fact.amount().unwrap().minor, payout.amount_minor);
    assert_eq!(fact.subject.key, "square:acme/payout/po_01");
    let FactBody::PayoutItemised(items) = fact.body else { panic!() };
    let categories: Vec<_> = items.entries.iter().map(|e| e.category.as_str()).collect();
    assert_eq!(categories, ["charge", "refund", "dispute", "fee", "reserve", "adjustment"]);
    assert_eq!(items.entries[1].of.as_ref().unwrap().as_str(), "square/PAY01_REF01/refund");
    let unknown = told_with("payout_entries", "RESERVE_HOLD", "SQUARE_CAPITAL_PAYMENT").remove(0);
    let FactBody::PayoutItemised(items) = unknown.body else { panic!() };
    assert_eq!(items.entries[4].category, "square_capital_payment", "a rule has to name it");
    let page = fixture("square", "payout_entries").replacen('{', "{\"cursor\": \"abc\",", 1);
    let page = said(&square(), &[], &page);
    assert_eq!((page.facts.len(), page.faults[0].code), (0, ReasonCode::MalformedDelivery));
    assert!(page.faults[0].subject.is_some());
}

#[test]
fn gift_cards_are_told_once() {
    assert_eq!(kinds(&told("gift_card_loaded")), ["GiftCardSold"]);
    let line = with(
        &fixture("square", "gift_card_loaded"),
        "\"load_activity_details\": {",
        "\"load_activity_details\": {\"order_id\": \"ORDER01\",",
    );
    assert!(said(&square(), &[], &line).ignored.unwrap().contains("order"));
    let used = with(&fixture("square", "gift_card_loaded"), "\"LOAD\"", "\"REDEEM\"");
    let used = with(&used, "load_activity", "redeem_activity");
    assert_eq!(kinds(&facts(&square(), &[], &used)), ["GiftCardRedeemed"]);
    let paid = with(
        &used,
        "\"redeem_activity_details\": {",
        "\"redeem_activity_details\": {\"payment_id\": \"PAY01\",",
    );
    assert!(said(&square(), &[], &paid).ignored.unwrap().contains("payment"));
    let given = with(&fixture("square", "gift_card_loaded"), "\"LOAD\"", "\"IMPORT\"");
    let given = facts(&square(), &[], &with(&given, "load_activity", "import_activity")).remove(0);
    assert_eq!((given.body.kind(), given.amount().unwrap().minor), ("AdjustmentRecorded", -5_000));
}

#[test]
fn the_sandbox_moves_no_money() {
    let headers = [(ENVIRONMENT_HEADER, "Sandbox")];
    let body = fixture("square", "payment_completed");
    let FactBody::PaymentCaptured(payment) = facts(&square(), &headers, &body).remove(0).body
    else {
        panic!()
    };
    assert!(payment.test);
    for name in ["payout_paid", "payout_entries", "dispute_won", "gift_card_loaded"] {
        let said = said(&square(), &headers, &fixture("square", name));
        assert!(said.ignored.is_some(), "{name}");
    }
    let mut settings = square_settings();
    settings.test_is_real = true;
    let demo = Square::new(SourceName::new("square:demo"), settings);
    assert_eq!(kinds(&facts(&demo, &headers, &fixture("square", "payout_paid"))), ["PayoutPaid"]);
}

#[test]
fn answers_of_the_api_are_read_item_by_item() {
    let event = fixture("square", "payment_completed");
    let list = format!("{{\"events\": [{event}, {{}}], \"cursor\": \"more\"}}");
    let answer = said(&square(), &[], &list);
    assert_eq!(kinds(&answer.facts), ["FeeCharged", "PaymentCaptured"]);
    assert!(answer.faults[0].at.starts_with("events[1]"), "{}", answer.faults[0].at);
    assert!(said(&square(), &[], "{}").ignored.is_some(), "an empty list is an empty object");
    let error = said(&square(), &[], "{\"errors\": [{\"code\": \"UNAUTHORIZED\"}]}");
    assert_eq!(error.faults[0].code, ReasonCode::MalformedDelivery);
    let strange = with(&event, "payment.updated", "topup.created");
    let strange = with(&strange, "\"payment\": {", "\"topup\": {");
    let strange = said(&square(), &[], &strange);
    assert_eq!(strange.faults[0].amount.unwrap().minor, 14_300);
}

#[test]
fn the_identity_is_the_event_and_else_the_bytes() {
    let event = raw(&[], &fixture("square", "payment_completed"));
    assert!(square().dedupe_key(&event).starts_with("00000000-0000-4000-8000-000000000001:"));
    assert_eq!(square().topic(&event), "payment.updated");
    let list = raw(&[], &fixture("square", "payout_entries"));
    assert_eq!(
        (square().dedupe_key(&list).len(), square().topic(&list)),
        (64, "payout_entries".into())
    );
}
