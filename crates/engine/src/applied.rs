//! Ledgers that apply open credits by themselves (QuickBooks: `AutoApplyCredit`, quickbooks.md §8).
//!
//! Such a ledger decides which credit settles which invoice the moment either is made, and again with
//! the next one. Accounts and what a customer owes in all are the same whatever it decides. So it is
//! told which invoice a payment is for and nothing about credits, and where its own decision differs
//! from our wish that is no difference.

use crate::lane::Worker;
use kernel::{Document, DocumentKind};
use ports::{Mismatch, RefMap, Snapshot};
use std::sync::Arc;

impl Worker {
    /// What the ledger holds otherwise than we want, and not by a decision that it makes itself.
    pub(crate) fn compare(&self, want: &Document, got: &Snapshot, refs: &RefMap) -> Vec<Mismatch> {
        let mut mismatches = self.engine.target.compare(want, got, refs);
        if self.applies_credits {
            mismatches.retain(|m| !m.applied);
        }
        mismatches
    }
}

/// A payment without the credits it would use up: the ledger has used them already, on this invoice or
/// on an older one. What they would have settled is left out of the invoice too.
pub(crate) fn without_credits(document: &Arc<Document>, refs: &RefMap) -> Arc<Document> {
    let is_credit = |link: &kernel::DocumentLink| {
        refs.documents.get(&link.to).is_some_and(|(kind, _)| *kind == DocumentKind::CreditMemo)
    };
    if document.kind != DocumentKind::Payment || !document.links.iter().any(is_credit) {
        return Arc::clone(document);
    }
    let mut left = document.total_minor;
    let mut plain = document.as_ref().clone();
    plain.links.retain_mut(|link| {
        if is_credit(link) {
            return false;
        }
        link.amount_minor = link.amount_minor.min(left);
        left -= link.amount_minor;
        link.amount_minor > 0
    });
    Arc::new(plain)
}
