//! Pieces that several kinds of object share.

use super::{Lookup, Unfit, unfit};
use crate::wire_in::MARKER_PREFIX;
use kernel::{BusinessKey, Document, DocumentKind, ReasonCode};
use ports::RefMap;
use serde::Serialize;

/// Longest `PrivateNote`, characters (quickbooks.md §8).
const NOTE_CHARS_MAX: usize = 4_000;

/// Longest `Line.Description`, characters (quickbooks.md §8).
const DESCRIPTION_CHARS_MAX: usize = 4_000;

/// A reference by id.
#[derive(Serialize, Clone, Copy)]
pub(crate) struct Ref<'a> {
    pub(crate) value: &'a str,
}

/// The memo for people, then the marker.
pub(super) fn note(document: &Document) -> String {
    let marker = document.key.marker();
    let room = NOTE_CHARS_MAX - MARKER_PREFIX.len() - marker.len() - 1;
    let memo = cut(&document.memo, room);
    let mut out = String::with_capacity(memo.len() + 26);
    out.push_str(memo);
    if !memo.is_empty() {
        out.push(' ');
    }
    out.push_str(MARKER_PREFIX);
    out.push_str(&marker);
    out
}

/// The text of a line, or `None` when it is empty.
pub(super) fn description(text: &str) -> Option<&str> {
    let text = cut(text, DESCRIPTION_CHARS_MAX);
    (!text.is_empty()).then_some(text)
}

fn cut(text: &str, chars: usize) -> &str {
    if text.len() <= chars {
        return text;
    }
    text.char_indices().nth(chars).map_or(text, |(at, _)| &text[..at])
}

/// The customer, where the document names one.
pub(super) fn customer<'a>(
    document: &Document,
    look: Lookup<'a>,
) -> Result<Option<Ref<'a>>, Unfit> {
    document.customer.as_deref().map(|name| look.customer(name)).transpose()
}

/// The customer of a kind that QuickBooks refuses without one (quickbooks.md §8).
pub(super) fn required_customer<'a>(
    document: &Document,
    look: Lookup<'a>,
) -> Result<Ref<'a>, Unfit> {
    customer(document, look)?.ok_or_else(|| {
        unfit(
            ReasonCode::CustomerUnresolved,
            format!("QuickBooks takes no {} without a customer", document.kind.title()),
        )
    })
}

/// Kind and ledger id of a linked document. Payments settle invoices and use up credit memos and
/// journal entries that credit the customer (quickbooks.md §8, matrix).
pub(super) fn linked<'a>(
    refs: &'a RefMap,
    to: &BusinessKey,
) -> Result<Option<(&'static str, &'a str)>, Unfit> {
    match refs.documents.get(to) {
        None => Ok(None),
        Some((DocumentKind::Invoice, id)) => Ok(Some(("Invoice", id))),
        Some((DocumentKind::CreditMemo, id)) => Ok(Some(("CreditMemo", id))),
        Some((DocumentKind::JournalEntry, id)) => Ok(Some(("JournalEntry", id))),
        Some((kind, _)) => Err(unfit(
            ReasonCode::BusinessValidation,
            format!("a payment cannot settle a {}", kind.title()),
        )),
    }
}

/// What a payment should leave unapplied: its total minus invoices settled plus credits used
/// (quickbooks.md §8). `None` when a linked document is not known.
pub(crate) fn unapplied_minor(document: &Document, refs: &RefMap) -> Option<i64> {
    document.links.iter().try_fold(document.total_minor, |left, link| {
        if refs.documents.get(&link.to)?.0.is_credit() {
            left.checked_add(link.amount_minor)
        } else {
            left.checked_sub(link.amount_minor)
        }
    })
}
