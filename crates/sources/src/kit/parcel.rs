//! What left with each parcel of an order, at what it costs there.

use super::{Located, Parsed};
use kernel::time::Zone;
use kernel::{
    Currency, Decimal, Fulfilment, LineKind, Money, Order, OrderLine, TaxLine, Timestamp,
};
use std::collections::BTreeMap;

/// A parcel as its source lists it.
pub struct Parcel {
    /// The source's id, unique within the order.
    pub id: String,
    /// When it left.
    pub at: Timestamp,
    /// Line ids and how many left; empty for all that had not left before.
    pub lines: Vec<(String, Decimal)>,
    /// It was called off: nothing left with it after all.
    pub is_void: bool,
}

/// Tax on each line of the order, by line id.
pub type LineTaxes = BTreeMap<String, Vec<TaxLine>>;

/// What every parcel took along. With `is_done` the last one completes the order, also where lines
/// were taken off it since; so does the one after which nothing is left. What cannot be put into a
/// parcel (shipping, fees, tips) goes with the first.
///
/// # Errors
/// When amounts do not fit.
pub fn told(
    order: &Order,
    taxes: &LineTaxes,
    mut parcels: Vec<Parcel>,
    is_done: bool,
    zone: &Zone,
) -> Parsed<Vec<(Timestamp, Fulfilment)>> {
    parcels.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
    let mut packing = Packing { order, taxes, left: BTreeMap::new(), is_first: true };
    for line in order.lines.iter().filter(|l| is_packed(l)) {
        packing.left.insert(&line.id, line.quantity);
    }
    let last = parcels.iter().rposition(|p| !p.is_void);
    let mut told = Vec::with_capacity(parcels.len());
    for (n, parcel) in parcels.iter().enumerate() {
        let (lines, taxes) = if parcel.is_void {
            (nothing(order), Vec::new())
        } else {
            packing.pack(parcel, is_done && Some(n) == last)?
        };
        if parcel.is_void && lines.is_empty() {
            continue;
        }
        let fulfilment = Fulfilment {
            fulfilment_id: parcel.id.clone(),
            currency: order.currency,
            business_date: parcel.at.date_in(zone),
            lines,
            taxes,
        };
        told.push((parcel.at, fulfilment));
    }
    Ok(told)
}

/// What is put into parcels; the rest of an order goes along.
fn is_packed(line: &OrderLine) -> bool {
    use LineKind::{Bundle, Component, GiftCard, Goods, Other};
    let is_goods = matches!(line.kind, Goods | Bundle | Component | GiftCard | Other);
    is_goods && line.quantity > Decimal::ZERO
}

/// None of the first line: a parcel without lines would be the rest of the order.
fn nothing(order: &Order) -> Vec<OrderLine> {
    let none = |line: &OrderLine| OrderLine {
        quantity: Decimal::ZERO,
        gross_minor: 0,
        discount_minor: 0,
        ..line.clone()
    };
    order.lines.first().map(none).into_iter().collect()
}

struct Packing<'o> {
    order: &'o Order,
    taxes: &'o LineTaxes,
    /// How many of each line have not left.
    left: BTreeMap<&'o str, Decimal>,
    is_first: bool,
}

impl Packing<'_> {
    fn pack(&mut self, parcel: &Parcel, completes: bool) -> Parsed<(Vec<OrderLine>, Vec<TaxLine>)> {
        let at = "fulfillments";
        let mut lines = Vec::new();
        let mut taxes: Vec<TaxLine> = Vec::new();
        for line in &self.order.lines {
            let (of, before, after) = match self.left.get_mut(line.id.as_str()) {
                Some(left) => {
                    let wanted = parcel.lines.iter().filter(|(id, _)| *id == line.id);
                    let sent = wanted.fold(Decimal::ZERO, |sum, (_, n)| sum.saturating_add(*n));
                    let before = *left;
                    *left = before.saturating_sub(sent).max(Decimal::ZERO);
                    (line.quantity, before, *left)
                }
                None if self.is_first => (Decimal::ONE, Decimal::ONE, Decimal::ZERO),
                None => continue,
            };
            if before == after {
                continue;
            }
            let share = |minor| share(minor, (of, before, after), self.order.currency);
            for tax in self.taxes.get(&line.id).into_iter().flatten() {
                let amount_minor = share(tax.amount_minor).at(at)?;
                add(&mut taxes, TaxLine { amount_minor, base_minor: None, ..tax.clone() });
            }
            lines.push(OrderLine {
                quantity: before.saturating_sub(after),
                gross_minor: share(line.gross_minor).at(at)?,
                discount_minor: share(line.discount_minor).at(at)?,
                ..line.clone()
            });
        }
        self.is_first = false;
        let nothing_left = self.left.values().all(Decimal::is_zero);
        if completes || parcel.lines.is_empty() || nothing_left {
            return Ok((Vec::new(), Vec::new()));
        }
        if lines.is_empty() {
            lines = nothing(self.order);
        }
        Ok((lines, taxes))
    }
}

/// What of `minor` falls to the pieces between `before` and `after`, so that all parcels together
/// come to all of it.
fn share(
    minor: i64,
    (of, before, after): (Decimal, Decimal, Decimal),
    currency: Currency,
) -> Option<i64> {
    if of.is_zero() {
        return Some(minor);
    }
    let up_to = |left: Decimal| {
        let part = Decimal::new(minor, currency.exponent()).checked_mul(left)?.checked_div(of)?;
        Money::round(part, currency).ok().map(|m| m.minor)
    };
    up_to(before)?.checked_sub(up_to(after)?)
}

/// Taxes of one name are one.
fn add(taxes: &mut Vec<TaxLine>, tax: TaxLine) {
    let same = |t: &&mut TaxLine| {
        (&t.jurisdiction, t.marketplace, t.rate) == (&tax.jurisdiction, tax.marketplace, tax.rate)
    };
    match taxes.iter_mut().find(same) {
        Some(known) => {
            known.amount_minor = known.amount_minor.saturating_add(tax.amount_minor);
            known.parts = known.parts.saturating_add(tax.parts);
        }
        None => taxes.push(tax),
    }
}

/// Tax of one line, from the parts that the line states.
pub fn line_taxes(parts: &[super::tax::TaxPart<'_>]) -> Vec<TaxLine> {
    let tax = |part: &super::tax::TaxPart<'_>| TaxLine {
        jurisdiction: part.title.to_owned(),
        rate: part.rate,
        base_minor: None,
        amount_minor: part.amount,
        parts: 1,
        marketplace: part.marketplace,
    };
    parts.iter().map(tax).collect()
}
