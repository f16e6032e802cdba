//! A network that garbles what a simulated company answers, and what must hold of the connector
//! then: shared by the tests and by the fuzz target in `fuzz/`.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode};
use kernel::{BusinessKey, DocumentKind, ReferenceKey, ReferenceKind, Timestamp};
use ports::{
    Act, ApplyOutcome, BoxFuture, FindKey, Grants, Http, LedgerRef, LedgerTarget, ReadOutcome,
    TargetFault, TargetOp,
};
use quickbooks::QuickBooks;
use serde_json::Value;

use super::documents::document;
use super::support::{EXPIRED, NOW, Reply, THROTTLED, deadline, fault, op, run};
use super::world::World;

/// Stands for a name or an amount: text of QuickBooks that no log may show.
const PRIVATE: &str = "Ann Lee owes 12.00";

/// Longest text that may come of a call, bytes: it ends in logs and in exceptions.
const TEXT_BYTES_MAX: usize = 600;

const VALUES: &[&str] = &[
    "null",
    "true",
    "0",
    "-1",
    "145",
    "0.005",
    "1e400",
    "1E-7",
    "-0.00",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551616",
    "92233720368547758.07",
    "123456789012345678901234567890.12",
    "\"\"",
    "\"1\"",
    "\"-1.5\"",
    "\"1,000.00\"",
    "\"2020\"",
    "\"3001\"",
    "\"3200\"",
    "\"610\"",
    "\"6000\"",
    "\"6140\"",
    "\"Deleted\"",
    "\"Voided - tieout:0123456789abcdef\"",
    "\"EUR\"",
    "\"BHD\"",
    "\"\\u0000\\ud83d\\ude00\"",
    "\"2026-02-30\"",
    "\"9999-12-31T23:59:59.999-12:00\"",
    "[]",
    "{}",
    "[[]]",
    "[null]",
    "{\"value\":\"2\"}",
];

const NAMES: &[&str] = &[
    "Id",
    "SyncToken",
    "status",
    "Amount",
    "TotalAmt",
    "Balance",
    "Line",
    "Invoice",
    "Transfer",
    "SalesReceipt",
    "QueryResponse",
    "BatchItemResponse",
    "CDCResponse",
    "Fault",
    "fault",
    "Error",
    "code",
    "bId",
    "TxnDate",
    "PrivateNote",
    "CurrencyRef",
    "value",
    "Rows",
    "Header",
    "ColData",
    "totalCount",
    "time",
    "expires_in",
    "access_token",
    "eventNotifications",
    "",
];

const STATUSES: &[u16] =
    &[200, 201, 204, 302, 400, 401, 403, 404, 408, 413, 429, 500, 502, 503, 504, 599];

/// Reads decisions out of bytes; zeros when they are used up.
struct Source(Bytes);

impl Source {
    fn byte(&mut self) -> u8 {
        if self.0.is_empty() { 0 } else { self.0.split_to(1)[0] }
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[usize::from(self.byte()) % from.len()]
    }

    fn value(&mut self) -> Value {
        let text = self.pick(VALUES);
        serde_json::from_str(text).unwrap_or_else(|_| PRIVATE.into())
    }
}

/// Changes one place in a JSON value.
fn mutate(source: &mut Source, value: &mut Value) {
    let deeper = !source.byte().is_multiple_of(4);
    match value {
        Value::Object(fields) if deeper && !fields.is_empty() => {
            let names: Vec<String> = fields.keys().cloned().collect();
            let name = &names[usize::from(source.byte()) % names.len()];
            match source.byte() % 8 {
                0 => {
                    fields.remove(name);
                }
                1 => {
                    let value = fields[name].clone();
                    fields.insert(source.pick(NAMES).to_owned(), value);
                }
                2 => {
                    let value = source.value();
                    fields.insert(source.pick(NAMES).to_owned(), value);
                }
                _ => mutate(source, &mut fields[name]),
            }
        }
        Value::Array(elements) if deeper && !elements.is_empty() => {
            let at = usize::from(source.byte()) % elements.len();
            match source.byte() % 6 {
                0 => {
                    elements.remove(at);
                }
                1 => elements.push(elements[at].clone()),
                _ => mutate(source, &mut elements[at]),
            }
        }
        other => *other = source.value(),
    }
}

/// What the network does to one answer.
enum Garbled {
    /// Only the first bytes arrive, as from a gateway that gives up; or a page of its own.
    Broken(Response<Bytes>),
    /// Anything at all.
    Changed(Response<Bytes>),
}

fn garble(source: &mut Source, honest: Response<Bytes>) -> Garbled {
    let (mut parts, mut body) = honest.into_parts();
    let choice = source.byte();
    match choice % 8 {
        0 => {
            let at = usize::from(source.byte()) * body.len() / 256;
            parts.status = status(source.pick(&[200, 200, 500, 502, 504]));
            return Garbled::Broken(Response::from_parts(parts, body.slice(..at)));
        }
        1 => {
            parts.status = status(source.pick(&[200, 500, 502, 503, 504]));
            let page =
                source.pick(&["<html><body>Bad gateway</body></html>", "", " ", "Ok", "\u{feff}"]);
            return Garbled::Broken(Response::from_parts(parts, Bytes::from(page)));
        }
        2 => parts.status = status(source.pick(STATUSES)),
        3 => {
            let mut bytes = body.to_vec();
            for _ in 0..=source.byte() % 3 {
                let at = usize::from(source.byte()) * bytes.len() / 256;
                bytes[at] = source.byte();
            }
            body = bytes.into();
        }
        4 => {
            parts.status = status(source.pick(STATUSES));
            let code =
                source.pick(&["610", "2020", "3001", "5010", "6000", "6140", "6240", "x", ""]);
            let gateway = [EXPIRED.to_owned(), THROTTLED.to_owned(), fault(code, PRIVATE)];
            body = gateway[usize::from(source.byte()) % gateway.len()].clone().into();
        }
        5 => body = source.0.clone(),
        _ => {
            let mut value = serde_json::from_slice(&body).unwrap_or_default();
            for _ in 0..=source.byte() % 4 {
                mutate(source, &mut value);
            }
            body = value.to_string().into();
        }
    }
    if choice >= 200 {
        parts.headers.insert("intuit_tid", HeaderValue::from_bytes(b"\xff \xfe").unwrap());
    }
    Garbled::Changed(Response::from_parts(parts, body))
}

fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or_default()
}

/// The way to a company, on which the first answers are garbled.
struct Liar {
    inner: Arc<dyn Http>,
    state: Mutex<State>,
}

struct State {
    source: Source,
    /// How many answers are garbled yet.
    left: u8,
    /// Requests to the data API so far.
    requests: usize,
    /// What happened to answers so far.
    broken: bool,
    changed: bool,
    /// New tokens may be lost with the answer: then a person has to connect again.
    tokens_lost: bool,
}

impl Http for Liar {
    fn send<'a>(&'a self, request: Request<Bytes>, deadline: Timestamp) -> BoxFuture<'a, Reply> {
        Box::pin(async move {
            let is_data = request.uri().path().starts_with("/v3/");
            let honest = self.inner.send(request, deadline).await?;
            let mut state = self.state.lock().unwrap();
            state.requests += usize::from(is_data);
            let Some(left) = state.left.checked_sub(1) else { return Ok(honest) };
            state.left = left;
            state.tokens_lost |= !is_data;
            match garble(&mut state.source, honest) {
                Garbled::Broken(response) => {
                    state.broken = true;
                    Ok(response)
                }
                Garbled::Changed(response) => {
                    state.changed = true;
                    Ok(response)
                }
            }
        })
    }
}

/// Makes the calls that `bytes` spell. Panics when something does not hold that must.
pub fn drive(bytes: &[u8]) {
    let mut world = World::new();
    let mut source = Source(Bytes::copy_from_slice(bytes));
    for _ in 0..4 {
        if source.0.is_empty() {
            return;
        }
        let call = source.byte();
        let kind = source.pick(&DocumentKind::ALL);
        let ops = ops(&mut world, &mut source, call, kind);
        let state = State {
            left: source.byte() % 3 + 1,
            source,
            requests: 0,
            broken: false,
            changed: false,
            tokens_lost: false,
        };
        let inner = Arc::clone(&world.wire) as Arc<dyn Http>;
        let liar = Arc::new(Liar { inner, state: Mutex::new(state) });
        let target = world.through(Arc::clone(&liar) as Arc<dyn Http>);
        let said = if ops.is_empty() {
            read(&target, call, kind)
        } else {
            write(&mut world, &target, &liar, &ops)
        };
        for text in &said {
            assert!(text.len() <= TEXT_BYTES_MAX && !text.contains(PRIVATE), "{text}");
        }
        let mut state = liar.state.lock().unwrap();
        let most = if ops.is_empty() { 48 } else { 2 };
        assert!(state.requests <= most, "{} requests", state.requests);
        if state.tokens_lost {
            return;
        }
        // Lies about data leave nothing behind.
        let day = "2026-12-31".parse().unwrap();
        let honest = run(world.target.trial_balance(day, deadline()));
        let ReadOutcome::Read(balances) = honest else { panic!("{honest:?} after {said:?}") };
        assert_eq!(balances.values().sum::<i64>(), 0);
        source = Source(std::mem::take(&mut state.source.0));
    }
}

/// The writes of a call; none for a read.
fn ops(world: &mut World, source: &mut Source, call: u8, kind: DocumentKind) -> Vec<TargetOp> {
    if call >= 144 {
        return Vec::new();
    }
    let count = if call.is_multiple_of(2) { 1 } else { 1 + source.byte() % 4 };
    (0..count)
        .map(|_| {
            // The business key stands for the order: each is a new one.
            let call_id = world.call_id();
            let mut document = document(kind);
            document.key = BusinessKey::new(call_id.clone());
            document.number = document.number.map(|_| call_id[20..].to_owned());
            document.links.clear();
            let act = source.pick(&[Act::Create, Act::Create, Act::Update, Act::Void, Act::Delete]);
            if act == Act::Create {
                return op(act, document, None);
            }
            let LedgerRef { id, version } = world.create(&document).ledger;
            op(act, document, Some((&id, &version)))
        })
        .collect()
}

fn write(world: &mut World, target: &QuickBooks, liar: &Liar, ops: &[TargetOp]) -> Vec<String> {
    let call_id = world.call_id();
    let outcomes = run(target.apply(&call_id, ops, &world.refs, deadline()));
    assert_eq!(outcomes.len(), ops.len());
    let state = liar.state.lock().unwrap();
    let (broken, changed, tokens_lost) = (state.broken, state.changed, state.tokens_lost);
    drop(state);
    let said = outcomes.iter().map(|outcome| match outcome {
        ApplyOutcome::Refused(fault) if fault.upstream == "not sent" => fault.summary.clone(),
        ApplyOutcome::Unknown(why) => why.clone(),
        other if broken && !changed => panic!("{other:?}, although no answer came"),
        ApplyOutcome::Applied(snapshot) => {
            assert!(!snapshot.ledger.id.is_empty(), "{snapshot:?}");
            String::new()
        }
        ApplyOutcome::Refused(fault) | ApplyOutcome::Disconnected(fault) => text(fault),
        ApplyOutcome::NotSent(why) => why.clone(),
        ApplyOutcome::Throttled => String::new(),
    });
    let said = said.collect();
    if tokens_lost {
        return said;
    }
    // The same call again finds what the first one did, and does it no second time.
    let again = run(world.target.apply(&call_id, ops, &world.refs, deadline()));
    for (op, outcome) in ops.iter().zip(again) {
        assert!(matches!(outcome, ApplyOutcome::Applied(_)), "{op:?} again: {outcome:?}");
    }
    world.live();
    said
}

fn text(fault: &TargetFault) -> String {
    format!("{}: {}", fault.upstream, fault.summary)
}

fn read(target: &QuickBooks, call: u8, kind: DocumentKind) -> Vec<String> {
    let ids = ["145".to_owned(), "146".to_owned()];
    let asked = Arc::new(document(kind));
    let customer = ReferenceKey { kind: ReferenceKind::Customer, name: "Web Shop".to_owned() };
    let day = asked.date;
    let why = match call % 8 {
        0 => why(&run(target.read_back(kind, &ids, deadline()))),
        1 => why(&run(target.find(&[FindKey::Document(asked, Some(NOW))], deadline()))),
        2 => why(&run(target.find(&[FindKey::Reference(customer)], deadline()))),
        3 => why(&run(target.changes(NOW.plus_seconds(-86_400), deadline()))),
        4 => why(&run(target.changed_page(kind, NOW.plus_seconds(-86_400), 0, deadline()))),
        5 => why(&run(target.trial_balance(day, deadline()))),
        6 => why(&run(target.company(deadline()))),
        _ => run(target.exchange("code", "http://localhost/cb", NOW, deadline())).err(),
    };
    why.into_iter().collect()
}

/// What a read says instead of an answer.
fn why<T>(outcome: &ReadOutcome<T>) -> Option<String> {
    match outcome {
        ReadOutcome::Read(_) | ReadOutcome::Throttled => None,
        ReadOutcome::Failed(why) => Some(why.clone()),
        ReadOutcome::Disconnected(fault) => Some(text(fault)),
    }
}
