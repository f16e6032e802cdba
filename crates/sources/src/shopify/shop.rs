//! Names, moments and amounts of one shop.

use super::wire::{Set, Side};
use crate::kit::fault::fault;
use crate::kit::{Located, Parsed, Scalar, Text};
use kernel::time::Zone;
use kernel::{
    Currency, EconomicKey, EventTime, Fact, FactBody, Money, ReasonCode, SourceName, Subject,
    SubjectKind, Timestamp,
};

/// The shop whose delivery is read.
pub struct Shop<'s> {
    pub source: &'s SourceName,
    pub zone: &'s Zone,
}

impl Shop<'_> {
    /// `<source>/<noun>/<id>`.
    pub fn key(&self, noun: &str, id: &Scalar<'_>) -> String {
        format!("{}/{noun}/{}", self.source, plain_id(id))
    }

    /// The subject of an order and of all its money.
    pub fn sale(&self, order_id: &Scalar<'_>) -> Subject {
        Subject::new(SubjectKind::Sale, self.key("order", order_id))
    }

    /// A fact of this shop.
    pub fn fact(
        &self,
        subject: &Subject,
        key: String,
        version: i64,
        occurred_at: Timestamp,
        body: FactBody,
    ) -> Fact {
        Fact {
            source: self.source.clone(),
            subject: subject.clone(),
            key: EconomicKey(key),
            version,
            occurred_at: EventTime(occurred_at),
            body,
        }
    }
}

/// The number of an id, also of a global one: `gid://shopify/Order/1` is `1`.
pub fn plain_id<'i>(id: &'i Scalar<'_>) -> &'i str {
    id.as_str().rsplit('/').next().unwrap_or_default()
}

/// The first moment that is given.
pub fn moment(candidates: &[&Option<Text<'_>>], at: &str) -> Parsed<Timestamp> {
    let text = candidates.iter().find_map(|c| c.as_ref()).at(at)?;
    Timestamp::parse(text.as_str()).at(at)
}

/// The currency in `text`.
pub fn currency(text: &Option<Text<'_>>, at: &str) -> Parsed<Currency> {
    text.as_ref().at(at)?.as_str().parse::<Currency>().at(at)
}

/// The shop money of `set`, else the plain amount beside it, which REST states in shop currency.
pub fn amount(
    set: &Option<Set<'_>>,
    plain: &Option<Scalar<'_>>,
    currency: Currency,
    at: &str,
) -> Parsed<Option<Money>> {
    match set.as_ref().and_then(|s| s.shop_money.as_ref()) {
        Some(side) => side_amount(side, currency, at).map(Some),
        None => plain.as_ref().map(|p| p.money(currency).at(at)).transpose(),
    }
}

/// The amount of one side, which must be of `currency`.
pub fn side_amount(side: &Side<'_>, currency: Currency, at: &str) -> Parsed<Money> {
    if let Some(code) = &side.currency_code
        && !code.as_str().eq_ignore_ascii_case(currency.code())
    {
        let detail = format!("shop money in {code}, but the order is in {currency}");
        return Err(fault(ReasonCode::CurrencyMismatch, at, detail));
    }
    side.amount.money(currency).at(at)
}

/// Like [`amount`], in minor units, nothing counting as zero.
pub fn minor(
    set: &Option<Set<'_>>,
    plain: &Option<Scalar<'_>>,
    currency: Currency,
    at: &str,
) -> Parsed<i64> {
    Ok(amount(set, plain, currency, at)?.map_or(0, |m| m.minor))
}

/// The sum of minor units, checked.
pub fn total(currency: Currency, amounts: impl IntoIterator<Item = i64>, at: &str) -> Parsed<i64> {
    Money::sum(currency, amounts.into_iter().map(|m| Money::new(m, currency)))
        .map(|m| m.minor)
        .at(at)
}
