//! The sub-ledger.

use super::{currency, date};
use crate::Result;
use crate::args::{args, statements};
use kernel::{BusinessDate, BusinessKey, Currency, Document};
use ports::SqlTx;
use std::sync::Arc;

statements! {
    POSTINGS_GONE = "DELETE FROM posting WHERE document_key = $1", [Text] => [];
    POSTING = "INSERT INTO posting (document_key, account, currency, amount_minor) \
               VALUES ($1, $2, $3, $4)", [Text, Text, Text, Int] => [];
    TRIAL_BALANCE = "SELECT account, currency, CAST(sum(amount_minor) AS BIGINT) FROM posting \
                     GROUP BY account, currency ORDER BY account, currency",
        [] => [Text, Text, Int];
    DAILY = "SELECT p.account, d.date, CAST(sum(p.amount_minor) AS BIGINT) FROM posting p \
             JOIN document d ON d.key = p.document_key WHERE p.currency = $1 \
             GROUP BY p.account, d.date ORDER BY p.account, d.date", [Text] => [Text, Int, Int];
}

/// Replaces the sub-ledger postings of documents with those of what the ledger now holds
/// (`None`: nothing).
pub async fn post(
    tx: &mut dyn SqlTx,
    documents: &[(BusinessKey, Option<Arc<Document>>)],
    fresh: bool,
) -> Result<()> {
    if !fresh {
        let gone: Vec<_> = documents.iter().map(|(k, _)| args![k.as_str()]).collect();
        tx.run_many(&POSTINGS_GONE, &gone).await?;
    }
    let mut rows = Vec::new();
    for (key, document) in documents {
        let Some(document) = document else { continue };
        for p in document.postings() {
            rows.push(args![key.as_str(), p.account, document.currency.code(), p.amount_minor]);
        }
    }
    tx.run_many(&POSTING, &rows).await?;
    Ok(())
}

/// The sub-ledger's movements in a currency per account and posting date, debit positive.
pub async fn daily(
    tx: &mut dyn SqlTx,
    currency: Currency,
) -> Result<Vec<(String, BusinessDate, i64)>> {
    let rows = tx.run(&DAILY, &args![currency.code()]).await?;
    rows.iter().map(|r| Ok((r.text(0)?.to_owned(), date(r.int(1)?)?, r.int(2)?))).collect()
}

/// The sub-ledger's balance per account and currency, debit positive.
pub async fn trial_balance(tx: &mut dyn SqlTx) -> Result<Vec<(String, Currency, i64)>> {
    let rows = tx.run(&TRIAL_BALANCE, &[]).await?;
    rows.iter().map(|r| Ok((r.text(0)?.to_owned(), currency(r.text(1)?)?, r.int(2)?))).collect()
}
