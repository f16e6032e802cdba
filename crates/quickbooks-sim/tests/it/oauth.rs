//! Tokens: consent, exchange, refresh with rotation, reuse, expiry, revocation.

use base64::Engine as _;
use bytes::Bytes;
use http::Request;
use serde_json::Value;

use crate::support::{Company, START_US, company, company_of, request};
use quickbooks_sim::{Config, Consent};

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

/// The form of the consent page, sent with a decision.
fn decide(c: &mut Company, address: &str, decision: &str) -> String {
    let form = address.split_once('?').unwrap().1;
    let realm = "9130350000000001";
    let body = format!("{form}&realmId={realm}&decision={decision}");
    let req = Request::post("http://localhost:8090/connect/oauth2").body(Bytes::from(body));
    let response = c.sim.handle(&req.unwrap(), c.now_us);
    assert_eq!(response.status(), 302, "{:?}", response.body());
    assert!(response.headers().contains_key("intuit_tid"));
    response.headers()["location"].to_str().unwrap().to_owned()
}

fn exchange(c: &mut Company, location: &str) -> (u16, Value) {
    let code = location.split(['=', '&']).nth(1).unwrap();
    token(
        c,
        &format!(
            "grant_type=authorization_code&code={code}&redirect_uri=http%3A%2F%2Flocalhost%3A8080%2Foauth%2Fcallback"
        ),
    )
}

fn get(c: &mut Company, uri: &str) -> http::Response<Bytes> {
    c.sim.handle(&Request::get(uri).body(Bytes::new()).unwrap(), START_US)
}

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
    let location = decide(&mut c, AUTHORIZE, "allow");
    assert!(location.starts_with("http://localhost:8080/oauth/callback?code="), "{location}");
    assert!(location.ends_with("&state=s%2F1&realmId=9130350000000001"), "{location}");
    let (status, issued) = exchange(&mut c, &location);
    assert_eq!((status, &issued["token_type"]), (200, &"bearer".into()));
    assert_eq!(
        (&issued["expires_in"], &issued["x_refresh_token_expires_in"]),
        (&3600.into(), &8_726_400.into())
    );
    assert_eq!(issued["x_refresh_token_hard_expires_in"], 157_680_000);
    let access = issued["access_token"].as_str().unwrap();
    assert_eq!(works(&mut c, access), 200);
    assert_eq!(exchange(&mut c, &location).1["error"], "invalid_grant");
    assert_eq!(works(&mut c, access), 401, "exchanging twice ends the connection");
}

#[test]
fn a_code_lives_five_minutes() {
    let mut c = company();
    let location = decide(&mut c, AUTHORIZE, "allow");
    c.now_us += 301 * 1_000_000;
    assert_eq!(exchange(&mut c, &location).1["error"], "invalid_grant");
}

#[test]
fn the_consent_page_asks_a_person() {
    let mut c = company();
    let address = AUTHORIZE.replace("state=s%2F1", "state=%22%3E%3Cscript%3E");
    let page = get(&mut c, &address);
    assert_eq!(page.status(), 200);
    assert!(page.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
    let text = String::from_utf8(page.body().to_vec()).unwrap();
    for part in [
        "<form method=\"post\" action=\"/connect/oauth2\">",
        "name=\"realmId\" value=\"9130350000000001\" checked",
        "Harbour Lane Trading Co.",
        "name=\"decision\" value=\"allow\"",
        "name=\"decision\" value=\"deny\"",
        "<li>openid</li>",
        "value=\"&quot;&gt;&lt;script&gt;\"",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let denied = decide(&mut c, AUTHORIZE, "deny");
    assert_eq!(denied, "http://localhost:8080/oauth/callback?error=access_denied&state=s%2F1");
    let none = Request::post("/connect/oauth2").body(Bytes::from(format!(
        "{}&realmId=42&decision=allow",
        AUTHORIZE.split_once('?').unwrap().1
    )));
    assert_eq!(c.sim.handle(&none.unwrap(), START_US).status(), 400, "a company that is not there");
}

#[test]
fn without_a_person_consent_is_given_or_refused_at_once() {
    let mut c = company_of(Config { consent: Consent::Allow, ..Config::default() });
    let location = |r: http::Response<Bytes>| r.headers()["location"].to_str().unwrap().to_owned();
    let allowed = location(get(&mut c, AUTHORIZE));
    assert!(allowed.contains("?code=") && allowed.ends_with("realmId=9130350000000001"));
    let mut c = company_of(Config { consent: Consent::Deny, ..Config::default() });
    assert!(location(get(&mut c, AUTHORIZE)).contains("?error=access_denied&"));
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
    for (from, to) in [
        ("tieout-client", "other"),
        ("%2Foauth%2Fcallback", "%2Foauth%2Fcallback%2F"),
        ("response_type=code", "response_type=token"),
    ] {
        let refused = get(&mut c, &AUTHORIZE.replace(from, to));
        assert_eq!(refused.status(), 400, "{to}");
        assert!(refused.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
        assert!(!refused.headers().contains_key("location"), "{to}");
    }
    for scope in ["com.intuit.quickbooks.accounting%20openid", "openid"] {
        let refused = get(&mut c, &AUTHORIZE.replace(scope, "everything"));
        let location = refused.headers()["location"].to_str().unwrap();
        assert!(location.contains("?error=invalid_scope&state=s%2F1"), "{location}");
    }
}

#[test]
fn several_redirect_addresses_may_be_registered() {
    let redirect_uri = "http://localhost:8080/oauth/callback https://app.example/back?x=1";
    let mut c = company_of(Config { redirect_uri: redirect_uri.to_owned(), ..Config::default() });
    assert_eq!(get(&mut c, AUTHORIZE).status(), 200);
    let other = AUTHORIZE.replace(
        "http%3A%2F%2Flocalhost%3A8080%2Foauth%2Fcallback",
        "https%3A%2F%2Fapp.example%2Fback%3Fx%3D1",
    );
    let location = decide(&mut c, &other, "allow");
    assert!(location.starts_with("https://app.example/back?x=1&code="), "{location}");
}

#[test]
fn the_id_token_is_signed_with_the_published_key() {
    fact!(
        "Connection",
        "token",
        Documented,
        "§1",
        "the scope openid adds an id_token, RS256, with the claim realmid"
    );
    let mut c = company();
    let location = decide(&mut c, AUTHORIZE, "allow");
    let issued = exchange(&mut c, &location).1;
    let id_token = issued["id_token"].as_str().unwrap();
    let mut again = company();
    let location = decide(&mut again, AUTHORIZE, "allow");
    assert_eq!(exchange(&mut again, &location).1["id_token"], id_token, "repeatable");

    let plain = base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let (signed, signature) = id_token.rsplit_once('.').unwrap();
    let (head, claims) = signed.split_once('.').unwrap();
    let json =
        |part: &str| -> Value { serde_json::from_slice(&plain.decode(part).unwrap()).unwrap() };
    let claims = json(claims);
    assert_eq!(claims["iss"], "https://oauth.platform.intuit.com/op/v1");
    assert_eq!(claims["realmid"], "9130350000000001");
    assert_eq!(claims["aud"], serde_json::json!(["tieout-client"]));
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 3_600);

    let keys: Value = serde_json::from_slice(get(&mut c, "/op/v1/jwks").body()).unwrap();
    let key = &keys["keys"][0];
    assert_eq!((&key["kty"], &key["alg"]), (&"RSA".into(), &"RS256".into()));
    assert_eq!(json(head)["kid"], key["kid"]);
    let number = |name: &str| plain.decode(key[name].as_str().unwrap()).unwrap();
    let public = ring::rsa::PublicKeyComponents { n: number("n"), e: number("e") };
    public
        .verify(
            &ring::signature::RSA_PKCS1_2048_8192_SHA256,
            signed.as_bytes(),
            &plain.decode(signature).unwrap(),
        )
        .expect("the signature fits");

    // Without openid there is none.
    let location = decide(&mut c, &AUTHORIZE.replace("%20openid", ""), "allow");
    assert!(exchange(&mut c, &location).1.get("id_token").is_none());
}

#[test]
fn userinfo_tells_what_the_scopes_allow() {
    let mut c = company();
    let ask = |c: &mut Company, token: &str| {
        let req = Request::get("/v1/openid_connect/userinfo")
            .header("authorization", format!("Bearer {token}"))
            .body(Bytes::new());
        let response = c.sim.handle(&req.unwrap(), START_US);
        let body: Value = serde_json::from_slice(response.body()).unwrap();
        (response.status().as_u16(), body)
    };
    let location = decide(&mut c, &AUTHORIZE.replace("openid", "openid%20email"), "allow");
    let access = exchange(&mut c, &location).1["access_token"].as_str().unwrap().to_owned();
    let (status, about) = ask(&mut c, &access);
    assert_eq!((status, &about["emailVerified"]), (200, &true.into()));
    assert!(about["sub"].is_string() && about.get("givenName").is_none());

    let location = decide(&mut c, &AUTHORIZE.replace("%20openid", ""), "allow");
    let access = exchange(&mut c, &location).1["access_token"].as_str().unwrap().to_owned();
    assert_eq!(ask(&mut c, &access).0, 403);
    assert_eq!(ask(&mut c, "nonsense").0, 401);
}

#[test]
fn a_token_without_the_accounting_scope_reaches_no_books() {
    let mut c = company();
    let location = decide(
        &mut c,
        &AUTHORIZE.replace("com.intuit.quickbooks.accounting%20openid", "openid"),
        "allow",
    );
    assert!(!location.contains("realmId"), "signing in names no company: {location}");
    let access = exchange(&mut c, &location).1["access_token"].as_str().unwrap().to_owned();
    assert_eq!(works(&mut c, &access), 403);
}

#[test]
fn the_secret_may_stand_in_the_form() {
    let mut c = company();
    let mut post = |secret: &str| {
        let body = format!(
            "grant_type=refresh_token&refresh_token={}&client_id=tieout-client&client_secret={secret}",
            c.refresh
        );
        c.sim
            .handle(
                &Request::post("/oauth2/v1/tokens/bearer").body(Bytes::from(body)).unwrap(),
                START_US,
            )
            .status()
            .as_u16()
    };
    assert_eq!((post("wrong"), post("tieout-secret")), (401, 200));
}

#[test]
fn access_can_be_ended_before_its_time() {
    let mut c = company();
    let access = c.token.clone();
    assert_eq!((works(&mut c, &access), c.sim.expire_tokens(c.now_us)), (200, 1));
    assert_eq!((works(&mut c, &access), c.sim.expire_tokens(c.now_us)), (401, 0));
    let value = c.refresh.clone();
    assert_eq!(refresh(&mut c, &value).0, 200, "the connection lives on");
    assert!(c.sim.is_connected());
    c.sim.disconnect(c.now_us);
    assert!(!c.sim.is_connected());
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
