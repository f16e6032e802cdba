//! What only a person may do is done by a person: an edit in the ledger is never overwritten without
//! a decision, and every decision is in the audit log under the person's name.

use crate::evidence::Evidence;
use crate::world::World;
use serde_json::Value;

/// See the module.
pub fn judge(world: &World, evidence: &Evidence, out: &mut Vec<String>) {
    let restored = world.acts.restorations();
    let by_person = evidence.entries.iter().filter(|e| {
        let text = |name: &str| e.get(name).and_then(Value::as_str);
        let who = e.get("actor").and_then(|a| a.get("kind")).and_then(Value::as_str);
        text("type") == Some("exception.resolved")
            && text("decision") == Some("restored")
            && who == Some("person")
    });
    let told = by_person.count();
    if told != restored.len() && told < restored.len() {
        let n = restored.len();
        out.push(format!("{n} documents were restored by decision, the log tells of {told}"));
    }
    // A write over an edit that nobody decided: the company counts one version more than the edit.
    let company = world.company();
    for edit in world.acts.edits() {
        let Some(row) = evidence.docs.iter().find(|r| r.key.marker() == edit.marker) else {
            out.push(format!("edit of {}: no document has the marker {}", edit.id, edit.marker));
            continue;
        };
        let now = company.transactions().find(|t| t.id == edit.id);
        let kept = now.as_ref().map(|t| t.sync_token) == edit.version;
        let restored = restored.contains(row.key.as_str());
        let anew = company.transactions().find(|t| {
            t.id > edit.id
                && !t.voided
                && t.private_note.contains(&format!("tieout:{}", edit.marker))
        });
        if let (Some(anew), None | Some(true), false) =
            (anew, now.as_ref().map(|t| t.voided), restored)
        {
            out.push(format!(
                "{} was taken away by a person ({:?}) and made anew as {} without a decision",
                row.key, edit.how, anew.id
            ));
        }
        let later = world.acts.edits().iter().any(|e| e.id == edit.id && e.at > edit.at);
        let gone = row.document().is_none_or(|_| row.state == store::document::DocState::Removed);
        if !kept && !later && !gone && !restored {
            out.push(format!(
                "{} was edited by a person ({:?}) and written over without a decision",
                row.key, edit.how
            ));
        }
    }
}
