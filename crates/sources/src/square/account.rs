//! Names, moments and amounts of one Square account.

use super::Settings;
use super::wire::{Amount, ProcessingFee};
use crate::kit::{Located, Outcome, Parsed, Scalar, Text, shop};
use kernel::{
    Currency, EconomicKey, Fact, FactBody, Fee, Money, SourceName, Subject, SubjectKind, Timestamp,
};
use std::collections::BTreeMap;

/// The processor's name in facts and at the start of economic keys.
pub const PROCESSOR: &str = "square";

/// The account whose delivery is read.
pub struct Account<'s> {
    pub source: &'s SourceName,
    pub settings: &'s Settings,
    /// Whether the delivery is not about real money.
    pub is_test: bool,
}

impl Account<'_> {
    /// The sale that Square's order is.
    pub fn sale(&self, order_id: &str) -> Subject {
        Subject::new(SubjectKind::Sale, [self.source.as_str(), "order", order_id].join("/"))
    }

    /// The order that a payment belongs to, else the payment itself.
    pub fn payment_subject(
        &self,
        payment_id: &str,
        order_id: Option<&Scalar<'_>>,
        reference: Option<&Text<'_>>,
    ) -> Subject {
        let sale = match &self.settings.order_source {
            None => order_id.map(|id| self.sale(id.as_str())),
            Some(orders) => {
                let named = reference.map(|r| r.as_str().trim());
                named
                    .filter(|id| !id.is_empty() && id.len() <= REFERENCE_MAX)
                    .map(|id| Subject::new(SubjectKind::Sale, format!("{orders}/order/{id}")))
            }
        };
        sale.unwrap_or_else(|| self.subject(SubjectKind::Payment, payment_id))
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

    /// The fees that Square states with a payment or a refund: they arrive late and may be
    /// corrected (case 104). `of` is what they were charged for, `version` its watermark.
    pub fn fees(
        &self,
        subject: &Subject,
        of: (&str, &EconomicKey),
        fees: Option<&Vec<ProcessingFee<'_>>>,
        version: i64,
        out: &mut Outcome,
    ) -> Parsed<()> {
        let mut told: BTreeMap<String, (Timestamp, Money)> = BTreeMap::new();
        for fee in fees.into_iter().flatten().filter(|_| !self.is_test) {
            let at = "processing_fee";
            let amount = money(fee.amount_money.as_ref(), at)?;
            let when = moment(fee.effective_at.as_ref(), at)?;
            let kind = fee.fee_type.as_ref().map_or("", Text::as_str);
            // One fee is charged first; each correction is known by its time.
            let name = match kind {
                "INITIAL" => "initial".to_owned(),
                other => format!("{}-{}", other.to_ascii_lowercase(), when.0),
            };
            let sum = told.entry(name).or_insert((when, Money::zero(amount.currency)));
            sum.1 = sum.1.checked_add(amount).at(at)?;
        }
        for (name, (when, amount)) in told {
            let key = EconomicKey(format!("{PROCESSOR}/{}/fee/{name}", of.0));
            let fee = Fee {
                processor: PROCESSOR.to_owned(),
                reason: "processing fee".to_owned(),
                tax_minor: 0,
                amount_minor: amount.minor,
                currency: amount.currency,
                business_date: when.date_in(&self.settings.zone),
                of: Some(of.1.clone()),
            };
            out.fact(self.fact(subject, key, version, when, FactBody::FeeCharged(fee)));
        }
        Ok(())
    }
}

/// Longest reference that names an order, bytes; Square allows 40.
const REFERENCE_MAX: usize = 255;

/// The key of a payment: its authorisation, capture and void are one movement.
pub fn capture_key(payment_id: &str) -> EconomicKey {
    EconomicKey([PROCESSOR, payment_id, "capture"].join("/"))
}

/// The key of a refund.
pub fn refund_key(refund_id: &str) -> EconomicKey {
    EconomicKey([PROCESSOR, refund_id, "refund"].join("/"))
}

/// The key of a dispute's first movement.
pub fn dispute_key(dispute_id: &str) -> EconomicKey {
    EconomicKey([PROCESSOR, dispute_id, "opened"].join("/"))
}

/// An amount in the smallest unit of its ISO 4217 currency (sources-and-cases.md A5).
pub fn money(amount: Option<&Amount<'_>>, at: &str) -> Parsed<Money> {
    let amount = amount.at(at)?;
    let code = amount.currency.as_ref().or(amount.currency_code.as_ref()).at(at)?;
    Ok(Money::new(amount.amount, code.as_str().parse::<Currency>().at(at)?))
}

/// An amount of `currency`, nothing counting as zero.
pub fn minor(amount: Option<&Amount<'_>>, currency: Currency, at: &str) -> Parsed<i64> {
    match amount {
        None => Ok(0),
        Some(_) => Ok(money(amount, at)?.checked_add(Money::zero(currency)).at(at)?.minor),
    }
}

/// A moment as Square writes it (RFC 3339).
pub fn moment(text: Option<&Text<'_>>, at: &str) -> Parsed<Timestamp> {
    Timestamp::parse(text.at(at)?.as_str()).at(at)
}
