//! CompanyInfo and Preferences.

use crate::books::Books;
use crate::json::Json;
use crate::kind::ListKind;

/// Creation time of the company: 2026-01-01T00:00:00Z.
pub(crate) const CREATED: i64 = 1_767_225_600;

/// The name of the first month of the fiscal year.
fn fiscal_month(books: &Books) -> &'static str {
    const NAMES: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let month = usize::from(books.prefs.fiscal_year_start_month.clamp(1, 12));
    NAMES.get(month - 1).copied().unwrap_or("January")
}

/// Writes CompanyInfo, braces included.
pub(crate) fn write_info(json: &mut Json, books: &Books, _realm: &str) {
    json.open();
    json.field("CompanyName", &books.prefs.company_name);
    json.field("LegalName", &books.prefs.company_name);
    json.field("Country", books.prefs.region.country());
    json.field("CompanyStartDate", "2026-01-01");
    json.field("FiscalYearStartMonth", fiscal_month(books));
    json.field("SupportedLanguages", "en");
    json.field("DefaultTimeZone", books.prefs.region.zone().name());
    json.key("NameValue");
    json.open_array();
    let status = if books.prefs.subscription_ended { "EXPIRED" } else { "PAID" };
    for (name, value) in [
        ("NeoEnabled", "true"),
        ("IsQbdtMigrated", "false"),
        ("SubscriptionStatus", status),
        ("OfferingSku", "QuickBooks Online Plus"),
    ] {
        json.open();
        json.field("Name", name);
        json.field("Value", value);
        json.close();
    }
    json.close_array();
    // The object's own id is 1; the realm is only in the path.
    crate::txn::write::system(json, 1, 0, CREATED, CREATED);
    json.close();
}

/// Writes Preferences, braces included.
pub(crate) fn write_preferences(json: &mut Json, books: &Books) {
    let prefs = &books.prefs;
    json.open();
    json.key("AccountingInfoPrefs");
    json.open();
    json.field_bool("UseAccountNumbers", false);
    json.field_bool("TrackDepartments", prefs.track_departments);
    json.field_bool("ClassTrackingPerTxn", prefs.class_tracking_per_transaction);
    json.field_bool("ClassTrackingPerTxnLine", prefs.class_tracking_per_line);
    json.field("FirstMonthOfFiscalYear", fiscal_month(books));
    json.field("TaxYearMonth", "January");
    json.field("CustomerTerminology", "Customers");
    if let Some(date) = &prefs.book_close_date {
        json.field("BookCloseDate", date);
    }
    json.close();
    json.key("SalesFormsPrefs");
    json.open();
    json.field_bool("CustomTxnNumbers", prefs.custom_txn_numbers);
    crate::txn::custom::write_preferences(json, books);
    json.field_bool("AllowDeposit", false);
    json.field_bool("AllowDiscount", prefs.allow_discount);
    json.field_bool("AllowEstimates", false);
    json.field_bool("AllowServiceDate", false);
    json.field_bool("AllowShipping", prefs.allow_shipping);
    json.field_bool("AutoApplyCredit", prefs.auto_apply_credit);
    let days = |id: u32| books.term_days(id) == Some(prefs.default_due_days);
    if let Some(term) = books.all(ListKind::Term).find(|term| days(term.id)) {
        json.key("DefaultTerms");
        json.open();
        json.field_id("value", term.id);
        json.close();
    }
    json.field_id("DefaultDiscountAccount", books.roles.discounts);
    json.close();
    json.key("TaxPrefs");
    json.open();
    json.field_bool("UsingSalesTax", prefs.using_sales_tax);
    json.field_bool("PartnerTaxEnabled", prefs.automated_sales_tax);
    json.close();
    json.key("CurrencyPrefs");
    json.open();
    json.field_bool("MultiCurrencyEnabled", prefs.multi_currency);
    json.key("HomeCurrency");
    json.open();
    json.field("value", &prefs.home_currency);
    json.close();
    json.close();
    json.key("OtherPrefs");
    json.open();
    json.key("NameValue");
    json.open_array();
    json.open();
    json.field("Name", "SalesFormsPrefs.DefaultCustomerMessage");
    json.field("Value", "");
    json.close();
    json.open();
    json.field("Name", "WarnDuplicateBillNumber");
    json.field("Value", if prefs.warn_duplicate_bill_number { "true" } else { "false" });
    json.close();
    json.close_array();
    json.close();
    crate::txn::write::system(json, 1, books.prefs_sync, CREATED, books.prefs_updated);
    json.close();
}
