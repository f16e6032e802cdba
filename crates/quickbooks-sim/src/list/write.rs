//! A list object as the company shows it.

use super::currency::write_ref as write_currency;
use super::{Facts, Record};
use crate::books::Books;
use crate::json::Json;
use crate::kind::ListKind;
use crate::schema;
use crate::stock::unscaled;
use crate::txn::lines::write_ref;

/// Writes the object, braces included.
pub(crate) fn write(json: &mut Json, books: &Books, record: &Record) {
    if let Facts::Agency(_) | Facts::Rate(_) | Facts::Code(_) = record.facts {
        return super::tax::write(json, books, record);
    }
    json.open();
    let nested = record.parent != 0;
    match record.kind {
        ListKind::Customer | ListKind::Vendor | ListKind::Employee => {
            json.field("DisplayName", &record.shown(&record.name));
            if record.kind == ListKind::Customer {
                let balance = books.ledger.owed_by(record.id);
                json.field("FullyQualifiedName", &record.shown_full());
                json.field_bool("Job", nested);
                json.field_cents("Balance", balance);
                json.field_cents("BalanceWithJobs", balance);
            }
            if record.kind == ListKind::Vendor {
                json.field_cents("Balance", -books.ledger.owed_by(record.id));
            }
            let class = schema::list(record.kind);
            if class.extra(&record.extras, "PrintOnCheckName").is_none() {
                json.field("PrintOnCheckName", &record.shown(&record.name));
            }
            if books.prefs.multi_currency && record.kind != ListKind::Employee {
                let home = books.prefs.home_currency.as_str();
                write_currency(json, record.currency.as_ref().map_or(home, |c| c.code()));
            }
        }
        ListKind::CompanyCurrency => {
            json.field("Code", &record.name);
            let class = schema::list(record.kind);
            if class.extra(&record.extras, "Name").is_none() {
                json.field("Name", super::currency::name(&record.name));
            }
        }
        _ => {
            json.field("Name", &record.shown(&record.name));
            if !matches!(record.kind, ListKind::PaymentMethod | ListKind::Term) {
                json.field("FullyQualifiedName", &record.shown_full());
            }
        }
    }
    json.field_bool("Active", record.active);
    if nested {
        write_ref(json, books, "ParentRef", record.kind, record.parent);
    }
    facts(json, books, record);
    let sub = match record.kind {
        ListKind::Account => Some("SubAccount"),
        ListKind::Class => Some("SubClass"),
        ListKind::Department => Some("SubDepartment"),
        ListKind::Item if nested => Some("SubItem"),
        _ => None,
    };
    if let Some(sub) = sub {
        json.field_bool(sub, nested);
    }
    schema::list(record.kind).write_extras(json, &record.extras, None);
    crate::txn::write::system(json, record.id, record.sync, record.created, record.updated);
    json.close();
}

fn facts(json: &mut Json, books: &Books, record: &Record) {
    match &record.facts {
        Facts::Account { kind, subtype } => {
            json.field("Classification", kind.classification());
            json.field("AccountType", kind.name());
            json.field("AccountSubType", subtype);
            let balance = current_balance(books, record);
            json.field_cents("CurrentBalance", balance);
            json.field_cents("CurrentBalanceWithSubAccounts", balance);
            match record.currency {
                Some(currency) => write_currency(json, currency.code()),
                None => {
                    json.key("CurrencyRef");
                    json.open();
                    json.field("value", &books.prefs.home_currency);
                    json.close();
                }
            }
        }
        Facts::Item { service, income, expense, asset, .. } => {
            json.field("Type", service);
            let tracked = service.as_ref() == "Inventory";
            json.field_bool("TrackQtyOnHand", tracked);
            if tracked {
                json.field_decimal("QtyOnHand", unscaled(books.stock.on_hand(record.id)));
            }
            write_ref(json, books, "IncomeAccountRef", ListKind::Account, *income);
            write_ref(json, books, "ExpenseAccountRef", ListKind::Account, *expense);
            write_ref(json, books, "AssetAccountRef", ListKind::Account, *asset);
            if schema::list(ListKind::Item).extra(&record.extras, "UnitPrice").is_none() {
                json.field_cents("UnitPrice", 0);
            }
        }
        _ => {}
    }
}

/// Balance sheet accounts show their balance in their own currency and natural sign, others show 0.
pub(crate) fn current_balance(books: &Books, record: &Record) -> i64 {
    match &record.facts {
        Facts::Account { kind, .. } if kind.is_balance_sheet() => {
            let home = || books.ledger.account(record.id);
            let balance = books.ledger.abroad(record.id).unwrap_or_else(home);
            if kind.is_credit_normal() { -balance } else { balance }
        }
        _ => 0,
    }
}
