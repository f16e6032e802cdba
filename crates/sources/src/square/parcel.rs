//! What was handed over: the fulfilments of an order. One without any was sold at the counter.

use super::account::{Account, minor, moment};
use super::wire;
use crate::kit::parcel::{LineTaxes, Parcel, told};
use crate::kit::{Located, Parsed, Text};
use kernel::{Decimal, EconomicKey, Fact, FactBody, Order, TaxLine, Timestamp};

/// The parcels of `order`, as it stands at `updated`.
pub fn all(
    account: &Account<'_>,
    wire: &wire::Order<'_>,
    order: &Order,
    updated: Timestamp,
) -> Parsed<Vec<Fact>> {
    let is_done = wire.state.as_ref().is_some_and(|s| s.as_str() == "COMPLETED");
    let closed = match wire.closed_at.as_ref().filter(|_| is_done) {
        Some(at) => moment(Some(at), "closed_at")?,
        None => updated,
    };
    let mut parcels = Vec::new();
    for fulfilment in wire.fulfillments.iter().flatten() {
        parcels.extend(read(fulfilment, closed)?);
    }
    if wire.fulfillments.as_ref().is_none_or(Vec::is_empty) && is_done {
        let (id, lines) = ("counter".to_owned(), Vec::new());
        parcels.push(Parcel { id, at: closed, lines, is_void: false });
    }
    if parcels.is_empty() {
        return Ok(Vec::new());
    }
    let subject = account.sale(&order.number);
    let zone = &account.settings.zone;
    let mut facts = Vec::new();
    for (at, parcel) in told(order, &taxes(wire, order)?, parcels, is_done, zone)? {
        let key = EconomicKey(format!("{}/fulfilment/{}", subject.key, parcel.fulfilment_id));
        facts.push(account.fact(&subject, key, updated.0, at, FactBody::OrderFulfilled(parcel)));
    }
    Ok(facts)
}

/// One that was handed over or called off; what is still being prepared is none yet.
fn read(wire: &wire::Fulfilment<'_>, closed: Timestamp) -> Parsed<Option<Parcel>> {
    let is_void = match wire.state.as_ref().map(Text::as_str) {
        Some("COMPLETED") => false,
        Some("CANCELED" | "FAILED") => true,
        _ => return Ok(None),
    };
    let Some(uid) = &wire.uid else { return Ok(None) };
    let mut lines = Vec::new();
    let is_part = wire.line_item_application.as_ref().is_some_and(|a| a.as_str() == "ENTRY_LIST");
    for entry in wire.entries.iter().flatten().filter(|_| is_part) {
        let id = entry.line_item_uid.as_ref().at("fulfillments.entries.line_item_uid")?;
        let quantity = entry.quantity.as_ref().map(|q| q.decimal().at("fulfillments.quantity"));
        lines.push((id.to_string(), quantity.transpose()?.unwrap_or(Decimal::ONE)));
    }
    let shipped = wire.shipment_details.as_ref().and_then(|d| d.shipped_at.as_ref());
    let picked_up = wire.pickup_details.as_ref().and_then(|d| d.picked_up_at.as_ref());
    let delivered = wire.delivery_details.as_ref().and_then(|d| d.delivered_at.as_ref());
    let at = match shipped.or(picked_up).or(delivered) {
        Some(at) => moment(Some(at), "fulfillments")?,
        None => closed,
    };
    Ok(Some(Parcel { id: uid.to_string(), at, lines, is_void }))
}

fn taxes(wire: &wire::Order<'_>, order: &Order) -> Parsed<LineTaxes> {
    let listed = wire.taxes.as_deref().unwrap_or_default();
    let mut taxes = LineTaxes::new();
    let items = wire.line_items.iter().flatten().map(|i| (&i.uid, &i.applied_taxes));
    let charges = wire.service_charges.iter().flatten().map(|c| (&c.uid, &c.applied_taxes));
    for (uid, applied) in items.chain(charges) {
        let Some(uid) = uid else { continue };
        for applied in applied.iter().flatten() {
            let of = listed.iter().position(|t| t.uid.is_some() && t.uid == applied.tax_uid);
            let Some(known) = of.and_then(|n| order.taxes.get(n)) else { continue };
            let amount_minor =
                minor(applied.applied_money.as_ref(), order.currency, "applied_taxes")?;
            let tax = TaxLine { amount_minor, base_minor: None, parts: 1, ..known.clone() };
            taxes.entry(uid.to_string()).or_default().push(tax);
        }
    }
    Ok(taxes)
}
