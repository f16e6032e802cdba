//! The difference between what the ledger should hold and what it is known to hold.

use kernel::{BusinessKey, Closing, Document, ReasonCode};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A document we have sent or are about to send.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// The content last sent or in flight.
    pub document: Document,
    /// How far it has come.
    pub stage: Stage,
    /// It stood in the ledger and was voided or deleted there.
    pub voided: bool,
}

/// How far a document has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Stored, never sent.
    NotSent,
    /// An attempt has started and its outcome is not known.
    InFlight,
    /// The ledger refused it; it never stood in the books.
    Refused,
    /// It stands in the ledger, verified or not.
    Posted,
}

/// What to do about one document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Nothing: the content is the desired one.
    Keep(BusinessKey),
    /// Send a new document.
    Create(Document),
    /// Not sent yet, or refused: swap the content.
    Replace(Document),
    /// Change the posted document.
    Update(Document),
    /// Posted but no longer desired: void or delete it.
    Remove(BusinessKey),
    /// Never sent and no longer desired.
    Drop(BusinessKey),
    /// In flight with other content: decide again when it has settled.
    Wait(BusinessKey),
    /// A person has to decide.
    Hold {
        /// The document.
        key: BusinessKey,
        /// The reason.
        code: ReasonCode,
        /// What is in the way.
        detail: String,
    },
}

impl Step {
    /// The document the step is about.
    pub fn key(&self) -> &BusinessKey {
        match self {
            Self::Keep(key)
            | Self::Remove(key)
            | Self::Drop(key)
            | Self::Wait(key)
            | Self::Hold { key, .. } => key,
            Self::Create(d) | Self::Replace(d) | Self::Update(d) => &d.key,
        }
    }
}

/// Desired − known. Removals come first, each before the documents it settles; then one step per
/// desired document in the given order.
///
/// A posted document is never changed or removed when it lies in a closed period, and nothing new
/// is sent into one: those become [`Step::Hold`] with PER-001 or PER-002. A document whose kind
/// or currency changed is removed first; the next plan, which knows it as voided, creates the new one.
pub fn plan(desired: &[Document], known: &[Known], closing: Closing) -> Vec<Step> {
    let by_key: BTreeMap<&BusinessKey, &Known> =
        known.iter().map(|k| (&k.document.key, k)).collect();
    let wanted: BTreeSet<&BusinessKey> = desired.iter().map(|d| &d.key).collect();
    let mut gone: Vec<&Known> =
        by_key.values().copied().filter(|k| !wanted.contains(&k.document.key)).collect();
    gone.sort_by_key(|k| (k.document.links.is_empty(), &k.document.key));
    let mut steps = Vec::with_capacity(desired.len() + gone.len());
    steps.extend(gone.into_iter().filter_map(|k| removal(k, closing.reason(k.document.date))));
    steps.extend(desired.iter().map(|want| {
        let closed = closing.reason(want.date);
        match by_key.get(&want.key) {
            None => creation(want, closed),
            Some(have) if have.voided => creation(want, closed),
            Some(have) => change(want, have, closed.or(closing.reason(have.document.date))),
        }
    }));
    steps
}

fn removal(known: &Known, closed: Option<ReasonCode>) -> Option<Step> {
    let key = known.document.key.clone();
    match known.stage {
        _ if known.voided => None,
        Stage::NotSent | Stage::Refused => Some(Step::Drop(key)),
        Stage::InFlight => Some(Step::Wait(key)),
        Stage::Posted => Some(match closed {
            Some(code) => hold(&known.document, code, "would have to be removed"),
            None => Step::Remove(key),
        }),
    }
}

fn creation(want: &Document, closed: Option<ReasonCode>) -> Step {
    match closed {
        Some(code) => hold(want, code, "would be new"),
        None => Step::Create(want.clone()),
    }
}

fn change(want: &Document, have: &Known, closed: Option<ReasonCode>) -> Step {
    if have.document == *want {
        return Step::Keep(want.key.clone());
    }
    match (have.stage, closed) {
        (Stage::InFlight, _) => Step::Wait(want.key.clone()),
        (Stage::NotSent | Stage::Refused, _) => Step::Replace(want.clone()),
        (Stage::Posted, Some(code)) => hold(want, code, "would have to change"),
        // A transaction of the ledger keeps its kind and its currency for ever.
        (Stage::Posted, None)
            if (have.document.kind, have.document.currency) != (want.kind, want.currency) =>
        {
            Step::Remove(want.key.clone())
        }
        (Stage::Posted, None) => Step::Update(want.clone()),
    }
}

fn hold(document: &Document, code: ReasonCode, what: &str) -> Step {
    let place = if code == ReasonCode::OurPeriodLocked { "Tieout" } else { "the ledger" };
    Step::Hold {
        key: document.key.clone(),
        code,
        detail: format!(
            "the {} of {} {what}, but that period is closed in {place}; reopen it or book a \
             correction",
            document.kind.title(),
            document.date
        ),
    }
}
