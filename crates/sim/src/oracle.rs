//! The judges. The simulated company's own books have the last word.
//!
//! Each judge is a file of its own and looks at the world at rest, when everything has drained;
//! [`watch`] and [`drift`] also look while the world runs.

mod audit;
mod books;
mod decisions;
pub mod drift;
mod explained;
mod files;
mod limits;
mod logs;
pub(crate) mod model;
mod objects;
mod owner;
mod periods;
mod tokens;
mod trial_balance;
pub mod watch;
mod watermark;

use crate::evidence::{Evidence, gather};
use crate::explain;
use crate::trace::Digest;
use crate::world::World;
use std::fmt;
use store::document::DocState;

/// Something that a judge found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Which judge.
    pub oracle: &'static str,
    /// What it found.
    pub what: String,
}

impl Violation {
    /// What `oracle` found.
    pub fn new(oracle: &'static str, what: impl Into<String>) -> Self {
        Self { oracle, what: what.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.oracle, self.what)
    }
}

/// What the judges found.
pub struct Verdict {
    /// Everything that is wrong.
    pub violations: Vec<Violation>,
    /// Digest of the final books.
    pub books: u64,
    /// Documents verified.
    pub verified: u64,
    /// What they looked at.
    pub evidence: Evidence,
}

/// A judge: it looks and says what is wrong.
type Judge = fn(&World, &Evidence, &mut Vec<String>);

/// Every judge of a world at rest, by name.
const JUDGES: [(&str, Judge); 14] = [
    ("one live object", objects::judge),
    ("model", model::judge),
    ("trial balance", trial_balance::judge),
    ("explained", explained::judge),
    ("books", books::judge),
    ("owner", owner::judge),
    ("audit", audit::judge),
    ("periods", periods::judge),
    ("decisions", decisions::judge),
    ("limits", limits::judge),
    ("watermark", watermark::judge),
    ("logs", logs::judge),
    ("tokens", tokens::judge),
    ("files", files::judge),
];

/// The names of all judges, also of those who look while the world runs.
pub fn names() -> impl Iterator<Item = &'static str> {
    JUDGES.into_iter().map(|(name, _)| name).chain(["drift", "lists", "progress"])
}

/// Judges a world at rest.
pub fn judge(world: &mut World) -> Verdict {
    let evidence = gather(world);
    let mut violations = Vec::new();
    if let Some(error) = &evidence.error {
        violations.push(Violation::new("evidence", error.clone()));
    }
    for (name, judge) in JUDGES {
        let mut found = Vec::new();
        judge(world, &evidence, &mut found);
        violations.extend(found.into_iter().map(|what| Violation::new(name, what)));
    }
    explain::books(world, &evidence);
    let mut books = Digest::default();
    books.text(&evidence.statement);
    books.text(&format!("{:?}", world.company().trial_balance()));
    let verified = evidence.docs.iter().filter(|d| d.state == DocState::Verified).count() as u64;
    Verdict { violations, books: books.0, verified, evidence }
}
