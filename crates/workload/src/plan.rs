//! What happens to one order, decided from its number alone.

use crate::calendar::Calendar;
use crate::content::{Content, Tender};
use crate::draw::{Draws, Salt, mix, text};
use crate::payout::Movement;
use crate::shape::Shape;
use kernel::MoneyConvention;

/// Shape and calendar, with what is worked out once.
pub struct World {
    pub shape: Shape,
    pub calendar: Calendar,
    /// Seed of this shop and month.
    pub seed: u64,
    /// Eight digits that make ids of payments differ between shops and seeds.
    pub tag: String,
    /// Decimals of the currency.
    pub exponent: u32,
    /// Minor units in a hundredth of a major unit, at least one.
    pub hundredth: i64,
}

impl World {
    pub fn new(shape: &Shape) -> Self {
        let seed = mix(shape.seed ^ text(shape.shop));
        let exponent = shape.currency.exponent();
        Self {
            shape: *shape,
            calendar: Calendar::new(shape),
            seed,
            tag: format!("{:08x}", seed >> 32),
            exponent,
            hundredth: 10_i64.pow(exponent.saturating_sub(2)),
        }
    }

    /// An amount in a vendor's own unit. It is finer for some currencies, and coarser for those whose
    /// amounts are whole all the same.
    pub fn in_units(&self, minor: i64, convention: MoneyConvention) -> i64 {
        let theirs = self.shape.currency.vendor_exponent(convention);
        match (theirs.checked_sub(self.exponent), self.exponent.checked_sub(theirs)) {
            (Some(finer), _) => minor * 10_i64.pow(finer),
            (None, coarser) => minor / 10_i64.pow(coarser.unwrap_or(0)),
        }
    }

    /// The processor behind a gateway, as facts and rules name it.
    pub const fn processor(&self, gateway: Gateway) -> &'static str {
        match gateway {
            Gateway::Processor => self.shape.processor.kind(),
            Gateway::Other => {
                let others = self.shape.order_system.others();
                match others {
                    Some(name) => name,
                    None => self.shape.processor.other(),
                }
            }
            Gateway::Own => self.shape.order_system.own_payments(),
            Gateway::Manual => "manual",
            Gateway::GiftCard => "gift_card",
            Gateway::Bogus => "bogus",
        }
    }
}

/// Who moves the money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gateway {
    /// The company's processor, whose payouts are told.
    Processor,
    /// Another one, of which nothing but the payments is told.
    Other,
    /// The order system's own payments, whose payouts are not told.
    Own,
    Manual,
    GiftCard,
    /// Of test orders.
    Bogus,
}

/// The course an order takes; see [`crate::Features`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Course {
    Test,
    Free,
    Unpaid,
    Cancelled,
    Unfooting,
    GiftCard,
    Split,
    Disputed,
    RefundedWhole,
    RefundedPart,
    Paid,
}

/// What happens around an order. Each step comes a fixed time after the order was placed, so that
/// the steps of one kind follow one another like the orders do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    Created,
    Paid,
    PaidSecond,
    Edited,
    PaidEdited,
    PaidSecondEdited,
    Unknown,
    Cancelled,
    Voided,
    Updated,
    Stale,
    RefundEarly,
    RefundMiddle,
    RefundLate,
    DisputeOpened,
    DisputeClosed,
    /// A refund is told in full, where the step before said less.
    RefundEarlyDetail,
    RefundMiddleDetail,
    RefundLateDetail,
    /// The processor tells what the order system told some seconds before, as all that begin with it.
    ToldPaid,
    ToldPaidSecond,
    ToldPaidEdited,
    ToldPaidSecondEdited,
    ToldVoided,
    ToldRefundEarly,
    ToldRefundMiddle,
    ToldRefundLate,
}

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;
/// How much later than the refund its detail is told.
const DETAIL: i64 = 600;

/// How long after the order system the processor tells of a payment or a refund, seconds.
const TOLD_AFTER: i64 = 11;

impl Step {
    /// What happens with every processor.
    pub const ALL: [Self; 19] = [
        Self::Created,
        Self::Paid,
        Self::PaidSecond,
        Self::Edited,
        Self::PaidEdited,
        Self::PaidSecondEdited,
        Self::Unknown,
        Self::Cancelled,
        Self::Voided,
        Self::Updated,
        Self::Stale,
        Self::RefundEarly,
        Self::RefundMiddle,
        Self::RefundLate,
        Self::DisputeOpened,
        Self::DisputeClosed,
        Self::RefundEarlyDetail,
        Self::RefundMiddleDetail,
        Self::RefundLateDetail,
    ];

    /// What a processor tells that tells of payments.
    pub const TOLD: [Self; 8] = [
        Self::ToldPaid,
        Self::ToldPaidSecond,
        Self::ToldPaidEdited,
        Self::ToldPaidSecondEdited,
        Self::ToldVoided,
        Self::ToldRefundEarly,
        Self::ToldRefundMiddle,
        Self::ToldRefundLate,
    ];

    /// Steps that move money at the processor.
    pub const MONEY: [Self; 9] = [
        Self::Paid,
        Self::PaidSecond,
        Self::PaidEdited,
        Self::PaidSecondEdited,
        Self::RefundEarly,
        Self::RefundMiddle,
        Self::RefundLate,
        Self::DisputeOpened,
        Self::DisputeClosed,
    ];

    /// Whether the processor tells of it, and not the order system.
    pub const fn is_told_by_processor(self) -> bool {
        matches!(self, Self::DisputeOpened | Self::DisputeClosed) || self.told().is_some()
    }

    /// The step that the order system tells and the processor once more.
    pub const fn told(self) -> Option<Self> {
        Some(match self {
            Self::ToldPaid => Self::Paid,
            Self::ToldPaidSecond => Self::PaidSecond,
            Self::ToldPaidEdited => Self::PaidEdited,
            Self::ToldPaidSecondEdited => Self::PaidSecondEdited,
            Self::ToldVoided => Self::Voided,
            Self::ToldRefundEarly => Self::RefundEarly,
            Self::ToldRefundMiddle => Self::RefundMiddle,
            Self::ToldRefundLate => Self::RefundLate,
            _ => return None,
        })
    }

    /// Whether money goes back.
    pub const fn is_refund(self) -> bool {
        matches!(self, Self::RefundEarly | Self::RefundMiddle | Self::RefundLate)
    }

    /// Whether it tells a refund in full.
    pub const fn is_refund_detail(self) -> bool {
        matches!(self, Self::RefundEarlyDetail | Self::RefundMiddleDetail | Self::RefundLateDetail)
    }

    /// The step that tells it in full, of a refund.
    pub const fn detail(self) -> Option<Self> {
        match self {
            Self::RefundEarly => Some(Self::RefundEarlyDetail),
            Self::RefundMiddle => Some(Self::RefundMiddleDetail),
            Self::RefundLate => Some(Self::RefundLateDetail),
            _ => None,
        }
    }

    /// Seconds after the order was placed.
    pub const fn lag(self) -> i64 {
        match self {
            Self::Created => 2,
            Self::Paid => 5,
            Self::PaidSecond => 7,
            Self::Edited => 180,
            Self::PaidEdited => 300,
            Self::PaidSecondEdited => 302,
            Self::Unknown => 600,
            Self::Cancelled => HOUR,
            Self::Voided => HOUR + 2,
            Self::Updated => 26 * HOUR,
            Self::Stale => 26 * HOUR + 40,
            Self::RefundEarly => 2 * DAY,
            Self::RefundMiddle => 4 * DAY,
            Self::RefundLate => 8 * DAY,
            Self::DisputeOpened => 6 * DAY,
            Self::DisputeClosed => 14 * DAY,
            Self::RefundEarlyDetail => 2 * DAY + DETAIL,
            Self::RefundMiddleDetail => 4 * DAY + DETAIL,
            Self::RefundLateDetail => 8 * DAY + DETAIL,
            Self::ToldPaid => Self::Paid.lag() + TOLD_AFTER,
            Self::ToldPaidSecond => Self::PaidSecond.lag() + TOLD_AFTER,
            Self::ToldPaidEdited => Self::PaidEdited.lag() + TOLD_AFTER,
            Self::ToldPaidSecondEdited => Self::PaidSecondEdited.lag() + TOLD_AFTER,
            Self::ToldVoided => Self::Voided.lag() + TOLD_AFTER,
            Self::ToldRefundEarly => Self::RefundEarly.lag() + TOLD_AFTER,
            Self::ToldRefundMiddle => Self::RefundMiddle.lag() + TOLD_AFTER,
            Self::ToldRefundLate => Self::RefundLate.lag() + TOLD_AFTER,
        }
    }
}

/// How a dispute ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisputeEnd {
    Open,
    Won,
    Lost,
}

/// One order's fate.
#[derive(Clone, Copy)]
pub struct Plan {
    pub index: u32,
    pub draws: Draws,
    /// When it was placed, seconds.
    pub placed: i64,
    pub course: Course,
    /// The first version has another total.
    pub is_edited: bool,
    /// Told of again when it is fulfilled.
    pub is_updated: bool,
}

impl Plan {
    pub fn of(world: &World, index: u32) -> Self {
        let draws = Draws::of(world.seed, u64::from(index));
        let f = &world.shape.features;
        let course = course(&world.shape, draws);
        let system = world.shape.order_system;
        let has_edits = !matches!(course, Course::Free | Course::Test | Course::Cancelled)
            && system.tells(Step::Edited);
        Self {
            index,
            draws,
            placed: world.calendar.placed(index, world.shape.orders, draws),
            course,
            is_edited: has_edits && draws.chance(Salt::Edited, f.edits_per_mille),
            is_updated: course != Course::Cancelled
                && system.tells(Step::Updated)
                && draws.chance(Salt::Updated, f.updates_per_mille),
        }
    }

    /// When `step` happens, if it does and the month has not ended before.
    pub fn at(&self, world: &World, step: Step) -> Option<i64> {
        let at = self.placed + step.lag();
        (at < world.calendar.end() && self.takes(world, step)).then_some(at)
    }

    fn takes(&self, world: &World, step: Step) -> bool {
        let faults = &world.shape.faults;
        if !world.shape.order_system.tells(step) {
            return false;
        }
        match step {
            Step::Created => true,
            Step::Paid => !self.is_edited && self.course != Course::Free,
            Step::PaidEdited => self.is_edited && self.course != Course::Free,
            Step::PaidSecond => !self.is_edited && self.has_two_tenders(world),
            Step::PaidSecondEdited => self.is_edited && self.has_two_tenders(world),
            Step::Edited => self.is_edited,
            Step::Unknown => self.draws.chance(Salt::Unknown, faults.unknown_topic_per_mille),
            Step::Cancelled | Step::Voided => self.course == Course::Cancelled,
            Step::Updated => self.is_updated,
            Step::Stale => {
                (self.is_updated || self.is_edited)
                    && self.draws.chance(Salt::Stale, faults.stale_update_per_mille)
            }
            Step::RefundEarly | Step::RefundMiddle | Step::RefundLate => {
                self.refund_step() == Some(step)
            }
            Step::RefundEarlyDetail | Step::RefundMiddleDetail | Step::RefundLateDetail => {
                self.refund_step().and_then(Step::detail) == Some(step)
            }
            Step::DisputeOpened => self.course == Course::Disputed,
            Step::DisputeClosed => {
                self.course == Course::Disputed && self.dispute_end() != DisputeEnd::Open
            }
            Step::ToldPaid
            | Step::ToldPaidSecond
            | Step::ToldPaidEdited
            | Step::ToldPaidSecondEdited
            | Step::ToldVoided
            | Step::ToldRefundEarly
            | Step::ToldRefundMiddle
            | Step::ToldRefundLate => self.is_told_twice(world, step),
        }
    }

    /// Whether the processor tells of what `step` tells again: of what it moved itself.
    fn is_told_twice(&self, world: &World, step: Step) -> bool {
        let Some(told) = step.told().filter(|told| self.takes(world, *told)) else { return false };
        let Some((n, _)) = self.by_processor(world) else { return false };
        match told {
            Step::Voided => true,
            Step::RefundEarly | Step::RefundMiddle | Step::RefundLate => {
                Movement::of(world, self.placed, self.index, told).is_some()
            }
            paid => paid == self.paid_step(n == 1),
        }
    }

    /// What goes through the processor, and which tender it is.
    pub fn by_processor(&self, world: &World) -> Option<(usize, Tender)> {
        let tenders = Content::of(world, self).tenders(world, self);
        let found = tenders.iter().position(|t| t.gateway == Gateway::Processor)?;
        Some((found, tenders[found]))
    }

    /// Whether real money was captured.
    pub const fn is_captured(&self) -> bool {
        !matches!(self.course, Course::Test | Course::Free | Course::Unpaid | Course::Cancelled)
    }

    /// Whether gift cards leave a rest to pay, the amounts decide.
    fn has_two_tenders(&self, world: &World) -> bool {
        matches!(self.course, Course::GiftCard | Course::Split)
            && Content::of(world, self).tenders(world, self).len() > 1
    }

    /// When the order comes back, if it does.
    pub fn refund_step(&self) -> Option<Step> {
        let steps = [Step::RefundEarly, Step::RefundMiddle, Step::RefundLate];
        matches!(self.course, Course::RefundedPart | Course::RefundedWhole)
            .then(|| self.draws.pick(Salt::RefundWhen, &steps))
    }

    /// Whether it was sold on account and is given up within the month.
    pub fn is_given_up(&self, world: &World) -> bool {
        world.shape.order_system.is_file() && self.at(world, Step::DisputeOpened).is_some()
    }

    pub fn dispute_end(&self) -> DisputeEnd {
        let ends = [DisputeEnd::Open, DisputeEnd::Won, DisputeEnd::Lost];
        self.draws.pick(Salt::DisputeEnd, &ends)
    }

    /// The step that pays.
    pub const fn paid_step(&self, is_second: bool) -> Step {
        match (self.is_edited, is_second) {
            (false, false) => Step::Paid,
            (false, true) => Step::PaidSecond,
            (true, false) => Step::PaidEdited,
            (true, true) => Step::PaidSecondEdited,
        }
    }

    /// The gateway of a payment that nothing else decides.
    pub fn gateway(&self, world: &World) -> Gateway {
        let others =
            [Gateway::Other, Gateway::Other, Gateway::Other, Gateway::Own, Gateway::Manual];
        match self.course {
            Course::Test => Gateway::Bogus,
            _ if !world.shape.order_system.takes_other_tenders() => Gateway::Processor,
            Course::Paid | Course::RefundedPart | Course::RefundedWhole
                if self
                    .draws
                    .chance(Salt::Gateway, world.shape.features.other_gateways_per_mille) =>
            {
                self.draws.pick(Salt::OtherGateway, &others)
            }
            _ => Gateway::Processor,
        }
    }

    /// Number of the order as people see it.
    pub const fn number(&self) -> u64 {
        1_001 + self.index as u64
    }

    pub const fn order_id(&self) -> u64 {
        5_400_000_000_000 + self.index as u64
    }

    pub const fn line_id(&self, n: usize) -> u64 {
        13_000_000_000_000 + self.index as u64 * 16 + n as u64
    }

    /// 0 and 1: what pays; 2: the void; 3 and 4: what goes back.
    pub const fn transaction_id(&self, n: usize) -> u64 {
        6_800_000_000_000 + self.index as u64 * 8 + n as u64
    }

    pub const fn refund_id(&self) -> u64 {
        910_000_000_000 + self.index as u64
    }

    /// What an event of an unknown kind says that it is worth, minor units.
    pub fn unknown_amount(&self, world: &World) -> i64 {
        if !world.shape.order_system.prices_the_unknown() {
            return 0;
        }
        let units = self.draws.below(Salt::UnknownAmount, 40);
        i64::try_from(units + 1).unwrap_or(1) * 250 * world.hundredth
    }

    pub const fn customer(&self) -> u64 {
        1 + self.draws.below(Salt::Customer, CUSTOMERS)
    }
}

/// Different buyers.
const CUSTOMERS: u64 = 4_000;

fn course(shape: &Shape, draws: Draws) -> Course {
    let f = &shape.features;
    let tests = if shape.order_system.has_tests() { f.test_orders_per_mille } else { 0 };
    let shares = [
        (tests, Course::Test),
        (f.zero_total_per_mille, Course::Free),
        (f.unpaid_per_mille, Course::Unpaid),
        (f.cancellations_per_mille, Course::Cancelled),
        (shape.faults.unfooting_per_mille, Course::Unfooting),
        (f.gift_cards_redeemed_per_mille, Course::GiftCard),
        (f.split_tender_per_mille, Course::Split),
        (f.disputes_per_mille, Course::Disputed),
        (f.full_refunds_per_mille, Course::RefundedWhole),
        (f.partial_refunds_per_mille, Course::RefundedPart),
    ];
    let mut left = draws.below(Salt::Course, 1_000);
    for (share, course) in shares {
        if left < u64::from(share) {
            return if shape.order_system.knows(course) { course } else { Course::Paid };
        }
        left -= u64::from(share);
    }
    Course::Paid
}
