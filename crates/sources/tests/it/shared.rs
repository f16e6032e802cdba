//! What an order system and Adyen tell of one movement has one key, so that it counts once.

use crate::support::{
    adyen, adyen_settings, bigcommerce, facts, fixture, pay_pal, shop, with, woo,
};
use kernel::{Fact, FactBody, SourceName};
use sources::adyen::{Adyen, Settings};

const PAID: &str = "adyen/PSP0000000000001/capture";

/// A transaction of Shopify by Adyen.
fn by_shopify(kind: &str, authorization: &str) -> Fact {
    let body = fixture("shopify", "transaction_stripe");
    let body = with(&body, "\"gateway\": \"stripe\"", "\"gateway\": \"adyen\"");
    let body = with(&body, "\"kind\": \"sale\"", &format!("\"kind\": \"{kind}\""));
    let body = with(&body, "\"pi_fixture01\"", &format!("\"{authorization}\""));
    facts(&shop(), &[("X-Shopify-Topic", "order_transactions/create")], &body).remove(0)
}

fn captured(facts: &[Fact]) -> Vec<&str> {
    let paid = facts.iter().filter(|f| matches!(f.body, FactBody::PaymentCaptured(_)));
    paid.map(|f| f.key.as_str()).collect()
}

#[test]
fn a_payment_by_adyen_has_its_key_in_shopify() {
    let event = facts(&adyen(), &[], &fixture("adyen", "authorisation"));
    assert_eq!(captured(&event), [PAID]);
    for authorization in ["PSP0000000000001", "#PSP0000000000001#", "OLD0#PSP0000000000001#K"] {
        let told = by_shopify("sale", authorization);
        assert_eq!(told.key.as_str(), PAID, "{authorization}");
        let FactBody::PaymentCaptured(paid) = told.body else { panic!("{:?}", told.body) };
        assert_eq!((&*paid.processor, &*paid.payment_id), ("adyen", "PSP0000000000001"));
    }
    for (kind, authorization) in [
        ("authorization", "PSP0000000000001"),
        ("sale", "psp0000000000001"),
        ("sale", "PSP000000000001"),
        ("sale", "PSP0000000000001#"),
    ] {
        let key = by_shopify(kind, authorization).key;
        assert_eq!(key.as_str(), "shopify:acme/transaction/701", "{kind} {authorization}");
    }
    let back = fixture("shopify", "refund_line");
    let back = with(&back, "\"gateway\": \"stripe\"", "\"gateway\": \"adyen\"");
    let back = with(&back, "re_fixture01", "PSP0000000000001#REF0000000000001#");
    let told = facts(&shop(), &[("X-Shopify-Topic", "refunds/create")], &back);
    let event = facts(&adyen(), &[], &fixture("adyen", "refund"));
    assert_eq!(told[0].key, event[0].key);
    assert!(told[0].version > event[0].version, "what came back is known only in the shop");
}

#[test]
fn a_payment_by_adyen_has_its_key_in_bigcommerce() {
    let body = fixture("bigcommerce", "order_paid");
    let body = with(&body, "stripev3", "adyenv3");
    let told = facts(&bigcommerce(), &[], &with(&body, "ch_bc1", "PSP0000000000001"));
    assert_eq!(captured(&told), [PAID]);
    let other = facts(&bigcommerce(), &[], &with(&body, "ch_bc1", "PSP1"));
    assert_eq!(captured(&other), ["bigcommerce:acme/transaction/502"]);
}

#[test]
fn a_refund_has_its_processors_key_in_bigcommerce() {
    let told = |provider: &str, payment: &str, refund: &str, status: &str| {
        let body = fixture("bigcommerce", "order_refunded");
        let body = with(&body, "\"stripe\"", &format!("\"{provider}\""));
        let body = with(&with(&body, "ch_bc4", payment), "re_bc4", refund);
        let body = with(&body, "\"partially refunded\"", &format!("\"{status}\""));
        let all = facts(&bigcommerce(), &[], &body).into_iter();
        all.filter(|f| matches!(f.body, FactBody::RefundIssued(_))).collect::<Vec<_>>()
    };
    const PAY_PALS: [&str; 2] = ["8AB12345CD678901E", "1JU08902781691411"];
    let given_back = told("paypal", PAY_PALS[0], PAY_PALS[1], "partially refunded");
    let event = facts(&pay_pal(), &[], &fixture("paypal", "capture_refunded"));
    assert_eq!(given_back[0].key, event[0].key);
    assert!(given_back[0].version > event[0].version, "what came back is known only in the shop");
    let given_back = told("adyen", "PSP0000000000001", "REF0000000000001", "partially refunded");
    assert_eq!(given_back[0].key.as_str(), "adyen/REF0000000000001/refund");
    // The transaction of the refund is not listed yet, and will be.
    let early = told("paypal", PAY_PALS[0], "none", "captured");
    let own = "bigcommerce:acme/refund/";
    assert!(early.iter().all(|f| f.key.as_str().starts_with(own)));
    let later = told("paypal", PAY_PALS[0], "none", "partially refunded");
    assert_eq!(later.len(), early.len() + 1);
    // Who names nothing has the store's keys from the start.
    let unnamed = told("paypal", "none", "none", "captured");
    assert_eq!(unnamed.len(), later.len());
}

#[test]
fn a_payment_by_adyen_has_its_key_in_woocommerce() {
    let body = fixture("woocommerce", "order_refund_listed");
    let body = with(&body, "\"stripe\"", "\"woosa_adyen_credit_card\"");
    let body = with(&body, "_stripe_refund_id", "_woosa_adyen_payment_pspReference");
    let told = facts(&woo(), &[], &with(&body, "re_woo1", "PSP0000000000001"));
    assert_eq!(captured(&told), [PAID]);
    let refund = told.iter().find(|f| matches!(f.body, FactBody::RefundIssued(_))).unwrap();
    assert_eq!(
        refund.key.as_str(),
        "woocommerce:acme/refund/2101",
        "no order names Adyen's refund"
    );
    // The transaction may be that of a capture or of a refund that failed.
    let other = with(&body, "ch_woo1", "PSP0000000000001");
    assert_eq!(captured(&facts(&woo(), &[], &other)), ["woocommerce:acme/order/2001/payment"]);
}

/// Where Adyen captures by request, an order system that names the reservation does not tell of a
/// second payment.
#[test]
fn a_capture_by_request_stands_alone() {
    let settings = Settings {
        captures_by_request: true,
        order_source: Some(SourceName::new("shopify:acme")),
        ..adyen_settings()
    };
    let account = Adyen::new(SourceName::new("adyen:acme"), settings);
    let mut all = vec![by_shopify("sale", "PSP0000000000001")];
    for name in ["authorisation", "capture"] {
        all.extend(facts(&account, &[], &fixture("adyen", name)));
    }
    assert!(all.iter().all(|f| f.subject == all[0].subject));
    let state = book::fold(&all[0].subject, &all);
    assert_eq!(captured(state.facts()), ["adyen/CAP0000000000001/capture"]);
    // And one that names the capture tells of that one.
    all[0] = by_shopify("capture", "PSP0000000000001#CAP0000000000001#");
    let state = book::fold(&all[0].subject, &all);
    assert_eq!(captured(state.facts()), ["adyen/CAP0000000000001/capture"]);
}
