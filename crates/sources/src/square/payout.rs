//! Payouts and the movements they consist of. A payout counts when it is paid, on the day it
//! arrives (case 107).

use super::account::{Account, PROCESSOR, capture_key, dispute_key, moment, money, refund_key};
use super::wire;
use crate::kit::fault::{About, fault, unknown};
use crate::kit::{Located, Outcome, Parsed, Scalar, Text, malformed};
use kernel::fact::PayoutItems;
use kernel::{
    BusinessDate, EconomicKey, FactBody, Payout, PayoutEntry, ReasonCode, Subject, SubjectKind,
};
use std::collections::BTreeMap;

/// A payout as an event or the API shows it.
pub fn read(account: &Account<'_>, payout: &wire::Payout<'_>, out: &mut Outcome) -> Parsed<()> {
    let id = payout.id.as_str();
    let subject = account.subject(SubjectKind::Payout, id);
    if account.is_test {
        out.ignore("a payout in the sandbox: no money moved");
        return Ok(());
    }
    let amount = money(payout.amount_money.as_ref(), "amount_money").about(&subject)?;
    let (verb, body): (_, fn(Payout) -> FactBody) =
        match payout.status.as_ref().map_or("", Text::as_str) {
            "PAID" => ("paid", FactBody::PayoutPaid),
            "FAILED" => ("failed", FactBody::PayoutFailed),
            "SENT" => {
                out.ignore("a payout on its way: it counts when it is paid");
                return Ok(());
            }
            other => {
                let detail = format!("a payout in state `{other}` has no rule here");
                return Err(unknown("status", detail, Some(amount))).about(&subject);
            }
        };
    let made = moment(payout.created_at.as_ref(), "created_at").about(&subject)?;
    let business_date = match &payout.arrival_date {
        Some(day) => day.as_str().parse::<BusinessDate>().at("arrival_date").about(&subject)?,
        None => made.date_in(&account.settings.zone),
    };
    let destination = payout.destination.as_ref().and_then(|d| d.id.as_ref());
    let facts = Payout {
        processor: PROCESSOR.to_owned(),
        payout_id: id.to_owned(),
        amount_minor: amount.minor,
        currency: amount.currency,
        business_date,
        itemised: true,
        destination: destination.map_or("", Text::as_str).to_owned(),
    };
    let key = EconomicKey([PROCESSOR, id, verb].join("/"));
    out.fact(account.fact(&subject, key, 0, made, body(facts)));
    Ok(())
}

/// The movements of payouts: `GET /v2/payouts/{id}/payout-entries`, all pages as one list. With
/// `is_part` the answer says that other pages follow.
pub fn entries(
    account: &Account<'_>,
    list: &[wire::PayoutEntry<'_>],
    is_part: bool,
    out: &mut Outcome,
) {
    let mut payouts: BTreeMap<&str, Vec<&wire::PayoutEntry<'_>>> = BTreeMap::new();
    for entry in list {
        payouts.entry(entry.payout_id.as_str()).or_default().push(entry);
    }
    for (id, of) in payouts {
        let subject = account.subject(SubjectKind::Payout, id);
        out.attempt(|out| {
            if is_part {
                // A part of a payout must never pass for the whole of it.
                let detail = format!(
                    "{} movements of payout {id}, but the cursor says that others follow; hand \
                     over all pages as one list without a cursor",
                    of.len()
                );
                return Err(malformed("cursor", detail)).about(&subject);
            }
            itemised(account, id, &of, &subject, out).about(&subject)
        });
    }
}

fn itemised(
    account: &Account<'_>,
    id: &str,
    list: &[&wire::PayoutEntry<'_>],
    subject: &Subject,
    out: &mut Outcome,
) -> Parsed<()> {
    if account.is_test {
        out.ignore("a payout in the sandbox: no money moved");
        return Ok(());
    }
    let first = list.first().at("payout_entries")?;
    let currency = money(first.gross_amount_money.as_ref(), "gross_amount_money")?.currency;
    let mut latest = moment(first.effective_at.as_ref(), "effective_at")?;
    let mut entries = Vec::with_capacity(list.len());
    for entry in list {
        let gross = money(entry.gross_amount_money.as_ref(), "gross_amount_money")?;
        let net = match &entry.net_amount_money {
            // The net is what the payout holds.
            Some(_) => money(entry.net_amount_money.as_ref(), "net_amount_money")?,
            None => gross
                .checked_sub(money(entry.fee_amount_money.as_ref(), "fee_amount_money")?)
                .at("fee_amount_money")?,
        };
        if gross.currency != currency {
            let detail = format!("movements in {currency} and in {} in a payout", gross.currency);
            return Err(fault(ReasonCode::CurrencyMismatch, "gross_amount_money", detail));
        }
        latest = latest.max(moment(entry.effective_at.as_ref(), "effective_at")?);
        let kind = entry.entry_type.as_ref().map_or("", Text::as_str);
        entries.push(PayoutEntry {
            id: entry.id.as_str().to_owned(),
            category: category(kind),
            gross_minor: gross.minor,
            fee_minor: gross.checked_sub(net).at("net_amount_money")?.minor,
            fee_tax_minor: 0,
            of: settled(entry),
        });
    }
    // A longer list is a later one: movements are only ever added to a payout.
    let version = i64::try_from(entries.len()).unwrap_or(i64::MAX);
    let body = FactBody::PayoutItemised(PayoutItems {
        processor: PROCESSOR.to_owned(),
        payout_id: id.to_owned(),
        currency,
        entries,
    });
    let key = EconomicKey([PROCESSOR, id, "items"].join("/"));
    out.fact(account.fact(subject, key, version, latest, body));
    Ok(())
}

/// The category that the rules know a type by; a type that is not here keeps its own name, which
/// the rules have to name before the payout is itemised (sources-and-cases.md A5).
fn category(kind: &str) -> String {
    match kind {
        "CHARGE" => "charge".to_owned(),
        "REFUND" | "UNLINKED_REFUND" => "refund".to_owned(),
        "DISPUTE" | "OPEN_DISPUTE" => "dispute".to_owned(),
        "RESERVE_HOLD" | "RESERVE_RELEASE" | "HOLD_ADJUSTMENT" => "reserve".to_owned(),
        "ADJUSTMENT" => "adjustment".to_owned(),
        "TAX_ON_FEE" => "tax".to_owned(),
        "FEE"
        | "PROCESSING_FEE"
        | "PROCESSING_FEE_REFUND"
        | "DEPOSIT_FEE"
        | "DEPOSIT_FEE_REVERSED"
        | "THIRD_PARTY_FEE"
        | "THIRD_PARTY_FEE_REFUND"
        | "GIFT_CARD_LOAD_FEE"
        | "GIFT_CARD_LOAD_FEE_REFUND" => "fee".to_owned(),
        other => other.to_ascii_lowercase(),
    }
}

/// The payment, refund or dispute that a movement settles.
fn settled(entry: &wire::PayoutEntry<'_>) -> Option<EconomicKey> {
    let charge = entry.type_charge_details.as_ref().and_then(|d| d.payment_id.as_ref());
    let refund = entry.type_refund_details.as_ref().and_then(|d| d.refund_id.as_ref());
    let disputes = [&entry.type_dispute_details, &entry.type_open_dispute_details];
    let dispute = disputes.into_iter().flatten().find_map(|d| d.dispute_id.as_ref());
    let id = |id: Option<&Scalar<'_>>, key: fn(&str) -> EconomicKey| id.map(|i| key(i.as_str()));
    id(charge, capture_key).or_else(|| id(refund, refund_key)).or_else(|| id(dispute, dispute_key))
}
