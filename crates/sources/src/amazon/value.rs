//! Amounts and dates as marketplaces write them (sources-and-cases.md A8).

use super::row::Place;
use crate::kit::{Located, Parsed, malformed};
use kernel::time::Zone;
use kernel::{BusinessDate, Currency, Money, Timestamp};
use std::borrow::Cow;

/// Decimal text with a point or a comma. Where both stand, the last one is the decimal sign and the
/// others must set apart thousands; a lone one is the decimal sign.
pub fn money(text: &str, currency: Currency, at: Place) -> Parsed<Money> {
    if let Ok(money) = Money::parse(text, currency) {
        return Ok(money);
    }
    let plain: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let plain = plain.replace('\u{2212}', "-");
    let mark = plain.rfind(['.', ',']);
    let wrong = || malformed(at.to_string(), format!("`{}` is no amount", shown(text)));
    let decimal = match mark {
        None => plain,
        Some(mark) => {
            let (whole, part) = plain.split_at(mark);
            let groups: Vec<&str> = whole.split(['.', ',']).collect();
            let [first, rest @ ..] = groups.as_slice() else { return Err(wrong()) };
            let sign = &plain[mark..=mark];
            let is_grouped = rest.iter().all(|g| g.len() == 3)
                && !whole.contains(sign)
                && (rest.is_empty() || !matches!(*first, "" | "-"));
            if !is_grouped {
                return Err(wrong());
            }
            format!("{}.{}", groups.concat(), &part[1..])
        }
    };
    Money::parse(&decimal, currency).at(at)
}

fn shown(text: &str) -> String {
    text.chars().take(40).collect()
}

/// A day, and the moment where the text states one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct When {
    /// The business date.
    pub date: BusinessDate,
    /// For the order of events.
    pub at: Timestamp,
}

/// `2026-09-19`, `2026-09-19T14:05:00+00:00`, `2026-09-19 14:05:00 UTC`, `19.09.2026 14:05:00 UTC`,
/// `19/09/26`: day first where slashes or points stand. A day alone is that day; a time with `UTC`
/// or an offset is a moment, whose day is that of `zone`; a time without either is of that zone.
pub fn when(text: &str, zone: &Zone, at: Place) -> Parsed<When> {
    let text = text.trim();
    let wrong = || {
        let detail = format!("`{}` is no date of any marketplace known here", shown(text));
        malformed(at.to_string(), detail)
    };
    let (day, time) = text.split_once([' ', 'T']).unwrap_or((text, ""));
    let utc = time.strip_suffix("UTC").or_else(|| time.strip_suffix("GMT"));
    if let (None, Ok(moment)) = (utc, Timestamp::parse(text)) {
        return Ok(When { date: moment.date_in(zone), at: moment });
    }
    let day = iso(day).ok_or_else(wrong)?;
    let date: BusinessDate = day.parse::<BusinessDate>().at(at)?;
    let (clock, is_utc) = match utc {
        _ if time.trim().is_empty() => {
            return Ok(When { date, at: Zone::UTC.local(&day).at(at)? });
        }
        Some(clock) => (clock.trim(), true),
        None => (time.trim(), false),
    };
    let of = if is_utc { &Zone::UTC } else { zone };
    let moment = of.local(&format!("{day} {clock}")).at(at)?;
    Ok(When { date: moment.date_in(zone), at: moment })
}

/// `YYYY-MM-DD` of a day written in one of the usual ways.
fn iso(day: &str) -> Option<Cow<'_, str>> {
    let mut parts = day.split(['-', '.', '/']);
    let (a, b, c) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let has_hyphen = day.contains('-');
    let (year, month, date) = if has_hyphen { (a, b, c) } else { (c, b, a) };
    let digits = |t: &str, most: usize| {
        (1..=most).contains(&t.len()) && t.bytes().all(|b| b.is_ascii_digit())
    };
    let is_date = digits(year, 4) && (year.len() == 4 || year.len() == 2);
    if !is_date || !digits(month, 2) || !digits(date, 2) {
        return None;
    }
    if day.len() == "2026-09-19".len() && !day.contains(['.', '/']) {
        return Some(Cow::Borrowed(day));
    }
    let century = if year.len() == 2 { "20" } else { "" };
    Some(Cow::Owned(format!("{century}{year}-{month:0>2}-{date:0>2}")))
}
