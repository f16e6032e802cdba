//! Bad input: a clear error or an exception each, nothing lost, no panic.

use crate::support::{Folder, MAPPING, Server, sales, text};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use std::io::Write;

struct Case {
    name: &'static str,
    file: Vec<u8>,
    /// Exit code of the import.
    code: i32,
    /// Words that the output must hold.
    says: &'static str,
    /// Reason code of an exception that must be open, or none.
    exception: Option<&'static str>,
}

fn with_line(line: &str) -> Vec<u8> {
    (sales(3) + line).into_bytes()
}

fn gzip_cut_short() -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(sales(500).as_bytes()).unwrap();
    let whole = gzip.finish().unwrap();
    whole[..whole.len() * 2 / 3].to_vec()
}

fn cases() -> Vec<Case> {
    let case = |name, file, code, says, exception| Case { name, file, code, says, exception };
    let long = "9001,2026-01-01 10:00:00,".to_owned() + &"x".repeat(10 << 20) + ",t,1,1.00,5\n";
    vec![
        case("truncated gzip", gzip_cut_short(), 1, "breaks off after line", None),
        case(
            "wrong encoding",
            with_line("9001,2026-01-01 10:00:00,A,caf\u{e9}\u{e9},1,1.00,5\n")
                .iter()
                .map(|b| if *b == 0xc3 { 0xff } else { *b })
                .collect(),
            0,
            "held",
            Some("SRC-007"),
        ),
        case("UTF-16", b"\xff\xfei\0n\0v\0".to_vec(), 1, "UTF-16", None),
        case(
            "missing column",
            b"invoice,at,sku,title,quantity\n1,2,3,4,5\n".to_vec(),
            1,
            "no column `price`",
            None,
        ),
        case("empty file", Vec::new(), 1, "not even a header row", None),
        case("10 MB line", with_line(&long), 0, "held", Some("THR-002")),
        case(
            "NaN",
            with_line("9001,2026-01-01 10:00:00,A,t,1,NaN,5\n"),
            0,
            "held",
            Some("SRC-007"),
        ),
        case(
            "1e400",
            with_line("9001,2026-01-01 10:00:00,A,t,1,1e400,5\n"),
            0,
            "held",
            Some("SRC-007"),
        ),
        case(
            "infinity",
            with_line("9001,2026-01-01 10:00:00,A,t,inf,1.00,5\n"),
            0,
            "held",
            Some("SRC-007"),
        ),
        case(
            "negative zero",
            with_line("9001,2026-01-01 10:00:00,A,t,-0,1.00,5\n"),
            0,
            "0.00",
            None,
        ),
        case(
            "ten years off",
            with_line("9001,2036-11-01 10:00:00,A,t,1,1.00,5\n"),
            0,
            "held",
            Some("SRC-009"),
        ),
        case("no date", with_line("9001,yesterday,A,t,1,1.00,5\n"), 0, "held", Some("SRC-007")),
    ]
}

#[test]
fn files_that_are_wrong_in_one_place_lose_nothing() {
    let mut failures = Vec::new();
    for case in cases() {
        let folder = Folder::with_books("bad-file");
        let mapping = folder.write("mapping.toml", MAPPING.as_bytes());
        let file = folder.write("file.csv", &case.file);
        let out = folder.run(&["import", &file, "--mapping", &mapping]);
        let said = text(&out);
        let mut wrong = Vec::new();
        if out.status.code() != Some(case.code) {
            wrong.push(format!("exit {:?}, expected {}", out.status.code(), case.code));
        }
        if !said.contains(case.says) || said.contains("panicked") {
            wrong.push(format!("it does not say `{}`", case.says));
        }
        let (_, open) = folder.json(&["exceptions", "list"]);
        let codes: Vec<&str> =
            open.as_array().unwrap().iter().map(|e| e["code"].as_str().unwrap()).collect();
        if case.exception.is_some_and(|c| !codes.contains(&c)) {
            wrong.push(format!("exceptions {codes:?}, expected {:?}", case.exception));
        }
        let (code, statement) = folder.json(&["statement"]);
        if code != 0 || statement["ties_out"] != true {
            wrong.push(format!("the statement: exit {code}"));
        }
        let good = &statement["totals"][0]["counts"]["verified"];
        let sound = case.file.starts_with(b"invoice,at,sku,title,quantity,price");
        if sound && good.as_u64().is_none_or(|n| n < 2) {
            wrong.push(format!("sound invoices are not posted: {good}"));
        }
        if !wrong.is_empty() {
            failures.push(format!("{}: {}\n{said}", case.name, wrong.join("; ")));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn events_that_are_wrong_become_exceptions_or_are_refused() {
    let folder = Folder::with_books("bad-event");
    let path = folder.file("books/tieout.toml");
    let config = std::fs::read_to_string(&path).unwrap();
    let sources = "[[source]]\nname = \"cloudevents:oms\"\nkind = \"cloudevents\"\n\
                   unsigned_allowed = true\nevent_source = \"/oms\"\n\n\
                   [[source]]\nname = \"stripe:acme\"\nkind = \"stripe\"\n\
                   secrets = [{ insecure_inline = \"whsec_x\" }]\n\n[limits]";
    std::fs::write(&path, config.replace("[limits]", sources)).unwrap();
    let server = Server::start(&folder);
    let json = [("content-type".to_owned(), "application/cloudevents+json".to_owned())];
    let send = |body: &[u8]| server.exchange("POST", "/webhooks/cloudevents:oms", &json, body).0;
    for body in [
        &br#"{"specversion":"1.0","id":"1","id":"2","source":"/oms","type":"x","data":{}}"#[..],
        br#"{"specversion":"1.0","id":"3","source":"/oms","type":"x","data":{"amount":NaN}}"#,
        br#"{"specversion":"1.0","id":"4","source":"/oms","type":"x","data":{"a":1e400}}"#,
        b"\xff\xfe\x00",
        b"",
    ] {
        assert_eq!(send(body), 200, "bytes come first: {}", String::from_utf8_lossy(body));
    }
    // 2016-11-22, ten years ago, with a signature that would fit its time.
    let old = [("stripe-signature".to_owned(), "t=1479772800,v1=00".to_owned())];
    let (status, body) = server.exchange("POST", "/webhooks/stripe:acme", &old, b"{}");
    assert_eq!((status, body.contains("SRC-001")), (401, true), "{body}");
    assert!(server.stop());
    let (code, _) = folder.json(&["apply"]);
    assert_eq!(code, 0);
    let (code, open) = folder.json(&["exceptions", "list", "--check"]);
    assert_eq!(code, 4, "exceptions wait for a person");
    assert_eq!(open.as_array().map(Vec::len), Some(5), "one for each event: {open}");
    let id = open[0]["id"].as_str().unwrap();
    let shown = text(&folder.run(&["exceptions", "show", id]));
    assert!(shown.contains("## What to do"), "{shown}");
    let short = folder.run(&["exceptions", "resolve", id, "--close", "--note", "no"]);
    assert_eq!(short.status.code(), Some(1), "a note of two letters explains nothing");
    // A person decides while webhooks go on being received.
    let server = Server::start(&folder);
    let note = "a test event of the integration, agreed with the shop";
    let closed = folder.run(&["exceptions", "resolve", id, "--close", "--note", note]);
    assert!(closed.status.success(), "{}", text(&closed));
    assert!(server.stop());
    let (_, groups) = folder.json(&["exceptions", "list", "--group-by", "cause"]);
    let left: i64 = groups.as_array().unwrap().iter().map(|g| g["count"].as_i64().unwrap()).sum();
    assert_eq!(left, 4);
    let (code, audit) = folder.json(&["audit", "verify"]);
    assert_eq!((code, &audit["intact"]), (0, &Value::Bool(true)));
}
