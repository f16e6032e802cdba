//! What a property may hold, by its name: the checks that do not depend on the entity.

use serde_json::value::RawValue;

use crate::error::{Fault, Result};
use crate::json::{Obj, array, is_null, scalar};
use crate::mail::is_address;

/// Refuses a value that the property cannot hold. Null clears and is never refused.
pub(crate) fn check(name: &str, raw: &RawValue) -> Result<()> {
    if is_null(raw) {
        return Ok(());
    }
    match name {
        "Active"
        | "Adjustment"
        | "AllowIPNPayment"
        | "AllowOnlineACHPayment"
        | "AllowOnlineCreditCardPayment"
        | "AllowOnlinePayment"
        | "ApplyTaxAfterDiscount"
        | "BillWithParent"
        | "BillableTime"
        | "Credit"
        | "Job"
        | "ProcessPayment"
        | "PurchaseTaxIncluded"
        | "SalesTaxIncluded"
        | "SubAccount"
        | "SubClass"
        | "SubDepartment"
        | "SubItem"
        | "Taxable"
        | "TrackQtyOnHand"
        | "Vendor1099"
        | "sparse" => truth(name, raw),
        "DueDays" | "DiscountDays" | "DueNextMonthDays" => whole(name, raw, 0..=9_999),
        "DayOfMonthDue" | "DiscountDayOfMonth" => whole(name, raw, 1..=31),
        "PrimaryEmailAddr" | "BillEmail" | "BillEmailCc" | "BillEmailBcc" | "POEmail" => {
            email(name, raw)
        }
        "WebAddr" => web(raw),
        "CustomField" => custom_fields(raw),
        "CreditCardPayment" => card(raw),
        "AttachableRef" => Ok(()),
        _ if name.ends_with("Ref") && raw.get().starts_with('[') => {
            Err(Fault::invalid_property(format!("Property Name:{name} is no reference")))
        }
        _ => Ok(()),
    }
}

fn truth(name: &str, raw: &RawValue) -> Result<()> {
    match scalar(raw).as_deref() {
        Some("") => Ok(()),
        Some(text) if text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false") => {
            Ok(())
        }
        _ => Err(Fault::boolean(name, raw.get())),
    }
}

/// Not a number at all is 2080, one that cannot be is 2090.
fn whole(name: &str, raw: &RawValue, allowed: std::ops::RangeInclusive<i64>) -> Result<()> {
    let text = scalar(raw).unwrap_or_default();
    match text.parse() {
        Ok(number) if allowed.contains(&number) => Ok(()),
        Ok(_) => Err(Fault::number(2090, name, &text)),
        Err(_) => Err(Fault::number(2080, name, &text)),
    }
}

fn email(name: &str, raw: &RawValue) -> Result<()> {
    let Ok(obj) = Obj::parse(raw.get()) else { return Ok(()) };
    match obj.text("Address") {
        Some(address) if !address.is_empty() && !is_address(&address) => {
            Err(Fault::email(&format!("{name}.Address"), &address))
        }
        _ => Ok(()),
    }
}

fn web(raw: &RawValue) -> Result<()> {
    let Ok(obj) = Obj::parse(raw.get()) else { return Ok(()) };
    match obj.text("URI") {
        Some(uri)
            if !uri.is_empty() && (uri.contains(char::is_whitespace) || !uri.contains('.')) =>
        {
            Err(Fault::web_address(&uri))
        }
        _ => Ok(()),
    }
}

/// Three text fields on sales forms (quickbooks.md §8).
fn custom_fields(raw: &RawValue) -> Result<()> {
    for field in array(raw).unwrap_or_default() {
        let Ok(field) = Obj::parse(field.get()) else { continue };
        let id = field.text("DefinitionId").unwrap_or_default();
        let kind = field.text("Type");
        if !matches!(id.as_ref(), "1" | "2" | "3") || kind.is_some_and(|kind| kind != "StringType")
        {
            return Err(Fault::custom_field(&id));
        }
        let length = field.text("StringValue").map_or(0, |text| text.chars().count());
        if length > 31 {
            return Err(Fault::length("CustomField.StringValue", 0, 31, length));
        }
    }
    Ok(())
}

/// Card numbers must never arrive in the clear (6530).
fn card(raw: &RawValue) -> Result<()> {
    let number = Obj::parse(raw.get())
        .ok()
        .and_then(|card| card.object("CreditChargeInfo"))
        .and_then(|info| info.text("Number").map(std::borrow::Cow::into_owned))
        .unwrap_or_default();
    let digits = number.chars().filter(char::is_ascii_digit).count();
    let plain = number.chars().all(|c| c.is_ascii_digit() || " -".contains(c));
    if plain && digits >= 12 { Err(Fault::raw_card()) } else { Ok(()) }
}
