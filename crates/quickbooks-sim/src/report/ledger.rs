//! General ledger and transaction list: one row for each posting, or for each transaction.

use std::collections::BTreeMap;

use super::moves::{self, account_type, closes};
use super::params::Params;
use super::period::{Range, fiscal_year_start};
use super::statements::basis;
use super::table::{Cell, Column, Report, Row};
use crate::books::Books;
use crate::error::{Fault, Result};
use crate::kind::{ListKind, TxnKind};
use crate::ledger::Posting;
use crate::list::{AccountType, Record};
use crate::schema;
use crate::txn::Txn;

/// Key, title and type of every column; those of a default report are named there.
const COLUMNS: &[(&str, &str, &str)] = &[
    ("tx_date", "Date", "Date"),
    ("txn_type", "Transaction Type", "String"),
    ("doc_num", "Num", "String"),
    ("is_no_post", "Posting", "Boolean"),
    ("is_adj", "Adj", "Boolean"),
    ("name", "Name", "String"),
    ("cust_name", "Customer", "String"),
    ("vend_name", "Vendor", "String"),
    ("emp_name", "Employee", "String"),
    ("memo", "Memo/Description", "String"),
    ("account_name", "Account", "String"),
    ("split_acc", "Split", "String"),
    ("other_account", "Split", "String"),
    ("create_date", "Create Date", "Date"),
    ("last_mod_date", "Last Modified", "Date"),
    ("due_date", "Due Date", "Date"),
    ("debt_amt", "Debit", "Money"),
    ("credit_amt", "Credit", "Money"),
    ("nat_open_bal", "Open Balance", "Money"),
    ("subt_nat_amount", "Amount", "Money"),
    ("rbal_nat_amount", "Balance", "Money"),
];
/// Columns of the API that are not computed here.
const NOT_SIMULATED: &[&str] = &[
    "chk_print_state",
    "create_by",
    "last_mod_by",
    "inv_date",
    "is_ap_paid",
    "is_ar_paid",
    "is_cleared",
    "item_name",
    "quantity",
    "rate",
    "net_amount",
    "tax_amount",
    "tax_code",
    "account_num",
    "klass_name",
    "dept_name",
    "pmt_mthd",
    "printed",
    "term_name",
    "tracking_num",
    "ship_via",
    "olb_status",
    "extra_doc_num",
];

pub(crate) const LEDGER_PARAMETERS: &[&str] = &[
    "start_date",
    "end_date",
    "date_macro",
    "accounting_method",
    "columns",
    "account",
    "customer",
    "vendor",
    "sort_by",
];
pub(crate) const LIST_PARAMETERS: &[&str] = &[
    "start_date",
    "end_date",
    "date_macro",
    "columns",
    "customer",
    "vendor",
    "transaction_type",
    "docnum",
    "sort_by",
];

/// The columns asked for, else the default ones.
pub(crate) fn columns(params: &Params<'_>, default: &str) -> Result<Vec<Column>> {
    let asked = params.text("columns");
    asked
        .as_deref()
        .unwrap_or(default)
        .split(',')
        .map(|key| {
            let found = COLUMNS.iter().find(|column| column.0 == key.trim());
            match found {
                Some((key, title, kind)) => Ok(Column::new(*title, kind, key)),
                None if NOT_SIMULATED.contains(&key.trim()) => {
                    Err(Fault::not_simulated(&format!("the report column {key}")))
                }
                None => Err(Fault::enumeration("columns", key)),
            }
        })
        .collect()
}

/// What a report calls a transaction.
pub(crate) fn type_name(txn: &Txn) -> String {
    match txn.kind {
        TxnKind::RefundReceipt => "Refund".into(),
        TxnKind::Purchase => {
            let kind = schema::txn(TxnKind::Purchase).extra(&txn.extras, "PaymentType");
            match (kind, txn.credit) {
                (Some("\"CreditCard\""), true) => "Credit Card Credit",
                (Some("\"Check\""), _) => "Check",
                _ => "Expense",
            }
            .into()
        }
        kind => {
            let mut words = String::new();
            for c in kind.name().chars() {
                if c.is_ascii_uppercase() && !words.is_empty() {
                    words.push(' ');
                }
                words.push(c);
            }
            words
        }
    }
}

/// A transaction as rows show it, seen from one account.
pub(crate) struct Line<'l> {
    pub books: &'l Books,
    pub txn: &'l Txn,
    pub account: u32,
    pub name: u32,
    /// Cents, debit positive.
    pub amount: i64,
    /// Cents, in the natural sign of the account.
    pub balance: i64,
    /// Cents still open.
    pub open: i64,
}

impl Line<'_> {
    fn natural(&self) -> i64 {
        natural_sign(self.books, self.account) * self.amount
    }

    fn account_cell(&self, id: u32) -> Cell {
        let record = self.books.list(ListKind::Account, id);
        record.map_or_else(Cell::default, |r| Cell::object(r.shown_full(), id))
    }

    fn name_cell(&self, wanted: impl Fn(ListKind) -> bool) -> Cell {
        let kind = self.books.name_kind(self.name).filter(|kind| wanted(*kind));
        kind.and_then(|kind| self.books.list(kind, self.name))
            .map_or_else(Cell::default, |r| Cell::object(r.shown_full(), self.name))
    }

    /// The account on the other side, or the word for several.
    fn split(&self) -> Cell {
        let mut others: Vec<u32> =
            self.txn.postings.iter().map(|p| p.account).filter(|a| *a != self.account).collect();
        others.sort_unstable();
        others.dedup();
        match others[..] {
            [] => Cell::default(),
            [one] => self.account_cell(one),
            _ => Cell::text("-Split-"),
        }
    }

    pub(crate) fn cell(&self, key: &str) -> Cell {
        let txn = self.txn;
        let stamp = |utc: i64| {
            let mut text = String::new();
            crate::clock::write_stamp(&mut text, utc);
            Cell::text(text)
        };
        match key {
            "tx_date" => Cell::text(txn.date.text()),
            "txn_type" => Cell::object(type_name(txn), txn.id),
            "doc_num" => Cell::text(&*txn.doc),
            "is_no_post" => Cell::text(if txn.postings.is_empty() { "No" } else { "Yes" }),
            "is_adj" => {
                let adjustment = schema::txn(txn.kind).extra(&txn.extras, "Adjustment");
                Cell::text(if adjustment == Some("true") { "Yes" } else { "No" })
            }
            "name" => self.name_cell(|_| true),
            "cust_name" => self.name_cell(|kind| kind == ListKind::Customer),
            "vend_name" => self.name_cell(|kind| kind == ListKind::Vendor),
            "emp_name" => self.name_cell(|kind| kind == ListKind::Employee),
            "memo" => Cell::text(&*txn.note),
            "account_name" => self.account_cell(self.account),
            "split_acc" | "other_account" => self.split(),
            "create_date" => stamp(txn.created),
            "last_mod_date" => stamp(txn.updated),
            "due_date" => Cell::text(due(txn).text()),
            "debt_amt" => Cell::some_amount(self.amount.max(0)),
            "credit_amt" => Cell::some_amount((-self.amount).max(0)),
            "nat_open_bal" => Cell::amount(self.open),
            "subt_nat_amount" => Cell::amount(self.natural()),
            "rbal_nat_amount" => Cell::amount(self.balance),
            _ => Cell::default(),
        }
    }
}

/// When a transaction falls due: its own date where it has no due date.
pub(crate) fn due(txn: &Txn) -> crate::clock::Date {
    if txn.due.0 == 0 { txn.date } else { txn.due }
}

/// 1 or -1, so that an account's usual balance is positive.
pub(crate) fn natural_sign(books: &Books, account: u32) -> i64 {
    if account_type(books, account).is_some_and(AccountType::is_credit_normal) { -1 } else { 1 }
}

/// Every posting under its account, with the balance before and after.
pub(crate) fn general_ledger(books: &Books, params: &Params<'_>) -> Result<Report> {
    let (range, macro_name) = params.range()?;
    let default = "tx_date,txn_type,doc_num,name,memo,split_acc,subt_nat_amount,rbal_nat_amount";
    let mut report = Report {
        name: "GeneralLedger",
        basis: basis(books, params, range.1)?,
        macro_name,
        start: Some(range.0),
        end: Some(range.1),
        customer: params.text("customer").unwrap_or_default(),
        columns: columns(params, default)?,
        ..Report::default()
    };
    let wanted = params.ids("account")?;
    let ledger = Ledger {
        books,
        columns: &report.columns,
        before: before(books, range, params.calendar.fiscal_month),
        lines: lines(books, params, range)?,
        sort: sorting(params, &report.columns)?,
    };
    let mut accounts: Vec<&Record> = books
        .all(ListKind::Account)
        .filter(|a| wanted.as_ref().is_none_or(|ids| ids.contains(&a.id)))
        .collect();
    accounts.sort_by_cached_key(|a| (a.full.to_lowercase(), a.id));
    let mut rows = Vec::new();
    for account in &accounts {
        let nested = accounts.iter().any(|other| other.id == account.parent);
        if !nested {
            rows.extend(ledger.account(account, &accounts));
        }
    }
    report.empty = rows.is_empty();
    report.rows = rows;
    Ok(report)
}

/// Balances before the range as the company shows them on its first day: past years' income is in
/// retained earnings by then, and income accounts start the range at zero.
fn before(books: &Books, range: Range, fiscal_month: i64) -> BTreeMap<u32, i64> {
    let mut balances = moves::sums(books, None, range.0.plus(-1));
    let year = fiscal_year_start(range.0, fiscal_month);
    let earned: i64 = moves::sums(books, None, year.plus(-1))
        .iter()
        .filter(|(account, _)| closes(books, **account))
        .map(|(_, amount)| amount)
        .sum();
    balances.retain(|account, _| !closes(books, *account));
    *balances.entry(moves::retained_earnings(books)).or_default() += earned;
    balances
}

/// The postings of the range under their accounts, for the names asked for.
fn lines<'b>(
    books: &'b Books,
    params: &Params<'_>,
    range: Range,
) -> Result<BTreeMap<u32, Vec<(&'b Txn, Posting)>>> {
    let names = names(params)?;
    let mut lines: BTreeMap<u32, Vec<(&Txn, Posting)>> = BTreeMap::new();
    for txn in books.txns().filter(|t| t.date >= range.0 && t.date <= range.1) {
        for posting in &txn.postings {
            let name = if posting.name == 0 { txn.name } else { posting.name };
            if names.as_ref().is_none_or(|ids| ids.contains(&name)) {
                let posting = Posting { name, ..*posting };
                lines.entry(posting.account).or_default().push((txn, posting));
            }
        }
    }
    for lines in lines.values_mut() {
        lines.sort_by_key(|(txn, _)| (txn.date, txn.id));
    }
    Ok(lines)
}

/// Customers and vendors asked for.
fn names(params: &Params<'_>) -> Result<Option<std::collections::BTreeSet<u32>>> {
    let (customers, vendors) = (params.ids("customer")?, params.ids("vendor")?);
    Ok(match (customers, vendors) {
        (None, None) => None,
        (a, b) => Some(a.into_iter().chain(b).flatten().collect()),
    })
}

/// Position and direction of the column rows are sorted by; none keeps them by date.
pub(crate) type Sorting = (Option<usize>, bool);

fn sorting(params: &Params<'_>, columns: &[Column]) -> Result<Sorting> {
    let down = params.descending()?;
    match params.text("sort_by") {
        None => Ok((None, down)),
        Some(key) => match columns.iter().position(|c| c.key == key) {
            Some(at) => Ok((Some(at), down)),
            None => Err(Fault::enumeration("sort_by", &key)),
        },
    }
}

fn sort(rows: &mut [Vec<Cell>], columns: &[Column], sorting: Sorting) {
    let (at, down) = sorting;
    if let Some(at) = at {
        let money = columns.get(at).is_some_and(|c| c.kind == "Money");
        rows.sort_by_cached_key(|cells| {
            let text = cells.get(at).map_or("", |c| c.value.as_str());
            let amount = if money { crate::money::parse_cents(text).unwrap_or(0) } else { 0 };
            (amount, if money { String::new() } else { text.to_lowercase() })
        });
    }
    if down {
        rows.reverse();
    }
}

struct Ledger<'l> {
    books: &'l Books,
    columns: &'l [Column],
    before: BTreeMap<u32, i64>,
    lines: BTreeMap<u32, Vec<(&'l Txn, Posting)>>,
    sort: Sorting,
}

impl Ledger<'_> {
    /// The sections of an account and of those below it; none when nothing happened.
    fn account(&self, account: &Record, all: &[&Record]) -> Vec<Row> {
        let below: Vec<Row> = all
            .iter()
            .filter(|child| child.parent == account.id)
            .flat_map(|child| self.account(child, all))
            .collect();
        let sign = natural_sign(self.books, account.id);
        let opening = sign * self.before.get(&account.id).copied().unwrap_or(0);
        let none = Vec::new();
        let lines = self.lines.get(&account.id).unwrap_or(&none);
        if lines.is_empty() && opening == 0 && below.is_empty() {
            return Vec::new();
        }
        let mut balance = opening;
        let mut moved = 0;
        let mut rows: Vec<Vec<Cell>> = Vec::with_capacity(lines.len());
        for (txn, posting) in lines {
            balance += sign * posting.amount;
            moved += sign * posting.amount;
            let line = Line {
                books: self.books,
                txn,
                account: account.id,
                name: posting.name,
                amount: posting.amount,
                balance,
                open: self.books.home_balance(txn),
            };
            rows.push(self.columns.iter().map(|column| line.cell(column.key)).collect());
        }
        sort(&mut rows, self.columns, self.sort);
        let mut rows: Vec<Row> = rows.into_iter().map(Row::data).collect();
        if !closes(self.books, account.id) {
            let cells = self.sums("Beginning Balance", "rbal_nat_amount", opening);
            rows.insert(0, Row::data(cells));
        }
        rows.extend(below.iter().cloned());
        let name = account.shown(&account.name);
        let mut header = vec![Cell::object(name.clone(), account.id)];
        header.resize(self.columns.len(), Cell::default());
        let section = Row::Section {
            header,
            rows,
            summary: self.sums(&format!("Total for {name}"), "subt_nat_amount", moved),
            group: "",
        };
        let mut sections = vec![section];
        if !below.is_empty() {
            let total = moved + self.moved_below(account, all);
            let title = format!("Total for {name} with sub-accounts");
            sections.push(Row::total("", self.sums(&title, "subt_nat_amount", total)));
        }
        sections
    }

    fn moved_below(&self, account: &Record, all: &[&Record]) -> i64 {
        all.iter()
            .filter(|child| child.parent == account.id)
            .map(|child| {
                let sign = natural_sign(self.books, child.id);
                let lines = self.lines.get(&child.id).into_iter().flatten();
                let own: i64 = lines.map(|(_, posting)| sign * posting.amount).sum();
                own + self.moved_below(child, all)
            })
            .sum()
    }

    /// A title, and an amount under one column.
    fn sums(&self, title: &str, key: &str, amount: i64) -> Vec<Cell> {
        let mut cells: Vec<Cell> = self
            .columns
            .iter()
            .map(|c| if c.key == key { Cell::amount(amount) } else { Cell::default() })
            .collect();
        if let Some(first) = cells.first_mut().filter(|cell| cell.value.is_empty()) {
            first.value = title.to_owned();
        }
        cells
    }
}

/// One row for each transaction of the range.
pub(crate) fn transaction_list(books: &Books, params: &Params<'_>) -> Result<Report> {
    let (range, macro_name) = params.range()?;
    let default =
        "tx_date,txn_type,doc_num,is_no_post,name,memo,account_name,other_account,subt_nat_amount";
    let mut report = Report {
        name: "TransactionList",
        macro_name,
        start: Some(range.0),
        end: Some(range.1),
        customer: params.text("customer").unwrap_or_default(),
        columns: columns(params, default)?,
        ..Report::default()
    };
    let names = names(params)?;
    let kind = params.text("transaction_type");
    let number = params.text("docnum");
    let mut txns: Vec<&Txn> = books
        .txns()
        .filter(|t| t.date >= range.0 && t.date <= range.1)
        .filter(|t| names.as_ref().is_none_or(|ids| ids.contains(&t.name)))
        .filter(|t| {
            kind.as_deref().is_none_or(|kind| {
                kind.eq_ignore_ascii_case(t.kind.name())
                    || kind.eq_ignore_ascii_case(&type_name(t).replace(' ', ""))
            })
        })
        .filter(|t| number.as_deref().is_none_or(|n| n.eq_ignore_ascii_case(&t.doc)))
        .collect();
    txns.sort_by_key(|t| (t.date, t.id));
    let mut rows: Vec<Vec<Cell>> = txns
        .iter()
        .map(|txn| {
            let main = txn
                .postings
                .iter()
                .find(|p| p.account == txn.account)
                .or_else(|| txn.postings.first());
            let line = Line {
                books,
                txn,
                account: main.map_or(0, |p| p.account),
                name: txn.name,
                amount: main.map_or(0, |p| p.amount),
                balance: 0,
                open: books.home_balance(txn),
            };
            report.columns.iter().map(|column| line.cell(column.key)).collect()
        })
        .collect();
    sort(&mut rows, &report.columns, sorting(params, &report.columns)?);
    report.empty = rows.is_empty();
    report.rows = rows.into_iter().map(Row::data).collect();
    Ok(report)
}
