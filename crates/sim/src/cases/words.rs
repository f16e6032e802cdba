//! Facts in the words of an accountant.

mod after_sale;

use kernel::fact::PayoutItems;
use kernel::{
    BusinessDate, Currency, Decimal, Dispute, Fact, FactBody, LineKind, Money, Order, OrderLine,
    Payment, Refund, TaxLine,
};
use std::fmt::Write as _;

/// One sentence per fact; amounts carry their currency where it is not `home`.
pub(super) fn sentence(fact: &Fact, home: Currency) -> String {
    match &fact.body {
        FactBody::OrderCreated(order) => self::order("Order", order, home),
        FactBody::OrderUpdated(order) => self::order("Order as changed,", order, home),
        FactBody::OrderCancelled(c) => {
            format!("The order is cancelled on {}: {}.", c.business_date, said(&c.reason))
        }
        FactBody::PaymentAuthorised(p) => payment("is authorised by", p, home),
        FactBody::PaymentCaptured(p) => payment("is captured by", p, home),
        FactBody::PaymentFailed(p) => payment("fails at", p, home),
        FactBody::PaymentVoided(p) => payment("is voided at", p, home),
        FactBody::RefundIssued(r) => refund("Refund", r, home),
        FactBody::RefundFailed(r) => refund("Failed refund", r, home),
        FactBody::FeeCharged(f) => format!(
            "{} charges a fee of {} on {}{}.",
            f.processor,
            money(f.amount_minor, f.currency, home),
            f.business_date,
            reason(&f.reason)
        ),
        FactBody::PayoutPaid(p) => format!(
            "{} pays out {} on {} ({}{}).",
            p.processor,
            money(p.amount_minor, p.currency, home),
            p.business_date,
            p.payout_id,
            if p.destination.is_empty() {
                String::new()
            } else {
                format!(", to bank account {}", p.destination)
            }
        ),
        FactBody::PayoutFailed(p) => format!(
            "The payout {} of {} fails on {}.",
            p.payout_id,
            money(p.amount_minor, p.currency, home),
            p.business_date
        ),
        FactBody::PayoutItemised(items) => itemised(items, home),
        FactBody::DisputeOpened(d) => dispute("is opened", d, home),
        FactBody::DisputeWon(d) => dispute("is won", d, home),
        FactBody::DisputeLost(d) => dispute("is lost", d, home),
        FactBody::AdjustmentRecorded(a) => format!(
            "The source records an adjustment {} of {} on {}{}.",
            a.adjustment_id,
            money(a.amount_minor, a.currency, home),
            a.business_date,
            reason(&a.reason)
        ),
        FactBody::GiftCardSold(g) => {
            gift_card("is sold", &g.card_id, g.amount_minor, g.currency, g.business_date, home)
        }
        FactBody::GiftCardRedeemed(g) => {
            gift_card("is used", &g.card_id, g.amount_minor, g.currency, g.business_date, home)
        }
        other => after_sale::sentence(other, home).unwrap_or_else(|| other.kind().to_owned()),
    }
}

fn money(minor: i64, currency: Currency, home: Currency) -> String {
    let money = Money::new(minor, currency);
    if currency == home { money.to_text() } else { money.to_string() }
}

/// Equal texts that follow each other become one, with their number.
pub(super) fn counted(texts: Vec<String>) -> Vec<String> {
    let mut counts: Vec<(String, usize)> = Vec::with_capacity(texts.len());
    for text in texts {
        match counts.last_mut() {
            Some((last, count)) if *last == text => *count += 1,
            _ => counts.push((text, 1)),
        }
    }
    let told =
        |(text, count)| if count == 1 { text } else { format!("{text} ({count} such lines)") };
    counts.into_iter().map(told).collect()
}

fn said(reason: &str) -> &str {
    if reason.is_empty() { "no reason given" } else { reason }
}

fn reason(reason: &str) -> String {
    if reason.is_empty() { String::new() } else { format!(" ({reason})") }
}

fn order(what: &str, order: &Order, home: Currency) -> String {
    let mut traits = Vec::new();
    for (is, word) in [
        (order.credit, "a credit note"),
        (!order.paid_at_checkout, "on account"),
        (order.tax_included, "prices include tax"),
        (order.test, "a test"),
        (order.draft, "a draft"),
        (order.channel != "web", order.channel.as_str()),
    ] {
        if is {
            traits.push(word.to_owned());
        }
    }
    if let Some(customer) = &order.customer {
        traits.push(format!("for {}", customer.name));
    }
    let traits =
        if traits.is_empty() { String::new() } else { format!(" ({})", traits.join(", ")) };
    let total = money(order.total_minor, order.currency, home);
    let mut parts = parts(&order.lines, &order.taxes, order.currency);
    if order.rounding_minor != 0 {
        parts.push(format!(
            "rounding {}",
            Money::new(order.rounding_minor, order.currency).to_text()
        ));
    }
    let date = order.business_date;
    format!("{what} {} of {date}, {total}{traits}: {}.", order.number, listed(&parts))
}

fn listed(parts: &[String]) -> String {
    if parts.is_empty() {
        return "without lines".to_owned();
    }
    counted(parts.to_vec()).join("; ")
}

fn parts(lines: &[OrderLine], taxes: &[TaxLine], currency: Currency) -> Vec<String> {
    let text = |minor| Money::new(minor, currency).to_text();
    let mut parts = Vec::with_capacity(lines.len() + taxes.len());
    for line in lines {
        let mut part = match line.kind {
            LineKind::Goods => String::new(),
            kind => format!("{} ", kind.as_str().replace('_', " ")),
        };
        let title = if line.title.is_empty() { &line.sku } else { &line.title };
        if !title.is_empty() && !title.eq_ignore_ascii_case(part.trim()) {
            let _ = write!(part, "{title} ");
        }
        if line.quantity.abs() != Decimal::ONE {
            let _ = write!(part, "{} x {} = ", line.quantity, line.unit_price);
        }
        part.push_str(&text(line.gross_minor));
        if line.discount_minor != 0 {
            let _ = write!(part, " less {}", text(line.discount_minor));
        }
        parts.push(part);
    }
    for tax in taxes {
        let remitted = if tax.marketplace { ", remitted by the marketplace" } else { "" };
        let named = [tax.jurisdiction.as_str(), " "].concat();
        let named = named.trim_start();
        parts.push(format!("tax {named}{}{remitted}", text(tax.amount_minor)));
    }
    parts
}

fn payment(what: &str, p: &Payment, home: Currency) -> String {
    let test = if p.test { ", a test" } else { "" };
    format!(
        "A payment of {} {what} {} on {} ({}{test}).",
        money(p.amount_minor, p.currency, home),
        p.processor,
        p.business_date,
        p.payment_id
    )
}

fn refund(what: &str, r: &Refund, home: Currency) -> String {
    let mut parts = parts(&r.lines, &r.taxes, r.currency);
    for payment in &r.payments {
        let amount = Money::new(payment.amount_minor, r.currency).to_text();
        parts.push(format!("**{amount} to {}**", payment.processor));
    }
    let test = if r.test { " (a test)" } else { "" };
    let total = money(r.total_minor, r.currency, home);
    format!("{what} {} of {}, {total}{test}: {}.", r.refund_id, r.business_date, listed(&parts))
}

fn itemised(items: &PayoutItems, home: Currency) -> String {
    let entries = items.entries.iter().map(|entry| {
        let mut text = format!(
            "{} {}",
            entry.category.replace('_', " "),
            money(entry.gross_minor, items.currency, home)
        );
        if entry.fee_minor != 0 {
            let fee = Money::new(entry.fee_minor, items.currency).to_text();
            let _ = write!(text, " less fee {fee}");
        }
        if let Some(of) = &entry.of {
            let _ = write!(text, " (`{of}`)");
        }
        text
    });
    let entries: Vec<String> = entries.collect();
    format!("{} itemises payout {}: {}.", items.processor, items.payout_id, listed(&entries))
}

fn dispute(what: &str, d: &Dispute, home: Currency) -> String {
    let fee = match d.fee_minor {
        0 => String::new(),
        fee => format!(", fee {}", Money::new(fee, d.currency).to_text()),
    };
    let of = d.of.as_ref().map(|of| format!(" about `{of}`")).unwrap_or_default();
    format!(
        "A dispute over {}{fee} {what} at {} on {} ({}{of}{}).",
        money(d.amount_minor, d.currency, home),
        d.processor,
        d.business_date,
        d.dispute_id,
        if d.reason.is_empty() { String::new() } else { format!(", {}", d.reason) }
    )
}

fn gift_card(
    what: &str,
    id: &str,
    minor: i64,
    currency: Currency,
    date: BusinessDate,
    home: Currency,
) -> String {
    format!("Gift card {id} {what} for {} on {date}.", money(minor, currency, home))
}
