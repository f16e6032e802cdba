//! What comes back, in minor units.

use crate::content::{Content, Tender, half_up};
use crate::draw::Salt;
use crate::plan::{Course, Gateway, Plan, World};

/// One returned line.
#[derive(Clone, Copy)]
pub struct Returned {
    /// Index of the order's line.
    pub line: usize,
    pub quantity: i64,
    pub net: i64,
    pub tax: i64,
}

/// What comes back and how it is paid.
pub struct Refund {
    pub lines: Vec<Returned>,
    /// Shipping before tax and its tax.
    pub shipping: Option<(i64, i64)>,
    pub tender: Tender,
}

impl Refund {
    /// The refund of an order that is refunded: everything but the tip, or one piece of one line.
    pub fn of(world: &World, plan: &Plan, content: &Content) -> Option<Self> {
        let gateway = match content.tenders(world, plan).first() {
            Some(paid) => paid.gateway,
            // A credit note: nothing was paid, and nothing is paid back.
            None if world.shape.order_system.is_file() => Gateway::Manual,
            None => return None,
        };
        let (lines, shipping) = match plan.course {
            Course::RefundedWhole => whole(content),
            Course::RefundedPart => (vec![part(plan, content)], None),
            _ => return None,
        };
        let is_beside = content.is_included || content.is_withheld;
        let tax = |tax: i64| if is_beside { 0 } else { tax };
        let goods: i64 = lines.iter().map(|r| r.net + tax(r.tax)).sum();
        let amount = goods + shipping.map_or(0, |(net, t)| net + tax(t));
        Some(Self { lines, shipping, tender: Tender { gateway, amount } })
    }

    /// What a credit note of the month gives back, if there is one.
    pub fn credit_note(world: &World, plan: &Plan, content: &Content) -> Option<Self> {
        plan.refund_step().and_then(|step| plan.at(world, step))?;
        Self::of(world, plan, content).filter(|back| back.tender.amount > 0)
    }
}

fn whole(content: &Content) -> (Vec<Returned>, Option<(i64, i64)>) {
    let lines = content.lines.iter().enumerate();
    let lines =
        lines.map(|(line, l)| Returned { line, quantity: l.quantity, net: l.net(), tax: l.tax() });
    let shipping = (content.shipping, content.shipping_taxes.iter().sum());
    (lines.collect(), (content.shipping > 0).then_some(shipping))
}

fn part(plan: &Plan, content: &Content) -> Returned {
    let count = content.lines.len() as u64;
    let line = usize::try_from(plan.draws.below(Salt::RefundLine, count)).expect("an index fits");
    let of = &content.lines[line];
    let net = of.net() / of.quantity;
    let tax = if of.net() == 0 { 0 } else { half_up(of.tax() * net, of.net()) };
    Returned { line, quantity: 1, net, tax }
}
