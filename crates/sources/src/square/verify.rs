//! Who sent it: `x-square-hmacsha256-signature` is base64 of HMAC-SHA256 over the notification URL
//! and the body, keyed with the signature key as text. The older `x-square-signature` is SHA-1 and
//! counts for nothing (sources-and-cases.md A5).

use super::{MANIFEST, Settings};
use crate::kit::signature::{any_matches, base64_bytes, refuse, required, within_limit};
use ports::{RawDelivery, Refusal, SignatureState};

/// Verifies the delivery under any key. There is no time in the signature.
pub fn verify(delivery: &RawDelivery, settings: &Settings) -> Result<SignatureState, Refusal> {
    within_limit(delivery, &MANIFEST)?;
    let given = required(delivery, &["x-square-hmacsha256-signature"], &settings.secrets)?;
    let code = base64_bytes(given).ok_or_else(|| refuse("the signature is not base64"))?;
    let keys: Vec<&[u8]> = settings.secrets.iter().map(|s| s.reveal().as_bytes()).collect();
    let parts = [settings.notification_url.as_bytes(), &delivery.body[..]];
    if !any_matches(&keys, &parts, &[code]) {
        return Err(refuse(
            "the signature fits no signature key of this connection with its notification_url, \
             which must be written exactly as it is registered at Square",
        ));
    }
    Ok(SignatureState::Valid)
}
