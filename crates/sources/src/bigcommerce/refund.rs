//! Refunds: what is given back for, its tax, and the money per tender.

use super::amount::{exact, moment, rounded};
use super::payment::{processor, provider_id};
use super::{lines, tax, wire};
use crate::kit::fault::{About, fault, malformed, unknown};
use crate::kit::shop::Shop;
use crate::kit::{Located, Outcome, Parsed, Scalar, lower, owned, simple, unit};
use kernel::{
    Currency, Decimal, FactBody, LineKind, Money, OrderLine, Payment, ReasonCode, Refund, TaxLine,
};

/// The order that refunds belong to.
pub struct Of<'o, 'a> {
    pub whole: &'o wire::Whole<'a>,
    pub currency: Currency,
    pub taxes: &'o [TaxLine],
}

/// How a refund is known.
enum Own {
    /// Under the store's id.
    Store,
    /// Under the processor's key.
    Processor(String),
    /// Its money has not moved yet.
    Pending,
}

/// The refunds of an order.
pub fn all(shop: &Shop<'_>, of: &Of<'_, '_>, out: &mut Outcome) {
    let subject = shop.sale(&of.whole.order.id);
    let owns = owns(of);
    for (n, (refund, own)) in of.whole.refunds.iter().zip(owns).enumerate() {
        out.within(format_args!("refunds[{n}]"), |out| {
            let worth = refund.total_amount.as_ref().and_then(|a| a.money(of.currency).ok());
            one(shop, of, refund, own, out).about(&subject).worth(worth)
        });
    }
}

/// Refunds through the store's own account at Stripe, PayPal or Adyen have their keys, so that their
/// events tell of the same ones. Refunds and transactions are both listed as they were made, so the
/// n-th of a processor belongs to the n-th if the amounts agree. The transaction follows the refund:
/// until the order says that money went back, the refund waits for it.
fn owns(of: &Of<'_, '_>) -> Vec<Own> {
    let status = lower(&of.whole.order.payment_status);
    let is_final = status.contains("refunded");
    let mut made: Vec<_> = of.whole.transactions.iter().filter_map(given_back).collect();
    let read = |s: &Option<Scalar<'_>>| s.as_ref()?.decimal().ok();
    let mut own = |refund: &wire::Refund<'_>| {
        let Some(processor) = sole_tender(refund) else { return Own::Store };
        match made.iter().position(|(p, ..)| *p == processor) {
            Some(next) => {
                let (_, amount, id) = made.remove(next);
                if read(amount) == read(&refund.total_amount) {
                    Own::Processor(format!("{processor}/{id}/refund"))
                } else {
                    Own::Store
                }
            }
            None if !is_final && of.whole.transactions.iter().any(|tx| is_by(tx, &processor)) => {
                Own::Pending
            }
            None => Own::Store,
        }
    };
    of.whole.refunds.iter().map(&mut own).collect()
}

/// Who gave back what by which id, where `tx` tells of a refund.
fn given_back<'t, 'a>(
    tx: &'t wire::Transaction<'a>,
) -> Option<(&'static str, &'t Option<Scalar<'a>>, &'t str)> {
    let is_refund = owned(&tx.event).eq_ignore_ascii_case("refund");
    let is_ok = tx.status.as_ref().is_none_or(|s| s.as_str().eq_ignore_ascii_case("ok"));
    let (processor, id) = provider_id(tx).filter(|_| is_refund && is_ok)?;
    let is_own = processor != "stripe" || id.starts_with("re_") || id.starts_with("pyr_");
    is_own.then_some((processor, &tx.amount, id))
}

/// Whether the order names what this processor did by the processor's ids.
fn is_by(tx: &wire::Transaction<'_>, processor: &str) -> bool {
    provider_id(tx).is_some_and(|(by, _)| by == processor)
}

fn is_declined(payment: &wire::RefundPayment<'_>) -> bool {
    payment.is_declined.unwrap_or(false)
}

/// The processor that gave the refund back by itself, and it alone.
fn sole_tender(refund: &wire::Refund<'_>) -> Option<String> {
    let mut sound = refund.payments.iter().flatten().filter(|p| !is_declined(p));
    let (only, None) = (sound.next()?, sound.next()) else { return None };
    (!only.offline.unwrap_or(false)).then(|| processor(&owned(&only.provider_id)))
}

fn one(
    shop: &Shop<'_>,
    of: &Of<'_, '_>,
    refund: &wire::Refund<'_>,
    own: Own,
    out: &mut Outcome,
) -> Parsed<()> {
    let currency = of.currency;
    let amount = refund.total_amount.as_ref().at("total_amount")?;
    let amount = amount.money(currency).at("total_amount")?;
    let key = match own {
        Own::Store => shop.key("refund", &refund.id),
        Own::Processor(key) => key,
        Own::Pending => {
            out.ignore("a refund whose money is on its way: it is told again when it went back");
            return Ok(());
        }
    };
    let tenders: Vec<_> = refund.payments.iter().flatten().collect();
    if !tenders.is_empty() && tenders.iter().all(|p| is_declined(p)) {
        let detail = "the provider declined the refund; see in BigCommerce whether it was tried \
                      again";
        return Err(fault(ReasonCode::RefundFailed, "payments", detail));
    }
    let at = moment(&refund.created, "created")?;
    let business_date = at.date_in(shop.zone);
    let payment = |p: &wire::RefundPayment<'_>| {
        let paid = p.amount.as_ref().at("payments.amount")?.money(currency);
        Ok(Payment {
            processor: processor(&owned(&p.provider_id)),
            payment_id: refund.id.to_string(),
            amount_minor: paid.at("payments.amount")?.minor,
            currency,
            business_date,
            test: false,
        })
    };
    let payments = tenders.into_iter().filter(|p| !is_declined(p)).map(payment);
    let payments = payments.collect::<Parsed<Vec<_>>>()?;
    let tax = rounded(exact(&refund.total_tax, "total_tax")?, currency, "total_tax")?;
    let net = amount.minor.checked_sub(tax).at("total_tax")?;
    let body = Refund {
        refund_id: refund.id.to_string(),
        currency,
        business_date,
        lines: returned(of, refund, Money::new(net, currency))?,
        taxes: tax::returned(of.taxes, tax, currency),
        payments,
        total_minor: amount.minor,
        test: false,
    };
    let subject = shop.sale(&of.whole.order.id);
    // What came back is known only here: a later version than the processor's own word.
    out.fact(shop.fact(&subject, key, 1, at, FactBody::RefundIssued(body)));
    Ok(())
}

/// The returned things. A refund states its sum and its tax; what of it fell on which item follows
/// from what the items cost or from the amounts that were asked for.
fn returned(of: &Of<'_, '_>, refund: &wire::Refund<'_>, net: Money) -> Parsed<Vec<OrderLine>> {
    let mut found: Vec<(OrderLine, i64)> = Vec::new();
    for (n, item) in refund.items.iter().flatten().enumerate() {
        let (mut line, weight) = item_of(of, item, n)?;
        if found.iter().any(|(f, _)| f.id == line.id) {
            line.id = format!("{}/{n}", line.id);
        }
        found.push((line, rounded(weight, net.currency, "items")?.max(0)));
    }
    let is_unweighted = found.iter().all(|(_, w)| *w == 0);
    let weights: Vec<i64> = found.iter().map(|(_, w)| if is_unweighted { 1 } else { *w }).collect();
    let shares = net.allocate(&weights);
    let lines = found.into_iter().zip(shares);
    Ok(lines
        .map(|((line, _), share)| OrderLine {
            gross_minor: share.minor,
            unit_price: unit(share.minor, line.quantity, net.currency),
            ..line
        })
        .collect())
}

fn item_of(of: &Of<'_, '_>, item: &wire::RefundItem<'_>, n: usize) -> Parsed<(OrderLine, Decimal)> {
    let at = "items.requested_amount";
    let word = owned(&item.item_type).to_ascii_uppercase();
    let asked = || exact(&item.requested_amount, at);
    let id = item.item_id.as_ref().map_or_else(|| n.to_string(), ToString::to_string);
    let product = of.whole.products.iter().find(|p| Some(&p.id) == item.item_id.as_ref());
    let line = |kind: LineKind, id: String, title: &str| {
        let reason = owned(&item.reason);
        let title = if reason.is_empty() { title.to_owned() } else { reason };
        OrderLine { id, title, ..simple(kind) }
    };
    Ok(match (word.as_str(), product) {
        ("PRODUCT", Some(product)) => {
            let quantity = match &item.quantity {
                Some(quantity) => quantity.decimal().at("items.quantity")?,
                None => Decimal::ONE,
            };
            let sold = exact(&product.quantity, "products.quantity")?;
            // What was paid for it: the price less what discounts took off.
            let gross = exact(&product.total_ex_tax, at)?;
            let paid = gross.checked_sub(lines::applied(product)?).at(at)?;
            let each = paid.checked_div(sold).unwrap_or_default();
            let line = OrderLine {
                id,
                sku: owned(&product.sku),
                title: owned(&product.name),
                quantity: if quantity.is_zero() { Decimal::ONE } else { quantity },
                ..simple(lines::kind(product))
            };
            (line, each.checked_mul(quantity).at("items.quantity")?)
        }
        ("PRODUCT", None) => {
            return Err(malformed(
                "items.item_id",
                format!("the order has no product {id}; fetch the order again with its products"),
            ));
        }
        ("GIFT_WRAPPING", product) => {
            let cost = product.map_or_else(asked, |p| exact(&p.wrapping_cost_ex_tax, at))?;
            (line(LineKind::Fee, format!("wrapping/{id}"), "Gift wrapping"), cost)
        }
        ("SHIPPING", _) => {
            (line(LineKind::Shipping, format!("shipping/{id}"), "Shipping"), asked()?)
        }
        ("HANDLING", _) => {
            (line(LineKind::Shipping, format!("handling/{id}"), "Handling"), asked()?)
        }
        ("FEE", _) => (line(LineKind::Fee, format!("fee/{id}"), "Fee"), asked()?),
        // An amount on the whole order: an allowance on what was sold.
        ("ORDER", _) => (line(LineKind::Goods, format!("order/{n}"), "Allowance"), asked()?),
        _ => {
            let shown: String = word.chars().take(60).collect();
            let detail = format!("the refunded item `{shown}` has no rule here");
            return Err(unknown("items.item_type", detail, None));
        }
    })
}

/// A refund without its order: it names neither its currency nor what was sold.
pub fn alone(shop: &Shop<'_>, refund: &wire::Refund<'_>) -> Parsed<()> {
    let detail = "a refund states neither its currency nor what it gives back for; hand it over \
                  with its order, as the poller does";
    let fault = malformed("order", detail);
    Err(match &refund.order_id {
        Some(order) => fault.about(&shop.sale(order)),
        None => fault,
    })
}
