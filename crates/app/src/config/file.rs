//! The shape of the configuration file.

use super::limits::LimitsText;
use super::secret::SecretText;
use super::source::SourceText;
use serde::Deserialize;

/// A whole file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FileText {
    pub tenant: TenantText,
    pub rules: String,
    pub database: DatabaseText,
    pub ledger: LedgerText,
    pub source: Vec<SourceText>,
    pub limits: LimitsText,
}

impl Default for FileText {
    fn default() -> Self {
        Self {
            tenant: TenantText::default(),
            rules: "rules.toml".to_owned(),
            database: DatabaseText::default(),
            ledger: LedgerText::default(),
            source: Vec::new(),
            limits: LimitsText::default(),
        }
    }
}

/// The table `[tenant]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TenantText {
    pub name: String,
    pub origin: String,
    pub zone: String,
}

impl Default for TenantText {
    fn default() -> Self {
        Self {
            name: "main".to_owned(),
            origin: "tieout.local/t/main".to_owned(),
            zone: "UTC".to_owned(),
        }
    }
}

/// The table `[database]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DatabaseText {
    pub sqlite: String,
    pub postgres: Option<SecretText>,
    pub schema: Option<String>,
}

impl Default for DatabaseText {
    fn default() -> Self {
        Self { sqlite: "tieout.db".to_owned(), postgres: None, schema: None }
    }
}

/// Kinds of ledger.
#[derive(Clone, Copy, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum LedgerKind {
    #[default]
    Simulator,
    Quickbooks,
}

/// The table `[ledger]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LedgerText {
    pub kind: LedgerKind,
    pub home_currency: String,
    pub fiscal_year_month: u8,
    pub country: String,
    pub multi_currency: bool,
    pub throttle: Option<bool>,
    pub seed: Option<u64>,
    pub base_url: Option<String>,
    pub consent_url: Option<String>,
    pub token_url: Option<String>,
    pub revoke_url: Option<String>,
    pub redirect_uri: Option<String>,
    pub webhook_verifiers: Option<Vec<SecretText>>,
    pub realm_id: Option<String>,
    pub client_id: Option<String>,
    pub client_secret: Option<SecretText>,
}

impl Default for LedgerText {
    fn default() -> Self {
        Self {
            kind: LedgerKind::Simulator,
            home_currency: "USD".to_owned(),
            fiscal_year_month: 1,
            country: "US".to_owned(),
            multi_currency: false,
            throttle: None,
            seed: None,
            base_url: None,
            consent_url: None,
            token_url: None,
            revoke_url: None,
            redirect_uri: None,
            webhook_verifiers: None,
            realm_id: None,
            client_id: None,
            client_secret: None,
        }
    }
}
