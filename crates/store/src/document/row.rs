//! One row: the intent for a document and what the ledger is known to hold.

use crate::args::args;
use crate::delivery::id;
use crate::{Result, StoreError};
use kernel::{BusinessKey, Decimal, Document, Id, ReferenceKind, Timestamp};
use ports::{Act, LedgerRef, Row, TargetSubject, Value};
use std::sync::Arc;

/// Where a document stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DocState {
    /// Something it needs is not in the ledger yet.
    Waiting,
    /// May be sent when due.
    Ready,
    /// Sent, no outcome recorded.
    InFlight,
    /// Sent, the outcome is not known: look before anything is sent again.
    Unknown,
    /// The ledger holds a newer version than we know: read it before deciding again.
    Stale,
    /// The ledger confirmed.
    Posted,
    /// An independent read-back agreed.
    Verified,
    /// The ledger holds something else; a person decides.
    Divergent,
    /// The ledger or a rule refused; a person decides.
    Quarantined,
    /// Voided or deleted in the ledger because it is no longer wanted.
    Removed,
}

impl DocState {
    const ALL: [Self; 10] = [
        Self::Waiting,
        Self::Ready,
        Self::InFlight,
        Self::Unknown,
        Self::Stale,
        Self::Posted,
        Self::Verified,
        Self::Divergent,
        Self::Quarantined,
        Self::Removed,
    ];

    /// The stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Ready => "ready",
            Self::InFlight => "in_flight",
            Self::Unknown => "unknown",
            Self::Stale => "stale",
            Self::Posted => "posted",
            Self::Verified => "verified",
            Self::Divergent => "divergent",
            Self::Quarantined => "quarantined",
            Self::Removed => "removed",
        }
    }

    /// Whether what becomes of the row is not known yet.
    pub const fn is_moving(self) -> bool {
        matches!(self, Self::InFlight | Self::Unknown | Self::Stale)
    }

    /// Reads the stored name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == text)
    }
}

/// Stored name of an act.
pub const fn act_name(act: Act) -> &'static str {
    match act {
        Act::Create => "create",
        Act::Update => "update",
        Act::Void => "void",
        Act::Delete => "delete",
    }
}

/// One row: the intent and what is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocRow {
    /// The business key.
    pub key: BusinessKey,
    /// The item it belongs to; none for references.
    pub item: Option<Id>,
    /// The lane.
    pub lane: String,
    /// Where it stands.
    pub state: DocState,
    /// What is to be done, or was done last.
    pub act: Act,
    /// The content to send, in flight, or last sent.
    pub subject: TargetSubject,
    /// The ledger's handle.
    pub ledger: Option<LedgerRef>,
    /// What the ledger says the total is.
    pub ledger_total_minor: Option<i64>,
    /// Digest of what the ledger held when it last agreed with us: whether somebody changed it
    /// since, whatever we want now.
    pub ledger_digest: Option<String>,
    /// Home units for one unit of its currency, as the ledger says, where it is a foreign one.
    pub ledger_rate: Option<Decimal>,
    /// When it may be worked on.
    pub due_at: Timestamp,
    /// Failed tries in a row.
    pub tries: i64,
    /// Grows with every deliberate re-creation.
    pub generation: i64,
    /// The call it travels or travelled in: id, position in it, number of ops in it.
    pub call: Option<(String, i64, i64)>,
    /// When it was sent last.
    pub sent_at: Option<Timestamp>,
    /// When the ledger confirmed.
    pub posted_at: Option<Timestamp>,
    /// When a read-back agreed.
    pub verified_at: Option<Timestamp>,
    /// New knowledge came while it was in flight: decide again once settled.
    pub redo: bool,
    /// Why it is held, a reason code, else empty.
    pub reason: String,
}

impl DocRow {
    /// A row for content that was never sent.
    pub fn new(lane: &str, item: Id, document: Document, due_at: Timestamp) -> Self {
        Self {
            key: document.key.clone(),
            item: Some(item),
            lane: lane.to_owned(),
            state: DocState::Ready,
            act: Act::Create,
            subject: TargetSubject::Document(Arc::new(document)),
            ledger: None,
            ledger_total_minor: None,
            ledger_digest: None,
            ledger_rate: None,
            due_at,
            tries: 0,
            generation: 1,
            call: None,
            sent_at: None,
            posted_at: None,
            verified_at: None,
            redo: false,
            reason: String::new(),
        }
    }

    /// The document, for rows that are not references.
    pub fn document(&self) -> Option<&Arc<Document>> {
        match &self.subject {
            TargetSubject::Document(d) => Some(d),
            TargetSubject::Reference(_) => None,
        }
    }

    /// The kind as stored.
    pub fn kind(&self) -> &'static str {
        kind_of(&self.subject)
    }
}

/// The key under which a reference is stored.
pub fn reference_key(key: &kernel::ReferenceKey) -> BusinessKey {
    BusinessKey(format!("ref/{}/{}", key.kind.as_str(), key.name))
}

fn kind_of(subject: &TargetSubject) -> &'static str {
    match subject {
        TargetSubject::Document(d) => d.kind.as_str(),
        TargetSubject::Reference(r) => r.key().kind.as_str(),
    }
}

pub(super) fn body_of(subject: &TargetSubject) -> Result<String> {
    match subject {
        TargetSubject::Document(d) => serde_json::to_string(d.as_ref()),
        TargetSubject::Reference(r) => serde_json::to_string(r),
    }
    .map_err(|e| StoreError::Damaged(e.to_string()))
}

pub(super) fn ledger_args(r: &DocRow) -> Vec<Value> {
    args![
        r.ledger.as_ref().map(|l| l.id.as_str()),
        r.ledger.as_ref().map(|l| l.version.as_str()),
        r.ledger_total_minor,
        r.ledger_digest.as_deref(),
        r.ledger_rate.map(|rate| rate.to_string()),
    ]
}

pub(super) fn progress_args(r: &DocRow) -> Vec<Value> {
    args![
        r.due_at.0,
        r.tries,
        r.generation,
        r.call.as_ref().map(|c| c.0.as_str()),
        r.call.as_ref().map(|c| c.1),
        r.call.as_ref().map(|c| c.2),
        r.sent_at.map(|t| t.0),
        r.posted_at.map(|t| t.0),
        r.verified_at.map(|t| t.0),
        r.reason.as_str(),
    ]
}

pub(super) fn row(r: &Row) -> Result<DocRow> {
    let damaged = |what: &str, e: String| StoreError::Damaged(format!("{what}: {e}"));
    let kind = r.text(3)?;
    let body = r.text(6)?;
    let subject = if ReferenceKind::parse(kind).is_some() {
        TargetSubject::Reference(
            serde_json::from_str(body).map_err(|e| damaged("a reference", e.to_string()))?,
        )
    } else {
        TargetSubject::Document(Arc::new(
            serde_json::from_str(body).map_err(|e| damaged("a document", e.to_string()))?,
        ))
    };
    let call = match (r.opt_text(14)?, r.opt_int(15)?, r.opt_int(16)?) {
        (Some(c), Some(p), Some(s)) => Some((c.to_owned(), p, s)),
        _ => None,
    };
    let ledger = match (r.opt_text(8)?, r.opt_text(9)?) {
        (Some(i), Some(v)) => Some(LedgerRef { id: i.to_owned(), version: v.to_owned() }),
        _ => None,
    };
    Ok(DocRow {
        key: BusinessKey::new(r.text(0)?),
        item: r.opt_bytes(1)?.map(id).transpose()?,
        lane: r.text(2)?.to_owned(),
        state: DocState::parse(r.text(4)?)
            .ok_or_else(|| damaged("a state", r.text(4).unwrap_or_default().to_owned()))?,
        act: match r.text(5)? {
            "create" => Act::Create,
            "update" => Act::Update,
            "void" => Act::Void,
            _ => Act::Delete,
        },
        subject,
        ledger,
        ledger_total_minor: r.opt_int(10)?,
        ledger_digest: r.opt_text(22)?.map(str::to_owned),
        ledger_rate: r
            .opt_text(23)?
            .map(kernel::decimal::parse_decimal)
            .transpose()
            .map_err(|e| damaged("a rate", e.to_string()))?,
        due_at: Timestamp(r.int(11)?),
        tries: r.int(12)?,
        generation: r.int(13)?,
        call,
        sent_at: r.opt_int(17)?.map(Timestamp),
        posted_at: r.opt_int(18)?.map(Timestamp),
        verified_at: r.opt_int(19)?.map(Timestamp),
        redo: r.int(20)? == 1,
        reason: r.text(21)?.to_owned(),
    })
}
