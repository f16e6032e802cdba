//! The whole lineage of one order, document or payout.

use crate::Result;
use kernel::{BusinessKey, Id, Subject, SubjectKind};
use ports::SqlTx;
use std::collections::BTreeSet;
use store::Store;
use store::claim::StoredClaim;
use store::delivery::Kept;
use store::document::{AttemptRow, DocRow};
use store::exception::Exception;
use store::fact::KeptFact;
use store::item::Item;

/// Everything known about one item.
#[derive(Debug, Clone)]
pub struct Explanation {
    /// The item.
    pub item: Item,
    /// Its facts with their origin.
    pub facts: Vec<KeptFact>,
    /// The deliveries they came from.
    pub deliveries: Vec<Kept>,
    /// What the source says moved.
    pub claims: Vec<StoredClaim>,
    /// Its documents.
    pub documents: Vec<ExplainedDocument>,
    /// Its exceptions, open and closed.
    pub exceptions: Vec<Exception>,
}

/// A document with its history.
#[derive(Debug, Clone)]
pub struct ExplainedDocument {
    /// The row.
    pub row: DocRow,
    /// Every write that was tried.
    pub attempts: Vec<AttemptRow>,
    /// What it waits for.
    pub needs: Vec<String>,
    /// Exceptions about it.
    pub exceptions: Vec<Exception>,
}

/// Finds what a person means by `word` (order number, payout id, document number, business key,
/// subject key) and explains each match. Empty when nothing matches.
pub async fn explain(store: &Store, word: &str) -> Result<Vec<Explanation>> {
    let mut tx = store.read().await?;
    let mut items: BTreeSet<Id> = BTreeSet::new();
    let bare = word.trim_start_matches('#');
    for item in store::item::by_number(tx.as_mut(), bare).await? {
        items.insert(item.id);
    }
    for kind in SubjectKind::ALL {
        if let Some(item) = store::item::by_subject(tx.as_mut(), &Subject::new(kind, word)).await? {
            items.insert(item.id);
        }
    }
    let mut rows = store::document::by_number(tx.as_mut(), bare).await?;
    rows.extend(store::document::by_key(tx.as_mut(), &BusinessKey::new(word)).await?);
    for row in rows {
        items.extend(row.item);
        items.extend(store::claim::items_of_document(tx.as_mut(), row.key.as_str()).await?);
    }
    let mut found = Vec::new();
    for id in items {
        if let Some(item) = store::item::by_id(tx.as_mut(), id).await? {
            found.push(explain_item(tx.as_mut(), item).await?);
        }
    }
    Ok(found)
}

async fn explain_item(tx: &mut dyn SqlTx, item: Item) -> Result<Explanation> {
    let facts = store::fact::lineage(tx, &item.subject).await?;
    let origins: BTreeSet<Id> = facts.iter().map(|f| f.delivery).collect();
    let mut deliveries = Vec::new();
    for id in origins {
        deliveries.extend(store::delivery::get(tx, id).await?);
    }
    let claims = store::claim::of_item(tx, item.id).await?;
    let mut rows = store::document::of_item(tx, item.id).await?;
    for claim in &claims {
        let known = rows.iter().any(|r| r.key.as_str() == claim.document_key);
        if !known && !claim.document_key.is_empty() {
            let key = BusinessKey::new(claim.document_key.as_str());
            rows.extend(store::document::by_key(tx, &key).await?);
        }
    }
    let mut documents = Vec::new();
    for row in rows {
        let attempts = store::document::attempts(tx, &row.key).await?;
        let needs = store::document::needs_of(tx, &row.key).await?;
        let scope = format!("document/{}", row.key);
        let exceptions = store::exception::of_scope(tx, &scope).await?;
        documents.push(ExplainedDocument { row, attempts, needs, exceptions });
    }
    let exceptions = store::exception::of_item(tx, item.id).await?;
    Ok(Explanation { item, facts, deliveries, claims, documents, exceptions })
}
