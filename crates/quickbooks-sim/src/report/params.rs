//! What a report is asked for. What is not understood is refused; nothing is ignored quietly.

use std::collections::BTreeSet;

use super::period::{Calendar, Range, Unit, fiscal_year_start};
use crate::books::Books;
use crate::clock::Date;
use crate::error::{Fault, Result};
use crate::uri::param;

/// Parameters that every call may carry.
const EVERYWHERE: &[&str] = &["minorversion", "requestid", "format", "qzurl", "sort_order"];
/// Parameters of the API that this simulator does not compute.
const NOT_SIMULATED: &[&str] = &[
    "adjusted_gain_loss",
    "class",
    "department",
    "employee",
    "item",
    "group_by",
    "payment_method",
    "source_account",
    "source_account_type",
    "account_type",
    "add_due_date",
    "memo",
    "moddate_macro",
    "createdate_macro",
    "duedate_macro",
    "cleared",
    "arpaid",
    "appaid",
    "printed",
    "custom_field",
    "past_due",
    "shipvia",
    "term",
];

/// Values of the parameters of one call.
pub(crate) struct Params<'q> {
    query: &'q str,
    pub calendar: Calendar,
}

impl<'q> Params<'q> {
    /// Refuses every parameter that the report does not know (2010), or that it has but this
    /// simulator does not compute (5030).
    pub(crate) fn read(books: &Books, query: &'q str, known: &[&str], now_us: i64) -> Result<Self> {
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let is = |list: &[&str]| list.iter().any(|known| known.eq_ignore_ascii_case(name));
            if is(known) || is(EVERYWHERE) || value.is_empty() {
                continue;
            }
            return Err(if is(NOT_SIMULATED) {
                Fault::not_simulated(&format!("the report parameter {name}"))
            } else {
                Fault::invalid_property(format!("Property Name:{name} is unsupported or invalid"))
            });
        }
        let calendar = Calendar {
            today: books.today(now_us),
            fiscal_month: books.prefs.fiscal_year_start_month.clamp(1, 12).into(),
        };
        Ok(Self { query, calendar })
    }

    /// A value, none when absent or empty.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        param(self.query, name).filter(|value| !value.is_empty()).map(std::borrow::Cow::into_owned)
    }

    pub(crate) fn date(&self, name: &'static str) -> Result<Option<Date>> {
        match self.text(name) {
            None => Ok(None),
            Some(text) => Date::parse(&text).map(Some).ok_or_else(|| Fault::date(name, &text)),
        }
    }

    /// The range asked for, and the macro if one was used. Without any it is the fiscal year to date,
    /// as in the documentation; with an end alone, its fiscal year up to it.
    pub(crate) fn range(&self) -> Result<(Range, String)> {
        let (start, end) = (self.date("start_date")?, self.date("end_date")?);
        let fiscal = |day| fiscal_year_start(day, self.calendar.fiscal_month);
        let today = self.calendar.today;
        let range = match (start, end) {
            (None, None) => {
                let name =
                    self.text("date_macro").unwrap_or_else(|| "This Fiscal Year-to-date".into());
                let range = self
                    .calendar
                    .range(&name)
                    .ok_or_else(|| Fault::enumeration("date_macro", &name))?;
                return Ok((range, name.to_ascii_lowercase()));
            }
            (start, end) => {
                let end = end.unwrap_or_else(|| today.max(start.unwrap_or(today)));
                (start.unwrap_or_else(|| fiscal(end)), end)
            }
        };
        if range.0 > range.1 {
            return Err(Fault::date_range("start_date", &range.0.text()));
        }
        Ok((range, String::new()))
    }

    /// The day a receivables report is about: `report_date`, else the end of the range, else today.
    pub(crate) fn as_of(&self) -> Result<Date> {
        if let Some(date) = self.date("report_date")? {
            return Ok(date);
        }
        if let Some(name) = self.text("date_macro") {
            let range = self.calendar.range(&name);
            let (_, end) = range.ok_or_else(|| Fault::enumeration("date_macro", &name))?;
            return Ok(end);
        }
        Ok(self.calendar.today)
    }

    /// True for `Cash`. The company's own basis is accrual.
    pub(crate) fn cash(&self) -> Result<bool> {
        match self.text("accounting_method") {
            None => Ok(false),
            Some(text) if text.eq_ignore_ascii_case("Accrual") => Ok(false),
            Some(text) if text.eq_ignore_ascii_case("Cash") => Ok(true),
            Some(text) => Err(Fault::enumeration("accounting_method", &text)),
        }
    }

    /// What columns are cut by; none for one total.
    pub(crate) fn unit(&self) -> Result<(Option<Unit>, &'static str)> {
        let Some(text) = self.text("summarize_column_by") else { return Ok((None, "Total")) };
        let unit = match text.to_ascii_lowercase().as_str() {
            "total" => (None, "Total"),
            "week" => (Some(Unit::Week), "Week"),
            "month" => (Some(Unit::Month), "Month"),
            "quarter" => (Some(Unit::Quarter), "Quarter"),
            "year" => (Some(Unit::Year), "Year"),
            "days"
            | "customers"
            | "vendors"
            | "classes"
            | "departments"
            | "employees"
            | "productsandservices" => {
                return Err(Fault::not_simulated(&format!("summarize_column_by={text}")));
            }
            _ => return Err(Fault::enumeration("summarize_column_by", &text)),
        };
        Ok(unit)
    }

    /// Ids separated by commas; none when the parameter is absent.
    pub(crate) fn ids(&self, name: &'static str) -> Result<Option<BTreeSet<u32>>> {
        let Some(text) = self.text(name) else { return Ok(None) };
        text.split(',')
            .map(|id| id.trim().parse().map_err(|_| Fault::invalid_id(name, id)))
            .collect::<Result<_>>()
            .map(Some)
    }

    pub(crate) fn descending(&self) -> Result<bool> {
        match self.text("sort_order").as_deref() {
            None | Some("ascend") => Ok(false),
            Some("descend") => Ok(true),
            Some(other) => Err(Fault::enumeration("sort_order", other)),
        }
    }

    /// A whole number within bounds.
    pub(crate) fn number(
        &self,
        name: &'static str,
        default: i64,
        allowed: std::ops::RangeInclusive<i64>,
    ) -> Result<i64> {
        match self.text(name) {
            None => Ok(default),
            Some(text) => text
                .parse()
                .ok()
                .filter(|number| allowed.contains(number))
                .ok_or_else(|| Fault::number_range(name, &text)),
        }
    }
}
