//! Trial balance, profit and loss, balance sheet: sums by account, and what ties them together.

use std::collections::BTreeMap;

use super::moves::{self, Balances, Tree, account_type, closes};
use super::params::Params;
use super::period::{Range, Unit, fiscal_year_start, split};
use super::table::{Cell, Column, Report, Row};
use crate::books::Books;
use crate::clock::Date;
use crate::error::{Fault, Result};
use crate::kind::ListKind;
use crate::list::AccountType;

/// Parameters of all three.
pub(crate) const PARAMETERS: &[&str] =
    &["start_date", "end_date", "date_macro", "accounting_method", "summarize_column_by"];

/// Refuses a cash basis that differs from accrual: payments would have to be traced to income.
pub(crate) fn basis(books: &Books, params: &Params<'_>, end: Date) -> Result<&'static str> {
    if !params.cash()? {
        return Ok("Accrual");
    }
    if moves::all_cash(books, end) {
        return Ok("Cash");
    }
    Err(Fault::not_simulated("the cash basis of books with receivables or payables"))
}

/// A report about sums over a range.
fn start(books: &Books, params: &Params<'_>, name: &'static str) -> Result<(Report, Range)> {
    let (range, macro_name) = params.range()?;
    let report = Report {
        name,
        basis: basis(books, params, range.1)?,
        macro_name,
        start: Some(range.0),
        end: Some(range.1),
        ..Report::default()
    };
    Ok((report, range))
}

/// Debits and credits at the end of the range.
pub(crate) fn trial_balance(books: &Books, params: &Params<'_>) -> Result<Report> {
    let (mut report, range) = start(books, params, "TrialBalance")?;
    if params.unit()?.0.is_some() {
        return Err(Fault::not_simulated("a trial balance by period"));
    }
    report.summarize = "Total";
    report.columns = [("", "Account"), ("Debit", "Money"), ("Credit", "Money")]
        .map(|(title, kind)| Column::new(title, kind, ""))
        .into();
    let balances = moves::closed_balances(books, range.1, params.calendar.fiscal_month);
    let cells = |head: Cell, debit: i64, credit: i64| {
        vec![head, Cell::some_amount(debit.max(0)), Cell::some_amount(credit.max(0))]
    };
    let (mut debits, mut credits) = (0, 0);
    for account in books.all(ListKind::Account) {
        let balance = balances.get(&account.id).copied().unwrap_or(0);
        if balance == 0 {
            continue;
        }
        debits += balance.max(0);
        credits += (-balance).max(0);
        let head = Cell::object(account.shown_full(), account.id);
        report.rows.push(Row::Plain(cells(head, balance, -balance)));
    }
    report.empty = report.rows.is_empty();
    report.rows.push(Row::total("GrandTotal", cells(Cell::text("TOTAL"), debits, credits)));
    Ok(report)
}

/// One column of amounts per period, and a total behind several.
struct Periods {
    ranges: Vec<Range>,
    columns: Vec<Column>,
    /// Whether the last amount of a row is the sum of the others.
    totals: bool,
}

impl Periods {
    fn new(range: Range, unit: Option<Unit>, totals: bool) -> Self {
        let mut columns = vec![Column::new("", "Account", "account")];
        let Some(unit) = unit else {
            columns.push(Column::new("Total", "Money", "total"));
            return Self { ranges: vec![range], columns, totals: false };
        };
        let parts = split(range, unit);
        let ranges: Vec<Range> = parts.iter().map(|part| part.0).collect();
        for (range, title) in parts {
            columns.push(Column { period: Some(range), ..Column::new(title, "Money", "") });
        }
        if totals {
            columns.push(Column::new("Total", "Money", "total"));
        }
        Self { ranges, columns, totals }
    }

    /// Amounts by account in the sign that `sign` gives, one for each period.
    fn amounts(
        &self,
        sums: impl Fn(Range) -> Balances,
        sign: impl Fn(u32) -> i64,
    ) -> BTreeMap<u32, Vec<i64>> {
        let mut all: BTreeMap<u32, Vec<i64>> = BTreeMap::new();
        for (at, range) in self.ranges.iter().enumerate() {
            for (account, amount) in sums(*range) {
                let row = all.entry(account).or_insert_with(|| vec![0; self.ranges.len()]);
                if let Some(cell) = row.get_mut(at) {
                    *cell += sign(account) * amount;
                }
            }
        }
        all
    }

    fn cells(&self, amounts: &[i64], empty: bool) -> Vec<Cell> {
        let show = |amount: &i64| {
            if empty { Cell::some_amount(*amount) } else { Cell::amount(*amount) }
        };
        let mut cells: Vec<Cell> = amounts.iter().map(show).collect();
        if self.totals {
            cells.push(Cell::amount(amounts.iter().sum()));
        }
        cells
    }

    fn line(&self, title: &str, amounts: &[i64]) -> Vec<Cell> {
        let mut cells = vec![Cell::text(title)];
        cells.extend(self.cells(amounts, false));
        cells
    }

    /// A title with empty cells beside it.
    fn heading(&self, title: &str) -> Vec<Cell> {
        let mut cells = vec![Cell::text(title)];
        cells.resize(self.columns.len(), Cell::default());
        cells
    }

    /// A section of the accounts of some types, and its totals.
    fn section(
        &self,
        books: &Books,
        amounts: &BTreeMap<u32, Vec<i64>>,
        types: &[AccountType],
        title: &str,
        group: &'static str,
    ) -> (Row, Vec<i64>) {
        let cells = |amounts: &[i64]| self.cells(amounts, true);
        let columns = self.ranges.len();
        let tree =
            Tree { books, kind: ListKind::Account, amounts, columns, cells: &cells, typed: true };
        let (rows, totals) =
            tree.rows(|a| account_type(books, a.id).is_some_and(|kind| types.contains(&kind)));
        let total = format!("Total {title}");
        let summary =
            if rows.is_empty() { self.heading(&total) } else { self.line(&total, &totals) };
        (Row::Section { header: self.heading(title), rows, summary, group }, totals)
    }

    /// The same, but left out when it is empty.
    fn some_section(
        &self,
        books: &Books,
        amounts: &BTreeMap<u32, Vec<i64>>,
        of: (&[AccountType], &str, &'static str),
        into: &mut Vec<Row>,
    ) -> Vec<i64> {
        let (section, totals) = self.section(books, amounts, of.0, of.1, of.2);
        if matches!(&section, Row::Section { rows, .. } if !rows.is_empty()) {
            into.push(section);
        }
        totals
    }
}

fn add(a: &[i64], b: &[i64]) -> Vec<i64> {
    a.iter().zip(b).map(|(a, b)| a + b).collect()
}

fn less(a: &[i64], b: &[i64]) -> Vec<i64> {
    a.iter().zip(b).map(|(a, b)| a - b).collect()
}

/// Income less expense over the range.
pub(crate) fn profit_and_loss(books: &Books, params: &Params<'_>) -> Result<Report> {
    let (mut report, range) = start(books, params, "ProfitAndLoss")?;
    let (unit, summarize) = params.unit()?;
    let periods = Periods::new(range, unit, true);
    let amounts = periods.amounts(
        |(start, end)| {
            let mut sums = moves::sums(books, Some(start), end);
            sums.retain(|account, _| closes(books, *account));
            sums
        },
        |account| {
            let credit = account_type(books, account).is_some_and(AccountType::is_credit_normal);
            if credit { -1 } else { 1 }
        },
    );
    report.options = vec![("AccountingStandard", "GAAP".into())];
    report.summarize = summarize;
    report.empty = amounts.values().flatten().all(|amount| *amount == 0);
    use AccountType as T;
    let rows = &mut report.rows;
    let (income, earned) = periods.section(books, &amounts, &[T::Income], "Income", "Income");
    rows.push(income);
    let cogs = (&[T::CostOfGoodsSold][..], "Cost of Goods Sold", "COGS");
    let cost = periods.some_section(books, &amounts, cogs, rows);
    let gross = less(&earned, &cost);
    rows.push(Row::total("GrossProfit", periods.line("Gross Profit", &gross)));
    let (expenses, spent) = periods.section(books, &amounts, &[T::Expense], "Expenses", "Expenses");
    rows.push(expenses);
    let operating = less(&gross, &spent);
    rows.push(Row::total("NetOperatingIncome", periods.line("Net Operating Income", &operating)));
    let before = rows.len();
    let other_income = (&[T::OtherIncome][..], "Other Income", "OtherIncome");
    let other_income = periods.some_section(books, &amounts, other_income, rows);
    let other_expense = (&[T::OtherExpense][..], "Other Expenses", "OtherExpenses");
    let other_expense = periods.some_section(books, &amounts, other_expense, rows);
    let other = less(&other_income, &other_expense);
    if rows.len() > before {
        rows.push(Row::total("NetOtherIncome", periods.line("Net Other Income", &other)));
    }
    let net = add(&operating, &other);
    rows.push(Row::total("NetIncome", periods.line("Net Income", &net)));
    report.columns = periods.columns;
    Ok(report)
}

/// Assets, liabilities and equity at the end of the range, or of each of its periods.
pub(crate) fn balance_sheet(books: &Books, params: &Params<'_>) -> Result<Report> {
    let (mut report, range) = start(books, params, "BalanceSheet")?;
    let (unit, summarize) = params.unit()?;
    let periods = Periods::new(range, unit, false);
    let month = params.calendar.fiscal_month;
    let amounts = periods.amounts(
        |(_, end)| moves::closed_balances(books, end, month),
        |account| {
            let credit = account_type(books, account).is_some_and(AccountType::is_credit_normal);
            if credit { -1 } else { 1 }
        },
    );
    // What the year has earned so far: the balance of all accounts that will be closed.
    let net: Vec<i64> = periods
        .ranges
        .iter()
        .map(|(_, end)| {
            let sums = moves::sums(books, Some(fiscal_year_start(*end, month)), *end);
            -sums.iter().filter(|(id, _)| closes(books, **id)).map(|(_, sum)| sum).sum::<i64>()
        })
        .collect();
    report.options = vec![("AccountingStandard", "GAAP".into())];
    report.summarize = summarize;
    let assets = assets(books, &periods, &amounts);
    let funds = liabilities_and_equity(books, &periods, &amounts, &net);
    report.empty = amounts.values().flatten().all(|amount| *amount == 0);
    report.rows = vec![assets, funds];
    report.columns = periods.columns;
    Ok(report)
}

fn assets(books: &Books, periods: &Periods, amounts: &BTreeMap<u32, Vec<i64>>) -> Row {
    use AccountType as T;
    let mut current = Vec::new();
    let mut sum = vec![0; periods.ranges.len()];
    for of in [
        (&[T::Bank][..], "Bank Accounts", "BankAccounts"),
        (&[T::AccountsReceivable][..], "Accounts Receivable", "AR"),
        (&[T::OtherCurrentAsset][..], "Other Current Assets", "OtherCurrentAssets"),
    ] {
        sum = add(&sum, &periods.some_section(books, amounts, of, &mut current));
    }
    let mut rows = vec![group(periods, "Current Assets", "CurrentAssets", current, &sum)];
    for of in [
        (&[T::FixedAsset][..], "Fixed Assets", "FixedAssets"),
        (&[T::OtherAsset][..], "Other Assets", "OtherAssets"),
    ] {
        sum = add(&sum, &periods.some_section(books, amounts, of, &mut rows));
    }
    Row::Section {
        header: periods.heading("ASSETS"),
        rows,
        summary: periods.line("TOTAL ASSETS", &sum),
        group: "TotalAssets",
    }
}

fn liabilities_and_equity(
    books: &Books,
    periods: &Periods,
    amounts: &BTreeMap<u32, Vec<i64>>,
    net: &[i64],
) -> Row {
    use AccountType as T;
    let mut current = Vec::new();
    let mut owed = vec![0; periods.ranges.len()];
    for of in [
        (&[T::AccountsPayable][..], "Accounts Payable", "AP"),
        (&[T::CreditCard][..], "Credit Cards", "CreditCards"),
        (&[T::OtherCurrentLiability][..], "Other Current Liabilities", "OtherCurrentLiabilities"),
    ] {
        owed = add(&owed, &periods.some_section(books, amounts, of, &mut current));
    }
    let mut rows =
        vec![group(periods, "Current Liabilities", "CurrentLiabilities", current, &owed)];
    let long = (&[T::LongTermLiability][..], "Long-Term Liabilities", "LongTermLiabilities");
    owed = add(&owed, &periods.some_section(books, amounts, long, &mut rows));
    let liabilities = group(periods, "Liabilities", "Liabilities", rows, &owed);
    let (equity, own) = periods.section(books, amounts, &[T::Equity], "Equity", "Equity");
    let own = add(&own, net);
    let mut rows = if let Row::Section { rows, .. } = equity { rows } else { Vec::new() };
    rows.push(Row::Data { cells: periods.line("Net Income", net), group: "NetIncome" });
    let equity = group(periods, "Equity", "Equity", rows, &own);
    Row::Section {
        header: periods.heading("LIABILITIES AND EQUITY"),
        rows: vec![liabilities, equity],
        summary: periods.line("TOTAL LIABILITIES AND EQUITY", &add(&owed, &own)),
        group: "TotalLiabilitiesAndEquity",
    }
}

fn group(periods: &Periods, title: &str, group: &'static str, rows: Vec<Row>, sum: &[i64]) -> Row {
    Row::Section {
        header: periods.heading(title),
        rows,
        summary: periods.line(&format!("Total {title}"), sum),
        group,
    }
}
