//! OpenID Connect: who gave consent, as a signed token and as an answer (quickbooks.md §1).
//!
//! The signing key stands in the repository, so that tokens are the same in every run. It is public
//! and must never protect anything.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rsa::{KeyPair, PublicKeyComponents};
use ring::signature;

use super::{Grant, SECOND_US};
use crate::config::Config;
use crate::faults::{HASH_START, hash, mix};
use crate::json::Json;

/// 2,048 bits, PKCS #8, DER; made for this simulator with `openssl genpkey`.
const KEY: &[u8] = include_bytes!("simulator-key.der");
const KEY_ID: &str = "quickbooks-sim-1";
pub(super) const ISSUER: &str = "https://oauth.platform.intuit.com/op/v1";
/// Life of an id_token.
const SECONDS: i64 = 3_600;

fn key() -> Option<KeyPair> {
    KeyPair::from_pkcs8(KEY).ok()
}

/// The public key as a JSON Web Key Set.
pub(super) fn jwks() -> String {
    let mut json = Json::with_capacity(512);
    json.open();
    json.key("keys");
    json.open_array();
    if let Some(key) = key() {
        let public = PublicKeyComponents::<Vec<u8>>::from(key.public());
        json.open();
        for (name, value) in [("kty", "RSA"), ("use", "sig"), ("alg", "RS256"), ("kid", KEY_ID)] {
            json.field(name, value);
        }
        json.field("n", &URL_SAFE_NO_PAD.encode(public.n));
        json.field("e", &URL_SAFE_NO_PAD.encode(public.e));
        json.close();
    }
    json.close_array();
    json.close();
    json.out
}

/// The person's id, the same for every company of one simulator.
fn subject(config: &Config) -> String {
    let start = hash(HASH_START, config.client_id.as_bytes());
    let (a, b) = (mix(config.seed ^ start, 1), mix(config.seed ^ start, 2));
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        a >> 32,
        (a >> 16) & 0xffff,
        a & 0xfff,
        0x8000 | ((b >> 48) & 0x3fff),
        b & 0xffff_ffff_ffff
    )
}

/// The id_token of a grant with the scope `openid`.
pub(super) fn id_token(grant: &Grant, config: &Config, now_us: i64) -> Option<String> {
    let now = now_us.div_euclid(SECOND_US);
    let seconds = |n: i64| u64::try_from(n).unwrap_or(0);
    let mut claims = Json::with_capacity(256);
    claims.open();
    claims.field("sub", &subject(config));
    claims.key("aud");
    claims.open_array();
    claims.string(&config.client_id);
    claims.close_array();
    if !grant.realm.is_empty() {
        claims.field("realmid", &grant.realm);
    }
    claims.field_number("auth_time", seconds(now));
    claims.field("iss", ISSUER);
    claims.field_number("exp", seconds(now + SECONDS));
    claims.field_number("iat", seconds(now));
    claims.close();
    let head = format!(r#"{{"kid":"{KEY_ID}","alg":"RS256"}}"#);
    let text = format!("{}.{}", URL_SAFE_NO_PAD.encode(head), URL_SAFE_NO_PAD.encode(claims.out));
    let key = key()?;
    let mut signed = vec![0; key.public().modulus_len()];
    // The padding of RS256 has no random part; the generator is only part of the signature.
    let random = ring::rand::SystemRandom::new();
    key.sign(&signature::RSA_PKCS1_SHA256, &random, text.as_bytes(), &mut signed).ok()?;
    Some(format!("{text}.{}", URL_SAFE_NO_PAD.encode(signed)))
}

/// The answer of the userinfo endpoint: what each scope allows to know.
pub(super) fn userinfo(grant: &Grant, config: &Config) -> String {
    let (given, family) =
        config.prefs.user_name.split_once(' ').unwrap_or((&config.prefs.user_name, ""));
    let mut json = Json::with_capacity(512);
    json.open();
    json.field("sub", &subject(config));
    if grant.has("email") {
        json.field("email", "office@example.com");
        json.field_bool("emailVerified", true);
    }
    if grant.has("profile") {
        json.field("givenName", given);
        json.field("familyName", family);
    }
    if grant.has("phone") {
        json.field("phoneNumber", "+1 5550100");
        json.field_bool("phoneNumberVerified", false);
    }
    if grant.has("address") {
        json.key("address");
        json.open();
        for (name, value) in [
            ("streetAddress", "1 Harbour Lane"),
            ("locality", "San Pablo"),
            ("region", "CA"),
            ("postalCode", "94806"),
            ("country", "US"),
        ] {
            json.field(name, value);
        }
        json.close();
    }
    json.close();
    json.out
}
