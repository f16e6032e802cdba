//! Bundles on sales forms: one line that holds the lines of its components.

use rust_decimal::Decimal;

use super::input::{self, Input};
use super::{Detail, Line, Txn, lines};
use crate::books::Books;
use crate::error::{Fault, Result};
use crate::json::{Json, Obj};
use crate::kind::ListKind;
use crate::list::Facts;
use crate::money;
use crate::schema;

/// Reads a `GroupLineDetail` line: the bundle, then its components. Without lines of its own it takes
/// the components of the item, each at the price on its own item.
pub(crate) fn read(input: &Input<'_>, txn: &mut Txn, line: &Obj<'_>) -> Result<Vec<Line>> {
    let detail = lines::detail(line, schema::GROUP_DETAIL)?;
    let extras = schema::GROUP_DETAIL.extras(&detail, None, false)?;
    let item = match input::reference(input.books, &detail, "GroupItemRef", ListKind::Item)? {
        0 => return Err(Fault::missing("Line.GroupLineDetail.GroupItemRef")),
        id => id,
    };
    let bundle = input.books.list(ListKind::Item, item);
    if !matches!(bundle.map(|i| &i.facts), Some(Facts::Item { service, .. }) if service.as_ref() == "Group")
    {
        return Err(Fault::business("The item of a group line must be a bundle"));
    }
    let quantity = input::decimal(&detail, "Quantity", "Quantity")?.unwrap_or(Decimal::ONE);
    let id = lines::line_id(txn, input.old, line.text("Id").as_deref());
    let sent = detail.array("Line")?;
    let mut inner = Vec::new();
    if sent.is_empty() {
        let components = bundle
            .and_then(|i| schema::list(ListKind::Item).extra(&i.extras, "ItemGroupDetail"))
            .unwrap_or("{}");
        let components = Obj::parse(components).unwrap_or_default();
        for component in components.array("ItemGroupLine")? {
            let text = expanded(input, &component, quantity)?;
            let obj = Obj::parse(&text).map_err(|e| Fault::malformed(e.to_string()))?;
            inner.push(lines::sale(input, txn, &obj)?);
        }
    }
    for line in &sent {
        lines::check(line)?;
        match line.text("DetailType").as_deref() {
            Some("SalesItemLineDetail") => inner.push(lines::sale(input, txn, line)?),
            Some(other) => return Err(Fault::enumeration("DetailType", other)),
            None => return Err(Fault::missing("Line.DetailType")),
        }
    }
    if inner.is_empty() {
        return Err(Fault::no_lines());
    }
    let bundle = Line {
        id,
        amount: 0,
        description: input::text(line, "Description", 4_000, None)?,
        detail: Detail::Group {
            item,
            quantity: Some(quantity),
            count: u32::try_from(inner.len()).unwrap_or(u32::MAX),
        },
        extras,
    };
    inner.insert(0, bundle);
    Ok(inner)
}

/// Writes the detail of a bundle.
pub(crate) fn write(
    json: &mut Json,
    books: &Books,
    line: &Line,
    (item, quantity): (u32, Option<Decimal>),
    inside: &[Line],
) {
    lines::open_detail(json, schema::GROUP_DETAIL);
    lines::write_ref(json, books, "GroupItemRef", ListKind::Item, item);
    if let Some(quantity) = quantity {
        json.field_decimal("Quantity", quantity);
    }
    schema::GROUP_DETAIL.write_extras(json, &line.extras, None);
    json.key("Line");
    json.open_array();
    for (line, number) in inside.iter().zip(1..) {
        lines::write(json, books, line, number, &[]);
    }
    json.close_array();
    json.close();
}

/// A component as the line a caller could have sent.
fn expanded(input: &Input<'_>, component: &Obj<'_>, bundles: Decimal) -> Result<String> {
    let item = input::ref_value(component, "ItemRef").ok_or_else(Fault::no_lines)?;
    let each = input::decimal(component, "Qty", "Qty")?.unwrap_or(Decimal::ONE);
    let quantity = each * bundles;
    let class = schema::list(ListKind::Item);
    let id = input.books.resolve(ListKind::Item, &item, "ItemRef")?;
    let price = input
        .books
        .list(ListKind::Item, id)
        .and_then(|i| money::parse_decimal(class.extra(&i.extras, "UnitPrice")?).ok())
        .unwrap_or_default();
    let amount = money::to_cents(quantity * price)
        .ok_or_else(|| Fault::number_range("Qty", &quantity.to_string()))?;
    let mut json = Json::default();
    json.open();
    json.field_cents("Amount", amount);
    json.field("DetailType", schema::SALE_DETAIL.name);
    json.key(schema::SALE_DETAIL.name);
    json.open();
    json.key("ItemRef");
    json.open();
    json.field("value", &item);
    json.close();
    json.field_decimal("Qty", quantity);
    json.field_decimal("UnitPrice", price);
    json.close();
    json.close();
    Ok(json.out)
}
