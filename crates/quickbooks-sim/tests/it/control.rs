//! The control API.

use serde_json::{Value, json};

use crate::host::{Caller, FIRST, SECOND, two_companies};
use crate::support::invoice;

#[test]
fn the_index_names_every_route_and_the_how_to_page_explains_it() {
    let mut c = Caller::new(two_companies());
    let index = c.control("GET", "", &Value::Null);
    let page = std::fs::read_to_string("../../docs/how-to/quickbooks-sim.md").unwrap();
    let routes = index["routes"].as_array().unwrap();
    assert!(routes.len() > 30);
    for route in routes {
        let (method, path) = (route["method"].as_str().unwrap(), route["path"].as_str().unwrap());
        assert!(page.contains(&format!("`{method} {path}`")), "{method} {path} is not on the page");
    }
    assert_eq!(index["companies"], json!([FIRST, SECOND]));
}

#[test]
fn wrong_calls_say_what_to_do() {
    let mut c = Caller::new(two_companies());
    for (method, path, body, status, words) in [
        ("GET", "/nothing", "", 404, "GET /_sim lists"),
        ("DELETE", "/clock", "", 405, "it takes GET, PUT"),
        ("PUT", "/clock", "{\"now\":\"soon\"}", 400, "2026-03-02T10:00:00Z"),
        ("PUT", "/clock", "[", 400, "JSON"),
        ("PUT", "/clock", "{\"speed\":2}", 400, "speed"),
        ("PATCH", "/preferences", "{\"custom\":true}", 400, "custom_txn_numbers"),
        ("PATCH", "/preferences", "{\"custom_txn_numbers\":7}", 400, "custom_txn_numbers"),
        ("PATCH", "/limits", "{\"batch_items\":-1}", 400, "batch_items"),
        ("PUT", "/faults", "{\"lost\":1}", 400, "lost"),
        ("GET", "/books?realm=42", "", 404, "/_sim/companies"),
        ("POST", "/companies", "{\"profile\":\"mars\"}", 400, "us-ast"),
        ("POST", "/companies", "{\"realm\":\"../x\"}", 400, "digits"),
        ("POST", "/person", "{\"id\":1}", 400, "change"),
        ("POST", "/person", "{\"id\":999,\"void\":true}", 409, "people"),
        ("PUT", "/webhooks", "{\"url\":\"ftp://x\",\"verifier\":\"v\"}", 400, "http://"),
        ("GET", "/journal?limit=x", "", 400, "digits"),
        ("POST", "/tokens/revoke", "{\"token\":\"x\"}", 404, "/_sim/tokens"),
    ] {
        let seen = c.send(method, &format!("/_sim{path}"), "", body);
        assert_eq!(seen.status, status, "{method} {path}: {}", seen.text);
        assert!(seen.text.contains(words), "{method} {path}: {}", seen.text);
        assert!(seen.body["error"].is_string() && seen.body["hint"].is_string(), "{}", seen.text);
    }
}

#[test]
fn books_and_journal_show_what_was_posted() {
    fact!("Control", "books", Assumed, "§12", "trial balance, transactions and every posting");
    let mut c = Caller::new(two_companies());
    let (token, _) = c.connect(FIRST);
    let id = c.invoice(FIRST, &token, "12.34");
    c.invoice(FIRST, &token, "1");
    let books = c.control("GET", "/books", &Value::Null);
    assert_eq!(books["trial_balance"]["Accounts Receivable (A/R)"], "13.34");
    assert_eq!(books["trial_balance"]["Services"], "-13.34");
    assert_eq!(books["difference"], "0.00");
    let invoice = &books["transactions"][0];
    assert_eq!((&invoice["id"], &invoice["total"]), (&id.as_str().into(), &"12.34".into()));
    let journal = c.control("GET", &format!("/journal?txn={id}"), &Value::Null);
    assert_eq!(
        journal["entries"],
        json!([{
            "txn": "145", "type": "Invoice", "date": "2026-03-02", "doc_number": "1038",
            "legs": [
                {"account": "Accounts Receivable (A/R)", "name": "Walk-in Customer", "amount": "12.34"},
                {"account": "Services", "name": "", "amount": "-12.34"},
            ],
        }])
    );
    let after = c.control("GET", "/journal?after=145&limit=1", &Value::Null);
    assert_eq!(after["entries"][0]["txn"], "146");
}

#[test]
fn people_change_void_and_delete() {
    fact!("Control", "person", Assumed, "§12", "edits by a person need no token");
    let mut c = Caller::new(two_companies());
    let (token, _) = c.connect(FIRST);
    for _ in 0..3 {
        c.invoice(FIRST, &token, "5");
    }
    let did =
        c.control("POST", "/person", &json!({"id": 145, "change": {"PrivateNote": "by hand"}}));
    assert_eq!(did["changed"][0], json!({"entity": "Invoice", "id": "145", "operation": "Update"}));
    let did = c.control("POST", "/person", &json!({"id": 146, "void": true}));
    assert_eq!(did["changed"][0]["operation"], "Void");
    let did = c.control("POST", "/person", &json!({"id": 147, "delete": true}));
    assert_eq!(did["changed"][0]["operation"], "Delete");
    let books = c.control("GET", "/books", &Value::Null);
    let rows: Vec<_> = books["transactions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| (t["id"].clone(), t["private_note"].clone(), t["voided"].clone()))
        .collect();
    assert_eq!(json!(rows), json!([["145", "by hand", false], ["146", "Voided", true]]));
}

#[test]
fn switches_of_one_company_do_not_touch_the_other() {
    fact!("Control", "preferences", Assumed, "§12", "switches of a company change at run time");
    let mut c = Caller::new(two_companies());
    let (first, _) = c.connect(FIRST);
    let (second, _) = c.connect(SECOND);
    let path = format!("/preferences?realm={SECOND}");
    let now = c.control("PATCH", &path, &json!({"subscription_ended": true}));
    assert_eq!(now["subscription_ended"], true);
    assert_eq!(
        (c.read(FIRST, &first, "preferences"), c.read(SECOND, &second, "preferences")),
        (200, 403)
    );
    c.control(
        "PATCH",
        &path,
        &json!({"subscription_ended": false, "book_close_date": "2026-12-31"}),
    );
    let uri = format!("/v3/company/{SECOND}/invoice");
    let refused = c.send("POST", &uri, &second, &invoice("5"));
    assert_eq!(refused.body["Fault"]["Error"][0]["code"], "6210", "{}", refused.text);
    c.control("POST", "/reset", &json!({"realm": SECOND}));
    assert_eq!(c.control("GET", &path, &Value::Null)["book_close_date"], Value::Null);
}

#[test]
fn the_app_and_its_lifetimes_can_be_changed() {
    let mut c = Caller::new(two_companies());
    let app = c.control(
        "PATCH",
        "/app",
        &json!({"client_id": "mine", "access_token_seconds": 5, "consent": "allow"}),
    );
    assert_eq!((&app["client_id"], &app["access_token_seconds"]), (&"mine".into(), &5.into()));
    assert!(app.get("prefs").is_none() && app.get("limits").is_none());
    let (token, _) = c.connect(FIRST);
    assert_eq!(c.read(FIRST, &token, "preferences"), 200);
    c.now_us += 5_000_000;
    assert_eq!(c.read(FIRST, &token, "preferences"), 401);
    let asked = "/connect/oauth2?client_id=mine&response_type=code&scope=openid&redirect_uri=http%3A%2F%2Flocalhost%3A8080%2Foauth%2Fcallback";
    assert_eq!(c.send("GET", asked, "", "").status, 302);
}

#[test]
fn tokens_are_issued_expired_and_revoked() {
    fact!("Control", "tokens", Assumed, "§12", "tokens can be issued, expired and revoked");
    let mut c = Caller::new(two_companies());
    let (token, refresh) = c.connect(FIRST);
    let shown = c.control("GET", "/tokens", &Value::Null);
    let connection = &shown["connections"][0];
    assert_eq!(
        (&connection["realm"], &connection["refresh_token"]),
        (&FIRST.into(), &refresh.into())
    );
    assert_eq!(connection["access_tokens"][0]["token"], token.as_str());
    assert_eq!(c.control("POST", "/tokens/expire", &json!({"token": token}))["expired"], 1);
    assert_eq!(c.read(FIRST, &token, "preferences"), 401);
    c.control("POST", "/tokens/revoke", &json!({"realm": FIRST}));
    assert_eq!(c.control("GET", "/tokens", &Value::Null)["connections"], json!([]));
    let narrow = c.control("POST", "/tokens", &json!({"scopes": "openid"}));
    let token = narrow["access_token"].as_str().unwrap().to_owned();
    assert_eq!(c.read(FIRST, &token, "preferences"), 403);
}

#[test]
fn a_new_company_is_a_fresh_one_of_its_profile() {
    let mut c = Caller::new(two_companies());
    let made = c.control("POST", "/companies", &json!({"profile": "ca-gst", "name": "Maple"}));
    assert_eq!(made["realm"], "9130350000000003");
    let all = c.control("GET", "/companies", &Value::Null);
    let row = &all["companies"][2];
    assert_eq!((&row["name"], &row["home_currency"]), (&"Maple".into(), &"CAD".into()));
    assert_eq!(c.send("POST", "/_sim/companies", "", &made.to_string()).status, 409);
    let (token, _) = c.connect("9130350000000003");
    assert_eq!(c.read("9130350000000003", &token, "preferences"), 200);
    let made = c.control("POST", "/companies", &json!({"seed_data": true}));
    let path = format!("/books?realm={}", made["realm"].as_str().unwrap());
    let traded = |c: &mut Caller| {
        let books = c.control("GET", &path, &Value::Null);
        assert_eq!(books["difference"], "0.00");
        books["transactions"].as_array().unwrap().len()
    };
    let at_start = traded(&mut c);
    assert!(at_start > 20, "{at_start}");
    c.control("PATCH", "/app", &json!({"access_token_seconds": 60}));
    c.control("POST", "/reset", &Value::Null);
    assert_eq!(traded(&mut c), at_start, "a reset brings it back");
}

#[test]
fn a_reset_empties_books_and_keeps_tokens() {
    fact!(
        "Control",
        "reset",
        Assumed,
        "§12",
        "books as at the start; tokens live on unless all goes"
    );
    let mut c = Caller::new(two_companies());
    let (token, _) = c.connect(FIRST);
    c.invoice(FIRST, &token, "5");
    c.control("PUT", "/faults", &json!({"throttled": 1_000}));
    c.control("POST", "/reset", &Value::Null);
    assert_eq!(c.control("GET", "/books", &Value::Null)["transactions"], json!([]));
    assert_eq!(c.invoice(FIRST, &token, "5"), "145", "ids begin again");
    assert_eq!(c.control("GET", "/faults", &Value::Null)["faults"]["throttled"], 1_000);
    c.control("POST", "/reset", &json!({"all": true}));
    assert_eq!(c.read(FIRST, &token, "preferences"), 401);
    assert_eq!(c.control("GET", "/faults", &Value::Null)["faults"]["throttled"], 0);
}

#[test]
fn requests_seen_are_the_latest_ones() {
    fact!(
        "Control",
        "requests",
        Assumed,
        "§12",
        "method, path, status and fault of the latest requests"
    );
    let mut config = two_companies();
    config.seen_max = 3;
    let mut c = Caller::new(config);
    let (token, _) = c.connect(FIRST);
    for path in ["preferences", "invoice/1", "companyinfo/1", "item/1"] {
        c.read(FIRST, &token, path);
    }
    let seen = c.control("GET", "/requests", &Value::Null);
    assert_eq!(seen["total"], 4);
    let paths: Vec<_> =
        seen["requests"].as_array().unwrap().iter().map(|r| r["status"].clone()).collect();
    assert_eq!(json!(paths), json!([400, 200, 200]));
    assert_eq!(seen["requests"][2]["at"], "2026-03-02T18:00:05.000000Z");
    let one = c.control("GET", "/requests?path=/item/&limit=5", &Value::Null);
    assert_eq!(one["requests"].as_array().unwrap().len(), 1);
    c.control("DELETE", "/requests", &Value::Null);
    assert_eq!(c.control("GET", "/requests", &Value::Null)["requests"], json!([]));
}
