//! Storing a transaction: numbering, links to other transactions, ledger, indexes.

use std::collections::BTreeMap;

use super::{Detail, Txn, payment, postings};
use crate::books::Books;
use crate::kind::TxnKind;

/// Cents applied to, and deposit membership of, other transactions.
fn outgoing(txn: &Txn, into: &mut BTreeMap<u32, (i64, bool)>, sign: i64) {
    for line in &txn.lines {
        match line.detail {
            Detail::Applied { txn: target, .. } => {
                into.entry(target).or_default().0 += sign * line.amount;
            }
            Detail::Deposited { txn: target, .. } => {
                into.entry(target).or_default().1 = sign > 0;
            }
            _ => {}
        }
    }
}

impl Books {
    /// Stores a new transaction and gives its id.
    pub(crate) fn insert(&mut self, mut txn: Txn, now_us: i64) -> u32 {
        txn.id = self.next_txn_id();
        txn.created = now_us.div_euclid(1_000_000);
        txn.updated = txn.created;
        if txn.doc.is_empty() && txn.kind.is_sales_form() && !self.prefs.custom_txn_numbers {
            txn.doc = self.next_number();
        }
        txn.postings = postings(self, &txn);
        self.ledger.post(&txn.postings, self.roles.receivable);
        let id = txn.id;
        self.relink(id, txn.kind, None, Some(&txn), now_us);
        self.put(txn);
        id
    }

    /// Stores a changed transaction. False when nothing changed: then neither the token nor the time
    /// moves (quickbooks.md §2).
    pub(crate) fn replace(&mut self, mut new: Txn, now_us: i64) -> bool {
        let Some(old) = self.txn(new.id).cloned() else { return false };
        new.postings.clone_from(&old.postings);
        if new == old {
            return false;
        }
        if matches!(new.kind, TxnKind::Invoice | TxnKind::CreditMemo) {
            // What was applied beyond the new total goes back to the payments.
            self.trim(new.id, new.total, now_us);
            let Some(trimmed) = self.txn(new.id) else { return false };
            new.balance = new.total - trimmed.settled();
            new.links.clone_from(&trimmed.links);
        }
        self.swap(new, now_us);
        true
    }

    /// Takes the stored version out of ledger and links and puts the new one in.
    fn swap(&mut self, mut new: Txn, now_us: i64) {
        let Some(old) = self.take(new.id) else { return };
        self.ledger.reverse(&old.postings, self.roles.receivable);
        new.postings = postings(self, &new);
        self.ledger.post(&new.postings, self.roles.receivable);
        new.sync = old.sync + 1;
        new.updated = now_us.div_euclid(1_000_000);
        self.relink(new.id, new.kind, Some(&old), Some(&new), now_us);
        self.put(new);
    }

    /// Deletes a transaction; a tombstone stays for change data.
    pub(crate) fn remove(&mut self, id: u32, now_us: i64) {
        self.trim(id, 0, now_us);
        let Some(old) = self.take(id) else { return };
        self.ledger.reverse(&old.postings, self.roles.receivable);
        self.relink(id, old.kind, Some(&old), None, now_us);
        self.bury(old.kind, id, now_us.div_euclid(1_000_000));
    }

    /// Voids: the object stays with zero amounts and "Voided" in front of its note
    /// (quickbooks.md §2).
    pub(crate) fn void(&mut self, id: u32, now_us: i64) {
        self.trim(id, 0, now_us);
        let Some(mut txn) = self.txn(id).cloned() else { return };
        if txn.voided {
            return;
        }
        txn.voided = true;
        txn.total = 0;
        txn.balance = 0;
        txn.tax = 0;
        txn.tax_detail = Box::default();
        txn.links = Box::default();
        txn.note = if txn.note.is_empty() {
            "Voided".into()
        } else {
            format!("Voided - {}", txn.note).into_boxed_str()
        };
        if txn.kind == TxnKind::Payment {
            txn.lines = Box::default();
        }
        for line in &mut txn.lines {
            line.amount = 0;
            if let Detail::Sale { quantity, .. } = &mut line.detail {
                *quantity = quantity.map(|_| rust_decimal::Decimal::ZERO);
            }
        }
        self.swap(txn, now_us);
    }

    /// Takes payments off a document until no more than `most` is settled, the newest first. The
    /// payment keeps its total and becomes unapplied (quickbooks.md §2, void of a paid invoice).
    fn trim(&mut self, id: u32, most: i64, now_us: i64) {
        let Some(target) = self.txn(id) else { return };
        let mut excess = target.settled() - most;
        if excess <= 0 || !matches!(target.kind, TxnKind::Invoice | TxnKind::CreditMemo) {
            return;
        }
        let payers: Vec<u32> = target.links.iter().rev().map(|(_, id)| *id).collect();
        for payer in payers {
            if excess <= 0 {
                break;
            }
            let Some(mut payment) = self.txn(payer).cloned() else { continue };
            for line in payment.lines.iter_mut().rev() {
                if matches!(line.detail, Detail::Applied { txn, .. } if txn == id) {
                    let cut = line.amount.min(excess);
                    line.amount -= cut;
                    excess -= cut;
                }
            }
            settle(&mut payment);
            self.swap(payment, now_us);
        }
    }

    /// Moves open amounts, links and deposit marks of the transactions this one points at. Each one
    /// that changes gets a new token (quickbooks.md §2: payments bump the invoice).
    fn relink(
        &mut self,
        id: u32,
        kind: TxnKind,
        old: Option<&Txn>,
        new: Option<&Txn>,
        now_us: i64,
    ) {
        if !matches!(kind, TxnKind::Payment | TxnKind::Deposit) {
            return;
        }
        let (mut before, mut after) = (BTreeMap::new(), BTreeMap::new());
        if let Some(old) = old {
            outgoing(old, &mut before, 1);
        }
        if let Some(new) = new {
            outgoing(new, &mut after, 1);
        }
        let none = (0, false);
        let targets: Vec<u32> = before.keys().chain(after.keys()).copied().collect();
        let mut done = 0;
        for target in targets {
            let (was, is) =
                (before.remove(&target).unwrap_or(none), after.remove(&target).unwrap_or(none));
            if was == is {
                continue;
            }
            done += 1;
            let Some(mut txn) = self.take(target) else { continue };
            txn.balance -= is.0 - was.0;
            if kind == TxnKind::Payment {
                let mut links = txn.links.into_vec();
                links.retain(|l| *l != (kind, id));
                if is.0 != 0 {
                    links.push((kind, id));
                }
                txn.links = links.into_boxed_slice();
            } else {
                txn.deposit = if is.1 { id } else { 0 };
            }
            txn.sync += 1;
            txn.updated = now_us.div_euclid(1_000_000);
            self.put(txn);
        }
        debug_assert!(done <= 20_000, "links are bounded by the line limit");
    }
}

/// Drops empty lines of a payment; when credits ran out, invoices give back what they took.
fn settle(payment: &mut Txn) {
    let (mut invoices, credits) = payment::applied(payment);
    for line in payment.lines.iter_mut().rev() {
        let over = invoices - credits - payment.total;
        if over <= 0 {
            break;
        }
        if matches!(line.detail, Detail::Applied { kind: TxnKind::Invoice, .. }) {
            let cut = line.amount.min(over);
            line.amount -= cut;
            invoices -= cut;
        }
    }
    let lines = std::mem::take(&mut payment.lines).into_vec();
    payment.lines = lines.into_iter().filter(|l| l.amount != 0).collect();
    payment.balance = payment.total - (invoices - credits);
}
