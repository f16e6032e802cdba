//! A transaction as the company shows it.

use super::lines::{write_entity, write_link, write_link_to, write_ref};
use super::{Detail, SHIPPING, Txn, bill, custom, dimension, lines, sales, time};
use crate::books::Books;
use crate::json::Json;
use crate::kind::{ListKind, TxnKind};
use crate::list::currency::write_ref as write_currency;
use crate::list::tax::Side;
use crate::schema;
use crate::tax;

/// Writes the object, braces included.
pub(crate) fn write(json: &mut Json, books: &Books, txn: &Txn) {
    json.open();
    match txn.kind {
        TxnKind::SalesReceipt
        | TxnKind::Invoice
        | TxnKind::CreditMemo
        | TxnKind::RefundReceipt
        | TxnKind::Estimate => sales_head(json, books, txn),
        TxnKind::Bill | TxnKind::VendorCredit | TxnKind::PurchaseOrder => {
            write_ref(json, books, "VendorRef", ListKind::Vendor, txn.name);
            write_ref(json, books, "APAccountRef", ListKind::Account, txn.account);
            json.field_cents("TotalAmt", txn.total);
            if txn.kind != TxnKind::PurchaseOrder {
                json.field_cents("Balance", txn.balance);
            }
            if txn.kind != TxnKind::VendorCredit {
                json.field_date("DueDate", txn.due);
            }
            if txn.kind == TxnKind::PurchaseOrder {
                json.field("POStatus", bill::status(books, txn));
            }
        }
        TxnKind::BillPayment => to_vendor_head(json, books, txn),
        TxnKind::TimeActivity => time_head(json, books, txn),
        TxnKind::InventoryAdjustment => {
            write_ref(json, books, "AdjustAccountRef", ListKind::Account, txn.account);
        }
        TxnKind::Payment => {
            write_ref(json, books, "CustomerRef", ListKind::Customer, txn.name);
            write_ref(json, books, "DepositToAccountRef", ListKind::Account, txn.account);
            json.some("PaymentRefNum", &txn.reference);
            json.field_cents("TotalAmt", txn.total);
            json.field_cents("UnappliedAmt", txn.balance);
            json.field_bool("ProcessPayment", false);
        }
        TxnKind::JournalEntry => {}
        TxnKind::Deposit => {
            write_ref(json, books, "DepositToAccountRef", ListKind::Account, txn.account);
            if txn.tax != 0 {
                json.key("CashBack");
                json.open();
                write_ref(json, books, "AccountRef", ListKind::Account, txn.other);
                json.field_cents("Amount", txn.tax);
                json.some("Memo", &txn.tax_detail);
                json.close();
            }
            json.field_cents("TotalAmt", txn.total);
        }
        TxnKind::Transfer => {
            write_ref(json, books, "FromAccountRef", ListKind::Account, txn.account);
            write_ref(json, books, "ToAccountRef", ListKind::Account, txn.other);
            json.field_cents("Amount", txn.total);
        }
        TxnKind::Purchase => {
            write_ref(json, books, "AccountRef", ListKind::Account, txn.account);
            write_entity(json, books, "EntityRef", txn.name);
            json.some("PaymentRefNum", &txn.reference);
            json.field_bool("Credit", txn.credit);
            json.field_cents("TotalAmt", txn.total);
        }
    }
    let elsewhere = txn.kind.is_sales_form().then_some("CustomField");
    dimension::write_extras(json, books, schema::txn(txn.kind), &txn.extras, elsewhere);
    system(json, txn.id, txn.sync, txn.created, txn.updated);
    if txn.kind != TxnKind::TimeActivity {
        shared(json, books, txn);
    }
    json.close();
}

fn to_vendor_head(json: &mut Json, books: &Books, txn: &Txn) {
    write_ref(json, books, "VendorRef", ListKind::Vendor, txn.name);
    if lines::link_name(txn) == "BillPaymentCreditCard" {
        json.key("CreditCardPayment");
        json.open();
        write_ref(json, books, "CCAccountRef", ListKind::Account, txn.account);
    } else {
        json.key("CheckPayment");
        json.open();
        write_ref(json, books, "BankAccountRef", ListKind::Account, txn.account);
        let status = if txn.reference.is_empty() { "NotSet" } else { &txn.reference };
        json.field("PrintStatus", status);
    }
    json.close();
    write_ref(json, books, "APAccountRef", ListKind::Account, txn.other);
    json.field_cents("TotalAmt", txn.total);
}

fn time_head(json: &mut Json, books: &Books, txn: &Txn) {
    json.field_date("TxnDate", txn.date);
    if let Some(kind) = books.name_kind(txn.name) {
        let key = if kind == ListKind::Vendor { "VendorRef" } else { "EmployeeRef" };
        write_ref(json, books, key, kind, txn.name);
    }
    write_ref(json, books, "CustomerRef", ListKind::Customer, txn.other);
    json.field("BillableStatus", time::status(txn));
    let class = schema::txn(txn.kind);
    if class.extra(&txn.extras, "Taxable").is_none() {
        json.field_bool("Taxable", false);
    }
    if class.extra(&txn.extras, "HourlyRate").is_none() {
        json.field_cents("HourlyRate", 0);
    }
}

/// Domain, id, token and times, the same on every entity.
pub(crate) fn system(json: &mut Json, id: u32, sync: u32, created: i64, updated: i64) {
    json.field("domain", "QBO");
    json.field_bool("sparse", false);
    json.field_id("Id", id);
    version(json, sync, created, updated);
}

/// Token and times.
pub(crate) fn version(json: &mut Json, sync: u32, created: i64, updated: i64) {
    json.field_id("SyncToken", sync);
    json.key("MetaData");
    json.open();
    json.field_stamp("CreateTime", created);
    json.field_stamp("LastUpdatedTime", updated);
    json.close();
}

fn sales_head(json: &mut Json, books: &Books, txn: &Txn) {
    write_ref(json, books, "CustomerRef", ListKind::Customer, txn.name);
    if txn.kind == TxnKind::Invoice {
        json.field_date("DueDate", txn.due);
    }
    json.field_cents("TotalAmt", txn.total);
    let class = schema::txn(txn.kind);
    if txn.kind == TxnKind::Estimate {
        json.field("TxnStatus", sales::status(txn));
    } else {
        json.field_cents("Balance", txn.balance);
    }
    match txn.kind {
        TxnKind::CreditMemo => json.field_cents("RemainingCredit", txn.balance),
        TxnKind::SalesReceipt | TxnKind::RefundReceipt => {
            let printed = class.extra(&txn.extras, "PrintStatus");
            let to_print = printed.is_none_or(|status| status == "\"NeedToPrint\"");
            let is_refund = txn.kind == TxnKind::RefundReceipt;
            if is_refund && txn.reference.is_empty() && to_print {
                json.field("PaymentRefNum", sales::TO_PRINT);
            } else {
                json.some("PaymentRefNum", &txn.reference);
            }
            write_ref(json, books, "DepositToAccountRef", ListKind::Account, txn.account);
        }
        _ => {}
    }
    let absent = |name: &str| class.extra(&txn.extras, name).is_none();
    if absent("ApplyTaxAfterDiscount") {
        json.field_bool("ApplyTaxAfterDiscount", false);
    }
    if absent("PrintStatus") {
        json.field("PrintStatus", "NeedToPrint");
    }
    if absent("EmailStatus") {
        json.field("EmailStatus", "NotSet");
    }
    if txn.kind == TxnKind::Invoice {
        for name in [
            "AllowIPNPayment",
            "AllowOnlinePayment",
            "AllowOnlineCreditCardPayment",
            "AllowOnlineACHPayment",
        ] {
            if absent(name) {
                json.field_bool(name, false);
            }
        }
    }
}

/// The currency; with several, also the rate and what the amounts are in home currency
/// (quickbooks.md §8).
fn currency(json: &mut Json, books: &Books, txn: &Txn) {
    let home = books.prefs.home_currency.as_str();
    if !books.prefs.multi_currency {
        json.key("CurrencyRef");
        json.open();
        json.field("value", home);
        if home == "USD" {
            json.field("name", "United States Dollar");
        }
        json.close();
        return;
    }
    write_currency(json, txn.currency().as_ref().map_or(home, |currency| currency.code()));
    json.field_decimal("ExchangeRate", txn.rate());
    let class = schema::txn(txn.kind);
    if class.knows("HomeTotalAmt") {
        json.field_cents("HomeTotalAmt", txn.home(txn.total));
    }
    let on_account = matches!(
        txn.kind,
        TxnKind::Invoice | TxnKind::CreditMemo | TxnKind::Bill | TxnKind::VendorCredit
    );
    if on_account && class.knows("HomeBalance") {
        json.field_cents("HomeBalance", books.home_balance(txn));
    }
}

fn shared(json: &mut Json, books: &Books, txn: &Txn) {
    let class = schema::txn(txn.kind);
    if txn.kind.is_sales_form() {
        custom::write(json, books, class.extra(&txn.extras, "CustomField"));
    }
    json.some("DocNumber", &txn.doc);
    json.field_date("TxnDate", txn.date);
    currency(json, books, txn);
    json.some("PrivateNote", &txn.note);
    if txn.deposit != 0 {
        write_link(json, books, TxnKind::Deposit, txn.deposit, None);
    } else if txn.kind.is_sales_form() || txn.kind == TxnKind::Payment || !txn.links.is_empty() {
        json.key("LinkedTxn");
        json.open_array();
        for (kind, id) in &txn.links {
            write_link_to(json, books, *kind, *id, None);
        }
        json.close_array();
    }
    if txn.kind != TxnKind::Transfer {
        write_lines(json, books, txn);
    }
    let side = if txn.kind.is_sales_form() { Side::Sales } else { Side::Purchase };
    tax::write_calculation(json, txn);
    tax::write_detail(json, books, txn, side);
}

/// Item lines, then the server's subtotal, the discount, shipping (quickbooks.md §8).
fn write_lines(json: &mut Json, books: &Books, txn: &Txn) {
    json.key("Line");
    json.open_array();
    let mut number = 0;
    let (mut discount, mut shipping) = (None, None);
    let mut rest = &*txn.lines;
    while let Some((line, after)) = rest.split_first() {
        let components = if let Detail::Group { count, .. } = line.detail { count } else { 0 };
        let (inside, after) =
            after.split_at(usize::try_from(components).unwrap_or(0).min(after.len()));
        rest = after;
        match line.detail {
            Detail::Discount { .. } => discount = Some(line),
            Detail::Sale { item: SHIPPING, .. } if shipping.is_none() => shipping = Some(line),
            _ => {
                number += 1;
                lines::write(json, books, line, number, inside);
            }
        }
    }
    if txn.kind.is_sales_form() {
        json.open();
        json.field_cents("Amount", tax::subtotal(&txn.lines));
        json.field("DetailType", "SubTotalLineDetail");
        json.field_raw("SubTotalLineDetail", "{}");
        json.close();
    }
    for line in [discount, shipping].into_iter().flatten() {
        number += 1;
        lines::write(json, books, line, number, &[]);
    }
    json.close_array();
}
