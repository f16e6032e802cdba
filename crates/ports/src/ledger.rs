//! The port of a general ledger.

use crate::{BoxFuture, Company};
use kernel::{
    BusinessDate, BusinessKey, Currencies, Currency, Decimal, Document, DocumentKind, ReasonCode,
    Reference, ReferenceKey, ReferenceKind, Timestamp,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// One general ledger connection. `describe`-style methods are pure; every `async` method makes
/// exactly one HTTP exchange with the ledger where nothing else is said (plus a token refresh when
/// one is due), never retries and never sleeps: pace and retries are the engine's. Whatever else it
/// must send it asks a [`Pace`] for.
pub trait LedgerTarget: Send + Sync {
    /// What this ledger can do.
    fn manifest(&self) -> &'static TargetManifest;

    /// Which currencies the books hold, by the configuration; a company of another kind is refused
    /// before anything is written to it.
    fn currencies(&self) -> Currencies;

    /// What the ledger calls by this name in its notices, if it concerns us.
    fn named(&self, name: &str) -> Option<Named>;

    /// References `document` needs before it can be written, in no particular order.
    fn references(&self, document: &Document) -> Vec<ReferenceKey>;

    /// Sends writes. One op travels as a single call; several as one batch whose reply holds one
    /// outcome per op. `call_id` names the request for the ledger's own replay protection: the
    /// same `call_id` with the same ops in the same order is the same request.
    fn apply<'a>(
        &'a self,
        call_id: &'a str,
        ops: &'a [TargetOp],
        refs: &'a RefMap,
        deadline: Timestamp,
    ) -> BoxFuture<'a, Vec<ApplyOutcome>>;

    /// Reads objects of one kind back by their ledger ids (at most `manifest().read_ids_max`),
    /// one metered call. Ids the ledger does not return are absent from the result.
    fn read_back<'a>(
        &'a self,
        kind: DocumentKind,
        ids: &'a [String],
        deadline: Timestamp,
    ) -> BoxFuture<'a, ReadOutcome<Vec<Snapshot>>>;

    /// Looks for objects that may exist although we have no answer that says so. One metered call;
    /// all keys must be of one `DocumentKind` (or all references of one kind).
    fn find<'a>(
        &'a self,
        keys: &'a [FindKey],
        deadline: Timestamp,
    ) -> BoxFuture<'a, ReadOutcome<Vec<FindOutcome>>>;

    /// Everything of the kinds we write that changed since `since`, one metered call. The ledger
    /// lists what it likes, ours or not, and forgets changes older than
    /// `manifest().changes_days`.
    fn changes<'a>(
        &'a self,
        since: Timestamp,
        deadline: Timestamp,
    ) -> BoxFuture<'a, ReadOutcome<Changes>>;

    /// One page of the objects of a kind that changed since `since` and still exist, oldest change
    /// first, from `position` (counted from 0): what [`Self::changes`] had no room for. One metered
    /// call; a page shorter than `manifest().read_ids_max` is the last.
    fn changed_page<'a>(
        &'a self,
        kind: DocumentKind,
        since: Timestamp,
        position: usize,
        deadline: Timestamp,
    ) -> BoxFuture<'a, ReadOutcome<ChangedPage>>;

    /// The ledger's own trial balance as of the end of a day: account name -> minor units of the
    /// home currency, debit positive. Income and expense accounts hold what moved since that day's
    /// fiscal year began. One metered call.
    fn trial_balance<'a>(
        &'a self,
        as_of: BusinessDate,
        deadline: Timestamp,
    ) -> BoxFuture<'a, ReadOutcome<BTreeMap<String, i64>>>;

    /// What the ledger says about the company and how it is set. Two metered calls, the second permitted
    /// by the [`Pace`].
    fn company<'a>(&'a self, deadline: Timestamp) -> BoxFuture<'a, ReadOutcome<Company>>;

    /// Compares what we wanted with what the ledger holds, field by field. Empty = equal.
    fn compare(&self, want: &Document, got: &Snapshot, refs: &RefMap) -> Vec<Mismatch>;
}

/// What a notice of the ledger can be about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Named {
    /// A document of a kind that we write.
    Document(DocumentKind),
    /// A list object of a kind that documents name.
    Reference(ReferenceKind),
    /// The company itself or its settings.
    Company,
}

/// What a ledger is and its limits.
#[derive(Debug, Clone, Copy)]
pub struct TargetManifest {
    /// Kind of ledger: `quickbooks`.
    pub kind: &'static str,
    /// Largest number of writes in one batch call.
    pub batch_ops_max: usize,
    /// Largest number of ids in one read-back call.
    pub read_ids_max: usize,
    /// Largest number of keys in one find call.
    pub find_keys_max: usize,
    /// How far back changes can be asked for, days. What happened before is only found by reading
    /// every object.
    pub changes_days: i64,
    /// How long a repeated `call_id` may be trusted to be answered from the ledger's memory,
    /// seconds. Older doubts are resolved by `find`.
    pub replay_seconds: i64,
    /// Nothing can be called before a person has consented ([`crate::TokenStore`]).
    pub needs_consent: bool,
}

/// What a write does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Act {
    /// Make the object.
    Create,
    /// Replace the object's content in full.
    Update,
    /// Zero the object, leaving its trace.
    Void,
    /// Remove the object (kinds that cannot be voided).
    Delete,
}

impl Act {
    /// Whether it takes away what stands in the ledger.
    pub const fn is_removal(self) -> bool {
        matches!(self, Self::Void | Self::Delete)
    }
}

/// What a write is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TargetSubject {
    /// An accounting document.
    Document(Arc<Document>),
    /// A list object that documents refer to.
    Reference(Reference),
}

/// One write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetOp {
    /// The business key of the object written.
    pub key: BusinessKey,
    /// What to do.
    pub act: Act,
    /// With what.
    pub subject: TargetSubject,
    /// The ledger's id and version of the object, for everything but `Create`.
    pub ledger: Option<LedgerRef>,
    /// It stood in the ledger before and was voided or deleted there; it is made anew because that was
    /// decided. A voided object may keep its number, which must not stand in the way.
    pub anew: bool,
    /// What the ledger showed of it, of an update: the locations and classes that people gave where the
    /// document gives none stay.
    pub stood: Option<Arc<Snapshot>>,
}

/// The ledger's handle of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerRef {
    /// The ledger's id.
    pub id: String,
    /// The ledger's version (`SyncToken`).
    pub version: String,
}

/// Ledger handles of references and of linked documents, by key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RefMap {
    /// References by key.
    pub references: BTreeMap<ReferenceKey, String>,
    /// Linked documents (an invoice a payment applies to) by business key: kind and ledger id.
    pub documents: BTreeMap<BusinessKey, (DocumentKind, String)>,
}

/// How one write ended. There is no error beside these: the match is exhaustive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApplyOutcome {
    /// The ledger confirmed; this is what it says it holds (for references only id and version
    /// are meaningful).
    Applied(Snapshot),
    /// The ledger refused; nothing changed.
    Refused(TargetFault),
    /// It may or may not have happened: look before anything is sent again.
    Unknown(String),
    /// Nothing reached the ledger: send again freely.
    NotSent(String),
    /// The ledger's limit was hit. Whether a throttled write can have been committed is
    /// undocumented (quickbooks.md §6), so it is sent again under the same `call_id`.
    Throttled,
    /// The connection needs a person (revoked consent, wrong company, subscription ended).
    Disconnected(TargetFault),
}

/// How a read ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadOutcome<T> {
    /// The answer.
    Read(T),
    /// No usable answer; reading again is harmless.
    Failed(String),
    /// The ledger's limit was hit.
    Throttled,
    /// The connection needs a person.
    Disconnected(TargetFault),
}

impl<T> ReadOutcome<T> {
    /// How it ended, whatever was read.
    pub fn without_content(&self) -> ReadOutcome<()> {
        match self {
            Self::Read(_) => ReadOutcome::Read(()),
            Self::Failed(why) => ReadOutcome::Failed(why.clone()),
            Self::Throttled => ReadOutcome::Throttled,
            Self::Disconnected(fault) => ReadOutcome::Disconnected(fault.clone()),
        }
    }
}

/// What to do about a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FaultClass {
    /// Passes by itself: retry the same request later.
    Transient,
    /// Needs data, configuration or a person: quarantine.
    Structural,
    /// Our version of the object is old: re-read, decide again.
    Stale,
    /// Despite the refusal it may have been done, or be there already: look.
    Ambiguous,
}

/// A refusal by the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetFault {
    /// The ledger's own code (`6140`).
    pub upstream: String,
    /// Our reason.
    pub code: ReasonCode,
    /// What to do about it.
    pub class: FaultClass,
    /// Text safe for logs: never the ledger's `Detail`, which holds customer names and amounts.
    pub summary: String,
    /// The raw fault for people with access to the exception; never logged.
    pub raw: String,
    /// The ledger id of the object in the way, when the fault names one.
    pub conflicting_id: Option<String>,
}

/// What changed in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changes {
    /// Objects as they are now. Such that cannot be read at all are absent.
    pub objects: Vec<Snapshot>,
    /// Objects that are gone: kind and ledger id.
    pub removed: Vec<(DocumentKind, String)>,
    /// List objects of the kinds that documents name.
    pub references: Vec<ChangedReference>,
    /// The ledger had more to tell than fits into one answer; both lists may be incomplete.
    pub truncated: bool,
    /// The ledger's clock when it answered.
    pub until: Timestamp,
}

/// A list object that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedReference {
    /// Its kind.
    pub kind: ReferenceKind,
    /// Its ledger id.
    pub id: String,
    /// Its version now; none when it is gone.
    pub version: Option<String>,
}

/// A page of changed objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedPage {
    /// Objects as they are now. Such that cannot be read at all are absent.
    pub objects: Vec<Snapshot>,
    /// Whether more may follow.
    pub more: bool,
}

/// An object as the ledger holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Kind; for references the kind of the reference is known from the op.
    pub kind: Option<DocumentKind>,
    /// The ledger's id and version.
    pub ledger: LedgerRef,
    /// Document number.
    pub number: Option<String>,
    /// Posting date.
    pub date: Option<BusinessDate>,
    /// Currency, when the ledger says one; of list objects the one they are kept in.
    pub currency: Option<Currency>,
    /// Home units for one unit of the currency, when the ledger says so.
    pub rate: Option<Decimal>,
    /// Total in minor units of the currency.
    pub total_minor: i64,
    /// Open balance or unapplied amount in minor units.
    pub balance_minor: i64,
    /// Ledger id of the customer.
    pub customer: Option<String>,
    /// Ledger id of the location, where the kind has one at its head.
    pub location: Option<String>,
    /// Ledger id of the account money goes to or comes from.
    pub account: Option<String>,
    /// Lines that carry amounts, in the ledger's order, without lines the ledger adds itself.
    pub lines: Vec<SnapshotLine>,
    /// Our marker found in the memo, without its prefix.
    pub marker: Option<String>,
    /// True for an object voided in the ledger.
    pub voided: bool,
}

/// One line of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotLine {
    /// Ledger id of the item or account of the line.
    pub target: Option<String>,
    /// Amount in minor units; for journal entries debit positive.
    pub amount_minor: i64,
    /// Ledger id of the class.
    pub class: Option<String>,
    /// Ledger id of the location of a line of a journal entry.
    pub location: Option<String>,
}

/// What to look for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FindKey {
    /// A document we may have written, and the time since which that may have happened, where it is
    /// known: what a person gave another number or date meanwhile is among what was made since.
    Document(Arc<Document>, Option<Timestamp>),
    /// A list object by name.
    Reference(ReferenceKey),
    /// A list object that had this ledger id: by name, then by id.
    Known(ReferenceKey, String),
}

/// What was found for one `FindKey`, in the same order as the keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FindOutcome {
    /// Nothing that could be it.
    Absent,
    /// Exactly one that carries our marker (documents) or the name (references).
    Found(Box<Snapshot>),
    /// Several carry our marker or name: a person decides.
    Several(Vec<LedgerRef>),
    /// Nothing that could be it; but since it may have been made these objects of its kind, by the
    /// ledger's ids, were deleted, and one of them may have been it.
    Deleted(Vec<String>),
}

/// A field in which the ledger differs from what we wanted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mismatch {
    /// The field in the ledger's words, e.g. `Line[2].Amount`.
    pub field: String,
    /// What we wanted.
    pub expected: String,
    /// What the ledger holds.
    pub found: String,
    /// It is only about what is applied to what, or not applied at all: amounts and accounts are right.
    pub applied: bool,
}

/// What a call costs against the ledger's limits; the engine's rate manager charges it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CallCost {
    /// One write.
    Single,
    /// One batch of writes.
    Batch,
    /// One metered read (read-back, find, trial balance).
    Read,
    /// One call that a person waits for: it goes ahead of all others.
    Person,
}

/// Who permits calls beyond the one that a method of [`LedgerTarget`] stands for: a repetition after
/// the access token was renewed, the further pages of a search, the second object of a description.
pub trait Pace: Send + Sync {
    /// Waits for a permit. False when there is none before `deadline`: then nothing is sent.
    fn permit<'a>(&'a self, cost: CallCost, deadline: Timestamp) -> BoxFuture<'a, bool>;

    /// The same for a call that holds a permit since `taken` and is only sent now. A permit counts from
    /// when it was taken: once it is old, another is waited for in its place.
    fn renew<'a>(
        &'a self,
        cost: CallCost,
        taken: Timestamp,
        deadline: Timestamp,
    ) -> BoxFuture<'a, bool>;
}
