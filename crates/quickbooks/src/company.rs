//! CompanyInfo and Preferences: what the company is and what follows for the connector
//! (quickbooks.md §8).

use crate::errors;
use crate::exchange::{self, Call, Said};
use crate::read::{self, NoRead};
use crate::target::QuickBooks;
use bytes::Bytes;
use http::Method;
use kernel::{Currency, ReasonCode, Timestamp};
use ports::{CallCost, Company, CompanySetting};
use serde::{Deserialize, Deserializer};

/// Reads both objects, one call each.
pub(crate) async fn read(target: &QuickBooks, deadline: Timestamp) -> Result<Company, NoRead> {
    let realm = &target.settings.realm_id;
    let info: Info =
        object(target, &format!("companyinfo/{realm}"), "CompanyInfo", deadline).await?;
    read::further(target, deadline).await?;
    let preferences: Preferences = object(target, "preferences", "Preferences", deadline).await?;
    let company = describe(realm, info, &preferences);
    match (target.settings.home_currency, company.home_currency) {
        (Some(ours), Some(theirs)) if ours != theirs => return Err(other_currency(ours, theirs)),
        _ => {}
    }
    let region = target.settings.region;
    let other_country =
        !company.country.is_empty() && is_us(&company.country) != region.united_states;
    if target.settings.home_currency.is_some() && other_country {
        return Err(other("ledger.country", &company.country));
    }
    if target.settings.home_currency.is_some() && company.multi_currency != region.multi_currency {
        let theirs = if company.multi_currency { "true" } else { "false" };
        return Err(other("ledger.multi_currency", theirs));
    }
    Ok(company)
}

fn is_us(country: &str) -> bool {
    matches!(country, "US" | "USA")
}

/// Documents would say what this company refuses.
fn other(setting: &str, theirs: &str) -> NoRead {
    NoRead::Disconnected(Box::new(errors::local(
        ReasonCode::BusinessValidation,
        format!(
            "{setting} does not fit the company, which has {theirs}; correct the configuration"
        ),
    )))
}

/// Documents carry no currency: in a company of another one every amount would be wrong.
fn other_currency(ours: Currency, theirs: Currency) -> NoRead {
    let (ours, theirs) = (ours.code(), theirs.code());
    NoRead::Disconnected(Box::new(errors::local(
        ReasonCode::CurrencyMismatch,
        format!(
            "the books of the company are kept in {theirs}, but ledger.home_currency is {ours}; \
             correct the configuration or connect the right company"
        ),
    )))
}

/// Reads one object: `{"Name":{…},"time":…}`.
async fn object<T: for<'de> Deserialize<'de>>(
    target: &QuickBooks,
    path: &str,
    name: &str,
    deadline: Timestamp,
) -> Result<T, NoRead> {
    let url = target.settings.company_url(path);
    let call = Call {
        method: Method::GET,
        url,
        content_type: None,
        body: Bytes::new(),
        cost: CallCost::Read,
    };
    let answer = exchange::send(target, call, deadline).await?;
    match answer.read() {
        Said::Content(_) => {
            let unreadable = || NoRead::Failed(answer.note(&format!("no readable {name}")));
            let mut whole: serde_json::Map<String, serde_json::Value> =
                serde_json::from_slice(&answer.body).map_err(|_| unreadable())?;
            let found = whole.remove(name).ok_or_else(unreadable)?;
            serde_json::from_value(found).map_err(|_| unreadable())
        }
        Said::Fault(verdict) => Err(verdict.into()),
        Said::Nothing(why) => Err(NoRead::Failed(why)),
    }
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Info {
    #[serde(deserialize_with = "or_default")]
    company_name: String,
    #[serde(deserialize_with = "or_default")]
    country: String,
    #[serde(deserialize_with = "or_default")]
    default_time_zone: String,
    #[serde(deserialize_with = "or_default")]
    name_value: Vec<NameValue>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct NameValue {
    #[serde(deserialize_with = "or_default")]
    name: String,
    #[serde(deserialize_with = "or_default")]
    value: String,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Preferences {
    #[serde(deserialize_with = "or_default")]
    accounting_info_prefs: Accounting,
    #[serde(deserialize_with = "or_default")]
    sales_forms_prefs: SalesForms,
    #[serde(deserialize_with = "or_default")]
    tax_prefs: Tax,
    #[serde(deserialize_with = "or_default")]
    currency_prefs: Currencies,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Accounting {
    book_close_date: Option<String>,
    #[serde(deserialize_with = "flag")]
    track_departments: bool,
    #[serde(deserialize_with = "flag")]
    class_tracking_per_txn: bool,
    #[serde(deserialize_with = "flag")]
    class_tracking_per_txn_line: bool,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct SalesForms {
    #[serde(deserialize_with = "flag")]
    custom_txn_numbers: bool,
    #[serde(deserialize_with = "flag")]
    auto_apply_credit: bool,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Tax {
    #[serde(deserialize_with = "flag")]
    using_sales_tax: bool,
    #[serde(deserialize_with = "flag")]
    partner_tax_enabled: bool,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Currencies {
    #[serde(deserialize_with = "flag")]
    multi_currency_enabled: bool,
    home_currency: Option<Reference>,
}

#[derive(Deserialize)]
struct Reference {
    value: String,
}

/// A property may be left out, or be there without a value.
fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    d: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(d)?.unwrap_or_default())
}

/// `true`, or the text that name-value lists use for it; anything else is off.
fn flag<'de, D: Deserializer<'de>>(d: D) -> Result<bool, D::Error> {
    Ok(match serde_json::Value::deserialize(d)? {
        serde_json::Value::Bool(on) => on,
        serde_json::Value::String(text) => text.eq_ignore_ascii_case("true"),
        _ => false,
    })
}

fn describe(realm: &str, info: Info, p: &Preferences) -> Company {
    let home_currency: Option<Currency> =
        p.currency_prefs.home_currency.as_ref().and_then(|c| c.value.parse().ok());
    // The date may come with a time behind it.
    let closed_until = p
        .accounting_info_prefs
        .book_close_date
        .as_deref()
        .and_then(|text| text.get(..10))
        .and_then(|date| date.parse().ok());
    let mut company = Company {
        realm: realm.to_owned(),
        name: info.company_name,
        country: info.country,
        zone: info.default_time_zone,
        home_currency,
        multi_currency: p.currency_prefs.multi_currency_enabled,
        unique_numbers: p.sales_forms_prefs.custom_txn_numbers,
        computes_tax: p.tax_prefs.using_sales_tax && p.tax_prefs.partner_tax_enabled,
        tracks_locations: p.accounting_info_prefs.track_departments,
        // One class for a whole transaction cannot tell lines apart: QuickBooks ignores theirs.
        tracks_classes: p.accounting_info_prefs.class_tracking_per_txn_line,
        applies_credits: p.sales_forms_prefs.auto_apply_credit,
        closed_until,
        settings: Vec::new(),
    };
    let subscription = info.name_value.into_iter().find(|n| n.name == "SubscriptionStatus");
    let per_transaction = p.accounting_info_prefs.class_tracking_per_txn;
    company.settings = settings(&company, p.tax_prefs.using_sales_tax, subscription);
    company.settings.extend(dimensions(&company, per_transaction));
    company
}

/// Whether reports can count by location and class.
fn dimensions(company: &Company, per_transaction: bool) -> [CompanySetting; 2] {
    let setting = |name: &str, value: &str, follows: &str| CompanySetting {
        name: name.to_owned(),
        value: value.to_owned(),
        follows: follows.to_owned(),
    };
    let location = if company.tracks_locations {
        setting(
            "Locations",
            "on",
            "documents carry the location that [locations] of the rules names",
        )
    } else {
        let follows = "what [locations] of the rules gives a location is held (MAP-004)";
        setting("Locations", "off", follows)
    };
    let class = match (company.tracks_classes, per_transaction) {
        (true, _) => {
            let follows = "lines carry the class that [classes] and the rules name";
            setting("Classes", "one to each row", follows)
        }
        (false, true) => setting(
            "Classes",
            "one to entire transaction",
            "QuickBooks ignores classes of lines; what the rules give one is held (MAP-004)",
        ),
        (false, false) => {
            setting("Classes", "off", "what the rules give a class is held (MAP-004)")
        }
    };
    [location, class]
}

/// Every setting that changes what the connector does, and how.
fn settings(
    company: &Company,
    using_tax: bool,
    subscription: Option<NameValue>,
) -> Vec<CompanySetting> {
    let on = |flag: bool| if flag { "on" } else { "off" }.to_owned();
    let mut out = Vec::new();
    let mut add = |name: &str, value: String, follows: &str| {
        out.push(CompanySetting { name: name.to_owned(), value, follows: follows.to_owned() });
    };
    add(
        "Custom transaction numbers",
        on(company.unique_numbers),
        if company.unique_numbers {
            "a document number can be used once per type; a number taken by somebody else is held"
        } else {
            "document numbers are not unique in this company: Tieout looks by its marker"
        },
    );
    let (tax, follows) = match (using_tax, company.computes_tax) {
        (false, _) => ("off", "tax of orders is posted as lines of its own"),
        (true, false) => (
            "manual",
            "tax of orders is posted as lines of its own; QuickBooks' tax reports do not show it",
        ),
        (true, true) => (
            "automated",
            "lines go out as non-taxable and the tax of the order as a line of its own, so that \
             QuickBooks does not compute another amount; its tax reports do not show it",
        ),
    };
    add("Sales tax", tax.to_owned(), follows);
    let home = company.home_currency.map_or("not stated".to_owned(), |c| c.code().to_owned());
    add(
        "Home currency",
        home,
        "documents are written in it; it must be ledger.home_currency of the configuration",
    );
    add(
        "Multicurrency",
        on(company.multi_currency),
        if company.multi_currency {
            "the books hold other currencies too; a document in one of them goes to the customer \
             and the accounts of that currency, at QuickBooks' own rate of the day"
        } else {
            "every document must be in the home currency; others are held (FXC-003)"
        },
    );
    match company.closed_until {
        Some(date) => add(
            "Closing date",
            date.to_string(),
            "nothing is posted on or before that day; what would be is held (PER-001), never \
             dated otherwise",
        ),
        None => add("Closing date", "none".to_owned(), "every day is open"),
    }
    add(
        "Automatic application of credits",
        on(company.applies_credits),
        if company.applies_credits {
            "QuickBooks decides which credit settles which invoice; Tieout names the invoice of a \
             payment and no credits, and what is applied otherwise, or not at all, is no difference"
        } else {
            "invoices and credits are settled only by what Tieout writes"
        },
    );
    let us = matches!(company.country.as_str(), "" | "US" | "USA");
    add(
        "Country",
        if company.country.is_empty() { "not stated".to_owned() } else { company.country.clone() },
        if us {
            "tax codes TAX and NON"
        } else {
            "companies outside the United States want a tax code of their own on every line; \
             check the first documents"
        },
    );
    if !company.zone.is_empty() {
        add(
            "Time zone",
            company.zone.clone(),
            "QuickBooks' own dates; documents carry the local date of the order",
        );
    }
    if let Some(s) = subscription {
        add("Subscription", s.value, "when it has ended nothing can be written (CON-003)");
    }
    out
}
