//! The HTTP surface when something behind it fails.
#![expect(clippy::unwrap_used, reason = "a helper that breaks is a test that fails")]

use api::{Access, AppState, router};
use axum::body::{Body, to_bytes};
use bytes::Bytes;
use engine::{Engine, Limits};
use http::{Request, StatusCode};
use kernel::{Document, DocumentKind, ReferenceKey, Timestamp};
use ports::{
    Answers, ApplyOutcome, BoxFuture, Clock, Company, Dialect, Entropy, EventSource, FindKey,
    FindOutcome, LedgerTarget, Mismatch, Normalised, RawDelivery, ReadOutcome, RefMap, Refusal,
    SignatureState, Snapshot, SourceManifest, Sql, SqlFailure, SqlTx, TargetManifest, TargetOp,
    TxMode,
};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tower::ServiceExt;

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
            let lost = SqlFailure::Unavailable("the disk with the secret name".to_owned());
            return Box::pin(std::future::ready(Err(lost)));
        }
        self.sql.begin(mode)
    }
}

/// A clock whose every wait is over at once.
struct Impatient;

impl Clock for Impatient {
    fn now(&self) -> Timestamp {
        Timestamp::from_seconds(1_800_000_000)
    }
    fn sleep_until(&self, _: Timestamp) -> BoxFuture<'static, ()> {
        Box::pin(std::future::ready(()))
    }
}

struct Counting(std::sync::atomic::AtomicU8);

impl Entropy for Counting {
    fn fill(&self, out: &mut [u8]) {
        out.fill(self.0.fetch_add(1, Ordering::SeqCst));
    }
}

/// A source that refuses what begins with `bad` and takes `a|b` for two deliveries.
struct Door(&'static SourceManifest);

static MANIFEST: SourceManifest =
    SourceManifest { kind: "door", title: "Door", body_bytes_max: 1_000, answers: Answers::USUAL };

/// A vendor that sends nothing else before it hears that one delivery was accepted.
static PATIENT: SourceManifest = {
    let accepted = ports::Answer { status: 202, text: Some("[accepted]") };
    let answers = Answers { kept: accepted, repeated: accepted, refused: Some(accepted) };
    SourceManifest { answers, ..MANIFEST }
};

impl EventSource for Door {
    fn manifest(&self) -> &'static SourceManifest {
        self.0
    }
    fn split(&self, delivery: RawDelivery) -> Vec<RawDelivery> {
        let parts = delivery.body.split(|b| *b == b'|').map(Bytes::copy_from_slice);
        parts.map(|body| RawDelivery { body, ..delivery.clone() }).collect()
    }
    fn name(&self) -> &'static str {
        "door:a"
    }
    fn accept(&self, delivery: &RawDelivery) -> Result<SignatureState, Refusal> {
        if delivery.body.starts_with(b"bad") {
            let code = kernel::ReasonCode::SignatureInvalid;
            return Err(Refusal { code, detail: "nobody signed this".to_owned() });
        }
        Ok(SignatureState::Unsigned)
    }
    fn dedupe_key(&self, delivery: &RawDelivery) -> String {
        String::from_utf8_lossy(&delivery.body).into_owned()
    }
    fn topic(&self, _: &RawDelivery) -> String {
        "knock".to_owned()
    }
    fn normalise(&self, _: &RawDelivery) -> Normalised {
        Normalised::default()
    }
}

/// A ledger that nobody asks.
struct Silent;

static LEDGER: TargetManifest = TargetManifest {
    kind: "silent",
    batch_ops_max: 1,
    read_ids_max: 1,
    find_keys_max: 1,
    changes_days: 30,
    replay_seconds: 0,
    needs_consent: true,
};

fn silent<T: Send + 'static>() -> BoxFuture<'static, ReadOutcome<T>> {
    Box::pin(std::future::ready(ReadOutcome::Throttled))
}

impl LedgerTarget for Silent {
    fn manifest(&self) -> &'static TargetManifest {
        &LEDGER
    }
    fn currencies(&self) -> kernel::Currencies {
        kernel::Currencies::Unknown
    }
    fn named(&self, _: &str) -> Option<ports::Named> {
        None
    }
    fn references(&self, _: &Document) -> Vec<ReferenceKey> {
        Vec::new()
    }
    fn apply<'a>(
        &'a self,
        _: &'a str,
        _: &'a [TargetOp],
        _: &'a RefMap,
        _: Timestamp,
    ) -> BoxFuture<'a, Vec<ApplyOutcome>> {
        Box::pin(std::future::ready(Vec::new()))
    }
    fn read_back<'a>(
        &'a self,
        _: DocumentKind,
        _: &'a [String],
        _: Timestamp,
    ) -> BoxFuture<'a, ReadOutcome<Vec<Snapshot>>> {
        silent()
    }
    fn find<'a>(
        &'a self,
        _: &'a [FindKey],
        _: Timestamp,
    ) -> BoxFuture<'a, ReadOutcome<Vec<FindOutcome>>> {
        silent()
    }
    fn changes<'a>(
        &'a self,
        _: Timestamp,
        _: Timestamp,
    ) -> BoxFuture<'a, ReadOutcome<ports::Changes>> {
        silent()
    }
    fn changed_page<'a>(
        &'a self,
        _: DocumentKind,
        _: Timestamp,
        _: usize,
        _: Timestamp,
    ) -> BoxFuture<'a, ReadOutcome<ports::ChangedPage>> {
        silent()
    }
    fn trial_balance<'a>(
        &'a self,
        _: kernel::BusinessDate,
        _: Timestamp,
    ) -> BoxFuture<'a, ReadOutcome<BTreeMap<String, i64>>> {
        silent()
    }
    fn company<'a>(&'a self, _: Timestamp) -> BoxFuture<'a, ReadOutcome<Company>> {
        silent()
    }
    fn compare(&self, _: &Document, _: &Snapshot, _: &RefMap) -> Vec<Mismatch> {
        Vec::new()
    }
}

async fn set_up(access: Access) -> (axum::Router, Arc<AtomicBool>) {
    set_up_with(access, &MANIFEST, Limits::default()).await
}

async fn set_up_with(
    access: Access,
    manifest: &'static SourceManifest,
    limits: Limits,
) -> (axum::Router, Arc<AtomicBool>) {
    let gone = Arc::new(AtomicBool::new(false));
    let sql = Switched { sql: sql_sqlite::SqliteSql::memory().unwrap(), gone: Arc::clone(&gone) };
    let door: Arc<dyn EventSource> = Arc::new(Door(manifest));
    let engine = Engine {
        store: store::Store::new(Arc::new(sql)),
        clock: Arc::new(Impatient),
        entropy: Arc::new(Counting(0.into())),
        sources: Arc::new(BTreeMap::from([("door:a".to_owned(), door)])),
        rules: Arc::new(book::Rules::parse("version = \"1\"").unwrap()),
        rules_sha256: String::new(),
        target: Arc::new(Silent),
        lane: "silent".to_owned(),
        origin: tlog::Origin::new("tieout.test/t/api").unwrap(),
        limits,
    };
    engine.prepare().await.unwrap();
    (router(AppState::new(engine, access)), gone)
}

struct Answer {
    status: StatusCode,
    retry_after: bool,
    kind: String,
    body: String,
}

async fn ask(app: &axum::Router, request: Request<Body>) -> Answer {
    let response = app.clone().oneshot(request).await.unwrap();
    let header = |name: &str| {
        response.headers().get(name).map(|v| v.to_str().unwrap().to_owned()).unwrap_or_default()
    };
    let (retry_after, kind) = (!header("retry-after").is_empty(), header("content-type"));
    let status = response.status();
    let body = to_bytes(response.into_body(), 100_000).await.unwrap();
    Answer { status, retry_after, kind, body: String::from_utf8(body.to_vec()).unwrap() }
}

fn get(path: &str) -> Request<Body> {
    Request::get(path).header("host", "localhost").body(Body::empty()).unwrap()
}

fn knock(body: impl Into<Body>) -> Request<Body> {
    Request::post("/webhooks/door:a").body(body.into()).unwrap()
}

#[tokio::test]
async fn what_cannot_be_stored_is_asked_for_again_and_gives_nothing_away() {
    let (app, gone) = set_up(Access::Loopback).await;
    assert_eq!(ask(&app, knock("one")).await.status, 200);
    gone.store(true, Ordering::SeqCst);
    for request in [knock("two"), get("/readyz"), get("/v1/status"), get("/v1/exceptions")] {
        let answer = ask(&app, request).await;
        assert_eq!((answer.status.as_u16(), answer.retry_after), (503, true), "{}", answer.body);
        assert_eq!(answer.kind, "application/problem+json");
        assert!(!answer.body.contains("secret"), "{}", answer.body);
    }
    assert_eq!(ask(&app, get("/healthz")).await.status, 200, "the process itself is well");
    gone.store(false, Ordering::SeqCst);
    assert!(ask(&app, knock("two")).await.body.contains("kept"), "the second try is not a repeat");
    assert!(ask(&app, knock("two")).await.body.contains("duplicate"));
}

#[tokio::test]
async fn vendors_are_answered_as_their_manifest_says() {
    let (app, _) = set_up(Access::Loopback).await;
    let refused = ask(&app, knock("bad")).await;
    assert_eq!((refused.status.as_u16(), refused.kind.as_str()), (401, "application/problem+json"));
    let limits = Limits { refused_kept_max: 2, ..Limits::default() };
    let (app, gone) = set_up_with(Access::Loopback, &PATIENT, limits).await;
    for body in ["one", "one", "bad", "two|bad"] {
        let answer = ask(&app, knock(body)).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (202, "[accepted]"), "{body}");
    }
    let answer = ask(&app, knock("bad")).await;
    assert_eq!(answer.status, 401, "what is refused and not kept is not accepted");
    gone.store(true, Ordering::SeqCst);
    assert_eq!(ask(&app, knock("three")).await.status, 503, "nor is what cannot be stored");
}

#[tokio::test]
async fn a_sender_that_asks_first_is_let_in_where_a_source_is_configured() {
    let (app, _) = set_up(Access::Loopback).await;
    let asks = |path: &str, origin: Option<&str>| {
        let mut request = Request::options(path);
        if let Some(origin) = origin {
            request = request.header("WebHook-Request-Origin", origin);
        }
        request.body(Body::empty()).unwrap()
    };
    let door = "/webhooks/door:a";
    let response = app.clone().oneshot(asks(door, Some("oms.example.com"))).await.unwrap();
    assert_eq!(response.status(), 200);
    for (name, value) in [
        ("allow", "POST"),
        ("webhook-allowed-origin", "oms.example.com"),
        ("webhook-allowed-rate", "*"),
    ] {
        assert_eq!(response.headers()[name], value);
    }
    assert_eq!(ask(&app, asks(door, None)).await.status, 400);
    assert_eq!(ask(&app, asks("/webhooks/window", Some("oms.example.com"))).await.status, 404);
}

#[tokio::test]
async fn parts_of_a_delivery_stand_alone() {
    let (app, _) = set_up(Access::Loopback).await;
    assert_eq!(ask(&app, knock("one|bad|two")).await.status, 401);
    for body in ["one", "two", "one|two"] {
        assert!(ask(&app, knock(body)).await.body.contains("duplicate"), "{body}");
    }
    assert!(ask(&app, knock("two|three")).await.body.contains("kept"));
}

#[tokio::test]
async fn a_body_that_never_ends_is_not_waited_for() {
    let (app, _) = set_up(Access::Loopback).await;
    let endless = Body::from_stream(futures_util::stream::pending::<Result<Bytes, String>>());
    assert_eq!(ask(&app, knock(endless)).await.status, 408);
    let large = vec![b'x'; 1_001];
    let answer = ask(&app, knock(large)).await;
    assert_eq!(answer.status, 413, "{}", answer.body);
    assert!(answer.body.contains("\"code\":\"THR-002\""), "{}", answer.body);
}

#[tokio::test]
async fn the_views_are_closed_to_whoever_has_no_right() {
    let (app, _) = set_up(Access::Token(ports::Secret::new("0123456789abcdef"))).await;
    assert_eq!(ask(&app, get("/v1/statement")).await.status, 401);
    let with = |token: &str| {
        let value = format!("Bearer {token}");
        Request::get("/v1/statement").header("authorization", value).body(Body::empty()).unwrap()
    };
    assert_eq!(ask(&app, with("0123456789abcdee")).await.status, 401);
    let answer = ask(&app, with("0123456789abcdef")).await;
    assert_eq!((answer.status.as_u16(), answer.kind.as_str()), (200, "application/json"));
    let (app, _) = set_up(Access::Closed).await;
    assert_eq!(ask(&app, get("/v1/statement")).await.status, 403);
    assert_eq!(ask(&app, knock("still open")).await.status, 200, "deliveries prove themselves");
}
