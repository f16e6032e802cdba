//! Items of standard webhooks. What was accepted first may fail later: the failure is a later word
//! under the same key.

use super::account::{Account, PROCESSOR, key, money};
use super::meaning::{self, Meaning};
use super::wire::Item;
use crate::kit::fault::{About, unknown};
use crate::kit::{Located, Outcome, Parsed, Text};
use kernel::{
    Dispute, EconomicKey, FactBody, Money, Payment, Refund, Subject, SubjectKind, Timestamp,
};

/// One item.
pub fn read(
    account: &Account<'_>,
    item: &Item<'_>,
    is_test: bool,
    out: &mut Outcome,
) -> Parsed<()> {
    let code = text(item.event_code.as_ref());
    let meaning = meaning::of(code);
    if let Meaning::Nothing(why) = meaning {
        out.ignore(format!("{code}: {why}"));
        return Ok(());
    }
    let amount = money(item.amount.as_ref().at("amount")?, "amount")?;
    let told = Told::of(account, item, amount, is_test).worth(Some(amount))?;
    let result = match item.success.at("success")?.get().trim_matches('"') {
        "true" => told.done(meaning, out),
        "false" => told.not_done(meaning, out),
        other => {
            let shown: String = other.chars().take(20).collect();
            Err(unknown("success", format!("`{shown}` is neither true nor false"), None))
        }
    };
    result.worth(Some(amount))
}

fn text<'t>(text: Option<&'t Text<'_>>) -> &'t str {
    text.map_or("", Text::as_str)
}

struct Told<'t> {
    account: &'t Account<'t>,
    item: &'t Item<'t>,
    /// This item's own reference.
    own: &'t str,
    /// The payment that it belongs to.
    payment: &'t str,
    amount: Money,
    at: Timestamp,
    is_test: bool,
}

impl<'t> Told<'t> {
    fn of(
        account: &'t Account<'t>,
        item: &'t Item<'t>,
        amount: Money,
        is_test: bool,
    ) -> Parsed<Self> {
        let own = text(item.psp_reference.as_ref());
        if own.is_empty() {
            return Err(crate::kit::malformed("pspReference", "the reference is missing"));
        }
        let original = text(item.original_reference.as_ref());
        let at = Timestamp::parse(item.event_date.as_ref().at("eventDate")?.as_str());
        Ok(Self {
            account,
            item,
            own,
            payment: if original.is_empty() { own } else { original },
            amount,
            at: at.at("eventDate")?,
            is_test,
        })
    }

    fn done(&self, meaning: Meaning, out: &mut Outcome) -> Parsed<()> {
        let extra = self.item.additional_data.as_ref();
        match meaning {
            Meaning::Authorised if self.account.settings.captures_by_request => {
                self.say(
                    key(self.payment, CAPTURE),
                    0,
                    FactBody::PaymentAuthorised(self.paid()),
                    out,
                );
            }
            Meaning::Authorised => {
                self.say(self.captured(), 0, FactBody::PaymentCaptured(self.paid()), out);
            }
            Meaning::Captured => {
                self.say(self.captured(), 0, FactBody::PaymentCaptured(self.paid()), out);
                if self.reference() != self.payment {
                    // The reservation is used: what was captured stands under its own key, and an order
                    // system that names the reservation tells of no other payment.
                    let body = FactBody::PaymentVoided(self.paid());
                    self.say(key(self.payment, CAPTURE), 1, body, out);
                }
            }
            Meaning::CaptureFailed => {
                // A later word on the capture that was accepted.
                self.say(self.captured(), 1, FactBody::PaymentFailed(self.paid()), out);
            }
            Meaning::Voided => {
                let body = FactBody::PaymentVoided(self.paid());
                self.say(key(self.payment, CAPTURE), 1, body, out);
            }
            Meaning::VoidedOrRefunded => match extra.map_or("", |e| text(e.action.as_ref())) {
                "cancel" => return self.done(Meaning::Voided, out),
                "refund" => return self.done(Meaning::Refunded, out),
                _ => {
                    let detail = "neither cancelled nor refunded by modification.action; switch on \
                                  that field in the webhook's settings, or see at Adyen";
                    return Err(unknown("additionalData.modification.action", detail, None));
                }
            },
            Meaning::Refunded => {
                self.say(key(self.own, "refund"), 0, FactBody::RefundIssued(self.refund()), out);
            }
            Meaning::RefundFailed => {
                self.say(key(self.own, "refund"), 0, FactBody::RefundFailed(self.refund()), out);
            }
            Meaning::DisputeOpened => self.dispute("opened", FactBody::DisputeOpened, out),
            Meaning::DisputeWon => self.dispute("won", FactBody::DisputeWon, out),
            Meaning::DisputeLost => self.dispute("lost", FactBody::DisputeLost, out),
            Meaning::DefenceEnded => {
                let status = extra.map_or("", |e| text(e.dispute_status.as_ref()));
                if status.eq_ignore_ascii_case("lost") {
                    self.dispute("lost", FactBody::DisputeLost, out);
                } else {
                    out.ignore("the time to defend a dispute is over: its end is told");
                }
            }
            Meaning::Nothing(why) => out.ignore(why),
            Meaning::Unknown => return Err(self.unknown()),
        }
        Ok(())
    }

    /// What was asked for and refused: only a payment has a fact for that.
    fn not_done(&self, meaning: Meaning, out: &mut Outcome) -> Parsed<()> {
        let code = text(self.item.event_code.as_ref());
        match meaning {
            Meaning::Authorised => {
                self.say(self.captured(), 0, FactBody::PaymentFailed(self.paid()), out);
            }
            Meaning::Unknown => return Err(self.unknown()),
            _ => out.ignore(format!("{code} was refused: no money moved")),
        }
        Ok(())
    }

    fn unknown(&self) -> ports::SourceFault {
        let code: String = text(self.item.event_code.as_ref()).chars().take(100).collect();
        let detail = format!("`{code}` has no rule here; find out what it moves and add one");
        unknown("eventCode", detail, Some(self.amount))
    }

    /// The key of the movement: of the payment, or of the capture by request.
    fn captured(&self) -> EconomicKey {
        key(self.reference(), CAPTURE)
    }

    fn reference(&self) -> &'t str {
        if self.account.settings.captures_by_request { self.own } else { self.payment }
    }

    /// The order named by `merchantReference`, else the payment.
    fn subject(&self) -> Subject {
        let reference = text(self.item.merchant_reference.as_ref());
        sale_or_payment(self.account, reference, self.payment)
    }

    fn say(&self, key: EconomicKey, version: i64, body: FactBody, out: &mut Outcome) {
        out.fact(self.account.fact(&self.subject(), key, version, self.at, body));
    }

    fn paid(&self) -> Payment {
        Payment {
            processor: PROCESSOR.to_owned(),
            payment_id: self.payment.to_owned(),
            amount_minor: self.amount.minor,
            currency: self.amount.currency,
            business_date: self.at.date_in(&self.account.settings.zone),
            test: self.is_test,
        }
    }

    fn refund(&self) -> Refund {
        Refund {
            refund_id: self.own.to_owned(),
            currency: self.amount.currency,
            business_date: self.at.date_in(&self.account.settings.zone),
            lines: Vec::new(),
            taxes: Vec::new(),
            payments: vec![self.paid()],
            total_minor: self.amount.minor,
            test: self.is_test,
        }
    }

    fn dispute(&self, verb: &str, body: fn(Dispute) -> FactBody, out: &mut Outcome) {
        if self.is_test {
            out.ignore("a dispute of a test: no money moved");
            return;
        }
        let extra = self.item.additional_data.as_ref();
        let capture = extra.map_or("", |e| text(e.capture.as_ref()));
        let of = match capture {
            psp if !psp.is_empty() && self.account.settings.captures_by_request => Some(psp),
            _ => Some(self.payment).filter(|payment| *payment != self.own),
        };
        let dispute = Dispute {
            processor: PROCESSOR.to_owned(),
            dispute_id: self.own.to_owned(),
            of: of.map(|psp| key(psp, CAPTURE)),
            amount_minor: self.amount.minor,
            // Webhooks do not say what Adyen charges for it; the settlement report does.
            fee_minor: 0,
            currency: self.amount.currency,
            business_date: self.at.date_in(&self.account.settings.zone),
            reason: text(self.item.reason.as_ref()).chars().take(REASON_MAX).collect(),
        };
        let subject = self.account.subject(SubjectKind::Dispute, self.own);
        out.fact(self.account.fact(&subject, key(self.own, verb), 0, self.at, body(dispute)));
    }
}

/// The order that a reference of the merchant names, else the payment.
pub fn sale_or_payment(account: &Account<'_>, reference: &str, payment: &str) -> Subject {
    let reference = reference.trim();
    match &account.settings.order_source {
        Some(orders) if !reference.is_empty() && reference.len() <= REFERENCE_MAX => {
            Subject::new(SubjectKind::Sale, format!("{orders}/order/{reference}"))
        }
        _ => account.subject(SubjectKind::Payment, payment),
    }
}

const CAPTURE: &str = "capture";

/// Longest reference that names an order, bytes; Adyen allows 80.
const REFERENCE_MAX: usize = 255;

/// Longest reason that is kept, characters.
const REASON_MAX: usize = 200;
