//! Documents with a location or class in a company that tracks none. QuickBooks takes the document and
//! leaves the reference out without a word, so it is held before it is sent.

use crate::lane::Worker;
use crate::{Engine, Result};
use book::Step;
use kernel::{BusinessKey, Document, ReasonCode, ReferenceKind};
use ports::{Company, LedgerTarget, SqlTx};
use std::collections::BTreeMap;
use store::document::{DocRow, DocState};

/// What the company counts documents under, and what it does by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tracks {
    locations: bool,
    classes: bool,
    /// Open credits go to open invoices without being told (`applied`).
    applies_credits: bool,
}

impl Tracks {
    /// Nothing is sent before the company is known: until then everything is decided as if it tracked
    /// both, and again once it is known not to.
    pub(crate) fn of(company: Option<&Company>) -> Self {
        let unknown = Self { locations: true, classes: true, applies_credits: false };
        company.map_or(unknown, |c| Self {
            locations: c.tracks_locations,
            classes: c.tracks_classes,
            applies_credits: c.applies_credits,
        })
    }

    /// Whether people may count documents under anything.
    pub(crate) const fn counts(self) -> bool {
        self.locations || self.classes
    }

    /// Whether the document only says what the company decides by itself. What stands there, or may,
    /// stays.
    pub(crate) fn has_no_use_for(self, document: &Document, row: Option<&DocRow>) -> bool {
        let stands = row.is_some_and(|row| match row.state {
            DocState::Waiting | DocState::Ready => row.ledger.is_some(),
            DocState::Quarantined => row.ledger.is_some() || row.sent_at.is_some(),
            DocState::Removed => false,
            DocState::InFlight
            | DocState::Unknown
            | DocState::Stale
            | DocState::Divergent
            | DocState::Posted
            | DocState::Verified => true,
        });
        self.applies_credits && document.moves_nothing() && !stands
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
    /// Of what is ready, new documents that name what the company does not track, or that it has no use
    /// for, are decided again and not sent: they were decided before that was known. Returns the rest.
    pub(crate) async fn leave_untracked(
        &mut self,
        tx: &mut dyn SqlTx,
        ready: Vec<DocRow>,
    ) -> Result<Vec<DocRow>> {
        let counted = |d: &Document| {
            let in_lines = d.lines.iter().any(|l| l.class.is_some() || l.location.is_some());
            d.location.is_some() || in_lines || d.moves_nothing()
        };
        if !ready.iter().filter_map(DocRow::document).any(|d| counted(d)) {
            return Ok(ready);
        }
        let tracks = self.engine.tracks(tx).await?;
        let (mut sent, mut again) = (Vec::with_capacity(ready.len()), Vec::new());
        for row in ready {
            let document = row.document().filter(|_| row.ledger.is_none());
            let is_wrong = document.is_some_and(|d| {
                tracks.has_no_use_for(d, Some(&row))
                    || tracks.lacks(d, self.engine.target.as_ref()).is_some()
            });
            if is_wrong {
                again.extend(row.item);
            } else {
                sent.push(row);
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
