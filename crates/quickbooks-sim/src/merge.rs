//! Two customers, or two vendors, become one: only people do that, in the product.

use crate::books::Books;
use crate::changes::Operation;
use crate::error::{Fault, Result};
use crate::kind::{Entity, ListKind, TxnKind};
use crate::txn::{Detail, Txn};

/// Merges `from` into `into`: its transactions are the other's from now on, each in a new version, and
/// itself is gone; its name is free. One notification tells of it, none of the transactions (assumed).
pub(crate) fn merge(books: &mut Books, from: u32, into: u32, now_us: i64) -> Result<()> {
    let kind = check(books, from, into)?;
    let moved: Vec<u32> = books.txns().filter(|t| names(t, from)).map(|t| t.id).collect();
    for id in moved {
        if let Some(mut txn) = books.txn(id).cloned() {
            rename(&mut txn, from, into);
            books.swap(txn, now_us);
        }
    }
    books.take_list(kind, from);
    books.bury(Entity::List(kind), from, now_us);
    books.told.clear();
    books.told.note(Entity::List(kind), into, Operation::Merge);
    books.told.merged(from);
    Ok(())
}

/// Refuses what the product refuses: other types, other currencies, names with others below them.
fn check(books: &Books, from: u32, into: u32) -> Result<ListKind> {
    let kind = books
        .name_kind(from)
        .filter(|kind| matches!(kind, ListKind::Customer | ListKind::Vendor))
        .ok_or_else(Fault::not_found)?;
    let (one, other) = (books.list(kind, from), books.list(kind, into));
    let (Some(one), Some(other)) = (one, other) else { return Err(Fault::not_found()) };
    if from == into || !other.active {
        return Err(Fault::business("A name is merged into another one that is active"));
    }
    if one.currency != other.currency {
        return Err(Fault::business("Names with different currencies cannot be merged"));
    }
    if books.all(kind).any(|r| r.parent == from) {
        return Err(Fault::business("A name with sub-customers cannot be merged"));
    }
    Ok(kind)
}

fn names(txn: &Txn, name: u32) -> bool {
    let hours = txn.kind == TxnKind::TimeActivity && txn.other == name;
    hours || txn.name == name || txn.lines.iter().any(|l| name_of(&l.detail) == Some(name))
}

fn name_of(detail: &Detail) -> Option<u32> {
    match detail {
        Detail::Direct { name, .. }
        | Detail::Journal { name, .. }
        | Detail::Expense { name, .. } => Some(*name),
        _ => None,
    }
}

fn rename(txn: &mut Txn, from: u32, into: u32) {
    let swap = |name: &mut u32| {
        if *name == from {
            *name = into;
        }
    };
    swap(&mut txn.name);
    if txn.kind == TxnKind::TimeActivity {
        swap(&mut txn.other);
    }
    for line in &mut txn.lines {
        match &mut line.detail {
            Detail::Direct { name, .. }
            | Detail::Journal { name, .. }
            | Detail::Expense { name, .. } => swap(name),
            _ => {}
        }
    }
}
