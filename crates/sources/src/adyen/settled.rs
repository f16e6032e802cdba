//! Payments and refunds by the rows of a settlement details report: the same facts as their
//! webhooks, under the same keys, for the case that a webhook never came. The webhook has the last
//! word, since it knows the moment of the payment.

use super::account::{Account, PROCESSOR, key};
use super::item::sale_or_payment;
use super::report::Row;
use crate::kit::{Outcome, Parsed};
use kernel::{EconomicKey, FactBody, Money, Payment, Refund};

/// Earlier than any webhook, whose facts begin at 0.
const VERSION: i64 = -1;

/// Tells of every payment and refund among `rows`.
pub fn tell(account: &Account<'_>, rows: &[&Row<'_>], out: &mut Outcome) -> Parsed<()> {
    for row in rows.iter().filter(|r| !r.payment().is_empty()) {
        match row.kind() {
            "Settled" => {
                let by_request = account.settings.captures_by_request;
                let captured = if by_request { row.reference() } else { row.payment() };
                say(account, row, false, key(captured, "capture"), out)?;
            }
            "Refunded" | "RefundedReversed" => {
                let is_back = row.kind() == "Refunded";
                say(account, row, is_back, key(row.reference(), "refund"), out)?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn say(
    account: &Account<'_>,
    row: &Row<'_>,
    is_back: bool,
    key: EconomicKey,
    out: &mut Outcome,
) -> Parsed<()> {
    // Without the gross columns nothing is told, and a part of nothing is no payment.
    let Some(amount) = row.gross(is_back)?.filter(|a| a.minor > 0) else { return Ok(()) };
    let paid = payment(row, amount)?;
    let body = match row.kind() {
        "Refunded" => FactBody::RefundIssued(refund(row, paid)),
        "RefundedReversed" => FactBody::RefundFailed(refund(row, paid)),
        _ => FactBody::PaymentCaptured(paid),
    };
    let subject = sale_or_payment(account, row.merchant_reference(), row.payment());
    out.fact(account.fact(&subject, key, VERSION, row.moment(account)?, body));
    Ok(())
}

fn payment(row: &Row<'_>, amount: Money) -> Parsed<Payment> {
    Ok(Payment {
        processor: PROCESSOR.to_owned(),
        payment_id: row.payment().to_owned(),
        amount_minor: amount.minor,
        currency: amount.currency,
        business_date: row.date()?,
        test: false,
    })
}

fn refund(row: &Row<'_>, paid: Payment) -> Refund {
    Refund {
        refund_id: row.reference().to_owned(),
        currency: paid.currency,
        business_date: paid.business_date,
        lines: Vec::new(),
        taxes: Vec::new(),
        total_minor: paid.amount_minor,
        payments: vec![paid],
        test: false,
    }
}
