//! Hours worked by an employee or a vendor, for a customer or for nobody. They post nothing.

use super::Txn;
use super::input::{self, Input};
use crate::error::{Fault, Result};
use crate::json::scalar;
use crate::kind::{ListKind, TxnKind};
use crate::schema;

/// The product that hours are sold as unless another one is named: item 2, "Hours".
const HOURS_ITEM: u32 = 2;

/// Reads hours. Codes 6290 to 6390 are those of Intuit's catalogue (quickbooks.md §7).
pub(crate) fn read(input: &Input<'_>) -> Result<Txn> {
    let kind = TxnKind::TimeActivity;
    let mut txn = input.header(kind)?;
    let class = schema::txn(kind);
    let stored = |key: &str| -> Option<String> {
        let raw =
            serde_json::from_str::<&serde_json::value::RawValue>(class.extra(&txn.extras, key)?);
        scalar(raw.ok()?).map(std::borrow::Cow::into_owned)
    };
    let employee = input.reference("EmployeeRef", ListKind::Employee, |t| t.name)?;
    let vendor = input.reference("VendorRef", ListKind::Vendor, |t| t.name)?;
    let name = match stored("NameOf").as_deref() {
        Some("Employee") => employee,
        Some("Vendor") => vendor,
        Some("Other") | None => return Err(Fault::worker_kind()),
        Some(other) => return Err(Fault::enumeration("NameOf", other)),
    };
    if name == 0 {
        return Err(Fault::worker());
    }
    let customer = input.reference("CustomerRef", ListKind::Customer, |t| t.other)?;
    let status = match input.obj.text("BillableStatus") {
        None => input.kept().map_or("NotBillable", |t| &t.reference).into(),
        Some(sent) => match sent.as_ref() {
            // What was billed was billable before; the link to the invoice says the rest.
            "Billable" | "HasBeenBilled" => "Billable".into(),
            "NotBillable" => "NotBillable".into(),
            other => return Err(Fault::billable(other)),
        },
    };
    check_duration(&stored)?;
    let rate = match stored("HourlyRate") {
        None => None,
        Some(text) => Some(crate::money::parse_decimal(&text).map_err(|_| Fault::rate(&text))?),
    };
    if rate.is_some_and(|rate| rate.is_sign_negative()) {
        return Err(Fault::rate(&stored("HourlyRate").unwrap_or_default()));
    }
    for (key, list) in [("ItemRef", ListKind::Item), ("ClassRef", ListKind::Class)] {
        input::reference(input.books, input.obj, key, list)?;
    }
    if status == "Billable".into() {
        if customer == 0 {
            return Err(Fault::billable_customer());
        }
        if rate.is_none() {
            return Err(Fault::rate(""));
        }
    }
    // What an answer shows anyway is not kept: written back, it changes nothing.
    let no_rate = rate.is_some_and(|rate| rate.is_zero());
    let not_taxable = stored("Taxable").is_some_and(|text| text == "false");
    for (key, is_shown) in [("HourlyRate", no_rate), ("Taxable", not_taxable)] {
        if is_shown {
            class.drop_extra(&mut txn.extras, key);
        }
    }
    if input.books.list(ListKind::Item, HOURS_ITEM).is_some_and(|item| item.active) {
        class.add_extra(&mut txn.extras, "ItemRef", &format!("{{\"value\":\"{HOURS_ITEM}\"}}"));
    }
    (txn.name, txn.other, txn.reference) = (name, customer, status);
    Ok(txn)
}

/// Either hours and minutes, or start and end.
fn check_duration(stored: &impl Fn(&str) -> Option<String>) -> Result<()> {
    let (start, end) = (stored("StartTime"), stored("EndTime"));
    let (hours, minutes) = (stored("Hours"), stored("Minutes"));
    match (start, end) {
        (None, None) if hours.is_none() && minutes.is_none() => Err(Fault::time_missing()),
        (None, None) => {
            let number = |text: Option<String>, most: i64| -> Result<i64> {
                let text = text.unwrap_or_else(|| "0".to_owned());
                let value = text.parse().map_err(|_| Fault::time_invalid(&text))?;
                if (0..=most).contains(&value) { Ok(value) } else { Err(Fault::duration(&text)) }
            };
            // Hours up to 8,760 and minutes up to 59 are what the schema allows.
            number(hours, 8_760)?;
            number(minutes, 59)?;
            Ok(())
        }
        (Some(_), Some(_)) if hours.is_some() || minutes.is_some() => Err(Fault::two_durations()),
        (Some(start), Some(end)) => {
            let instant = |text: &str| {
                crate::clock::parse_instant(text).ok_or_else(|| Fault::time_invalid(text))
            };
            let breaks: i64 = ["BreakHours", "BreakMinutes"]
                .into_iter()
                .zip([3_600, 60])
                .map(|(key, seconds)| {
                    stored(key)
                        .and_then(|t| t.parse::<i64>().ok())
                        .unwrap_or(0)
                        .saturating_mul(seconds)
                })
                .sum();
            let worked = instant(&end)? - instant(&start)?;
            if worked < 0 {
                Err(Fault::start_after_end(&start))
            } else if breaks > worked {
                Err(Fault::start_or_end())
            } else {
                Ok(())
            }
        }
        _ => Err(Fault::start_or_end()),
    }
}

/// The billable status; hours on an invoice have been billed.
pub(crate) fn status(txn: &Txn) -> &str {
    if txn.links.is_empty() { &txn.reference } else { "HasBeenBilled" }
}

/// Whether a reference to an employee or a vendor is the one that names the worker.
pub(crate) fn has_worker(txn: &Txn, key: &str) -> bool {
    let name_of = schema::txn(TxnKind::TimeActivity).extra(&txn.extras, "NameOf");
    txn.kind != TxnKind::TimeActivity || (name_of == Some("\"Vendor\"")) == (key == "VendorRef")
}
