//! What was answered is durable, at every moment: no vendor was told that a delivery is kept which is
//! not, and what is known of the ledger's changes never lies in the future.

use crate::evidence::Evidence;
use crate::world::World;

/// See the module.
pub fn judge(world: &World, evidence: &Evidence, out: &mut Vec<String>) {
    out.extend(world.watched.lost());
    for id in world.mailbag().answered() {
        if !evidence.deliveries.contains(&id) {
            out.push(format!("the vendor was told that delivery {id} is kept; it is not"));
        }
    }
    if evidence.watched_until.is_some_and(|until| until > world.now()) {
        out.push("changes of the ledger count as known that have not happened yet".to_owned());
    }
}
