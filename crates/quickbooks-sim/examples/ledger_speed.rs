//! Creates per second on one core, single, in batches, with VAT and in another currency, and the memory
//! they take.
//!
//! Run with `cargo run --release -p quickbooks-sim --example ledger_speed`.

use std::fmt::Write as _;

use bytes::Bytes;
use http::{Method, Request};
use quickbooks_sim::{CompanyPrefs, Config, Limits, Profile, Simulator};

const CREATES: u32 = 100_000;
const START_US: i64 = 1_772_474_400_000_000;

fn request(path: &str, token: &str, body: String) -> Request<Bytes> {
    Request::builder()
        .method(Method::POST)
        .uri(format!("/v3/company/9130350000000001/{path}"))
        .header("authorization", format!("Bearer {token}"))
        .body(Bytes::from(body))
        .expect("the request is well formed")
}

/// What the companies and their invoices are like.
#[derive(Clone, Copy, Debug)]
enum Kind {
    /// The default company, two lines.
    Home,
    /// A UK company: VAT on each line.
    Vat,
    /// A US company with several currencies: in euro.
    Abroad,
}

fn invoice(n: u32, kind: Kind) -> String {
    let cents = n % 100;
    let (customer, code) = match kind {
        Kind::Home => (r#"{"value":"1"}"#, "NON"),
        Kind::Vat => (r#"{"value":"1"}"#, "2"),
        Kind::Abroad => {
            (r#"{"value":"58"},"CurrencyRef":{"value":"EUR"},"ExchangeRate":1.0825"#, "NON")
        }
    };
    format!(
        r#"{{"CustomerRef":{customer},"DocNumber":"T-{n}","TxnDate":"2026-03-02","PrivateNote":"tieout:{n:032x}","Line":[{{"Amount":{n}.{cents:02},"Description":"Mug","DetailType":"SalesItemLineDetail","SalesItemLineDetail":{{"ItemRef":{{"value":"3"}},"Qty":1,"UnitPrice":{n}.{cents:02},"TaxCodeRef":{{"value":"{code}"}}}}}},{{"Amount":5.00,"DetailType":"SalesItemLineDetail","SalesItemLineDetail":{{"ItemRef":{{"value":"4"}},"TaxCodeRef":{{"value":"{code}"}}}}}}]}}"#
    )
}

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|l| l.starts_with("VmRSS")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).unwrap_or(0)
}

#[expect(clippy::disallowed_methods, reason = "measuring real time is what this program is for")]
fn now() -> std::time::Instant {
    std::time::Instant::now()
}

fn fresh(kind: Kind) -> (Simulator, String) {
    let limits = Limits { lifted: true, ..Limits::default() };
    let mut prefs = match kind {
        Kind::Vat => Profile::UkVat.prefs(),
        _ => CompanyPrefs::default(),
    };
    prefs.multi_currency = matches!(kind, Kind::Abroad);
    let mut simulator = Simulator::new(Config { limits, prefs, ..Config::default() });
    let (token, _) = simulator.issue_tokens(START_US);
    if matches!(kind, Kind::Abroad) {
        for (path, body) in [
            ("companycurrency", r#"{"Code":"EUR"}"#),
            ("customer", r#"{"DisplayName":"Abroad","CurrencyRef":{"value":"EUR"}}"#),
        ] {
            let made = simulator.handle(&request(path, &token, body.to_owned()), START_US);
            assert_eq!(made.status(), 200, "{:?}", made.body());
        }
    }
    (simulator, token)
}

/// Sends requests as they are made; only the company's own time counts.
fn measure(what: &str, kind: Kind, calls: u32, call: impl Fn(u32, &str) -> Request<Bytes>) {
    let before = resident_kib();
    let (mut simulator, token) = fresh(kind);
    let mut elapsed = std::time::Duration::ZERO;
    for n in 0..calls {
        let req = call(n, &token);
        let started = now();
        let response = simulator.handle(&req, START_US + i64::from(n) * 1_000);
        elapsed += started.elapsed();
        assert_eq!(response.status(), 200, "{:?}", response.body());
    }
    let per_second = u128::from(CREATES) * 1_000_000 / elapsed.as_micros().max(1);
    let mib = resident_kib().saturating_sub(before) / 1_024;
    println!("{what}: {CREATES} invoices in {elapsed:?}, {per_second} per second, {mib} MiB more");
}

fn batch(b: u32, token: &str) -> Request<Bytes> {
    let mut body = "{\"BatchItemRequest\":[".to_owned();
    for (n, i) in (b * 30..CREATES.min(b * 30 + 30)).enumerate() {
        let comma = if n == 0 { "" } else { "," };
        let invoice = invoice(i, Kind::Home);
        let _ = write!(
            body,
            "{comma}{{\"bId\":\"{n}\",\"operation\":\"create\",\"Invoice\":{invoice}}}"
        );
    }
    body.push_str("]}");
    request(&format!("batch?requestid=b{b}"), token, body)
}

fn main() {
    let single = |kind| {
        move |n: u32, token: &str| {
            request(&format!("invoice?requestid=r{n:031x}"), token, invoice(n, kind))
        }
    };
    // The first run shows the memory: what later ones free, they use again.
    measure("single, with request id", Kind::Home, CREATES, single(Kind::Home));
    measure("batches of 30, with request id", Kind::Home, CREATES.div_ceil(30), batch);
    measure("with VAT", Kind::Vat, CREATES, single(Kind::Vat));
    measure("in another currency", Kind::Abroad, CREATES, single(Kind::Abroad));
}
