//! The processor's payouts: every one to three days, what was earned up to two days before, in batches.

use crate::content::{Content, half_up};
use crate::draw::{Draws, Salt};
use crate::event::{Event, Steps, What};
use crate::plan::{DisputeEnd, Gateway, Plan, Step, World};
use crate::refund::Refund;
use std::sync::Arc;

/// Most movements in one payout; further ones make a further payout of the same day.
const ENTRIES_MAX: usize = 250;
/// What a dispute costs, hundredths of a major unit.
const DISPUTE_FEE: i64 = 1_500;
/// Paid out at nine in the morning, batches 20 seconds apart, itemised 8 seconds later.
const PAID_AT: i64 = 9 * 3_600;
const APART: i64 = 20;
const ITEMISED_AFTER: i64 = 8;

/// A payout with its movements.
pub struct Batch {
    /// From 1, counted over the month.
    pub number: u64,
    /// When it is paid, seconds.
    pub at: i64,
    /// Day of arrival, days since 1970.
    pub arrival_day: i64,
    pub movements: Vec<Movement>,
}

impl Batch {
    /// What reaches the bank.
    pub fn amount(&self) -> i64 {
        self.movements.iter().map(|m| m.amount - m.fee).sum()
    }
}

/// What a movement is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    Charge,
    Refund,
    DisputeTaken,
    DisputeGivenBack,
}

/// One movement on the balance.
#[derive(Clone, Copy, Debug)]
pub struct Movement {
    pub index: u32,
    pub cause: Cause,
    /// Which tender of the order it is about.
    pub tender: usize,
    pub at: i64,
    /// Signed.
    pub amount: i64,
    pub fee: i64,
}

impl Movement {
    /// What `step` of an order moves at the processor, if anything.
    pub fn of(world: &World, at: i64, index: u32, step: Step) -> Option<Self> {
        let plan = Plan::of(world, index);
        if !plan.is_captured() {
            return None;
        }
        let content = Content::of(world, &plan);
        let tenders = content.tenders(world, &plan);
        let tender = tenders.iter().position(|t| t.gateway == Gateway::Processor)?;
        let paid = tenders[tender].amount;
        let movement = |cause, amount, fee| Self { index, cause, tender, at, amount, fee };
        match step {
            _ if step == plan.paid_step(tender == 1) => {
                Some(movement(Cause::Charge, paid, fee(world, paid)))
            }
            Step::RefundEarly | Step::RefundMiddle | Step::RefundLate => {
                let refund = Refund::of(world, &plan, &content)?;
                (refund.tender.amount > 0)
                    .then(|| movement(Cause::Refund, -refund.tender.amount, 0))
            }
            Step::DisputeOpened => Some(movement(Cause::DisputeTaken, -paid, dispute_fee(world))),
            Step::DisputeClosed if plan.dispute_end() == DisputeEnd::Won => {
                Some(movement(Cause::DisputeGivenBack, paid, 0))
            }
            _ => None,
        }
    }
}

/// 2.9 % and 30 cents, rounded half up.
const fn fee(world: &World, amount: i64) -> i64 {
    half_up(amount * 29, 1_000) + 30 * world.hundredth
}

/// What opening a dispute costs.
pub const fn dispute_fee(world: &World) -> i64 {
    if world.shape.processor.charges_for_disputes() { DISPUTE_FEE * world.hundredth } else { 0 }
}

/// The payouts of the month, by time.
pub struct Payouts {
    world: Arc<World>,
    steps: Steps,
    /// Day of the month on which the next payout is made, from 0.
    day: usize,
    /// Payouts made on that day.
    of_day: i64,
    /// Payouts made.
    made: u64,
    /// Movements that wait for a payout.
    open: Vec<Movement>,
    items: Option<Event>,
}

impl Payouts {
    pub fn new(world: &Arc<World>) -> Self {
        let steps = Steps::new(world, &Step::MONEY);
        let world = Arc::clone(world);
        Self { world, steps, day: 2, of_day: 0, made: 0, open: Vec::new(), items: None }
    }

    /// The next day of payout, or past the month when there is none. The last day is always one.
    fn following(&self) -> usize {
        let last = self.world.calendar.len() - 1;
        if self.day >= last {
            return last + 1;
        }
        let draws = Draws::of(self.world.seed, self.day as u64);
        let gap = 1 + usize::try_from(draws.below(Salt::PayoutGap, 3)).unwrap_or(0);
        (self.day + gap).min(last)
    }

    /// Gathers movements until the payout is full or there are no more for the day. Says whether
    /// it is full.
    fn gather(&mut self) -> bool {
        let until = self.world.calendar.start_of(self.day - 1);
        while self.open.len() < ENTRIES_MAX || self.net() <= 0 {
            let Some((at, index, step)) = self.steps.next_before(until) else { return false };
            self.open.extend(Movement::of(&self.world, at, index, step));
        }
        true
    }

    fn net(&self) -> i64 {
        self.open.iter().map(|m| m.amount - m.fee).sum()
    }

    fn pay(&mut self) -> Event {
        self.made += 1;
        let calendar = &self.world.calendar;
        let at = calendar.start_of(self.day) + PAID_AT + self.of_day * APART;
        let at = at.min(calendar.end() - APART);
        self.of_day += 1;
        let batch = Arc::new(Batch {
            number: self.made,
            at,
            arrival_day: calendar.epoch_day(self.day),
            movements: std::mem::take(&mut self.open),
        });
        let what = What::PayoutItems(Arc::clone(&batch));
        self.items = Some(Event { at: at + ITEMISED_AFTER, what });
        Event { at, what: What::Payout(batch) }
    }
}

impl Iterator for Payouts {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        if let Some(items) = self.items.take() {
            return Some(items);
        }
        while self.day < self.world.calendar.len() {
            if self.gather() {
                return Some(self.pay());
            }
            // What does not come to a payout waits for the next.
            let payout = (self.net() > 0).then(|| self.pay());
            self.day = self.following();
            self.of_day = 0;
            if payout.is_some() {
                return payout;
            }
        }
        None
    }
}
