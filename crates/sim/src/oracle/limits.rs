//! Limits, counted where they are set: the company never saw more requests than it allows. Where
//! clocks step, a minute of ours may be less than one of the ledger's; then only its refusals count,
//! and nothing may be lost by them.

use crate::evidence::Evidence;
use crate::world::World;

/// The company never saw more than its limits.
pub fn judge(world: &World, _: &Evidence, out: &mut Vec<String>) {
    let meter = world.company().meter();
    if world.profile.throttled && !world.profile.clocks_mislead() && meter.violations > 0 {
        out.push(format!("{} requests beyond the limits", meter.violations));
    }
}
