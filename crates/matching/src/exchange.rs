//! Foreign documents in the home currency, at the rates the ledger states (quickbooks.md §8).
//!
//! How the ledger rounds is not documented: per document and account the result is off by at most
//! one minor unit.

use kernel::{BusinessKey, Currency, Decimal, Document, DocumentKind, Money, MoneyError, Posting};

/// What the ledger says of a document that a payment settles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settled {
    /// Its kind.
    pub kind: DocumentKind,
    /// Home units for one unit of its currency.
    pub rate: Decimal,
}

/// The debits and credits of a foreign document in minor units of `home`. Every leg is exchanged at
/// the document's own rate; what is settled leaves the receivables at the rate it came in with, and
/// the difference goes to `exchange_account`. `settled` tells of linked documents; those it does not
/// know count at the payment's own rate.
pub fn home_postings(
    document: &Document,
    rate: Decimal,
    home: Currency,
    exchange_account: &str,
    settled: impl Fn(&BusinessKey) -> Option<Settled>,
) -> Result<Vec<Posting>, MoneyError> {
    let overflow = || MoneyError::Overflow(home);
    let at = |minor: i64, rate: Decimal| -> Result<i64, MoneyError> {
        Money::new(minor, document.currency).exchanged(rate, home).map(|m| m.minor)
    };
    if document.kind == DocumentKind::Payment {
        let (mut open, mut taken) = (document.total_minor, 0_i64);
        for link in &document.links {
            let target = settled(&link.to);
            let is_credit = target.is_some_and(|t| t.kind.is_credit());
            let sign = if is_credit { -1 } else { 1 };
            let part = at(link.amount_minor, target.map_or(rate, |t| t.rate))?;
            open = open.checked_sub(sign * link.amount_minor).ok_or_else(overflow)?;
            taken = taken.checked_add(sign * part).ok_or_else(overflow)?;
        }
        let taken = taken.checked_add(at(open, rate)?).ok_or_else(overflow)?;
        let money = at(document.total_minor, rate)?;
        let receivables = document.counter_account.as_deref().unwrap_or_default();
        let legs = [
            (document.account.as_str(), money),
            (receivables, -taken),
            (exchange_account, taken - money),
        ];
        let moved = legs.into_iter().filter(|(_, minor)| *minor != 0);
        return Ok(moved.map(|(account, minor)| posting(account, minor)).collect());
    }
    let mut legs = Vec::new();
    for leg in document.postings() {
        legs.push(posting(&leg.account, at(leg.amount_minor, rate)?));
    }
    let rest: i64 = legs.iter().map(|leg| leg.amount_minor).sum();
    // The total of the document stands; the largest other leg takes what rounding leaves over.
    let others = legs.iter_mut().filter(|leg| leg.account != document.account);
    if let Some(largest) = others.max_by_key(|leg| leg.amount_minor.abs()) {
        largest.amount_minor -= rest;
    }
    Ok(legs)
}

fn posting(account: &str, amount_minor: i64) -> Posting {
    Posting { account: account.to_owned(), amount_minor }
}
