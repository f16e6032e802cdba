//! `tieout plan`.

use crate::cli::Global;
use crate::exit::{Done, Exit, Stop};
use crate::output::table::{table, text};
use crate::output::{self, count, money, progress};
use crate::site::{Mode, Site};
use engine::{Outcome, PlanSummary, Progress, Worker};
use serde::Serialize;
use std::collections::BTreeMap;
use store::document::{DocRow, DocState};

/// Documents read in one page.
const PAGE: i64 = 1_000;

#[derive(Serialize)]
struct Plan {
    documents: Vec<Planned>,
    accounts: Vec<Movement>,
    in_ledger: i64,
    held: i64,
    writes: i64,
    calls_min: i64,
    metered_reads_min: i64,
    minutes_min: i64,
}

#[derive(Serialize)]
struct Planned {
    act: String,
    kind: String,
    currency: String,
    count: u64,
    amount: i64,
}

#[derive(Serialize)]
struct Movement {
    account: String,
    currency: String,
    debit: i64,
    credit: i64,
}

/// Decides everything, sends nothing, prints what would be written and what it costs. Beside a
/// process that works, which decides by itself, it prints what is decided.
pub async fn run(global: &Global) -> Done {
    let at_once = Global { no_wait: true, ..global.clone() };
    let site = match Site::open(&at_once, Mode::Work).await {
        Ok(site) => {
            decide(global, &site).await?;
            site
        }
        Err(stop) if stop.exit == Exit::Busy && !global.no_wait => {
            output::note("another process works on these books: this is what it has decided");
            Site::open(global, Mode::Look).await?
        }
        Err(stop) => return Err(stop),
    };
    let plan = collect(&site).await?;
    if global.json {
        output::json(&plan)?;
    } else {
        output::print(&screen(&plan))?;
    }
    Ok(Exit::Ok)
}

async fn decide(global: &Global, site: &Site) -> Result<(), Stop> {
    let bar = progress::spinner("deciding", global.json);
    let shown = bar.clone();
    let mut worker = Worker::new(site.engine.clone(), site.owner(), move |p: &Progress| {
        shown.set_message(progress::line(p));
        true
    });
    if worker.prepare_only().await? == Outcome::Busy {
        return Err(Stop::new(
            Exit::Busy,
            "another worker owns this ledger connection; wait until it is done",
        ));
    }
    bar.finish_and_clear();
    Ok(())
}

async fn collect(site: &Site) -> Result<Plan, Stop> {
    let summary = site.engine.plan_summary().await?;
    let mut documents: BTreeMap<(String, String, String), (u64, i64)> = BTreeMap::new();
    let mut accounts: BTreeMap<(String, String), (i64, i64)> = BTreeMap::new();
    let mut tx = site.engine.store.read().await?;
    let mut after = String::new();
    loop {
        let page = store::document::page(tx.as_mut(), &after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after.clone_from(&last.key.0);
        let planned = |r: &&DocRow| {
            matches!(r.state, DocState::Waiting | DocState::Ready | DocState::Unknown)
        };
        for row in page.iter().filter(planned) {
            let act = store::document::act_name(row.act).to_owned();
            let Some(d) = row.document() else {
                let slot = documents.entry((act, row.kind().to_owned(), String::new()));
                slot.or_default().0 += 1;
                continue;
            };
            let currency = d.currency.code().to_owned();
            let slot =
                documents.entry((act, d.kind.as_str().to_owned(), currency.clone())).or_default();
            slot.0 += 1;
            slot.1 = slot.1.saturating_add(d.total_minor);
            let removes = row.act.is_removal();
            for p in d.postings() {
                let amount = if removes { -p.amount_minor } else { p.amount_minor };
                let slot = accounts.entry((p.account, currency.clone())).or_default();
                if amount > 0 {
                    slot.0 = slot.0.saturating_add(amount);
                } else {
                    slot.1 = slot.1.saturating_sub(amount);
                }
            }
        }
    }
    Ok(plan(documents, accounts, &summary))
}

fn plan(
    documents: BTreeMap<(String, String, String), (u64, i64)>,
    accounts: BTreeMap<(String, String), (i64, i64)>,
    summary: &PlanSummary,
) -> Plan {
    let in_state = |states: &[&str]| -> i64 {
        let of = summary.documents.iter().filter(|((_, s), _)| states.contains(&s.as_str()));
        of.map(|(_, n)| n).sum()
    };
    Plan {
        documents: documents
            .into_iter()
            .map(|((act, kind, currency), (count, amount))| Planned {
                act,
                kind,
                currency,
                count,
                amount,
            })
            .collect(),
        accounts: accounts
            .into_iter()
            .map(|((account, currency), (debit, credit))| Movement {
                account,
                currency,
                debit,
                credit,
            })
            .collect(),
        in_ledger: in_state(&["posted", "verified"]),
        held: in_state(&["quarantined", "divergent"]),
        writes: summary.writes,
        calls_min: summary.calls_min,
        metered_reads_min: summary.reads_min,
        minutes_min: summary.minutes_min,
    }
}

fn screen(plan: &Plan) -> String {
    if plan.writes == 0 {
        return format!(
            "Nothing to write: {} objects are in the ledger as they should be, {} are held.",
            count(plan.in_ledger),
            count(plan.held)
        );
    }
    let mut documents = table(&["would", "what", "count", "amount", ""], &[2, 3]);
    for p in &plan.documents {
        let amount =
            if p.currency.is_empty() { String::new() } else { money(p.amount, &p.currency) };
        documents.add_row(vec![
            p.act.clone(),
            p.kind.replace('_', " "),
            count(p.count),
            amount,
            p.currency.clone(),
        ]);
    }
    let mut accounts = table(&["account", "debit", "credit", ""], &[1, 2]);
    for m in &plan.accounts {
        accounts.add_row(vec![
            m.account.clone(),
            money(m.debit, &m.currency),
            money(m.credit, &m.currency),
            m.currency.clone(),
        ]);
    }
    format!(
        "{}\n\n{}\n\n{} writes: at least {} calls, {} metered reads to verify, {} minutes under \
         the configured limits.\n{} objects are in the ledger already, {} are held. \
         `tieout apply` carries it out.",
        text(&documents),
        text(&accounts),
        count(plan.writes),
        count(plan.calls_min),
        count(plan.metered_reads_min),
        count(plan.minutes_min),
        count(plan.in_ledger),
        count(plan.held)
    )
}
