//! Payments. They count when they are completed; the watermark is `updated_at`, since a tip may
//! change before (case 51) and events of one second come in any order.

use super::account::{Account, PROCESSOR, capture_key, moment, money};
use super::wire;
use crate::kit::fault::{About, unknown};
use crate::kit::{Outcome, Parsed, Text};
use kernel::{FactBody, GiftCard, Money, Payment, Timestamp};

/// A payment as an event or the API shows it.
pub fn read(account: &Account<'_>, payment: &wire::Payment<'_>, out: &mut Outcome) -> Parsed<()> {
    let id = payment.id.as_str();
    let subject =
        account.payment_subject(id, payment.order_id.as_ref(), payment.reference_id.as_ref());
    // The tip is in `total_money` only, and so it is in the order's total.
    let stated = payment.total_money.as_ref().or(payment.amount_money.as_ref());
    let amount = money(stated, "total_money").about(&subject)?;
    let told = Told::of(account, payment, amount).about(&subject)?;
    let body = match payment.status.as_ref().map_or("", Text::as_str) {
        "PENDING" => {
            out.ignore("a payment still pending: its end is told again");
            return Ok(());
        }
        "APPROVED" => FactBody::PaymentAuthorised(told.payment()),
        "COMPLETED" => told.captured(),
        "CANCELED" => FactBody::PaymentVoided(told.payment()),
        "FAILED" => FactBody::PaymentFailed(told.payment()),
        other => {
            let detail = format!("a payment in state `{other}` has no rule here");
            return Err(unknown("status", detail, Some(amount))).about(&subject);
        }
    };
    let (key, version) = (capture_key(id), told.updated.0);
    if matches!(body, FactBody::PaymentCaptured(_)) && told.tender == PROCESSOR {
        let fees = payment.processing_fee.as_ref();
        account.fees(&subject, (id, &key), fees, version, out).about(&subject)?;
    }
    out.fact(account.fact(&subject, key, version, told.at, body));
    Ok(())
}

struct Told<'p> {
    id: &'p str,
    tender: &'static str,
    amount: Money,
    at: Timestamp,
    updated: Timestamp,
    is_test: bool,
    date: kernel::BusinessDate,
}

impl<'p> Told<'p> {
    fn of(account: &Account<'_>, payment: &'p wire::Payment<'_>, amount: Money) -> Parsed<Self> {
        let created = moment(payment.created_at.as_ref(), "created_at")?;
        let updated = payment.updated_at.as_ref();
        let updated = updated.map_or(Ok(created), |u| moment(Some(u), "updated_at"))?;
        let card = payment.card_details.as_ref();
        let timeline = card.and_then(|c| c.card_payment_timeline.as_ref());
        let captured = timeline.and_then(|t| t.captured_at.as_ref());
        let at = captured.map_or(Ok(created), |c| moment(Some(c), "captured_at"))?;
        let source = payment.source_type.as_ref().map_or("", Text::as_str);
        Ok(Self {
            id: payment.id.as_str(),
            tender: tender(source, card, payment.external_details.as_ref()),
            amount,
            at,
            updated,
            is_test: account.is_test,
            date: at.date_in(&account.settings.zone),
        })
    }

    fn payment(&self) -> Payment {
        Payment {
            processor: self.tender.to_owned(),
            payment_id: self.id.to_owned(),
            amount_minor: self.amount.minor,
            currency: self.amount.currency,
            business_date: self.date,
            test: self.is_test,
        }
    }

    /// A gift card pays with what was sold before: a liability and no money (case 55).
    fn captured(&self) -> FactBody {
        if self.tender != GIFT_CARD || self.is_test {
            return FactBody::PaymentCaptured(self.payment());
        }
        FactBody::GiftCardRedeemed(GiftCard {
            card_id: self.id.to_owned(),
            amount_minor: self.amount.minor,
            currency: self.amount.currency,
            business_date: self.date,
            processor: GIFT_CARD.to_owned(),
        })
    }
}

/// The tender of Square's own gift cards.
pub const GIFT_CARD: &str = "gift_card";

/// What paid: only what Square itself processes is ever in a payout (case 13).
pub fn tender(
    source_type: &str,
    card: Option<&wire::CardDetails<'_>>,
    external: Option<&wire::ExternalDetails<'_>>,
) -> &'static str {
    let brand = card.and_then(|c| c.card.as_ref()?.card_brand.as_ref()).map_or("", Text::as_str);
    let outside = external.and_then(|e| e.external_type.as_ref()).map_or("", Text::as_str);
    match (source_type, outside) {
        _ if brand == "SQUARE_GIFT_CARD" => GIFT_CARD,
        ("CASH", _) => "cash",
        ("EXTERNAL", "BANK_TRANSFER") => "bank_transfer",
        ("EXTERNAL", _) => "manual",
        _ => PROCESSOR,
    }
}
