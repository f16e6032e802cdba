//! Lines: reading them, giving them ids, writing them.

use rust_decimal::Decimal;

use super::input::{self, Input, ref_value};
use super::{Detail, GRATUITY, Line, SHIPPING, Txn, dimension, group};
use crate::books::Books;
use crate::error::{Fault, Result};
use crate::json::{Json, Obj, is_null};
use crate::kind::{ListKind, TxnKind};
use crate::list::Facts;
use crate::list::tax::pseudo_code;
use crate::money;
use crate::schema::{self, Class};
use crate::tax;

/// The item a line without ItemRef gets in a live US company (quickbooks.md §8).
const DEFAULT_ITEM: u32 = 1;

/// Gives a line its id: a known id is kept, anything else is a new line with a new id
/// (quickbooks.md §2: line 5 sent without id came back as 6). Journal lines start at zero.
pub(crate) fn line_id(txn: &mut Txn, old: Option<&Txn>, sent: Option<&str>) -> u32 {
    if let (Some(old), Some(id)) = (old, sent.and_then(|s| s.parse::<u32>().ok()))
        && old.lines.iter().any(|l| l.id == id)
    {
        return id;
    }
    txn.last_line += 1;
    if txn.kind == TxnKind::JournalEntry { txn.last_line - 1 } else { txn.last_line }
}

/// The line's amount; required on every line that counts.
pub(crate) fn amount(line: &Obj<'_>) -> Result<i64> {
    input::cents(line, "Amount", "Line.Amount")?.ok_or_else(|| Fault::missing("Line.Amount"))
}

/// The detail object of a line, checked against its class; an absent one is empty.
pub(crate) fn detail<'a>(line: &Obj<'a>, class: &'static Class) -> Result<Obj<'a>> {
    match line.get(class.name) {
        None => Ok(Obj::default()),
        Some(raw) if is_null(raw) => Ok(Obj::default()),
        Some(raw) => Obj::parse(raw.get())
            .map_err(|e| Fault::invalid_property(format!("Property Name:{} {e}", class.name))),
    }
}

/// Refuses unknown line properties.
pub(crate) fn check(line: &Obj<'_>) -> Result<()> {
    schema::LINE.kept(line).map(|_| ())
}

/// The transaction a line is linked to: type, id, line; none without LinkedTxn.
pub(crate) fn link(line: &Obj<'_>) -> Result<Option<(TxnKind, u32, u32)>> {
    let Some(raw) = line.get("LinkedTxn") else { return Ok(None) };
    let links: Vec<Obj<'_>> = serde_json::from_str(raw.get())
        .map_err(|e| Fault::invalid_property(format!("Property Name:LinkedTxn {e}")))?;
    let Some(first) = links.first() else { return Ok(None) };
    schema::LINKED_TXN.kept(first)?;
    let id = first.text("TxnId").ok_or_else(|| Fault::missing("Line.LinkedTxn.TxnId"))?;
    let number: u32 = id.parse().map_err(|_| Fault::invalid_id("TxnId", &id))?;
    let kind = first.text("TxnType").ok_or_else(|| Fault::missing("Line.LinkedTxn.TxnType"))?;
    let kind = TxnKind::of_link(&kind).ok_or_else(|| Fault::enumeration("TxnType", &kind))?;
    let line = first.text("TxnLineId").and_then(|t| t.parse().ok()).unwrap_or(0);
    Ok(Some((kind, number, line)))
}

/// Quantity and price of a line of `amount` cents, which must be their product to the cent when both
/// are given (6070). Two zeros are none: python-quickbooks sends them with every line (assumed).
pub(crate) fn product(
    amount: i64,
    quantity: Option<Decimal>,
    price: Option<Decimal>,
) -> Result<(Option<Decimal>, Option<Decimal>)> {
    let (Some(factor), Some(each)) = (quantity, price) else { return Ok((quantity, price)) };
    if amount != 0 && factor.is_zero() && each.is_zero() {
        return Ok((None, None));
    }
    if factor.checked_mul(each).and_then(money::to_cents) == Some(amount) {
        Ok((quantity, price))
    } else {
        Err(Fault::line_amount(&money::cents_text(amount)))
    }
}

/// Reads a `SalesItemLineDetail` line.
pub(crate) fn sale(input: &Input<'_>, txn: &mut Txn, line: &Obj<'_>) -> Result<Line> {
    let detail = detail(line, schema::SALE_DETAIL)?;
    let extras = schema::SALE_DETAIL.extras(&detail, None, false)?;
    if detail.get("ClassRef").is_some() {
        input::reference(input.books, &detail, "ClassRef", ListKind::Class)?;
    }
    let amount = amount(line)?;
    let quantity = input::decimal(&detail, "Qty", "Qty")?;
    let price = input::decimal(&detail, "UnitPrice", "UnitPrice")?;
    let (quantity, price) = product(amount, quantity, price)?;
    let (item, account) = sold_item(input.books, &detail)?;
    let tax = tax::sales_code(input, &detail, item)?;
    Ok(Line {
        id: line_id(txn, input.old, line.text("Id").as_deref()),
        amount,
        description: input::text(line, "Description", 4_000, None)?,
        detail: Detail::Sale { item, quantity, price, tax, account },
        extras,
    })
}

/// The item of a sales line and the account its amount goes to, whatever the type of that account.
fn sold_item(books: &Books, detail: &Obj<'_>) -> Result<(u32, u32)> {
    let value = ref_value(detail, "ItemRef");
    let item = match value.as_deref() {
        None => DEFAULT_ITEM,
        Some("SHIPPING_ITEM_ID") if books.prefs.allow_shipping => {
            return Ok((SHIPPING, books.roles.shipping));
        }
        Some("SHIPPING_ITEM_ID") => {
            return Err(Fault::business("Shipping is not turned on for sales forms"));
        }
        Some("GRATUITY_ITEM_ID") => return Ok((GRATUITY, books.roles.gratuity)),
        Some(id) => books.resolve(ListKind::Item, id, "ItemRef")?,
    };
    let record = books.list(ListKind::Item, item).ok_or_else(|| {
        Fault::reference("ItemRef", ListKind::Item.reference_word(), &item.to_string())
    })?;
    match record.facts {
        Facts::Item { category: true, .. } => {
            Err(Fault::business("Categories cannot be sold: select another item"))
        }
        Facts::Item { income, .. } if income != 0 => Ok((item, income)),
        _ => Err(Fault::no_income_account(&record.full)),
    }
}

/// Reads a `DiscountLineDetail` line; the amount of a percentage is computed from `subtotal`.
pub(crate) fn discount(
    input: &Input<'_>,
    txn: &mut Txn,
    line: &Obj<'_>,
    subtotal: i64,
) -> Result<Line> {
    if !input.books.prefs.allow_discount {
        return Err(Fault::business("Discounts are not turned on for sales forms"));
    }
    let detail = detail(line, schema::DISCOUNT_DETAIL)?;
    let extras = schema::DISCOUNT_DETAIL.extras(&detail, None, false)?;
    let percent = if detail.truth("PercentBased") {
        Some(
            input::decimal(&detail, "DiscountPercent", "DiscountPercent")?
                .ok_or_else(Fault::discount_incomplete)?,
        )
    } else {
        None
    };
    if let Some(percent) = percent.filter(|p| !(Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(p)) {
        return Err(Fault::percent("DiscountPercent", &percent.to_string()));
    }
    let amount = match percent {
        Some(percent) => money::percent_of(subtotal, percent)
            .ok_or_else(|| Fault::number_range("DiscountPercent", &percent.to_string()))?,
        None => {
            input::cents(line, "Amount", "Line.Amount")?.ok_or_else(Fault::discount_incomplete)?
        }
    };
    if amount < 0 {
        return Err(Fault::negative());
    }
    let account =
        match input::reference(input.books, &detail, "DiscountAccountRef", ListKind::Account)? {
            0 => input.books.roles.discounts,
            id => id,
        };
    Ok(Line {
        id: line_id(txn, input.old, line.text("Id").as_deref()),
        amount,
        description: input::text(line, "Description", 4_000, None)?,
        detail: Detail::Discount { percent, account },
        extras,
    })
}

/// Reads a line that is only words.
pub(crate) fn words(input: &Input<'_>, txn: &mut Txn, line: &Obj<'_>) -> Result<Line> {
    Ok(Line {
        id: line_id(txn, input.old, line.text("Id").as_deref()),
        amount: 0,
        description: input::text(line, "Description", 4_000, None)?,
        detail: Detail::Text,
        extras: Box::default(),
    })
}

/// `{"value":"7","name":"..."}` of a list object.
pub(crate) fn write_ref(json: &mut Json, books: &Books, key: &str, kind: ListKind, id: u32) {
    if id == 0 {
        return;
    }
    json.key(key);
    json.open();
    json.field_id("value", id);
    if let Some(record) = books.list(kind, id) {
        json.field("name", &record.shown_full());
    }
    json.close();
}

/// A reference to a customer, vendor or employee with its type.
pub(crate) fn write_entity(json: &mut Json, books: &Books, key: &str, id: u32) {
    let Some(kind) = books.name_kind(id) else { return };
    json.key(key);
    json.open();
    json.field_id("value", id);
    if let Some(record) = books.list(kind, id) {
        json.field("name", &record.shown_full());
    }
    json.field("type", kind.name());
    json.close();
}

/// The word for a transaction in links: payments of bills and expenses go by the way they were paid
/// (quickbooks.md §8, linked-transaction matrix).
pub(crate) fn link_name(txn: &Txn) -> &'static str {
    let extra = |key| schema::txn(txn.kind).extra(&txn.extras, key);
    match txn.kind {
        TxnKind::BillPayment if extra("PayType") == Some("\"CreditCard\"") => {
            "BillPaymentCreditCard"
        }
        TxnKind::BillPayment => "BillPaymentCheck",
        TxnKind::Purchase => match extra("PaymentType") {
            Some("\"Check\"") => "Check",
            Some("\"CreditCard\"") if txn.credit => "CreditCardCredit",
            _ => "Expense",
        },
        kind => kind.name(),
    }
}

/// `"LinkedTxn":[{...}]` with one link.
pub(crate) fn write_link(
    json: &mut Json,
    books: &Books,
    kind: TxnKind,
    id: u32,
    line: Option<u32>,
) {
    json.key("LinkedTxn");
    json.open_array();
    write_link_to(json, books, kind, id, line);
    json.close_array();
}

/// One link.
pub(crate) fn write_link_to(
    json: &mut Json,
    books: &Books,
    kind: TxnKind,
    id: u32,
    line: Option<u32>,
) {
    json.open();
    json.field_id("TxnId", id);
    json.field("TxnType", books.txn(id).map_or(kind.name(), link_name));
    if let Some(line) = line {
        json.field_id("TxnLineId", line);
    }
    json.close();
}

/// Writes one stored line; `inside` are the components of a bundle.
pub(crate) fn write(json: &mut Json, books: &Books, line: &Line, number: u64, inside: &[Line]) {
    json.open();
    let linked = matches!(line.detail, Detail::Applied { .. } | Detail::Deposited { .. });
    if !linked {
        json.field_id("Id", line.id);
        json.field_number("LineNum", number);
    }
    json.some("Description", &line.description);
    if !matches!(line.detail, Detail::Text | Detail::Adjust { .. }) {
        let inside: i64 = inside.iter().map(|l| l.amount).sum();
        json.field_cents("Amount", line.amount + inside);
    }
    match &line.detail {
        Detail::Sale { item, quantity, price, tax, account } => {
            open_detail(json, schema::SALE_DETAIL);
            write_item(json, books, *item);
            write_numbers(json, *price, *quantity);
            write_ref(json, books, "ItemAccountRef", ListKind::Account, *account);
            dimension::write_extras(json, books, schema::SALE_DETAIL, &line.extras, None);
            match pseudo_code(ListKind::TaxCode, *tax) {
                Some("TAX") => json.field_raw("TaxCodeRef", "{\"value\":\"TAX\"}"),
                Some(_) => json.field_raw("TaxCodeRef", "{\"value\":\"NON\"}"),
                None => write_code(json, *tax),
            }
            json.close();
        }
        Detail::Discount { percent, account } => {
            open_detail(json, schema::DISCOUNT_DETAIL);
            json.field_bool("PercentBased", percent.is_some());
            if let Some(percent) = percent {
                json.field_decimal("DiscountPercent", *percent);
            }
            write_ref(json, books, "DiscountAccountRef", ListKind::Account, *account);
            dimension::write_extras(json, books, schema::DISCOUNT_DETAIL, &line.extras, None);
            json.close();
        }
        Detail::Text => {
            json.field("DetailType", "DescriptionOnly");
            json.field_raw("DescriptionLineDetail", "{}");
        }
        Detail::Applied { kind, txn, .. } => {
            write_link(json, books, *kind, *txn, None);
            if !matches!(kind, TxnKind::Bill | TxnKind::VendorCredit) {
                write_line_ex(json, books, *txn);
            }
        }
        Detail::Deposited { kind, txn, line } => write_link(json, books, *kind, *txn, Some(*line)),
        Detail::Direct { account, name } => {
            open_detail(json, schema::DEPOSIT_DETAIL);
            write_entity(json, books, "Entity", *name);
            write_ref(json, books, "AccountRef", ListKind::Account, *account);
            dimension::write_extras(json, books, schema::DEPOSIT_DETAIL, &line.extras, None);
            json.close();
        }
        Detail::Journal { debit, account, name } => {
            open_detail(json, schema::JOURNAL_DETAIL);
            json.field("PostingType", if *debit { "Debit" } else { "Credit" });
            if let Some(kind) = books.name_kind(*name) {
                json.key("Entity");
                json.open();
                json.field("Type", kind.name());
                write_ref(json, books, "EntityRef", kind, *name);
                json.close();
            }
            write_ref(json, books, "AccountRef", ListKind::Account, *account);
            dimension::write_extras(json, books, schema::JOURNAL_DETAIL, &line.extras, None);
            json.close();
        }
        Detail::Expense { .. } => write_expense(json, books, line),
        Detail::Group { item, quantity, .. } => {
            group::write(json, books, line, (*item, *quantity), inside);
        }
        Detail::Adjust { item, quantity, .. } => {
            open_detail(json, schema::ADJUSTMENT_DETAIL);
            write_item(json, books, *item);
            json.field_decimal("QtyDiff", quantity.unwrap_or_default());
            dimension::write_extras(json, books, schema::ADJUSTMENT_DETAIL, &line.extras, None);
            json.close();
        }
    }
    json.close();
}

fn write_expense(json: &mut Json, books: &Books, line: &Line) {
    let Detail::Expense { account, item, quantity, price, order, .. } = &line.detail else {
        return;
    };
    if order.0 != 0 {
        write_link(json, books, TxnKind::PurchaseOrder, order.0, Some(order.1));
    }
    if *item == 0 {
        open_detail(json, schema::ACCOUNT_EXPENSE_DETAIL);
        write_ref(json, books, "AccountRef", ListKind::Account, *account);
        write_expense_rest(json, books, line, schema::ACCOUNT_EXPENSE_DETAIL);
    } else {
        open_detail(json, schema::ITEM_EXPENSE_DETAIL);
        write_item(json, books, *item);
        write_numbers(json, *price, *quantity);
        write_expense_rest(json, books, line, schema::ITEM_EXPENSE_DETAIL);
    }
    json.close();
}

/// What was sent with an expense, and what the company shows for what was not.
fn write_expense_rest(json: &mut Json, books: &Books, line: &Line, class: &Class) {
    dimension::write_extras(json, books, class, &line.extras, None);
    if class.extra(&line.extras, "BillableStatus").is_none() {
        json.field("BillableStatus", "NotBillable");
    }
    if books.prefs.region.is_us() && class.extra(&line.extras, "TaxCodeRef").is_none() {
        json.field_raw("TaxCodeRef", "{\"value\":\"NON\"}");
    }
}

/// The type of a line and the opening of its detail.
pub(crate) fn open_detail(json: &mut Json, class: &Class) {
    json.field("DetailType", class.name);
    json.key(class.name);
    json.open();
}

fn write_code(json: &mut Json, code: u32) {
    if code != 0 {
        json.key("TaxCodeRef");
        json.open();
        json.field_id("value", code);
        json.close();
    }
}

fn write_item(json: &mut Json, books: &Books, item: u32) {
    match item {
        SHIPPING => json.field_raw("ItemRef", "{\"value\":\"SHIPPING_ITEM_ID\"}"),
        GRATUITY => json.field_raw("ItemRef", "{\"value\":\"GRATUITY_ITEM_ID\"}"),
        id => write_ref(json, books, "ItemRef", ListKind::Item, id),
    }
}

fn write_numbers(json: &mut Json, price: Option<Decimal>, quantity: Option<Decimal>) {
    if let Some(price) = price {
        json.field_decimal("UnitPrice", price);
    }
    if let Some(quantity) = quantity {
        json.field_decimal("Qty", quantity);
    }
}

/// The name-value pairs on payment lines (quickbooks.md §8, "LineEx.any").
fn write_line_ex(json: &mut Json, books: &Books, txn: u32) {
    let Some(target) = books.txn(txn) else { return };
    json.key("LineEx");
    json.open();
    json.key("any");
    json.open_array();
    let id = txn.to_string();
    let open = money::cents_text(target.balance);
    let pairs =
        [("txnId", id.as_str()), ("txnOpenBalance", &open), ("txnReferenceNumber", &target.doc)];
    for (name, value) in pairs {
        json.open();
        json.field("name", "{http://schema.intuit.com/finance/v3}NameValue");
        json.field("declaredType", "com.intuit.schema.finance.v3.NameValue");
        json.field("scope", "javax.xml.bind.JAXBElement$GlobalScope");
        json.key("value");
        json.open();
        json.field("Name", name);
        json.field("Value", value);
        json.close();
        json.field_bool("nil", false);
        json.field_bool("globalScope", true);
        json.field_bool("typeSubstituted", false);
        json.close();
    }
    json.close_array();
    json.close();
}
