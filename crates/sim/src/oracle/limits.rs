//! Limits, counted where they are set: the company never saw more requests than it allows. Where
//! clocks step, a minute of ours may be less than one of the ledger's; then only its refusals count,
//! and nothing may be lost by them.

use crate::evidence::Evidence;
use crate::world::World;

/// The company never saw more than its limits.
pub fn judge(world: &World, _: &Evidence, out: &mut Vec<String>) {
    let meter = world.company().meter();
    // What was held up on its way comes when its sender cannot know.
    let surprises = world.profile.clocks_mislead() || world.profile.ledger.held_up > 0;
    if world.profile.throttled && !surprises && meter.violations > 0 {
        out.push(format!("{} requests beyond the limits", meter.violations));
    }
}
