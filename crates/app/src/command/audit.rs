//! `tieout audit`.

use crate::cli::{AuditCommand, Global};
use crate::exit::{Done, Exit};
use crate::output::{self, count};
use crate::site::{Mode, Site};
use engine::AuditReport;
use serde::Serialize;

#[derive(Serialize)]
struct Verified<'a> {
    intact: bool,
    entries: u64,
    facts: u64,
    deliveries: u64,
    root: &'a str,
    checkpoint: &'a str,
    faults: &'a [String],
}

/// Verifies the audit log.
pub async fn run(global: &Global, command: AuditCommand) -> Done {
    let AuditCommand::Verify = command;
    let site = Site::open(global, Mode::Look).await?;
    let report = site.engine.audit_verify().await?;
    if global.json {
        output::json(&Verified {
            intact: report.faults.is_empty(),
            entries: report.entries,
            facts: report.facts,
            deliveries: report.deliveries,
            root: &report.root,
            checkpoint: &report.checkpoint,
            faults: &report.faults,
        })?;
    } else {
        output::print(&screen(&report))?;
    }
    Ok(if report.faults.is_empty() { Exit::Ok } else { Exit::Promise })
}

fn screen(r: &AuditReport) -> String {
    let verdict = if r.faults.is_empty() {
        "The audit log is intact and so is everything it commits to:".to_owned()
    } else {
        format!(
            "THE AUDIT LOG IS NOT INTACT, {} faults:\n  {}",
            r.faults.len(),
            r.faults.join("\n  ")
        )
    };
    format!(
        "{verdict}\n  {} entries, {} facts, {} deliveries\n\nCheckpoint (keep a copy where nobody \
         who can change the database can change it):\n{}",
        count(r.entries),
        count(r.facts),
        count(r.deliveries),
        r.checkpoint.trim_end()
    )
}
