//! Objects of vendors in all their states, each from the moment on in which it was told.

use kernel::Timestamp;
use std::collections::BTreeMap;

/// One state of an object.
#[derive(Clone)]
pub struct State {
    /// When it was told.
    pub at: Timestamp,
    /// How much later lists show it, microseconds; asked for by its id it is there at once.
    pub late_us: i64,
    /// What orders the states of an object.
    pub version: i64,
    /// The object that it is a part of.
    pub of: String,
    pub text: String,
}

impl State {
    /// The first state of an object of its own.
    pub fn of(at: Timestamp, text: &str) -> Self {
        Self { at, late_us: 0, version: 0, of: String::new(), text: text.to_owned() }
    }
}

/// Everything that vendors know, by kind and id.
#[derive(Default)]
pub struct Held {
    states: BTreeMap<(&'static str, String), Vec<State>>,
    /// How much later lists show what is kept next, microseconds.
    late_us: i64,
}

impl Held {
    /// Lists show what is kept from now on so much later.
    pub const fn is_late_by(&mut self, late_us: i64) {
        self.late_us = late_us;
    }

    pub fn keep(&mut self, kind: &'static str, id: String, state: State) {
        let state = State { late_us: self.late_us, ..state };
        let states = self.states.entry((kind, id)).or_default();
        match states.iter_mut().find(|known| known.text == state.text) {
            // A repetition tells nothing new, but it may come before what is late.
            Some(known) => known.at = known.at.min(state.at),
            None => states.push(state),
        }
    }

    /// When states begin, and how much later lists show them, microseconds.
    pub fn moments(&self) -> impl Iterator<Item = (Timestamp, i64)> {
        self.states.values().flatten().map(|state| (state.at, state.late_us))
    }

    /// What is known at `now`.
    pub const fn at(&self, now: Timestamp) -> View<'_> {
        View { held: self, now }
    }
}

/// What is known at one moment.
#[derive(Clone, Copy)]
pub struct View<'h> {
    held: &'h Held,
    now: Timestamp,
}

impl<'h> View<'h> {
    /// The moment.
    pub const fn now(self) -> Timestamp {
        self.now
    }

    fn all(self, kind: &'static str) -> impl Iterator<Item = (&'h str, &'h [State])> {
        let from = (kind, String::new());
        let all = self.held.states.range(from..).take_while(move |((k, _), _)| *k == kind);
        all.map(|((_, id), states)| (id.as_str(), states.as_slice()))
    }

    fn newest(self, states: &'h [State]) -> Option<&'h State> {
        states.iter().filter(|s| s.at <= self.now).max_by_key(|s| (s.version, s.at))
    }

    /// An object as it stands.
    pub fn one(self, kind: &'static str, id: &str) -> Option<&'h State> {
        self.newest(self.held.states.get(&(kind, id.to_owned()))?)
    }

    /// An object as it stands in the end, for what is told when it is asked for.
    pub fn ready(self, kind: &'static str, id: &str) -> Option<&'h State> {
        View { now: Timestamp(i64::MAX), ..self }.one(kind, id)
    }

    /// The parts of an object as they stand.
    pub fn parts(self, kind: &'static str, of: &str) -> Vec<&'h State> {
        let newest = self.all(kind).filter_map(|(_, states)| self.newest(states));
        newest.filter(|state| state.of == of).collect()
    }

    /// Objects that changed from `since` to `until`, also in one of their parts, as they stand; in the
    /// order of their last change. What is shown later than `until` is not among them, so that no page
    /// moves while it is turned.
    pub fn changed(
        self,
        kind: &'static str,
        parts: &[&'static str],
        (since, until): (Timestamp, Timestamp),
    ) -> Vec<(&'h str, &'h State)> {
        let shown = |s: &State| s.at.plus_micros(s.late_us) <= self.now.min(until);
        let within = |s: &&State| since <= s.at && s.at <= until && shown(s);
        let mut found = Vec::new();
        for (id, states) in self.all(kind) {
            let of_parts = parts.iter().flat_map(|part| self.all(part)).flat_map(|(_, s)| s);
            let of_parts = of_parts.filter(|s| s.of == id);
            let last = states.iter().chain(of_parts).filter(within).map(|s| s.at).max();
            if let (Some(last), Some(state)) = (last, self.newest(states)) {
                found.push((last, id, state));
            }
        }
        found.sort_by_key(|(last, id, _)| (*last, *id));
        found.into_iter().map(|(_, id, state)| (id, state)).collect()
    }
}
