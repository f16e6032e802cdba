//! The demo on a small month.

use crate::support::{Folder, tieout};
use serde_json::Value;

fn run(args: &[&str]) -> (i32, Value) {
    let mut all = vec!["demo", "--once", "--json"];
    all.extend(args);
    let out = tieout(&all);
    let report = serde_json::from_slice(&out.stdout)
        .unwrap_or_else(|_| panic!("one object: {}", String::from_utf8_lossy(&out.stderr)));
    (out.status.code().unwrap(), report)
}

/// What does not depend on how the work was interleaved.
fn sums(report: &Value) -> Vec<(String, Value)> {
    let names = [
        "orders",
        "seed",
        "currency",
        "received",
        "posted",
        "verified",
        "pending",
        "held",
        "excluded",
        "difference",
        "duplicates",
        "strays",
        "missing",
        "documents",
        "documents_verified",
        "breaks",
        "deliveries",
        "deliveries_repeated",
        "deliveries_refused",
        "audit_facts",
        "failures",
    ];
    names.iter().map(|n| ((*n).to_owned(), report[*n].clone())).collect()
}

#[test]
fn every_promise_is_kept_and_a_seed_repeats_its_sums() {
    let (code, report) = run(&["--orders", "50"]);
    assert_eq!(code, 0, "{report}");
    let text: Vec<String> = sums(&report).iter().map(|(n, v)| format!("{n}: {v}")).collect();
    insta::assert_snapshot!("demo_of_50_orders", text.join("\n"));
    for name in ["calls", "metered_reads", "killed", "audit_entries"] {
        assert!(report[name].as_u64().is_some(), "{name} is a whole number");
    }
    assert!(report["seconds"].as_str().unwrap().contains('.'));
    let (_, again) = run(&["--orders", "50"]);
    assert_eq!(sums(&report), sums(&again));
    let (code, other) = run(&["--orders", "50", "--seed", "18446744073709551615"]);
    assert_eq!(code, 0, "{other}");
    assert_ne!(report["received"], other["received"]);
}

#[test]
fn workers_are_killed_in_the_middle_and_nothing_comes_of_it() {
    let (code, report) = run(&["--orders", "1000", "--seed", "3"]);
    assert_eq!(code, 0, "{report}");
    assert!(report["killed"].as_u64().unwrap() >= 3, "{report}");
    assert!(report["faults"].as_object().unwrap().len() >= 4, "{}", report["faults"]);
}

#[test]
fn the_books_of_a_demo_stay_where_they_were_asked_for_and_are_never_mixed() {
    let folder = Folder::new("demo");
    let data = folder.file("books");
    let (code, _) = run(&["--orders", "20", "--data", data.to_str().unwrap()]);
    assert_eq!(code, 0);
    let (code, status) = folder.json(&["status"]);
    assert_eq!(code, 0, "{status}");
    assert_eq!(status["ties_out"], true);
    let (code, verified) = folder.json(&["audit", "verify"]);
    assert_eq!((code, &verified["intact"]), (0, &Value::Bool(true)));
    let out = tieout(&["demo", "--once", "--orders", "5", "--data", data.to_str().unwrap()]);
    assert_eq!(out.status.code(), Some(6), "a second month is not put into the same books");
}
