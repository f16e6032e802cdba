//! Payment transactions of an order: `order_transactions/create`, and lists of them.

use super::shop::{Shop, currency, moment, plain_id};
use super::wire;
use crate::kit::fault::{About, fault, unknown};
use crate::kit::processor::{is_adyens, is_pay_pals};
use crate::kit::{Located, Outcome, Parsed, Reference, Scalar, Text, lower, owned};
use kernel::{
    Currency, EconomicKey, Fact, FactBody, GiftCard, Money, Payment, ReasonCode, Subject,
    SubjectKind,
};

/// Which payment a transaction is, so that the processor's own events tell of the same one.
pub struct Identity {
    /// `stripe`, `shopify_payments`, `manual`, `gift_card`, …
    pub processor: String,
    /// The id that Stripe, PayPal or Adyen gave where it is the gateway, else Shopify's of the
    /// transaction.
    pub payment_id: String,
    /// Who gave `payment_id`; the keys are then those of its own events.
    own: Option<Own>,
}

/// A processor whose events tell of the same payments.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Own {
    Stripe,
    PayPal,
    Adyen,
}

/// A gateway's name, who it is, and the id that it gave a transaction.
type Processor = (&'static str, Own, fn(&wire::Transaction<'_>) -> Option<String>);

const PROCESSORS: [Processor; 3] = [
    ("stripe", Own::Stripe, stripe_id),
    ("paypal", Own::PayPal, pay_pal_id),
    ("adyen", Own::Adyen, adyens_reference),
];

impl Identity {
    /// Reads gateway, authorisation and receipt. Only a gateway of the shop's own Stripe account
    /// gets Stripe's keys (sources-and-cases.md #169), and one of its own account at PayPal or Adyen
    /// theirs.
    /// Shopify Payments also shows Stripe's ids, but its payouts name Shopify's transactions, so
    /// those make the keys there.
    pub fn of(tx: &wire::Transaction<'_>) -> Parsed<Self> {
        let id = plain_id(tx.id.as_ref().at("id")?).to_owned();
        let gateway = owned(&tx.gateway).trim().to_ascii_lowercase().replace([' ', '-'], "_");
        let is = |name: &str| {
            let rest = gateway.strip_prefix(name);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
        };
        if let Some((name, own, given)) = PROCESSORS.iter().find(|(name, ..)| is(name)) {
            let given = given(tx);
            return Ok(Self {
                processor: (*name).to_owned(),
                own: given.as_ref().map(|_| *own),
                payment_id: given.unwrap_or(id),
            });
        }
        let processor = if tx.manual_payment_gateway.unwrap_or(false) || gateway.is_empty() {
            "manual".to_owned()
        } else {
            gateway
        };
        Ok(Self { processor, payment_id: id, own: None })
    }

    /// The economic key of the payment. On Stripe authorisation, capture and void of one charge
    /// share it; on Shopify a capture is a transaction of its own, since several may follow one
    /// authorisation.
    fn key(&self, shop: &Shop<'_>) -> String {
        match self.own {
            Some(Own::Stripe) => ["stripe", &self.payment_id, "capture"].join("/"),
            Some(Own::PayPal) => ["paypal", &self.payment_id, "capture"].join("/"),
            Some(Own::Adyen) => ["adyen", &self.payment_id, "capture"].join("/"),
            None => [shop.source.as_str(), "transaction", &self.payment_id].join("/"),
        }
    }

    /// The processor's key of a refund, when the transaction is one of the shop's own account.
    pub fn refund_key(&self) -> Option<String> {
        let id = self.payment_id.as_str();
        match self.own? {
            Own::Stripe if !id.starts_with("re_") && !id.starts_with("pyr_") => None,
            Own::Stripe => Some(["stripe", id, "refund"].join("/")),
            Own::PayPal => Some(["paypal", id, "refund"].join("/")),
            Own::Adyen => Some(["adyen", id, "refund"].join("/")),
        }
    }
}

/// Whether a transaction moved money. An authorisation moved none, and a void is known by the
/// transaction that it follows.
fn is_money(tx: &wire::Transaction<'_>) -> bool {
    matches!(&*lower(&tx.kind), "sale" | "capture" | "refund")
}

/// PayPal's id of what moved money.
fn pay_pal_id(tx: &wire::Transaction<'_>) -> Option<String> {
    let id = tx.authorization.as_ref()?.as_str();
    (is_money(tx) && is_pay_pals(id)).then(|| id.to_owned())
}

/// Adyen's reference of what moved money: alone, or in the middle of `original#reference#contract`, as
/// Shopify's own payment library writes it (activemerchant/active_merchant `adyen.rb`,
/// `authorization_from`).
fn adyens_reference(tx: &wire::Transaction<'_>) -> Option<String> {
    let id = tx.authorization.as_ref()?.as_str();
    let own = id.split('#').nth(1).unwrap_or(id);
    (is_money(tx) && is_adyens(own)).then(|| own.to_owned())
}

/// Stripe's id of a charge, else of a refund, else of a payment intent.
fn stripe_id(tx: &wire::Transaction<'_>) -> Option<String> {
    let receipt: wire::Receipt<'_> =
        tx.receipt.and_then(|r| serde_json::from_str(r.get()).ok()).unwrap_or_default();
    let charges = receipt.charges.as_ref().and_then(|c| c.data.first());
    let found = [
        tx.authorization.as_ref().map(Text::as_str),
        receipt.id.as_ref().map(Scalar::as_str),
        receipt.latest_charge.as_ref().map(Reference::as_str),
        receipt.charge.as_ref().map(Reference::as_str),
        charges.map(Reference::as_str),
    ];
    let is_refund = tx.kind.as_ref().is_some_and(|k| k.as_str().eq_ignore_ascii_case("refund"));
    let wanted: &[&str] = if is_refund { &["re_", "pyr_"] } else { &["ch_", "py_", "pi_"] };
    let of = |prefix: &&str| found.iter().flatten().find(|id| id.starts_with(*prefix));
    wanted.iter().find_map(of).map(|id| (*id).to_owned())
}

/// The amount that moved: cash rounding belongs to it (sources-and-cases.md A1, #37).
pub fn moved(tx: &wire::Transaction<'_>, currency: Currency) -> Parsed<Money> {
    let amount = tx.amount.as_ref().at("amount")?.money(currency).at("amount")?;
    match &tx.amount_rounding {
        None => Ok(amount),
        Some(r) => amount.checked_add(r.money(currency).at("amount_rounding")?).at("amount"),
    }
}

/// Captures already told by the delivery that is read. Two captures of one Stripe payment have
/// one key, under which only their sum could be told and no single transaction can: the second is
/// a fault, not a silent loss.
#[derive(Default)]
pub struct Captures(Vec<EconomicKey>);

/// The transactions that an order payload carries.
pub fn embedded(shop: &Shop<'_>, order: &wire::Order<'_>, out: &mut Outcome) {
    let mut seen = Captures::default();
    for tx in order.transactions.iter().flatten() {
        let subject = shop.sale(tx.order_id.as_ref().unwrap_or(&order.id));
        out.attempt(|out| once(shop, tx, &subject, &mut seen, out).about(&subject));
    }
}

/// One transaction, alone or of a list.
pub fn read(
    shop: &Shop<'_>,
    tx: &wire::Transaction<'_>,
    seen: &mut Captures,
    out: &mut Outcome,
) -> Parsed<()> {
    let subject = match &tx.order_id {
        Some(order) => shop.sale(order),
        None => Subject::new(SubjectKind::Payment, shop.key("payment", tx.id.as_ref().at("id")?)),
    };
    once(shop, tx, &subject, seen, out).about(&subject)
}

fn once(
    shop: &Shop<'_>,
    tx: &wire::Transaction<'_>,
    subject: &Subject,
    seen: &mut Captures,
    out: &mut Outcome,
) -> Parsed<()> {
    match told(shop, tx, subject)? {
        Told::Fact(fact) => {
            if matches!(fact.body, FactBody::PaymentCaptured(_)) {
                if seen.0.contains(&fact.key) {
                    let detail = "two captures under one payment of the processor; take the \
                                  captured sum from the processor's own events";
                    let fault = fault(ReasonCode::AmbiguousCandidates, "transactions", detail);
                    return Err(fault.worth(fact.amount()));
                }
                seen.0.push(fact.key.clone());
            }
            out.fact(*fact);
        }
        Told::Nothing(reason) => out.ignore(reason),
    }
    Ok(())
}

enum Told {
    Fact(Box<Fact>),
    Nothing(&'static str),
}

fn told(shop: &Shop<'_>, tx: &wire::Transaction<'_>, subject: &Subject) -> Parsed<Told> {
    let kind = lower(&tx.kind);
    let status = lower(&tx.status);
    let is_money = matches!(&*kind, "sale" | "capture");
    match (&*kind, &*status) {
        ("suggested_refund", _) => {
            Ok(Told::Nothing("a suggested refund: a calculation, nothing moved"))
        }
        (_, "pending" | "awaiting_response") => {
            Ok(Told::Nothing("a transaction still pending: it is told again when it ends"))
        }
        ("refund", "success") => {
            Ok(Told::Nothing("money of a refund: the refund itself carries it"))
        }
        ("void", "failure" | "error") => {
            Ok(Told::Nothing("a void that failed: the authorisation stands"))
        }
        ("sale" | "capture" | "authorization" | "emv_authorization", "failure" | "error") => {
            payment(shop, tx, subject, FactBody::PaymentFailed)
        }
        ("sale" | "capture", "success") => {
            let identity = Identity::of(tx)?;
            if identity.processor == "gift_card" {
                return gift_card(shop, tx, subject, &identity);
            }
            payment(shop, tx, subject, FactBody::PaymentCaptured)
        }
        ("authorization" | "emv_authorization", "success") => {
            payment(shop, tx, subject, FactBody::PaymentAuthorised)
        }
        ("void", "success") => payment(shop, tx, subject, FactBody::PaymentVoided),
        ("refund", "failure" | "error") => Err(fault(
            ReasonCode::RefundFailed,
            "status",
            "a refund did not reach the buyer; see in Shopify whether it was tried again",
        ))
        .worth(worth(tx)),
        ("change", "success") => Err(fault(
            ReasonCode::OverOrUnderPayment,
            "kind",
            "cash was given back as change; compare the cash taken with the order",
        ))
        .worth(worth(tx)),
        _ if is_money || worth(tx).is_some() => Err(unknown(
            "kind",
            format!("a transaction of kind `{kind}` and status `{status}` has no rule here"),
            worth(tx),
        )),
        _ => Err(unknown("kind", "this is no payment transaction as Shopify writes them", None)),
    }
}

/// The amount at stake, when it can be read.
fn worth(tx: &wire::Transaction<'_>) -> Option<Money> {
    currency(&tx.currency, "currency").and_then(|c| moved(tx, c)).ok()
}

fn payment(
    shop: &Shop<'_>,
    tx: &wire::Transaction<'_>,
    subject: &Subject,
    body: fn(Payment) -> FactBody,
) -> Parsed<Told> {
    let identity = Identity::of(tx)?;
    let key = identity.key(shop);
    let code = currency(&tx.currency, "currency")?;
    let at = moment(&[&tx.processed_at, &tx.created_at], "processed_at")?;
    let payment = Payment {
        amount_minor: moved(tx, code)?.minor,
        currency: code,
        business_date: at.date_in(shop.zone),
        test: tx.test.unwrap_or(false),
        processor: identity.processor,
        payment_id: identity.payment_id,
    };
    let body = body(payment);
    // A void ends the authorisation it follows.
    let key = match (&body, &tx.parent_id) {
        (FactBody::PaymentVoided(_), Some(parent)) if identity.own != Some(Own::Stripe) => {
            shop.key("transaction", parent)
        }
        _ => key,
    };
    Ok(Told::Fact(Box::new(shop.fact(subject, key, 0, at, body))))
}

/// A gift card pays: the liability falls, no processor moves money (sources-and-cases.md #55).
fn gift_card(
    shop: &Shop<'_>,
    tx: &wire::Transaction<'_>,
    subject: &Subject,
    identity: &Identity,
) -> Parsed<Told> {
    if tx.test.unwrap_or(false) {
        return Ok(Told::Nothing("a test payment with a gift card: no liability changes"));
    }
    let code = currency(&tx.currency, "currency")?;
    let at = moment(&[&tx.processed_at, &tx.created_at], "processed_at")?;
    let receipt: wire::Receipt<'_> =
        tx.receipt.and_then(|r| serde_json::from_str(r.get()).ok()).unwrap_or_default();
    let card = GiftCard {
        card_id: receipt
            .gift_card_id
            .as_ref()
            .map_or_else(|| identity.payment_id.clone(), |c| plain_id(c).to_owned()),
        amount_minor: moved(tx, code)?.minor,
        currency: code,
        business_date: at.date_in(shop.zone),
        processor: identity.processor.clone(),
    };
    let key = identity.key(shop);
    Ok(Told::Fact(Box::new(shop.fact(subject, key, 0, at, FactBody::GiftCardRedeemed(card)))))
}
