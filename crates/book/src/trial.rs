//! Tests of rules: facts in, expected documents out, a diff an accountant can read.

mod case;
mod facts;
mod render;

use crate::rules::{Rules, RulesError};
pub use case::{Case, CaseLedger};
use std::fmt;

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

pub(crate) fn run(rules: &Rules, text: &str) -> Result<TestReport, RulesError> {
    let cases = Case::read(text)?;
    let results = cases.into_iter().map(|case| {
        let own = case.rules(rules)?;
        let difference = case.difference(own.as_ref().unwrap_or(rules), &case.facts);
        Ok(TestResult { name: case.name, difference })
    });
    Ok(TestReport { results: results.collect::<Result<_, _>>()? })
}
