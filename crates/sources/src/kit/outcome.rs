//! Collects what a delivery means and never lets it mean nothing.

use super::fault::{Parsed, malformed};
use kernel::Fact;
use ports::{Normalised, SourceFault};
use std::fmt;

/// Most reasons for ignoring that one delivery reports.
const REASONS_MAX: usize = 4;

/// The growing answer to one delivery.
#[derive(Debug, Default)]
pub struct Outcome {
    facts: Vec<Fact>,
    faults: Vec<SourceFault>,
    reasons: Vec<String>,
    wanted: Vec<String>,
}

impl Outcome {
    /// Adds a fact.
    pub fn fact(&mut self, fact: Fact) {
        self.facts.push(fact);
    }

    /// Adds a fault.
    pub fn fault(&mut self, fault: SourceFault) {
        self.faults.push(fault);
    }

    /// Notes that a part is understood and says nothing about money.
    pub fn ignore(&mut self, reason: impl Into<String>) {
        let reason = reason.into();
        if self.reasons.len() < REASONS_MAX && !self.reasons.contains(&reason) {
            self.reasons.push(reason);
        }
    }

    /// Names an object that has to be read from the vendor.
    pub fn wanted(&mut self, name: String) {
        if !self.wanted.contains(&name) {
            self.wanted.push(name);
        }
    }

    /// Runs one part of a delivery; a fault in it does not take the other parts along.
    pub fn attempt(&mut self, part: impl FnOnce(&mut Self) -> Parsed<()>) {
        if let Err(fault) = part(self) {
            self.faults.push(fault);
        }
    }

    /// Like [`Self::attempt`] for the part at `path`, which then stands before every place that
    /// the part's faults name.
    pub fn within(&mut self, path: impl fmt::Display, part: impl FnOnce(&mut Self) -> Parsed<()>) {
        let before = self.faults.len();
        self.attempt(part);
        for fault in &mut self.faults[before..] {
            fault.at = format!("{path}.{}", fault.at);
        }
    }

    /// Whether nothing has been said yet.
    pub fn is_empty(&self) -> bool {
        self.facts.is_empty() && self.faults.is_empty() && self.reasons.is_empty()
    }

    /// The answer. `ignored` is set only when there is neither fact nor fault.
    pub fn finish(mut self) -> Normalised {
        if self.is_empty() {
            self.fault(malformed("body", "nothing in it is an event; look at what was sent"));
        }
        let silent = self.facts.is_empty() && self.faults.is_empty();
        Normalised {
            ignored: silent.then(|| self.reasons.join("; ")),
            facts: self.facts,
            faults: self.faults,
            wanted: self.wanted,
        }
    }
}
