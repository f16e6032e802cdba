//! Model of how a lane posts: lease, fence, attempts, doubts.
//!
//! The engine is far too large to be searched to its end; this is the part of it on which "once"
//! rests, written down a second time in integers. What holds here in every state that the bounds
//! allow holds because of the rules in [`Protocol`], and each of them is needed: with one switched
//! off, the checker finds the shortest way to a double entry, a lost one, or a decision by a worker
//! that no longer owns the lane.

mod action;
mod ledger;
mod property;
mod protocol;
mod settle;
mod state;
mod step;
mod verdict;

pub use action::{Action, Tx};
pub use protocol::{Bounds, Mutation, Protocol};
pub use state::{Faults, State};
pub use verdict::{Verdict, check, has_no_cycle};

use stateright::{Model, Property};

/// The protocol within bounds: what the checker searches.
#[derive(Debug, Clone)]
pub struct Lane {
    /// The rules.
    pub protocol: Protocol,
    /// How much of what.
    pub bounds: Bounds,
}

impl Model for Lane {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State::new(&self.bounds)]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        self.possible(state, actions);
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let mut next = state.clone();
        self.take(&mut next, action);
        // What is only ordered differently is the same.
        next.net.sort_unstable();
        for worker in &mut next.workers {
            worker.flights.sort_unstable();
        }
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        property::all()
    }
}
