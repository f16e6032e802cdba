//! Customers that a person merged in the ledger.
//!
//! All documents of a merged customer name another one, which looks like an edit of each, and new ones
//! are refused. Before either is said, the customer itself is looked for, by name and by id. Where both
//! are gone, the one that its documents show now stands for it, and where none of them shows any, it is
//! made anew.

use crate::Result;
use crate::lane::Worker;
use crate::settle::{Moved, Settled, applied, customer_moved};
use kernel::{Document, ReferenceKey, ReferenceKind, Timestamp};
use ports::{LedgerRef, RefMap, Snapshot, SqlTx, TargetSubject};
use std::collections::BTreeMap;
use store::document::{self, DocRow, DocState};

/// Refusals of a document after which its customer is looked for although no document shows another
/// one: a look at the changes comes first.
const REFUSALS: i64 = 3;

impl Worker {
    /// A document that is ours but for its customer, as long as news of the customer may come.
    pub(crate) fn names_another(
        &self,
        row: &DocRow,
        want: &Document,
        got: &Snapshot,
        refs: &RefMap,
        now: Timestamp,
    ) -> Option<Settled> {
        let (ours, theirs) = (customer_key(want.customer.as_ref()?), got.customer.as_ref()?);
        let mut other = refs.clone();
        let known = other.references.insert(ours, theirs.clone());
        let same = self.compare(want, got, &other).is_empty();
        if !same || known.is_none_or(|id| id == *theirs) {
            return None;
        }
        let random = self.engine.entropy.below(u64::MAX);
        customer_moved(&self.engine.limits, row, theirs, now, random)
    }

    /// Takes customers that may have been merged to be looked for. Until that is done, what is sent
    /// still names the old one, is refused, and tried again.
    pub(crate) async fn doubt_customers(
        &mut self,
        tx: &mut dyn SqlTx,
        settled: &[Settled],
        now: Timestamp,
    ) -> Result<()> {
        let mut moved: BTreeMap<&str, (Option<&str>, i64)> = BTreeMap::new();
        for s in settled {
            let Some(Moved { customer, into }) = &s.moved else { continue };
            let known = moved.entry(customer).or_default();
            *known = (known.0.or(into.as_deref()), known.1.max(s.row.tries));
        }
        if moved.is_empty() {
            return Ok(());
        }
        if self.drift.known.until.is_some() {
            self.drift.next_at = Some(now);
        }
        for (customer, (into, tries)) in moved {
            if let Some(into) = into {
                self.survivors.insert(customer.to_owned(), into.to_owned());
            }
            if into.is_some() || tries >= REFUSALS {
                self.doubt(tx, &customer_key(customer), now).await?;
            }
        }
        Ok(())
    }

    /// The ledger tells of a merge: where `gone` stands for a customer of ours, it is looked for.
    pub(crate) async fn hear_of_merge(
        &mut self,
        tx: &mut dyn SqlTx,
        gone: &str,
        into: &str,
        now: Timestamp,
    ) -> Result<()> {
        let ours: Vec<ReferenceKey> = self
            .refs
            .references
            .iter()
            .filter(|(key, id)| key.kind == ReferenceKind::Customer && *id == gone)
            .map(|(key, _)| key.clone())
            .collect();
        for key in ours {
            self.survivors.insert(key.name.clone(), into.to_owned());
            self.doubt(tx, &key, now).await?;
        }
        Ok(())
    }

    async fn doubt(
        &mut self,
        tx: &mut dyn SqlTx,
        key: &ReferenceKey,
        now: Timestamp,
    ) -> Result<()> {
        let row = document::by_key(tx, &document::reference_key(key)).await?;
        match row.filter(|r| r.state == DocState::Verified) {
            Some(row) => self.renew(tx, row, now).await,
            None => Ok(()),
        }
    }

    /// What stands for a customer that is found neither by name nor by its id.
    pub(crate) fn survivor(&self, row: &DocRow, now: Timestamp) -> Option<Settled> {
        let TargetSubject::Reference(reference) = &row.subject else { return None };
        row.ledger.as_ref()?;
        let id = self.survivors.get(&reference.key().name)?.clone();
        let mut next = row.clone();
        applied(&mut next, now);
        next.ledger = Some(LedgerRef { id, version: String::new() });
        let detail = "it was merged into another customer".to_owned();
        Some(Settled { detail, ..crate::look::plain(next, "merged") })
    }
}

fn customer_key(name: &str) -> ReferenceKey {
    ReferenceKey { kind: ReferenceKind::Customer, name: name.to_owned() }
}
