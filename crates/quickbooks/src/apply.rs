//! Writes: one call for one op, one batch for several, one outcome for each.

use crate::entity::Entity;
use crate::errors::{self, Ending, Verdict};
use crate::exchange::{self, Answer, Call, NoAnswer, Said};
use crate::target::QuickBooks;
use crate::wire_in::{self, Envelope, Txn};
use crate::wire_out::{self, Body, Verb, Write};
use bytes::Bytes;
use http::Method;
use kernel::{Currency, Timestamp};
use ports::{ApplyOutcome, CallCost, RefMap, TargetOp, TargetSubject};
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::collections::BTreeMap;

/// Content type of writes.
const JSON: &str = "application/json";

/// A write and the op it came from.
struct Planned<'a> {
    op: &'a TargetOp,
    write: Write<'a>,
}

/// Sends `ops`. Ops that cannot be put into QuickBooks' terms are refused here and the others
/// keep their place, so that the same ops under the same `call_id` stay the same request.
pub(crate) async fn apply(
    target: &QuickBooks,
    call_id: &str,
    ops: &[TargetOp],
    refs: &RefMap,
    deadline: Timestamp,
) -> Vec<ApplyOutcome> {
    let mut outcomes: Vec<Option<ApplyOutcome>> = vec![None; ops.len()];
    let mut planned = Vec::with_capacity(ops.len());
    for (at, op) in ops.iter().enumerate() {
        match wire_out::write(op, refs, target.settings.region) {
            Ok(write) => planned.push((at, Planned { op, write })),
            Err(unfit) => outcomes[at] = Some(ApplyOutcome::Refused(*unfit.0)),
        }
    }
    match planned.as_slice() {
        [] => {}
        [(_, single)] if ops.len() == 1 => {
            outcomes[0] = Some(apply_one(target, call_id, single, deadline).await);
        }
        several => apply_batch(target, call_id, several, deadline, &mut outcomes).await,
    }
    let lost = || ApplyOutcome::Unknown("no outcome for this op".to_owned());
    outcomes.into_iter().map(|o| o.unwrap_or_else(lost)).collect()
}

async fn apply_one(
    target: &QuickBooks,
    call_id: &str,
    planned: &Planned<'_>,
    deadline: Timestamp,
) -> ApplyOutcome {
    let call = match single_call(target, call_id, &planned.write) {
        Ok(call) => call,
        Err(why) => return ApplyOutcome::NotSent(why),
    };
    match exchange::send(target, call, deadline).await {
        Err(none) => no_answer(&none),
        Ok(answer) => match answer.read() {
            Said::Content(envelope) => confirmed(planned, &envelope, &answer),
            Said::Fault(verdict) => refused(planned, verdict),
            Said::Nothing(why) => ApplyOutcome::Unknown(why),
        },
    }
}

/// One POST per op: `/{type}?requestid=…` and the operation (quickbooks.md §2).
fn single_call(target: &QuickBooks, call_id: &str, write: &Write<'_>) -> Result<Call, String> {
    let mut url = target.settings.company_url(write.entity.path());
    url.push_str("?requestid=");
    url.push_str(call_id);
    url.push_str(write.verb.parameters());
    Ok(Call {
        method: Method::POST,
        url,
        content_type: Some(JSON),
        body: json(&write.body)?,
        cost: CallCost::Single,
    })
}

fn json(body: &impl Serialize) -> Result<Bytes, String> {
    let mut out = Vec::with_capacity(1_024);
    serde_json::to_writer(&mut out, body)
        .map_err(|e| format!("the request cannot be written: {e}"))?;
    Ok(Bytes::from(out))
}

async fn apply_batch(
    target: &QuickBooks,
    call_id: &str,
    planned: &[(usize, Planned<'_>)],
    deadline: Timestamp,
    outcomes: &mut [Option<ApplyOutcome>],
) {
    let items =
        planned.iter().map(|(at, p)| Item { id: at + 1, write: &p.write }).collect::<Vec<_>>();
    let mut url = target.settings.company_url("batch");
    url.push_str("?requestid=");
    url.push_str(call_id);
    let body = match json(&Batch { items: &items }) {
        Ok(body) => body,
        Err(why) => return fill(planned, outcomes, |_| ApplyOutcome::NotSent(why.clone())),
    };
    let call =
        Call { method: Method::POST, url, content_type: Some(JSON), body, cost: CallCost::Batch };
    match exchange::send(target, call, deadline).await {
        Err(none) => fill(planned, outcomes, |_| no_answer(&none)),
        Ok(answer) => batch_outcomes(&answer, planned, outcomes),
    }
}

fn fill(
    planned: &[(usize, Planned<'_>)],
    outcomes: &mut [Option<ApplyOutcome>],
    outcome: impl Fn(&Planned<'_>) -> ApplyOutcome,
) {
    for (at, p) in planned {
        outcomes[*at] = Some(outcome(p));
    }
}

/// Items are matched by `bId`: their order is not promised (quickbooks.md §4).
fn batch_outcomes(
    answer: &Answer,
    planned: &[(usize, Planned<'_>)],
    outcomes: &mut [Option<ApplyOutcome>],
) {
    let items = match answer.read() {
        Said::Content(envelope) => {
            let Some(items) = envelope.items else {
                let why = answer.note("an answer to a batch without its items");
                return fill(planned, outcomes, |_| ApplyOutcome::Unknown(why.clone()));
            };
            items
        }
        Said::Fault(verdict) => return fill(planned, outcomes, |_| outcome(verdict.clone())),
        Said::Nothing(why) => {
            return fill(planned, outcomes, |_| ApplyOutcome::Unknown(why.clone()));
        }
    };
    let by_id: BTreeMap<usize, &Envelope<'_>> = items
        .iter()
        .filter_map(|item| Some((item.item_id.as_deref()?.parse().ok()?, item)))
        .collect();
    for (at, p) in planned {
        outcomes[*at] = Some(match by_id.get(&(at + 1)) {
            None => ApplyOutcome::Unknown(answer.note("the batch answer lacks this item")),
            Some(item) => match item.fault {
                Some(raw) => refused(p, errors::judge(raw.get(), &answer.tid)),
                None => confirmed(p, item, answer),
            },
        });
    }
}

/// How a write ends under a verdict. Of a batch as a whole this is all there is to say: "not
/// found" is then no proof that the object of a delete is gone.
fn outcome(verdict: Verdict) -> ApplyOutcome {
    match verdict.ending {
        Ending::Refused => ApplyOutcome::Refused(verdict.fault),
        Ending::Unknown => {
            ApplyOutcome::Unknown(format!("{}: {}", verdict.fault.upstream, verdict.fault.summary))
        }
        Ending::Throttled => ApplyOutcome::Throttled,
        Ending::Disconnected => ApplyOutcome::Disconnected(verdict.fault),
    }
}

fn refused(planned: &Planned<'_>, verdict: Verdict) -> ApplyOutcome {
    let gone = verdict.ending == Ending::Refused && verdict.fault.upstream == "610";
    if gone && planned.write.verb == Verb::Delete {
        // Already gone is what a delete wants (quickbooks.md §7, 610).
        if let Some(ledger) = &planned.op.ledger {
            let kind = document_kind(planned.write.entity);
            return ApplyOutcome::Applied(wire_in::deleted(kind, &ledger.id, &ledger.version));
        }
    }
    outcome(verdict)
}

fn no_answer(none: &NoAnswer) -> ApplyOutcome {
    match none {
        NoAnswer::NotSent(why) => ApplyOutcome::NotSent(why.clone()),
        NoAnswer::Unknown(why) => ApplyOutcome::Unknown(why.clone()),
        NoAnswer::Disconnected(fault) => ApplyOutcome::Disconnected((**fault).clone()),
    }
}

const fn document_kind(entity: Entity) -> Option<kernel::DocumentKind> {
    match entity {
        Entity::Document(kind) => Some(kind),
        Entity::Reference(_) => None,
    }
}

/// Reads the object QuickBooks confirms. An answer about something else confirms nothing.
fn confirmed(planned: &Planned<'_>, envelope: &Envelope<'_>, answer: &Answer) -> ApplyOutcome {
    let unknown = |why: &str| ApplyOutcome::Unknown(answer.note(why));
    let Some((entity, txn)) = &envelope.object else {
        return unknown("an answer without the object written");
    };
    let sent = planned.op.ledger.as_ref().filter(|_| !is_create(planned.write.verb));
    if *entity != planned.write.entity || sent.is_some_and(|l| txn.id.as_deref() != Some(&l.id)) {
        return unknown("an answer about another object");
    }
    if planned.write.verb == Verb::Delete {
        // A mis-routed read answers 200 too: only the status proves the delete (quickbooks.md §2).
        return match (txn.status.as_deref(), sent) {
            (Some("Deleted"), Some(l)) => {
                ApplyOutcome::Applied(wire_in::deleted(document_kind(*entity), &l.id, &l.version))
            }
            _ => unknown("an answer to a delete that does not say Deleted"),
        };
    }
    match wire_in::snapshot(*entity, txn, home(planned.op)) {
        Ok(mut snapshot) => {
            snapshot.voided |= is_void(planned.write.verb) && emptied(&snapshot, txn);
            ApplyOutcome::Applied(snapshot)
        }
        Err(why) => unknown(&why),
    }
}

const fn is_create(verb: Verb) -> bool {
    matches!(verb, Verb::Create | Verb::CreateAnew)
}

const fn is_void(verb: Verb) -> bool {
    matches!(verb, Verb::VoidOperation | Verb::VoidUpdate)
}

/// After a void zeros are proof enough: the word in the note may be localised.
fn emptied(snapshot: &ports::Snapshot, txn: &Txn<'_>) -> bool {
    (txn.total_amt.is_some() || txn.amount.is_some())
        && snapshot.total_minor == 0
        && snapshot.lines.iter().all(|l| l.amount_minor == 0)
}

fn home(op: &TargetOp) -> Currency {
    match &op.subject {
        TargetSubject::Document(document) => document.currency,
        TargetSubject::Reference(_) => Currency::USD,
    }
}

/// `{"BatchItemRequest":[…]}`.
struct Batch<'a> {
    items: &'a [Item<'a>],
}

impl Serialize for Batch<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut map = s.serialize_map(Some(1))?;
        map.serialize_entry("BatchItemRequest", self.items)?;
        map.end()
    }
}

/// `{"bId":"1","operation":"create","Invoice":{…}}`.
struct Item<'a> {
    id: usize,
    write: &'a Write<'a>,
}

impl Serialize for Item<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let (operation, options) = self.write.verb.batch();
        let body: &Body<'_> = &self.write.body;
        let mut map = s.serialize_map(None)?;
        map.serialize_entry("bId", &self.id.to_string())?;
        map.serialize_entry("operation", operation)?;
        if let Some(options) = options {
            map.serialize_entry("optionsData", options)?;
        }
        map.serialize_entry(self.write.entity.name(), body)?;
        map.end()
    }
}
