//! Goods, shipping and fees, of orders and of refunds.

use super::store::rounded;
use super::wire;
use crate::kit::{Located, Parsed, Scalar, Text, owned, simple, unit};
use kernel::{Currency, LineKind, OrderLine};

/// A line with the wire line whose taxes it bears.
pub struct Priced<'w, 'a> {
    pub line: OrderLine,
    pub wire: &'w wire::Line<'a>,
}

/// The three lists of lines that orders and refunds have.
pub struct Lists<'w, 'a> {
    pub goods: Option<&'w Vec<wire::Line<'a>>>,
    pub shipping: Option<&'w Vec<wire::Line<'a>>>,
    pub fees: Option<&'w Vec<wire::Line<'a>>>,
}

/// Reads all lines. `sign` is -1 for refunds, whose amounts are negative.
pub fn read<'w, 'a>(
    lists: &Lists<'w, 'a>,
    currency: Currency,
    sign: i64,
) -> Parsed<Vec<Priced<'w, 'a>>> {
    let mut found: Vec<Priced<'w, 'a>> = Vec::new();
    let lists = [("line", lists.goods), ("shipping", lists.shipping), ("fee", lists.fees)];
    for (noun, list) in lists {
        for (n, wire) in list.into_iter().flatten().enumerate() {
            let mut line = read_one(noun, n, wire, currency, sign)?;
            if found.iter().any(|f| f.line.id == line.id) {
                line.id = format!("{}/{n}", line.id);
            }
            found.push(Priced { line, wire });
        }
    }
    Ok(found)
}

fn read_one(
    noun: &str,
    n: usize,
    wire: &wire::Line<'_>,
    currency: Currency,
    sign: i64,
) -> Parsed<OrderLine> {
    let signed = |amount: &Option<Scalar<'_>>, name: &str| {
        let at = format_args!("{noun}_lines.{name}");
        rounded(amount, currency, at)?.checked_mul(sign).at(at)
    };
    wire.total.as_ref().at("line_items.total")?;
    let net = signed(&wire.total, "total")?;
    let gross = if wire.subtotal.is_some() { signed(&wire.subtotal, "subtotal")? } else { net };
    let one = Scalar::from("1");
    let quantity = wire.quantity.as_ref().unwrap_or(&one).decimal().at("line_items.quantity")?;
    // A refund may give back an amount of a line without returning a piece of it.
    let quantity = if quantity.is_zero() { kernel::Decimal::ONE } else { quantity.abs() };
    let refunded = (sign < 0).then(|| wire::meta(wire.meta_data, "_refunded_item_id")).flatten();
    let id = match (refunded, &wire.id) {
        (Some(of), _) => of.to_string(),
        (_, Some(id)) => id.to_string(),
        _ => n.to_string(),
    };
    let title = wire.name.as_ref().or(wire.method_title.as_ref()).map(Text::as_str);
    Ok(OrderLine {
        id: if noun == "line" { id } else { format!("{noun}/{id}") },
        sku: owned(&wire.sku),
        title: title.unwrap_or(noun).to_owned(),
        quantity,
        unit_price: unit(gross, quantity, currency),
        gross_minor: gross,
        discount_minor: gross.checked_sub(net).at("line_items.total")?,
        ..simple(kind(noun, wire, net))
    })
}

/// What a line charges for. A negative fee is a discount on the whole order
/// (sources-and-cases.md #47); a line that makes a gift card carries its amount as a custom field.
fn kind(noun: &str, wire: &wire::Line<'_>, net: i64) -> LineKind {
    match noun {
        "shipping" => LineKind::Shipping,
        "fee" if net < 0 => LineKind::Discount,
        "fee" => LineKind::Fee,
        _ if wire::has_meta(wire.meta_data, "wc_gc_giftcard_amount") => LineKind::GiftCard,
        _ => LineKind::Goods,
    }
}
