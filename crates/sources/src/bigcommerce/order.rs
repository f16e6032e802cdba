//! Orders: the whole order as it stands when it is fetched, its cancellation, its payments, its
//! refunds.

use super::amount::moment;
use super::payment::{self, Stated, first_told};
use super::{lines, parcel, refund, tax, wire};
use crate::kit::fault::{About, malformed};
use crate::kit::shop::Shop;
use crate::kit::{Located, Outcome, Parsed, Scalar, Text, is_rounding, owned, total};
use kernel::fact::Cancellation;
use kernel::{Currency, Customer, FactBody, Money, Order, OrderLine, ReasonCode};

/// States in which nothing is sold yet: Incomplete, Pending, Declined, Awaiting Payment, Manual
/// Verification Required.
const DRAFTS: [&str; 5] = ["0", "1", "6", "7", "12"];
/// Cancelled.
const CANCELLED: &str = "5";

/// What the buyer pays in.
fn currency(order: &wire::Order<'_>) -> Parsed<Currency> {
    let at = "default_currency_code";
    let code = order.default_currency_code.as_ref().map(Text::as_str).filter(|c| !c.is_empty());
    code.at(at)?.parse::<Currency>().at(at)
}

/// The total that an order states.
pub fn worth(order: &wire::Order<'_>) -> Option<Money> {
    order.total_inc_tax.as_ref()?.money(currency(order).ok()?).ok()
}

/// Everything that an order with its parts tells.
pub fn read(shop: &Shop<'_>, whole: &wire::Whole<'_>, out: &mut Outcome) -> Parsed<()> {
    let subject = shop.sale(&whole.order.id);
    order(shop, whole, out).about(&subject).worth(worth(&whole.order))
}

fn order(shop: &Shop<'_>, whole: &wire::Whole<'_>, out: &mut Outcome) -> Parsed<()> {
    let wire = &whole.order;
    let currency = currency(wire)?;
    let created = moment(&wire.date_created, "date_created")?;
    let modified = moment(&wire.date_modified, "date_modified")?;
    let charged = lines::read(wire, &whole.products, &whole.coupons, currency)?;
    let taxes = tax::read(&whole.taxes, &wire.total_tax, currency)?;
    let subject = shop.sale(&wire.id);
    let status = wire.status_id.as_ref().map_or("", Scalar::as_str);
    let told = payment::all(shop, &whole.transactions, Some(&subject), out);
    let stated = Stated { order: wire, currency, modified, whole_minor: charged.whole_minor };
    let is_draft = DRAFTS.contains(&status);
    let is_paid = told.is_captured || (!told.is_told && stated.is_paid());
    let mut credits = 0;
    if is_paid || !(is_draft || status == CANCELLED) {
        credits = stated.credits(shop, out)?;
    }
    if !told.is_told && stated.is_paid() && status != CANCELLED {
        stated.alone(shop, credits, out)?;
    }
    if status == CANCELLED {
        let body = FactBody::OrderCancelled(Cancellation {
            business_date: modified.date_in(shop.zone),
            reason: String::new(),
        });
        let key = format!("{}/cancellation", shop.key("order", &wire.id));
        out.fact(shop.fact(&subject, key, first_told(modified), modified, body));
    }
    let of = refund::Of { whole, currency, taxes: &taxes };
    refund::all(shop, &of, out);
    let residue = residue(&charged, &taxes, currency)?;
    let is_whole = credits != 0 && credits == charged.whole_minor;
    let body = Order {
        number: wire.id.to_string(),
        placed_at: created,
        business_date: created.date_in(shop.zone),
        currency,
        channel: wire.channel_id.as_ref().map_or("default", Scalar::as_str).to_owned(),
        customer: customer(wire),
        rounding_minor: if is_rounding(residue, charged.lines.len()) { residue } else { 0 },
        total_minor: charged.whole_minor,
        lines: charged.lines,
        taxes,
        // Amounts without tax are read, whatever the store shows its prices in.
        tax_included: false,
        // Goods that leave the store unpaid (cash on delivery, a purchase order) are sold on
        // account.
        paid_at_checkout: is_paid || is_whole || is_draft || status == CANCELLED,
        test: false,
        draft: is_draft && !is_paid,
        credit: charged.whole_minor < 0,
        changed_on: (created != modified).then(|| modified.date_in(shop.zone)),
    };
    let parcels = parcel::all(shop, whole, &body, modified)?;
    let key = shop.key("order", &wire.id);
    out.fact(shop.fact(&subject, key, modified.0, modified, FactBody::OrderUpdated(body)));
    for parcel in parcels {
        out.fact(parcel);
    }
    Ok(())
}

/// What lines and taxes differ from the order's worth, minor units.
fn residue(charged: &lines::Charged, taxes: &[kernel::TaxLine], currency: Currency) -> Parsed<i64> {
    let at = "total_inc_tax";
    let parts = charged.lines.iter().map(OrderLine::net_minor);
    let sum = total(currency, parts.chain(taxes.iter().map(|t| t.amount_minor)), at)?;
    charged.whole_minor.checked_sub(sum).at(at)
}

/// The buyer; guests, who have the id 0, are nobody in particular.
fn customer(order: &wire::Order<'_>) -> Option<Customer> {
    let id = order.customer_id.as_ref().filter(|id| id.as_str() != "0")?.to_string();
    let part = |of: fn(&wire::Address<'_>) -> String| {
        order.billing_address.as_ref().map(of).unwrap_or_default()
    };
    let first = part(|a| owned(&a.first_name));
    let full = format!("{first} {}", part(|a| owned(&a.last_name)));
    let candidates = [full.trim().to_owned(), part(|a| owned(&a.company))];
    let name = candidates.into_iter().find(|n| !n.is_empty());
    Some(Customer { name: name.unwrap_or_else(|| format!("Customer {id}")), id })
}

/// An order without its parts: what it is made of stands elsewhere.
pub fn alone(shop: &Shop<'_>, order: &wire::Order<'_>) -> Parsed<()> {
    let detail = "the order comes without its products, taxes, transactions and refunds; hand \
                  them over together, as the poller does";
    Err(malformed("products", detail).about(&shop.sale(&order.id)).worth(worth(order)))
}

/// An order that its store no longer has; what is in the books has to be looked at.
pub fn deleted(shop: &Shop<'_>, id: &Scalar<'_>) -> Parsed<()> {
    let detail = "the order was deleted in BigCommerce; if it is in the books, reverse it";
    let fault = crate::kit::fault::fault(ReasonCode::SourceEditedAfterPosting, "id", detail);
    Err(fault.about(&shop.sale(id)))
}
