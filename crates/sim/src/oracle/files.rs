//! Every file is one import, however often and by whom it was imported; it came to its end, and its
//! control totals are those of its bytes.

use crate::evidence::Evidence;
use crate::world::{World, importing};
use std::collections::{BTreeMap, BTreeSet};

/// See the module.
pub fn judge(world: &World, evidence: &Evidence, out: &mut Vec<String>) {
    let mapping = workload::mapping(&world.shape);
    let mut stored: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    for row in &evidence.imports {
        stored.entry(row.sha256.as_str()).or_default().push(row);
    }
    let mut seen = BTreeSet::new();
    for file in world.folder().files() {
        let Ok(mut groups) = importing::groups(&mapping, &file) else { continue };
        let count = groups.by_ref().count();
        let totals = groups.totals();
        let sha256 = importing::sha256(&file);
        if !seen.insert(sha256.clone()) {
            continue;
        }
        let (name, rows) = (&file.name, stored.remove(sha256.as_str()).unwrap_or_default());
        let [row] = rows.as_slice() else {
            out.push(format!("{name} was imported, and {} imports are known of it", rows.len()));
            continue;
        };
        let state = if totals.incomplete.is_some() { "cut" } else { "complete" };
        let booked = totals.amounts.get(&row.currency).map_or(0, |a| a.booked_minor);
        let found = (row.state.as_str(), row.groups_done, row.lines, i128::from(row.booked_minor));
        let lines = i64::try_from(totals.lines).unwrap_or(i64::MAX);
        let wanted = (state, i64::try_from(count).unwrap_or(i64::MAX), lines, booked);
        if found != wanted {
            out.push(format!("{name} ended as {found:?}, its bytes say {wanted:?}"));
        }
    }
    out.extend(stored.keys().map(|sha256| format!("nobody imported a file {sha256}")));
}
