//! What an order says about its payment: there is no payment topic. The state and `date_paid`
//! tell (sources-and-cases.md A3).

use super::store::{minor, moment};
use super::wire;
use crate::kit::processor::is_adyens;
use crate::kit::shop::Shop;
use crate::kit::{Located, Outcome, Parsed, Text, owned};
use kernel::{Currency, FactBody, GiftCard, Payment, Timestamp};

/// Which payment an order has, so that the processor's own events tell of the same one.
pub struct Identity {
    /// `stripe`, `paypal`, `cod`, `bacs`, …
    pub processor: String,
    /// The processor's id where the shop states it, else the order's id.
    pub payment_id: String,
    /// The economic key.
    pub key: String,
    /// The shop no longer knows which payment it was.
    pub is_lost: bool,
}

impl Identity {
    /// Reads method and transaction. The shop's own accounts at Stripe, PayPal and Adyen have the keys
    /// of their processors; WooPayments is an account of Automattic, so it keeps the shop's.
    pub fn of(shop: &Shop<'_>, order: &wire::Order<'_>) -> Self {
        let method = owned(&order.payment_method).trim().to_ascii_lowercase().replace('-', "_");
        let transaction = owned(&order.transaction_id);
        let transaction = transaction.trim();
        let is = |families: &[&str]| {
            families.iter().any(|f| {
                method.strip_prefix(f).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
            })
        };
        let own = || shop.key("order", &order.id) + "/payment";
        let payment_id = || match transaction {
            "" => order.id.to_string(),
            id => id.chars().take(100).collect(),
        };
        let starts = |prefixes: &[&str]| prefixes.iter().any(|p| transaction.starts_with(p));
        if is(&["stripe"]) {
            let is_known = starts(&["ch_", "py_", "pi_"]);
            let key = if is_known { ["stripe", &payment_id(), "capture"].join("/") } else { own() };
            let processor = "stripe".to_owned();
            return Self { processor, payment_id: payment_id(), key, is_lost: false };
        }
        if is(&["paypal", "ppcp", "ppec"]) {
            let processor = "paypal".to_owned();
            if pay_pals(order).iter().any(|refund| refund.as_str() == transaction) {
                let payment_id = order.id.to_string();
                return Self { processor, payment_id, key: own(), is_lost: true };
            }
            let is_known = !transaction.is_empty();
            let key = if is_known { ["paypal", &payment_id(), "capture"].join("/") } else { own() };
            return Self { processor, payment_id: payment_id(), key, is_lost: false };
        }
        if is(&["woosa_adyen", "adyen"]) {
            // The plugin writes the reference of whatever failed over the transaction, so its own field
            // counts (integration-adyen-woocommerce `class-order.php`).
            let reference = wire::meta(order.meta_data, "_woosa_adyen_payment_pspReference");
            let reference = reference.filter(|psp| is_adyens(psp.as_str()));
            let (payment_id, key) = match &reference {
                Some(psp) => (psp.to_string(), ["adyen", psp.as_str(), "capture"].join("/")),
                None => (payment_id(), own()),
            };
            return Self { processor: "adyen".to_owned(), payment_id, key, is_lost: false };
        }
        let processor = if method.is_empty() { "manual".to_owned() } else { method };
        Self { processor, payment_id: payment_id(), key: own(), is_lost: false }
    }
}

/// PayPal's ids of the refunds of an order, the first one first, as PayPal's plugin keeps them
/// (woocommerce-paypal-payments `RefundMetaTrait.php`). For a refund that was made at PayPal it also
/// writes the refund's id over the payment's (`PaymentCaptureRefunded.php`).
pub fn pay_pals<'a>(order: &wire::Order<'a>) -> Vec<Text<'a>> {
    match &order.refunds {
        Some(refunds) if !refunds.is_empty() => wire::metas(order.meta_data, "_ppcp_refunds"),
        _ => Vec::new(),
    }
}

/// Later orders repeat an event with their own date, so the first order that tells of it counts.
pub const fn first_told(modified: Timestamp) -> i64 {
    modified.0.saturating_neg()
}

/// When the order was paid, if it was.
pub fn paid_at(shop: &Shop<'_>, order: &wire::Order<'_>) -> Parsed<Option<Timestamp>> {
    moment(shop, &order.date_paid_gmt, &order.date_paid, "date_paid_gmt")
}

/// The payment that the order's state tells of.
pub fn read(
    shop: &Shop<'_>,
    order: &wire::Order<'_>,
    currency: Currency,
    modified: Timestamp,
    out: &mut Outcome,
) -> Parsed<()> {
    let amount = minor(&order.total, currency, "total")?;
    let paid = paid_at(shop, order)?;
    let has_transaction = order.transaction_id.as_ref().is_some_and(|t| !t.as_str().is_empty());
    let status = order.status.as_ref().map_or("", Text::as_str);
    let (body, at, version): (fn(Payment) -> FactBody, _, _) = match (paid, status) {
        (Some(paid), _) => (FactBody::PaymentCaptured, paid, first_told(modified)),
        // An attempt says less than any payment.
        (None, "failed") => (FactBody::PaymentFailed, modified, i64::MIN),
        (None, "on-hold") if has_transaction => (FactBody::PaymentAuthorised, modified, i64::MIN),
        (None, _) => return Ok(()),
    };
    if amount == 0 {
        return Ok(());
    }
    let subject = shop.sale(&order.id);
    let identity = Identity::of(shop, order);
    if identity.is_lost {
        // Told under another id it would be a second payment.
        out.ignore(
            "the payment's id was written over: the order told of it before, or PayPal does",
        );
        return Ok(());
    }
    let payment = Payment {
        processor: identity.processor,
        payment_id: identity.payment_id,
        amount_minor: amount,
        currency,
        business_date: at.date_in(shop.zone),
        test: false,
    };
    out.fact(shop.fact(&subject, identity.key, version, at, body(payment)));
    Ok(())
}

/// Gift cards that pay: the liability falls, no processor moves money
/// (sources-and-cases.md #57).
pub fn gift_cards(
    shop: &Shop<'_>,
    order: &wire::Order<'_>,
    currency: Currency,
    modified: Timestamp,
    out: &mut Outcome,
) -> Parsed<()> {
    let at = paid_at(shop, order)?.unwrap_or(modified);
    for (n, card) in order.gift_cards.iter().flatten().enumerate() {
        let id = card.id.as_ref().or(card.code.as_ref());
        let id = id.map_or_else(|| n.to_string(), ToString::to_string);
        let body = GiftCard {
            amount_minor: minor(&card.amount, currency, "gift_cards.amount")?,
            currency,
            business_date: at.date_in(shop.zone),
            processor: "gift_card".to_owned(),
            card_id: id.clone(),
        };
        let key = format!("{}/gift-card/{id}", shop.key("order", &order.id));
        let subject = shop.sale(&order.id);
        let version = first_told(modified);
        out.fact(shop.fact(&subject, key, version, at, FactBody::GiftCardRedeemed(body)));
    }
    Ok(())
}

/// What gift cards paid, minor units; the order's total is less by it.
pub fn by_gift_card(order: &wire::Order<'_>, currency: Currency) -> Parsed<i64> {
    let mut sum = 0_i64;
    for card in order.gift_cards.iter().flatten() {
        let at = "gift_cards.amount";
        sum = sum.checked_add(minor(&card.amount, currency, at)?).at(at)?;
    }
    Ok(sum)
}
