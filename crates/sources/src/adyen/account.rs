//! Names and amounts of one Adyen merchant account.

use super::Settings;
use super::wire::Amount;
use crate::kit::{Located, Parsed, shop};
use kernel::{
    Currency, EconomicKey, Fact, FactBody, Money, MoneyConvention, SourceName, Subject,
    SubjectKind, Timestamp,
};

/// The processor's name in facts and at the start of economic keys.
pub const PROCESSOR: &str = "adyen";

/// The account whose delivery is read.
pub struct Account<'s> {
    pub source: &'s SourceName,
    pub settings: &'s Settings,
}

impl Account<'_> {
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
}

/// `adyen/<reference>/<verb>`: what became of one reference of Adyen.
pub fn key(reference: &str, verb: &str) -> EconomicKey {
    EconomicKey([PROCESSOR, reference, verb].join("/"))
}

/// An amount as Adyen writes it, with its own exponents (sources-and-cases.md A6).
pub fn money(amount: &Amount<'_>, at: &str) -> Parsed<Money> {
    let currency: Currency = amount.currency.as_str().parse::<Currency>().at(at)?;
    Money::from_vendor(amount.value, currency, MoneyConvention::Adyen).at(at)
}
