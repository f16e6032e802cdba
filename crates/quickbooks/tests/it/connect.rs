//! Consent, codes and the one refresher.

use super::documents::document;
use super::support::{
    CALL, MemoryTokens, NOW, Reply, Script, SetClock, deadline, op, pair, refs, reply, run,
    run_both, settings, target_on,
};
use kernel::{DocumentKind, Timestamp};
use ports::{
    Act, ApplyOutcome, BoxFuture, CallCost, Http, HttpFailure, LedgerTarget, Pace, ReadOutcome,
    TargetOp,
};
use quickbooks::{GrantFailure, QuickBooks, Settings, consent_url, exchange_code};
use std::sync::atomic::AtomicI64;
use std::sync::{Arc, Mutex};

const TOKENS: &str = r#"{"token_type":"bearer","access_token":"access-2","refresh_token":"refresh-2","expires_in":3600,"x_refresh_token_expires_in":8726400}"#;
const INVALID_GRANT: &str = r#"{"error":"invalid_grant"}"#;
const EMPTY: &str = r#"{"QueryResponse":{},"time":"x"}"#;

fn setup(seconds: i64, replies: Vec<Reply>) -> (QuickBooks, Arc<Script>, Arc<MemoryTokens>) {
    let tokens = MemoryTokens::holding(pair("access-1", "refresh-1", seconds));
    let script = Script::new(replies);
    let target = target_on(Arc::clone(&script) as Arc<dyn Http>, Arc::clone(&tokens));
    (target, script, tokens)
}

fn read(target: &QuickBooks) -> ReadOutcome<Vec<ports::Snapshot>> {
    run(target.read_back(DocumentKind::Invoice, &["1".to_owned()], deadline()))
}

fn create() -> TargetOp {
    op(Act::Create, document(DocumentKind::SalesReceipt), None)
}

fn write(target: &QuickBooks) -> ApplyOutcome {
    run(target.apply(CALL, &[create()], &refs(), deadline())).remove(0)
}

#[test]
fn the_consent_address_names_app_scope_and_state() {
    let app = Settings { client_id: "AB c".to_owned(), ..settings() };
    assert_eq!(
        consent_url(&app, "https://books.test/callback?x=1", "s&t=1"),
        "https://appcenter.intuit.com/connect/oauth2?client_id=AB%20c&response_type=code&scope=com.intuit.quickbooks.accounting&redirect_uri=https%3A%2F%2Fbooks.test%2Fcallback%3Fx%3D1&state=s%26t%3D1"
    );
}

#[test]
fn a_code_becomes_tokens_with_their_ends() {
    let script = Script::new([reply(200, TOKENS)]);
    let tokens = run(exchange_code(
        &settings(),
        script.as_ref(),
        "co/de",
        "https://books.test/callback",
        NOW,
        deadline(),
    ))
    .unwrap();
    assert_eq!(tokens.access.reveal(), "access-2");
    assert_eq!(tokens.access_expires_at, NOW.plus_seconds(3_600));
    assert_eq!(tokens.refresh_expires_at, NOW.plus_seconds(8_726_400));
    assert_eq!((tokens.granted_at, tokens.hard_expires_at), (NOW, None));
    let seen = &script.seen()[0];
    assert_eq!(seen.url, "https://oauth.test/token");
    assert_eq!(seen.content_type, "application/x-www-form-urlencoded");
    assert_eq!(seen.bearer, "Basic dGllb3V0LWNsaWVudDp0aWVvdXQtc2VjcmV0");
    assert_eq!(seen.wants_hard_expiry, "true");
    assert_eq!(
        seen.body,
        "grant_type=authorization_code&code=co%2Fde&redirect_uri=https%3A%2F%2Fbooks.test%2Fcallback"
    );
}

#[test]
fn a_refused_code_says_what_to_do() {
    let exchange = |shape: Reply| {
        let script = Script::new([shape]);
        run(exchange_code(&settings(), script.as_ref(), "c", "r", NOW, deadline())).unwrap_err()
    };
    assert_eq!(exchange(reply(400, INVALID_GRANT)), GrantFailure::InvalidGrant);
    assert_eq!(
        exchange(reply(401, r#"{"error":"invalid_client"}"#)),
        GrantFailure::Misconfigured("invalid_client".to_owned())
    );
    for shape in [
        reply(500, "oops"),
        reply(200, "{}"),
        Err(HttpFailure::Unknown("reset".to_owned())),
        Err(HttpFailure::NotSent("dns".to_owned())),
    ] {
        assert!(matches!(exchange(shape), GrantFailure::NoAnswer(_)));
    }
}

/// Keeps what it was asked for, and says whether a permit may be renewed.
struct Asked {
    renews: bool,
    seen: Mutex<Vec<(CallCost, Timestamp, usize)>>,
    script: Arc<Script>,
}

impl Pace for Asked {
    fn permit<'a>(&'a self, _: CallCost, _: Timestamp) -> BoxFuture<'a, bool> {
        panic!("one request is permitted by its caller")
    }
    fn renew<'a>(&'a self, cost: CallCost, taken: Timestamp, _: Timestamp) -> BoxFuture<'a, bool> {
        self.seen.lock().unwrap().push((cost, taken, self.script.seen().len()));
        Box::pin(async { self.renews })
    }
}

#[test]
fn a_permit_that_grew_old_while_the_token_was_renewed_is_asked_for_again() {
    for renews in [true, false] {
        let (target, script, _) = setup(299, vec![reply(200, TOKENS), reply(200, EMPTY)]);
        let asked = Asked { renews, seen: Mutex::default(), script: Arc::clone(&script) };
        let asked = Arc::new(asked);
        let target = target.paced(Arc::clone(&asked) as Arc<dyn Pace>);
        let outcome = write(&target);
        // After the refresh, which is no call to the data API, and before the call itself.
        assert_eq!(*asked.seen.lock().unwrap(), [(CallCost::Single, NOW, 1)]);
        assert_eq!(script.seen().len(), if renews { 2 } else { 1 });
        assert_eq!(matches!(outcome, ApplyOutcome::NotSent(_)), !renews, "{outcome:?}");
    }
}

#[test]
fn a_token_is_renewed_before_its_last_five_minutes_and_stored_before_use() {
    let (target, script, tokens) =
        setup(299, vec![reply(200, TOKENS), reply(200, EMPTY), reply(200, EMPTY)]);
    assert_eq!(read(&target), ReadOutcome::Read(vec![]));
    assert_eq!(read(&target), ReadOutcome::Read(vec![]));
    let seen = script.seen();
    assert_eq!(seen.len(), 3, "one refresh serves both reads");
    assert_eq!(seen[0].body, "grant_type=refresh_token&refresh_token=refresh-1");
    assert_eq!(seen[1].bearer, "Bearer access-2");
    assert_eq!(tokens.pair.lock().unwrap().as_ref().unwrap().refresh.reveal(), "refresh-2");
    assert_eq!(*tokens.locked_until.lock().unwrap(), None, "the lock was given back");
    let (target, script, _) = setup(301, vec![reply(200, EMPTY)]);
    assert_eq!(read(&target), ReadOutcome::Read(vec![]));
    assert_eq!(script.seen().len(), 1, "not due yet");
}

#[test]
fn two_workers_with_one_expired_token_make_one_refresh() {
    let tokens = MemoryTokens::holding(pair("access-1", "refresh-1", -1));
    let script = Script::new([reply(200, TOKENS), reply(200, EMPTY), reply(200, EMPTY)]);
    let http = || Arc::clone(&script) as Arc<dyn Http>;
    let (a, b) = (target_on(http(), Arc::clone(&tokens)), target_on(http(), Arc::clone(&tokens)));
    let ids = ["1".to_owned()];
    let (first, second) = run_both(
        a.read_back(DocumentKind::Invoice, &ids, deadline()),
        b.read_back(DocumentKind::Invoice, &ids, deadline()),
    );
    assert_eq!(first, ReadOutcome::Read(vec![]));
    assert!(matches!(second, ReadOutcome::Failed(_)), "the other waits: {second:?}");
    assert_eq!(read(&b), ReadOutcome::Read(vec![]), "and then uses the new token");
    let refreshes = script.seen().iter().filter(|s| s.url.contains("oauth")).count();
    assert_eq!(refreshes, 1);
}

/// What is known of the hard end after one refresh.
#[test]
fn the_hard_end_is_what_the_answer_says_or_an_end_that_no_longer_moves() {
    const DAY: i64 = 86_400;
    // Life of the old refresh token from now, its known hard end, life of the new one, hard end
    // stated in the answer; expected hard end: all in seconds from now.
    let rows = [
        ("stated", 90 * DAY, None, 100 * DAY, Some(1_000 * DAY), Some(1_000 * DAY)),
        ("a rolling end says nothing", 100 * DAY - 3_600, None, 100 * DAY, None, None),
        ("it stands still, near", 20 * DAY, None, 20 * DAY, None, Some(20 * DAY)),
        (
            "within the seconds of an answer",
            20 * DAY,
            None,
            20 * DAY + 59,
            None,
            Some(20 * DAY + 59),
        ),
        ("it still moves", 20 * DAY, None, 20 * DAY + 61, None, None),
        ("the same value for a day", 100 * DAY, None, 100 * DAY, None, None),
        ("known stays known", 20 * DAY, Some(20 * DAY), 20 * DAY, None, Some(20 * DAY)),
        ("stated once", 99 * DAY, Some(900 * DAY), 100 * DAY, None, Some(900 * DAY)),
        ("disproved", 20 * DAY, Some(20 * DAY), 100 * DAY, None, None),
    ];
    for (name, old_life, known, life, stated, expected) in rows {
        let stated = stated
            .map(|s: i64| format!(r#","x_refresh_token_hard_expires_in":{s}"#))
            .unwrap_or_default();
        let body = format!(
            r#"{{"access_token":"a","refresh_token":"r","expires_in":3600,"x_refresh_token_expires_in":{life}{stated}}}"#
        );
        let (target, script, tokens) = setup(-1, vec![reply(200, body), reply(200, EMPTY)]);
        if let Some(pair) = tokens.pair.lock().unwrap().as_mut() {
            pair.refresh_expires_at = NOW.plus_seconds(old_life);
            pair.hard_expires_at = known.map(|k| NOW.plus_seconds(k));
        }
        assert_eq!(read(&target), ReadOutcome::Read(vec![]));
        let stored = tokens.pair.lock().unwrap().clone().unwrap();
        assert_eq!(stored.hard_expires_at, expected.map(|e| NOW.plus_seconds(e)), "{name}");
        assert_eq!(script.seen()[0].wants_hard_expiry, "true");
        assert_eq!(script.seen()[1].wants_hard_expiry, "", "only the token endpoint is asked");
    }
}

#[test]
fn a_token_with_minutes_left_serves_while_another_worker_renews_it() {
    let (target, script, tokens) = setup(120, vec![reply(200, EMPTY)]);
    *tokens.locked_until.lock().unwrap() = Some(NOW.plus_seconds(30));
    assert_eq!(read(&target), ReadOutcome::Read(vec![]));
    assert_eq!(script.seen()[0].bearer, "Bearer access-1");
}

#[test]
fn a_dead_grant_asks_for_a_person_once_the_store_confirms_it() {
    let (target, _, tokens) = setup(-1, vec![reply(400, INVALID_GRANT)]);
    let ApplyOutcome::Disconnected(fault) = write(&target) else { panic!("not disconnected") };
    assert_eq!((fault.upstream.as_str(), fault.code.code()), ("invalid_grant", "CON-002"));
    assert!(tokens.reconnect.lock().unwrap().is_some());
    assert_eq!(*tokens.locked_until.lock().unwrap(), None);
}

/// A network on which a rival stores its own refresh while ours is on its way.
struct Rival(Arc<Script>, Arc<MemoryTokens>);

impl Http for Rival {
    fn send<'a>(
        &'a self,
        request: http::Request<bytes::Bytes>,
        deadline: Timestamp,
    ) -> BoxFuture<'a, Reply> {
        if request.uri().host() == Some("oauth.test") {
            *self.1.pair.lock().unwrap() = Some(pair("access-9", "refresh-9", 3_600));
        }
        self.0.send(request, deadline)
    }
}

#[test]
fn a_rivals_token_is_used_after_invalid_grant_and_after_a_lost_compare_and_set() {
    for answer in [reply(400, INVALID_GRANT), reply(200, TOKENS)] {
        let tokens = MemoryTokens::holding(pair("access-1", "refresh-1", -1));
        let script = Script::new([answer, reply(200, EMPTY)]);
        let rival = Arc::new(Rival(Arc::clone(&script), Arc::clone(&tokens)));
        let target = target_on(rival, Arc::clone(&tokens));
        assert_eq!(read(&target), ReadOutcome::Read(vec![]));
        assert_eq!(script.seen()[1].bearer, "Bearer access-9");
        assert_eq!(*tokens.reconnect.lock().unwrap(), None);
    }
}

#[test]
fn a_refresh_without_an_answer_sends_no_write() {
    for shape in [
        reply(500, ""),
        reply(200, "<html>"),
        Err(HttpFailure::Unknown("reset".to_owned())),
        Err(HttpFailure::NotSent("dns".to_owned())),
    ] {
        let (target, script, _) = setup(-1, vec![shape]);
        assert!(matches!(write(&target), ApplyOutcome::NotSent(_)));
        assert_eq!(script.seen().len(), 1);
    }
    let (target, _, _) = setup(-1, vec![reply(401, r#"{"error":"invalid_client"}"#)]);
    assert!(matches!(write(&target), ApplyOutcome::Disconnected(_)));
}

#[test]
fn a_process_that_stood_still_shows_no_refresh_token() {
    for (seconds, shown) in [(20, 1), (30, 0), (3_600, 0)] {
        let tokens = MemoryTokens::holding(pair("access-1", "refresh-1", -1));
        let clock = Arc::new(SetClock(AtomicI64::new(NOW.0)));
        *tokens.stands_still.lock().unwrap() = Some((Arc::clone(&clock), seconds));
        let script = Script::new([reply(200, TOKENS)]);
        let http = Arc::clone(&script) as Arc<dyn Http>;
        let target = QuickBooks::new(settings(), http, clock, tokens);
        let create = op(Act::Create, document(DocumentKind::SalesReceipt), None);
        let late = NOW.plus_seconds(1);
        let outcomes = run(target.apply(CALL, &[create], &refs(), late));
        assert!(matches!(outcomes[0], ApplyOutcome::NotSent(_)), "{outcomes:?}");
        assert_eq!(script.seen().len(), shown, "{seconds} s");
    }
}

#[test]
fn tokens_that_cannot_be_stored_are_not_used() {
    let (target, script, tokens) = setup(-1, vec![reply(200, TOKENS)]);
    *tokens.fail_stores.lock().unwrap() = 2;
    assert!(matches!(write(&target), ApplyOutcome::NotSent(_)));
    assert_eq!(script.seen().len(), 1);
    let (target, script, tokens) = setup(-1, vec![reply(200, TOKENS), reply(200, "")]);
    *tokens.fail_stores.lock().unwrap() = 1;
    assert!(matches!(write(&target), ApplyOutcome::Unknown(_)), "a second try stores them");
    assert_eq!(script.seen().len(), 2);
}

#[test]
fn a_company_that_was_never_connected_needs_a_person() {
    let script = Script::new([]);
    let target = target_on(script, Arc::new(MemoryTokens::default()));
    assert!(matches!(write(&target), ApplyOutcome::Disconnected(_)));
    assert!(matches!(read(&target), ReadOutcome::Disconnected(_)));
}
