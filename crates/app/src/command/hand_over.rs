//! `tieout import --source`: a file that a source made, handed over by a person.

use crate::cli::Global;
use crate::command::apply::{self, Applied};
use crate::command::statement;
use crate::command::stop_signal::StopSignal;
use crate::exit::{Done, Exit, Stop};
use crate::output;
use crate::site::{Mode, Site};
use api::view::StatementView;
use bytes::Bytes;
use engine::Intake;
use serde::Serialize;
use std::path::Path;

#[derive(Serialize)]
struct HandedOver {
    file: String,
    source: String,
    /// Whether the file was not known byte for byte.
    kept: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    applied: Option<Applied>,
    statement: StatementView,
}

/// Keeps `file` as a delivery of `source` and, unless told otherwise, posts and verifies it.
pub async fn run(global: &Global, file: &Path, source: &str, apply: bool) -> Done {
    let site = Site::open(global, Mode::Work).await?;
    let Some(port) = site.engine.sources.get(source) else {
        return Err(Stop::configuration(format!(
            "no source is called `{source}`; the configuration has {}",
            site.engine.sources.keys().cloned().collect::<Vec<_>>().join(", ")
        )));
    };
    let unreadable = |e| Stop::configuration(format!("{} cannot be read: {e}", file.display()));
    let size = std::fs::metadata(file).map_err(unreadable)?.len();
    let limit = port.manifest().body_bytes_max;
    if usize::try_from(size).map_or(true, |size| size > limit) {
        return Err(Stop::new(
            Exit::Failure,
            format!("{} has {size} bytes; {source} takes {limit}", file.display()),
        ));
    }
    let stop = StopSignal::listen()?;
    let body = Bytes::from(std::fs::read(file).map_err(unreadable)?);
    let kept = Intake::new(site.engine.clone()).receive_file(source, body).await?;
    let applied = if apply && !stop.is_set() {
        Some(apply::drain(&site, global.json, global.no_wait, &stop).await?)
    } else {
        None
    };
    let statement = StatementView::of(&engine::statement(&site.engine.store).await?, None);
    let name = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned();
    let handed = HandedOver { file: name, source: source.to_owned(), kept, applied, statement };
    if global.json {
        output::json(&handed)?;
    } else {
        output::print(&screen(&handed))?;
    }
    if !handed.statement.ties_out {
        return Ok(Exit::Promise);
    }
    Ok(handed.applied.as_ref().map_or(Exit::Ok, apply::exit))
}

fn screen(h: &HandedOver) -> String {
    let mut parts = vec![if h.kept {
        format!("{} is kept as a delivery of {}.", h.file, h.source)
    } else {
        format!("{} was handed over before; nothing is read twice.", h.file)
    }];
    match &h.applied {
        Some(applied) => parts.push(format!("\n{}", apply::sentence(applied))),
        None => parts.push("\nIt is read and posted by `tieout apply`.".to_owned()),
    }
    parts.push(format!("\n{}", statement::screen(&h.statement)));
    parts.join("\n")
}
