//! Disputes of Shopify Payments. Fees come with the balance transactions only
//! (sources-and-cases.md B, trap c).

use super::shop::{Shop, currency, moment, plain_id};
use super::wire;
use crate::kit::fault::{About, unknown};
use crate::kit::{Located, Outcome, Parsed, lower, owned};
use kernel::{Dispute, FactBody, Subject, SubjectKind, Timestamp};

/// One dispute as it stands. A chargeback that is decided was opened before, so both movements
/// are told; an inquiry moves nothing (sources-and-cases.md #129).
pub fn read(shop: &Shop<'_>, wire: &wire::Dispute<'_>, out: &mut Outcome) -> Parsed<()> {
    let key = shop.key("dispute", &wire.id);
    let subject = Subject::new(SubjectKind::Dispute, key.clone());
    let code = currency(&wire.currency, "currency").about(&subject)?;
    let disputed = wire.amount.as_ref().at("amount").and_then(|a| a.money(code).at("amount"));
    let disputed = disputed.about(&subject)?;
    let opened = moment(&[&wire.initiated_at], "initiated_at").about(&subject)?;
    let decided =
        moment(&[&wire.finalized_on, &wire.evidence_sent_on, &wire.initiated_at], "finalized_on")
            .about(&subject)?;
    let is_inquiry = owned(&wire.dispute_type).eq_ignore_ascii_case("inquiry");
    let amount_minor = if is_inquiry { 0 } else { disputed.minor };
    let dispute = |at: Timestamp| Dispute {
        processor: "shopify_payments".to_owned(),
        dispute_id: plain_id(&wire.id).to_owned(),
        of: None,
        amount_minor,
        fee_minor: 0,
        currency: code,
        business_date: at.date_in(shop.zone),
        reason: owned(&wire.reason),
    };
    let mut say = |verb: &str, at: Timestamp, body: FactBody| {
        out.fact(shop.fact(&subject, format!("{key}/{verb}"), 0, at, body));
    };
    let status = lower(&wire.status);
    match &*status {
        "needs_response" | "under_review" | "charge_refunded" | "won" | "lost" | "accepted" => {
            say("opened", opened, FactBody::DisputeOpened(dispute(opened)));
        }
        other => {
            let detail = format!("a dispute in state `{other}` has no rule here");
            return Err(unknown("status", detail, Some(disputed))).about(&subject);
        }
    }
    match &*status {
        _ if is_inquiry => {}
        "won" => say("won", decided, FactBody::DisputeWon(dispute(decided))),
        "lost" | "accepted" => say("lost", decided, FactBody::DisputeLost(dispute(decided))),
        _ => {}
    }
    Ok(())
}
