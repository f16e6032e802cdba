//! Date macros, fiscal years, and the periods of a report's columns.

use crate::clock::Date;

/// What a macro is relative to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Calendar {
    pub today: Date,
    /// First month of the fiscal year, 1 to 12.
    pub fiscal_month: i64,
}

/// A first and a last day.
pub(crate) type Range = (Date, Date);

/// What columns are summarized by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Week,
    Month,
    Quarter,
    Year,
}

/// The first day of the fiscal year that holds a day.
pub(crate) fn fiscal_year_start(day: Date, fiscal_month: i64) -> Date {
    let (year, month, _) = day.civil();
    Date::of(if month < fiscal_month { year - 1 } else { year }, fiscal_month, 1)
}

impl Calendar {
    /// The range of a macro of the API, in any case; none for an unknown one.
    pub(crate) fn range(self, name: &str) -> Option<Range> {
        let today = self.today;
        let name = name.to_ascii_lowercase();
        match name.as_str() {
            "all" | "all dates" => return Some((Date::of(1970, 1, 1), Date::of(9999, 12, 31))),
            "today" => return Some((today, today)),
            "yesterday" => return Some((today.plus(-1), today.plus(-1))),
            "next 4 weeks" => {
                let (_, end) = self.unit(Unit::Week, 4, false);
                return Some((self.unit(Unit::Week, 1, false).0, end));
            }
            _ => {}
        }
        let (name, to_date) = match name.strip_suffix("-to-date") {
            Some(name) => (name, true),
            None => (name.as_str(), false),
        };
        let (which, what) = name.split_once(' ')?;
        let offset = match which {
            "this" => 0,
            "last" => -1,
            "next" if !to_date => 1,
            _ => return None,
        };
        let (unit, fiscal) = match what {
            "week" => (Unit::Week, false),
            "month" => (Unit::Month, false),
            "quarter" | "calendar quarter" => (Unit::Quarter, false),
            "fiscal quarter" => (Unit::Quarter, true),
            "year" | "calendar year" => (Unit::Year, false),
            "fiscal year" => (Unit::Year, true),
            _ => return None,
        };
        let (start, end) = self.unit(unit, offset, fiscal);
        if !to_date {
            return Some((start, end));
        }
        // As far into the period as today is into its own.
        let (own, _) = self.unit(unit, 0, fiscal);
        let through = match unit {
            Unit::Week => start.plus(today.0 - own.0),
            Unit::Month | Unit::Quarter | Unit::Year => {
                let (year, month, day) = today.civil();
                let (own_year, own_month, _) = own.civil();
                let (to_year, to_month, _) = start.civil();
                let months = (year - own_year) * 12 + month - own_month;
                Date::clamped(to_year, to_month + months, day)
            }
        };
        Some((start, through.min(end)))
    }

    /// The period `offset` units from the one that holds today.
    fn unit(self, unit: Unit, offset: i64, fiscal: bool) -> Range {
        let (year, month, _) = self.today.civil();
        let months = match unit {
            Unit::Week => {
                // Weeks run from Sunday; 1970-01-01 was a Thursday.
                let start = self.today.plus(-(self.today.0 + 4).rem_euclid(7) + 7 * offset);
                return (start, start.plus(6));
            }
            Unit::Month => 1,
            Unit::Quarter => 3,
            Unit::Year => 12,
        };
        let first = if fiscal { self.fiscal_month } else { 1 };
        let since = (month - first).rem_euclid(12);
        let start = month - since.rem_euclid(months) + offset * months;
        (Date::of(year, start, 1), Date::of(year, start + months, 1).plus(-1))
    }
}

/// Cuts a range at the ends of calendar units, with a title for each part.
pub(crate) fn split(range: Range, unit: Unit) -> Vec<(Range, String)> {
    let (start, end) = range;
    let mut parts = Vec::new();
    let mut from = start;
    while from <= end && parts.len() < 1_200 {
        let whole = Calendar { today: from, fiscal_month: 1 }.unit(unit, 0, false);
        let to = whole.1.min(end);
        parts.push(((from, to), title((from, to), whole, unit)));
        from = to.plus(1);
    }
    parts
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

fn month_name(month: i64) -> &'static str {
    usize::try_from(month - 1).ok().and_then(|at| MONTHS.get(at)).copied().unwrap_or("")
}

/// `Jan 2026`, or `Mar 1-15, 2026` for a part of a month.
fn title(part: Range, whole: Range, unit: Unit) -> String {
    let ((year, month, day), (last_year, last_month, last_day)) = (part.0.civil(), part.1.civil());
    let (first, last) = (month_name(month), month_name(last_month));
    match unit {
        Unit::Year if part == whole => year.to_string(),
        Unit::Month if part == whole => format!("{first} {year}"),
        Unit::Quarter if part == whole => format!("{first} - {last}, {year}"),
        _ if (year, month) == (last_year, last_month) => {
            format!("{first} {day}-{last_day}, {year}")
        }
        _ => format!("{first} {day} - {last} {last_day}, {last_year}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn macros_are_relative_to_today_and_the_fiscal_year() {
        let calendar = Calendar { today: Date::of(2026, 5, 31), fiscal_month: 4 };
        for (name, start, end) in [
            ("today", "2026-05-31", "2026-05-31"),
            ("Yesterday", "2026-05-30", "2026-05-30"),
            ("This Week", "2026-05-31", "2026-06-06"),
            ("Last Week-to-date", "2026-05-24", "2026-05-24"),
            ("Next 4 Weeks", "2026-06-07", "2026-07-04"),
            ("This Month", "2026-05-01", "2026-05-31"),
            ("last month-to-date", "2026-04-01", "2026-04-30"),
            ("Next Month", "2026-06-01", "2026-06-30"),
            ("this calendar quarter", "2026-04-01", "2026-06-30"),
            ("Last Fiscal Quarter", "2026-01-01", "2026-03-31"),
            ("This Fiscal Year", "2026-04-01", "2027-03-31"),
            ("Last Fiscal Year-to-date", "2025-04-01", "2025-05-31"),
            ("This Calendar Year-to-date", "2026-01-01", "2026-05-31"),
            ("Last calendar year", "2025-01-01", "2025-12-31"),
        ] {
            let range = calendar.range(name).unwrap();
            assert_eq!((range.0.text().as_str(), range.1.text().as_str()), (start, end), "{name}");
        }
        for name in ["", "sometime", "next month-to-date", "this", "last fortnight"] {
            assert!(calendar.range(name).is_none(), "{name}");
        }
        assert_eq!(fiscal_year_start(Date::of(2026, 3, 31), 4), Date::of(2025, 4, 1));
        assert_eq!(fiscal_year_start(Date::of(2026, 4, 1), 4), Date::of(2026, 4, 1));
    }

    #[test]
    fn a_range_is_cut_at_the_ends_of_months() {
        let range = (Date::of(2026, 1, 15), Date::of(2026, 3, 10));
        let titles: Vec<_> = split(range, Unit::Month).into_iter().map(|part| part.1).collect();
        assert_eq!(titles, ["Jan 15-31, 2026", "Feb 2026", "Mar 1-10, 2026"]);
        let quarters: Vec<_> = split(range, Unit::Quarter).into_iter().map(|p| p.1).collect();
        assert_eq!(quarters, ["Jan 15 - Mar 10, 2026"]);
    }
}
