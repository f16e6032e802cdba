//! OAuth 2.0: the consent address, the exchange of a code and the refresh of tokens
//! (quickbooks.md §1).

use crate::settings::Settings;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use kernel::Timestamp;
use ports::{Callback, Http, HttpFailure, Secret, TokenPair};
use serde::Deserialize;

/// Read and write of the books; there is no read-only scope (quickbooks.md §1).
const SCOPE: &str = "com.intuit.quickbooks.accounting";

/// Rolling life of a refresh token when the answer does not state it: 100 days, the shorter of
/// the documented and the observed value (quickbooks.md §1).
const REFRESH_SECONDS_DEFAULT: i64 = 8_640_000;

/// Asks the token endpoint to say when the connection ends whatever is done (quickbooks.md §1).
const WANTS_HARD_EXPIRY: HeaderName =
    HeaderName::from_static("x-include-refresh-token-hard-expires-in");

/// Two ends of a refresh token that are this close are one, seconds: answers count whole seconds
/// and travel.
const SAME_END_SECONDS: i64 = 60;

/// A refresh token that has just been used lives longer than this unless its connection ends,
/// seconds: 90 days, less than the rolling life by more than its value stays the same.
const ROLLING_SECONDS_MIN: i64 = 7_776_000;

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
pub fn consent_url(settings: &Settings, redirect_uri: &str, state: &str) -> String {
    let mut url = format!("{}?client_id=", settings.consent_url);
    percent(&mut url, &settings.client_id);
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

/// Exchanges the refresh token of `old` for a new pair. The caller must hold the right to refresh:
/// two refreshes with one token can end the connection (quickbooks.md §1).
pub(crate) async fn refresh(
    settings: &Settings,
    http: &dyn Http,
    old: &TokenPair,
    now: Timestamp,
    deadline: Timestamp,
) -> Result<TokenPair, GrantFailure> {
    let mut form = String::from("grant_type=refresh_token&refresh_token=");
    percent(&mut form, old.refresh.reveal());
    let new = grant(settings, http, form, now, deadline).await?;
    let hard_expires_at = hard_end(old, &new);
    Ok(TokenPair { hard_expires_at, ..new })
}

/// When the connection ends for good: what the answer says; else, for apps to which Intuit does not
/// say it, the end of the refresh token once a refresh no longer moves it (quickbooks.md §1).
fn hard_end(old: &TokenPair, new: &TokenPair) -> Option<Timestamp> {
    if new.hard_expires_at.is_some() {
        return new.hard_expires_at;
    }
    let seconds = |from: Timestamp, to: Timestamp| to.seconds().saturating_sub(from.seconds());
    let held = seconds(old.granted_at, new.granted_at);
    let moved = seconds(old.refresh_expires_at, new.refresh_expires_at);
    let left = seconds(new.granted_at, new.refresh_expires_at);
    if moved <= SAME_END_SECONDS && held > 2 * SAME_END_SECONDS && left < ROLLING_SECONDS_MIN {
        return Some(new.refresh_expires_at);
    }
    // An end that was believed and has passed by now was none.
    let limit = new.refresh_expires_at.plus_seconds(-SAME_END_SECONDS);
    old.hard_expires_at.filter(|known| *known >= limit)
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

/// Revokes a refresh token, and with it the connection (quickbooks.md §1). A token that is not good
/// any more is answered 400: it has ended already.
pub(crate) async fn revoke(
    settings: &Settings,
    http: &dyn Http,
    refresh: &Secret,
    deadline: Timestamp,
) -> Result<(), String> {
    let body = serde_json::json!({ "token": refresh.reveal() }).to_string();
    let request = Request::builder()
        .method(Method::POST)
        .uri(&settings.revoke_url)
        .header(AUTHORIZATION, basic(settings).map_err(|e| e.to_string())?)
        .header(ACCEPT, "application/json")
        .header(CONTENT_TYPE, "application/json")
        .body(Bytes::from(body))
        .map_err(|_| "ledger.revoke_url is no address".to_owned())?;
    let answer = http.send(request, deadline).await.map_err(|failure| failure.to_string())?;
    match answer.status() {
        StatusCode::OK | StatusCode::BAD_REQUEST => Ok(()),
        StatusCode::UNAUTHORIZED => {
            Err("Intuit refuses the app; check client id and client secret".to_owned())
        }
        other => Err(format!("Intuit answered HTTP {other}")),
    }
}

/// The app's own credentials.
fn basic(settings: &Settings) -> Result<HeaderValue, GrantFailure> {
    let pair = format!("{}:{}", settings.client_id, settings.client_secret.reveal());
    let mut basic = HeaderValue::try_from(format!("Basic {}", STANDARD.encode(pair)))
        .map_err(|_| GrantFailure::Misconfigured("client id or secret".to_owned()))?;
    basic.set_sensitive(true);
    Ok(basic)
}

fn token_request(settings: &Settings, form: String) -> Result<Request<Bytes>, GrantFailure> {
    let basic = basic(settings)?;
    Request::builder()
        .method(Method::POST)
        .uri(&settings.token_url)
        .header(AUTHORIZATION, basic)
        .header(ACCEPT, "application/json")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(WANTS_HARD_EXPIRY, "true")
        .body(Bytes::from(form))
        .map_err(|_| GrantFailure::Misconfigured("token address".to_owned()))
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    refresh_token: String,
    expires_in: i64,
    x_refresh_token_expires_in: Option<i64>,
    x_refresh_token_hard_expires_in: Option<i64>,
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
            granted_at: now,
            access_expires_at: now.plus_seconds(granted.expires_in),
            refresh_expires_at: now.plus_seconds(refresh_seconds),
            hard_expires_at: granted.x_refresh_token_hard_expires_in.map(|s| now.plus_seconds(s)),
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

/// Reads the query of the consent callback: `code`, `state` and `realmId`, or `error`
/// (quickbooks.md §1). Also takes the whole address, as a person may copy it.
pub(crate) fn callback(query: &str) -> Callback {
    let query = query.split_once('?').map_or(query, |(_, query)| query);
    let query = query.split('#').next().unwrap_or_default();
    let mut callback = Callback::default();
    for pair in query.split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = unpercent(value);
        match name {
            "code" => callback.code = value,
            "state" => callback.state = value,
            "realmId" => callback.realm = value,
            "error" => callback.error = value,
            _ => {}
        }
    }
    callback
}

/// Undoes the encoding of a query; what is not valid stays as it is.
fn unpercent(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let digits = bytes.get(at + 1..at + 3).and_then(|d| std::str::from_utf8(d).ok());
        match (byte, digits.and_then(|d| u8::from_str_radix(d, 16).ok())) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 2;
            }
            (b'+', _) => out.push(b' '),
            (byte, _) => out.push(*byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_address_of_the_callback() {
        let read = callback("http://localhost/cb?code=A%2Bb+c&state=x%&realmId=91#top");
        let expected = Callback {
            code: "A+b c".to_owned(),
            state: "x%".to_owned(),
            realm: "91".to_owned(),
            error: String::new(),
        };
        assert!(read == expected, "{read:?}");
        assert_eq!(callback("error=access_denied&state=s").error, "access_denied");
        assert!(callback("nonsense%f") == Callback::default());
        assert!(!format!("{expected:?}").contains("A+b"), "a code is a secret");
    }
}
