//! Locations and classes: kept where the company tracks them, shown with their names.

use super::lines::write_ref;
use super::{Detail, Txn};
use crate::books::Books;
use crate::json::{Json, Obj};
use crate::kind::ListKind;
use crate::schema::{self, Class, Extras};
use crate::txn::input::ref_value;

const LOCATION: &str = "DepartmentRef";
const CLASS: &str = "ClassRef";

/// Leaves out what the company does not track, without a word. Sales forms have one class or one per
/// line, as the company is set; other types have them in their lines.
pub(crate) fn keep_tracked(books: &Books, txn: &mut Txn) {
    let prefs = &books.prefs;
    let (per_line, per_txn) = (prefs.class_tracking_per_line, prefs.class_tracking_per_transaction);
    let any = per_line || per_txn;
    let form = txn.kind.is_sales_form();
    let head = if form { per_txn && !per_line } else { any };
    let lines = if form { per_line } else { any };
    let class = schema::txn(txn.kind);
    for (name, kept) in [(LOCATION, prefs.track_departments), (CLASS, head)] {
        if !kept && !txn.extras.is_empty() {
            class.drop_extra(&mut txn.extras, name);
        }
    }
    if lines && prefs.track_departments {
        return;
    }
    for line in &mut txn.lines {
        let Some(class) = of(&line.detail).filter(|_| !line.extras.is_empty()) else { continue };
        for (name, kept) in [(LOCATION, prefs.track_departments), (CLASS, lines)] {
            if !kept {
                class.drop_extra(&mut line.extras, name);
            }
        }
    }
}

/// What the kept properties of a line are those of.
fn of(detail: &Detail) -> Option<&'static Class> {
    Some(match detail {
        Detail::Sale { .. } => schema::SALE_DETAIL,
        Detail::Discount { .. } => schema::DISCOUNT_DETAIL,
        Detail::Direct { .. } => schema::DEPOSIT_DETAIL,
        Detail::Journal { .. } => schema::JOURNAL_DETAIL,
        Detail::Expense { item: 0, .. } => schema::ACCOUNT_EXPENSE_DETAIL,
        Detail::Expense { .. } => schema::ITEM_EXPENSE_DETAIL,
        Detail::Adjust { .. } => schema::ADJUSTMENT_DETAIL,
        _ => return None,
    })
}

/// Writes kept properties but the one that is written `elsewhere`; locations and classes as they are
/// called now.
pub(crate) fn write_extras(
    json: &mut Json,
    books: &Books,
    class: &Class,
    extras: &Extras,
    elsewhere: Option<&str>,
) {
    for (name, text) in class.kept_extras(extras).filter(|(name, _)| Some(*name) != elsewhere) {
        let list = match name {
            LOCATION => ListKind::Department,
            CLASS => ListKind::Class,
            _ => {
                json.field_raw(name, text);
                continue;
            }
        };
        write_ref(json, books, name, list, id(name, text));
    }
}

/// The id in a kept reference; zero for none.
fn id(name: &str, text: &str) -> u32 {
    let whole = format!("{{\"{name}\":{text}}}");
    let obj = Obj::parse(&whole).ok();
    let value = obj.as_ref().and_then(|obj| ref_value(obj, name));
    value.and_then(|value| value.parse().ok()).unwrap_or(0)
}
