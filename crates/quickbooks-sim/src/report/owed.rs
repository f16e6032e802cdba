//! What customers owe and what is owed to vendors: balances, open documents and their age. Each report
//! adds up to the receivable or payable accounts on its day.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use super::ledger::{Line, columns, due, natural_sign};
use super::moves::Tree;
use super::params::Params;
use super::table::{Cell, Column, Report, Row};
use crate::abroad;
use crate::books::Books;
use crate::clock::Date;
use crate::error::{Fault, Result};
use crate::kind::ListKind;
use crate::txn::claim::Side;
use crate::txn::{Detail, Txn};

pub(crate) const BALANCE_PARAMETERS: &[&str] =
    &["report_date", "date_macro", "accounting_method", "customer", "vendor"];
pub(crate) const DETAIL_PARAMETERS: &[&str] =
    &["report_date", "date_macro", "customer", "vendor", "columns"];
pub(crate) const AGING_PARAMETERS: &[&str] = &[
    "report_date",
    "date_macro",
    "customer",
    "vendor",
    "columns",
    "aging_period",
    "num_periods",
    "aging_method",
];

/// Words and signs of one side.
struct Words {
    list: ListKind,
    /// Parameter that narrows it, and type of the first column.
    parameter: &'static str,
    kind: &'static str,
    name_column: &'static str,
    /// Turns debits into what is owed.
    sign: i64,
}

const fn words(side: Side) -> Words {
    match side {
        Side::Receivable => Words {
            list: ListKind::Customer,
            parameter: "customer",
            kind: "Customer",
            name_column: "cust_name",
            sign: 1,
        },
        Side::Payable => Words {
            list: ListKind::Vendor,
            parameter: "vendor",
            kind: "Vendor",
            name_column: "vend_name",
            sign: -1,
        },
    }
}

/// What a transaction put on a control account for a name, and what of it is open.
struct Open<'o> {
    txn: &'o Txn,
    name: u32,
    account: u32,
    /// Cents, debit positive.
    amount: i64,
    /// Cents, positive for what is to be paid.
    open: i64,
}

/// Every transaction on the control accounts of a side, as of a day. A payment counts against a
/// document from the day on which both exist; until then both are open. Whatever is applied, the sum
/// is the balance of the control accounts.
fn open_documents<'b>(
    books: &'b Books,
    side: Side,
    day: Date,
    wanted: Option<&BTreeSet<u32>>,
) -> Vec<Open<'b>> {
    let sign = words(side).sign;
    let mut open: BTreeMap<u32, Open<'_>> = BTreeMap::new();
    let mut more = Vec::new();
    for txn in books.txns().filter(|t| t.date <= day) {
        for posting in &txn.postings {
            if books.side_of(posting.account) != Some(side) {
                continue;
            }
            let (name, account, amount) = (posting.name, posting.account, posting.amount);
            let entry = Open { txn, name, account, amount, open: sign * amount };
            match open.entry(txn.id) {
                Entry::Occupied(_) => more.push(entry),
                Entry::Vacant(free) => {
                    free.insert(entry);
                }
            }
        }
    }
    for payer in books.txns().filter(|t| t.date <= day) {
        for line in &payer.lines {
            let Detail::Applied { txn: target, .. } = line.detail else { continue };
            let Some(document) = open.get_mut(&target) else { continue };
            // The sign of the document says which way it is settled.
            let amount = abroad::applied_home(books, payer, line);
            let applied = amount * (sign * document.amount).signum();
            document.open -= applied;
            let account = document.account;
            let own = open.entry(payer.id).or_insert_with(|| Open {
                txn: payer,
                name: payer.name,
                account,
                amount: 0,
                open: 0,
            });
            own.open += applied;
        }
    }
    let mut all: Vec<Open<'_>> = open.into_values().chain(more).collect();
    all.retain(|o| wanted.is_none_or(|ids| ids.contains(&o.name)));
    all.sort_by_key(|o| (o.txn.date, o.txn.id));
    all
}

fn start(
    params: &Params<'_>,
    name: &'static str,
    side: Side,
) -> Result<(Report, Date, Option<BTreeSet<u32>>)> {
    let parameter = words(side).parameter;
    for other in ["customer", "vendor"] {
        if other != parameter && params.text(other).is_some() {
            let detail = format!("Property Name:{other} is unsupported or invalid");
            return Err(Fault::invalid_property(detail));
        }
    }
    let day = params.as_of()?;
    let report = Report {
        name,
        macro_name: params.text("date_macro").unwrap_or_default().to_ascii_lowercase(),
        start: Some(day),
        end: Some(day),
        customer: params.text("customer").unwrap_or_default(),
        options: vec![("report_date", day.text())],
        ..Report::default()
    };
    Ok((report, day, params.ids(parameter)?))
}

fn by_name<'o>(
    open: impl Iterator<Item = &'o Open<'o>>,
    columns: usize,
    column: impl Fn(&Open<'_>) -> usize,
) -> BTreeMap<u32, Vec<i64>> {
    let mut sums: BTreeMap<u32, Vec<i64>> = BTreeMap::new();
    for o in open {
        let row = sums.entry(o.name).or_insert_with(|| vec![0; columns]);
        if let Some(cell) = row.get_mut(column(o)) {
            *cell += o.open;
        }
    }
    sums
}

/// What is owed, name by name.
fn balance(books: &Books, params: &Params<'_>, name: &'static str, side: Side) -> Result<Report> {
    let (mut report, day, wanted) = start(params, name, side)?;
    super::statements::basis(books, params, day)?;
    let kind = words(side).kind;
    report.columns = vec![Column::new("", kind, ""), Column::new("Total", "Money", "")];
    let open = open_documents(books, side, day, wanted.as_ref());
    let sums = by_name(open.iter(), 1, |_| 0);
    let cells = |amounts: &[i64]| amounts.iter().map(|a| Cell::amount(*a)).collect();
    summary(books, side, &sums, &cells, &mut report);
    Ok(report)
}

/// Rows by name and the grand total.
fn summary(
    books: &Books,
    side: Side,
    sums: &BTreeMap<u32, Vec<i64>>,
    cells: &dyn Fn(&[i64]) -> Vec<Cell>,
    report: &mut Report,
) {
    let columns = sums.values().next().map_or(report.columns.len() - 1, Vec::len);
    let tree = Tree { books, kind: words(side).list, amounts: sums, columns, cells, typed: false };
    let (rows, totals) = tree.rows(|_| true);
    report.empty = rows.is_empty();
    report.rows = rows;
    let mut line = vec![Cell::text("TOTAL")];
    line.extend(totals.iter().map(|total| Cell::amount(*total)));
    if report.columns.len() > line.len() {
        line.push(Cell::amount(totals.iter().sum()));
    }
    report.rows.push(Row::total("GrandTotal", line));
}

/// The classes of age: their titles, and the class of a number of days past due.
struct Ages {
    days: i64,
    titles: Vec<String>,
}

impl Ages {
    fn read(params: &Params<'_>) -> Result<Self> {
        let days = params.number("aging_period", 30, 1..=365)?;
        let count = params.number("num_periods", 4, 1..=20)?;
        let mut titles = vec!["Current".to_owned()];
        for n in 0..count - 1 {
            titles.push(format!("{} - {}", n * days + 1, (n + 1) * days));
        }
        titles.push(format!("{} and over", (count - 1) * days + 1));
        Ok(Self { days, titles })
    }

    fn class(&self, past_due: i64) -> usize {
        if past_due <= 0 {
            return 0;
        }
        let class = usize::try_from((past_due - 1) / self.days + 1).unwrap_or(usize::MAX);
        class.min(self.titles.len() - 1)
    }
}

/// The day that age is counted to: the report's day, or today (`aging_method`).
fn aged_to(params: &Params<'_>, day: Date) -> Result<Date> {
    match params.text("aging_method").as_deref() {
        None | Some("Report_Date") => Ok(day),
        Some("Current") => Ok(params.calendar.today),
        Some(other) => Err(Fault::enumeration("aging_method", other)),
    }
}

/// What is owed, name by name and by days past due.
fn aged(books: &Books, params: &Params<'_>, name: &'static str, side: Side) -> Result<Report> {
    let (mut report, day, wanted) = start(params, name, side)?;
    let ages = Ages::read(params)?;
    let to = aged_to(params, day)?;
    report.columns = vec![Column::new("", words(side).kind, "")];
    for title in ages.titles.iter().map(String::as_str).chain(["Total"]) {
        report.columns.push(Column::new(title, "Money", ""));
    }
    let open = open_documents(books, side, day, wanted.as_ref());
    let sums = by_name(open.iter(), ages.titles.len(), |o| ages.class(to.0 - due(o.txn).0));
    let cells = |amounts: &[i64]| {
        let mut cells: Vec<Cell> = amounts.iter().map(|a| Cell::some_amount(*a)).collect();
        cells.push(Cell::amount(amounts.iter().sum()));
        cells
    };
    summary(books, side, &sums, &cells, &mut report);
    Ok(report)
}

/// Rows of open documents under a title, with the sum of what is open.
fn section(books: &Books, columns: &[Column], title: Cell, open: &[&Open<'_>]) -> (Row, i64) {
    let mut balance = 0;
    let rows = open
        .iter()
        .map(|o| {
            balance += o.open;
            let line = Line {
                books,
                txn: o.txn,
                account: o.account,
                name: o.name,
                amount: o.amount,
                balance,
                open: o.open,
            };
            Row::data(columns.iter().map(|column| line.cell(column.key)).collect())
        })
        .collect();
    let mut summary = totals(columns, &format!("Total for {}", title.value), balance);
    if let Some(amount) = columns.iter().position(|c| c.key == "subt_nat_amount")
        && let Some(cell) = summary.get_mut(amount)
    {
        let natural = |o: &&Open<'_>| natural_sign(books, o.account) * o.amount;
        *cell = Cell::amount(open.iter().map(natural).sum());
    }
    let mut header = vec![title];
    header.resize(columns.len(), Cell::default());
    (Row::Section { header, rows, summary, group: "" }, balance)
}

fn totals(columns: &[Column], title: &str, open: i64) -> Vec<Cell> {
    let mut cells: Vec<Cell> = columns
        .iter()
        .map(|c| if c.key == "nat_open_bal" { Cell::amount(open) } else { Cell::default() })
        .collect();
    if let Some(first) = cells.first_mut().filter(|cell| cell.value.is_empty()) {
        first.value = title.to_owned();
    }
    cells
}

/// Open documents under their names.
fn balance_detail(
    books: &Books,
    params: &Params<'_>,
    name: &'static str,
    side: Side,
) -> Result<Report> {
    let (mut report, day, wanted) = start(params, name, side)?;
    let default = "tx_date,txn_type,doc_num,due_date,subt_nat_amount,nat_open_bal,rbal_nat_amount";
    report.columns = columns(params, default)?;
    let open = open_documents(books, side, day, wanted.as_ref());
    let mut names: Vec<_> = books.all(words(side).list).collect();
    names.sort_by_cached_key(|n| (n.full.to_lowercase(), n.id));
    let groups = names.into_iter().map(|record| {
        let title = Cell::object(record.shown_full(), record.id);
        (title, open.iter().filter(|o| o.name == record.id && o.open != 0).collect())
    });
    sections(books, &mut report, groups.collect());
    Ok(report)
}

/// Open documents under their classes of age, the oldest first.
fn aged_detail(
    books: &Books,
    params: &Params<'_>,
    name: &'static str,
    side: Side,
) -> Result<Report> {
    let (mut report, day, wanted) = start(params, name, side)?;
    let ages = Ages::read(params)?;
    let to = aged_to(params, day)?;
    let default = format!(
        "tx_date,txn_type,doc_num,{},due_date,subt_nat_amount,nat_open_bal",
        words(side).name_column
    );
    report.columns = columns(params, &default)?;
    let open = open_documents(books, side, day, wanted.as_ref());
    let groups = ages.titles.iter().enumerate().rev().map(|(class, title)| {
        let title = match class {
            0 => title.clone(),
            _ => format!("{} days past due", title.replace("and over", "or more")),
        };
        let aged = |o: &&Open<'_>| o.open != 0 && ages.class(to.0 - due(o.txn).0) == class;
        (Cell::text(title), open.iter().filter(aged).collect())
    });
    sections(books, &mut report, groups.collect());
    Ok(report)
}

/// A section for each group that has documents, and the grand total.
fn sections(books: &Books, report: &mut Report, groups: Vec<(Cell, Vec<&Open<'_>>)>) {
    let mut total = 0;
    for (title, documents) in groups.into_iter().filter(|(_, documents)| !documents.is_empty()) {
        let (section, sum) = section(books, &report.columns, title, &documents);
        report.rows.push(section);
        total += sum;
    }
    report.empty = report.rows.is_empty();
    let line = totals(&report.columns, "TOTAL", total);
    report.rows.push(Row::total("GrandTotal", line));
}

/// The reports of both sides by their names.
macro_rules! reports {
    ($($maker:ident: $name:literal, $shape:ident, $side:ident;)+) => {
        $(pub(crate) fn $maker(books: &Books, params: &Params<'_>) -> Result<Report> {
            $shape(books, params, $name, Side::$side)
        })+
    };
}

reports! {
    customer_balance: "CustomerBalance", balance, Receivable;
    customer_balance_detail: "CustomerBalanceDetail", balance_detail, Receivable;
    aged_receivables: "AgedReceivables", aged, Receivable;
    aged_receivable_detail: "AgedReceivableDetail", aged_detail, Receivable;
    vendor_balance: "VendorBalance", balance, Payable;
    vendor_balance_detail: "VendorBalanceDetail", balance_detail, Payable;
    aged_payables: "AgedPayables", aged, Payable;
    aged_payable_detail: "AgedPayableDetail", aged_detail, Payable;
}
