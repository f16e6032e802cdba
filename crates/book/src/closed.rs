//! Closed periods where the rules say `next_open_day`: what is new is booked on the first open day,
//! and what stands in closed books is corrected there by a journal entry (case 138, trap e).

use crate::plan::{Known, Stage};
use kernel::{BusinessDate, BusinessKey, Closing, Document, DocumentKind, DocumentLine, Share};
use std::collections::{BTreeMap, BTreeSet};

/// The desired documents as [`crate::plan`] can bring them about without touching what is closed.
///
/// What was moved once stays where it stands. A correction that stands in books closed later is
/// kept, and the next one says the rest, so that all of them together come to what is desired.
pub fn into_open_days(desired: Vec<Document>, known: &[Known], closing: Closing) -> Vec<Document> {
    let Some(first_open) = closing.latest().map(|last| last.plus_days(1)) else { return desired };
    let by_key: BTreeMap<&BusinessKey, &Known> =
        known.iter().map(|k| (&k.document.key, k)).collect();
    let wanted: BTreeSet<BusinessKey> = desired.iter().map(|d| d.key.clone()).collect();
    let books = Books { known: &by_key, closing, first_open };
    let mut open = Vec::with_capacity(desired.len());
    for document in desired {
        match by_key.get(&document.key) {
            Some(have) if !have.voided && matches!(have.stage, Stage::Posted | Stage::InFlight) => {
                books.change(document, have, &mut open);
            }
            _ => open.push(books.moved(document)),
        }
    }
    for (key, have) in &by_key {
        let stands = have.stage == Stage::Posted && !have.voided;
        let left = !wanted.contains(*key) && base_of(key).is_none();
        if stands && left && closing.reason(have.document.date).is_some() {
            books.correct(None, have, &mut open);
        }
    }
    open
}

struct Books<'a> {
    known: &'a BTreeMap<&'a BusinessKey, &'a Known>,
    closing: Closing,
    first_open: BusinessDate,
}

impl Books<'_> {
    fn is_closed(&self, date: BusinessDate) -> bool {
        self.closing.reason(date).is_some()
    }

    /// A document of a closed day on the first open one.
    fn moved(&self, document: Document) -> Document {
        if !self.is_closed(document.date) {
            return document;
        }
        let memo = dated(&document);
        Document { date: self.first_open, memo, ..document }
    }

    /// What a document that stands should become.
    fn change(&self, want: Document, have: &Known, open: &mut Vec<Document>) {
        let stands = &have.document;
        let was_moved = stands.date != want.date && stands.memo == dated(&want);
        let want = if was_moved {
            Document { date: stands.date, memo: dated(&want), ..want }
        } else {
            want
        };
        let same_money = (want.currency, want.rate) == (stands.currency, stands.rate);
        let closed = self.is_closed(stands.date) || self.is_closed(want.date);
        if !closed || have.stage == Stage::InFlight || !same_money {
            return open.push(want);
        }
        if !self.is_closed(stands.date) {
            // It was dated openly and belongs into closed books now: it stays where it stands.
            let memo = dated(&want);
            return open.push(Document { date: stands.date, memo, ..want });
        }
        self.correct(Some(&want), have, open);
    }

    /// Keeps what stands and says the difference to what is wanted on the first open day.
    fn correct(&self, want: Option<&Document>, have: &Known, open: &mut Vec<Document>) {
        let stands = &have.document;
        open.push(stands.clone());
        let of = want.unwrap_or(stands);
        let customers = customers(stands, of);
        let mut rest: BTreeMap<Share, i64> = BTreeMap::new();
        let mut add = |shares: Vec<Share>, sign: i64| {
            for mut share in shares {
                let amount = std::mem::take(&mut share.amount_minor);
                // A journal entry takes one line on receivables (quickbooks.md §8).
                if customers.contains_key(&share.account) {
                    (share.location, share.class) = (None, None);
                }
                let sum = rest.entry(share).or_default();
                *sum = sum.saturating_add(sign * amount);
            }
        };
        add(want.map(Document::shares).unwrap_or_default(), 1);
        add(stands.shares(), -1);
        let mut number = 1;
        let mut date = self.first_open;
        for n in 1.. {
            let key = correction(&stands.key, n);
            let Some(before) = self.known.get(&key).filter(|k| !k.voided) else { break };
            let is_fixed = before.stage == Stage::InFlight
                || (before.stage == Stage::Posted && self.is_closed(before.document.date));
            if !is_fixed {
                // It is still open: it is written anew where it stands.
                if !self.is_closed(before.document.date) {
                    date = before.document.date;
                }
                break;
            }
            add(before.document.shares(), -1);
            open.push(before.document.clone());
            number = n + 1;
        }
        rest.retain(|_, minor| *minor != 0);
        if rest.is_empty() {
            return;
        }
        let lines: Vec<DocumentLine> = rest
            .into_iter()
            .map(|(share, amount_minor)| DocumentLine {
                item: None,
                customer: customers.get(&share.account).cloned(),
                account: share.account,
                description: "Correction".to_owned(),
                quantity: None,
                unit_price: None,
                amount_minor,
                class: share.class,
                location: share.location,
            })
            .collect();
        let key = correction(&stands.key, number);
        open.push(Document {
            number: Some(format!("J{}", key.marker())),
            kind: DocumentKind::JournalEntry,
            date,
            currency: stands.currency,
            rate: stands.rate,
            customer: None,
            location: None,
            account: String::new(),
            counter_account: None,
            links: Vec::new(),
            memo: format!("Correction of {}, dated {}", of.memo, stands.date),
            total_minor: lines.iter().map(|l| l.amount_minor.max(0)).sum(),
            lines,
            key,
        });
    }
}

/// The memo of a document that is booked on another day than its own.
fn dated(document: &Document) -> String {
    let suffix = format!(" (of {})", document.date);
    if document.memo.ends_with(&suffix) {
        document.memo.clone()
    } else {
        format!("{}{suffix}", document.memo)
    }
}

const CORRECTION: &str = "/correction/";

fn correction(key: &BusinessKey, n: usize) -> BusinessKey {
    BusinessKey(format!("{key}{CORRECTION}{n}"))
}

/// The document that a correction belongs to.
fn base_of(key: &BusinessKey) -> Option<&str> {
    let (base, number) = key.as_str().rsplit_once(CORRECTION)?;
    number.parse::<usize>().ok().map(|_| base)
}

/// The customer of each receivables account that the documents post to.
fn customers(a: &Document, b: &Document) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for document in [a, b] {
        let account = match document.kind {
            DocumentKind::Invoice | DocumentKind::CreditMemo => Some(&document.account),
            DocumentKind::Payment => document.counter_account.as_ref(),
            _ => None,
        };
        if let (Some(account), Some(customer)) = (account, &document.customer) {
            found.insert(account.clone(), customer.clone());
        }
        for line in &document.lines {
            if let Some(customer) = &line.customer {
                found.insert(line.account.clone(), customer.clone());
            }
        }
    }
    found
}
