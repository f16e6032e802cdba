//! The log rebuilds the company: books, tokens, kept answers.

use std::sync::{Arc, Mutex};

use http::Method;
use quickbooks_sim::{Config, PersonEdit, Simulator};

use crate::support::{Company, START_US, company_of, invoice, key, request};

type Log = Arc<Mutex<Vec<u8>>>;

fn sink(log: &Log) -> quickbooks_sim::LogSink {
    let log = Arc::clone(log);
    Box::new(move |record| log.lock().unwrap().extend_from_slice(record))
}

fn busy(log: &Log) -> Company {
    let mut c = company_of(Config::default());
    c.sim = Simulator::with_log(Config::default(), sink(log));
    (c.token, c.refresh) = c.sim.issue_tokens(START_US);
    let i = c.save("Invoice", &invoice("100"));
    c.post("invoice?requestid=r1", &invoice("20"));
    c.post("customer", r#"{"DisplayName":"Ada"}"#);
    c.post("customer", r#"{"DisplayName":"Ada"}"#);
    c.query("select * from Invoice");
    c.save(
        "Payment",
        &format!(
            r#"{{"CustomerRef":{{"value":"1"}},"TotalAmt":40,"Line":[{{"Amount":40,"LinkedTxn":[{{"TxnId":{},"TxnType":"Invoice"}}]}}]}}"#,
            i["Id"]
        ),
    );
    let mut prefs = c.sim.prefs().clone();
    prefs.custom_txn_numbers = true;
    c.sim.set_prefs(prefs, c.now_us);
    c.sim
        .edit_by_person(
            146,
            &PersonEdit::Change(r#"{"PrivateNote":"by hand"}"#.to_owned()),
            c.now_us,
        )
        .unwrap();
    let batch = format!(
        r#"{{"BatchItemRequest":[{{"bId":"1","operation":"create","Invoice":{}}},{{"bId":"2","operation":"create","Invoice":{{}}}}]}}"#,
        invoice("3")
    );
    c.post("batch?requestid=b1", &batch);
    c.sim.edit_by_person(148, &PersonEdit::Delete, c.now_us).unwrap();
    let twin = c.save("Customer", r#"{"DisplayName":"Twin"}"#);
    let twin = twin["Id"].as_str().unwrap().parse().unwrap();
    c.sim.edit_by_person(twin, &PersonEdit::Merge { into: 1 }, c.now_us).unwrap();
    c
}

/// What a caller sees of a company.
fn seen(sim: &mut Simulator, token: &str, now_us: i64) -> Vec<String> {
    let mut out = vec![format!("{:?}", sim.trial_balance())];
    for (method, path, body) in [
        (Method::GET, "query?query=select%20*%20from%20Invoice", String::new()),
        (Method::GET, "query?query=select%20*%20from%20Customer", String::new()),
        (
            Method::GET,
            "cdc?entities=Invoice,Payment,Customer&changedSince=2026-01-01",
            String::new(),
        ),
        (Method::POST, "invoice?requestid=r1", invoice("20")),
        (Method::POST, "invoice", invoice("9")),
        (Method::GET, "preferences", String::new()),
    ] {
        let response = sim.handle(&request(method, path, token, &body), now_us);
        out.push(format!("{} {:?} {:?}", response.status(), response.headers(), response.body()));
    }
    out
}

#[test]
fn a_rebuilt_company_answers_byte_for_byte() {
    let log = Log::default();
    let mut c = busy(&log);
    let bytes = log.lock().unwrap().clone();
    let (mut again, good) = Simulator::replay(Config::default(), &bytes);
    assert_eq!(good, bytes.len());
    assert_eq!(again.meter().requests, 0);
    let now_us = c.now_us + 60_000_000;
    assert_eq!(seen(&mut again, &c.token, now_us), seen(&mut c.sim, &c.token, now_us));
}

#[test]
fn a_resumed_company_answers_byte_for_byte() {
    let mut c = busy(&Log::default());
    let saved = c.sim.save().unwrap();
    let mut again = Simulator::resume(Config::default(), &saved).unwrap();
    let now_us = c.now_us + 60_000_000;
    assert_eq!(seen(&mut again, &c.token, now_us), seen(&mut c.sim, &c.token, now_us));

    let other = Config { realm_id: "42".to_owned(), ..Config::default() };
    assert!(Simulator::resume(other, &saved).is_none(), "of another company");
    for cut in [0, 7, 8, 15, 16, saved.len() / 2, saved.len() - 1] {
        assert!(Simulator::resume(Config::default(), &saved[..cut]).is_none(), "cut at {cut}");
    }
    for damaged in (0..saved.len()).step_by(101) {
        let mut bytes = saved.clone();
        bytes[damaged] ^= 1;
        assert!(Simulator::resume(Config::default(), &bytes).is_none(), "damaged at {damaged}");
    }
}

#[test]
fn refreshed_tokens_survive_and_old_ones_stay_dead() {
    let log = Log::default();
    let mut c = busy(&log);
    let refresh = |c: &mut Company, value: &str| {
        let auth = "Basic dGllb3V0LWNsaWVudDp0aWVvdXQtc2VjcmV0";
        let req = http::Request::post("/oauth2/v1/tokens/bearer")
            .header("authorization", auth)
            .body(bytes::Bytes::from(format!("grant_type=refresh_token&refresh_token={value}")))
            .unwrap();
        c.send(&req).body
    };
    let old = c.refresh.clone();
    let issued = refresh(&mut c, &old);
    let (again, _) = Simulator::replay(Config::default(), &log.lock().unwrap().clone());
    c.sim = again;
    let access = issued["access_token"].as_str().unwrap().to_owned();
    let req = request(Method::GET, "preferences", &access, "");
    assert_eq!(c.send(&req).status, 200);
    assert_eq!(refresh(&mut c, &old)["error"], "invalid_grant");
}

#[test]
fn a_torn_or_damaged_tail_is_left_out() {
    let log = Log::default();
    busy(&log);
    let bytes = log.lock().unwrap().clone();
    let (_, whole) = Simulator::replay(Config::default(), &bytes);
    let mut starts = vec![0];
    let mut at = 0;
    while at < bytes.len() {
        at += 12
            + usize::try_from(u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())).unwrap();
        starts.push(at);
    }
    assert_eq!(starts.last(), Some(&whole));
    for cut in (0..bytes.len()).step_by(37) {
        let (_, good) = Simulator::replay(Config::default(), &bytes[..cut]);
        assert_eq!(Some(&good), starts.iter().rev().find(|s| **s <= cut), "cut at {cut}");
    }
    let mut damaged = bytes.clone();
    let third = starts[3];
    damaged[third + 20] ^= 1;
    assert_eq!(Simulator::replay(Config::default(), &damaged).1, third);
}

#[test]
fn only_changes_are_logged_and_logging_goes_on_after_a_replay() {
    let log = Log::default();
    let mut c = busy(&log);
    let before = log.lock().unwrap().clone();
    c.query("select * from Invoice");
    c.post("invoice", "{}");
    c.post("invoice?requestid=r1", &invoice("20"));
    assert_eq!(*log.lock().unwrap(), before, "reads, refusals and repeats leave no record");
    let (mut again, _) = Simulator::replay(Config::default(), &before);
    again.set_log(sink(&log));
    c.sim = again;
    let i = c.get("invoice/145").entity("Invoice");
    c.post("invoice?operation=void", &format!("{}}}", key(&i))).entity("Invoice");
    let (third, _) = Simulator::replay(Config::default(), &log.lock().unwrap().clone());
    assert_eq!(third.trial_balance(), c.sim.trial_balance());
    assert!(third.transactions().any(|t| t.id == 145 && t.voided));
}
