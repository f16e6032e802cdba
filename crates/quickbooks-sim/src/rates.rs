//! Exchange rates by currency and day: the entity ExchangeRate, which has no id (quickbooks.md §8).

use std::collections::BTreeMap;

use kernel::Currency;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::books::Books;
use crate::clock::Date;
use crate::error::{Fault, Result};
use crate::json::{Json, Obj};
use crate::list::currency::parse;
use crate::money;
use crate::schema;
use crate::txn::write::version;

/// One rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Rate {
    /// Home units for one unit of the currency.
    #[serde(with = "crate::money::stored_always")]
    pub rate: Decimal,
    pub sync: u32,
    /// UTC seconds.
    pub created: i64,
    /// UTC seconds.
    pub updated: i64,
}

/// The key of a rate.
pub(crate) type Key = (Currency, Date);

/// All rates that were set.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Rates(BTreeMap<Key, Rate>);

impl Rates {
    /// The rate of a day, 1 when none was set.
    pub(crate) fn on(&self, currency: Currency, date: Date) -> Decimal {
        self.0.get(&(currency, date)).map_or(Decimal::ONE, |rate| rate.rate)
    }

    /// By currency, then by day.
    pub(crate) fn all(&self) -> impl Iterator<Item = (Key, &Rate)> {
        self.0.iter().map(|(key, rate)| (*key, rate))
    }
}

/// Sets the rate of a day and appends `"ExchangeRate":{...}`. False: it was so already.
pub(crate) fn set(books: &mut Books, obj: &Obj<'_>, now_us: i64, json: &mut Json) -> Result<bool> {
    schema::EXCHANGE_RATE.kept(obj)?;
    let text = |key: &'static str| {
        obj.text(key).filter(|t| !t.is_empty()).ok_or_else(|| Fault::missing(key))
    };
    let currency = source(books, &text("SourceCurrencyCode")?)?;
    let day = text("AsOfDate")?;
    let date = Date::parse(&day).ok_or_else(|| Fault::date("AsOfDate", &day))?;
    let sent = text("Rate")?;
    let rate = money::parse_rate(&sent).map_err(|why| Fault::decimal("Rate", &sent, why))?;
    if let Some(target) = obj.text("TargetCurrencyCode")
        && !target.eq_ignore_ascii_case(&books.prefs.home_currency)
    {
        return Err(Fault::currency_type("TargetCurrencyCode", &target));
    }
    let updated = now_us.div_euclid(1_000_000);
    let fresh = Rate { rate, sync: 0, created: updated, updated };
    let stored = books.rates.0.get(&(currency, date)).copied();
    let changed = stored.is_none_or(|stored| stored.rate != rate);
    let now = match stored {
        Some(stored) if changed => Rate { sync: stored.sync + 1, created: stored.created, ..fresh },
        Some(stored) => stored,
        None => fresh,
    };
    books.rates.0.insert((currency, date), now);
    json.key("ExchangeRate");
    write(json, books, (currency, date), &now);
    Ok(changed)
}

/// Appends `"ExchangeRate":{...}` for a currency and a day; 1 when none was set.
pub(crate) fn show(
    books: &Books,
    code: Option<&str>,
    day: Option<&str>,
    now_us: i64,
    json: &mut Json,
) -> Result<()> {
    let code = code.ok_or_else(|| Fault::missing("sourcecurrencycode"))?;
    let currency = source(books, code)?;
    let date = match day {
        None => books.today(now_us),
        Some(day) => Date::parse(day).ok_or_else(|| Fault::date("asofdate", day))?,
    };
    let unset = Rate { rate: Decimal::ONE, sync: 0, created: 0, updated: 0 };
    let rate = books.rates.0.get(&(currency, date)).copied().unwrap_or(unset);
    json.key("ExchangeRate");
    write(json, books, (currency, date), &rate);
    Ok(())
}

fn source(books: &Books, code: &str) -> Result<Currency> {
    if !books.prefs.multi_currency {
        return Err(Fault::one_currency());
    }
    let currency = parse(code, "SourceCurrencyCode")?;
    if books.is_home(currency) { Err(Fault::home_currency(code)) } else { Ok(currency) }
}

/// Writes a rate, braces included.
pub(crate) fn write(json: &mut Json, books: &Books, (currency, date): Key, rate: &Rate) {
    json.open();
    json.field("SourceCurrencyCode", currency.code());
    json.field("TargetCurrencyCode", &books.prefs.home_currency);
    json.field_decimal("Rate", rate.rate);
    json.field_date("AsOfDate", date);
    json.field("domain", "QBO");
    json.field_bool("sparse", false);
    version(json, rate.sync, rate.created, rate.updated);
    json.close();
}
