//! Refunds: listed in an order by id and total, itemised when they are fetched.

use super::lines::{Lists, read as lines};
use super::payment::{Identity, first_told, paid_at, pay_pals};
use super::store::{minor, moment};
use super::{tax, wire};
use crate::kit::fault::{About, malformed};
use crate::kit::processor::is_pay_pals;
use crate::kit::shop::Shop;
use crate::kit::{Located, Outcome, Parsed, Scalar, Text, total};
use kernel::{Currency, FactBody, Money, Payment, Refund, Timestamp};
use std::collections::BTreeMap;

/// The order that a refund belongs to.
pub struct Of<'o, 'a> {
    pub order: &'o wire::Order<'a>,
    pub currency: Currency,
    pub modified: Timestamp,
}

/// The refunds of an order. Those that were fetched say all; those that the order lists say the
/// total, dated by the first order that lists them, until the fetched one replaces them.
pub fn all(shop: &Shop<'_>, of: &Of<'_, '_>, list: &[wire::Refund<'_>], out: &mut Outcome) {
    if list.is_empty() {
        return;
    }
    let subject = shop.sale(&of.order.id);
    let identity = Identity::of(shop, of.order);
    let own = processors_keys(&identity, of.order, list);
    for (n, refund) in list.iter().enumerate() {
        let key = own.get(refund.id.as_str()).cloned();
        let key = key.unwrap_or_else(|| shop.key("refund", &refund.id));
        out.within(format_args!("refunds[{n}]"), |out| {
            one(shop, of, refund, (&identity, key), out).about(&subject)
        });
    }
}

/// The keys of the processor's own events, by the shop's id of the refund, where the order says which
/// event is which refund.
fn processors_keys<'l>(
    identity: &Identity,
    order: &wire::Order<'_>,
    list: &'l [wire::Refund<'_>],
) -> BTreeMap<&'l str, String> {
    let mut by_age: Vec<&'l wire::Refund<'_>> = list.iter().collect();
    by_age.sort_by_key(|r| (r.id.as_str().len(), r.id.as_str()));
    let (refunds, ids) = match identity.processor.as_str() {
        // The plugin keeps the id of the last refund.
        "stripe" => {
            let id = wire::meta(order.meta_data, "_stripe_refund_id");
            (by_age.split_off(by_age.len() - 1), id.into_iter().collect())
        }
        // The plugin adds the id of each refund that it made, and of each that was made at PayPal and
        // that it then recorded here. So either all refunds are among them, or, where others were
        // recorded by hand, those that WooCommerce had sent back, or nobody can say which.
        "paypal" => {
            let ids = pay_pals(order);
            if ids.len() != by_age.len() {
                by_age.retain(|r| r.refunded_payment == Some(true));
            }
            (by_age, ids)
        }
        _ => return BTreeMap::new(),
    };
    let is_id = |id: &Text<'_>| match identity.processor.as_str() {
        "stripe" => id.as_str().starts_with("re_") && id.as_str().len() <= 100,
        _ => is_pay_pals(id.as_str()),
    };
    let is_twice = (1..ids.len()).any(|n| ids[..n].contains(&ids[n]));
    if refunds.len() != ids.len() || is_twice || !ids.iter().all(is_id) {
        return BTreeMap::new();
    }
    let key = |id: &Text<'_>| [identity.processor.as_str(), id.as_str(), "refund"].join("/");
    refunds.into_iter().zip(&ids).map(|(refund, id)| (refund.id.as_str(), key(id))).collect()
}

fn one(
    shop: &Shop<'_>,
    of: &Of<'_, '_>,
    refund: &wire::Refund<'_>,
    (identity, key): (&Identity, String),
    out: &mut Outcome,
) -> Parsed<()> {
    let currency = of.currency;
    let stated = if refund.amount.is_some() { &refund.amount } else { &refund.total };
    stated.as_ref().at("amount")?;
    let amount = Money::new(minor(stated, currency, "amount")?, currency);
    // `amount` is positive where it stands, `total` negative.
    let amount = if amount.minor < 0 { amount.checked_neg().at("total")? } else { amount };
    let made = moment(shop, &refund.date_created_gmt, &refund.date_created, "date_created_gmt")?;
    let (at, version) = match made {
        Some(made) => (made, made.0),
        None => (of.modified, first_told(of.modified)),
    };
    let lists = Lists {
        goods: refund.line_items.as_ref(),
        shipping: refund.shipping_lines.as_ref(),
        fees: refund.fee_lines.as_ref(),
    };
    let mut lines = lines(&lists, currency, -1)?;
    lines.retain(|l| l.line.gross_minor != 0 || l.wire.total_tax.is_some());
    let named = refund.tax_lines.as_ref().filter(|t| !t.is_empty());
    let mut taxes = match named {
        Some(named) => tax::read(&lines, Some(named), None, currency, -1)?,
        None => tax::by_lines(&lines, of.order.tax_lines.as_ref(), currency, -1)?,
    };
    let worth = lines.iter().map(|l| l.line.net_minor());
    let worth = worth.chain(taxes.iter().map(|t| t.amount_minor));
    let residue = amount.minor.checked_sub(total(currency, worth, "amount")?).at("amount")?;
    tax::nudge(&mut taxes, residue, lines.len())?;
    let business_date = at.date_in(shop.zone);
    let payment = paid_at(shop, of.order)?.map(|_| Payment {
        processor: identity.processor.clone(),
        payment_id: identity.payment_id.clone(),
        amount_minor: amount.minor,
        currency,
        business_date,
        test: false,
    });
    let body = Refund {
        refund_id: refund.id.to_string(),
        currency,
        business_date,
        lines: lines.into_iter().map(|l| l.line).collect(),
        taxes,
        // An order that was never paid is credited, no money moves.
        payments: payment.into_iter().collect(),
        total_minor: amount.minor,
        test: false,
    };
    out.fact(shop.fact(&shop.sale(&of.order.id), key, version, at, FactBody::RefundIssued(body)));
    Ok(())
}

/// A refund without its order: it names neither its currency nor how the buyer paid.
pub fn alone(shop: &Shop<'_>, refund: &wire::Refund<'_>) -> Parsed<()> {
    let detail = "a refund states neither its currency nor its tender; hand it over with its \
                  order, as {\"order\": …, \"refunds\": […]}";
    let fault = malformed("order", detail);
    let parent = refund.parent_id.as_ref().filter(|id| id.as_str() != "0");
    Err(match parent {
        Some(order) => fault.about(&shop.sale(&Scalar::from(order.as_str()))),
        None => fault,
    })
}
