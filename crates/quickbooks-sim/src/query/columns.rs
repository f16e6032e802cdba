//! Which properties can be filtered and sorted, per entity (quickbooks.md §3, "Filterable").

use rust_decimal::Decimal;

use crate::attachable::Attachable;
use crate::books::Books;
use crate::budget::Budget;
use crate::json::{Obj, scalar};
use crate::kind::{Entity, ListKind, TxnKind};
use crate::list::{Facts, Record, tax::pseudo_code, write::current_balance};
use crate::rates;
use crate::schema;
use crate::txn::Txn;

/// What a property holds, which decides how it is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Id,
    Reference,
    Text,
    Amount,
    Day,
    Instant,
    Truth,
}

/// A comparable value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Value {
    Null,
    Truth(bool),
    /// Ids, days and seconds.
    Whole(i64),
    Amount(Decimal),
    /// In lower case: comparison ignores case.
    Text(String),
}

/// A property that can be filtered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    pub name: &'static str,
    pub kind: Kind,
    /// Whether it can stand in ORDERBY too.
    pub sorts: bool,
}

/// Filterable only.
const fn filter(name: &'static str, kind: Kind) -> Column {
    Column { name, kind, sorts: false }
}

/// Filterable and sortable.
const fn sort(name: &'static str, kind: Kind) -> Column {
    Column { name, kind, sorts: true }
}

/// Sortable everywhere: the only stable order of pages.
const ID: Column = sort("Id", Kind::Id);
const CREATED: Column = sort("MetaData.CreateTime", Kind::Instant);
const UPDATED: Column = sort("MetaData.LastUpdatedTime", Kind::Instant);

const ACCOUNT: Column = filter("AccountRef", Kind::Reference);
const ACCOUNT_TYPE: Column = sort("AccountType", Kind::Text);
const AP_ACCOUNT: Column = sort("APAccountRef", Kind::Reference);
const ACTIVE: Column = filter("Active", Kind::Truth);
const ACTIVE_SORTS: Column = sort("Active", Kind::Truth);
const AGENCY: Column = filter("AgencyRef", Kind::Reference);
const AS_OF: Column = sort("AsOfDate", Kind::Day);
const BALANCE: Column = sort("Balance", Kind::Amount);
const BILLABLE: Column = filter("BillableStatus", Kind::Text);
const CATEGORY: Column = sort("Category", Kind::Text);
const CLASSIFICATION: Column = sort("Classification", Kind::Text);
const COMPANY_NAME: Column = sort("CompanyName", Kind::Text);
const CONTENT_TYPE: Column = filter("ContentType", Kind::Text);
const CURRENT_BALANCE: Column = sort("CurrentBalance", Kind::Amount);
const CUSTOMER: Column = filter("CustomerRef", Kind::Reference);
const DATE: Column = sort("TxnDate", Kind::Day);
const DEPOSIT_TO: Column = filter("DepositToAccountRef", Kind::Reference);
const DESCRIPTION: Column = filter("Description", Kind::Text);
const DESCRIPTION_SORTS: Column = sort("Description", Kind::Text);
const DISPLAY_NAME: Column = sort("DisplayName", Kind::Text);
const DOC: Column = sort("DocNumber", Kind::Text);
const DUE: Column = sort("DueDate", Kind::Day);
const EMAIL: Column = filter("PrimaryEmailAddr", Kind::Text);
const EMPLOYEE: Column = filter("EmployeeRef", Kind::Reference);
const FAMILY_NAME: Column = filter("FamilyName", Kind::Text);
const FILE_NAME: Column = sort("FileName", Kind::Text);
const FULL_NAME: Column = filter("FullyQualifiedName", Kind::Text);
const FULL_NAME_SORTS: Column = sort("FullyQualifiedName", Kind::Text);
const GIVEN_NAME: Column = filter("GivenName", Kind::Text);
const MIDDLE_NAME: Column = filter("MiddleName", Kind::Text);
const NAME: Column = filter("Name", Kind::Text);
const NAME_SORTS: Column = sort("Name", Kind::Text);
const NOTE: Column = filter("Note", Kind::Text);
const OWNER: Column = filter("AttachableRef.EntityRef.value", Kind::Reference);
const OWNER_TYPE: Column = filter("AttachableRef.EntityRef.type", Kind::Text);
const PAYMENT_METHOD: Column = filter("PaymentMethodRef", Kind::Reference);
const PAYMENT_REF: Column = sort("PaymentRefNum", Kind::Text);
const PAYMENT_TYPE: Column = filter("PaymentType", Kind::Text);
const PAYMENT_TYPE_SORTS: Column = sort("PaymentType", Kind::Text);
const PAY_TYPE: Column = filter("PayType", Kind::Text);
const PRINT_NAME: Column = sort("PrintOnCheckName", Kind::Text);
const PROJECT: Column = filter("ProjectRef", Kind::Reference);
const SIZE: Column = sort("Size", Kind::Amount);
const SKU: Column = filter("Sku", Kind::Text);
const SOURCE_CURRENCY: Column = sort("SourceCurrencyCode", Kind::Text);
const SUB_ITEM: Column = filter("SubItem", Kind::Truth);
const SUBTYPE: Column = sort("AccountSubType", Kind::Text);
const TAXABLE: Column = filter("Taxable", Kind::Truth);
const TERM: Column = filter("SalesTermRef", Kind::Reference);
const TOTAL: Column = filter("TotalAmt", Kind::Amount);
const TOTAL_SORTS: Column = sort("TotalAmt", Kind::Amount);
const TXN_STATUS: Column = filter("TxnStatus", Kind::Text);
const TYPE: Column = sort("Type", Kind::Text);
const VENDOR: Column = sort("VendorRef", Kind::Reference);

/// Id and the two times are filterable and sortable on every entity.
const EVERYWHERE: &[Column] = &[ID, CREATED, UPDATED];

fn table(entity: Entity) -> &'static [Column] {
    match entity {
        Entity::Txn(kind) => txn_table(kind),
        Entity::List(kind) => list_table(kind),
        Entity::ExchangeRate => &[AS_OF, SOURCE_CURRENCY],
        Entity::CompanyInfo | Entity::Preferences | Entity::TaxService => &[],
        Entity::Attachable => &[FILE_NAME, NOTE, SIZE, CONTENT_TYPE, CATEGORY, OWNER_TYPE, OWNER],
        Entity::Budget => &[NAME_SORTS, ACTIVE],
    }
}

fn txn_table(kind: TxnKind) -> &'static [Column] {
    match kind {
        TxnKind::Invoice => &[DOC, DATE, DUE, BALANCE, TOTAL, CUSTOMER, TERM, PROJECT],
        TxnKind::Payment => &[DATE, TOTAL_SORTS, CUSTOMER, PROJECT, PAYMENT_REF, PAYMENT_METHOD],
        TxnKind::CreditMemo => &[DATE, DOC, TOTAL_SORTS, BALANCE, CUSTOMER, TERM, PROJECT],
        TxnKind::RefundReceipt => &[DATE, DOC, BALANCE, PAYMENT_TYPE_SORTS, CUSTOMER, PROJECT],
        TxnKind::SalesReceipt => &[DATE, DOC, BALANCE, TOTAL, CUSTOMER, PROJECT],
        TxnKind::JournalEntry | TxnKind::InventoryAdjustment => &[DOC, DATE],
        TxnKind::Deposit => &[DATE, DEPOSIT_TO],
        TxnKind::Transfer => &[DATE],
        TxnKind::Purchase => &[DOC, DATE, TOTAL_SORTS, PAYMENT_TYPE, ACCOUNT],
        TxnKind::Estimate => &[DOC, DATE, TOTAL, CUSTOMER, TXN_STATUS, TERM, PROJECT],
        TxnKind::Bill => &[DOC, DATE, DUE, BALANCE, TOTAL_SORTS, VENDOR, AP_ACCOUNT, TERM],
        TxnKind::BillPayment => &[DOC, DATE, TOTAL_SORTS, VENDOR, PAY_TYPE],
        TxnKind::VendorCredit => &[DOC, DATE, TOTAL_SORTS, BALANCE, VENDOR],
        TxnKind::PurchaseOrder => &[DOC, DATE, DUE, TOTAL_SORTS, VENDOR],
        TxnKind::TimeActivity => &[DATE, CUSTOMER, VENDOR, EMPLOYEE, BILLABLE],
    }
}

/// What customers, vendors and employees have in common.
const PEOPLE: &[Column] = &[
    DISPLAY_NAME,
    COMPANY_NAME,
    PRINT_NAME,
    ACTIVE_SORTS,
    BALANCE,
    GIVEN_NAME,
    MIDDLE_NAME,
    FAMILY_NAME,
];

fn list_table(kind: ListKind) -> &'static [Column] {
    match kind {
        ListKind::Customer | ListKind::Vendor | ListKind::Employee => PEOPLE,
        ListKind::Item => {
            &[NAME_SORTS, TYPE, FULL_NAME, SKU, ACTIVE, TAXABLE, SUB_ITEM, DESCRIPTION]
        }
        ListKind::Account => &[
            NAME_SORTS,
            FULL_NAME_SORTS,
            ACCOUNT_TYPE,
            SUBTYPE,
            CLASSIFICATION,
            CURRENT_BALANCE,
            ACTIVE_SORTS,
        ],
        ListKind::Class | ListKind::Department => &[FULL_NAME_SORTS, ACTIVE],
        ListKind::PaymentMethod | ListKind::Term => &[NAME, ACTIVE],
        ListKind::TaxCode => &[NAME_SORTS, ACTIVE, DESCRIPTION],
        ListKind::TaxRate => &[NAME, AGENCY, ACTIVE, DESCRIPTION_SORTS],
        ListKind::TaxAgency => &[],
        ListKind::CompanyCurrency => &[ACTIVE],
    }
}

/// A filterable property by its name in any case; none when it cannot be filtered.
pub(crate) fn find(entity: Entity, property: &str) -> Option<Column> {
    // Vendors have an address too, but it is not queryable (quickbooks.md §3).
    let extra: &[Column] =
        if entity == Entity::List(ListKind::Customer) { &[FULL_NAME_SORTS, EMAIL] } else { &[] };
    EVERYWHERE
        .iter()
        .chain(table(entity))
        .chain(extra)
        .find(|column| column.name.eq_ignore_ascii_case(property))
        .copied()
}

/// Whether the entity has a property of this name at all, filterable or not.
pub(crate) fn exists(entity: Entity, property: &str) -> bool {
    let first = property.split('.').next().unwrap_or(property);
    match entity {
        Entity::Txn(kind) => schema::txn(kind).knows(first),
        Entity::List(kind) => schema::list(kind).knows(first),
        Entity::ExchangeRate => schema::EXCHANGE_RATE.knows(first),
        Entity::CompanyInfo | Entity::Preferences | Entity::TaxService => false,
        Entity::Attachable => schema::ATTACHABLE.knows(first),
        Entity::Budget => schema::BUDGET.knows(first),
    }
}

fn amount(cents: i64) -> Value {
    Value::Amount(Decimal::new(cents, 2).normalize())
}

fn text(text: &str) -> Value {
    if text.is_empty() { Value::Null } else { Value::Text(text.to_lowercase()) }
}

/// A property that is stored as sent: its text, or the value or address within.
fn kept(class: &schema::Class, extras: &schema::Extras, name: &str, kind: Kind) -> Value {
    let Some(raw) = class.extra(extras, name) else { return Value::Null };
    let Ok(parsed) = serde_json::from_str::<&serde_json::value::RawValue>(raw) else {
        return Value::Null;
    };
    let plain = if raw.starts_with('{') {
        let Ok(obj) = Obj::parse(raw) else { return Value::Null };
        let key = if kind == Kind::Reference { "value" } else { "Address" };
        obj.text(key).map(std::borrow::Cow::into_owned)
    } else {
        scalar(parsed).map(std::borrow::Cow::into_owned)
    };
    match (plain, kind) {
        (None, _) => Value::Null,
        (Some(plain), Kind::Reference | Kind::Id) => {
            plain.parse().map_or(Value::Null, Value::Whole)
        }
        (Some(plain), Kind::Truth) => Value::Truth(plain == "true"),
        (Some(plain), _) => text(&plain),
    }
}

fn reference(id: u32) -> Value {
    if id == 0 { Value::Null } else { Value::Whole(id.into()) }
}

/// A property of a transaction.
pub(crate) fn of_txn(txn: &Txn, name: &str, kind: Kind) -> Value {
    match name {
        "Id" => Value::Whole(txn.id.into()),
        "MetaData.CreateTime" => Value::Whole(txn.created),
        "MetaData.LastUpdatedTime" => Value::Whole(txn.updated),
        "DocNumber" => text(&txn.doc),
        "TxnDate" => Value::Whole(txn.date.0),
        "DueDate" => Value::Whole(txn.due.0),
        "TotalAmt" => amount(txn.total),
        "Balance" => amount(txn.balance),
        "CustomerRef" if txn.kind == TxnKind::TimeActivity => reference(txn.other),
        "VendorRef" | "EmployeeRef" if !crate::txn::time::has_worker(txn, name) => Value::Null,
        "CustomerRef" | "VendorRef" | "EmployeeRef" => reference(txn.name),
        "BillableStatus" => text(crate::txn::time::status(txn)),
        "TxnStatus" => text(crate::txn::sales::status(txn)),
        "PaymentRefNum" => text(&txn.reference),
        "DepositToAccountRef" | "AccountRef" | "APAccountRef" => reference(txn.account),
        other => kept(schema::txn(txn.kind), &txn.extras, other, kind),
    }
}

/// A property of a rate of exchange.
pub(crate) fn of_rate(row: (rates::Key, &rates::Rate), name: &str) -> Value {
    let ((currency, date), rate) = row;
    match name {
        "AsOfDate" => Value::Whole(date.0),
        "SourceCurrencyCode" => text(currency.code()),
        "MetaData.CreateTime" => Value::Whole(rate.created),
        "MetaData.LastUpdatedTime" => Value::Whole(rate.updated),
        _ => Value::Null,
    }
}

/// A property of an attachment, and of one of the things it belongs to.
pub(crate) fn of_attachable(
    file: &Attachable,
    owner: Option<&(String, String)>,
    name: &str,
    kind: Kind,
) -> Value {
    match (name, owner) {
        ("Id", _) => Value::Whole(file.shown_id()),
        ("MetaData.CreateTime", _) => Value::Whole(file.created),
        ("MetaData.LastUpdatedTime", _) => Value::Whole(file.updated),
        ("Size", _) => Value::Amount(Decimal::from(file.size())),
        ("AttachableRef.EntityRef.type", Some((owner, _))) => text(owner),
        ("AttachableRef.EntityRef.value", Some((_, id))) => {
            id.parse().map_or(Value::Null, Value::Whole)
        }
        (other, _) => kept(schema::ATTACHABLE, &file.extras, other, kind),
    }
}

/// A property of a budget.
pub(crate) fn of_budget(budget: &Budget, name: &str) -> Value {
    match name {
        "Id" => Value::Whole(budget.id.into()),
        "Name" => text(&budget.name),
        "Active" => Value::Truth(true),
        _ => Value::Whole(budget.created),
    }
}

/// A property of a list object.
pub(crate) fn of_list(books: &Books, record: &Record, name: &str, kind: Kind) -> Value {
    match (name, &record.facts) {
        ("Id", _) => Value::Whole(record.id.into()),
        ("MetaData.CreateTime", _) => Value::Whole(record.created),
        ("MetaData.LastUpdatedTime", _) => Value::Whole(record.updated),
        ("Name" | "DisplayName", _) => text(&record.shown(&record.name)),
        ("FullyQualifiedName", _) => text(&record.shown_full()),
        // TAX and NON have no Active attribute (quickbooks.md §3).
        ("Active", _) if pseudo_code(record.kind, record.id).is_some() => Value::Null,
        ("Active", _) => Value::Truth(record.active),
        ("AgencyRef", Facts::Rate(rate)) => reference(rate.agency),
        ("SubItem", _) => Value::Truth(record.parent != 0),
        ("Balance", _) => amount(match record.kind {
            ListKind::Customer => books.ledger.owed_by(record.id),
            ListKind::Vendor => -books.ledger.owed_by(record.id),
            _ => 0,
        }),
        ("CurrentBalance", _) => amount(current_balance(books, record)),
        ("AccountType", Facts::Account { kind, .. }) => text(kind.name()),
        ("Classification", Facts::Account { kind, .. }) => text(kind.classification()),
        ("AccountSubType", Facts::Account { subtype, .. }) => text(subtype),
        ("Type", Facts::Item { service, .. }) => text(service),
        (other, _) => kept(schema::list(record.kind), &record.extras, other, kind),
    }
}
