//! Refunds. A refund names its payment and not the sale; what came back stands in the returning
//! order (`returned.rs`), which tells the same refund under the same key with a later version.

use super::account::{Account, PROCESSOR, moment, money, refund_key};
use super::payment::tender;
use super::wire;
use crate::kit::fault::{About, unknown};
use crate::kit::{Outcome, Parsed, Scalar, Text};
use kernel::{FactBody, Payment, Refund, SubjectKind};

/// A refund as an event or the API shows it.
pub fn read(account: &Account<'_>, refund: &wire::Refund<'_>, out: &mut Outcome) -> Parsed<()> {
    if refund.device_id.is_some() {
        out.ignore("a refund asked for at a terminal: the refund it leads to is told itself");
        return Ok(());
    }
    let id = refund.id.as_str();
    // A refund without a payment (`unlinked`) stands alone (case 87).
    let payment = refund.payment_id.as_ref().map_or(id, Scalar::as_str);
    let subject = account.subject(SubjectKind::Payment, payment);
    let amount = money(refund.amount_money.as_ref(), "amount_money").about(&subject)?;
    let body: fn(Refund) -> FactBody = match refund.status.as_ref().map_or("", Text::as_str) {
        "COMPLETED" | "APPROVED" => FactBody::RefundIssued,
        "FAILED" => FactBody::RefundFailed,
        "PENDING" => {
            out.ignore("a refund still pending: its end is told again");
            return Ok(());
        }
        "REJECTED" => {
            out.ignore("a refund that was rejected: no money moved");
            return Ok(());
        }
        other => {
            let detail = format!("a refund in state `{other}` has no rule here");
            return Err(unknown("status", detail, Some(amount))).about(&subject);
        }
    };
    let at = moment(refund.created_at.as_ref(), "created_at").about(&subject)?;
    let updated = refund.updated_at.as_ref();
    let updated = updated.map_or(Ok(at), |u| moment(Some(u), "updated_at")).about(&subject)?;
    let business_date = at.date_in(&account.settings.zone);
    let to = refund.destination_details.as_ref();
    let tender = tender(
        refund.destination_type.as_ref().map_or("", Text::as_str),
        to.and_then(|d| d.card_details.as_ref()),
        to.and_then(|d| d.external_details.as_ref()),
    );
    let key = refund_key(id);
    if tender == PROCESSOR {
        let fees = refund.processing_fee.as_ref();
        account.fees(&subject, (id, &key), fees, updated.0, out).about(&subject)?;
    }
    let given_back = Refund {
        refund_id: id.to_owned(),
        currency: amount.currency,
        business_date,
        lines: Vec::new(),
        taxes: Vec::new(),
        payments: vec![Payment {
            processor: tender.to_owned(),
            payment_id: payment.to_owned(),
            amount_minor: amount.minor,
            currency: amount.currency,
            business_date,
            test: account.is_test,
        }],
        total_minor: amount.minor,
        test: account.is_test,
    };
    out.fact(account.fact(&subject, key, 0, at, body(given_back)));
    Ok(())
}
