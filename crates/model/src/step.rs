//! What follows from an action.

use crate::Lane;
use crate::action::{Action, Refusal, Tx, of_call};
use crate::ledger;
use crate::settle;
use crate::state::{
    Age, CallId, DocId, Flight, Outcome, Owner, Phase, Request, Row, RowState, Stage, State,
    WorkerId,
};

impl Lane {
    /// Makes `action` happen.
    pub(crate) fn take(&self, s: &mut State, action: Action) {
        match action {
            Action::Claim(w, tx) => claim(s, w, tx),
            Action::Recover(w, tx) => {
                self.transaction(s, w, tx, |lane, s| lane.recover(s, w));
            }
            Action::Send(w, one, tx) => self.send(s, w, one, tx),
            Action::Repeat(w, call, tx) => self.repeat(s, w, call, tx),
            Action::Search(w, doc) => self.search(s, w, doc),
            Action::ReadBack(w, doc) => fly(s, w, Flight::ReadBack { doc, stands: None }),
            Action::Land(w, n, tx) => self.land(s, w, n, tx),
            Action::Finish(w, tx) => finish(s, w, tx),
            Action::Depart(w, n) => depart(s, w, n),
            Action::CannotDepart(w, n) => {
                s.left.losses -= 1;
                back(s, w, n, Outcome::NotSent);
            }
            Action::GiveUp(w, n) => give_up(s, w, n),
            Action::Handle(n) => {
                let request = s.net.remove(n);
                let outcomes = ledger::handle(s, &request);
                reply(s, &request, outcomes);
            }
            Action::HandleUnheard(n) => {
                s.left.losses -= 1;
                let request = s.net.remove(n);
                ledger::handle(s, &request);
            }
            Action::HandlePartly(n) => {
                s.left.losses -= 1;
                let request = s.net.remove(n);
                let mut outcomes = ledger::handle(s, &request);
                outcomes.iter_mut().skip(1).for_each(|o| *o = Outcome::Unknown);
                reply(s, &request, outcomes);
            }
            Action::Refuse(n, refusal) => refuse(s, n, refusal),
            Action::Lose(n) => {
                s.left.losses -= 1;
                s.net.remove(n);
            }
            Action::Answer(w, n) => answer(s, w, n),
            Action::FailRead(w, n) => {
                s.left.losses -= 1;
                s.workers[usize::from(w)].flights.remove(n);
            }
            Action::Age(call) => s.calls[usize::from(call)] = Age::Old,
            Action::Forget(call) => {
                s.calls[usize::from(call)] = Age::Forgotten;
                s.ledger.memory.retain(|(c, _, _)| *c != call);
            }
            Action::Lapse => {
                if matches!(s.lane.owner, Owner::Worker(_)) {
                    s.left.lapses -= 1;
                }
                s.lane.expired = true;
            }
            Action::Crash(w) => {
                s.left.crashes -= 1;
                abandon(s, w);
                if s.lane.owner == Owner::Worker(w) {
                    s.lane.owner = Owner::Dead;
                }
            }
            Action::Retry(doc) => {
                s.left.retries -= 1;
                let row = &mut s.rows[usize::from(doc)];
                *row = settle::let_go(*row);
            }
        }
    }

    /// A transaction of a worker that decides: it locks the lane, does `work`, and ends as `tx`
    /// says. True when the worker goes on.
    fn transaction(
        &self,
        s: &mut State,
        w: WorkerId,
        tx: Tx,
        work: impl FnOnce(&Self, &mut State),
    ) -> bool {
        let fence = s.workers[usize::from(w)].fence;
        let holds = s.lane.owner == Owner::Worker(w) && s.lane.fence == fence;
        if self.protocol.fence && !holds {
            // `Error::LaneLost`: nothing is stored and the session ends.
            abandon(s, w);
            return false;
        }
        if tx != Tx::Ok {
            s.left.store -= 1;
        }
        if tx != Tx::NotCommitted {
            s.seen.stale_decision |= !holds;
            if holds {
                s.lane.expired = false;
            }
            work(self, s);
        }
        if tx != Tx::Ok {
            abandon(s, w);
        }
        tx == Tx::Ok
    }

    fn recover(&self, s: &mut State, w: WorkerId) {
        if self.protocol.recover {
            for row in s.rows.iter_mut().filter(|r| r.state == RowState::InFlight) {
                row.state = RowState::Unknown;
            }
        }
        s.workers[usize::from(w)].phase = Phase::Working;
    }

    fn send(&self, s: &mut State, w: WorkerId, one: Option<DocId>, tx: Tx) {
        let worker = &s.workers[usize::from(w)];
        let docs: Vec<DocId> = (0_u8..)
            .zip(&s.rows)
            .filter(|(doc, r)| {
                r.state == RowState::Ready
                    && one.is_none_or(|one| one == *doc)
                    && !worker.flights.iter().any(|f| f.docs().contains(doc))
            })
            .map(|(doc, _)| doc)
            .collect();
        let doubted = docs.iter().any(|d| s.can_arrive(*d) || !s.live(*d).is_empty());
        let call = new_call(s);
        if self.protocol.attempt_first {
            let started = self.transaction(s, w, tx, |_, s| {
                s.seen.sent_in_doubt |= doubted;
                start(s, call, &docs);
            });
            if started {
                fly(s, w, Flight::Write { call, docs, repeated: false, stage: Stage::Stored });
            }
        } else {
            // The call leaves first; its attempt is stored after it, if at all.
            s.seen.sent_in_doubt |= doubted;
            s.net.push(Request { call, docs: docs.clone(), to: Some(w) });
            if self.transaction(s, w, tx, |_, s| start(s, call, &docs)) {
                fly(s, w, Flight::Write { call, docs, repeated: false, stage: Stage::Gone });
            }
        }
    }

    fn repeat(&self, s: &mut State, w: WorkerId, call: CallId, tx: Tx) {
        let docs: Vec<DocId> = of_call(s, call)
            .into_iter()
            .filter(|d| s.rows[usize::from(*d)].state == RowState::Unknown)
            .collect();
        let doubted = docs.iter().any(|d| s.can_arrive(*d) || !s.live(*d).is_empty());
        let id = if self.protocol.same_id { call } else { new_call(s) };
        let same = self.protocol.same_id;
        let started = self.transaction(s, w, tx, |_, s| {
            s.seen.sent_in_doubt |= doubted && !same;
            start(s, id, &docs);
        });
        if started {
            fly(s, w, Flight::Write { call: id, docs, repeated: true, stage: Stage::Stored });
        }
    }

    fn search(&self, s: &mut State, w: WorkerId, doc: DocId) {
        if self.protocol.look_first {
            fly(s, w, Flight::Search { doc, found: None });
            return;
        }
        // Nobody looks: what is not known to be done is taken for not done.
        self.transaction(s, w, Tx::Ok, |_, s| {
            let row = &mut s.rows[usize::from(doc)];
            *row = settle::after_search(*row, &[]);
        });
    }

    fn land(&self, s: &mut State, w: WorkerId, n: usize, tx: Tx) {
        let flight = s.workers[usize::from(w)].flights.remove(n);
        self.transaction(s, w, tx, |lane, s| match flight {
            Flight::Write { docs, repeated, stage, .. } => {
                let Stage::Back(outcomes) = stage else { return };
                for (doc, outcome) in docs.into_iter().zip(outcomes) {
                    let row = &mut s.rows[usize::from(doc)];
                    *row = settle::after_write(&lane.protocol, *row, outcome, repeated);
                }
            }
            Flight::Search { doc, found } => {
                let found = found.unwrap_or_default();
                s.seen.found |= found.len() == 1;
                let row = &mut s.rows[usize::from(doc)];
                *row = settle::after_search(*row, &found);
            }
            Flight::ReadBack { doc, stands } => {
                let row = &mut s.rows[usize::from(doc)];
                *row = settle::after_read(*row, stands == Some(true));
            }
        });
    }
}

fn claim(s: &mut State, w: WorkerId, tx: Tx) {
    if tx != Tx::Ok {
        s.left.store -= 1;
    }
    if tx == Tx::NotCommitted {
        return;
    }
    if s.lane.owner != Owner::Worker(w) {
        s.seen.taken_over |= s.lane.owner != Owner::Nobody;
        s.lane.owner = Owner::Worker(w);
        s.lane.fence += 1;
    }
    s.lane.expired = false;
    if tx == Tx::Ok {
        let fence = s.lane.fence;
        let worker = &mut s.workers[usize::from(w)];
        worker.fence = fence;
        worker.phase = Phase::Claimed;
    }
}

/// `store::lane::release` compares owner and fence of its own accord.
fn finish(s: &mut State, w: WorkerId, tx: Tx) {
    if tx != Tx::Ok {
        s.left.store -= 1;
    }
    let fence = s.workers[usize::from(w)].fence;
    if tx != Tx::NotCommitted && s.lane.owner == Owner::Worker(w) && s.lane.fence == fence {
        s.lane.owner = Owner::Nobody;
        s.lane.expired = true;
    }
    abandon(s, w);
}

/// Lets go of all calls under way: `Worker::abandon`. What has left goes on without us.
fn abandon(s: &mut State, w: WorkerId) {
    let worker = &mut s.workers[usize::from(w)];
    worker.flights.clear();
    worker.phase = Phase::Away;
    for request in s.net.iter_mut().filter(|r| r.to == Some(w)) {
        request.to = None;
    }
}

fn new_call(s: &mut State) -> CallId {
    s.calls.push(Age::Fresh);
    u8::try_from(s.calls.len() - 1).unwrap_or(u8::MAX)
}

/// `Worker::prepare_call` and the attempts of `start_calls`.
fn start(s: &mut State, call: CallId, docs: &[DocId]) {
    let size = u8::try_from(docs.len()).unwrap_or(u8::MAX);
    for (position, doc) in (0_u8..).zip(docs) {
        let row: &mut Row = &mut s.rows[usize::from(*doc)];
        row.state = RowState::InFlight;
        row.call = Some((call, position, size));
        row.sent = true;
    }
}

fn fly(s: &mut State, w: WorkerId, flight: Flight) {
    s.workers[usize::from(w)].flights.push(flight);
}

fn depart(s: &mut State, w: WorkerId, n: usize) {
    if let Flight::Write { call, docs, stage, .. } = &mut s.workers[usize::from(w)].flights[n] {
        *stage = Stage::Gone;
        let request = Request { call: *call, docs: docs.clone(), to: Some(w) };
        s.net.push(request);
    }
}

fn back(s: &mut State, w: WorkerId, n: usize, outcome: Outcome) {
    if let Flight::Write { docs, stage, .. } = &mut s.workers[usize::from(w)].flights[n] {
        *stage = Stage::Back(vec![outcome; docs.len()]);
    }
}

fn give_up(s: &mut State, w: WorkerId, n: usize) {
    let flight = &s.workers[usize::from(w)].flights[n];
    let Flight::Write { call, .. } = flight else { return };
    let call = *call;
    let waits = |r: &&mut Request| r.call == call && r.to == Some(w);
    if let Some(request) = s.net.iter_mut().find(waits) {
        s.left.losses -= 1;
        request.to = None;
    }
    back(s, w, n, Outcome::Unknown);
}

/// Brings an answer to whoever waits for it.
fn reply(s: &mut State, request: &Request, outcomes: Vec<Outcome>) {
    let Some(w) = request.to else { return };
    for flight in &mut s.workers[usize::from(w)].flights {
        if let Flight::Write { call, stage, .. } = flight
            && *call == request.call
            && *stage == Stage::Gone
        {
            *stage = Stage::Back(outcomes);
            return;
        }
    }
}

fn refuse(s: &mut State, n: usize, refusal: Refusal) {
    s.left.refusals -= 1;
    let request = s.net.remove(n);
    let outcome = match refusal {
        Refusal::ForGood => Outcome::RefusedForGood,
        Refusal::ForNow => Outcome::RefusedForNow,
        Refusal::Ambiguous => Outcome::Ambiguous,
        Refusal::Throttled => Outcome::Throttled,
    };
    let outcomes = vec![outcome; request.docs.len()];
    reply(s, &request, outcomes);
}

fn answer(s: &mut State, w: WorkerId, n: usize) {
    let flight = &s.workers[usize::from(w)].flights[n];
    let read = match flight {
        Flight::Search { doc, .. } => Flight::Search { doc: *doc, found: Some(s.live(*doc)) },
        Flight::ReadBack { doc, .. } => {
            let object = s.rows[usize::from(*doc)].object;
            let stands = object
                .and_then(|o| s.ledger.objects.get(usize::from(o)))
                .is_some_and(|o| o.doc == *doc);
            Flight::ReadBack { doc: *doc, stands: Some(stands) }
        }
        Flight::Write { .. } => return,
    };
    s.workers[usize::from(w)].flights[n] = read;
}
