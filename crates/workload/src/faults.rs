//! What goes wrong on the way: repeats, delays, spoilt signatures. Nothing is lost.

use crate::draw::{Draws, Salt};
use crate::event::{Event, Events};
use crate::plan::World;
use std::sync::Arc;

/// How one attempt at a delivery goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// It comes as it was sent, for the first time.
    First,
    /// It comes as it was sent, again.
    Again,
    /// It comes with a signature that does not fit, and is refused.
    Spoilt,
}

/// Something that arrives.
pub struct Arrival {
    pub event: Event,
    pub attempt: Attempt,
}

struct Late {
    /// Place in the order of events after which it comes.
    due: u64,
    arrival: Arrival,
}

/// Everything that arrives, in order. Holds what is late, which [`DeliveryFaults`] bounds.
///
/// [`DeliveryFaults`]: crate::DeliveryFaults
pub struct Arrivals {
    world: Arc<World>,
    events: Events,
    seen: u64,
    late: Vec<Late>,
}

impl Arrivals {
    pub fn new(world: &Arc<World>) -> Self {
        let world = Arc::clone(world);
        Self { events: Events::new(&world), world, seen: 0, late: Vec::new() }
    }

    /// The late arrival that is due first, when it is due (or nothing else is to come).
    fn overdue(&mut self, is_end: bool) -> Option<Arrival> {
        let (n, late) = self.late.iter().enumerate().min_by_key(|(n, l)| (l.due, *n))?;
        (is_end || late.due <= self.seen).then(|| self.late.remove(n).arrival)
    }

    fn delay(&mut self, event: &Event, attempt: Attempt, by: u64) {
        let arrival = Arrival { event: event.clone(), attempt };
        self.late.push(Late { due: self.seen + by, arrival });
    }
}

impl Iterator for Arrivals {
    type Item = Arrival;

    fn next(&mut self) -> Option<Arrival> {
        loop {
            if let Some(arrival) = self.overdue(false) {
                return Some(arrival);
            }
            let Some(event) = self.events.next() else { return self.overdue(true) };
            self.seen += 1;
            let faults = self.world.shape.faults;
            let draws = Draws::of(!self.world.seed, event.what.identity());
            let by = |salt| 1 + draws.below(salt, u64::from(faults.reordered_by_max));
            let is_late = draws.chance(Salt::Reordered, faults.reordered_per_mille);
            let lag = if is_late { by(Salt::ReorderedBy) } else { 0 };
            if draws.chance(Salt::Duplicated, faults.duplicated_per_mille) {
                self.delay(&event, Attempt::Again, lag + by(Salt::DuplicatedBy));
            }
            if draws.chance(Salt::Spoilt, faults.wrong_signature_per_mille) {
                // The vendor tries again after the refusal.
                self.delay(&event, Attempt::First, lag + by(Salt::SpoiltBy));
                return Some(Arrival { event, attempt: Attempt::Spoilt });
            }
            if is_late {
                self.delay(&event, Attempt::First, lag);
            } else {
                return Some(Arrival { event, attempt: Attempt::First });
            }
        }
    }
}
