//! No refresh token is shown by two at once: where it is, the ledger may take it for a theft and end
//! the connection (quickbooks.md §1).

use crate::evidence::Evidence;
use crate::world::World;

/// See the module.
pub fn judge(world: &World, _: &Evidence, out: &mut Vec<String>) {
    if world.profile.clocks.steps > 0 {
        // The right to refresh ends by the clock; where that jumps two may have it.
        return;
    }
    let all = world.refreshes().all();
    for (n, first) in all.iter().enumerate() {
        for later in all[n + 1..].iter().filter(|later| first.overlaps(later)) {
            out.push(format!(
                "{} refreshed with a token at {} while {} had shown it at {} and not heard back",
                later.who, later.sent, first.who, first.sent
            ));
        }
    }
}
