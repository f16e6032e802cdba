//! From bytes to text to typed JSON.

use super::fault::{Parsed, malformed};
use ports::{RawDelivery, SourceManifest};
use serde::Deserialize;
use sha2::{Digest, Sha256};

/// The body as text: not empty, within the limit of `manifest`, and UTF-8 as JSON demands
/// (RFC 8259 §8.1).
pub fn text<'d>(delivery: &'d RawDelivery, manifest: &SourceManifest) -> Parsed<&'d str> {
    let body = &delivery.body;
    if body.len() > manifest.body_bytes_max {
        return Err(malformed(
            "body",
            format!(
                "{} bytes; {} accepts at most {}: send it in parts",
                body.len(),
                manifest.title,
                manifest.body_bytes_max
            ),
        ));
    }
    let text = std::str::from_utf8(body).map_err(|e| {
        malformed(
            format!("byte {}", e.valid_up_to()),
            "the body is not UTF-8 text; send it again unchanged",
        )
    })?;
    if text.trim_ascii().is_empty() {
        return Err(malformed("body", "the body is empty; send the event again"));
    }
    Ok(text)
}

/// Parses `text` as `T`. A field that is read may stand only once: the derived readers refuse a
/// second one, since two parsers could choose differently.
pub fn json<'t, T: Deserialize<'t>>(text: &'t str, at: &str) -> Parsed<T> {
    serde_json::from_str(text).map_err(|e| malformed(at, shown(&e)))
}

/// The message of a JSON error, bounded: it may quote the input.
fn shown(error: &serde_json::Error) -> String {
    error.to_string().chars().take(200).collect()
}

/// SHA-256 of the body as 64 hexadecimal digits: the identity of a delivery without any other.
pub fn digest(delivery: &RawDelivery) -> String {
    hex::encode(Sha256::digest(&delivery.body))
}
