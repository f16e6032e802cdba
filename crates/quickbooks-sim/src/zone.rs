//! Time zones of companies: the offset from UTC at an instant, daylight time included.

use crate::clock::{DAY_SECONDS, days_from_civil, pacific_offset, sunday_from, year_of};

/// Where the company's calendar days begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Zone {
    LosAngeles,
    Toronto,
    London,
    Amsterdam,
}

const HOUR: i64 = 3_600;

impl Zone {
    /// The name, e.g. `Europe/London`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::LosAngeles => "America/Los_Angeles",
            Self::Toronto => "America/Toronto",
            Self::London => "Europe/London",
            Self::Amsterdam => "Europe/Amsterdam",
        }
    }

    /// Seconds to add to UTC.
    pub(crate) fn offset(self, utc: i64) -> i64 {
        match self {
            Self::LosAngeles => pacific_offset(utc),
            // The same rule three hours further east.
            Self::Toronto => pacific_offset(utc + 3 * HOUR) + 3 * HOUR,
            Self::London => summer(utc),
            Self::Amsterdam => HOUR + summer(utc),
        }
    }
}

/// European summer time: from the last Sunday of March to the last Sunday of October, both at 01:00
/// UTC.
fn summer(utc: i64) -> i64 {
    let year = year_of(utc.div_euclid(DAY_SECONDS));
    let last_sunday = |month| sunday_from(days_from_civil(year, month, 25)) * DAY_SECONDS + HOUR;
    if (last_sunday(3)..last_sunday(10)).contains(&utc) { HOUR } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(year: i64, month: i64, day: i64, hour: i64) -> i64 {
        days_from_civil(year, month, day) * DAY_SECONDS + hour * HOUR
    }

    #[test]
    fn clocks_change_on_the_right_second() {
        for (zone, change, before, after) in [
            (Zone::LosAngeles, at(2026, 3, 8, 10), -8, -7),
            (Zone::Toronto, at(2026, 3, 8, 7), -5, -4),
            (Zone::Toronto, at(2026, 11, 1, 6), -4, -5),
            (Zone::London, at(2026, 3, 29, 1), 0, 1),
            (Zone::London, at(2026, 10, 25, 1), 1, 0),
            (Zone::Amsterdam, at(2027, 3, 28, 1), 1, 2),
            (Zone::Amsterdam, at(2027, 10, 31, 1), 2, 1),
        ] {
            assert_eq!(zone.offset(change - 1), before * HOUR, "{}", zone.name());
            assert_eq!(zone.offset(change), after * HOUR, "{}", zone.name());
        }
    }
}
