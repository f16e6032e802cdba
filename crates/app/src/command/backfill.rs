//! `tieout backfill`.

use crate::adapter::http::HyperHttp;
use crate::cli::Global;
use crate::command::stop_signal::StopSignal;
use crate::config::Poll;
use crate::exit::{Done, Exit, Stop};
use crate::output::table::{table, text};
use crate::output::{self, count, progress};
use crate::site::{Mode, Site};
use engine::{PolledSource, Polling, Read};
use kernel::{BusinessDate, Timestamp};
use serde::Serialize;
use std::fmt::Write as _;
use std::sync::Arc;

#[derive(Serialize)]
struct ListRead {
    source: String,
    list: &'static str,
    read_until: String,
    listed: u64,
    kept: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    failed: Option<String>,
}

/// The lists of all sources that have them, read over the network.
pub fn polling(site: &Site, stop: &StopSignal) -> Result<Option<Polling>, Stop> {
    let folder = site.settings.file.parent().unwrap_or_else(|| std::path::Path::new("."));
    let mut sources: Vec<PolledSource> = Vec::new();
    for source in &site.settings.sources {
        sources.extend(source.polled(folder)?);
    }
    if sources.is_empty() {
        return Ok(None);
    }
    let mut polls = site.settings.sources.iter().filter_map(|s| s.poll.as_ref());
    let plain = polls.any(Poll::is_plain);
    let http = Arc::new(HyperHttp::new(Arc::clone(&site.engine.clock), plain));
    let stopped = stop.clone();
    Ok(Some(Polling::new(site.engine.clone(), http, sources, move || stopped.is_set())))
}

/// Reads the lists of `source`, or of all, from `since` on.
pub async fn run(global: &Global, source: Option<&str>, since: BusinessDate) -> Done {
    let site = Site::open(global, Mode::Beside).await?;
    let stop = StopSignal::listen()?;
    let none = || {
        Stop::configuration(
            "no source has lists to read; give one `poll` in its [[source]] of the configuration",
        )
    };
    let polling = polling(&site, &stop)?.ok_or_else(none)?;
    let names: Vec<&str> = match source {
        Some(name) => vec![name],
        None => polling.sources().collect(),
    };
    let start = site.settings.zone.local(&format!("{since} 00:00:00"));
    let start = start.map_err(|e| Stop::configuration(format!("--since: {e}")))?;
    let mut all = Vec::new();
    for name in names {
        all.extend(one(&site, &polling, name, start, global.json).await?);
        if stop.is_set() {
            break;
        }
    }
    if global.json {
        output::json(&all)?;
    } else {
        output::print(&screen(&all))?;
    }
    let failed = all.iter().any(|l| l.failed.is_some());
    Ok(if failed || stop.is_set() { Exit::Failure } else { Exit::Ok })
}

async fn one(
    site: &Site,
    polling: &Polling,
    name: &str,
    start: Timestamp,
    quiet: bool,
) -> Result<Vec<ListRead>, Stop> {
    let total = u64::try_from(site.engine.now().seconds() - start.seconds()).unwrap_or(0);
    let days = |seconds: u64| seconds.div_ceil(86_400);
    let bar = progress::bar(days(total), "days", quiet);
    let mut watch = |list: &str, read: &Read| {
        let done = read.until.seconds() - start.seconds();
        bar.set_position(days(u64::try_from(done).unwrap_or(0)));
        bar.set_message(format!(
            "{name} {list}: {} listed, {} new",
            count(read.listed),
            count(read.kept)
        ));
    };
    let read = polling.backfill(name, start, &mut watch).await?;
    bar.finish_and_clear();
    Ok(read
        .into_iter()
        .map(|(list, read)| ListRead {
            source: name.to_owned(),
            list,
            read_until: read.until.to_string(),
            listed: read.listed,
            kept: read.kept,
            failed: read.failed,
        })
        .collect())
}

fn screen(all: &[ListRead]) -> String {
    let mut t = table(&["source", "list", "read until", "listed", "new"], &[3, 4]);
    for l in all {
        t.add_row(vec![
            l.source.clone(),
            l.list.to_owned(),
            l.read_until.clone(),
            count(l.listed),
            count(l.kept),
        ]);
    }
    let mut screen = text(&t);
    for l in all {
        if let Some(why) = &l.failed {
            let _ = write!(
                screen,
                "\n\n{} {} was not read to its end: {why}. The same command goes on from there.",
                l.source, l.list
            );
        }
    }
    screen.push_str(
        "\n\nNew are deliveries that were not known byte for byte; what they say about orders that \
         are known changes nothing. Decide and post with `tieout apply`.",
    );
    screen
}
