//! The tie-out statement from both sides, and the check of the sub-ledger against the ledger.

use crate::{Engine, Error, Result};
use kernel::{Currency, ReasonCode};
use matching::{Statement, StatementInput, StatementOutcome};
use ports::ReadOutcome;
use std::collections::BTreeMap;
use store::Store;
use store::document::DocState;
use store::report::ClaimRow;

/// Computes the statement: received from the sources' claims, posted from what the ledger says it
/// holds, everything else by where it stands.
pub async fn statement(store: &Store) -> Result<Statement> {
    let mut tx = store.read().await?;
    let claims = store::report::claims(tx.as_mut()).await?;
    let mut inputs = Vec::with_capacity(claims.len());
    let mut last_document = String::new();
    for claim in &claims {
        let first = claim.document_key.is_empty() || claim.document_key != last_document;
        last_document.clone_from(&claim.document_key);
        inputs.push(StatementInput {
            period: claim.date.period(),
            currency: claim.currency,
            class: claim.class.clone(),
            source_minor: claim.amount_minor,
            outcome: outcome(claim, first),
        });
    }
    matching::statement(inputs).map_err(|e| Error::Refused(e.to_string()))
}

/// Where a claim stands. What the ledger holds beyond or below what we asked for (its total less
/// ours) falls on the first claim of the document, so that it shows as a difference.
fn outcome(claim: &ClaimRow, first_of_document: bool) -> StatementOutcome {
    let reason = |code: &str| ReasonCode::from_code(code).unwrap_or(ReasonCode::Narrative);
    match claim.outcome.as_str() {
        "held" => return StatementOutcome::Held(reason(&claim.code)),
        "excluded" => return StatementOutcome::Excluded(reason(&claim.code)),
        "pending" => return StatementOutcome::Pending,
        _ => {}
    }
    let off = match claim.ledger_total_minor {
        Some(ledger) if first_of_document => ledger.saturating_sub(claim.total_minor),
        _ => 0,
    };
    let sign = if claim.amount_minor < 0 { -1 } else { 1 };
    let ledger_minor = claim.amount_minor.saturating_add(off.saturating_mul(sign));
    match claim.state {
        Some(DocState::Verified) => StatementOutcome::Posted { ledger_minor, verified: true },
        Some(DocState::Posted) => StatementOutcome::Posted { ledger_minor, verified: false },
        Some(DocState::Divergent | DocState::Quarantined) => {
            StatementOutcome::Held(reason(&claim.reason))
        }
        Some(
            DocState::Waiting
            | DocState::Ready
            | DocState::InFlight
            | DocState::Unknown
            | DocState::Stale,
        ) => StatementOutcome::Pending,
        // A claim whose document does not exist, or was removed, is answered by nothing: it
        // counts as posted with 0 and shows as a difference.
        Some(DocState::Removed) | None => {
            StatementOutcome::Posted { ledger_minor: 0, verified: false }
        }
    }
}

/// Our sub-ledger beside the ledger's own trial balance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubLedgerCheck {
    /// Accounts compared.
    pub accounts: usize,
    /// Accounts that differ.
    pub breaks: Vec<matching::Break>,
}

impl Engine {
    /// Compares the sub-ledger with the ledger's trial balance, over the accounts we post to.
    pub async fn check_sub_ledger(&self, home: Currency) -> Result<SubLedgerCheck> {
        let deadline = self.now().plus_seconds(self.limits.call_timeout_s);
        let ledger = match self.target.trial_balance(deadline).await {
            ReadOutcome::Read(balances) => balances,
            ReadOutcome::Failed(why) => {
                return Err(Error::Refused(format!("the trial balance could not be read: {why}")));
            }
            ReadOutcome::Throttled => {
                return Err(Error::Refused("the ledger's limit was hit; try again".to_owned()));
            }
            ReadOutcome::Disconnected(f) => {
                return Err(Error::Refused(format!("the ledger is not connected: {}", f.summary)));
            }
        };
        let mut tx = self.store.read().await?;
        let mut ours: BTreeMap<String, i64> = BTreeMap::new();
        for (account, currency, minor) in store::document::trial_balance(tx.as_mut()).await? {
            if currency == home {
                // Names in a chart of accounts are equal without regard to case.
                *ours.entry(account.to_lowercase()).or_default() += minor;
            }
        }
        let theirs: BTreeMap<String, i64> = ledger
            .into_iter()
            .map(|(name, minor)| (name.to_lowercase(), minor))
            .filter(|(name, _)| ours.contains_key(name))
            .collect();
        Ok(SubLedgerCheck { accounts: ours.len(), breaks: matching::tie_out(&ours, &theirs) })
    }
}
