//! Every fault has its effect, on the wire and in the books.

use http::Method;

use crate::support::{Company, START_US, company, company_of, invoice, key, request};
use quickbooks_sim::{Carried, Config, FaultKind, Faults};

/// A create under one fault: how it travelled, and how many invoices there are.
fn under(kind: FaultKind) -> (Carried, usize) {
    let faults = Faults {
        schedule: vec![(1, kind)],
        late_us: 125_000_000,
        base_us: 80_000,
        ..Faults::default()
    };
    let mut c = company_of(Config { faults, ..Config::default() });
    let req = request(Method::POST, "invoice", &c.token, &invoice("5"));
    let carried = c.sim.call(&req, START_US);
    let count = c.sim.transactions().count();
    (carried, count)
}

#[track_caller]
fn reply(carried: Carried) -> (u16, i64, String) {
    match carried {
        Carried::Reply { after_us, response } => (
            response.status().as_u16(),
            after_us,
            String::from_utf8(response.body().to_vec()).unwrap(),
        ),
        other => panic!("{other:?}"),
    }
}

#[test]
fn requests_that_never_come_back() {
    fact!(
        "Faults",
        "all",
        Documented,
        "§7",
        "no answer: refused, lost before the commit, lost after it"
    );
    let (carried, count) = under(FaultKind::Refused);
    assert!(matches!(carried, Carried::NotSent) && count == 0);
    let (carried, count) = under(FaultKind::LostBefore);
    assert!(matches!(carried, Carried::Lost) && count == 0);
    let (carried, count) = under(FaultKind::LostAfter);
    assert!(matches!(carried, Carried::Lost) && count == 1, "committed");
}

#[test]
fn a_request_that_is_held_up_is_handled_after_its_connection_broke() {
    fact!(
        "Faults",
        "all",
        Documented,
        "§7",
        "the connection breaks, and the server handles the request up to 120 seconds after it was sent"
    );
    let faults = Faults {
        schedule: vec![(1, FaultKind::HeldUp), (2, FaultKind::HeldUp)],
        held_us: 120_000_000,
        base_us: 80_000,
        ..Faults::default()
    };
    let mut c = company_of(Config { faults, ..Config::default() });
    for number in ["5", "6"] {
        let req = request(Method::POST, "invoice", &c.token, &invoice(number));
        let carried = c.sim.call(&req, START_US);
        assert!(matches!(carried, Carried::Broken { after_us: 80_000 }), "{carried:?}");
    }
    c.sim.arrive(START_US);
    assert_eq!(c.sim.transactions().count(), 0, "they are under way");
    // The next call comes after all that was sent long before it.
    let req = request(Method::GET, "preferences", &c.token, "");
    c.sim.call(&req, START_US + 120_000_000);
    assert_eq!(c.sim.transactions().count(), 2);
}

#[test]
fn what_was_held_up_comes_before_what_a_person_does_later() {
    let faults = Faults {
        schedule: vec![(1, FaultKind::HeldUp)],
        held_us: 120_000_000,
        base_us: 80_000,
        ..Faults::default()
    };
    let config = Config { faults, request_id_seconds: Some(300), ..Config::default() };
    let mut c = company_of(config);
    let create =
        |number: &str| request(Method::POST, "invoice?requestid=held", &c.token, &invoice(number));
    let (first, again) = (create("5"), create("5"));
    assert!(matches!(c.sim.call(&first, START_US), Carried::Broken { .. }));
    let at_once = c.sim.call(&again, START_US + 1_000_000);
    assert!(matches!(at_once, Carried::Reply { .. }), "{at_once:?}");
    // By now the ledger would remember the request no more; but it came long ago.
    let prefs = c.sim.prefs().clone();
    c.sim.set_prefs(prefs, START_US + 400_000_000);
    c.sim.arrive(START_US + 400_000_000);
    assert_eq!(c.sim.transactions().count(), 1);
}

#[test]
fn answers_that_come_late_or_in_part() {
    fact!(
        "Faults",
        "all",
        Documented,
        "§7",
        "ended by the server after 120 seconds, or cut off: the answer of a write that happened"
    );
    let (carried, count) = under(FaultKind::Late);
    let (status, after_us, _) = reply(carried);
    assert_eq!((status, after_us, count), (504, 120_000_000, 1));
    let (carried, count) = under(FaultKind::Cut);
    let Carried::Cut { after_us, partial, status } = carried else { panic!("{carried:?}") };
    assert_eq!((status.as_u16(), after_us, count), (200, 80_000, 1));
    assert!(serde_json::from_slice::<serde_json::Value>(&partial).is_err(), "{partial:?}");
}

#[test]
fn answers_of_the_gateway() {
    fact!(
        "Faults",
        "all",
        Recorded,
        "§7",
        "401, 429, 5xx before and after the commit, junk, and a fault in a 200"
    );
    fact!(
        "Faults",
        "all",
        Recorded,
        "§9",
        "Unexpected Internal Error (-30003) while the object was made"
    );
    for (kind, status, words, committed) in [
        (FaultKind::Garbage, 200, "<html>", 1),
        (FaultKind::Unauthorized, 401, r#""fault":{"error":"#, 0),
        (FaultKind::Throttled, 429, "errorCode=003001", 0),
        (FaultKind::ServerErrorBefore, 503, "<html>", 0),
        (FaultKind::OkFault, 200, r#""Fault":{"Error":"#, 0),
        (FaultKind::AmbiguousFault, 400, "(-30003)", 1),
        (FaultKind::SilentNoop, 200, r#""Invoice":{"#, 1),
    ] {
        let (carried, count) = under(kind);
        let (got, _, text) = reply(carried);
        assert_eq!((got, count), (status, committed), "{kind:?} {text}");
        assert!(text.contains(words), "{kind:?} {text}");
    }
    let (carried, count) = under(FaultKind::ServerErrorAfter);
    let (status, _, _) = reply(carried);
    assert!(matches!(status, 500 | 504) && count == 1, "{status}");
}

#[test]
fn a_silent_no_op_answers_with_the_object_as_it_was() {
    fact!("Faults", "all", Recorded, "§7", "a 200 of an update that was not applied");
    let mut c = company();
    let i = c.save("Invoice", &invoice("5"));
    let faults = Faults { schedule: vec![(1, FaultKind::SilentNoop)], ..Faults::default() };
    c.sim.set_faults(faults);
    let body = format!(r#"{},"sparse":true,"PrivateNote":"lost"}}"#, key(&i));
    let req = request(Method::POST, "invoice", &c.token, &body);
    let (status, _, text) = reply(c.sim.call(&req, c.now_us));
    assert_eq!(status, 200);
    assert!(text.contains(r#""SyncToken":"0""#) && !text.contains("lost"), "{text}");
    let (_, _, text) = reply(c.sim.call(&req, c.now_us));
    assert!(text.contains(r#""SyncToken":"1""#), "{text}");
}

#[test]
fn a_silent_no_op_takes_only_the_changes_out_of_a_batch() {
    let mut c = company();
    let (edited, voided, deleted) = (
        c.save("Invoice", &invoice("5")),
        c.save("Invoice", &invoice("6")),
        c.save("Invoice", &invoice("7")),
    );
    let faults = Faults { silent_noop: 1_000, ..Faults::default() };
    c.sim.set_faults(faults);
    let items = format!(
        r#"{{"bId":"1","operation":"update","Invoice":{},"sparse":true,"PrivateNote":"lost"}}}},
           {{"bId":"2","operation":"update","optionsData":"void","Invoice":{}}}}},
           {{"bId":"3","operation":"delete","Invoice":{}}}}}"#,
        key(&edited),
        key(&voided),
        key(&deleted),
    );
    let create = format!(r#"{{"bId":"4","operation":"create","Invoice":{}}}"#, invoice("8"));
    for (body, others) in [
        (format!(r#"{{"BatchItemRequest":[{items}]}}"#), 0),
        (format!(r#"{{"BatchItemRequest":[{items},{create}]}}"#), 1),
    ] {
        let req = request(Method::POST, "batch", &c.token, &body);
        let (status, _, text) = reply(c.sim.call(&req, c.now_us));
        assert_eq!(status, 200, "{text}");
        let answer: serde_json::Value = serde_json::from_str(&text).unwrap();
        let items = answer["BatchItemResponse"].as_array().unwrap();
        assert_eq!(items.len(), 3 + others);
        for total in ["5.00", "6.00", "7.00"] {
            assert!(text.contains(&format!(r#""TotalAmt":{total}"#)), "{total} in {text}");
        }
        for item in items {
            let invoice = &item["Invoice"];
            assert_eq!(invoice["SyncToken"], "0", "{item}");
            assert_eq!(invoice["status"], serde_json::Value::Null, "{item}");
        }
    }
    assert_eq!(c.sim.transactions().filter(|t| !t.voided).count(), 4);
}

fn outcomes(seed: u64, faults: &Faults, calls: u32) -> Vec<String> {
    let mut c: Company = company_of(Config { seed, faults: faults.clone(), ..Config::default() });
    let req = request(Method::GET, "preferences", &c.token, "");
    (0..i64::from(calls))
        .map(|n| match c.sim.call(&req, START_US + n * 1_000_000) {
            Carried::NotSent => "refused".to_owned(),
            Carried::Lost => "lost".to_owned(),
            Carried::Reply { after_us, response } => format!("{} {after_us}", response.status()),
            Carried::Broken { .. } => "broken".to_owned(),
            Carried::Cut { partial, .. } => format!("cut {}", partial.len()),
        })
        .collect()
}

#[test]
fn rates_are_drawn_from_the_seed() {
    let faults = Faults {
        refused: 100,
        lost_before: 100,
        cut: 100,
        server_error: 100,
        jitter_us: 1_000,
        ..Faults::default()
    };
    let one = outcomes(7, &faults, 1_000);
    assert_eq!(one, outcomes(7, &faults, 1_000));
    assert_ne!(one, outcomes(8, &faults, 1_000));
    let count = |words: &str| one.iter().filter(|o| o.starts_with(words)).count();
    for words in ["refused", "lost", "cut", "50"] {
        assert!((60..=140).contains(&count(words)), "{words} {}", count(words));
    }
    assert!(outcomes(7, &Faults::default(), 50).iter().all(|o| o.starts_with("200")));
}

#[test]
fn kinds_are_drawn_for_themselves_and_none_hides_another() {
    let fifth = 200;
    let faults = Faults {
        refused: fifth,
        lost_before: fifth,
        lost_after: fifth,
        held_up: fifth,
        late: fifth,
        cut: fifth,
        garbage: fifth,
        unauthorized: fifth,
        throttled: fifth,
        server_error: fifth,
        ok_fault: fifth,
        ambiguous: fifth,
        silent_noop: fifth,
        ..Faults::default()
    };
    let calls = 6_000;
    let mut c = company_of(Config { seed: 7, faults, ..Config::default() });
    let req = request(Method::GET, "preferences", &c.token, "");
    for n in 0..calls {
        c.sim.call(&req, START_US + n * 1_000_000);
    }
    let drawn = c.sim.faults_drawn();
    let met: u64 = drawn.values().sum();
    // 0.8^13 of the calls meet none.
    let alone = u64::try_from(calls).unwrap() - met;
    assert!((260..=400).contains(&alone), "{alone} of {calls} calls met no fault");
    let halves = [FaultKind::ServerErrorBefore, FaultKind::ServerErrorAfter];
    for (kind, n) in drawn {
        let share = if halves.contains(kind) { met / 26 } else { met / 13 };
        assert!((share * 3 / 4..=share * 5 / 4).contains(n), "{kind:?} {n} of {met}");
    }
    assert_eq!(drawn.len(), 14);
}
