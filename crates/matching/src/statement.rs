//! The tie-out statement: where every cent of a period went.
//!
//! `received = posted + pending + held + excluded`, and what is left is the difference. It is
//! computed from both sides: received from the source, posted from the ledger.

use kernel::{Currency, ReasonCode};
use serde::Serialize;
use std::collections::BTreeMap;

/// One thing that a source told, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementInput {
    /// Accounting period, `YYYY-MM`.
    pub period: String,
    /// Currency of both amounts.
    pub currency: Currency,
    /// Class of the statement line, e.g. `sales`, `refunds`, `fees`.
    pub class: String,
    /// What the source says, minor units, signed.
    pub source_minor: i64,
    /// What became of it.
    pub outcome: StatementOutcome,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatementOutcome {
    /// It stands in the ledger.
    Posted {
        /// What the ledger says, minor units, signed.
        ledger_minor: i64,
        /// Read back from the ledger and found equal.
        verified: bool,
    },
    /// On its way, nothing is wrong.
    Pending,
    /// Stopped; somebody must act.
    Held(ReasonCode),
    /// Understood, and not for the books.
    Excluded(ReasonCode),
}

/// A sum with the number of things in it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Term {
    /// How many.
    pub count: u64,
    /// Sum, minor units.
    pub minor: i64,
}

/// How many things stand behind each term of a row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// All.
    pub received: u64,
    /// In the ledger.
    pub posted: u64,
    /// In the ledger and read back; part of `posted`.
    pub verified: u64,
    /// On their way.
    pub pending: u64,
    /// Stopped.
    pub held: u64,
    /// Not for the books.
    pub excluded: u64,
}

/// One period, currency and class. Amounts in minor units, signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StatementRow {
    /// Accounting period, `YYYY-MM`.
    pub period: String,
    /// Currency.
    pub currency: Currency,
    /// Class.
    pub class: String,
    /// What the sources say.
    pub received: i64,
    /// What the ledger says of the things posted.
    pub posted: i64,
    /// The part of `posted` that was read back and found equal.
    pub verified: i64,
    /// On its way.
    pub pending: i64,
    /// Stopped, all reasons.
    pub held: i64,
    /// Not for the books, all reasons.
    pub excluded: i64,
    /// `held` by reason.
    pub held_by: BTreeMap<ReasonCode, Term>,
    /// `excluded` by reason.
    pub excluded_by: BTreeMap<ReasonCode, Term>,
    /// received − posted − pending − held − excluded: what nobody can explain.
    pub difference: i64,
    /// How many things stand behind the amounts.
    pub counts: Counts,
}

/// The statement: rows by period, currency and class.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Statement {
    /// Sorted rows; none is left out, also when everything in it is zero.
    pub rows: Vec<StatementRow>,
}

impl Statement {
    /// Whether every row explains every minor unit. An empty statement proves nothing: look at
    /// the counts too.
    pub fn ties_out(&self) -> bool {
        self.rows.iter().all(|r| r.difference == 0)
    }

    /// The rows that do not tie out.
    pub fn breaks(&self) -> impl Iterator<Item = &StatementRow> {
        self.rows.iter().filter(|r| r.difference != 0)
    }
}

/// A sum of the statement does not fit in 64 bits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{class} of {period} in {currency} exceed 64-bit minor units; correct the source")]
pub struct Overflow {
    /// Period.
    pub period: String,
    /// Currency.
    pub currency: Currency,
    /// Class.
    pub class: String,
}

/// Adds up the statement. The order of the inputs does not matter.
pub fn statement(inputs: impl IntoIterator<Item = StatementInput>) -> Result<Statement, Overflow> {
    let mut rows: BTreeMap<(String, Currency, String), Sums> = BTreeMap::new();
    for input in inputs {
        let key = (input.period, input.currency, input.class);
        rows.entry(key).or_default().add(input.source_minor, input.outcome);
    }
    let rows = rows.into_iter().map(|((period, currency, class), sums)| {
        let row = sums.row(&period, currency, &class);
        row.ok_or(Overflow { period, currency, class })
    });
    Ok(Statement { rows: rows.collect::<Result<_, _>>()? })
}

/// Sums wide enough for any number of 64-bit amounts, so that the order of adding cannot decide
/// whether they fit.
#[derive(Default)]
struct Sums {
    received: i128,
    posted: i128,
    verified: i128,
    pending: i128,
    held: BTreeMap<ReasonCode, (u64, i128)>,
    excluded: BTreeMap<ReasonCode, (u64, i128)>,
    counts: Counts,
}

impl Sums {
    fn add(&mut self, source_minor: i64, outcome: StatementOutcome) {
        let source = i128::from(source_minor);
        self.received += source;
        self.counts.received += 1;
        let by = |terms: &mut BTreeMap<ReasonCode, (u64, i128)>, code| {
            let term = terms.entry(code).or_default();
            *term = (term.0 + 1, term.1 + source);
        };
        match outcome {
            StatementOutcome::Posted { ledger_minor, verified } => {
                let ledger = i128::from(ledger_minor);
                self.posted += ledger;
                self.counts.posted += 1;
                if verified {
                    self.verified += ledger;
                    self.counts.verified += 1;
                }
            }
            StatementOutcome::Pending => {
                self.pending += source;
                self.counts.pending += 1;
            }
            StatementOutcome::Held(code) => {
                by(&mut self.held, code);
                self.counts.held += 1;
            }
            StatementOutcome::Excluded(code) => {
                by(&mut self.excluded, code);
                self.counts.excluded += 1;
            }
        }
    }

    /// `None` when a sum does not fit in 64 bits.
    fn row(&self, period: &str, currency: Currency, class: &str) -> Option<StatementRow> {
        let fit = |sum: i128| i64::try_from(sum).ok();
        let total = |terms: &BTreeMap<ReasonCode, (u64, i128)>| terms.values().map(|t| t.1).sum();
        let terms = |from: &BTreeMap<ReasonCode, (u64, i128)>| {
            let term = |(code, t): (&ReasonCode, &(u64, i128))| {
                Some((*code, Term { count: t.0, minor: fit(t.1)? }))
            };
            from.iter().map(term).collect::<Option<BTreeMap<_, _>>>()
        };
        let (held, excluded): (i128, i128) = (total(&self.held), total(&self.excluded));
        let difference = self.received - self.posted - self.pending - held - excluded;
        Some(StatementRow {
            period: period.to_owned(),
            currency,
            class: class.to_owned(),
            received: fit(self.received)?,
            posted: fit(self.posted)?,
            verified: fit(self.verified)?,
            pending: fit(self.pending)?,
            held: fit(held)?,
            excluded: fit(excluded)?,
            held_by: terms(&self.held)?,
            excluded_by: terms(&self.excluded)?,
            difference: fit(difference)?,
            counts: self.counts,
        })
    }
}
