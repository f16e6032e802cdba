//! What one connection to a QuickBooks company is made of.

use kernel::Currency;
use ports::Secret;

/// Where a person gives consent to the real service (quickbooks.md §1).
pub const CONSENT_URL: &str = "https://appcenter.intuit.com/connect/oauth2";

/// Token endpoint of the real service (quickbooks.md §1).
pub const TOKEN_URL: &str = "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer";

/// Where tokens of the real service are revoked (quickbooks.md §1).
pub const REVOKE_URL: &str = "https://developer.api.intuit.com/v2/oauth2/tokens/revoke";

/// Base address of the real service (quickbooks.md §2).
pub const PRODUCTION_URL: &str = "https://quickbooks.api.intuit.com";

/// Base address of the sandbox (quickbooks.md §2).
pub const SANDBOX_URL: &str = "https://sandbox-quickbooks.api.intuit.com";

/// One company and the app that talks to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Scheme and host of the data API without a trailing slash, e.g. [`PRODUCTION_URL`].
    pub base_url: String,
    /// Where a person gives consent, e.g. [`CONSENT_URL`].
    pub consent_url: String,
    /// Token endpoint, e.g. [`TOKEN_URL`].
    pub token_url: String,
    /// Where tokens are revoked, e.g. [`REVOKE_URL`].
    pub revoke_url: String,
    /// The company; it arrives in the query of the consent callback and nowhere else
    /// (quickbooks.md §1).
    pub realm_id: String,
    /// What the books of the company must be kept in; a company of another currency is refused
    /// before anything is written to it. `None` takes any.
    pub home_currency: Option<Currency>,
    /// What the company takes and demands of a document.
    pub region: Region,
    /// Client id of the app.
    pub client_id: String,
    /// Client secret of the app.
    pub client_secret: Secret,
}

/// Where the company is, as far as it decides what a document must say. A company that turns out
/// to be another is refused before anything is written to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region {
    /// A US company: lines say whether they are taxable, and `GlobalTaxCalculation` is refused.
    /// Elsewhere a document says how its amounts relate to tax (quickbooks.md §8).
    pub united_states: bool,
    /// Multi-currency is on: every document names its currency. Where it is off none may
    /// (quickbooks.md §8).
    pub multi_currency: bool,
}

impl Default for Region {
    /// A US company with one currency.
    fn default() -> Self {
        Self { united_states: true, multi_currency: false }
    }
}

impl Settings {
    /// `{base}/v3/company/{realm}/{path}`.
    pub(crate) fn company_url(&self, path: &str) -> String {
        let base = self.base_url.trim_end_matches('/');
        let mut url = String::with_capacity(base.len() + self.realm_id.len() + path.len() + 80);
        url.push_str(base);
        url.push_str("/v3/company/");
        url.push_str(&self.realm_id);
        url.push('/');
        url.push_str(path);
        url
    }
}
