//! Rows for statements and status: claims beside what the ledger says.

use crate::args::{args, statements};
use crate::document::{DocState, currency, date};
use crate::{Result, StoreError};
use kernel::{BusinessDate, Currency, SubjectKind};
use ports::SqlTx;

statements! {
    CLAIMS = "SELECT c.class, c.date, c.currency, c.amount_minor, c.outcome, c.code, \
              c.document_key, d.state, d.total_minor, d.ledger_total_minor, d.reason, c.key, \
              i.subject_key, CASE WHEN c.outcome = 'excluded' THEN \
              (SELECT min(u.state || ' ' || u.reason) FROM document u \
              WHERE u.item_id = c.item_id AND u.state <> 'removed' AND u.ledger_id IS NOT NULL \
              AND (u.act IN ('void', 'delete') OR NOT EXISTS (SELECT 1 FROM claim k \
              WHERE k.item_id = c.item_id AND k.document_key <> ''))) ELSE NULL END \
              FROM claim c JOIN item i ON i.id = c.item_id \
              LEFT JOIN document d ON d.key = c.document_key \
              ORDER BY c.document_key, i.subject_key, c.key",
        [] => [Text, Int, Text, Int, Text, Text, Text, Text, Int, Int, Text, Text, Text, Text];
    SUMMARIES = "SELECT i.subject_key, CASE WHEN i.decided < i.revision THEN 1 ELSE 0 END, e.code \
                 FROM item i LEFT JOIN exception e ON e.item_id = i.id AND e.closed_at IS NULL \
                 WHERE i.subject_kind = $1 ORDER BY i.subject_key, e.code",
        [Text] => [Text, Int, Text];
    FACT_AMOUNTS = "SELECT kind, count(*) FROM fact GROUP BY kind ORDER BY kind",
        [] => [Text, Int];
}

/// Where a summary stands whose journal may not be there (yet).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SummaryRow {
    /// Key of the summary subject.
    pub subject: String,
    /// What goes into it is to be decided again.
    pub undecided: bool,
    /// Code of an open exception that holds it; a row for each.
    pub held: Option<String>,
}

/// Every summary, by key.
pub async fn summaries(tx: &mut dyn SqlTx) -> Result<Vec<SummaryRow>> {
    let rows = tx.run(&SUMMARIES, &args![SubjectKind::Summary.as_str()]).await?;
    rows.iter()
        .map(|r| {
            Ok(SummaryRow {
                subject: r.text(0)?.to_owned(),
                undecided: r.int(1)? != 0,
                held: r.opt_text(2)?.map(str::to_owned),
            })
        })
        .collect()
}

/// One claim with the state of its document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimRow {
    /// Class of the claim.
    pub class: String,
    /// Date that decides the period.
    pub date: BusinessDate,
    /// Currency.
    pub currency: Currency,
    /// What the source says moved.
    pub amount_minor: i64,
    /// `document`, `held`, `excluded` or `pending`.
    pub outcome: String,
    /// Reason code, else empty.
    pub code: String,
    /// The document's key, else empty.
    pub document_key: String,
    /// The document's state.
    pub state: Option<DocState>,
    /// The total we asked for.
    pub total_minor: i64,
    /// The total the ledger says it holds.
    pub ledger_total_minor: Option<i64>,
    /// Why the document is held, else empty.
    pub reason: String,
    /// Key of the claim within its subject.
    pub key: String,
    /// The subject.
    pub subject: String,
    /// Of an excluded claim: state and reason of a document of the same subject that stands in the
    /// ledger although it is not wanted there any more.
    pub standing: Option<(DocState, String)>,
}

/// All claims, those of one document next to each other.
pub async fn claims(tx: &mut dyn SqlTx) -> Result<Vec<ClaimRow>> {
    let rows = tx.run(&CLAIMS, &[]).await?;
    rows.iter()
        .map(|r| {
            let state = r
                .opt_text(7)?
                .map(|s| {
                    DocState::parse(s)
                        .ok_or_else(|| StoreError::Damaged(format!("unknown state `{s}`")))
                })
                .transpose()?;
            Ok(ClaimRow {
                class: r.text(0)?.to_owned(),
                date: date(r.int(1)?)?,
                currency: currency(r.text(2)?)?,
                amount_minor: r.int(3)?,
                outcome: r.text(4)?.to_owned(),
                code: r.text(5)?.to_owned(),
                document_key: r.text(6)?.to_owned(),
                state,
                total_minor: r.opt_int(8)?.unwrap_or(0),
                ledger_total_minor: r.opt_int(9)?,
                reason: r.opt_text(10)?.unwrap_or_default().to_owned(),
                key: r.text(11)?.to_owned(),
                subject: r.text(12)?.to_owned(),
                standing: r.opt_text(13)?.map(standing).transpose()?,
            })
        })
        .collect()
}

/// Reads `state reason`.
fn standing(text: &str) -> Result<(DocState, String)> {
    let (state, reason) = text.split_once(' ').unwrap_or((text, ""));
    let state = DocState::parse(state)
        .ok_or_else(|| StoreError::Damaged(format!("unknown state `{state}`")))?;
    Ok((state, reason.to_owned()))
}

/// Facts by kind.
pub async fn facts_by_kind(tx: &mut dyn SqlTx) -> Result<Vec<(String, i64)>> {
    let rows = tx.run(&FACT_AMOUNTS, &args![]).await?;
    rows.iter().map(|r| Ok((r.text(0)?.to_owned(), r.int(1)?))).collect()
}
