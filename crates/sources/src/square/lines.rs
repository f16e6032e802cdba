//! Everything with a price on an order or on a return, and the tax on it.

use super::account::minor;
use super::wire;
use crate::kit::{Located, Parsed, Scalar, Text, malformed, owned, simple, total, unit};
use kernel::{Currency, Decimal, LineKind, Money, OrderLine, TaxLine};

/// What is read: the sold side of an order, or one of its returns.
pub struct Side<'w, 'a> {
    pub items: &'w [wire::LineItem<'a>],
    pub charges: &'w [wire::ServiceCharge<'a>],
    pub taxes: &'w [wire::Tax<'a>],
    /// Tax of the whole side where it is stated, minor units.
    pub tax_minor: Option<i64>,
}

/// Lines and taxes.
pub struct Lines {
    pub lines: Vec<OrderLine>,
    pub taxes: Vec<TaxLine>,
    /// Whether the prices hold the tax: only when all of it is `INCLUSIVE`. Where both kinds meet,
    /// prices are stated without any.
    pub included: bool,
}

/// Reads one side. A line comes to its `total_money` less the service charges apportioned to it,
/// which stand as lines of their own: `gross_sales_money` holds inclusive tax in some countries and
/// not in others, `total_money` is the money in all of them.
pub fn read(side: &Side<'_, '_>, currency: Currency) -> Parsed<Lines> {
    if side.taxes.len() > TAXES_MAX {
        let detail = format!("{} taxes on one order; at most {TAXES_MAX}", side.taxes.len());
        return Err(malformed("taxes", detail));
    }
    let is_inside =
        |tax: &&wire::Tax<'_>| tax.tax_type.as_ref().is_some_and(|t| t.as_str() == "INCLUSIVE");
    let has_money =
        |tax: &&wire::Tax<'_>| tax.applied_money.as_ref().is_some_and(|m| m.amount != 0);
    let mut charged = side.taxes.iter().filter(has_money).peekable();
    let included = charged.peek().is_some() && charged.all(|tax| is_inside(&tax));
    let mut lines = Vec::with_capacity(side.items.len() + side.charges.len());
    let mut taxed = Vec::with_capacity(side.items.len());
    for (n, item) in side.items.iter().enumerate() {
        let line = goods(item, n, currency, included)?;
        let inside =
            if included { minor(item.total_tax_money.as_ref(), currency, TAX)? } else { 0 };
        let base = line.net_minor().checked_sub(inside).at(TAX)?;
        taxed.push((item.applied_taxes.as_ref(), base));
        lines.push(line);
    }
    for (n, charge) in side.charges.iter().enumerate() {
        lines.push(surcharge(charge, n, currency, included)?);
    }
    let mut taxes = Vec::with_capacity(side.taxes.len());
    for tax in side.taxes {
        taxes.push(tax_line(tax, side.charges, &taxed, currency)?);
    }
    if let (true, Some(amount @ 1..)) = (taxes.is_empty(), side.tax_minor) {
        taxes.push(unnamed(amount));
    }
    Ok(Lines { lines, taxes, included })
}

const TAX: &str = "total_tax_money";

/// Most taxes on one order; every one is looked for on every line.
const TAXES_MAX: usize = 100;

fn goods(
    item: &wire::LineItem<'_>,
    n: usize,
    currency: Currency,
    included: bool,
) -> Parsed<OrderLine> {
    let one = Scalar::from("1");
    let quantity = item.quantity.as_ref().unwrap_or(&one).decimal().at("quantity")?;
    let base = minor(item.base_price_money.as_ref(), currency, "base_price_money")?;
    let base = Money::new(base, currency).to_decimal();
    // Square rounds half to even (case 35).
    let product = base.checked_mul(quantity).at("quantity")?;
    let product = Money::round_half_even(product, currency).at("quantity")?.minor;
    let discount = minor(item.total_discount_money.as_ref(), currency, "total_discount_money")?;
    let net = match &item.total_money {
        Some(_) => {
            let total = minor(item.total_money.as_ref(), currency, "total_money")?;
            let tax = minor(item.total_tax_money.as_ref(), currency, TAX)?;
            let charges = item.total_service_charge_money.as_ref();
            let charges = minor(charges, currency, "total_service_charge_money")?;
            let without = if included { 0 } else { tax };
            total.checked_sub(without).and_then(|t| t.checked_sub(charges)).at("total_money")?
        }
        None => {
            let stated = item.gross_sales_money.as_ref().or(item.gross_return_money.as_ref());
            let gross = match stated {
                Some(_) => minor(stated, currency, "gross_sales_money")?,
                None => product,
            };
            gross.checked_sub(discount).at("total_discount_money")?
        }
    };
    let gross = net.checked_add(discount).at("total_discount_money")?;
    let is_card = item.item_type.as_ref().is_some_and(|t| t.as_str() == "GIFT_CARD");
    Ok(OrderLine {
        id: item.uid.as_ref().map_or_else(|| format!("line/{n}"), ToString::to_string),
        kind: if is_card { LineKind::GiftCard } else { LineKind::Goods },
        sku: owned(&item.catalog_object_id),
        title: title(item),
        quantity,
        unit_price: if product == gross { base } else { unit(gross, quantity, currency) },
        gross_minor: gross,
        discount_minor: discount,
    })
}

fn title(item: &wire::LineItem<'_>) -> String {
    let variation = item.variation_name.as_ref().map(Text::as_str).filter(|v| !v.is_empty());
    match (owned(&item.name), variation) {
        (name, None) => name,
        (name, Some(variation)) => format!("{name}, {variation}"),
    }
}

fn surcharge(
    charge: &wire::ServiceCharge<'_>,
    n: usize,
    currency: Currency,
    included: bool,
) -> Parsed<OrderLine> {
    let net = match &charge.total_money {
        Some(_) => {
            let total = minor(charge.total_money.as_ref(), currency, "service_charges")?;
            let tax = minor(charge.total_tax_money.as_ref(), currency, "service_charges")?;
            total.checked_sub(if included { 0 } else { tax }).at("service_charges")?
        }
        None => minor(charge.applied_money.as_ref(), currency, "service_charges")?,
    };
    let is_tip = charge.charge_type.as_ref().is_some_and(|t| t.as_str() == "AUTO_GRATUITY");
    let id = charge.uid.as_ref().map_or_else(|| format!("charge/{n}"), ToString::to_string);
    let kind = if is_tip { LineKind::Tip } else { LineKind::Fee };
    Ok(priced(kind, id, owned(&charge.name), net, currency))
}

/// One piece that costs `minor`.
pub fn priced(
    kind: LineKind,
    id: String,
    title: String,
    minor: i64,
    currency: Currency,
) -> OrderLine {
    let unit_price = Money::new(minor, currency).to_decimal();
    OrderLine { id, title, gross_minor: minor, unit_price, ..simple(kind) }
}

/// `taxed`: per line the taxes on it and what they are taken from. The base stays open where
/// surcharges are taxed too or a tax is taken from other tax.
fn tax_line(
    tax: &wire::Tax<'_>,
    charges: &[wire::ServiceCharge<'_>],
    taxed: &[(Option<&Vec<wire::AppliedTax<'_>>>, i64)],
    currency: Currency,
) -> Parsed<TaxLine> {
    let applies = |list: Option<&Vec<wire::AppliedTax<'_>>>| {
        let uid = tax.uid.as_ref();
        uid.is_some() && list.into_iter().flatten().any(|t| t.tax_uid.as_ref() == uid)
    };
    let bases: Vec<i64> =
        taxed.iter().filter(|(list, _)| applies(*list)).map(|(_, base)| *base).collect();
    let is_open = bases.is_empty()
        || tax.calculation_phase.as_ref().is_some_and(|p| p.as_str() != SUBTOTAL)
        || charges.iter().any(|c| applies(c.applied_taxes.as_ref()));
    let parts = u32::try_from(bases.len()).unwrap_or(u32::MAX).max(1);
    let base = total(currency, bases, "applied_taxes")?;
    let percent = tax.percentage.as_ref().map(|p| p.decimal().at("percentage")).transpose()?;
    Ok(TaxLine {
        jurisdiction: tax.name.as_ref().map_or("Tax", Text::as_str).to_owned(),
        rate: percent.and_then(|p| p.checked_div(Decimal::ONE_HUNDRED)).map(|r| r.normalize()),
        base_minor: (!is_open).then_some(base),
        amount_minor: minor(tax.applied_money.as_ref(), currency, "taxes")?,
        parts,
        marketplace: false,
    })
}

/// Taken from prices before any tax.
const SUBTOTAL: &str = "TAX_SUBTOTAL_PHASE";

fn unnamed(amount_minor: i64) -> TaxLine {
    TaxLine {
        jurisdiction: "Tax".to_owned(),
        rate: None,
        base_minor: None,
        amount_minor,
        parts: 1,
        marketplace: false,
    }
}
