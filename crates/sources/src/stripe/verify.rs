//! Who sent it: `Stripe-Signature: t=<unix>,v1=<hex>[,v1=<hex>]` over `t.body`, keyed with the
//! whole endpoint secret, `whsec_` included. Schemes other than v1 are ignored: v0 is for test
//! signatures (sources-and-cases.md A2).

use super::{MANIFEST, Settings};
use crate::kit::signature::{
    TOLERANCE_SECONDS, any_matches, fresh, refuse, required, unix_seconds, within_limit,
};
use ports::{RawDelivery, Refusal, SignatureState};

/// Verifies the delivery under any secret, then its age.
pub fn verify(delivery: &RawDelivery, settings: &Settings) -> Result<SignatureState, Refusal> {
    within_limit(delivery, &MANIFEST)?;
    let given = required(delivery, &["stripe-signature"], &settings.secrets)?;
    let mut time = None;
    let mut codes = Vec::new();
    for (scheme, value) in given.split(',').filter_map(|item| item.trim().split_once('=')) {
        match scheme {
            "t" if time.is_none() => time = Some(value),
            "t" => return Err(refuse("the signature has two times")),
            "v1" => codes.extend(hex::decode(value).ok()),
            _ => {}
        }
    }
    let time = time.ok_or_else(|| refuse("the signature has no time (t=)"))?;
    let signed = unix_seconds(time).ok_or_else(|| refuse("the time (t=) is no number"))?;
    if codes.is_empty() {
        return Err(refuse("the signature has no readable v1 part"));
    }
    let keys: Vec<&[u8]> = settings.secrets.iter().map(|s| s.reveal().as_bytes()).collect();
    if !any_matches(&keys, &[time.as_bytes(), b".", &delivery.body], &codes) {
        return Err(refuse(
            "no v1 signature fits any endpoint secret of this connection; test and live \
             endpoints have different secrets",
        ));
    }
    let tolerance = match settings.tolerance_seconds {
        seconds if seconds > 0 => seconds,
        _ => TOLERANCE_SECONDS,
    };
    fresh(signed, delivery.received_at, tolerance)?;
    Ok(SignatureState::Valid)
}
