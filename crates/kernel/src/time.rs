//! Moments and dates, and the four clocks that never share a type.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A moment, microseconds since 1970-01-01T00:00:00Z.
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Microseconds in a second.
    pub const SECOND: i64 = 1_000_000;

    /// `n` seconds after the epoch.
    pub const fn from_seconds(n: i64) -> Self {
        Self(n.saturating_mul(Self::SECOND))
    }
    /// This moment plus `seconds`.
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(Self::SECOND)))
    }
    /// This moment plus `micros`.
    pub const fn plus_micros(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros))
    }
    /// Whole seconds since the epoch, rounded down.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(Self::SECOND)
    }
    /// Parses RFC 3339 / ISO 8601 text with an offset (`2026-01-02T03:04:05-05:00`, also `+0530`).
    pub fn parse(text: &str) -> Result<Self, DateError> {
        let stamp: jiff::Timestamp =
            text.parse().map_err(|_| DateError(text.chars().take(40).collect()))?;
        Ok(Self(stamp.as_microsecond()))
    }
    /// The calendar date of this moment in time zone `zone` (IANA name).
    pub fn date_in(self, zone: &Zone) -> BusinessDate {
        let stamp = jiff::Timestamp::from_microsecond(self.0).unwrap_or_default();
        BusinessDate::from_civil(zone.0.to_datetime(stamp).date())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(stamp) => write!(f, "{stamp:.0}"),
            Err(_) => write!(f, "{} µs", self.0),
        }
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A time zone by IANA name; decides on which calendar date a sale falls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone(jiff::tz::TimeZone);

impl Zone {
    /// Coordinated universal time.
    pub const UTC: Self = Self(jiff::tz::TimeZone::UTC);

    /// Looks up an IANA name such as `America/New_York`.
    pub fn named(name: &str) -> Result<Self, DateError> {
        jiff::tz::TimeZone::get(name).map(Self).map_err(|_| DateError(name.to_owned()))
    }

    /// The moment at which the wall clock of this zone shows `text` (`2010-12-01 08:26:00` or
    /// with `T`, or a date alone for its first moment).
    pub fn local(&self, text: &str) -> Result<Timestamp, DateError> {
        let bad = || DateError(text.chars().take(40).collect());
        let civil: jiff::civil::DateTime = text.parse().map_err(|_| bad())?;
        let zoned = self.0.to_ambiguous_zoned(civil).compatible().map_err(|_| bad())?;
        Ok(Timestamp(zoned.timestamp().as_microsecond()))
    }
}

/// 0000-01-01 and 9999-12-31, the first and the last date that can be written.
const DAYS_MIN: i32 = -719_528;
const DAYS_MAX: i32 = 2_932_896;

/// A calendar date: days since 1970-01-01. Written `YYYY-MM-DD`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BusinessDate(i32);

/// The text is not a date, a moment or a time zone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a valid date, time or time zone; use ISO 8601 and IANA names")]
pub struct DateError(pub String);

impl BusinessDate {
    /// The date `days` days after 1970-01-01.
    pub const fn from_days(days: i32) -> Self {
        Self(days)
    }
    /// Days since 1970-01-01.
    pub const fn days(self) -> i32 {
        self.0
    }
    /// The accounting period (calendar month) of this date as `YYYY-MM`.
    pub fn period(self) -> String {
        self.to_string()[..7].to_owned()
    }
    /// First and last day of the fiscal year that holds this date and begins with `first_month`
    /// (1 to 12; anything else counts as January).
    pub fn fiscal_year(self, first_month: u8) -> (Self, Self) {
        let month = i8::try_from(first_month).ok().filter(|m| (1..=12).contains(m)).unwrap_or(1);
        let day = self.civil();
        let year = if day.month() < month { day.year() - 1 } else { day.year() };
        let first = jiff::civil::date(year, month, 1);
        let next = jiff::civil::date(year.saturating_add(1).min(9_999), month, 1);
        (Self::from_civil(first), Self::from_civil(next).plus_days(-1))
    }
    /// The date `n` days later.
    pub const fn plus_days(self, n: i32) -> Self {
        Self(self.0.saturating_add(n))
    }
    /// The last day of the `n`-th month that begins on this date: of 15 January and 1 that is
    /// 14 February. Months without the day end on the last one they have.
    pub fn end_of_month(self, n: u16) -> Self {
        let span = jiff::Span::new().months(i32::from(n));
        Self::from_civil(self.civil().saturating_add(span)).plus_days(-1)
    }
    fn from_civil(date: jiff::civil::Date) -> Self {
        let since = date.duration_since(jiff::civil::date(1970, 1, 1));
        let days = i32::try_from(since.as_hours() / 24).unwrap_or_default();
        Self(days.clamp(DAYS_MIN, DAYS_MAX))
    }
    fn civil(self) -> jiff::civil::Date {
        let epoch = jiff::civil::date(1970, 1, 1);
        epoch.saturating_add(jiff::Span::new().days(i64::from(self.0.clamp(DAYS_MIN, DAYS_MAX))))
    }
}

impl FromStr for BusinessDate {
    type Err = DateError;
    fn from_str(text: &str) -> Result<Self, DateError> {
        let bad = || DateError(text.chars().take(40).collect());
        if text.len() != 10 {
            return Err(bad());
        }
        let date: jiff::civil::Date = text.parse().map_err(|_| bad())?;
        Ok(Self::from_civil(date))
    }
}

impl fmt::Display for BusinessDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.civil(), f)
    }
}

impl fmt::Debug for BusinessDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for BusinessDate {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for BusinessDate {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl schemars::JsonSchema for BusinessDate {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "BusinessDate".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "date" })
    }
}

macro_rules! clock {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
            schemars::JsonSchema,
        )]
        #[serde(transparent)]
        pub struct $name(pub $inner);
    };
}

clock! {
    /// When it happened, by the source's clock.
    EventTime(Timestamp)
}
clock! {
    /// When Tieout came to know it.
    KnownAt(Timestamp)
}
clock! {
    /// The date under which it stands in the books.
    PostingDate(BusinessDate)
}
clock! {
    /// The moment a report describes.
    AsOf(Timestamp)
}

/// Up to when the books are closed, both dates inclusive: in the ledger itself, and by a person's
/// decision in Tieout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Closing {
    /// The closing date of the ledger.
    pub ledger: Option<BusinessDate>,
    /// The date up to which nothing is posted whatever the ledger would accept.
    pub ours: Option<BusinessDate>,
}

impl Closing {
    /// Why nothing may be posted on `date`; `None` when it is open.
    pub fn reason(self, date: BusinessDate) -> Option<crate::ReasonCode> {
        let closed = |until: Option<BusinessDate>| until.is_some_and(|until| date <= until);
        if closed(self.ledger) {
            Some(crate::ReasonCode::LedgerPeriodClosed)
        } else if closed(self.ours) {
            Some(crate::ReasonCode::OurPeriodLocked)
        } else {
            None
        }
    }

    /// The last closed date.
    pub fn latest(self) -> Option<BusinessDate> {
        self.ledger.max(self.ours)
    }
}
