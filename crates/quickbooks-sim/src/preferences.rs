//! Writing Preferences: the switches that this company knows. What a request does not name stays.

use crate::books::Books;
use crate::changes::Operation;
use crate::clock::Date;
use crate::config::CompanyPrefs;
use crate::error::{Fault, Result};
use crate::json::{Json, Obj, is_null};
use crate::kind::{Entity, ListKind};
use crate::schema;
use crate::service::{Done, Op, Write, check_token};
use crate::txn::input::ref_value;

/// Applies an update and appends `"Preferences":{...}`. The flag tells whether anything changed.
pub(crate) fn update(
    books: &mut Books,
    write: &Write<'_>,
    json: &mut Json,
) -> Result<(Done, bool)> {
    if !matches!(write.op, Op::Save | Op::Update) {
        return Err(Fault::unsupported("Preferences"));
    }
    check_token(books, write.obj, books.prefs_sync)?;
    let new = read(books, write.obj)?;
    let changed = books.set_prefs(new, write.now_us);
    json.key("Preferences");
    crate::company::write_preferences(json, books);
    Ok((Done::Updated, changed))
}

fn read(books: &Books, obj: &Obj<'_>) -> Result<CompanyPrefs> {
    schema::PREFERENCES.kept(obj)?;
    let mut prefs = books.prefs.clone();
    for (name, raw) in &obj.0 {
        if !name.ends_with("Prefs") || is_null(raw) {
            continue;
        }
        let section = Obj::parse(raw.get())
            .map_err(|e| Fault::invalid_property(format!("Property Name:{name} {e}")))?;
        schema::check_section(name, &section)?;
        match name.as_ref() {
            "AccountingInfoPrefs" => accounting(&section, &mut prefs)?,
            "SalesFormsPrefs" => sales_forms(books, &section, &mut prefs)?,
            "TaxPrefs" => switch(&section, "UsingSalesTax", &mut prefs.using_sales_tax)?,
            "CurrencyPrefs" => switch(&section, "MultiCurrencyEnabled", &mut prefs.multi_currency)?,
            "OtherPrefs" => other(&section, &mut prefs)?,
            _ => {}
        }
    }
    Ok(prefs)
}

fn switch(section: &Obj<'_>, key: &'static str, value: &mut bool) -> Result<()> {
    match section.text(key).as_deref() {
        None => {}
        Some("true") => *value = true,
        Some("false") => *value = false,
        Some(other) => return Err(Fault::boolean(key, other)),
    }
    Ok(())
}

fn accounting(section: &Obj<'_>, prefs: &mut CompanyPrefs) -> Result<()> {
    switch(section, "TrackDepartments", &mut prefs.track_departments)?;
    switch(section, "ClassTrackingPerTxn", &mut prefs.class_tracking_per_transaction)?;
    switch(section, "ClassTrackingPerTxnLine", &mut prefs.class_tracking_per_line)?;
    if section.get("BookCloseDate").is_some() {
        let sent = section.text("BookCloseDate").filter(|t| !t.is_empty());
        prefs.book_close_date = match sent {
            None => None,
            Some(text) => {
                let date = Date::parse(&text).ok_or_else(|| Fault::date("BookCloseDate", &text))?;
                Some(date.text())
            }
        };
    }
    Ok(())
}

fn sales_forms(books: &Books, section: &Obj<'_>, prefs: &mut CompanyPrefs) -> Result<()> {
    switch(section, "CustomTxnNumbers", &mut prefs.custom_txn_numbers)?;
    switch(section, "AllowDiscount", &mut prefs.allow_discount)?;
    switch(section, "AllowShipping", &mut prefs.allow_shipping)?;
    switch(section, "AutoApplyCredit", &mut prefs.auto_apply_credit)?;
    if let Some(id) = ref_value(section, "DefaultTerms") {
        let term = books.resolve(ListKind::Term, &id, "DefaultTerms")?;
        if let Some(days) = books.term_days(term) {
            prefs.default_due_days = days;
        }
    }
    Ok(())
}

/// Switches that travel as names and values.
fn other(section: &Obj<'_>, prefs: &mut CompanyPrefs) -> Result<()> {
    for pair in section.array("NameValue")? {
        if pair.text("Name").as_deref() == Some("WarnDuplicateBillNumber") {
            switch(&pair, "Value", &mut prefs.warn_duplicate_bill_number)?;
        }
    }
    Ok(())
}

impl Books {
    /// Replaces the preferences; false when they are the same. Region and home currency stay as they
    /// are, and several currencies once on stay on.
    pub(crate) fn set_prefs(&mut self, prefs: CompanyPrefs, now_us: i64) -> bool {
        let old = &self.prefs;
        let prefs = CompanyPrefs {
            region: old.region,
            home_currency: old.home_currency.clone(),
            multi_currency: prefs.multi_currency || old.multi_currency,
            ..prefs
        };
        if *old == prefs {
            return false;
        }
        let several = prefs.multi_currency;
        self.prefs = prefs;
        self.prefs_sync += 1;
        self.prefs_updated = now_us.div_euclid(1_000_000);
        self.told.note(Entity::Preferences, 1, Operation::Update);
        if several {
            self.open_currencies(now_us);
        }
        true
    }
}
