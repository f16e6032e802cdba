//! Secrets and OAuth tokens.

use crate::BoxFuture;
use kernel::Timestamp;
use std::fmt;

/// Text that never shows itself in logs, errors or debug output.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps `text`.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
    /// The text itself; call it only where it is used.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The OAuth tokens of one ledger connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenPair {
    /// Bearer token of the API.
    pub access: Secret,
    /// Token for the next refresh; its value changes with a refresh (quickbooks.md §1).
    pub refresh: Secret,
    /// When the access token stops working.
    pub access_expires_at: Timestamp,
    /// When the refresh token stops working.
    pub refresh_expires_at: Timestamp,
}

/// Where tokens live. Both tokens are stored in one transaction before either is used.
pub trait TokenStore: Send + Sync {
    /// The current tokens, or `None` when the connection was never authorised.
    fn load<'a>(&'a self) -> BoxFuture<'a, Result<Option<TokenPair>, String>>;
    /// Stores `new` only if the stored refresh token still is `old` (compare-and-set). Returns
    /// false when another refresher was first.
    fn replace<'a>(
        &'a self,
        old: Option<&'a Secret>,
        new: &'a TokenPair,
    ) -> BoxFuture<'a, Result<bool, String>>;
    /// Marks the connection as in need of a person's consent.
    fn needs_reconnect<'a>(&'a self, why: &'a str) -> BoxFuture<'a, Result<(), String>>;
    /// Takes the right to refresh until `until`; false while another process holds it.
    fn try_lock<'a>(
        &'a self,
        now: Timestamp,
        until: Timestamp,
    ) -> BoxFuture<'a, Result<bool, String>>;
    /// Gives the right to refresh back.
    fn unlock<'a>(&'a self) -> BoxFuture<'a, Result<(), String>>;
}

/// Encrypts secrets before they are stored.
pub trait Sealer: Send + Sync {
    /// Encrypts and authenticates `plain`. Never returns the same bytes twice.
    fn seal(&self, plain: &[u8]) -> Vec<u8>;
    /// Decrypts what `seal` made; an error says why it cannot (another key, changed bytes).
    fn open(&self, sealed: &[u8]) -> Result<Vec<u8>, String>;
}
