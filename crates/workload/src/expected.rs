//! What the month comes to, told by the generator itself and by no rule of a ledger.

use crate::content::{Content, Ware};
use crate::event::What;
use crate::faults::{Arrivals, Attempt};
use crate::payout::{self, Batch, Cause, Movement};
use crate::plan::{Course, DisputeEnd, Gateway, Plan, Step, World};
use crate::refund::Refund;
use crate::shape::Shape;
use kernel::{Currency, ReasonCode};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How many, and what they add up to in minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// How many.
    pub count: u64,
    /// Their sum, minor units.
    pub minor: i64,
}

impl Count {
    const fn add(&mut self, minor: i64) {
        self.count += 1;
        self.minor += minor;
    }
}

/// What orders consist of, minor units, as the source states it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// Goods before discounts, without gift cards.
    pub goods: i64,
    /// Discounts, positive.
    pub discounts: i64,
    /// Shipping.
    pub shipping: i64,
    /// Tips.
    pub tips: i64,
    /// Tax, on top of the others or inside them.
    pub tax: i64,
}

/// What is to be found when everything has arrived and has been dealt with. Amounts are positive
/// minor units of `currency` unless said otherwise; only what happened within the month counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// The one currency.
    pub currency: Currency,
    /// All orders with their totals as last stated.
    pub orders: Count,
    /// Orders to be posted: neither held nor excluded nor waiting for money.
    pub posted: Count,
    /// Of those, orders that cost nothing: goods and a discount of the same amount. Where prices
    /// hold the tax they are excluded instead (`ZeroValue`).
    pub free: u64,
    /// Real orders that were paid, with what was captured, gift cards included.
    pub paid: Count,
    /// Captures of real money by processor (`stripe`, `paypal`, …); without gift cards and tests.
    pub captured: BTreeMap<&'static str, Count>,
    /// What the posted orders consist of.
    pub parts: Parts,
    /// Gift-card lines on orders to be posted.
    pub gift_cards_sold: Count,
    /// Payments with gift cards.
    pub gift_cards_redeemed: Count,
    /// Refunds of money.
    pub refunds: Count,
    /// What those refunds consist of: goods at what was paid for them, shipping and tax.
    pub refunded: Parts,
    /// Credit notes of what was sold on account.
    pub credited: Count,
    /// What was sold on account and is given up.
    pub given_up: Count,
    /// What buyers on account owe in the end, minor units.
    pub receivable: i64,
    /// Payouts that reached the bank.
    pub payouts: Count,
    /// Movements inside those payouts, net, where the processor itemises them.
    pub payout_entries: Count,
    /// Fees of charges inside those payouts. Where they are not itemised, of all charges, and of the
    /// disputes inside those payouts.
    pub fees: Count,
    /// Fees of disputes opened; where only an itemised payout tells them, of those inside payouts.
    pub dispute_fees: Count,
    /// Disputes opened with the disputed amount.
    pub disputes: Count,
    /// Disputes won.
    pub disputes_won: Count,
    /// Disputes lost.
    pub disputes_lost: Count,
    /// Orders that must end held, by reason.
    pub held: BTreeMap<ReasonCode, Count>,
    /// Orders that must end excluded, by reason.
    pub excluded: BTreeMap<ReasonCode, Count>,
    /// Orders that must still wait, by reason.
    pub pending: BTreeMap<ReasonCode, Count>,
    /// Webhooks of an unknown topic (`SRC-005`) with the amount at stake; repeats not counted.
    pub unknown_topics: Count,
    /// What each processor still owes when all posted orders, refunds, disputes, payouts and the
    /// fees inside payouts are booked: the balance of its clearing account.
    pub clearing: BTreeMap<&'static str, i64>,
    /// Everything that arrives.
    pub deliveries: u64,
    /// Of those, deliveries that came before with the same id and body.
    pub duplicates: u64,
    /// Of those, deliveries to be refused for their signature.
    pub refused: u64,
    /// Of the rest, orders told once more in an old version.
    pub stale: u64,
}

impl Expected {
    fn nothing(currency: Currency) -> Self {
        Self {
            currency,
            orders: Count::default(),
            posted: Count::default(),
            free: 0,
            paid: Count::default(),
            captured: BTreeMap::new(),
            parts: Parts::default(),
            gift_cards_sold: Count::default(),
            gift_cards_redeemed: Count::default(),
            refunds: Count::default(),
            refunded: Parts::default(),
            credited: Count::default(),
            given_up: Count::default(),
            receivable: 0,
            payouts: Count::default(),
            payout_entries: Count::default(),
            fees: Count::default(),
            dispute_fees: Count::default(),
            disputes: Count::default(),
            disputes_won: Count::default(),
            disputes_lost: Count::default(),
            held: BTreeMap::new(),
            excluded: BTreeMap::new(),
            pending: BTreeMap::new(),
            unknown_topics: Count::default(),
            clearing: BTreeMap::new(),
            deliveries: 0,
            duplicates: 0,
            refused: 0,
            stale: 0,
        }
    }
}

/// What [`month`](crate::month) of the same shape comes to. Takes about a third of the time of
/// making the deliveries.
///
/// # Panics
/// When the zone is unknown or the month is not 1 to 366 days long.
pub fn expected(shape: &Shape) -> Expected {
    let world = Arc::new(World::new(shape));
    let mut tally = Expected::nothing(shape.currency);
    let is_told_by_payouts = shape.order_system.is_told_by_payouts();
    for index in 0..shape.orders {
        let plan = Plan::of(&world, index);
        tally.unknown(&world, &plan);
        if shape.order_system.is_file() {
            tally.on_account(&world, &plan);
        } else if !is_told_by_payouts {
            tally.order(&world, &plan);
        }
    }
    for arrival in Arrivals::new(&world) {
        tally.deliveries += 1;
        match (arrival.attempt, &arrival.event.what) {
            (Attempt::Spoilt, _) => tally.refused += 1,
            (Attempt::Again, _) => tally.duplicates += 1,
            (Attempt::First, What::Payout(batch)) => {
                tally.payout(&world, batch);
                if is_told_by_payouts {
                    tally.settled(&world, batch);
                }
            }
            (Attempt::First, What::Order { step: Step::Stale, .. }) => tally.stale += 1,
            (Attempt::First, _) => {}
        }
    }
    tally
}

impl Expected {
    fn order(&mut self, world: &World, plan: &Plan) {
        let content = Content::of(world, plan);
        self.orders.add(content.stated);
        let total = content.stated;
        match plan.course {
            Course::Test => self.excluded.entry(ReasonCode::TestOrder).or_default().add(total),
            Course::Cancelled if plan.at(world, Step::Cancelled).is_some() => {
                let code = ReasonCode::CancelledBeforeCapture;
                self.excluded.entry(code).or_default().add(total);
            }
            Course::Unpaid | Course::Cancelled if world.shape.order_system.drafts_the_unpaid() => {
                self.excluded.entry(ReasonCode::DraftOrder).or_default().add(total);
            }
            Course::Unpaid | Course::Cancelled => {
                self.pending.entry(ReasonCode::AuthorisedNotCaptured).or_default().add(total);
            }
            Course::Unfooting => {
                self.held.entry(ReasonCode::SourceNotFooting).or_default().add(total);
            }
            // Its lines hold no tax to show, so nothing is left to post.
            Course::Free if content.is_included => {
                self.excluded.entry(ReasonCode::ZeroValue).or_default().add(total);
            }
            _ => {
                self.posted.add(total);
                self.free += u64::from(plan.course == Course::Free);
                self.parts(&content);
            }
        }
        if plan.is_captured() {
            self.money(world, plan, &content);
        }
    }

    /// An order that a file tells, with what became of it. What is wrong in a file is right in the last
    /// one.
    fn on_account(&mut self, world: &World, plan: &Plan) {
        let content = Content::of(world, plan);
        for count in [&mut self.orders, &mut self.posted] {
            count.add(content.stated);
        }
        self.free += u64::from(plan.course == Course::Free);
        self.parts(&content);
        self.receivable += content.stated;
        if let Some(credit) = Refund::credit_note(world, plan, &content) {
            self.credited.add(credit.tender.amount);
            self.receivable -= credit.tender.amount;
        }
        if plan.is_given_up(world) {
            self.given_up.add(content.stated);
            self.receivable -= content.stated;
        }
    }

    fn unknown(&mut self, world: &World, plan: &Plan) {
        if plan.at(world, Step::Unknown).is_some() {
            self.unknown_topics.add(plan.unknown_amount(world));
        }
    }

    /// What a settlement tells of orders and refunds, where nothing else does.
    fn settled(&mut self, world: &World, batch: &Batch) {
        for movement in &batch.movements {
            let plan = Plan::of(world, movement.index);
            let content = Content::of(world, &plan);
            let name = world.processor(Gateway::Processor);
            if movement.cause == Cause::Refund {
                self.refund(world, &plan, &content);
                continue;
            }
            for count in [&mut self.orders, &mut self.posted, &mut self.paid] {
                count.add(content.stated);
            }
            self.captured.entry(name).or_default().add(content.stated);
            *self.owed(name) += content.stated;
            self.parts(&content);
        }
    }

    fn parts(&mut self, content: &Content) {
        for line in &content.lines {
            match line.ware {
                Ware::GiftCard => self.gift_cards_sold.add(line.gross),
                Ware::Product(_) => self.parts.goods += line.gross,
            }
        }
        self.parts.discounts += content.discount;
        self.parts.shipping += content.shipping;
        self.parts.tips += content.tip;
        self.parts.tax += content.tax;
    }

    fn money(&mut self, world: &World, plan: &Plan, content: &Content) {
        let tenders = content.tenders(world, plan);
        self.paid.add(tenders.iter().map(|t| t.amount).sum());
        for tender in tenders {
            match tender.gateway {
                Gateway::GiftCard => self.gift_cards_redeemed.add(tender.amount),
                other => {
                    let name = world.processor(other);
                    self.captured.entry(name).or_default().add(tender.amount);
                    // A held order is not booked, nor is its payment.
                    if plan.course != Course::Unfooting {
                        *self.owed(name) += tender.amount;
                    }
                }
            }
        }
        if let Some((n, _)) = plan.by_processor(world).filter(|_| !world.shape.processor.itemises())
        {
            let charge = Movement::of(world, plan.placed, plan.index, plan.paid_step(n == 1));
            self.fee(world, charge.map_or(0, |m| m.fee));
        }
        if plan.refund_step().is_some_and(|step| plan.at(world, step).is_some()) {
            self.refund(world, plan, content);
        }
        if plan.at(world, Step::DisputeOpened).is_some() {
            self.disputes.add(content.stated);
            *self.owed(world.processor(Gateway::Processor)) -= content.stated;
            if world.shape.processor.tells_dispute_fees() {
                self.dispute_fee(world, payout::dispute_fee(world));
            }
        }
        if plan.at(world, Step::DisputeClosed).is_some() {
            match plan.dispute_end() {
                DisputeEnd::Won => {
                    self.disputes_won.add(content.stated);
                    *self.owed(world.processor(Gateway::Processor)) += content.stated;
                }
                _ => self.disputes_lost.add(content.stated),
            }
        }
    }

    fn refund(&mut self, world: &World, plan: &Plan, content: &Content) {
        let Some(refund) = Refund::of(world, plan, content) else { return };
        let tax = |tax: i64| if content.is_withheld { 0 } else { tax };
        self.refunds.add(refund.tender.amount);
        for line in &refund.lines {
            self.refunded.goods += line.net;
            self.refunded.tax += tax(line.tax);
        }
        let (shipping, its_tax) = refund.shipping.unwrap_or_default();
        self.refunded.shipping += shipping;
        self.refunded.tax += tax(its_tax);
        *self.owed(world.processor(refund.tender.gateway)) -= refund.tender.amount;
    }

    fn payout(&mut self, world: &World, batch: &Batch) {
        self.payouts.add(batch.amount());
        *self.owed(world.processor(Gateway::Processor)) -= batch.amount();
        let processor = world.shape.processor;
        if processor.sums_fees() {
            for movement in &batch.movements {
                self.payout_entries.add(movement.amount);
            }
            let fees: i64 = batch.movements.iter().map(|m| m.fee).sum();
            if fees != 0 {
                self.payout_entries.add(-fees);
                self.fee(world, fees);
            }
            return;
        }
        for movement in &batch.movements {
            if processor.itemises() {
                self.payout_entries.add(movement.amount - movement.fee);
            }
            match movement.cause {
                Cause::Charge if processor.itemises() => self.fee(world, movement.fee),
                Cause::DisputeTaken if !processor.itemises() => self.fee(world, movement.fee),
                Cause::DisputeTaken if !processor.tells_dispute_fees() => {
                    self.dispute_fee(world, movement.fee);
                }
                _ => {}
            }
        }
    }

    fn fee(&mut self, world: &World, fee: i64) {
        self.fees.add(fee);
        *self.owed(world.processor(Gateway::Processor)) -= fee;
    }

    fn dispute_fee(&mut self, world: &World, fee: i64) {
        if fee == 0 {
            return;
        }
        self.dispute_fees.add(fee);
        *self.owed(world.processor(Gateway::Processor)) -= fee;
    }

    fn owed(&mut self, processor: &'static str) -> &mut i64 {
        self.clearing.entry(processor).or_default()
    }
}
