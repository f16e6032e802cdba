//! What a vendor sends: headers and body, signed.

use crate::sign::Signer;
use bytes::Bytes;

/// Headers and body.
pub struct Letter {
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
}

/// How a letter is sent.
pub struct Sending<'a> {
    /// When it happened, seconds.
    pub happened: i64,
    /// When it is sent, seconds.
    pub sent: i64,
    /// A number that no other event has; repeats of the event have the same.
    pub token: u64,
    /// Its signature does not fit.
    pub is_spoilt: bool,
    pub signer: &'a Signer,
}

impl Sending<'_> {
    /// A signature as it is sent: where it must not fit with its third last sign changed.
    pub fn signature(&self, right: String) -> String {
        if !self.is_spoilt {
            return right;
        }
        let at = right.len() - 3;
        let sign = if right.as_bytes()[at] == b'0' { "1" } else { "0" };
        format!("{}{sign}{}", &right[..at], &right[at + 1..])
    }
}

/// The headers of Standard Webhooks for the message `id`.
pub fn standard(sending: &Sending<'_>, id: &str, body: &[u8]) -> [(String, String); 3] {
    let signature = sending.signature(sending.signer.standard(id, sending.sent, body));
    signed(id, sending.sent, signature)
}

/// The same with a signature that is made, at `at`, seconds.
pub fn signed(id: &str, at: i64, signature: String) -> [(String, String); 3] {
    [
        header("webhook-id", id),
        header("webhook-timestamp", at.to_string()),
        header("webhook-signature", signature),
    ]
}

/// A header.
pub fn header(name: &str, value: impl Into<String>) -> (String, String) {
    (name.to_owned(), value.into())
}
