//! What foreign documents need: customers and accounts of their own currency, by name.

use super::text::CurrenciesText;
use super::{Account, Rules, RulesError};
use kernel::{AccountType, Currency, Reference};
use std::collections::BTreeMap;

/// Longest name of a list object, characters (quickbooks.md §8).
const NAME_CHARS_MAX: usize = 100;

impl Rules {
    /// The account that documents in the foreign `currency` use in the place of `name`. Money and
    /// receivables are kept in one currency for ever, so they have a twin for each; all other
    /// accounts take any currency and are kept in the home currency.
    pub(crate) fn account_in(&self, name: &str, currency: Currency) -> String {
        match self.accounts.get(name) {
            Some(Reference::Account { account_type, .. })
                if has_twin(*account_type) && self.kept_in.get(name) != Some(&currency) =>
            {
                fill(&self.currencies.account, name, currency)
            }
            _ => name.to_owned(),
        }
    }

    /// The customer that documents in the foreign `currency` use in the place of `name`.
    pub(crate) fn customer_in(&self, name: &str, currency: Currency) -> String {
        fill(&self.currencies.customer, name, currency)
    }

    /// The account that differences of exchange rates go to, as the ledger names it.
    pub fn exchange_account(&self) -> &str {
        &self.currencies.exchange
    }

    /// The account called `name` in a document in the foreign `currency`.
    pub(crate) fn foreign_account(&self, name: &str, currency: Currency) -> Option<Reference> {
        let named = |kept: Option<Currency>, account_type| Reference::Account {
            name: name.to_owned(),
            account_type,
            currency: kept,
        };
        if let Some(Reference::Account { account_type, .. }) = self.accounts.get(name) {
            return Some(named(self.kept_in.get(name).copied(), *account_type));
        }
        self.accounts.values().find_map(|account| match account {
            Reference::Account { name: home, account_type, .. }
                if has_twin(*account_type) && self.account_in(home, currency) == name =>
            {
                Some(named(Some(currency), *account_type))
            }
            _ => None,
        })
    }
}

const fn has_twin(kind: AccountType) -> bool {
    matches!(kind, AccountType::Bank | AccountType::CreditCard | AccountType::AccountsReceivable)
}

/// The pattern with name and currency; the name gives way where both are too long together.
fn fill(pattern: &str, name: &str, currency: Currency) -> String {
    let with = pattern.replace("{currency}", currency.code());
    let room = NAME_CHARS_MAX.saturating_sub(with.chars().count() - "{name}".len());
    let name: String = name.chars().take(room).collect();
    with.replace("{name}", name.trim_end())
}

/// Which accounts are named for one currency: those whose key ends in it, as `"stripe/EUR"`.
pub(super) fn kept_in(
    tables: &[(&str, &BTreeMap<String, Account>)],
) -> Result<BTreeMap<String, Currency>, RulesError> {
    let mut kept: BTreeMap<String, Currency> = BTreeMap::new();
    for (table, accounts) in tables {
        for (key, account) in *accounts {
            let Some(currency) = key.rsplit_once('/').and_then(|(_, code)| code.parse().ok())
            else {
                continue;
            };
            let known = kept.entry(account.name.clone()).or_insert(currency);
            if *known != currency {
                let what = format!("account `{}` is named for {known} before", account.name);
                let fix = "give each currency an account of its own";
                return Err(RulesError::new(None, format!("{table}.{key}"), what, fix));
            }
        }
    }
    Ok(kept)
}

/// Refuses patterns that would give two currencies one name.
pub(super) fn check(text: &CurrenciesText) -> Result<(), RulesError> {
    for (key, pattern) in [("customer", &text.customer), ("account", &text.account)] {
        let fixed = pattern.replacen("{name}", "", 1).replacen("{currency}", "", 1);
        let bad = |c: char| matches!(c, ':' | '"' | '{' | '}') || c.is_control();
        let whole = pattern.contains("{name}") && pattern.contains("{currency}");
        if !whole || fixed.contains(bad) || fixed.chars().count() > 20 {
            let what = format!("`{pattern}` gives no name for each currency");
            let fix = "use {name} and {currency} once each and at most 20 other characters";
            return Err(RulesError::new(None, format!("currencies.{key}"), what, fix));
        }
    }
    if text.exchange.trim().is_empty() {
        let fix = "name the account as the ledger does, e.g. \"Exchange Gain or Loss\"";
        return Err(RulesError::new(None, "currencies.exchange", "is empty", fix));
    }
    Ok(())
}
