//! `tieout completeness`.

use crate::cli::Global;
use crate::command::backfill;
use crate::command::stop_signal::StopSignal;
use crate::exit::{Done, Exit, Stop};
use crate::output::table::{table, text};
use crate::output::{self, count, money};
use crate::site::{Mode, Site};
use engine::Completeness;
use kernel::BusinessDate;
use matching::{Day, Movement};
use serde::Serialize;

#[derive(Serialize)]
struct SourceView {
    source: String,
    from: String,
    to: String,
    complete: bool,
    /// Listed objects that the source itself does not understand.
    unreadable: u64,
    /// Deliveries that are kept and not read yet.
    unread: i64,
    days: Vec<DayView>,
}

#[derive(Serialize)]
struct DayView {
    day: String,
    kind: &'static str,
    currency: String,
    listed_count: u64,
    listed_minor: i64,
    known_count: u64,
    known_minor: i64,
    missing: Vec<MovementView>,
    unlisted: Vec<MovementView>,
    /// As listed; `known_minor` beside it is what is known here.
    differing: Vec<MovementView>,
}

#[derive(Serialize)]
struct MovementView {
    key: String,
    amount_minor: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    known_minor: Option<i64>,
}

impl MovementView {
    fn of(m: &Movement) -> Self {
        Self { key: m.key.clone(), amount_minor: m.amount.minor, known_minor: None }
    }
}

impl DayView {
    fn of(d: &Day) -> Self {
        let differing = |(listed, known): &(Movement, Movement)| MovementView {
            known_minor: Some(known.amount.minor),
            ..MovementView::of(listed)
        };
        Self {
            day: d.day.to_string(),
            kind: d.kind.as_str(),
            currency: d.currency.code().to_owned(),
            listed_count: d.listed.count,
            listed_minor: d.listed.total_minor,
            known_count: d.known.count,
            known_minor: d.known.total_minor,
            missing: d.missing.iter().map(MovementView::of).collect(),
            unlisted: d.unlisted.iter().map(MovementView::of).collect(),
            differing: d.differing.iter().map(differing).collect(),
        }
    }

    fn is_complete(&self) -> bool {
        self.missing.is_empty() && self.unlisted.is_empty() && self.differing.is_empty()
    }
}

impl SourceView {
    fn of(c: &Completeness) -> Self {
        Self {
            source: c.source.clone(),
            from: c.from.to_string(),
            to: c.to.to_string(),
            complete: c.is_complete(),
            unreadable: c.unreadable,
            unread: c.unread,
            days: c.days.iter().map(DayView::of).collect(),
        }
    }
}

/// Compares the days from `from` to `to` of `source`, or of all.
pub async fn run(
    global: &Global,
    source: Option<&str>,
    from: BusinessDate,
    to: BusinessDate,
) -> Done {
    if to < from {
        return Err(Stop::configuration("--to lies before --from"));
    }
    let site = Site::open(global, Mode::Beside).await?;
    let stop = StopSignal::listen()?;
    let none = || {
        Stop::configuration(
            "no source has lists to read; give one `poll` in its [[source]] of the configuration",
        )
    };
    let polling = backfill::polling(&site, &stop)?.ok_or_else(none)?;
    let names: Vec<&str> = match source {
        Some(name) => vec![name],
        None => polling.sources().collect(),
    };
    let mut all = Vec::new();
    for name in names {
        all.push(SourceView::of(&polling.completeness(name, from, to).await?));
    }
    if global.json {
        output::json(&all)?;
    } else {
        output::print(&screen(&all))?;
    }
    let is_complete = all.iter().all(|s| s.complete);
    Ok(if is_complete { Exit::Ok } else { Exit::Person })
}

fn screen(all: &[SourceView]) -> String {
    all.iter().map(one).collect::<Vec<_>>().join("\n\n")
}

fn one(s: &SourceView) -> String {
    let listed: u64 = s.days.iter().map(|d| d.listed_count).sum();
    let mut parts = vec![if s.complete {
        format!(
            "{}: complete from {} to {}. {} movements are listed, and all are known with the same \
             amount.",
            s.source,
            s.from,
            s.to,
            count(listed)
        )
    } else {
        let of = |f: fn(&DayView) -> usize| s.days.iter().map(f).sum::<usize>() as u64;
        format!(
            "{}: NOT COMPLETE from {} to {}. Of {} listed movements {} are not known here and {} \
             have another amount; {} that are known are no longer listed.",
            s.source,
            s.from,
            s.to,
            count(listed),
            count(of(|d| d.missing.len())),
            count(of(|d| d.differing.len())),
            count(of(|d| d.unlisted.len()))
        )
    }];
    if s.unread > 0 {
        parts.push(format!(
            "{} deliveries are kept and not read yet; `tieout apply` reads them.",
            count(s.unread)
        ));
    }
    if s.unreadable > 0 {
        parts.push(format!("{} listed objects are not understood.", count(s.unreadable)));
    }
    if !s.days.is_empty() {
        let heads =
            ["day", "", "", "listed", "total", "known", "total", "missing", "gone", "different"];
        let mut t = table(&heads, &[3, 4, 5, 6, 7, 8, 9]);
        for d in &s.days {
            t.add_row(vec![
                d.day.clone(),
                d.kind.replace('_', " "),
                d.currency.clone(),
                count(d.listed_count),
                money(d.listed_minor, &d.currency),
                count(d.known_count),
                money(d.known_minor, &d.currency),
                count(d.missing.len()),
                count(d.unlisted.len()),
                count(d.differing.len()),
            ]);
        }
        parts.push(text(&t));
    }
    for d in s.days.iter().filter(|d| !d.is_complete()) {
        let say = |what: &str, all: &[MovementView]| {
            let lines = all.iter().map(|m| {
                format!("{} {what}: {} {}", d.day, m.key, money(m.amount_minor, &d.currency))
            });
            lines.collect::<Vec<_>>()
        };
        let mut lines = say("missing", &d.missing);
        lines.extend(say("gone", &d.unlisted));
        lines.extend(say("different", &d.differing));
        parts.push(lines.join("\n"));
    }
    parts.join("\n\n")
}
