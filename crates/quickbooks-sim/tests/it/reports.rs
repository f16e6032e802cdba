//! Reports: their shape, their parameters, and what they refuse.

use serde_json::{Value, json};

use crate::support::{Company, company, company_of, encoded, invoice, key};
use quickbooks_sim::{CompanyPrefs, Config, Limits};

/// A report; parameters as `name=value` pairs, not encoded.
pub fn report(c: &mut Company, name: &str, parameters: &str) -> Value {
    let answer = ask(c, name, parameters);
    assert_eq!(answer.status, 200, "{name} {parameters}\n{}", answer.text);
    answer.body
}

fn ask(c: &mut Company, name: &str, parameters: &str) -> crate::support::Answer {
    let query: Vec<String> = parameters
        .split('&')
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            format!("{name}={}", encoded(value))
        })
        .collect();
    c.get(&format!("reports/{name}?{}", query.join("&")))
}

pub fn dated(date: &str, amount: &str) -> String {
    format!(r#"{{"TxnDate":"{date}",{}"#, &invoice(amount)[1..])
}

/// Every row of a report as text: depth, then its cells.
fn lines(rows: &Value, depth: usize, out: &mut Vec<String>) {
    let text = |cells: &Value| {
        let cells: Vec<_> =
            cells.as_array().unwrap().iter().map(|c| c["value"].as_str().unwrap()).collect();
        format!("{}{}", "  ".repeat(depth), cells.join("|"))
    };
    for row in rows["Row"].as_array().into_iter().flatten() {
        for part in ["Header", "Rows", "Summary"] {
            if part == "Rows" {
                lines(&row["Rows"], depth + 1, out);
            } else if row[part].is_object() {
                out.push(text(&row[part]["ColData"]));
            }
        }
        if row["ColData"].is_array() {
            out.push(text(&row["ColData"]));
        }
    }
}

pub fn shown(report: &Value) -> String {
    let mut out = Vec::new();
    lines(&report["Rows"], 0, &mut out);
    out.join("\n")
}

/// An invoice of 100 in January, half paid in February, a fee paid in March, 30 earned last year.
pub fn busy() -> Company {
    let mut c = company();
    c.save("Invoice", &dated("2025-12-20", "30"));
    let i = c.save("Invoice", &dated("2026-01-15", "100"));
    c.save(
        "Payment",
        &format!(
            r#"{{"TxnDate":"2026-02-10","CustomerRef":{{"value":"1"}},"TotalAmt":50,"Line":[{{"Amount":50,"LinkedTxn":[{{"TxnId":{},"TxnType":"Invoice"}}]}}]}}"#,
            i["Id"]
        ),
    );
    c.save(
        "Purchase",
        r#"{"TxnDate":"2026-03-01","AccountRef":{"value":"35"},"PaymentType":"Cash","Line":[{"Amount":8.25,"DetailType":"AccountBasedExpenseLineDetail","AccountBasedExpenseLineDetail":{"AccountRef":{"value":"11"}}}]}"#,
    );
    c
}

#[test]
fn profit_and_loss_has_the_sections_of_the_api() {
    fact!(
        "Reports",
        "ProfitAndLoss",
        Recorded,
        "§12",
        "sections and groups, Expenses even when empty, others only when not"
    );
    fact!(
        "Reports",
        "ProfitAndLoss",
        Recorded,
        "§12",
        "by month: a column with its dates for each, and a total"
    );
    let mut c = busy();
    let all = report(&mut c, "ProfitAndLoss", "start_date=2026-01-01&end_date=2026-03-31");
    assert_eq!(
        shown(&all),
        "Income|\n  Services|100.00\nTotal Income|100.00\nGross Profit|100.00\nExpenses|\n  \
         Merchant Fees|8.25\nTotal Expenses|8.25\nNet Operating Income|91.75\nNet Income|91.75"
    );
    let groups: Vec<_> =
        all["Rows"]["Row"].as_array().unwrap().iter().map(|r| &r["group"]).collect();
    assert_eq!(
        json!(groups),
        json!(["Income", "GrossProfit", "Expenses", "NetOperatingIncome", "NetIncome"])
    );
    assert_eq!(
        all["Rows"]["Row"][0]["Rows"]["Row"][0],
        json!({"ColData":[{"value":"Services","id":"1"},{"value":"100.00"}],"type":"Data"})
    );
    assert_eq!(
        all["Columns"]["Column"],
        json!([
            {"ColTitle":"","ColType":"Account","MetaData":[{"Name":"ColKey","Value":"account"}]},
            {"ColTitle":"Total","ColType":"Money","MetaData":[{"Name":"ColKey","Value":"total"}]}
        ])
    );
    let header = &all["Header"];
    assert_eq!(
        (&header["ReportName"], &header["ReportBasis"]),
        (&"ProfitAndLoss".into(), &"Accrual".into())
    );
    assert_eq!(
        (&header["StartPeriod"], &header["EndPeriod"]),
        (&"2026-01-01".into(), &"2026-03-31".into())
    );
    assert_eq!(
        (&header["Currency"], &header["SummarizeColumnsBy"]),
        (&"USD".into(), &"Total".into())
    );
    assert_eq!(header["Option"][1], json!({"Name":"NoReportData","Value":"false"}));

    let months = report(
        &mut c,
        "ProfitAndLoss",
        "start_date=2026-01-01&end_date=2026-03-15&summarize_column_by=Month",
    );
    let titles: Vec<_> =
        months["Columns"]["Column"].as_array().unwrap().iter().map(|c| &c["ColTitle"]).collect();
    assert_eq!(json!(titles), json!(["", "Jan 2026", "Feb 2026", "Mar 1-15, 2026", "Total"]));
    assert_eq!(
        months["Columns"]["Column"][3]["MetaData"][1],
        json!({"Name":"EndDate","Value":"2026-03-15"})
    );
    assert!(shown(&months).ends_with("Net Income|100.00|0.00|-8.25|91.75"), "{}", shown(&months));
    let none = report(&mut c, "ProfitAndLoss", "start_date=2024-01-01&end_date=2024-03-15");
    assert_eq!(none["Header"]["Option"][1]["Value"], "true");
    assert_eq!(
        shown(&none),
        "Income|\nTotal Income|\nGross Profit|0.00\nExpenses|\nTotal Expenses|\nNet Operating Income|0.00\nNet Income|0.00"
    );
}

#[test]
fn the_balance_sheet_balances_and_closes_the_year() {
    fact!(
        "Reports",
        "BalanceSheet",
        Recorded,
        "§12",
        "assets equal liabilities and equity; the year's income is a row of equity"
    );
    fact!(
        "Reports",
        "BalanceSheet",
        Documented,
        "§12",
        "income of past fiscal years is in Retained Earnings"
    );
    let mut c = busy();
    let sheet = report(&mut c, "BalanceSheet", "end_date=2026-03-31");
    assert_eq!(
        shown(&sheet),
        "ASSETS|\n  Current Assets|\n    Bank Accounts|\n      Checking|-8.25\n    Total Bank \
         Accounts|-8.25\n    Accounts Receivable|\n      Accounts Receivable (A/R)|80.00\n    Total \
         Accounts Receivable|80.00\n    Other Current Assets|\n      Undeposited Funds|50.00\n    \
         Total Other Current Assets|50.00\n  Total Current Assets|121.75\nTOTAL ASSETS|121.75\n\
         LIABILITIES AND EQUITY|\n  Liabilities|\n    Current Liabilities|\n    Total Current \
         Liabilities|0.00\n  Total Liabilities|0.00\n  Equity|\n    Retained Earnings|30.00\n    Net \
         Income|91.75\n  Total Equity|121.75\nTOTAL LIABILITIES AND EQUITY|121.75"
    );
    // on the last day of the year its income is not retained yet, a day later it is
    let old = shown(&report(&mut c, "BalanceSheet", "end_date=2025-12-31"));
    assert!(old.contains("  Equity|\n    Net Income|30.00\n"), "{old}");
    let new = shown(&report(&mut c, "BalanceSheet", "end_date=2026-01-01"));
    assert!(new.contains("Retained Earnings|30.00\n    Net Income|0.00"), "{new}");
    let trial = shown(&report(&mut c, "TrialBalance", "end_date=2026-03-31"));
    assert!(
        trial.contains("Services||100.00") && trial.contains("Retained Earnings||30.00"),
        "{trial}"
    );
    let months = report(
        &mut c,
        "BalanceSheet",
        "start_date=2025-12-01&end_date=2026-02-28&summarize_column_by=Month",
    );
    assert!(shown(&months).contains("TOTAL ASSETS|30.00|130.00|130.00"), "{}", shown(&months));
}

#[test]
fn a_fiscal_year_may_start_in_any_month() {
    fact!(
        "CompanyInfo",
        "read",
        Documented,
        "§8",
        "FiscalYearStartMonth decides when a year is closed"
    );
    let prefs = CompanyPrefs { fiscal_year_start_month: 4, ..CompanyPrefs::default() };
    let mut c = company_of(Config { prefs, ..Config::default() });
    c.save("Invoice", &dated("2026-03-31", "10"));
    c.save("Invoice", &dated("2026-04-01", "1"));
    let info = c.get("companyinfo/9130350000000001").entity("CompanyInfo");
    assert_eq!(info["FiscalYearStartMonth"], "April");
    let march = shown(&report(&mut c, "TrialBalance", "end_date=2026-03-31"));
    assert!(march.contains("Services||10.00") && !march.contains("Retained"), "{march}");
    let april = shown(&report(&mut c, "TrialBalance", "end_date=2026-04-01"));
    assert!(
        april.contains("Services||1.00") && april.contains("Retained Earnings||10.00"),
        "{april}"
    );
    let year = report(&mut c, "ProfitAndLoss", "date_macro=This Fiscal Year");
    assert_eq!(
        (&year["Header"]["StartPeriod"], &year["Header"]["DateMacro"]),
        (&"2025-04-01".into(), &"this fiscal year".into())
    );
}

#[test]
fn the_general_ledger_lists_postings_under_their_accounts() {
    fact!(
        "Reports",
        "GeneralLedger",
        Documented,
        "§12",
        "default columns, beginning balance, running balance, total for each account"
    );
    fact!("Reports", "GeneralLedger", Documented, "§12", "columns, account and customer narrow it");
    let mut c = busy();
    let ledger = report(&mut c, "GeneralLedger", "start_date=2026-02-01&end_date=2026-03-31");
    let keys: Vec<_> = ledger["Columns"]["Column"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| &c["MetaData"][0]["Value"])
        .collect();
    assert_eq!(
        json!(keys),
        json!([
            "tx_date",
            "txn_type",
            "doc_num",
            "name",
            "memo",
            "split_acc",
            "subt_nat_amount",
            "rbal_nat_amount"
        ])
    );
    assert_eq!(
        shown(&ledger),
        "Accounts Receivable (A/R)|||||||\n  Beginning Balance|||||||130.00\n  \
         2026-02-10|Payment||Walk-in Customer||Undeposited Funds|-50.00|80.00\nTotal for Accounts \
         Receivable (A/R)||||||-50.00|\nChecking|||||||\n  Beginning Balance|||||||0.00\n  \
         2026-03-01|Expense||||Merchant Fees|-8.25|-8.25\nTotal for Checking||||||-8.25|\nMerchant \
         Fees|||||||\n  2026-03-01|Expense||||Checking|8.25|8.25\nTotal for Merchant \
         Fees||||||8.25|\nRetained Earnings|||||||\n  Beginning Balance|||||||30.00\nTotal for \
         Retained Earnings||||||0.00|\nUndeposited Funds|||||||\n  Beginning Balance|||||||0.00\n  \
         2026-02-10|Payment||Walk-in Customer||Accounts Receivable (A/R)|50.00|50.00\nTotal for \
         Undeposited Funds||||||50.00|"
    );
    assert_eq!(
        ledger["Rows"]["Row"][0]["Rows"]["Row"][1]["ColData"][1],
        json!({"value":"Payment","id":"147"})
    );
    let some = report(
        &mut c,
        "GeneralLedger",
        "start_date=2026-01-01&end_date=2026-12-31&columns=account_name,txn_type,debt_amt,credit_amt&account=84,1&customer=1",
    );
    assert_eq!(
        shown(&some),
        "Accounts Receivable (A/R)|||\n  Beginning Balance|||\n  Accounts Receivable \
         (A/R)|Invoice|100.00|\n  Accounts Receivable (A/R)|Payment||50.00\nTotal for Accounts \
         Receivable (A/R)|||\nServices|||\n  Services|Invoice||100.00\nTotal for Services|||"
    );
    let other = report(
        &mut c,
        "GeneralLedger",
        "start_date=2026-01-01&end_date=2026-12-31&account=1&customer=2",
    );
    assert_eq!(other["Header"]["Option"][0], json!({"Name":"NoReportData","Value":"true"}));
}

#[test]
fn sub_accounts_are_sections_of_their_parents() {
    fact!(
        "Reports",
        "BalanceSheet",
        Recorded,
        "§12",
        "an account with accounts below it is a section with a total"
    );
    let mut c = company();
    let sub = c.save(
        "Account",
        r#"{"Name":"Till","AccountType":"Bank","SubAccount":true,"ParentRef":{"value":"35"}}"#,
    );
    c.save(
        "Transfer",
        &format!(
            r#"{{"FromAccountRef":{{"value":"36"}},"ToAccountRef":{{"value":{}}},"Amount":5}}"#,
            sub["Id"]
        ),
    );
    c.save(
        "Transfer",
        r#"{"FromAccountRef":{"value":"36"},"ToAccountRef":{"value":"35"},"Amount":2}"#,
    );
    let sheet = shown(&report(&mut c, "BalanceSheet", ""));
    assert!(
        sheet.contains("      Checking|2.00\n        Till|5.00\n      Total Checking|7.00\n      Savings|-7.00\n    Total Bank Accounts|0.00"),
        "{sheet}"
    );
    let ledger = shown(&report(&mut c, "GeneralLedger", "columns=txn_type,subt_nat_amount"));
    assert!(
        ledger.starts_with("Checking|\n  Beginning Balance|\n  Transfer|2.00\n  Till|\n    Beginning Balance|\n    Transfer|5.00\n  Total for Till|5.00\nTotal for Checking|2.00\nTotal for Checking with sub-accounts|7.00\n"),
        "{ledger}"
    );
}

#[test]
fn the_transaction_list_shows_one_row_for_each_transaction() {
    fact!(
        "Reports",
        "TransactionList",
        Documented,
        "§12",
        "default columns; customer, transaction_type, docnum, sort_by and sort_order"
    );
    let mut c = busy();
    let all = report(&mut c, "TransactionList", "start_date=2026-01-01&end_date=2026-12-31");
    assert_eq!(
        shown(&all),
        "2026-01-15|Invoice|1039|Yes|Walk-in Customer||Accounts Receivable (A/R)|Services|100.00\n\
         2026-02-10|Payment||Yes|Walk-in Customer||Undeposited Funds|Accounts Receivable (A/R)|50.00\n\
         2026-03-01|Expense||Yes|||Checking|Merchant Fees|-8.25"
    );
    let mut rows = |parameters: &str| {
        let list = report(
            &mut c,
            "TransactionList",
            &format!("date_macro=all&columns=txn_type,subt_nat_amount&{parameters}"),
        );
        shown(&list).replace('\n', " ")
    };
    assert_eq!(rows("transaction_type=Invoice"), "Invoice|30.00 Invoice|100.00");
    assert_eq!(
        rows("customer=1&sort_by=subt_nat_amount&sort_order=descend"),
        "Invoice|100.00 Payment|50.00 Invoice|30.00"
    );
    assert_eq!(rows("docnum=1039"), "Invoice|100.00");
    assert_eq!(rows("vendor=3"), "");
}

#[test]
fn what_a_report_does_not_know_is_refused() {
    fact!(
        "Reports",
        "all",
        Recorded,
        "§7",
        "an unknown report, or one in another case, is 5020 at ReportName"
    );
    fact!(
        "Reports",
        "all",
        Assumed,
        "§12",
        "an unknown parameter is 2010, an unknown value 2170, a range that runs backwards 2190"
    );
    fact!(
        "Reports",
        "all",
        Assumed,
        "§12",
        "a report or parameter of the API that is not simulated is 5030"
    );
    let mut c = busy();
    for (name, parameters, code, element) in [
        ("Nonsense", "", "5020", "ReportName"),
        ("Cashflow", "", "5020", "ReportName"),
        ("CashFlow", "", "5030", ""),
        ("ProfitAndLoss", "colour=red", "2010", ""),
        ("ProfitAndLoss", "class=1", "5030", ""),
        ("ProfitAndLoss", "date_macro=Sometime", "2170", "date_macro"),
        ("ProfitAndLoss", "start_date=2026-02-30", "2070", "start_date"),
        ("ProfitAndLoss", "start_date=2026-03-01&end_date=2026-02-01", "2190", "start_date"),
        ("ProfitAndLoss", "accounting_method=Guess", "2170", "accounting_method"),
        ("ProfitAndLoss", "summarize_column_by=Fortnight", "2170", "summarize_column_by"),
        ("ProfitAndLoss", "summarize_column_by=Classes", "5030", ""),
        ("GeneralLedger", "columns=tx_date,nonsense", "2170", "columns"),
        ("GeneralLedger", "columns=item_name", "5030", ""),
        ("GeneralLedger", "account=x", "2030", "account"),
        ("GeneralLedger", "sort_by=due_date", "2170", "sort_by"),
        ("TransactionList", "sort_order=sideways", "2170", "sort_order"),
        ("AgedReceivables", "aging_period=0", "2240", "aging_period"),
        ("AgedReceivables", "aging_method=x", "2170", "aging_method"),
        ("CustomerBalance", "columns=tx_date", "2010", ""),
        ("VendorBalance", "customer=1", "2010", ""),
    ] {
        let answer = ask(&mut c, name, parameters);
        assert_eq!((answer.status, answer.code()), (400, code), "{name} {parameters}");
        let at = answer.body["Fault"]["Error"][0]["element"].as_str().unwrap_or("");
        assert_eq!(at, element, "{name} {parameters}");
    }
    let limits = Limits { answer_bytes: 500, ..Limits::default() };
    c.sim.set_limits(limits);
    assert_eq!(ask(&mut c, "TrialBalance", "").code(), "10100");
}

#[test]
fn cash_basis_where_it_is_the_same_and_nowhere_else() {
    fact!(
        "Reports",
        "all",
        Assumed,
        "§12",
        "the cash basis is answered for books without receivables and payables, else 5030"
    );
    let mut c = company();
    c.save("SalesReceipt", r#"{"Line":[{"Amount":3,"DetailType":"SalesItemLineDetail"}]}"#);
    let cash = report(&mut c, "ProfitAndLoss", "accounting_method=Cash");
    assert_eq!(cash["Header"]["ReportBasis"], "Cash");
    assert!(shown(&cash).ends_with("Net Income|3.00"));
    let i = c.save("Invoice", &invoice("1"));
    assert_eq!(ask(&mut c, "ProfitAndLoss", "accounting_method=Cash").code(), "5030");
    c.post("invoice?operation=void", &format!("{}}}", key(&i))).entity("Invoice");
    assert_eq!(ask(&mut c, "ProfitAndLoss", "accounting_method=cash").status, 200);
}

#[test]
fn parameters_that_clients_always_send_are_taken() {
    let mut c = company();
    // node-quickbooks sends both with every call.
    let answer = c.get("reports/TrialBalance?minorversion=75&format=json");
    assert_eq!(
        (answer.status, &answer.body["Header"]["ReportName"]),
        (200, &"TrialBalance".into())
    );
}
