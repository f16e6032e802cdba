//! Movements on gift cards. Most of them are told by an order or a payment as well, and only there.

use super::account::{Account, PROCESSOR, moment, money};
use super::payment::GIFT_CARD;
use super::wire;
use crate::kit::fault::{About, unknown};
use crate::kit::{Located, Outcome, Parsed, Scalar, Text};
use kernel::{Adjustment, EconomicKey, FactBody, GiftCard, SubjectKind};

/// What a movement is to the books.
enum Meaning<'w, 'a> {
    /// A card sold or loaded.
    Sold(Option<&'w wire::ActivityDetails<'a>>),
    /// A card used outside an order of Square.
    Redeemed(Option<&'w wire::ActivityDetails<'a>>),
    /// The liability grew (negative sign) or shrank without a sale or a use.
    Corrected(i64, Option<&'w wire::ActivityDetails<'a>>),
}

/// A movement as an event or the API shows it.
pub fn read(
    account: &Account<'_>,
    activity: &wire::GiftCardActivity<'_>,
    out: &mut Outcome,
) -> Parsed<()> {
    let id = activity.id.as_str();
    if account.is_test {
        out.ignore("a gift card in the sandbox: no money moved");
        return Ok(());
    }
    if matches!(activity.status.as_ref().map(Text::as_str), Some("PENDING" | "FAILED")) {
        out.ignore("a movement on a gift card that is not done: its end is told again");
        return Ok(());
    }
    let kind = activity.activity_type.as_ref().map_or("", Text::as_str);
    let meaning = match kind {
        "ACTIVATE" => Meaning::Sold(activity.activate_activity_details.as_ref()),
        "LOAD" => Meaning::Sold(activity.load_activity_details.as_ref()),
        "REDEEM" => Meaning::Redeemed(activity.redeem_activity_details.as_ref()),
        "CLEAR_BALANCE" => Meaning::Corrected(1, activity.clear_balance_activity_details.as_ref()),
        "ADJUST_DECREMENT" => {
            Meaning::Corrected(1, activity.adjust_decrement_activity_details.as_ref())
        }
        "ADJUST_INCREMENT" => {
            Meaning::Corrected(-1, activity.adjust_increment_activity_details.as_ref())
        }
        "IMPORT" => Meaning::Corrected(-1, activity.import_activity_details.as_ref()),
        "IMPORT_REVERSAL" => {
            Meaning::Corrected(1, activity.import_reversal_activity_details.as_ref())
        }
        "UNLINKED_ACTIVITY_REFUND" => {
            Meaning::Corrected(-1, activity.unlinked_activity_refund_activity_details.as_ref())
        }
        "REFUND" => {
            out.ignore("a refund onto a gift card: the refund itself is told");
            return Ok(());
        }
        "DEACTIVATE" | "BLOCK" | "UNBLOCK" | "TRANSFER_BALANCE_TO" | "TRANSFER_BALANCE_FROM" => {
            out.ignore("a gift card blocked or replaced: what is owed on cards is the same");
            return Ok(());
        }
        other => {
            let detail = format!("a gift card movement of type `{other}` has no rule here");
            return Err(unknown("type", detail, None));
        }
    };
    let details = match &meaning {
        Meaning::Sold(d) | Meaning::Redeemed(d) | Meaning::Corrected(_, d) => d.at("details")?,
    };
    if matches!(meaning, Meaning::Sold(_)) && details.order_id.is_some() {
        out.ignore("a gift card sold: a line of its order");
        return Ok(());
    }
    let paid = details.payment_id.as_ref().or(activity.payment_id.as_ref());
    if matches!(meaning, Meaning::Redeemed(_)) && paid.is_some() {
        out.ignore("a gift card used: the payment by it is told");
        return Ok(());
    }
    let kind_of_subject = match meaning {
        Meaning::Redeemed(_) => SubjectKind::Payment,
        _ => SubjectKind::Adjustment,
    };
    let subject = account.subject(kind_of_subject, id);
    let amount = money(details.amount_money.as_ref(), "amount_money").about(&subject)?;
    let at = moment(activity.created_at.as_ref(), "created_at").about(&subject)?;
    let business_date = at.date_in(&account.settings.zone);
    let card = |processor: &str| GiftCard {
        card_id: activity.gift_card_id.as_ref().map_or(id, Scalar::as_str).to_owned(),
        amount_minor: amount.minor,
        currency: amount.currency,
        business_date,
        processor: processor.to_owned(),
    };
    let body = match meaning {
        Meaning::Sold(_) => FactBody::GiftCardSold(card(PROCESSOR)),
        Meaning::Redeemed(_) => FactBody::GiftCardRedeemed(card(GIFT_CARD)),
        Meaning::Corrected(sign, _) => FactBody::AdjustmentRecorded(Adjustment {
            adjustment_id: id.to_owned(),
            reason: reason(kind, details),
            channel: "default".to_owned(),
            amount_minor: amount.minor.checked_mul(sign).at("amount_money").about(&subject)?,
            currency: amount.currency,
            business_date,
        }),
    };
    let key = EconomicKey([PROCESSOR, id, "gift-card"].join("/"));
    out.fact(account.fact(&subject, key, 0, at, body));
    Ok(())
}

/// Rules find it by this text: `gift card import`, `gift card adjust decrement: SUSPICIOUS_ACTIVITY`.
fn reason(kind: &str, details: &wire::ActivityDetails<'_>) -> String {
    let kind = kind.to_ascii_lowercase().replace('_', " ");
    match &details.reason {
        Some(why) => format!("gift card {kind}: {why}"),
        None => format!("gift card {kind}"),
    }
}
