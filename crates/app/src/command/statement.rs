//! `tieout statement`.

use crate::cli::Global;
use crate::exit::{Done, Exit, Stop};
use crate::output::table::{table, text};
use crate::output::{self, count, money};
use crate::site::{Mode, Site};
use api::view::{StatementView, TotalView};
use engine::SubLedgerCheck;
use serde::Serialize;

#[derive(Serialize)]
struct Whole {
    #[serde(flatten)]
    statement: StatementView,
    #[serde(skip_serializing_if = "Option::is_none")]
    ledger: Option<LedgerView>,
}

/// The sub-ledger beside the ledger's trial balance.
#[derive(Debug, Clone, Serialize)]
pub struct LedgerView {
    /// Accounts compared.
    pub accounts: usize,
    /// Accounts that differ, minor units.
    pub breaks: Vec<BreakView>,
    /// Accounts that differ by no more than the rounding of foreign amounts.
    pub rounded: Vec<BreakView>,
}

/// An account that differs.
#[derive(Debug, Clone, Serialize)]
pub struct BreakView {
    /// The account.
    pub account: String,
    /// Our sub-ledger.
    pub ours: i64,
    /// The ledger.
    pub theirs: i64,
}

impl LedgerView {
    /// The view of `check`.
    pub fn of(check: &SubLedgerCheck) -> Self {
        let views = |breaks: &[matching::Break]| {
            let view = |b: &matching::Break| BreakView {
                account: b.account.clone(),
                ours: b.source_minor,
                theirs: b.ledger_minor,
            };
            breaks.iter().map(view).collect()
        };
        let (breaks, rounded) = (views(&check.breaks), views(&check.rounded));
        Self { accounts: check.accounts, breaks, rounded }
    }
}

/// Prints the statement.
pub async fn run(global: &Global, period: Option<&str>, check_ledger: bool) -> Done {
    if let Some(period) = period
        && format!("{period}-01").parse::<kernel::BusinessDate>().is_err()
    {
        return Err(Stop::new(Exit::Usage, format!("`{period}` is not a period; write YYYY-MM")));
    }
    let mode = if check_ledger { Mode::Work } else { Mode::Look };
    let site = Site::open(global, mode).await?;
    let statement = StatementView::of(&engine::statement(&site.engine.store).await?, period);
    let ledger = if check_ledger {
        let check = {
            let settings = &site.settings;
            site.engine.check_sub_ledger(settings.home, settings.fiscal_year_month).await?
        };
        Some(LedgerView::of(&check))
    } else {
        None
    };
    let whole = Whole { statement, ledger };
    let broken =
        !whole.statement.ties_out || whole.ledger.as_ref().is_some_and(|l| !l.breaks.is_empty());
    if global.json {
        output::json(&whole)?;
    } else {
        output::print(&screen(&whole.statement))?;
        if let Some(ledger) = &whole.ledger {
            output::print(&format!("\n{}", ledger_screen(ledger, site.settings.home.code())))?;
        }
    }
    Ok(if broken { Exit::Promise } else { Exit::Ok })
}

/// The statement for people: amounts, counts, reasons.
pub fn screen(s: &StatementView) -> String {
    if s.rows.is_empty() {
        return "Nothing has been received: the statement is empty and proves nothing.".to_owned();
    }
    let columns =
        ["received", "posted", "of it verified", "pending", "held", "excluded", "difference"];
    let mut header = vec!["period", "class", ""];
    header.extend(columns);
    let right: Vec<usize> = (3..10).collect();
    let mut amounts = table(&header, &right);
    let mut counts = table(&header[..9], &right[..6]);
    for r in &s.rows {
        amounts.add_row(amount_row(&r.period, &r.class, &r.sums));
        counts.add_row(count_row(&r.period, &r.class, &r.sums));
    }
    for t in &s.totals {
        amounts.add_row(amount_row("total", "", t));
        counts.add_row(count_row("total", "", t));
    }
    let mut parts =
        vec!["Amounts".to_owned(), text(&amounts), "\nCounts".to_owned(), text(&counts)];
    if let Some(reasons) = reasons(s) {
        parts.push(format!("\nReasons\n{reasons}"));
    }
    parts.push(format!("\n{}", sentence(s)));
    parts.join("\n")
}

fn sentence(s: &StatementView) -> String {
    let n: u64 = s.totals.iter().map(|t| t.counts.received).sum();
    let rows = s.rows.len();
    if s.ties_out {
        format!("{} amounts in {rows} rows: the difference is 0.00 in every row.", count(n))
    } else {
        let broken = s.rows.iter().filter(|r| r.sums.difference != 0).count();
        format!("DIFFERENCE in {broken} of {rows} rows; `tieout explain` shows single orders.")
    }
}

fn amount_row(period: &str, class: &str, t: &TotalView) -> Vec<String> {
    let mut row = vec![period.to_owned(), class.replace('_', " "), t.currency.clone()];
    let sums = [t.received, t.posted, t.verified, t.pending, t.held, t.excluded, t.difference];
    row.extend(sums.iter().map(|n| money(*n, &t.currency)));
    row
}

fn count_row(period: &str, class: &str, t: &TotalView) -> Vec<String> {
    let c = &t.counts;
    let mut row = vec![period.to_owned(), class.replace('_', " "), t.currency.clone()];
    let sums = [c.received, c.posted, c.verified, c.pending, c.held, c.excluded];
    row.extend(sums.iter().map(|n| count(*n)));
    row
}

fn reasons(s: &StatementView) -> Option<String> {
    let mut t = table(&["period", "class", "", "why", "", "count", "amount"], &[5, 6]);
    let mut any = false;
    for r in &s.rows {
        let held = r.held_by.iter().map(|t| ("held", t));
        let excluded = r.excluded_by.iter().map(|t| ("excluded", t));
        for (word, term) in held.chain(excluded) {
            any = true;
            t.add_row(vec![
                r.period.clone(),
                r.class.replace('_', " "),
                word.to_owned(),
                term.code.to_owned(),
                term.slug.to_owned(),
                count(term.count),
                money(term.amount, &r.sums.currency),
            ]);
        }
    }
    any.then(|| text(&t))
}

/// The comparison with the ledger, for people.
pub fn ledger_screen(l: &LedgerView, currency: &str) -> String {
    if l.breaks.is_empty() {
        let rounded = match l.rounded.len() {
            0 => String::new(),
            n => format!(
                "\n{n} of them differ by the rounding of foreign amounts, at most one unit for each \
                 foreign document."
            ),
        };
        return format!(
            "Sub-ledger and the ledger's trial balance agree on all {} accounts we post to.{rounded}",
            l.accounts
        );
    }
    let mut t = table(&["account", "sub-ledger", "ledger", "difference"], &[1, 2, 3]);
    for b in &l.breaks {
        let difference = b.theirs.saturating_sub(b.ours);
        t.add_row(vec![
            b.account.clone(),
            money(b.ours, currency),
            money(b.theirs, currency),
            money(difference, currency),
        ]);
    }
    format!("BREAKS on {} of {} accounts\n{}", l.breaks.len(), l.accounts, text(&t))
}
