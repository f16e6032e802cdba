//! The lineage of one order, payout or dispute.

use crate::view::ExceptionView;
use engine::{ExplainedDocument, Explanation};
use serde::Serialize;

/// Everything known about one item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExplanationView {
    /// Kind: `sale`, `payout`, …
    pub kind: &'static str,
    /// The subject's key.
    pub subject: String,
    /// The number people use, else empty.
    pub number: String,
    /// When Tieout first heard of it.
    pub first_seen_at: String,
    /// The deliveries it comes from.
    pub deliveries: Vec<DeliveryView>,
    /// The facts.
    pub facts: Vec<FactView>,
    /// What the source says moved.
    pub claims: Vec<ClaimView>,
    /// The documents.
    pub documents: Vec<DocumentView>,
    /// Exceptions, open and closed.
    pub exceptions: Vec<ExceptionView>,
}

/// A delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeliveryView {
    /// Its id.
    pub id: String,
    /// The connection.
    pub source: String,
    /// What it is about.
    pub topic: String,
    /// When it came.
    pub received_at: String,
    /// `valid`, `unsigned` or `refused`.
    pub signature: String,
    /// What became of it.
    pub state: String,
    /// Why, where there is a reason.
    pub note: String,
    /// How often it was delivered.
    pub copies: i64,
    /// SHA-256 of the bytes, hexadecimal.
    pub sha256: String,
}

/// A fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FactView {
    /// Kind, e.g. `PaymentCaptured`.
    pub kind: &'static str,
    /// Its economic key.
    pub key: String,
    /// When it happened by the source's clock.
    pub occurred_at: String,
    /// When Tieout came to know it.
    pub known_at: String,
    /// The delivery.
    pub delivery: String,
    /// Where in the delivery.
    pub place: String,
}

/// An amount that the source says moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClaimView {
    /// Unique within the item.
    pub key: String,
    /// Its class.
    pub class: String,
    /// Date.
    pub date: String,
    /// Currency.
    pub currency: String,
    /// Minor units.
    pub amount: i64,
    /// `document`, `held`, `excluded` or `pending`.
    pub outcome: &'static str,
    /// Reason code, else empty.
    pub code: String,
    /// The document that carries it, else empty.
    pub document: String,
}

/// A document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DocumentView {
    /// Its business key.
    pub key: String,
    /// Kind.
    pub kind: &'static str,
    /// Where it stands.
    pub state: &'static str,
    /// Document number.
    pub number: Option<String>,
    /// Posting date.
    pub date: String,
    /// Currency.
    pub currency: String,
    /// Total we asked for, minor units.
    pub total: i64,
    /// Total the ledger says it holds.
    pub ledger_total: Option<i64>,
    /// Customer.
    pub customer: Option<String>,
    /// Text on it.
    pub memo: String,
    /// Marker in the ledger's memo.
    pub marker: String,
    /// Debits (positive) and credits (negative).
    pub postings: Vec<PostingView>,
    /// The ledger's id.
    pub ledger_id: Option<String>,
    /// The ledger's version.
    pub ledger_version: Option<String>,
    /// When the ledger confirmed it.
    pub posted_at: Option<String>,
    /// When a read-back agreed.
    pub verified_at: Option<String>,
    /// What it waits for.
    pub needs: Vec<String>,
    /// Why it is held, a reason code, else empty.
    pub reason: String,
    /// Every write that was tried.
    pub attempts: Vec<AttemptView>,
    /// Exceptions about it.
    pub exceptions: Vec<ExceptionView>,
}

/// One side of an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PostingView {
    /// The account.
    pub account: String,
    /// Minor units, debit positive.
    pub amount: i64,
}

/// One try to write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AttemptView {
    /// Which try.
    pub n: i64,
    /// `create`, `update`, `void` or `delete`.
    pub act: String,
    /// The ledger's request id.
    pub call: String,
    /// When it started.
    pub started_at: String,
    /// When its outcome was recorded.
    pub ended_at: Option<String>,
    /// The outcome; none while nobody knows.
    pub outcome: Option<String>,
    /// More about it.
    pub detail: Option<String>,
}

impl ExplanationView {
    /// The view of `e`.
    pub fn of(e: &Explanation) -> Self {
        Self {
            kind: e.item.subject.kind.as_str(),
            subject: e.item.subject.key.clone(),
            number: e.item.number.clone(),
            first_seen_at: e.item.first_seen_at.to_string(),
            deliveries: e.deliveries.iter().map(delivery).collect(),
            facts: e
                .facts
                .iter()
                .map(|f| FactView {
                    kind: f.fact.body.kind(),
                    key: f.fact.key.0.clone(),
                    occurred_at: f.fact.occurred_at.0.to_string(),
                    known_at: f.known_at.to_string(),
                    delivery: f.delivery.to_string(),
                    place: f.place.clone(),
                })
                .collect(),
            claims: e
                .claims
                .iter()
                .map(|c| ClaimView {
                    key: c.key.clone(),
                    class: c.class.clone(),
                    date: c.date.to_string(),
                    currency: c.currency.code().to_owned(),
                    amount: c.amount_minor,
                    outcome: c.outcome,
                    code: c.code.clone(),
                    document: c.document_key.clone(),
                })
                .collect(),
            documents: e.documents.iter().filter_map(document).collect(),
            exceptions: e.exceptions.iter().map(ExceptionView::of).collect(),
        }
    }
}

fn delivery(d: &store::delivery::Kept) -> DeliveryView {
    DeliveryView {
        id: d.received.id.to_string(),
        source: d.received.source.clone(),
        topic: d.received.topic.clone(),
        received_at: d.received.raw.received_at.to_string(),
        signature: d.signature.clone(),
        state: d.state.clone(),
        note: d.note.clone(),
        copies: d.copies,
        sha256: hex::encode(&d.sha256),
    }
}

fn document(e: &ExplainedDocument) -> Option<DocumentView> {
    let row = &e.row;
    let d = row.document()?;
    let postings = d.postings();
    Some(DocumentView {
        key: row.key.0.clone(),
        kind: d.kind.as_str(),
        state: row.state.as_str(),
        number: d.number.clone(),
        date: d.date.to_string(),
        currency: d.currency.code().to_owned(),
        total: d.total_minor,
        ledger_total: row.ledger_total_minor,
        customer: d.customer.clone(),
        memo: d.memo.clone(),
        marker: row.key.marker(),
        postings: postings
            .into_iter()
            .map(|p| PostingView { account: p.account, amount: p.amount_minor })
            .collect(),
        ledger_id: row.ledger.as_ref().map(|l| l.id.clone()),
        ledger_version: row.ledger.as_ref().map(|l| l.version.clone()),
        posted_at: row.posted_at.map(|t| t.to_string()),
        verified_at: row.verified_at.map(|t| t.to_string()),
        needs: e.needs.clone(),
        reason: row.reason.clone(),
        attempts: e
            .attempts
            .iter()
            .map(|a| AttemptView {
                n: a.n,
                act: a.act.clone(),
                call: a.call_id.clone(),
                started_at: a.started_at.to_string(),
                ended_at: a.ended_at.map(|t| t.to_string()),
                outcome: a.outcome.clone(),
                detail: a.detail.clone().filter(|d| !d.is_empty()),
            })
            .collect(),
        exceptions: e.exceptions.iter().map(ExceptionView::of).collect(),
    })
}
