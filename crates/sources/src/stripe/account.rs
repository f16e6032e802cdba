//! Names, moments and amounts of one Stripe account.

use super::Settings;
use super::wire::Metadata;
use crate::kit::scalar::SCALAR_BYTES_MAX;
use crate::kit::{Located, Parsed, Text, shop};
use kernel::{
    Currency, EconomicKey, Fact, FactBody, Money, MoneyConvention, SourceName, Subject,
    SubjectKind, Timestamp,
};
use std::fmt::Display;

/// The processor's name in facts and at the start of economic keys.
pub const PROCESSOR: &str = "stripe";

/// The account whose delivery is read.
pub struct Account<'s> {
    pub source: &'s SourceName,
    pub settings: &'s Settings,
}

impl Account<'_> {
    /// The order that the metadata names, else the payment itself.
    pub fn payment_subject(&self, metadata: Option<&Metadata<'_>>, payment_id: &str) -> Subject {
        let named = self.settings.order_source.as_ref().zip(metadata);
        let key = named.and_then(|(orders, metadata)| {
            let prefix = format!("{orders}/");
            let whole = metadata.order_key.as_ref().and_then(usable);
            match whole.or_else(|| metadata.order_id.as_ref().and_then(usable))? {
                key if key.starts_with(&prefix) => Some(key.to_owned()),
                id => Some(format!("{prefix}order/{id}")),
            }
        });
        match key {
            Some(key) => Subject::new(SubjectKind::Sale, key),
            None => self.subject(SubjectKind::Payment, payment_id),
        }
    }

    /// `<source>/<kind>/<id>`.
    pub fn subject(&self, kind: SubjectKind, id: &str) -> Subject {
        shop::subject(self.source, kind, id)
    }

    /// A fact of this account.
    pub fn fact(
        &self,
        subject: &Subject,
        key: EconomicKey,
        version: i64,
        occurred_at: Timestamp,
        body: FactBody,
    ) -> Fact {
        shop::fact(self.source, subject, key, version, occurred_at, body)
    }

    /// Whether something is not real money.
    pub fn is_test(&self, livemode: Option<bool>) -> bool {
        livemode == Some(false) && !self.settings.test_is_real
    }
}

/// Metadata is free text: blank or very long values name no order.
fn usable<'t>(text: &'t Text<'_>) -> Option<&'t str> {
    let text = text.as_str().trim();
    (!text.is_empty() && text.len() <= SCALAR_BYTES_MAX).then_some(text)
}

/// The key of a charge: its authorisation, capture and void are one payment.
pub fn capture_key(charge_id: &str) -> EconomicKey {
    EconomicKey([PROCESSOR, charge_id, "capture"].join("/"))
}

/// The key of a refund.
pub fn refund_key(refund_id: &str) -> EconomicKey {
    EconomicKey([PROCESSOR, refund_id, "refund"].join("/"))
}

/// The payment or refund that a balance movement settles, by the prefix of its source.
pub fn settled_by(source_id: &str) -> Option<EconomicKey> {
    let starts = |prefixes: &[&str]| prefixes.iter().any(|p| source_id.starts_with(p));
    if starts(&["ch_", "py_"]) {
        Some(capture_key(source_id))
    } else if starts(&["re_", "pyr_"]) {
        Some(refund_key(source_id))
    } else if starts(&["dp_", "du_"]) {
        // The dispute's own events book it; the entry only says that it was settled.
        Some(EconomicKey([PROCESSOR, source_id, "opened"].join("/")))
    } else {
        None
    }
}

/// An amount as Stripe writes it.
pub fn money(amount: i64, currency: &str, at: impl Display) -> Parsed<Money> {
    let currency: Currency = currency.parse::<Currency>().at("currency")?;
    Money::from_vendor(amount, currency, MoneyConvention::Stripe).at(at)
}
