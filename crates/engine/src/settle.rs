//! The pure decision after an attempt: where a document goes from here.

use crate::backoff;
use crate::config::Limits;
use kernel::{BusinessDate, DocumentKind, ReasonCode, Timestamp};
use ports::{
    Act, ApplyOutcome, FaultClass, LedgerRef, Mismatch, Snapshot, TargetFault, TargetSubject,
    canary,
};
use sha2::{Digest, Sha256};
use store::document::{DocRow, DocState};

/// What follows from an outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// The row as it stands now.
    pub row: DocRow,
    /// The ledger's handle before, where the ledger holds nothing any more.
    pub before: Option<LedgerRef>,
    /// Stored name of the outcome of the attempt.
    pub outcome: &'static str,
    /// More about it, without ledger data.
    pub detail: String,
    /// The exception to open, if a person is needed.
    pub raise: Option<Raise>,
    /// The ledger's limit was hit, or the connection is broken: pause the lane's calls.
    pub pause: Option<Timestamp>,
    /// The customer may not be what it was.
    pub moved: Option<Moved>,
}

/// A customer that the ledger no longer takes, or shows another one in place of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// Our name of it.
    pub customer: String,
    /// Ledger id of the one that stands in its place, where a document shows it.
    pub into: Option<String>,
}

/// How often a document waits for news of its customer before it is judged as it is.
const MOVED_TRIES: i64 = 6;

/// An exception about a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raise {
    /// The reason.
    pub code: ReasonCode,
    /// What is wrong, for people.
    pub detail: String,
    /// The ledger's code.
    pub upstream: String,
    /// The ledger's raw fault.
    pub raw: String,
}

/// Decides what becomes of `row`, which was sent and came back as `outcome`. `mismatches` is the
/// comparison of the ledger's answer with what was sent; `repeated` says that the same call had
/// been sent before without a known outcome. Pure: `random` only spreads retries.
#[expect(clippy::too_many_arguments, reason = "one decision reads all of these once")]
pub fn settle(
    limits: &Limits,
    row: &DocRow,
    outcome: &ApplyOutcome,
    mismatches: &[Mismatch],
    repeated: bool,
    now: Timestamp,
    random: u64,
) -> Settled {
    let mut next = row.clone();
    if repeated && leaves_doubt(outcome) && !canary!("refused-repeat-believed") {
        // That this try did nothing says nothing about the one before.
        next.state = DocState::Unknown;
        next.due_at = backoff::next(limits, now, row.tries, random);
        next.tries += 1;
        if matches!(outcome, ApplyOutcome::Refused(f) if f.class != FaultClass::Transient) {
            // Whether the ledger checks before it remembers is not documented: search, do not
            // believe.
            next.call = None;
        }
        let why = match outcome {
            ApplyOutcome::Refused(fault) => fault.summary.as_str(),
            _ => "repeated without reaching the ledger",
        };
        return in_doubt(limits, settled(next, "unknown", why));
    }
    match outcome {
        // Somebody voided it meanwhile, and the ledger says yes without doing anything.
        ApplyOutcome::Applied(snapshot) if snapshot.voided && !row.act.is_removal() => {
            applied(&mut next, now);
            saw(&mut next, snapshot);
            crate::look::edited(&mut next, mismatches, true)
        }
        ApplyOutcome::Applied(snapshot) if is_ignored(row, snapshot, mismatches) => {
            ignored(limits, next, now, random)
        }
        ApplyOutcome::Applied(snapshot) => {
            applied(&mut next, now);
            if row.act.is_removal() {
                return settled(next, "confirmed", "");
            }
            next.ledger = Some(snapshot.ledger.clone());
            if matches!(row.subject, TargetSubject::Document(_)) {
                saw(&mut next, snapshot);
            }
            if mismatches.is_empty() {
                return settled(next, "confirmed", "");
            }
            diverge(&mut next, mismatches, "confirmed", "the ledger's answer")
        }
        ApplyOutcome::NotSent(why) => {
            next.state = DocState::Ready;
            next.call = None;
            retry_later(limits, next, "not_sent", why, now, random)
        }
        ApplyOutcome::Throttled => {
            next.state = DocState::Unknown;
            next.due_at = now.plus_micros(limits.throttle_wait_ms * 1_000);
            if canary!("throttled-for-ever") {
                next.due_at = now.plus_seconds(31_536_000);
            }
            let pause = Some(next.due_at);
            Settled { pause, ..settled(next, "throttled", "") }
        }
        ApplyOutcome::Unknown(why) => {
            next.state = DocState::Unknown;
            if canary!("unknown-sent-again") {
                (next.state, next.call) = (DocState::Ready, None);
            }
            next.due_at = backoff::next(limits, now, row.tries, random);
            next.tries += 1;
            in_doubt(limits, settled(next, "unknown", why))
        }
        ApplyOutcome::Disconnected(fault) => {
            next.state = DocState::Ready;
            next.call = None;
            // It waits for the connection, for which one exception stands.
            next.due_at = now;
            settled(next, "refused", &fault.summary)
        }
        ApplyOutcome::Refused(fault) => refused(limits, next, fault, now, random),
    }
}

/// Whether the ledger said yes to a change and shows the object as it was: at the version it had, or
/// with the content it had. Seen of updates in a locked period (quickbooks.md §7).
fn is_ignored(row: &DocRow, got: &Snapshot, mismatches: &[Mismatch]) -> bool {
    match row.act {
        Act::Create => false,
        Act::Void | Act::Delete => !got.voided,
        Act::Update => {
            let version = row.ledger.as_ref().is_some_and(|l| l.version == got.ledger.version);
            // What a payment is applied to is no part of its digest.
            let content = got.kind != Some(DocumentKind::Payment)
                && row.ledger_digest.as_ref().is_some_and(|d| *d == digest(got));
            !mismatches.is_empty() && (version || content)
        }
    }
}

/// Reads the object and sends the change again on the version it has now, a bounded number of times.
fn ignored(limits: &Limits, mut next: DocRow, now: Timestamp, random: u64) -> Settled {
    let code = ReasonCode::WriteIgnored;
    next.call = None;
    next.due_at = backoff::next(limits, now, next.tries, random);
    next.tries += 1;
    if next.tries < limits.tries_max {
        next.state = DocState::Stale;
        next.reason = code.code().to_owned();
        return settled(next, "ignored", "confirmed, but the ledger shows it as it was");
    }
    let act = store::document::act_name(next.act);
    let detail = format!(
        "the ledger confirmed the {act} again and again and shows the entry as it was; look there \
         for what locks it (a closed period, a deposit, a reconciliation), then retry"
    );
    quarantine(&mut next, code);
    let raise = Raise { code, detail, upstream: String::new(), raw: String::new() };
    Settled { raise: Some(raise), ..settled(next, "ignored", "confirmed and not done") }
}

/// Tells a person of a doubt that has lasted for twice as many tries as a failure may. Looking goes
/// on.
pub(crate) fn in_doubt(limits: &Limits, mut doubt: Settled) -> Settled {
    let told_every = limits.tries_max.saturating_mul(2).max(1);
    if doubt.row.tries % told_every == 0 {
        doubt.raise = Some(Raise {
            code: ReasonCode::OutcomeUnknown,
            detail: format!(
                "whether the ledger holds it is not known after {} tries: {}",
                doubt.row.tries, doubt.detail
            ),
            upstream: String::new(),
            raw: String::new(),
        });
    }
    doubt
}

/// Outcomes that only say that nothing was done now.
fn leaves_doubt(outcome: &ApplyOutcome) -> bool {
    match outcome {
        ApplyOutcome::NotSent(_) | ApplyOutcome::Disconnected(_) | ApplyOutcome::Refused(_) => true,
        ApplyOutcome::Applied(_) | ApplyOutcome::Unknown(_) | ApplyOutcome::Throttled => false,
    }
}

fn refused(
    limits: &Limits,
    mut next: DocRow,
    fault: &TargetFault,
    now: Timestamp,
    random: u64,
) -> Settled {
    match fault.class {
        FaultClass::Transient => {
            next.state = DocState::Ready;
            next.call = None;
            retry_later(limits, next, "refused", &fault.summary, now, random)
        }
        FaultClass::Stale if next.ledger.is_some() => {
            next.state = DocState::Stale;
            next.call = None;
            next.due_at = now;
            settled(next, "refused", &fault.summary)
        }
        FaultClass::Ambiguous | FaultClass::Stale if next.tries < limits.tries_max => {
            // Looked for by number and marker, not repeated: the call itself was answered.
            next.state = DocState::Unknown;
            next.call = None;
            if matches!(fault.code, ReasonCode::DocumentNumberUsed | ReasonCode::NameUsed) {
                // The ledger is done with it; other doubts wait until it must be.
                next.sent_at = None;
            }
            next.due_at = backoff::next(limits, now, next.tries, random);
            next.tries += 1;
            next.reason = fault.code.code().to_owned();
            settled(next, "refused", &fault.summary)
        }
        // It may be gone, which is what was wanted; but 610 is also said of what was made inactive
        // and of whole batches (quickbooks.md §7): it is read before it is believed.
        FaultClass::Structural
            if next.act.is_removal()
                && fault.upstream == "610"
                && next.ledger.is_some()
                && next.tries < limits.tries_max =>
        {
            next.state = DocState::Stale;
            next.call = None;
            next.due_at = backoff::next(limits, now, next.tries, random);
            next.tries += 1;
            settled(next, "refused", &fault.summary)
        }
        // Somebody may have deleted the document itself: it is read once before anything it names is
        // doubted.
        FaultClass::Structural
            if next.act == Act::Update
                && fault.upstream == "610"
                && next.ledger.is_some()
                && matches!(next.subject, TargetSubject::Document(_))
                && next.reason != fault.code.code()
                && !canary!("gone-taken-for-inactive") =>
        {
            next.state = DocState::Stale;
            next.call = None;
            next.due_at = now;
            next.reason = fault.code.code().to_owned();
            settled(next, "refused", &fault.summary)
        }
        // What it names may have been merged into another: that is looked for first.
        FaultClass::Structural
            if fault.code == ReasonCode::MappingTargetInactive
                && matches!(next.act, Act::Create | Act::Update)
                && next.tries < MOVED_TRIES
                && customer(&next).is_some() =>
        {
            next.state = DocState::Ready;
            next.call = None;
            next.due_at = backoff::next(limits, now, next.tries, random);
            next.tries += 1;
            let moved = customer(&next).map(|customer| Moved { customer, into: None });
            Settled { moved, ..settled(next, "refused", &fault.summary) }
        }
        FaultClass::Structural => {
            // Refused outright: it never stood in the books.
            quarantine(&mut next, fault.code);
            next.sent_at = None;
            Settled { raise: Some(raise(fault)), ..settled(next, "refused", &fault.summary) }
        }
        FaultClass::Ambiguous | FaultClass::Stale => {
            quarantine(&mut next, fault.code);
            next.sent_at = Some(now);
            Settled { raise: Some(raise(fault)), ..settled(next, "refused", &fault.summary) }
        }
    }
}

fn customer(row: &DocRow) -> Option<String> {
    row.document()?.customer.clone()
}

/// Equal but for the customer: before that counts as an edit, the customer is looked for. None when it
/// was waited for long enough.
pub(crate) fn customer_moved(
    limits: &Limits,
    row: &DocRow,
    into: &str,
    now: Timestamp,
    random: u64,
) -> Option<Settled> {
    let customer = customer(row).filter(|_| row.tries < MOVED_TRIES)?;
    let mut next = row.clone();
    next.state = DocState::Posted;
    next.due_at = backoff::next(limits, now, row.tries, random);
    next.tries += 1;
    let moved = Some(Moved { customer, into: Some(into.to_owned()) });
    Some(Settled { moved, ..settled(next, "customer_moved", "it names another customer") })
}

pub(crate) fn settled(row: DocRow, outcome: &'static str, detail: &str) -> Settled {
    let detail = detail.to_owned();
    Settled { row, before: None, outcome, detail, raise: None, pause: None, moved: None }
}

/// Marks the row as confirmed by the ledger.
pub(crate) fn applied(row: &mut DocRow, now: Timestamp) {
    row.call = None;
    row.tries = 0;
    row.reason = String::new();
    row.posted_at = Some(now);
    if row.act.is_removal() {
        row.state = DocState::Removed;
        row.ledger = None;
        row.ledger_total_minor = None;
        row.ledger_digest = None;
        row.ledger_rate = None;
    } else if matches!(row.subject, TargetSubject::Reference(_)) {
        // A name and an id are all there is to a reference: the answer is the proof.
        row.state = DocState::Verified;
        row.verified_at = Some(now);
    } else {
        row.state = DocState::Posted;
    }
}

/// Remembers what the ledger holds for the row.
pub(crate) fn saw(row: &mut DocRow, got: &Snapshot) {
    row.ledger_total_minor = Some(got.total_minor);
    row.ledger_digest = Some(digest(got));
    row.ledger_rate = got.rate;
}

/// Digest of what only a person or our own write changes in an object: not its version and its open
/// balance, which move when others are applied to it, nor what a payment is applied to, which moves
/// when the other side is voided.
pub(crate) fn digest(got: &Snapshot) -> String {
    let mut hash = Sha256::new();
    let mut put = |text: &str| {
        hash.update(text.len().to_le_bytes());
        hash.update(text);
    };
    put(got.kind.map_or("", DocumentKind::as_str));
    put(got.number.as_deref().unwrap_or_default());
    put(&got.date.map(|d| d.to_string()).unwrap_or_default());
    put(got.currency.as_ref().map_or("", |c| c.code()));
    put(&got.total_minor.to_string());
    put(got.customer.as_deref().unwrap_or_default());
    put(got.account.as_deref().unwrap_or_default());
    put(got.marker.as_deref().unwrap_or_default());
    put(if got.voided { "voided" } else { "" });
    if got.kind != Some(DocumentKind::Payment) {
        for line in &got.lines {
            put(line.target.as_deref().unwrap_or_default());
            put(&line.amount_minor.to_string());
        }
    }
    // Most documents have none, and theirs stay the digests that are stored.
    let mut mark = |name: &str, place: usize, id: &Option<String>| {
        if let Some(id) = id {
            put(&format!("{name} {place}"));
            put(id);
        }
    };
    mark("location", 0, &got.location);
    for (place, line) in got.lines.iter().enumerate() {
        mark("class", place, &line.class);
        mark("location of line", place, &line.location);
    }
    hex::encode(&hash.finalize()[..16])
}

/// Marks the row as held by the ledger with other content than we asked for.
pub(crate) fn diverge(
    row: &mut DocRow,
    mismatches: &[Mismatch],
    outcome: &'static str,
    seen_in: &str,
) -> Settled {
    row.state = DocState::Divergent;
    row.reason = ReasonCode::ReadbackDivergent.code().to_owned();
    let fields: Vec<String> = mismatches
        .iter()
        .take(10)
        .map(|m| format!("{}: expected {}, found {}", m.field, m.expected, m.found))
        .collect();
    let names: Vec<&str> = mismatches.iter().map(|m| m.field.as_str()).collect();
    Settled {
        row: row.clone(),
        before: None,
        outcome,
        detail: format!("differs in {}", names.join(", ")),
        raise: Some(Raise {
            code: ReasonCode::ReadbackDivergent,
            detail: format!("{seen_in} differs from what was sent: {}", fields.join("; ")),
            upstream: String::new(),
            raw: String::new(),
        }),
        pause: None,
        moved: None,
    }
}

/// Holds the row for a person.
pub(crate) fn quarantine(row: &mut DocRow, code: ReasonCode) {
    row.state = DocState::Quarantined;
    row.call = None;
    row.reason = code.code().to_owned();
}

/// Holds a row that is dated in closed books.
pub(crate) fn held_by_closing(row: &DocRow, date: BusinessDate, code: ReasonCode) -> Settled {
    let mut next = row.clone();
    quarantine(&mut next, code);
    let place = if code == ReasonCode::OurPeriodLocked { "Tieout" } else { "the ledger" };
    let detail = format!(
        "the document is dated {date} and the books are closed for that day in {place}; it was not \
         sent. Open the books for it, or book a correction"
    );
    let (upstream, raw) = (String::new(), String::new());
    let raise = Some(Raise { code, detail, upstream, raw });
    Settled { raise, ..settled(next, "held", "the books are closed for its date") }
}

/// Frees a held row: what may stand in the ledger is looked for before it is made again, a list object
/// always.
pub(crate) fn let_go(row: &mut DocRow, now: Timestamp) {
    let listed = matches!(row.subject, TargetSubject::Reference(_));
    let doubted = listed || row.ledger.is_none() && row.sent_at.is_some();
    row.state = if doubted { DocState::Unknown } else { DocState::Ready };
    row.call = None;
    row.reason = String::new();
    row.tries = 0;
    row.due_at = now;
}

fn retry_later(
    limits: &Limits,
    mut row: DocRow,
    outcome: &'static str,
    why: &str,
    now: Timestamp,
    random: u64,
) -> Settled {
    row.due_at = backoff::next(limits, now, row.tries, random);
    row.tries += 1;
    if row.tries < limits.tries_max {
        return settled(row, outcome, why);
    }
    // Not sent at all: nothing is at risk, so it goes on trying and a person is told.
    let raise = Raise {
        code: ReasonCode::UpstreamUnavailable,
        detail: format!("{} tries in a row did not get through; it goes on trying", row.tries),
        upstream: String::new(),
        raw: String::new(),
    };
    Settled { raise: Some(raise), ..settled(row, outcome, why) }
}

fn raise(fault: &TargetFault) -> Raise {
    Raise {
        code: fault.code,
        detail: fault.summary.clone(),
        upstream: fault.upstream.clone(),
        raw: fault.raw.clone(),
    }
}
