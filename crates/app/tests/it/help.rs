//! What people read first.

use crate::support::{text, tieout};
use std::fmt::Write as _;

#[test]
fn every_command_explains_itself() {
    let pages: [&[&str]; 29] = [
        &["--help"],
        &["init", "--help"],
        &["demo", "--help"],
        &["connect", "--help"],
        &["disconnect", "--help"],
        &["serve", "--help"],
        &["import", "--help"],
        &["backfill", "--help"],
        &["completeness", "--help"],
        &["plan", "--help"],
        &["apply", "--help"],
        &["status", "--help"],
        &["explain", "--help"],
        &["exceptions", "--help"],
        &["exceptions", "list", "--help"],
        &["exceptions", "retry", "--help"],
        &["exceptions", "resolve", "--help"],
        &["statement", "--help"],
        &["rules", "test", "--help"],
        &["audit", "verify", "--help"],
        &["doctor", "--help"],
        &["key", "list", "--help"],
        &["key", "rotate", "--help"],
        &["period", "show", "--help"],
        &["period", "close", "--help"],
        &["period", "open", "--help"],
        &["quickbooks-sim", "--help"],
        &["completions", "--help"],
        &["exit-codes"],
    ];
    let mut all = String::new();
    for page in pages {
        let out = tieout(page);
        assert!(out.status.success(), "{page:?}");
        let _ = write!(all, "$ tieout {}\n{}\n", page.join(" "), text(&out));
    }
    insta::assert_snapshot!("help", all);
}

#[test]
fn a_reason_code_has_a_page_and_a_list() {
    let page = text(&tieout(&["reason", "per-001"]));
    assert!(page.contains("## What to do"), "{page}");
    let list = text(&tieout(&["reason"]));
    assert!(list.contains("PER-001") && list.contains("AMT-001"), "{list}");
    assert_eq!(tieout(&["reason", "XYZ-999"]).status.code(), Some(2));
}

#[test]
fn completions_are_made_for_every_shell() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = text(&tieout(&["completions", shell]));
        assert!(script.contains("tieout") && script.contains("exceptions"), "{shell}");
    }
}

#[test]
fn what_is_missing_is_named_with_a_way_out() {
    for (args, code, words) in [
        (&["status", "--data", "/nowhere"][..], 6, "run `tieout init`"),
        (&["explain"][..], 2, "required"),
        (&["sttus"][..], 2, "status"),
        (&["import", "x.csv", "--mapping", "no.toml"][..], 6, "no.toml cannot be read"),
    ] {
        let out = tieout(args);
        assert_eq!(out.status.code(), Some(code), "{args:?} {}", text(&out));
        assert!(text(&out).contains(words), "{args:?} {}", text(&out));
    }
}
