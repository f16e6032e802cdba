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
    /// When the ledger issued this pair.
    pub granted_at: Timestamp,
    /// When the access token stops working.
    pub access_expires_at: Timestamp,
    /// When the refresh token stops working unless it is used before.
    pub refresh_expires_at: Timestamp,
    /// When no refresh helps any more and a person must consent again, where that is known.
    pub hard_expires_at: Option<Timestamp>,
}

/// Where tokens live. Both tokens are stored in one transaction before either is used.
pub trait TokenStore: Send + Sync {
    /// The current tokens, or `None` when the connection was never authorised or a person must
    /// authorise it again: a token that was refused is never shown to the ledger again.
    fn load<'a>(&'a self) -> BoxFuture<'a, Result<Option<TokenPair>, String>>;
    /// Stores `new` only if the stored refresh token still is `old` (compare-and-set). Returns
    /// false when another refresher was first.
    fn replace<'a>(
        &'a self,
        old: Option<&'a Secret>,
        new: &'a TokenPair,
    ) -> BoxFuture<'a, Result<bool, String>>;
    /// Marks the connection as in need of a person's consent, because the ledger refused the
    /// refresh token `refused`. Does nothing when another token is stored meanwhile.
    fn needs_reconnect<'a>(
        &'a self,
        refused: &'a Secret,
        why: &'a str,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<(), String>>;
    /// Takes the right to refresh until `until`; false while another process holds it.
    fn try_lock<'a>(
        &'a self,
        now: Timestamp,
        until: Timestamp,
    ) -> BoxFuture<'a, Result<bool, String>>;
    /// Gives the right to refresh back that was taken until `until`; does nothing when it ran out
    /// and somebody else has taken it.
    fn unlock<'a>(&'a self, until: Timestamp) -> BoxFuture<'a, Result<(), String>>;
}

/// Encrypts secrets before they are stored.
pub trait Sealer: Send + Sync {
    /// Encrypts and authenticates `plain`, bound to `context`: what it is and whose. Never returns
    /// the same bytes twice.
    fn seal(&self, plain: &[u8], context: &[u8]) -> Vec<u8>;
    /// Decrypts what `seal` made for the same `context`; an error says why it cannot (another key,
    /// another context, changed bytes).
    fn open(&self, sealed: &[u8], context: &[u8]) -> Result<Vec<u8>, String>;
}

/// The way to a person's consent: OAuth 2.0 with an authorization code.
pub trait Grants: Send + Sync {
    /// The address that a person opens. `state` comes back with the answer.
    fn consent_url(&self, redirect_uri: &str, state: &str) -> String;
    /// Reads the query with which the browser comes back.
    fn callback(&self, query: &str) -> Callback;
    /// Exchanges the code of the callback for the first tokens. A code works once and a second
    /// exchange may end the connection, so a failure is never retried with the same code. The
    /// error says what is wrong and what to do, without secrets.
    fn exchange<'a>(
        &'a self,
        code: &'a str,
        redirect_uri: &'a str,
        now: Timestamp,
        deadline: Timestamp,
    ) -> BoxFuture<'a, Result<TokenPair, String>>;
    /// Ends the connection whose refresh token this is on the ledger's side; done also when it had
    /// ended before. The error says why that is not certain.
    fn revoke<'a>(
        &'a self,
        refresh: &'a Secret,
        deadline: Timestamp,
    ) -> BoxFuture<'a, Result<(), String>>;
}

/// What the browser brings back from the consent page; empty where it brought nothing.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Callback {
    /// The code to exchange; a secret until it is.
    pub code: String,
    /// The state the consent was asked with.
    pub state: String,
    /// The company that was chosen.
    pub realm: String,
    /// Why there is no code, in OAuth's words: `access_denied`.
    pub error: String,
}

impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Callback")
            .field("realm", &self.realm)
            .field("error", &self.error)
            .finish_non_exhaustive()
    }
}
