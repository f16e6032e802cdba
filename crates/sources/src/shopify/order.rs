//! Order payloads: the whole order as it stands, its cancellation, and the payments and refunds
//! that some payloads carry along.

use super::lines::{self, Lines};
use super::shop::{Shop, amount, currency, minor, moment, plain_id, total};
use super::tax::{TaxPart, parts};
use super::{parcel, payment, refund, wire};
use crate::kit::fault::About;
use crate::kit::{Located, Outcome, Parsed, Text, owned};
use kernel::fact::Cancellation;
use kernel::{Currency, Customer, FactBody, Order, OrderLine};

/// Whether a payload announces the order or tells of a later state of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Telling {
    /// `orders/create`.
    Created,
    /// Any other order topic.
    Updated,
    /// No topic: new when it was never updated.
    ByDates,
}

/// Everything that an order payload tells.
pub fn read(shop: &Shop<'_>, wire: &wire::Order<'_>, telling: Telling, out: &mut Outcome) {
    let subject = shop.sale(&wire.id);
    let code = currency(&wire.currency, "currency");
    let stated = code.as_ref().ok().and_then(|c| {
        amount(&wire.total_price_set, &wire.total_price, *c, "total_price").ok().flatten()
    });
    out.attempt(|out| {
        let version = |out: &mut Outcome| version(shop, wire, telling, code.clone()?, out);
        version(out).about(&subject).worth(stated)
    });
    out.attempt(|out| cancellation(shop, wire, out).about(&subject));
    payment::embedded(shop, wire, out);
    for refund in wire.refunds.iter().flatten() {
        let known =
            refund::Known { order_id: Some(&wire.id), currency: code.as_ref().ok().copied() };
        out.attempt(|out| refund::read(shop, refund, &known, out).about(&subject));
    }
}

fn version(
    shop: &Shop<'_>,
    wire: &wire::Order<'_>,
    telling: Telling,
    currency: Currency,
    out: &mut Outcome,
) -> Parsed<()> {
    wire.line_items.as_ref().at("line_items")?;
    let created = moment(&[&wire.created_at, &wire.processed_at], "created_at")?;
    let updated = moment(&[&wire.updated_at, &wire.created_at], "updated_at")?;
    let placed = moment(&[&wire.processed_at, &wire.created_at], "processed_at")?;
    let included = wire.taxes_included.unwrap_or(false);
    let Lines { lines, mut taxes } = lines::read(wire, currency, included)?;
    header_taxes(wire, currency, &mut taxes)?;
    let sum = Sum {
        lines: total(currency, lines.iter().map(OrderLine::net_minor), "line_items")?,
        taxes: taxes.totals("tax_lines")?,
        included,
    };
    let stated = amount(&wire.total_price_set, &wire.total_price, currency, "total_price")?;
    let stated = stated.at("total_price")?.minor;
    let rounding = minor(
        &wire.total_cash_rounding_payment_adjustment_set,
        &None,
        currency,
        "total_cash_rounding_payment_adjustment_set",
    )?;
    let total_minor = sum.total(stated, rounding);
    let is_new = match telling {
        Telling::Created => true,
        Telling::Updated => false,
        Telling::ByDates => created == updated,
    };
    let order = Order {
        number: number(wire),
        placed_at: placed,
        business_date: placed.date_in(shop.zone),
        currency,
        channel: wire.source_name.as_ref().map_or("default", Text::as_str).to_owned(),
        customer: customer(wire),
        lines,
        taxes: taxes.into_lines(),
        tax_included: included,
        rounding_minor: rounding,
        total_minor,
        paid_at_checkout: wire.payment_terms.is_none(),
        test: wire.test.unwrap_or(false),
        draft: false,
        credit: total_minor < 0,
        changed_on: (!is_new).then(|| updated.date_in(shop.zone)),
    };
    let parcels = parcel::all(shop, wire, &order, updated)?;
    let (at, body) = if is_new {
        (created, FactBody::OrderCreated(order))
    } else {
        (updated, FactBody::OrderUpdated(order))
    };
    let key = shop.key("order", &wire.id);
    out.fact(shop.fact(&shop.sale(&wire.id), key, updated.0, at, body));
    for parcel in parcels {
        out.fact(parcel);
    }
    Ok(())
}

/// What lines and taxes add up to, against what the order states.
struct Sum {
    lines: i64,
    /// Collected by us, collected by a marketplace.
    taxes: (i64, i64),
    included: bool,
}

impl Sum {
    /// What the order is worth to us: the stated total, less tax that a marketplace keeps when
    /// the total holds it (#41), plus cash rounding when the total does not hold it yet (#37).
    /// A total that fits neither stays as stated; the kernel then holds the order.
    fn total(&self, stated: i64, rounding: i64) -> i64 {
        let (own, marketplace) = self.taxes;
        let tax = if self.included { 0 } else { own };
        let Some(expected) = self.lines.checked_add(tax) else { return stated };
        let rounded = expected.saturating_add(rounding);
        let net = if self.included { stated } else { stated.saturating_sub(marketplace) };
        for candidate in [stated, net] {
            if candidate == rounded {
                return candidate;
            }
            if candidate == expected {
                return candidate.saturating_add(rounding);
            }
        }
        stated
    }
}

/// Tax stated for the order but on none of its lines.
fn header_taxes(
    wire: &wire::Order<'_>,
    currency: Currency,
    taxes: &mut super::tax::Taxes,
) -> Parsed<()> {
    let stated = minor(&None, &wire.total_tax, currency, "total_tax")?;
    let (own, marketplace) = taxes.totals("tax_lines")?;
    let on_lines = own.checked_add(marketplace).at("tax_lines")?;
    if on_lines != 0 || stated == 0 {
        return Ok(());
    }
    let whole = parts(wire.tax_lines.as_ref(), currency, "tax_lines")?;
    let unnamed = [TaxPart { title: "Tax", rate: None, amount: stated, marketplace: false }];
    let sum = total(currency, whole.iter().map(|p| p.amount), "tax_lines")?;
    let parts = if sum == stated { whole.as_slice() } else { unnamed.as_slice() };
    taxes.add_line(parts, None, false, "tax_lines")
}

fn number(wire: &wire::Order<'_>) -> String {
    let name = wire.name.as_ref().map(|n| n.as_str().trim_start_matches('#').trim());
    match (name, &wire.order_number) {
        (Some(name), _) if !name.is_empty() => name.to_owned(),
        (_, Some(number)) => number.to_string(),
        _ => plain_id(&wire.id).to_owned(),
    }
}

fn customer(wire: &wire::Order<'_>) -> Option<Customer> {
    let buyer = wire.customer.as_ref()?;
    let id = buyer.id.as_ref().map(|i| plain_id(i).to_owned())?;
    let part = |t: &Option<Text<'_>>| owned(t).trim().to_owned();
    let full = format!("{} {}", part(&buyer.first_name), part(&buyer.last_name));
    let billed = wire.billing_address.as_ref();
    let candidates = [
        full.trim().to_owned(),
        billed.map(|a| part(&a.name)).unwrap_or_default(),
        billed.map(|a| part(&a.company)).unwrap_or_default(),
    ];
    let name = candidates.into_iter().find(|n| !n.is_empty());
    Some(Customer { name: name.unwrap_or_else(|| format!("Customer {id}")), id })
}

fn cancellation(shop: &Shop<'_>, wire: &wire::Order<'_>, out: &mut Outcome) -> Parsed<()> {
    let Some(text) = &wire.cancelled_at else { return Ok(()) };
    let at = kernel::Timestamp::parse(text.as_str()).at("cancelled_at")?;
    let body = FactBody::OrderCancelled(Cancellation {
        business_date: at.date_in(shop.zone),
        reason: owned(&wire.cancel_reason),
    });
    let key = shop.key("order", &wire.id) + "/cancellation";
    out.fact(shop.fact(&shop.sale(&wire.id), key, 0, at, body));
    Ok(())
}
