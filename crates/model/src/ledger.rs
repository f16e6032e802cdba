//! What the ledger does with a request.

use crate::state::{Age, Object, Outcome, Request, State};

/// Does a request: what it remembers is answered from memory, the rest is made. Two objects of one
/// document are no trouble to it; that they never come to be is our part.
pub fn handle(state: &mut State, request: &Request) -> Vec<Outcome> {
    let remembers = state.calls[usize::from(request.call)] != Age::Forgotten;
    let mut outcomes = Vec::with_capacity(request.docs.len());
    for (position, doc) in (0_u8..).zip(&request.docs) {
        let known = state.ledger.memory.iter();
        let known = known.filter(|(call, at, _)| (*call, *at) == (request.call, position));
        let object = match known.map(|(_, _, object)| *object).next().filter(|_| remembers) {
            Some(object) => {
                state.seen.replayed = true;
                object
            }
            None => {
                state.ledger.objects.push(Object { doc: *doc });
                let object = u8::try_from(state.ledger.objects.len() - 1).unwrap_or(u8::MAX);
                state.ledger.memory.push((request.call, position, object));
                object
            }
        };
        outcomes.push(Outcome::Applied(object));
    }
    outcomes
}
