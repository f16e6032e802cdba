//! Budgets: amounts planned by account and month. The API reads them only.

use serde::{Deserialize, Serialize};

use crate::books::Books;
use crate::clock::Date;
use crate::json::Json;
use crate::kind::ListKind;
use crate::txn::lines::write_ref;

/// One budget of profit and loss, by month.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Budget {
    pub id: u32,
    pub name: Box<str>,
    /// UTC seconds.
    pub created: i64,
    pub start: Date,
    pub end: Date,
    /// First day of the month, account, cents.
    pub details: Box<[(Date, u32, i64)]>,
}

/// Writes the object, braces included.
pub(crate) fn write(json: &mut Json, books: &Books, budget: &Budget) {
    json.open();
    json.field("Name", &budget.name);
    json.field_date("StartDate", budget.start);
    json.field_date("EndDate", budget.end);
    json.field("BudgetType", "ProfitAndLoss");
    json.field("BudgetEntryType", "Monthly");
    json.field_bool("Active", true);
    json.key("BudgetDetail");
    json.open_array();
    for (date, account, cents) in &budget.details {
        json.open();
        json.field_date("BudgetDate", *date);
        json.field_cents("Amount", *cents);
        write_ref(json, books, "AccountRef", ListKind::Account, *account);
        json.close();
    }
    json.close_array();
    crate::txn::write::system(json, budget.id, 0, budget.created, budget.created);
    json.close();
}
