//! The bodies of facts from their compact form.

use super::words::Words;
use super::{Draft, after_sale};
use crate::rules::RulesError;
use kernel::decimal::parse_decimal;
use kernel::fact::{Cancellation, PayoutItems};
use kernel::{
    Adjustment, Currency, Customer, Decimal, Dispute, EconomicKey, Edit, FactBody, Fee, GiftCard,
    LineKind, Money, Order, OrderLine, Payment, Payout, PayoutEntry, Refund, SubjectKind, TaxLine,
    Timestamp,
};

type Result<T> = std::result::Result<T, RulesError>;

/// Reads the fact named `what`.
pub(crate) fn draft(
    what: &str,
    mut head: Words,
    parts: Vec<Words>,
    currency: Currency,
    now: Timestamp,
) -> Result<Draft> {
    let currency = head.currency(currency)?;
    let alone = parts.is_empty();
    let unexpected = head.error(format!("`{what}` has no parts"));
    let draft = match what {
        "order" | "order-updated" | "order-edited" => {
            return order(what, head, parts, currency, now);
        }
        "fulfilled" => return after_sale::fulfilled(head, parts, currency),
        "refund" | "refund-failed" => return refund(what, head, parts, currency),
        "itemised" => return itemised(head, parts, currency),
        "authorise" | "capture" | "fail" | "void" => payment(what, &mut head, currency)?,
        "cancel" => {
            let business_date = head.date()?;
            let body =
                FactBody::OrderCancelled(Cancellation { business_date, reason: head.rest() });
            Draft { kind: SubjectKind::Sale, key: "order".to_owned(), body }
        }
        "fee" => fee(&mut head, currency)?,
        "payout" | "payout-failed" => payout(what, &mut head, currency)?,
        "dispute-opened" | "dispute-won" | "dispute-lost" => dispute(what, &mut head, currency)?,
        "adjustment" => adjustment(&mut head, currency)?,
        "gift-card-sold" | "gift-card-redeemed" => gift_card(what, &mut head, currency)?,
        other => match after_sale::draft(other, &mut head, currency)? {
            Some(draft) => draft,
            None => return Err(head.error(format!("`{other}` is no fact"))),
        },
    };
    head.end()?;
    if alone { Ok(draft) } else { Err(unexpected) }
}

fn order(
    what: &str,
    mut head: Words,
    parts: Vec<Words>,
    currency: Currency,
    now: Timestamp,
) -> Result<Draft> {
    let edit = if what == "order-edited" {
        let edit_id = head.option("edit").ok_or_else(|| head.error("edit= is missing"))?;
        Some((edit_id, head.date_option("on")?.ok_or_else(|| head.error("on= is missing"))?))
    } else {
        None
    };
    let mut order = Order {
        number: head.next("the order number")?,
        placed_at: now,
        business_date: head.date()?,
        total_minor: head.amount(currency)?,
        currency,
        channel: head.option("channel").unwrap_or_else(|| "web".to_owned()),
        customer: head.option("customer").map(|name| Customer { id: name.clone(), name }),
        lines: Vec::new(),
        taxes: Vec::new(),
        tax_included: false,
        rounding_minor: head.amount_option("rounding", currency)?,
        paid_at_checkout: true,
        test: false,
        draft: false,
        credit: false,
        changed_on: if what == "order-updated" { head.date_option("on")? } else { None },
    };
    while let Some(flag) = head.next_if(|_| true) {
        match flag.as_str() {
            "on-account" => order.paid_at_checkout = false,
            "tax-included" => order.tax_included = true,
            "test" => order.test = true,
            "draft" => order.draft = true,
            "credit" => order.credit = true,
            other => return Err(head.error(format!("`{other}` is nothing an order can be"))),
        }
    }
    head.end()?;
    for part in parts {
        goods_or_tax(part, currency, &mut order.lines, &mut order.taxes)?;
    }
    let (key, body) = match (edit, what) {
        (Some((edit_id, business_date)), _) => {
            let key = format!("order/edit/{edit_id}");
            (key, FactBody::OrderEdited(Edit { edit_id, business_date, order }))
        }
        (None, "order") => ("order".to_owned(), FactBody::OrderCreated(order)),
        (None, _) => ("order".to_owned(), FactBody::OrderUpdated(order)),
    };
    Ok(Draft { kind: SubjectKind::Sale, key, body })
}

pub(super) fn goods_or_tax(
    mut part: Words,
    currency: Currency,
    lines: &mut Vec<OrderLine>,
    taxes: &mut Vec<TaxLine>,
) -> Result<()> {
    let word = part.next("a kind of line")?;
    if word == "tax" {
        taxes.push(tax(&mut part, currency)?);
        return part.end();
    }
    let kind = LineKind::ALL.into_iter().find(|k| k.as_str() == word);
    let kind = kind.ok_or_else(|| part.error(format!("`{word}` is no kind of line")))?;
    let gross_minor = part.amount(currency)?;
    let times = |w: &str| w.split_once('x').is_some_and(|(q, p)| number(q) && number(p));
    let (quantity, unit_price) = match part.next_if(times) {
        Some(text) => {
            let (quantity, price) = text.split_once('x').unwrap_or_default();
            let read = |t| parse_decimal(t).map_err(|e| part.error(e.to_string()));
            (read(quantity)?, read(price)?)
        }
        None => {
            let one = if gross_minor < 0 { -Decimal::ONE } else { Decimal::ONE };
            (one, Money::new(gross_minor.abs(), currency).to_decimal())
        }
    };
    let times = part.option("times").map_or(Ok(1), |t| t.parse());
    let times: usize = times.map_err(|_| part.error("times= is no number"))?;
    let line = OrderLine {
        id: part.option("id").unwrap_or_else(|| (lines.len() + 1).to_string()),
        kind,
        sku: part.option("sku").unwrap_or_default(),
        discount_minor: part.amount_option("discount", currency)?,
        title: part.rest(),
        quantity,
        unit_price,
        gross_minor,
    };
    lines.push(line.clone());
    for _ in 1..times.min(kernel::validate::LINES_MAX) {
        lines.push(OrderLine { id: (lines.len() + 1).to_string(), ..line.clone() });
    }
    part.end()
}

fn number(text: &str) -> bool {
    parse_decimal(text).is_ok()
}

fn tax(part: &mut Words, currency: Currency) -> Result<TaxLine> {
    let amount_minor = part.amount(currency)?;
    let rate = part.option("rate");
    let rate =
        rate.map(|r| parse_decimal(&r).map_err(|e| part.error(e.to_string()))).transpose()?;
    let base = part.option("base").map(|b| part.minor(&b, currency)).transpose()?;
    let parts = part.option("parts").map(|p| p.parse()).transpose();
    Ok(TaxLine {
        amount_minor,
        rate,
        base_minor: base,
        parts: parts.map_err(|_| part.error("parts= is no number"))?.unwrap_or(1),
        marketplace: part.next_if(|w| w == "marketplace").is_some(),
        jurisdiction: part.rest(),
    })
}

fn refund(what: &str, mut head: Words, parts: Vec<Words>, currency: Currency) -> Result<Draft> {
    let mut refund = Refund {
        refund_id: head.next("the refund id")?,
        total_minor: head.amount(currency)?,
        business_date: head.date()?,
        currency,
        lines: Vec::new(),
        taxes: Vec::new(),
        payments: Vec::new(),
        test: head.next_if(|w| w == "test").is_some(),
    };
    head.end()?;
    for mut part in parts {
        let (processor, payment_id) = if part.next_if(|w| w == "to").is_some() {
            let processor = part.next("a processor")?;
            let id = format!("{}-{processor}", refund.refund_id);
            (processor, id)
        } else if part.next_if(|w| w == "of").is_some() {
            (String::new(), part.next("the payment id")?)
        } else {
            goods_or_tax(part, currency, &mut refund.lines, &mut refund.taxes)?;
            continue;
        };
        let payment = Payment {
            payment_id,
            processor,
            amount_minor: part.amount(currency)?,
            currency,
            business_date: refund.business_date,
            test: refund.test,
        };
        part.end()?;
        refund.payments.push(payment);
    }
    let key = format!("refund/{}", refund.refund_id);
    let body = if what == "refund" {
        FactBody::RefundIssued(refund)
    } else {
        FactBody::RefundFailed(refund)
    };
    Ok(Draft { kind: SubjectKind::Sale, key, body })
}

fn payment(what: &str, head: &mut Words, currency: Currency) -> Result<Draft> {
    let payment = Payment {
        processor: head.next("the processor")?,
        payment_id: head.next("the payment id")?,
        amount_minor: head.amount(currency)?,
        currency,
        business_date: head.date()?,
        test: head.next_if(|w| w == "test").is_some(),
    };
    let step = if what == "authorise" { "authorise" } else { "capture" };
    let key = format!("{}/{}/{step}", payment.processor, payment.payment_id);
    let body = match what {
        "authorise" => FactBody::PaymentAuthorised(payment),
        "capture" => FactBody::PaymentCaptured(payment),
        "fail" => FactBody::PaymentFailed(payment),
        _ => FactBody::PaymentVoided(payment),
    };
    Ok(Draft { kind: SubjectKind::Sale, key, body })
}

fn fee(head: &mut Words, currency: Currency) -> Result<Draft> {
    let fee = Fee {
        processor: head.next("the processor")?,
        amount_minor: head.amount(currency)?,
        tax_minor: head.amount_option("tax", currency)?,
        business_date: head.date()?,
        of: head.option("of").map(EconomicKey),
        reason: head.rest(),
        currency,
    };
    let key = format!("{}/fee/{}", fee.processor, fee.reason);
    Ok(Draft { kind: SubjectKind::Fee, key, body: FactBody::FeeCharged(fee) })
}

fn payout(what: &str, head: &mut Words, currency: Currency) -> Result<Draft> {
    let payout = Payout {
        processor: head.next("the processor")?,
        payout_id: head.next("the payout id")?,
        amount_minor: head.amount(currency)?,
        business_date: head.date()?,
        itemised: head.next_if(|w| w == "itemised").is_some(),
        destination: head.option("destination").unwrap_or_default(),
        currency,
    };
    let key = format!("{}/{}", payout.processor, payout.payout_id);
    let body = if what == "payout" {
        FactBody::PayoutPaid(payout)
    } else {
        FactBody::PayoutFailed(payout)
    };
    Ok(Draft { kind: SubjectKind::Payout, key, body })
}

fn itemised(mut head: Words, parts: Vec<Words>, currency: Currency) -> Result<Draft> {
    let processor = head.next("the processor")?;
    let payout_id = head.next("the payout id")?;
    head.end()?;
    let mut entries = Vec::with_capacity(parts.len());
    for mut part in parts {
        let entry = PayoutEntry {
            category: part.next("a category")?,
            gross_minor: part.amount(currency)?,
            fee_minor: part.amount_option("fee", currency)?,
            fee_tax_minor: part.amount_option("tax", currency)?,
            of: part.option("of").map(EconomicKey),
            id: part.option("id").unwrap_or_else(|| (entries.len() + 1).to_string()),
        };
        part.end()?;
        entries.push(entry);
    }
    let key = format!("{processor}/{payout_id}/items");
    let items = PayoutItems { processor, payout_id, currency, entries };
    Ok(Draft { kind: SubjectKind::Payout, key, body: FactBody::PayoutItemised(items) })
}

fn dispute(what: &str, head: &mut Words, currency: Currency) -> Result<Draft> {
    let dispute = Dispute {
        processor: head.next("the processor")?,
        dispute_id: head.next("the dispute id")?,
        amount_minor: head.amount(currency)?,
        business_date: head.date()?,
        fee_minor: head.amount_option("fee", currency)?,
        of: head.option("of").map(EconomicKey),
        reason: head.rest(),
        currency,
    };
    let key = format!("{}/{}/{what}", dispute.processor, dispute.dispute_id);
    let body = match what {
        "dispute-opened" => FactBody::DisputeOpened(dispute),
        "dispute-won" => FactBody::DisputeWon(dispute),
        _ => FactBody::DisputeLost(dispute),
    };
    Ok(Draft { kind: SubjectKind::Dispute, key, body })
}

fn adjustment(head: &mut Words, currency: Currency) -> Result<Draft> {
    let adjustment = Adjustment {
        adjustment_id: head.next("the adjustment id")?,
        amount_minor: head.amount(currency)?,
        business_date: head.date()?,
        channel: head.option("channel").unwrap_or_else(|| "web".to_owned()),
        reason: head.rest(),
        currency,
    };
    let key = format!("adjustment/{}", adjustment.adjustment_id);
    let body = FactBody::AdjustmentRecorded(adjustment);
    Ok(Draft { kind: SubjectKind::Adjustment, key, body })
}

fn gift_card(what: &str, head: &mut Words, currency: Currency) -> Result<Draft> {
    let card = GiftCard {
        card_id: head.next("the card id")?,
        amount_minor: head.amount(currency)?,
        business_date: head.date()?,
        processor: head.option("processor").unwrap_or_default(),
        currency,
    };
    let key = format!("gift-card/{}/{what}", card.card_id);
    let body = if what == "gift-card-sold" {
        FactBody::GiftCardSold(card)
    } else {
        FactBody::GiftCardRedeemed(card)
    };
    Ok(Draft { kind: SubjectKind::Sale, key, body })
}
