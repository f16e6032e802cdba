//! Tokens: consent, exchange, refresh with rotation, reuse, expiry, revocation.

use base64::Engine as _;
use bytes::Bytes;
use http::Request;
use serde_json::Value;

use crate::support::{Company, START_US, company, company_of, request};
use quickbooks_sim::Config;

fn basic(secret: &str) -> String {
    let text = format!("tieout-client:{secret}");
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(text))
}

fn token(c: &mut Company, body: &str) -> (u16, Value) {
    let req = Request::post("https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer")
        .header("authorization", basic("tieout-secret"))
        .header("x-include-refresh-token-hard-expires-in", "true")
        .body(Bytes::copy_from_slice(body.as_bytes()))
        .unwrap();
    let answer = c.send(&req);
    (answer.status, answer.body)
}

fn refresh(c: &mut Company, value: &str) -> (u16, Value) {
    token(c, &format!("grant_type=refresh_token&refresh_token={value}"))
}

fn works(c: &mut Company, access: &str) -> u16 {
    let req = request(http::Method::GET, "preferences", access, "");
    c.send(&req).status
}

const AUTHORIZE: &str = "https://appcenter.intuit.com/connect/oauth2?client_id=tieout-client&response_type=code&scope=com.intuit.quickbooks.accounting%20openid&redirect_uri=http%3A%2F%2Flocalhost%3A8080%2Foauth%2Fcallback&state=s%2F1";

#[test]
fn consent_gives_a_code_that_works_once() {
    fact!(
        "Connection",
        "authorize",
        Documented,
        "§1",
        "the redirect carries code, state and realmId"
    );
    fact!(
        "Connection",
        "token",
        Recorded,
        "§1",
        "lifetimes are 3600 and 8726400 seconds, the hard one on demand"
    );
    fact!(
        "Connection",
        "token",
        Documented,
        "§1",
        "a second exchange of a code ends the connection"
    );
    let mut c = company();
    let response = c.sim.handle(&Request::get(AUTHORIZE).body(Bytes::new()).unwrap(), c.now_us);
    assert_eq!(response.status(), 302);
    let location = response.headers()["location"].to_str().unwrap().to_owned();
    assert!(location.starts_with("http://localhost:8080/oauth/callback?code="), "{location}");
    assert!(location.ends_with("&state=s%2F1&realmId=9130350000000001"), "{location}");
    let code = location.split(['=', '&']).nth(1).unwrap();
    let body = format!(
        "grant_type=authorization_code&code={code}&redirect_uri=http%3A%2F%2Flocalhost%3A8080%2Foauth%2Fcallback"
    );
    let (status, issued) = token(&mut c, &body);
    assert_eq!((status, &issued["token_type"]), (200, &"bearer".into()));
    assert_eq!(
        (&issued["expires_in"], &issued["x_refresh_token_expires_in"]),
        (&3600.into(), &8_726_400.into())
    );
    assert_eq!(issued["x_refresh_token_hard_expires_in"], 157_680_000);
    let access = issued["access_token"].as_str().unwrap();
    assert_eq!(works(&mut c, access), 200);
    assert_eq!(token(&mut c, &body).1["error"], "invalid_grant");
    assert_eq!(works(&mut c, access), 401, "exchanging twice ends the connection");
}

#[test]
fn consent_refuses_unknown_apps_and_scopes() {
    fact!(
        "Connection",
        "authorize",
        Documented,
        "§1",
        "an unknown app gets a page, a wrong scope a redirect with error"
    );
    let mut c = company();
    let get = |c: &mut Company, uri: &str| {
        c.sim.handle(&Request::get(uri).body(Bytes::new()).unwrap(), START_US)
    };
    let unknown = get(&mut c, &AUTHORIZE.replace("tieout-client", "other"));
    assert_eq!(unknown.status(), 400);
    assert!(unknown.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
    let scope = get(&mut c, &AUTHORIZE.replace("com.intuit.quickbooks.accounting%20", ""));
    assert!(scope.headers()["location"].to_str().unwrap().contains("error=invalid_scope"));
}

#[test]
fn refresh_rotates_and_reuse_ends_the_connection() {
    fact!(
        "Connection",
        "refresh",
        Documented,
        "§1",
        "the refresh token rotates; using an old one is invalid_grant and ends the connection"
    );
    let mut c = company();
    let first = c.refresh.clone();
    let (status, issued) = refresh(&mut c, &first);
    assert_eq!(status, 200);
    let second = issued["refresh_token"].as_str().unwrap().to_owned();
    assert_ne!(second, first);
    let access = issued["access_token"].as_str().unwrap().to_owned();
    let consented = c.token.clone();
    assert_eq!((works(&mut c, &access), works(&mut c, &consented)), (200, 200));
    assert_eq!(
        refresh(&mut c, &first),
        (
            400,
            serde_json::json!({"error":"invalid_grant","error_description":"Token has been expired or revoked."})
        )
    );
    assert_eq!(works(&mut c, &access), 401);
    assert_eq!(refresh(&mut c, &second).0, 400);

    let mut c = company_of(Config { reuse_kills_connection: false, ..Config::default() });
    let first = c.refresh.clone();
    let second = refresh(&mut c, &first).1["refresh_token"].as_str().unwrap().to_owned();
    assert_eq!(refresh(&mut c, &first).0, 400);
    assert_eq!(refresh(&mut c, &second).0, 200);

    let mut c = company_of(Config { refresh_rotates_after_seconds: 86_400, ..Config::default() });
    let first = c.refresh.clone();
    assert_eq!(refresh(&mut c, &first).1["refresh_token"], first.as_str());
    c.now_us += 86_400 * 1_000_000;
    assert_ne!(refresh(&mut c, &first).1["refresh_token"], first.as_str());
}

#[test]
fn tokens_end_by_the_clock_and_a_connection_after_five_years() {
    fact!(
        "Connection",
        "refresh",
        Documented,
        "§1",
        "access ends after an hour, a connection after five years whatever is refreshed"
    );
    let mut c = company();
    c.now_us = START_US + 3_599 * 1_000_000 - 1_000_000;
    let access = c.token.clone();
    assert_eq!(works(&mut c, &access), 200);
    assert_eq!(works(&mut c, &access), 401);
    let mut value = c.refresh.clone();
    for _ in 0..18 {
        c.now_us += 100 * 86_400 * 1_000_000;
        let (status, issued) = refresh(&mut c, &value);
        assert_eq!(status, 200);
        value = issued["refresh_token"].as_str().unwrap().to_owned();
    }
    c.now_us += 30 * 86_400 * 1_000_000;
    assert_eq!(refresh(&mut c, &value), (400, serde_json::json!({"error":"invalid_grant"})));
}

#[test]
fn wrong_clients_grants_and_revocation() {
    fact!(
        "Connection",
        "token",
        Recorded,
        "§1",
        "invalid_client is 401; invalid_grant, invalid_request, unsupported_grant_type are 400"
    );
    fact!(
        "Connection",
        "revoke",
        Documented,
        "§1",
        "revoking the refresh token ends the connection"
    );
    let mut c = company();
    let post = |c: &mut Company, uri: &str, auth: String, body: &str| {
        let req = Request::post(uri)
            .header("authorization", auth)
            .body(Bytes::copy_from_slice(body.as_bytes()))
            .unwrap();
        let answer = c.send(&req);
        (answer.status, answer.text)
    };
    let uri = "/oauth2/v1/tokens/bearer";
    assert_eq!(
        post(&mut c, uri, basic("wrong"), "grant_type=refresh_token"),
        (401, r#"{"error":"invalid_client"}"#.to_owned())
    );
    assert_eq!(token(&mut c, "grant_type=password").1["error"], "unsupported_grant_type");
    assert_eq!(token(&mut c, "").1["error"], "invalid_request");
    assert_eq!(
        token(&mut c, "grant_type=authorization_code&code=x&redirect_uri=y").1["error"],
        "invalid_grant"
    );
    let revoke = "/v2/oauth2/tokens/revoke";
    let body = format!(r#"{{"token":"{}"}}"#, c.refresh);
    assert_eq!(post(&mut c, revoke, basic("tieout-secret"), &body), (200, String::new()));
    assert_eq!(post(&mut c, revoke, basic("tieout-secret"), &body).0, 400);
    let access = c.token.clone();
    assert_eq!(works(&mut c, &access), 401);
}

#[test]
fn the_discovery_document_names_the_endpoints() {
    fact!(
        "Connection",
        "discovery",
        Documented,
        "§1",
        "the discovery documents name the endpoints"
    );
    let mut c = company();
    let get =
        |c: &mut Company, uri: &str| c.send(&Request::get(uri).body(Bytes::new()).unwrap()).body;
    let real = get(&mut c, "https://developer.api.intuit.com/.well-known/openid_configuration");
    assert_eq!(real["token_endpoint"], "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer");
    assert_eq!(real["response_types_supported"], serde_json::json!(["code"]));
    let own = get(&mut c, "http://localhost:9000/.well-known/openid_sandbox_configuration");
    assert_eq!(own["revocation_endpoint"], "http://localhost:9000/v2/oauth2/tokens/revoke");
}
