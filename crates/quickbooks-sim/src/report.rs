//! Reports computed from the general ledger.

use std::collections::BTreeMap;

use crate::books::Books;
use crate::clock::Date;
use crate::error::{Fault, Result};
use crate::json::Json;
use crate::kind::ListKind;
use crate::money::cents_text;
use crate::uri::param;

/// Builds a report body.
pub(crate) fn run(books: &Books, name: &str, params: &str, now_us: i64) -> Result<String> {
    if !name.eq_ignore_ascii_case("TrialBalance") {
        return Err(Fault::not_simulated(&format!("the report {name}")));
    }
    let date = |key: &'static str| match param(params, key) {
        None => Ok(None),
        Some(text) => Date::parse(&text).map(Some).ok_or_else(|| Fault::date(key, &text)),
    };
    let today = books.today(now_us);
    let end = date("end_date")?.unwrap_or(today);
    let start = date("start_date")?.unwrap_or(end);
    Ok(trial_balance(books, start, end, now_us))
}

/// Balance of each account by postings dated up to `end`, debit positive.
fn balances(books: &Books, end: Date) -> BTreeMap<u32, i64> {
    let mut balances = BTreeMap::new();
    for txn in books.txns().filter(|t| t.date <= end) {
        for posting in &txn.postings {
            *balances.entry(posting.account).or_insert(0) += posting.amount;
        }
    }
    balances
}

fn trial_balance(books: &Books, start: Date, end: Date, now_us: i64) -> String {
    let balances = balances(books, end);
    let any = balances.values().any(|b| *b != 0);
    let mut json = Json::with_capacity(4_096);
    json.open();
    json.key("Header");
    json.open();
    json.field_stamp("Time", now_us.div_euclid(1_000_000));
    json.field("ReportName", "TrialBalance");
    json.field("ReportBasis", "Accrual");
    json.field_date("StartPeriod", start);
    json.field_date("EndPeriod", end);
    json.field("SummarizeColumnsBy", "Total");
    json.field("Currency", &books.prefs.home_currency);
    json.key("Option");
    json.open_array();
    json.open();
    json.field("Name", "NoReportData");
    json.field("Value", if any { "false" } else { "true" });
    json.close();
    json.close_array();
    json.close();
    json.key("Columns");
    json.open();
    json.key("Column");
    json.open_array();
    for (title, kind) in [("", "Account"), ("Debit", "Money"), ("Credit", "Money")] {
        json.open();
        json.field("ColTitle", title);
        json.field("ColType", kind);
        json.close();
    }
    json.close_array();
    json.close();
    rows(books, &balances, &mut json);
    json.close();
    json.out
}

fn rows(books: &Books, balances: &BTreeMap<u32, i64>, json: &mut Json) {
    json.key("Rows");
    json.open();
    json.key("Row");
    json.open_array();
    let (mut debits, mut credits) = (0_i64, 0_i64);
    for account in books.all(ListKind::Account) {
        let balance = balances.get(&account.id).copied().unwrap_or(0);
        if balance == 0 {
            continue;
        }
        debits += balance.max(0);
        credits += (-balance).max(0);
        json.open();
        columns(json, &account.shown_full(), Some(account.id), balance, -balance);
        json.close();
    }
    json.open();
    json.key("Summary");
    json.open();
    columns(json, "TOTAL", None, debits, credits);
    json.close();
    json.field("type", "Section");
    json.field("group", "GrandTotal");
    json.close();
    json.close_array();
    json.close();
}

fn columns(json: &mut Json, title: &str, id: Option<u32>, debit: i64, credit: i64) {
    json.key("ColData");
    json.open_array();
    json.open();
    json.field("value", title);
    if let Some(id) = id {
        json.field_id("id", id);
    }
    json.close();
    for amount in [debit, credit] {
        json.open();
        json.field("value", &if amount > 0 { cents_text(amount) } else { String::new() });
        json.close();
    }
    json.close_array();
}
