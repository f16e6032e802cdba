//! The doors of the ledger: how a company is connected, and what it tells by webhook.
#![expect(clippy::unwrap_used, reason = "a helper that breaks is a test that fails")]

use api::{Access, AppState, router};
use axum::Router;
use axum::body::{Body, to_bytes};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use engine::{Actor, Asked, AskedFrom, Consent, Engine, Limits, Tokens};
use hmac::{Hmac, KeyInit, Mac};
use http::{Request, Response, StatusCode};
use kernel::{ReasonCode, Timestamp};
use ports::{
    BoxFuture, Clock, Dialect, Entropy, Grants, Http, Sealer, Secret, Sql, SqlFailure, SqlTx,
    TokenStore, TxMode,
};
use quickbooks::{QuickBooks, Settings, Webhooks};
use quickbooks_sim::{Config, Shared, SimulatedHttp, Simulator};
use sha2::Sha256;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use tower::ServiceExt;

const LANE: &str = "quickbooks/9130350000000001";
const REDIRECT: &str = "http://localhost:8080/oauth/callback";
const VERIFIER: &str = "verifier-token";

/// A clock that stands where it is put; waits never end.
struct SetClock(AtomicI64);

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
    fn sleep_until(&self, _: Timestamp) -> BoxFuture<'static, ()> {
        Box::pin(std::future::pending())
    }
}

struct Counting(AtomicU64);

impl Entropy for Counting {
    fn fill(&self, out: &mut [u8]) {
        let n = self.0.fetch_add(1, Ordering::SeqCst).to_be_bytes();
        for (byte, from) in out.iter_mut().rev().zip(n.iter().rev().cycle()) {
            *byte = *from;
        }
    }
}

/// Seals by a key of one byte, bound to the context; the real cipher is proved in the binary.
struct Toy(u8);

impl Sealer for Toy {
    fn seal(&self, plain: &[u8], context: &[u8]) -> Vec<u8> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&[self.0]).unwrap();
        mac.update(context);
        mac.update(plain);
        [plain, mac.finalize().into_bytes().as_slice()].concat()
    }
    fn open(&self, sealed: &[u8], context: &[u8]) -> Result<Vec<u8>, String> {
        let (plain, _) = sealed.split_last_chunk::<32>().ok_or("short")?;
        let same = self.seal(plain, context) == sealed;
        if same { Ok(plain.to_vec()) } else { Err("another key".to_owned()) }
    }
}

/// A database that is there, or not.
struct Switched {
    sql: sql_sqlite::SqliteSql,
    gone: Arc<AtomicBool>,
}

impl Sql for Switched {
    fn dialect(&self) -> Dialect {
        self.sql.dialect()
    }
    fn begin<'a>(&'a self, mode: TxMode) -> BoxFuture<'a, Result<Box<dyn SqlTx + 'a>, SqlFailure>> {
        if self.gone.load(Ordering::SeqCst) {
            return Box::pin(std::future::ready(Err(SqlFailure::Unavailable("gone".to_owned()))));
        }
        self.sql.begin(mode)
    }
}

struct Rig {
    app: Router,
    engine: Engine,
    consent: Consent,
    tokens: Arc<Tokens>,
    company: Shared,
    clock: Arc<SetClock>,
    gone: Arc<AtomicBool>,
}

fn settings(config: &Config) -> Settings {
    Settings {
        base_url: quickbooks::SANDBOX_URL.to_owned(),
        consent_url: quickbooks::CONSENT_URL.to_owned(),
        token_url: quickbooks::TOKEN_URL.to_owned(),
        revoke_url: quickbooks::REVOKE_URL.to_owned(),
        realm_id: config.realm_id.clone(),
        home_currency: None,
        region: quickbooks::Region::default(),
        client_id: config.client_id.clone(),
        client_secret: Secret::new(config.client_secret.as_str()),
    }
}

async fn rig() -> Rig {
    let config = Config { redirect_uri: REDIRECT.to_owned(), ..Config::default() };
    let gone = Arc::new(AtomicBool::new(false));
    let sql = Switched { sql: sql_sqlite::SqliteSql::memory().unwrap(), gone: Arc::clone(&gone) };
    let clock = Arc::new(SetClock(AtomicI64::new(Timestamp::from_seconds(1_800_000_000).0)));
    let time = Arc::clone(&clock) as Arc<dyn Clock>;
    let company: Shared = Arc::new(Mutex::new(Simulator::new(config.clone())));
    let http = Arc::new(SimulatedHttp::new(Arc::clone(&company), Arc::clone(&time)));
    let store = store::Store::new(Arc::new(sql));
    let sealer: Arc<dyn Sealer> = Arc::new(Toy(7));
    let tokens = Arc::new(Tokens::new(
        store.clone(),
        LANE.to_owned(),
        config.realm_id.clone(),
        Arc::clone(&sealer),
    ));
    let target = Arc::new(QuickBooks::new(
        settings(&config),
        http as Arc<dyn Http>,
        Arc::clone(&time),
        Arc::clone(&tokens) as Arc<dyn TokenStore>,
    ));
    let engine = Engine {
        store,
        clock: time,
        entropy: Arc::new(Counting(1.into())),
        sources: Arc::new(BTreeMap::new()),
        rules: Arc::new(book::Rules::parse("version = \"1\"").unwrap()),
        rules_sha256: String::new(),
        target: Arc::clone(&target) as _,
        lane: LANE.to_owned(),
        origin: tlog::Origin::new("tieout.test/t/api").unwrap(),
        limits: Limits::default(),
    };
    engine.prepare().await.unwrap();
    let grants = target as Arc<dyn Grants>;
    let consent = Consent::new(engine.clone(), Arc::clone(&tokens), grants, sealer);
    let notices = Arc::new(Webhooks::new(vec![Secret::new(VERIFIER)]));
    let state = AppState::new(engine.clone(), Access::Closed)
        .with_consent(consent.clone(), REDIRECT.to_owned())
        .with_notices(notices);
    Rig { app: router(state), engine, consent, tokens, company, clock, gone }
}

impl Rig {
    async fn send(&self, request: Request<Body>) -> (StatusCode, Response<()>, String) {
        let response = self.app.clone().oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let body = to_bytes(body, 1 << 20).await.unwrap();
        let text = String::from_utf8(body.to_vec()).unwrap();
        (head.status, Response::from_parts(head, ()), text)
    }

    async fn get(&self, path: &str) -> (StatusCode, Response<()>, String) {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    async fn callback(&self, query: &str) -> (StatusCode, String) {
        let (status, head, text) = self.get(&format!("/oauth/quickbooks/callback?{query}")).await;
        for name in ["cache-control", "referrer-policy", "content-security-policy"] {
            assert!(head.headers().contains_key(name), "{name}");
        }
        (status, text)
    }

    async fn ask(&self) -> Asked {
        let by = Actor::Person("ann".to_owned());
        self.consent.ask(REDIRECT, &by, AskedFrom::Machine).await.unwrap()
    }

    /// What a person does on the consent page; returns the query the browser comes back with.
    fn decide(&self, url: &str, decision: &str) -> String {
        let asked = url.split_once('?').unwrap().1;
        let realm = Config::default().realm_id;
        let form = format!("{asked}&realmId={realm}&decision={decision}");
        let request = Request::post("https://appcenter.intuit.com/connect/oauth2")
            .body(Bytes::from(form))
            .unwrap();
        let answer = self.company.lock().unwrap().handle(&request, self.clock.now().0);
        let to = answer.headers()["location"].to_str().unwrap();
        assert!(to.starts_with(REDIRECT), "{to}");
        to.split_once('?').unwrap().1.to_owned()
    }

    async fn reconnect_reason(&self) -> Option<String> {
        self.tokens.missing().await.unwrap()
    }

    fn wait(&self, seconds: i64) {
        self.clock.0.fetch_add(seconds * Timestamp::SECOND, Ordering::SeqCst);
    }

    async fn hints(&self) -> Vec<(String, String, String)> {
        let mut tx = self.engine.store.read().await.unwrap();
        let hints = store::hint::take(tx.as_mut(), LANE, 100).await.unwrap();
        hints.into_iter().map(|h| (h.entity, h.entity_id, h.operation)).collect()
    }

    async fn exceptions(&self) -> Vec<ReasonCode> {
        let mut tx = self.engine.store.read().await.unwrap();
        let open = store::exception::list(tx.as_mut(), 100).await.unwrap();
        open.into_iter().map(|e| e.code).collect()
    }
}

#[tokio::test]
async fn a_company_is_connected_once_per_answer_and_again_for_the_same_company() {
    let rig = rig().await;
    assert!(rig.reconnect_reason().await.unwrap().contains("never connected"));
    // The address a vendor is given for reconnecting leads to the consent page.
    let (status, head, _) = rig.get("/oauth/quickbooks/connect").await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let url = head.headers()["location"].to_str().unwrap().to_owned();
    let query = rig.decide(&url, "allow");
    let (status, page) = rig.callback(&query).await;
    assert_eq!(status, 200, "{page}");
    assert!(page.contains("Company 9130350000000001 is connected"), "{page}");
    assert_eq!(rig.reconnect_reason().await, None);
    let first = rig.tokens.load().await.unwrap().unwrap();
    assert!(first.hard_expires_at.is_some(), "the hard end is asked for");

    // The same answer again, as a browser may send it: nothing is exchanged, nothing is lost.
    let (status, page) = rig.callback(&query).await;
    assert_eq!(status, 400);
    assert!(page.contains("used already"), "{page}");
    assert_eq!(rig.tokens.load().await.unwrap(), Some(first.clone()));
    let read = rig.engine.read_company().await.unwrap();
    assert!(matches!(read, ports::ReadOutcome::Read(_)), "the connection lives: {read:?}");

    rig.tokens.needs_reconnect(&first.refresh, "withdrawn", rig.clock.now()).await.unwrap();
    assert_eq!(rig.reconnect_reason().await.as_deref(), Some("withdrawn"));
    let asked = rig.ask().await;
    assert_eq!(rig.consent.outcome(&asked).await.unwrap(), None);
    let (status, _) = rig.callback(&rig.decide(&asked.url, "allow")).await;
    assert_eq!(status, 200);
    assert_eq!(rig.consent.outcome(&asked).await.unwrap(), Some(Ok(())), "whoever waits learns it");
    assert_eq!(rig.reconnect_reason().await, None);
    let report = rig.engine.audit_verify().await.unwrap();
    assert!(report.faults.is_empty(), "{:?}", report.faults);
}

#[tokio::test]
async fn an_answer_that_is_not_to_be_believed_changes_nothing_and_says_what_to_do() {
    let rig = rig().await;
    let page = async |query: &str, words: &str| {
        let (status, page) = rig.callback(query).await;
        assert_eq!(status, 400, "{page}");
        assert!(page.contains(words), "{words}: {page}");
        assert!(rig.reconnect_reason().await.is_some());
    };
    // Declined, and errors of the page.
    let asked = rig.ask().await;
    let denied = rig.decide(&asked.url, "deny");
    page(&denied, "consent was not given (access_denied)").await;
    page(&denied, "used already").await;
    let outcome = rig.consent.outcome(&asked).await.unwrap().unwrap();
    assert!(outcome.unwrap_err().contains("ask an administrator"));
    let state = |query: &str| {
        let state = query.split('&').find(|p| p.starts_with("state=")).unwrap();
        state.to_owned()
    };
    let scope = state(&rig.decide(&rig.ask().await.url, "deny"));
    page(&format!("error=invalid_scope&{scope}"), "answered `invalid_scope`").await;

    // Another company, or none; no code; a code that is refused.
    let good = rig.decide(&rig.ask().await.url, "allow");
    let realm = Config::default().realm_id;
    page(&good.replace(&realm, "666%3Cb%3E"), "company 666&lt;b&gt;, but this lane").await;
    page(&good, "used already").await;
    let none = rig.decide(&rig.ask().await.url, "allow");
    page(&format!("{}&realmId={realm}", state(&none)), "holds no `code`").await;
    let wrong = rig.decide(&rig.ask().await.url, "allow");
    page(&wrong.replace("code=", "code=x"), "invalid_grant").await;

    // A state that was never made, or was changed.
    page("code=a&realmId=1", "does not belong to a request").await;
    page("", "does not belong to a request").await;
    let good = rig.decide(&rig.ask().await.url, "allow");
    for at in [6, 40, 100] {
        let mut bytes = good.clone().into_bytes();
        let at = good.find("state=").unwrap() + at;
        bytes[at] = if bytes[at] == b'0' { b'1' } else { b'0' };
        page(std::str::from_utf8(&bytes).unwrap(), "does not belong to a request").await;
    }

    // Too late, and with a clock that was set back.
    rig.wait(601);
    page(&good, "ran out").await;
    let late = rig.decide(&rig.ask().await.url, "allow");
    rig.wait(-121);
    page(&late, "set back").await;
    rig.wait(1);
    let (status, page) = rig.callback(&late).await;
    assert_eq!(status, 200, "a small step is forgiven: {page}");
}

#[tokio::test]
async fn an_answer_for_another_lane_or_key_is_not_ours() {
    let rig = rig().await;
    let answer = rig.decide(&rig.ask().await.url, "allow");
    let other = Engine { lane: "quickbooks/other".to_owned(), ..rig.engine.clone() };
    let grants = || {
        let config = Config::default();
        let http = SimulatedHttp::new(Arc::clone(&rig.company), Arc::clone(&rig.engine.clock));
        let tokens = Arc::clone(&rig.tokens) as Arc<dyn TokenStore>;
        let clock = Arc::clone(&rig.engine.clock);
        Arc::new(QuickBooks::new(settings(&config), Arc::new(http), clock, tokens))
            as Arc<dyn Grants>
    };
    let tokens = || Arc::clone(&rig.tokens);
    for consent in [
        Consent::new(other, tokens(), grants(), Arc::new(Toy(7))),
        Consent::new(rig.engine.clone(), tokens(), grants(), Arc::new(Toy(8))),
    ] {
        let refused = consent.answer(&answer).await.unwrap_err();
        assert_eq!(refused, engine::NotConnected::ForeignState);
    }
    assert_eq!(rig.callback(&answer).await.0, 200, "and it was not used up");
}

#[tokio::test]
async fn asking_is_bounded_and_other_ledgers_have_no_door() {
    let rig = rig().await;
    for _ in 0..100 {
        assert_eq!(rig.get("/oauth/quickbooks/connect").await.0, StatusCode::SEE_OTHER);
    }
    assert_eq!(rig.get("/oauth/quickbooks/connect").await.0, StatusCode::TOO_MANY_REQUESTS);
    // Browsers cannot keep out whoever asks at the machine.
    rig.ask().await;
    rig.wait(601);
    assert_eq!(rig.get("/oauth/quickbooks/connect").await.0, StatusCode::SEE_OTHER);
    assert_eq!(rig.get("/oauth/other/connect").await.0, StatusCode::NOT_FOUND);
    assert_eq!(rig.get("/oauth/other/callback?state=x").await.0, StatusCode::NOT_FOUND);
    rig.gone.store(true, Ordering::SeqCst);
    assert_eq!(rig.get("/oauth/quickbooks/connect").await.0, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn an_answer_while_the_database_is_gone_asks_to_start_again() {
    let rig = rig().await;
    let answer = rig.decide(&rig.ask().await.url, "allow");
    rig.gone.store(true, Ordering::SeqCst);
    let (status, page) = rig.callback(&answer).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{page}");
    rig.gone.store(false, Ordering::SeqCst);
    assert_eq!(rig.callback(&answer).await.0, 200, "nothing was used up");
}

fn webhook(body: &str, verifier: &str) -> Request<Body> {
    let mut mac = Hmac::<Sha256>::new_from_slice(verifier.as_bytes()).unwrap();
    mac.update(body.as_bytes());
    Request::post("/webhooks/quickbooks")
        .header("content-type", "application/cloudevents+json")
        .header("intuit-signature", STANDARD.encode(mac.finalize().into_bytes()))
        .body(Body::from(body.to_owned()))
        .unwrap()
}

fn event(n: u32, realm: &str) -> String {
    format!(
        r#"{{"specversion":"1.0","id":"e{n}","source":"intuit.x","type":"qbo.invoice.updated.v1","time":"2026-09-10T21:31:25Z","intuitentityid":"{n}","intuitaccountid":"{realm}","data":{{}}}}"#
    )
}

#[tokio::test]
async fn what_the_ledger_tells_is_kept_once_as_hints_of_the_right_lane() {
    let rig = rig().await;
    let ours = Config::default().realm_id;
    let (a, b, c) = (event(1, &ours), event(2, "666"), event(3, &ours));
    let batch = format!("[{a},{b},{c}]");
    let (status, _, text) = rig.send(webhook(&batch, VERIFIER)).await;
    assert_eq!((status.as_u16(), text.contains("\"foreign\":3")), (200, true), "{text}");
    rig.callback(&rig.decide(&rig.ask().await.url, "allow")).await;

    let (status, _, text) = rig.send(webhook(&batch, VERIFIER)).await;
    assert_eq!(status, 200);
    assert!(text.contains("\"new\":2") && text.contains("\"foreign\":1"), "{text}");
    let (_, _, text) = rig.send(webhook(&batch, VERIFIER)).await;
    assert!(text.contains("\"new\":0") && text.contains("\"known\":2"), "{text}");
    let invoice = |n: &str| ("Invoice".to_owned(), n.to_owned(), "updated".to_owned());
    assert_eq!(rig.hints().await, [invoice("1"), invoice("3")]);
}

#[tokio::test]
async fn one_bad_event_never_makes_the_ledger_send_the_others_again() {
    let rig = rig().await;
    rig.callback(&rig.decide(&rig.ask().await.url, "allow")).await;
    let batch = format!("[7,{},{{}}]", event(1, &Config::default().realm_id));
    let (status, _, text) = rig.send(webhook(&batch, VERIFIER)).await;
    assert_eq!(status, 200, "{text}");
    assert!(text.contains("\"new\":1") && text.contains("\"unreadable\":2"), "{text}");
    let (status, _, _) = rig.send(webhook("not json", VERIFIER)).await;
    assert_eq!(status, 200, "it would come again for ever");
    assert_eq!(rig.exceptions().await, [ReasonCode::MalformedDelivery], "one, and it is told");
    let report = rig.engine.audit_verify().await.unwrap();
    assert!(report.faults.is_empty(), "{:?}", report.faults);
}

#[tokio::test]
async fn a_webhook_nobody_signed_or_that_cannot_be_kept_is_not_acknowledged() {
    let rig = rig().await;
    rig.callback(&rig.decide(&rig.ask().await.url, "allow")).await;
    let body = format!("[{}]", event(1, &Config::default().realm_id));
    let (status, _, text) = rig.send(webhook(&body, "somebody else")).await;
    assert_eq!((status.as_u16(), text.contains("SRC-001")), (401, true), "{text}");
    let huge = " ".repeat((2 << 20) + 1);
    assert_eq!(rig.send(webhook(&huge, VERIFIER)).await.0, StatusCode::PAYLOAD_TOO_LARGE);
    rig.gone.store(true, Ordering::SeqCst);
    let (status, _, _) = rig.send(webhook(&body, VERIFIER)).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    rig.gone.store(false, Ordering::SeqCst);
    assert!(rig.hints().await.is_empty());
    assert_eq!(rig.send(webhook(&body, VERIFIER)).await.0, 200, "sent again it is kept");
    assert_eq!(rig.hints().await.len(), 1);
    let closed = router(AppState::new(rig.engine.clone(), Access::Closed));
    let response = closed.oneshot(webhook(&body, VERIFIER)).await.unwrap();
    assert_eq!(response.status(), StatusCode::NOT_FOUND, "no verifier token is configured");
}
