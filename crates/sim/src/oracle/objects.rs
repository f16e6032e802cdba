//! At most one live ledger object per business key, whatever failed; exactly one for each that the
//! product says is there, and none that it does not know of.

use crate::evidence::Evidence;
use crate::world::World;
use std::collections::BTreeMap;
use store::document::DocState;

/// At most one live ledger object per business key, and exactly one for each that we say is there.
pub fn judge(world: &World, evidence: &Evidence, out: &mut Vec<String>) {
    let company = world.company();
    for d in company.duplicates() {
        out.push(format!("duplicate in the ledger: {d:?}"));
    }
    let mut live: BTreeMap<String, u32> = BTreeMap::new();
    for t in company.transactions().filter(|t| !t.voided) {
        if let Some(marker) = t.private_note.split("tieout:").nth(1) {
            let marker = marker.split_whitespace().next().unwrap_or_default();
            *live.entry(marker.to_owned()).or_default() += 1;
        }
    }
    for (key, marker, state) in &evidence.documents {
        let n = live.remove(marker).unwrap_or(0);
        let stands = matches!(state, DocState::Posted | DocState::Verified);
        let may = matches!(state, DocState::Divergent);
        if (stands && n != 1) || (!stands && !may && n != 0) {
            out.push(format!("{key} is {} but the ledger holds {n}", state.as_str()));
            out.extend(evidence.attempts.get(key).into_iter().flatten().cloned());
        }
    }
    for (marker, n) in live {
        out.push(format!("the ledger holds {n} with marker {marker} that we know nothing of"));
    }
}
