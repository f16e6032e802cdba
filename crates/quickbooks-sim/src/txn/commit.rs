//! Storing a transaction: numbering, links to other transactions, ledger, indexes.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::{Detail, Line, Txn, payment, post, postings};
use crate::abroad;
use crate::books::Books;
use crate::changes::Operation;
use crate::kind::{Entity, TxnKind};
use crate::tax;

/// What one transaction does to another.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Touch {
    /// Cents settled.
    applied: i64,
    /// Taken into a deposit.
    deposited: bool,
    /// Named as what this was made from.
    origin: bool,
}

fn touches(txn: &Txn) -> BTreeMap<u32, Touch> {
    let mut touched: BTreeMap<u32, Touch> = BTreeMap::new();
    for line in &txn.lines {
        match line.detail {
            Detail::Applied { txn: target, .. } => {
                touched.entry(target).or_default().applied += line.amount;
            }
            Detail::Deposited { txn: target, .. } => {
                touched.entry(target).or_default().deposited = true;
            }
            Detail::Expense { order: (target, _), .. } if target != 0 => {
                touched.entry(target).or_default().origin = true;
            }
            _ => {}
        }
    }
    for (kind, target) in &txn.links {
        if txn.kind.made_from().contains(kind) {
            touched.entry(*target).or_default().origin = true;
        }
    }
    touched
}

impl Books {
    /// Stores a new transaction and gives its id.
    pub(crate) fn insert(&mut self, mut txn: Txn, now_us: i64) -> u32 {
        txn.id = self.next_txn_id();
        txn.created = now_us.div_euclid(1_000_000);
        txn.updated = txn.created;
        if txn.doc.is_empty() && !self.prefs.custom_txn_numbers {
            txn.doc = self.next_number(txn.kind);
        }
        if txn.abroad.is_none() {
            txn.abroad = abroad::of_name(self, &txn);
        }
        txn.balance = self.claim(&txn).map_or(txn.balance, |claim| claim.amount.abs());
        self.restock(None, Some(&txn));
        let id = txn.id;
        let touched = self.relink(id, txn.kind, None, Some(&txn), now_us);
        self.enter(&mut txn);
        self.told.note(Entity::Txn(txn.kind), id, Operation::Create);
        self.put(txn);
        self.refresh(&touched, id);
        id
    }

    /// Stores a changed transaction. False when nothing changed: then neither the token nor the time
    /// moves (quickbooks.md §2).
    pub(crate) fn replace(&mut self, mut new: Txn, now_us: i64) -> bool {
        let Some(old) = self.txn(new.id).cloned() else { return false };
        new.postings.clone_from(&old.postings);
        let claim = self.claim(&new);
        if claim.is_some() && claim == self.claim(&old) {
            new.balance = old.balance;
        }
        if new == old {
            return false;
        }
        // What was applied beyond the new amount goes back to the payments.
        self.trim(new.id, self.may_stay_settled(&old, &new), now_us);
        let Some(trimmed) = self.txn(new.id) else { return false };
        if let Some(claim) = claim {
            new.balance = claim.amount.abs() - self.settled(trimmed);
        }
        let written = new.kind.made_from();
        let mut links = new.links.into_vec();
        links.retain(|(kind, _)| written.contains(kind));
        links.extend(trimmed.links.iter().filter(|(kind, _)| !written.contains(kind)));
        new.links = links.into_boxed_slice();
        self.swap(new, now_us);
        true
    }

    /// Takes the stored version out of ledger and links and puts the new one in.
    pub(crate) fn swap(&mut self, mut new: Txn, now_us: i64) {
        let Some(old) = self.take(new.id) else { return };
        self.leave(&old);
        self.restock(Some(&old), Some(&new));
        new.sync = old.sync + 1;
        new.updated = now_us.div_euclid(1_000_000);
        let id = new.id;
        let mut touched = self.relink(id, new.kind, Some(&old), Some(&new), now_us);
        self.enter(&mut new);
        if new.abroad.is_some() {
            touched.push(id);
        }
        self.told.note(Entity::Txn(new.kind), id, Operation::Update);
        self.put(new);
        self.refresh(&touched, id);
    }

    /// Computes the postings and puts them on the accounts. What the transaction settles must know it
    /// already: in another currency its share depends on the order of payments.
    fn enter(&mut self, txn: &mut Txn) {
        post(self, txn);
        self.ledger.post(&txn.postings);
        if let Some(abroad) = &txn.abroad {
            self.ledger.post_abroad(&abroad.legs, 1);
        }
    }

    /// Takes the postings off the accounts.
    fn leave(&mut self, txn: &Txn) {
        self.ledger.reverse(&txn.postings);
        if let Some(abroad) = &txn.abroad {
            self.ledger.post_abroad(&abroad.legs, -1);
        }
    }

    /// Posts the other payers of documents in another currency anew: their shares of the home amount
    /// may have moved by a cent, or with the rate of the document. Nothing that is shown changes.
    fn refresh(&mut self, documents: &[u32], but: u32) {
        let mut payers: Vec<u32> = documents
            .iter()
            .filter_map(|id| self.txn(*id))
            .flat_map(|document| &document.links)
            .filter(|(kind, id)| {
                matches!(kind, TxnKind::Payment | TxnKind::BillPayment) && *id != but
            })
            .map(|(_, id)| *id)
            .collect();
        payers.sort_unstable();
        payers.dedup();
        for id in payers {
            if let Some(payer) = self.txn(id) {
                let postings = postings(self, payer);
                self.repost(id, postings);
            }
        }
    }

    /// Deletes a transaction; a tombstone stays for change data.
    pub(crate) fn remove(&mut self, id: u32, now_us: i64) {
        self.trim(id, 0, now_us);
        self.forget_origin(id, now_us);
        let Some(old) = self.take(id) else { return };
        self.leave(&old);
        self.restock(Some(&old), None);
        let touched = self.relink(id, old.kind, Some(&old), None, now_us);
        self.bury(Entity::Txn(old.kind), id, now_us);
        self.told.note(Entity::Txn(old.kind), id, Operation::Delete);
        self.refresh(&touched, id);
    }

    /// Voids: the object stays with zero amounts and "Voided" in front of its note
    /// (quickbooks.md §2).
    pub(crate) fn void(&mut self, id: u32, now_us: i64) {
        self.trim(id, 0, now_us);
        self.forget_origin(id, now_us);
        let Some(mut txn) = self.txn(id).cloned() else { return };
        if txn.voided {
            return;
        }
        txn.voided = true;
        txn.total = 0;
        txn.balance = 0;
        txn.tax_detail = Box::default();
        txn.links = Box::default();
        txn.note = if txn.note.is_empty() {
            "Voided".into()
        } else {
            format!("Voided - {}", txn.note).into_boxed_str()
        };
        if matches!(txn.kind, TxnKind::Payment | TxnKind::BillPayment) {
            txn.lines = Box::default();
        }
        txn.lines.iter_mut().for_each(clear);
        tax::clear(&mut txn);
        let kind = txn.kind;
        self.swap(txn, now_us);
        self.told.note(Entity::Txn(kind), id, Operation::Void);
    }

    /// Takes payments off a document until no more than `most` is settled, the newest first. The
    /// payment keeps its total and becomes unapplied (quickbooks.md §2, void of a paid invoice).
    fn trim(&mut self, id: u32, most: i64, now_us: i64) {
        let Some(target) = self.txn(id) else { return };
        let mut excess = self.settled(target) - most;
        if excess <= 0 {
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
            payment::settle(&mut payment);
            self.swap(payment, now_us);
        }
    }

    /// Takes the links to a transaction off whatever was made from it.
    fn forget_origin(&mut self, id: u32, now_us: i64) {
        let Some(origin) = self.txn(id) else { return };
        let kind = origin.kind;
        let made = origin.links.iter().filter(|(made, _)| made.made_from().contains(&kind));
        for made in made.map(|(_, id)| *id).collect::<Vec<_>>() {
            let Some(mut txn) = self.txn(made).cloned() else { continue };
            let mut links = txn.links.into_vec();
            links.retain(|link| *link != (kind, id));
            txn.links = links.into_boxed_slice();
            for line in &mut txn.lines {
                if let Detail::Expense { order, .. } = &mut line.detail
                    && order.0 == id
                {
                    *order = (0, 0);
                }
            }
            self.swap(txn, now_us);
        }
    }

    /// Moves open amounts, links and deposit marks of the transactions this one points at. Each one
    /// that changes gets a new token (quickbooks.md §2: payments bump the invoice). Gives those in
    /// another currency.
    fn relink(
        &mut self,
        id: u32,
        kind: TxnKind,
        old: Option<&Txn>,
        new: Option<&Txn>,
        now_us: i64,
    ) -> Vec<u32> {
        let mut foreign = Vec::new();
        let mut before = old.map(touches).unwrap_or_default();
        let mut after = new.map(touches).unwrap_or_default();
        let targets: Vec<u32> = before.keys().chain(after.keys()).copied().collect();
        for target in targets {
            let was = before.remove(&target).unwrap_or_default();
            let is = after.remove(&target).unwrap_or_default();
            if was == is {
                continue;
            }
            let Some(mut txn) = self.take(target) else { continue };
            txn.balance -= is.applied - was.applied;
            if was.deposited != is.deposited {
                txn.deposit = if is.deposited { id } else { 0 };
            }
            let mut links = txn.links.into_vec();
            links.retain(|link| *link != (kind, id));
            if is.applied != 0 || is.origin {
                links.push((kind, id));
            }
            txn.links = links.into_boxed_slice();
            txn.sync += 1;
            txn.updated = now_us.div_euclid(1_000_000);
            self.told.note(Entity::Txn(txn.kind), target, Operation::Update);
            if txn.abroad.is_some() {
                foreign.push(target);
            }
            self.put(txn);
        }
        foreign
    }
}

/// A line of a voided transaction: no amount, no quantity, no link.
fn clear(line: &mut Line) {
    line.amount = 0;
    match &mut line.detail {
        Detail::Sale { quantity, .. }
        | Detail::Group { quantity, .. }
        | Detail::Adjust { quantity, .. } => {
            *quantity = quantity.map(|_| Decimal::ZERO);
        }
        Detail::Expense { quantity, order, .. } => {
            *quantity = quantity.map(|_| Decimal::ZERO);
            *order = (0, 0);
        }
        _ => {}
    }
}
