//! Nothing is stuck without an owner and a next action: every document comes to an end or waits for
//! an open exception, and every exception has a reason with an owner, a deadline and a page.

use crate::evidence::Evidence;
use crate::world::World;

/// See the module.
pub fn judge(_: &World, evidence: &Evidence, out: &mut Vec<String>) {
    out.extend(evidence.pending.iter().cloned());
    for e in &evidence.open {
        let code = e.code;
        if code.owner().is_empty() || code.sla().is_empty() || code.page().is_empty() {
            out.push(format!("exception {} {} has no owner or no next action", code, e.scope));
        }
        if e.detail.is_empty() {
            out.push(format!("exception {} {} does not say what is wrong", code, e.scope));
        }
    }
}
