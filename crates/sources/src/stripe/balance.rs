//! Balance transactions: the movements of a payout, and fees that belong to none.

use super::account::{Account, PROCESSOR, money, settled_by};
use super::wire;
use crate::kit::fault::{About, fault, unknown};
use crate::kit::{Located, Outcome, Parsed, Text, body, malformed};
use kernel::fact::PayoutItems;
use kernel::{
    EconomicKey, FactBody, Fee, PayoutEntry, ReasonCode, Subject, SubjectKind, Timestamp,
};
use serde_json::value::RawValue;

/// Types that are a charge of Stripe for its service and nothing else.
const FEES: &[&str] = &["stripe_fee", "stripe_fx_fee", "tax_fee"];
/// Types whose money other events tell of.
const TOLD_ELSEWHERE: &[&str] = &[
    "charge",
    "payment",
    "refund",
    "payment_refund",
    "refund_failure",
    "payment_failure_refund",
    "payment_reversal",
    "payout",
    "payout_cancel",
    "payout_failure",
];

/// The objects of a list as movements, or what is wrong with one of them; nothing where another kind
/// of object is among them.
pub fn movements<'t>(items: &[&'t RawValue]) -> Option<Parsed<Vec<wire::BalanceTransaction<'t>>>> {
    let is_one = |name: &Option<Text<'_>>| name.as_ref().is_some_and(|n| n.as_str() == NAME);
    let read: Parsed<Vec<wire::BalanceTransaction<'t>>> =
        items.iter().map(|raw| body::json(raw.get(), "data")).collect();
    let are_all = match &read {
        Ok(list) => list.iter().all(|movement| is_one(&movement.object)),
        Err(_) => items.iter().all(|raw| {
            serde_json::from_str::<wire::Top<'_>>(raw.get()).is_ok_and(|top| is_one(&top.object))
        }),
    };
    are_all.then_some(read)
}

/// How a movement names itself.
const NAME: &str = "balance_transaction";

/// The exact movements of payout `id`: `GET /v1/balance_transactions?payout=…`.
pub fn payout_items(
    account: &Account<'_>,
    id: &str,
    has_more: Option<bool>,
    movements: Parsed<Vec<wire::BalanceTransaction<'_>>>,
    out: &mut Outcome,
) -> Parsed<()> {
    let subject = account.subject(SubjectKind::Payout, id);
    let list = movements.about(&subject)?;
    if has_more == Some(true) {
        // A part of a payout must never pass for the whole of it.
        let detail = format!(
            "{} movements of payout {id}, but has_more says that others follow; hand over all \
             pages as one list",
            list.len()
        );
        return Err(malformed("has_more", detail)).about(&subject);
    }
    itemised(account, id, &list, &subject, out).about(&subject)
}

fn itemised(
    account: &Account<'_>,
    id: &str,
    list: &[wire::BalanceTransaction<'_>],
    subject: &Subject,
    out: &mut Outcome,
) -> Parsed<()> {
    let Some(first) = list.first() else {
        return Err(malformed("data", format!("payout {id} without movements; fetch it again")));
    };
    let currency = money(0, first.currency.as_str(), "currency")?.currency;
    let mut entries = Vec::with_capacity(list.len());
    for (n, movement) in list.iter().enumerate() {
        let at = format_args!("data[{n}]");
        let amount = money(movement.amount, movement.currency.as_str(), at)?;
        if amount.currency != currency {
            let detail = format!("movements in {currency} and in {} in a payout", amount.currency);
            return Err(fault(ReasonCode::CurrencyMismatch, at.to_string(), detail));
        }
        let kind = movement.movement_type.as_ref().map_or("", Text::as_str);
        if kind == "payout" {
            continue;
        }
        let fee = match movement.net {
            // The net is what the payout holds.
            Some(net) => {
                let net = money(net, movement.currency.as_str(), at)?;
                amount.checked_sub(net).at(at)?.minor
            }
            None => money(movement.fee.unwrap_or(0), movement.currency.as_str(), at)?.minor,
        };
        let category = movement.reporting_category.as_ref().map_or(kind, Text::as_str);
        entries.push(PayoutEntry {
            id: movement.id.as_str().to_owned(),
            category: category.to_owned(),
            gross_minor: amount.minor,
            fee_minor: fee,
            fee_tax_minor: fee_tax(movement),
            of: movement.source.as_ref().and_then(|s| settled_by(s.as_str())),
        });
    }
    let latest = list.iter().map(|m| m.created).max().unwrap_or_default();
    // A longer list is a later one: movements are only ever added to a payout.
    let version = i64::try_from(entries.len()).unwrap_or(i64::MAX);
    let body = FactBody::PayoutItemised(PayoutItems {
        processor: PROCESSOR.to_owned(),
        payout_id: id.to_owned(),
        currency,
        entries,
    });
    let key = EconomicKey([PROCESSOR, id, "items"].join("/"));
    let at = Timestamp::from_seconds(latest);
    out.fact(account.fact(subject, key, version, at, body));
    Ok(())
}

/// One movement without its payout: a fee of its own is a fact, money that other events tell of
/// is left to them, anything else needs a rule.
pub fn single(
    account: &Account<'_>,
    movement: &wire::BalanceTransaction<'_>,
    out: &mut Outcome,
) -> Parsed<()> {
    let id = movement.id.as_str();
    let kind = movement.movement_type.as_ref().map_or("", Text::as_str);
    let amount = money(movement.amount, movement.currency.as_str(), "amount")?;
    if TOLD_ELSEWHERE.contains(&kind) {
        out.ignore(format!("a movement of type {kind}: its payout's list and its own event tell"));
        return Ok(());
    }
    let subject = account.subject(SubjectKind::Fee, id);
    if !FEES.contains(&kind) {
        let detail = format!("a movement of type `{kind}` outside a payout has no rule here");
        return Err(unknown("type", detail, Some(amount))).about(&subject);
    }
    let net = movement.net.map(|n| money(n, movement.currency.as_str(), "net")).transpose()?;
    let at = Timestamp::from_seconds(movement.created);
    let described = movement.description.as_ref().map(Text::as_str).filter(|d| !d.is_empty());
    let fee = Fee {
        processor: PROCESSOR.to_owned(),
        reason: described.unwrap_or(kind).to_owned(),
        tax_minor: fee_tax(movement),
        amount_minor: net.unwrap_or(amount).checked_neg().at("net")?.minor,
        currency: amount.currency,
        business_date: at.date_in(&account.settings.zone),
        of: movement.source.as_ref().and_then(|s| settled_by(s.as_str())),
    };
    let key = EconomicKey([PROCESSOR, id, "fee"].join("/"));
    out.fact(account.fact(&subject, key, 0, at, FactBody::FeeCharged(fee)));
    Ok(())
}

/// The tax inside a movement's fee (sources-and-cases.md #102).
fn fee_tax(movement: &wire::BalanceTransaction<'_>) -> i64 {
    let parts = movement.fee_details.iter().flatten();
    let taxes = parts.filter(|p| p.fee_type.as_ref().is_some_and(|t| t.as_str() == "tax"));
    taxes.fold(0, |sum, p| sum.saturating_add(p.amount))
}
