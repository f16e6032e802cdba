//! A scripted network, a memory token store, a set clock and a tiny executor.

use bytes::Bytes;
use http::{Request, Response};
use kernel::{DocumentKind, ReferenceKey, ReferenceKind, Timestamp};
use ports::{
    Act, BoxFuture, Clock, Http, HttpFailure, LedgerRef, RefMap, Secret, TargetOp, TargetSubject,
    TokenPair, TokenStore,
};
use quickbooks::{QuickBooks, Settings};
use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

pub const NOW: Timestamp = Timestamp(1_790_000_000_000_000);
pub const CALL: &str = "0123456789abcdef0123456789abcdef";
pub const TID: &str = "1-5f732f68-0a1b2c3d";

pub fn deadline() -> Timestamp {
    NOW.plus_seconds(120)
}

/// Runs a future whose parts never wait for anything outside of it.
pub fn run<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..1_000 {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
    panic!("the future never completes");
}

/// Runs two futures in turns.
pub fn run_both<A: Future, B: Future>(a: A, b: B) -> (A::Output, B::Output) {
    let (mut a, mut b) = (pin!(a), pin!(b));
    let (mut left, mut right) = (None, None);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..1_000 {
        if left.is_none()
            && let Poll::Ready(output) = a.as_mut().poll(&mut context)
        {
            left = Some(output);
        }
        if right.is_none()
            && let Poll::Ready(output) = b.as_mut().poll(&mut context)
        {
            right = Some(output);
        }
        if let (Some(_), Some(_)) = (&left, &right) {
            break;
        }
    }
    (left.expect("the first completes"), right.expect("the second completes"))
}

/// Pending once, so that another future gets a turn.
struct Turn(bool);

impl Future for Turn {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) { Poll::Ready(()) } else { Poll::Pending }
    }
}

pub struct SetClock(pub AtomicI64);

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::Relaxed))
    }
    fn sleep_until(&self, _: Timestamp) -> BoxFuture<'static, ()> {
        panic!("the target never sleeps")
    }
}

/// One request as the network saw it.
#[derive(Debug, Clone)]
pub struct Seen {
    pub method: String,
    pub url: String,
    pub bearer: String,
    pub content_type: String,
    pub wants_hard_expiry: String,
    pub body: String,
}

pub type Reply = Result<Response<Bytes>, HttpFailure>;

/// Answers requests in order from a list.
#[derive(Default)]
pub struct Script {
    replies: Mutex<VecDeque<Reply>>,
    seen: Mutex<Vec<Seen>>,
}

impl Script {
    pub fn new(replies: impl IntoIterator<Item = Reply>) -> Arc<Self> {
        Arc::new(Self {
            replies: Mutex::new(replies.into_iter().collect()),
            seen: Mutex::default(),
        })
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

pub fn seen(request: &Request<Bytes>) -> Seen {
    let header =
        |name: &str| request.headers().get(name).map_or("", |v| v.to_str().unwrap()).to_owned();
    Seen {
        method: request.method().to_string(),
        url: request.uri().to_string(),
        bearer: header("authorization"),
        content_type: header("content-type"),
        wants_hard_expiry: header("x-include-refresh-token-hard-expires-in"),
        body: String::from_utf8(request.body().to_vec()).unwrap(),
    }
}

impl Http for Script {
    fn send<'a>(&'a self, request: Request<Bytes>, _: Timestamp) -> BoxFuture<'a, Reply> {
        Box::pin(async move {
            self.seen.lock().unwrap().push(seen(&request));
            Turn(false).await;
            self.replies.lock().unwrap().pop_front().expect("an unexpected request")
        })
    }
}

/// An answer with a tracing id.
#[expect(clippy::unnecessary_wraps, reason = "scripts are lists of results")]
pub fn reply(status: u16, body: impl Into<String>) -> Reply {
    Ok(Response::builder()
        .status(status)
        .header("intuit_tid", TID)
        .body(Bytes::from(body.into()))
        .unwrap())
}

pub fn fault(code: &str, detail: &str) -> String {
    format!(
        r#"{{"Fault":{{"Error":[{{"Message":"Ein Fehler","Detail":"{detail}","code":"{code}","element":""}}],"type":"ValidationFault"}},"time":"2026-09-21T05:00:00.000-07:00"}}"#
    )
}

/// The recorded gateway answer to a stale access token (quickbooks.md §1).
pub const EXPIRED: &str = r#"{"warnings":null,"intuitObject":null,"fault":{"error":[{"message":"message=AuthenticationFailed; errorCode=003200; statusCode=401","detail":"Token expired: AB0..","code":"3200","element":null}],"type":"AUTHENTICATION"},"report":null,"queryResponse":null,"batchItemResponse":[],"attachableResponse":[],"syncErrorResponse":null,"requestId":null,"time":1601391072830,"status":null,"cdcresponse":[]}"#;

/// The recorded throttle answer (quickbooks.md §6).
pub const THROTTLED: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?><IntuitResponse time="2026-09-21T05:00:00.000-07:00" xmlns="http://schema.intuit.com/finance/v3"><Fault type="SERVICE"><Error code="3001"><Message>message=ThrottleExceeded; errorCode=003001; statusCode=429</Message><Detail>The request limit was reached.  Try again later</Detail></Error></Fault></IntuitResponse>"#;

/// Tokens in memory with a lock that counts.
#[derive(Default)]
pub struct MemoryTokens {
    pub pair: Mutex<Option<TokenPair>>,
    pub locked_until: Mutex<Option<Timestamp>>,
    pub reconnect: Mutex<Option<String>>,
    pub fail_stores: Mutex<u32>,
    /// Seconds for which the process stands still once it has the lock, by this clock.
    pub stands_still: Mutex<Option<(Arc<SetClock>, i64)>>,
}

pub fn pair(access: &str, refresh: &str, seconds: i64) -> TokenPair {
    TokenPair {
        access: Secret::new(access),
        refresh: Secret::new(refresh),
        granted_at: NOW.plus_seconds(seconds - 3_600),
        access_expires_at: NOW.plus_seconds(seconds),
        refresh_expires_at: NOW.plus_seconds(8_640_000),
        hard_expires_at: None,
    }
}

impl MemoryTokens {
    pub fn holding(pair: TokenPair) -> Arc<Self> {
        Arc::new(Self { pair: Mutex::new(Some(pair)), ..Self::default() })
    }
}

impl TokenStore for MemoryTokens {
    fn load<'a>(&'a self) -> BoxFuture<'a, Result<Option<TokenPair>, String>> {
        Box::pin(async move { Ok(self.pair.lock().unwrap().clone()) })
    }

    fn replace<'a>(
        &'a self,
        old: Option<&'a Secret>,
        new: &'a TokenPair,
    ) -> BoxFuture<'a, Result<bool, String>> {
        Box::pin(async move {
            let mut fail = self.fail_stores.lock().unwrap();
            if *fail > 0 {
                *fail -= 1;
                return Err("disk full".to_owned());
            }
            let mut stored = self.pair.lock().unwrap();
            let same = stored.as_ref().map(|p| &p.refresh) == old;
            if same {
                *stored = Some(new.clone());
            }
            Ok(same)
        })
    }

    fn needs_reconnect<'a>(
        &'a self,
        refused: &'a Secret,
        why: &'a str,
        _: Timestamp,
    ) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move {
            if self.pair.lock().unwrap().as_ref().is_some_and(|p| p.refresh == *refused) {
                *self.reconnect.lock().unwrap() = Some(why.to_owned());
            }
            Ok(())
        })
    }

    fn try_lock<'a>(
        &'a self,
        now: Timestamp,
        until: Timestamp,
    ) -> BoxFuture<'a, Result<bool, String>> {
        Box::pin(async move {
            let mut held = self.locked_until.lock().unwrap();
            let free = held.is_none_or(|h| h <= now);
            if free {
                *held = Some(until);
                if let Some((clock, seconds)) = self.stands_still.lock().unwrap().take() {
                    clock.0.store(now.plus_seconds(seconds).0, Ordering::Relaxed);
                }
            }
            Ok(free)
        })
    }

    fn unlock<'a>(&'a self, until: Timestamp) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move {
            self.locked_until.lock().unwrap().take_if(|held| *held == until);
            Ok(())
        })
    }
}

pub fn settings() -> Settings {
    Settings {
        base_url: "https://qbo.test".to_owned(),
        consent_url: quickbooks::CONSENT_URL.to_owned(),
        token_url: "https://oauth.test/token".to_owned(),
        revoke_url: "https://oauth.test/revoke".to_owned(),
        realm_id: "9130350000000001".to_owned(),
        home_currency: None,
        region: quickbooks::Region::default(),
        client_id: "tieout-client".to_owned(),
        client_secret: Secret::new("tieout-secret"),
    }
}

pub fn target_on(http: Arc<dyn Http>, tokens: Arc<MemoryTokens>) -> QuickBooks {
    QuickBooks::new(settings(), http, Arc::new(SetClock(AtomicI64::new(NOW.0))), tokens)
}

/// A target with a fresh token on a script.
pub fn scripted(replies: impl IntoIterator<Item = Reply>) -> (QuickBooks, Arc<Script>) {
    let script = Script::new(replies);
    let tokens = MemoryTokens::holding(pair("access-1", "refresh-1", 3_600));
    (target_on(Arc::clone(&script) as Arc<dyn Http>, tokens), script)
}

pub fn op(act: Act, document: kernel::Document, ledger: Option<(&str, &str)>) -> TargetOp {
    TargetOp {
        key: document.key.clone(),
        act,
        subject: TargetSubject::Document(Arc::new(document)),
        ledger: ledger
            .map(|(id, version)| LedgerRef { id: id.to_owned(), version: version.to_owned() }),
        anew: false,
        stood: None,
    }
}

/// Ids for every name the test documents use: accounts 100.., items 200.., customers 300...
pub fn refs() -> RefMap {
    let mut references = BTreeMap::new();
    let mut add = |kind, names: &[&str], first: u32| {
        for (n, name) in (first..).zip(names) {
            references.insert(ReferenceKey { kind, name: (*name).to_owned() }, n.to_string());
        }
    };
    add(ReferenceKind::Account, super::documents::ACCOUNTS, 100);
    add(ReferenceKind::Item, super::documents::ITEMS, 200);
    add(ReferenceKind::Customer, super::documents::CUSTOMERS, 300);
    let invoice = (DocumentKind::Invoice, "69".to_owned());
    let credit = (DocumentKind::CreditMemo, "70".to_owned());
    let entry = (DocumentKind::JournalEntry, "71".to_owned());
    let documents = BTreeMap::from([
        (super::documents::key(DocumentKind::Invoice), invoice),
        (super::documents::key(DocumentKind::CreditMemo), credit),
        (super::documents::key(DocumentKind::JournalEntry), entry),
    ]);
    RefMap { references, documents }
}
