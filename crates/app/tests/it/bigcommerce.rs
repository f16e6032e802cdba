//! A vendor whose webhooks only name orders: they are read from its API and posted.

use crate::support::{Folder, Server, text, until};
use serde_json::Value;
use sources::kit::signature::{base64_text, hmac_sha256};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

const ORDER: &str = include_str!("../../../sources/src/bigcommerce/fixtures/order_paid.json");
const SECRET: &str = "5b21e1a9d3c84e0f9f5a1c0f6d7e8b9a5b21e1a9d3c84e0f9f5a1c0f6d7e8b9a";

/// An API that has the order 3001 and no other.
fn answer(request: &str) -> (u16, String) {
    let order: Value = serde_json::from_str(ORDER).unwrap();
    let path = request.split(' ').nth(1).unwrap_or_default();
    let path = path.strip_prefix("/stores/abc/").unwrap_or_default();
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let v3 = |name: &str| {
        let data = &order[name];
        format!(
            "{{\"data\":{data},\"meta\":{{\"pagination\":{{\"current_page\":1,\"total_pages\":1}}}}}}"
        )
    };
    match path {
        // The list is empty: what is read was named.
        "v2/orders" if query.contains("min_date_modified=") => (204, String::new()),
        "v3/orders/payment_actions/refunds" => (200, "{\"data\":[],\"meta\":{}}".to_owned()),
        "v2/orders/3001" => (200, order["order"].to_string()),
        "v2/orders/3001/products" => (200, order["products"].to_string()),
        "v2/orders/3001/taxes" => (200, order["taxes"].to_string()),
        "v2/orders/3001/coupons" => (200, order["coupons"].to_string()),
        "v3/orders/3001/transactions" => (200, v3("transactions")),
        "v3/orders/3001/payment_actions/refunds" => (200, v3("refunds")),
        _ => (
            404,
            "[{\"status\":404,\"message\":\"The requested resource was not found.\"}]".to_owned(),
        ),
    }
}

/// Returns the address and the paths that were asked for.
fn fake() -> (String, Arc<Mutex<Vec<String>>>) {
    let (address, asked) = fake_api(answer, "x-auth-token: token of the test");
    (format!("{address}/stores/abc"), asked)
}

/// A vendor's API that answers who shows the header `credential`; its address, and the requests'
/// first lines.
#[expect(clippy::disallowed_methods, reason = "a test may start threads")]
pub fn fake_api(
    answer: fn(&str) -> (u16, String),
    credential: &'static str,
) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let head: Vec<String> =
                lines.by_ref().map_while(Result::ok).take_while(|l| !l.is_empty()).collect();
            let has_token = head.iter().any(|l| l.eq_ignore_ascii_case(credential));
            let (status, body) = if has_token { answer(&head[0]) } else { (401, "{}".to_owned()) };
            seen.lock().unwrap().push(head[0].clone());
            let _ = write!(
                stream,
                "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\n\
                 content-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            );
        }
    });
    (address, asked)
}

#[expect(clippy::disallowed_methods, reason = "the processes under test live in real time")]
fn deliver(server: &Server, scope: &str, order: u32) -> (u16, String) {
    let at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().to_string();
    let body = format!(
        "{{\"scope\":\"{scope}\",\"store_id\":\"1\",\"data\":{{\"type\":\"order\",\"id\":{order}}},\
         \"hash\":\"h{order}\",\"created_at\":1561482670,\"producer\":\"stores/abc\"}}"
    );
    let code = hmac_sha256(SECRET.as_bytes(), &[b"msg_1.", at.as_bytes(), b".", body.as_bytes()]);
    let headers = [
        ("Webhook-Id".to_owned(), "msg_1".to_owned()),
        ("Webhook-Timestamp".to_owned(), at),
        ("Webhook-Signature".to_owned(), format!("v1,{}", base64_text(&code))),
    ];
    server.exchange("POST", "/webhooks/bigcommerce:acme", &headers, body.as_bytes())
}

fn books(name: &str, poll: &str) -> Folder {
    let folder = Folder::with_books(name);
    let path = folder.file("books/tieout.toml");
    let config = std::fs::read_to_string(&path).unwrap();
    let source = format!(
        "[[source]]\nname = \"bigcommerce:acme\"\nkind = \"bigcommerce\"\n\
         secrets = [{{ insecure_inline = \"{SECRET}\" }}]\n{poll}\n\n[limits]"
    );
    std::fs::write(&path, config.replace("[limits]", &source)).unwrap();
    folder
}

#[test]
fn a_webhook_that_names_an_order_is_followed_and_the_order_is_posted() {
    let (address, asked) = fake();
    let token = "{ insecure_inline = \"token of the test\" }";
    let folder =
        books("bigcommerce", &format!("poll = {{ address = \"{address}\", token = {token} }}"));
    let server = Server::start(&folder);
    // The second does not exist; it keeps the first one not back.
    for order in [3001, 3002] {
        let (status, body) = deliver(&server, "store/order/created", order);
        assert_eq!((status, body.contains("kept")), (200, true), "{body}");
    }
    let (status, body) = deliver(&server, "store/order/created", 3001);
    assert_eq!((status, body.contains("duplicate")), (200, true), "{body}");
    let statement = until("the order posted", || {
        let (_, s) = server.get("/v1/statement");
        (s["totals"][0]["counts"]["posted"] == 1).then_some(s)
    });
    assert_eq!(statement["ties_out"], true);
    assert!(server.stop());
    let (_, status) = folder.json(&["status"]);
    let codes: Vec<&str> = status["exceptions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["code"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["SRC-006"], "the order that is gone: {status}");
    let lists: Vec<&str> =
        status["lists"].as_array().unwrap().iter().map(|l| l["list"].as_str().unwrap()).collect();
    assert_eq!(lists, ["named", "orders", "refunds"]);
    let asked = asked.lock().unwrap();
    let first = asked.iter().filter(|p| p.contains("/v2/orders/3001?")).count();
    assert_eq!(first, 1, "read once: {asked:?}");
}

#[test]
fn its_lists_are_needed() {
    let folder = books("bigcommerce-thin", "");
    let refused = folder.run(&["status"]);
    assert_eq!(refused.status.code(), Some(6), "{}", text(&refused));
    assert!(text(&refused).contains("stores/HASH"), "{}", text(&refused));
}
