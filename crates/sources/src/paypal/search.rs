//! Rows of Transaction Search: what moved on the balance, also without an event (fees, transfers
//! to the bank, reversals). The first three characters of the code, the group, are enough for
//! books (sources-and-cases.md A4).

use super::account::{Account, PROCESSOR, key, moment, money, required};
use super::{refund, wire};
use crate::kit::fault::{About, fault, unknown};
use crate::kit::{Located, Outcome, Parsed, Scalar, Text};
use kernel::{FactBody, Money, Payment, Payout, ReasonCode, SubjectKind, Timestamp};

/// A page of rows. Each row stands alone, so pages may come in any order and overlap.
pub fn read(account: &Account<'_>, search: &wire::Search<'_>, out: &mut Outcome) {
    if search.transaction_details.is_empty() {
        out.ignore("a page without transactions");
    }
    for (n, detail) in search.transaction_details.iter().enumerate() {
        out.within(format_args!("transaction_details[{n}]"), |out| {
            row(account, &detail.transaction_info, out)
        });
    }
}

/// What a movement is, by its code.
enum Group {
    Payment,
    Fee(&'static str),
    Bank,
    Refund,
    /// Money stays ours and at PayPal.
    Silent(&'static str),
    /// Taken back by PayPal.
    Reversal,
    Conversion,
    Unknown,
}

fn group(code: &str) -> Group {
    match code {
        "T1107" => return Group::Refund,
        "T1108" => return Group::Fee("Fee given back"),
        "T0106" => return Group::Fee("Chargeback fee"),
        "T1106" | "T1201" => return Group::Reversal,
        "T1105" => return Group::Silent("the end of a hold: the money stays at PayPal"),
        _ => {}
    }
    match code.get(..3).unwrap_or_default() {
        "T00" => Group::Payment,
        "T01" => Group::Fee("Fee"),
        "T02" => Group::Conversion,
        "T03" | "T04" => Group::Bank,
        "T13" => Group::Silent("an authorisation: nothing moved"),
        "T15" => Group::Silent("a hold: the money stays at PayPal"),
        "T21" => Group::Silent("a reserve: the money stays at PayPal"),
        _ => Group::Unknown,
    }
}

fn row(account: &Account<'_>, row: &wire::Row<'_>, out: &mut Outcome) -> Parsed<()> {
    let id = row.transaction_id.as_str();
    let code = row.transaction_event_code.as_ref().map_or("", Text::as_str);
    let own = account.subject(SubjectKind::Payment, id);
    let amount = required(row.transaction_amount.as_ref(), "transaction_amount").about(&own)?;
    let at = moment(&[&row.transaction_initiation_date], "transaction_initiation_date")
        .about(&own)
        .worth(Some(amount))?;
    match row.transaction_status.as_ref().map_or("S", Text::as_str) {
        // A reversed movement (V) stands; what reversed it is a row of its own.
        "S" | "V" => {}
        "P" => {
            out.ignore("a movement still pending: it comes again when it ends");
            return Ok(());
        }
        "D" => {
            out.ignore("a movement that was denied: nothing moved");
            return Ok(());
        }
        other => {
            let detail = format!("a movement in state `{other}` has no rule here");
            return Err(unknown("transaction_status", detail, Some(amount))).about(&own);
        }
    }
    let entry = Entry { id, code, amount, at, row };
    match group(code) {
        Group::Payment => entry.payment(account, out).about(&own).worth(Some(amount)),
        Group::Fee(reason) => {
            let fee = amount.checked_neg().at("transaction_amount")?;
            let of = row.paypal_reference_id.as_ref().map(|of| key(of.as_str(), "capture"));
            out.fact(account.fee(id, reason, fee, of, at));
            Ok(())
        }
        Group::Bank => entry.bank(account, out),
        Group::Refund => entry.refund(account, out).about(&own).worth(Some(amount)),
        Group::Silent(reason) => {
            out.ignore(format!("{code}: {reason}"));
            Ok(())
        }
        Group::Reversal => {
            let detail = "PayPal took money back; see whether a dispute or an event of it is told \
                          too";
            let fault = fault(ReasonCode::SettlementFailed, "transaction_event_code", detail);
            Err(fault.about(&own).worth(Some(amount)))
        }
        Group::Conversion => {
            let detail = "PayPal changed one currency into another; book the transfer between the \
                          two clearing accounts by hand";
            Err(unknown("transaction_event_code", detail, Some(amount))).about(&own)
        }
        Group::Unknown => {
            let shown: String = code.chars().take(20).collect();
            let detail = format!("the code `{shown}` has no rule here; find out what it moves");
            Err(unknown("transaction_event_code", detail, Some(amount))).about(&own)
        }
    }
}

struct Entry<'r, 'a> {
    id: &'r str,
    code: &'r str,
    amount: Money,
    at: Timestamp,
    row: &'r wire::Row<'a>,
}

impl Entry<'_, '_> {
    fn payment(&self, account: &Account<'_>, out: &mut Outcome) -> Parsed<()> {
        if self.amount.minor < 0 {
            return Err(sent("transaction_amount", self.amount));
        }
        let subject = account.payment_subject(self.row.custom_field.as_ref(), self.id);
        let payment = Payment {
            processor: PROCESSOR.to_owned(),
            payment_id: self.id.to_owned(),
            amount_minor: self.amount.minor,
            currency: self.amount.currency,
            business_date: self.at.date_in(&account.settings.zone),
            test: false,
        };
        let body = FactBody::PaymentCaptured(payment);
        out.fact(account.fact(&subject, key(self.id, "capture"), self.at, body));
        self.fee(account, "Payment fee", "capture", out)
    }

    fn refund(&self, account: &Account<'_>, out: &mut Outcome) -> Parsed<()> {
        let of = self.row.paypal_reference_id.as_ref().map(Scalar::as_str);
        let of = of.at("paypal_reference_id")?;
        let subject = account.payment_subject(self.row.custom_field.as_ref(), of);
        let amount = self.amount.checked_neg().at("transaction_amount")?;
        let body = refund::given_back(account, (self.id, of), amount, self.at, false);
        let body = FactBody::RefundIssued(body);
        out.fact(account.fact(&subject, key(self.id, "refund"), self.at, body));
        self.fee(account, "Fee given back", "refund", out)
    }

    /// The fee of the row; what PayPal takes is negative.
    fn fee(
        &self,
        account: &Account<'_>,
        reason: &str,
        verb: &str,
        out: &mut Outcome,
    ) -> Parsed<()> {
        let Some(wire) = &self.row.fee_amount else { return Ok(()) };
        let fee = money(wire, "fee_amount")?.checked_neg().at("fee_amount")?;
        if fee.minor != 0 {
            out.fact(account.fee(self.id, reason, fee, Some(key(self.id, verb)), self.at));
        }
        Ok(())
    }

    /// A transfer to the bank (T04, negative) or from it (T03).
    fn bank(&self, account: &Account<'_>, out: &mut Outcome) -> Parsed<()> {
        let subject = account.subject(SubjectKind::Payout, self.id);
        let amount = self.amount.checked_neg().at("transaction_amount").about(&subject)?;
        let payout = Payout {
            processor: PROCESSOR.to_owned(),
            payout_id: self.id.to_owned(),
            amount_minor: amount.minor,
            currency: amount.currency,
            business_date: self.at.date_in(&account.settings.zone),
            itemised: false,
            destination: self.code.to_owned(),
        };
        let body = FactBody::PayoutPaid(payout);
        out.fact(account.fact(&subject, key(self.id, "paid"), self.at, body));
        Ok(())
    }
}

/// Money that we send is a purchase or a wage: no order system knows what for.
pub fn sent(at: &str, amount: Money) -> ports::SourceFault {
    let detail = "PayPal sent this from the balance to somebody; book by hand what it was for";
    fault(ReasonCode::AccountUnmapped, at, detail).worth(Some(amount))
}
