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
