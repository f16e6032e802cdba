//! What the ledger should hold for one subject.

mod abroad;
mod credit;
mod dimension;
mod dispute;
mod edit;
mod exchange;
mod fulfil;
mod grant;
mod money;
mod payout;
mod receivable;
mod receive;
mod refund;
mod sale;
mod schedule;
mod seller;
mod summary;

use crate::compose::{Part, Stop};
use crate::desired::{Claim, ClaimClass, ClaimOutcome, Context, Desired, Hold};
use crate::role::Role;
use crate::rules::{PostingMode, Rules};
use crate::state::State;
use kernel::{
    BusinessDate, BusinessKey, Currency, Document, DocumentKind, DocumentLine, Money, ReasonCode,
    SubjectKind,
};

/// What the ledger should hold for the state, how every amount of the source is answered, and what
/// a person has to look at. Pure: equal input gives equal output.
pub fn decide(state: &State, rules: &Rules, cx: &Context<'_>) -> Desired {
    let state = state.in_books(cx.currencies.home());
    let (out, open) = (Desired::default(), receive::Open::new());
    let mut desk = Desk { state: &state, rules, cx, out, deposits: 0, open };
    if state.subject().kind == SubjectKind::Summary {
        summary::journals(&mut desk);
        abroad::localise(&mut desk);
        return desk.out;
    }
    sale::make(&mut desk);
    money::gift_cards_sold(&mut desk);
    money::fees(&mut desk);
    money::adjustments(&mut desk);
    grant::make(&mut desk);
    exchange::conversions(&mut desk);
    dispute::make(&mut desk);
    payout::make(&mut desk);
    abroad::hold(&mut desk);
    dimension::mark(&mut desk);
    if rules.mode == PostingMode::DailySummary {
        summary::summarise(&mut desk);
    }
    abroad::localise(&mut desk);
    desk.out
}

/// Where a decision is written.
pub(crate) struct Desk<'a> {
    pub(crate) state: &'a State,
    pub(crate) rules: &'a Rules,
    pub(crate) cx: &'a Context<'a>,
    pub(crate) out: Desired,
    /// Deposits of the order that nothing has been delivered for, minor units.
    pub(crate) deposits: i64,
    /// Invoices of the order with what its payments leave open.
    pub(crate) open: receive::Open,
}

impl<'a> Desk<'a> {
    /// The key of a document of this subject.
    pub(crate) fn key(&self, suffix: &str) -> BusinessKey {
        BusinessKey(format!("{}/{suffix}", self.state.subject().key))
    }

    /// A document without lines; the caller fills in what its kind needs.
    pub(crate) fn document(
        &self,
        suffix: &str,
        kind: DocumentKind,
        date: BusinessDate,
        currency: Currency,
    ) -> Document {
        Document {
            key: self.key(suffix),
            kind,
            date,
            currency,
            rate: None,
            number: None,
            customer: None,
            location: None,
            lines: Vec::new(),
            account: String::new(),
            counter_account: None,
            links: Vec::new(),
            memo: String::new(),
            total_minor: 0,
        }
    }

    /// A document number from a pattern: at most 21 characters (quickbooks.md §8), longer ones
    /// end in a hash of the whole.
    pub(crate) fn number(&self, pattern: &str, number: &str, id: &str) -> String {
        let channel = self.state.order().map_or("default", |o| o.channel.as_str());
        let source = self.state.source().map_or("", |s| s.as_str());
        // Most patterns are one placeholder.
        if pattern == "{number}" && number.len() <= NUMBER_MAX {
            return number.to_owned();
        }
        let text = pattern
            .replace("{number}", number)
            .replace("{id}", id)
            .replace("{channel}", channel)
            .replace("{source}", source);
        short(text)
    }

    pub(crate) fn customer(&self) -> String {
        let order = self.state.order();
        let channel = order.map_or("default", |o| o.channel.as_str());
        let named = order.and_then(|o| o.customer.as_ref()).map(|c| c.name.as_str());
        self.rules.customer(channel, named)
    }

    pub(crate) fn claim(
        &mut self,
        key: impl Into<String>,
        class: ClaimClass,
        date: BusinessDate,
        amount: Money,
        outcome: ClaimOutcome,
    ) {
        self.out.claims.push(Claim { key: key.into(), class, date, amount, outcome });
    }

    pub(crate) fn hold(
        &mut self,
        code: ReasonCode,
        detail: impl Into<String>,
        amount: Money,
        claim: &str,
    ) {
        self.out.holds.push(Hold {
            code,
            detail: detail.into(),
            amount: Some(amount),
            claim: Some(claim.to_owned()),
        });
    }

    /// Writes down why `claim` is not posted and says what becomes of it.
    pub(crate) fn stop(&mut self, stop: Stop, claim: &str) -> ClaimOutcome {
        match stop {
            Stop::Hold { code, detail, amount } => {
                self.hold(code, detail, amount, claim);
                ClaimOutcome::Held(code)
            }
            Stop::Exclude(code) => ClaimOutcome::Excluded(code),
        }
    }

    /// Takes a document, proved to balance.
    pub(crate) fn post(&mut self, document: Document) -> ClaimOutcome {
        debug_assert!(balanced(&document), "a document does not balance: {document:?}");
        let outcome = ClaimOutcome::Document(document.key.clone());
        self.out.documents.push(document);
        outcome
    }

    /// The clearing account of a processor, or why there is none.
    pub(crate) fn clearing(&self, processor: &str, amount: Money) -> Result<&'a str, Stop> {
        let found = self.rules.clearing(processor, amount.currency);
        found.map(|a| a.name.as_str()).ok_or_else(|| Stop::Hold {
            code: ReasonCode::AccountUnmapped,
            detail: format!(
                "no clearing account for `{processor}`; add it under [clearing] in the rules"
            ),
            amount,
        })
    }

    /// A journal entry of `lines` (debit positive), or `None` when nothing moves.
    pub(crate) fn journal(
        &self,
        suffix: &str,
        date: BusinessDate,
        currency: Currency,
        lines: &[(&str, &str, i64)],
        memo: String,
    ) -> Option<Document> {
        let lines: Vec<DocumentLine> = lines
            .iter()
            .filter(|(_, _, amount)| *amount != 0)
            .map(|(account, text, amount)| self.journal_line(account, text, *amount))
            .collect();
        if lines.is_empty() {
            return None;
        }
        let mut document = self.document(suffix, DocumentKind::JournalEntry, date, currency);
        document.total_minor = lines.iter().map(|l| l.amount_minor.max(0)).sum();
        let id = document.key.marker();
        document.number = Some(self.number(&self.rules.numbers.journal, "", &id));
        document.lines = lines;
        document.memo = memo;
        Some(document)
    }

    /// A line of a journal or expense; receivables carry the customer (quickbooks.md §8).
    pub(crate) fn journal_line(&self, account: &str, text: &str, amount: i64) -> DocumentLine {
        let receivable = account == self.rules.account(Role::Receivables);
        DocumentLine {
            item: None,
            account: account.to_owned(),
            description: text.to_owned(),
            quantity: None,
            unit_price: None,
            amount_minor: amount,
            customer: receivable.then(|| self.customer()),
            class: None,
            location: None,
        }
    }

    /// Fills in lines and total of a sales form.
    pub(crate) fn fill(document: &mut Document, parts: Vec<Part<'_>>) {
        document.total_minor = parts.iter().map(|p| p.amount).sum();
        document.lines = parts.into_iter().map(Part::line).collect();
    }
}

/// Longest document number (quickbooks.md §8).
const NUMBER_MAX: usize = 21;

pub(crate) fn short(text: String) -> String {
    if text.chars().count() <= NUMBER_MAX {
        return text;
    }
    let head: String = text.chars().take(12).collect();
    let hash = BusinessKey(text).marker();
    format!("{head}~{}", &hash[..8])
}

/// Debits equal credits, and the total is what the lines add up to.
pub(crate) fn balanced(document: &Document) -> bool {
    let zero = document.postings().iter().map(|p| i128::from(p.amount_minor)).sum::<i128>() == 0;
    let lines = document.lines.iter().map(|l| i128::from(l.amount_minor));
    let total = i128::from(document.total_minor);
    zero && match document.kind {
        DocumentKind::Payment => {
            document.lines.is_empty() && (total > 0 || total == 0 && document.links.len() > 1)
        }
        DocumentKind::Transfer => document.lines.is_empty() && total > 0,
        DocumentKind::JournalEntry => {
            document.lines.len() > 1 && lines.map(|a| a.max(0)).sum::<i128>() == total
        }
        _ => !document.lines.is_empty() && total >= 0 && lines.sum::<i128>() == total,
    }
}
