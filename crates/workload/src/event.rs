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

/// One kind of step over all orders, by time.
struct Cursor {
    step: Step,
    next: u32,
    head: Option<(i64, u32)>,
}

impl Cursor {
    fn advance(&mut self, world: &World) {
        self.head = None;
        while self.next < world.shape.orders {
            let index = self.next;
            self.next += 1;
            let plan = Plan::of(world, index);
            if let Some(at) = plan.at(world, self.step) {
                self.head = Some((at, index));
                return;
            }
        }
    }
}

/// Steps of several kinds, by time. Holds one order number per kind, whatever the size.
pub struct Steps {
    world: Arc<World>,
    cursors: Vec<Cursor>,
}

impl Steps {
    pub fn new(world: &Arc<World>, steps: &[Step]) -> Self {
        let mut cursors: Vec<Cursor> =
            steps.iter().map(|step| Cursor { step: *step, next: 0, head: None }).collect();
        for cursor in &mut cursors {
            cursor.advance(world);
        }
        Self { world: Arc::clone(world), cursors }
    }

    fn first(&self) -> Option<(i64, usize)> {
        let heads = self.cursors.iter().enumerate();
        heads.filter_map(|(n, c)| c.head.map(|(at, _)| (at, n))).min()
    }

    /// When the next step happens.
    pub fn next_at(&self) -> Option<i64> {
        self.first().map(|(at, _)| at)
    }
}

impl Iterator for Steps {
    /// Time, order, step.
    type Item = (i64, u32, Step);

    fn next(&mut self) -> Option<Self::Item> {
        let (_, n) = self.first()?;
        let cursor = &mut self.cursors[n];
        let (at, index) = cursor.head?;
        let step = cursor.step;
        cursor.advance(&self.world);
        Some((at, index, step))
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
        Self { steps: Steps::new(world, &Step::ALL), payouts, payout }
    }
}

impl Iterator for Events {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        let is_payout = match (&self.payout, self.steps.next_at()) {
            (Some(payout), Some(at)) => payout.at < at,
            (Some(_), None) => true,
            (None, _) => false,
        };
        if is_payout {
            let next = self.payouts.as_mut().and_then(Iterator::next);
            return std::mem::replace(&mut self.payout, next);
        }
        let (at, index, step) = self.steps.next()?;
        Some(Event { at, what: What::Order { index, step } })
    }
}
