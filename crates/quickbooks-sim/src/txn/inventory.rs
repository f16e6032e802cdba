//! What transactions do to inventory items: quantity, asset account and cost of goods sold.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use super::{Detail, Line, Txn};
use crate::books::Books;
use crate::clock::Date;
use crate::error::{Fault, Result};
use crate::kind::{ListKind, TxnKind};
use crate::ledger::{Entry, Postings};
use crate::list::Facts;
use crate::schema;
use crate::stock::{At, Move, scaled};

/// One movement and how it is booked.
struct Movement {
    item: u32,
    at: At,
    change: Move,
    /// What the lines already put on the asset account.
    booked: i64,
    asset: u32,
    /// The account that stands against the asset for the rest.
    against: u32,
}

/// Item, quantity into stock, and what the line puts on the asset account, in home cents.
fn moved(txn: &Txn, line: &Line) -> Option<(u32, Option<Decimal>, i64)> {
    let (out, bought) = match txn.kind {
        TxnKind::Invoice | TxnKind::SalesReceipt => (true, false),
        TxnKind::VendorCredit => (true, true),
        TxnKind::Purchase => (txn.credit, true),
        TxnKind::CreditMemo | TxnKind::RefundReceipt | TxnKind::InventoryAdjustment => {
            (false, false)
        }
        TxnKind::Bill => (false, true),
        _ => return None,
    };
    let (item, quantity) = match line.detail {
        Detail::Sale { item, quantity, .. } | Detail::Expense { item, quantity, .. } => {
            (item, quantity)
        }
        Detail::Adjust { item, quantity, .. } => (item, quantity),
        _ => return None,
    };
    let sign = if out { -1 } else { 1 };
    let quantity = quantity.map(|q| if out { -q } else { q });
    Some((item, quantity, if bought { txn.home(sign * line.amount) } else { 0 }))
}

fn movements(books: &Books, txn: &Txn) -> Vec<Movement> {
    if books.stock.is_empty() || txn.voided {
        return Vec::new();
    }
    let mut movements = Vec::new();
    for (n, line) in (0..).zip(&txn.lines) {
        let Some((item, Some(quantity), booked)) = moved(txn, line) else { continue };
        let Some(Facts::Item { expense, asset, .. }) = books.tracked(item) else { continue };
        let quantity = scaled(quantity);
        // The price of bought goods is their cost; everything else leaves at the cost on the shelf.
        let value = match line.detail {
            Detail::Adjust { value, .. } => value,
            _ if booked != 0 && quantity > 0 => Some(booked),
            _ => None,
        };
        movements.push(Movement {
            item,
            at: (txn.date, txn.id, n),
            change: Move { quantity, value, assumed: purchase_cost(books, item) },
            booked,
            asset: *asset,
            against: if txn.kind == TxnKind::InventoryAdjustment { txn.account } else { *expense },
        });
    }
    movements
}

/// The unit cost on the item, in hundred-thousandths.
pub(crate) fn purchase_cost(books: &Books, item: u32) -> i64 {
    books
        .list(ListKind::Item, item)
        .and_then(|i| schema::list(ListKind::Item).extra(&i.extras, "PurchaseCost"))
        .and_then(|text| crate::money::parse_decimal(text).ok())
        .map_or(0, scaled)
}

/// Adds the cost of goods to the legs that the lines make.
pub(crate) fn with_costs(books: &Books, txn: &Txn, legs: Postings) -> Postings {
    let movements = movements(books, txn);
    if movements.is_empty() {
        return legs;
    }
    let mut entry = Entry::of(legs);
    for movement in movements {
        let rest = books.stock.value(movement.item, movement.at) - movement.booked;
        entry.debit(movement.asset, 0, rest);
        entry.credit(movement.against, 0, rest);
    }
    entry.postings()
}

/// Refuses inventory without a quantity (6520), and before the item's first day (6270).
pub(crate) fn check(books: &Books, txn: &Txn) -> Result<()> {
    if books.stock.is_empty() {
        return Ok(());
    }
    for line in &txn.lines {
        let Some((item, quantity, _)) = moved(txn, line) else { continue };
        if books.tracked(item).is_none() {
            continue;
        }
        if quantity.is_none() {
            return Err(Fault::quantity_missing());
        }
        if start(books, item).is_some_and(|start| txn.date < start) {
            return Err(Fault::before_inventory());
        }
    }
    Ok(())
}

/// The day from which an item is tracked.
fn start(books: &Books, item: u32) -> Option<Date> {
    let item = books.list(ListKind::Item, item)?;
    let text = schema::list(ListKind::Item).extra(&item.extras, "InvStartDate")?;
    Date::parse(text.trim_matches('"'))
}

impl Books {
    /// The facts of an item whose quantity is tracked.
    pub(crate) fn tracked(&self, item: u32) -> Option<&Facts> {
        let facts = &self.list(ListKind::Item, item)?.facts;
        matches!(facts, Facts::Item { service, .. } if service.as_ref() == "Inventory")
            .then_some(facts)
    }

    /// Moves the stock from what one version of a transaction did to what another does, and books
    /// the changed costs of other transactions. Their tokens stay: nobody wrote them.
    pub(crate) fn restock(&mut self, old: Option<&Txn>, new: Option<&Txn>) {
        if self.stock.is_empty() {
            return;
        }
        let before: Vec<_> = old
            .map(|txn| movements(self, txn).into_iter().map(|m| (m.item, m.at)).collect())
            .unwrap_or_default();
        let after: Vec<_> = new
            .map(|txn| movements(self, txn).into_iter().map(|m| (m.item, m.at, m.change)).collect())
            .unwrap_or_default();
        let changed: BTreeSet<u32> = self.stock.replace(&before, &after);
        for id in changed {
            // The transaction being written is not among the stored ones at this moment.
            let Some(txn) = self.txn(id) else { continue };
            let postings = super::postings(self, txn);
            self.repost(id, postings);
        }
    }
}
