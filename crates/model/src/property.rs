//! What must hold, in the words of the simulation's oracles, and what the search must reach to be
//! worth anything.

use crate::Lane;
use crate::state::{Row, RowState, State};
use stateright::{Model as _, Property};

/// At most one live object per business key.
pub const ONE: &str = "at most one live object per key";
/// Nothing is sent while an earlier call about it may have been done or still be.
pub const UNKNOWN: &str = "nothing is sent while it is unknown whether it was done";
/// Only the owner of the lane decides.
pub const STALE: &str = "no decision under a stale token";
/// What we say stands in the ledger stands there, as the document it is.
pub const TRUE: &str = "what is posted or verified stands in the ledger, once";
/// Once faults end everything is verified or held.
pub const ENDS: &str = "everything is verified or held in the end";

pub fn all() -> Vec<Property<Lane>> {
    vec![
        Property::always(ONE, |_, s: &State| {
            (0_u8..).zip(&s.rows).all(|(doc, _)| s.live(doc).len() <= 1)
        }),
        Property::always(UNKNOWN, |_, s: &State| !s.seen.sent_in_doubt),
        Property::always(STALE, |_, s: &State| !s.seen.stale_decision),
        Property::always(TRUE, |_, s: &State| {
            let said = |r: &Row| matches!(r.state, RowState::Posted | RowState::Verified);
            let mut said = (0_u8..).zip(&s.rows).filter(|(_, r)| said(r));
            said.all(|(doc, r)| r.object.is_some_and(|o| s.live(doc) == [o]))
        }),
        // With [`crate::has_no_cycle`]: every history ends, and each end is such a state.
        Property::always(ENDS, |lane: &Lane, s: &State| {
            let mut next = Vec::new();
            lane.actions(s, &mut next);
            s.is_at_rest() || !next.is_empty()
        }),
        Property::sometimes("an answer comes from the ledger's memory", |_, s: &State| {
            s.seen.replayed && s.is_at_rest()
        }),
        Property::sometimes("a search finds what a lost answer made", |_, s: &State| {
            s.seen.found && s.is_at_rest()
        }),
        Property::sometimes("a lane is taken over with a call under way", |_, s: &State| {
            s.seen.taken_over && !s.net.is_empty()
        }),
        Property::sometimes("everything is verified after a take-over", |_, s: &State| {
            s.seen.taken_over && s.rows.iter().all(|r| r.state == RowState::Verified)
        }),
    ]
}
