//! Who sent it: `X-WC-Webhook-Signature` is base64(HMAC-SHA256(secret, body)), without a time
//! (sources-and-cases.md A3).

use super::MANIFEST;
use crate::kit::header;
use crate::kit::signature::{any_matches, base64_bytes, refuse, required, within_limit};
use ports::{RawDelivery, Refusal, Secret, SignatureState};

const SIGNATURE: [&str; 1] = ["x-wc-webhook-signature"];

/// Verifies the delivery under any of `secrets`. The call that follows the saving of a webhook
/// has no signature and needs a 200, or the shop shows the hook as broken; it says nothing.
pub fn verify(delivery: &RawDelivery, secrets: &[Secret]) -> Result<SignatureState, Refusal> {
    within_limit(delivery, &MANIFEST)?;
    if is_ping(&delivery.body) && header(delivery, &SIGNATURE).is_none() {
        return Ok(SignatureState::Unsigned);
    }
    let given = required(delivery, &SIGNATURE, secrets)?;
    let code = base64_bytes(given).ok_or_else(|| refuse("the signature is not base64"))?;
    let keys: Vec<&[u8]> = secrets.iter().map(|s| s.reveal().as_bytes()).collect();
    if any_matches(&keys, &[&delivery.body], &[code]) {
        Ok(SignatureState::Valid)
    } else {
        Err(refuse(
            "the signature fits no secret of this connection; compare the secret with the one \
             under WooCommerce, Settings, Advanced, Webhooks",
        ))
    }
}

/// `webhook_id=` and a number, form-encoded.
pub fn is_ping(body: &[u8]) -> bool {
    let id = body.trim_ascii().strip_prefix(b"webhook_id=");
    id.is_some_and(|id| (1..=10).contains(&id.len()) && id.iter().all(u8::is_ascii_digit))
}
