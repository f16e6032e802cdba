//! What the trial balance of the company has to show.

use anyhow::{Context as _, Result, anyhow, bail};
use book::{Case, Rules};
use kernel::{BusinessDate, Currencies, Currency, Decimal, Document, Money};
use std::collections::{BTreeMap, BTreeSet};

/// Minor units of the home currency by account, debit positive.
pub(super) type Balance = BTreeMap<String, i64>;

/// The home currency of the case's company.
pub(super) fn home(case: &Case) -> Result<Currency> {
    match case.currencies {
        Currencies::Only(home) | Currencies::Several(home) => Ok(home),
        Currencies::Unknown if case.currency == Currency::USD => Ok(Currency::USD),
        Currencies::Unknown => bail!("`home` has to say what the books are kept in"),
    }
}

/// Home units for one unit of `currency` on `date`: the last rate of the case up to that day.
pub(super) fn rate(case: &Case, currency: Currency, date: BusinessDate) -> Result<Decimal> {
    let day = format!("{} {date}", currency.code());
    let of = |key: &&String| key.split(' ').next() == Some(currency.code());
    let known = case.ledger.rates.keys().filter(of);
    match known.filter(|key| **key <= day).max() {
        Some(key) => kernel::decimal::parse_decimal(&case.ledger.rates[key])
            .map_err(|e| anyhow!("rate {key}: {e}")),
        None if currency.exponent() == 0 => Ok(Decimal::new(2, 2)),
        None => Ok(Decimal::TWO),
    }
}

/// What the documents of the case come to, or what the case says in their place.
pub(super) fn expected(case: &Case, rules: &Rules) -> Result<Balance> {
    let home = home(case)?;
    let mut sums = Balance::new();
    if let Some(text) = &case.ledger.balance {
        for line in text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')) {
            let (account, minor) = entry(line, home).with_context(|| format!("balance: {line}"))?;
            *sums.entry(account).or_default() += minor;
        }
    } else {
        for desired in case.decide(rules, &case.facts) {
            for document in &desired.documents {
                add(case, document, home, &mut sums)?;
            }
        }
    }
    sums.retain(|_, minor| *minor != 0);
    Ok(sums)
}

fn add(case: &Case, document: &Document, home: Currency, sums: &mut Balance) -> Result<()> {
    for posting in document.postings() {
        let minor = if document.currency == home {
            posting.amount_minor
        } else {
            let rate = match document.rate {
                Some(stated) => stated,
                None => rate(case, document.currency, document.date)?,
            };
            Money::new(posting.amount_minor, document.currency).exchanged(rate, home)?.minor
        };
        *sums.entry(posting.account).or_default() += minor;
    }
    Ok(())
}

/// `Dr ACCOUNT AMOUNT` or `Cr ACCOUNT AMOUNT`.
fn entry(line: &str, home: Currency) -> Result<(String, i64)> {
    let (side, rest) = line.split_once(' ').context("Dr or Cr is missing")?;
    let (account, amount) = rest.rsplit_once(' ').context("the amount is missing")?;
    let minor = Money::parse(amount, home)?.minor;
    match side {
        "Dr" => Ok((account.trim().to_owned(), minor)),
        "Cr" => Ok((account.trim().to_owned(), -minor)),
        other => bail!("`{other}` is neither Dr nor Cr"),
    }
}

/// How two balances differ, an account a line.
pub(super) fn differences(expected: &Balance, found: &Balance, home: Currency) -> Vec<String> {
    // Names in a chart of accounts are equal without regard to case.
    let (expected, found) = (&lowercase(expected), &lowercase(found));
    let accounts: BTreeSet<&String> = expected.keys().chain(found.keys()).collect();
    let text = |of: &Balance, account| {
        Money::new(of.get(account).copied().unwrap_or_default(), home).to_text()
    };
    accounts
        .into_iter()
        .filter(|a| expected.get(*a) != found.get(*a))
        .map(|a| format!("{a}: expected {}, the company has {}", text(expected, a), text(found, a)))
        .collect()
}

fn lowercase(balance: &Balance) -> Balance {
    let mut sums = Balance::new();
    for (account, minor) in balance {
        *sums.entry(account.to_lowercase()).or_default() += minor;
    }
    sums.retain(|_, minor| *minor != 0);
    sums
}
