//! What left: the parcels that an order lists. A parcel's own webhook says less than the order that
//! follows it.

use super::shop::{Shop, moment, plain_id};
use super::tax::parts;
use super::wire;
use crate::kit::parcel::{LineTaxes, Parcel, line_taxes, told};
use crate::kit::{Located, Parsed, Text};
use kernel::{Decimal, Fact, FactBody, Order, Timestamp};

/// The parcels of `order`, as it stands at `updated`.
pub fn all(
    shop: &Shop<'_>,
    wire: &wire::Order<'_>,
    order: &Order,
    updated: Timestamp,
) -> Parsed<Vec<Fact>> {
    let mut parcels = Vec::new();
    for parcel in wire.fulfillments.iter().flatten() {
        parcels.extend(read(parcel)?);
    }
    if parcels.is_empty() {
        return Ok(Vec::new());
    }
    let is_done = wire.fulfillment_status.as_ref().is_some_and(|s| s.as_str() == "fulfilled");
    let mut facts = Vec::new();
    for (at, parcel) in told(order, &taxes(wire, order)?, parcels, is_done, shop.zone)? {
        let key = format!("{}/fulfilment/{}", shop.source, parcel.fulfilment_id);
        let subject = shop.sale(&wire.id);
        facts.push(shop.fact(&subject, key, updated.0, at, FactBody::OrderFulfilled(parcel)));
    }
    Ok(facts)
}

/// One that left or was called off; what is still being packed, or failed to be, is none.
fn read(wire: &wire::Fulfilment<'_>) -> Parsed<Option<Parcel>> {
    let is_void = match wire.status.as_ref().map(Text::as_str) {
        Some("success") => false,
        Some("cancelled") => true,
        _ => return Ok(None),
    };
    let Some(id) = &wire.id else { return Ok(None) };
    let mut lines = Vec::new();
    for line in wire.line_items.iter().flatten() {
        let quantity = line.quantity.as_ref().map(|q| q.decimal().at("fulfillments.quantity"));
        let id = plain_id(line.id.as_ref().at("fulfillments.line_items.id")?).to_owned();
        lines.push((id, quantity.transpose()?.unwrap_or(Decimal::ONE)));
    }
    if lines.is_empty() && !is_void {
        return Ok(None);
    }
    let at = moment(&[&wire.created_at], "fulfillments.created_at")?;
    Ok(Some(Parcel { id: plain_id(id).to_owned(), at, lines, is_void }))
}

fn taxes(wire: &wire::Order<'_>, order: &Order) -> Parsed<LineTaxes> {
    let mut taxes = LineTaxes::new();
    for line in wire.line_items.iter().flatten() {
        let Some(id) = &line.id else { continue };
        let read = parts(line.tax_lines.as_ref(), order.currency, "tax_lines")?;
        taxes.insert(plain_id(id).to_owned(), line_taxes(&read));
    }
    for line in wire.shipping_lines.iter().flatten() {
        let Some(id) = &line.id else { continue };
        let read = parts(line.tax_lines.as_ref(), order.currency, "tax_lines")?;
        taxes.insert(format!("shipping/{}", plain_id(id)), line_taxes(&read));
    }
    Ok(taxes)
}
