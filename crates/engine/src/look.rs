//! Doubts are resolved by looking: the same request again while the ledger remembers it, then a
//! search by number and marker, then a reading by id.

use crate::lane::{Flight, Landing, Worker};
use crate::pace::Permit;
use crate::post::cost_of;
use crate::settle::{Raise, Settled, applied, digest, diverge, in_doubt, quarantine, saw};
use crate::{Result, backoff};
use book::CreditMatch;
use kernel::{Currencies, DocumentKind, ReasonCode, Timestamp};
use matching::{CreditLine, LineRef, SaleLine};
use ports::{Act, CallCost, FindKey, FindOutcome, ReadOutcome, RefMap, Snapshot, SqlTx, canary};
use std::collections::BTreeMap;
use std::sync::Arc;
use store::document::{self, DocRow, DocState};
use store::item::Item;

impl Worker {
    /// Starts looking for rows in doubt. Returns when to look again if a permit is missing.
    pub(crate) async fn look_doubtful(&mut self) -> Result<Option<Timestamp>> {
        let now = self.engine.now();
        let room = self.engine.limits.in_flight_max.saturating_sub(self.under_way());
        if room == 0 {
            return Ok(None);
        }
        let store = self.engine.store.clone();
        let mut tx = self.drive(store.write()).await?;
        self.hold(tx.as_mut()).await?;
        let limit = 1_000 + i64::try_from(self.busy.len()).unwrap_or(0);
        let mut rows = document::doubtful(tx.as_mut(), &self.engine.lane, now, limit).await?;
        rows.retain(|r| !self.busy.contains(&r.key));
        if rows.is_empty() {
            return Ok(None);
        }
        let mut wait = None;
        let now = self.take_rate(tx.as_mut()).await?;
        let (again, rest) = self.repeatable(tx.as_mut(), rows, now).await?;
        let mut calls = Vec::new();
        for (id, rows) in again {
            if calls.len() >= room {
                break;
            }
            match self.rate.permit(cost_of(rows.len()), now) {
                Ok(()) => calls.push(self.prepare_call(tx.as_mut(), id, rows, now).await?),
                Err(at) => {
                    wait = Some(at);
                    break;
                }
            }
        }
        let room = room - calls.len();
        let (searches, postponed) = self.searches(rest, now);
        document::settle(tx.as_mut(), &postponed).await?;
        let mut flights = Vec::new();
        for (kind, rows) in searches.into_iter().take(room) {
            match self.rate.permit(CallCost::Read, now) {
                Ok(()) => {
                    let refs = self.refs_of(tx.as_mut(), &rows).await?;
                    flights.push((kind, rows, refs));
                }
                Err(at) => {
                    wait = Some(wait.map_or(at, |w: Timestamp| w.min(at)));
                    break;
                }
            }
        }
        self.keep_rate(tx.as_mut()).await?;
        self.start_calls(tx, calls, now).await?;
        for (search, rows, refs) in flights {
            self.busy.extend(rows.iter().map(|r| r.key.clone()));
            self.count(if search.by_id { "read" } else { "find" });
            let permit = self.permit_taken(CallCost::Read, now);
            self.flights.push(self.search(search, rows, refs, permit));
        }
        Ok(wait)
    }

    /// Whole calls that may be repeated under their own id, and the rows that may not.
    async fn repeatable(
        &mut self,
        tx: &mut dyn SqlTx,
        rows: Vec<DocRow>,
        now: Timestamp,
    ) -> Result<(BTreeMap<String, Vec<DocRow>>, Vec<DocRow>)> {
        let counts = self.engine.tracks(tx).await?.counts();
        let mut again = BTreeMap::new();
        let mut rest = Vec::new();
        for row in rows {
            let Some((call, _, size)) = row.call.clone() else {
                rest.push(row);
                continue;
            };
            if again.contains_key(&call) {
                continue;
            }
            let fresh = self.remembered_until(&call).is_some_and(|at| now < at);
            let whole = document::of_call(tx, &call).await?;
            let intact = i64::try_from(whole.len()) == Ok(size)
                && whole.iter().all(|r| r.state == DocState::Unknown);
            // A change would say less than at first without what was read for it.
            let same = !counts || whole.iter().all(|r| self.may_be_changed(r));
            if row.state == DocState::Unknown && fresh && intact && same {
                again.insert(call, whole);
            } else {
                rest.push(row);
            }
        }
        Ok((again, rest))
    }

    /// Until when the ledger is trusted to remember a call. Its id is made when it is sent first: its
    /// age is what the memory is measured by, however often it is repeated.
    pub(crate) fn remembered_until(&self, call: &str) -> Option<Timestamp> {
        let limits = &self.engine.limits;
        let promised = self.engine.target.manifest().replay_seconds.saturating_mul(1_000);
        let trusted =
            if canary!("repeated-too-late") { promised } else { limits.replay_ms.min(promised) };
        let mut first = call.parse::<kernel::Id>().ok()?.made_at();
        if canary!("repeated-for-ever") {
            first = self.engine.now();
        }
        Some(first.plus_micros(trusted.saturating_mul(1_000)))
    }

    /// Groups rows into searches of one kind each. Creates that were sent too recently are
    /// postponed: the ledger may still be working on them.
    fn searches(
        &self,
        rows: Vec<DocRow>,
        now: Timestamp,
    ) -> (Vec<(Search, Vec<DocRow>)>, Vec<DocRow>) {
        let mut groups: BTreeMap<Search, Vec<DocRow>> = BTreeMap::new();
        let mut postponed = Vec::new();
        for mut row in rows {
            let kind = row.kind();
            let by_id = row.ledger.is_some() && row.document().is_some();
            let settles =
                row.sent_at.map(|at| at.plus_micros(self.engine.limits.settle_ms * 1_000));
            if let Some(at) = settles
                && at > now
                && row.state == DocState::Unknown
                && !canary!("settling-ignored")
            {
                row.due_at = at;
                postponed.push(row);
                continue;
            }
            groups.entry(Search { kind, by_id }).or_default().push(row);
        }
        let manifest = self.engine.target.manifest();
        let mut searches = Vec::new();
        for (search, rows) in groups {
            let max = if search.by_id { manifest.read_ids_max } else { manifest.find_keys_max };
            for chunk in rows.chunks(max.max(1)) {
                searches.push((search, chunk.to_vec()));
            }
        }
        (searches, postponed)
    }

    fn search(&self, search: Search, rows: Vec<DocRow>, refs: RefMap, permit: Permit) -> Flight {
        let target = Arc::clone(&self.engine.target);
        let deadline = permit.taken.plus_seconds(self.engine.limits.call_timeout_s);
        if let (true, Some(kind)) = (search.by_id, DocumentKind::parse(search.kind)) {
            let ids = ledger_ids(&rows);
            return Box::pin(async move {
                let outcome = permit.read(deadline, target.read_back(kind, &ids, deadline)).await;
                Landing::Read { rows, refs, verify: false, outcome }
            });
        }
        let keys: Vec<FindKey> = rows
            .iter()
            .map(|r| match &r.subject {
                ports::TargetSubject::Document(d) => {
                    FindKey::Document(Arc::clone(d), first_sent(r))
                }
                ports::TargetSubject::Reference(x) => match &r.ledger {
                    Some(l) => FindKey::Known(x.key(), l.id.clone()),
                    None => FindKey::Reference(x.key()),
                },
            })
            .collect();
        Box::pin(async move {
            let outcome = permit.read(deadline, target.find(&keys, deadline)).await;
            Landing::Found { rows, refs, outcome }
        })
    }

    /// What follows from a search.
    pub(crate) fn judge_found(
        &self,
        rows: &[DocRow],
        refs: &RefMap,
        outcome: ReadOutcome<Vec<FindOutcome>>,
        now: Timestamp,
    ) -> Vec<Settled> {
        match outcome {
            ReadOutcome::Read(found) if found.len() == rows.len() => {
                rows.iter().zip(found).map(|(row, f)| self.after_find(row, f, refs, now)).collect()
            }
            ReadOutcome::Read(_) => self.look_later(rows, "the search is incomplete", None, now),
            other => self.look_failed(rows, &other, now),
        }
    }

    fn after_find(
        &self,
        row: &DocRow,
        found: FindOutcome,
        refs: &RefMap,
        now: Timestamp,
    ) -> Settled {
        let mut next = row.clone();
        next.call = None;
        match found {
            FindOutcome::Absent => {
                // The name or number is taken by something that is not ours: a person decides.
                let taken = [ReasonCode::DocumentNumberUsed, ReasonCode::NameUsed]
                    .into_iter()
                    .find(|c| c.code() == row.reason);
                if let Some(code) = taken {
                    quarantine(&mut next, code);
                    next.sent_at = Some(now);
                    let detail = "the ledger refuses it as already used, but what uses it does \
                                  not carry this document's marker"
                        .to_owned();
                    return Settled {
                        raise: Some(Raise {
                            code,
                            detail,
                            upstream: String::new(),
                            raw: String::new(),
                        }),
                        ..plain(next, "not_found")
                    };
                }
                if let Some(settled) = self.survivor(row, now) {
                    return settled;
                }
                next.ledger = None;
                next.state = if self.lacks_need(row) { DocState::Waiting } else { DocState::Ready };
                next.due_at = now;
                if row.sent_at.is_some() {
                    next.generation += 1;
                }
                next.sent_at = None;
                plain(next, "not_found")
            }
            FindOutcome::Deleted(ids) => {
                let mut settled = edited(&mut next, &[], true);
                if let Some(raise) = &mut settled.raise {
                    raise.detail = format!(
                        "the answer to it was lost, it is not in the ledger, and since then somebody \
                         deleted {} there that Tieout does not know: {}; perhaps it was among them",
                        ids.len(),
                        ids.join(", ")
                    );
                }
                settled
            }
            FindOutcome::Several(handles) => {
                quarantine(&mut next, ReasonCode::SuspectedDoublePosting);
                next.sent_at = Some(now);
                let ids: Vec<&str> = handles.iter().map(|h| h.id.as_str()).collect();
                Settled {
                    raise: Some(Raise {
                        code: ReasonCode::SuspectedDoublePosting,
                        detail: format!("the ledger holds {} of it: {}", ids.len(), ids.join(", ")),
                        upstream: String::new(),
                        raw: String::new(),
                    }),
                    ..plain(next, "found_several")
                }
            }
            FindOutcome::Found(snapshot) => {
                next.act = Act::Create;
                self.adopt(next, &snapshot, refs, now, "found")
            }
        }
    }

    /// A reference waits for what must stand in the ledger before it: an item for its account.
    fn lacks_need(&self, row: &DocRow) -> bool {
        let ports::TargetSubject::Reference(reference) = &row.subject else { return false };
        reference.needs().is_some_and(|key| !self.refs.references.contains_key(&key))
    }

    /// Takes what the ledger holds as ours, if it is what we want.
    fn adopt(
        &self,
        mut next: DocRow,
        got: &Snapshot,
        refs: &RefMap,
        now: Timestamp,
        outcome: &'static str,
    ) -> Settled {
        let Some(want) = next.document().cloned() else {
            if let Some((code, detail)) = unusable(&next, got, self.engine.target.currencies()) {
                // It stands there: whoever makes it usable again is heard of by its id.
                next.ledger = Some(got.ledger.clone());
                quarantine(&mut next, code);
                let (upstream, raw) = (String::new(), String::new());
                let raise = Some(Raise { code, detail, upstream, raw });
                return Settled { raise, ..plain(next, outcome) };
            }
            applied(&mut next, now);
            next.ledger = Some(got.ledger.clone());
            next.state = DocState::Verified;
            next.verified_at = Some(now);
            return plain(next, outcome);
        };
        next.ledger = Some(got.ledger.clone());
        saw(&mut next, got);
        let mismatches = self.compare(&want, got, refs);
        if got.voided || !mismatches.is_empty() {
            return edited(&mut next, &mismatches, got.voided);
        }
        applied(&mut next, now);
        next.state = DocState::Verified;
        next.verified_at = Some(now);
        plain(next, outcome)
    }

    /// What follows from a reading by id.
    pub(crate) fn judge_read(
        &self,
        rows: &[DocRow],
        refs: &RefMap,
        verify: bool,
        outcome: ReadOutcome<Vec<Snapshot>>,
        now: Timestamp,
    ) -> Vec<Settled> {
        let found: BTreeMap<String, Snapshot> = match outcome {
            ReadOutcome::Read(s) => s.into_iter().map(|s| (s.ledger.id.clone(), s)).collect(),
            other if verify => return self.verify_failed(rows, &other, now),
            other => return self.look_failed(rows, &other, now),
        };
        rows.iter()
            .map(|row| {
                let got = row.ledger.as_ref().and_then(|l| found.get(&l.id));
                if verify {
                    self.after_verify(row, got, refs, now)
                } else {
                    self.after_read(row, got, refs, now)
                }
            })
            .collect()
    }

    fn after_read(
        &self,
        row: &DocRow,
        got: Option<&Snapshot>,
        refs: &RefMap,
        now: Timestamp,
    ) -> Settled {
        let mut next = row.clone();
        next.call = None;
        let removing = row.act.is_removal();
        match got {
            None if removing => {
                applied(&mut next, now);
                plain(next, "confirmed")
            }
            None => edited(&mut next, &[], true),
            Some(s) if removing && s.voided => {
                applied(&mut next, now);
                plain(next, "confirmed")
            }
            Some(s) => {
                let same = row.document().is_some_and(|d| self.compare(d, s, refs).is_empty());
                if same && !removing {
                    next.ledger = Some(s.ledger.clone());
                    saw(&mut next, s);
                    applied(&mut next, now);
                    next.state = DocState::Verified;
                    next.verified_at = Some(now);
                    return plain(next, "found");
                }
                // Payments move the version of what they settle, the void of an invoice that of
                // its payments; whatever else moved was a person, whose edit is never overwritten.
                if s.voided || row.ledger_digest.as_deref() != Some(digest(s).as_str()) {
                    saw(&mut next, s);
                    return edited(&mut next, &[], s.voided);
                }
                // Only the version moved (a payment was applied): take it and send again.
                next.ledger = Some(s.ledger.clone());
                next.state = DocState::Ready;
                next.due_at = now;
                next.sent_at = None;
                plain(next, "version_read")
            }
        }
    }

    fn look_failed<T>(
        &self,
        rows: &[DocRow],
        outcome: &ReadOutcome<T>,
        now: Timestamp,
    ) -> Vec<Settled> {
        let pause = now.plus_micros(self.engine.limits.throttle_wait_ms * 1_000);
        match outcome {
            ReadOutcome::Throttled => self.look_later(rows, "throttled", Some(pause), now),
            ReadOutcome::Disconnected(f) => self.look_later(rows, &f.summary.clone(), None, now),
            ReadOutcome::Failed(why) => self.look_later(rows, why, None, now),
            ReadOutcome::Read(_) => self.look_later(rows, "the answer is incomplete", None, now),
        }
    }

    fn look_later(
        &self,
        rows: &[DocRow],
        why: &str,
        pause: Option<Timestamp>,
        now: Timestamp,
    ) -> Vec<Settled> {
        let random = self.engine.entropy.below(u64::MAX);
        rows.iter()
            .map(|row| {
                let mut next = row.clone();
                next.due_at = backoff::next(&self.engine.limits, now, row.tries, random);
                next.tries += 1;
                let failed =
                    Settled { detail: why.to_owned(), pause, ..plain(next, "look_failed") };
                in_doubt(&self.engine.limits, failed)
            })
            .collect()
    }
}

/// A search of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Search {
    kind: &'static str,
    by_id: bool,
}

pub(crate) fn ledger_ids(rows: &[DocRow]) -> Vec<String> {
    rows.iter().filter_map(|r| r.ledger.as_ref().map(|l| l.id.clone())).collect()
}

pub(crate) fn plain(row: DocRow, outcome: &'static str) -> Settled {
    let detail = String::new();
    Settled { row, before: None, outcome, detail, raise: None, pause: None, moved: None }
}

/// Why a list object that stands in the ledger under the right name cannot be used.
fn unusable(row: &DocRow, got: &Snapshot, currencies: Currencies) -> Option<(ReasonCode, String)> {
    let ports::TargetSubject::Reference(reference) = &row.subject else { return None };
    let kind = reference.key().kind.as_str();
    if got.voided {
        let detail = format!(
            "the {kind} is inactive in the ledger; make it active again, or name another one in the \
             rules, and retry. What needs it waits"
        );
        return Some((ReasonCode::MappingTargetInactive, detail));
    }
    let wanted = reference.currency().or(currencies.home())?;
    let found = got.currency.filter(|found| *found != wanted)?;
    let detail = format!(
        "the {kind} of that name is kept in {found} for ever, and {wanted} is needed; rename it in \
         the ledger or change the names under [currencies] in the rules, and retry"
    );
    Some((ReasonCode::CurrencyMismatch, detail))
}

/// The ledger's object was changed, voided or deleted by somebody else: never overwritten.
pub(crate) fn edited(row: &mut DocRow, mismatches: &[ports::Mismatch], gone: bool) -> Settled {
    if gone {
        // There is nothing left to change: restoring it means making it anew.
        row.ledger = None;
        row.generation += 1;
        if canary!("deletion-made-anew") {
            (row.state, row.act, row.sent_at) = (DocState::Ready, Act::Create, None);
            return plain(row.clone(), "edited");
        }
    }
    let mut settled = diverge(row, mismatches, "edited", "what the ledger holds");
    row.reason = ReasonCode::LedgerEditedOutside.code().to_owned();
    settled.row.reason.clone_from(&row.reason);
    if let Some(raise) = &mut settled.raise {
        raise.code = ReasonCode::LedgerEditedOutside;
        if gone {
            raise.detail = "somebody voided or deleted it in the ledger".to_owned();
        }
    }
    settled
}

/// Sales and credits per customer, read once per decision batch.
#[derive(Default)]
pub(crate) struct CreditBook {
    customers: BTreeMap<String, BTreeMap<String, Vec<CreditMatch>>>,
}

impl CreditBook {
    /// Which earlier sales the lines of a credit belong to.
    pub async fn matches(&mut self, tx: &mut dyn SqlTx, item: &Item) -> Result<Vec<CreditMatch>> {
        if !self.customers.contains_key(&item.customer) {
            let book = Self::read(tx, &item.customer).await?;
            self.customers.insert(item.customer.clone(), book);
        }
        let of_customer = self.customers.get(&item.customer);
        Ok(of_customer.and_then(|c| c.get(&item.subject.key)).cloned().unwrap_or_default())
    }

    async fn read(
        tx: &mut dyn SqlTx,
        customer: &str,
    ) -> Result<BTreeMap<String, Vec<CreditMatch>>> {
        let (mut sales, mut credits) = (Vec::new(), Vec::new());
        let mut names = BTreeMap::new();
        for item in store::item::by_customer(tx, customer).await? {
            let facts = store::fact::of_subject(tx, &item.subject).await?;
            let state = book::fold(&item.subject, &facts);
            let Some(order) = state.order() else { continue };
            names.insert(item.subject.key.clone(), order.number.clone());
            for line in &order.lines {
                let at = LineRef::new(item.subject.key.as_str(), line.id.as_str());
                let (customer, sku) = (Some(customer.to_owned()), line.sku.clone());
                let currency = order.currency;
                if order.credit {
                    credits.push(CreditLine {
                        at,
                        credited_at: order.placed_at,
                        customer,
                        sku,
                        currency,
                        quantity: line.quantity.abs(),
                        amount_minor: line.net_minor(),
                    });
                } else {
                    let (sold_at, quantity) = (order.placed_at, line.quantity);
                    sales.push(SaleLine { at, sold_at, customer, sku, currency, quantity });
                }
            }
        }
        let mut by_credit: BTreeMap<String, Vec<CreditMatch>> = BTreeMap::new();
        for a in matching::credits(&sales, &credits) {
            let matching::Outcome::Matched(certificate) = a.outcome else { continue };
            let sale_subject = certificate.sale.number;
            by_credit.entry(a.credit.number).or_default().push(CreditMatch {
                line_id: a.credit.line,
                sale_number: names.get(&sale_subject).cloned().unwrap_or_default(),
                sale_subject,
                quantity: a.quantity,
            });
        }
        Ok(by_credit)
    }
}

/// Before this the document of a row in doubt cannot have been made: the id of its call is made when it
/// is sent first. What was sent without one that is still known was sent within a day of its last try.
fn first_sent(row: &DocRow) -> Option<Timestamp> {
    let sent = row.sent_at?;
    let call = row.call.as_ref().and_then(|(id, _, _)| id.parse::<kernel::Id>().ok());
    Some(call.map_or(sent.plus_seconds(-86_400), |id| id.made_at().min(sent)))
}
