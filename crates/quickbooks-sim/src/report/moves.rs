//! What moved on the accounts: sums by day, the closing of fiscal years, and trees of names.

use std::collections::{BTreeMap, BTreeSet};

use super::period::fiscal_year_start;
use super::table::{Cell, Row};
use crate::books::Books;
use crate::clock::Date;
use crate::kind::ListKind;
use crate::list::{AccountType, Facts, Record};

/// Cents by account, debit positive.
pub(crate) type Balances = BTreeMap<u32, i64>;

/// Sums of postings dated within a range; no start: from the beginning.
pub(crate) fn sums(books: &Books, start: Option<Date>, end: Date) -> Balances {
    let mut sums = Balances::new();
    for txn in books.txns().filter(|t| t.date <= end && start.is_none_or(|s| t.date >= s)) {
        for posting in &txn.postings {
            *sums.entry(posting.account).or_default() += posting.amount;
        }
    }
    sums
}

/// The type of an account.
pub(crate) fn account_type(books: &Books, id: u32) -> Option<AccountType> {
    match books.list(ListKind::Account, id).map(|a| &a.facts) {
        Some(Facts::Account { kind, .. }) => Some(*kind),
        _ => None,
    }
}

/// Whether an account's balance is closed into retained earnings at the end of each fiscal year.
pub(crate) fn closes(books: &Books, id: u32) -> bool {
    account_type(books, id).is_some_and(|kind| !kind.is_balance_sheet())
}

/// The account that takes up the income of past years.
pub(crate) fn retained_earnings(books: &Books) -> u32 {
    books
        .all(ListKind::Account)
        .find(|a| {
            matches!(&a.facts, Facts::Account { subtype, .. } if &**subtype == "RetainedEarnings")
        })
        .map_or(0, |a| a.id)
}

/// Balances at the end of a day as the company shows them: income and expense since the start of the
/// fiscal year of that day, what was earned before in retained earnings.
pub(crate) fn closed_balances(books: &Books, end: Date, fiscal_month: i64) -> Balances {
    let mut balances = sums(books, None, end);
    let before = fiscal_year_start(end, fiscal_month).plus(-1);
    let mut earned = 0;
    for (account, amount) in sums(books, None, before) {
        if closes(books, account) {
            *balances.entry(account).or_default() -= amount;
            earned += amount;
        }
    }
    *balances.entry(retained_earnings(books)).or_default() += earned;
    balances
}

/// Whether nothing up to a day went over receivables or payables: then cash and accrual are the same.
pub(crate) fn all_cash(books: &Books, end: Date) -> bool {
    let control: BTreeSet<u32> = books
        .all(ListKind::Account)
        .filter(|a| {
            matches!(
                account_type(books, a.id),
                Some(AccountType::AccountsReceivable | AccountType::AccountsPayable)
            )
        })
        .map(|a| a.id)
        .collect();
    let touches = |t: &crate::txn::Txn| t.postings.iter().any(|p| control.contains(&p.account));
    !books.txns().any(|t| t.date <= end && touches(t))
}

/// Rows of list objects under their parents; the amounts of each column by object id. An object with
/// others below it is a section with its own amounts in the header and a total in the summary. What
/// is zero everywhere is left out.
pub(crate) struct Tree<'t> {
    pub books: &'t Books,
    pub kind: ListKind,
    pub amounts: &'t BTreeMap<u32, Vec<i64>>,
    pub columns: usize,
    /// How amounts are shown.
    pub cells: &'t dyn Fn(&[i64]) -> Vec<Cell>,
    /// Whether rows say that they are data.
    pub typed: bool,
}

impl Tree<'_> {
    /// Rows of those `wanted`, and their totals.
    pub(crate) fn rows(&self, wanted: impl Fn(&Record) -> bool) -> (Vec<Row>, Vec<i64>) {
        let mut members: Vec<&Record> = self.books.all(self.kind).filter(|r| wanted(r)).collect();
        members.sort_by_cached_key(|r| (r.name.to_lowercase(), r.id));
        let ids: BTreeSet<u32> = members.iter().map(|r| r.id).collect();
        let roots: Vec<&Record> =
            members.iter().filter(|r| !ids.contains(&r.parent)).copied().collect();
        let mut totals = vec![0; self.columns];
        let mut rows = Vec::new();
        for root in roots {
            rows.extend(self.branch(root, &members, &mut totals));
        }
        (rows, totals)
    }

    fn branch(&self, record: &Record, members: &[&Record], totals: &mut [i64]) -> Option<Row> {
        let zero = vec![0; self.columns];
        let own = self.amounts.get(&record.id).unwrap_or(&zero);
        let mut sum = own.clone();
        let children: Vec<Row> = members
            .iter()
            .filter(|child| child.parent == record.id)
            .filter_map(|child| self.branch(child, members, &mut sum))
            .collect();
        for (total, amount) in totals.iter_mut().zip(&sum) {
            *total += amount;
        }
        let name = record.shown(&record.name).into_owned();
        let row = |head: Cell, amounts: &[i64]| {
            let mut cells = vec![head];
            cells.extend((self.cells)(amounts));
            cells
        };
        let head = Cell::object(name.clone(), record.id);
        if !children.is_empty() {
            return Some(Row::Section {
                header: row(head, own),
                rows: children,
                summary: row(Cell::text(format!("Total {name}")), &sum),
                group: "",
            });
        }
        if own.iter().all(|amount| *amount == 0) {
            return None;
        }
        let cells = row(head, own);
        Some(if self.typed { Row::data(cells) } else { Row::Plain(cells) })
    }
}
