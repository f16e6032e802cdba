//! Payouts of Shopify Payments and the balance transactions they consist of. There is no payout
//! webhook; both are polled (sources-and-cases.md A1).

use super::shop::{Shop, currency, plain_id};
use super::wire;
use crate::kit::fault::{About, fault, unknown};
use crate::kit::{Located, Outcome, Parsed, Scalar, lower, malformed};
use kernel::fact::PayoutItems;
use kernel::{
    BusinessDate, EconomicKey, FactBody, Payout, PayoutEntry, ReasonCode, Subject, SubjectKind,
    Timestamp,
};
use std::collections::BTreeMap;

const PROCESSOR: &str = "shopify_payments";

/// One payout as it stands. It counts when it is paid, on the day it arrives (#107).
pub fn read(shop: &Shop<'_>, wire: &wire::Payout<'_>, out: &mut Outcome) -> Parsed<()> {
    let subject = subject(shop, &wire.id);
    let key = subject.key.clone();
    let code = currency(&wire.currency, "currency").about(&subject)?;
    let amount = wire.amount.as_ref().at("amount").and_then(|a| a.money(code).at("amount"));
    let amount = amount.about(&subject)?;
    let date = wire.date.as_ref().at("date").about(&subject)?;
    let business_date: BusinessDate =
        date.as_str().parse::<BusinessDate>().at("date").about(&subject)?;
    let at = shop.zone.local(date.as_str()).at("date").about(&subject)?;
    let payout = Payout {
        processor: PROCESSOR.to_owned(),
        payout_id: plain_id(&wire.id).to_owned(),
        amount_minor: amount.minor,
        currency: code,
        business_date,
        itemised: true,
        destination: String::new(),
    };
    match &*lower(&wire.status) {
        "paid" => {
            let body = FactBody::PayoutPaid(payout);
            out.fact(shop.fact(&subject, format!("{key}/paid"), 0, at, body));
        }
        "failed" => {
            let body = FactBody::PayoutFailed(payout);
            out.fact(shop.fact(&subject, format!("{key}/failed"), 0, at, body));
        }
        "scheduled" | "in_transit" => out.ignore("a payout on its way: it counts when it is paid"),
        "canceled" | "cancelled" => out.ignore("a payout cancelled before it left: nothing moved"),
        other => {
            let detail = format!("a payout in state `{other}` has no rule here");
            return Err(unknown("status", detail, Some(amount))).about(&subject);
        }
    }
    Ok(())
}

fn subject(shop: &Shop<'_>, payout_id: &Scalar<'_>) -> Subject {
    Subject::new(SubjectKind::Payout, shop.key("payout", payout_id))
}

/// Balance transactions, grouped by payout. `next_page` says that the list goes on elsewhere: a
/// part of a payout must never pass for the whole of it.
pub fn items(
    shop: &Shop<'_>,
    list: &[wire::BalanceTransaction<'_>],
    next_page: bool,
    out: &mut Outcome,
) {
    let mut by_payout: BTreeMap<&str, Vec<&wire::BalanceTransaction<'_>>> = BTreeMap::new();
    for entry in list {
        match &entry.payout_id {
            _ if entry.test.unwrap_or(false) => out.ignore("test movements on the balance"),
            None => out.ignore("movements that no payout contains yet: they come with theirs"),
            Some(payout) => by_payout.entry(plain_id(payout)).or_default().push(entry),
        }
    }
    for (payout, entries) in by_payout {
        let subject = subject(shop, &Scalar::from(payout));
        if next_page {
            let detail = format!(
                "{} movements of payout {payout}, but more pages follow; hand over all pages \
                 as one list",
                entries.len()
            );
            out.fault(malformed("link", detail).about(&subject));
            continue;
        }
        out.attempt(|out| itemised(shop, &subject, payout, &entries, out).about(&subject));
    }
}

fn itemised(
    shop: &Shop<'_>,
    subject: &Subject,
    payout: &str,
    list: &[&wire::BalanceTransaction<'_>],
    out: &mut Outcome,
) -> Parsed<()> {
    let code = currency(&list.first().at("transactions")?.currency, "currency")?;
    let mut entries = Vec::with_capacity(list.len());
    let mut latest = None;
    for wire in list {
        let own = currency(&wire.currency, "currency")?;
        if own != code {
            let detail = format!("movements in {code} and in {own} inside one payout");
            return Err(fault(ReasonCode::CurrencyMismatch, "currency", detail));
        }
        if let Some(text) = &wire.processed_at {
            latest = latest.max(Some(Timestamp::parse(text.as_str()).at("processed_at")?));
        }
        let category = lower(&wire.movement_type);
        if category == "payout" || category == "transfer" {
            continue;
        }
        let gross = wire.amount.as_ref().at("amount")?.money(code).at("amount")?.minor;
        // net = amount − fee breaks on some adjustments; the net is what the payout holds.
        let net = wire.net.as_ref().at("net")?.money(code).at("net")?.minor;
        let source = wire.source_order_transaction_id.as_ref();
        entries.push(PayoutEntry {
            id: plain_id(&wire.id).to_owned(),
            category: category.into_owned(),
            gross_minor: gross,
            fee_minor: gross.checked_sub(net).at("net")?,
            fee_tax_minor: 0,
            of: source.map(|tx| EconomicKey(shop.key("transaction", tx))),
        });
    }
    // A longer list is a later one: movements are only ever added to a payout.
    let version = i64::try_from(entries.len()).unwrap_or(i64::MAX);
    let body = FactBody::PayoutItemised(PayoutItems {
        processor: PROCESSOR.to_owned(),
        payout_id: payout.to_owned(),
        currency: code,
        entries,
    });
    let at = latest.at("processed_at")?;
    out.fact(shop.fact(subject, format!("{}/items", subject.key), version, at, body));
    Ok(())
}
