//! The audit log verifies, no checkpoint that was ever given out is contradicted, and every change of
//! state has its entry: what was sent, what was confirmed, what was opened, closed and decided.

use crate::evidence::Evidence;
use crate::world::World;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use store::document::DocState;

/// See the module.
pub fn judge(world: &World, evidence: &Evidence, out: &mut Vec<String>) {
    out.extend(evidence.audit.iter().cloned());
    for (size, root) in world.watched.checkpoints() {
        let leaves = usize::try_from(size).ok().and_then(|n| evidence.leaves.get(..n));
        if leaves.is_none_or(|leaves| tlog::merkle_root(leaves) != root) {
            out.push(format!("the log no longer begins with the {size} entries it once had"));
        }
    }
    let entries = Entries::of(&evidence.entries);
    let attempts: usize = evidence.tries.values().map(Vec::len).sum();
    if entries.started != attempts as u64 {
        let told = entries.started;
        out.push(format!("{attempts} attempts were made, the log tells of {told}"));
    }
    for row in &evidence.docs {
        let stands = matches!(row.state, DocState::Posted | DocState::Verified);
        if stands && !entries.confirmed.contains(row.key.as_str()) {
            out.push(format!("{} stands in the ledger, the log does not say since when", row.key));
        }
    }
    for e in &evidence.open {
        if !entries.opened.contains_key(e.code.code()) {
            out.push(format!(
                "exception {} {} was opened, the log does not say so",
                e.code, e.scope
            ));
        }
    }
    for e in &evidence.closed {
        let told = entries.closed.get(&e.id.to_string()).copied().unwrap_or(0);
        if told != 1 {
            let (code, scope) = (e.code, &e.scope);
            out.push(format!("exception {code} {scope} was closed, the log tells it {told} times"));
        }
    }
}

/// What the log tells.
#[derive(Default)]
struct Entries {
    /// Attempts.
    started: u64,
    /// Keys of documents that the ledger confirmed.
    confirmed: BTreeSet<String>,
    /// Exceptions opened, by code.
    opened: BTreeMap<String, u64>,
    /// How often an exception was closed or decided, by id.
    closed: BTreeMap<String, u64>,
}

impl Entries {
    fn of(entries: &[Value]) -> Self {
        let mut told = Self::default();
        for entry in entries {
            let text = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default();
            match text("type") {
                "attempts.started" => told.started += text("documents").parse().unwrap_or(0),
                "document.confirmed" => {
                    told.confirmed.insert(text("document").to_owned());
                }
                "exception.opened" => *told.opened.entry(text("code").to_owned()).or_default() += 1,
                "exception.closed" | "exception.resolved" => {
                    *told.closed.entry(text("exception").to_owned()).or_default() += 1;
                }
                _ => {}
            }
        }
        told
    }
}
