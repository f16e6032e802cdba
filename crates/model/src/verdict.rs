//! Searches and what they found.

use crate::Lane;
use stateright::{Checker as _, HasDiscoveries, Model as _};
use std::collections::BTreeSet;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// What a search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Different states.
    pub states: usize,
    /// Steps between them.
    pub steps: usize,
    /// Longest history, in steps.
    pub depth: usize,
    /// Each rule that is broken, and a shortest history that breaks it.
    pub broken: Vec<(&'static str, Vec<String>)>,
    /// What was to be reached and was not: the search would be worth nothing.
    pub missed: Vec<&'static str>,
}

/// Searches to the end, or until `only` is found broken.
pub fn check(lane: &Lane, only: Option<&'static str>, threads: usize) -> Verdict {
    let mut builder = lane.clone().checker().threads(threads);
    if let Some(name) = only {
        builder = builder.finish_when(HasDiscoveries::AllOf(BTreeSet::from([name])));
    }
    let checker = builder.spawn_bfs().join();
    let mut found = checker.discoveries();
    let (mut broken, mut missed) = (Vec::new(), Vec::new());
    for property in lane.properties() {
        let path = found.remove(property.name);
        match (path, property.expectation.discovery_is_failure()) {
            (Some(path), true) => {
                let steps = path.into_actions().into_iter().map(|a| format!("{a:?}"));
                broken.push((property.name, steps.collect()));
            }
            (None, false) => missed.push(property.name),
            _ => {}
        }
    }
    Verdict {
        states: checker.unique_state_count(),
        steps: checker.state_count(),
        depth: checker.max_depth(),
        broken,
        missed,
    }
}

/// Walks every history and says whether none comes back to a state it had: then all of them end.
/// States are told apart by 64 bits of hash.
pub fn has_no_cycle(lane: &Lane) -> bool {
    let hash = |state: &crate::State| {
        let mut hasher = DefaultHasher::new();
        state.hash(&mut hasher);
        hasher.finish()
    };
    // True: on the path walked now.
    let mut known: HashMap<u64, bool> = HashMap::new();
    let mut path = Vec::new();
    for state in lane.init_states() {
        known.insert(hash(&state), true);
        path.push((hash(&state), lane.next_states(&state)));
    }
    while let Some((from, rest)) = path.last_mut() {
        let Some(next) = rest.pop() else {
            known.insert(*from, false);
            path.pop();
            continue;
        };
        let to = hash(&next);
        match known.get(&to) {
            Some(true) => return false,
            Some(false) => {}
            None => {
                known.insert(to, true);
                path.push((to, lane.next_states(&next)));
            }
        }
    }
    true
}
