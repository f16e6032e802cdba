//! `tieout status`.

use crate::cli::Global;
use crate::exit::{Done, Exit};
use crate::output::table::{table, text};
use crate::output::{self, count, money};
use crate::site::{Mode, Site};
use api::view::{ComparedView, StatusView};
use serde::Serialize;

/// Prints how things stand.
pub async fn run(global: &Global, check: bool) -> Done {
    let site = Site::open(global, Mode::Look).await?;
    let view = StatusView::load(&site.engine).await?;
    let unread: Vec<Unread<'_>> = site
        .settings
        .sources
        .iter()
        .filter_map(|s| s.unread().map(|why| Unread { source: &s.name, why }))
        .collect();
    if global.json {
        output::json(&Shown { view: &view, unread })?;
    } else {
        output::print(&screen(&view, &unread))?;
    }
    if !check {
        return Ok(Exit::Ok);
    }
    Ok(if !view.ties_out {
        Exit::Promise
    } else if !view.exceptions.is_empty()
        || !matches!(view.connection.state, "connected" | "ends_soon")
    {
        Exit::Person
    } else {
        Exit::Ok
    })
}

/// A source whose webhooks are all that is known of it.
#[derive(Serialize)]
struct Unread<'s> {
    source: &'s str,
    why: &'static str,
}

#[derive(Serialize)]
struct Shown<'s> {
    #[serde(flatten)]
    view: &'s StatusView,
    unread: Vec<Unread<'s>>,
}

fn screen(v: &StatusView, unread: &[Unread<'_>]) -> String {
    let mut parts = vec![v.verdict.clone()];
    let worker = if v.owner.is_empty() {
        "nobody works it now".to_owned()
    } else {
        format!("worked by {}", v.owner)
    };
    parts.push(format!(
        "Lane {}: {worker}; {}. Audit log: {} entries, root {}.",
        v.lane,
        v.connection.says,
        count(v.audit_entries),
        v.audit_root
    ));
    if v.closed_until.ledger.is_some() || v.closed_until.tieout.is_some() {
        parts.push(super::period::sentence(&v.closed_until));
    }
    if !v.deliveries.is_empty() {
        let mut t = table(&["deliveries", "distinct", "with repetitions"], &[1, 2]);
        for d in &v.deliveries {
            t.add_row(vec![d.state.clone(), count(d.distinct), count(d.copies)]);
        }
        parts.push(text(&t));
        let items: Vec<String> =
            v.items.iter().map(|i| format!("{} {}", count(i.count), i.kind)).collect();
        parts.push(format!(
            "{} facts about {} (items by kind); {} undecided.",
            count(v.facts),
            items.join(", "),
            count(v.undecided)
        ));
    }
    if !v.lists.is_empty() {
        parts.push(lists_table(v));
    }
    parts.extend(unread.iter().map(|u| format!("{} has no `poll`: {}.", u.source, u.why)));
    parts.extend(v.compared.iter().map(compared));
    if !v.documents.is_empty() {
        let mut t = table(&["documents", "state", "count"], &[2]);
        for d in &v.documents {
            t.add_row(vec![d.kind.replace('_', " "), d.state.replace('_', " "), count(d.count)]);
        }
        parts.push(text(&t));
    }
    if !v.exceptions.is_empty() {
        parts.push(super::exceptions::groups_table(&v.exceptions));
    }
    if !v.calls.is_empty() {
        let mut t = table(&["calls", "count", ""], &[1]);
        for c in &v.calls {
            let metered = if c.metered { "metered" } else { "" };
            t.add_row(vec![c.kind.clone(), count(c.calls), metered.to_owned()]);
        }
        parts.push(text(&t));
    }
    if let Some(company) = &v.company {
        parts.push(format!(
            "Company {} ({}), read {}:\n{}",
            company.name,
            company.realm,
            company.read_at,
            super::connect::settings_table(company)
        ));
    }
    if !v.totals.is_empty() {
        let mut t = table(
            &["", "received", "posted", "pending", "held", "excluded", "difference"],
            &[1, 2, 3, 4, 5, 6],
        );
        for s in &v.totals {
            let amount = |n| money(n, &s.currency);
            t.add_row(vec![
                s.currency.clone(),
                amount(s.received),
                amount(s.posted),
                amount(s.pending),
                amount(s.held),
                amount(s.excluded),
                amount(s.difference),
            ]);
        }
        parts.push(text(&t));
    }
    parts.join("\n\n")
}

fn lists_table(v: &StatusView) -> String {
    let mut t = table(&["source", "list", "read until", "listed", "failed since"], &[3, 4]);
    for l in &v.lists {
        t.add_row(vec![
            l.source.clone(),
            l.list.clone(),
            l.read_until.clone(),
            count(l.listed),
            count(l.failures),
        ]);
    }
    text(&t)
}

fn compared(c: &ComparedView) -> String {
    let how = if (c.missing, c.changed) == (0, 0) {
        "complete".to_owned()
    } else {
        format!(
            "NOT COMPLETE: {} missing here, {} gone or changed there",
            count(c.missing),
            count(c.changed)
        )
    };
    format!("{} from {} to {}, compared {}: {how}.", c.source, c.from, c.to, c.checked_at)
}
