//! Reading list objects: required fields, name rules, references.

use super::{AccountType, DELETED_MARK, Facts, Record, currency, inventory, tax};
use crate::books::Books;
use crate::error::{Fault, Result};
use crate::json::{Obj, is_null, scalar};
use crate::kind::ListKind;
use crate::profile::Region;
use crate::schema;
use crate::txn::input;

/// Reads a new or updated list object; nothing is stored yet.
pub(crate) fn read(
    books: &Books,
    kind: ListKind,
    obj: &Obj<'_>,
    old: Option<&Record>,
    sparse: bool,
) -> Result<Record> {
    let class = schema::list(kind);
    let kept = if sparse { old } else { None };
    let extras = class.extras(obj, old.map(|o| &o.extras), sparse)?;
    let mut record = Record {
        kind,
        id: old.map_or(0, |o| o.id),
        sync: old.map_or(0, |o| o.sync),
        created: old.map_or(0, |o| o.created),
        updated: old.map_or(0, |o| o.updated),
        active: active(obj, old),
        name: Box::default(),
        full: Box::default(),
        parent: 0,
        currency: None,
        facts: Facts::Plain,
        extras,
    };
    record.name = name(kind, obj, &record, old, kept)?;
    if kind == ListKind::CompanyCurrency {
        record.name = currency::read_code(books, &record.name)?.code().into();
        // The name follows the code unless it is another one.
        let usual = format!("\"{}\"", currency::name(&record.name));
        if class.extra(&record.extras, "Name") == Some(usual.as_str()) {
            class.drop_extra(&mut record.extras, "Name");
        }
    }
    record.currency = match kind {
        ListKind::Customer | ListKind::Vendor | ListKind::Account => {
            currency::read(books, obj, old)?
        }
        _ => None,
    };
    record.parent = match obj.get("ParentRef") {
        None => kept.map_or(0, |o| o.parent),
        Some(_) => input::reference(books, obj, "ParentRef", kind)?,
    };
    check_parent(obj, &record)?;
    record.full = full_name(books, &record)?;
    // The name on checks follows the display name unless it is another one.
    let on_check = format!("\"{}\"", record.name);
    if class.extra(&record.extras, "PrintOnCheckName") == Some(on_check.as_str()) {
        class.drop_extra(&mut record.extras, "PrintOnCheckName");
    }
    check_lengths(books.prefs.region, kind, obj)?;
    if kind == ListKind::Item {
        unpad_numbers(obj, &mut record)?;
    }
    record.facts = match kind {
        ListKind::Account => account(obj, old, record.currency.is_some())?,
        ListKind::Item => {
            inventory::start(&mut record, old)?;
            item(books, obj, old, kept)?
        }
        ListKind::Term => {
            let has = |key| class.extra(&record.extras, key).is_some();
            if !has("DueDays") && !has("DayOfMonthDue") {
                return Err(Fault::missing("DueDays"));
            }
            Facts::Plain
        }
        ListKind::TaxAgency => Facts::Agency(tax::read_agency(books, obj, old)),
        _ => Facts::Plain,
    };
    inventory::check_accounts(books, &record)?;
    check_branch(books, &record)?;
    if !record.active && old.is_some_and(|o| o.active) {
        refuse_inactive_with_balance(books, &record)?;
    }
    Ok(record)
}

fn active(obj: &Obj<'_>, old: Option<&Record>) -> bool {
    match obj.text("Active") {
        Some(text) => !text.eq_ignore_ascii_case("false"),
        None => old.is_none_or(|o| o.active),
    }
}

/// The own name. Names of people come from DisplayName or are put together from their parts.
fn name(
    kind: ListKind,
    obj: &Obj<'_>,
    record: &Record,
    old: Option<&Record>,
    kept: Option<&Record>,
) -> Result<Box<str>> {
    let key = match kind {
        ListKind::TaxAgency => "DisplayName",
        ListKind::CompanyCurrency => "Code",
        _ if kind.is_name() => "DisplayName",
        _ => "Name",
    };
    let max = match kind {
        ListKind::Customer | ListKind::Vendor | ListKind::Employee => 500,
        ListKind::Term | ListKind::PaymentMethod => 31,
        _ => 100,
    };
    let sent = input::text(obj, key, max, None)?;
    let mut name: Box<str> = sent.trim().into();
    if let Some(plain) = name.strip_suffix(DELETED_MARK)
        && old.is_some_and(|o| o.name.as_ref() == plain)
    {
        name = plain.into();
    }
    if name.is_empty() && kind.is_name() {
        name = match kept {
            Some(old) if obj.get(key).is_none() => old.name.clone(),
            _ => parts(record).into_boxed_str(),
        };
        if name.is_empty() {
            return Err(Fault::no_name());
        }
    }
    if name.is_empty() {
        match kept {
            Some(old) => name = old.name.clone(),
            None => return Err(Fault::missing(key)),
        }
    }
    let quotes = kind == ListKind::Account;
    if name.contains([':', '\t', '\n', '\r']) || (quotes && name.contains('"')) {
        return Err(Fault::characters(key, &name));
    }
    Ok(name)
}

fn parts(record: &Record) -> String {
    let class = schema::list(record.kind);
    let mut whole = String::new();
    for key in ["Title", "GivenName", "MiddleName", "FamilyName", "Suffix"] {
        let part = class
            .extra(&record.extras, key)
            .and_then(|text| serde_json::from_str::<String>(text).ok())
            .unwrap_or_default();
        if !part.is_empty() {
            if !whole.is_empty() {
                whole.push(' ');
            }
            whole.push_str(&part);
        }
    }
    whole
}

/// What says that it is part of another object must say of which (6150).
fn check_parent(obj: &Obj<'_>, record: &Record) -> Result<()> {
    let flag = match record.kind {
        ListKind::Customer => "Job",
        ListKind::Account => "SubAccount",
        ListKind::Class => "SubClass",
        ListKind::Department => "SubDepartment",
        ListKind::Item => "SubItem",
        _ => return Ok(()),
    };
    if record.parent == 0 && obj.truth(flag) { Err(Fault::parent_required(flag)) } else { Ok(()) }
}

/// An account is of the type of the account above it.
fn check_branch(books: &Books, record: &Record) -> Result<()> {
    let parent = books.list(record.kind, record.parent).map(|p| &p.facts);
    match (&record.facts, parent) {
        (Facts::Account { kind, .. }, Some(Facts::Account { kind: above, .. }))
            if kind != above =>
        {
            Err(Fault::parent_invalid(&record.parent.to_string()))
        }
        _ => Ok(()),
    }
}

fn full_name(books: &Books, record: &Record) -> Result<Box<str>> {
    if record.parent == 0 {
        return Ok(record.name.clone());
    }
    let Some(parent) = books.list(record.kind, record.parent) else {
        return Ok(record.name.clone());
    };
    if record.parent == record.id {
        return Err(Fault::own_parent());
    }
    let mut depth = 2;
    let mut above = parent.parent;
    while above != 0 && depth <= 5 {
        if above == record.id {
            return Err(Fault::own_parent());
        }
        depth += 1;
        above = books.list(record.kind, above).map_or(0, |p| p.parent);
    }
    if depth > 5 {
        return Err(Fault::too_deep());
    }
    Ok(format!("{}:{}", parent.full, record.name).into_boxed_str())
}

/// Longest texts of quickbooks.md §8.
fn check_lengths(region: Region, kind: ListKind, obj: &Obj<'_>) -> Result<()> {
    let table: &[(&'static str, usize)] = match kind {
        ListKind::Customer | ListKind::Vendor | ListKind::Employee => &[
            ("GivenName", 100),
            ("MiddleName", 100),
            ("FamilyName", 100),
            ("Title", 16),
            ("Suffix", 16),
            ("CompanyName", 100),
            ("PrintOnCheckName", 110),
            ("Notes", 2_000),
        ],
        ListKind::Item => &[("Sku", 100), ("Description", 4_000), ("PurchaseDesc", 1_000)],
        ListKind::Account => {
            input::text(obj, "AcctNum", region.account_number_length(), None)?;
            &[("Description", 100)]
        }
        ListKind::TaxAgency => &[("TaxRegistrationNumber", 30)],
        _ => &[],
    };
    for (key, max) in table {
        input::text(obj, key, *max, None)?;
    }
    Ok(())
}

/// Prices and quantities come back as plain numbers without padding (quickbooks.md §2).
fn unpad_numbers(obj: &Obj<'_>, record: &mut Record) -> Result<()> {
    let class = schema::list(record.kind);
    for key in ["UnitPrice", "PurchaseCost"] {
        if let Some(number) = input::decimal(obj, key, key)? {
            class.drop_extra(&mut record.extras, key);
            if !number.is_zero() {
                class.add_extra(&mut record.extras, key, &number.to_string());
            }
        }
    }
    Ok(())
}

fn account(obj: &Obj<'_>, old: Option<&Record>, foreign: bool) -> Result<Facts> {
    if let Some(Record { facts: Facts::Account { kind, subtype }, .. }) = old {
        // The type of an account in use is not changed through this simulator.
        let sent = obj.text("AccountSubType").filter(|t| !t.is_empty());
        return Ok(Facts::Account {
            kind: *kind,
            subtype: sent.map_or_else(|| subtype.clone(), |t| t.as_ref().into()),
        });
    }
    let kind = obj.text("AccountType");
    let subtype = obj.text("AccountSubType");
    let known = match (&kind, &subtype) {
        (Some(kind), _) => {
            AccountType::parse(kind).ok_or_else(|| Fault::enumeration("AccountType", kind))?
        }
        (None, Some(subtype)) => AccountType::of_subtype(subtype)
            .ok_or_else(|| Fault::enumeration("AccountSubType", subtype))?,
        (None, None) => return Err(Fault::account_type_missing()),
    };
    if foreign && !known.is_balance_sheet() {
        return Err(Fault::foreign_income());
    }
    let subtype = subtype.as_deref().unwrap_or(known.default_subtype());
    Ok(Facts::Account { kind: known, subtype: subtype.into() })
}

fn item(
    books: &Books,
    obj: &Obj<'_>,
    old: Option<&Record>,
    kept: Option<&Record>,
) -> Result<Facts> {
    let was = |record: Option<&Record>| match record.map(|r| &r.facts) {
        Some(Facts::Item { service, income, expense, asset, .. }) => {
            Some((service.clone(), *income, *expense, *asset))
        }
        _ => None,
    };
    let service: Box<str> = match obj.text("Type") {
        Some(kind) => kind.as_ref().into(),
        None => was(old).map_or_else(|| "Service".into(), |w| w.0),
    };
    if !matches!(service.as_ref(), "Service" | "NonInventory" | "Inventory" | "Category" | "Group")
    {
        return Err(Fault::enumeration("Type", &service));
    }
    let tracked = |service: &str| service == "Inventory";
    if old.is_some_and(|_| was(old).is_some_and(|w| tracked(&w.0) != tracked(&service))) {
        return Err(Fault::item_type(&service));
    }
    let account = |key: &'static str, old: Option<u32>| match obj.get(key) {
        None => Ok(old.unwrap_or(0)),
        Some(_) => input::reference(books, obj, key, ListKind::Account),
    };
    let income = account("IncomeAccountRef", was(kept).map(|w| w.1))?;
    let expense = account("ExpenseAccountRef", was(kept).map(|w| w.2))?;
    let asset = account("AssetAccountRef", was(kept).map(|w| w.3))?;
    if service.as_ref() == "Inventory" && old.is_none() {
        let sent = |key: &str| obj.get(key).is_some_and(|r| !is_null(r) && scalar(r).is_some());
        for (present, key) in [
            (income != 0, "IncomeAccountRef"),
            (expense != 0, "ExpenseAccountRef"),
            (asset != 0, "AssetAccountRef"),
            (sent("InvStartDate"), "InvStartDate"),
            (sent("QtyOnHand"), "QtyOnHand"),
            (obj.truth("TrackQtyOnHand"), "TrackQtyOnHand"),
        ] {
            if !present {
                return Err(Fault::missing(key));
            }
        }
    }
    if income == 0 && expense == 0 && !matches!(service.as_ref(), "Category" | "Group") {
        return Err(Fault::missing("IncomeAccountRef"));
    }
    let category = service.as_ref() == "Category";
    Ok(Facts::Item { service, category, income, expense, asset })
}

/// What still carries money cannot be made inactive.
fn refuse_inactive_with_balance(books: &Books, record: &Record) -> Result<()> {
    let open = match (record.kind, &record.facts) {
        (ListKind::Customer | ListKind::Vendor, _) => books.ledger.owed_by(record.id),
        (ListKind::Account, Facts::Account { kind, .. }) if kind.is_balance_sheet() => {
            books.ledger.account(record.id)
        }
        _ => 0,
    };
    if open == 0 { Ok(()) } else { Err(Fault::has_balance()) }
}
