//! Captures, sales (v1) and authorisations.

use super::account::{Account, PROCESSOR, key, moment, money, required};
use super::wire;
use crate::kit::fault::{About, fault, unknown};
use crate::kit::{Located, Outcome, Parsed, Scalar, Text};
use kernel::{EconomicKey, FactBody, Money, Payment, ReasonCode, Timestamp};

/// What is known around a payment object.
#[derive(Clone, Copy, Default)]
pub struct Told<'t> {
    /// `custom_id` of the purchase, where the payment has none.
    pub custom: Option<&'t Text<'t>>,
    /// It comes from the sandbox.
    pub test: bool,
}

/// A capture or a sale as it stands; what was given back of it is told by the refunds.
pub fn capture(
    account: &Account<'_>,
    wire: &wire::Payment<'_>,
    told: Told<'_>,
    out: &mut Outcome,
) -> Parsed<()> {
    let id = wire.id.as_str();
    let subject = account.payment_subject(wire.custom_id.as_ref().or(told.custom), id);
    let amount = required(wire.amount.as_ref(), "amount").about(&subject)?;
    let at = moment(&[&wire.create_time], "create_time").about(&subject).worth(Some(amount))?;
    let test = told.test || account.is_test(wire.links.as_ref());
    let status = wire.status.as_ref().map_or("", Text::as_str).to_ascii_uppercase();
    let body: fn(Payment) -> FactBody = match status.as_str() {
        "COMPLETED" | "PARTIALLY_REFUNDED" | "REFUNDED" => FactBody::PaymentCaptured,
        "DECLINED" | "DENIED" | "FAILED" => FactBody::PaymentFailed,
        "PENDING" => {
            out.ignore("a payment still pending: it is told again when it ends");
            return Ok(());
        }
        "REVERSED" => return reversed(account, wire, told.test, out),
        other => {
            let detail = format!("a payment in state `{other}` has no rule here");
            return Err(unknown("status", detail, Some(amount))).about(&subject);
        }
    };
    let is_captured = matches!(status.as_str(), "COMPLETED" | "PARTIALLY_REFUNDED" | "REFUNDED");
    let payment = paid(account, id, amount, at, test);
    out.fact(account.fact(&subject, key(id, "capture"), at, body(payment)));
    if is_captured && !test {
        let breakdown = wire.seller_receivable_breakdown.as_ref();
        fees(account, id, breakdown, wire.transaction_fee.as_ref(), at, out).about(&subject)?;
    }
    Ok(())
}

fn paid(account: &Account<'_>, id: &str, amount: Money, at: Timestamp, test: bool) -> Payment {
    Payment {
        processor: PROCESSOR.to_owned(),
        payment_id: id.to_owned(),
        amount_minor: amount.minor,
        currency: amount.currency,
        business_date: at.date_in(&account.settings.zone),
        test,
    }
}

/// The fees that a capture states: PayPal's and a platform's.
fn fees(
    account: &Account<'_>,
    id: &str,
    breakdown: Option<&wire::Breakdown<'_>>,
    v1: Option<&wire::Amount<'_>>,
    at: Timestamp,
    out: &mut Outcome,
) -> Parsed<()> {
    let own = breakdown.and_then(|b| b.paypal_fee.as_ref()).or(v1);
    if let Some(own) = own {
        let fee = money(own, "paypal_fee")?;
        if fee.minor != 0 {
            out.fact(account.fee(id, "Payment fee", fee, Some(key(id, "capture")), at));
        }
    }
    let platform = breakdown.and_then(|b| b.platform_fees.as_ref()).into_iter().flatten();
    for (n, wire) in platform.enumerate() {
        let fee = required(wire.amount.as_ref(), format_args!("platform_fees[{n}]"))?;
        let mut fact = account.fee(id, "Platform fee", fee, Some(key(id, "capture")), at);
        fact.key = EconomicKey(format!("{PROCESSOR}/{id}/platform-fee/{n}"));
        out.fact(fact);
    }
    Ok(())
}

/// An authorisation: funds are reserved; captures of it have ids of their own.
pub fn authorisation(
    account: &Account<'_>,
    wire: &wire::Payment<'_>,
    told: Told<'_>,
    out: &mut Outcome,
) -> Parsed<()> {
    let id = wire.id.as_str();
    let subject = account.payment_subject(wire.custom_id.as_ref().or(told.custom), id);
    let amount = required(wire.amount.as_ref(), "amount").about(&subject)?;
    let at = moment(&[&wire.create_time], "create_time").about(&subject).worth(Some(amount))?;
    let status = wire.status.as_ref().map_or("", Text::as_str).to_ascii_uppercase();
    let body: fn(Payment) -> FactBody = match status.as_str() {
        "CREATED" | "AUTHORIZED" | "CAPTURED" | "PARTIALLY_CAPTURED" => FactBody::PaymentAuthorised,
        "VOIDED" | "EXPIRED" => FactBody::PaymentVoided,
        "DENIED" => FactBody::PaymentFailed,
        "PENDING" => {
            out.ignore("an authorisation still pending: it is told again when it ends");
            return Ok(());
        }
        other => {
            let detail = format!("an authorisation in state `{other}` has no rule here");
            return Err(unknown("status", detail, Some(amount))).about(&subject);
        }
    };
    let test = told.test || account.is_test(wire.links.as_ref());
    let payment = paid(account, id, amount, at, test);
    out.fact(account.fact(&subject, key(id, "authorization"), at, body(payment)));
    Ok(())
}

/// PayPal took a payment back without a refund of ours. The dispute that led to it, if there is
/// one, tells of the same money, so a person decides.
pub fn reversed(
    account: &Account<'_>,
    wire: &wire::Payment<'_>,
    test: bool,
    out: &mut Outcome,
) -> Parsed<()> {
    if test || account.is_test(wire.links.as_ref()) {
        out.ignore("a reversal in the sandbox: no money moved");
        return Ok(());
    }
    let subject = account.payment_subject(wire.custom_id.as_ref(), wire.id.as_str());
    let amount = wire.amount.as_ref().map(|a| money(a, "amount")).transpose().about(&subject)?;
    let detail = "PayPal took this payment back; see in PayPal whether a dispute of it is told too";
    Err(fault(ReasonCode::SettlementFailed, "id", detail).about(&subject).worth(amount))
}

/// The payments inside a checkout order: the same as their own events tell.
pub fn order(account: &Account<'_>, order: &wire::Order<'_>, test: bool, out: &mut Outcome) {
    let test = test || account.is_test(order.links.as_ref());
    for (n, unit) in order.purchase_units.iter().enumerate() {
        let told = Told { custom: unit.custom_id.as_ref(), test };
        let Some(payments) = &unit.payments else { continue };
        for (m, wire) in payments.captures.iter().flatten().enumerate() {
            let place = format_args!("purchase_units[{n}].payments.captures[{m}]");
            out.within(place, |out| capture(account, wire, told, out));
        }
        for (m, wire) in payments.authorizations.iter().flatten().enumerate() {
            let place = format_args!("purchase_units[{n}].payments.authorizations[{m}]");
            out.within(place, |out| authorisation(account, wire, told, out));
        }
        for (m, wire) in payments.refunds.iter().flatten().enumerate() {
            let place = format_args!("purchase_units[{n}].payments.refunds[{m}]");
            out.within(place, |out| super::refund::read(account, wire, told, false, out));
        }
    }
    if out.is_empty() {
        out.ignore("an order without payments: nothing moved yet");
    }
}

/// The last part of the link `rel`, which names the object that this one belongs to.
pub fn linked<'w>(wire: &'w wire::Payment<'_>, rel: &str) -> Option<&'w str> {
    let mut links = wire.links.iter().flatten();
    let link = links.find(|l| l.rel.as_ref().is_some_and(|r| r.as_str() == rel))?;
    let id = link.href.as_ref()?.as_str().rsplit('/').next()?;
    (!id.is_empty() && id.len() <= 100).then_some(id)
}

/// The capture or sale that a refund gives back.
pub fn refunded<'w>(wire: &'w wire::Payment<'_>) -> Parsed<&'w str> {
    let stated = wire.capture_id.as_ref().or(wire.sale_id.as_ref());
    stated.map(Scalar::as_str).or_else(|| linked(wire, "up")).at("links")
}
