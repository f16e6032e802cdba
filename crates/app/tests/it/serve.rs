//! Webhooks over real HTTP.

use crate::support::{Folder, Server, until};
use workload::{Delivery, DeliveryFaults, Features, Shape};

fn shape() -> Shape {
    Shape {
        orders: 6,
        faults: DeliveryFaults::none(),
        features: Features { payouts: false, ..Features::plain() },
        ..Shape::default()
    }
}

fn configure(folder: &Folder) {
    let c = workload::sources(&shape());
    let path = folder.file("books/tieout.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let source = format!(
        "[[source]]\nname = \"{}\"\nkind = \"shopify\"\nzone = \"{}\"\n\
         secrets = [{{ insecure_inline = \"{}\" }}]\n\n[limits]",
        c.orders, c.zone, c.order_secret
    );
    std::fs::write(path, text.replace("[limits]", &source)).unwrap();
}

fn post(server: &Server, d: &Delivery) -> (u16, String) {
    server.exchange("POST", &format!("/webhooks/{}", d.source), &d.raw.headers, &d.raw.body)
}

#[test]
fn a_signed_order_is_kept_posted_verified_and_explained() {
    let folder = Folder::with_books("serve");
    configure(&folder);
    let server = Server::start(&folder);
    assert_eq!(server.get("/healthz").0, 200);
    assert_eq!(server.get("/readyz").0, 200);
    let deliveries: Vec<Delivery> =
        workload::month(&shape()).filter(|d| d.source.starts_with("shopify")).collect();
    for d in &deliveries {
        let (status, body) = post(&server, d);
        assert_eq!((status, body.contains("kept")), (200, true), "{body}");
    }
    let (status, body) = post(&server, &deliveries[0]);
    assert_eq!((status, body.contains("duplicate")), (200, true), "{body}");

    let mut forged = deliveries[0].clone();
    forged.raw.body = [&forged.raw.body[..], b" "].concat().into();
    let (status, body) = post(&server, &forged);
    assert_eq!((status, body.contains("SRC-001")), (401, true), "{body}");
    let lost = Delivery { source: "shopify:nobody".into(), ..deliveries[0].clone() };
    assert_eq!(post(&server, &lost).0, 404);
    let large = vec![b' '; (8 << 20) + 1];
    let (status, _) = server.exchange("POST", "/webhooks/shopify:demo", &[], &large);
    assert_eq!(status, 413);
    assert_eq!(server.exchange("GET", "/webhooks/shopify:demo", &[], b"").0, 405);
    assert_eq!(server.get("/v1/explain/nothing-at-all").0, 404);

    let statement = until("six orders posted", || {
        let (_, s) = server.get("/v1/statement");
        (s["totals"][0]["counts"]["posted"] == 6).then_some(s)
    });
    assert_eq!(statement["ties_out"], true);
    assert!(server.stop(), "SIGTERM ends it well");

    // Read-backs are gathered for a minute; `apply` does them now.
    assert_eq!(folder.json(&["apply"]).0, 0);
    let (code, explained) = folder.json(&["explain", "#1001"]);
    assert_eq!(code, 0, "{explained}");
    let order = &explained[0];
    assert_eq!(order["deliveries"][0]["signature"], "valid");
    assert_eq!(order["deliveries"][0]["copies"], 2);
    let receipt = &order["documents"][0];
    assert_eq!(
        (&receipt["kind"], &receipt["state"]),
        (&"sales_receipt".into(), &"verified".into())
    );
    let balance: i64 =
        receipt["postings"].as_array().unwrap().iter().map(|p| p["amount"].as_i64().unwrap()).sum();
    assert_eq!(balance, 0, "debits are credits");
    let screen = String::from_utf8(folder.run(&["explain", "1001"]).stdout).unwrap();
    for words in ["WHAT THE SOURCE SENT", "SALES RECEIPT", "debit", "read back from the ledger"] {
        assert!(screen.contains(words), "{screen}");
    }
    let (_, status) = folder.json(&["status"]);
    let refused = status["deliveries"].as_array().unwrap().iter().find(|d| d["state"] == "refused");
    assert_eq!(refused.unwrap()["distinct"], 1, "the forged delivery is kept for inspection");
}

#[test]
fn a_view_on_a_public_address_needs_a_token() {
    let folder = Folder::with_books("token");
    let short = folder.write("short", b"secret");
    let out = folder.run(&["serve", "--listen", "127.0.0.1:0", "--token-file", &short]);
    assert_eq!(out.status.code(), Some(6), "a short token is no token");
}
