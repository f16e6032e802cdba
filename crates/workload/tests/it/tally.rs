//! A count over facts, as plain as can be.

use kernel::{
    Fact, FactBody, LineKind, Order, OrderLine, ReasonCode, Refund, SubjectKind, validate,
};
use std::collections::{BTreeMap, BTreeSet};
use workload::{Count, Expected, Parts, Shape};

/// The part of [`Expected`] that follows from facts.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Counted {
    orders: Count,
    posted: Count,
    free: u64,
    paid: Count,
    captured: BTreeMap<String, Count>,
    parts: Parts,
    sold: Count,
    redeemed: Count,
    refunds: Count,
    refunded: Parts,
    payouts: Count,
    entries: Count,
    fees: Count,
    dispute_fees: Count,
    disputes: [Count; 3],
    held: BTreeMap<ReasonCode, Count>,
    excluded: BTreeMap<ReasonCode, Count>,
    pending: BTreeMap<ReasonCode, Count>,
    clearing: BTreeMap<String, i64>,
    /// What was given back of payments by their ids, until it is counted.
    back: Vec<(String, i64)>,
}

impl Counted {
    pub fn of(told: &Expected, shape: &Shape) -> Self {
        let mut refunded = told.refunded;
        if shape.features.taxes_included {
            refunded.goods += std::mem::take(&mut refunded.shipping);
        }
        let owned = |name: &&str| (*name).to_owned();
        Self {
            orders: told.orders,
            posted: told.posted,
            free: told.free,
            paid: told.paid,
            captured: told.captured.iter().map(|(name, c)| (owned(name), *c)).collect(),
            parts: told.parts,
            sold: told.gift_cards_sold,
            redeemed: told.gift_cards_redeemed,
            refunds: told.refunds,
            refunded,
            payouts: told.payouts,
            entries: told.payout_entries,
            fees: told.fees,
            dispute_fees: told.dispute_fees,
            disputes: [told.disputes, told.disputes_won, told.disputes_lost],
            held: told.held.clone(),
            excluded: told.excluded.clone(),
            pending: told.pending.clone(),
            clearing: told.clearing.iter().map(|(name, c)| (owned(name), *c)).collect(),
            back: Vec::new(),
        }
    }

    fn owe(&mut self, processor: &str, minor: i64) {
        *self.clearing.entry(processor.to_owned()).or_default() += minor;
    }
}

fn add(count: &mut Count, minor: i64) {
    count.count += 1;
    count.minor += minor;
}

/// The last word on each thing: the highest version of each key, and of payments under one key
/// the capture or the void.
pub fn newest(facts: &[Fact]) -> Vec<Fact> {
    let rank = |body: &FactBody| u8::from(!matches!(body, FactBody::PaymentAuthorised(_)));
    let mut last: BTreeMap<_, &Fact> = BTreeMap::new();
    for fact in facts {
        // A cancellation and an order have keys of their own.
        let slot = last.entry(&fact.key).or_insert(fact);
        let is_update = matches!(fact.body, FactBody::OrderUpdated(_));
        if (fact.version, rank(&fact.body), is_update)
            > (slot.version, rank(&slot.body), matches!(slot.body, FactBody::OrderUpdated(_)))
        {
            *slot = fact;
        }
    }
    let mut last: Vec<Fact> = last.into_values().cloned().collect();
    // Whether an order was told of again in its first state depends on the way it came.
    for fact in &mut last {
        if let FactBody::OrderUpdated(order) = &fact.body
            && order.placed_at.0 == fact.version
        {
            fact.body = FactBody::OrderCreated(order.clone());
        }
    }
    last
}

/// Counts.
pub fn count(shape: &Shape, facts: &[Fact]) -> Counted {
    // What a processor tells of a payment once more is known by its key.
    let own = facts.iter().filter(|f| f.subject.kind != SubjectKind::Payment).cloned();
    let facts = newest(&own.collect::<Vec<_>>());
    let mut out = Counted::default();
    let mut paid: BTreeMap<&str, i64> = BTreeMap::new();
    let mut cancelled = BTreeSet::new();
    for fact in &facts {
        let subject = fact.subject.key.as_str();
        match &fact.body {
            FactBody::PaymentCaptured(p) if !p.test => {
                *paid.entry(subject).or_default() += p.amount_minor;
                add(out.captured.entry(p.processor.clone()).or_default(), p.amount_minor);
            }
            FactBody::GiftCardRedeemed(g) => {
                *paid.entry(subject).or_default() += g.amount_minor;
                add(&mut out.redeemed, g.amount_minor);
            }
            FactBody::OrderCancelled(_) => {
                cancelled.insert(subject);
            }
            _ => {}
        }
    }
    for minor in paid.values() {
        add(&mut out.paid, *minor);
    }
    let mut held = BTreeSet::new();
    for fact in &facts {
        let (FactBody::OrderCreated(order) | FactBody::OrderUpdated(order)) = &fact.body else {
            continue;
        };
        let subject = fact.subject.key.as_str();
        let total = order.total_minor;
        let broken = validate::fact(fact, fact.occurred_at.0);
        let is_paid = paid.contains_key(subject);
        add(&mut out.orders, total);
        if order.test {
            add(out.excluded.entry(ReasonCode::TestOrder).or_default(), total);
        } else if order.draft {
            add(out.excluded.entry(ReasonCode::DraftOrder).or_default(), total);
        } else if cancelled.contains(subject) && !is_paid {
            add(out.excluded.entry(ReasonCode::CancelledBeforeCapture).or_default(), total);
        } else if let Some(violation) = broken.first() {
            held.insert(subject);
            add(out.held.entry(violation.code).or_default(), total);
        } else if total > 0 && !is_paid {
            add(out.pending.entry(ReasonCode::AuthorisedNotCaptured).or_default(), total);
        } else if total == 0 && order.tax_included {
            add(out.excluded.entry(ReasonCode::ZeroValue).or_default(), total);
        } else {
            assert_eq!(total, paid.get(subject).copied().unwrap_or(0), "{subject}");
            posted(&mut out, order);
        }
    }
    for fact in &facts {
        money(&mut out, fact, held.contains(fact.subject.key.as_str()), shape);
    }
    // What only names its payment went back as that came.
    let came: BTreeMap<&str, &str> = facts.iter().filter_map(|f| captured(&f.body)).collect();
    for (payment, minor) in std::mem::take(&mut out.back) {
        out.owe(came[payment.as_str()], -minor);
    }
    if shape.features.taxes_included {
        out.refunded.goods += std::mem::take(&mut out.refunded.shipping);
    }
    out
}

/// A captured payment's id and by what it came.
fn captured(body: &FactBody) -> Option<(&str, &str)> {
    match body {
        FactBody::PaymentCaptured(p) => Some((&p.payment_id, &p.processor)),
        _ => None,
    }
}

/// Square knows shipping as a surcharge only; this is its id.
const SHIPPING: &str = "shipping";

fn posted(out: &mut Counted, order: &Order) {
    add(&mut out.posted, order.total_minor);
    out.free += u64::from(order.total_minor == 0);
    for line in &order.lines {
        out.parts.discounts += line.discount_minor;
        match line.kind {
            LineKind::Goods => out.parts.goods += line.gross_minor,
            LineKind::GiftCard => add(&mut out.sold, line.gross_minor),
            LineKind::Shipping => out.parts.shipping += line.gross_minor,
            LineKind::Fee if line.id == SHIPPING => out.parts.shipping += line.gross_minor,
            // Some know a tip as a surcharge only.
            LineKind::Tip | LineKind::Fee => out.parts.tips += line.gross_minor,
            other => panic!("{other:?}"),
        }
    }
    out.parts.tax += order.taxes.iter().map(|t| t.amount_minor).sum::<i64>();
}

fn returned(out: &mut Counted, refund: &Refund, is_included: bool) {
    let of = |kind| {
        let lines = refund.lines.iter().filter(move |l| match l.kind {
            LineKind::Fee if l.id == SHIPPING => kind == LineKind::Shipping,
            other => other == kind,
        });
        lines.map(OrderLine::net_minor).sum::<i64>()
    };
    let tax: i64 = refund.taxes.iter().map(|t| t.amount_minor).sum();
    out.refunded.tax += tax;
    out.refunded.shipping += of(LineKind::Shipping);
    out.refunded.goods += of(LineKind::Goods);
    if is_included {
        // Facts hold the amounts before tax. Which of the two holds how much of it, they do not
        // say, so goods and shipping are compared as one.
        out.refunded.goods += tax;
    }
}

fn money(out: &mut Counted, fact: &Fact, is_held: bool, shape: &Shape) {
    let (currency, is_included) = (shape.currency, shape.features.taxes_included);
    match &fact.body {
        FactBody::PaymentCaptured(p) if !p.test && !is_held => {
            out.owe(&p.processor, p.amount_minor);
        }
        FactBody::RefundIssued(refund) => {
            assert_eq!(refund.currency, currency);
            add(&mut out.refunds, refund.total_minor);
            returned(out, refund, is_included);
            for payment in &refund.payments {
                if payment.processor.is_empty() {
                    out.back.push((payment.payment_id.clone(), payment.amount_minor));
                } else {
                    out.owe(&payment.processor, -payment.amount_minor);
                }
            }
        }
        FactBody::PayoutPaid(payout) => {
            add(&mut out.payouts, payout.amount_minor);
            out.owe(&payout.processor, -payout.amount_minor);
        }
        FactBody::PayoutItemised(items) => {
            for entry in &items.entries {
                add(&mut out.entries, entry.net_minor());
                // The fee of a payment, or of all payments as one sum.
                let fee = match entry.category.as_str() {
                    "charge" => entry.fee_minor,
                    "fee" => -entry.gross_minor,
                    _ => 0,
                };
                if fee != 0 {
                    add(&mut out.fees, fee);
                    out.owe(&items.processor, -fee);
                }
            }
        }
        // What an itemised payout tells too, the usual rules leave to it.
        FactBody::FeeCharged(_) if shape.processor.itemises() => {}
        FactBody::FeeCharged(fee) => {
            add(&mut out.fees, fee.amount_minor);
            out.owe(&fee.processor, -fee.amount_minor);
        }
        FactBody::DisputeOpened(dispute) => {
            add(&mut out.disputes[0], dispute.amount_minor);
            if dispute.fee_minor != 0 {
                add(&mut out.dispute_fees, dispute.fee_minor);
            }
            out.owe(&dispute.processor, -dispute.amount_minor - dispute.fee_minor);
        }
        FactBody::DisputeWon(dispute) => {
            add(&mut out.disputes[1], dispute.amount_minor);
            out.owe(&dispute.processor, dispute.amount_minor - dispute.fee_minor);
        }
        FactBody::DisputeLost(dispute) => add(&mut out.disputes[2], dispute.amount_minor),
        _ => {}
    }
}
