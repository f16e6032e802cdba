//! The month's CorePlus calls.

use http::Method;
use serde_json::{Value, json};

use crate::host::{Caller, FIRST, SECOND, two_companies};
use crate::support::{company_of, invoice, request};
use quickbooks_sim::{Config, Limits};

const MONTH: i64 = 31 * 86_400 * 1_000_000;

#[test]
fn reads_are_refused_when_the_month_is_used_up_and_writes_are_not() {
    fact!(
        "Limits",
        "month",
        Documented,
        "§6",
        "when the month's CorePlus calls are used up, reads are refused with 429 until the next month"
    );
    fact!("Limits", "month", Assumed, "§6", "writes go on while reads are blocked");
    let limits = Limits { core_plus_per_month: 3, ..Limits::default() };
    let mut c = company_of(Config { limits, ..Config::default() });
    let read = |c: &mut crate::support::Company| {
        c.now_us += 1_000_000;
        c.sim.handle(&request(Method::GET, "preferences", &c.token, ""), c.now_us).status().as_u16()
    };
    for status in [200, 200, 200, 429, 429] {
        assert_eq!(read(&mut c), status);
    }
    c.save("Invoice", &invoice("5"));
    let body = format!(
        r#"{{"BatchItemRequest":[{{"bId":"1","Query":"select * from Item"}},{{"bId":"2","operation":"create","Invoice":{}}}]}}"#,
        invoice("6")
    );
    let batch = c.post("batch", &body);
    assert_eq!(batch.body["BatchItemResponse"][0]["Fault"]["Error"][0]["code"], "3001");
    assert_eq!(batch.body["BatchItemResponse"][1]["Invoice"]["Id"], "146");
    let meter = c.sim.meter();
    assert_eq!((meter.core_plus, meter.core_plus_this_month, meter.blocked), (3, 3, 3));
    c.now_us += MONTH;
    c.token = c.sim.issue_tokens(c.now_us).0;
    assert_eq!(read(&mut c), 200, "a new month");
}

#[test]
fn the_month_is_counted_for_the_app_and_survives_a_snapshot() {
    let mut config = two_companies();
    config.base.limits.core_plus_per_month = 3;
    let mut c = Caller::new(config.clone());
    let (first, _) = c.connect(FIRST);
    let (second, _) = c.connect(SECOND);
    assert_eq!(c.read(FIRST, &first, "preferences"), 200);
    assert_eq!(c.read(SECOND, &second, "preferences"), 200);
    let meter = c.control("GET", "/meter", &Value::Null);
    assert_eq!((&meter["month"], &meter["core_plus_this_month"]), (&"2026-03".into(), &2.into()));
    c.host = quickbooks_sim::Host::resume(config, &c.host.save().unwrap()).unwrap();
    assert_eq!(c.read(SECOND, &second, "preferences"), 200);
    assert_eq!(c.read(FIRST, &first, "preferences"), 429);
    c.control("PATCH", "/limits", &json!({"core_plus_per_month": 0}));
    assert_eq!(c.read(FIRST, &first, "preferences"), 200);
}
