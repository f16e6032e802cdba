//! Creates per second on one core, single and in batches, and the memory they take.
//!
//! Run with `cargo run --release -p quickbooks-sim --example speed`.

use std::fmt::Write as _;

use bytes::Bytes;
use http::{Method, Request};
use quickbooks_sim::{Config, Limits, Simulator};

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

fn invoice(n: u32) -> String {
    let cents = n % 100;
    format!(
        r#"{{"CustomerRef":{{"value":"1"}},"DocNumber":"T-{n}","TxnDate":"2026-03-02","PrivateNote":"tieout:{n:032x}","Line":[{{"Amount":{n}.{cents:02},"Description":"Mug","DetailType":"SalesItemLineDetail","SalesItemLineDetail":{{"ItemRef":{{"value":"3"}},"Qty":1,"UnitPrice":{n}.{cents:02},"TaxCodeRef":{{"value":"NON"}}}}}},{{"Amount":5.00,"DetailType":"SalesItemLineDetail","SalesItemLineDetail":{{"ItemRef":{{"value":"4"}},"TaxCodeRef":{{"value":"NON"}}}}}}]}}"#
    )
}

fn resident_kib() -> Option<String> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find(|l| l.starts_with("VmRSS")).map(str::to_owned)
}

#[expect(clippy::disallowed_methods, reason = "measuring real time is what this program is for")]
fn now() -> std::time::Instant {
    std::time::Instant::now()
}

fn fresh() -> (Simulator, String) {
    let limits = Limits { lifted: true, ..Limits::default() };
    let mut simulator = Simulator::new(Config { limits, ..Config::default() });
    let (token, _) = simulator.issue_tokens(START_US);
    (simulator, token)
}

fn report(what: &str, elapsed: std::time::Duration) {
    let per_second = u128::from(CREATES) * 1_000_000 / elapsed.as_micros().max(1);
    println!("{what}: {CREATES} invoices in {elapsed:?}, {per_second} per second");
    if let Some(resident) = resident_kib() {
        println!("  {resident}");
    }
}

fn main() {
    let (mut simulator, token) = fresh();
    let requests: Vec<_> = (0..CREATES)
        .map(|n| request(&format!("invoice?requestid=r{n:031x}"), &token, invoice(n)))
        .collect();
    println!("before: {}", resident_kib().unwrap_or_default());
    let started = now();
    for (n, req) in (0..).zip(&requests) {
        let response = simulator.handle(req, START_US + n * 1_000);
        assert_eq!(response.status(), 200, "{:?}", response.body());
    }
    report("single, with request id", started.elapsed());
    drop(requests);
    println!("after the requests are dropped: {}", resident_kib().unwrap_or_default());
    drop(simulator);

    let (mut simulator, token) = fresh();
    let numbers: Vec<u32> = (0..CREATES).collect();
    let batches: Vec<_> = numbers
        .chunks(30)
        .enumerate()
        .map(|(b, chunk)| {
            let mut body = "{\"BatchItemRequest\":[".to_owned();
            for (n, i) in chunk.iter().enumerate() {
                let comma = if n == 0 { "" } else { "," };
                let _ = write!(
                    body,
                    "{comma}{{\"bId\":\"{n}\",\"operation\":\"create\",\"Invoice\":{}}}",
                    invoice(*i)
                );
            }
            body.push_str("]}");
            request(&format!("batch?requestid=b{b}"), &token, body)
        })
        .collect();
    let started = now();
    for (n, req) in (0..).zip(&batches) {
        let response = simulator.handle(req, START_US + n * 1_000);
        assert_eq!(response.status(), 200);
    }
    report("batches of 30, with request id", started.elapsed());
}
