//! The tie-out statement from both sides.

use crate::{Error, Result};
use kernel::ReasonCode;
use matching::{Statement, StatementInput, StatementOutcome};
use std::collections::BTreeMap;
use store::Store;
use store::document::DocState;
use store::report::{ClaimRow, SummaryRow};

/// Computes the statement: received from the sources' claims, posted from what the ledger says it
/// holds, everything else by where it stands.
pub async fn statement(store: &Store) -> Result<Statement> {
    let mut tx = store.read().await?;
    let claims = store::report::claims(tx.as_mut()).await?;
    let absent = |c: &ClaimRow| !c.document_key.is_empty() && is_absent(c.state);
    let summaries: BTreeMap<String, SummaryRow> = if claims.iter().any(absent) {
        let rows = store::report::summaries(tx.as_mut()).await?;
        rows.into_iter().map(|row| (row.subject.clone(), row)).collect()
    } else {
        BTreeMap::new()
    };
    let mut inputs = Vec::with_capacity(claims.len());
    let mut last_document = String::new();
    for claim in &claims {
        let first = claim.document_key.is_empty() || claim.document_key != last_document;
        last_document.clone_from(&claim.document_key);
        if claim.outcome == "held" && ports::canary!("held-left-out") {
            continue;
        }
        inputs.push(StatementInput {
            period: claim.date.period(),
            currency: claim.currency,
            class: claim.class.clone(),
            source_minor: claim.amount_minor,
            outcome: outcome(claim, first, &summaries),
        });
    }
    matching::statement(inputs).map_err(|e| Error::Refused(e.to_string()))
}

/// Where a claim stands. What the ledger holds beyond or below what we asked for (its total less
/// ours) falls on the first claim of the document, so that it shows as a difference.
fn outcome(
    claim: &ClaimRow,
    first_of_document: bool,
    summaries: &BTreeMap<String, SummaryRow>,
) -> StatementOutcome {
    let reason = |code: &str| ReasonCode::from_code(code).unwrap_or(ReasonCode::Narrative);
    match claim.outcome.as_str() {
        "held" => return StatementOutcome::Held(reason(&claim.code)),
        // Nothing is excluded while a document of it stands in the ledger: it is on its way out, held
        // where the ledger does not let it go, or left there because its period is closed.
        "excluded" => {
            return match &claim.standing {
                None => StatementOutcome::Excluded(reason(&claim.code)),
                Some((DocState::Divergent | DocState::Quarantined, why)) => {
                    StatementOutcome::Held(reason(why))
                }
                Some((DocState::Posted | DocState::Verified, _)) => {
                    StatementOutcome::Held(ReasonCode::SourceEditedAfterPosting)
                }
                Some(_) => StatementOutcome::Pending,
            };
        }
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
        // A person asked for another look at what differs: it is held until then.
        Some(DocState::Posted)
            if !claim.reason.is_empty() && !ports::canary!("second-look-counts-as-posted") =>
        {
            StatementOutcome::Held(reason(&claim.reason))
        }
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
        Some(DocState::Removed) | None => match summary_of(claim, summaries) {
            _ if ports::canary!("summary-not-asked") => {
                StatementOutcome::Posted { ledger_minor: 0, verified: false }
            }
            // The journal of the day is decided after what goes into it.
            Some(summary) if summary.undecided => StatementOutcome::Pending,
            Some(SummaryRow { held: Some(code), .. }) => StatementOutcome::Held(reason(code)),
            // A claim whose document does not exist, or was removed, is answered by nothing: it
            // counts as posted with 0 and shows as a difference.
            _ => StatementOutcome::Posted { ledger_minor: 0, verified: false },
        },
    }
}

fn is_absent(state: Option<DocState>) -> bool {
    matches!(state, None | Some(DocState::Removed))
}

/// The summary whose journal answers the claim.
fn summary_of<'a>(
    claim: &ClaimRow,
    summaries: &'a BTreeMap<String, SummaryRow>,
) -> Option<&'a SummaryRow> {
    let (subject, _) = claim.document_key.split_once("/journal/")?;
    summaries.get(subject)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_has_read_once_more_is_held_until_it_is_read() {
        let mut claim = ClaimRow {
            class: "payout".to_owned(),
            date: "2026-04-30".parse().unwrap(),
            currency: kernel::Currency::USD,
            amount_minor: -4_087,
            outcome: "document".to_owned(),
            code: String::new(),
            document_key: "po_1/transfer".to_owned(),
            state: Some(DocState::Posted),
            total_minor: 4_087,
            ledger_total_minor: Some(4_187),
            reason: ReasonCode::LedgerEditedOutside.code().to_owned(),
            key: "payout".to_owned(),
            subject: "po_1".to_owned(),
            standing: None,
        };
        let none = BTreeMap::new();
        let held = StatementOutcome::Held(ReasonCode::LedgerEditedOutside);
        assert_eq!(outcome(&claim, true, &none), held);
        claim.reason.clear();
        let posted = StatementOutcome::Posted { ledger_minor: -4_187, verified: false };
        assert_eq!(outcome(&claim, true, &none), posted);
    }
}
