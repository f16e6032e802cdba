//! The catalogue of accounting cases: every file in `tests/cases` under its rules.

use book::{Rules, TestReport};
use std::fmt::Write;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases")
}

fn run(name: &str) -> TestReport {
    let read = |file: String| std::fs::read_to_string(folder().join(file));
    let rules = read(format!("{name}.rules.toml"));
    let rules = rules.unwrap_or_else(|_| Rules::default_text().to_owned());
    let rules = Rules::parse(&rules).unwrap_or_else(|e| panic!("{name}: {e}"));
    let tests = read(format!("{name}.toml")).expect("the file was listed");
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
            writeln!(failures, "{name}\n{report}").unwrap();
        }
    }
    assert!(failures.is_empty(), "{failures}");
    assert!(count > 100, "only {count} cases were found");
}

/// A case that expects something wrong must fail, and say what in the words of the case.
#[test]
fn a_wrong_expectation_gives_a_readable_difference() {
    let rules = Rules::parse(Rules::default_text()).unwrap();
    let report = rules
        .run_tests(
            r#"
            [[test]]
            name = "wrong account, wrong amount, missing document"
            facts = """
            order 1001 2026-01-05 55.00
              goods 50.00 Shirt
              tax 5.00 State
            capture stripe ch_1 55.00 2026-01-05
            """
            expect = """
            sales_receipt 2026-01-05 55.00
              Dr PayPal Clearing 55.00
              Cr Sales 50.00
              Cr Sales Tax Collected 5.00
            expense 2026-01-05 1.00
              Dr Payment Processing Fees 1.00
              Cr Stripe Clearing 1.00
            """
            "#,
        )
        .unwrap();
    assert!(!report.passed());
    let expected = "\
FAIL wrong account, wrong amount, missing document
       sales_receipt 2026-01-05 55.00
     -   Dr PayPal Clearing 55.00
     +   Dr Stripe Clearing 55.00
     - expense 2026-01-05 1.00
     -   Cr Stripe Clearing 1.00
     -   Dr Payment Processing Fees 1.00
0 of 1 tests passed";
    assert_eq!(report.to_string(), expected);
}

#[test]
fn a_mistake_in_a_test_names_test_and_line() {
    let rules = Rules::parse(Rules::default_text()).unwrap();
    let wrong = |facts: &str| {
        let text =
            format!("[[test]]\nname = \"t\"\nexpect = \"\"\nfacts = \"\"\"\n{facts}\n\"\"\"\n");
        rules.run_tests(&text).unwrap_err().to_string()
    };
    let cases = [
        ("ordr 1 2026-01-05 1.00", "line 5, test \"t\": `ordr` is no fact"),
        ("order 1 2026-13-05 1.00", "line 5, test \"t\": `2026-13-05` is not a valid date"),
        ("order 1 2026-01-05 1.001", "line 5, test \"t\": 1.001 has more decimals"),
        ("order 1 2026-01-05 1.00\n  gods 1.00", "line 6, test \"t\": `gods` is no kind of line"),
        ("order 1 2026-01-05 1.00\n  goods 1.00 color=red", "line 6, test \"t\": option `color`"),
        ("capture stripe ch_1 1.00", "line 5, test \"t\": a date is missing"),
    ];
    for (facts, message) in cases {
        let error = wrong(facts);
        assert!(error.starts_with(message), "{facts}: {error}");
    }
}
