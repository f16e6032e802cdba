//! Webhooks: who is told what, when, how, and how often.

use base64::Engine as _;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};

use crate::host::{Caller, FIRST, SECOND, two_companies};
use quickbooks_sim::{Delivery, Host};

const SECOND_US: i64 = 1_000_000;

/// A host with an endpoint, and a token for the first company.
fn subscribed(more: &Value) -> (Caller, String) {
    let mut c = Caller::new(two_companies());
    let mut rules = json!({"url": "http://127.0.0.1:9/hook", "verifier": "secret"});
    for (name, value) in more.as_object().unwrap() {
        rules[name] = value.clone();
    }
    c.control("PUT", "/webhooks", &rules);
    let (token, _) = c.connect(FIRST);
    (c, token)
}

fn due(c: &mut Caller) -> Vec<Delivery> {
    c.host.due(c.now_us)
}

fn body(delivery: &Delivery) -> Value {
    serde_json::from_slice(&delivery.body).unwrap()
}

/// Types and ids of the events of all deliveries, in order.
fn told(deliveries: &[Delivery]) -> Vec<(String, String)> {
    let text = |v: &Value| v.as_str().unwrap().to_owned();
    deliveries
        .iter()
        .flat_map(|d| body(d).as_array().unwrap().clone())
        .map(|e| (text(&e["type"]), text(&e["intuitentityid"])))
        .collect()
}

fn header<'d>(delivery: &'d Delivery, name: &str) -> &'d str {
    delivery.headers.iter().find(|(n, _)| *n == name).map_or("", |(_, value)| value)
}

#[test]
fn cloud_events_are_signed_and_named() {
    fact!(
        "Webhooks",
        "CloudEvents",
        Recorded,
        "§5",
        "an array of events with type qbo.entity.operation.v1, realm and id"
    );
    fact!(
        "Webhooks",
        "signature",
        Documented,
        "§5",
        "base64 of HMAC-SHA256 with the verifier token over the raw body"
    );
    let (mut c, token) = subscribed(&json!({}));
    c.invoice(FIRST, &token, "5");
    assert!(due(&mut c).is_empty(), "a second passes first");
    c.now_us += SECOND_US;
    let all = due(&mut c);
    assert_eq!(all.len(), 1);
    let event = &body(&all[0])[0];
    assert_eq!(event["specversion"], "1.0");
    assert_eq!(
        (&event["type"], &event["intuitentityid"]),
        (&"qbo.invoice.created.v1".into(), &"145".into())
    );
    assert_eq!((&event["intuitaccountid"], &event["data"]), (&FIRST.into(), &json!({})));
    assert!(event["source"].as_str().unwrap().starts_with("intuit."));
    assert_eq!(event["time"], "2026-03-02T18:00:03.000000Z");
    let id = event["id"].as_str().unwrap();
    assert_eq!((id.len(), id.as_bytes()[14]), (36, b'4'));

    let delivery = &all[0];
    assert_eq!(delivery.url, "http://127.0.0.1:9/hook");
    assert_eq!(header(delivery, "content-type"), "application/cloudevents+json");
    assert_eq!(header(delivery, "user-agent"), "intuit_notification_server/0.1");
    for name in ["intuit-created-time", "intuit-t-id", "intuit-notification-schema-version"] {
        assert!(!header(delivery, name).is_empty(), "{name}");
    }
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(b"secret").unwrap();
    mac.update(&delivery.body);
    let wanted = base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes());
    assert_eq!(header(delivery, "intuit-signature"), wanted);
}

#[test]
fn the_older_format_groups_by_company() {
    fact!(
        "Webhooks",
        "eventNotifications",
        Recorded,
        "§5",
        "realmId and dataChangeEvent.entities with name, id, operation, lastUpdated"
    );
    let (mut c, token) =
        subscribed(&json!({"format": "event_notifications", "aggregate_ms": 60_000}));
    let (second, _) = c.connect(SECOND);
    let uri = format!("/v3/company/{SECOND}/customer");
    c.invoice(FIRST, &token, "5");
    let made = c.send("POST", &uri, &second, "{\"DisplayName\":\"Ada\"}");
    assert_eq!(made.status, 200, "{}", made.text);
    c.invoice(FIRST, &token, "6");
    c.now_us += 120 * SECOND_US;
    let all = due(&mut c);
    assert_eq!(all.len(), 1);
    assert_eq!(header(&all[0], "content-type"), "application/json");
    let notifications = body(&all[0])["eventNotifications"].clone();
    assert_eq!(notifications[0]["realmId"], FIRST);
    assert_eq!(
        notifications[0]["dataChangeEvent"]["entities"],
        json!([
            {"name": "Invoice", "id": "145", "operation": "Create", "lastUpdated": "2026-03-02T10:00:04-0800"},
            {"name": "Invoice", "id": "146", "operation": "Create", "lastUpdated": "2026-03-02T10:00:06-0800"},
        ])
    );
    assert_eq!(notifications[1]["realmId"], SECOND);
    assert_eq!(notifications[1]["dataChangeEvent"]["entities"][0]["name"], "Customer");
}

#[test]
fn payments_voids_deletions_people_and_settings_are_told() {
    fact!(
        "Webhooks",
        "operations",
        Documented,
        "§5",
        "created, updated, deleted and voided, by apps and by people"
    );
    fact!("Webhooks", "operations", Assumed, "§5", "a payment also tells that its invoice changed");
    let (mut c, token) = subscribed(&json!({}));
    c.invoice(FIRST, &token, "5");
    let uri = format!("/v3/company/{FIRST}/payment");
    let paid = c.send(
        "POST",
        &uri,
        &token,
        r#"{"CustomerRef":{"value":"1"},"TotalAmt":5,"Line":[{"Amount":5,"LinkedTxn":[{"TxnId":"145","TxnType":"Invoice"}]}]}"#,
    );
    assert_eq!(paid.status, 200, "{}", paid.text);
    c.control("POST", "/person", &json!({"id": 146, "delete": true}));
    c.control("POST", "/person", &json!({"id": 145, "void": true}));
    c.control("PATCH", "/preferences", &json!({"book_close_date": "2025-12-31"}));
    c.now_us += 2 * SECOND_US;
    let mut events = told(&due(&mut c));
    // Within one call the order is not promised.
    events[1..3].sort();
    let wanted = [
        ("qbo.invoice.created.v1", "145"),
        ("qbo.invoice.updated.v1", "145"),
        ("qbo.payment.created.v1", "146"),
        ("qbo.invoice.updated.v1", "145"),
        ("qbo.payment.deleted.v1", "146"),
        ("qbo.invoice.voided.v1", "145"),
        ("qbo.preferences.updated.v1", "1"),
    ];
    events[3..5].sort();
    assert_eq!(events, wanted.map(|(a, b)| (a.to_owned(), b.to_owned())));
}

#[test]
fn reads_refusals_repeats_and_unsubscribed_types_are_not_told() {
    let (mut c, token) = subscribed(&json!({"entities": {"Invoice": ["Update"], "Customer": []}}));
    c.invoice(FIRST, &token, "5");
    c.read(FIRST, &token, "invoice/145");
    let uri = format!("/v3/company/{FIRST}");
    c.send("POST", &format!("{uri}/invoice"), &token, "{}");
    c.send("POST", &format!("{uri}/vendor"), &token, "{\"DisplayName\":\"Bo\"}");
    c.send("POST", &format!("{uri}/customer?requestid=a"), &token, "{\"DisplayName\":\"Ada\"}");
    c.send("POST", &format!("{uri}/customer?requestid=a"), &token, "{\"DisplayName\":\"Ada\"}");
    c.control("POST", "/person", &json!({"id": 145, "change": {"PrivateNote": "x"}}));
    c.now_us += 2 * SECOND_US;
    let events = told(&due(&mut c));
    assert_eq!(
        events,
        [
            ("qbo.customer.created.v1".to_owned(), "59".to_owned()),
            ("qbo.invoice.updated.v1".to_owned(), "145".to_owned())
        ]
    );
}

#[test]
fn what_is_not_acknowledged_comes_again_by_the_schedule() {
    fact!(
        "Webhooks",
        "retries",
        Documented,
        "§5",
        "10 s, 20 s, 30 s, 5 m, 20 m, 2 h, 4 h, 6 h, then each 6 h; the same events under the same ids"
    );
    let (mut c, token) = subscribed(&json!({}));
    c.invoice(FIRST, &token, "5");
    c.now_us += SECOND_US;
    let first = due(&mut c);
    assert!(due(&mut c).is_empty(), "it is under way");
    for (n, wait) in
        [10, 20, 30, 300, 1_200, 7_200, 14_400, 21_600, 21_600, 21_600].into_iter().enumerate()
    {
        // A late answer, a wrong status and silence are all the same.
        let status = [Some(500), Some(415), None][n % 3];
        c.host.answered(first[0].id, status, c.now_us);
        c.now_us += wait * SECOND_US - 1;
        assert!(due(&mut c).is_empty(), "attempt {n} is early");
        c.now_us += 1;
        assert_eq!(due(&mut c), first, "attempt {n}");
    }
    c.host.answered(first[0].id, Some(204), c.now_us);
    c.now_us += 100_000 * SECOND_US;
    assert!(due(&mut c).is_empty());
    let shown = c.control("GET", "/webhooks", &Value::Null);
    assert_eq!(shown["counts"], json!({"events": 1, "lost": 0, "acknowledged": 1, "failed": 10}));
    assert_eq!(shown["delivered"][0]["attempts"], 11);
}

#[test]
fn an_endpoint_that_keeps_failing_is_disabled_until_it_is_subscribed_again() {
    fact!(
        "Webhooks",
        "disabled",
        Documented,
        "§5",
        "an endpoint that keeps failing is told nothing any more"
    );
    let (mut c, token) = subscribed(&json!({"disable_after": 2, "retry_seconds": [1]}));
    c.invoice(FIRST, &token, "5");
    for _ in 0..2 {
        c.now_us += 2 * SECOND_US;
        let all = due(&mut c);
        assert_eq!(all.len(), 1);
        c.host.answered(all[0].id, Some(503), c.now_us);
    }
    let shown = c.control("GET", "/webhooks", &Value::Null);
    assert!(shown["disabled"].as_str().unwrap().contains("status 503"), "{shown}");
    c.invoice(FIRST, &token, "6");
    c.now_us += 10 * SECOND_US;
    assert!(due(&mut c).is_empty());
    let shown = c.control("PUT", "/webhooks", &json!({}));
    assert_eq!((&shown["disabled"], &shown["counts"]["lost"]), (&Value::Null, &2.into()));
    c.invoice(FIRST, &token, "7");
    c.now_us += 2 * SECOND_US;
    assert_eq!(told(&due(&mut c)), [("qbo.invoice.created.v1".to_owned(), "147".to_owned())]);
}

#[test]
fn loss_duplicates_and_disorder_are_drawn_from_the_seed() {
    fact!(
        "Webhooks",
        "faults",
        Documented,
        "§5",
        "events are lost, come twice and overtake each other"
    );
    let run = |rules: &Value| {
        let (mut c, token) = subscribed(rules);
        let mut all = Vec::new();
        for _ in 0..60 {
            c.invoice(FIRST, &token, "5");
            for delivery in due(&mut c) {
                c.host.answered(delivery.id, Some(200), c.now_us);
                all.push(delivery);
            }
        }
        c.now_us += 60 * SECOND_US;
        for _ in 0..2 {
            for delivery in due(&mut c) {
                c.host.answered(delivery.id, Some(200), c.now_us);
                all.push(delivery);
            }
            c.now_us += 60 * SECOND_US;
        }
        told(&all).into_iter().map(|(_, id)| id.parse::<u32>().unwrap()).collect::<Vec<_>>()
    };
    let in_order: Vec<u32> = (145..205).collect();
    assert_eq!(run(&json!({})), in_order);
    let lossy = run(&json!({"loss": 300}));
    assert!((20..55).contains(&lossy.len()) && lossy.is_sorted(), "{lossy:?}");
    assert_eq!(run(&json!({"loss": 300})), lossy, "repeatable");
    let double = run(&json!({"duplicate": 500}));
    assert!((75..105).contains(&double.len()), "{double:?}");
    let mut once = double.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once, in_order);
    let mixed = run(&json!({"reorder": 300}));
    assert!(!mixed.is_sorted(), "{mixed:?}");
    let mut sorted = mixed;
    sorted.sort_unstable();
    assert_eq!(sorted, in_order);
}

#[test]
fn changes_of_a_window_travel_together() {
    fact!(
        "Webhooks",
        "aggregation",
        Documented,
        "§5",
        "changes are aggregated, up to 100 events in a notification"
    );
    let (mut c, token) = subscribed(&json!({"aggregate_ms": 60_000, "events_max": 4}));
    for _ in 0..5 {
        c.invoice(FIRST, &token, "5");
    }
    for _ in 0..3 {
        c.control(
            "POST",
            "/person",
            &json!({"id": 145, "change": {"PrivateNote": c.now_us.to_string()}}),
        );
    }
    c.now_us += 120 * SECOND_US;
    let sizes: Vec<_> = due(&mut c).iter().map(|d| body(d).as_array().unwrap().len()).collect();
    assert_eq!(sizes, [4, 2], "five creations and one update");
}

#[test]
fn later_events_may_wait_behind_an_unacknowledged_one() {
    let (mut c, token) = subscribed(&json!({"hold_back": true}));
    c.invoice(FIRST, &token, "5");
    c.invoice(FIRST, &token, "6");
    c.now_us += 2 * SECOND_US;
    let first = due(&mut c);
    assert_eq!(first.len(), 1);
    c.host.answered(first[0].id, None, c.now_us);
    c.now_us += 5 * SECOND_US;
    assert!(due(&mut c).is_empty());
    c.now_us += 5 * SECOND_US;
    assert_eq!(due(&mut c), first);
    c.host.answered(first[0].id, Some(200), c.now_us);
    assert_eq!(told(&due(&mut c))[0].1, "146");
}

#[test]
fn paused_webhooks_wait_and_a_flush_does_not() {
    fact!("Control", "webhooks", Assumed, "§12", "webhooks can be paused, resumed and flushed");
    let (mut c, token) = subscribed(&json!({"latency_ms": 3_600_000}));
    c.control("POST", "/webhooks/pause", &Value::Null);
    c.invoice(FIRST, &token, "5");
    c.control("POST", "/webhooks/flush", &Value::Null);
    assert!(due(&mut c).is_empty());
    let shown = c.control("POST", "/webhooks/resume", &Value::Null);
    assert_eq!(shown["waiting"], json!({"events": 0, "notifications": 1}));
    assert_eq!(due(&mut c).len(), 1);
    c.invoice(FIRST, &token, "6");
    assert!(due(&mut c).is_empty());
    c.control("DELETE", "/webhooks", &Value::Null);
    c.now_us += 7_200 * SECOND_US;
    assert!(due(&mut c).is_empty());
}

#[test]
fn what_was_under_way_in_a_crash_comes_again() {
    let (mut c, token) = subscribed(&json!({}));
    c.invoice(FIRST, &token, "5");
    c.invoice(FIRST, &token, "6");
    c.now_us += 2 * SECOND_US;
    let sent = due(&mut c);
    c.host.answered(sent[0].id, Some(200), c.now_us);
    let saved = c.host.save().unwrap();
    c.host = Host::resume(two_companies(), &saved).unwrap();
    assert_eq!(due(&mut c), sent[1..], "the acknowledged one does not");
}
