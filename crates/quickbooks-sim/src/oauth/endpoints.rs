//! The OAuth endpoints as HTTP.

use base64::Engine as _;
use http::{Method, StatusCode};

use super::{Issued, OAuth};
use crate::config::Config;
use crate::gateway::{Answer, Incoming};
use crate::json::{Json, Obj};
use crate::uri::param;

/// Answers an OAuth path; none for any other path.
pub(crate) fn route(oauth: &mut OAuth, config: &Config, req: &Incoming<'_>) -> Option<Answer> {
    let answer = match (req.method, req.path) {
        (&Method::POST, "/oauth2/v1/tokens/bearer") => token(oauth, config, req),
        (&Method::POST, "/v2/oauth2/tokens/revoke") => revoke(oauth, config, req),
        (&Method::GET, "/connect/oauth2") => authorize(oauth, config, req),
        (
            &Method::GET,
            "/.well-known/openid_configuration" | "/.well-known/openid_sandbox_configuration",
        ) => Answer::json(StatusCode::OK, discovery(req)),
        (&Method::GET, "/op/v1/jwks") => Answer::json(StatusCode::OK, "{\"keys\":[]}".to_owned()),
        _ => return None,
    };
    Some(answer)
}

fn error(status: StatusCode, code: &str, description: Option<&str>) -> Answer {
    let mut json = Json::default();
    json.open();
    json.field("error", code);
    if let Some(description) = description {
        json.field("error_description", description);
    }
    json.close();
    Answer::json(status, json.out)
}

fn is_app(config: &Config, req: &Incoming<'_>) -> bool {
    let Some(sent) = req.authorization.and_then(|a| a.strip_prefix("Basic ")) else {
        return false;
    };
    let wanted = format!("{}:{}", config.client_id, config.client_secret);
    base64::engine::general_purpose::STANDARD
        .decode(sent.trim())
        .is_ok_and(|bytes| bytes == wanted.as_bytes())
}

fn token(oauth: &mut OAuth, config: &Config, req: &Incoming<'_>) -> Answer {
    if !is_app(config, req) {
        return error(StatusCode::UNAUTHORIZED, "invalid_client", None);
    }
    let Some(grant) = param(req.body, "grant_type") else {
        return error(StatusCode::BAD_REQUEST, "invalid_request", None);
    };
    match grant.as_ref() {
        "authorization_code" => {
            let (Some(code), Some(redirect)) =
                (param(req.body, "code"), param(req.body, "redirect_uri"))
            else {
                return error(StatusCode::BAD_REQUEST, "invalid_request", None);
            };
            match oauth.exchange(&code, &redirect, config, req.now_us) {
                Some(issued) => tokens(&issued, req).changed(),
                None => error(
                    StatusCode::BAD_REQUEST,
                    "invalid_grant",
                    Some("Invalid authorization code"),
                )
                .changed(),
            }
        }
        "refresh_token" => {
            let Some(refresh) = param(req.body, "refresh_token") else {
                return error(StatusCode::BAD_REQUEST, "invalid_request", None);
            };
            let retired = oauth.is_retired(&refresh);
            match oauth.refresh(&refresh, config, req.now_us) {
                Some(issued) => tokens(&issued, req).changed(),
                // Reuse may have ended the connection, which a log must repeat.
                None if retired => error(
                    StatusCode::BAD_REQUEST,
                    "invalid_grant",
                    Some("Token has been expired or revoked."),
                )
                .changed(),
                None => error(StatusCode::BAD_REQUEST, "invalid_grant", None),
            }
        }
        _ => error(StatusCode::BAD_REQUEST, "unsupported_grant_type", None),
    }
}

fn tokens(issued: &Issued, req: &Incoming<'_>) -> Answer {
    let seconds = |n: i64| u64::try_from(n).unwrap_or(0);
    let mut json = Json::with_capacity(512);
    json.open();
    json.field("token_type", "bearer");
    json.field("access_token", &issued.access);
    json.field("refresh_token", &issued.refresh);
    json.field_number("expires_in", seconds(issued.expires_in));
    json.field_number("x_refresh_token_expires_in", seconds(issued.refresh_expires_in));
    if req.wants_hard_expiry {
        json.field_number("x_refresh_token_hard_expires_in", seconds(issued.hard_expires_in));
    }
    json.close();
    Answer::json(StatusCode::OK, json.out)
}

fn revoke(oauth: &mut OAuth, config: &Config, req: &Incoming<'_>) -> Answer {
    if !is_app(config, req) {
        return error(StatusCode::UNAUTHORIZED, "invalid_client", None);
    }
    let token =
        Obj::parse(req.body).ok().and_then(|o| o.text("token").map(std::borrow::Cow::into_owned));
    match token {
        Some(token) if oauth.revoke(&token) => {
            Answer::json(StatusCode::OK, String::new()).changed()
        }
        _ => error(StatusCode::BAD_REQUEST, "invalid_request", None),
    }
}

/// The consent page: a known app is sent back with a code at once; anything else gets a page.
fn authorize(oauth: &mut OAuth, config: &Config, req: &Incoming<'_>) -> Answer {
    let get = |name: &str| param(req.query, name).unwrap_or_default();
    let redirect = get("redirect_uri");
    if get("client_id") != config.client_id
        || redirect != config.redirect_uri
        || get("response_type") != "code"
    {
        return Answer::html(
            StatusCode::BAD_REQUEST,
            "<html><body><h1>Sorry, something went wrong</h1><p>The app's client id or redirect \
             address is not registered.</p></body></html>",
        );
    }
    let join = if redirect.contains('?') { '&' } else { '?' };
    let state = encode(&get("state"));
    let scopes = get("scope");
    if !scopes.split(' ').any(|s| s == "com.intuit.quickbooks.accounting") {
        return Answer::redirect(&format!("{redirect}{join}error=invalid_scope&state={state}"));
    }
    let code = oauth.consent(&redirect, req.now_us);
    Answer::redirect(&format!(
        "{redirect}{join}code={code}&state={state}&realmId={}",
        config.realm_id
    ))
    .changed()
}

fn encode(text: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// The discovery document. Behind a listener it names the listener's own address.
fn discovery(req: &Incoming<'_>) -> String {
    let own = req.host.filter(|h| !h.ends_with("intuit.com")).map(|h| format!("http://{h}"));
    let base = |real: &str| own.clone().unwrap_or_else(|| real.to_owned());
    let mut json = Json::with_capacity(1_024);
    json.open();
    json.field("issuer", "https://oauth.platform.intuit.com/op/v1");
    for (key, real, path) in [
        ("authorization_endpoint", "https://appcenter.intuit.com", "/connect/oauth2"),
        ("token_endpoint", "https://oauth.platform.intuit.com", "/oauth2/v1/tokens/bearer"),
        (
            "userinfo_endpoint",
            "https://accounts.platform.intuit.com",
            "/v1/openid_connect/userinfo",
        ),
        ("revocation_endpoint", "https://developer.api.intuit.com", "/v2/oauth2/tokens/revoke"),
        ("jwks_uri", "https://oauth.platform.intuit.com", "/op/v1/jwks"),
    ] {
        json.field(key, &format!("{}{path}", base(real)));
    }
    for (key, values) in [
        ("response_types_supported", "[\"code\"]"),
        ("subject_types_supported", "[\"public\"]"),
        ("id_token_signing_alg_values_supported", "[\"RS256\"]"),
        ("scopes_supported", "[\"openid\",\"email\",\"profile\",\"address\",\"phone\"]"),
        (
            "token_endpoint_auth_methods_supported",
            "[\"client_secret_post\",\"client_secret_basic\"]",
        ),
        ("claims_supported", "[\"aud\",\"exp\",\"iat\",\"iss\",\"realmid\",\"sub\"]"),
    ] {
        json.field_raw(key, values);
    }
    json.close();
    json.out
}
