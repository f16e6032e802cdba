//! Reading the fields every transaction shares, with the rules of full and sparse updates.

use rust_decimal::Decimal;

use super::Txn;
use super::claim::Side;
use crate::abroad;
use crate::books::Books;
use crate::clock::Date;
use crate::error::{Fault, Result};
use crate::json::{Obj, is_null, scalar};
use crate::kind::{ListKind, TxnKind};
use crate::list::AccountType;
use crate::money;
use crate::schema;

/// One write request about one transaction.
pub(crate) struct Input<'i> {
    pub books: &'i Books,
    pub obj: &'i Obj<'i>,
    /// The stored transaction on an update.
    pub old: Option<&'i Txn>,
    /// Absent properties keep their old value; on a full update they become empty
    /// (quickbooks.md §2).
    pub sparse: bool,
    pub today: Date,
    pub max_lines: usize,
}

/// Reads an amount property.
pub(crate) fn cents(obj: &Obj<'_>, key: &str, element: &'static str) -> Result<Option<i64>> {
    match obj.text(key) {
        None => Ok(None),
        Some(text) => {
            money::parse_cents(&text).map(Some).map_err(|why| Fault::decimal(element, &text, why))
        }
    }
}

/// Reads a quantity, price or percent property.
pub(crate) fn decimal(obj: &Obj<'_>, key: &str, element: &'static str) -> Result<Option<Decimal>> {
    match obj.text(key) {
        None => Ok(None),
        Some(text) => {
            money::parse_decimal(&text).map(Some).map_err(|why| Fault::decimal(element, &text, why))
        }
    }
}

/// The `value` of a reference property, empty for none.
pub(crate) fn ref_value<'a>(obj: &Obj<'a>, key: &str) -> Option<std::borrow::Cow<'a, str>> {
    let raw = obj.get(key)?;
    let value = if raw.get().starts_with('{') {
        let inner = Obj::parse(raw.get()).ok()?;
        inner.get("value").and_then(scalar)?
    } else {
        scalar(raw)?
    };
    (!value.is_empty()).then_some(value)
}

/// Text of at most `max` characters.
pub(crate) fn text(
    obj: &Obj<'_>,
    key: &'static str,
    max: usize,
    old: Option<&str>,
) -> Result<Box<str>> {
    match obj.get(key) {
        None => Ok(old.unwrap_or_default().into()),
        Some(raw) => match scalar(raw) {
            None => Ok(Box::default()),
            Some(text) => {
                // The common case needs no counting: characters are never more than bytes.
                if text.len() > max {
                    let length = text.chars().count();
                    if length > max {
                        return Err(Fault::length(key, 0, max, length));
                    }
                }
                Ok(text.as_ref().into())
            }
        },
    }
}

impl<'i> Input<'i> {
    /// The values that absent properties keep.
    pub(crate) fn kept(&self) -> Option<&'i Txn> {
        if self.sparse { self.old } else { None }
    }

    pub(crate) fn text(
        &self,
        key: &'static str,
        max: usize,
        old: impl Fn(&Txn) -> &str,
    ) -> Result<Box<str>> {
        text(self.obj, key, max, self.kept().map(old))
    }

    /// A reference to an active list object; zero for none.
    pub(crate) fn reference(
        &self,
        key: &'static str,
        kind: ListKind,
        old: impl Fn(&Txn) -> u32,
    ) -> Result<u32> {
        match self.obj.get(key) {
            None => Ok(self.kept().map_or(0, old)),
            Some(_) => reference(self.books, self.obj, key, kind),
        }
    }

    pub(crate) fn date(
        &self,
        key: &'static str,
        old: impl Fn(&Txn) -> Date,
    ) -> Result<Option<Date>> {
        match self.obj.text(key) {
            Some(text) if !text.is_empty() => {
                Date::parse(&text).map(Some).ok_or_else(|| Fault::date(key, &text))
            }
            _ => Ok(self.kept().map(old)),
        }
    }

    /// The lines as objects; none when a sparse update does not name them.
    pub(crate) fn lines(&self) -> Result<Option<Vec<Obj<'i>>>> {
        let Some(raw) = self.obj.get("Line").filter(|raw| !is_null(raw)) else { return Ok(None) };
        let lines: Vec<Obj<'i>> = serde_json::from_str(raw.get())
            .map_err(|e| Fault::invalid_property(format!("Property Name:Line {e}")))?;
        if lines.len() > self.max_lines {
            return Err(Fault::business("too many lines on one transaction"));
        }
        Ok(Some(lines))
    }

    /// A transaction that is to be linked (2500).
    pub(crate) fn target(&self, kind: TxnKind, id: u32) -> Result<&'i Txn> {
        self.books
            .txn(id)
            .filter(|t| t.kind == kind && !t.voided)
            .ok_or_else(|| Fault::reference("LinkedTxn", "Transaction", &id.to_string()))
    }

    /// The payable account: the one sent, else the company's.
    pub(crate) fn payable(&self, txn: &Txn) -> Result<u32> {
        match reference(self.books, self.obj, "APAccountRef", ListKind::Account)? {
            0 => Ok(self.books.control(Side::Payable, txn.currency())),
            id => {
                self.books.require_account(id, &[AccountType::AccountsPayable], "APAccountRef")?;
                Ok(id)
            }
        }
    }

    /// Days until a document with terms is due.
    pub(crate) fn term_days(&self, txn: &Txn) -> Option<i64> {
        let text = schema::txn(txn.kind).extra(&txn.extras, "SalesTermRef")?;
        self.books.term_days(Obj::parse(text).ok()?.text("value")?.parse().ok()?)
    }

    /// The links to what this transaction is made from. Other links are written from the other side
    /// and ignored here.
    pub(crate) fn read_origins(&self, txn: &mut Txn) -> Result<()> {
        let made_from = txn.kind.made_from();
        let (mut links, incoming): (Vec<_>, Vec<_>) =
            txn.links.iter().copied().partition(|(kind, _)| made_from.contains(kind));
        if self.obj.get("LinkedTxn").is_some() || !self.sparse {
            links.clear();
        }
        for link in self.obj.array("LinkedTxn")? {
            schema::LINKED_TXN.kept(&link)?;
            let Some(kind) = link
                .text("TxnType")
                .and_then(|name| TxnKind::of_link(&name))
                .filter(|kind| made_from.contains(kind))
            else {
                continue;
            };
            let id = link.text("TxnId").ok_or_else(|| Fault::missing("LinkedTxn.TxnId"))?;
            let number: u32 = id.parse().map_err(|_| Fault::invalid_id("TxnId", &id))?;
            let target = self.target(kind, number)?;
            let name = if kind == TxnKind::TimeActivity { target.other } else { target.name };
            // An estimate and an hour are billed once; an order may take several bills.
            let taken = kind != TxnKind::PurchaseOrder
                && target.links.iter().any(|(_, other)| *other != txn.id);
            if name != txn.name || taken {
                return Err(Fault::cannot_link(&id));
            }
            if !links.contains(&(kind, number)) {
                links.push((kind, number));
            }
        }
        links.extend(incoming);
        txn.links = links.into_boxed_slice();
        Ok(())
    }

    /// A transaction with the shared fields filled.
    pub(crate) fn header(&self, kind: TxnKind) -> Result<Txn> {
        let class = schema::txn(kind);
        let mut txn = Txn::new(kind);
        txn.extras = class.extras(self.obj, self.old.map(|t| &t.extras), self.sparse)?;
        self.check_references(kind, &txn)?;
        // python-quickbooks sends TaxExcluded with every form, also to companies in the US.
        let global = self.obj.text("GlobalTaxCalculation").is_some_and(|how| how != "TaxExcluded");
        if global && self.books.prefs.region.is_us() {
            return Err(Fault::global_tax());
        }
        txn.note = self.text("PrivateNote", 4_000, |t| &t.note)?;
        // A full update without a number keeps the number (quickbooks.md §2).
        txn.doc = text(self.obj, "DocNumber", 21, self.old.map(|t| t.doc.as_ref()))?;
        txn.date = self
            .date("TxnDate", |t| t.date)?
            .or_else(|| self.old.map(|t| t.date))
            .unwrap_or(self.today);
        if abroad::carries_currency(kind) {
            txn.abroad = abroad::read(self, txn.date)?;
        }
        if let Some(old) = self.old {
            txn.id = old.id;
            txn.sync = old.sync;
            txn.created = old.created;
            txn.updated = old.updated;
            txn.voided = old.voided;
            txn.last_line = old.last_line;
            txn.links.clone_from(&old.links);
            txn.deposit = old.deposit;
        }
        Ok(txn)
    }

    /// Dimension and method references are kept as sent, but they must exist.
    fn check_references(&self, kind: TxnKind, txn: &Txn) -> Result<()> {
        if txn.extras.is_empty() {
            return Ok(());
        }
        let table = [
            ("DepartmentRef", ListKind::Department),
            ("ClassRef", ListKind::Class),
            ("PaymentMethodRef", ListKind::PaymentMethod),
            ("SalesTermRef", ListKind::Term),
        ];
        let class = schema::txn(kind);
        for (key, list) in table {
            if class.extra(&txn.extras, key).is_some() && self.obj.get(key).is_some() {
                reference(self.books, self.obj, key, list)?;
            }
        }
        Ok(())
    }
}

/// An active list object named by a reference property; zero when the value is empty.
pub(crate) fn reference(
    books: &Books,
    obj: &Obj<'_>,
    key: &'static str,
    kind: ListKind,
) -> Result<u32> {
    match ref_value(obj, key) {
        None => Ok(0),
        Some(value) => books.resolve(kind, &value, key),
    }
}
