//! `tieout exceptions`.

use crate::cli::{ExceptionCommand, Global};
use crate::exit::{Done, Exit, Stop};
use crate::output::table::{table, text};
use crate::output::{self, count, money};
use crate::site::{Mode, Site};
use api::view::{ExceptionView, GroupView};
use engine::Resolution;
use kernel::{Id, ReasonCode};

/// Longest detail in a table, characters.
const DETAIL_MAX: usize = 70;

/// Lists, shows or decides about exceptions.
pub async fn run(global: &Global, command: ExceptionCommand) -> Done {
    match command {
        ExceptionCommand::List { group_by: Some(_), check, .. } => groups(global, check).await,
        ExceptionCommand::List { group_by: None, limit, check } => list(global, limit, check).await,
        ExceptionCommand::Show { id } => show(global, &id).await,
        ExceptionCommand::Retry { id, note, by } => {
            resolve(global, &id, &Resolution::Retry, &by, &note).await
        }
        ExceptionCommand::Resolve { id, restore, note, by, .. } => {
            let how = if restore { Resolution::Restore } else { Resolution::Close };
            resolve(global, &id, &how, &by, &note).await
        }
    }
}

async fn groups(global: &Global, check: bool) -> Done {
    let site = Site::open(global, Mode::Look).await?;
    let mut tx = site.engine.store.read().await?;
    let groups = store::exception::groups(tx.as_mut()).await?;
    let views: Vec<GroupView> = groups.iter().map(GroupView::of).collect();
    if global.json {
        output::json(&views)?;
    } else if views.is_empty() {
        output::print("No open exceptions.")?;
    } else {
        output::print(&groups_table(&views))?;
        output::print("\n`tieout reason CODE` says what to do about a cause.")?;
    }
    Ok(if check && !views.is_empty() { Exit::Person } else { Exit::Ok })
}

/// Open exceptions by cause, as a table.
pub fn groups_table(groups: &[GroupView]) -> String {
    let mut t = table(
        &["exceptions", "class", "cause", "count", "at stake", "", "oldest", "who", "usually"],
        &[3, 4],
    );
    for g in groups {
        let amount =
            if g.currency.is_empty() { String::new() } else { money(g.amount, &g.currency) };
        t.add_row(vec![
            g.code.to_owned(),
            g.class.to_owned(),
            g.slug.to_owned(),
            count(g.count),
            amount,
            g.currency.clone(),
            g.oldest.clone(),
            g.owner.to_owned(),
            g.action.replace('_', " "),
        ]);
    }
    text(&t)
}

async fn list(global: &Global, limit: u32, check: bool) -> Done {
    let site = Site::open(global, Mode::Look).await?;
    let mut tx = site.engine.store.read().await?;
    let found = store::exception::list(tx.as_mut(), i64::from(limit)).await?;
    let views: Vec<ExceptionView> = found.iter().map(ExceptionView::of).collect();
    if global.json {
        output::json(&views)?;
    } else if views.is_empty() {
        output::print("No open exceptions.")?;
    } else {
        let mut t = table(&["id", "code", "opened", "at stake", "", "what is wrong"], &[3]);
        for e in &views {
            let detail: String = e.detail.chars().take(DETAIL_MAX).collect();
            t.add_row(vec![
                e.id.clone(),
                e.code.to_owned(),
                e.opened_at.clone(),
                stake(e),
                e.currency.clone().unwrap_or_default(),
                detail.replace('\n', " "),
            ]);
        }
        output::print(&text(&t))?;
    }
    Ok(if check && !views.is_empty() { Exit::Person } else { Exit::Ok })
}

fn stake(e: &ExceptionView) -> String {
    match (e.amount, &e.currency) {
        (Some(minor), Some(currency)) => money(minor, currency),
        _ => String::new(),
    }
}

fn id_of(text: &str) -> Result<Id, Stop> {
    text.parse().map_err(|e| Stop::new(Exit::Usage, format!("{e}; see `tieout exceptions list`")))
}

async fn show(global: &Global, id: &str) -> Done {
    let id = id_of(id)?;
    let site = Site::open(global, Mode::Look).await?;
    let mut tx = site.engine.store.read().await?;
    let Some(found) = store::exception::get(tx.as_mut(), id).await? else {
        return Err(Stop::new(
            Exit::Failure,
            format!("there is no exception {id}; see `tieout exceptions list`"),
        ));
    };
    let view = ExceptionView::of(&found);
    if global.json {
        output::json(&view)?;
        return Ok(Exit::Ok);
    }
    output::print(&screen(&view, found.code, &found.raw))?;
    if let Some(item) = found.item
        && let Some(item) = store::item::by_id(tx.as_mut(), item).await?
    {
        output::print(&format!("\nWhole lineage: tieout explain '{}'", item.subject.key))?;
    }
    Ok(Exit::Ok)
}

fn screen(e: &ExceptionView, code: ReasonCode, raw: &str) -> String {
    let mut lines = vec![
        format!("{} {} ({}, for {})", e.code, e.title, e.class, e.owner),
        String::new(),
        format!("  {}", e.detail),
        String::new(),
    ];
    let mut field = |name: &str, value: &str| {
        if !value.is_empty() {
            lines.push(format!("  {name:<10} {value}"));
        }
    };
    field("at stake", format!("{} {}", stake(e), e.currency.as_deref().unwrap_or("")).trim());
    field("document", &e.document);
    field("delivery", e.delivery.as_deref().unwrap_or(""));
    field("place", &e.place);
    field("upstream", &e.upstream);
    field("opened", &e.opened_at);
    field("closed", e.closed_at.as_deref().unwrap_or(""));
    field("resolution", &e.resolution);
    field("raw", raw);
    lines.push(String::new());
    lines.push(code.page().trim().to_owned());
    lines.join("\n")
}

async fn resolve(global: &Global, id: &str, how: &Resolution, by: &str, note: &str) -> Done {
    let id = id_of(id)?;
    let site = Site::open(global, Mode::Beside).await?;
    let found = site.engine.resolve(id, how, by, note).await?;
    if global.json {
        output::json(&ExceptionView::of(&found))?;
    } else {
        let next = match how {
            Resolution::Close => "It is closed; the note stands in the audit log.",
            _ => "`tieout apply` (or a running `tieout serve`) tries again.",
        };
        output::print(&format!("{} {}: {next}", found.code.code(), id))?;
    }
    Ok(Exit::Ok)
}
