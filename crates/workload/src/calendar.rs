//! The days of the month on the shop's wall clock, and when each order is placed.

use crate::draw::{Draws, Salt};
use crate::shape::Shape;
use kernel::time::Zone;

const DAY: i64 = 86_400;
/// Parts into which a day is cut to spread orders over it.
const PARTS: u64 = 1_000_000;
/// Orders per 1,000 in each hour of the day: quiet at night, busiest in the evening.
const HOURS: [u64; 24] =
    [12, 8, 6, 5, 5, 8, 15, 25, 38, 48, 54, 58, 62, 58, 55, 54, 55, 58, 64, 72, 76, 70, 55, 39];
/// How long before the month ends the last order may be placed, seconds: its payment still falls
/// into the month.
const LAST_ORDER: i64 = 900;

struct Day {
    /// First second of the day.
    start: i64,
    /// What the wall clock is ahead of UTC at that moment, seconds.
    ahead: i64,
    /// `2026-01-15T`.
    date: String,
}

/// The days of a month.
pub struct Calendar {
    /// One more than the month has, so that every day has an end.
    days: Vec<Day>,
    first: i64,
    count: u64,
    zone: Zone,
}

impl Calendar {
    /// The days of `shape`.
    ///
    /// # Panics
    /// When the zone is unknown or the month is shorter than a day or longer than a year.
    pub fn new(shape: &Shape) -> Self {
        assert!((1..=366).contains(&shape.days), "a month has 1 to 366 days");
        let zone = Zone::named(shape.zone).unwrap_or_else(|e| panic!("Shape::zone: {e}"));
        let day = |n: i32| {
            let date = shape.start.plus_days(n);
            let start = zone.local(&date.to_string()).expect("a date has a first moment").seconds();
            Day { start, ahead: i64::from(date.days()) * DAY - start, date: format!("{date}T") }
        };
        let count = i32::try_from(shape.days).expect("at most 366");
        Self {
            days: (0..=count).map(day).collect(),
            first: i64::from(shape.start.days()),
            count: u64::from(shape.days),
            zone,
        }
    }

    /// The shop's zone.
    pub const fn zone(&self) -> &Zone {
        &self.zone
    }

    /// First second after the month.
    pub fn end(&self) -> i64 {
        self.days[self.days.len() - 1].start
    }

    /// Days of the month.
    pub fn len(&self) -> usize {
        self.days.len() - 1
    }

    /// First second of day `n`, counted from 0.
    pub fn start_of(&self, n: usize) -> i64 {
        self.days[n.min(self.len())].start
    }

    /// The day number since 1970 of day `n`.
    pub fn epoch_day(&self, n: usize) -> i64 {
        self.first + i64::try_from(n).unwrap_or(0)
    }

    /// When order `index` of `orders` is placed: never before the one ahead of it.
    pub fn placed(&self, index: u32, orders: u32, draws: Draws) -> i64 {
        let jitter = draws.below(Salt::Placed, PARTS);
        let at = (u64::from(index) * PARTS + jitter) * self.count / u64::from(orders.max(1));
        let (day, mut rest) = (at / PARTS, at % PARTS);
        let mut hour = 0;
        while rest >= HOURS[hour] * (PARTS / 1_000) {
            rest -= HOURS[hour] * (PARTS / 1_000);
            hour += 1;
        }
        let into = hour as u64 * 3_600 + rest * 3_600 / (HOURS[hour] * (PARTS / 1_000));
        let day = usize::try_from(day).unwrap_or(0).min(self.len() - 1);
        let start = self.days[day].start;
        // Days on which the clocks change are an hour shorter or longer.
        let length = self.days[day + 1].start - start;
        let into = i64::try_from(into).unwrap_or(0) * length / DAY;
        (start + into).min(self.end() - LAST_ORDER)
    }

    /// Writes `at` on the shop's wall clock with its offset: `2026-01-15T08:26:00-05:00`.
    pub fn write(&self, at: i64, out: &mut String) {
        let guess = usize::try_from((at - self.days[0].start) / DAY).unwrap_or(0);
        let mut day = guess.min(self.len() - 1);
        if at < self.days[day].start {
            day = day.saturating_sub(1);
        } else if at >= self.days[day + 1].start && day + 2 < self.days.len() {
            day += 1;
        }
        // Clocks change at night: the afternoon already has the offset of the next day. Between
        // the change and noon the written offset is the old one, which is still the same moment.
        let is_morning = at - self.days[day].start < DAY / 2;
        let ahead = self.days[if is_morning { day } else { day + 1 }].ahead;
        let midnight = self.days[day].start + self.days[day].ahead;
        let clock = (at + ahead - midnight).clamp(0, DAY - 1);
        out.push_str(&self.days[day].date);
        two(clock / 3_600, out);
        out.push(':');
        two(clock / 60 % 60, out);
        out.push(':');
        two(clock % 60, out);
        out.push(if ahead < 0 { '-' } else { '+' });
        two(ahead.abs() / 3_600, out);
        out.push(':');
        two(ahead.abs() / 60 % 60, out);
    }
}

fn two(n: i64, out: &mut String) {
    let digit = |d: i64| char::from(b'0' + u8::try_from(d % 10).unwrap_or(0));
    out.push(digit(n / 10));
    out.push(digit(n));
}
