//! What the baseline keeps, in a database that never fails.

use kernel::{BusinessKey, DocumentKind, Fact, ReferenceKey, Subject, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Orders with their payments, payouts and disputes as they were told; ledger ids of list objects and
/// of the documents made last. It outlives every process.
#[derive(Clone, Default)]
pub struct Memory(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    /// Each fact with the topic of the delivery that told it first.
    facts: BTreeMap<Subject, Vec<(Fact, String)>>,
    lists: BTreeMap<ReferenceKey, String>,
    documents: BTreeMap<BusinessKey, (DocumentKind, String)>,
    unread: BTreeSet<String>,
    last_made: Option<Timestamp>,
    calls: u64,
    given_up: u64,
}

impl Memory {
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was told of a subject.
    pub(super) fn facts(&self, subject: &Subject) -> Vec<Fact> {
        let kept = self.lock();
        let facts = kept.facts.get(subject).into_iter().flatten();
        facts.map(|(fact, _)| fact.clone()).collect()
    }

    /// Everything that a fact is about.
    pub(super) fn subjects(&self) -> Vec<Subject> {
        self.lock().facts.keys().cloned().collect()
    }

    /// The topic of the delivery that told a fact first.
    pub(super) fn topic_of(&self, fact: &Fact) -> Option<String> {
        let kept = self.lock();
        let mut facts = kept.facts.get(&fact.subject).into_iter().flatten();
        facts.find(|(known, _)| known == fact).map(|(_, topic)| topic.clone())
    }

    pub(super) fn keep(&self, fact: Fact, topic: &str) {
        let mut kept = self.lock();
        let facts = kept.facts.entry(fact.subject.clone()).or_default();
        if !facts.iter().any(|(known, _)| *known == fact) {
            facts.push((fact, topic.to_owned()));
        }
    }

    /// Notes what a source could not read; the same thing once.
    pub(super) fn unread(&self, what: String) {
        self.lock().unread.insert(what);
    }

    pub(super) fn unread_count(&self) -> u64 {
        self.lock().unread.len() as u64
    }

    pub(super) fn list(&self, key: &ReferenceKey) -> Option<String> {
        self.lock().lists.get(key).cloned()
    }

    pub(super) fn listed(&self, key: ReferenceKey, id: String) {
        self.lock().lists.insert(key, id);
    }

    pub(super) fn document(&self, key: &BusinessKey) -> Option<(DocumentKind, String)> {
        self.lock().documents.get(key).cloned()
    }

    pub(super) fn made(&self, key: BusinessKey, made: (DocumentKind, String), now: Timestamp) {
        let mut kept = self.lock();
        kept.documents.insert(key, made);
        kept.last_made = Some(now);
    }

    /// When the last document was made.
    pub fn last_made(&self) -> Option<Timestamp> {
        self.lock().last_made
    }

    /// An id that no other call has: the ledger knows no request again by it.
    pub(super) fn call_id(&self) -> String {
        let mut kept = self.lock();
        kept.calls += 1;
        format!("call-{}", kept.calls)
    }

    pub(super) fn give_up(&self) {
        self.lock().given_up += 1;
    }

    /// Webhooks that the vendor gave up.
    pub fn given_up(&self) -> u64 {
        self.lock().given_up
    }

    /// Keys of all documents that were made.
    pub fn names(&self) -> Vec<BusinessKey> {
        self.lock().documents.keys().cloned().collect()
    }
}
