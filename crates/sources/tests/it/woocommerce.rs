//! WooCommerce: signatures, orders, payments, gift cards, refunds.

use crate::support::{SECRET, fixture, kinds, raw, said, with, woo};
use kernel::{Fact, FactBody, LineKind, Order, ReasonCode, Refund};
use ports::{EventSource, RawDelivery, SignatureState};
use sources::kit::conformance::Subject;
use sources::kit::signature::{base64_text, hmac_sha256};
use sources::woocommerce::with_refunds;

const TOPIC: &str = "X-WC-Webhook-Topic";

fn delivered(name: &str, body: &str) -> RawDelivery {
    let topic = match name {
        "order_with_refunds" | "orders_page" => None,
        "order_paid" => Some("order.created"),
        _ => Some("order.updated"),
    };
    raw(&topic.map(|t| (TOPIC, t)).into_iter().collect::<Vec<_>>(), body)
}

fn facts(name: &str, body: &str) -> Vec<Fact> {
    let said = woo().normalise(&delivered(name, body));
    assert_eq!(said.faults, []);
    said.facts
}

fn order(name: &str, body: &str) -> Order {
    match facts(name, body).remove(0).body {
        FactBody::OrderCreated(o) | FactBody::OrderUpdated(o) => o,
        other => panic!("{other:?}"),
    }
}

fn refund(name: &str, body: &str) -> (Fact, Refund) {
    let mut facts = facts(name, body).into_iter();
    let found = facts.find(|f| matches!(f.body, FactBody::RefundIssued(_))).unwrap();
    let FactBody::RefundIssued(refund) = found.body.clone() else { unreachable!() };
    (found, refund)
}

fn sign(delivery: &mut RawDelivery) {
    let code = base64_text(&hmac_sha256(SECRET.as_bytes(), &[&delivery.body]));
    delivery.headers.push(("x-wc-webhook-signature".into(), code));
}

fn subject() -> Subject {
    const NAMES: [&str; 7] = [
        "order_paid",
        "order_gift_cards",
        "order_prices_with_tax",
        "order_refund_listed",
        "order_with_refunds",
        "order_cancelled",
        "orders_page",
    ];
    let one = |name: &'static str| (name, delivered(name, &fixture("woocommerce", name)));
    Subject {
        source: Box::new(woo()),
        fixtures: NAMES.into_iter().map(one).collect(),
        sign,
        signature_header: "x-wc-webhook-signature",
        is_timed: false,
    }
}

sources::conformance!(conformance, subject(), "id");

#[test]
fn a_signature_of_every_secret_is_taken_and_the_call_after_saving_needs_none() {
    let body = "{\"id\": 1}";
    for (secret, is_good) in [("old", true), (SECRET, true), ("other", false)] {
        let code = base64_text(&hmac_sha256(secret.as_bytes(), &[body.as_bytes()]));
        let accepted = woo().accept(&raw(&[("X-Wc-Webhook-Signature", &code)], body));
        assert_eq!(accepted.is_ok(), is_good, "{secret}");
    }
    let ping = raw(&[("content-type", "application/x-www-form-urlencoded")], "webhook_id=42");
    assert_eq!(woo().accept(&ping), Ok(SignatureState::Unsigned));
    assert!(woo().normalise(&ping).ignored.is_some());
    assert_eq!(woo().topic(&ping), "ping");
    for other in ["webhook_id=", "webhook_id=42&order=1", "webhook_id=4a", "{}"] {
        assert!(woo().accept(&raw(&[], other)).is_err(), "{other}");
    }
    let forged = raw(&[("x-wc-webhook-signature", "AAAA")], "webhook_id=42");
    assert!(woo().accept(&forged).is_err());
}

#[test]
fn a_paid_order_keeps_every_cent_in_its_place() {
    let body = fixture("woocommerce", "order_paid");
    let told = facts("order_paid", &body);
    assert_eq!(kinds(&told), ["OrderCreated", "PaymentCaptured"]);
    assert_eq!(told[0].key.as_str(), "woocommerce:acme/order/2001");
    assert_eq!(told[0].version, 1_772_460_909_000_000);
    let order = order("order_paid", &body);
    let lines: Vec<_> = order
        .lines
        .iter()
        .map(|l| (l.id.as_str(), l.kind, l.gross_minor, l.discount_minor))
        .collect();
    assert_eq!(
        lines,
        [
            ("11", LineKind::Goods, 6_000, 600),
            ("12", LineKind::Goods, 2_000, 200),
            ("shipping/13", LineKind::Shipping, 1_000, 0)
        ]
    );
    let taxes: Vec<_> = order
        .taxes
        .iter()
        .map(|t| (t.jurisdiction.as_str(), t.amount_minor, t.base_minor, t.parts))
        .collect();
    assert_eq!(taxes, [("State tax", 656, Some(8_200), 3), ("City tax", 82, Some(8_200), 3)]);
    assert_eq!(order.taxes[0].rate.unwrap().to_string(), "0.08");
    assert_eq!((order.total_minor, order.paid_at_checkout, order.draft), (8_938, true, false));
    assert_eq!(order.customer.unwrap().name, "Ada Example");
}

#[test]
fn a_payment_has_the_key_of_the_processor_that_made_it() {
    let body = fixture("woocommerce", "order_paid");
    let key = |body: &str| facts("order_paid", body)[1].key.as_str().to_owned();
    assert_eq!(key(&body), "stripe/ch_woo1/capture");
    let paypal = with(&body, "\"payment_method\": \"stripe\"", "\"payment_method\": \"ppcp-card\"");
    assert_eq!(key(&paypal), "paypal/ch_woo1/capture");
    let stripes =
        with(&body, "\"payment_method\": \"stripe\"", "\"payment_method\": \"stripe_ideal\"");
    assert_eq!(key(&stripes), "stripe/ch_woo1/capture");
    // An account of Automattic at Stripe: its ids are not those of the shop's own account.
    let other = with(
        &body,
        "\"payment_method\": \"stripe\"",
        "\"payment_method\": \"woocommerce_payments\"",
    );
    assert_eq!(key(&other), "woocommerce:acme/order/2001/payment");
    let cash = with(&body, "\"payment_method\": \"stripe\"", "\"payment_method\": \"\"");
    let FactBody::PaymentCaptured(paid) = facts("order_paid", &cash).remove(1).body else {
        panic!()
    };
    assert_eq!((paid.processor.as_str(), paid.amount_minor), ("manual", 8_938));
}

#[test]
fn a_webhook_and_a_polled_order_are_the_same_facts() {
    let body = fixture("woocommerce", "order_refund_listed");
    let hook = facts("order_refund_listed", &body);
    let polled = facts("orders_page", &format!("[{body}]"));
    assert_eq!(hook, polled);
    let key = |f: &Fact| f.key.clone();
    let composed = with_refunds(&body, "[]");
    let alone = facts("order_with_refunds", &composed);
    assert_eq!(
        hook[..2].iter().map(key).collect::<Vec<_>>(),
        alone.iter().map(key).collect::<Vec<_>>()
    );
}

#[test]
fn gift_cards_pay_before_the_total_is_stated() {
    // sources-and-cases.md #57
    let body = fixture("woocommerce", "order_gift_cards");
    let told = facts("order_gift_cards", &body);
    assert_eq!(
        kinds(&told),
        ["OrderUpdated", "PaymentCaptured", "GiftCardRedeemed", "GiftCardRedeemed"]
    );
    assert_eq!(order("order_gift_cards", &body).total_minor, 2_800);
    let FactBody::PaymentCaptured(paid) = &told[1].body else { panic!() };
    assert_eq!(paid.amount_minor, 400);
    // Where the total already holds them, it is taken as it is.
    let gross = with(&body, "\"total\": \"4.00\"", "\"total\": \"28.00\"");
    assert_eq!(order("order_gift_cards", &gross).total_minor, 2_800);
}

#[test]
fn a_gift_card_that_is_sold_is_a_liability() {
    let body = fixture("woocommerce", "order_paid");
    let sold = body.replacen(
        "\"meta_data\": []",
        "\"meta_data\": [{\"id\": 1, \"key\": \"wc_gc_giftcard_amount\", \"value\": 54}]",
        2,
    );
    let kinds: Vec<_> = order("order_paid", &sold).lines.iter().map(|l| l.kind).collect();
    assert!(kinds.contains(&LineKind::GiftCard), "{kinds:?}");
}

#[test]
fn prices_with_tax_foot_by_rounding_and_a_negative_fee_is_a_discount() {
    let body = fixture("woocommerce", "order_prices_with_tax");
    let given = order("order_prices_with_tax", &body);
    assert_eq!((given.total_minor, given.rounding_minor, given.tax_included), (3_497, 1, false));
    assert_eq!(given.lines[2].kind, LineKind::Discount);
    // The lines' taxes are a cent more than the total of the rate, which decides (#36).
    assert_eq!(given.taxes[0].amount_minor, 638);
    assert_eq!(given.customer, None);
    assert_eq!(kernel::validate::order(&given), []);
    // Two cents on three lines are no rounding: told as stated, and held with the amount.
    let off = with(&body, "\"total\": \"34.97\"", "\"total\": \"34.90\"");
    let held = kernel::validate::order(&order("order_prices_with_tax", &off));
    assert_eq!(held[0].code, ReasonCode::SourceNotFooting);
    assert_eq!(held[0].amount.minor, 3_490);
}

#[test]
fn the_state_decides_what_is_sold() {
    let body = fixture("woocommerce", "orders_page");
    let in_state = |state: &str| {
        order(
            "orders_page",
            &with(&body, "\"status\": \"completed\"", &format!("\"status\": \"{state}\"")),
        )
    };
    let sold = |o: Order| (o.draft, o.paid_at_checkout);
    assert_eq!(sold(in_state("pending")), (true, true));
    assert_eq!(sold(in_state("checkout-draft")), (true, true));
    assert_eq!(sold(in_state("on-hold")), (false, true));
    assert_eq!(sold(in_state("processing")), (false, false));
    assert_eq!(sold(in_state("waiting-for-truck")), (false, true));
    let failed = body
        .replace("completed", "failed")
        .replace("\"transaction_id\": \"\"", "\"transaction_id\": \"tx\"");
    assert_eq!(kinds(&facts("orders_page", &failed)), ["OrderUpdated", "PaymentFailed"]);
    let held = body
        .replace("completed", "on-hold")
        .replace("\"transaction_id\": \"\"", "\"transaction_id\": \"tx\"");
    assert_eq!(kinds(&facts("orders_page", &held)), ["OrderUpdated", "PaymentAuthorised"]);
}

#[test]
fn a_listed_refund_is_replaced_by_the_fetched_one() {
    let (thin, total) =
        refund("order_refund_listed", &fixture("woocommerce", "order_refund_listed"));
    assert_eq!((total.total_minor, total.lines.len(), total.payments.len()), (2_943, 0, 1));
    let (full, itemised) =
        refund("order_with_refunds", &fixture("woocommerce", "order_with_refunds"));
    assert_eq!(thin.key, full.key);
    assert_eq!(full.key.as_str(), "stripe/re_woo1/refund");
    assert!(full.version > thin.version);
    assert_eq!((itemised.lines[0].id.as_str(), itemised.lines[0].gross_minor), ("11", 2_700));
    assert_eq!(itemised.taxes.iter().map(|t| t.amount_minor).collect::<Vec<_>>(), [216, 27]);
    assert_eq!(kernel::validate::refund(&itemised), []);
    // An order told later lists it again; the first one keeps its date.
    let later = fixture("woocommerce", "order_refund_listed").replace("2026-03-05T", "2026-03-09T");
    let (again, _) = refund("order_refund_listed", &later);
    assert!(again.version < thin.version);
}

/// An order paid by PayPal whose refunds PayPal's plugin knows by `ids`.
fn by_pay_pal(name: &str, ids: &str) -> String {
    let body = fixture("woocommerce", name);
    let body = with(&body, "\"stripe\"", "\"ppcp-gateway\"");
    let body = with(&body, "ch_woo1", "8AB12345CD678901E");
    with(&with(&body, "_stripe_refund_id", "_ppcp_refunds"), "\"re_woo1\"", ids)
}

fn refund_keys(body: &str) -> Vec<String> {
    let facts = facts("order_with_refunds", body).into_iter();
    let refunds = facts.filter(|f| matches!(f.body, FactBody::RefundIssued(_)));
    refunds.map(|f| f.key.as_str().to_owned()).collect()
}

#[test]
fn a_refund_by_pay_pal_has_its_key_where_the_order_says_which_it_is() {
    const OWN: &str = "woocommerce:acme/refund/2101";
    const PAY_PALS: &str = "paypal/1JU08902781691411/refund";
    let event =
        crate::support::pay_pal().normalise(&raw(&[], &fixture("paypal", "capture_refunded")));
    assert_eq!(event.facts[0].key.as_str(), PAY_PALS);
    let listed = by_pay_pal("order_refund_listed", "[\"1JU08902781691411\"]");
    let (thin, _) = refund("order_refund_listed", &listed);
    assert_eq!(thin.key, event.facts[0].key);
    assert!(thin.version < event.facts[0].version, "PayPal says as much, and says it first");
    let body = by_pay_pal("order_with_refunds", "[\"1JU08902781691411\"]");
    let (full, _) = refund("order_with_refunds", &body);
    assert_eq!(full.key, event.facts[0].key);
    assert!(full.version > event.facts[0].version, "what came back is known only here");
    // Nobody can say which is which, or whose ids these are.
    const TWO: &str = "[\"1JU08902781691411\", \"2JU08902781691412\"]";
    for ids in ["[]", "\"1JU08902781691411\"", "[\"re_woo1\"]", "[1]", "{}", TWO] {
        assert_eq!(refund_keys(&by_pay_pal("order_with_refunds", ids)), [OWN], "{ids}");
    }
}

#[test]
fn of_several_refunds_by_pay_pal_each_has_its_own_key() {
    let both = |ids: &str| {
        let body = by_pay_pal("order_with_refunds", ids);
        let (one, rest) = body.rsplit_once("\"refunds\": [").unwrap();
        let rest = rest.trim_end().strip_suffix("}").unwrap().trim_end().strip_suffix("]").unwrap();
        let older = "{\"id\": 999, \"date_created_gmt\": \"2026-03-05T14:00:00\", \
                     \"amount\": \"1.00\", \"refunded_payment\": false}";
        refund_keys(&format!("{one}\"refunds\": [{rest}, {older}]}}"))
    };
    let (first, last) = ("1JU08902781691411", "2JU08902781691412");
    // The newest stands first in the list, and last among PayPal's ids.
    assert_eq!(
        both(&format!("[\"{first}\", \"{last}\"]")),
        [format!("paypal/{last}/refund"), format!("paypal/{first}/refund")]
    );
    // The one that was recorded by hand was not sent back by WooCommerce.
    assert_eq!(
        both(&format!("[\"{first}\"]")),
        [format!("paypal/{first}/refund"), "woocommerce:acme/refund/999".to_owned()]
    );
    // One id twice would make one refund of two.
    assert_eq!(
        both(&format!("[\"{first}\", \"{first}\"]")),
        ["woocommerce:acme/refund/2101", "woocommerce:acme/refund/999"]
    );
}

#[test]
fn a_payment_whose_id_was_written_over_by_its_refunds_is_not_told_again() {
    let payments = |body: &str| -> Vec<String> {
        let facts = facts("order_refund_listed", body).into_iter();
        let paid = facts.filter(|f| matches!(f.body, FactBody::PaymentCaptured(_)));
        paid.map(|f| f.key.as_str().to_owned()).collect()
    };
    let body = by_pay_pal("order_refund_listed", "[\"1JU08902781691411\"]");
    assert_eq!(payments(&body), ["paypal/8AB12345CD678901E/capture"]);
    // A refund at PayPal: its plugin writes the refund's id where the payment's stood.
    let over = with(&body, "8AB12345CD678901E", "1JU08902781691411");
    assert_eq!(payments(&over), Vec::<String>::new());
    let (fact, refund) = refund("order_refund_listed", &over);
    assert_eq!(fact.key.as_str(), "paypal/1JU08902781691411/refund");
    assert_eq!(
        (refund.payments[0].processor.as_str(), &*refund.payments[0].payment_id),
        ("paypal", "2001")
    );
}

#[test]
fn a_refund_that_does_not_foot_is_told_and_held() {
    let body = fixture("woocommerce", "order_with_refunds");
    let (_, told) = refund(
        "order_with_refunds",
        &with(&body, "\"amount\": \"29.43\"", "\"amount\": \"28.00\""),
    );
    let held = kernel::validate::refund(&told);
    assert_eq!((held[0].code, held[0].amount.minor), (ReasonCode::SourceNotFooting, 2_800));
}

#[test]
fn what_cannot_be_booked_is_a_fault_with_its_amount() {
    let body = fixture("woocommerce", "orders_page");
    let marked = woo().normalise(&raw(&[], &body.replace("completed", "refunded")));
    assert_eq!(marked.faults[0].code, ReasonCode::SourceNotFooting);
    assert_eq!(marked.faults[0].amount.unwrap().minor, 3_000);
    let gone = said(&woo(), &[(TOPIC, "order.deleted")], "{\"id\": 2001}");
    assert_eq!(gone.faults[0].code, ReasonCode::SourceEditedAfterPosting);
    let subject = gone.faults[0].subject.as_ref().unwrap();
    assert_eq!(subject.to_string(), "sale woocommerce:acme/order/2001");
    let other =
        said(&woo(), &[(TOPIC, "invoice.paid")], "{\"currency\": \"EUR\", \"total\": \"5.00\"}");
    assert_eq!(other.faults[0].code, ReasonCode::UnknownSchema);
    assert_eq!(other.faults[0].amount.unwrap().minor, 500);
    let silent = said(&woo(), &[(TOPIC, "product.updated")], "{\"id\": 9}");
    assert!(silent.ignored.is_some());
}
