//! A plan writes nothing, and says what the apply after it does.

use crate::support::{Folder, MAPPING, sales, text};
use std::path::Path;

#[test]
fn a_plan_shows_what_apply_then_does() {
    let folder = Folder::with_books("plan");
    let mapping = folder.write("mapping.toml", MAPPING.as_bytes());
    let file = folder.write("sales.csv", sales(60).as_bytes());
    let out = folder.run(&["import", &file, "--mapping", &mapping, "--no-apply"]);
    assert!(out.status.success(), "{}", text(&out));
    let (code, plan) = folder.json(&["plan"]);
    assert_eq!(code, 0, "{plan}");
    let debit: i64 = sum(&plan, "debit");
    assert_eq!(debit, sum(&plan, "credit"), "debits are credits");
    assert!(debit > 0);
    let (_, checked) = folder.json(&["statement", "--check-ledger"]);
    assert_eq!(checked["totals"][0]["posted"], 0, "nothing was written");
    assert_eq!(checked["totals"][0]["pending"], checked["totals"][0]["received"]);
    let (code, applied) = folder.json(&["apply"]);
    assert_eq!(code, 0, "{applied}");
    assert_eq!(applied["posted"], plan["writes"], "as many objects as planned");
    let screen = text(&folder.run(&["plan"]));
    assert!(screen.contains("Nothing to write"), "{screen}");
}

fn sum(plan: &serde_json::Value, side: &str) -> i64 {
    plan["accounts"].as_array().unwrap().iter().map(|a| a[side].as_i64().unwrap()).sum()
}

#[test]
fn rules_are_tested_and_faults_in_them_are_placed() {
    let folder = Folder::with_books("rules");
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/online-retail");
    let rules = examples.join("rules.toml");
    let tests = examples.join("rules-test.toml");
    let (rules, tests) = (rules.to_str().unwrap(), tests.to_str().unwrap());
    let (code, report) = folder.json(&["rules", "test", tests, "--rules", rules]);
    assert_eq!((code, &report["passed"]), (0, &true.into()), "{report}");
    let wrong = folder.write("wrong.toml", b"version = \"1\"\n\n[posting]\nmod = \"per_order\"\n");
    let out = folder.run(&["rules", "check", "--rules", &wrong]);
    assert_eq!(out.status.code(), Some(6));
    assert!(text(&out).contains("mode"), "{}", text(&out));
}
