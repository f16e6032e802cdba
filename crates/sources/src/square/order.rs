//! Orders, as the API answers them: webhooks about orders name an order and do not hold it.

use super::account::{Account, minor, moment, money};
use super::lines::{self, Lines, Side, priced};
use super::{parcel, returned, wire};
use crate::kit::fault::{About, unknown};
use crate::kit::{Located, Outcome, Parsed, Scalar, Text, owned, total};
use kernel::fact::Cancellation;
use kernel::{Customer, EconomicKey, FactBody, LineKind, Money, Order, OrderLine, Subject};

/// An order: sold, taken back, or both at once.
pub fn read(account: &Account<'_>, order: &wire::Order<'_>, out: &mut Outcome) -> Parsed<()> {
    if let Some(orders) = &account.settings.order_source {
        out.ignore(format!("an order at Square: the sale is told by {orders}"));
        return Ok(());
    }
    let Some(id) = &order.id else {
        out.ignore("an order without an id: a calculation, nothing is sold");
        return Ok(());
    };
    let subject = account.sale(id.as_str());
    let amount = money(order.total_money.as_ref(), "total_money").about(&subject)?;
    let has_lines = order.line_items.as_ref().is_some_and(|l| !l.is_empty());
    let returns = order.returns.as_deref().unwrap_or_default();
    if !has_lines && !returns.is_empty() {
        return returned::read(account, order, returns, out);
    }
    let made = version(account, order, returns, amount, out);
    made.about(&subject).worth(Some(amount))?;
    cancellation(account, order, &subject, id, out).about(&subject)
}

fn version(
    account: &Account<'_>,
    wire: &wire::Order<'_>,
    returns: &[wire::Return<'_>],
    amount: Money,
    out: &mut Outcome,
) -> Parsed<()> {
    let currency = amount.currency;
    let id = wire.id.as_ref().at("id")?;
    let created = moment(wire.created_at.as_ref(), "created_at")?;
    let updated = wire.updated_at.as_ref();
    let updated = updated.map_or(Ok(created), |u| moment(Some(u), "updated_at"))?;
    let side = Side {
        items: wire.line_items.as_deref().unwrap_or_default(),
        charges: wire.service_charges.as_deref().unwrap_or_default(),
        taxes: wire.taxes.as_deref().unwrap_or_default(),
        tax_minor: Some(minor(wire.total_tax_money.as_ref(), currency, "total_tax_money")?),
    };
    let mut sold = lines::read(&side, currency)?;
    let tip = minor(wire.total_tip_money.as_ref(), currency, "total_tip_money")?;
    if tip != 0 {
        sold.lines.push(priced(LineKind::Tip, "tip".into(), "Tip".into(), tip, currency));
    }
    let mut stated = amount.minor;
    if !returns.is_empty() {
        stated = exchange(wire, returns, amount, &mut sold)?;
    }
    let rounding = wire.rounding_adjustment.as_ref().and_then(|r| r.amount_money.as_ref());
    let rounding = minor(rounding, currency, "rounding_adjustment")?;
    let total_minor = with_rounding(&sold, currency, stated, rounding)?;
    let order = Order {
        number: id.to_string(),
        placed_at: created,
        business_date: created.date_in(&account.settings.zone),
        currency,
        channel: wire.location_id.as_ref().map_or("default", Text::as_str).to_owned(),
        customer: wire
            .customer_id
            .as_ref()
            .filter(|c| !c.as_str().is_empty())
            .map(|c| Customer { id: c.to_string(), name: format!("Customer {c}") }),
        lines: sold.lines,
        taxes: sold.taxes,
        tax_included: sold.included,
        rounding_minor: rounding,
        total_minor,
        paid_at_checkout: true,
        test: account.is_test,
        draft: wire.state.as_ref().is_some_and(|s| s.as_str() == "DRAFT"),
        credit: false,
        changed_on: (created != updated).then(|| updated.date_in(&account.settings.zone)),
    };
    let parcels = parcel::all(account, wire, &order, updated)?;
    let (at, body) = if created == updated {
        (created, FactBody::OrderCreated(order))
    } else {
        (updated, FactBody::OrderUpdated(order))
    };
    let subject = account.sale(id.as_str());
    let key = EconomicKey(subject.key.clone());
    out.fact(account.fact(&subject, key, updated.0, at, body));
    for parcel in parcels {
        out.fact(parcel);
    }
    Ok(())
}

/// The total with cash rounding (case 37), whether or not the stated one holds it yet.
fn with_rounding(
    sold: &Lines,
    currency: kernel::Currency,
    stated: i64,
    rounding: i64,
) -> Parsed<i64> {
    let net = total(currency, sold.lines.iter().map(OrderLine::net_minor), "line_items")?;
    let tax = total(currency, sold.taxes.iter().map(|t| t.amount_minor), "taxes")?;
    let expected = net.checked_add(if sold.included { 0 } else { tax }).at("total_money")?;
    if stated == expected {
        stated.checked_add(rounding).at("rounding_adjustment")
    } else {
        Ok(stated)
    }
}

/// Goods for goods (cases 84 and 85): what came back stands as negative lines, and the order comes
/// to what is still to be paid.
fn exchange(
    wire: &wire::Order<'_>,
    returns: &[wire::Return<'_>],
    amount: Money,
    sold: &mut Lines,
) -> Parsed<i64> {
    let net = wire.net_amounts.as_ref().and_then(|n| n.total_money.as_ref());
    let net = minor(net, amount.currency, "net_amounts.total_money")?;
    let is_refunded = wire.refunds.as_ref().is_some_and(|r| !r.is_empty());
    for given_back in returns {
        let back = returned::side(given_back, amount.currency)?;
        if is_refunded || net < 0 || back.included != sold.included && !back.taxes.is_empty() {
            let detail = "an exchange that gave money back, or of prices with and without tax, \
                          has no rule here; book it by hand";
            return Err(unknown("returns", detail, Some(amount)));
        }
        for line in back.lines {
            sold.lines.push(OrderLine {
                quantity: -line.quantity,
                gross_minor: line.gross_minor.checked_neg().at("returns")?,
                discount_minor: line.discount_minor.checked_neg().at("returns")?,
                ..line
            });
        }
        for tax in back.taxes {
            let amount_minor = tax.amount_minor.checked_neg().at("returns")?;
            sold.taxes.push(kernel::TaxLine { amount_minor, base_minor: None, ..tax });
        }
    }
    Ok(net)
}

fn cancellation(
    account: &Account<'_>,
    wire: &wire::Order<'_>,
    subject: &Subject,
    id: &Scalar<'_>,
    out: &mut Outcome,
) -> Parsed<()> {
    if wire.state.as_ref().is_none_or(|s| s.as_str() != "CANCELED") {
        return Ok(());
    }
    let ends = [&wire.closed_at, &wire.updated_at, &wire.created_at];
    let at = moment(ends.into_iter().flatten().next(), "closed_at")?;
    let body = FactBody::OrderCancelled(Cancellation {
        business_date: at.date_in(&account.settings.zone),
        reason: owned(&wire.state),
    });
    let key = EconomicKey(format!("{}/order/{id}/cancellation", account.source));
    out.fact(account.fact(subject, key, 0, at, body));
    Ok(())
}
