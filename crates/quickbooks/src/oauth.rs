//! OAuth 2.0: the consent address, the exchange of a code and the refresh of tokens
//! (quickbooks.md §1).

use crate::settings::Settings;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response};
use kernel::Timestamp;
use ports::{Http, HttpFailure, Secret, TokenPair};
use serde::Deserialize;

/// Where a person gives consent.
const CONSENT_URL: &str = "https://appcenter.intuit.com/connect/oauth2";

/// Read and write of the books; there is no read-only scope (quickbooks.md §1).
const SCOPE: &str = "com.intuit.quickbooks.accounting";

/// Rolling life of a refresh token when the answer does not state it: 100 days, the shorter of
/// the documented and the observed value (quickbooks.md §1).
const REFRESH_SECONDS_DEFAULT: i64 = 8_640_000;

/// Why no tokens were had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GrantFailure {
    /// The code or refresh token is used up, expired or revoked: a person must consent again.
    #[error(
        "Intuit no longer accepts this authorisation (invalid_grant); connect the company again"
    )]
    InvalidGrant,
    /// The app's own credentials or the request are wrong; the name is OAuth's.
    #[error("Intuit refuses the app ({0}); check client id, client secret and redirect address")]
    Misconfigured(String),
    /// No usable answer; the grant may have been used up all the same.
    #[error("no usable answer from Intuit's token endpoint ({0}); try again")]
    NoAnswer(String),
}

/// The address that a person opens to connect a company. `state` is the caller's signed and
/// short-lived text; Intuit returns it with `code` and `realmId` to `redirect_uri`, which must be
/// registered for the app letter by letter.
pub fn consent_url(client_id: &str, redirect_uri: &str, state: &str) -> String {
    let mut url = format!("{CONSENT_URL}?client_id=");
    percent(&mut url, client_id);
    url.push_str("&response_type=code&scope=");
    percent(&mut url, SCOPE);
    url.push_str("&redirect_uri=");
    percent(&mut url, redirect_uri);
    url.push_str("&state=");
    percent(&mut url, state);
    url
}

/// Exchanges the `code` of the consent callback for the first tokens, at the time `now`. A code
/// works once; a second exchange can end the connection (quickbooks.md §1), so never retry a
/// failure with the same code.
pub async fn exchange_code(
    settings: &Settings,
    http: &dyn Http,
    code: &str,
    redirect_uri: &str,
    now: Timestamp,
    deadline: Timestamp,
) -> Result<TokenPair, GrantFailure> {
    let mut form = String::from("grant_type=authorization_code&code=");
    percent(&mut form, code);
    form.push_str("&redirect_uri=");
    percent(&mut form, redirect_uri);
    grant(settings, http, form, now, deadline).await
}

/// Exchanges a refresh token for a new pair. The caller must hold the right to refresh: two
/// refreshes with one token can end the connection (quickbooks.md §1).
pub(crate) async fn refresh(
    settings: &Settings,
    http: &dyn Http,
    token: &Secret,
    now: Timestamp,
    deadline: Timestamp,
) -> Result<TokenPair, GrantFailure> {
    let mut form = String::from("grant_type=refresh_token&refresh_token=");
    percent(&mut form, token.reveal());
    grant(settings, http, form, now, deadline).await
}

async fn grant(
    settings: &Settings,
    http: &dyn Http,
    form: String,
    now: Timestamp,
    deadline: Timestamp,
) -> Result<TokenPair, GrantFailure> {
    let request = token_request(settings, form)?;
    let response = http.send(request, deadline).await.map_err(|failure| {
        GrantFailure::NoAnswer(match failure {
            HttpFailure::NotSent(why) => format!("not sent: {why}"),
            HttpFailure::Unknown(why) => format!("no complete answer: {why}"),
        })
    })?;
    read_grant(&response, now)
}

fn token_request(settings: &Settings, form: String) -> Result<Request<Bytes>, GrantFailure> {
    let pair = format!("{}:{}", settings.client_id, settings.client_secret.reveal());
    let bad = |what: &str| GrantFailure::Misconfigured(what.to_owned());
    let mut basic = HeaderValue::try_from(format!("Basic {}", STANDARD.encode(pair)))
        .map_err(|_| bad("client id or secret"))?;
    basic.set_sensitive(true);
    Request::builder()
        .method(Method::POST)
        .uri(&settings.token_url)
        .header(AUTHORIZATION, basic)
        .header(ACCEPT, "application/json")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Bytes::from(form))
        .map_err(|_| bad("token address"))
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    refresh_token: String,
    expires_in: i64,
    x_refresh_token_expires_in: Option<i64>,
}

#[derive(Deserialize)]
struct Denied {
    error: String,
}

fn read_grant(response: &Response<Bytes>, now: Timestamp) -> Result<TokenPair, GrantFailure> {
    let (status, body) = (response.status(), response.body());
    if status.is_success() {
        let granted: Granted = serde_json::from_slice(body)
            .map_err(|_| GrantFailure::NoAnswer(format!("HTTP {status} without tokens")))?;
        let refresh_seconds = granted.x_refresh_token_expires_in.unwrap_or(REFRESH_SECONDS_DEFAULT);
        return Ok(TokenPair {
            access: Secret::new(granted.access_token),
            refresh: Secret::new(granted.refresh_token),
            access_expires_at: now.plus_seconds(granted.expires_in),
            refresh_expires_at: now.plus_seconds(refresh_seconds),
        });
    }
    let denied = serde_json::from_slice::<Denied>(body).map(|d| d.error);
    match denied.as_deref() {
        Ok("invalid_grant") => Err(GrantFailure::InvalidGrant),
        Ok(
            error @ ("invalid_client"
            | "invalid_request"
            | "unsupported_grant_type"
            | "unauthorized_client"
            | "invalid_scope"),
        ) => Err(GrantFailure::Misconfigured(error.to_owned())),
        _ => Err(GrantFailure::NoAnswer(format!("HTTP {status}"))),
    }
}

/// Percent-encodes everything but RFC 3986's unreserved characters.
fn percent(out: &mut String, text: &str) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(HEX[usize::from(byte >> 4)]));
            out.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
}
