//! What ties the reports to each other and to the books, whatever happened before.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::support::Company;

fn ask(c: &mut Company, path: &str) -> Value {
    let answer = c.get(&format!("reports/{path}"));
    assert_eq!(answer.status, 200, "{path}\n{}", answer.text);
    answer.body
}

fn cents(cell: &Value) -> i64 {
    let text = cell["value"].as_str().unwrap();
    if text.is_empty() { 0 } else { text.replace('.', "").parse().unwrap() }
}

/// Summary amounts of all sections with a group, by group.
fn groups(rows: &Value, out: &mut BTreeMap<String, Vec<i64>>) {
    for row in rows["Row"].as_array().into_iter().flatten() {
        groups(&row["Rows"], out);
        let cells =
            if row["Summary"].is_object() { &row["Summary"]["ColData"] } else { &row["ColData"] };
        if let (Some(group), Some(cells)) = (row["group"].as_str(), cells.as_array()) {
            out.insert(group.to_owned(), cells[1..].iter().map(cents).collect());
        }
    }
}

fn grouped(report: &Value) -> BTreeMap<String, Vec<i64>> {
    let mut out = BTreeMap::new();
    groups(&report["Rows"], &mut out);
    out
}

/// Debit less credit by account id.
fn trial(c: &mut Company, end: &str) -> BTreeMap<String, i64> {
    let report = ask(c, &format!("TrialBalance?end_date={end}"));
    let rows = report["Rows"]["Row"].as_array().unwrap();
    let balances: BTreeMap<_, _> = rows
        .iter()
        .filter_map(|row| row["ColData"].as_array())
        .map(|cells| {
            (cells[0]["id"].as_str().unwrap().to_owned(), cents(&cells[1]) - cents(&cells[2]))
        })
        .collect();
    assert_eq!(balances.values().sum::<i64>(), 0, "{report}");
    let total = &rows.last().unwrap()["Summary"]["ColData"];
    assert_eq!(cents(&total[1]), cents(&total[2]));
    balances
}

/// Accounts whose usual balance is a credit.
fn credit_accounts(c: &mut Company) -> BTreeSet<String> {
    let answer = c.query("select * from Account maxresults 1000").body;
    let accounts = answer["QueryResponse"]["Account"].as_array().unwrap();
    let credit = |a: &&Value| {
        matches!(a["Classification"].as_str(), Some("Liability" | "Equity" | "Revenue"))
    };
    accounts.iter().filter(credit).map(|a| a["Id"].as_str().unwrap().to_owned()).collect()
}

/// Debit less credit by account id at the end of a general ledger, from its rows.
fn ledger(c: &mut Company, start: &str, end: &str) -> BTreeMap<String, i64> {
    let path = format!(
        "GeneralLedger?start_date={start}&end_date={end}&columns=tx_date,debt_amt,credit_amt,rbal_nat_amount"
    );
    let report = ask(c, &path);
    let credit = credit_accounts(c);
    let mut balances = BTreeMap::new();
    for section in report["Rows"]["Row"].as_array().into_iter().flatten() {
        let id = section["Header"]["ColData"][0]["id"].as_str().unwrap().to_owned();
        let (mut moved, mut opening, mut closing) = (0, 0, 0);
        for row in section["Rows"]["Row"].as_array().into_iter().flatten() {
            let cells = &row["ColData"];
            closing = cents(&cells[3]);
            if cells[0]["value"] == "Beginning Balance" {
                opening = closing;
            }
            moved += cents(&cells[1]) - cents(&cells[2]);
        }
        let sign = if credit.contains(&id) { -1 } else { 1 };
        assert_eq!(closing - opening, sign * moved, "{section}");
        if closing != 0 {
            balances.insert(id, sign * closing);
        }
    }
    balances
}

/// Everything that must hold at the end of a day of a calendar fiscal year.
pub fn tie(c: &mut Company, end: &str) {
    let start = format!("{}-01-01", &end[..4]);
    let balances = trial(c, end);
    // profit and loss, balance sheet
    let range = format!("start_date={start}&end_date={end}");
    let income = grouped(&ask(c, &format!("ProfitAndLoss?{range}")));
    let sheet = grouped(&ask(c, &format!("BalanceSheet?end_date={end}")));
    assert_eq!(income["NetIncome"], sheet["NetIncome"]);
    assert_eq!(sheet["TotalAssets"], sheet["TotalLiabilitiesAndEquity"]);
    let months = grouped(&ask(c, &format!("ProfitAndLoss?{range}&summarize_column_by=Month")));
    for (group, amounts) in &months {
        let (total, parts) = amounts.split_last().unwrap();
        assert_eq!(parts.iter().sum::<i64>(), *total, "{group}");
        assert_eq!(vec![*total], income[group], "{group}");
    }
    assert_eq!(ledger(c, &start, end), balances);
    // receivables and payables
    for (account, sign, reports) in [
        ("84", 1, "CustomerBalance AgedReceivables CustomerBalanceDetail AgedReceivableDetail"),
        ("33", -1, "VendorBalance AgedPayables VendorBalanceDetail AgedPayableDetail"),
    ] {
        let owed = sign * balances.get(account).copied().unwrap_or(0);
        for name in reports.split(' ') {
            let report = ask(c, &format!("{name}?report_date={end}"));
            let columns = report["Columns"]["Column"].as_array().unwrap();
            let open = columns.iter().position(|c| c["ColTitle"] == "Open Balance");
            let total = &grouped(&report)["GrandTotal"];
            assert_eq!(total[open.unwrap_or(columns.len() - 1) - 1], owed, "{report}");
        }
    }
    // the books themselves, without the closing of years
    let list = ask(c, "TransactionList?date_macro=all");
    let rows = list["Rows"]["Row"].as_array().map_or(0, Vec::len);
    assert_eq!(rows, c.sim.transactions().count());
}

#[test]
fn reports_of_an_empty_company_tie() {
    fact!(
        "Reports",
        "all",
        Documented,
        "§12",
        "an empty company reports zeros, and says that there is no data"
    );
    let mut c = crate::support::company();
    tie(&mut c, "2026-12-31");
    let report = ask(&mut c, "BalanceSheet");
    assert_eq!(report["Header"]["Option"][1]["Value"], "true");
}
