//! Whatever a host goes through, its log and its snapshots say it all.

use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::host::{Caller, FIRST, SECOND, two_companies};
use crate::support::invoice;
use quickbooks_sim::{Host, WebhookRules};

#[derive(Clone, Debug)]
enum Step {
    Invoice { second: bool, cents: u32 },
    Payment { of: u32 },
    Person { id: u32, void: bool },
    Connect { second: bool },
    Refresh { old: bool },
    Revoke { second: bool },
    Advance { seconds: u32, frozen: bool },
    Limits { batch_items: u32 },
    Prefs { custom: bool },
    Webhooks { aggregate_ms: u32, loss: u32 },
    Tell { status: u16 },
    Flush,
    Snapshot,
    Restore,
    Reset { all: bool },
    Garbage { method: usize, path: String, body: String },
}

fn step() -> impl Strategy<Value = Step> {
    let text = "[a-z{}\\[\\]\":,0-9/_. ]{0,24}";
    prop_oneof![
        6 => (any::<bool>(), 1..100_000_u32).prop_map(|(second, cents)| Step::Invoice { second, cents }),
        2 => (145..160_u32).prop_map(|of| Step::Payment { of }),
        2 => (145..160_u32, any::<bool>()).prop_map(|(id, void)| Step::Person { id, void }),
        2 => any::<bool>().prop_map(|second| Step::Connect { second }),
        1 => any::<bool>().prop_map(|old| Step::Refresh { old }),
        1 => any::<bool>().prop_map(|second| Step::Revoke { second }),
        2 => (0..4_000_u32, any::<bool>()).prop_map(|(seconds, frozen)| Step::Advance { seconds, frozen }),
        1 => (1..40_u32).prop_map(|batch_items| Step::Limits { batch_items }),
        1 => any::<bool>().prop_map(|custom| Step::Prefs { custom }),
        1 => (0..5_000_u32, 0..500_u32).prop_map(|(aggregate_ms, loss)| Step::Webhooks { aggregate_ms, loss }),
        4 => prop_oneof![Just(200_u16), Just(500), Just(0)].prop_map(|status| Step::Tell { status }),
        1 => Just(Step::Flush),
        1 => Just(Step::Snapshot),
        1 => Just(Step::Restore),
        1 => prop::bool::weighted(0.3).prop_map(|all| Step::Reset { all }),
        1 => (0..4_usize, text, text).prop_map(|(method, path, body)| Step::Garbage { method, path, body }),
    ]
}

/// The last token pair of each company, and the refresh token before.
#[derive(Default)]
struct Tokens {
    access: [String; 2],
    refresh: String,
    before: String,
}

fn go(c: &mut Caller, tokens: &mut Tokens, step: &Step) {
    let realms = [FIRST, SECOND];
    let mut control = |method: &str, path: &str, body: Value| {
        c.send(method, &format!("/_sim{path}"), "", &body.to_string())
    };
    match step {
        Step::Invoice { second, cents } => {
            let at = usize::from(*second);
            let uri = format!("/v3/company/{}/invoice?requestid=r{cents}", realms[at]);
            let amount = format!("{}.{:02}", cents / 100, cents % 100);
            c.send("POST", &uri, &tokens.access[at], &invoice(&amount));
        }
        Step::Payment { of } => {
            let body = format!(
                r#"{{"CustomerRef":{{"value":"1"}},"TotalAmt":1,"Line":[{{"Amount":1,"LinkedTxn":[{{"TxnId":"{of}","TxnType":"Invoice"}}]}}]}}"#
            );
            c.send("POST", &format!("/v3/company/{FIRST}/payment"), &tokens.access[0], &body);
        }
        Step::Person { id, void } => {
            let what = if *void {
                json!({"id": id, "void": true})
            } else {
                json!({"id": id, "delete": true})
            };
            control("POST", "/person", what);
        }
        Step::Connect { second } => {
            let at = usize::from(*second);
            let issued = control("POST", "/tokens", json!({"realm": realms[at]})).body;
            tokens.access[at] = issued["access_token"].as_str().unwrap().to_owned();
            tokens.refresh = issued["refresh_token"].as_str().unwrap().to_owned();
        }
        Step::Refresh { old } => {
            let sent = if *old { &tokens.before } else { &tokens.refresh };
            let form = format!(
                "grant_type=refresh_token&refresh_token={sent}&client_id=tieout-client&client_secret=tieout-secret"
            );
            let issued = c.send("POST", "/oauth2/v1/tokens/bearer", "", &form).body;
            if let Some(new) = issued["refresh_token"].as_str() {
                tokens.before = std::mem::replace(&mut tokens.refresh, new.to_owned());
            }
        }
        Step::Revoke { second } => {
            control("POST", "/tokens/revoke", json!({"realm": realms[usize::from(*second)]}));
        }
        Step::Advance { seconds, frozen } => {
            control("PUT", "/clock", json!({"advance_seconds": seconds, "frozen": frozen}));
        }
        Step::Limits { batch_items } => {
            control("PATCH", "/limits", json!({"batch_items": batch_items}));
        }
        Step::Prefs { custom } => {
            control("PATCH", "/preferences", json!({"custom_txn_numbers": custom}));
        }
        Step::Webhooks { aggregate_ms, loss } => {
            control("PUT", "/webhooks", json!({"aggregate_ms": aggregate_ms, "loss": loss}));
        }
        Step::Tell { status } => {
            for delivery in c.host.due(c.now_us) {
                c.host.answered(delivery.id, Some(*status).filter(|s| *s != 0), c.now_us);
            }
        }
        Step::Flush => drop(control("POST", "/webhooks/flush", Value::Null)),
        Step::Snapshot => drop(control("PUT", "/snapshots/one", Value::Null)),
        Step::Restore => drop(control("POST", "/snapshots/one/restore", Value::Null)),
        Step::Reset { all } => drop(control("POST", "/reset", json!({"all": all}))),
        Step::Garbage { method, path, body } => {
            let method = ["GET", "POST", "PUT", "PATCH"][*method];
            let path: String =
                path.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '/').collect();
            let seen = c.send(method, &format!("/_sim/{path}"), "", body);
            assert!([200, 400, 404, 405, 409].contains(&seen.status), "{}", seen.text);
        }
    }
}

fn picture(c: &mut Caller, token: &str) -> Vec<String> {
    let mut out = Vec::new();
    for path in
        ["clock", "companies", "journal", "limits", "app", "tokens", "webhooks", "snapshots"]
    {
        out.push(c.send("GET", &format!("/_sim/{path}"), "", "").text);
    }
    for realm in [FIRST, SECOND] {
        out.push(c.send("GET", &format!("/_sim/books?realm={realm}"), "", "").text);
    }
    out.push(c.send("POST", &format!("/v3/company/{FIRST}/invoice"), token, &invoice("7")).text);
    c.now_us += 60_000_000;
    out.push(format!("{:?}", c.host.due(c.now_us)));
    out
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn log_and_snapshot_say_it_all(steps in prop::collection::vec(step(), 1..40), cut in any::<prop::sample::Index>()) {
        let webhooks = WebhookRules {
            url: "http://127.0.0.1:9/hook".to_owned(),
            verifier: "v".to_owned(),
            latency_ms: 1,
            retry_seconds: vec![1, 5],
            ..WebhookRules::default()
        };
        let config = quickbooks_sim::HostConfig { webhooks: Some(webhooks), ..two_companies() };
        let log = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&log);
        let mut c = Caller::new(config.clone());
        c.host.set_log(Box::new(move |record| sink.lock().unwrap().extend_from_slice(record)));
        let mut tokens = Tokens::default();
        let cut = cut.index(steps.len());
        let mut saved = None;
        for (n, step) in steps.iter().enumerate() {
            if n == cut {
                saved = Some((c.host.save().unwrap(), log.lock().unwrap().len()));
            }
            go(&mut c, &mut tokens, step);
        }
        for company in c.host.companies().values() {
            prop_assert_eq!(company.trial_balance().values().sum::<i64>(), 0);
        }
        let log = log.lock().unwrap().clone();
        let now_us = c.now_us;
        let token = tokens.access[0].clone();
        let (host, good) = Host::replay(config.clone(), &log).unwrap();
        prop_assert_eq!(good, log.len());
        let mut again = Caller { host, now_us };
        let (bytes, at) = saved.unwrap();
        let mut host = Host::resume(config, &bytes).unwrap();
        prop_assert_eq!(host.catch_up(&log[at..]), Ok(log.len() - at));
        let mut resumed = Caller { host, now_us };

        // What is under way or waits is told again by the rebuilt ones; here nothing is.
        let in_flight = c.host.due(now_us);
        for delivery in &in_flight {
            c.host.answered(delivery.id, Some(200), now_us);
            for other in [&mut again, &mut resumed] {
                other.host.due(now_us);
                other.host.answered(delivery.id, Some(200), now_us);
            }
        }
        let live = picture(&mut c, &token);
        prop_assert_eq!(&picture(&mut again, &token), &live, "from the log");
        prop_assert_eq!(&picture(&mut resumed, &token), &live, "from snapshot and log");
    }
}
