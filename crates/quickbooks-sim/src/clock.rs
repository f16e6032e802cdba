//! Calendar dates and the time zone of answers, without a clock: every instant is a parameter.
//!
//! Answers carry US Pacific time, the offset seen in recorded answers (quickbooks.md §2). The day of a
//! transaction is that of the company's own zone.

use std::fmt::Write as _;

use crate::zone::Zone;
use serde::{Deserialize, Serialize};

/// A calendar day, counted from 1970-01-01.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Date(pub i64);

pub(crate) const DAY_SECONDS: i64 = 86_400;

pub(crate) fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let yoe = y.rem_euclid(400);
    let doy = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    era * 146_097 + doe - 719_468
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = doy - (153 * mp + 2) / 5 + 1;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    (yoe + era * 400 + i64::from(month <= 2), month, day)
}

/// The year of a day.
pub(crate) fn month_of(days: i64) -> i64 {
    let (year, month, _) = civil_from_days(days);
    year * 12 + month - 1
}

/// The year of a day counted from 1970-01-01.
pub(crate) fn year_of(days: i64) -> i64 {
    civil_from_days(days).0
}

fn two(text: &[u8]) -> Option<i64> {
    match text {
        [a, b] if a.is_ascii_digit() && b.is_ascii_digit() => {
            Some(i64::from(a - b'0') * 10 + i64::from(b - b'0'))
        }
        _ => None,
    }
}

impl Date {
    /// Reads `YYYY-MM-DD`; a time after it is ignored, as the API does.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let b = text.as_bytes();
        if b.len() < 10 || b[4] != b'-' || b[7] != b'-' || (b.len() > 10 && b[10] != b'T') {
            return None;
        }
        let year = two(&b[0..2])? * 100 + two(&b[2..4])?;
        let (month, day) = (two(&b[5..7])?, two(&b[8..10])?);
        let date = Self(days_from_civil(year, month, day));
        ((1..=12).contains(&month) && civil_from_days(date.0) == (year, month, day)).then_some(date)
    }

    /// The day in a time zone.
    pub(crate) fn in_zone(now_us: i64, zone: Zone) -> Self {
        let utc = now_us.div_euclid(1_000_000);
        Self((utc + zone.offset(utc)).div_euclid(DAY_SECONDS))
    }

    /// A day by year, month and day; months beyond the year run into the years around it.
    pub(crate) fn of(year: i64, month: i64, day: i64) -> Self {
        let months = year * 12 + month - 1;
        Self(days_from_civil(months.div_euclid(12), months.rem_euclid(12) + 1, day))
    }

    /// The last day that can be written.
    pub(crate) fn last() -> Self {
        Self::of(9_999, 12, 31)
    }

    /// The same, but not beyond the end of the month.
    pub(crate) fn clamped(year: i64, month: i64, day: i64) -> Self {
        Self::of(year, month, day).min(Self::of(year, month + 1, 1).plus(-1))
    }

    /// Year, month, day.
    pub(crate) fn civil(self) -> (i64, i64, i64) {
        civil_from_days(self.0)
    }

    pub(crate) fn plus(self, days: i64) -> Self {
        Self(self.0 + days)
    }

    pub(crate) fn write(self, out: &mut String) {
        let (y, m, d) = civil_from_days(self.0);
        push2(out, y / 100);
        push2(out, y % 100);
        out.push('-');
        push2(out, m);
        out.push('-');
        push2(out, d);
    }

    pub(crate) fn text(self) -> String {
        let mut out = String::with_capacity(10);
        self.write(&mut out);
        out
    }
}

fn push2(out: &mut String, n: i64) {
    let digit = |n: i64| char::from(b'0' + u8::try_from(n % 10).unwrap_or(0));
    out.push(digit(n / 10));
    out.push(digit(n));
}

/// First Sunday on or after a day.
pub(crate) fn sunday_from(day: i64) -> i64 {
    // 1970-01-01 was a Thursday, so day 3 was a Sunday.
    day + (3 - day).rem_euclid(7)
}

/// Offset of US Pacific time in seconds: daylight time from the second Sunday of March 02:00 to the
/// first Sunday of November 02:00 (the rule since 2007).
pub(crate) fn pacific_offset(utc: i64) -> i64 {
    let (year, month, _) = civil_from_days(utc.div_euclid(DAY_SECONDS));
    let summer = match month {
        4..=10 => true,
        3 => utc >= (sunday_from(days_from_civil(year, 3, 1)) + 7) * DAY_SECONDS + 10 * 3600,
        11 => utc < sunday_from(days_from_civil(year, 11, 1)) * DAY_SECONDS + 9 * 3600,
        _ => false,
    };
    if summer { -7 * 3600 } else { -8 * 3600 }
}

fn write_local(out: &mut String, utc: i64) -> i64 {
    let offset = pacific_offset(utc);
    let local = utc + offset;
    Date(local.div_euclid(DAY_SECONDS)).write(out);
    let s = local.rem_euclid(DAY_SECONDS);
    out.push('T');
    push2(out, s / 3600);
    out.push(':');
    push2(out, s / 60 % 60);
    out.push(':');
    push2(out, s % 60);
    offset
}

/// `2020-09-29T05:58:07-07:00`: MetaData times have no milliseconds (quickbooks.md §2).
pub(crate) fn write_stamp(out: &mut String, utc: i64) {
    let offset = write_local(out, utc);
    out.push_str(if offset == -7 * 3600 { "-07:00" } else { "-08:00" });
}

/// `2020-09-29T05:58:07.300-07:00`: the envelope's `time` has milliseconds (quickbooks.md §2).
pub(crate) fn write_time(out: &mut String, now_us: i64) {
    let utc = now_us.div_euclid(1_000_000);
    let offset = write_local(out, utc);
    let ms = now_us.rem_euclid(1_000_000) / 1_000;
    let _ = write!(out, ".{ms:03}");
    out.push_str(if offset == -7 * 3600 { "-07:00" } else { "-08:00" });
}

/// Reads a date or a date and time into UTC seconds; without an offset it is company time.
pub(crate) fn parse_instant(text: &str) -> Option<i64> {
    let date = Date::parse(text)?;
    let rest = text.get(10..)?;
    if rest.is_empty() {
        let guess = date.0 * DAY_SECONDS;
        return Some(guess - pacific_offset(guess + 8 * 3600));
    }
    let b = rest.as_bytes();
    if b.len() < 6 || b[3] != b':' {
        return None;
    }
    let mut seconds = two(&b[1..3])? * 3600 + two(&b[4..6])? * 60;
    let mut at = 6;
    if b.get(6) == Some(&b':') {
        seconds += two(b.get(7..9)?)?;
        at = 9;
    }
    if b.get(at) == Some(&b'.') {
        at += 1;
        while b.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
    }
    let local = date.0 * DAY_SECONDS + seconds;
    let zone = &rest[at..];
    let offset = match zone.as_bytes() {
        [] => pacific_offset(local + 8 * 3600),
        [b'Z'] => 0,
        [sign @ (b'+' | b'-'), h1, h2, tail @ ..] => {
            let minutes = match tail {
                [] => 0,
                [b':', m1, m2] | [m1, m2] => two(&[*m1, *m2])?,
                _ => return None,
            };
            let offset = two(&[*h1, *h2])? * 3600 + minutes * 60;
            if *sign == b'-' { -offset } else { offset }
        }
        _ => return None,
    };
    Some(local - offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pacific_offset_changes_on_the_right_second() {
        // 2026-03-08 02:00 PST = 10:00 UTC, 2026-11-01 02:00 PDT = 09:00 UTC
        let spring = days_from_civil(2026, 3, 8) * DAY_SECONDS + 10 * 3600;
        let autumn = days_from_civil(2026, 11, 1) * DAY_SECONDS + 9 * 3600;
        assert_eq!(pacific_offset(spring - 1), -8 * 3600);
        assert_eq!(pacific_offset(spring), -7 * 3600);
        assert_eq!(pacific_offset(autumn - 1), -7 * 3600);
        assert_eq!(pacific_offset(autumn), -8 * 3600);
    }

    #[test]
    fn a_stamp_reads_back_as_the_same_second() {
        for utc in [0, 951_782_400, 1_601_384_287, 1_790_000_000, 4_102_444_799] {
            let mut text = String::new();
            write_stamp(&mut text, utc);
            assert_eq!(parse_instant(&text), Some(utc), "{text}");
        }
    }

    #[test]
    fn impossible_days_are_refused() {
        for bad in ["2026-02-29", "2026-13-01", "2026-00-10", "26-01-01", "2026/01/01", ""] {
            assert_eq!(Date::parse(bad), None, "{bad}");
        }
        assert_eq!(Date::parse("2024-02-29").map(Date::text).as_deref(), Some("2024-02-29"));
    }
}
