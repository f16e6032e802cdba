//! Every file was imported to its end, however often and by whom it was begun, its control totals are those
//! of its bytes, and what is wrong in it was told to somebody.

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
        let sha256 = importing::sha256(&file);
        if !seen.insert(sha256.clone()) {
            continue;
        }
        let (mut count, mut is_faulty) = (0_i64, false);
        for record in groups.by_ref() {
            count += 1;
            is_faulty |= !record.normalised.faults.is_empty();
        }
        let totals = groups.totals();
        let (name, rows) = (&file.name, stored.remove(sha256.as_str()).unwrap_or_default());
        let [row] = rows.as_slice() else {
            out.push(format!("{name} was imported, and {} imports are known of it", rows.len()));
            continue;
        };
        let state = if totals.incomplete.is_some() { "cut" } else { "complete" };
        let of = totals.amounts.get(&row.currency);
        let booked = of.map_or(0, |a| a.booked_minor);
        let exact = of.map_or_else(|| "0".to_owned(), |a| a.exact().to_string());
        let sums = (i128::from(row.booked_minor), row.exact_sum.clone());
        let found = (row.state.as_str(), row.groups_done, row.lines, sums);
        let lines = i64::try_from(totals.lines).unwrap_or(i64::MAX);
        let wanted = (state, count, lines, (booked, exact));
        if found != wanted {
            out.push(format!("{name} ended as {found:?}, its bytes say {wanted:?}"));
        }
        if is_faulty && !evidence.excepted.contains(&row.delivery) {
            out.push(format!("nobody was told that something in {name} is wrong"));
        }
    }
    out.extend(stored.keys().map(|sha256| format!("nobody imported a file {sha256}")));
}
