//! Authentication, limits, headers, the meter.

use http::Method;

use crate::support::{START_US, company, company_of, invoice, request};
use quickbooks_sim::{Config, Limits};

#[test]
fn a_bad_token_is_refused_in_the_lower_case_envelope() {
    fact!(
        "Connection",
        "all",
        Recorded,
        "§1",
        "a bad token is 401 in the lower-case envelope, code 3200"
    );
    let mut c = company();
    let req = request(Method::GET, "preferences", "nonsense", "");
    let response = c.sim.handle(&req, START_US);
    assert_eq!(response.status(), 401);
    assert_eq!(
        response.headers()["www-authenticate"],
        "Bearer realm=\"Intuit\", error=\"invalid_token\""
    );
    let answer = c.send(&req);
    let error = &answer.body["fault"]["error"][0];
    assert_eq!(error["message"], "message=AuthenticationFailed; errorCode=003200; statusCode=401");
    assert_eq!(
        (&error["code"], &answer.body["fault"]["type"]),
        (&"3200".into(), &"AUTHENTICATION".into())
    );
    assert!(answer.body["time"].is_u64());
}

#[test]
fn another_realm_is_forbidden() {
    fact!(
        "Connection",
        "all",
        Recorded,
        "§1",
        "another company is 403 in the lower-case envelope, code 3100"
    );
    let mut c = company();
    let mut req = request(Method::GET, "preferences", &c.token, "");
    *req.uri_mut() = "/v3/company/42/preferences".parse().unwrap();
    let answer = c.send(&req);
    assert_eq!(answer.status, 403);
    assert_eq!(answer.body["fault"]["error"][0]["code"], "3100");
    assert_eq!(answer.body["fault"]["type"], "SERVICE");
}

#[test]
fn headers_of_answers() {
    fact!(
        "Answers",
        "all",
        Recorded,
        "§2",
        "every answer has intuit_tid; refusals lack qbo-version"
    );
    let mut c = company();
    let ok = c.sim.handle(&request(Method::GET, "preferences", &c.token, ""), START_US);
    let tid = ok.headers()["intuit_tid"].to_str().unwrap();
    assert!(tid.starts_with("1-69a5d") && tid.len() == 35, "{tid}");
    assert!(ok.headers().contains_key("qbo-version"));
    assert_eq!(ok.headers()["content-type"], "application/json;charset=UTF-8");
    for (name, value) in [
        ("x-amzn-trace-id", format!("Root={tid}")),
        ("x-spanid", tid[11..].to_owned()),
        ("cache-control", "no-cache, no-store".to_owned()),
        ("expires", "0".to_owned()),
        ("server", "nginx".to_owned()),
        ("service-time", "total=161, db=57".to_owned()),
    ] {
        assert_eq!(ok.headers()[name], value, "{name}");
    }
    assert!(ok.headers().contains_key("strict-transport-security"));
    let bad = c.sim.handle(&request(Method::GET, "invoice/1", &c.token, ""), START_US);
    assert!(bad.headers().contains_key("intuit_tid") && !bad.headers().contains_key("qbo-version"));
    assert_ne!(bad.headers()["intuit_tid"], ok.headers()["intuit_tid"]);
}

#[test]
fn ten_requests_a_second_and_the_eleventh_is_xml() {
    fact!("Limits", "all", Documented, "§6", "ten requests a second for one app and company");
    fact!("Limits", "all", Recorded, "§6", "the throttle answers 429 as XML, code 3001");
    fact!("Limits", "all", Assumed, "§6", "refused requests do not count towards the limits");
    let mut c = company();
    let req = request(Method::GET, "preferences", &c.token, "");
    let at = |c: &mut crate::support::Company, us: i64| c.sim.handle(&req, START_US + us);
    for n in 0..10 {
        assert_eq!(at(&mut c, n * 90_000).status(), 200);
    }
    let response = at(&mut c, 999_999);
    assert_eq!(response.status(), 429);
    assert_eq!(response.headers()["content-type"], "application/xml");
    let text = String::from_utf8(response.body().to_vec()).unwrap();
    assert!(text.contains("<Fault type=\"SERVICE\"><Error code=\"3001\">"), "{text}");
    assert!(
        text.contains(
            "<Message>message=ThrottleExceeded; errorCode=003001; statusCode=429</Message>"
        )
    );
    // the first one is a second old now
    assert_eq!(at(&mut c, 1_000_000).status(), 200);
    assert_eq!(at(&mut c, 1_000_001).status(), 429);
    let meter = c.sim.meter();
    assert_eq!((meter.throttled, meter.violations, meter.max_per_second), (2, 2, 10));
}

#[test]
fn five_hundred_a_minute_and_forty_batches() {
    fact!("Limits", "all", Documented, "§6", "500 requests a minute for one company");
    fact!("Limits", "batch", Documented, "§6", "40 batches a minute for one app and company");
    let limits = Limits { requests_per_second: 0, ..Limits::default() };
    let mut c = company_of(Config { limits, ..Config::default() });
    let req = request(Method::GET, "preferences", &c.token, "");
    for n in 0..500 {
        assert_eq!(c.sim.handle(&req, START_US + n).status(), 200);
    }
    assert_eq!(c.sim.handle(&req, START_US + 59_999_999).status(), 429);
    assert_eq!(c.sim.handle(&req, START_US + 60_000_000).status(), 200);

    let mut c = company_of(Config { limits, ..Config::default() });
    let body = r#"{"BatchItemRequest":[{"bId":"1","Query":"select * from Item"}]}"#;
    let batch = request(Method::POST, "batch", &c.token, body);
    for n in 0..40 {
        assert_eq!(c.sim.handle(&batch, START_US + n).status(), 200);
    }
    assert_eq!(c.sim.handle(&batch, START_US + 50).status(), 429);
    let single = request(Method::GET, "preferences", &c.token, "");
    assert_eq!(c.sim.handle(&single, START_US + 51).status(), 200);
    assert_eq!(c.sim.meter().max_batches_per_minute, 40);
}

#[test]
fn lifted_limits_still_count_what_would_break_them() {
    let limits = Limits { lifted: true, ..Limits::default() };
    let mut c = company_of(Config { limits, ..Config::default() });
    let req = request(Method::GET, "preferences", &c.token, "");
    for _ in 0..15 {
        assert_eq!(c.sim.handle(&req, START_US).status(), 200);
    }
    let meter = c.sim.meter();
    assert_eq!((meter.violations, meter.throttled, meter.max_per_second), (5, 0, 15));
}

#[test]
fn the_meter_separates_free_writes_from_metered_reads() {
    fact!(
        "Limits",
        "all",
        Documented,
        "§6",
        "writes are Core and free, reads are CorePlus and metered, failures neither"
    );
    let mut c = company();
    c.save("Invoice", &invoice("1"));
    c.get("invoice/145");
    c.query("select * from Invoice");
    c.get("cdc?entities=Invoice&changedSince=2026-01-01");
    c.get("reports/TrialBalance");
    c.get("invoice/999");
    c.post("invoice", "{}");
    let meter = c.sim.meter();
    assert_eq!((meter.requests, meter.core, meter.core_plus, meter.faults), (7, 1, 4, 2));
    assert_eq!((meter.reads, meter.queries, meter.cdc, meter.reports), (1, 1, 1, 1));
}

#[test]
fn two_hundred_reports_a_minute() {
    fact!("Limits", "reports", Documented, "§6", "200 reports a minute for one company");
    let mut c = company();
    c.sim.set_limits(Limits { requests_per_second: 0, ..c.sim.config().limits });
    let report = "reports/TrialBalance?end_date=2026-03-02";
    let mut refused = 0;
    for _ in 0..210 {
        let req = request(Method::GET, report, &c.token, "");
        refused += u32::from(c.sim.handle(&req, c.now_us).status() == 429);
    }
    assert_eq!(refused, 10);
    let other = request(Method::GET, "preferences", &c.token, "");
    assert_eq!(c.sim.handle(&other, c.now_us).status(), 200, "others go on");
    let later = request(Method::GET, report, &c.token, "");
    assert_eq!(c.sim.handle(&later, c.now_us + 61_000_000).status(), 200);
}
