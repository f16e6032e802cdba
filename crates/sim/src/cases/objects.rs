//! The objects of the company as text, read by its own API.
//!
//! ```text
//! Payment ch_1 2026-01-10 150.00
//!   customer Online sales – web
//!   deposit to Stripe Clearing
//!   applies 143.00 to Invoice 1001
//!   unapplied 7.00
//! SalesReceipt 1001 2026-01-05 50.00
//!   location Berlin
//!   50.00 Sales "Shirt" class Retail
//! ```

use super::house::House;
use super::words::counted;
use anyhow::{Context as _, Result};
use kernel::decimal::parse_decimal;
use quickbooks_sim::{LiveTransaction, TxnKind};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A transaction as the API shows it: what people look at.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Object {
    txn_date: String,
    #[serde(default)]
    doc_number: String,
    payment_ref_num: Option<String>,
    currency_ref: Option<Named>,
    exchange_rate: Option<Box<RawValue>>,
    total_amt: Option<Box<RawValue>>,
    amount: Option<Box<RawValue>>,
    balance: Option<Box<RawValue>>,
    unapplied_amt: Option<Box<RawValue>>,
    credit: Option<bool>,
    customer_ref: Option<Named>,
    entity_ref: Option<Named>,
    deposit_to_account_ref: Option<Named>,
    department_ref: Option<Named>,
    account_ref: Option<Named>,
    from_account_ref: Option<Named>,
    to_account_ref: Option<Named>,
    #[serde(default)]
    private_note: String,
    global_tax_calculation: Option<String>,
    txn_tax_detail: Option<TaxDetail>,
    #[serde(default)]
    line: Vec<Line>,
}

#[derive(Deserialize)]
struct Named {
    #[serde(default)]
    value: String,
    #[serde(default)]
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TaxDetail {
    total_tax: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Line {
    amount: Option<Box<RawValue>>,
    #[serde(default)]
    description: String,
    #[serde(default)]
    linked_txn: Vec<Link>,
    sales_item_line_detail: Option<ItemDetail>,
    discount_line_detail: Option<DiscountDetail>,
    account_based_expense_line_detail: Option<AccountDetail>,
    deposit_line_detail: Option<AccountDetail>,
    journal_entry_line_detail: Option<JournalDetail>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Link {
    txn_id: String,
    txn_type: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ItemDetail {
    item_ref: Named,
    item_account_ref: Option<Named>,
    qty: Option<Box<RawValue>>,
    unit_price: Option<Box<RawValue>>,
    tax_code_ref: Option<Named>,
    class_ref: Option<Named>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DiscountDetail {
    discount_account_ref: Named,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AccountDetail {
    account_ref: Named,
    class_ref: Option<Named>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct JournalDetail {
    posting_type: String,
    account_ref: Named,
    class_ref: Option<Named>,
    department_ref: Option<Named>,
    entity: Option<JournalEntity>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct JournalEntity {
    entity_ref: Named,
}

/// Everything the company holds, by date, type and number; empty when it holds nothing.
pub(super) fn text(house: &mut House) -> Result<String> {
    let transactions = house.transactions();
    let names: BTreeMap<String, String> = transactions
        .iter()
        .map(|t| (t.id.to_string(), format!("{} {}", t.kind.name(), t.doc_number)))
        .collect();
    let mut found = Vec::with_capacity(transactions.len());
    for t in &transactions {
        let object = read(house, t)?;
        let block = block(t, &object, &names).with_context(|| names[&t.id.to_string()].clone())?;
        found.push((object.txn_date, t.kind, object.doc_number, block));
    }
    found.sort();
    Ok(found.into_iter().map(|(.., block)| block).collect())
}

fn read(house: &mut House, t: &LiveTransaction) -> Result<Object> {
    let path = format!("{}/{}", t.kind.name().to_lowercase(), t.id);
    let answer = house.ask("GET", &path, String::new())?;
    let mut whole: BTreeMap<String, Box<RawValue>> = serde_json::from_slice(&answer)?;
    let object = whole.remove(t.kind.name()).with_context(|| path.clone())?;
    serde_json::from_str(object.get()).with_context(|| path)
}

fn block(t: &LiveTransaction, o: &Object, names: &BTreeMap<String, String>) -> Result<String> {
    let mut text = String::new();
    let mut put = |line: String| {
        let _ = writeln!(text, "  {line}");
    };
    for (word, name) in [
        ("customer", &o.customer_ref),
        ("payee", &o.entity_ref),
        ("location", &o.department_ref),
        ("deposit to", &o.deposit_to_account_ref),
        ("from", &o.from_account_ref),
        ("to", &o.to_account_ref),
    ] {
        if let Some(name) = name {
            // What a refund receipt calls deposit-to is where the money comes from.
            let word = if t.kind == TxnKind::RefundReceipt && word == "deposit to" {
                "from"
            } else {
                word
            };
            put(format!("{word} {}", name.name));
        }
    }
    if let Some(account) = &o.account_ref {
        let word = if o.credit == Some(true) { "back to" } else { "paid from" };
        put(format!("{word} {}", account.name));
    }
    let mut lines = Vec::with_capacity(o.line.len());
    for line in &o.line {
        lines.extend(line_text(t, line, names)?);
    }
    counted(lines).into_iter().for_each(&mut put);
    let tax = o.txn_tax_detail.as_ref().and_then(|d| d.total_tax.as_deref());
    for (word, value) in
        [("tax", tax), ("open", o.balance.as_deref()), ("unapplied", o.unapplied_amt.as_deref())]
    {
        if let Some(value) = value.map(|v| money(v, t)).transpose()?.filter(|v| !is_zero(v)) {
            put(format!("{word} {value}"));
        }
    }
    if let Some(calculation) = &o.global_tax_calculation {
        put(format!("tax calculation {calculation}"));
    }
    // The number of a payment stands in its reference field, and is told in the head. What QuickBooks
    // shows for a refund that is still to be printed is no number.
    let is_ours = |r: &&_| **r != number(o) && **r != "To Print";
    if let Some(reference) = o.payment_ref_num.as_ref().filter(is_ours) {
        put(format!("reference {reference}"));
    }
    let note = o.private_note.split("tieout:").next().unwrap_or_default().trim();
    let note = note.trim_end_matches(['[', '(', '·', '|']).trim();
    if !note.is_empty() {
        put(format!("note {note}"));
    }
    Ok(head(t, o)? + &text)
}

fn number(o: &Object) -> String {
    if o.doc_number.is_empty() {
        o.payment_ref_num.clone().unwrap_or_default()
    } else {
        o.doc_number.clone()
    }
}

fn head(t: &LiveTransaction, o: &Object) -> Result<String> {
    let mut text = t.kind.name().to_owned();
    let number = number(o);
    if !number.is_empty() {
        let _ = write!(text, " {number}");
    }
    let _ = write!(text, " {}", o.txn_date);
    let total = o.total_amt.as_deref().or(o.amount.as_deref());
    if let Some(total) = total {
        let _ = write!(text, " {}", money(total, t)?);
    }
    // Books of several currencies state a rate.
    if let (Some(currency), Some(rate)) = (&o.currency_ref, &o.exchange_rate) {
        let _ = write!(text, " {} at {}", currency.value, parse_decimal(rate.get())?.normalize());
    }
    if t.voided {
        text.push_str(" voided");
    }
    text.push('\n');
    Ok(text)
}

fn line_text(
    t: &LiveTransaction,
    line: &Line,
    names: &BTreeMap<String, String>,
) -> Result<Option<String>> {
    let amount = match &line.amount {
        Some(amount) => money(amount, t)?,
        None => String::new(),
    };
    let said = if line.description.is_empty() {
        String::new()
    } else {
        format!(" \"{}\"", line.description)
    };
    if let Some(detail) = &line.sales_item_line_detail {
        let mut text = format!("{amount} {}", detail.item_ref.name);
        let account = detail.item_account_ref.as_ref().map(|a| a.name.as_str());
        if let Some(account) = account.filter(|a| *a != detail.item_ref.name) {
            let _ = write!(text, " on {account}");
        }
        text.push_str(&said);
        if let (Some(quantity), Some(price)) = (&detail.qty, &detail.unit_price) {
            let quantity = parse_decimal(quantity.get())?.normalize();
            let _ = write!(text, " {quantity} x {}", money(price, t)?);
        }
        let code = detail.tax_code_ref.as_ref().map(|c| c.value.as_str());
        if let Some(code) = code.filter(|c| *c != "NON") {
            let _ = write!(text, " tax code {code}");
        }
        return Ok(Some(text + &dimension("class", detail.class_ref.as_ref())));
    }
    if let Some(detail) = &line.discount_line_detail {
        return Ok(Some(format!("discount {amount} on {}", detail.discount_account_ref.name)));
    }
    if let Some(detail) = &line.journal_entry_line_detail {
        let side = if detail.posting_type == "Debit" { "Dr" } else { "Cr" };
        let mut text = format!("{side} {} {amount}", detail.account_ref.name);
        if let Some(entity) = &detail.entity {
            let _ = write!(text, " of {}", entity.entity_ref.name);
        }
        let location = dimension("location", detail.department_ref.as_ref());
        let class = dimension("class", detail.class_ref.as_ref());
        return Ok(Some(text + &said + &location + &class));
    }
    let account =
        line.account_based_expense_line_detail.as_ref().or(line.deposit_line_detail.as_ref());
    if let Some(detail) = account {
        let class = dimension("class", detail.class_ref.as_ref());
        return Ok(Some(format!("{amount} {}{said}{class}", detail.account_ref.name)));
    }
    Ok(line.linked_txn.first().map(|link| {
        let name = names.get(&link.txn_id).map_or(link.txn_type.as_str(), |n| n.trim());
        format!("applies {amount} to {name}")
    }))
}

/// ` class NAME`, where there is one.
fn dimension(word: &str, named: Option<&Named>) -> String {
    named.map_or_else(String::new, |named| format!(" {word} {}", named.name))
}

/// The amount with the decimals of its currency.
fn money(value: &RawValue, t: &LiveTransaction) -> Result<String> {
    let currency: kernel::Currency = t.currency.parse()?;
    let mut value = parse_decimal(value.get())?;
    let exact = value.normalize();
    value.rescale(currency.exponent().max(exact.scale()));
    Ok(value.to_string())
}

fn is_zero(amount: &str) -> bool {
    amount.chars().all(|c| matches!(c, '0' | '.'))
}
