//! Who sent it: RSA-SHA256 over `transmission id|time|webhook id|CRC-32 of the body`, by a
//! certificate that PayPal names in a header (sources-and-cases.md A4).

use super::certificate::{Unproven, is_pinned};
use super::{MANIFEST, Settings};
use crate::kit::header;
use crate::kit::signature::{base64_bytes, refuse, within_limit};
use ports::{RawDelivery, Refusal, SignatureState};

/// Longest header looked at, bytes.
const HEADER_BYTES_MAX: usize = 2_048;

/// Verifies the delivery for any of the webhook ids.
pub fn verify(delivery: &RawDelivery, settings: &Settings) -> Result<SignatureState, Refusal> {
    within_limit(delivery, &MANIFEST)?;
    if settings.webhook_ids.is_empty() {
        return Err(refuse("no webhook id is configured for this connection; add the one in use"));
    }
    let given = |name: &str| match header(delivery, &[name]) {
        None | Some("") => Err(refuse(format!("the header {name} is missing"))),
        Some(value) if value.len() > HEADER_BYTES_MAX => {
            Err(refuse(format!("the header {name} is {} bytes long", value.len())))
        }
        Some(value) => Ok(value),
    };
    let signature = base64_bytes(given("paypal-transmission-sig")?)
        .filter(|s| !s.is_empty())
        .ok_or_else(|| refuse("the signature is not base64"))?;
    let algorithm = given("paypal-auth-algo")?;
    if !algorithm.eq_ignore_ascii_case("SHA256withRSA") {
        return Err(refuse("only SHA256withRSA is taken"));
    }
    let url = given("paypal-cert-url")?;
    if !is_pinned(url) {
        return Err(refuse("the certificate's address is not PayPal's"));
    }
    let (id, time) = (given("paypal-transmission-id")?, given("paypal-transmission-time")?);
    let sum = crc32fast::hash(&delivery.body);
    let messages: Vec<Vec<u8>> = settings
        .webhook_ids
        .iter()
        .map(|webhook| format!("{id}|{time}|{webhook}|{sum}").into_bytes())
        .collect();
    let seconds = delivery.received_at.seconds();
    match settings.certificates.prove(url, seconds, &messages, &signature) {
        Ok(()) => Ok(SignatureState::Valid),
        Err(why @ Unproven::Signature) => {
            Err(refuse(format!("the signature is not proven: {why}")))
        }
        Err(why) => Err(refuse(format!("the signature cannot be checked: {why}"))),
    }
}
