//! Every edit that a person made in the ledger is found: once the product had time to look, the
//! document is held as divergent with an open exception that says so, or nothing of the edit is left.

use crate::evidence::{Evidence, gather};
use crate::oracle::Violation;
use crate::world::{Edit, World};
use kernel::ReasonCode;
use std::collections::BTreeMap;
use store::document::DocState;

/// Looks for edits that were not found, after the product had time to look and before a person
/// decides anything.
pub fn judge(world: &mut World) -> Vec<Violation> {
    let mut last: BTreeMap<u32, Edit> = BTreeMap::new();
    for edit in world.acts.edits() {
        last.insert(edit.id, edit);
    }
    if last.is_empty() {
        return Vec::new();
    }
    let evidence = gather(world);
    let missed = last.values().filter_map(|edit| missed(world, &evidence, edit));
    let mistold = last.values().filter_map(|edit| mistold(world, &evidence, edit));
    missed.chain(mistold).map(|what| Violation::new("drift", what)).collect()
}

/// An edit is told as one, however often it was looked at. Where the ledger says yes to changes and
/// makes none, what it then shows may be told as that.
fn mistold(world: &World, evidence: &Evidence, edit: &Edit) -> Option<String> {
    let row = evidence.docs.iter().find(|r| r.key.marker() == edit.marker)?;
    if row.state != DocState::Divergent || world.profile.ledger.silent_noop > 0 {
        return None;
    }
    let scope = format!("document/{}", row.key);
    let told = evidence.open.iter().find(|e| e.scope == scope)?;
    let (key, how, code) = (&row.key, &edit.how, told.code);
    (code != ReasonCode::LedgerEditedOutside)
        .then(|| format!("{key} was edited at {} ({how:?}) and is told as {code}", edit.at))
}

fn missed(world: &World, evidence: &Evidence, edit: &Edit) -> Option<String> {
    let row = evidence.docs.iter().find(|r| r.key.marker() == edit.marker)?;
    let document = row.document()?;
    if !matches!(row.state, DocState::Verified | DocState::Posted) {
        // Held, removed, or still on its way to an end: then it is judged there.
        return None;
    }
    let company = world.company();
    let stands = company.transactions().find(|t| t.id == edit.id);
    let equal = stands.is_some_and(|t| {
        !t.voided && t.txn_date == document.date.to_string() && t.total == document.total_minor
    });
    let (key, how, state) = (&row.key, &edit.how, row.state.as_str());
    (!equal).then(|| format!("{key} was edited at {} ({how:?}) and counts as {state}", edit.at))
}
