//! List objects: accounts, names, items, dimensions, methods, terms.

pub(crate) mod account;
pub(crate) mod commit;
pub(crate) mod currency;
pub(crate) mod inventory;
pub(crate) mod read;
pub(crate) mod tax;
pub(crate) mod write;

use kernel::Currency;
use serde::{Deserialize, Serialize};

use crate::error::{Fault, Result};
use crate::kind::ListKind;
use crate::schema::Extras;

pub(crate) use account::AccountType;

/// One list object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Record {
    pub kind: ListKind,
    pub id: u32,
    pub sync: u32,
    /// UTC seconds.
    pub created: i64,
    /// UTC seconds.
    pub updated: i64,
    pub active: bool,
    /// Own name, without parents and without the mark of inactive objects.
    pub name: Box<str>,
    /// Names of all parents and the own name, joined by colons.
    pub full: Box<str>,
    /// Parent id, zero for none.
    pub parent: u32,
    /// Of a customer, a vendor or an account; none for the home currency.
    pub currency: Option<Currency>,
    pub facts: Facts,
    pub extras: Extras,
}

/// What only one type of list object has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Facts {
    Account { kind: AccountType, subtype: Box<str> },
    Item { service: Box<str>, category: bool, income: u32, expense: u32, asset: u32 },
    Agency(tax::Agency),
    Rate(tax::Rate),
    Code(Box<tax::Code>),
    Plain,
}

/// The id in a path: a number, or the name of a pseudo tax code (2030).
pub(crate) fn parse_id(kind: ListKind, text: &str, element: &'static str) -> Result<u32> {
    let named = if kind == ListKind::TaxCode { tax::pseudo_id(text) } else { None };
    let number = || text.parse().ok().filter(|id| tax::pseudo_code(kind, *id).is_none());
    named.or_else(number).ok_or_else(|| Fault::invalid_id(element, text))
}

/// Inactive list objects read "Emily Platt (deleted)" (quickbooks.md §2).
pub(crate) const DELETED_MARK: &str = " (deleted)";

impl Record {
    /// An active object without id, parent or anything sent.
    pub(crate) fn new(kind: ListKind, name: &str, facts: Facts) -> Self {
        Self {
            kind,
            id: 0,
            sync: 0,
            created: 0,
            updated: 0,
            active: true,
            name: name.into(),
            full: name.into(),
            parent: 0,
            currency: None,
            facts,
            extras: Box::default(),
        }
    }

    /// The full name as shown.
    pub(crate) fn shown_full(&self) -> std::borrow::Cow<'_, str> {
        self.shown(&self.full)
    }

    /// A name as shown.
    pub(crate) fn shown<'n>(&self, name: &'n str) -> std::borrow::Cow<'n, str> {
        if self.active { name.into() } else { format!("{name}{DELETED_MARK}").into() }
    }
}

/// The key under which a name is taken: customers, vendors and employees share one namespace, and
/// case does not matter (quickbooks.md §7, code 6240).
pub(crate) fn name_key(kind: ListKind, full: &str) -> (ListKind, Box<str>) {
    let space = if kind.is_name() { ListKind::Customer } else { kind };
    (space, full.to_lowercase().into_boxed_str())
}
