//! The lists of a vendor, read over the network.

use crate::support::{Folder, text};
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, AtomicU32, Ordering};

const EVENT: &str = include_str!("../../../sources/src/stripe/fixtures/charge_succeeded.json");

/// A Stripe that lists one event, or answers with a status.
struct FakeStripe {
    address: String,
    status: Arc<AtomicU16>,
    asked: Arc<AtomicU32>,
}

impl FakeStripe {
    #[expect(clippy::disallowed_methods, reason = "a test may start threads")]
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (status, asked) = (Arc::new(AtomicU16::new(200)), Arc::new(AtomicU32::new(0)));
        let (answer, count) = (Arc::clone(&status), Arc::clone(&asked));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
                let head: Vec<String> =
                    lines.by_ref().map_while(Result::ok).take_while(|l| !l.is_empty()).collect();
                count.fetch_add(1, Ordering::SeqCst);
                let signed = head.iter().any(|l| {
                    l.eq_ignore_ascii_case("authorization: Bearer rk_test_of_the_back_fill")
                });
                let (status, body) = match answer.load(Ordering::SeqCst) {
                    200 if signed && head[0].starts_with("GET /v1/events?") => (
                        200,
                        format!("{{\"object\":\"list\",\"has_more\":false,\"data\":[{EVENT}]}}"),
                    ),
                    200 => (401, "{\"error\":{\"message\":\"no key\"}}".to_owned()),
                    other => (other, "{\"error\":{\"message\":\"expired key\"}}".to_owned()),
                };
                let _ = write!(
                    stream,
                    "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\n\
                     content-length: {}\r\nconnection: close\r\n\r\n{body}",
                    body.len()
                );
            }
        });
        Self { address, status, asked }
    }
}

fn books(name: &str, address: &str) -> Folder {
    let folder = Folder::with_books(name);
    folder.write("books/stripe.key", b"rk_test_of_the_back_fill\n");
    let path = folder.file("books/tieout.toml");
    let config = std::fs::read_to_string(&path).unwrap();
    let source = format!(
        "[[source]]\nname = \"stripe:acme\"\nkind = \"stripe\"\ntest_is_real = true\n\
         secrets = [{{ insecure_inline = \"whsec\" }}]\n\
         poll = {{ address = \"{address}\", token = {{ file = \"stripe.key\" }} }}\n\n[limits]"
    );
    std::fs::write(&path, config.replace("[limits]", &source)).unwrap();
    folder
}

fn list(read: &Value) -> (u64, u64) {
    let one = &read[0];
    assert_eq!(one["list"], "events", "{read}");
    (one["listed"].as_u64().unwrap(), one["kept"].as_u64().unwrap())
}

#[test]
fn a_back_fill_reads_once_what_was_missed_and_tells_when_it_may_not() {
    let stripe = FakeStripe::start();
    let folder = books("backfill", &stripe.address);
    let since = ["backfill", "stripe:acme", "--since", "2026-01-01"];
    let (code, read) = folder.json(&since);
    assert_eq!(code, 0, "{read}");
    assert_eq!(list(&read).1, 1, "kept once: {read}");
    let (code, again) = folder.json(&since);
    assert_eq!((code, list(&again).1), (0, 0), "{again}");

    stripe.status.store(401, Ordering::SeqCst);
    let refused = folder.run(&since);
    assert_ne!(refused.status.code(), Some(0));
    assert!(text(&refused).contains("401"), "{}", text(&refused));
    assert!(!text(&refused).contains("rk_test"), "{}", text(&refused));
    let open = |folder: &Folder| {
        let (_, status) = folder.json(&["status"]);
        let codes: Vec<String> = status["exceptions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|e| e["code"].as_str().unwrap().to_owned())
            .collect();
        (codes.contains(&"SRC-011".to_owned()), status["lists"].clone())
    };
    let (told, lists) = open(&folder);
    assert!(told && lists[0]["failures"] == 1, "{lists}");

    stripe.status.store(200, Ordering::SeqCst);
    assert_eq!(folder.json(&since).0, 0);
    let (told, lists) = open(&folder);
    assert!(!told && lists[0]["failures"] == 0, "{lists}");
    assert!(stripe.asked.load(Ordering::SeqCst) >= 4);
}

#[test]
fn a_token_travels_encrypted_or_stays_on_this_machine() {
    let folder = books("backfill-plain", "http://vendor.example");
    let refused = folder.run(&["backfill", "--since", "2026-01-01"]);
    assert_eq!(refused.status.code(), Some(6), "{}", text(&refused));
    assert!(text(&refused).contains("https://"), "{}", text(&refused));
}

#[test]
fn a_source_without_lists_is_said() {
    let folder = Folder::with_books("backfill-none");
    let refused = folder.run(&["backfill", "--since", "2026-01-01"]);
    assert!(text(&refused).contains("`poll`"), "{}", text(&refused));
}

#[test]
fn a_report_that_was_downloaded_by_hand_is_taken_once() {
    let folder = Folder::with_books("hand-over");
    let path = folder.file("books/tieout.toml");
    let config = std::fs::read_to_string(&path).unwrap();
    let source = "[[source]]\nname = \"amazon:acme\"\nkind = \"amazon\"\n\
                  secrets = [{ insecure_inline = \"x\" }]\n\n[limits]";
    std::fs::write(&path, config.replace("[limits]", source)).unwrap();
    let report = include_bytes!("../../../sources/src/amazon/fixtures/settlement_v2_us.txt");
    folder.write("settlement.txt", report);
    let file = folder.file("settlement.txt").display().to_string();
    let import = ["import", &file, "--source", "amazon:acme", "--no-apply"];
    let (code, first) = folder.json(&import);
    assert_eq!((code, &first["kept"]), (0, &Value::Bool(true)), "{first}");
    let (code, again) = folder.json(&import);
    assert_eq!((code, &again["kept"]), (0, &Value::Bool(false)), "{again}");
    let (_, status) = folder.json(&["status"]);
    assert_eq!(status["deliveries"][0]["distinct"], 1, "{status}");
    let unknown = folder.run(&["import", &file, "--source", "amazon:other"]);
    assert_eq!(unknown.status.code(), Some(6), "{}", text(&unknown));
    assert!(text(&unknown).contains("amazon:acme"), "{}", text(&unknown));
}

#[test]
fn lists_of_a_sandbox_are_no_books() {
    let folder = Folder::with_books("backfill-sandbox");
    let path = folder.file("books/tieout.toml");
    let config = std::fs::read_to_string(&path).unwrap();
    let source = |more: &str| {
        format!(
            "[[source]]\nname = \"paypal:acme\"\nkind = \"paypal\"\nwebhook_ids = [\"8PT\"]\n{more}\
             poll = {{ address = \"https://api-m.sandbox.paypal.com\", id = \
             {{ insecure_inline = \"c\" }}, token = {{ insecure_inline = \"s\" }} }}\n\n[limits]"
        )
    };
    std::fs::write(&path, config.replace("[limits]", &source(""))).unwrap();
    let refused = folder.run(&["status"]);
    assert_eq!(refused.status.code(), Some(6), "{}", text(&refused));
    assert!(text(&refused).contains("real money"), "{}", text(&refused));
    std::fs::write(&path, config.replace("[limits]", &source("test_is_real = true\n"))).unwrap();
    assert_eq!(folder.run(&["status"]).status.code(), Some(0));
}

#[test]
fn a_shop_whose_lists_nobody_reads_is_warned_of() {
    let folder = Folder::with_books("unread");
    let path = folder.file("books/tieout.toml");
    let config = std::fs::read_to_string(&path).unwrap();
    let source = |poll: &str| {
        format!(
            "[[source]]\nname = \"woocommerce:acme\"\nkind = \"woocommerce\"\n\
             secrets = [{{ insecure_inline = \"x\" }}]\n{poll}\n[limits]"
        )
    };
    let warned = |folder: &Folder| {
        let (_, found) = folder.json(&["doctor"]);
        let checks = found["checks"].as_array().unwrap().clone();
        let says = |text: &Value| text.as_str().unwrap_or_default().contains("never repeats");
        let doctor = checks.iter().any(|c| c["warns"] == true && says(&c["says"]));
        let (_, status) = folder.json(&["status"]);
        let unread = status["unread"].as_array().unwrap();
        assert_eq!(unread.iter().any(|u| says(&u["why"])), doctor, "{status}");
        assert_eq!(text(&folder.run(&["status"])).contains("has no `poll`: Woo"), doctor);
        doctor
    };
    std::fs::write(&path, config.replace("[limits]", &source(""))).unwrap();
    assert!(warned(&folder));
    let poll = "poll = { address = \"https://shop.example\", id = { insecure_inline = \"ck\" }, \
                token = { insecure_inline = \"cs\" } }\n";
    std::fs::write(&path, config.replace("[limits]", &source(poll))).unwrap();
    assert!(!warned(&folder));
}

#[test]
fn a_day_that_is_not_complete_is_told_and_healed() {
    let stripe = FakeStripe::start();
    let folder = books("completeness", &stripe.address);
    // The event of the fixture was made on 2026-03-02, which may lie before Stripe's memory.
    let days = ["completeness", "stripe:acme", "--from", "2026-03-01", "--to", "2026-03-31"];
    let (code, found) = folder.json(&days);
    assert_eq!(code, 4, "{found}");
    let missing: usize = found[0]["days"]
        .as_array()
        .unwrap()
        .iter()
        .map(|d| d["missing"].as_array().unwrap().len())
        .sum();
    assert!(missing > 0 && found[0]["complete"] == false, "{found}");
    let (_, status) = folder.json(&["status"]);
    assert_eq!(status["compared"][0]["missing"].as_u64(), Some(missing as u64), "{status}");
    assert!(status["exceptions"].as_array().unwrap().iter().any(|e| e["code"] == "SRC-004"));
    assert_eq!(folder.json(&["backfill", "stripe:acme", "--since", "2026-03-01"]).0, 0);
    folder.run(&["apply"]);
    let (code, found) = folder.json(&days);
    assert_eq!((code, &found[0]["complete"]), (0, &Value::Bool(true)), "{found}");
    stripe.status.store(500, Ordering::SeqCst);
    let unread = folder.run(&days);
    assert_eq!(unread.status.code(), Some(1), "a list that cannot be read is not empty");
}
