//! Every case of the catalogue through the engine into a simulated company.

use sim::cases;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn the_company_holds_what_every_case_expects() {
    let mut failures = String::new();
    let mut count = 0;
    for file in cases::read(&root()).unwrap() {
        for case in &file.cases {
            count += 1;
            let failed = match cases::run(&file, case) {
                Ok(outcome) => outcome.failures,
                Err(e) => vec![format!("{e:#}")],
            };
            if !failed.is_empty() {
                let place = format!("{}.toml:{}", file.name, case.line);
                writeln!(failures, "{place} {}\n  {}", case.name, failed.join("\n  ")).unwrap();
            }
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
    assert!(count > 130, "only {count} cases were found");
}

#[test]
fn every_number_of_the_catalogue_is_a_case() {
    let files = cases::read(&root()).unwrap();
    let missing = cases::missing(&files);
    let unknown: Vec<_> = missing.iter().filter(|n| !cases::MISSING.contains(n)).collect();
    assert!(unknown.is_empty(), "numbers of the catalogue without a case: {unknown:?}");
}

#[test]
fn the_page_is_up_to_date() {
    let files = cases::read(&root()).unwrap();
    let page = cases::page(&root(), &files).unwrap();
    let written = std::fs::read_to_string(root().join(cases::PAGE)).unwrap_or_default();
    assert!(page == written, "{} is out of date: run `cargo xtask codegen`", cases::PAGE);
}
