//! Writes and reads on entities: what a single request and one batch item have in common.

use rust_decimal::Decimal;

use crate::books::Books;
use crate::clock::Date;
use crate::config::Limits;
use crate::error::{Fault, Result};
use crate::json::{Json, Obj};
use crate::kind::{Entity, ListKind, TxnKind};
use crate::list::Record;
use crate::txn::input::Input;
use crate::txn::{self, Txn};
use crate::{attachable, budget, company, list, mail, preferences, rates, tax_service};

/// What a write asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    /// Create, or update when an id is given.
    Save,
    Create,
    Update,
    Delete,
    Void,
    /// By mail, to the address on the form or of its customer.
    Send,
}

/// What a write did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Done {
    Created,
    Updated,
    Deleted,
    Voided,
    Sent,
}

/// One write.
pub(crate) struct Write<'w> {
    pub entity: Entity,
    pub op: Op,
    pub obj: &'w Obj<'w>,
    /// `include=allowduplicatedocnum`.
    pub allow_duplicate_number: bool,
    pub void_paid_invoice: bool,
    /// The company's id in paths.
    pub realm: &'w str,
    pub limits: &'w Limits,
    pub now_us: i64,
}

/// Applies a write and appends `"Invoice":{...}` to the answer. The flag tells whether anything
/// changed. A refused write leaves the books untouched.
pub(crate) fn write(books: &mut Books, write: &Write<'_>, json: &mut Json) -> Result<(Done, bool)> {
    match write.entity {
        Entity::Txn(kind) => write_txn(books, kind, write, json),
        Entity::List(kind) => write_list(books, kind, write, json),
        Entity::TaxService => tax_service::create(books, write, json),
        Entity::ExchangeRate if matches!(write.op, Op::Save | Op::Create | Op::Update) => {
            rates::set(books, write.obj, write.now_us, json).map(|changed| (Done::Updated, changed))
        }
        Entity::Preferences => preferences::update(books, write, json),
        Entity::Attachable => attachable::write(books, write, json),
        Entity::CompanyInfo | Entity::ExchangeRate | Entity::Budget => {
            Err(Fault::unsupported(&format!("update {}", write.entity.name())))
        }
    }
}

fn id_of(obj: &Obj<'_>) -> Result<Option<u32>> {
    match obj.text("Id") {
        None => Ok(None),
        Some(text) if text.is_empty() => Ok(None),
        Some(text) => text.parse().map(Some).map_err(|_| Fault::invalid_id("Id", &text)),
    }
}

/// Refuses a write made on an older version (5010).
pub(crate) fn check_token(books: &Books, obj: &Obj<'_>, current: u32) -> Result<()> {
    let sent = obj.text("SyncToken").filter(|t| !t.is_empty());
    let sent = sent.ok_or_else(|| Fault::missing("SyncToken"))?;
    if sent.parse() == Ok(current) { Ok(()) } else { Err(Fault::stale(&books.prefs.user_name)) }
}

fn check_open(books: &Books, date: Date) -> Result<()> {
    let closed = books.prefs.book_close_date.as_deref().and_then(Date::parse);
    if closed.is_some_and(|closed| date <= closed) {
        Err(Fault::period_closed(books.prefs.book_close_password))
    } else {
        Ok(())
    }
}

fn stored<'b>(books: &'b Books, kind: TxnKind, obj: &Obj<'_>) -> Result<&'b Txn> {
    let id = id_of(obj)?.ok_or_else(|| Fault::missing("Id"))?;
    let txn = books.txn(id).filter(|t| t.kind == kind).ok_or_else(Fault::not_found)?;
    check_token(books, obj, txn.sync)?;
    if txn.deposit != 0 {
        return Err(Fault::deposited());
    }
    check_open(books, txn.date)?;
    Ok(txn)
}

fn write_txn(
    books: &mut Books,
    kind: TxnKind,
    write: &Write<'_>,
    json: &mut Json,
) -> Result<(Done, bool)> {
    let has_id = id_of(write.obj)?.is_some();
    match write.op {
        Op::Delete => {
            let id = stored(books, kind, write.obj)?.id;
            books.remove(id, write.now_us);
            json.key(kind.name());
            json.open();
            json.field("domain", "QBO");
            json.field("status", "Deleted");
            json.field_id("Id", id);
            json.close();
            Ok((Done::Deleted, true))
        }
        Op::Void => {
            if !kind.can_void() {
                return Err(Fault::unsupported("void"));
            }
            let old = stored(books, kind, write.obj)?;
            let (id, sync) = (old.id, old.sync);
            if old.kind == TxnKind::Invoice && old.settled() > 0 && !write.void_paid_invoice {
                return Err(Fault::business(
                    "You cannot void this invoice while a payment is applied to it",
                ));
            }
            books.void(id, write.now_us);
            show(books, id, json)?;
            Ok((Done::Voided, books.txn(id).is_some_and(|t| t.sync != sync)))
        }
        Op::Send => {
            let id = id_of(write.obj)?.ok_or_else(|| Fault::missing("Id"))?;
            let changed = mail::send(books, kind, id, None, write.now_us)?;
            show(books, id, json)?;
            Ok((Done::Sent, changed))
        }
        Op::Update | Op::Save if has_id || write.op == Op::Update => {
            let old = stored(books, kind, write.obj)?;
            // Payments and deposits are always read in full (quickbooks.md §2).
            let full = [TxnKind::Payment, TxnKind::BillPayment, TxnKind::Deposit];
            let sparse = write.obj.truth("sparse") && !full.contains(&kind);
            let new = read(books, kind, write, Some(old), sparse)?;
            let id = new.id;
            let changed = books.replace(new, write.now_us);
            show(books, id, json)?;
            Ok((Done::Updated, changed))
        }
        _ => {
            let new = read(books, kind, write, None, false)?;
            let id = books.insert(new, write.now_us);
            books.apply_credits(id, write.now_us);
            show(books, id, json)?;
            Ok((Done::Created, true))
        }
    }
}

fn read(
    books: &Books,
    kind: TxnKind,
    write: &Write<'_>,
    old: Option<&Txn>,
    sparse: bool,
) -> Result<Txn> {
    let input = Input {
        books,
        obj: write.obj,
        old,
        sparse,
        today: books.today(write.now_us),
        max_lines: write.limits.txn_lines,
    };
    let new = txn::read(kind, &input)?;
    check_open(books, new.date)?;
    if !new.doc.is_empty()
        && !write.allow_duplicate_number
        && let Some(other) = duplicate(books, &new)
    {
        return Err(Fault::duplicate_number(&new.doc, kind.name(), other));
    }
    Ok(new)
}

/// Another transaction of the type with the number. Numbers are unique only while a preference is on:
/// one for what the company numbers itself, another for the bills of one vendor (quickbooks.md §8).
fn duplicate(books: &Books, new: &Txn) -> Option<u32> {
    let prefs = &books.prefs;
    let mut others = books.numbered(new.kind, &new.doc).filter(|id| *id != new.id);
    match new.kind {
        TxnKind::Bill if prefs.warn_duplicate_bill_number => {
            others.find(|id| books.txn(*id).is_some_and(|t| t.name == new.name))
        }
        TxnKind::Bill | TxnKind::BillPayment | TxnKind::VendorCredit => None,
        _ if prefs.custom_txn_numbers => others.next(),
        _ => None,
    }
}

/// Appends `"Invoice":{...}` for a stored transaction.
pub(crate) fn show(books: &Books, id: u32, json: &mut Json) -> Result<()> {
    let txn = books.txn(id).ok_or_else(Fault::not_found)?;
    json.key(txn.kind.name());
    txn::write::write(json, books, txn);
    Ok(())
}

fn write_list(
    books: &mut Books,
    kind: ListKind,
    write: &Write<'_>,
    json: &mut Json,
) -> Result<(Done, bool)> {
    match write.op {
        // List objects are made inactive instead (quickbooks.md §2).
        Op::Delete => return Err(Fault::unsupported("delete")),
        Op::Void => return Err(Fault::unsupported("void")),
        Op::Send => return Err(Fault::unsupported("send")),
        Op::Save | Op::Create | Op::Update => {}
    }
    if matches!(kind, ListKind::TaxCode | ListKind::TaxRate) {
        // They are made by TaxService only.
        return Err(Fault::unsupported(&format!("write {}", kind.name())));
    }
    let id = id_of(write.obj)?;
    if write.op == Op::Create || (write.op == Op::Save && id.is_none()) {
        let record = list::read::read(books, kind, write.obj, None, false)?;
        books.check_name(&record)?;
        let quantity = quantity(books, write, &record)?;
        let id = books.add(record, write.now_us);
        if let Some((wanted, day)) = quantity {
            books.open_stock(id, wanted, day, write.now_us);
        }
        show_list(books, kind, id, json)?;
        return Ok((Done::Created, true));
    }
    let id = id.ok_or_else(|| Fault::missing("Id"))?;
    let old = books.list(kind, id).ok_or_else(Fault::not_found)?;
    check_token(books, write.obj, old.sync)?;
    let sparse = write.obj.truth("sparse");
    let record = list::read::read(books, kind, write.obj, Some(old), sparse)?;
    books.check_name(&record)?;
    let quantity = quantity(books, write, &record)?;
    let mut changed = books.change(record, write.now_us);
    if let Some((wanted, day)) = quantity {
        books.set_quantity(id, wanted, day, write.now_us);
        if !changed {
            books.touch(kind, id, write.now_us);
        }
        changed = true;
    }
    show_list(books, kind, id, json)?;
    Ok((Done::Updated, changed))
}

/// The quantity on hand that a written item must have, and the day on which that is booked.
fn quantity(books: &Books, write: &Write<'_>, record: &Record) -> Result<Option<(Decimal, Date)>> {
    let wanted = list::inventory::wanted(write.obj, record)?;
    let day = books.quantity_day(record, wanted, books.today(write.now_us));
    if let Some(day) = day {
        check_open(books, day)?;
    }
    Ok(wanted.zip(day))
}

fn show_list(books: &Books, kind: ListKind, id: u32, json: &mut Json) -> Result<()> {
    let record = books.list(kind, id).ok_or_else(Fault::not_found)?;
    json.key(kind.name());
    list::write::write(json, books, record);
    Ok(())
}

/// Appends `"Invoice":{...}` for a read by id (610, 2030).
pub(crate) fn read_one(
    books: &Books,
    entity: Entity,
    id: &str,
    realm: &str,
    json: &mut Json,
) -> Result<()> {
    match entity {
        Entity::CompanyInfo => {
            json.key("CompanyInfo");
            company::write_info(json, books, realm);
            Ok(())
        }
        Entity::Preferences => {
            json.key("Preferences");
            company::write_preferences(json, books);
            Ok(())
        }
        Entity::Txn(kind) => {
            let id: u32 = id.parse().map_err(|_| Fault::invalid_id("Id", id))?;
            books.txn(id).filter(|t| t.kind == kind).ok_or_else(Fault::not_found)?;
            show(books, id, json)
        }
        Entity::List(kind) => show_list(books, kind, list::parse_id(kind, id, "Id")?, json),
        // A rate is asked for by currency and day.
        Entity::ExchangeRate | Entity::TaxService => {
            Err(Fault::unsupported(&format!("read {}", entity.name())))
        }
        Entity::Attachable => {
            let id = attachable::parse_id(id)?;
            let file = books.attachables.get(&id).ok_or_else(Fault::not_found)?;
            attachable::show(json, file, realm);
            Ok(())
        }
        Entity::Budget => {
            let id: u32 = id.parse().map_err(|_| Fault::invalid_id("Id", id))?;
            let found = books.budgets.iter().find(|b| b.id == id).ok_or_else(Fault::not_found)?;
            json.key("Budget");
            budget::write(json, books, found);
            Ok(())
        }
    }
}
