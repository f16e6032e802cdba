//! What left: the shipments of an order, or its state where a shop makes none.

use super::amount::{exact, moment, rounded};
use super::payment::first_told;
use super::wire;
use crate::kit::parcel::{LineTaxes, Parcel, told};
use crate::kit::shop::Shop;
use crate::kit::{Located, Parsed, Scalar, Text};
use kernel::{Decimal, Fact, FactBody, Order, TaxLine, Timestamp};

/// States in which all of it has left: Shipped, Completed.
const DONE: [&str; 2] = ["2", "10"];

/// The parcels of `order`, as it stands at `modified`.
pub fn all(
    shop: &Shop<'_>,
    whole: &wire::Whole<'_>,
    order: &Order,
    modified: Timestamp,
) -> Parsed<Vec<Fact>> {
    let wire = &whole.order;
    let is_done = wire.status_id.as_ref().is_some_and(|s| DONE.contains(&s.as_str()));
    let mut parcels = Vec::new();
    for shipment in &whole.shipments {
        parcels.push(read(shipment)?);
    }
    let is_stated = parcels.is_empty();
    if is_stated {
        if !is_done {
            return Ok(Vec::new());
        }
        let shipped = wire.date_shipped.as_ref().is_some_and(|d| !d.as_str().is_empty());
        let at = if shipped { moment(&wire.date_shipped, "date_shipped")? } else { modified };
        let (id, lines) = ("shipped".to_owned(), Vec::new());
        parcels.push(Parcel { id, at, lines, is_void: false });
    }
    let mut facts = Vec::new();
    for (at, parcel) in told(order, &taxes(whole, order)?, parcels, is_done, shop.zone)? {
        let key = if is_stated {
            format!("{}/shipped", shop.key("order", &wire.id))
        } else {
            format!("{}/shipment/{}", shop.source, parcel.fulfilment_id)
        };
        let version = if is_stated { first_told(modified) } else { modified.0 };
        let subject = shop.sale(&wire.id);
        facts.push(shop.fact(&subject, key, version, at, FactBody::OrderFulfilled(parcel)));
    }
    Ok(facts)
}

fn read(wire: &wire::Shipment<'_>) -> Parsed<Parcel> {
    let mut lines = Vec::new();
    for item in wire.items.iter().flatten() {
        let id = item.order_product_id.as_ref().at("shipments.items.order_product_id")?;
        let quantity = item.quantity.as_ref().map(|q| q.decimal().at("shipments.items.quantity"));
        lines.push((id.to_string(), quantity.transpose()?.unwrap_or(Decimal::ONE)));
    }
    let at = moment(&wire.date_created, "shipments.date_created")?;
    Ok(Parcel { id: wire.id.to_string(), at, lines, is_void: false })
}

/// Tax of the lines, where the order's taxes say which line they are of.
fn taxes(whole: &wire::Whole<'_>, order: &Order) -> Parsed<LineTaxes> {
    let mut taxes = LineTaxes::new();
    for tax in &whole.taxes {
        let product = tax.order_product_id.as_ref().map(Scalar::as_str);
        let line = match tax.line_item_type.as_ref().map(Text::as_str) {
            Some(kind @ ("shipping" | "handling")) => kind,
            _ => match product {
                Some(id) => id,
                None => continue,
            },
        };
        let name = tax.name.as_ref().map_or("", Text::as_str);
        let Some(known) = order.taxes.iter().find(|t| t.jurisdiction == name) else { continue };
        let amount = exact(&tax.line_amount, "taxes.line_amount")?;
        let amount_minor = rounded(amount, order.currency, "taxes.line_amount")?;
        let tax = TaxLine { amount_minor, base_minor: None, parts: 1, ..known.clone() };
        taxes.entry(line.to_owned()).or_default().push(tax);
    }
    Ok(taxes)
}
