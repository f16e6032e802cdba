//! Names, moments and amounts of one PayPal account.

use super::{Settings, wire};
use crate::kit::scalar::SCALAR_BYTES_MAX;
use crate::kit::{Located, Parsed, Text, malformed};
use kernel::{
    Currency, EconomicKey, EventTime, Fact, FactBody, Fee, Money, SourceName, Subject, SubjectKind,
    Timestamp,
};
use std::fmt::Display;

/// The processor's name in facts and at the start of economic keys.
pub const PROCESSOR: &str = "paypal";

/// The account whose delivery is read.
pub struct Account<'s> {
    pub source: &'s SourceName,
    pub settings: &'s Settings,
}

impl Account<'_> {
    /// The order that `custom_id` names, else the payment itself.
    pub fn payment_subject(&self, custom: Option<&Text<'_>>, payment_id: &str) -> Subject {
        let custom = custom.map(|c| c.as_str().trim());
        let custom = custom.filter(|c| !c.is_empty() && c.len() <= SCALAR_BYTES_MAX);
        let key = self.settings.order_source.as_ref().zip(custom).map(|(orders, id)| {
            let prefix = format!("{orders}/");
            if id.starts_with(&prefix) { id.to_owned() } else { format!("{prefix}order/{id}") }
        });
        match key {
            Some(key) => Subject::new(SubjectKind::Sale, key),
            None => self.subject(SubjectKind::Payment, payment_id),
        }
    }

    /// `<source>/<kind>/<id>`.
    pub fn subject(&self, kind: SubjectKind, id: &str) -> Subject {
        Subject::new(kind, [self.source.as_str(), kind.as_str(), id].join("/"))
    }

    /// A fact of this account.
    pub fn fact(&self, subject: &Subject, key: EconomicKey, at: Timestamp, body: FactBody) -> Fact {
        Fact {
            source: self.source.clone(),
            subject: subject.clone(),
            key,
            version: 0,
            occurred_at: EventTime(at),
            body,
        }
    }

    /// A fee of movement `id`, as a fact of its own: the capture tells it and so does the row of
    /// Transaction Search.
    pub fn fee(
        &self,
        id: &str,
        reason: &str,
        fee: Money,
        of: Option<EconomicKey>,
        at: Timestamp,
    ) -> Fact {
        let body = FactBody::FeeCharged(Fee {
            processor: PROCESSOR.to_owned(),
            reason: reason.to_owned(),
            amount_minor: fee.minor,
            tax_minor: 0,
            currency: fee.currency,
            business_date: at.date_in(&self.settings.zone),
            of,
        });
        self.fact(&self.subject(SubjectKind::Fee, id), key(id, "fee"), at, body)
    }

    /// Whether something comes from the sandbox: its links say so (sources-and-cases.md #19).
    pub fn is_test(&self, links: Option<&Vec<wire::Link<'_>>>) -> bool {
        let hosts = links.into_iter().flatten().filter_map(|l| l.href.as_ref());
        let is_sandbox = |href: &Text<'_>| href.as_str().contains(".sandbox.paypal.com/");
        !self.settings.test_is_real && hosts.into_iter().any(is_sandbox)
    }
}

/// `paypal/<id>/<verb>`.
pub fn key(id: &str, verb: &str) -> EconomicKey {
    EconomicKey([PROCESSOR, id, verb].join("/"))
}

/// Currencies with two decimals by ISO 4217 of which PayPal takes whole units only.
const WHOLE: [&str; 2] = ["HUF", "TWD"];

/// An exact amount.
pub fn money(amount: &wire::Amount<'_>, at: impl Display + Copy) -> Parsed<Money> {
    let currency: Currency = amount.currency_code.as_str().parse::<Currency>().at(at)?;
    let money = amount.value.money(currency).at(at)?;
    if WHOLE.contains(&currency.code()) && money.minor % 100 != 0 {
        let detail = format!("PayPal knows no parts of a unit of {currency}, but sent {money}");
        return Err(malformed(at.to_string(), detail));
    }
    Ok(money)
}

/// An amount that must be there.
pub fn required(amount: Option<&wire::Amount<'_>>, at: impl Display + Copy) -> Parsed<Money> {
    money(amount.at(at)?, at)
}

/// The first moment that is given.
pub fn moment(candidates: &[&Option<Text<'_>>], at: &str) -> Parsed<Timestamp> {
    let text = candidates.iter().find_map(|c| c.as_ref()).at(at)?;
    Timestamp::parse(text.as_str()).at(at)
}
