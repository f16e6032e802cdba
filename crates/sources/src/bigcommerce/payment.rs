//! Payments: transactions at providers, and what the order itself says where there is none.

use super::amount::{exact, moment, rounded};
use super::wire;
use crate::kit::fault::{About, fault, unknown};
use crate::kit::processor::{is_adyens, is_pay_pals};
use crate::kit::shop::Shop;
use crate::kit::{Located, Outcome, Parsed, Scalar, Text, lower, owned};
use kernel::{Currency, EconomicKey, FactBody, GiftCard, Payment, ReasonCode, Subject, Timestamp};

/// Words of providers in BigCommerce, by how they begin, and ours.
const PROVIDERS: &[(&str, &str)] = &[
    ("storecredit", "store_credit"),
    ("store_credit", "store_credit"),
    ("giftcertificate", "gift_card"),
    ("gift_certificate", "gift_card"),
    ("stripe", "stripe"),
    ("paypal", "paypal"),
    ("checkout_paypal", "paypal"),
    ("square", "square"),
    ("adyen", "adyen"),
    ("amazon", "amazon"),
    ("bankdeposit", "bank_transfer"),
    ("bank_deposit", "bank_transfer"),
    ("custom", "manual"),
    ("manual", "manual"),
    ("cash", "cash"),
    ("instore", "cash"),
    ("pay_in_store", "cash"),
    ("testgateway", "bogus"),
    ("test_payment", "bogus"),
];

/// The processor or tender behind a provider's name.
pub fn processor(provider: &str) -> String {
    let plain = provider.trim().to_ascii_lowercase().replace([' ', '-'], "_");
    let known = PROVIDERS.iter().find(|(start, _)| plain.starts_with(start));
    match known {
        Some((_, ours)) => (*ours).to_owned(),
        None if plain.is_empty() => "manual".to_owned(),
        None => plain.chars().take(60).collect(),
    }
}

/// Whether a part of the price is paid by what the order itself states: store credit and gift
/// certificates.
fn is_credit(processor: &str) -> bool {
    matches!(processor, "store_credit" | "gift_card")
}

/// The provider's own id of a movement, where its events would tell of the same one.
pub fn provider_id<'t>(tx: &'t wire::Transaction<'_>) -> Option<(&'static str, &'t str)> {
    let id = tx.gateway_transaction_id.as_ref()?.as_str();
    let starts = |prefixes: &[&str]| prefixes.iter().any(|p| id.starts_with(p));
    match processor(&owned(&tx.gateway)).as_str() {
        "stripe" if starts(&["ch_", "py_", "pi_", "re_", "pyr_"]) => Some(("stripe", id)),
        "paypal" if is_pay_pals(id) => Some(("paypal", id)),
        "adyen" if is_adyens(id) => Some(("adyen", id)),
        _ => None,
    }
}

/// What is known of an order's money.
#[derive(Default)]
pub struct Told {
    /// Some provider captured something.
    pub is_captured: bool,
    /// Some provider tells of the order at all.
    pub is_told: bool,
    seen: Vec<EconomicKey>,
}

/// The transactions of an order, or a list of them.
pub fn all(
    shop: &Shop<'_>,
    list: &[wire::Transaction<'_>],
    order: Option<&Subject>,
    out: &mut Outcome,
) -> Told {
    let mut known = Told::default();
    for (n, tx) in list.iter().enumerate() {
        out.within(format_args!("transactions[{n}]"), |out| {
            let subject = match (order, &tx.order_id) {
                (Some(subject), _) => subject.clone(),
                (None, id) => shop.sale(id.as_ref().at("order_id")?),
            };
            one(shop, tx, list, &subject, &mut known, out).about(&subject)
        });
    }
    known
}

fn one(
    shop: &Shop<'_>,
    tx: &wire::Transaction<'_>,
    list: &[wire::Transaction<'_>],
    subject: &Subject,
    known: &mut Told,
    out: &mut Outcome,
) -> Parsed<()> {
    let code = tx.currency.as_ref().at("currency")?.as_str();
    let currency = code.parse::<Currency>().at("currency")?;
    let amount = tx.amount.as_ref().at("amount")?.money(currency).at("amount")?;
    let name = owned(&tx.gateway);
    let method = owned(&tx.method);
    let tender = processor(if method.contains("store_credit") || method.contains("gift_cert") {
        &method
    } else {
        &name
    });
    if is_credit(&tender) {
        out.ignore("paid by store credit or a gift certificate: the order states how much");
        return Ok(());
    }
    let event = lower(&tx.event);
    let is_ok = tx.status.as_ref().is_none_or(|s| s.as_str().eq_ignore_ascii_case("ok"));
    let body: fn(Payment) -> FactBody = match (&*event, is_ok) {
        ("purchase" | "capture", true) => FactBody::PaymentCaptured,
        ("settled", true) if !settles_another(tx, list) => FactBody::PaymentCaptured,
        ("settled", true) => {
            out.ignore("the settlement of a payment that is told by itself");
            return Ok(());
        }
        ("authorization", true) => FactBody::PaymentAuthorised,
        ("void", true) => FactBody::PaymentVoided,
        ("purchase" | "capture" | "authorization" | "settled", false) => FactBody::PaymentFailed,
        ("void", false) => {
            out.ignore("a void that failed: the authorisation stands");
            return Ok(());
        }
        ("refund", true) => {
            out.ignore("money of a refund: the refund itself carries it");
            return Ok(());
        }
        ("refund", false) => {
            let detail = "a refund did not reach the buyer; see in BigCommerce whether it was \
                          tried again";
            return Err(fault(ReasonCode::RefundFailed, "status", detail).worth(Some(amount)));
        }
        ("pending", _) => {
            out.ignore("a transaction still pending: it is told again when it ends");
            return Ok(());
        }
        _ => {
            let shown: String = event.chars().take(60).collect();
            let detail = format!("the event `{shown}` of a transaction has no rule here");
            return Err(unknown("event", detail, Some(amount)));
        }
    };
    known.is_told = true;
    let at = moment(&tx.date_created, "date_created").worth(Some(amount))?;
    let payment = Payment {
        processor: tender,
        payment_id: provider_id(tx).map_or_else(|| tx.id.to_string(), |(_, id)| id.to_owned()),
        amount_minor: amount.minor,
        currency,
        business_date: at.date_in(shop.zone),
        test: tx.test.unwrap_or(false),
    };
    let fact = shop.fact(subject, key(shop, tx), 0, at, body(payment));
    if matches!(fact.body, FactBody::PaymentCaptured(_)) {
        if known.seen.contains(&fact.key) {
            let detail = "two captures under one payment of the processor; take the captured sum \
                          from the processor's own events";
            let fault = fault(ReasonCode::AmbiguousCandidates, "gateway_transaction_id", detail);
            return Err(fault.worth(Some(amount)));
        }
        known.seen.push(fact.key.clone());
        known.is_captured = true;
    }
    out.fact(fact);
    Ok(())
}

/// The provider's key where it has one, so that its own events tell of the same payment.
fn key(shop: &Shop<'_>, tx: &wire::Transaction<'_>) -> String {
    match provider_id(tx) {
        Some((processor, id)) => format!("{processor}/{id}/capture"),
        None => shop.key("transaction", &tx.id),
    }
}

/// Whether `tx` says of another transaction of the list, which captured the money, that it settled.
fn settles_another(tx: &wire::Transaction<'_>, list: &[wire::Transaction<'_>]) -> bool {
    list.iter().any(|other| {
        let is_capture = other.event.as_ref().is_some_and(|e| {
            e.as_str().eq_ignore_ascii_case("purchase")
                || e.as_str().eq_ignore_ascii_case("capture")
        });
        let is_same = |a: &Option<Scalar<'_>>, b: &Scalar<'_>| a.as_ref() == Some(b);
        let shares = other.gateway_transaction_id.is_some()
            && other.gateway_transaction_id == tx.gateway_transaction_id;
        is_capture && (shares || is_same(&tx.reference_transaction_id, &other.id))
    })
}

/// Later orders repeat an event with their own date, so the first order that tells of it counts.
pub const fn first_told(modified: Timestamp) -> i64 {
    modified.0.saturating_neg()
}

/// What the order itself says about its payment.
pub struct Stated<'o, 'a> {
    pub order: &'o wire::Order<'a>,
    pub currency: Currency,
    pub modified: Timestamp,
    pub whole_minor: i64,
}

impl Stated<'_, '_> {
    /// Whether the order says that it is paid. Methods without a provider (cash on delivery, a
    /// cheque) leave the status empty; a completed order of those is paid.
    pub fn is_paid(&self) -> bool {
        let status = lower(&self.order.payment_status);
        match &*status {
            "captured" | "paid" | "partially refunded" | "refunded" => true,
            "" => self.order.status_id.as_ref().is_some_and(|id| id.as_str() == "10"),
            _ => false,
        }
    }

    /// Store credit and gift certificates that pay: what they owe falls, no processor moves money
    /// (sources-and-cases.md #57, #61). Returns what they paid, minor units.
    pub fn credits(&self, shop: &Shop<'_>, out: &mut Outcome) -> Parsed<i64> {
        let paid =
            |amount: &Option<Scalar<'_>>, at: &str| rounded(exact(amount, at)?, self.currency, at);
        let credit = paid(&self.order.store_credit_amount, "store_credit_amount")?;
        let card = paid(&self.order.gift_certificate_amount, "gift_certificate_amount")?;
        let business_date = self.modified.date_in(shop.zone);
        if credit != 0 {
            let payment = Payment {
                processor: "store_credit".to_owned(),
                payment_id: self.order.id.to_string(),
                amount_minor: credit,
                currency: self.currency,
                business_date,
                test: false,
            };
            self.tell(shop, "store-credit", FactBody::PaymentCaptured(payment), out);
        }
        if card != 0 {
            let card = GiftCard {
                card_id: self.order.id.to_string(),
                amount_minor: card,
                currency: self.currency,
                business_date,
                processor: "gift_card".to_owned(),
            };
            self.tell(shop, "gift-certificate", FactBody::GiftCardRedeemed(card), out);
        }
        credit.checked_add(card).at("store_credit_amount")
    }

    /// The payment of an order that no provider tells of.
    pub fn alone(&self, shop: &Shop<'_>, credits: i64, out: &mut Outcome) -> Parsed<()> {
        let amount = self.whole_minor.checked_sub(credits).at("total_inc_tax")?;
        if amount <= 0 {
            return Ok(());
        }
        let payment = Payment {
            processor: processor(self.order.payment_method.as_ref().map_or("", Text::as_str)),
            payment_id: self.order.id.to_string(),
            amount_minor: amount,
            currency: self.currency,
            business_date: self.modified.date_in(shop.zone),
            test: false,
        };
        self.tell(shop, "payment", FactBody::PaymentCaptured(payment), out);
        Ok(())
    }

    fn tell(&self, shop: &Shop<'_>, noun: &str, body: FactBody, out: &mut Outcome) {
        let key = format!("{}/{noun}", shop.key("order", &self.order.id));
        let subject = shop.sale(&self.order.id);
        out.fact(shop.fact(&subject, key, first_told(self.modified), self.modified, body));
    }
}
