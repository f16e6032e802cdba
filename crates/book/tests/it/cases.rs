//! The catalogue of accounting cases: every file in `tests/cases` under its rules.

use book::{Rules, TestReport};
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases")
}

fn run(name: &str) -> TestReport {
    let read = |file: String| std::fs::read_to_string(folder().join(file));
    let rules = read(format!("{name}.rules.toml"));
    let rules = rules.unwrap_or_else(|_| Rules::default_text().to_owned());
    let rules = Rules::parse(&rules).unwrap_or_else(|e| panic!("{name}: {e}"));
    let tests = read(format!("{name}.toml")).unwrap();
    rules.run_tests(&tests).unwrap_or_else(|e| panic!("{name}: {e}"))
}

#[test]
fn every_case_gives_the_expected_debits_and_credits() {
    let mut names: Vec<String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.ends_with(".rules.toml"))
        .map(|name| name.trim_end_matches(".toml").to_owned())
        .collect();
    names.sort();
    let mut count = 0;
    let mut failures = String::new();
    for name in names {
        let report = run(&name);
        count += report.results.len();
        if !report.passed() {
            failures.push_str(&format!("{name}\n{report}\n"));
        }
    }
    assert!(failures.is_empty(), "{failures}");
    assert!(count > 100, "only {count} cases were found");
}
