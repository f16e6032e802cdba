//! The mapping rules of an accountant, compiled once from versioned TOML.

mod account;
mod check;
mod condition;
mod currencies;
mod dimension;
mod error;
mod mapping;
mod policy;
mod text;

use crate::role::Role;
use crate::trial::{self, TestReport};
pub(crate) use account::Account;
pub(crate) use dimension::{Dimension, NONE};
pub use error::RulesError;
pub(crate) use error::line_of;
use kernel::{Currency, Reference, ReferenceKey, ReferenceKind};
pub(crate) use mapping::{EntrySubject, LineSubject, Mapped, Ruleset};
pub use policy::ClosedPeriod;
pub(crate) use policy::{
    CashRounding, Edits, FeeTax, LossTax, MarketplaceTax, Platform, Policy, RefundDate, RevenueAt,
};
use serde::Deserialize;
use std::collections::BTreeMap;
pub(crate) use text::{AccountText, CurrenciesText, FeesMode, NumbersText, SaleMode};

/// How sales reach the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PostingMode {
    /// Documents per order.
    PerOrder,
    /// One journal entry per source, channel, day and currency.
    DailySummary,
}

/// Compiled rules. Immutable but for a bounded memo of rule results, which changes no answer.
#[derive(Debug)]
pub struct Rules {
    /// The text it was compiled from.
    pub(crate) text: String,
    pub(crate) version: String,
    pub(crate) mode: PostingMode,
    pub(crate) sale: SaleMode,
    pub(crate) fees: FeesMode,
    pub(crate) fees_of: BTreeMap<String, FeesMode>,
    /// Book a partial refund without lines to returns instead of holding it.
    pub(crate) unitemised_to_returns: bool,
    /// Book a refund without a known sale to suspense instead of holding it.
    pub(crate) unlinked_to_suspense: bool,
    pub(crate) small_difference_minor: i64,
    pub(crate) policy: Policy,
    pub(crate) named_customers: bool,
    pub(crate) channel_customer: String,
    pub(crate) named_as: String,
    pub(crate) numbers: NumbersText,
    pub(crate) currencies: CurrenciesText,
    /// Accounts that the rules name for one currency.
    pub(crate) kept_in: BTreeMap<String, Currency>,
    /// In the order of [`Role::ALL`].
    pub(crate) roles: Vec<Account>,
    pub(crate) clearing: BTreeMap<String, Account>,
    pub(crate) banks: BTreeMap<String, Account>,
    pub(crate) tax: BTreeMap<String, Account>,
    /// What a category of balance movement means: a role, or `None` for "booked by its own facts".
    pub(crate) entries: BTreeMap<String, Option<Role>>,
    /// What pays without money: the account of what the buyer holds against us.
    pub(crate) tenders: BTreeMap<String, Account>,
    pub(crate) locations: Dimension,
    pub(crate) classes: Dimension,
    pub(crate) line_rules: Ruleset,
    pub(crate) class_rules: Ruleset,
    pub(crate) adjustment_rules: Ruleset,
    pub(crate) fee_rules: Ruleset,
    pub(crate) entry_rules: Ruleset,
    pub(crate) accounts: BTreeMap<String, Reference>,
    pub(crate) items: BTreeMap<String, Reference>,
}

impl Rules {
    /// Compiles the text of a rules file. Unknown keys, unknown variables, conditions that are not
    /// true-or-false and contradictory accounts are refused.
    pub fn parse(text: &str) -> Result<Self, RulesError> {
        check::compile(text, text::read(text)?)
    }

    /// These rules with what `settings` says in place of their own: keys replace keys, tables are
    /// merged, `[[rule]]`s come before those that are there.
    pub fn with(&self, settings: &str) -> Result<Self, RulesError> {
        let read = |text: &str| toml::from_str(text).map_err(|e| RulesError::from_toml(text, &e));
        let (mut rules, settings): (toml::Table, toml::Table) =
            (read(&self.text)?, read(settings)?);
        overlay(&mut rules, settings);
        Self::parse(&rules.to_string())
    }

    /// Every single value with its path, e.g. `posting.sale` and `by_payment`: what the file says,
    /// and the default rules where it is silent.
    pub fn settings(&self) -> BTreeMap<String, String> {
        // Both texts were read before.
        let read = |text: &str| text.parse::<toml::Table>().unwrap_or_default();
        let mut all = read(Self::default_text());
        overlay(&mut all, read(&self.text));
        let mut values = BTreeMap::new();
        flatten("", &all, &mut values);
        values
    }

    /// The commented default rules.
    pub fn default_text() -> &'static str {
        include_str!("default_rules.toml")
    }

    /// The version the file states.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The posting mode.
    pub fn mode(&self) -> PostingMode {
        self.mode
    }

    /// An account or item that the rules name, or any customer, location or class, as a document
    /// needs it that is in the foreign currency `abroad` (`None`: in the home currency).
    pub fn reference(&self, key: &ReferenceKey, abroad: Option<Currency>) -> Option<Reference> {
        match (key.kind, abroad) {
            (ReferenceKind::Currency, _) => {
                key.name.parse().ok().map(|currency| Reference::Currency { currency })
            }
            (ReferenceKind::Account, None) => self.accounts.get(&key.name).cloned(),
            (ReferenceKind::Account, Some(currency)) => self.foreign_account(&key.name, currency),
            (ReferenceKind::Item, _) => self.items.get(&key.name).cloned(),
            (ReferenceKind::Customer, currency) => {
                Some(Reference::Customer { name: key.name.clone(), currency })
            }
            (ReferenceKind::Location, _) => Some(Reference::Location { name: key.name.clone() }),
            (ReferenceKind::Class, _) => Some(Reference::Class { name: key.name.clone() }),
        }
    }

    /// All accounts the rules name, by name.
    pub fn accounts(&self) -> impl Iterator<Item = &Reference> {
        self.accounts.values()
    }

    /// The name of the account that plays `role`.
    pub fn account(&self, role: Role) -> &str {
        &self.role(role).name
    }

    /// Runs the tests of a rules test file against these rules; see the README for the form.
    pub fn run_tests(&self, text: &str) -> Result<TestReport, RulesError> {
        trial::run(self, text)
    }

    /// Name of the clearing account of a processor for amounts in `currency`, if the rules name one.
    pub fn clearing_account(&self, processor: &str, currency: Currency) -> Option<&str> {
        self.clearing(processor, currency).map(|account| account.name.as_str())
    }

    /// The clearing accounts that the rules name, by the key they are named under.
    pub fn clearing_accounts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.clearing.iter().map(|(key, account)| (key.as_str(), account.name.as_str()))
    }

    pub(crate) fn role(&self, role: Role) -> &Account {
        &self.roles[role as usize]
    }

    /// The clearing account of a processor: `<processor>/<currency>`, else `<processor>`, else
    /// `default`.
    pub(crate) fn clearing(&self, processor: &str, currency: Currency) -> Option<&Account> {
        let exact = || self.clearing.get(&format!("{processor}/{currency}"));
        let own = self.clearing.get(processor);
        let special = self.clearing.len() > 1 && self.clearing.keys().any(|k| k.contains('/'));
        (if special { exact() } else { None }).or(own).or_else(|| self.clearing.get("default"))
    }

    /// The bank account of a payout's destination: `<destination>/<currency>`, else
    /// `<destination>`; with no `[banks]` the role `bank`.
    pub(crate) fn bank(&self, destination: &str, currency: Currency) -> Option<&Account> {
        if self.banks.is_empty() {
            return Some(self.role(Role::Bank));
        }
        let exact = self.banks.get(&format!("{destination}/{currency}"));
        exact.or_else(|| self.banks.get(destination))
    }

    /// The account of a tender that pays without money: gift cards, store credit, points.
    pub(crate) fn tender(&self, processor: &str) -> Option<&Account> {
        self.tenders.get(processor)
    }

    pub(crate) fn tax(&self, jurisdiction: &str) -> &Account {
        self.tax.get(jurisdiction).unwrap_or_else(|| self.role(Role::SalesTax))
    }

    /// What to do about closed periods.
    pub fn closed_period(&self) -> ClosedPeriod {
        self.policy.closed_period
    }

    /// How fees of `processor` reach the ledger.
    pub(crate) fn fees(&self, processor: &str) -> FeesMode {
        self.fees_of.get(processor).copied().unwrap_or(self.fees)
    }

    pub(crate) fn channel_customer(&self, channel: &str) -> String {
        clean_name(&self.channel_customer.replace("{channel}", channel))
    }

    pub(crate) fn customer(&self, channel: &str, named: Option<&str>) -> String {
        match named.map(clean_name) {
            Some(name) if self.named_customers && !name.is_empty() => {
                clean_name(&self.named_as.replace("{name}", &name))
            }
            _ => self.channel_customer(channel),
        }
    }
}

/// Puts `new` over `old`, table by table; lists of tables are put before those that are there.
fn overlay(old: &mut toml::Table, new: toml::Table) {
    for (key, value) in new {
        match (old.get_mut(&key), value) {
            (Some(toml::Value::Table(old)), toml::Value::Table(new)) => overlay(old, new),
            (Some(toml::Value::Array(old)), toml::Value::Array(new)) => {
                old.splice(0..0, new);
            }
            (_, value) => {
                old.insert(key, value);
            }
        }
    }
}

/// Adds the single values of a table, lists left out, under their paths.
fn flatten(path: &str, table: &toml::Table, values: &mut BTreeMap<String, String>) {
    for (key, value) in table {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        match value {
            toml::Value::Table(inner) => flatten(&path, inner, values),
            toml::Value::Array(_) => {}
            toml::Value::String(text) => {
                values.insert(path, text.clone());
            }
            other => {
                values.insert(path, other.to_string());
            }
        }
    }
}

/// A name the ledger accepts: no colon, tab or line end, at most 100 characters
/// (quickbooks.md §8).
fn clean_name(name: &str) -> String {
    let plain = name.replace(|c: char| c == ':' || c.is_control(), " ");
    plain.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(100).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_rules_compile_and_say_the_built_in_values() {
        let given = Rules::parse(Rules::default_text()).unwrap();
        let bare = Rules::parse("version = \"1\"").unwrap();
        assert_eq!(given.roles, bare.roles);
        assert_eq!(given.entries, bare.entries);
        assert_eq!(given.tenders, bare.tenders);
        assert_eq!(given.policy, bare.policy);
        assert_eq!((&given.locations, &given.classes), (&bare.locations, &bare.classes));
        assert_eq!((given.mode, given.sale, given.fees), (bare.mode, bare.sale, bare.fees));
        assert_eq!(given.version(), "1");
    }
}
