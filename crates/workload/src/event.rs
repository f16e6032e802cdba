//! What happens, in order of time, without a memory of what went before.

use crate::payout::{Batch, Payouts};
use crate::plan::{Plan, Step, World};
use std::sync::Arc;

/// Something that a vendor tells of.
#[derive(Clone)]
pub struct Event {
    /// When it happened, seconds.
    pub at: i64,
    pub what: What,
}

/// What a vendor tells of.
#[derive(Clone)]
pub enum What {
    Order { index: u32, step: Step },
    Payout(Arc<Batch>),
    PayoutItems(Arc<Batch>),
}

impl What {
    /// A number of its own for every event.
    pub fn identity(&self) -> u64 {
        match self {
            Self::Order { index, step } => u64::from(*index) * 64 + *step as u64,
            Self::Payout(batch) => (batch.number << 32) * 64 + 62,
            Self::PayoutItems(batch) => (batch.number << 32) * 64 + 63,
        }
    }
}

/// One kind of step over all orders, by time. Looks at the next order only when its time has come,
/// so that steps that hardly ever happen cost nothing ahead.
struct Cursor {
    step: Step,
    /// The order that is looked at next.
    next: Option<Plan>,
    /// When the step would happen to it, seconds.
    at: i64,
}

impl Cursor {
    fn move_to(&mut self, world: &World, index: u32) {
        self.next = (index < world.shape.orders).then(|| Plan::of(world, index));
        self.at = self.next.map_or(i64::MAX, |plan| plan.placed + self.step.lag());
    }
}

/// Steps of several kinds, by time. Holds one order per kind, whatever the size.
pub struct Steps {
    world: Arc<World>,
    cursors: Vec<Cursor>,
}

impl Steps {
    pub fn new(world: &Arc<World>, steps: &[Step]) -> Self {
        let cursors = steps.iter().map(|step| {
            let mut cursor = Cursor { step: *step, next: None, at: i64::MAX };
            cursor.move_to(world, 0);
            cursor
        });
        Self { cursors: cursors.collect(), world: Arc::clone(world) }
    }

    /// The first step that really happens before `until`, and where it stands.
    fn first(&mut self, until: i64) -> Option<(usize, Plan, i64)> {
        loop {
            let (n, cursor) = self.cursors.iter_mut().enumerate().min_by_key(|(_, c)| c.at)?;
            let plan = cursor.next.filter(|_| cursor.at < until)?;
            if let Some(at) = plan.at(&self.world, cursor.step) {
                return Some((n, plan, at));
            }
            cursor.move_to(&self.world, plan.index + 1);
        }
    }

    /// The next step before `until`, if there is one: time, order, step.
    pub fn next_before(&mut self, until: i64) -> Option<(i64, u32, Step)> {
        let (n, plan, at) = self.first(until)?;
        let cursor = &mut self.cursors[n];
        cursor.move_to(&self.world, plan.index + 1);
        Some((at, plan.index, cursor.step))
    }
}

/// Everything that happens in the month, by time.
pub struct Events {
    steps: Steps,
    payouts: Option<Payouts>,
    payout: Option<Event>,
}

impl Events {
    pub fn new(world: &Arc<World>) -> Self {
        let mut payouts = world.shape.features.payouts.then(|| Payouts::new(world));
        let payout = payouts.as_mut().and_then(Iterator::next);
        let (system, processor) = (world.shape.order_system, world.shape.processor);
        let is_sent = |step: &Step| {
            let is_left_out = system.is_told_by_payouts() && Step::MONEY.contains(step);
            system.tells(*step) && !is_left_out && !system.is_file()
        };
        let ours = Step::ALL.into_iter().filter(is_sent);
        let told = Step::TOLD.into_iter().filter(|_| processor.tells_payments(system));
        let steps: Vec<Step> = ours.chain(told).collect();
        Self { steps: Steps::new(world, &steps), payouts, payout }
    }
}

impl Iterator for Events {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        let end = self.steps.world.calendar.end();
        let until = self.payout.as_ref().map_or(end, |payout| payout.at + 1);
        if let Some((at, index, step)) = self.steps.next_before(until) {
            return Some(Event { at, what: What::Order { index, step } });
        }
        let next = self.payouts.as_mut().and_then(Iterator::next);
        std::mem::replace(&mut self.payout, next)
    }
}
