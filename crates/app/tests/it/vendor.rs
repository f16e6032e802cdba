//! Every example of the vendors, signed, through the real door.

use crate::support::{Folder, Server, text};
use sources::kit::signature::{base64_text, hmac_sha256};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

const SECRET: &str = "a secret of the test";
const ADYEN_KEY: &str = "00112233445566778899aabbccddeeff";
const SQUARE_URL: &str = "https://books.example.com/webhooks/square:acme";

fn examples(vendor: &str) -> Option<Vec<PathBuf>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/payloads");
    let mut files: Vec<PathBuf> = std::fs::read_dir(root.join(vendor))
        .ok()?
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "json"))
        .collect();
    files.sort();
    Some(files)
}

#[expect(clippy::disallowed_methods, reason = "the processes under test live in real time")]
fn seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

fn signed(vendor: &str, body: &[u8]) -> Vec<(String, String)> {
    let (name, value) = if vendor == "shopify" {
        let sum = hmac_sha256(SECRET.as_bytes(), &[body]);
        ("x-shopify-hmac-sha256", base64_text(&sum))
    } else if vendor == "square" {
        let sum = hmac_sha256(SECRET.as_bytes(), &[SQUARE_URL.as_bytes(), body]);
        ("x-square-hmacsha256-signature", base64_text(&sum))
    } else {
        let at = seconds().to_string();
        let sum = hmac_sha256(SECRET.as_bytes(), &[at.as_bytes(), b".", body]);
        ("stripe-signature", format!("t={at},v1={}", hex::encode(sum)))
    };
    vec![(name.to_owned(), value)]
}

/// Two items in one webhook of Adyen, one of them signed with another key: both are accepted, and a
/// repeat of the whole adds the refused one only. Returns how many were kept.
fn items_of_one_webhook(server: &Server) -> u64 {
    let item = |reference: &str, key: &str| {
        let signed = format!("{reference}::AcmeECOM:1001:100:EUR:AUTHORISATION:true");
        let code = base64_text(&hmac_sha256(&hex::decode(key).unwrap(), &[signed.as_bytes()]));
        format!(
            "{{\"NotificationRequestItem\": {{\"pspReference\": \"{reference}\", \
             \"merchantAccountCode\": \"AcmeECOM\", \"merchantReference\": \"1001\", \
             \"amount\": {{\"value\": 100, \"currency\": \"EUR\"}}, \
             \"eventCode\": \"AUTHORISATION\", \"success\": \"true\", \
             \"eventDate\": \"2026-03-02T15:15:10+01:00\", \
             \"additionalData\": {{\"hmacSignature\": \"{code}\"}}}}}}"
        )
    };
    let items = [item("PSP1", ADYEN_KEY), item("PSP2", "00ff")].join(", ");
    let body = format!("{{\"live\": \"false\", \"notificationItems\": [{items}]}}");
    for _ in 0..2 {
        let to = "/webhooks/adyen:acme";
        let (status, answer) = server.exchange("POST", to, &[], body.as_bytes());
        assert_eq!((status, answer.as_str()), (202, "[accepted]"));
    }
    3
}

#[test]
fn examples_of_the_vendors_are_posted_or_held_and_tie_out() {
    let folder = Folder::with_books("vendor");
    let path = folder.file("books/tieout.toml");
    let config = std::fs::read_to_string(&path).unwrap();
    let source = |vendor: &str, more: &str| {
        format!(
            "[[source]]\nname = \"{vendor}:acme\"\nkind = \"{vendor}\"\n\
             secrets = [{{ insecure_inline = \"{SECRET}\" }}]\n{more}\n"
        )
    };
    let sources = format!(
        "{}{}{}{}[limits]",
        source("shopify", ""),
        source("stripe", "test_is_real = true\n"),
        source("adyen", "").replace(SECRET, ADYEN_KEY),
        source("square", &format!("notification_url = \"{SQUARE_URL}\"")),
    );
    std::fs::write(&path, config.replace("[limits]", &sources)).unwrap();
    let server = Server::start(&folder);
    let mut sent = 0_u64;
    for vendor in ["shopify", "stripe", "square"] {
        let Some(files) = examples(vendor) else {
            println!("skipped: no examples of {vendor} beside the repository");
            return;
        };
        for file in files {
            let body = std::fs::read(&file).unwrap();
            let to = format!("/webhooks/{vendor}:acme");
            let (status, answer) = server.exchange("POST", &to, &signed(vendor, &body), &body);
            assert_eq!(status, 200, "{}: {answer}", file.display());
            sent += u64::from(answer.contains("kept"));
        }
    }
    // Nobody signed these with our key: refused, kept, and accepted all the same.
    for file in examples("adyen").unwrap_or_default() {
        let body = std::fs::read(&file).unwrap();
        let (status, answer) = server.exchange("POST", "/webhooks/adyen:acme", &[], &body);
        assert_eq!((status, answer.as_str()), (202, "[accepted]"), "{}", file.display());
        sent += 1;
    }
    sent += items_of_one_webhook(&server);
    assert!(sent > 100, "{sent} examples");
    assert!(server.stop());
    let out = folder.run(&["apply"]);
    assert!(out.status.success(), "{}", text(&out));
    let (_, status) = folder.json(&["status"]);
    let mut dealt_with = 0;
    for d in status["deliveries"].as_array().unwrap() {
        assert_ne!(d["state"], "received", "nothing is left lying");
        dealt_with += d["distinct"].as_u64().unwrap();
    }
    assert_eq!(dealt_with, sent);
    assert_eq!(status["ties_out"], true, "{status}");
    let posted: u64 = status["totals"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| t["counts"]["posted"].as_u64().unwrap())
        .sum();
    assert!(posted >= 5, "{posted} amounts posted: {status}");
    let (code, checked) = folder.json(&["statement", "--check-ledger"]);
    assert_eq!(code, 0, "{checked}");
    assert_eq!(folder.json(&["audit", "verify"]).0, 0);
}
