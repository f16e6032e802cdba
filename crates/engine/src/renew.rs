//! List objects of the ledger are remembered by id. When the ledger says that one was changed (by its
//! webhooks or among its changes), it is looked for again, by name and by id: renamed it stays what it
//! was; inactive, what needs it waits and a person is told; active again, everything goes on.

use crate::Result;
use crate::lane::Worker;
use crate::settle::{let_go, settled};
use kernel::{BusinessKey, Timestamp};
use ports::{Act, ChangedReference, RefMap, SqlTx, TargetSubject};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use store::document::{self, DocRow, DocState};

impl Worker {
    /// Looks again for those of ours whose version is not the one we know.
    pub(crate) async fn renew_changed(
        &mut self,
        tx: &mut dyn SqlTx,
        changed: &[ChangedReference],
        now: Timestamp,
    ) -> Result<()> {
        let mut ids: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let mut versions = BTreeMap::new();
        for c in changed {
            ids.entry(c.kind.as_str()).or_default().push(&c.id);
            versions.insert((c.kind.as_str(), c.id.as_str()), c.version.as_deref());
        }
        for (kind, ids) in ids {
            for row in document::by_ledger(tx, &self.engine.lane, kind, &ids).await? {
                let Some(ledger) = &row.ledger else { continue };
                let told = versions.get(&(kind, ledger.id.as_str())).copied().flatten();
                if told != Some(ledger.version.as_str()) {
                    self.renew(tx, row, now).await?;
                }
            }
        }
        Ok(())
    }

    /// Takes a list object to be looked for again. While that lasts, what is sent still names it.
    pub(crate) async fn renew(
        &mut self,
        tx: &mut dyn SqlTx,
        mut row: DocRow,
        now: Timestamp,
    ) -> Result<()> {
        let unusable = row.state == DocState::Quarantined && row.ledger.is_some();
        if self.busy.contains(&row.key) || !(row.state == DocState::Verified || unusable) {
            return Ok(());
        }
        let_go(&mut row, now);
        row.sent_at = None;
        document::settle(tx, &[row]).await?;
        self.look_at_once();
        Ok(())
    }

    /// What may be named in new documents.
    pub(crate) fn usable(&self) -> Cow<'_, RefMap> {
        if self.unusable.is_empty() {
            return Cow::Borrowed(&self.refs);
        }
        let mut refs = self.refs.clone();
        refs.references.retain(|key, _| !self.unusable.contains(key));
        Cow::Owned(refs)
    }

    /// Remembers whether the list object of a row may be named.
    pub(crate) fn learn(&mut self, row: &DocRow) {
        let TargetSubject::Reference(reference) = &row.subject else { return };
        let key = reference.key();
        match (row.state, &row.ledger) {
            (DocState::Posted | DocState::Verified, Some(ledger)) => {
                self.survivors.remove(&key.name);
                self.unusable.remove(&key);
                self.refs.references.insert(key, ledger.id.clone());
            }
            (DocState::Quarantined, Some(ledger)) => {
                self.refs.references.insert(key.clone(), ledger.id.clone());
                self.unusable.insert(key);
            }
            _ => {}
        }
    }

    /// Of what is ready, that which names something that does not stand in the ledger any more waits
    /// for it: a list object that became inactive, or a document that is being made anew. Returns the
    /// rest.
    pub(crate) async fn await_needs(
        &mut self,
        tx: &mut dyn SqlTx,
        ready: Vec<DocRow>,
        now: Timestamp,
    ) -> Result<Vec<DocRow>> {
        let (mut free, mut waiting, mut needs) = (Vec::with_capacity(ready.len()), vec![], vec![]);
        for row in ready {
            let lacks = self.lacks(tx, &row).await?;
            if lacks.is_empty() {
                free.push(row);
                continue;
            }
            needs.extend(lacks.into_iter().map(|need| (row.key.clone(), need)));
            let mut next = row;
            (next.state, next.call) = (DocState::Waiting, None);
            waiting.push(settled(next, "waits", "what it names does not stand in the ledger"));
        }
        if !waiting.is_empty() {
            let mut entries = Vec::new();
            self.store_settled(tx, &waiting, &[], now, &mut entries).await?;
            let keys: Vec<_> = waiting.iter().map(|s| s.row.key.clone()).collect();
            document::set_needs(tx, &keys, &needs).await?;
            store::audit::append(tx, &self.engine.origin, &entries).await?;
        }
        Ok(free)
    }

    /// What a document names that cannot be named now.
    async fn lacks(&mut self, tx: &mut dyn SqlTx, row: &DocRow) -> Result<BTreeSet<BusinessKey>> {
        let mut lacks = BTreeSet::new();
        let Some(document) =
            row.document().filter(|_| matches!(row.act, Act::Create | Act::Update))
        else {
            return Ok(lacks);
        };
        if !self.unusable.is_empty() {
            let keys = self.engine.target.references(document).into_iter();
            let unusable = keys.filter(|key| self.unusable.contains(key));
            lacks.extend(unusable.map(|key| document::reference_key(&key)));
        }
        for link in &document.links {
            let to = document::by_key(tx, &link.to).await?;
            if ports::canary!("payment-before-invoice") {
                continue;
            }
            if to.is_some_and(|to| to.ledger.is_none() && to.state != DocState::Removed) {
                lacks.insert(link.to.clone());
            }
        }
        Ok(lacks)
    }
}
