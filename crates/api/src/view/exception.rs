//! Exceptions: items that need a decision.

use serde::Serialize;
use store::exception::{Exception, Group};

/// One exception.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExceptionView {
    /// Its id.
    pub id: String,
    /// The reason code.
    pub code: &'static str,
    /// Its readable name.
    pub slug: &'static str,
    /// One sentence.
    pub title: &'static str,
    /// `transient`, `structural`, `data` or `policy`.
    pub class: &'static str,
    /// Who acts.
    pub owner: &'static str,
    /// What is usually done.
    pub action: &'static str,
    /// What is wrong with this one.
    pub detail: String,
    /// The item, when known.
    pub item: Option<String>,
    /// The document, else empty.
    pub document: String,
    /// The delivery, when known.
    pub delivery: Option<String>,
    /// Where in the delivery.
    pub place: String,
    /// The code of the ledger or source.
    pub upstream: String,
    /// The amount at stake, minor units.
    pub amount: Option<i64>,
    /// Its currency.
    pub currency: Option<String>,
    /// When it was opened.
    pub opened_at: String,
    /// When it was closed.
    pub closed_at: Option<String>,
    /// How it was closed.
    pub resolution: String,
}

impl ExceptionView {
    /// The view of `e`.
    pub fn of(e: &Exception) -> Self {
        Self {
            id: e.id.to_string(),
            code: e.code.code(),
            slug: e.code.slug(),
            title: e.code.title(),
            class: e.code.class().as_str(),
            owner: e.code.owner(),
            action: e.code.action(),
            detail: e.detail.clone(),
            item: e.item.map(|i| i.to_string()),
            document: e.document.clone(),
            delivery: e.delivery.map(|i| i.to_string()),
            place: e.place.clone(),
            upstream: e.upstream.clone(),
            amount: e.amount.map(|m| m.minor),
            currency: e.amount.map(|m| m.currency.code().to_owned()),
            opened_at: e.opened_at.to_string(),
            closed_at: e.closed_at.map(|t| t.to_string()),
            resolution: e.resolution.clone(),
        }
    }
}

/// Open exceptions of one cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GroupView {
    /// The reason code.
    pub code: &'static str,
    /// Its readable name.
    pub slug: &'static str,
    /// One sentence.
    pub title: &'static str,
    /// `transient`, `structural`, `data` or `policy`.
    pub class: &'static str,
    /// What is usually done.
    pub action: &'static str,
    /// Who acts.
    pub owner: &'static str,
    /// Currency of the amount, empty when none of them has one.
    pub currency: String,
    /// How many.
    pub count: i64,
    /// Sum at stake, minor units.
    pub amount: i64,
    /// When the oldest was opened.
    pub oldest: String,
}

impl GroupView {
    /// The view of `g`.
    pub fn of(g: &Group) -> Self {
        Self {
            code: g.code.code(),
            slug: g.code.slug(),
            title: g.code.title(),
            class: g.code.class().as_str(),
            action: g.code.action(),
            owner: g.code.owner(),
            currency: g.currency.clone(),
            count: g.count,
            amount: g.amount_minor,
            oldest: g.oldest.to_string(),
        }
    }
}
