//! Several companies behind one app, the clock, snapshots, the log.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response};
use serde_json::{Value, json};

use crate::support::{START_US, invoice};
use quickbooks_sim::{
    Carried, Config, Consent, FaultKind, Faults, Host, HostConfig, Limits, Profile, WebhookRules,
    is_torn,
};

pub const FIRST: &str = "9130350000000001";
pub const SECOND: &str = "9130350000000002";

/// A host of two companies and its caller; each call comes a second after the one before.
pub struct Caller {
    pub host: Host,
    pub now_us: i64,
}

pub struct Seen {
    pub status: u16,
    pub text: String,
    pub body: Value,
}

impl Seen {
    fn of(response: &Response<Bytes>) -> Self {
        let text = String::from_utf8(response.body().to_vec()).unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Self { status: response.status().as_u16(), text, body }
    }
}

pub fn two_companies() -> HostConfig {
    HostConfig {
        base: Config { consent: Consent::Ask, ..Config::default() },
        others: vec![(SECOND.to_owned(), Profile::UsNoTax.prefs())],
        ..HostConfig::default()
    }
}

impl Caller {
    pub fn new(config: HostConfig) -> Self {
        Self { host: Host::new(config), now_us: START_US }
    }

    pub fn request(method: &str, uri: &str, token: &str, body: &str) -> Request<Bytes> {
        Request::builder()
            .method(method)
            .uri(uri)
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json")
            .body(Bytes::copy_from_slice(body.as_bytes()))
            .unwrap()
    }

    pub fn send(&mut self, method: &str, uri: &str, token: &str, body: &str) -> Seen {
        self.now_us += 1_000_000;
        let req = Self::request(method, uri, token, body);
        Seen::of(&self.host.handle(&req, self.now_us))
    }

    /// A control request that must go well.
    #[track_caller]
    pub fn control(&mut self, method: &str, path: &str, body: &Value) -> Value {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let seen = self.send(method, &format!("/_sim{path}"), "", &body);
        assert_eq!(seen.status, 200, "{method} {path}: {}", seen.text);
        seen.body
    }

    /// An access token and a refresh token for a company.
    pub fn connect(&mut self, realm: &str) -> (String, String) {
        let issued = self.control("POST", "/tokens", &json!({ "realm": realm }));
        let text = |name: &str| issued[name].as_str().unwrap().to_owned();
        (text("access_token"), text("refresh_token"))
    }

    /// Creates an invoice and gives its id.
    #[track_caller]
    pub fn invoice(&mut self, realm: &str, token: &str, amount: &str) -> String {
        let uri = format!("/v3/company/{realm}/invoice");
        let seen = self.send("POST", &uri, token, &invoice(amount));
        assert_eq!(seen.status, 200, "{}", seen.text);
        seen.body["Invoice"]["Id"].as_str().unwrap().to_owned()
    }

    pub fn read(&mut self, realm: &str, token: &str, path: &str) -> u16 {
        self.send("GET", &format!("/v3/company/{realm}/{path}"), token, "").status
    }
}

#[test]
fn a_person_chooses_the_company_and_the_token_reaches_only_that() {
    fact!(
        "Connection",
        "authorize",
        Documented,
        "§1",
        "one app connects to many companies; a token reaches the one that was chosen"
    );
    let mut c = Caller::new(two_companies());
    let asked = "client_id=tieout-client&response_type=code&scope=com.intuit.quickbooks.accounting&redirect_uri=http%3A%2F%2Flocalhost%3A8080%2Foauth%2Fcallback&state=x";
    let page = c.send("GET", &format!("/connect/oauth2?{asked}"), "", "").text;
    for realm in [FIRST, SECOND] {
        assert!(page.contains(&format!("value=\"{realm}\"")), "{page}");
    }
    let form = format!("{asked}&realmId={SECOND}&decision=allow");
    let sent = Caller::request("POST", "/connect/oauth2", "", &form);
    let response = c.host.handle(&sent, c.now_us);
    let location = response.headers()["location"].to_str().unwrap();
    assert!(location.ends_with(&format!("&realmId={SECOND}")), "{location}");
    let code = location.split(['=', '&']).nth(1).unwrap();
    let form = format!(
        "grant_type=authorization_code&code={code}&redirect_uri=http%3A%2F%2Flocalhost%3A8080%2Foauth%2Fcallback&client_id=tieout-client&client_secret=tieout-secret"
    );
    let issued = c.send("POST", "/oauth2/v1/tokens/bearer", "", &form).body;
    let token = issued["access_token"].as_str().unwrap().to_owned();
    assert_eq!(c.read(SECOND, &token, "preferences"), 200);
    assert_eq!(c.read(FIRST, &token, "preferences"), 403);
    assert_eq!(c.read("42", &token, "preferences"), 403);
}

#[test]
fn companies_have_books_tokens_and_windows_of_their_own() {
    let mut c = Caller::new(two_companies());
    let (first, _) = c.connect(FIRST);
    let (second, refresh) = c.connect(SECOND);
    assert_eq!(c.invoice(FIRST, &first, "10"), "145");
    assert_eq!(c.invoice(FIRST, &first, "20"), "146");
    let books = c.control("GET", &format!("/books?realm={SECOND}"), &Value::Null);
    assert_eq!(books["transactions"], json!([]));
    // Ending one connection leaves the other.
    c.control("POST", "/tokens/revoke", &json!({ "token": refresh }));
    assert_eq!(c.read(SECOND, &second, "preferences"), 401);
    assert_eq!(c.read(FIRST, &first, "preferences"), 200);
    // Ten requests in one second on each.
    let (second, _) = c.connect(SECOND);
    let now_us = c.now_us;
    for (realm, token) in [(FIRST, &first), (SECOND, &second)] {
        for n in 0..11 {
            c.now_us = now_us - 900_000;
            assert_eq!(c.read(realm, token, "preferences"), if n < 10 { 200 } else { 429 });
        }
    }
}

#[test]
fn a_clock_can_be_set_moved_and_stopped() {
    fact!("Control", "clock", Assumed, "§12", "time can be set, moved on and stopped");
    let mut c = Caller::new(two_companies());
    let (token, _) = c.connect(FIRST);
    let set = json!({"now": "2027-01-31T20:00:00Z", "frozen": true});
    assert_eq!(c.control("PUT", "/clock", &set)["now"], "2027-01-31T20:00:00.000000Z");
    assert_eq!(c.read(FIRST, &token, "preferences"), 401, "the token is long over");
    let (token, _) = c.connect(FIRST);
    // Limits go on by the time of the wire: a clock that stands still does not throttle.
    for _ in 0..30 {
        assert_eq!(c.read(FIRST, &token, "preferences"), 200);
    }
    c.invoice(FIRST, &token, "10");
    let books = c.control("GET", "/books", &Value::Null);
    assert_eq!(books["transactions"][0]["date"], "2027-01-31");
    let moved = c.control("PUT", "/clock", &json!({"advance_seconds": 3_600}));
    assert_eq!(moved["now"], "2027-01-31T21:00:00.000000Z");
    assert_eq!(c.read(FIRST, &token, "preferences"), 401, "an hour later it is over");
    let back =
        c.send("PUT", "/_sim/clock", "", &json!({"now": "2026-01-01T00:00:00Z"}).to_string());
    assert_eq!(back.status, 409);
    assert!(back.body["hint"].as_str().unwrap().contains("reset"), "{}", back.text);
    assert_eq!(c.send("PUT", "/_sim/clock", "", "{\"real\":true}").status, 409);
    c.control("POST", "/reset", &json!({"all": true}));
    let clock = c.control("GET", "/clock", &Value::Null);
    assert_eq!((&clock["frozen"], &clock["offset_seconds"]), (&false.into(), &0.into()));
    assert!(clock["now"].as_str().unwrap().starts_with("2026-03-02T18:"), "{clock}");
}

#[test]
fn a_snapshot_brings_everything_back() {
    fact!("Control", "snapshots", Assumed, "§12", "books, tokens and settings can be restored");
    let mut c = Caller::new(two_companies());
    let (token, _) = c.connect(FIRST);
    c.invoice(FIRST, &token, "10");
    c.control("PUT", "/snapshots/one", &Value::Null);
    let before = c.control("GET", "/books", &Value::Null);

    c.invoice(FIRST, &token, "20");
    c.control("PATCH", "/preferences", &json!({"custom_txn_numbers": true}));
    c.control("PATCH", "/limits", &json!({"batch_items": 3}));
    c.control("POST", "/tokens/revoke", &json!({"realm": FIRST}));
    assert_eq!(c.read(FIRST, &token, "preferences"), 401);

    c.control("POST", "/snapshots/one/restore", &Value::Null);
    assert_eq!(c.control("GET", "/books", &Value::Null), before);
    assert_eq!(c.control("GET", "/limits", &Value::Null)["batch_items"], 30);
    assert_eq!(c.read(FIRST, &token, "preferences"), 200);
    assert_eq!(c.invoice(FIRST, &token, "20"), "146", "ids go on where they were");
    assert_eq!(c.send("POST", "/_sim/snapshots/two/restore", "", "").status, 404);
    c.control("DELETE", "/snapshots/one", &Value::Null);
    assert_eq!(c.control("GET", "/snapshots", &Value::Null)["snapshots"], json!([]));
}

fn busy(c: &mut Caller) -> (String, String) {
    let (first, _) = c.connect(FIRST);
    let (second, _) = c.connect(SECOND);
    c.control("PUT", "/clock", &json!({"now": "2026-06-01T00:00:00Z"}));
    let (first, refresh) = (c.connect(FIRST).0, first);
    assert_ne!(first, refresh);
    c.invoice(FIRST, &first, "10");
    c.control("PUT", "/snapshots/one", &Value::Null);
    c.invoice(FIRST, &first, "20");
    c.control("POST", "/snapshots/one/restore", &Value::Null);
    c.control("PATCH", "/limits", &json!({"requests_per_second": 7}));
    c.control("PATCH", "/preferences", &json!({"company_name": "Other"}));
    c.control("POST", "/companies", &json!({"profile": "eu"}));
    c.control("POST", "/person", &json!({"id": 145, "change": {"PrivateNote": "by hand"}}));
    c.invoice(FIRST, &first, "30");
    (first, second)
}

/// What a caller sees of a host.
fn picture(c: &mut Caller, token: &str) -> Vec<String> {
    let mut out = Vec::new();
    for path in ["/_sim/clock", "/_sim/companies", "/_sim/books", "/_sim/journal", "/_sim/limits"] {
        out.push(c.send("GET", path, "", "").text);
    }
    out.push(c.send("GET", "/_sim/tokens", "", "").text);
    out.push(c.send("GET", "/_sim/webhooks", "", "").text);
    let query = format!("/v3/company/{FIRST}/query?query=select%20*%20from%20Invoice");
    out.push(c.send("GET", &query, token, "").text);
    out.push(c.send("POST", &format!("/v3/company/{FIRST}/invoice"), token, &invoice("7")).text);
    out
}

#[test]
fn log_and_snapshot_rebuild_the_host_byte_for_byte() {
    let webhooks = WebhookRules {
        url: "http://127.0.0.1:9/hook".to_owned(),
        verifier: "v".to_owned(),
        ..WebhookRules::default()
    };
    let config = HostConfig { webhooks: Some(webhooks), ..two_companies() };
    let log = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&log);
    let mut c = Caller::new(config.clone());
    c.host.set_log(Box::new(move |record| sink.lock().unwrap().extend_from_slice(record)));
    let (token, _) = busy(&mut c);
    let half = (c.host.save().unwrap(), log.lock().unwrap().len());
    c.now_us += 60_000_000;
    for delivery in c.host.due(c.now_us) {
        c.host.answered(delivery.id, (delivery.id % 2 == 0).then_some(200), c.now_us);
    }
    c.invoice(FIRST, &token, "40");
    let log = log.lock().unwrap().clone();
    let now_us = c.now_us;
    let live = picture(&mut c, &token);
    assert_eq!(live.len(), 9);

    let (host, good) = Host::replay(config.clone(), &log).unwrap();
    assert_eq!(good, log.len());
    assert_eq!(picture(&mut Caller { host, now_us }, &token), live, "from the log");

    // Cut short anywhere, the end is a torn record; a byte that changed in the middle is damage.
    let (_, good) = Host::replay(config.clone(), &log[..log.len() - 1]).unwrap();
    assert!(good < log.len() && is_torn(&log[good..log.len() - 1]) && is_torn(&log[good..good]));
    let mut damaged = log.clone();
    damaged[half.1 + 40] ^= 1;
    let (_, good) = Host::replay(config.clone(), &damaged).unwrap();
    assert!(good <= half.1 + 40 && !is_torn(&damaged[good..]));

    let mut host = Host::resume(config.clone(), &half.0).unwrap();
    assert_eq!(host.catch_up(&log[half.1..]), Ok(log.len() - half.1));
    assert_eq!(picture(&mut Caller { host, now_us }, &token), live, "from snapshot and log");

    assert!(Host::resume(config, &half.0[..half.0.len() - 1]).is_none(), "cut");
}

#[test]
fn a_configuration_of_an_earlier_version_is_read() {
    let config: HostConfig = serde_json::from_str("{\"base\":{\"seed\":7}}").unwrap();
    let base = Config { seed: 7, ..Config::default() };
    assert_eq!(config, HostConfig { base, ..HostConfig::default() });
}

#[test]
fn limits_do_not_hold_up_a_log() {
    let log = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&log);
    let mut c = Caller::new(two_companies());
    c.host.set_log(Box::new(move |record| sink.lock().unwrap().extend_from_slice(record)));
    let (token, _) = c.connect(FIRST);
    c.invoice(FIRST, &token, "1");
    // Tighter than what was let through before: the log must still be repeated whole.
    let tight = Limits { requests_per_minute: 1, ..Limits::default() };
    let mut config = two_companies();
    config.base.limits = tight;
    c.invoice(FIRST, &token, "2");
    let bytes = log.lock().unwrap().clone();
    let (again, good) = Host::replay(config, &bytes).unwrap();
    assert_eq!(good, bytes.len());
    assert_eq!(again.companies()[FIRST].transactions().count(), 2);
}

#[test]
fn faults_of_the_line_are_drawn_and_seen() {
    let schedule = vec![(1, FaultKind::LostAfter), (3, FaultKind::Throttled)];
    let mut config = two_companies();
    config.base.faults = Faults { schedule, ..Faults::default() };
    let mut c = Caller::new(config);
    let (token, _) = c.connect(FIRST);
    let uri = format!("/v3/company/{FIRST}/invoice");
    let req = Caller::request("POST", &uri, &token, &invoice("5"));
    assert!(matches!(c.host.call(&req, c.now_us), Carried::Lost));
    let read = Caller::request("GET", &format!("{uri}/145"), &token, "");
    for status in [200, 429, 200] {
        match c.host.call(&read, c.now_us) {
            Carried::Reply { response, .. } => assert_eq!(response.status(), status),
            other => panic!("{other:?}"),
        }
    }
    // Control calls neither draw faults nor stand among the requests.
    let control = Caller::request("GET", "/_sim/requests", "", "");
    let Carried::Reply { response, .. } = c.host.call(&control, c.now_us) else { panic!() };
    let seen: Value = serde_json::from_slice(response.body()).unwrap();
    let rows: Vec<_> = seen["requests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| (r["method"].clone(), r["status"].clone(), r["fault"].clone()))
        .collect();
    assert_eq!(
        json!(rows),
        json!([
            ["POST", null, "lost_after"],
            ["GET", 200, null],
            ["GET", 429, "throttled"],
            ["GET", 200, null]
        ])
    );
}

#[test]
fn the_server_ends_what_takes_two_minutes() {
    fact!("Faults", "time", Documented, "§2", "the server ends a request after 120 seconds");
    let schedule = vec![(1, FaultKind::Late), (2, FaultKind::Late)];
    let mut config = two_companies();
    config.base.faults = Faults { schedule, late_us: 119_000_000, ..Faults::default() };
    let mut c = Caller::new(config);
    let (token, _) = c.connect(FIRST);
    let uri = format!("/v3/company/{FIRST}/invoice");
    let req = Caller::request("POST", &uri, &token, &invoice("5"));
    let reply = |c: &mut Caller| match c.host.call(&req, c.now_us) {
        Carried::Reply { after_us, response } => (after_us, response.status().as_u16()),
        other => panic!("{other:?}"),
    };
    assert_eq!(reply(&mut c), (119_000_000, 200));
    c.control("PATCH", "/limits", &json!({"request_seconds": 60}));
    assert_eq!(reply(&mut c), (60_000_000, 504));
    // Whether it was done is for the caller to find out; it was.
    assert_eq!(c.host.companies()[FIRST].transactions().count(), 2);
}

#[test]
fn eight_hundred_requests_a_minute_for_the_app_whatever_the_company() {
    fact!(
        "Limits",
        "all",
        Documented,
        "§6",
        "800 requests a minute for one app, all companies together"
    );
    let mut c = Caller::new(two_companies());
    let limits = Limits { requests_per_second: 0, ..Limits::default() };
    c.control("PATCH", "/limits", &serde_json::to_value(limits).unwrap());
    let tokens = [FIRST, SECOND].map(|realm| (realm, c.connect(realm).0));
    let mut refused = 0;
    for n in 0..900 {
        let (realm, token) = &tokens[n % 2];
        let uri = format!("/v3/company/{realm}/preferences");
        let req = Caller::request("GET", &uri, token, "");
        let answer = c.host.handle(&req, c.now_us);
        if answer.status() == 429 {
            refused += 1;
            assert!(String::from_utf8_lossy(answer.body()).contains("ThrottleExceeded"));
        }
    }
    assert_eq!(refused, 100, "450 for each company are within its own limit");
}

#[test]
fn several_currencies_are_not_switched_off_by_the_control_api_either() {
    fact!(
        "Preferences",
        "all",
        Documented,
        "§8",
        "several currencies stay on, whoever tries to switch them off"
    );
    let mut c = Caller::new(two_companies());
    let change = |on: bool| json!({ "multi_currency": on });
    let path = format!("/preferences?realm={FIRST}");
    assert_eq!(c.control("PATCH", &path, &change(true))["multi_currency"], true);
    assert_eq!(c.control("PATCH", &path, &change(false))["multi_currency"], true);
    let token = c.connect(FIRST).0;
    let shown = c.send("GET", &format!("/v3/company/{FIRST}/preferences"), &token, "");
    assert_eq!(shown.body["Preferences"]["CurrencyPrefs"]["MultiCurrencyEnabled"], true);
}
