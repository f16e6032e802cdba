//! Every case of the catalogue through the engine into a simulated company.

use sim::cases;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Everything that is wrong with a case, also with what it says about the objects.
fn all_of(outcome: cases::Outcome) -> Vec<String> {
    outcome.failures.into_iter().chain(outcome.outdated).collect()
}

/// Runs every other case, beginning with the `first`: two tests share the work.
fn judge(first: usize) {
    let files = cases::read(&root()).unwrap();
    let all = files.iter().flat_map(|f| f.cases.iter().map(move |c| (f, c)));
    let mut failures = String::new();
    let mut count = 0;
    for (file, case) in all.skip(first).step_by(2) {
        count += 1;
        let failed = match cases::run(file, case) {
            Ok(outcome) => all_of(outcome),
            Err(e) => vec![format!("{e:#}")],
        };
        if !failed.is_empty() {
            let place = format!("{}.toml:{}", file.name, case.line);
            writeln!(failures, "{place} {}\n  {}", case.name, failed.join("\n  ")).unwrap();
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
    assert!(count > 60, "only {count} cases were found");
}

#[test]
fn the_company_holds_what_cases_expect() {
    judge(0);
}

#[test]
fn the_company_holds_what_the_other_cases_expect() {
    judge(1);
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

#[test]
fn every_case_says_why_and_has_a_name_of_its_own() {
    let files = cases::read(&root()).unwrap();
    let all = || files.iter().flat_map(|f| &f.cases);
    let silent: Vec<_> = all().filter(|c| c.why.is_empty()).map(|c| &c.name).collect();
    assert!(silent.is_empty(), "cases that do not say why: {silent:#?}");
    let mut names: Vec<_> = all().map(|c| c.name.to_lowercase()).collect();
    names.sort();
    let twice: Vec<_> = names.windows(2).filter(|w| w[0] == w[1]).map(|w| &w[0]).collect();
    assert!(twice.is_empty(), "names that are used twice: {twice:#?}");
}

/// Whatever a case expects and the company does not hold is told, for every way it was told.
#[test]
fn a_wrong_expectation_is_found_in_every_run() {
    let files = cases::read(&root()).unwrap();
    let file = files.iter().find(|f| f.name == "sale").unwrap();
    let right = file.cases.iter().find(|c| c.name.starts_with("1 ")).unwrap();
    assert_eq!(all_of(cases::run(file, right).unwrap()), Vec::<String>::new());
    let ways = ["at once", "in turn", "in turn from the last", "in daily summaries"];
    let failures = |change: &dyn Fn(&mut book::Case)| {
        let mut wrong = right.clone();
        change(&mut wrong);
        all_of(cases::run(file, &wrong).unwrap())
    };
    let found = failures(&|c| c.ledger.balance = Some("Dr Stripe Clearing 143.01".to_owned()));
    for way in ways {
        let line = format!("{way}: stripe clearing: expected 143.01, the company has 143.00");
        assert!(found.contains(&line), "{found:#?}");
        assert!(found.contains(&format!("{way}: sales: expected 0.00, the company has -120.00")));
    }
    let found = failures(&|c| c.ledger.raises = vec!["PAY-003 1.00".to_owned()]);
    for way in ways {
        assert!(found.contains(&format!("{way}: expected and not open: PAY-003 1.00 USD")));
    }
    // A capture of another amount becomes an invoice, and a person is told.
    let found = failures(&|c| {
        for fact in &mut c.facts {
            if let kernel::FactBody::PaymentCaptured(p) = &mut fact.body {
                p.amount_minor += 1;
            }
        }
    });
    assert!(found.iter().any(|f| f.starts_with("facts to documents:")), "{found:#?}");
    assert!(found.iter().any(|f| f.starts_with("the objects in QuickBooks are others")));
    let found = failures(&|c| c.ledger.forged = true);
    assert!(found.iter().any(|f| f.contains("expected 143.00, the company has 0.00")));
    let found = failures(&|c| c.quickbooks = None);
    assert_eq!(found.len(), 1, "{found:#?}");
}

/// Where accountants may differ there is a setting, and each of its values decides some case.
#[test]
fn both_ways_of_every_setting_are_cases() {
    let files = cases::read(&root()).unwrap();
    let untried = cases::untried().unwrap();
    assert!(untried.is_empty(), "settings that `sim::cases` does not try: {untried:#?}");
    let undecided = cases::undecided(&files).unwrap();
    assert!(undecided.is_empty(), "no case depends on these values: {undecided:#?}");
}
