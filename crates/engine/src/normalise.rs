//! Deliveries become facts, faults become exceptions.

use crate::{Engine, Result, journal};
use kernel::{Fact, FactBody, Id, Subject, SubjectKind, Timestamp};
use ports::{Normalised, SourceFault, SqlTx, canary};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use store::delivery::Received;
use store::exception::NewException;
use store::fact::NewFact;
use store::item::Touch;

/// Facts and faults of some deliveries, ready to be stored.
#[derive(Default)]
pub(crate) struct Harvest {
    facts: Vec<NewFact>,
    faults: Vec<(Id, String, SourceFault)>,
}

impl Harvest {
    /// Adds what one delivery (or one group of a file, at `place`) means.
    pub fn add(&mut self, engine: &Engine, delivery: Id, place: &str, normalised: Normalised) {
        for mut fact in normalised.facts {
            if canary!("facts-not-deduplicated") {
                fact.key.0 = format!("{}/{delivery}", fact.key);
            }
            let body = serde_json::to_string(&fact).expect("a fact is plain JSON");
            let leaf = *journal::leaf(&body).as_bytes();
            let place = place.to_owned();
            self.facts.push(NewFact { id: engine.id(), delivery, place, fact, body, leaf });
        }
        for fault in normalised.faults {
            let at = match (place.is_empty(), fault.at.is_empty()) {
                (true, _) => fault.at.clone(),
                (false, true) => place.to_owned(),
                (false, false) => format!("{place}, {}", fault.at),
            };
            if !canary!("fault-dropped") {
                self.faults.push((delivery, at, fault));
            }
        }
    }

    /// Stores everything, marks what there is to decide and returns the audit entries.
    pub async fn store(
        self,
        engine: &Engine,
        tx: &mut dyn SqlTx,
        now: Timestamp,
    ) -> Result<Vec<String>> {
        let mut entries = Vec::new();
        let batch = engine.id();
        let new = store::fact::keep(tx, batch, &self.facts, now).await?;
        let mut kept: Vec<&NewFact> = self.facts.iter().filter(|f| new.contains(&f.id)).collect();
        kept.sort_by_key(|f| f.id);
        let leaves: Vec<_> = kept.iter().map(|f| tlog::Hash::from(f.leaf)).collect();
        let mut touches: BTreeMap<Subject, Touch> = BTreeMap::new();
        let mut customers = BTreeSet::new();
        for fact in &kept {
            let touch = touch_of(engine, &fact.fact);
            if !touch.customer.is_empty() && !touch.is_credit {
                customers.insert(touch.customer.clone());
            }
            merge(&mut touches, touch);
        }
        if !leaves.is_empty() && !canary!("facts-unaudited") {
            let repeated = (self.facts.len() - leaves.len()).to_string();
            let more = json!({ "repeated": repeated });
            entries.push(journal::batch(now, "facts.kept", batch, &leaves, more));
        }
        entries.extend(self.store_faults(engine, tx, &mut touches, now).await?);
        let all: Vec<Touch> = touches.into_values().collect();
        store::item::touch(tx, &engine.lane, &all, now).await?;
        let customers: Vec<String> = customers.into_iter().collect();
        store::item::again_credits(tx, &customers).await?;
        wake_siblings(tx, &kept).await?;
        Ok(entries)
    }

    async fn store_faults(
        &self,
        engine: &Engine,
        tx: &mut dyn SqlTx,
        touches: &mut BTreeMap<Subject, Touch>,
        now: Timestamp,
    ) -> Result<Vec<String>> {
        let mut entries = Vec::new();
        let mut exceptions = Vec::new();
        let mut numbers: BTreeMap<Id, usize> = BTreeMap::new();
        for (delivery, place, fault) in &self.faults {
            // Numbered within the delivery, so that a replay finds the same exception.
            let number = numbers.entry(*delivery).or_default();
            let n = *number;
            *number += 1;
            // A fault about nothing we can name gets a subject of its own, so that its amount
            // stands in the statement.
            let subject = fault.subject.clone().unwrap_or_else(|| {
                Subject::new(SubjectKind::Adjustment, format!("delivery/{delivery}/{n}"))
            });
            let mut touch = Touch::about(engine.id(), subject);
            touch.is_faulty = true;
            let item = match store::item::by_subject(tx, &touch.subject).await? {
                Some(known) => known.id,
                None => touches.get(&touch.subject).map_or(touch.id, |t| t.id),
            };
            touch.id = item;
            merge(touches, touch);
            entries.push(journal::entry(
                now,
                &journal::Actor::System,
                "exception.opened",
                json!({ "code": fault.code.code(), "delivery": delivery.to_string(),
                        "place": place, "item": item.to_string() }),
            ));
            exceptions.push(NewException {
                id: engine.id(),
                scope: format!("fault/{delivery}/{place}/{n}"),
                code: fault.code,
                item: Some(item),
                document: String::new(),
                delivery: Some(*delivery),
                place: place.clone(),
                detail: fault.detail.clone(),
                upstream: String::new(),
                raw: String::new(),
                amount: fault.amount,
            });
        }
        store::exception::open(tx, &exceptions, now).await?;
        Ok(entries)
    }
}

/// Deliveries and what they mean.
#[derive(Default)]
pub(crate) struct Understood {
    harvest: Harvest,
    /// Delivery, its new state, a note.
    settled: Vec<(Id, &'static str, String)>,
    /// Source and name of objects that deliveries only named.
    wanted: BTreeSet<(String, String)>,
    undecided: bool,
}

impl Understood {
    /// Whether something is to be decided, by these deliveries or otherwise.
    pub fn is_decision_asked(&self) -> bool {
        self.undecided
    }

    /// Deliveries read.
    pub fn len(&self) -> usize {
        self.settled.len()
    }

    /// Stores it. The transaction must hold the lane, so that no other worker understands the
    /// same deliveries; the caller commits at once.
    pub async fn store(self, engine: &Engine, tx: &mut dyn SqlTx) -> Result<()> {
        let now = engine.now();
        let entries = self.harvest.store(engine, tx, now).await?;
        store::wanted::add(tx, &self.wanted, now).await?;
        store::delivery::settle(tx, &self.settled).await?;
        store::audit::append(tx, &engine.origin, &entries).await?;
        Ok(())
    }
}

impl Engine {
    /// Reads the oldest received deliveries and says what they mean; nothing is stored yet. It
    /// leaves the writer to the intake meanwhile.
    pub(crate) async fn understand(&self) -> Result<Understood> {
        let mut tx = self.store.read().await?;
        let received = store::delivery::received(tx.as_mut(), self.limits.normalise_batch).await?;
        let undecided =
            !received.is_empty() || store::item::is_any_undecided(tx.as_mut(), &self.lane).await?;
        drop(tx);
        let mut understood = Understood { undecided, ..Understood::default() };
        for delivery in &received {
            let normalised = self.normalise(delivery);
            let (state, note) = if !normalised.faults.is_empty() {
                ("faulted", normalised.faults[0].detail.clone())
            } else if normalised.facts.is_empty() {
                ("ignored", normalised.ignored.clone().unwrap_or_default())
            } else {
                ("normalised", String::new())
            };
            understood.settled.push((delivery.id, state, note));
            let named =
                normalised.wanted.iter().map(|name| (delivery.source.clone(), name.clone()));
            understood.wanted.extend(named);
            understood.harvest.add(self, delivery.id, "", normalised);
        }
        Ok(understood)
    }

    /// What one delivery means. A delivery of a source that is no longer configured is a fault,
    /// and so is one about which its source says nothing at all.
    pub fn normalise(&self, delivery: &Received) -> Normalised {
        let fault = |detail: String| Normalised {
            faults: vec![SourceFault {
                code: kernel::ReasonCode::UnknownSchema,
                at: String::new(),
                detail,
                amount: None,
                subject: None,
            }],
            ..Normalised::default()
        };
        let Some(source) = self.sources.get(&delivery.source) else {
            return fault(format!(
                "no source is called `{}`; add it to the configuration and retry",
                delivery.source
            ));
        };
        let normalised = source.normalise(&delivery.raw);
        if normalised.facts.is_empty()
            && normalised.faults.is_empty()
            && normalised.ignored.is_none()
        {
            return fault(format!("the source says nothing about topic `{}`", delivery.topic));
        }
        normalised
    }
}

trait About {
    fn about(id: Id, subject: Subject) -> Self;
}

impl About for Touch {
    fn about(id: Id, subject: Subject) -> Self {
        Self {
            id,
            subject,
            number: String::new(),
            customer: String::new(),
            is_credit: false,
            is_faulty: false,
        }
    }
}

fn touch_of(engine: &Engine, fact: &Fact) -> Touch {
    let mut touch = Touch::about(engine.id(), fact.subject.clone());
    match &fact.body {
        FactBody::OrderCreated(o) | FactBody::OrderUpdated(o) => {
            touch.number.clone_from(&o.number);
            touch.is_credit = o.credit;
            if let Some(customer) = &o.customer {
                touch.customer = format!("{}/{}", fact.source, customer.id);
            }
        }
        FactBody::PayoutPaid(p) | FactBody::PayoutFailed(p) => {
            touch.number.clone_from(&p.payout_id);
        }
        FactBody::DisputeOpened(d) | FactBody::DisputeWon(d) | FactBody::DisputeLost(d) => {
            touch.number.clone_from(&d.dispute_id);
        }
        FactBody::AdjustmentRecorded(a) => touch.number.clone_from(&a.adjustment_id),
        _ => {}
    }
    touch
}

fn merge(touches: &mut BTreeMap<Subject, Touch>, new: Touch) {
    match touches.entry(new.subject.clone()) {
        std::collections::btree_map::Entry::Vacant(slot) => {
            slot.insert(new);
        }
        std::collections::btree_map::Entry::Occupied(mut slot) => {
            let have = slot.get_mut();
            if !new.number.is_empty() {
                have.number = new.number;
            }
            if !new.customer.is_empty() {
                have.customer = new.customer;
            }
            have.is_credit |= new.is_credit;
            have.is_faulty |= new.is_faulty;
            if new.is_faulty {
                have.id = new.id;
            }
        }
    }
}

/// A movement that two subjects tell of is decided again on the side that may have to yield.
async fn wake_siblings(tx: &mut dyn SqlTx, kept: &[&NewFact]) -> Result<()> {
    let mut others = disputes_of(tx, kept).await?;
    for new in kept {
        if !matches!(
            new.fact.body,
            FactBody::PaymentCaptured(_)
                | FactBody::RefundIssued(_)
                | FactBody::RefundFailed(_)
                | FactBody::FeeCharged(_)
        ) {
            continue;
        }
        let subjects = store::fact::by_key(tx, new.fact.key.as_str()).await?;
        if subjects.len() > 1 {
            others.extend(subjects.into_iter().filter(|s| *s != new.fact.subject));
        }
    }
    let others: Vec<Subject> = others.into_iter().collect();
    store::item::again(tx, &others).await?;
    Ok(())
}

/// The disputes about payments of the sales that something is known of now; disputes that are new
/// say which payment they are about.
async fn disputes_of(tx: &mut dyn SqlTx, kept: &[&NewFact]) -> Result<BTreeSet<Subject>> {
    let told: BTreeSet<(String, String)> = kept
        .iter()
        .filter_map(|new| match &new.fact.body {
            FactBody::DisputeOpened(d) | FactBody::DisputeWon(d) | FactBody::DisputeLost(d) => {
                Some((d.of.as_ref()?.0.clone(), new.fact.subject.key.clone()))
            }
            _ => None,
        })
        .collect();
    store::disputed::add(tx, &told).await?;
    let sales = kept.iter().map(|new| &new.fact.subject);
    let sales = sales.filter(|subject| subject.kind == SubjectKind::Sale).collect();
    Ok(store::disputed::of_sales(tx, &sales).await?)
}
