//! The rows of one order, or of one refund, as lines and tax.

use super::row::{Movement, Place};
use crate::kit::{Located, Parsed, Scalar, simple, total, unit};
use kernel::{Currency, Decimal, LineKind, OrderLine, TaxLine};
use std::collections::BTreeMap;

/// Lines, the tax that is ours to pay, and the tax that the marketplace pays.
#[derive(Debug)]
pub struct Goods {
    pub lines: Vec<OrderLine>,
    /// Tax that Amazon hands on to us, minor units.
    pub own_tax: i64,
    /// Tax that Amazon withholds and remits (case 41), minor units.
    pub withheld: i64,
    /// What all rows come to, minor units.
    pub total: i64,
}

/// Reads rows; with `sign` −1 what was taken back becomes positive.
pub fn read(rows: &[&Movement<'_>], currency: Currency, sign: i64) -> Parsed<Goods> {
    let mut goods = Goods { lines: Vec::new(), own_tax: 0, withheld: 0, total: 0 };
    let mut promotions = Vec::new();
    let mut places = BTreeMap::new();
    for row in rows {
        let at = row.place();
        let amount = row.amount_minor.checked_mul(sign).at(at)?;
        goods.total = goods.total.checked_add(amount).at(at)?;
        let name = row.name.as_str();
        let is_withheld = row.amount_type == "itemwithheldtax"
            || name.starts_with("marketplacefacilitator")
            || name.starts_with("lowvaluegoodstax");
        if is_withheld {
            goods.withheld = goods.withheld.checked_sub(amount).at(at)?;
            goods.own_tax = goods.own_tax.checked_add(amount).at(at)?;
        } else if name.ends_with("tax") {
            goods.own_tax = goods.own_tax.checked_add(amount).at(at)?;
        } else if row.amount_type == "promotion" {
            promotions.push((*row, amount));
        } else {
            add(&mut goods.lines, &mut places, row, amount)?;
        }
    }
    for (row, amount) in promotions {
        discount(&mut goods.lines, &places, row, amount)?;
    }
    for line in &mut goods.lines {
        line.unit_price = unit(line.gross_minor, line.quantity, currency);
    }
    total(currency, goods.lines.iter().map(OrderLine::net_minor), "amount")?;
    Ok(goods)
}

/// Where in the list the line of an item and of what is charged for it stands.
type Places<'r> = BTreeMap<(&'r str, &'r str), usize>;

fn add<'r>(
    lines: &mut Vec<OrderLine>,
    places: &mut Places<'r>,
    row: &'r Movement<'_>,
    amount: i64,
) -> Parsed<()> {
    let name = row.name.as_str();
    let kind = match name {
        "principal" => LineKind::Goods,
        "shipping" => LineKind::Shipping,
        "giftwrap" | "restockingfee" | "codfee" => LineKind::Fee,
        _ => LineKind::Other,
    };
    if let Some(line) = places.get(&(item(row), name)).and_then(|at| lines.get_mut(*at)) {
        line.gross_minor = line.gross_minor.checked_add(amount).at(row.place())?;
        return Ok(());
    }
    let pieces =
        if row.quantity.is_empty() || kind != LineKind::Goods { "1" } else { row.quantity };
    let at = Place { column: "quantity", ..row.place() };
    let pieces = Scalar::from(pieces).decimal().at(at)?;
    places.insert((item(row), name), lines.len());
    lines.push(OrderLine {
        id: format!("{}/{name}", item(row)),
        kind,
        sku: if kind == LineKind::Goods { row.sku.to_owned() } else { String::new() },
        title: format!("{} {}", row.description, row.sku).trim().to_owned(),
        quantity: if pieces.is_zero() { Decimal::ONE } else { pieces },
        gross_minor: amount,
        ..simple(kind)
    });
    Ok(())
}

const fn item<'r>(row: &'r Movement<'_>) -> &'r str {
    if row.item_code.is_empty() { row.sku } else { row.item_code }
}

/// A promotion takes from what it names, of the same item; else it is a line of its own.
fn discount(
    lines: &mut Vec<OrderLine>,
    places: &Places<'_>,
    row: &Movement<'_>,
    amount: i64,
) -> Parsed<()> {
    let of = if row.name.contains("shipping") { "shipping" } else { "principal" };
    if let Some(line) = places.get(&(item(row), of)).and_then(|at| lines.get_mut(*at)) {
        line.discount_minor = line.discount_minor.checked_sub(amount).at(row.place())?;
        return Ok(());
    }
    lines.push(OrderLine {
        id: format!("{}/{}/promotion/{}", item(row), row.name, row.line),
        title: format!("Promotion {}", row.description),
        gross_minor: amount,
        ..simple(LineKind::Discount)
    });
    Ok(())
}

impl Goods {
    /// Tax lines; what the marketplace remits is told and not ours.
    pub fn taxes(&self, with_marketplace: bool) -> Vec<TaxLine> {
        let line = |jurisdiction: &str, amount_minor, marketplace| TaxLine {
            jurisdiction: jurisdiction.to_owned(),
            rate: None,
            base_minor: None,
            amount_minor,
            parts: 1,
            marketplace,
        };
        let mut taxes = Vec::new();
        if self.own_tax != 0 {
            taxes.push(line("Tax", self.own_tax, false));
        }
        if self.withheld != 0 && with_marketplace {
            taxes.push(line("Marketplace facilitator tax", self.withheld, true));
        }
        taxes
    }
}
