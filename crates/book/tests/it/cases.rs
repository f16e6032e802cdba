//! The catalogue of accounting cases: every file in `tests/cases` under its rules.

use book::{Case, Rules};
use kernel::{FactBody, SourceName};
use std::fmt::Write;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases")
}

/// The name of every file of cases, with its rules and its text.
fn files() -> Vec<(String, Rules, String)> {
    let entries = std::fs::read_dir(folder()).expect("the folder of cases");
    let name = |entry: std::fs::DirEntry| entry.file_name().into_string().ok();
    let mut names: Vec<String> = entries
        .filter_map(|entry| name(entry.expect("an entry of the folder")))
        .filter_map(|name| Some(name.strip_suffix(".toml")?.to_owned()))
        .filter(|name| !name.contains('.'))
        .collect();
    names.sort();
    let read = |file: String| std::fs::read_to_string(folder().join(file));
    let open = |name: String| {
        let rules = read(format!("{name}.rules.toml"));
        let rules = rules.unwrap_or_else(|_| Rules::default_text().to_owned());
        let rules = Rules::parse(&rules).unwrap_or_else(|e| panic!("{name}: {e}"));
        let tests = read(format!("{name}.toml")).expect("the file was listed");
        (name, rules, tests)
    };
    names.into_iter().map(open).collect()
}

#[test]
fn every_case_gives_the_expected_debits_and_credits() {
    let mut count = 0;
    let mut failures = String::new();
    for (name, rules, tests) in files() {
        let report = rules.run_tests(&tests).unwrap_or_else(|e| panic!("{name}: {e}"));
        count += report.results.len();
        if !report.passed() {
            writeln!(failures, "{name}\n{report}").unwrap();
        }
    }
    assert!(failures.is_empty(), "{failures}");
    assert!(count > 100, "only {count} cases were found");
}

/// Twelve orders of the facts of every case, each with every fact told twice.
#[test]
fn facts_in_any_order_and_with_repeats_give_the_same_books() {
    let mut seed = 1_u64;
    let mut failures = String::new();
    for (name, rules, tests) in files() {
        for case in Case::read(&tests).unwrap_or_else(|e| panic!("{name}: {e}")) {
            let own = case.rules(&rules).unwrap_or_else(|e| panic!("{name}: {e}"));
            let mut told: Vec<_> = case.facts.iter().chain(&case.facts).cloned().collect();
            for _ in 0..12 {
                for i in (1..told.len()).rev() {
                    seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    told.swap(i, usize::try_from(seed >> 33).unwrap() % (i + 1));
                }
                let difference = case.difference(own.as_ref().unwrap_or(&rules), &told);
                if !difference.is_empty() {
                    writeln!(failures, "{name}: {}\n{difference}", case.name).unwrap();
                    break;
                }
            }
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

/// Where nobody names both by one id, what the order system and the processor tell of one refund are
/// two: the one that says only an amount is not booked beside the other.
#[test]
fn an_amount_given_back_is_not_booked_beside_the_same_amount_of_another_source() {
    const SALE: &str = "order 1001 2026-01-05 143.00\n  goods 143.00 Shirt\n\
                        capture stripe ch_1 143.00 2026-01-05\n";
    const BOOKED: &str = "sales_receipt 2026-01-05 143.00\n  Dr Stripe Clearing 143.00\n  \
                          Cr Sales 143.00\n";
    let itemised = |id: &str, amount: &str, day: &str| {
        format!(
            "refund {id} {amount} 2026-01-{day}\n  goods {amount} Shirt\n  to stripe {amount}\n"
        )
    };
    let amount = |id: &str, amount: &str, day: &str| {
        format!("refund {id} {amount} 2026-01-{day}\n  to stripe {amount}\n")
    };
    let booked = |amount: &str, day: &str| {
        format!(
            "refund_receipt 2026-01-{day} {amount}\n  Dr Sales Returns {amount}\n  \
             Cr Stripe Clearing {amount}\n"
        )
    };
    let held = |id: &str, amount: &str| {
        format!("hold AMT-005 {amount}\nheld refund/{id}/stripe AMT-005 -{amount}\n")
    };
    let rows = [
        // Told by one source they are two.
        (
            itemised("77", "50.00", "08") + &amount("78", "50.00", "08"),
            booked("50.00", "08") + &booked("50.00", "08"),
        ),
        (
            itemised("77", "50.00", "08") + &amount("re_1", "50.00", "08"),
            booked("50.00", "08") + &held("re_1", "50.00"),
        ),
        // Neither says what came back.
        (
            amount("77", "50.00", "08")
                + &amount("re_1", "50.00", "08").replace("-08\n", "-08 key=stripe/re_1/refund\n"),
            booked("50.00", "08") + &held("re_1", "50.00"),
        ),
        // More than half of the order: what is held has given nothing back.
        (
            itemised("77", "90.00", "08") + &amount("re_1", "90.00", "07"),
            booked("90.00", "08") + &held("re_1", "90.00"),
        ),
        (
            itemised("77", "50.00", "08") + &amount("re_1", "49.99", "08"),
            booked("50.00", "08") + &booked("49.99", "08"),
        ),
        // Two of each, and one more: the first of one is the first of the other.
        (
            itemised("77", "20.00", "08")
                + &amount("78", "20.00", "10")
                + &amount("re_1", "20.00", "08")
                + &amount("re_2", "20.00", "10")
                + &amount("re_3", "20.00", "11"),
            booked("20.00", "08")
                + &booked("20.00", "10")
                + &booked("20.00", "11")
                + &held("re_1", "20.00")
                + &held("re_2", "20.00"),
        ),
        // By the processor's own id it is another one.
        (
            itemised("77", "50.00", "08").replace("-08\n", "-08 key=stripe/re_9/refund\n")
                + &amount("re_1", "50.00", "08"),
            booked("50.00", "08") + &booked("50.00", "08"),
        ),
    ];
    let text = Rules::default_text();
    let text = text.replace("refund_unitemised = \"hold\"", "refund_unitemised = \"returns\"");
    let rules = Rules::parse(&text).unwrap();
    for (facts, expected) in rows {
        let text = format!(
            "[[test]]\nname = \"t\"\nfacts = \"\"\"\n{SALE}{facts}\"\"\"\n\
             expect = \"\"\"\n{BOOKED}{expected}\"\"\"\n"
        );
        let case = Case::read(&text).unwrap().remove(0);
        // Neither the order of what is told nor that of names decides.
        for processor in ["stripe:demo", "z:demo"] {
            let mut told = case.facts.clone();
            for fact in &mut told {
                if matches!(&fact.body, FactBody::RefundIssued(r) if r.refund_id.starts_with("re_"))
                {
                    fact.source = SourceName::new(processor);
                }
            }
            for _ in 0..2 {
                assert_eq!(case.difference(&rules, &told), "", "{facts}");
                told.reverse();
            }
        }
    }
}

/// Settings of a case stand over the rules of its file, table by table and rule by rule.
#[test]
fn settings_of_a_case_are_put_over_the_rules() {
    let rules = Rules::parse(Rules::default_text()).unwrap();
    let test = |settings: &str, account: &str| {
        format!(
            r#"
            [[test]]
            name = "t"
            settings = '''{settings}'''
            facts = "adjustment a1 -50.00 2026-01-12 bad debt"
            expect = """
            journal_entry 2026-01-12 50.00
              Dr {account} 50.00
              Cr Accounts Receivable (A/R) 50.00
            """
            "#
        )
    };
    let rule = r#"
        [[rule]]
        name = "first"
        when = 'adjustment.reason.contains("bad debt")'
        then = { role = "suspense" }
    "#
    .replace('\'', "\"")
    .replace("contains(\"bad debt\")", "contains(\\\"bad debt\\\")");
    for (settings, account) in [
        ("", "Bad Debt"),
        ("accounts.bad_debt = { name = \"Written Off\" }", "Written Off"),
        (rule.as_str(), "Suspense"),
    ] {
        let report = rules.run_tests(&test(settings, account)).unwrap();
        assert!(report.passed(), "{settings}: {report}");
    }
    let wrong = rules.run_tests(&test("posting.mood = 1", "Bad Debt")).unwrap_err();
    assert!(wrong.to_string().contains("settings of test \"t\""), "{wrong}");
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
