//! Square's webhooks about orders only name them: they are read from its API and posted.

use crate::bigcommerce::fake_api;
use crate::support::{Folder, Server, until};
use serde_json::Value;
use sources::kit::signature::{base64_text, hmac_sha256};

const ORDERS: &str = include_str!("../../../sources/src/square/fixtures/orders.json");
const PAYMENT: &str = include_str!("../../../sources/src/square/fixtures/payment_completed.json");
const KEY: &str = "signature key of the test";
const URL: &str = "https://books.example.com/webhooks/square:acme";

/// An API that has the order `ORDER01` and no other, and lists nothing.
fn answer(request: &str) -> (u16, String) {
    let path = request.split(' ').nth(1).unwrap_or_default();
    let orders: Value = serde_json::from_str(ORDERS).unwrap();
    let (path, _) = path.split_once('?').unwrap_or((path, ""));
    match path {
        "/v2/orders/ORDER01" => (200, format!("{{\"order\":{}}}", orders["orders"][0])),
        "/v2/locations" => (200, "{\"locations\":[{\"id\":\"L_MAIN\"}]}".to_owned()),
        _ if path.starts_with("/v2/orders/") && path != "/v2/orders/search" => {
            (404, "{\"errors\":[{\"code\":\"NOT_FOUND\"}]}".to_owned())
        }
        _ => (200, "{}".to_owned()),
    }
}

fn deliver(server: &Server, body: &str) {
    let code = base64_text(&hmac_sha256(KEY.as_bytes(), &[URL.as_bytes(), body.as_bytes()]));
    let headers = [("x-square-hmacsha256-signature".to_owned(), code)];
    let (status, body) =
        server.exchange("POST", "/webhooks/square:acme", &headers, body.as_bytes());
    assert_eq!(status, 200, "{body}");
}

fn named(event: &str, order: &str) -> String {
    format!(
        "{{\"merchant_id\":\"M\",\"type\":\"{event}\",\"event_id\":\"{event}/{order}\",\"data\":{{\
         \"type\":\"x\",\"id\":\"{order}\",\"object\":{{\"{}\":{{\"order_id\":\"{order}\",\
         \"version\":4,\"state\":\"COMPLETED\"}}}}}}}}",
        event.replace('.', "_")
    )
}

#[test]
fn orders_that_webhooks_name_are_read_within_seconds_and_posted() {
    let (address, asked) = fake_api(answer, "authorization: Bearer token of the test");
    let folder = Folder::with_books("square");
    let path = folder.file("books/tieout.toml");
    let config = std::fs::read_to_string(&path).unwrap();
    let source = format!(
        "[[source]]\nname = \"square:acme\"\nkind = \"square\"\n\
         secrets = [{{ insecure_inline = \"{KEY}\" }}]\nnotification_url = \"{URL}\"\n\
         poll = {{ address = \"{address}\", token = {{ insecure_inline = \"token of the test\" }} }}\n\n\
         [limits]"
    );
    std::fs::write(&path, config.replace("[limits]", &source)).unwrap();
    let server = Server::start(&folder);
    deliver(&server, PAYMENT);
    for event in ["order.created", "order.updated", "order.fulfillment.updated"] {
        deliver(&server, &named(event, "ORDER01"));
    }
    // One that is not there keeps nothing back.
    deliver(&server, &named("order.updated", "ORDER_X"));
    let statement = until("the order posted", || {
        let (_, s) = server.get("/v1/statement");
        let counts = &s["totals"][0]["counts"];
        let is_posted = counts["posted"].as_i64() >= Some(1) && counts["pending"] == 0;
        is_posted.then_some(s)
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
    assert_eq!(codes, ["SRC-006"], "the order that is not there: {status}");
    let asked = asked.lock().unwrap();
    let read = asked.iter().filter(|p| p.contains("/v2/orders/ORDER01 ")).count();
    assert!((1..=3).contains(&read), "{asked:?}");
}
