//! What stands in the ledger is read before it is changed: an update says all of a document and clears
//! what it leaves out (quickbooks.md §2), and people give locations and classes where the rules give
//! none. Those go with the update. What is added between reading and writing moves the version, so that
//! the ledger refuses the update and it is read again.

use crate::Result;
use crate::lane::Worker;
use kernel::{DocumentKind, Timestamp};
use ports::{Act, ReadOutcome, Snapshot, SqlTx};
use std::collections::BTreeMap;
use std::sync::Arc;
use store::document::{self, DocRow, DocState};

impl Worker {
    /// Of what is ready, changes of documents that were not read before are read first. Returns the
    /// rest.
    pub(crate) async fn read_before(
        &mut self,
        tx: &mut dyn SqlTx,
        ready: Vec<DocRow>,
        now: Timestamp,
    ) -> Result<Vec<DocRow>> {
        if ready.iter().all(|row| self.may_be_changed(row))
            || !self.engine.tracks(tx).await?.counts()
        {
            return Ok(ready);
        }
        let (sent, mut unread): (Vec<_>, Vec<_>) =
            ready.into_iter().partition(|row| self.may_be_changed(row));
        for row in &mut unread {
            row.state = DocState::Stale;
            row.call = None;
            row.due_at = now;
        }
        document::settle(tx, &unread).await?;
        Ok(sent)
    }

    /// Whether nothing has to be known of what stands there: it is no change, or nothing that people
    /// count under anything, or it was read.
    pub(crate) fn may_be_changed(&self, row: &DocRow) -> bool {
        let counted = |kind| !matches!(kind, DocumentKind::Payment | DocumentKind::Transfer);
        let changes = row.act == Act::Update && row.document().is_some_and(|d| counted(d.kind));
        !changes || self.stood.contains_key(&row.key)
    }

    /// Keeps what was read of documents that are going to be changed.
    pub(crate) fn keep_what_stood(
        &mut self,
        rows: &[DocRow],
        outcome: &ReadOutcome<Vec<Snapshot>>,
    ) {
        let ReadOutcome::Read(found) = outcome else { return };
        let found: BTreeMap<&str, &Snapshot> =
            found.iter().map(|got| (got.ledger.id.as_str(), got)).collect();
        for row in rows.iter().filter(|row| row.act == Act::Update) {
            let got = row.ledger.as_ref().and_then(|l| found.get(l.id.as_str()));
            if let Some(got) = got {
                self.stood.insert(row.key.clone(), Arc::new((*got).clone()));
            }
        }
    }

    /// What came to an end is read again before it is changed again.
    pub(crate) fn forget(&mut self, row: &DocRow) {
        if !matches!(row.state, DocState::Ready | DocState::InFlight | DocState::Unknown) {
            self.stood.remove(&row.key);
        }
    }
}
