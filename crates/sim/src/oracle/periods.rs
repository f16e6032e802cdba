//! Nothing is sent into books that a person had closed in Tieout. The ledger's own closing date is
//! enforced by the simulated company, which refuses such writes.

use crate::evidence::Evidence;
use crate::world::World;
use kernel::{BusinessDate, Timestamp};
use std::collections::BTreeSet;

/// See the module.
pub fn judge(world: &World, evidence: &Evidence, out: &mut Vec<String>) {
    let closings = world.acts.closings();
    if closings.is_empty() {
        return;
    }
    let clocks = world.profile.clocks;
    let steps = i64::from(clocks.steps) * i64::from(clocks.step_ms);
    // Clocks of workers and people may differ by so much.
    let slack = (i64::from(clocks.skew_ms) + steps) * 1_000 + Timestamp::SECOND;
    for row in &evidence.docs {
        let (Some(document), Some(attempts)) =
            (row.document(), evidence.tries.get(row.key.as_str()))
        else {
            continue;
        };
        // A call that is repeated under its own id was sent before.
        let mut calls = BTreeSet::new();
        for a in attempts.iter().filter(|a| calls.insert(a.call_id.clone())) {
            let closed =
                |at: Timestamp| closed_at(&closings, at).is_some_and(|d| document.date <= d);
            let (early, late) = (a.started_at.plus_micros(-slack), a.started_at.plus_micros(slack));
            let same = !closings.iter().any(|(at, _)| early <= *at && *at <= late);
            if same && closed(a.started_at) {
                let (key, date, at) = (&row.key, document.date, a.started_at);
                out.push(format!("{key} of {date} was sent at {at}, when that day was closed"));
            }
        }
    }
}

fn closed_at(
    closings: &[(Timestamp, Option<BusinessDate>)],
    at: Timestamp,
) -> Option<BusinessDate> {
    closings.iter().rev().find(|(since, _)| *since <= at).and_then(|(_, until)| *until)
}
