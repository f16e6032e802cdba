//! Inventory adjustments: goods found, lost, or there from the beginning.

use rust_decimal::Decimal;

use super::input::{self, Input};
use super::{Detail, Line, Txn, lines};
use crate::error::{Fault, Result};
use crate::json::Obj;
use crate::kind::{ListKind, TxnKind};
use crate::schema;
use crate::stock::unscaled;

/// Reads an adjustment. Its date cannot be changed later.
pub(crate) fn read(input: &Input<'_>) -> Result<Txn> {
    let mut txn = input.header(TxnKind::InventoryAdjustment)?;
    if let Some(old) = input.old {
        txn.date = old.date;
    }
    txn.account = input.reference("AdjustAccountRef", ListKind::Account, |t| t.account)?;
    if txn.account == 0 {
        return Err(Fault::missing("AdjustAccountRef"));
    }
    match input.lines()? {
        Some(sent) => {
            let mut read = Vec::with_capacity(sent.len());
            for line in &sent {
                read.push(line_of(input, &mut txn, line)?);
            }
            if read.is_empty() {
                return Err(Fault::no_lines());
            }
            txn.lines = read.into_boxed_slice();
        }
        None => match input.kept() {
            Some(old) => txn.lines.clone_from(&old.lines),
            None => return Err(Fault::missing("Line")),
        },
    }
    Ok(txn)
}

fn line_of(input: &Input<'_>, txn: &mut Txn, line: &Obj<'_>) -> Result<Line> {
    lines::check(line)?;
    match line.text("DetailType").as_deref() {
        Some("ItemAdjustmentLineDetail") => {}
        Some(other) => return Err(Fault::enumeration("DetailType", other)),
        None => return Err(Fault::missing("Line.DetailType")),
    }
    let detail = lines::detail(line, schema::ADJUSTMENT_DETAIL)?;
    let extras = schema::ADJUSTMENT_DETAIL.extras(&detail, None, false)?;
    let item = match input::reference(input.books, &detail, "ItemRef", ListKind::Item)? {
        0 => return Err(Fault::missing("Line.ItemAdjustmentLineDetail.ItemRef")),
        id => id,
    };
    if input.books.tracked(item).is_none() {
        return Err(Fault::business("Only inventory items can be adjusted"));
    }
    let id = lines::line_id(txn, input.old, line.text("Id").as_deref());
    let before = input.old.and_then(|old| old.lines.iter().find(|l| l.id == id));
    let quantity = match input::decimal(&detail, "QtyDiff", "QtyDiff")? {
        Some(difference) => difference,
        None => match input::decimal(&detail, "NewQty", "NewQty")? {
            Some(wanted) => wanted - on_hand_without(input, txn, item),
            None => return Err(Fault::quantity_missing()),
        },
    };
    // What was there from the beginning keeps its unit cost.
    let value = before.and_then(|l| match l.detail {
        Detail::Adjust { item: same, quantity: Some(old), value: Some(value) }
            if same == item && !old.is_zero() =>
        {
            crate::money::to_cents(Decimal::new(value, 2) * quantity / old)
        }
        _ => None,
    });
    Ok(Line {
        id,
        amount: 0,
        description: input::text(line, "Description", 4_000, None)?,
        detail: Detail::Adjust { item, quantity: Some(quantity), value },
        extras,
    })
}

/// The quantity on the day of the adjustment, not counting what this adjustment did before.
fn on_hand_without(input: &Input<'_>, txn: &Txn, item: u32) -> Decimal {
    let before = input.old.map_or(&[][..], |old| &old.lines);
    let own = before.iter().filter_map(|line| match line.detail {
        Detail::Adjust { item: same, quantity, .. } if same == item => quantity,
        _ => None,
    });
    unscaled(input.books.stock.on_hand_at(item, txn.date)) - own.sum::<Decimal>()
}
