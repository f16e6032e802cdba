//! Disputes. Square states the disputed amount and takes no fee for it; the payout's entries tell
//! otherwise where it does.

use super::account::{Account, PROCESSOR, capture_key, dispute_key, moment, money};
use super::wire;
use crate::kit::fault::{About, unknown};
use crate::kit::{Located, Outcome, Parsed, Scalar, Text};
use kernel::{Dispute, EconomicKey, FactBody, SubjectKind, Timestamp};

/// How a dispute ended: the last part of the key, and the fact.
type End = (&'static str, fn(Dispute) -> FactBody);

/// A dispute as an event or the API shows it. Every state tells the opening, so that a lost event
/// loses nothing.
pub fn read(account: &Account<'_>, dispute: &wire::Dispute<'_>, out: &mut Outcome) -> Parsed<()> {
    let id = dispute.id.as_ref().or(dispute.dispute_id.as_ref()).at("id")?.as_str();
    let subject = account.subject(SubjectKind::Dispute, id);
    if account.is_test {
        out.ignore("a dispute in the sandbox: no money moved");
        return Ok(());
    }
    let disputed = money(dispute.amount_money.as_ref(), "amount_money").about(&subject)?;
    let state = dispute.state.as_ref().map_or("", Text::as_str);
    // The amount of an inquiry has not moved (case 129); a dispute that follows is a later word.
    let (moved, version, end): (_, _, Option<End>) = match state {
        "INQUIRY_EVIDENCE_REQUIRED" | "INQUIRY_PROCESSING" => (0, 0, None),
        "INQUIRY_CLOSED" => {
            out.ignore("an inquiry that ended: no money moved");
            return Ok(());
        }
        "EVIDENCE_REQUIRED" | "PROCESSING" => (disputed.minor, 1, None),
        "WON" => (disputed.minor, 1, Some(("won", FactBody::DisputeWon))),
        "LOST" | "ACCEPTED" => (disputed.minor, 1, Some(("lost", FactBody::DisputeLost))),
        other => {
            let detail = format!("a dispute in state `{other}` has no rule here");
            return Err(unknown("state", detail, Some(disputed))).about(&subject);
        }
    };
    let opened = moment(dispute.created_at.as_ref(), "created_at").about(&subject)?;
    let updated = dispute.updated_at.as_ref();
    let updated = updated.map_or(Ok(opened), |u| moment(Some(u), "updated_at")).about(&subject)?;
    let payment = dispute.disputed_payment.as_ref().and_then(|p| p.payment_id.as_ref());
    let facts = |amount_minor, at: Timestamp| Dispute {
        processor: PROCESSOR.to_owned(),
        dispute_id: id.to_owned(),
        of: payment.map(Scalar::as_str).map(capture_key),
        amount_minor,
        fee_minor: 0,
        currency: disputed.currency,
        business_date: at.date_in(&account.settings.zone),
        reason: dispute.reason.as_ref().map_or("", Text::as_str).to_owned(),
    };
    let body = FactBody::DisputeOpened(facts(moved, opened));
    out.fact(account.fact(&subject, dispute_key(id), version, opened, body));
    if let Some((verb, body)) = end {
        let key = EconomicKey([PROCESSOR, id, verb].join("/"));
        out.fact(account.fact(&subject, key, 0, updated, body(facts(moved, updated))));
    }
    Ok(())
}
