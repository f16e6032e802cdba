//! `tieout explain`.

use crate::cli::Global;
use crate::exit::{Done, Exit, Stop};
use crate::output::table::{table, text};
use crate::output::{self, money};
use crate::site::{Mode, Site};
use api::view::{DocumentView, ExceptionView, ExplanationView};
use std::fmt::Write as _;

/// Prints everything about what `word` names.
pub async fn run(global: &Global, word: &str) -> Done {
    let site = Site::open(global, Mode::Look).await?;
    let found = engine::explain(&site.engine.store, word).await?;
    let views: Vec<ExplanationView> = found.iter().map(ExplanationView::of).collect();
    if views.is_empty() {
        return Err(Stop::new(
            Exit::Failure,
            format!(
                "nothing is known about `{word}`; give an order, payout, dispute or document \
                 number, or a business key"
            ),
        ));
    }
    if global.json {
        output::json(&views)?;
    } else {
        let screens: Vec<String> = views.iter().map(screen).collect();
        output::print(&screens.join("\n\n"))?;
    }
    Ok(Exit::Ok)
}

/// The lineage of one item in an accountant's words.
pub fn screen(v: &ExplanationView) -> String {
    let name = if v.number.is_empty() { v.subject.as_str() } else { v.number.as_str() };
    let mut parts = vec![
        format!("{} {name}  ({})", title(v.kind), v.subject),
        format!("{}\n", verdict(v)),
        format!("WHAT THE SOURCE SENT\n{}", deliveries(v)),
    ];
    if !v.facts.is_empty() {
        parts.push(facts(v));
    }
    if !v.claims.is_empty() {
        parts.push(format!("\nWHAT THE SOURCE SAYS MOVED\n{}", claims(v)));
    }
    for d in &v.documents {
        parts.push(format!("\n{}", document(d)));
    }
    let about_documents = v.documents.iter().flat_map(|d| &d.exceptions);
    let mut seen = Vec::new();
    for e in v.exceptions.iter().chain(about_documents) {
        if !seen.contains(&e.id) {
            seen.push(e.id.clone());
            parts.push(exception(e));
        }
    }
    parts.join("\n")
}

fn title(kind: &str) -> &'static str {
    match kind {
        "sale" => "Order",
        "payment" => "Payment",
        "payout" => "Payout",
        "dispute" => "Dispute",
        "fee" => "Fee",
        "adjustment" => "Adjustment",
        _ => "Summary",
    }
}

fn verdict(v: &ExplanationView) -> String {
    let n = v.documents.len();
    let verified = v.documents.iter().filter(|d| d.state == "verified").count();
    let open = v.exceptions.iter().filter(|e| e.closed_at.is_none()).count();
    let held = v.claims.iter().filter(|c| c.outcome == "held").count();
    let excluded = v.claims.iter().filter(|c| c.outcome == "excluded").count();
    let mut text = format!("{verified} of {n} documents verified in the ledger");
    if held > 0 {
        let _ = write!(text, ", {held} of {} amounts held", v.claims.len());
    }
    if excluded > 0 {
        let _ = write!(text, ", {excluded} of {} amounts not for the books", v.claims.len());
    }
    if open > 0 {
        let _ = write!(text, ", {open} open exceptions");
    }
    text + "."
}

fn deliveries(v: &ExplanationView) -> String {
    let mut t = table(&["received", "from", "what", "signature", "copies", "sha256"], &[4]);
    for d in &v.deliveries {
        t.add_row(vec![
            d.received_at.clone(),
            d.source.clone(),
            d.topic.clone(),
            d.signature.clone(),
            d.copies.to_string(),
            d.sha256.chars().take(16).collect(),
        ]);
    }
    text(&t)
}

fn facts(v: &ExplanationView) -> String {
    let mut t = table(&["happened", "fact", "about", "place"], &[]);
    for f in &v.facts {
        t.add_row(vec![f.occurred_at.clone(), f.kind.to_owned(), f.key.clone(), f.place.clone()]);
    }
    text(&t)
}

fn claims(v: &ExplanationView) -> String {
    let mut t = table(&["date", "class", "amount", "", "where it is"], &[2]);
    for c in &v.claims {
        let place = match c.outcome {
            "document" => c.document.clone(),
            other => format!("{other} ({})", c.code),
        };
        t.add_row(vec![
            c.date.clone(),
            c.class.replace('_', " "),
            money(c.amount, &c.currency),
            c.currency.clone(),
            place,
        ]);
    }
    text(&t)
}

fn document(d: &DocumentView) -> String {
    let kind = d.kind.replace('_', " ").to_uppercase();
    let number = d.number.as_deref().map(|n| format!(" {n}")).unwrap_or_default();
    let mut lines = vec![format!(
        "{kind}{number}  {}  {} {}  {}",
        d.date,
        money(d.total, &d.currency),
        d.currency,
        standing(d)
    )];
    lines.push(format!("  key {}, marker {}", d.key, d.marker));
    if let Some(customer) = &d.customer {
        lines.push(format!("  customer {customer}"));
    }
    if !d.memo.is_empty() {
        lines.push(format!("  memo {}", d.memo));
    }
    let mut t = table(&["  account", "debit", "credit"], &[1, 2]);
    for p in &d.postings {
        let amount = money(p.amount.saturating_abs(), &d.currency);
        let (debit, credit) =
            if p.amount < 0 { (String::new(), amount) } else { (amount, String::new()) };
        t.add_row(vec![format!("  {}", p.account), debit, credit]);
    }
    lines.push(text(&t));
    for a in &d.attempts {
        let outcome = a.outcome.as_deref().unwrap_or("no outcome recorded");
        let detail = a.detail.as_deref().map(|d| format!(": {d}")).unwrap_or_default();
        lines.push(format!(
            "  {} {} try {}, request {}: {outcome}{detail}",
            a.started_at, a.act, a.n, a.call
        ));
    }
    if let Some(at) = &d.verified_at {
        lines.push(format!("  {at} read back from the ledger and found equal"));
    }
    if !d.needs.is_empty() {
        lines.push(format!("  waits for {}", d.needs.join(", ")));
    }
    lines.join("\n")
}

fn standing(d: &DocumentView) -> String {
    let id = d.ledger_id.as_deref().map(|id| format!(", ledger id {id}")).unwrap_or_default();
    let reason = if d.reason.is_empty() { String::new() } else { format!(" ({})", d.reason) };
    format!("{}{reason}{id}", d.state.replace('_', " "))
}

fn exception(e: &ExceptionView) -> String {
    let end = match &e.closed_at {
        Some(at) => format!("closed {at}: {}", e.resolution),
        None => format!("OPEN since {}; `tieout exceptions show {}`", e.opened_at, e.id),
    };
    format!("\nEXCEPTION {} {}\n  {}\n  {end}", e.code, e.title, e.detail)
}
