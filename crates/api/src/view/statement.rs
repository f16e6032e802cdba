//! The tie-out statement.

use kernel::ReasonCode;
use matching::{Counts, Statement, StatementRow, Term};
use serde::Serialize;
use std::collections::BTreeMap;

/// The statement, optionally of one period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StatementView {
    /// True when no row has a difference.
    pub ties_out: bool,
    /// Sums per currency over all rows.
    pub totals: Vec<TotalView>,
    /// By period, currency and class.
    pub rows: Vec<RowView>,
}

/// Sums of one currency, minor units.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct TotalView {
    /// The currency.
    pub currency: String,
    /// What the sources say.
    pub received: i64,
    /// What the ledger says of it.
    pub posted: i64,
    /// Part of `posted` that was read back and found equal.
    pub verified: i64,
    /// On its way.
    pub pending: i64,
    /// Stopped.
    pub held: i64,
    /// Not for the books.
    pub excluded: i64,
    /// What nobody can explain.
    pub difference: i64,
    /// How many things stand behind the amounts.
    pub counts: Counts,
}

/// One row, minor units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RowView {
    /// `YYYY-MM`.
    pub period: String,
    /// The class of the amounts.
    pub class: String,
    /// The sums.
    #[serde(flatten)]
    pub sums: TotalView,
    /// `held` by reason.
    pub held_by: Vec<ReasonTerm>,
    /// `excluded` by reason.
    pub excluded_by: Vec<ReasonTerm>,
}

/// A part of an amount with its reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReasonTerm {
    /// The code.
    pub code: &'static str,
    /// Its readable name.
    pub slug: &'static str,
    /// How many.
    pub count: u64,
    /// Minor units.
    pub amount: i64,
}

impl StatementView {
    /// The view of `statement`, of one period only when given.
    pub fn of(statement: &Statement, period: Option<&str>) -> Self {
        let rows: Vec<&StatementRow> =
            statement.rows.iter().filter(|r| period.is_none_or(|p| r.period == p)).collect();
        let mut totals: BTreeMap<&str, TotalView> = BTreeMap::new();
        for row in &rows {
            totals.entry(row.currency.code()).or_default().add(row);
        }
        Self {
            ties_out: rows.iter().all(|r| r.difference == 0),
            totals: totals.into_values().collect(),
            rows: rows.into_iter().map(RowView::of).collect(),
        }
    }
}

impl TotalView {
    fn add(&mut self, row: &StatementRow) {
        row.currency.code().clone_into(&mut self.currency);
        let sum = |to: &mut i64, n: i64| *to = to.saturating_add(n);
        sum(&mut self.received, row.received);
        sum(&mut self.posted, row.posted);
        sum(&mut self.verified, row.verified);
        sum(&mut self.pending, row.pending);
        sum(&mut self.held, row.held);
        sum(&mut self.excluded, row.excluded);
        sum(&mut self.difference, row.difference);
        self.counts.received += row.counts.received;
        self.counts.posted += row.counts.posted;
        self.counts.verified += row.counts.verified;
        self.counts.pending += row.counts.pending;
        self.counts.held += row.counts.held;
        self.counts.excluded += row.counts.excluded;
    }
}

impl RowView {
    fn of(row: &StatementRow) -> Self {
        let mut sums = TotalView::default();
        sums.add(row);
        Self {
            period: row.period.clone(),
            class: row.class.clone(),
            sums,
            held_by: terms(&row.held_by),
            excluded_by: terms(&row.excluded_by),
        }
    }
}

fn terms(by: &BTreeMap<ReasonCode, Term>) -> Vec<ReasonTerm> {
    by.iter()
        .map(|(code, term)| ReasonTerm {
            code: code.code(),
            slug: code.slug(),
            count: term.count,
            amount: term.minor,
        })
        .collect()
}
