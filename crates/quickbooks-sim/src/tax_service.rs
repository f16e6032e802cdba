//! `POST /taxservice/taxcode`: a tax code together with its rates (quickbooks.md §8).

use rust_decimal::Decimal;

use crate::books::Books;
use crate::error::{Fault, Result};
use crate::json::{Json, Obj};
use crate::kind::ListKind;
use crate::list::tax::{Code, Rate, Side, Special};
use crate::list::{Facts, Record};
use crate::schema;
use crate::service::{Done, Write};
use crate::txn::input;

/// A rate named in the request: one that exists, or a new one.
enum Part {
    Known(u32),
    New(Record),
}

/// Makes the code and its new rates, or nothing. The answer has no envelope but `time`.
pub(crate) fn create(
    books: &mut Books,
    write: &Write<'_>,
    json: &mut Json,
) -> Result<(Done, bool)> {
    let obj = write.obj;
    schema::TAX_SERVICE.kept(obj)?;
    let name = name(obj, "TaxCode", 100)?;
    let mut code = Record::new(ListKind::TaxCode, &name, Facts::Plain);
    books.check_name(&code)?;
    let parts = parts(books, obj)?;
    let (mut sales, mut purchases) = (Vec::new(), Vec::new());
    for part in parts {
        let id = match part {
            Part::Known(id) => id,
            Part::New(record) => books.add(record, write.now_us),
        };
        match books.tax_rate(id).map(|r| r.side) {
            Some(Side::Purchase) => purchases.push(id),
            _ => sales.push(id),
        }
    }
    let (all, taxable) = ([&sales[..], &purchases[..]].concat(), true);
    let (sales, purchases) = (sales.into_boxed_slice(), purchases.into_boxed_slice());
    code.facts = Facts::Code(Box::new(Code { taxable, sales, purchases }));
    describe(&mut code);
    let id = books.add(code, write.now_us);
    answer(json, books, &name, id, &all);
    Ok((Done::Created, true))
}

/// The description of what TaxService makes is its name.
fn describe(record: &mut Record) {
    let mut text = Json::default();
    text.string(&record.name);
    schema::list(record.kind).add_extra(&mut record.extras, "Description", &text.out);
}

fn name(obj: &Obj<'_>, key: &'static str, most: usize) -> Result<Box<str>> {
    let name = input::text(obj, key, most, None)?;
    let name = name.trim();
    if name.is_empty() {
        return Err(Fault::missing(key));
    }
    if name.contains([':', '\t', '\n', '\r']) {
        return Err(Fault::characters(key, name));
    }
    Ok(name.into())
}

fn parts(books: &Books, obj: &Obj<'_>) -> Result<Vec<Part>> {
    let raw = obj.get("TaxRateDetails").ok_or_else(|| Fault::missing("TaxRateDetails"))?;
    let details: Vec<Obj<'_>> = serde_json::from_str(raw.get())
        .map_err(|e| Fault::invalid_property(format!("Property Name:TaxRateDetails {e}")))?;
    if details.is_empty() {
        return Err(Fault::missing("TaxRateDetails"));
    }
    let mut parts: Vec<Part> = Vec::with_capacity(details.len());
    for detail in &details {
        schema::TAX_RATE_DETAILS.kept(detail)?;
        let part = match detail.text("TaxRateId").filter(|id| !id.is_empty()) {
            Some(id) => Part::Known(books.resolve(ListKind::TaxRate, &id, "TaxRateId")?),
            None => Part::New(new_rate(books, detail)?),
        };
        let same = |other: &Part| match (other, &part) {
            (Part::Known(a), Part::Known(b)) => a == b,
            (Part::New(a), Part::New(b)) => a.name.eq_ignore_ascii_case(&b.name),
            _ => false,
        };
        if parts.iter().any(same) {
            return Err(Fault::duplicate_name());
        }
        parts.push(part);
    }
    Ok(parts)
}

fn new_rate(books: &Books, detail: &Obj<'_>) -> Result<Record> {
    let name = name(detail, "TaxRateName", 10)?;
    let percent = input::decimal(detail, "RateValue", "RateValue")?
        .ok_or_else(|| Fault::missing("RateValue"))?;
    if percent < Decimal::ZERO || percent > Decimal::ONE_HUNDRED {
        return Err(Fault::percent("RateValue", &percent.to_string()));
    }
    let agency = detail.text("TaxAgencyId").filter(|id| !id.is_empty());
    let agency = agency.ok_or_else(|| Fault::missing("TaxAgencyId"))?;
    let agency = books.resolve(ListKind::TaxAgency, &agency, "TaxAgencyId")?;
    let side = match detail.text("TaxApplicableOn").as_deref() {
        None | Some("Sales") => Side::Sales,
        Some("Purchase") => Side::Purchase,
        Some(other) => return Err(Fault::enumeration("TaxApplicableOn", other)),
    };
    let special = if percent.is_zero() { Special::ZeroRate } else { Special::None };
    let facts = Facts::Rate(Rate { percent, agency, side, special });
    let mut record = Record::new(ListKind::TaxRate, &name, facts);
    books.check_name(&record)?;
    describe(&mut record);
    Ok(record)
}

fn answer(json: &mut Json, books: &Books, name: &str, code: u32, rates: &[u32]) {
    json.field("TaxCode", name);
    json.field_id("TaxCodeId", code);
    json.key("TaxRateDetails");
    json.open_array();
    for id in rates {
        let Some(rate) = books.tax_rate(*id) else { continue };
        json.open();
        if let Some(record) = books.list(ListKind::TaxRate, *id) {
            json.field("TaxRateName", &record.name);
        }
        json.field_id("TaxRateId", *id);
        json.field("RateValue", &rate.percent.normalize().to_string());
        json.field_id("TaxAgencyId", rate.agency);
        json.field("TaxApplicableOn", rate.side.name());
        json.close();
    }
    json.close_array();
}
