//! How the baseline deals with one delivery.

use super::Memory;
use book::{Context, Desired};
use engine::Engine;
use kernel::{
    BusinessKey, Document, EconomicKey, Fact, FactBody, Reference, ReferenceKey, Subject,
    SubjectKind, Timestamp,
};
use ports::{
    Act, ApplyOutcome, FindKey, FindOutcome, RawDelivery, ReadOutcome, RefMap, TargetOp,
    TargetSubject,
};
use std::collections::BTreeSet;
use std::sync::Arc;

/// How often a call is tried in place.
const TRIES: u32 = 3;
/// How long it waits for an answer, seconds.
const PATIENCE_SECONDS: i64 = 30;

/// One process of the baseline.
pub struct Desk {
    /// Clock, sources, rules and connector; its store is not used.
    engine: Engine,
    pub(super) memory: Memory,
    /// One delivery at a time.
    turn: futures_util::lock::Mutex<()>,
}

impl Desk {
    pub fn new(engine: Engine, memory: Memory) -> Self {
        Self { engine, memory, turn: futures_util::lock::Mutex::new(()) }
    }

    /// Deals with one delivery from signature to ledger. An error is answered with 500.
    pub async fn receive(&self, source: &str, raw: &RawDelivery) -> Result<(), String> {
        let Some(source) = self.engine.sources.get(source) else { return Ok(()) };
        if source.accept(raw).is_err() {
            return Ok(());
        }
        let _turn = self.turn.lock().await;
        let told = source.normalise(raw);
        for fault in told.faults {
            self.memory.unread(format!("{} {}", fault.code, source.dedupe_key(raw)));
        }
        let topic = source.topic(raw);
        for fact in told.facts {
            // A closed dispute tells once more that it was opened: that was dealt with before.
            if self.memory.topic_of(&fact).is_none_or(|known| known == topic) {
                let known = self.memory.facts(&fact.subject);
                for document in self.asked_for(known, &fact) {
                    self.post(&Arc::new(document)).await?;
                }
                self.memory.keep(fact, &topic);
            }
        }
        Ok(())
    }

    /// The documents that an event asks for. An order is a row that is written over: it asks for
    /// something only where nothing was asked for before, as a free order does, or one whose payment
    /// came first. Everything else moves money: what would not be there without it.
    fn asked_for(&self, known: Vec<Fact>, fact: &Fact) -> Vec<Document> {
        let is_order = matches!(
            fact.body,
            FactBody::OrderCreated(_) | FactBody::OrderUpdated(_) | FactBody::OrderCancelled(_)
        );
        let same = |f: &Fact| f.key == fact.key && f.body.kind() == fact.body.kind();
        let mut facts = known;
        if !is_order {
            facts.retain(|f| !same(f));
        }
        let without = self.decide(&fact.subject, &facts).documents;
        if is_order && !without.is_empty() {
            return Vec::new();
        }
        facts.push(fact.clone());
        let there: BTreeSet<&BusinessKey> = without.iter().map(|d| &d.key).collect();
        let mut documents = self.decide(&fact.subject, &facts).documents;
        documents.retain(|d| !there.contains(&d.key));
        documents
    }

    /// What the rules of the product say.
    fn decide(&self, subject: &Subject, facts: &[Fact]) -> Desired {
        let of = facts.iter().find_map(|f| match &f.body {
            FactBody::DisputeOpened(d) | FactBody::DisputeWon(d) | FactBody::DisputeLost(d) => {
                d.of.clone()
            }
            _ => None,
        });
        let disputed = of.and_then(|key| self.sale_with(&key));
        let disputed = disputed.map(|(sale, facts)| book::fold(&sale, &facts));
        let cx = Context {
            now: self.engine.now(),
            closed_until: None,
            currencies: self.engine.target.currencies(),
            credit_matches: &[],
            posted_elsewhere: false,
            disputed: disputed.as_ref(),
            contributions: &[],
        };
        book::decide(&book::fold(subject, facts), &self.engine.rules, &cx)
    }

    fn sale_with(&self, key: &EconomicKey) -> Option<(Subject, Vec<Fact>)> {
        let sales = self.memory.subjects().into_iter().filter(|s| s.kind == SubjectKind::Sale);
        let mut sales = sales.map(|s| (self.memory.facts(&s), s));
        let (facts, sale) = sales.find(|(facts, _)| facts.iter().any(|f| f.key == *key))?;
        Some((sale, facts))
    }

    /// Cases for a person that have nothing to do with how documents are posted.
    pub fn holds(&self) -> u64 {
        let subjects = self.memory.subjects();
        let holds = subjects.iter().map(|s| self.decide(s, &self.memory.facts(s)).holds.len());
        holds.sum::<usize>() as u64 + self.memory.unread_count()
    }

    /// Creates a document; tries again on every error.
    async fn post(&self, document: &Arc<Document>) -> Result<(), String> {
        let mut said = String::new();
        for n in 0..TRIES {
            match self.create(document).await {
                Ok(()) => return Ok(()),
                Err(error) => said = error,
            }
            let now = self.engine.now();
            self.engine.clock.sleep_until(now.plus_seconds(1 << n)).await;
        }
        Err(said)
    }

    async fn create(&self, document: &Arc<Document>) -> Result<(), String> {
        let mut refs = RefMap::default();
        let mut keys = self.engine.target.references(document);
        keys.sort();
        for key in keys {
            self.list(key, document, &mut refs).await?;
        }
        for link in &document.links {
            let known = self.memory.document(&link.to);
            let known = known.ok_or_else(|| format!("{} was never posted", link.to))?;
            refs.documents.insert(link.to.clone(), known);
        }
        let subject = TargetSubject::Document(Arc::clone(document));
        let id = self.call(document.key.clone(), subject, &refs).await?;
        self.memory.made(document.key.clone(), (document.kind, id), self.engine.now());
        Ok(())
    }

    /// Finds or creates a list object that a document names.
    async fn list(
        &self,
        key: ReferenceKey,
        document: &Document,
        refs: &mut RefMap,
    ) -> Result<(), String> {
        let is_foreign = self.engine.target.currencies().is_foreign(document.currency);
        let abroad = is_foreign.then_some(document.currency);
        let reference = self.engine.rules.reference(&key, abroad);
        let reference = reference.ok_or_else(|| format!("no rule names {}", key.name))?;
        if let Some(first) = reference.needs()
            && !refs.references.contains_key(&first)
            && let Some(first) = self.engine.rules.reference(&first, None)
        {
            self.one(first, refs).await?;
        }
        self.one(reference, refs).await
    }

    async fn one(&self, reference: Reference, refs: &mut RefMap) -> Result<(), String> {
        let key = reference.key();
        let id = match self.memory.list(&key) {
            Some(id) => id,
            None => match self.find(&key).await? {
                Some(id) => id,
                None => {
                    let name = BusinessKey::new(format!("list/{}", key.name));
                    self.call(name, TargetSubject::Reference(reference), refs).await?
                }
            },
        };
        self.memory.listed(key.clone(), id.clone());
        refs.references.insert(key, id);
        Ok(())
    }

    async fn find(&self, key: &ReferenceKey) -> Result<Option<String>, String> {
        let keys = [FindKey::Reference(key.clone())];
        match self.engine.target.find(&keys, self.deadline()).await {
            ReadOutcome::Read(found) => match found.first() {
                Some(FindOutcome::Found(object)) => Ok(Some(object.ledger.id.clone())),
                Some(FindOutcome::Absent) => Ok(None),
                _ => Err(format!("{} is not clear", key.name)),
            },
            other => Err(format!("{:?}", other.without_content())),
        }
    }

    /// One call, under an id of its own.
    async fn call(
        &self,
        key: BusinessKey,
        subject: TargetSubject,
        refs: &RefMap,
    ) -> Result<String, String> {
        let (ledger, stood) = (None, None);
        let ops = [TargetOp { key, act: Act::Create, subject, ledger, anew: false, stood }];
        let call_id = self.memory.call_id();
        let said = self.engine.target.apply(&call_id, &ops, refs, self.deadline()).await;
        match said.into_iter().next() {
            Some(ApplyOutcome::Applied(made)) => Ok(made.ledger.id),
            other => Err(format!("{other:?}")),
        }
    }

    fn deadline(&self) -> Timestamp {
        self.engine.now().plus_seconds(PATIENCE_SECONDS)
    }
}
