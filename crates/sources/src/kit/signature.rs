//! Message authentication: HMAC-SHA256 over raw bytes, compared in constant time.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use kernel::{ReasonCode, Timestamp};
use ports::{RawDelivery, Refusal, Secret, SourceManifest};
use ring::signature::{ED25519, UnparsedPublicKey};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};

use super::header::header;

/// How far the time of a signature may lie from our clock, seconds
/// (Stripe and Standard Webhooks: five minutes; sources-and-cases.md A2, A7).
pub const TOLERANCE_SECONDS: i64 = 300;

/// Longest signature header looked at, bytes; a longer one is refused before any work.
const HEADER_BYTES_MAX: usize = 8_192;

/// Most Ed25519 signatures in one header that are tried; a sender has one per key in force.
const SIGNATURES_MAX: usize = 8;

/// Refuses a delivery whose sender is not proven (`SRC-001`).
pub fn refuse(detail: impl Into<String>) -> Refusal {
    Refusal { code: ReasonCode::SignatureInvalid, detail: detail.into() }
}

/// Refuses bodies over the limit before they are hashed.
pub fn within_limit(delivery: &RawDelivery, manifest: &SourceManifest) -> Result<(), Refusal> {
    if delivery.body.len() <= manifest.body_bytes_max {
        return Ok(());
    }
    let detail = format!(
        "{} bytes; {} accepts at most {}",
        delivery.body.len(),
        manifest.title,
        manifest.body_bytes_max
    );
    Err(Refusal { code: ReasonCode::MalformedDelivery, detail })
}

/// HMAC-SHA256 of the parts one after another.
pub fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of every length (RFC 2104)");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// Whether any of `given` is the code of the parts under any of `keys`. Every pair is compared,
/// so that the time taken says nothing about which one was right.
pub fn any_matches<K: AsRef<[u8]>>(keys: &[K], parts: &[&[u8]], given: &[Vec<u8>]) -> bool {
    let mut found = Choice::from(0);
    for key in keys {
        let code = hmac_sha256(key.as_ref(), parts);
        for candidate in given {
            found |= candidate.as_slice().ct_eq(&code);
        }
    }
    found.into()
}

/// Decodes padded base64.
pub fn base64_bytes(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// Encodes padded base64.
pub fn base64_text(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// A signature header that is present, of sane length, and some secret to check it with.
pub fn required<'d, S>(
    delivery: &'d RawDelivery,
    names: &[&str],
    secrets: &[S],
) -> Result<&'d str, Refusal> {
    if secrets.is_empty() {
        return Err(refuse("no secret is configured for this connection; add the one in use"));
    }
    match header(delivery, names) {
        None | Some("") => Err(refuse(format!("the header {} is missing", names[0]))),
        Some(value) if value.len() > HEADER_BYTES_MAX => {
            Err(refuse(format!("the header {} is {} bytes long", names[0], value.len())))
        }
        Some(value) => Ok(value),
    }
}

/// Refuses a signature made more than `tolerance` seconds before or after we received it.
pub fn fresh(signed: i64, received: Timestamp, tolerance: i64) -> Result<(), Refusal> {
    let age = received.seconds().saturating_sub(signed);
    if age > tolerance {
        return Err(refuse(format!("signed {age} s before it came; at most {tolerance} s pass")));
    }
    if age < -tolerance {
        let ahead = age.saturating_neg();
        return Err(refuse(format!("signed {ahead} s in the future; check the clocks")));
    }
    Ok(())
}

/// Verifies a delivery by the Standard Webhooks scheme: `webhook-signature` holds items, separated
/// by blanks, over `id.timestamp.body` (sources-and-cases.md A9, vector in part C). A secret is
/// base64 with an optional `whsec_` in front and fits `v1,` items (HMAC-SHA256), or the sender's
/// public key with `whpk_` in front, which fits `v1a,` items (Ed25519).
pub fn standard_webhooks(
    delivery: &RawDelivery,
    secrets: &[Secret],
    tolerance: i64,
) -> Result<(), Refusal> {
    let (public, shared): (Vec<&Secret>, Vec<&Secret>) =
        secrets.iter().partition(|s| s.reveal().starts_with(PUBLIC_KEY));
    let keys = StandardKeys {
        shared: shared.into_iter().map(standard_key).collect(),
        public: public
            .into_iter()
            .filter_map(|s| base64_bytes(s.reveal().strip_prefix(PUBLIC_KEY)?))
            .collect(),
    };
    standard_webhooks_with(delivery, &keys, tolerance)
}

/// What begins a public key of Standard Webhooks.
const PUBLIC_KEY: &str = "whpk_";

/// Keys of Standard Webhooks, as bytes.
#[derive(Default)]
pub struct StandardKeys {
    /// Of HMAC-SHA256.
    pub shared: Vec<Vec<u8>>,
    /// Of Ed25519.
    pub public: Vec<Vec<u8>>,
}

/// Verifies by Standard Webhooks with keys that are given as bytes, for vendors whose secrets are no
/// base64.
pub fn standard_webhooks_with(
    delivery: &RawDelivery,
    keys: &StandardKeys,
    tolerance: i64,
) -> Result<(), Refusal> {
    let all: Vec<&Vec<u8>> = keys.shared.iter().chain(&keys.public).collect();
    let given = required(delivery, &["webhook-signature"], &all)?;
    let id = header(delivery, &["webhook-id"])
        .ok_or_else(|| refuse("the header webhook-id is missing"))?;
    let time = header(delivery, &["webhook-timestamp"])
        .ok_or_else(|| refuse("the header webhook-timestamp is missing"))?;
    let signed: i64 =
        unix_seconds(time).ok_or_else(|| refuse("webhook-timestamp is not a number of seconds"))?;
    let items = |version: &str| -> Vec<Vec<u8>> {
        let items = given.split_ascii_whitespace().filter_map(|item| item.strip_prefix(version));
        items.filter_map(base64_bytes).collect()
    };
    let parts = [id.as_bytes(), b".", time.as_bytes(), b".", &delivery.body[..]];
    let fits = any_matches(&keys.shared, &parts, &items("v1,"))
        || signed_by_any(&keys.public, &parts, &items("v1a,"));
    if !fits {
        return Err(refuse("no v1 or v1a signature fits any secret of this connection"));
    }
    fresh(signed, delivery.received_at, tolerance)
}

/// Whether any of `given` is an Ed25519 signature of the parts under any of `keys`. Few are tried:
/// each costs a hundred times what an HMAC does.
fn signed_by_any(keys: &[Vec<u8>], parts: &[&[u8]], given: &[Vec<u8>]) -> bool {
    if keys.is_empty() || given.len() > SIGNATURES_MAX {
        return false;
    }
    let message = parts.concat();
    keys.iter().any(|key| {
        let key = UnparsedPublicKey::new(&ED25519, key);
        given.iter().any(|signature| key.verify(&message, signature).is_ok())
    })
}

/// The key bytes of a Standard Webhooks secret; text that is no base64 stands for itself.
fn standard_key(secret: &Secret) -> Vec<u8> {
    let text = secret.reveal();
    let text = text.strip_prefix("whsec_").unwrap_or(text);
    base64_bytes(text).unwrap_or_else(|| text.as_bytes().to_vec())
}

/// Unix seconds in plain digits.
pub fn unix_seconds(text: &str) -> Option<i64> {
    let plain = !text.is_empty() && text.len() <= 12 && text.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}
