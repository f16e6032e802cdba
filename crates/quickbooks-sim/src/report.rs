//! Reports computed from the company's own books, in the shape of the API: Header, Columns, Rows.

mod ledger;
mod moves;
mod owed;
mod params;
mod period;
mod statements;
mod table;

use crate::books::Books;
use crate::config::Limits;
use crate::error::{Fault, Result};
use params::Params;
use table::Report;

type Maker = fn(&Books, &Params<'_>) -> Result<Report>;

/// Name, parameters, how it is made.
const REPORTS: &[(&str, &[&str], Maker)] = &[
    ("TrialBalance", statements::PARAMETERS, statements::trial_balance),
    ("ProfitAndLoss", statements::PARAMETERS, statements::profit_and_loss),
    ("BalanceSheet", statements::PARAMETERS, statements::balance_sheet),
    ("GeneralLedger", ledger::LEDGER_PARAMETERS, ledger::general_ledger),
    ("TransactionList", ledger::LIST_PARAMETERS, ledger::transaction_list),
    ("CustomerBalance", owed::BALANCE_PARAMETERS, owed::customer_balance),
    ("CustomerBalanceDetail", owed::DETAIL_PARAMETERS, owed::customer_balance_detail),
    ("AgedReceivables", owed::AGING_PARAMETERS, owed::aged_receivables),
    ("AgedReceivableDetail", owed::AGING_PARAMETERS, owed::aged_receivable_detail),
    ("VendorBalance", owed::BALANCE_PARAMETERS, owed::vendor_balance),
    ("VendorBalanceDetail", owed::DETAIL_PARAMETERS, owed::vendor_balance_detail),
    ("AgedPayables", owed::AGING_PARAMETERS, owed::aged_payables),
    ("AgedPayableDetail", owed::AGING_PARAMETERS, owed::aged_payable_detail),
];

/// Reports of the API that are not simulated.
const OTHERS: &[&str] = &[
    "AccountList",
    "CashFlow",
    "ClassSales",
    "CustomerIncome",
    "CustomerSales",
    "DepartmentSales",
    "FECReport",
    "InventoryValuationDetail",
    "InventoryValuationSummary",
    "ItemSales",
    "JournalReport",
    "ProfitAndLossDetail",
    "SalesByCustomer",
    "SalesByProduct",
    "TaxSummary",
    "TransactionListByCustomer",
    "TransactionListByVendor",
    "TransactionListWithSplits",
    "VendorExpenses",
];

/// Builds a report body. Names are matched as they are spelled: a wrong case was recorded as 5020.
pub(crate) fn run(
    books: &Books,
    limits: &Limits,
    name: &str,
    query: &str,
    now_us: i64,
) -> Result<String> {
    let Some((_, known, make)) = REPORTS.iter().find(|report| report.0 == name) else {
        return Err(if OTHERS.contains(&name) {
            Fault::not_simulated(&format!("the report {name}"))
        } else {
            Fault::no_access("ReportName")
        });
    };
    let params = Params::read(books, query, known, now_us)?;
    let report = make(books, &params)?;
    let body = report.write(&books.prefs.home_currency, now_us);
    if body.len() > limits.answer_bytes { Err(Fault::too_large()) } else { Ok(body) }
}
