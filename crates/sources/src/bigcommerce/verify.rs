//! Who sent it: Standard Webhooks, keyed with the bytes of the app's client secret
//! (sources-and-cases.md A7).

use super::MANIFEST;
use crate::kit::signature::{
    StandardKeys, TOLERANCE_SECONDS, base64_bytes, standard_webhooks_with, within_limit,
};
use ports::{RawDelivery, Refusal, Secret, SignatureState};

/// Verifies the delivery under any of `secrets`.
pub fn verify(delivery: &RawDelivery, secrets: &[Secret]) -> Result<SignatureState, Refusal> {
    within_limit(delivery, &MANIFEST)?;
    let shared = secrets.iter().map(key).collect();
    let keys = StandardKeys { shared, ..StandardKeys::default() };
    standard_webhooks_with(delivery, &keys, TOLERANCE_SECONDS)?;
    Ok(SignatureState::Valid)
}

/// A client secret is its own bytes, although its 64 hexadecimal digits would also be base64. Only
/// `whsec_` says that base64 follows.
fn key(secret: &Secret) -> Vec<u8> {
    let text = secret.reveal();
    text.strip_prefix("whsec_").and_then(base64_bytes).unwrap_or_else(|| text.as_bytes().to_vec())
}
