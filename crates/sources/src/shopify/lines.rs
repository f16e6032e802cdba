//! Everything with a price on an order: goods, gift cards, shipping, tips, duties, fees.

use super::shop::{amount, minor, plain_id, side_amount, total};
use super::tax::{Taxes, parts};
use super::wire;
use crate::kit::{Located, Parsed, Scalar, Text, owned, simple};
use kernel::{Currency, Decimal, LineKind, Money, OrderLine};

/// The lines of an order with the tax found on them.
pub struct Lines {
    pub lines: Vec<OrderLine>,
    pub taxes: Taxes,
}

/// Reads all lines. With `included`, prices hold the tax.
pub fn read(order: &wire::Order<'_>, currency: Currency, included: bool) -> Parsed<Lines> {
    let mut found = Lines { lines: Vec::new(), taxes: Taxes::new(currency) };
    let mut lines = goods(order, currency)?;
    lines.extend(shipping(order, currency)?);
    spread_discount(order, currency, &mut lines)?;
    for line in lines {
        let tax = parts(line.tax_lines, currency, "tax_lines")?;
        let net = line.line.gross_minor.checked_sub(line.line.discount_minor).at("price")?;
        found.taxes.add_line(&tax, Some(net), included, "tax_lines")?;
        found.lines.push(line.line);
    }
    extras(order, currency, included, &mut found)?;
    Ok(found)
}

/// A line whose tax is not yet counted.
struct Draft<'o, 'a> {
    line: OrderLine,
    tax_lines: Option<&'o Vec<wire::TaxLine<'a>>>,
    discount: Option<i64>,
}

fn goods<'o, 'a>(order: &'o wire::Order<'a>, currency: Currency) -> Parsed<Vec<Draft<'o, 'a>>> {
    let items = order.line_items.as_deref().unwrap_or_default();
    let mut drafts = Vec::with_capacity(items.len() + 1);
    for (n, item) in items.iter().enumerate() {
        let one = Scalar::from("1");
        let quantity =
            item.quantity.as_ref().unwrap_or(&one).decimal().at("line_items.quantity")?;
        let (unit_price, gross) =
            price(item.price_set.as_ref(), item.price.as_ref(), quantity, currency)?;
        let own = item.total_discount.as_ref().map(|d| d.money(currency).at("total_discount"));
        drafts.push(Draft {
            discount: allocated(item.discount_allocations.as_ref(), currency)?,
            line: OrderLine {
                id: item
                    .id
                    .as_ref()
                    .map_or_else(|| format!("line/{n}"), |i| plain_id(i).to_owned()),
                kind: kind(item),
                sku: owned(&item.sku),
                title: owned(if item.title.is_some() { &item.title } else { &item.name }),
                quantity,
                unit_price,
                gross_minor: gross.minor,
                discount_minor: own.transpose()?.map_or(0, |m| m.minor),
            },
            tax_lines: item.tax_lines.as_ref(),
        });
    }
    Ok(drafts)
}

fn shipping<'o, 'a>(order: &'o wire::Order<'a>, currency: Currency) -> Parsed<Vec<Draft<'o, 'a>>> {
    let lines = order.shipping_lines.iter().flatten().enumerate();
    let kept = lines.filter(|(_, line)| !line.is_removed.unwrap_or(false));
    kept.map(|(n, line)| {
        let (unit_price, gross) =
            price(line.price_set.as_ref(), line.price.as_ref(), Decimal::ONE, currency)?;
        let after = amount(&None, &line.discounted_price, currency, "discounted_price")?;
        let own = after.map_or(0, |a| gross.minor.saturating_sub(a.minor));
        let id = line.id.as_ref().map_or_else(|| n.to_string(), |i| plain_id(i).to_owned());
        Ok(Draft {
            discount: allocated(line.discount_allocations.as_ref(), currency)?,
            line: OrderLine {
                id: format!("shipping/{id}"),
                title: line.title.as_ref().map_or("Shipping", Text::as_str).to_owned(),
                unit_price,
                gross_minor: gross.minor,
                discount_minor: own,
                ..simple(LineKind::Shipping)
            },
            tax_lines: line.tax_lines.as_ref(),
        })
    })
    .collect()
}

/// Unit price and price × quantity. A price may have more decimals than the currency; the line
/// is what gets rounded.
fn price(
    set: Option<&wire::Set<'_>>,
    plain: Option<&Scalar<'_>>,
    quantity: Decimal,
    currency: Currency,
) -> Parsed<(Decimal, Money)> {
    let text = match set.and_then(|s| s.shop_money.as_ref()) {
        Some(side) => {
            // The currency of the pair is checked even where the price is finer than a cent.
            side_amount(side, currency, "price_set").or_else(|fault| match fault.code {
                kernel::ReasonCode::CurrencyMismatch => Err(fault),
                _ => Ok(Money::zero(currency)),
            })?;
            &side.amount
        }
        None => plain.at("price")?,
    };
    let unit = text.decimal().at("price")?;
    let gross = unit.checked_mul(quantity).at("price")?;
    Ok((unit, Money::round(gross, currency).at("price")?))
}

fn allocated(
    allocations: Option<&Vec<wire::Allocation<'_>>>,
    currency: Currency,
) -> Parsed<Option<i64>> {
    let Some(list) = allocations.filter(|l| !l.is_empty()) else { return Ok(None) };
    let amounts: Parsed<Vec<i64>> = list
        .iter()
        .map(|a| minor(&a.amount_set, &a.amount, currency, "discount_allocations"))
        .collect();
    total(currency, amounts?, "discount_allocations").map(Some)
}

/// The discount of each line: the source's allocation; else what the lines state themselves when
/// that explains the order's discount; else the order's discount by value with the remainder on
/// the largest fractions (sources-and-cases.md B2 #24).
fn spread_discount(
    order: &wire::Order<'_>,
    currency: Currency,
    drafts: &mut [Draft<'_, '_>],
) -> Parsed<()> {
    if drafts.iter().any(|d| d.discount.is_some()) {
        for draft in drafts {
            // Allocations hold the whole discount of a line; shipping may state it by price only.
            let is_shipping = draft.line.kind == LineKind::Shipping;
            let own = if is_shipping { draft.line.discount_minor } else { 0 };
            draft.line.discount_minor = draft.discount.unwrap_or(own);
        }
        return Ok(());
    }
    let stated = minor(&None, &order.total_discounts, currency, "total_discounts")?;
    let own = total(currency, drafts.iter().map(|d| d.line.discount_minor), "total_discount")?;
    if stated == own || stated <= 0 {
        return Ok(());
    }
    let weights: Vec<i64> = drafts
        .iter()
        .map(|d| if d.line.kind == LineKind::Goods { d.line.gross_minor } else { 0 })
        .collect();
    let shares = Money::new(stated, currency).allocate(&weights);
    for (draft, share) in drafts.iter_mut().zip(shares) {
        draft.line.discount_minor = share.minor;
    }
    Ok(())
}

/// Tips, duties, fees and shipping that stand beside the lines.
fn extras(
    order: &wire::Order<'_>,
    currency: Currency,
    included: bool,
    found: &mut Lines,
) -> Parsed<()> {
    let of = |lines: &[OrderLine], kind| {
        let amounts = lines.iter().filter(|l| l.kind == kind).map(OrderLine::net_minor);
        total(currency, amounts, "line_items")
    };
    let tips = minor(&None, &order.total_tip_received, currency, "total_tip_received")?;
    let more = tips.checked_sub(of(&found.lines, LineKind::Tip)?).at("total_tip_received")?;
    push(found, LineKind::Tip, "tip", "Tip", more.max(0), currency);

    if !order.duties_included.unwrap_or(false) {
        let items = order.line_items.iter().flatten();
        for (n, duty) in items.flat_map(|i| i.duties.iter().flatten()).enumerate() {
            let net = duty_amount(duty, currency)?;
            push(found, LineKind::Duty, &format!("duty/{n}"), "Duty", net, currency);
            let tax = parts(duty.tax_lines.as_ref(), currency, "duties.tax_lines")?;
            found.taxes.add_line(&tax, Some(net), included, "duties.tax_lines")?;
        }
        let all = minor(&order.original_total_duties_set, &None, currency, "duties")?;
        let more = all.checked_sub(of(&found.lines, LineKind::Duty)?).at("duties")?;
        push(found, LineKind::Duty, "duty", "Duties", more.max(0), currency);
    }
    if order.shipping_lines.is_none() {
        let whole = minor(&order.total_shipping_price_set, &None, currency, "shipping")?;
        push(found, LineKind::Shipping, "shipping", "Shipping", whole, currency);
    }
    let fees = minor(&order.original_total_additional_fees_set, &None, currency, "fees")?;
    push(found, LineKind::Fee, "fee", "Additional fees", fees, currency);
    Ok(())
}

/// The shop money of a duty, which stands in it or in a set.
pub fn duty_amount(duty: &wire::Duty<'_>, currency: Currency) -> Parsed<i64> {
    match &duty.shop_money {
        Some(side) => Ok(side_amount(side, currency, "duties")?.minor),
        None if duty.amount_set.is_some() => minor(&duty.amount_set, &None, currency, "duties"),
        None => minor(&duty.price_set, &None, currency, "duties"),
    }
}

fn push(found: &mut Lines, kind: LineKind, id: &str, title: &str, minor: i64, currency: Currency) {
    if minor != 0 {
        found.lines.push(OrderLine {
            id: id.to_owned(),
            title: title.to_owned(),
            unit_price: Money::new(minor, currency).to_decimal(),
            gross_minor: minor,
            ..simple(kind)
        });
    }
}

/// What an order line charges for.
pub fn kind(item: &wire::LineItem<'_>) -> LineKind {
    if item.gift_card.unwrap_or(false) {
        LineKind::GiftCard
    } else if item.tip.is_some() {
        LineKind::Tip
    } else {
        LineKind::Goods
    }
}
