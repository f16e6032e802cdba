//! Who sent it: `X-Shopify-Hmac-Sha256` is base64(HMAC-SHA256(client secret, raw body)); there is
//! no time in it, so the defence against replay is the dedupe key (sources-and-cases.md A1).

use super::MANIFEST;
use crate::kit::signature::{any_matches, base64_bytes, refuse, required, within_limit};
use ports::{RawDelivery, Refusal, Secret, SignatureState};

const HMAC: [&str; 2] = ["x-shopify-hmac-sha256", "shopify-hmac-sha256"];

/// Verifies the delivery under any of `secrets`.
pub fn verify(delivery: &RawDelivery, secrets: &[Secret]) -> Result<SignatureState, Refusal> {
    within_limit(delivery, &MANIFEST)?;
    let given = required(delivery, &HMAC, secrets)?;
    let code = base64_bytes(given).ok_or_else(|| refuse("the signature is not base64"))?;
    let keys: Vec<&[u8]> = secrets.iter().map(|s| s.reveal().as_bytes()).collect();
    if any_matches(&keys, &[&delivery.body], &[code]) {
        Ok(SignatureState::Valid)
    } else {
        Err(refuse(
            "the signature fits no client secret of this connection; compare the secret with \
             the app's settings, and check that nothing rewrites the body on its way",
        ))
    }
}
