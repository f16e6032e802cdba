//! Sales receipt, invoice, credit memo, refund receipt.

use super::added::{self, Added};
use super::parts::{self, Ref};
use super::{Lookup, Unfit};
use crate::amount::{self, Unit};
use kernel::{Currency, Document, DocumentKind, DocumentLine, Money};
use ports::LedgerRef;
use serde::Serialize;
use serde_json::value::RawValue;

/// A sales form. Never carries tax detail: tax is a line of its own (quickbooks.md §8).
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SalesForm<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sync_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    doc_number: Option<&'a str>,
    txn_date: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_ref: Option<Ref<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    department_ref: Option<Ref<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deposit_to_account_ref: Option<Ref<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency_ref: Option<Ref<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exchange_rate: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    global_tax_calculation: Option<&'static str>,
    private_note: String,
    line: Vec<Line<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Line<'a> {
    amount: Box<RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    detail_type: &'static str,
    sales_item_line_detail: ItemDetail<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ItemDetail<'a> {
    item_ref: Ref<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    class_ref: Option<Ref<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    qty: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit_price: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tax_code_ref: Option<Ref<'static>>,
}

/// Tax is a line of its own, so no line is taxable. US companies are always told: whether an absent
/// code means taxable is disputed (quickbooks.md §8). Elsewhere the whole document says so.
const NOT_TAXABLE: Ref<'static> = Ref { value: "NON" };

pub(super) fn form<'a>(
    document: &'a Document,
    look: Lookup<'a>,
    handle: Option<&'a LedgerRef>,
) -> Result<SalesForm<'a>, Unfit> {
    let owes = matches!(document.kind, DocumentKind::Invoice | DocumentKind::CreditMemo);
    let customer_ref = if owes {
        Some(parts::required_customer(document, look)?)
    } else {
        parts::customer(document, look)?
    };
    // Receivables accounts are chosen by QuickBooks.
    let deposit_to_account_ref = if owes { None } else { Some(look.account(&document.account)?) };
    let unit = Unit::of(document.currency);
    let items = document.lines.iter().map(|line| look.item(line)).collect::<Result<Vec<_>, _>>()?;
    let amounts = document.lines.iter().map(|line| line.amount_minor);
    let sent: Vec<(&str, i64)> = items.iter().map(|item| item.value).zip(amounts).collect();
    let added = added::to_lines(look.stood, &sent);
    let line = document
        .lines
        .iter()
        .zip(items.into_iter().zip(added))
        .map(|(line, of)| self::line(line, of, document.currency, unit, look))
        .collect::<Result<_, _>>()?;
    Ok(SalesForm {
        id: handle.map(|h| h.id.as_str()),
        sync_token: handle.map(|h| h.version.as_str()),
        doc_number: document.number.as_deref(),
        txn_date: document.date.to_string(),
        customer_ref,
        department_ref: look.location(document)?,
        deposit_to_account_ref,
        currency_ref: look.currency(document),
        exchange_rate: look.rate(document)?,
        global_tax_calculation: look.tax_calculation(),
        private_note: parts::note(document),
        line,
    })
}

fn line<'a>(
    line: &'a DocumentLine,
    (item_ref, added): (Ref<'a>, Added<'a>),
    currency: Currency,
    unit: Unit,
    look: Lookup<'a>,
) -> Result<Line<'a>, Unfit> {
    let (qty, unit_price) = match factors(line, currency) {
        Some((qty, price)) => (Some(qty), Some(price)),
        None => (None, None),
    };
    Ok(Line {
        amount: unit.number(line.amount_minor),
        description: parts::description(&line.description),
        detail_type: "SalesItemLineDetail",
        sales_item_line_detail: ItemDetail {
            item_ref,
            class_ref: look.class(line, added)?,
            qty,
            unit_price,
            tax_code_ref: look.region.united_states.then_some(NOT_TAXABLE),
        },
    })
}

/// Quantity and price, when they multiply out to the amount as QuickBooks checks it (6070,
/// quickbooks.md §7) and can be stored.
fn factors(line: &DocumentLine, currency: Currency) -> Option<(Box<RawValue>, Box<RawValue>)> {
    let (quantity, price) = (line.quantity?, line.unit_price?);
    let product = Money::round(quantity.checked_mul(price)?, currency).ok()?;
    (product.minor == line.amount_minor && quantity.is_sign_positive() && !quantity.is_zero())
        .then(|| Some((amount::factor(quantity)?, amount::factor(price)?)))?
}
