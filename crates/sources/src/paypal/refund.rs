//! Refunds. PayPal does not say what was returned, so they are not itemised.

use super::account::{Account, PROCESSOR, key, moment, money, required};
use super::payment::{Told, refunded};
use super::wire;
use crate::kit::fault::{About, unknown};
use crate::kit::{Located, Outcome, Parsed, Text};
use kernel::{FactBody, Money, Payment, Refund, Timestamp};

/// A refund of v1 or v2. With `has_failed` the event says that it did not reach the buyer.
pub fn read(
    account: &Account<'_>,
    wire: &wire::Payment<'_>,
    told: Told<'_>,
    has_failed: bool,
    out: &mut Outcome,
) -> Parsed<()> {
    let id = wire.id.as_str();
    let of = refunded(wire)?;
    let subject = account.payment_subject(wire.custom_id.as_ref().or(told.custom), of);
    // v1 writes the amount of a refund negative.
    let amount = required(wire.amount.as_ref(), "amount").about(&subject)?;
    let amount = Money::new(amount.minor.checked_abs().at("amount")?, amount.currency);
    let at = moment(&[&wire.create_time], "create_time").about(&subject).worth(Some(amount))?;
    let test = told.test || account.is_test(wire.links.as_ref());
    let status = wire.status.as_ref().map_or("", Text::as_str).to_ascii_uppercase();
    let body: fn(Refund) -> FactBody = match status.as_str() {
        _ if has_failed => FactBody::RefundFailed,
        "FAILED" => FactBody::RefundFailed,
        "COMPLETED" => FactBody::RefundIssued,
        "PENDING" => {
            out.ignore("a refund not finished: its end is told again");
            return Ok(());
        }
        "CANCELLED" => {
            out.ignore("a refund cancelled before it was made: no money moved");
            return Ok(());
        }
        other => {
            let detail = format!("a refund in state `{other}` has no rule here");
            return Err(unknown("status", detail, Some(amount))).about(&subject);
        }
    };
    let refund = given_back(account, (id, of), amount, at, test);
    out.fact(account.fact(&subject, key(id, "refund"), at, body(refund)));
    let fee = wire.seller_payable_breakdown.as_ref().and_then(|b| b.paypal_fee.as_ref());
    if let Some(fee) = fee.filter(|_| !test && !has_failed && status == "COMPLETED") {
        let back = money(fee, "paypal_fee").about(&subject)?.checked_neg().at("paypal_fee")?;
        if back.minor != 0 {
            out.fact(account.fee(id, "Fee given back", back, Some(key(id, "refund")), at));
        }
    }
    Ok(())
}

/// A refund without lines.
pub fn given_back(
    account: &Account<'_>,
    (id, of): (&str, &str),
    amount: Money,
    at: Timestamp,
    test: bool,
) -> Refund {
    let business_date = at.date_in(&account.settings.zone);
    Refund {
        refund_id: id.to_owned(),
        currency: amount.currency,
        business_date,
        lines: Vec::new(),
        taxes: Vec::new(),
        payments: vec![Payment {
            processor: PROCESSOR.to_owned(),
            payment_id: of.to_owned(),
            amount_minor: amount.minor,
            currency: amount.currency,
            business_date,
            test,
        }],
        total_minor: amount.minor,
        test,
    }
}
