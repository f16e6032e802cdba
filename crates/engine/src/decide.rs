//! Items become desired documents and the intents to bring them about.

use crate::closed_day::{self, summary_key};
use crate::tracked::Tracks;
use crate::{Engine, Result, journal};
use book::{
    Claim, ClaimClass, ClaimOutcome, ClosedPeriod, Context, CreditMatch, Desired, Hold, Known,
    Stage, Step,
};
use kernel::{
    BusinessKey, Closing, Document, Fact, FactBody, Money, ReasonCode, Reference, ReferenceKey,
    Subject, SubjectKind, Timestamp,
};
use ports::{Act, RefMap, SqlTx, TargetSubject, canary};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use store::claim::StoredClaim;
use store::document::{DocRow, DocState, reference_key};
use store::exception::NewException;
use store::item::Item;

/// What one decision transaction did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DecideReport {
    /// Items decided.
    pub items: usize,
    /// Documents that are now to be sent, changed or removed.
    pub documents: usize,
    /// Holds raised.
    pub holds: usize,
}

/// Everything one decision transaction is going to store.
#[derive(Default)]
struct Batch {
    rows: Vec<DocRow>,
    /// Documents that are wanted no more and do not stand in the ledger: not in the sub-ledger either.
    dropped: Vec<BusinessKey>,
    redo: Vec<BusinessKey>,
    references: BTreeMap<ReferenceKey, Reference>,
    needs: Vec<(BusinessKey, BusinessKey)>,
    claims: Vec<(kernel::Id, Vec<StoredClaim>)>,
    contributions: Vec<(kernel::Id, String, String, String)>,
    summaries: BTreeSet<String>,
    exceptions: Vec<NewException>,
    entries: Vec<String>,
}

/// What a decision about one item needs from the database beside its facts.
struct Surroundings {
    facts: Vec<Fact>,
    known: Vec<DocRow>,
    credit_matches: Vec<CreditMatch>,
    posted_elsewhere: bool,
    /// For a dispute: the facts of the sale whose payment is disputed.
    disputed: Option<(Subject, Vec<Fact>)>,
    /// To a summary; of a faulty item, what it has contributed.
    contributions: Vec<book::Contribution>,
    faults: Vec<store::exception::Exception>,
}

impl Engine {
    /// Decides the oldest undecided items in one transaction. `refs` holds the references known to
    /// stand in the ledger; documents that need others wait for them. Documents in `busy` travel
    /// or are being read right now: they are left alone and decided again once they have settled.
    pub async fn decide_step(
        &self,
        tx: &mut dyn SqlTx,
        refs: &RefMap,
        busy: &BTreeSet<BusinessKey>,
        closing: Closing,
    ) -> Result<DecideReport> {
        let items = store::item::undecided(tx, &self.lane, self.limits.decide_batch).await?;
        if items.is_empty() {
            return Ok(DecideReport::default());
        }
        let now = self.now();
        let books = (closing, self.tracks(tx).await?);
        let mut batch = Batch::default();
        let mut sales = crate::look::CreditBook::default();
        for item in &items {
            let around = self.surroundings(tx, item, &mut sales).await?;
            let mut desired = self.desired(&item.subject, &around, closing, now);
            let days = self.closed_days(tx, item, &desired, closing).await?;
            closed_day::leave(&mut desired, &days);
            self.decide_item(&mut batch, item, around, desired, (refs, busy), books, now);
        }
        let report = DecideReport {
            items: items.len(),
            documents: batch.rows.len(),
            holds: batch.exceptions.len(),
        };
        self.store_batch(tx, batch, &items, now).await?;
        Ok(report)
    }

    /// What the ledger should hold for a subject. Pure given its surroundings.
    fn desired(
        &self,
        subject: &Subject,
        around: &Surroundings,
        closing: Closing,
        now: Timestamp,
    ) -> Desired {
        let state = book::fold(subject, &around.facts);
        let disputed = around.disputed.as_ref().map(|(sale, facts)| book::fold(sale, facts));
        let cx = Context {
            now,
            closed_until: closing.latest(),
            currencies: self.target.currencies(),
            credit_matches: &around.credit_matches,
            posted_elsewhere: around.posted_elsewhere,
            disputed: disputed.as_ref(),
            contributions: &around.contributions,
        };
        book::decide(&state, &self.rules, &cx)
    }

    async fn surroundings(
        &self,
        tx: &mut dyn SqlTx,
        item: &Item,
        sales: &mut crate::look::CreditBook,
    ) -> Result<Surroundings> {
        let facts = store::fact::of_subject(tx, &item.subject).await?;
        let known = store::document::of_item(tx, item.id).await?;
        let credit_matches = if item.is_credit && !item.customer.is_empty() {
            sales.matches(tx, item).await?
        } else {
            Vec::new()
        };
        let posted_elsewhere = matches!(
            item.subject.kind,
            SubjectKind::Payment | SubjectKind::Fee | SubjectKind::Dispute
        ) && store::fact::others(tx, &item.subject)
            .await?
            .iter()
            .any(|s| s.kind == SubjectKind::Sale);
        let disputed = disputed_sale(tx, &item.subject, &facts).await?;
        let texts = if item.subject.kind == SubjectKind::Summary {
            store::claim::contributions(tx, &item.subject.key).await?
        } else if item.is_faulty {
            store::claim::contributions_of_item(tx, item.id).await?
        } else {
            Vec::new()
        };
        let contributions = texts
            .iter()
            .map(|text| serde_json::from_str(text))
            .collect::<serde_json::Result<_>>()
            .map_err(|e| store::StoreError::Damaged(format!("a contribution: {e}")))?;
        let faults = if item.is_faulty {
            let all = store::exception::of_item(tx, item.id).await?;
            all.into_iter()
                .filter(|e| e.closed_at.is_none() && e.scope.starts_with("fault/"))
                .collect()
        } else {
            Vec::new()
        };
        Ok(Surroundings {
            facts,
            known,
            credit_matches,
            posted_elsewhere,
            disputed,
            contributions,
            faults,
        })
    }

    #[expect(clippy::too_many_arguments, reason = "one decision reads all of these once")]
    fn decide_item(
        &self,
        batch: &mut Batch,
        item: &Item,
        around: Surroundings,
        mut desired: Desired,
        (refs, busy): (&RefMap, &BTreeSet<BusinessKey>),
        (closing, tracks): (Closing, Tracks),
        now: Timestamp,
    ) {
        let rows: BTreeMap<BusinessKey, DocRow> =
            around.known.into_iter().map(|r| (r.key.clone(), r)).collect();
        if !around.faults.is_empty() {
            let stood = &around.contributions;
            hold_for_faults(&mut desired, &around.faults, item, (&rows, stood));
        }
        desired.documents.retain(|d| !tracks.has_no_use_for(d, rows.get(&d.key)));
        let known: Vec<Known> = rows.values().filter_map(|r| known_of(r, busy)).collect();
        // A change that is on its way to a document of the ledger is settled first.
        let changing = |r: &DocRow| {
            matches!(r.state, DocState::Waiting | DocState::Ready) && r.ledger.is_some()
        };
        if self.rules.closed_period() == ClosedPeriod::NextOpenDay && !rows.values().any(changing) {
            desired.documents = book::into_open_days(desired.documents, &known, closing);
        }
        let mut held = BTreeMap::new();
        for step in book::plan(&desired.documents, &known, closing) {
            let step = self.named(waiting_summary(item, &desired, &rows, step), refs);
            for step in self.tracked(step, tracks, &desired.documents, &rows) {
                self.take(batch, item, &rows, step, refs, now, &mut held);
            }
        }
        for (key, (code, detail)) in &held {
            let amount = desired
                .documents
                .iter()
                .find(|d| d.key == *key)
                .map(|d| Money::new(d.total_minor, d.currency));
            desired.holds.push(Hold { code: *code, detail: detail.clone(), amount, claim: None });
        }
        for hold in &desired.holds {
            batch.exceptions.push(self.exception_of(item, hold));
        }
        let claims = desired.claims.iter().map(|c| stored_claim(c, &held)).collect();
        batch.claims.push((item.id, claims));
        for (n, c) in desired.contributions.iter().enumerate() {
            let body = serde_json::to_string(c).expect("a contribution is plain JSON");
            let name = format!("{n:04} {}", c.claim);
            batch.contributions.push((item.id, c.summary.key.clone(), name, body));
            batch.summaries.insert(c.summary.key.clone());
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one step reads all of these once")]
    fn take(
        &self,
        batch: &mut Batch,
        item: &Item,
        rows: &BTreeMap<BusinessKey, DocRow>,
        step: Step,
        refs: &RefMap,
        now: Timestamp,
        held: &mut BTreeMap<BusinessKey, (ReasonCode, String)>,
    ) {
        match step {
            Step::Keep(key) => {
                // Wanted again while it is being taken away: decide once that is done.
                let leaving = rows
                    .get(&key)
                    .is_some_and(|r| r.act.is_removal() && r.state != DocState::Removed);
                if leaving {
                    batch.redo.push(key);
                }
            }
            Step::Wait(_) if canary!("change-in-flight-lost") => {}
            Step::Wait(key) => batch.redo.push(key),
            Step::Hold { key, code, detail } => {
                held.insert(key, (code, detail));
            }
            Step::Create(document) => {
                let before = rows.get(&document.key);
                let mut row = DocRow::new(&self.lane, item.id, document.clone(), now);
                row.generation = before.map_or(1, |r| r.generation + 1);
                row.posted_at = before.and_then(|r| r.posted_at);
                self.demand(batch, &mut row, &document, refs);
                batch.rows.push(row);
            }
            Step::Replace(document) | Step::Update(document) => {
                let Some(old) = rows.get(&document.key) else { return };
                let mut row = old.clone();
                row.act = if old.ledger.is_some() { Act::Update } else { Act::Create };
                row.state = DocState::Ready;
                row.subject = TargetSubject::Document(Arc::new(document.clone()));
                row.due_at = now;
                row.tries = 0;
                row.call = None;
                row.reason = String::new();
                self.demand(batch, &mut row, &document, refs);
                batch.rows.push(row);
            }
            Step::Remove(key) | Step::Drop(key) => {
                let Some(old) = rows.get(&key) else { return };
                let mut row = old.clone();
                row.due_at = now;
                row.tries = 0;
                row.call = None;
                row.reason = String::new();
                if old.ledger.is_some() {
                    row.act = Act::Void;
                    row.state = DocState::Ready;
                } else {
                    row.act = Act::Void;
                    row.state = DocState::Removed;
                    if !canary!("dropped-stays-posted") {
                        batch.dropped.push(row.key.clone());
                    }
                }
                batch.rows.push(row);
            }
        }
    }

    /// Notes what the document needs; it waits for what the ledger is not known to hold.
    fn demand(&self, batch: &mut Batch, row: &mut DocRow, document: &Document, refs: &RefMap) {
        let mut waits = false;
        let is_foreign = self.target.currencies().is_foreign(document.currency);
        let abroad = is_foreign.then_some(document.currency);
        for key in self.target.references(document) {
            if refs.references.contains_key(&key) {
                continue;
            }
            // What the rules do not name was held before (`named`).
            let Some(reference) = self.rules.reference(&key, abroad) else { continue };
            if let Some(first) = reference.needs().filter(|n| !refs.references.contains_key(n))
                && let Some(r) = self.rules.reference(&first, None)
            {
                batch.needs.push((reference_key(&key), reference_key(&first)));
                batch.references.insert(first, r);
            }
            batch.needs.push((row.key.clone(), reference_key(&key)));
            batch.references.insert(key, reference);
            waits = true;
        }
        for link in &document.links {
            if !refs.documents.contains_key(&link.to) && !canary!("payment-before-invoice") {
                batch.needs.push((row.key.clone(), link.to.clone()));
                waits = true;
            }
        }
        if waits {
            row.state = DocState::Waiting;
        }
    }

    fn exception_of(&self, item: &Item, hold: &Hold) -> NewException {
        NewException {
            id: self.id(),
            scope: format!("item/{}/{}", item.id, hold.claim.as_deref().unwrap_or("")),
            code: hold.code,
            item: Some(item.id),
            document: String::new(),
            delivery: None,
            place: hold.claim.clone().unwrap_or_default(),
            detail: hold.detail.clone(),
            upstream: String::new(),
            raw: String::new(),
            amount: hold.amount,
        }
    }

    async fn store_batch(
        &self,
        tx: &mut dyn SqlTx,
        mut batch: Batch,
        items: &[Item],
        now: Timestamp,
    ) -> Result<()> {
        batch.needs.extend(crate::sequence::needs(&mut batch.rows));
        let references: Vec<Reference> = batch.references.into_values().collect();
        store::document::add_references(tx, &self.lane, &references, now).await?;
        store::document::put(tx, &batch.rows).await?;
        let dropped: Vec<_> = batch.dropped.into_iter().map(|key| (key, None)).collect();
        store::document::post(tx, &dropped, false).await?;
        store::document::set_redo(tx, &batch.redo).await?;
        self.store_needs(tx, &batch.rows, batch.needs, now).await?;
        store::claim::replace(tx, &batch.claims).await?;
        let ids: Vec<_> = items.iter().map(|i| i.id).collect();
        let lost = store::claim::replace_contributions(tx, &ids, &batch.contributions).await?;
        batch.summaries.extend(lost);
        let summaries: Vec<_> = batch
            .summaries
            .iter()
            .map(|key| store::item::Touch {
                id: self.id(),
                subject: Subject::new(SubjectKind::Summary, key.clone()),
                number: String::new(),
                customer: String::new(),
                is_credit: false,
                is_faulty: false,
            })
            .collect();
        store::item::touch(tx, &self.lane, &summaries, now).await?;
        let told = self.refresh_exceptions(tx, items, &batch.exceptions, now).await?;
        if !canary!("holds-unaudited") {
            batch.entries.extend(told);
        }
        store::item::decided(tx, items).await?;
        let leaves: Vec<_> = batch
            .rows
            .iter()
            .filter_map(DocRow::document)
            .map(|d| {
                journal::leaf(&serde_json::to_string(d.as_ref()).expect("a document is plain JSON"))
            })
            .collect();
        let batch_id = self.id();
        let more = json!({
            "items": items.len().to_string(), "rules": self.rules_sha256,
            "holds": batch.exceptions.len().to_string(),
        });
        batch.entries.push(journal::batch(now, "documents.decided", batch_id, &leaves, more));
        store::audit::append(tx, &self.origin, &batch.entries).await?;
        Ok(())
    }

    /// Needs of rows; those that are met already set their document free at once. A reference that
    /// is new in this batch and has needs of its own waits too.
    async fn store_needs(
        &self,
        tx: &mut dyn SqlTx,
        rows: &[DocRow],
        needs: Vec<(BusinessKey, BusinessKey)>,
        now: Timestamp,
    ) -> Result<()> {
        let keys: Vec<BusinessKey> = rows.iter().map(|r| r.key.clone()).collect();
        store::document::set_needs(tx, &keys, &needs).await?;
        let wanted: BTreeSet<BusinessKey> = needs.into_iter().map(|(_, n)| n).collect();
        let mut met = Vec::new();
        for key in wanted {
            let row = store::document::by_key(tx, &key).await?;
            if row.is_some_and(|r| matches!(r.state, DocState::Posted | DocState::Verified)) {
                met.push(key);
            }
        }
        store::document::free(tx, &met, now).await?;
        Ok(())
    }

    /// Opens the holds of this decision and closes those of earlier ones that are gone. What the
    /// audit log has to tell of it.
    async fn refresh_exceptions(
        &self,
        tx: &mut dyn SqlTx,
        items: &[Item],
        new: &[NewException],
        now: Timestamp,
    ) -> Result<Vec<String>> {
        let fresh: BTreeSet<(&str, ReasonCode)> =
            new.iter().map(|e| (e.scope.as_str(), e.code)).collect();
        let (mut known, mut entries) = (BTreeSet::new(), Vec::new());
        let why = "resolved by new knowledge";
        for item in items {
            if item.revision == 1 {
                continue;
            }
            for old in store::exception::of_item(tx, item.id).await? {
                if !old.scope.starts_with("item/") || old.closed_at.is_some() {
                    continue;
                }
                if !fresh.contains(&(old.scope.as_str(), old.code)) {
                    store::exception::close(tx, old.id, why, now).await?;
                    let fields = json!({ "code": old.code.code(), "exception": old.id.to_string(),
                                         "resolution": why });
                    entries.push(journal::entry(
                        now,
                        &journal::Actor::System,
                        "exception.closed",
                        fields,
                    ));
                }
                known.insert((old.scope, old.code));
            }
        }
        for e in new.iter().filter(|e| !known.contains(&(e.scope.clone(), e.code))) {
            let item = e.item.map(|id| id.to_string()).unwrap_or_default();
            let fields = json!({ "code": e.code.code(), "item": item, "place": e.place });
            entries.push(journal::entry(now, &journal::Actor::System, "exception.opened", fields));
        }
        store::exception::open(tx, new, now).await?;
        Ok(entries)
    }
}

/// The sale that the disputed payment belongs to, with its facts.
async fn disputed_sale(
    tx: &mut dyn SqlTx,
    subject: &Subject,
    facts: &[Fact],
) -> Result<Option<(Subject, Vec<Fact>)>> {
    if subject.kind != SubjectKind::Dispute {
        return Ok(None);
    }
    let of = facts.iter().find_map(|f| match &f.body {
        FactBody::DisputeOpened(d) | FactBody::DisputeWon(d) | FactBody::DisputeLost(d) => {
            d.of.as_ref()
        }
        _ => None,
    });
    let Some(of) = of else { return Ok(None) };
    let subjects = store::fact::by_key(tx, of.as_str()).await?;
    let Some(sale) = subjects.into_iter().find(|s| s.kind == SubjectKind::Sale) else {
        return Ok(None);
    };
    let facts = store::fact::of_subject(tx, &sale).await?;
    Ok(Some((sale, facts)))
}

/// A summary of a closed day that is new is held at the last step before it is sent, as a document:
/// the claims of the sales in it stand where it stands.
fn waiting_summary(
    item: &Item,
    desired: &Desired,
    rows: &BTreeMap<BusinessKey, DocRow>,
    step: Step,
) -> Step {
    let Step::Hold { key, .. } = &step else { return step };
    let is_new = item.subject.kind == SubjectKind::Summary && !rows.contains_key(key);
    let document = desired.documents.iter().find(|d| is_new && d.key == *key);
    document.map_or(step.clone(), |d| Step::Create(d.clone()))
}

/// What `book::plan` needs to know of a row.
fn known_of(row: &DocRow, busy: &BTreeSet<BusinessKey>) -> Option<Known> {
    let document = row.document()?.as_ref().clone();
    let removing = row.act.is_removal();
    let stage = match row.state {
        _ if busy.contains(&row.key) => Stage::InFlight,
        DocState::Waiting | DocState::Ready if row.ledger.is_none() => Stage::NotSent,
        DocState::Waiting | DocState::Ready if removing => Stage::InFlight,
        DocState::Waiting | DocState::Ready => Stage::NotSent,
        DocState::Divergent if canary!("edit-overwritten") => Stage::Posted,
        DocState::InFlight | DocState::Unknown | DocState::Stale | DocState::Divergent => {
            Stage::InFlight
        }
        // A person asked for another look; nothing is decided before it.
        DocState::Posted if !row.reason.is_empty() => Stage::InFlight,
        // Held, but it may stand in the ledger.
        DocState::Quarantined if row.ledger.is_none() && row.sent_at.is_some() => Stage::InFlight,
        DocState::Posted | DocState::Verified | DocState::Removed => Stage::Posted,
        DocState::Quarantined => Stage::Refused,
    };
    Some(Known { document, stage, voided: row.state == DocState::Removed })
}

/// Parts of what was delivered about the subject could not be read: nothing new is posted for it, what
/// stands is left where it is, and the amounts at stake stand in the statement as held.
fn hold_for_faults(
    desired: &mut Desired,
    faults: &[store::exception::Exception],
    item: &Item,
    (rows, stood): (&BTreeMap<BusinessKey, DocRow>, &[book::Contribution]),
) {
    let code = faults[0].code;
    desired.documents.retain(|d| rows.contains_key(&d.key));
    let has_stood = |c: &book::Contribution| {
        stood.iter().any(|s| (&s.summary, &s.claim) == (&c.summary, &c.claim))
    };
    let all_stood =
        desired.contributions.iter().all(has_stood) && !canary!("unreadable-leaves-its-day");
    if !all_stood {
        desired.contributions.clear();
    }
    for claim in &mut desired.claims {
        let stands = match &claim.outcome {
            ClaimOutcome::Document(key) => rows.contains_key(key),
            ClaimOutcome::Summarised(_) => all_stood,
            _ => false,
        };
        if !stands {
            claim.outcome = ClaimOutcome::Held(code);
        }
    }
    for (n, fault) in faults.iter().enumerate() {
        let Some(amount) = fault.amount else { continue };
        desired.claims.push(Claim {
            key: format!("fault/{n}"),
            class: ClaimClass::Sale,
            date: item.first_seen_at.date_in(&kernel::time::Zone::UTC),
            amount,
            outcome: ClaimOutcome::Held(fault.code),
        });
    }
}

/// A claim as a row. A document that is held by the plan holds its claims too.
fn stored_claim(claim: &Claim, held: &BTreeMap<BusinessKey, (ReasonCode, String)>) -> StoredClaim {
    let (outcome, code, document_key) = match &claim.outcome {
        ClaimOutcome::Document(key) => match held.get(key) {
            Some((code, _)) => ("held", code.code(), String::new()),
            _ => ("document", "", key.0.clone()),
        },
        ClaimOutcome::Summarised(subject) => {
            ("document", "", summary_key(subject, claim.amount.currency))
        }
        ClaimOutcome::Held(code) => ("held", code.code(), String::new()),
        ClaimOutcome::Excluded(code) => ("excluded", code.code(), String::new()),
        ClaimOutcome::Pending(code) => ("pending", code.code(), String::new()),
    };
    StoredClaim {
        key: claim.key.clone(),
        class: claim.class.as_str().to_owned(),
        date: claim.date,
        currency: claim.amount.currency,
        amount_minor: claim.amount.minor,
        outcome,
        code: code.to_owned(),
        document_key,
    }
}
