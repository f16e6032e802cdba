//! Everything that can happen next. Each action names the function of the engine it stands for.

use crate::Lane;
use crate::state::{Age, CallId, DocId, Flight, Owner, Phase, RowState, Stage, State, WorkerId};

/// How a transaction ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tx {
    /// It is durable and the worker knows.
    Ok,
    /// Nothing is durable and the worker starts a new session (`Worker::run`).
    NotCommitted,
    /// It is durable, its answer is lost, and the worker starts a new session.
    AnswerLost,
}

/// One step of somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// A worker takes a lane that is free or whose lease ran out: `Worker::claim`.
    Claim(WorkerId, Tx),
    /// Attempts without an outcome become doubts: `Worker::recover`.
    Recover(WorkerId, Tx),
    /// One document, or all that are ready, get an attempt and a call: `Worker::send_ready`,
    /// `start_calls`.
    Send(WorkerId, Option<DocId>, Tx),
    /// A call whose outcome is not known is repeated: `Worker::look_doubtful`, `repeatable`.
    Repeat(WorkerId, CallId, Tx),
    /// A doubt that may not be repeated is searched for: `Worker::look_doubtful`, `searches`.
    Search(WorkerId, DocId),
    /// What was confirmed is read back: `Worker::verify_due`.
    ReadBack(WorkerId, DocId),
    /// What came back is judged and stored: `Worker::store_landings`, `settle`, `after_find`,
    /// `after_verify`.
    Land(WorkerId, usize, Tx),
    /// Nothing is left: `Worker::finish`.
    Finish(WorkerId, Tx),
    /// A request leaves its process: `LedgerTarget::apply`.
    Depart(WorkerId, usize),
    /// A request cannot leave, and that is certain: `ApplyOutcome::NotSent`.
    CannotDepart(WorkerId, usize),
    /// A deadline passes without an answer: `ApplyOutcome::Unknown`.
    GiveUp(WorkerId, usize),
    /// The ledger does a request and its answer arrives.
    Handle(usize),
    /// The ledger does a request; its answer is lost.
    HandleUnheard(usize),
    /// The ledger does a request; its answer tells of the first document alone.
    HandlePartly(usize),
    /// The ledger does nothing of a request and says so.
    Refuse(usize, Refusal),
    /// A request is lost on its way.
    Lose(usize),
    /// The ledger answers a search or a reading.
    Answer(WorkerId, usize),
    /// A search or a reading fails: `look_failed`, `verify_failed`.
    FailRead(WorkerId, usize),
    /// A call becomes too old to be repeated (`Limits::replay_ms`).
    Age(CallId),
    /// The ledger forgets a call.
    Forget(CallId),
    /// The lease runs out.
    Lapse,
    /// The process dies wherever it stands; another starts under a new name.
    Crash(WorkerId),
    /// A person retries what is held: `Resolution::Retry`, `settle::let_go`.
    Retry(DocId),
}

/// What a ledger says that did nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// `FaultClass::Structural`.
    ForGood,
    /// `FaultClass::Transient`.
    ForNow,
    /// `FaultClass::Ambiguous`.
    Ambiguous,
    /// 429.
    Throttled,
}

impl Lane {
    /// All that can happen in `state`.
    pub(crate) fn possible(&self, state: &State, out: &mut Vec<Action>) {
        for worker in 0..self.bounds.workers {
            self.of_worker(state, worker, out);
        }
        for n in 0..state.net.len() {
            out.push(Action::Handle(n));
            if state.left.losses > 0 {
                out.extend([Action::HandleUnheard(n), Action::Lose(n)]);
                if state.net[n].docs.len() > 1 {
                    out.push(Action::HandlePartly(n));
                }
            }
            if state.left.refusals > 0 {
                let all =
                    [Refusal::ForGood, Refusal::ForNow, Refusal::Ambiguous, Refusal::Throttled];
                out.extend(all.map(|r| Action::Refuse(n, r)));
            }
        }
        for (call, age) in (0_u8..).zip(&state.calls) {
            match age {
                Age::Fresh => out.push(Action::Age(call)),
                // The ledger remembers for longer than a call is trusted and may be under way.
                Age::Old if !is_under_way(state, call) => {
                    out.push(Action::Forget(call));
                }
                _ => {}
            }
        }
        let alive = matches!(state.lane.owner, Owner::Worker(_));
        if !state.lane.expired && (!alive || state.left.lapses > 0) {
            out.push(Action::Lapse);
        }
        for (doc, row) in (0_u8..).zip(&state.rows) {
            if row.state == RowState::Held && state.left.retries > 0 {
                out.push(Action::Retry(doc));
            }
        }
    }

    fn of_worker(&self, state: &State, id: WorkerId, out: &mut Vec<Action>) {
        let worker = &state.workers[usize::from(id)];
        let mut stored =
            |action: fn(WorkerId, Tx) -> Action| with_faults(state, out, |tx| action(id, tx));
        match worker.phase {
            Phase::Away => {
                let own = state.lane.owner == Owner::Worker(id);
                if (own || state.lane.expired) && !state.is_at_rest() {
                    stored(Action::Claim);
                }
            }
            Phase::Claimed => stored(Action::Recover),
            Phase::Working => {
                if worker.flights.is_empty() && state.is_at_rest() {
                    stored(Action::Finish);
                }
                self.work(state, id, out);
            }
        }
        if worker.phase != Phase::Away && state.left.crashes > 0 {
            out.push(Action::Crash(id));
        }
        for (n, flight) in worker.flights.iter().enumerate() {
            of_flight(state, id, n, flight, out);
        }
    }

    fn work(&self, state: &State, id: WorkerId, out: &mut Vec<Action>) {
        let worker = &state.workers[usize::from(id)];
        let busy = |doc: DocId| worker.flights.iter().any(|f| f.docs().contains(&doc));
        let free = |wanted: RowState| {
            let rows = (0_u8..).zip(&state.rows);
            rows.filter(move |(doc, r)| r.state == wanted && !busy(*doc)).map(|(doc, _)| doc)
        };
        let ready: Vec<DocId> = free(RowState::Ready).collect();
        if ready.len() > 1 {
            with_faults(state, out, |tx| Action::Send(id, None, tx));
        }
        for doc in &ready {
            with_faults(state, out, |tx| Action::Send(id, Some(*doc), tx));
        }
        for doc in free(RowState::Unknown) {
            match self.repeatable(state, doc) {
                // A call is repeated once, not once for each of its documents.
                Some(call) if self.leads(state, doc, call) => {
                    with_faults(state, out, |tx| Action::Repeat(id, call, tx));
                }
                None if !self.protocol.settle_first || !state.can_arrive(doc) => {
                    out.push(Action::Search(id, doc));
                }
                Some(_) | None => {}
            }
        }
        for doc in free(RowState::Posted) {
            out.push(Action::ReadBack(id, doc));
        }
    }

    /// The call of a doubt, when it may be repeated.
    fn repeatable(&self, state: &State, doc: DocId) -> Option<CallId> {
        let (call, _, size) = state.rows[usize::from(doc)].call?;
        let whole = of_call(state, call);
        let intact = whole.len() == usize::from(size)
            && whole.iter().all(|d| state.rows[usize::from(*d)].state == RowState::Unknown);
        let fresh = state.calls[usize::from(call)] == Age::Fresh;
        let may =
            (fresh || !self.protocol.repeat_while_fresh) && (intact || !self.protocol.repeat_whole);
        may.then_some(call)
    }

    fn leads(&self, state: &State, doc: DocId, call: CallId) -> bool {
        of_call(state, call).first() == Some(&doc) || !self.protocol.repeat_whole
    }
}

/// The documents that still travel in a call and are in doubt, by position
/// (`store::document::of_call`).
pub fn of_call(state: &State, call: CallId) -> Vec<DocId> {
    let mut docs: Vec<(u8, DocId)> = (0_u8..)
        .zip(&state.rows)
        .filter_map(|(doc, r)| r.call.filter(|(c, _, _)| *c == call).map(|(_, n, _)| (n, doc)))
        .collect();
    docs.sort_unstable();
    docs.into_iter().map(|(_, doc)| doc).collect()
}

fn is_under_way(state: &State, call: CallId) -> bool {
    let stored =
        |f: &Flight| matches!(f, Flight::Write { call: c, stage: Stage::Stored, .. } if *c == call);
    state.net.iter().any(|r| r.call == call)
        || state.workers.iter().flat_map(|w| &w.flights).any(stored)
}

fn of_flight(state: &State, id: WorkerId, n: usize, flight: &Flight, out: &mut Vec<Action>) {
    match flight {
        Flight::Write { stage: Stage::Stored, .. } => {
            out.push(Action::Depart(id, n));
            if state.left.losses > 0 {
                out.push(Action::CannotDepart(id, n));
            }
        }
        Flight::Write { stage: Stage::Gone, .. } => {
            // Waiting ends when no answer can come any more, or before it when one is lost.
            if state.left.losses > 0 || !is_awaited(state, id, flight) {
                out.push(Action::GiveUp(id, n));
            }
        }
        Flight::Search { found: None, .. } | Flight::ReadBack { stands: None, .. } => {
            out.push(Action::Answer(id, n));
            if state.left.losses > 0 {
                out.push(Action::FailRead(id, n));
            }
        }
        Flight::Write { .. } | Flight::Search { .. } | Flight::ReadBack { .. } => {
            with_faults(state, out, |tx| Action::Land(id, n, tx));
        }
    }
}

fn is_awaited(state: &State, id: WorkerId, flight: &Flight) -> bool {
    let Flight::Write { call, .. } = flight else { return false };
    state.net.iter().any(|r| r.call == *call && r.to == Some(id))
}

fn with_faults(state: &State, out: &mut Vec<Action>, action: impl Fn(Tx) -> Action) {
    out.push(action(Tx::Ok));
    if state.left.store > 0 {
        out.extend([action(Tx::NotCommitted), action(Tx::AnswerLost)]);
    }
}
