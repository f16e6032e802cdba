//! Documents with a location or class in a company that tracks none. QuickBooks takes the document and
//! leaves the reference out without a word, so it is held before it is sent.

use crate::lane::Worker;
use crate::{Engine, Result};
use book::Step;
use kernel::{BusinessKey, Document, ReasonCode, ReferenceKind};
use ports::{Company, LedgerTarget, SqlTx};
use std::collections::BTreeMap;
use store::document::{DocRow, DocState};

/// What the company counts documents under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tracks {
    locations: bool,
    classes: bool,
}

impl Tracks {
    /// Nothing is sent before the company is known: until then everything is decided as if it tracked
    /// both, and again once it is known not to.
    pub(crate) fn of(company: Option<&Company>) -> Self {
        company.map_or(Self { locations: true, classes: true }, |c| Self {
            locations: c.tracks_locations,
            classes: c.tracks_classes,
        })
    }

    /// What the document names and the company does not track.
    fn lacks(self, document: &Document, target: &dyn LedgerTarget) -> Option<String> {
        if self.locations && self.classes {
            return None;
        }
        let key = target.references(document).into_iter().find(|key| match key.kind {
            ReferenceKind::Location => !self.locations,
            ReferenceKind::Class => !self.classes,
            _ => false,
        })?;
        let (kind, table, switch) = match key.kind {
            ReferenceKind::Location => ("location", "locations", "Track locations"),
            _ => ("class", "classes", "Track classes, one to each row"),
        };
        Some(format!(
            "the rules give it the {kind} `{}`, and the company does not track {table}; switch on \
             \"{switch}\" in QuickBooks (Account and settings, Advanced, Categories), or say \"none\" \
             in the rules",
            key.name
        ))
    }
}

impl Worker {
    /// Of what is ready, new documents that name what the company does not track are decided again and
    /// not sent: they were decided before that was known. Returns the rest.
    pub(crate) async fn leave_untracked(
        &mut self,
        tx: &mut dyn SqlTx,
        ready: Vec<DocRow>,
    ) -> Result<Vec<DocRow>> {
        let counted = |d: &Document| {
            let in_lines = d.lines.iter().any(|l| l.class.is_some() || l.location.is_some());
            d.location.is_some() || in_lines
        };
        if !ready.iter().filter_map(DocRow::document).any(|d| counted(d)) {
            return Ok(ready);
        }
        let tracks = self.engine.tracks(tx).await?;
        let (mut sent, mut again) = (Vec::with_capacity(ready.len()), Vec::new());
        for row in ready {
            let document = row.document().filter(|_| row.ledger.is_none());
            match document.and_then(|d| tracks.lacks(d, self.engine.target.as_ref())) {
                Some(_) => again.extend(row.item),
                None => sent.push(row),
            }
        }
        store::item::again_by_id(tx, &again).await?;
        Ok(sent)
    }
}

impl Engine {
    /// What the company of the lane tracks, as it said last.
    pub(crate) async fn tracks(&self, tx: &mut dyn SqlTx) -> Result<Tracks> {
        let company = self.known_company(tx).await?;
        Ok(Tracks::of(company.as_ref().map(|(company, _)| company)))
    }

    /// The step, or a hold where the document names what the company does not track; what still waits
    /// to be sent is taken back first. What stands in the ledger stays.
    pub(crate) fn tracked(
        &self,
        step: Step,
        tracks: Tracks,
        desired: &[Document],
        rows: &BTreeMap<BusinessKey, DocRow>,
    ) -> Vec<Step> {
        let wanted = desired.iter().find(|d| d.key == *step.key());
        let Some(detail) = wanted.and_then(|d| tracks.lacks(d, self.target.as_ref())) else {
            return vec![step];
        };
        let key = step.key().clone();
        let waits = rows.get(&key).is_some_and(|row| {
            let unsent = [DocState::Waiting, DocState::Ready, DocState::Quarantined];
            row.ledger.is_none() && unsent.contains(&row.state)
        });
        let code = ReasonCode::MappingTargetInactive;
        let hold = Step::Hold { key: key.clone(), code, detail };
        match step {
            Step::Keep(_) | Step::Replace(_) if waits => vec![Step::Drop(key), hold],
            Step::Create(_) | Step::Replace(_) | Step::Update(_) => vec![hold],
            step => vec![step],
        }
    }
}
