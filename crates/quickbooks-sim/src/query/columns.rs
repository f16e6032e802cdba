//! Which properties can be filtered and sorted, per entity (quickbooks.md §3, "Filterable").

use rust_decimal::Decimal;

use crate::books::Books;
use crate::json::{Obj, scalar};
use crate::kind::{Entity, ListKind, TxnKind};
use crate::list::{Facts, Record, write::current_balance};
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

const ID: (&str, Kind) = ("Id", Kind::Id);
const DOC: (&str, Kind) = ("DocNumber", Kind::Text);
const DATE: (&str, Kind) = ("TxnDate", Kind::Day);
const TOTAL: (&str, Kind) = ("TotalAmt", Kind::Amount);
const BALANCE: (&str, Kind) = ("Balance", Kind::Amount);
const CUSTOMER: (&str, Kind) = ("CustomerRef", Kind::Reference);
const PROJECT: (&str, Kind) = ("ProjectRef", Kind::Reference);
const TERM: (&str, Kind) = ("SalesTermRef", Kind::Reference);
const NAME: (&str, Kind) = ("Name", Kind::Text);
const FULL: (&str, Kind) = ("FullyQualifiedName", Kind::Text);
const ACTIVE: (&str, Kind) = ("Active", Kind::Truth);

const PEOPLE: &[(&str, Kind)] = &[
    ID,
    ("DisplayName", Kind::Text),
    ("CompanyName", Kind::Text),
    ("PrintOnCheckName", Kind::Text),
    ("GivenName", Kind::Text),
    ("MiddleName", Kind::Text),
    ("FamilyName", Kind::Text),
    ACTIVE,
    BALANCE,
];

fn table(entity: Entity) -> &'static [(&'static str, Kind)] {
    match entity {
        Entity::Txn(kind) => match kind {
            TxnKind::Invoice => {
                &[ID, DOC, DATE, ("DueDate", Kind::Day), BALANCE, TOTAL, CUSTOMER, TERM, PROJECT]
            }
            TxnKind::Payment => &[
                ID,
                DATE,
                TOTAL,
                CUSTOMER,
                PROJECT,
                ("PaymentRefNum", Kind::Text),
                ("PaymentMethodRef", Kind::Reference),
            ],
            TxnKind::CreditMemo => &[ID, DATE, DOC, TOTAL, BALANCE, CUSTOMER, TERM, PROJECT],
            TxnKind::RefundReceipt => {
                &[ID, DATE, DOC, BALANCE, TOTAL, ("PaymentType", Kind::Text), CUSTOMER, PROJECT]
            }
            TxnKind::SalesReceipt => &[ID, DATE, DOC, BALANCE, TOTAL, CUSTOMER, PROJECT],
            TxnKind::JournalEntry => &[ID, DOC, DATE],
            TxnKind::Deposit => &[ID, DATE, ("DepositToAccountRef", Kind::Reference)],
            TxnKind::Transfer => &[ID, DATE],
            TxnKind::Purchase => &[
                ID,
                DOC,
                DATE,
                TOTAL,
                ("PaymentType", Kind::Text),
                ("AccountRef", Kind::Reference),
            ],
        },
        Entity::List(kind) => match kind {
            ListKind::Customer | ListKind::Vendor | ListKind::Employee => PEOPLE,
            ListKind::Item => &[
                ID,
                NAME,
                FULL,
                ("Type", Kind::Text),
                ("Sku", Kind::Text),
                ("Description", Kind::Text),
                ("Taxable", Kind::Truth),
                ("SubItem", Kind::Truth),
                ACTIVE,
            ],
            ListKind::Account => &[
                ID,
                NAME,
                FULL,
                ("AccountType", Kind::Text),
                ("AccountSubType", Kind::Text),
                ("Classification", Kind::Text),
                ("CurrentBalance", Kind::Amount),
                ACTIVE,
            ],
            ListKind::Class | ListKind::Department => &[ID, NAME, FULL, ACTIVE],
            ListKind::PaymentMethod | ListKind::Term => &[ID, NAME, ACTIVE],
        },
        Entity::CompanyInfo | Entity::Preferences => &[ID],
    }
}

/// The kind of a filterable property in any case; none when it cannot be filtered.
pub(crate) fn find(entity: Entity, property: &str) -> Option<(&'static str, Kind)> {
    let times =
        [("MetaData.CreateTime", Kind::Instant), ("MetaData.LastUpdatedTime", Kind::Instant)];
    let customer = [("PrimaryEmailAddr", Kind::Text), FULL];
    let extra: &[(&str, Kind)] =
        if entity == Entity::List(ListKind::Customer) { &customer } else { &[] };
    times
        .iter()
        .chain(table(entity))
        .chain(extra)
        .find(|(name, _)| name.eq_ignore_ascii_case(property))
        .copied()
}

/// Whether the entity has a property of this name at all, filterable or not.
pub(crate) fn exists(entity: Entity, property: &str) -> bool {
    let first = property.split('.').next().unwrap_or(property);
    match entity {
        Entity::Txn(kind) => schema::txn(kind).knows(first),
        Entity::List(kind) => schema::list(kind).knows(first),
        Entity::CompanyInfo | Entity::Preferences => false,
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
        "CustomerRef" => reference(txn.name),
        "PaymentRefNum" => text(&txn.reference),
        "DepositToAccountRef" | "AccountRef" => reference(txn.account),
        other => kept(schema::txn(txn.kind), &txn.extras, other, kind),
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
        ("Active", _) => Value::Truth(record.active),
        ("SubItem", _) => Value::Truth(record.parent != 0),
        ("Balance", _) => amount(if record.kind == ListKind::Customer {
            books.ledger.owed_by(record.id)
        } else {
            0
        }),
        ("CurrentBalance", _) => amount(current_balance(books, record)),
        ("AccountType", Facts::Account { kind, .. }) => text(kind.name()),
        ("Classification", Facts::Account { kind, .. }) => text(kind.classification()),
        ("AccountSubType", Facts::Account { subtype, .. }) => text(subtype),
        ("Type", Facts::Item { service, .. }) => text(service),
        (other, _) => kept(schema::list(record.kind), &record.extras, other, kind),
    }
}
