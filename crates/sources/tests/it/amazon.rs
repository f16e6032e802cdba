//! Amazon: settlement reports of both versions, their formats, and what does not foot.

use crate::support::{SECRET, amazon, kinds, raw};
use bytes::Bytes;
use kernel::{Fact, FactBody, LineKind, ReasonCode, SourceName};
use ports::{EventSource, Normalised, RawDelivery, SignatureState};
use proptest::prelude::*;
use sources::amazon::{Amazon, Settings};
use sources::kit::conformance::Subject;
use sources::kit::signature::{base64_bytes, base64_text, hmac_sha256};
use std::io::Write;

fn bytes(name: &str) -> Vec<u8> {
    let root = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    std::fs::read(root.join("src/amazon/fixtures").join(format!("{name}.txt"))).unwrap()
}

fn file(body: impl Into<Bytes>) -> RawDelivery {
    RawDelivery { body: body.into(), ..raw(&[], "") }
}

fn said(body: impl Into<Bytes>) -> Normalised {
    amazon().normalise(&file(body))
}

fn told(name: &str) -> Vec<Fact> {
    let said = said(bytes(name));
    assert_eq!(said.faults, [], "{name}");
    said.facts
}

/// The US fixture with one text replaced.
fn changed(from: &str, to: &str) -> Normalised {
    let text = String::from_utf8(bytes("settlement_v2_us")).unwrap();
    assert!(text.contains(from), "`{from}` is not in the fixture");
    said(text.replacen(from, to, 1))
}

fn sign(delivery: &mut RawDelivery) {
    let key = base64_bytes(SECRET.trim_start_matches("whsec_")).unwrap();
    let time = delivery.received_at.seconds().to_string();
    let parts = [b"msg_1".as_slice(), b".", time.as_bytes(), b".", &delivery.body];
    let code = base64_text(&hmac_sha256(&key, &parts));
    delivery.headers.push(("webhook-id".into(), "msg_1".into()));
    delivery.headers.push(("webhook-timestamp".into(), time));
    delivery.headers.push(("webhook-signature".into(), format!("v1,{code}")));
}

fn subject() -> Subject {
    const NAMES: [&str; 3] = ["settlement_v2_us", "settlement_v2_de", "settlement_v1_us"];
    Subject {
        source: Box::new(amazon()),
        fixtures: NAMES.into_iter().map(|n| (n, file(bytes(n)))).collect(),
        sign,
        signature_header: "webhook-signature",
        is_timed: true,
    }
}

#[test]
fn refuses_what_nobody_signed() {
    subject().signatures();
    let settings =
        Settings { secrets: Vec::new(), unsigned_allowed: true, zone: crate::support::zone() };
    let open = Amazon::new(SourceName::new("amazon:acme"), settings);
    assert_eq!(open.accept(&file("x")), Ok(SignatureState::Unsigned));
}

#[test]
fn the_same_file_means_the_same() {
    subject().repeatable();
}

#[test]
fn an_order_is_what_the_buyer_paid_without_the_marketplaces_tax() {
    // Case 151.
    let told = told("settlement_v2_us");
    let of = |order: &str| {
        told.iter().filter(|f| f.subject.key.ends_with(order)).cloned().collect::<Vec<_>>()
    };
    let sold = of("111-0000001-0000001");
    assert_eq!(kinds(&sold), ["OrderUpdated", "PaymentCaptured", "OrderFulfilled"]);
    let FactBody::OrderUpdated(order) = &sold[0].body else { panic!() };
    assert_eq!(
        (order.total_minor, order.business_date.to_string().as_str()),
        (3_198, "2026-01-30")
    );
    let lines: Vec<_> =
        order.lines.iter().map(|l| (l.kind, l.gross_minor, l.discount_minor)).collect();
    assert_eq!(lines, [(LineKind::Goods, 2_999, 200), (LineKind::Shipping, 399, 0)]);
    assert_eq!((order.taxes.len(), order.taxes[0].amount_minor), (1, 272));
    assert!(order.taxes[0].marketplace);
    assert_eq!(sold[1].key.as_str(), "amazon/11100000001/111-0000001-0000001/capture");
    assert_eq!(sold[1].amount().unwrap().minor, 3_198);
    // Case 154: the night of 3 February in UTC is still the 2nd in New York.
    let FactBody::OrderUpdated(later) = &of("111-0000002-0000002")[0].body else { panic!() };
    assert_eq!(later.business_date.to_string(), "2026-02-02");
}

#[test]
fn a_refund_belongs_to_its_order_and_fees_to_the_payout() {
    // Case 152.
    let told = told("settlement_v2_us");
    let refund = told.iter().find(|f| f.body.kind() == "RefundIssued").unwrap();
    assert_eq!(refund.subject.to_string(), "sale amazon:acme/order/111-0000002-0000002");
    assert_eq!(refund.key.as_str(), "amazon/11100000001/ADJ0000001/refund");
    assert_eq!(refund.amount().unwrap().minor, 1_999);
    let FactBody::PayoutItemised(items) =
        &told.iter().find(|f| f.body.kind() == "PayoutItemised").unwrap().body
    else {
        panic!()
    };
    let sums: Vec<_> = items
        .entries
        .iter()
        .filter(|e| e.of.is_none())
        .map(|e| (e.category.as_str(), e.gross_minor))
        .collect();
    assert_eq!(
        sums,
        [
            ("advertising", -3_520),
            ("fba_fee", -321),
            ("fee", -510),
            ("reimbursement", 2_499),
            ("reserve", 5_000)
        ]
    );
    let paid = told.iter().find(|f| f.body.kind() == "PayoutPaid").unwrap();
    let total: i64 = items.entries.iter().map(kernel::PayoutEntry::net_minor).sum();
    assert_eq!((paid.amount().unwrap().minor, total), (6_346, 6_346));
    let FactBody::PayoutPaid(payout) = &paid.body else { panic!() };
    assert_eq!(payout.business_date.to_string(), "2026-02-12", "in the business's zone");
}

#[test]
fn commas_points_in_dates_and_latin_1_are_read() {
    let facts = told("settlement_v2_de");
    let FactBody::OrderUpdated(order) = &facts[0].body else { panic!("{facts:?}") };
    assert_eq!((order.total_minor, order.channel.as_str()), (112_200, "Amazon.de"));
    assert_eq!(order.business_date.to_string(), "2026-01-30", "23:30 UTC in New York");
    assert!(order.taxes.iter().all(|t| !t.marketplace && t.amount_minor == 1_900));
    assert!(bytes("settlement_v2_de").contains(&0xfc), "the fixture is Latin-1");
    let text: String = bytes("settlement_v2_de").into_iter().map(char::from).collect();
    assert_eq!(said(text.clone()).facts, facts, "and in UTF-8");
    assert_eq!(said(format!("\u{feff}{text}")).facts, facts, "with a mark of byte order");
    assert_eq!(said(text.replace('\n', "\r\n")).facts, facts, "with the lines of Windows");
    assert_eq!(said(text.replacen("1000,50", "1.000,50", 1)).facts, facts, "with thousands");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(text.as_bytes()).unwrap();
    assert_eq!(said(gzip.finish().unwrap()).facts, facts, "compressed");
}

#[test]
fn the_older_file_states_several_amounts_in_a_row() {
    let facts = told("settlement_v1_us");
    let sold = ["OrderUpdated", "PaymentCaptured", "OrderFulfilled"];
    assert_eq!(kinds(&facts), [&sold[..], &["PayoutItemised", "PayoutPaid"]].concat());
    let FactBody::OrderUpdated(order) = &facts[0].body else { panic!() };
    let lines: Vec<_> =
        order.lines.iter().map(|l| (l.kind, l.gross_minor, l.discount_minor)).collect();
    assert_eq!(lines, [(LineKind::Goods, 5_000, 0), (LineKind::Shipping, 599, 240)]);
    assert_eq!(order.lines[0].quantity, kernel::Decimal::TWO);
    let FactBody::PayoutItemised(items) = &facts[3].body else { panic!() };
    let fees: Vec<_> = items.entries.iter().filter(|e| e.category == "fee").collect();
    assert_eq!((fees.len(), fees[0].gross_minor), (1, -833));
}

#[test]
fn rows_that_do_not_come_to_the_total_are_held_with_it() {
    for (from, to) in [("63.46", "63.47"), ("-35.20", "-35.21"), ("\t29.99\t", "\t29.98\t")] {
        let said = changed(from, to);
        assert!(said.facts.is_empty(), "{from}");
        let [fault] = said.faults.as_slice() else { panic!("{said:?}") };
        assert_eq!(fault.code, ReasonCode::SourceNotFooting, "{from}");
        assert!(fault.amount.is_some());
        let subject = fault.subject.as_ref().unwrap();
        assert_eq!(subject.to_string(), "payout amazon:acme/payout/11100000001");
    }
    let text = String::from_utf8(bytes("settlement_v2_us")).unwrap();
    let cut = text.trim_end().rfind('\n').unwrap();
    assert_eq!(said(text[..cut].to_owned()).faults[0].code, ReasonCode::SourceNotFooting);
}

#[test]
fn what_is_not_known_waits_for_a_rule_and_what_comes_to_nothing_does_not() {
    let strange = changed("FBA Inventory Reimbursement\tWAREHOUSE_DAMAGE", "Novelty\tNew Thing");
    let FactBody::PayoutItemised(items) =
        &strange.facts.iter().find(|f| f.body.kind() == "PayoutItemised").unwrap().body
    else {
        panic!()
    };
    let other = items.entries.iter().find(|e| e.gross_minor == 2_499).unwrap();
    assert_eq!(other.category, "other transaction / novelty / new thing");
    let line = changed("ItemPrice\tShipping\t3.99", "ItemPrice\tNew Thing\t3.99");
    let FactBody::OrderUpdated(order) = &line.facts[0].body else { panic!() };
    assert_eq!(order.lines[1].kind, LineKind::Other);
    let text = String::from_utf8(bytes("settlement_v2_us")).unwrap();
    let both = "11100000001\t\t\t\t\t\tOrder_Retrocharge\t111-0000001-0000001\t\t\t\tAmazon.com\tItemPrice\tTax\t1.00\n\
                11100000001\t\t\t\t\t\tOrder_Retrocharge\t111-0000001-0000001\t\t\t\tAmazon.com\tItemPrice\tTax\t-1.00\n";
    assert_eq!(said(format!("{text}{both}")).facts, told("settlement_v2_us"));
}

#[test]
fn broken_files_are_faults_with_their_place() {
    for (from, to, place) in [
        ("\t29.99\t", "\t29.9x\t", "line 3, amount"),
        ("\t29.99\t", "\t29.999\t", "line 3, amount"),
        ("\t29.99\t", "\t\t", "line 3, amount"),
        ("USD", "US$", "line 2, currency"),
        ("2026-01-30 14:05:00 UTC", "30 January", "line 3, posted-date-time"),
        ("2026-01-30 14:05:00 UTC", "01/30/26", "line 3, posted-date-time"),
        ("amount-type", "tipo", "line 1"),
        (
            "11100000001\t\t\t\t\t\tServiceFee",
            "999\t\t\t\t\t\tServiceFee",
            "line 17, settlement-id",
        ),
    ] {
        let said = changed(from, to);
        assert!(said.facts.is_empty(), "{to}");
        assert_eq!(
            (said.faults[0].at.as_str(), said.faults[0].code),
            (place, ReasonCode::MalformedDelivery),
            "{to}"
        );
    }
    for body in ["", " \n", "\u{1f}\u{8b}", "{\"a\": ", "a\tb\n1\t2\n"] {
        assert_eq!(said(body.to_owned()).faults[0].code, ReasonCode::MalformedDelivery, "{body:?}");
    }
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..65 {
        bomb.write_all(&vec![b' '; 1 << 20]).unwrap();
    }
    let bomb = said(bomb.finish().unwrap());
    assert!(bomb.faults[0].detail.contains("more than"), "{bomb:?}");
}

#[test]
fn documents_of_the_api_say_nothing_to_the_books() {
    let notification = "{\"NotificationType\": \"ORDER_CHANGE\", \"NotificationMetadata\": \
                        {\"NotificationId\": \"n-1\"}}";
    assert!(said(notification).ignored.unwrap().starts_with("ORDER_CHANGE"));
    assert_eq!(amazon().dedupe_key(&file(notification)), "n-1");
    assert_eq!(amazon().topic(&file(notification)), "ORDER_CHANGE");
    let strange = said("{\"notificationType\": \"MONEY_MOVED\"}");
    assert_eq!(strange.faults[0].code, ReasonCode::UnknownSchema);
    assert_eq!(said("{\"x\": 1}").faults[0].code, ReasonCode::UnknownSchema);
    assert_eq!(amazon().topic(&file(bytes("settlement_v1_us"))), "settlement_v1");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_bytes_are_answered(body: Vec<u8>) {
        subject().said(&file(body));
    }

    #[test]
    fn a_damaged_file_is_never_told_with_another_total(
        fixture: usize, at: usize, bytes in "[-0-9eE.,\t\na-z\u{0}]{1,8}",
    ) {
        let subject = subject();
        let damaged = subject.overwritten(fixture, at, bytes.as_bytes());
        let said = subject.said(&damaged);
        let paid = said.facts.iter().find(|f| f.body.kind() == "PayoutPaid");
        let items = said.facts.iter().find(|f| f.body.kind() == "PayoutItemised");
        prop_assert_eq!(paid.and_then(Fact::amount), items.and_then(Fact::amount));
    }
}
