//! The shape of a rules file.

use super::dimension::Dimension;
use super::policy::{
    CashRounding, ClosedPeriod, Edits, FeeTax, LossTax, MarketplaceTax, Platform, RefundDate,
    RevenueAt,
};
use super::{PostingMode, RulesError};
use crate::role::AccountsText;
use kernel::{AccountType, ReasonCode};
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::fmt;
use toml::Spanned;

/// A whole rules file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RulesText {
    pub(crate) version: String,
    #[serde(default)]
    pub(crate) posting: PostingText,
    #[serde(default)]
    pub(crate) fees: BTreeMap<String, FeesMode>,
    #[serde(default)]
    pub(crate) numbers: NumbersText,
    #[serde(default)]
    pub(crate) customer: CustomerText,
    #[serde(default)]
    pub(crate) currencies: CurrenciesText,
    #[serde(default)]
    pub(crate) accounts: AccountsText,
    #[serde(default)]
    pub(crate) clearing: BTreeMap<String, MoneyAccount>,
    #[serde(default)]
    pub(crate) banks: BTreeMap<String, MoneyAccount>,
    #[serde(default)]
    pub(crate) tax: TaxText,
    #[serde(default)]
    pub(crate) locations: Dimension,
    #[serde(default)]
    pub(crate) classes: Dimension,
    #[serde(default)]
    pub(crate) entries: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    pub(crate) tenders: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    pub(crate) rule: Vec<RuleText>,
}

/// The table `[posting]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct PostingText {
    pub(crate) mode: PostingMode,
    pub(crate) sale: SaleMode,
    pub(crate) fees: FeesMode,
    pub(crate) tax: TaxMode,
    pub(crate) refund_unitemised: RefundUnitemised,
    pub(crate) refund_unlinked: RefundUnlinked,
    pub(crate) small_difference_minor: i64,
    pub(crate) revenue: RevenueAt,
    pub(crate) edits: Edits,
    pub(crate) closed_period: ClosedPeriod,
    pub(crate) refund_date: RefundDate,
    pub(crate) marketplace_tax: MarketplaceTax,
    pub(crate) cash_rounding: CashRounding,
    pub(crate) fee_tax: FeeTax,
    pub(crate) loss_tax: LossTax,
    pub(crate) platform: Platform,
}

impl Default for PostingText {
    fn default() -> Self {
        Self {
            mode: PostingMode::PerOrder,
            sale: SaleMode::ByPayment,
            fees: FeesMode::PerPayout,
            tax: TaxMode::Line,
            refund_unitemised: RefundUnitemised::Hold,
            refund_unlinked: RefundUnlinked::Hold,
            small_difference_minor: 0,
            revenue: RevenueAt::default(),
            edits: Edits::default(),
            closed_period: ClosedPeriod::default(),
            refund_date: RefundDate::default(),
            marketplace_tax: MarketplaceTax::default(),
            cash_rounding: CashRounding::default(),
            fee_tax: FeeTax::default(),
            loss_tax: LossTax::default(),
            platform: Platform::default(),
        }
    }
}

/// Which form a sale takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SaleMode {
    /// Paid at checkout by one capture: sales receipt; else invoice and payments.
    ByPayment,
    /// Always invoice and payments.
    Invoice,
}

/// How processor fees reach the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FeesMode {
    /// With the payout's itemisation, one document per payout.
    PerPayout,
    /// One document per fee that a source tells with its payment.
    PerFee,
}

/// How tax reaches the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TaxMode {
    /// As lines on a liability item (quickbooks.md §8).
    Line,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RefundUnitemised {
    Hold,
    Returns,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RefundUnlinked {
    Hold,
    Suspense,
}

/// The table `[numbers]`: patterns of document numbers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct NumbersText {
    pub(crate) receipt: String,
    pub(crate) invoice: String,
    pub(crate) payment: String,
    pub(crate) refund: String,
    pub(crate) credit: String,
    pub(crate) fees: String,
    pub(crate) journal: String,
    pub(crate) summary: String,
}

impl Default for NumbersText {
    fn default() -> Self {
        Self {
            receipt: "{number}".to_owned(),
            invoice: "{number}".to_owned(),
            payment: "{id}".to_owned(),
            refund: "R{number}-{id}".to_owned(),
            credit: "{number}".to_owned(),
            fees: "F{id}".to_owned(),
            journal: "J{id}".to_owned(),
            summary: "S{date}-{source}-{channel}".to_owned(),
        }
    }
}

impl NumbersText {
    /// Pattern and the name of its setting.
    pub(crate) fn all(&self) -> [(&'static str, &str); 8] {
        [
            ("receipt", &self.receipt),
            ("invoice", &self.invoice),
            ("payment", &self.payment),
            ("refund", &self.refund),
            ("credit", &self.credit),
            ("fees", &self.fees),
            ("journal", &self.journal),
            ("summary", &self.summary),
        ]
    }
}

/// The table `[customer]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct CustomerText {
    pub(crate) mode: CustomerMode,
    pub(crate) channel_name: String,
    pub(crate) named_as: String,
}

impl Default for CustomerText {
    fn default() -> Self {
        Self {
            mode: CustomerMode::Channel,
            channel_name: "Online sales – {channel}".to_owned(),
            named_as: "{name}".to_owned(),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CustomerMode {
    Channel,
    Named,
}

/// The table `[currencies]`: names of what foreign documents need.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct CurrenciesText {
    pub(crate) customer: String,
    pub(crate) account: String,
    pub(crate) exchange: String,
}

impl Default for CurrenciesText {
    fn default() -> Self {
        Self {
            customer: "{name} ({currency})".to_owned(),
            // As QuickBooks names the receivables of a currency (quickbooks.md §8, unconfirmed).
            account: "{name} - {currency}".to_owned(),
            exchange: "Exchange Gain or Loss".to_owned(),
        }
    }
}

/// The table `[tax]`.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct TaxText {
    pub(crate) default: Option<String>,
    pub(crate) jurisdiction: BTreeMap<String, String>,
}

/// An account: its name, or name with type and item.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountText {
    pub(crate) name: String,
    #[serde(rename = "type", default)]
    pub(crate) account_type: Option<AccountType>,
    #[serde(default)]
    pub(crate) item: Option<String>,
}

/// An account that money goes to: its name, or name and type where it is no bank account.
pub(crate) struct MoneyAccount(pub(crate) AccountText);

impl<'de> Deserialize<'de> for MoneyAccount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Shape;
        impl<'de> Visitor<'de> for Shape {
            type Value = MoneyAccount;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of an account, or { name = \"…\", type = \"…\" }")
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<MoneyAccount, E> {
                let name = name.to_owned();
                Ok(MoneyAccount(AccountText { name, account_type: None, item: None }))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<MoneyAccount, A::Error> {
                AccountText::deserialize(MapAccessDeserializer::new(map)).map(MoneyAccount)
            }
        }
        deserializer.deserialize_any(Shape)
    }
}

/// One `[[rule]]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleText {
    pub(crate) name: Spanned<String>,
    pub(crate) when: Spanned<String>,
    #[serde(default)]
    pub(crate) priority: Option<i64>,
    pub(crate) then: ThenText,
}

/// What a rule does.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ThenText {
    #[serde(default)]
    pub(crate) role: Option<String>,
    #[serde(default)]
    pub(crate) account: Option<String>,
    #[serde(rename = "type", default)]
    pub(crate) account_type: Option<AccountType>,
    #[serde(default)]
    pub(crate) class: Option<String>,
    #[serde(default)]
    pub(crate) treat: Option<Treat>,
    #[serde(default)]
    pub(crate) code: Option<ReasonCode>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Treat {
    Exclude,
    Hold,
}

/// Reads the text; errors name line and nearest known key.
pub(crate) fn read(text: &str) -> Result<RulesText, RulesError> {
    toml::from_str(text).map_err(|e| RulesError::from_toml(text, &e))
}
