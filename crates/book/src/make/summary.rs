//! Posting mode `daily_summary`: documents become shares of one journal per day.

use super::{Desk, dimension, short};
use crate::desired::{ClaimOutcome, Contribution};
use crate::role::Role;
use kernel::{BusinessDate, Currency, Document, DocumentKind, Subject, SubjectKind};
use std::collections::BTreeMap;

/// Turns the documents of a sale or adjustment into contributions; everything else keeps its
/// documents, and so does what states a rate of its own.
pub(crate) fn summarise(desk: &mut Desk<'_>) {
    let Some(channel) = dimension::channel(desk.state) else { return };
    let source = desk.state.source().map_or_else(String::new, |s| s.0.clone());
    let mut summaries = BTreeMap::new();
    let (own, shared): (Vec<_>, Vec<_>) =
        std::mem::take(&mut desk.out.documents).into_iter().partition(|d| d.rate.is_some());
    desk.out.documents = own;
    // Summaries have no invoices that one document could settle with another.
    for document in shared.into_iter().filter(|d| !d.moves_nothing()) {
        let key = format!("{source}/{channel}/{}", document.date);
        let summary = Subject::new(SubjectKind::Summary, key);
        let share = contribution(desk, &document, &summary);
        desk.out.contributions.push(share);
        summaries.insert(document.key, summary);
    }
    for claim in &mut desk.out.claims {
        if let ClaimOutcome::Document(key) = &claim.outcome
            && let Some(summary) = summaries.get(key)
        {
            claim.outcome = ClaimOutcome::Summarised(summary.clone());
        }
    }
}

fn contribution(desk: &Desk<'_>, document: &Document, summary: &Subject) -> Contribution {
    let answers = |outcome: &ClaimOutcome| *outcome == ClaimOutcome::Document(document.key.clone());
    let claims: Vec<_> = desk.out.claims.iter().filter(|c| answers(&c.outcome)).collect();
    let item = desk.state.subject().key.clone();
    // A document without a claim of its own (a small difference) goes by its key.
    let own = || document.key.0[item.len()..].trim_start_matches('/').to_owned();
    Contribution {
        summary: summary.clone(),
        claim: claims.first().map_or_else(own, |c| c.key.clone()),
        date: document.date,
        currency: document.currency,
        postings: document.shares(),
        amount_minor: claims.iter().map(|c| c.amount.minor).sum(),
        item,
    }
}

/// What one line of a summary adds up.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Target<'a> {
    account: &'a str,
    location: Option<&'a str>,
    class: Option<&'a str>,
}

/// The journals of a summary subject: one per currency (and day, should the contributions have
/// several).
pub(crate) fn journals(desk: &mut Desk<'_>) {
    let receivables = desk.rules.account(Role::Receivables);
    let mut sums: BTreeMap<(Currency, BusinessDate), BTreeMap<Target<'_>, i64>> = BTreeMap::new();
    let mut items: BTreeMap<(Currency, BusinessDate), usize> = BTreeMap::new();
    for share in desk.cx.contributions {
        let of = (share.currency, share.date);
        *items.entry(of).or_default() += 1;
        let targets = sums.entry(of).or_default();
        for posting in &share.postings {
            // A journal entry takes one line on receivables (quickbooks.md §8).
            let plain = posting.account == receivables;
            let target = Target {
                account: &posting.account,
                location: posting.location.as_deref().filter(|_| !plain),
                class: posting.class.as_deref().filter(|_| !plain),
            };
            let sum = targets.entry(target).or_default();
            *sum = sum.saturating_add(posting.amount_minor);
        }
    }
    for ((currency, date), targets) in sums {
        let count = items.get(&(currency, date)).copied().unwrap_or_default();
        if let Some(document) = journal(desk, currency, date, &targets, count) {
            desk.post(document);
        }
    }
}

fn journal(
    desk: &Desk<'_>,
    currency: Currency,
    date: BusinessDate,
    targets: &BTreeMap<Target<'_>, i64>,
    count: usize,
) -> Option<Document> {
    let (source, channel) = names(&desk.state.subject().key);
    let customer = desk.rules.channel_customer(channel);
    let receivables = desk.rules.account(Role::Receivables);
    let kind = DocumentKind::JournalEntry;
    let mut document = desk.document(&format!("journal/{date}/{currency}"), kind, date, currency);
    for (target, amount) in targets.iter().filter(|(_, amount)| **amount != 0) {
        let mut line = desk.journal_line(target.account, "Daily summary", *amount);
        line.customer = (target.account == receivables).then(|| customer.clone());
        line.location = target.location.map(str::to_owned);
        line.class = target.class.map(str::to_owned);
        document.lines.push(line);
    }
    if document.lines.is_empty() {
        return None;
    }
    document.total_minor = document.lines.iter().map(|l| l.amount_minor.max(0)).sum();
    let number = desk
        .rules
        .numbers
        .summary
        .replace("{date}", &date.to_string())
        .replace("{channel}", channel)
        .replace("{source}", source);
    document.number = Some(short(format!("{number}-{currency}")));
    document.memo = format!("Sales of {date}, {channel}: {count} documents");
    Some(document)
}

/// Source and channel of a summary key `<source>/<channel>/<date>`.
fn names(key: &str) -> (&str, &str) {
    let (rest, _date) = key.rsplit_once('/').unwrap_or((key, ""));
    rest.split_once('/').unwrap_or((rest, "default"))
}
