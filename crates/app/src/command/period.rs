//! `tieout period`: up to when the books are closed.

use crate::cli::{Global, PeriodCommand};
use crate::exit::{Done, Exit, Stop};
use crate::output;
use crate::site::{Mode, Site};
use api::view::ClosingView;
use kernel::BusinessDate;

/// Shows, closes or opens. It is one decision in the database, so it is taken beside a process
/// that works, which honours it from its next transaction on.
pub async fn run(global: &Global, command: PeriodCommand) -> Done {
    let site = Site::open(global, Mode::Look).await?;
    match command {
        PeriodCommand::Show => {}
        PeriodCommand::Close { date, note, by } => {
            let date: BusinessDate = date.parse().map_err(|e| {
                Stop::new(Exit::Usage, format!("{e}; write the date as YYYY-MM-DD"))
            })?;
            site.engine.close_books(Some(date), &by, &note).await?;
        }
        PeriodCommand::Open { note, by } => {
            site.engine.close_books(None, &by, &note).await?;
        }
    }
    let closing = {
        let mut tx = site.engine.store.read().await?;
        site.engine.closing(tx.as_mut()).await?
    };
    let view = ClosingView::of(closing);
    if global.json {
        output::json(&view)?;
    } else {
        output::print(&sentence(&view))?;
    }
    Ok(Exit::Ok)
}

/// What is closed, for people.
pub fn sentence(v: &ClosingView) -> String {
    let ledger = match &v.ledger {
        Some(date) => format!("closed up to and including {date} in the ledger"),
        None => "open in the ledger".to_owned(),
    };
    let ours = match &v.tieout {
        Some(date) => format!("closed up to and including {date} in Tieout"),
        None => "open in Tieout".to_owned(),
    };
    let held = if v.ledger.is_some() || v.tieout.is_some() {
        " Nothing is posted on those days: what would be is held, never dated otherwise."
    } else {
        ""
    };
    format!("The books are {ledger} and {ours}.{held}")
}
