//! The facts of a sale as the books see them: bundles as what is in them, and money of another
//! currency at what it came to.

use super::{Slot, State, order_of, slot};
use kernel::{
    Currency, Decimal, EconomicKey, Fact, FactBody, LineKind, Money, Order, OrderLine, Payment,
    Refund, Settlement, TaxLine, validate,
};
use rust_decimal::prelude::ToPrimitive;
use std::borrow::Cow;
use std::collections::BTreeMap;

impl State {
    /// This state with bundles taken apart (case 49) and with everything that a processor settled
    /// in another currency than the order's converted at the rate of the first payment (cases 116
    /// to 122). Orders in the `home` currency stay in it. What other movements came to at their own
    /// rates is kept as [`State::exchange`].
    pub(crate) fn in_books(&self, home: Option<Currency>) -> Cow<'_, Self> {
        let bundled = self.facts.iter().chain(&self.versions).any(has_bundle);
        let settlements: BTreeMap<&EconomicKey, &Settlement> = self
            .of(Slot::Settled)
            .filter_map(|f| match &f.body {
                FactBody::PaymentSettled(s) => Some((&s.of, s)),
                _ => None,
            })
            .collect();
        if !bundled && settlements.is_empty() {
            return Cow::Borrowed(self);
        }
        let mut view = self.clone();
        if bundled {
            view.facts.iter_mut().chain(&mut view.versions).for_each(unbundle);
        }
        if let Some(rate) = self.rate(&settlements, home) {
            view.convert(&rate);
        }
        view.compare(&settlements);
        Cow::Owned(view)
    }

    /// What the first settled payment says one minor unit of the order is worth.
    fn rate(
        &self,
        settlements: &BTreeMap<&EconomicKey, &Settlement>,
        home: Option<Currency>,
    ) -> Option<Rate> {
        let order = self.order()?;
        if !validate::order(order).is_empty() || home == Some(order.currency) {
            return None;
        }
        let mut paid: Vec<_> = self
            .of(Slot::Payment)
            .filter_map(|f| match &f.body {
                FactBody::PaymentCaptured(p)
                    if p.currency == order.currency && p.amount_minor > 0 =>
                {
                    let settled = settlements.get(&f.key).filter(|s| s.settled_minor > 0)?;
                    Some((p.business_date, &f.key, p.amount_minor, *settled))
                }
                _ => None,
            })
            .collect();
        paid.sort_by_key(|(date, key, ..)| (*date, *key));
        let (_, _, amount, settled) = paid.first()?;
        (settled.currency != order.currency).then_some(Rate {
            from: order.currency,
            to: settled.currency,
            settled: settled.settled_minor,
            of: *amount,
        })
    }

    fn convert(&mut self, rate: &Rate) {
        let Some(order) = self.order().cloned() else { return };
        for fact in self.facts.iter_mut().chain(&mut self.versions) {
            match &mut fact.body {
                FactBody::OrderCreated(o) | FactBody::OrderUpdated(o) => rate.order(o),
                FactBody::OrderEdited(e) => rate.order(&mut e.order),
                FactBody::RefundIssued(r) | FactBody::RefundFailed(r) => rate.refund(r),
                FactBody::OrderFulfilled(f) if f.currency == rate.from => {
                    rate.lines(&mut f.lines);
                    rate.taxes(&mut f.taxes);
                    f.currency = rate.to;
                }
                _ => {}
            }
        }
        self.convert_payments(rate, &order);
    }

    /// Payments that cover the order keep covering it: the last takes what rounding leaves.
    fn convert_payments(&mut self, rate: &Rate, order: &Order) {
        let mut paid: Vec<&mut Fact> =
            self.facts.iter_mut().filter(|f| slot(&f.body).0 == Slot::Payment).collect();
        paid.sort_by_key(|f| (date_of(f), f.key.clone()));
        let captured = |f: &Fact| match &f.body {
            FactBody::PaymentCaptured(p) if p.currency == rate.from && !p.test => p.amount_minor,
            FactBody::GiftCardRedeemed(g) if g.currency == rate.from => g.amount_minor,
            _ => 0,
        };
        let sum = paid.iter().map(|f| captured(f)).fold(0, i64::saturating_add);
        let mut left = rate.minor(order.total_minor);
        let last = paid.iter().rposition(|f| captured(f) != 0);
        for (i, fact) in paid.into_iter().enumerate() {
            let counts = captured(fact) != 0;
            let (amount, currency) = match &mut fact.body {
                FactBody::PaymentAuthorised(p)
                | FactBody::PaymentCaptured(p)
                | FactBody::PaymentFailed(p)
                | FactBody::PaymentVoided(p) => (&mut p.amount_minor, &mut p.currency),
                FactBody::GiftCardRedeemed(g) => (&mut g.amount_minor, &mut g.currency),
                _ => continue,
            };
            if *currency != rate.from {
                continue;
            }
            let closes = sum == order.total_minor && Some(i) == last;
            *amount = if closes { left } else { rate.minor(*amount) };
            *currency = rate.to;
            if counts {
                left = left.saturating_sub(*amount);
            }
        }
    }

    /// What each settled movement came to beyond what is expected of it now.
    fn compare(&mut self, settlements: &BTreeMap<&EconomicKey, &Settlement>) {
        let mut found = BTreeMap::new();
        for fact in &self.facts {
            let Some(settled) = settlements.get(&fact.key) else { continue };
            let (tender, expected) = match &fact.body {
                FactBody::PaymentCaptured(p) if p.currency == settled.currency => {
                    (p.processor.clone(), p.amount_minor)
                }
                FactBody::GiftCardRedeemed(g) if g.currency == settled.currency => {
                    ("gift_card".to_owned(), g.amount_minor)
                }
                FactBody::RefundIssued(r) if r.currency == settled.currency => {
                    let own = |p: &&Payment| p.processor == settled.processor;
                    let given = r.payments.iter().filter(own).map(|p| p.amount_minor);
                    (settled.processor.clone(), given.fold(0, i64::saturating_add))
                }
                _ => continue,
            };
            let off = settled.settled_minor.saturating_sub(expected);
            found.insert((fact.key.clone(), tender), off);
        }
        self.exchange = found;
    }
}

fn date_of(fact: &Fact) -> Option<kernel::BusinessDate> {
    match &fact.body {
        FactBody::PaymentAuthorised(p)
        | FactBody::PaymentCaptured(p)
        | FactBody::PaymentFailed(p)
        | FactBody::PaymentVoided(p) => Some(p.business_date),
        FactBody::GiftCardRedeemed(g) => Some(g.business_date),
        _ => None,
    }
}

/// `settled` minor units of `to` for `of` minor units of `from`.
struct Rate {
    from: Currency,
    to: Currency,
    settled: i64,
    of: i64,
}

impl Rate {
    /// Half away from zero, as the other amounts of a document are rounded.
    fn minor(&self, minor: i64) -> i64 {
        let (n, d) = (i128::from(self.settled), i128::from(self.of));
        let product = i128::from(minor) * n;
        let half = if product < 0 { -(d / 2) } else { d / 2 };
        i64::try_from((product + half) / d).unwrap_or(i64::MAX)
    }

    /// An order foots after it: what rounding leaves is rounding of the total (case 122).
    fn order(&self, order: &mut Order) {
        if order.currency != self.from {
            return;
        }
        order.currency = self.to;
        order.total_minor = self.minor(order.total_minor);
        self.lines(&mut order.lines);
        self.taxes(&mut order.taxes);
        let due = order.taxes.iter().filter(|t| !t.marketplace && !order.tax_included);
        let parts = net(&order.lines).chain(due.map(|t| t.amount_minor));
        order.rounding_minor = parts.fold(order.total_minor, i64::saturating_sub);
    }

    /// A refund foots after it: an itemised one by its parts, and its payments add up to it.
    fn refund(&self, refund: &mut Refund) {
        if refund.currency != self.from || !validate::refund(refund).is_empty() {
            return;
        }
        refund.currency = self.to;
        self.lines(&mut refund.lines);
        self.taxes(&mut refund.taxes);
        refund.total_minor = if refund.lines.is_empty() && refund.taxes.is_empty() {
            self.minor(refund.total_minor)
        } else {
            let parts = net(&refund.lines).chain(refund.taxes.iter().map(|t| t.amount_minor));
            parts.fold(0, i64::saturating_add)
        };
        let weights: Vec<i64> = refund.payments.iter().map(|p| p.amount_minor).collect();
        let shares = Money::new(refund.total_minor, self.to).allocate(&weights);
        for (payment, share) in refund.payments.iter_mut().zip(shares) {
            (payment.amount_minor, payment.currency) = (share.minor, share.currency);
        }
    }

    fn lines(&self, lines: &mut [OrderLine]) {
        for line in lines {
            line.gross_minor = self.minor(line.gross_minor);
            line.discount_minor = self.minor(line.discount_minor);
        }
    }

    fn taxes(&self, taxes: &mut [TaxLine]) {
        for tax in taxes {
            tax.amount_minor = self.minor(tax.amount_minor);
            // They held in the currency in which the tax was computed.
            (tax.rate, tax.base_minor) = (None, None);
        }
    }
}

fn net(lines: &[OrderLine]) -> impl Iterator<Item = i64> {
    lines.iter().map(|l| l.gross_minor.saturating_sub(l.discount_minor))
}

fn has_bundle(fact: &Fact) -> bool {
    let any = |lines: &[OrderLine]| {
        lines.iter().any(|l| matches!(l.kind, LineKind::Bundle | LineKind::Component))
    };
    order_of(fact).is_some_and(|o| any(&o.lines))
        || match &fact.body {
            FactBody::RefundIssued(r) | FactBody::RefundFailed(r) => any(&r.lines),
            FactBody::OrderFulfilled(f) => any(&f.lines),
            _ => false,
        }
}

fn unbundle(fact: &mut Fact) {
    match &mut fact.body {
        FactBody::OrderCreated(o) | FactBody::OrderUpdated(o) => take_apart(&mut o.lines),
        FactBody::OrderEdited(e) => take_apart(&mut e.order.lines),
        FactBody::RefundIssued(r) | FactBody::RefundFailed(r) => take_apart(&mut r.lines),
        FactBody::OrderFulfilled(f) => take_apart(&mut f.lines),
        _ => {}
    }
}

/// Spreads each bundle over its components by what they cost alone; never both are counted.
fn take_apart(lines: &mut Vec<OrderLine>) {
    let mut open: Vec<OrderLine> = Vec::with_capacity(lines.len());
    let mut rest = std::mem::take(lines).into_iter().peekable();
    while let Some(mut line) = rest.next() {
        if line.kind != LineKind::Bundle {
            if line.kind == LineKind::Component {
                line.kind = LineKind::Goods;
            }
            open.push(line);
            continue;
        }
        let mut parts = Vec::new();
        while let Some(part) = rest.next_if(|l| l.kind == LineKind::Component) {
            parts.push(part);
        }
        if parts.is_empty() {
            line.kind = LineKind::Goods;
            open.push(line);
            continue;
        }
        let alone = |l: &OrderLine| {
            let price = l.quantity.abs().checked_mul(l.unit_price);
            let fine = price.and_then(|p| p.checked_mul(Decimal::ONE_HUNDRED));
            fine.and_then(|p| p.to_i64()).unwrap_or_default()
        };
        let weights: Vec<i64> = parts.iter().map(alone).collect();
        // The currency plays no part in the arithmetic of shares.
        let share = |minor| Money::new(minor, Currency::USD).allocate(&weights);
        let shares = share(line.gross_minor).into_iter().zip(share(line.discount_minor));
        for (mut part, (gross, discount)) in parts.into_iter().zip(shares) {
            part.kind = LineKind::Goods;
            part.gross_minor = part.gross_minor.saturating_add(gross.minor);
            part.discount_minor = part.discount_minor.saturating_add(discount.minor);
            open.push(part);
        }
    }
    *lines = open;
}
