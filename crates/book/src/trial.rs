//! Tests of rules: facts in, expected documents out, a diff an accountant can read.

mod facts;
mod render;

use crate::desired::Context;
use crate::make::decide;
use crate::rules::{Rules, RulesError};
use crate::state::fold;
use facts::Given;
use kernel::{Currencies, Currency, Timestamp};
use serde::Deserialize;
use std::fmt;
use toml::Spanned;

/// The results of a rules test file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestReport {
    /// One per test, in the order of the file.
    pub results: Vec<TestResult>,
}

/// The result of one test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestResult {
    /// The name of the test.
    pub name: String,
    /// Empty when the test passed; else lines `- missing` and `+ unexpected`.
    pub difference: String,
}

impl TestReport {
    /// Whether there are tests and all passed.
    pub fn passed(&self) -> bool {
        !self.results.is_empty() && self.results.iter().all(|r| r.difference.is_empty())
    }
}

impl fmt::Display for TestReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for result in &self.results {
            let verdict = if result.difference.is_empty() { "ok  " } else { "FAIL" };
            writeln!(f, "{verdict} {}", result.name)?;
            for line in result.difference.lines() {
                writeln!(f, "     {line}")?;
            }
        }
        let failed = self.results.iter().filter(|r| !r.difference.is_empty()).count();
        write!(f, "{} of {} tests passed", self.results.len() - failed, self.results.len())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TestFile {
    #[serde(default)]
    test: Vec<TestText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TestText {
    name: String,
    facts: Spanned<String>,
    expect: String,
    #[serde(default = "usd")]
    currency: Currency,
    #[serde(default)]
    posted_elsewhere: bool,
    /// What the ledger's books are kept in; left out, everything is taken to be in it.
    #[serde(default)]
    home: Option<Currency>,
    /// The books hold other currencies too.
    #[serde(default)]
    multi_currency: bool,
}

impl TestText {
    fn currencies(&self) -> Currencies {
        match self.home {
            None => Currencies::Unknown,
            Some(home) if self.multi_currency => Currencies::Several(home),
            Some(home) => Currencies::Only(home),
        }
    }
}

const fn usd() -> Currency {
    Currency::USD
}

/// Facts of tests happen now: tests must not depend on the day on which they run.
const NOW: Timestamp = Timestamp::from_seconds(1_767_225_600);

pub(crate) fn run(rules: &Rules, text: &str) -> Result<TestReport, RulesError> {
    let file: TestFile = toml::from_str(text).map_err(|e| RulesError::from_toml(text, &e))?;
    let mut results = Vec::with_capacity(file.test.len());
    for test in file.test {
        let offset = test.facts.span().start;
        // The text of a multi-line string begins on the line after its quotes.
        let quotes = ["\"\"\"\n", "'''\n"];
        let below = usize::from(quotes.iter().any(|q| text[offset..].starts_with(q)));
        let first = crate::rules::line_of(text, offset) + below;
        let given =
            facts::read(test.facts.get_ref(), test.currency, NOW).map_err(|mut error| {
                error.line = error.line.map(|l| l + first);
                error.path = format!("test \"{}\"", test.name);
                error
            })?;
        let difference = render::difference(&test.expect, &outcome(rules, &given, &test));
        results.push(TestResult { name: test.name, difference });
    }
    Ok(TestReport { results })
}

/// Decides every subject of the test and, in summary mode, the summaries they contribute to.
fn outcome(rules: &Rules, given: &Given, test: &TestText) -> String {
    let cx = Context {
        now: NOW,
        closed_until: None,
        currencies: test.currencies(),
        credit_matches: &given.matches,
        posted_elsewhere: test.posted_elsewhere,
        contributions: &[],
    };
    let mut text = String::new();
    let mut contributions = Vec::new();
    for (subject, facts) in &given.subjects {
        let desired = decide(&fold(subject, facts), rules, &cx);
        render::desired(&desired, test.currency, &mut text);
        contributions.extend(desired.contributions);
    }
    let mut summaries: Vec<_> = contributions.iter().map(|c| c.summary.clone()).collect();
    summaries.sort();
    summaries.dedup();
    for summary in summaries {
        let shares: Vec<_> =
            contributions.iter().filter(|c| c.summary == summary).cloned().collect();
        let cx = Context { contributions: &shares, ..cx };
        render::desired(&decide(&fold(&summary, &[]), rules, &cx), test.currency, &mut text);
    }
    text
}
