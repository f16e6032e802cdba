//! Dates and times of rows.

use super::mapping::MappingError;
use jiff::civil::{DateTime, Time};
use jiff::fmt::strtime::BrokenDownTime;
use kernel::Timestamp;
use kernel::time::Zone;

/// Reads moments in the declared pattern and zone.
#[derive(Debug, Clone)]
pub(super) struct Moments {
    pub(super) zone: Zone,
    /// `None`: ISO 8601.
    pattern: Option<String>,
}

impl Moments {
    /// `format` is `iso` or a strptime pattern. A pattern must carry a whole date: it is tried on
    /// a known moment, so that a typing error shows before any file is read.
    pub(super) fn new(zone: Zone, format: &str) -> Result<Self, MappingError> {
        if format == "iso" {
            return Ok(Self { zone, pattern: None });
        }
        let probe = jiff::civil::date(2011, 12, 9).at(12, 50, 0, 0);
        let utc = probe.to_zoned(jiff::tz::TimeZone::UTC).ok();
        let back = utc
            .and_then(|z| jiff::fmt::strtime::format(format, &z).ok())
            .and_then(|text| civil(format, &text))
            .is_some_and(|(at, _)| at.date() == probe.date());
        if back {
            Ok(Self { zone, pattern: Some(format.to_owned()) })
        } else {
            Err(MappingError::Value {
                key: "placed_at_format",
                value: format.to_owned(),
                rule: "`iso`, or a strptime pattern with year, month and day such as \
                       `%d/%m/%Y %H:%M`",
            })
        }
    }

    /// The moment that `text` names. An offset in the text wins over the zone; a date alone is
    /// its first moment.
    pub(super) fn read(&self, text: &str) -> Option<Timestamp> {
        let Some(pattern) = &self.pattern else {
            if text.contains('[') {
                return None;
            }
            return Timestamp::parse(text).or_else(|_| self.zone.local(text)).ok();
        };
        match civil(pattern, text)? {
            (_, Some(exact)) => Some(exact),
            (at, None) => self.zone.local(&at.to_string()).ok(),
        }
    }
}

fn civil(pattern: &str, text: &str) -> Option<(DateTime, Option<Timestamp>)> {
    let parts = BrokenDownTime::parse(pattern, text).ok()?;
    let date = parts.to_date().ok()?;
    let time = match parts.hour() {
        Some(_) => parts.to_time().ok()?,
        None => Time::midnight(),
    };
    let exact = match parts.offset() {
        Some(offset) => {
            let at = offset.to_timestamp(date.to_datetime(time)).ok()?;
            Some(Timestamp(at.as_microsecond()))
        }
        None => None,
    };
    Some((date.to_datetime(time), exact))
}
