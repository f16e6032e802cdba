//! Adyen: signatures per item, payments, refunds, disputes, the platform, the settlement report.

use crate::support::{
    ADYEN_KEY, adyen, adyen_settings, data, facts, fixture, kinds, raw, said, with,
};
use kernel::{Fact, FactBody, ReasonCode, SourceName};
use ports::{Answer, EventSource, RawDelivery, Secret, SignatureState};
use serde_json::{Value, json};
use sources::adyen::{Adyen, Settings};
use sources::kit::conformance::Subject;
use sources::kit::signature::{base64_text, hmac_sha256};

fn code(bytes: &[u8]) -> String {
    base64_text(&hmac_sha256(&hex::decode(ADYEN_KEY).unwrap(), &[bytes]))
}

/// Signs every item as Adyen does.
fn sign_items(delivery: &mut RawDelivery) {
    let mut body: Value = serde_json::from_slice(&delivery.body).unwrap();
    for wrapped in body["notificationItems"].as_array_mut().unwrap() {
        let item = &mut wrapped["NotificationRequestItem"];
        let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
        let signed = [
            text(&item["pspReference"]),
            text(&item["originalReference"]),
            text(&item["merchantAccountCode"]),
            text(&item["merchantReference"]),
            item["amount"]["value"].to_string(),
            text(&item["amount"]["currency"]),
            text(&item["eventCode"]),
            text(&item["success"]),
        ]
        .join(":");
        if item["additionalData"].is_null() {
            item["additionalData"] = json!({});
        }
        item["additionalData"]["hmacSignature"] = code(signed.as_bytes()).into();
    }
    delivery.body = body.to_string().into();
}

fn sign_body(delivery: &mut RawDelivery) {
    let code = code(&delivery.body);
    delivery.headers.push(("hmacsignature".into(), code));
}

fn standard() -> Subject {
    const NAMES: [&str; 4] = ["authorisation", "capture", "refund", "chargeback"];
    Subject {
        source: Box::new(by_request()),
        fixtures: NAMES.into_iter().map(|n| (n, raw(&[], &fixture("adyen", n)))).collect(),
        sign: sign_items,
        signature_header: "",
        is_timed: false,
    }
}

fn platform() -> Subject {
    let name = "transfer_booked";
    Subject {
        source: Box::new(adyen()),
        fixtures: vec![(name, raw(&[], &fixture("adyen", name)))],
        sign: sign_body,
        signature_header: "hmacsignature",
        is_timed: false,
    }
}

sources::conformance!(standard_webhooks, standard(), "value");
sources::conformance!(platform_webhooks, platform(), "value");

fn by_request() -> Adyen {
    let settings = Settings { captures_by_request: true, ..adyen_settings() };
    Adyen::new(SourceName::new("adyen:acme"), settings)
}

fn told(name: &str) -> Vec<Fact> {
    facts(&adyen(), &[], &fixture("adyen", name))
}

/// The fixture `capture` under another event code.
fn as_code(name: &str) -> String {
    with(&fixture("adyen", "capture"), "\"CAPTURE\"", &format!("\"{name}\""))
}

fn several(bodies: &[&str]) -> String {
    let items: Vec<Value> = bodies
        .iter()
        .map(|b| serde_json::from_str::<Value>(b).unwrap()["notificationItems"][0].clone())
        .collect();
    json!({ "live": "true", "notificationItems": items }).to_string()
}

#[test]
fn published_vectors_are_accepted_and_their_neighbours_are_not() {
    let Some(path) = data("signature_vectors.json") else { return };
    let vectors: Vec<Value> =
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut tried = 0;
    for vector in vectors.iter().filter(|v| v["vendor"] == "adyen") {
        let mut item = vector["input"]["item"].clone();
        item["additionalData"] = json!({ "hmacSignature": vector["expected"] });
        let key = Secret::new(vector["input"]["key_hex"].as_str().unwrap());
        let settings = Settings { secrets: vec![key], ..adyen_settings() };
        let source = Adyen::new(SourceName::new("adyen:v"), settings);
        let body = |item: &Value| {
            json!({ "live": "false", "notificationItems": [{ "NotificationRequestItem": item }] })
                .to_string()
        };
        assert_eq!(source.accept(&raw(&[], &body(&item))), Ok(SignatureState::Valid));
        assert!(adyen().accept(&raw(&[], &body(&item))).is_err() || tried == 0, "another key");
        for (field, other) in [("success", "false"), ("merchantReference", "x"), ("eventCode", "")]
        {
            let mut changed = item.clone();
            changed[field] = other.into();
            assert!(source.accept(&raw(&[], &body(&changed))).is_err(), "{field}");
        }
        tried += 1;
    }
    assert_eq!(tried, 3);
}

#[test]
fn the_door_takes_a_webhook_apart_and_accepts_whatever_it_keeps() {
    let mut good = raw(&[], &fixture("adyen", "authorisation"));
    sign_items(&mut good);
    let good = String::from_utf8(good.body.to_vec()).unwrap();
    let both = several(&[&good, &fixture("adyen", "refund"), &good]);
    let whole = raw(&[("content-type", "application/json")], &both);
    assert!(adyen().accept(&whole).is_err(), "one bad item refuses what was not taken apart");
    let parts = adyen().split(whole.clone());
    let accepted: Vec<bool> = parts.iter().map(|p| adyen().accept(p).is_ok()).collect();
    assert_eq!(accepted, [true, false, true]);
    assert!(parts.iter().all(|p| p.headers == whole.headers));
    assert_eq!(adyen().dedupe_key(&parts[0]), adyen().dedupe_key(&parts[2]));
    assert!(adyen().dedupe_key(&parts[0]).starts_with("AUTHORISATION/PSP0000000000001/true:"));
    assert_eq!(adyen().topic(&parts[1]), "REFUND");
    for other in [fixture("adyen", "transfer_booked"), "garbage".to_owned(), String::new()] {
        assert_eq!(adyen().split(raw(&[], &other)), [raw(&[], &other)]);
    }
    let flood = several(&vec![good.as_str(); 101]);
    assert_eq!(adyen().split(raw(&[], &flood)).len(), 1, "what no vendor sends is refused whole");
    assert!(adyen().accept(&raw(&[], &flood)).is_err());
    let answers = adyen().manifest().answers;
    let accepted = Answer { status: 202, text: Some("[accepted]") };
    assert_eq!(
        (answers.kept, answers.repeated, answers.refused),
        (accepted, accepted, Some(accepted))
    );
}

#[test]
fn items_are_read_one_by_one() {
    let body = several(&[
        &fixture("adyen", "authorisation"),
        &with(&fixture("adyen", "refund"), "2200", "22.5"),
        &fixture("adyen", "chargeback"),
    ]);
    let said = said(&adyen(), &[], &body);
    assert_eq!(kinds(&said.facts), ["PaymentCaptured", "DisputeOpened"]);
    assert!(said.faults[0].at.starts_with("notificationItems[1]"), "{}", said.faults[0].at);
}

#[test]
fn an_authorisation_is_the_capture_unless_captures_are_asked_for() {
    let captured = told("authorisation").remove(0);
    assert_eq!(captured.key.as_str(), "adyen/PSP0000000000001/capture");
    assert_eq!(captured.subject.to_string(), "payment adyen:acme/payment/PSP0000000000001");
    assert_eq!(told("capture").remove(0).key, captured.key, "the same money");
    let manual = |name: &str| facts(&by_request(), &[], &fixture("adyen", name));
    let reserved = manual("authorisation").remove(0);
    assert_eq!((reserved.body.kind(), &reserved.key), ("PaymentAuthorised", &captured.key));
    let taken = manual("capture");
    assert_eq!(kinds(&taken), ["PaymentCaptured", "PaymentVoided"]);
    assert_eq!(taken[0].key.as_str(), "adyen/CAP0000000000001/capture");
    assert_eq!((&taken[1].key, &taken[1].subject), (&reserved.key, &reserved.subject));
    let failed = facts(&by_request(), &[], &as_code("CAPTURE_FAILED")).remove(0);
    assert_eq!((failed.body.kind(), &failed.key), ("PaymentFailed", &taken[0].key));
    assert!(failed.version > taken[0].version, "CAPTURE true, then CAPTURE_FAILED");
}

#[test]
fn codes_mean_what_part_a_says() {
    for (code, expected) in [
        ("CANCELLATION", "PaymentVoided"),
        ("TECHNICAL_CANCEL", "PaymentVoided"),
        ("EXPIRE", "PaymentVoided"),
        ("REFUND_WITH_DATA", "RefundIssued"),
        ("REFUND_FAILED", "RefundFailed"),
        ("REFUNDED_REVERSED", "RefundFailed"),
        ("CHARGEBACK_REVERSED", "DisputeWon"),
        ("SECOND_CHARGEBACK", "DisputeLost"),
        ("PREARBITRATION_LOST", "DisputeLost"),
    ] {
        assert_eq!(kinds(&facts(&adyen(), &[], &as_code(code))), [expected], "{code}");
        let refused = with(
            &as_code(code),
            "\"true\",\n        \"eventDate\"",
            "\"false\",\n        \"eventDate\"",
        );
        assert!(said(&adyen(), &[], &refused).ignored.is_some(), "{code} refused moves nothing");
    }
    for code in ["REPORT_AVAILABLE", "ORDER_OPENED", "NOTIFICATION_OF_CHARGEBACK", "PENDING"] {
        assert!(said(&adyen(), &[], &as_code(code)).ignored.is_some(), "{code}");
    }
    for code in ["PAYOUT_THIRDPARTY", "VOID_PENDING_REFUND", "SOMETHING_NEW"] {
        let fault = said(&adyen(), &[], &as_code(code)).faults.remove(0);
        assert_eq!((fault.code, fault.amount.unwrap().minor), (ReasonCode::UnknownSchema, 14_300));
    }
    let either = as_code("CANCEL_OR_REFUND");
    assert_eq!(said(&adyen(), &[], &either).faults[0].code, ReasonCode::UnknownSchema);
    for (action, expected) in [("cancel", "PaymentVoided"), ("refund", "RefundIssued")] {
        let action =
            format!("\"additionalData\": {{\"modification.action\": \"{action}\"}}, \"reason\"");
        assert_eq!(kinds(&facts(&adyen(), &[], &with(&either, "\"reason\"", &action))), [expected]);
    }
}

#[test]
fn a_refused_authorisation_failed_and_success_is_a_word() {
    let refused =
        with(&fixture("adyen", "authorisation"), "\"success\": \"true\"", "\"success\": \"false\"");
    let failed = facts(&adyen(), &[], &refused).remove(0);
    assert_eq!((failed.body.kind(), &failed.key), ("PaymentFailed", &told("authorisation")[0].key));
    let odd =
        with(&fixture("adyen", "authorisation"), "\"success\": \"true\"", "\"success\": \"maybe\"");
    assert_eq!(said(&adyen(), &[], &odd).faults[0].code, ReasonCode::UnknownSchema);
}

#[test]
fn amounts_follow_adyens_own_units() {
    let amount = |value: &str, currency: &str| {
        let body = with(&fixture("adyen", "authorisation"), "14300", value);
        facts(&adyen(), &[], &with(&body, "EUR", currency)).remove(0).amount().unwrap().minor
    };
    assert_eq!(amount("100000", "CLP"), 1_000);
    assert_eq!(amount("500", "ISK"), 5);
    assert_eq!(amount("5", "CVE"), 500);
    assert_eq!(amount("5000", "KWD"), 5_000);
    let half = with(&fixture("adyen", "authorisation"), "14300", "150");
    let half = said(&adyen(), &[], &with(&half, "EUR", "ISK"));
    assert_eq!(half.faults[0].code, ReasonCode::MalformedDelivery);
}

#[test]
fn tests_are_marked_or_left_out_and_references_name_orders() {
    let test =
        |name: &str| with(&fixture("adyen", name), "\"live\": \"true\"", "\"live\": \"false\"");
    let FactBody::PaymentCaptured(p) = facts(&adyen(), &[], &test("authorisation")).remove(0).body
    else {
        panic!()
    };
    assert!(p.test);
    assert!(said(&adyen(), &[], &test("chargeback")).ignored.is_some());
    let orders = SourceName::new("bigcommerce:acme");
    let settings = Settings { order_source: Some(orders), ..adyen_settings() };
    let named = Adyen::new(SourceName::new("adyen:acme"), settings);
    for name in ["authorisation", "refund"] {
        let fact = facts(&named, &[], &fixture("adyen", name)).remove(0);
        assert_eq!(fact.subject.to_string(), "sale bigcommerce:acme/order/1001001");
    }
}

#[test]
fn a_transfer_out_to_a_bank_is_a_payout_once_it_is_booked() {
    let FactBody::PayoutPaid(payout) = told("transfer_booked").remove(0).body else { panic!() };
    assert_eq!(
        (
            payout.amount_minor,
            payout.business_date.to_string().as_str(),
            payout.destination.as_str()
        ),
        (63_070, "2026-03-06", "SE00000001")
    );
    let change = |from: &str, to: &str| with(&fixture("adyen", "transfer_booked"), from, to);
    let authorised = change(
        "\"status\": \"booked\",\n    \"amount\"",
        "\"status\": \"authorised\",\n    \"amount\"",
    );
    assert!(said(&adyen(), &[], &authorised).ignored.is_some());
    let returned = change(
        "\"status\": \"booked\",\n    \"amount\"",
        "\"status\": \"returned\",\n    \"amount\"",
    );
    assert_eq!(kinds(&facts(&adyen(), &[], &returned)), ["PayoutFailed"]);
    let inward = said(&adyen(), &[], &change("outgoing", "incoming"));
    assert_eq!(inward.faults[0].amount.unwrap().minor, 63_070);
    assert!(said(&adyen(), &[], &change("\"live\"", "\"test\"")).ignored.is_some());
}

fn report() -> String {
    let root = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(root.join("src/adyen/fixtures/settlement_details.csv")).unwrap()
}

#[test]
fn a_settlement_report_itemises_its_payout_to_the_cent() {
    let told = facts(&adyen(), &[], &report());
    let (settled, told) = told.split_at(3);
    assert_eq!(kinds(settled), ["PaymentCaptured", "PaymentCaptured", "RefundIssued"]);
    assert_eq!(kinds(told), ["DisputeOpened", "PayoutItemised", "PayoutPaid"]);
    let (items, paid) = (&told[1], &told[2]);
    assert_eq!(paid.amount().unwrap().minor, 52_330);
    assert_eq!(items.amount(), paid.amount());
    assert_eq!(items.subject.key, "adyen:acme/payout/AcmeECOM-12-EUR");
    let FactBody::PayoutItemised(list) = &items.body else { panic!() };
    let entry = &list.entries[1];
    assert_eq!((entry.gross_minor, entry.fee_minor), (14_300, 210));
    assert_eq!(entry.of, Some(told_authorisation().key));
    let webhook = facts(&adyen(), &[], &fixture("adyen", "chargeback")).remove(0);
    assert_eq!(told[0].key, webhook.key);
    assert!(told[0].version > webhook.version, "the report knows the fee");
    let FactBody::DisputeOpened(dispute) = &told[0].body else { panic!() };
    assert_eq!((dispute.amount_minor, dispute.fee_minor), (10_000, 750));
    assert_eq!(adyen().topic(&raw(&[], &report())), "settlement_details_report");
    let marked = facts(&adyen(), &[], &format!("\u{feff}{}", report()));
    assert_eq!(marked, [settled, told].concat(), "a mark of byte order changes nothing");
}

#[test]
fn a_row_of_a_report_is_the_payment_that_its_webhook_tells() {
    let rows = facts(&adyen(), &[], &report());
    for (name, row) in [("authorisation", &rows[0]), ("refund", &rows[2])] {
        let webhook = facts(&adyen(), &[], &fixture("adyen", name)).remove(0);
        assert_eq!((&row.key, &row.subject), (&webhook.key, &webhook.subject));
        assert_eq!((row.body.kind(), row.amount()), (webhook.body.kind(), webhook.amount()));
        assert!(row.version < webhook.version, "the webhook knows the moment");
    }
    // A payment in another currency than the one paid out is told in its own.
    let abroad =
        with(&report(), ",CAP0000000000001,EUR,,143.00,", ",CAP0000000000001,USD,,155.00,");
    let told = facts(&adyen(), &[], &abroad).remove(0).amount().unwrap();
    assert_eq!((told.minor, told.currency.code()), (15_500, "USD"));
    // By the reference of the order, where that is what references are.
    let orders = SourceName::new("woocommerce:acme");
    let settings = Settings { order_source: Some(orders), ..adyen_settings() };
    let source = Adyen::new(SourceName::new("adyen:acme"), settings);
    let sale = facts(&source, &[], &report()).remove(0).subject;
    assert_eq!(sale.key, "woocommerce:acme/order/1001001");
    // A report without these columns still itemises its payout.
    let few = with(&report(), "Gross Debit (GC)", "Something");
    assert_eq!(
        kinds(&facts(&adyen(), &[], &few)),
        ["DisputeOpened", "PayoutItemised", "PayoutPaid"]
    );
}

fn told_authorisation() -> Fact {
    told("authorisation").remove(0)
}

#[test]
fn a_report_that_cannot_be_read_in_full_says_nothing() {
    for (from, to, place) in [
        ("MerchantPayout", "SomethingNew", "line 8, Type"),
        ("140.90", "140.905", "line 3, Net Credit (NC)"),
        (",Batch Number", ",Batch", "line 1, Batch Number"),
    ] {
        let said = said(&adyen(), &[], &with(&report(), from, to));
        let paid = said.facts.iter().filter(|f| f.body.kind().starts_with("Payout")).count();
        assert_eq!(paid, 0, "{from}");
        assert_eq!(said.faults[0].at, place);
    }
    let cut = said(&adyen(), &[], &report()[..report().len() - 40]);
    assert_eq!((cut.facts.len(), cut.faults[0].code), (0, ReasonCode::MalformedDelivery));
    let twice = report().replacen("visa,,12", "visa,,13", 3);
    let told = facts(&adyen(), &[], &twice);
    let payouts = told.iter().filter(|f| f.body.kind() == "PayoutItemised").count();
    assert_eq!(payouts, 2, "batches stand alone");
}
