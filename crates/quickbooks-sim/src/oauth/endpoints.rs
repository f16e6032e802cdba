//! The OAuth endpoints as HTTP.

use base64::Engine as _;
use http::{Method, StatusCode};

use super::{Issued, OAuth, consent, identity};
use crate::config::Config;
use crate::exchange::{Answer, Incoming};
use crate::json::{Json, Obj};
use crate::uri::param;

/// A company a person may choose on the consent page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Company<'c> {
    pub realm: &'c str,
    pub name: &'c str,
}

/// Answers an OAuth path; none for any other path.
pub(crate) fn route(
    oauth: &mut OAuth,
    config: &Config,
    companies: &[Company<'_>],
    req: &Incoming<'_>,
) -> Option<Answer> {
    let answer = match (req.method, req.path) {
        (&Method::POST, "/oauth2/v1/tokens/bearer") => token(oauth, config, req),
        (&Method::POST, "/v2/oauth2/tokens/revoke") => revoke(oauth, config, req),
        (&Method::GET | &Method::POST, "/connect/oauth2") => {
            consent::authorize(oauth, config, companies, req)
        }
        (
            &Method::GET,
            "/.well-known/openid_configuration" | "/.well-known/openid_sandbox_configuration",
        ) => Answer::json(StatusCode::OK, discovery(req)),
        (&Method::GET, "/op/v1/jwks") => Answer::json(StatusCode::OK, identity::jwks()),
        (&Method::GET, "/v1/openid_connect/userinfo") => userinfo(oauth, config, req),
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

/// The app's id and secret, as Basic authorization or in the form (both are in the discovery
/// document).
fn is_app(config: &Config, req: &Incoming<'_>) -> bool {
    let Some(sent) = req.authorization.and_then(|a| a.strip_prefix("Basic ")) else {
        return param(req.body, "client_id").as_deref() == Some(config.client_id.as_str())
            && param(req.body, "client_secret").as_deref() == Some(config.client_secret.as_str());
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
    let invalid = |code, why| error(StatusCode::BAD_REQUEST, code, why);
    let Some(grant) = param(req.body, "grant_type") else {
        return invalid("invalid_request", None);
    };
    match grant.as_ref() {
        "authorization_code" => {
            let (Some(code), Some(redirect)) =
                (param(req.body, "code"), param(req.body, "redirect_uri"))
            else {
                return invalid("invalid_request", None);
            };
            match oauth.exchange(&code, &redirect, config, req.now_us) {
                Some(issued) => {
                    let id_token = issued
                        .grant
                        .has("openid")
                        .then(|| identity::id_token(&issued.grant, config, req.now_us))
                        .flatten();
                    tokens(&issued, id_token.as_deref(), req).changed()
                }
                None => invalid("invalid_grant", Some("Invalid authorization code")).changed(),
            }
        }
        "refresh_token" => {
            let Some(refresh) = param(req.body, "refresh_token") else {
                return invalid("invalid_request", None);
            };
            let retired = oauth.is_retired(&refresh);
            match oauth.refresh(&refresh, config, req.now_us) {
                Some(issued) => tokens(&issued, None, req).changed(),
                // Reuse may have ended the connection, which a log must repeat.
                None if retired => {
                    invalid("invalid_grant", Some("Token has been expired or revoked.")).changed()
                }
                None => invalid("invalid_grant", None),
            }
        }
        _ => invalid("unsupported_grant_type", None),
    }
}

fn tokens(issued: &Issued, id_token: Option<&str>, req: &Incoming<'_>) -> Answer {
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
    if let Some(id_token) = id_token {
        json.field("id_token", id_token);
    }
    json.close();
    Answer::json(StatusCode::OK, json.out)
}

fn revoke(oauth: &mut OAuth, config: &Config, req: &Incoming<'_>) -> Answer {
    if !is_app(config, req) {
        return error(StatusCode::UNAUTHORIZED, "invalid_client", None);
    }
    // JSON is documented; a form is what other libraries send (assumed).
    let token = match Obj::parse(req.body) {
        Ok(obj) => obj.text("token").map(std::borrow::Cow::into_owned),
        Err(_) => param(req.body, "token").map(std::borrow::Cow::into_owned),
    };
    match token {
        Some(token) if oauth.revoke(&token) => {
            Answer::json(StatusCode::OK, String::new()).changed()
        }
        _ => error(StatusCode::BAD_REQUEST, "invalid_request", None),
    }
}

fn userinfo(oauth: &OAuth, config: &Config, req: &Incoming<'_>) -> Answer {
    match oauth.check(req.bearer(), req.now_us) {
        Ok(grant) if grant.has("openid") => {
            Answer::json(StatusCode::OK, identity::userinfo(grant, config))
        }
        Ok(_) => error(StatusCode::FORBIDDEN, "insufficient_scope", None),
        Err(_) => {
            error(StatusCode::UNAUTHORIZED, "invalid_token", None).with_challenge("invalid_token")
        }
    }
}

/// The discovery document. Behind a listener it names the listener's own address.
fn discovery(req: &Incoming<'_>) -> String {
    let own = req.host.filter(|h| !h.ends_with("intuit.com")).map(|h| format!("http://{h}"));
    let base = |real: &str| own.clone().unwrap_or_else(|| real.to_owned());
    let sandbox = req.path.contains("sandbox");
    let accounts = if sandbox { "https://sandbox-accounts" } else { "https://accounts" };
    let accounts = format!("{accounts}.platform.intuit.com");
    let mut json = Json::with_capacity(1_024);
    json.open();
    json.field("issuer", identity::ISSUER);
    for (key, real, path) in [
        ("authorization_endpoint", "https://appcenter.intuit.com", "/connect/oauth2"),
        ("token_endpoint", "https://oauth.platform.intuit.com", "/oauth2/v1/tokens/bearer"),
        ("userinfo_endpoint", accounts.as_str(), "/v1/openid_connect/userinfo"),
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
