//! Who sent it. Standard webhooks are signed item by item over eight of their fields, joined by
//! colons and not escaped; platform webhooks over the raw body, in the header `HmacSignature`. The
//! key is hexadecimal text, the signature base64 of HMAC-SHA256. There is no time in either
//! (sources-and-cases.md A6).

use super::notice::ITEMS_MAX;
use super::wire::{Item, Standard, Wrapped};
use super::{MANIFEST, Settings};
use crate::kit::Text;
use crate::kit::signature::{any_matches, base64_bytes, refuse, required, within_limit};
use ports::{RawDelivery, Refusal, SignatureState};

/// Verifies every item, or the body. One bad item refuses the delivery: the door hands over items
/// one by one (`split`), so that it refuses nothing but itself.
pub fn verify(delivery: &RawDelivery, settings: &Settings) -> Result<SignatureState, Refusal> {
    within_limit(delivery, &MANIFEST)?;
    let standard: Option<Standard<'_>> = serde_json::from_slice(&delivery.body).ok();
    let Some(items) = standard.and_then(|s| s.items) else {
        let given = required(delivery, &["hmacsignature"], &settings.secrets)?;
        check(settings, &delivery.body, given)?;
        return Ok(SignatureState::Valid);
    };
    if settings.secrets.is_empty() {
        return Err(refuse("no secret is configured for this connection; add the one in use"));
    }
    if items.is_empty() || items.len() > ITEMS_MAX {
        return Err(refuse(format!("{} items; a webhook has 1 to {ITEMS_MAX}", items.len())));
    }
    for item in items {
        let wrapped: Wrapped<'_> = serde_json::from_str(item.get())
            .map_err(|_| refuse("an item cannot be read, so nothing says who sent it"))?;
        let additional = wrapped.item.additional_data.as_ref();
        let given = additional.and_then(|a| a.signature.as_ref());
        let given = given.ok_or_else(|| refuse("an item has no additionalData.hmacSignature"))?;
        check(settings, signed(&wrapped.item).as_bytes(), given.as_str())?;
    }
    Ok(SignatureState::Valid)
}

fn check(settings: &Settings, bytes: &[u8], given: &str) -> Result<(), Refusal> {
    let code = base64_bytes(given).ok_or_else(|| refuse("the signature is not base64"))?;
    let keys: Vec<Vec<u8>> =
        settings.secrets.iter().filter_map(|s| hex::decode(s.reveal().trim()).ok()).collect();
    if keys.is_empty() {
        return Err(refuse("no HMAC key of this connection is hexadecimal, as Adyen gives them"));
    }
    if any_matches(&keys, &[bytes], &[code]) {
        return Ok(());
    }
    Err(refuse("the signature fits no HMAC key of this connection"))
}

/// The signed text of an item; what is missing is empty.
fn signed(item: &Item<'_>) -> String {
    let text = |t: &Option<Text<'_>>| t.as_ref().map(ToString::to_string).unwrap_or_default();
    let amount = item.amount.as_ref();
    [
        text(&item.psp_reference),
        text(&item.original_reference),
        text(&item.merchant_account_code),
        text(&item.merchant_reference),
        amount.map(|a| a.value.to_string()).unwrap_or_default(),
        amount.map(|a| a.currency.to_string()).unwrap_or_default(),
        text(&item.event_code),
        item.success.map(|s| s.get().trim_matches('"').to_owned()).unwrap_or_default(),
    ]
    .join(":")
}
