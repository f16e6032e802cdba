//! The catalogue of accounting cases (`crates/book/tests/cases`) through the whole: as signed
//! deliveries into the engine, by the connector into a simulated company, and back as a page that
//! an accountant can read.
//!
//! A case is judged by what the company holds in the end: the movements of its trial balance, the
//! objects it shows, and the exceptions that are open.

mod balance;
mod file;
mod house;
mod index;
mod objects;
mod page;
mod settings;
mod words;

pub use file::{CaseFile, read};
pub use index::{MISSING, missing};
pub use page::{PAGE, page};
pub use settings::{undecided, untried};

use anyhow::Result;
use book::{Case, PostingMode};
use house::{House, Telling};
use std::sync::Arc;

/// What became of one case.
#[derive(Debug)]
pub struct Outcome {
    /// What the company holds, one document per order.
    pub objects: String,
    /// What is wrong, in words.
    pub failures: Vec<String>,
    /// In words, that the case says something else about the objects; writing them sets that right.
    pub outdated: Option<String>,
}

/// Runs a case in every way that applies to it: as its rules say, all told at once; told in turn,
/// each posted before the next comes; the same from the last to the first; in daily summaries.
pub fn run(file: &CaseFile, case: &Case) -> Result<Outcome> {
    let own = case.rules(&file.rules)?;
    let rules = match own {
        Some(own) => Arc::new(own),
        None => Arc::clone(&file.rules),
    };
    let mut failures = Vec::new();
    let difference = case.difference(&rules, &case.facts);
    if !difference.is_empty() {
        failures.push(format!("facts to documents:\n{difference}"));
    }
    let told = House::build(case, &rules)?.tell(case, Telling::AtOnce)?;
    failures.extend(told.differences(case, &rules, "at once")?);
    for (telling, how) in
        [(Telling::InTurn, "in turn"), (Telling::Reversed, "in turn from the last")]
    {
        let other = House::build(case, &rules)?.tell(case, telling)?;
        failures.extend(other.differences(case, &rules, how)?);
    }
    if rules.mode() == PostingMode::PerOrder && case.not_summarised.is_empty() {
        let daily = rules.with("[posting]\nmode = \"daily_summary\"")?;
        let summed = House::build(case, &Arc::new(daily))?.tell(case, Telling::AtOnce)?;
        failures.extend(summed.differences(case, &rules, "in daily summaries")?);
    }
    let is_current = case.quickbooks.as_deref().map(str::trim) == Some(told.objects.trim());
    let outdated = (!is_current).then(|| {
        format!(
            "the objects in QuickBooks are others than `quickbooks` says; read them, then \
             `cargo xtask codegen` writes them:\n{}",
            told.objects
        )
    });
    Ok(Outcome { objects: told.objects, failures, outdated })
}
