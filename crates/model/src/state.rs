//! What there is: the store, two processes, the line between, the ledger.

use crate::protocol::Bounds;

/// A call id: the order in which they were made.
pub type CallId = u8;
/// A document: its place in [`State::rows`].
pub type DocId = u8;
/// A worker: its place in [`State::workers`].
pub type WorkerId = u8;

/// Who owns the lane (`store::lane::Lane`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Owner {
    /// Nobody.
    Nobody,
    /// A process that runs.
    Worker(WorkerId),
    /// A process that died: its name comes never again.
    Dead,
}

/// The row of the lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LaneRow {
    /// Who owns it.
    pub owner: Owner,
    /// Grows with every change of owner.
    pub fence: u8,
    /// The lease has run out; the owner may still extend it until another takes the lane.
    pub expired: bool,
}

/// Where a document is on its way (`store::document::DocState`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RowState {
    /// May be sent.
    Ready,
    /// An attempt without an outcome.
    InFlight,
    /// Nobody knows whether the ledger did it.
    Unknown,
    /// Confirmed by the ledger's answer.
    Posted,
    /// Read back.
    Verified,
    /// Held for a person (`DocState::Quarantined`).
    Held,
}

/// A document as stored (`store::document::DocRow`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Row {
    /// Where it is.
    pub state: RowState,
    /// The call it travelled in, its position there, and how many travelled (`DocRow::call`).
    pub call: Option<(CallId, u8, u8)>,
    /// It may stand in the ledger (`DocRow::sent_at`).
    pub sent: bool,
    /// The object that the ledger named for it (`DocRow::ledger`).
    pub object: Option<u8>,
}

/// What the ledger or the line said about one document of a call (`ports::ApplyOutcome`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// Done, as this object.
    Applied(u8),
    /// Proved never to have left.
    NotSent,
    /// Too many calls; whether anything was done is not known.
    Throttled,
    /// No answer, or none about this document.
    Unknown,
    /// Not done, and never will be as it is.
    RefusedForGood,
    /// Not done now.
    RefusedForNow,
    /// Not done, and perhaps done before: to be looked for.
    Ambiguous,
}

/// How far a call has come.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stage {
    /// The attempt is stored; nothing has left.
    Stored,
    /// It has left.
    Gone,
    /// It came back, document by document.
    Back(Vec<Outcome>),
}

/// A call under way in a process (`engine::lane::Flight`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Flight {
    /// A write (`engine::post::fly`).
    Write {
        /// Its id.
        call: CallId,
        /// The documents in it.
        docs: Vec<DocId>,
        /// It was sent before without a known outcome.
        repeated: bool,
        /// How far it has come.
        stage: Stage,
    },
    /// A search by marker (`engine::look::search`); what it found once it came back.
    Search {
        /// The document.
        doc: DocId,
        /// Ids of live objects with its marker, once read.
        found: Option<Vec<u8>>,
    },
    /// A reading by id (`engine::verify::read_back`); whether it stands, once read.
    ReadBack {
        /// The document.
        doc: DocId,
        /// Whether the object is there and is this document, once read.
        stands: Option<bool>,
    },
}

impl Flight {
    /// The documents it is about: they are busy (`Worker::busy`).
    pub fn docs(&self) -> &[DocId] {
        match self {
            Self::Write { docs, .. } => docs,
            Self::Search { doc, .. } | Self::ReadBack { doc, .. } => std::slice::from_ref(doc),
        }
    }
}

/// What a process is doing (`engine::lane::Worker::session`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Between sessions.
    Away,
    /// Has claimed the lane and not yet recovered.
    Claimed,
    /// Works.
    Working,
}

/// A process.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Worker {
    /// What it is doing.
    pub phase: Phase,
    /// The fence it was given.
    pub fence: u8,
    /// Its calls under way.
    pub flights: Vec<Flight>,
}

/// A request on its way to the ledger. It stays there when its process dies.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Request {
    /// The call's id.
    pub call: CallId,
    /// The documents in it.
    pub docs: Vec<DocId>,
    /// Who waits for the answer, if anybody.
    pub to: Option<WorkerId>,
}

/// An object in the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Object {
    /// The document whose marker it carries.
    pub doc: DocId,
}

/// The ledger: what stands in it, and what it remembers of calls.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Ledger {
    /// Live objects; the place is the id.
    pub objects: Vec<Object>,
    /// Call id and position, and the object made then.
    pub memory: Vec<(CallId, u8, u8)>,
}

/// How old a call id is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Age {
    /// It may be repeated.
    Fresh,
    /// The ledger may forget it from now on.
    Old,
    /// The ledger has forgotten it.
    Forgotten,
}

/// What can still go wrong in this history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Faults {
    /// Requests or answers lost, searches that fail.
    pub losses: u8,
    /// Processes killed.
    pub crashes: u8,
    /// Leases of living workers that run out.
    pub lapses: u8,
    /// Transactions that fail.
    pub store: u8,
    /// Refusals.
    pub refusals: u8,
    /// Retries by a person.
    pub retries: u8,
}

/// What happened that must not, and what proves that the search reaches what it should. Nothing in
/// the protocol reads it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Seen {
    /// Something was sent while an earlier call about it could still be done, or was.
    pub sent_in_doubt: bool,
    /// A worker that no longer owned the lane stored a decision.
    pub stale_decision: bool,
    /// An answer came from the ledger's memory.
    pub replayed: bool,
    /// A search found what a lost answer had made.
    pub found: bool,
    /// A worker took the lane over from another.
    pub taken_over: bool,
}

/// Everything at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct State {
    /// The lane's row.
    pub lane: LaneRow,
    /// The documents.
    pub rows: Vec<Row>,
    /// The processes.
    pub workers: Vec<Worker>,
    /// Requests under way, in order of their content.
    pub net: Vec<Request>,
    /// The ledger.
    pub ledger: Ledger,
    /// Age of every call id made so far.
    pub calls: Vec<Age>,
    /// What can still go wrong.
    pub left: Faults,
    /// What was seen.
    pub seen: Seen,
}

impl State {
    /// Decided documents, no worker yet.
    pub fn new(bounds: &Bounds) -> Self {
        let row = Row { state: RowState::Ready, call: None, sent: false, object: None };
        let worker = Worker { phase: Phase::Away, fence: 0, flights: Vec::new() };
        Self {
            lane: LaneRow { owner: Owner::Nobody, fence: 0, expired: true },
            rows: vec![row; usize::from(bounds.documents)],
            workers: vec![worker; usize::from(bounds.workers)],
            net: Vec::new(),
            ledger: Ledger { objects: Vec::new(), memory: Vec::new() },
            calls: Vec::new(),
            left: Faults {
                losses: bounds.losses,
                crashes: bounds.crashes,
                lapses: bounds.lapses,
                store: bounds.store_faults,
                refusals: bounds.refusals,
                retries: bounds.retries,
            },
            seen: Seen::default(),
        }
    }

    /// Live objects with the document's marker.
    pub fn live(&self, doc: DocId) -> Vec<u8> {
        let ids = (0_u8..).zip(&self.ledger.objects);
        ids.filter(|(_, o)| o.doc == doc).map(|(id, _)| id).collect()
    }

    /// Whether a call about the document can still reach the ledger.
    pub fn can_arrive(&self, doc: DocId) -> bool {
        let stored = |f: &Flight| matches!(f, Flight::Write { docs, stage: Stage::Stored, .. } if docs.contains(&doc));
        self.net.iter().any(|r| r.docs.contains(&doc))
            || self.workers.iter().flat_map(|w| &w.flights).any(stored)
    }

    /// Every document is read back or held for a person.
    pub fn is_at_rest(&self) -> bool {
        self.rows.iter().all(|r| matches!(r.state, RowState::Verified | RowState::Held))
    }
}
